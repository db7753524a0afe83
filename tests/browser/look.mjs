// Opens a page in a headless browser and says what is wrong with it.
//
//   node look.mjs --page FILE.html --expect EXPECT.json --artefacts FOLDER
//
// EXPECT.json, all of it optional:
//   {"lang": "ja", "title": "…", "texts": ["must be visible"], "absent": ["must be nowhere in the document"],
//    "selectors": {"section svg": 2}}
// Exit status: 0 nothing found, 1 something found, 2 the page could not be judged.

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { Unable, startBrowser } from "./browser.mjs";
import { look } from "./visit.mjs";

const OPTIONS = { page: { type: "string" }, expect: { type: "string" }, artefacts: { type: "string" } };
const SHAPES = { lang: isString, title: isString, texts: areStrings, absent: areStrings, selectors: areCounts };

function isString(value) {
    return typeof value === "string";
}

function areStrings(value) {
    return Array.isArray(value) && value.every(isString);
}

function areCounts(value) {
    return typeof value === "object" && value !== null && Object.values(value).every(Number.isInteger);
}

function readArguments() {
    let values;
    try {
        ({ values } = parseArgs({ options: OPTIONS }));
    } catch (error) {
        throw new Unable(error.message, { cause: error });
    }
    const missing = Object.keys(OPTIONS).filter((name) => !values[name]);
    if (missing.length) throw new Unable(`missing: ${missing.map((name) => `--${name}`).join(", ")}`);
    return values;
}

/** What is misspelt would never be checked. */
async function readExpectation(file) {
    let expect;
    try {
        expect = JSON.parse(await readFile(file, "utf8"));
    } catch (error) {
        throw new Unable(`the expectation ${file} cannot be read: ${error.message}`, { cause: error });
    }
    if (expect === null || typeof expect !== "object") throw new Unable(`${file} holds no object`);
    const wrong = Object.keys(expect).filter((name) => !SHAPES[name]?.(expect[name]));
    if (wrong.length) throw new Unable(`${file}: ${wrong.join(", ")} is unknown or of a wrong form`);
    return expect;
}

function print(findings, page, version) {
    for (const { check, what, where, remedy } of findings) {
        console.log(`FAIL ${check}: ${what}`);
        for (const place of where ?? []) console.log(`     at ${place}`);
        console.log(`     → ${remedy}`);
    }
    const sum = findings.length === 0 ? "nothing wrong" : `${findings.length} found`;
    console.log(`${page}: ${sum} (Chromium ${version})`);
}

async function main() {
    const { page, expect, artefacts } = readArguments();
    const expectation = await readExpectation(expect);
    const browser = await startBrowser();
    try {
        const findings = await look(browser, { page, expect: expectation, artefacts });
        print(findings, page, browser.version());
        return findings.length === 0 ? 0 : 1;
    } finally {
        await browser.close();
    }
}

try {
    process.exitCode = await main();
} catch (error) {
    console.error(`look.mjs: ${error instanceof Unable ? error.message : error.stack}`);
    process.exitCode = 2;
}
