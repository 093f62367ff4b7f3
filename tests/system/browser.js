// What tests ask of a page; run beside it, never part of it.

const CONTROLS = "a[href], button, input:not([type=hidden]), select, " +
    "textarea, summary, [tabindex]:not([tabindex='-1'])";

const shown = e => e.checkVisibility({checkVisibilityCSS: true}) &&
    e.getClientRects().length > 0;

const name = e => (e.innerText || e.value || e.name || e.tagName).trim()
    .replace(/\s+/g, " ").slice(0, 60);

// A trap for robots may stand off the screen, out of the tab order.
const out_of_order = e => e.tabIndex < 0;

function all_controls() {
    return [...document.querySelectorAll(CONTROLS)]
        .filter(e => shown(e) && !out_of_order(e));
}

// Of a group of radio buttons the keyboard reaches one.
function stops() {
    return all_controls().filter(e => {
        if (e.type !== "radio")
            return true;
        const group = all_controls().filter(x => x.type === "radio" &&
            x.name === e.name && x.form === e.form);
        return e === (group.find(x => x.checked) || group[0]);
    });
}

const controls = () => stops().map(e => [name(e), e.tabIndex]);

// All of it; of a field of many lines enough to see that it has the focus.
const in_sight = (e, r) => e.tagName === "TEXTAREA" ?
    r.bottom > 48 && r.top < innerHeight - 48 :
    r.top >= -1 && r.bottom <= innerHeight + 1;

function focused() {
    const e = document.activeElement;
    if (!e || e === document.body)
        return null;
    const style = getComputedStyle(e), r = e.getBoundingClientRect();
    const x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2;
    const top = document.elementFromPoint(x, y);
    const line = [...e.getClientRects()][0];
    return {
        at: stops().indexOf(e), text: name(e),
        style: style.outlineStyle, width: parseFloat(style.outlineWidth),
        visible: in_sight(e, line) &&
            (!top || e.contains(top) || top.contains(e)),
    };
}

const width = () => Math.max(document.documentElement.scrollWidth,
    document.body.scrollWidth);

function widest(px) {
    const wide = [...document.body.querySelectorAll("*")].filter(e =>
        e.getBoundingClientRect().right > px + 0.5);
    return wide.slice(0, 3).map(e => e.outerHTML.slice(0, 100)).join(" ");
}

// A link within a sentence may be as high as its line (WCAG 2.5.8).
function in_sentence(e) {
    if (e.tagName !== "A" || getComputedStyle(e).display !== "inline")
        return false;
    const around = e.closest("p, li, dd, dt, td, label, legend, span, div");
    return around && around.innerText.trim() !== e.innerText.trim();
}

function targets() {
    return all_controls().filter(e => !in_sentence(e)).map(e => {
        const of = ["radio", "checkbox"].includes(e.type) &&
            e.labels.length ? e.labels[0] : e;
        const r = of.getBoundingClientRect();
        return [name(e), r.width, r.height];
    });
}

function spaced() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important;
        letter-spacing: .12em !important; word-spacing: .16em !important }
        p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
    return [...document.body.querySelectorAll("*")].filter(e => {
        const style = getComputedStyle(e);
        return shown(e) && e.innerText && e.clientWidth > 1 &&
            (style.overflowX !== "visible" &&
                e.scrollWidth > e.clientWidth + 1 ||
            style.overflowY !== "visible" &&
                e.scrollHeight > e.clientHeight + 1);
    }).map(name);
}

function unspaced() {
    document.adoptedStyleSheets = [];
}

const text = () => document.body.textContent.replace(/\s+/g, " ");

function structure() {
    const all = q => [...document.querySelectorAll(q)];
    const groups = {};
    for (const e of all("input[type=radio]"))
        groups[e.name] = groups[e.name] !== false &&
            !!e.closest("fieldset")?.querySelector("legend");
    return {
        h1: all("h1").length, title: document.title,
        lang: document.documentElement.lang,
        hreflang: all("a[hreflang]").filter(shown).length,
        scripts: document.scripts.length,
        handlers: all("*").filter(e => [...e.attributes].some(a =>
            a.name.startsWith("on"))).length,
        elsewhere: performance.getEntriesByType("resource")
            .map(r => r.name).filter(u => !u.startsWith(location.origin)),
        levels: all("h1, h2, h3, h4, h5, h6").map(e => +e.tagName[1]),
        unnamed: all("input:not([type=hidden]), select, textarea").filter(
            e => shown(e) && !out_of_order(e) &&
                !(e.labels.length && shown(e.labels[0])))
            .map(e => e.outerHTML),
        ungrouped: Object.keys(groups).filter(n => !groups[n]),
    };
}
