// What is in a page: that it needs nothing else, says what it has to say, and nothing that it must not.

const SPACE = /\s+/g;
const flat = (text) => text.replace(SPACE, " ").trim();

/** Notes what a tab asks for and complains about, from before the page is loaded. */
export function listen(tab) {
    const heard = { requests: [], errors: [] };
    tab.on("request", (request) => heard.requests.push(request.url()));
    tab.on("websocket", (socket) => heard.requests.push(socket.url()));
    tab.on("pageerror", (error) => heard.errors.push({ text: String(error), url: "" }));
    tab.on("console", (message) => {
        if (message.type() === "error") heard.errors.push({ text: message.text(), url: message.location().url });
    });
    return heard;
}

/** Everything else that the page loads, would load when somebody scrolls or prints, or announces to be loaded. */
export async function foreign(tab, heard, own) {
    const referred = await tab.evaluate(references);
    return [...new Set([...heard.requests, ...referred])].filter((url) => !isWithin(url, own));
}

export function selfContained(urls) {
    return urls.map((url) => ({
        check: "self-contained",
        what: `asks for ${url}`,
        remedy: "write it into the page, as markup or a data: address",
    }));
}

const isWithin = (url, own) => url.startsWith("data:") || url.startsWith("about:") || url.split("#")[0] === own;

/** Runs in the page. Links that a reader follows are no part of it. */
function references() {
    const ATTRIBUTES = ["src", "href", "xlink:href", "poster", "data"];
    const found = [];
    for (const element of document.querySelectorAll("*")) {
        if (["a", "area"].includes(element.localName)) continue;
        const sets = (element.getAttribute("srcset") ?? "").split(/,\s+/).map((one) => one.trim().split(/\s/)[0]);
        found.push(...ATTRIBUTES.map((name) => element.getAttribute(name)), ...sets);
    }
    const styles = [...document.querySelectorAll("style")].map((style) => style.textContent);
    const attributes = [...document.querySelectorAll("[style]")].map((element) => element.getAttribute("style"));
    for (const css of [...styles, ...attributes]) {
        const addresses = css.matchAll(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^)\s]*))|@import\s+(?:"([^"]*)"|'([^']*)')/g);
        for (const [, ...groups] of addresses) found.push(groups.find(Boolean));
    }
    return found.filter(Boolean).map((address) => {
        try {
            return new URL(address, document.baseURI).href;
        } catch {
            return address;
        }
    });
}

/** What the browser complains about, but for the addresses that are a finding already. */
export function quiet(heard, urls) {
    const errors = heard.errors.filter(({ url, text }) => !urls.some((known) => known === url || text.includes(known)));
    return errors.map(({ text }) => ({
        check: "console",
        what: flat(text),
        remedy: "mend what the browser complains about",
    }));
}

/** What can be read when every <details> is open. */
export async function readText(tab) {
    return flat(await tab.evaluate(() => document.body.innerText));
}

export async function openDetails(tab) {
    await tab.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
}

export function sameWithoutScript(withScript, without) {
    if (withScript === without) return [];
    let at = 0;
    while (withScript[at] === without[at]) at += 1;
    const around = (text) => `“${text.slice(Math.max(0, at - 20), at + 40)}”`;
    return [
        {
            check: "script",
            what: `the text differs when scripts are off: ${around(withScript)} is ${around(without)}`,
            remedy: "write the text into the document",
        },
    ];
}

/** The texts, the language, the title and the elements that are expected. */
export async function expected(tab, text, expect) {
    const { lang, title } = await tab.evaluate(() => ({ lang: document.documentElement.lang, title: document.title }));
    const findings = [];
    for (const wanted of expect.texts ?? [])
        if (!text.includes(flat(wanted)))
            findings.push({
                check: "texts",
                what: `“${wanted}” is not visible`,
                remedy: "show it, or correct the expectation",
            });
    for (const [name, is, wanted] of [["lang", lang, expect.lang], ["title", title, expect.title]])
        if (wanted !== undefined && is !== wanted)
            findings.push({ check: name, what: `is “${is}”`, remedy: `make it “${wanted}”` });
    return [...findings, ...(await counted(tab, expect.selectors ?? {}))];
}

async function counted(tab, selectors) {
    const findings = [];
    for (const [selector, least] of Object.entries(selectors)) {
        const count = await tab.evaluate((css) => document.querySelectorAll(css).length, selector);
        if (count < least)
            findings.push({
                check: "selectors",
                what: `${count} of ${selector}, at least ${least} expected`,
                remedy: "look whether the page lacks a part, or correct the expectation",
            });
    }
    return findings;
}

/** In the source as it is written, and as it is read: an entity hides nothing. */
export async function absent(tab, source, expect) {
    const written = `${source}\n${await tab.evaluate(() => document.documentElement.textContent)}`;
    const there = (expect.absent ?? []).filter((forbidden) => written.includes(forbidden));
    return there.map((forbidden) => ({
        check: "absent",
        what: `“${forbidden}” is in the document`,
        remedy: "leave it out: hiding it does not keep it from who has the file",
    }));
}
