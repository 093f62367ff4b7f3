"""Chromium, and what every page must be in it.

Each check yields a sentence for each violation, as in conformity.py; look()
is all of them.  A page is looked at on a phone of 320 px and on a desk, in light
and in dark colours.
"""

import os
import re
import time
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.embedded import ROOT

AXE = ROOT / os.environ.get("BUILD", "build") / \
    "axe/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, DESK = (320, 640), (1280, 900)
TARGET_PX, OUTLINE_PX = 24, 2
SCROLL_S = 1
HELP = (Path(__file__).parent / "browser.js").read_text(encoding="utf-8")


class Browser:
    """Drives one Chromium; `scripts` says whether pages may run any."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--lang=nl",
                     "--allow-insecure-localhost"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(
            options=options, service=Service("/usr/bin/chromedriver"))
        self.quit = self.driver.quit

    def command(self, name, **values):
        return self.driver.execute_cdp_cmd(name, values)

    def screen(self, size):
        self.command("Emulation.setDeviceMetricsOverride", width=size[0],
                     height=size[1], deviceScaleFactor=1,
                     mobile=size == PHONE)

    def colours(self, scheme):
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def scripts(self, allowed):
        self.command("Emulation.setScriptExecutionDisabled",
                     value=not allowed)

    def open(self, url):
        self.driver.get(url)

    def run(self, call):
        """A function of browser.js, whose script the page never sees."""
        return self.driver.execute_script(f"{HELP}\nreturn {call};")

    def press_tab(self):
        for kind in "keyDown", "keyUp":
            self.command("Input.dispatchKeyEvent", type=kind, key="Tab",
                         code="Tab", windowsVirtualKeyCode=9)

    def complaints(self):
        """What the console says since it was last read."""
        return [x["message"] for x in self.driver.get_log("browser")
                if "favicon" not in x["message"]]

    def axe(self):
        if not AXE.exists():
            assert not os.environ.get("CI"), "axe-core is not installed"
            pytest.skip("axe-core is not installed")
        self.driver.execute_script(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {runOnly: {type: 'tag', values: arguments[0]},"
            " resultTypes: ['violations']}).then(r => done(r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.html).join(' '))),"
            " e => done([String(e)]))", TAGS)
        return [f"axe {sentence[:300]}" for sentence in found]


def width(browser):
    wide = browser.run("width()")
    if wide > PHONE[0]:
        yield f"{wide} px wide on a screen of {PHONE[0]}: " + \
            browser.run(f"widest({PHONE[0]})")


def targets(browser):
    for text, w, h in browser.run("targets()"):
        if min(w, h) < TARGET_PX:
            yield f"a target of {w:.0f} x {h:.0f} px: {text!r}"


def spacing(browser):
    """WCAG 1.4.12: nothing is cut off when a reader spaces the text."""
    for text in browser.run("spaced()"):
        yield f"cut off when the text is spaced: {text!r}"
    yield from width(browser)
    browser.run("unspaced()")


def keyboard(browser):
    """Every control is reached, in the order of the page, and it shows."""
    wanted = browser.run("controls()")
    yield from (f"a positive tabindex: {text!r}"
                for text, index in wanted if index > 0)
    # A page may begin with the focus on its errors: then it goes round.
    reached = []
    for _ in range(2 * len(wanted) + 2):
        browser.press_tab()
        focus = browser.run("focused()")
        # It may still be scrolling there.
        until = time.monotonic() + SCROLL_S
        while focus and not focus["visible"] and time.monotonic() < until:
            focus = browser.run("focused()")
        if focus is None:
            continue
        reached.append(focus["at"])
        if focus["style"] == "none" or focus["width"] < OUTLINE_PX:
            yield f"the focus does not show on {focus['text']!r}"
        if not focus["visible"]:
            yield f"the focus is out of sight on {focus['text']!r}"
        if len(set(reached)) == len(wanted):
            break
    for at, (text, _) in enumerate(wanted):
        if at not in reached:
            yield f"the keyboard does not reach {text!r}"
    order = list(dict.fromkeys(reached))
    around = order.index(0) if 0 in order else 0
    if order[around:] + order[:around] != sorted(order):
        yield f"the keyboard jumps: {reached}"


def structure(browser):
    page = browser.run("structure()")
    if page["h1"] != 1:
        yield f"{page['h1']} headings h1"
    if not page["title"].strip():
        yield "no title"
    if page["lang"] not in ("nl", "en"):
        yield f"the language is {page['lang']!r}"
    if not page["hreflang"]:
        yield "no way to the other language"
    if page["scripts"] or page["handlers"]:
        yield "there is script in the page"
    if page["elsewhere"]:
        yield f"something comes from elsewhere: {page['elsewhere']}"
    levels = page["levels"]
    for before, after in zip(levels, levels[1:]):
        if after > before + 1:
            yield f"a heading level is skipped: h{before} h{after}"
    for text in page["unnamed"]:
        yield f"a field without a visible label: {text}"
    for name in page["ungrouped"]:
        yield f"choices without a legend: {name}"


def look(browser, url):
    """All of it for one page; ends with scripts on and light colours."""
    browser.scripts(False)
    browser.screen(PHONE)
    browser.colours("light")
    browser.complaints()
    browser.open(url)
    without = browser.run("text()")
    for check in width, targets, keyboard, spacing:
        yield from check(browser)
    browser.scripts(True)
    for size, scheme in (PHONE, "light"), (DESK, "dark"):
        browser.screen(size)
        browser.colours(scheme)
        browser.open(url)
        for sentence in browser.complaints():
            if not re.search(r"status of (404|503)", sentence):
                yield f"the console says: {sentence}"
        yield from browser.axe()
    if browser.run("text()") != without:
        yield "it reads otherwise without scripts"
    yield from structure(browser)
    if browser.driver.get_cookies():
        yield "a cookie was set"
