"""Every page in a real browser, and every edition as a mail program shows it."""

import os
import re
from gettext import GNUTranslations
from pathlib import Path

import lxml.html
import pytest
from browser import DESK, PHONE, look, width
from conformity import language_of_html
from newsletter import ok
from pages import CASES, PERSONAL, PUBLIC, places
from website import Website

from tests.embedded import BASE, ROOT

BYTES_MAX = 30_000
DUTCH = ROOT / os.environ.get("BUILD", "build") / \
    "share/tweeluik/locale/C.UTF-8/LC_MESSAGES/tweeluik-nl.mo"
STATUS = {"missing": 404, "unknown link": 404, "test link": 404}
IDS = [f"{name}, {lang}" for name, lang, _ in CASES]


def untranslated(html):
    """What stands in Dutch as the program says it in English."""
    with open(DUTCH, "rb") as f:
        dutch = GNUTranslations(f)
    for e in lxml.html.document_fromstring(html).iter():
        lang = e.xpath("ancestor-or-self::*[@lang][1]/@lang")
        for text in (e.text, e.get("aria-label"), e.get("title"),
                     e.get("placeholder")):
            text = " ".join((text or "").split())
            if lang == ["nl"] and text and dutch.gettext(text) != text:
                yield f"marked nl, but not translated: {text!r}"


@pytest.mark.parametrize("name, lang, path", CASES, ids=IDS)
def test_page(house, browser, name, lang, path):
    first = "en" if (lang == "en") != ("{other}" in path) else "nl"
    path = path.format_map(places(house, lang))
    answer = house.get(path)
    assert answer.status == STATUS.get(name, 200)
    found = [*language_of_html(answer.body), *untranslated(answer.body),
             *look(browser, house.url(path))]
    if len(answer.body.encode()) > BYTES_MAX:
        found.append(f"{len(answer.body.encode())} bytes")
    root = lxml.html.document_fromstring(answer.body)
    if root.get("lang") != first:
        found.append(f"{root.get('lang')} comes first")
    if name.endswith(", done"):
        if not answer.body.count('role="status"') or not root.findtext(
                ".//title").startswith(("Gelukt: ", "Done: ")):
            found.append("does not say that it is done")
    assert not found, "\n".join(found)


def test_titles_are_unique(house):
    """But for those that say that something is done."""
    titles = {}
    for name, lang, path in CASES:
        if name.endswith(", done"):
            continue
        body = house.get(path.format_map(places(house, lang))).body
        title = lxml.html.document_fromstring(body).findtext(".//title")
        titles.setdefault((lang, title), []).append(name)
    assert {k: v for k, v in titles.items() if len(v) > 1} == {}


def test_languages_point_at_each_other(house):
    """hreflang pairs of what has a path in each language."""
    for name, pair in PUBLIC.items():
        if "?" in pair[0]:
            continue  # a search has words of one language
        pair = [p.format_map(places(house, "nl")) for p in pair]
        for path in pair:
            root = lxml.html.document_fromstring(house.get(path).body)
            found = {e.get("hreflang"): e.get("href") for e in root.xpath(
                "//link[@rel='alternate' and @hreflang"
                " and not(contains(@type, 'atom'))]")}
            assert [found[x].removeprefix(BASE) for x in ("nl", "en")] == \
                pair, name


def test_nothing_is_listed_twice():
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("sentence", [
    "marked None, but reads otherwise", "marked nl, but reads otherwise",
    "marked nl, but not translated: 'Unsubscribe'", "axe html-has-lang",
    "axe document-title", "axe color-contrast", "px wide on a screen of 320",
    "a target of", "a positive tabindex: 'Eerst'", "the focus does not show",
    "cut off when the text is spaced: 'Past net", "0 headings h1", "no title",
    "the language is ''", "no way to the other language",
    "there is script in the page", "a heading level is skipped: h2 h4",
    "a field without a visible label", "choices without a legend: keus",
    "it reads otherwise without scripts", "the keyboard jumps"])
def test_what_is_wrong_is_found(bad, sentence):
    assert any(sentence in x for x in bad), bad


@pytest.fixture(scope="module")
def bad(browser):
    file = Path(__file__).parent / "data/bad-page.html"
    html = file.read_text(encoding="utf-8")
    return [*language_of_html(html), *untranslated(html),
            *look(browser, f"file://{file}")]


@pytest.mark.parametrize("name, lang, path", CASES, ids=IDS)
def test_headers(house, name, lang, path):
    status = STATUS.get(name, 200)
    for method, expected in (("GET", status), ("HEAD", status),
                             ("OPTIONS", 204)):
        answer = house.ask(method, path.format_map(places(house, lang)))
        assert answer.status == expected
        h = answer.headers
        policy = h["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "frame-ancestors 'none'",
                "base-uri 'none'", "style-src 'self'"} <= set(policy)
        assert "unsafe" not in h["Content-Security-Policy"]
        assert h["X-Content-Type-Options"] == "nosniff"
        assert h["Referrer-Policy"] == "no-referrer"
        assert h["Cross-Origin-Opener-Policy"] == "same-origin"
        assert h["Permissions-Policy"]
        assert re.fullmatch(r"max-age=\d{7,}.*",
                            h["Strict-Transport-Security"])
        assert h["Set-Cookie"] is None and h["Server"] is None
        if name in PERSONAL:
            assert h["Cache-Control"] == "no-store"
            assert h["X-Robots-Tag"] == "noindex"


def test_page_while_the_database_is_away(database, tmp_path, browser):
    site = Website(database, tmp_path / "site")
    site.place.write_config(database=f"host={tmp_path} dbname=x")
    try:
        path = f"/v/{site.token('v', 1)}"
        assert site.start().get(path).status == 503
        found = [*look(browser, f"http://127.0.0.1:{site.port}{path}"),
                 *language_of_html(site.get(path).body)]
        assert not found, "\n".join(found)
    finally:
        site.stop()


@pytest.mark.parametrize("edition", ["nl", "en", "both"])
def test_edition(house, browser, edition):
    """The HTML of the mail, with every kind of item; and its web version."""
    file = house.folder / f"{edition}.html"
    file.write_text(ok(house, "issue", "render", house.issue, "--edition",
                       edition, "--format", "html"), encoding="utf-8")
    urls = [f"file://{file}"]
    if edition != "both":
        urls.append(house.url("/m/{m}/{lang}".format_map(
            places(house, edition))))
    found = []
    for url in urls:
        browser.complaints()
        for size, scheme in (PHONE, "light"), (DESK, "dark"):
            browser.screen(size)
            browser.colours(scheme)
            browser.open(url)
            found += [f"{scheme}: {x}" for x in browser.axe()]
            if size == PHONE:
                found += width(browser)
        found += browser.complaints()
    assert not found, "\n".join(found)
