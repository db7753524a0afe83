// One page from opening to printing: the order of the checks, and what is kept of them.

import { mkdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import * as accessibility from "./accessibility.mjs";
import { Unable, openTab } from "./browser.mjs";
import * as content from "./content.mjs";
import * as layout from "./layout.mjs";

const WIDTHS = [1280, 390];

/** Findings of a page file under an expectation; screenshots and the PDF go to the folder of artefacts. */
export async function look(browser, { page, expect, artefacts }) {
    const file = resolve(page);
    const source = await readFile(file, "utf8").catch(() => {
        throw new Unable(`there is no page ${page}`);
    });
    await mkdir(artefacts, { recursive: true });
    const visit = {
        browser,
        source,
        expect,
        url: pathToFileURL(file).href,
        artefact: join(artefacts, basename(file, ".html")),
    };
    const findings = [...(await contents(visit))];
    const violations = [];
    for (const width of WIDTHS) {
        const seen = await onScreen(visit, width);
        findings.push(...seen.layout);
        violations.push(...seen.violations);
    }
    findings.push(...accessibility.findings(violations), ...(await onPaper(visit)));
    return distinct(findings);
}

async function opened({ browser, url }, options, judge) {
    const tab = await openTab(browser, options);
    try {
        const heard = content.listen(tab);
        await tab.goto(url, { waitUntil: "load" });
        return await judge(tab, heard);
    } finally {
        await tab.context().close();
    }
}

async function contents(visit) {
    const width = WIDTHS[0];
    const without = await opened(visit, { width, script: false }, async (tab) => {
        await content.openDetails(tab);
        return content.readText(tab);
    });
    return opened(visit, { width }, async (tab, heard) => {
        await content.openDetails(tab);
        const text = await content.readText(tab);
        const foreign = await content.foreign(tab, heard, visit.url);
        return [
            ...content.selfContained(foreign),
            ...content.quiet(heard, foreign),
            ...content.sameWithoutScript(text, without),
            ...(await content.expected(tab, text, visit.expect)),
            ...(await content.absent(tab, visit.source, visit.expect)),
        ];
    });
}

function onScreen(visit, width) {
    return opened(visit, { width }, async (tab) => {
        await picture(tab, `${visit.artefact}-${width}.png`);
        await content.openDetails(tab);
        const places = [...(await layout.withinWindow(tab, width)), ...(await layout.withinDrawings(tab))];
        const violations = await accessibility.violations(tab, `${width} px`);
        await tab.emulateMedia({ colorScheme: "dark" });
        violations.push(...(await accessibility.violations(tab, `${width} px, dark`)));
        return { layout: places, violations };
    });
}

/** On a busy machine the browser may fail to draw a long page in its time; drawn again it comes. */
async function picture(tab, path, tries = 3) {
    try {
        await tab.screenshot({ path, fullPage: true });
    } catch (error) {
        if (tries === 1 || !error.message.includes("captureScreenshot")) throw error;
        await picture(tab, path, tries - 1);
    }
}

function onPaper(visit) {
    return opened(visit, { width: WIDTHS[0] }, async (tab) => {
        const findings = await layout.onPaper(tab, `${visit.artefact}.pdf`);
        return [...findings, ...(await layout.withinPrintedWidth(tab))];
    });
}

/** The same text out of its box in two windows is one finding. */
function distinct(findings) {
    const key = ({ check, what }) => `${check}\n${what}`;
    return findings.filter((finding, at) => findings.findIndex((other) => key(other) === key(finding)) === at);
}
