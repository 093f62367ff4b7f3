"""The journey of a reader in a real browser without JavaScript."""
import pytest
from selenium import webdriver
from selenium.common.exceptions import (NoSuchElementException,
                                        StaleElementReferenceException)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from website import Website

PHONE = (320, 640)


@pytest.fixture
def site(database, tmp_path):
    site = Website(database, tmp_path / "site")
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu",
                 "--disable-dev-shm-usage", "--lang=nl"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {
        "profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options,
                              service=Service("/usr/bin/chromedriver"))
    driver.set_window_size(*PHONE)
    try:
        yield driver
    finally:
        driver.quit()


def wait_for(browser, words, tag="h1"):
    """A click may return before the page it leads to is there."""
    WebDriverWait(browser, 10, 0.05, [StaleElementReferenceException,
                                      NoSuchElementException]).until(
        lambda b: words in b.find_element(By.TAG_NAME, tag).text)


def press(browser, words):
    browser.find_element(By.XPATH, f"//button[.='{words}']").click()


def check(browser):
    """What every page must be: no wider than the screen, nothing blocked."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": PHONE[0], "height": PHONE[1], "deviceScaleFactor": 1,
        "mobile": True})
    size = browser.execute_cdp_cmd("Page.getLayoutMetrics", {})
    assert size["cssContentSize"]["width"] <= PHONE[0]
    complaints = [x["message"] for x in browser.get_log("browser")
                  if "favicon" not in x["message"]]
    assert complaints == []
    for button in browser.find_elements(By.TAG_NAME, "button"):
        assert button.size["height"] >= 44
    assert browser.get_cookies() == []


def test_unsubscribe_and_undo(site, browser):
    reader = site.reader()
    url = f"http://127.0.0.1:{site.port}/u/{site.token('u', reader)}"
    browser.get(url)
    wait_for(browser, "Afmelden voor de nieuwsbrief")
    check(browser)
    before = site.dump()
    browser.refresh()
    assert site.dump() == before

    press(browser, "Ja, meld dit adres af")
    wait_for(browser, "U bent afgemeld")
    assert browser.title == "Gelukt: u bent afgemeld"
    assert site.state(reader) == "unsubscribed"
    check(browser)

    browser.find_element(By.CSS_SELECTOR, "input[value=job]").click()
    press(browser, "Verstuur")
    wait_for(browser, "Dank u", "main")
    assert site.events()[-1] == ("unsubscribed", "page", "job")
    browser.refresh()  # no form is sent again
    assert len(site.events()) == 1

    press(browser, "Ongedaan maken")
    wait_for(browser, "U krijgt de nieuwsbrief weer")
    assert site.state(reader) == "active"
    check(browser)


def test_keyboard_alone(site, browser):
    reader = site.reader(language="en")
    browser.get(f"http://127.0.0.1:{site.port}/u/{site.token('u', reader)}")
    for _ in range(5):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        focus = browser.switch_to.active_element
        assert focus.value_of_css_property("outline-style") == "solid"
        assert float(focus.value_of_css_property(
            "outline-width").removesuffix("px")) >= 2
        if focus.text == "Yes, unsubscribe this address":
            break
    focus.send_keys(Keys.ENTER)
    wait_for(browser, "You are unsubscribed")
    assert site.state(reader) == "unsubscribed"


def test_language_and_details(site, browser):
    reader = site.reader(language="both")
    browser.get(f"http://127.0.0.1:{site.port}/v/{site.token('v', reader)}")
    check(browser)
    browser.find_element(By.CSS_SELECTOR, "#nl input[value=en]").click()
    press(browser, "Opslaan")
    wait_for(browser, "Your choice is saved.", "main")
    assert browser.title == "Done: your choice is saved"
    assert site.sql("select language from subscriber") == [("en",)]
    browser.get(f"http://127.0.0.1:{site.port}/t/{site.token('t', reader)}/nl")
    check(browser)
    press(browser, "Ja, in het Nederlands")
    wait_for(browser, "Uw keuze is bewaard")
    check(browser)
    assert site.sql("select language from subscriber") == [("nl",)]
