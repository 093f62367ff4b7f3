"""What a reader does, from the mail that was caught to the page that says so,
in a browser that runs no scripts; every click is counted."""

import time

import pytest
from selenium.common.exceptions import (NoSuchElementException,
                                        StaleElementReferenceException)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

GONE = [StaleElementReferenceException, NoSuchElementException]


class Reader:
    """Somebody with a mouse."""

    def __init__(self, house, browser):
        self.house, self.browser, self.driver = \
            house, browser, browser.driver
        self.clicks = self.fields = 0
        browser.scripts(False)

    def arrive(self, act):
        """Do it and wait for the page it leads to."""
        before = self.driver.find_element(By.TAG_NAME, "html")
        act()
        WebDriverWait(self.driver, 10, 0.02, GONE).until(
            lambda d: d.find_element(By.TAG_NAME, "html") != before
            and d.find_element(By.TAG_NAME, "h1"))
        self.clicks += 1
        return self

    def follow(self, mail, beginning):
        """A link in a mail."""
        return self.arrive(lambda: self.browser.open(
            self.house.url(mail.link(beginning))))

    def open(self, path):
        """As somebody who types it, or came here before."""
        self.browser.open(self.house.url(path))
        return self

    def press(self, words):
        return self.arrive(self._find(f"//button[normalize-space()='{words}']"
                                       ).click)

    def click(self, words):
        return self.arrive(self._find(f"//a[normalize-space()='{words}']"
                                       ).click)

    def choose(self, words):
        """One of several; a click, too, but not one that leads anywhere."""
        self._find(f"//label[normalize-space()='{words}']").click()
        self.clicks += 1
        return self

    def type(self, label, text):
        field = self._find(f"//label[normalize-space()='{label}']")
        field = self.driver.find_element(By.ID, field.get_attribute("for"))
        field.clear()
        field.send_keys(text)
        self.fields += 1
        return self

    def _find(self, path):
        """The first, in the reader's own language."""
        return self.driver.find_element(By.XPATH, path)

    def sees(self, title, words=""):
        assert self.driver.title == title
        assert words in self.driver.find_element(By.TAG_NAME, "main").text
        return self


@pytest.fixture
def reader(house, browser):
    yield Reader(house, browser)
    browser.scripts(True)


def test_unsubscribe_in_two_clicks_and_undo_in_one(house, reader):
    number = house.reader("nl")
    issue, = house.inbox("nl")
    reader.follow(issue, "/u/").press("Ja, meld dit adres af")
    reader.sees("Gelukt: u bent afgemeld", "U krijgt geen nieuwsbrief meer.")
    assert (reader.clicks, house.state(number)) == (2, "unsubscribed")

    reader.press("Ongedaan maken")
    reader.sees("Gelukt: u krijgt de nieuwsbrief weer")
    assert (reader.clicks, house.state(number)) == (3, "active")


def test_going_back_over_a_page_sends_no_form_again(house, reader):
    number = house.add("ververst")
    reader.open(f"/u/{house.token('u', number)}")
    reader.press("Ja, meld dit adres af")
    before = house.db.fingerprint()
    reader.driver.refresh()
    reader.sees("Gelukt: u bent afgemeld")
    assert house.next_mail("ververst", 1)
    after = house.db.fingerprint()
    assert after["consent_event"] == before["consent_event"]
    assert after["subscriber"] == before["subscriber"]


def test_by_keyboard_alone(house, reader):
    number = house.add("toetsen", "en")
    reader.open(f"/u/{house.token('u', number)}")
    for _ in range(20):
        reader.browser.press_tab()
        focus = reader.driver.switch_to.active_element
        if focus.text == "Yes, unsubscribe this address":
            break
    reader.arrive(lambda: focus.send_keys(Keys.ENTER))
    reader.sees("Done: you are unsubscribed")
    assert house.state(number) == "unsubscribed"


def test_undo_from_the_last_mail(house, reader):
    """The link and the button: a scanner follows the link, too."""
    number = house.reader("en")
    issue, = house.inbox("en")
    reader.follow(issue, "/u/").press("Yes, unsubscribe this address")
    reader.sees("Done: you are unsubscribed")
    reader.clicks = 0
    farewell = house.next_mail("en", 2)
    assert farewell.subject == "You are unsubscribed"
    reader.follow(farewell, "/u/").press("Yes, undo it")
    reader.sees("Done: you get the newsletter again")
    assert (reader.clicks, house.state(number)) == (2, "active")


def test_language_in_two_clicks(house, reader):
    number = house.reader("both")
    issue, = house.inbox("both")
    to_english = next(p for p in issue.links()
                      if p.startswith("/t/") and p.endswith("/en"))
    reader.follow(issue, to_english).press("Yes, in English")
    reader.sees("Done: your choice is saved",
                "The next issue comes in English.")
    assert reader.clicks == 2
    assert house.db.one("select language from subscriber where id = %s",
                        number) == "en"
    # And back, in two more.
    reader.click("Rather in both languages").press("Yes, in both languages")
    assert reader.clicks == 4
    assert house.db.one("select language from subscriber where id = %s",
                        number) == "both"


def test_language_on_the_page_of_details(house, reader):
    number = house.add("kiest", "nl")
    token = house.token("v", number, house.mailing)
    reader.open(f"/v/{token}").choose("English").press("Opslaan")
    reader.sees("Done: your choice is saved")
    assert reader.clicks == 2
    assert house.db.one("select language from subscriber where id = %s",
                        number) == "en"


def test_reason_is_asked_afterwards_and_may_be_left_out(house, reader):
    number = house.add("zegt.waarom", "nl")
    reader.open(f"/u/{house.token('u', number)}")
    assert not reader.driver.find_elements(By.CSS_SELECTOR,
                                           "input:not([type=hidden])")
    reader.press("Ja, meld dit adres af")
    reader.choose("andere baan").press("Verstuur")
    reader.sees("Gelukt: u bent afgemeld", "Dank u")
    assert house.db.one("select basis from consent_event order by id desc"
                        " limit 1") == "job"


# The form holds back what comes faster than a person types.
TYPING_S = 2


def test_subscribe_in_three_clicks_and_one_field(house, reader):
    """The button, the link in the mail, the button there."""
    reader.open("/aanmelden").type("E-mailadres", "nieuw@lezers.example")
    time.sleep(TYPING_S + 0.5)
    reader.press("Aanmelden")
    reader.sees("Gelukt: kijk in uw mail", "n•••@lezers.example")
    assert (reader.clicks, reader.fields) == (1, 1)
    mail = house.next_mail("nieuw", 1)
    assert mail.subject == "Bevestig uw aanmelding"
    assert house.db.one("select count(*) from subscriber where state ="
                        " 'active' and id = (select max(subscriber_id)"
                        " from letter)") == 0

    reader.follow(mail, "/b/").press("Ja, meld mij aan")
    reader.sees("Gelukt: u bent aangemeld")
    assert (reader.clicks, reader.fields) == (3, 1)
    assert house.db.rows(
        "select state, language, language_from from subscriber"
        " where id = (select max(subscriber_id) from letter)") == [
        {"state": "active", "language": "nl", "language_from": "chosen"}]


def test_subscribe_in_english_after_a_mistake(house, reader):
    """What was typed survives the error; the answer is in English."""
    reader.open("/aanmelden").click("English")
    reader.type("Email address", "new@lezers")
    time.sleep(TYPING_S + 0.5)
    reader.press("Subscribe")
    reader.sees("Error: subscribe to the newsletter",
                "Something is not right yet")
    field = reader.driver.find_element(By.ID, "email")
    assert field.get_attribute("value") == "new@lezers"
    assert field.get_attribute("aria-invalid") == "true"
    described = field.get_attribute("aria-describedby")
    assert reader.driver.find_element(By.ID, described).text
    reader.type("Email address", "new@lezers.example").press("Subscribe")
    reader.sees("Done: check your mail")
    reader.follow(house.next_mail("new", 1), "/b/")
    reader.press("Yes, subscribe me").sees("Done: you are subscribed")
    assert house.db.one("select language from subscriber order by id desc"
                        " limit 1") == "en"


def test_pause_instead_of_leaving(house, reader):
    number = house.add("pauze")
    reader.open(f"/u/{house.token('u', number, house.mailing)}")
    reader.press("Pauzeer 2 maanden")
    assert reader.driver.title.startswith("Gelukt: ")
    assert (reader.clicks, house.state(number)) == (1, "paused")


def test_another_address(house, reader):
    """Each behind a fresh link that goes to the address itself."""
    number = house.add("verhuist")
    reader.open(f"/v/{house.token('v', number, house.mailing)}")
    reader.press("Stuur mij daarvoor een link")
    mail = house.next_mail("verhuist", 1)
    assert mail.subject == "Link naar uw gegevens"
    reader.follow(mail, "/d/")
    reader.clicks = 0
    reader.open(mail.link("/d/") + "/address")
    reader.type("Nieuw e-mailadres", "verhuisd@lezers.example")
    reader.press("Stuur een mail naar het nieuwe adres")
    reader.follow(house.next_mail("verhuisd", 1), "/a/")
    reader.press("Ja, stuur hem naar dit adres")
    reader.sees("Gelukt: de nieuwsbrief komt op het nieuwe adres")
    assert (reader.clicks, reader.fields) == (3, 1)
