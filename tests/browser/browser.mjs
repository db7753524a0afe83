// Which browser opens the pages, and how: without a network, and with the same fonts on every machine.

import { accessSync, constants, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

const INSTALLED = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** What keeps a page from being judged at all: a wrong call, a browser that is missing. */
export class Unable extends Error {}

/** The folder that `tools/install browser` filled. */
export function toolsFolder() {
    const folder = process.env.BROWSER_TOOLS;
    if (!folder || !existsSync(join(folder, "complete")))
        throw new Unable(
            'BROWSER_TOOLS names no installed tools: run `make test-browser`, or first ' +
                '`set -a; eval "$(tools/install --print browser)"; set +a`',
        );
    return folder;
}

/** Resolves what the lock file pins, which lies outside of the checkout. */
export const pinned = () => createRequire(join(toolsFolder(), "package.json"));

/** The one that is asked for, the pinned one, or, on a machine that it does not run on, an installed one. */
export function chooseBrowser() {
    const named = process.env.JICHITAI_BROWSER;
    if (named) return { path: namedBrowser(named), libraries: undefined };
    const bundled = join(toolsFolder(), "chromium");
    if (isExecutable(bundled)) return { path: bundled, libraries: join(toolsFolder(), "lib") };
    const path = INSTALLED.map(onPath).find(Boolean);
    if (path) return { path, libraries: undefined };
    throw new Unable(
        `the pinned browser is for Linux on x86-64, and none of ${INSTALLED.join(", ")} is on PATH: ` +
            "install one (Debian: chromium), or set JICHITAI_BROWSER to the path of a Chromium",
    );
}

function namedBrowser(named) {
    const path = named.includes("/") ? named : onPath(named);
    if (path && isExecutable(path)) return path;
    throw new Unable(`JICHITAI_BROWSER is ${named}, which is no program: give a path, or unset it for the pinned one`);
}

function onPath(name) {
    const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
    return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
    try {
        accessSync(path, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

export async function startBrowser() {
    const { chromium } = pinned()("playwright-core");
    const { path, libraries } = chooseBrowser();
    try {
        return await chromium.launch({
            executablePath: path,
            env: surroundings(libraries),
            // Offline contexts still look names up ahead of time.
            args: ["--host-resolver-rules=MAP * ~NOTFOUND", "--font-render-hinting=none"],
        });
    } catch (error) {
        // The driver's message is mostly its own command line.
        const said = error.message.split("\n").filter((line) => line.includes("[err]"));
        const message = `${path} does not start: set JICHITAI_BROWSER to a Chromium of this machine`;
        throw new Unable([message, ...said].join("\n"), { cause: error });
    }
}

function surroundings(libraries) {
    const env = { ...process.env, FONTCONFIG_FILE: join(toolsFolder(), "fonts.conf") };
    // What it works out about the fonts stays beside them.
    env.XDG_CACHE_HOME = toolsFolder();
    if (libraries) env.LD_LIBRARY_PATH = [libraries, env.LD_LIBRARY_PATH].filter(Boolean).join(":");
    return env;
}

/** A page of its own profile, `width` pixels wide; `script` says whether scripts of the document run. */
export async function openTab(browser, { width, script = true }) {
    const context = await browser.newContext({
        offline: true,
        javaScriptEnabled: script,
        viewport: { width, height: 900 },
        reducedMotion: "reduce",
    });
    const tab = await context.newPage();
    tab.setDefaultTimeout(60_000);
    return tab;
}
