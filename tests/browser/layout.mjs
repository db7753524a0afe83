// Where things are: nothing beyond the edge of the window or the paper, and texts of drawings where they belong.

// In points.
const A4 = { width: 595, height: 842 };
// What browsers leave at the edges of paper if the page does not say.
const MARGIN = "10mm";

export async function withinWindow(tab, width) {
    const outside = await tab.evaluate(stickingOut, { paper: false });
    return outside.map(({ name, right }) => ({
        check: "overflow",
        what: `${name} reaches to ${right} px in a window of ${width} px`,
        remedy: "let it wrap or shrink, or give it a container of its own with overflow-x: auto",
    }));
}

/** Writes the PDF, whose pages have to be A4 in either direction. */
export async function onPaper(tab, file) {
    const margin = { top: MARGIN, right: MARGIN, bottom: MARGIN, left: MARGIN };
    const options = { format: "A4", margin, preferCSSPageSize: true, printBackground: true, tagged: true };
    const pages = pagesOf(await tab.pdf({ ...options, path: file }));
    if (pages.length > 0 && pages.every(isA4)) return [];
    const other = pages.find((page) => !isA4(page));
    return [
        {
            check: "print",
            what: other ? `a page of the PDF has ${other.join(" × ")} points and is not A4` : "the PDF has no page",
            remedy: "let @page ask for A4 or for no size, and show something in print",
        },
    ];
}

/** Width and height of each page in points, as the browser's PDF writes them. */
function pagesOf(pdf) {
    const boxes = pdf.toString("latin1").matchAll(/\/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]/g);
    return [...boxes].map(([, width, height]) => [Number(width), Number(height)]);
}

function isA4([width, height]) {
    const is = (a, b) => Math.abs(width - a) < 3 && Math.abs(height - b) < 3;
    return is(A4.width, A4.height) || is(A4.height, A4.width);
}

/** Looks at a window as wide as what the margins leave of the paper, where nothing can be scrolled. */
export async function withinPrintedWidth(tab) {
    await tab.emulateMedia({ media: "print" });
    const width = Math.floor(await tab.evaluate(printedWidth, MARGIN));
    await tab.setViewportSize({ width, height: 1000 });
    const outside = await tab.evaluate(stickingOut, { paper: true });
    return outside.map(({ name, right }) => ({
        check: "print",
        what: `${name} reaches to ${right} px, and paper has ${width} px between its margins`,
        remedy: "let it wrap or shrink under @media print; nothing scrolls on paper",
    }));
}

/** Runs in the page. CSS pixels between the left and right margin of A4, as the page's own @page rules want it. */
function printedWidth(margin) {
    const page = { "margin-left": margin, "margin-right": margin, size: "" };
    const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
    for (const rule of rules.flatMap((rule) => [rule, ...(rule instanceof CSSMediaRule ? rule.cssRules : [])]))
        if (rule instanceof CSSPageRule && rule.selectorText === "")
            for (const name of Object.keys(page)) page[name] = rule.style.getPropertyValue(name) || page[name];
    const probe = document.body.appendChild(document.createElement("div"));
    const pixels = (length) => {
        probe.style.cssText = `position: absolute; box-sizing: content-box; width: ${length}`;
        return probe.getBoundingClientRect().width;
    };
    const paper = pixels(/landscape/.test(page.size) ? "297mm" : "210mm");
    const width = paper - pixels(page["margin-left"]) - pixels(page["margin-right"]);
    probe.remove();
    return width;
}

/** Runs in the page. The innermost elements that reach beyond its right edge, and on paper, those that scroll. */
function stickingOut({ paper }) {
    const edge = document.documentElement.clientWidth + 1;
    const style = (element) => getComputedStyle(element).overflowX;
    const scrolls = (element) => ["auto", "scroll"].includes(style(element));
    const keepsIn = (element) => style(element) !== "visible" && !(paper && scrolls(element));
    const isKeptIn = (element) => {
        for (let outer = element.parentElement; outer && outer !== document.body; outer = outer.parentElement)
            if (keepsIn(outer)) return true;
        return false;
    };
    const right = (element) => {
        const { left, right } = element.getBoundingClientRect();
        return style(element) === "visible" ? Math.max(right, left + element.scrollWidth) : right;
    };
    const isCut = (element) => paper && scrolls(element) && element.scrollWidth > element.clientWidth + 1;
    const all = [...document.querySelectorAll("body, body *")];
    const outside = all.filter((element) => (right(element) > edge && !isKeptIn(element)) || isCut(element));
    const holds = (element) => outside.some((other) => element !== other && element.contains(other));
    const innermost = outside.filter((element) => !holds(element));
    // Every row of a table that is too wide is, too.
    const named = new Set(innermost.map((element) => element.closest("table") ?? element));
    const describe = (element) => {
        const classes = [...element.classList].map((name) => `.${name}`).join("");
        const text = element.textContent.replace(/\s+/g, " ").trim().slice(0, 30);
        return `<${element.localName}${element.id && `#${element.id}`}${classes}> “${text}”`;
    };
    return [...named].map((element) => ({
        name: describe(element),
        right: Math.round(Math.max(right(element), element.getBoundingClientRect().left + element.scrollWidth)),
    }));
}

/** Texts of drawings inside of the drawing, and inside of the rectangle of their group with `data-box`. */
export async function withinDrawings(tab) {
    const stray = await tab.evaluate(strayTexts);
    return stray.map(({ text, beyond }) => ({
        check: "drawing",
        what: beyond ? `the text “${text}” reaches out of ${beyond}` : `${text} has no rectangle of its own`,
        remedy: beyond
            ? "make room for it, or break or shorten the text"
            : "make a <rect> the group's child, or take data-box away",
    }));
}

/** Runs in the page. Everything is compared in pixels of the screen, whatever is transformed in between. */
function strayTexts() {
    const SLACK = 1;
    const onScreen = (element, { x, y, width, height }) => {
        const matrix = element.getScreenCTM();
        const corners = [[x, y], [x + width, y], [x, y + height], [x + width, y + height]];
        const points = corners.map(([a, b]) => new DOMPoint(a, b).matrixTransform(matrix));
        const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
        return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    };
    const area = (svg) => {
        if (svg.hasAttribute("viewBox")) return onScreen(svg, svg.viewBox.baseVal);
        return onScreen(svg, { x: 0, y: 0, width: svg.width.baseVal.value, height: svg.height.baseVal.value });
    };
    const isIn = (inner, outer) =>
        inner.left >= outer.left - SLACK && inner.right <= outer.right + SLACK &&
        inner.top >= outer.top - SLACK && inner.bottom <= outer.bottom + SLACK;
    const isDrawn = (text) => text.getClientRects().length > 0 && text.textContent.trim() !== "";
    const short = (text) => text.textContent.replace(/\s+/g, " ").trim().slice(0, 60);
    const stray = [];
    for (const text of [...document.querySelectorAll("svg text")].filter(isDrawn)) {
        const place = onScreen(text, text.getBBox());
        for (let svg = text.ownerSVGElement; svg; svg = svg.ownerSVGElement)
            if (!isIn(place, area(svg))) stray.push({ text: short(text), beyond: "its drawing" });
        const group = text.closest("[data-box]");
        const rectangle = group?.querySelector(":scope > rect");
        if (rectangle && !isIn(place, onScreen(rectangle, rectangle.getBBox())))
            stray.push({ text: short(text), beyond: "its box" });
    }
    for (const group of document.querySelectorAll("[data-box]"))
        if (!group.querySelector(":scope > rect"))
            stray.push({ text: `<${group.localName} data-box> “${short(group)}”`, beyond: "" });
    return stray;
}
