// look.mjs on a page that is right, and on the same page with one thing wrong at a time.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { startBrowser } from "./browser.mjs";
import { look } from "./visit.mjs";

const fixture = (name) => join(import.meta.dirname, "fixtures", name);
const GOOD = readFileSync(fixture("good.html"), "utf8");
const EXPECT = JSON.parse(readFileSync(fixture("good.json"), "utf8"));

let browser;
let folder;

before(async () => {
    folder = mkdtempSync(join(tmpdir(), "jichitai-look-"));
    browser = await startBrowser();
});

after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
});

/** A page where each `from` of the good one is `to`. */
function changed(name, changes) {
    const page = changes.reduce((text, [from, to]) => {
        assert.ok(text.includes(from), `the good page has no ${from}`);
        return text.replace(from, () => to);
    }, GOOD);
    const file = join(folder, `${name}.html`);
    writeFileSync(file, page);
    return file;
}

async function found(name, changes, expect = {}) {
    const findings = await look(browser, {
        page: changed(name, changes),
        expect: { ...EXPECT, ...expect },
        artefacts: join(folder, "artefacts"),
    });
    for (const { what, remedy } of findings) assert.ok(what && remedy);
    return findings;
}

// The good page's policy, and two that let more in, so that the policy is not what complains.
const POLICY = "style-src 'unsafe-inline'; img-src data:";
const LET_IMAGES = [POLICY, `${POLICY} *`];
const LET_SCRIPTS = [POLICY, `${POLICY}; script-src 'unsafe-inline'`];
const ANY_SCRIPT = { absent: [] };
const PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
const FOR_PRINT = "@media print { .wide { overflow: visible } .wide table { width: 100% } }";

// What is wrong with it; the change; the checks that must speak, and what they must name.
const CASES = [
    {
        name: "an image from elsewhere",
        changes: [LET_IMAGES, [PICTURE, "http://192.0.2.1/a.png"]],
        checks: ["self-contained"],
        says: "http://192.0.2.1/a.png",
    },
    {
        name: "an image that would be loaded on scrolling",
        changes: [
            LET_IMAGES,
            ["</main>", '<div style="height: 9000px"></div><img loading="lazy" alt="" src="later.png"></main>'],
        ],
        checks: ["self-contained"],
        says: "later.png",
    },
    {
        name: "a font from elsewhere that nothing uses yet",
        changes: [["@page {", '@font-face { font-family: x; src: url("https://example.jp/x.woff2") } @page {']],
        checks: ["self-contained"],
        says: "https://example.jp/x.woff2",
    },
    {
        name: "a host that is announced",
        changes: [["<title>", '<link rel="preconnect" href="https://example.jp/"><title>']],
        checks: ["self-contained"],
        says: "https://example.jp/",
    },
    {
        name: "an error in the console",
        changes: [LET_SCRIPTS, ["</main>", "</main><script>undefinedFunction()</script>"]],
        expect: ANY_SCRIPT,
        checks: ["console"],
        says: "undefinedFunction is not defined",
    },
    {
        name: "a text that only a script writes",
        changes: [LET_SCRIPTS, ["</main>", '<p id="late"></p></main><script>late.textContent = "後から"</script>']],
        expect: ANY_SCRIPT,
        checks: ["script"],
        says: "後から",
    },
    {
        name: "no language",
        changes: [['<html lang="ja">', "<html>"]],
        checks: ["lang", "accessibility: html-has-lang"],
        says: "make it “ja”",
    },
    { name: "another title", changes: [["<title>渋谷区の状態", "<title>状態"]], checks: ["title"], says: "状態" },
    {
        name: "too little contrast",
        changes: [[".note { color: var(--ink) }", ".note { color: #aaaaaa; background: #ffffff }"]],
        checks: ["accessibility: color-contrast"],
        says: ".note",
    },
    {
        name: "too little contrast in the dark",
        changes: [[".note { color: var(--ink) }", ".note { color: #333333 }"]],
        checks: ["accessibility: color-contrast"],
        says: "dark",
    },
    {
        name: "a picture without a text for who does not see it",
        changes: [['alt="印" ', ""]],
        checks: ["accessibility: image-alt"],
        says: "img",
    },
    {
        name: "something wider than a telephone",
        changes: [["</main>", '<div id="broad" style="width: 600px">広い</div></main>']],
        checks: ["overflow"],
        says: "<div#broad> “広い” reaches to 616 px in a window of 390 px",
    },
    {
        name: "a long word",
        changes: [["すべて予定どおりです。", `すべて予定どおりです。${"arn_".repeat(12)}`]],
        checks: ["overflow"],
        says: "<p.note> “すべて予定どおりです。arn_",
    },
    {
        name: "a text longer than its box",
        changes: [["個人番号</text>", "個人番号利用事務系の区画</text>"]],
        checks: ["drawing"],
        says: "“個人番号利用事務系の区画” reaches out of its box",
    },
    {
        name: "a text below its drawing",
        changes: [['y="100"', 'y="125"']],
        checks: ["drawing"],
        says: "“矢印は許可された通信” reaches out of its drawing",
    },
    {
        name: "a box without a rectangle",
        changes: [['<rect width="120" height="60"/>', ""]],
        checks: ["drawing"],
        says: "has no rectangle of its own",
    },
    {
        name: "a table that scrolls on paper",
        changes: [[FOR_PRINT, ""]],
        checks: ["print"],
        says: "paper has 680 px between its margins",
    },
    {
        name: "paper that is not A4",
        changes: [["size: A4", "size: letter"]],
        checks: ["print"],
        says: "612 × 792 points and is not A4",
    },
    {
        name: "a forbidden text in a comment",
        changes: [["</main>", "<!-- 333344445555 --></main>"]],
        checks: ["absent"],
        says: "333344445555",
    },
    {
        name: "a forbidden text as entities",
        changes: [["</main>", "<p>&#51;33344445555</p></main>"]],
        checks: ["absent"],
        says: "333344445555",
    },
    {
        name: "a text that is there and hidden",
        changes: [["<details>", '<details style="display: none">']],
        checks: ["texts"],
        says: "閉じていても読める文。",
    },
    {
        name: "too few rows",
        changes: [["<tr><td>app-c</td><td>正常</td></tr>", ""]],
        checks: ["selectors"],
        says: "1 of tbody tr, at least 2 expected",
    },
];

test("a page that is right", async () => {
    assert.deepEqual(await found("good", []), []);
    assert.deepEqual(readdirSync(join(folder, "artefacts")), ["good-1280.png", "good-390.png", "good.pdf"]);
});

for (const { name, changes, expect, checks, says } of CASES)
    test(name, async () => {
        const findings = await found("bad", changes, expect);
        assert.deepEqual(findings.map(({ check }) => check), checks, JSON.stringify(findings, undefined, 2));
        assert.ok(JSON.stringify(findings).includes(says), `${says} is not named`);
    });

function run(...options) {
    return spawnSync(process.execPath, [join(import.meta.dirname, "look.mjs"), ...options], { encoding: "utf8" });
}

test("the command: nothing wrong", () => {
    const options = ["--page", fixture("good.html"), "--expect", fixture("good.json"), "--artefacts", folder];
    const { status, stdout, stderr } = run(...options);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /good\.html: nothing wrong \(Chromium /);
});

test("the command: something wrong", () => {
    const page = changed("command", [["<title>渋谷区の状態", "<title>状態"]]);
    const { status, stdout } = run("--page", page, "--expect", fixture("good.json"), "--artefacts", folder);
    assert.equal(status, 1);
    assert.match(stdout, /^FAIL title: is “状態”\n {5}→ make it “渋谷区の状態”$/m);
});

test("the command: what cannot be judged", () => {
    const misspelt = join(folder, "misspelt.json");
    writeFileSync(misspelt, '{"text": ["a"]}');
    const page = ["--page", fixture("good.html"), "--artefacts", folder];
    for (const [options, message] of [
        [page, "missing: --expect"],
        [[...page, "--expect", misspelt], "text is unknown or of a wrong form"],
        [["--page", "none.html", "--artefacts", folder, "--expect", fixture("good.json")], "there is no page none.html"],
    ]) {
        const { status, stderr } = run(...options);
        assert.equal(status, 2);
        assert.ok(stderr.includes(message), stderr);
    }
});
