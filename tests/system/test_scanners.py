"""Programs that follow every link of a mail before its reader does: they
change nothing, not one row."""

import time

import pytest
from house import LANGUAGES
from newsletter import ok
from pages import letter, move

from tests.embedded import wait_until

AGENTS = ("Mozilla/5.0 (compatible; LinkScanner/1.0)",
          "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks",
          "curl/7.88", "")
METHODS = ("GET", "HEAD", "OPTIONS")
TIMES = 100
WAIT_S = 10  # what runs in a page may take its time


@pytest.fixture(scope="module")
def mails(house):
    """One of each kind that a reader gets."""
    left = house.add("vertrekt")
    token = house.token("u", left, house.mailing)
    assert house.post(f"/u/{token}", "confirm=yes").status == 303
    farewell = house.next_mail("vertrekt", 1)
    found = {name: house.inbox(name)[0] for name in LANGUAGES}
    found["farewell"] = farewell
    joins = house.add("komt.erbij")
    house.db.rows("update subscriber set state = 'pending' where id = %s",
                  joins)
    letter(house, "confirm", "komt.erbij", joins, "b", "nl")
    moves = house.add("gaat.weg")
    letter(house, "already", "gaat.weg", moves, "v", "both")
    move(house, "gaat.weg", moves, "nl")
    for name in "komt.erbij", "gaat.weg", "nieuw.gaat.weg":
        for n, mail in enumerate(house.inbox(name)):
            found[name, n] = mail
    assert len(found) == 8
    # What happens anyway after the mail has gone is over.
    ok(house, "status")
    assert wait_until(lambda: still(house), 30)
    return found


def still(house):
    before = house.db.fingerprint()
    time.sleep(1)
    return house.db.fingerprint() == before


def test_a_hundred_looks_at_every_link(house, mails):
    before = house.db.fingerprint()
    for name, mail in mails.items():
        assert mail.links(), name
        for path in mail.links():
            for n in range(TIMES):
                answer = house.ask(METHODS[n % 3], path, headers={
                    "User-Agent": AGENTS[n % len(AGENTS)]})
                assert answer.status == (204 if n % 3 == 2 else 200), path
    assert house.db.fingerprint() == before


def test_every_link_in_a_browser_that_runs_scripts(house, mails, browser):
    """All of them stay open in a tab of their own for a while."""
    before = house.db.fingerprint()
    browser.scripts(True)
    tab = browser.driver.current_window_handle
    for mail in mails.values():
        for path in mail.links():
            browser.driver.switch_to.new_window("tab")
            browser.open(house.url(path))
            # A calendar file is no page.
            assert browser.driver.title or path.endswith(".ics"), path
    time.sleep(WAIT_S)
    assert house.db.fingerprint() == before
    for other in browser.driver.window_handles:
        if other != tab:
            browser.driver.switch_to.window(other)
            browser.driver.close()
    browser.driver.switch_to.window(tab)
