// Accessibility, by the rules of axe-core for WCAG 2.1 A and AA, and its best practices.

import { readFileSync } from "node:fs";

import { pinned } from "./browser.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

/** What violates a rule, element by element. */
export async function violations(tab, where) {
    await tab.evaluate(readFileSync(pinned().resolve("axe-core/axe.min.js"), "utf8"));
    const found = await tab.evaluate(violated, RULES);
    return found.map((violation) => ({ ...violation, where }));
}

/** Runs in the page. */
async function violated(rules) {
    const { violations } = await globalThis.axe.run(document, {
        runOnly: { type: "tag", values: rules },
        resultTypes: ["violations"],
        preload: false,
    });
    return violations.flatMap(({ id, help, helpUrl, nodes }) =>
        nodes.map(({ target, html, any, all, none }) => ({
            id,
            help,
            url: helpUrl.split("?")[0],
            element: target.join(" "),
            html: html.replace(/\s+/g, " ").slice(0, 120),
            reason: [...any, ...all, ...none][0]?.message ?? help,
        })),
    );
}

/** One finding for a rule; an element that violates it in several windows is named for the first. */
export function findings(violations) {
    const rules = new Map();
    for (const violation of violations) {
        const elements = rules.get(violation.id) ?? rules.set(violation.id, new Map()).get(violation.id);
        if (!elements.has(violation.element)) elements.set(violation.element, violation);
    }
    return [...rules.values()].map((elements) => {
        const [{ id, help, url }] = elements.values();
        return { check: `accessibility: ${id}`, what: help, where: [...elements.values()].map(place), remedy: url };
    });
}

const place = ({ element, html, reason, where }) => `${element} (${where}): ${html} — ${reason}`;
