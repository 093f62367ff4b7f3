"""A reader moves to another address, and nobody else learns anything of it."""
import email
import email.policy
import html
import json
import re
from concurrent.futures import ThreadPoolExecutor

import conformity
import pytest
from newsletter import ok
from own import (ask_address, field, happened, kinds, mailed, newest_letter,
                 status, validate)
from website import (ADDRESS, Page, Visitor, check_page, follow, watched_site,
                     web_keys)

from tests.embedded import BASE, Installation, answers, wait_until

NEW = "jansen@elders.example"
LETTERS = {
    "details": ("Link naar uw gegevens", "Link to your details"),
    "address": ("Bevestig uw nieuwe adres", "Confirm your new address"),
    "address-changed": ("Uw adres is gewijzigd", "Your address has changed"),
}


@pytest.fixture
def site(database, tmp_path):
    with watched_site(database, tmp_path / "site") as site:
        yield site


def test_address_moves_with_all_that_is_known(site):
    reader = site.reader(language="en")
    site.sql("update subscriber set tags = '{noord}'")
    site.post(f"/v/{site.token('v', reader)}", "pause=2")
    known = happened(site)
    token = mailed(site, reader, "details")
    path = f"/d/{token}"
    check_page(site.get(path + "/address"), "en")
    sent = follow(site, ask_address(site, path, NEW))
    assert check_page(sent, "en").title == (
        "Done: check the mail of the new address")
    assert NEW in status(sent)[0]
    assert NEW in site.get(path).body
    assert kinds(site) == ["details", "address"]
    assert site.sql("select address_sealed = (select address_sealed from"
                    " address_wish), language from letter"
                    " where kind = 'address'") == [(True, "en")]
    a = f"/a/{mailed(site, reader, 'address', letter=newest_letter(site))}"
    before = site.dump()
    page = check_page(site.get(a), "en")
    assert page.forms == [a] * 2
    assert "j•••@elders.example" in site.get(a).body
    assert NEW not in site.get(a).body and "organisatie" not in (
        site.get(a).body)
    assert site.get(a + "/done").body == site.get(a).body
    assert site.dump() == before
    done = follow(site, site.post(a))
    assert check_page(done, "en").title == (
        "Done: the newsletter comes to the new address")
    hashed, _ = site.run_keys("seal", NEW)
    assert site.sql("select encode(address_hash, 'hex'), language, state,"
                    " tags from subscriber") == [
        (hashed, "en", "paused", ["noord"])]
    assert happened(site) == known + [("address", "")]
    assert site.sql("select count(distinct address_hash)"
                    " from consent_event") == [(1,)]
    assert site.sql("select count(*) from suppression") == [(0,)]
    assert site.sql("select count(*) from address_wish") == [(0,)]
    # The old address is told; what went there opens nothing more.
    assert kinds(site) == ["address", "address-changed"]
    assert site.get(path).status == 410
    old = bytes(site.sql("select address_sealed from letter where kind ="
                         " 'address-changed'")[0][0])
    new = bytes(site.sql("select address_sealed from subscriber")[0][0])
    assert old and old != new
    # Once more is no error, and changes nothing.
    before = site.dump()
    done = follow(site, site.post(a))
    assert check_page(done, "en").title.startswith("Done:")
    assert check_page(site.get(a), "en").forms == []
    assert site.dump() == before
    d = f"/d/{mailed(site, reader, 'details')}"
    assert NEW in site.get(d).body


@pytest.mark.parametrize("typed", ["", "x", "a@b", "a b@c.example",
                                   "a@b.example,c@d.example", "<b>@x"])
def test_what_is_no_address_comes_back(site, typed):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details')}"
    answer = ask_address(site, path, typed)
    page = check_page(answer, status=422)
    assert page.title == "Fout: het nieuwe adres"
    assert answer.body.count('aria-invalid="true"') == 2
    assert f'value="{html.escape(typed)}"' in answer.body or not typed
    assert "#address-nl" in page.links and "#address-en" in page.links
    assert kinds(site) == ["details"]


def test_the_same_address_is_no_change(site):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details')}"
    answer = ask_address(site, path, ADDRESS.upper())
    check_page(answer, status=422)
    assert "Dit is het adres dat u nu hebt." in answer.body
    assert kinds(site) == ["details"]


def test_nobody_learns_who_has_an_address(site):
    """Free, on the list, or not to be mailed: the same answer."""
    reader = site.reader()
    site.reader("lid@elders.example")
    site.reader("weg@elders.example", state="unsubscribed")
    gone, _ = site.run_keys("seal", "gewist@elders.example")
    site.sql("insert into suppression (address_hash, reason)"
             " values (decode(%s, 'hex'), 'erased')", gone)
    path = f"/d/{mailed(site, reader, 'details')}"
    pages = set()
    for name in "vrij", "lid", "gewist", "weg":
        address = f"{name}@elders.example"
        was = field(site.get(path + "/address"), "was").replace("+", "%2B")
        answer = follow(site, ask_address(site, path, address, was=was))
        assert check_page(answer).title.startswith("Gelukt:")
        pages.add(answer.body.replace(address, "-"))
        data = json.loads(site.get(path + "/data.json").body)
        assert data["wanted_address"] == address
    assert len(pages) == 1
    assert kinds(site) == ["details", "address"]


def test_an_address_that_is_taken_meanwhile_is_left_alone(site):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details')}"
    ask_address(site, path, NEW)
    a = f"/a/{mailed(site, reader, 'address', letter=newest_letter(site))}"
    other = site.reader(NEW)
    before = site.dump()
    page = check_page(site.get(a), status=410)
    assert page.title == "Deze link is verlopen" and page.forms == []
    answer = site.post(a)
    check_page(site.get(answer.headers["Location"]), status=410)
    assert site.dump() == before
    site.sql("delete from subscriber where id = %s", other)
    site.sql("insert into suppression (address_hash, reason)"
             " select address_hash, 'blocked' from address_wish")
    assert site.get(a).status == 410
    site.post(a)
    assert "address" not in [k for k, _ in happened(site)]


def test_only_the_newest_wish_counts_for_a_day(site):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details')}"
    links = []
    for name in "een", "twee":
        ask_address(site, path, f"{name}@elders.example")
        links.append("/a/" + mailed(site, reader, "address",
                                    letter=newest_letter(site)))
    assert site.get(links[0]).status == 410
    assert site.get(links[1]).status == 200
    # The first once more: the mail that is there is good again.
    ask_address(site, path, "een@elders.example")
    assert kinds(site) == ["details", "address", "address"]
    assert site.get(links[0]).status == 200
    assert site.get(links[1]).status == 410
    site.sql("update letter set at = now() - interval '25 hours'"
             " where kind = 'address'")
    assert site.get(links[0]).status == 410
    site.post(links[0])
    assert "address" not in [k for k, _ in happened(site)]


def test_a_reader_causes_few_mails_to_others(site):
    readers = [site.reader(f"r{n}@lezers.example") for n in range(3)]
    paths = [f"/d/{mailed(site, r, 'details')}" for r in readers]
    for n in range(6):
        ask_address(site, paths[0], f"n{n}@elders.example")
    assert kinds(site).count("address") == 3
    for path in paths[1:]:
        ask_address(site, path, "n0@elders.example")
    assert kinds(site).count("address") == 3
    ask_address(site, paths[1], "ander@elders.example")
    assert kinds(site).count("address") == 4


def test_two_windows_lose_no_wish(site):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details')}"
    was = field(site.get(path + "/address"), "was")
    follow(site, ask_address(site, path, NEW, was=was))
    answer = follow(site, ask_address(site, path, "x@elders.example",
                                      was=was))
    page = check_page(answer)
    assert page.title == "Fout: er is intussen een ander adres gevraagd"
    assert NEW in answer.body and "x@elders.example" not in answer.body
    assert site.sql("select count(*) from address_wish") == [(1,)]
    follow(site, ask_address(site, path, NEW, was=was))
    now = field(answer, "was")
    assert now != was


def test_a_new_address_puts_right_what_is_undeliverable(site):
    reader = site.reader(state="undeliverable")
    path = f"/d/{mailed(site, reader, 'details')}"
    ask_address(site, path, NEW)
    a = f"/a/{mailed(site, reader, 'address', letter=newest_letter(site))}"
    follow(site, site.post(a))
    assert site.state(reader) == "active"
    assert [k for k, _ in happened(site)] == ["address", "reactivated"]


def test_who_left_meanwhile_does_not_move(site):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details')}"
    ask_address(site, path, NEW)
    a = f"/a/{mailed(site, reader, 'address', letter=newest_letter(site))}"
    site.post(f"/u/{site.token('u', reader)}", "")
    assert site.get(a).status == 410
    site.post(a)
    assert [k for k, _ in happened(site)] == ["unsubscribed"]
    page = check_page(site.get(path))
    assert path + "/address" not in page.links
    assert path + "/erase" in page.links


def test_who_did_not_confirm_has_no_address(site):
    reader, pending = site.reader(), site.reader(NEW, state="pending")
    site.sql("select subscriber_event(address_hash, 'subscribed', 'page')"
             " from subscriber where id = %s", pending)
    path = f"/d/{mailed(site, reader, 'details')}"
    ask_address(site, path, NEW)
    a = f"/a/{mailed(site, reader, 'address', letter=newest_letter(site))}"
    follow(site, site.post(a))
    assert site.sql("select id from subscriber") == [(reader,)]
    assert happened(site) == [("address", "")]


def test_who_signs_up_at_that_very_moment_comes_first(site, database):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details')}"
    ask_address(site, path, NEW)
    a = f"/a/{mailed(site, reader, 'address', letter=newest_letter(site))}"
    other = database.connect(autocommit=False)
    other.cursor().execute(
        "insert into subscriber (address_hash, address_sealed, language,"
        " language_from, state) select address_hash, address_sealed, 'nl',"
        " 'chosen', 'active' from address_wish")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(site.post, a)
        assert wait_until(lambda: site.sql(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
            " and usename = 'tweeluik_web'"), 10)
        other.commit()
        assert answer.result(20).status == 303
    other.close()
    assert site.get(a).status == 410
    assert happened(site) == [] and kinds(site) == ["details", "address"]


# Whole journeys, with real mail

class House(Visitor):
    def __init__(self, site):
        super().__init__(site.web_port)
        self.installation, self.db, self.seen = site, site.db, 0

    def token(self, purpose, subscriber, mailing=0):
        return web_keys(self.installation.settings["keys"], "token", purpose,
                        subscriber, mailing)[0]

    def mail(self):
        """The next mail that comes."""
        self.seen += 1
        mails = wait_until(
            lambda: (m := self.installation.mails()) and len(m) >= self.seen
            and m, 30)
        assert mails, "no mail came"
        raw = max(mails, key=lambda p: p.stat().st_mtime_ns).read_bytes()
        assert not list(conformity.letter_violations(raw))
        return email.message_from_bytes(raw, policy=email.policy.default)


def link_in(mail, prefix):
    link, = set(re.findall(r'href="([^"]+)"',
                           mail.get_body(("html",)).get_content()))
    assert link.startswith(f"{BASE}/{prefix}/")
    assert link in mail.get_body(("plain",)).get_content()
    return link.removeprefix(BASE)


@pytest.fixture
def installation(pg, database, tmp_path):
    place = Installation(tmp_path / "site", pg, database.name)
    place.db = database
    place.init()
    place.start_catcher()
    place.start_daemon(log=place.folder / "log")
    yield place
    place.stop()
    log = (place.folder / "log").read_text()
    assert "Sanitizer" not in log and "letter-failed" not in log, log
    assert not re.search(r"\w@\w|jansen", log), log


@pytest.mark.parametrize("language", ["nl", "en", ""])
def test_journey_to_another_address_and_out(installation, language):
    path = installation.folder / "one.csv"
    path.write_text(f"e-mail,taal\n{ADDRESS},{language}\n")
    ok(installation, "subscriber", "import", path, "--basis", "form",
       "--apply")
    house = House(installation)
    assert wait_until(lambda: answers(installation.web_port), 20)
    reader = house.db.one("select id from subscriber")

    def check(mail, kind, to):
        nl, en = LETTERS[kind]
        assert mail["subject"] == {
            "nl": nl, "en": en, "": f"{nl} / {en}"}[language]
        assert mail["to"] == to
        return mail

    follow(house, house.post(f"/v/{house.token('v', reader)}/link"))
    mail = check(house.mail(), "details", ADDRESS)
    text = mail.get_body(("plain",)).get_content()
    assert "30 minu" in text and ADDRESS not in text
    d = link_in(mail, "d")
    assert ADDRESS in house.get(d).body
    follow(house, ask_address(house, d, NEW))
    a = link_in(check(house.mail(), "address", NEW), "a")
    done = follow(house, house.post(a))
    assert Page(done.body).title.startswith(("Gelukt:", "Done:"))
    mail = check(house.mail(), "address-changed", ADDRESS)
    assert "href" not in mail.get_body(("html",)).get_content()
    assert NEW not in mail.as_string() and mail["reply-to"]
    assert house.get(d).status == 410
    follow(house, house.post(d + "/link"))
    d = link_in(check(house.mail(), "details", NEW), "d")
    data = json.loads(house.get(d + "/data.json").body)
    validate(data)
    assert data["address"] == NEW
    assert [e["kind"] for e in data["consent"]] == ["imported", "address"]
    done = follow(house, house.post(d + "/erase", "sure=yes"))
    assert Page(done.body).title.startswith(("Gelukt:", "Done:"))
    for table in "subscriber", "consent_event", "letter", "address_wish":
        assert house.db.one(f"select count(*) from {table}") == 0
    assert house.db.one("select count(*) from ledger where balanced") == 4
