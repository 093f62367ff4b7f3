"""What a reader does with the own subscription: pause it, see what is kept,
move to another address, be forgotten."""
import email
import email.policy
import html
import json
import re

import conformity
import psycopg2
import pytest
from newsletter import LEASE, ok
from test_web import Page, check_page, follow
from website import ADDRESS, KEYS, Visitor, Website

from tests.embedded import wait_until

NEW = "jansen@elders.example"
BASE = "https://nieuws.voorbeeld.example"
LETTERS = {
    "details": ("Link naar uw gegevens", "Link to your details"),
    "address": ("Bevestig uw nieuwe adres", "Confirm your new address"),
    "address-changed": ("Uw adres is gewijzigd", "Your address has changed"),
}


@pytest.fixture
def site(database, tmp_path):
    site = Website(database, tmp_path / "site")
    try:
        yield site.start()
    finally:
        site.stop()
        log = site.log.read_text()
        assert "Sanitizer" not in log and "page-failed" not in log, log
        assert "jansen" not in log and "@" not in log, log


def mailed(site, reader, kind, age="0 minutes", letter=None):
    """The token in a letter as the schedule role writes it, and its number."""
    mailing = site.sql("insert into mailing (kind, expires_at)"
                       " values ('system', now()) returning id")[0][0]
    if letter is None:
        letter = site.sql("select letter_add(%s, %s, 'nl')", kind, reader)[0]
    site.sql("update letter set written_at = now(), mailing_id = %s,"
             " at = now() - %s::interval where id = %s", mailing, age, letter)
    return site.token({"details": "d", "address": "a"}[kind], reader, mailing)


def kinds(site):
    return [k for k, in site.sql("select kind from letter order by id")]


def events(site):
    return [(kind, basis) for kind, _, basis in site.events()]


def status(answer):
    return re.findall(r'role="status"[^>]*>(.*?)</p>', answer.body)


def field(answer, name):
    """What the form has in a hidden field."""
    return html.unescape(re.search(
        f'<input type="hidden" name="{name}" value="([^"]*)"',
        answer.body).group(1))


def in_months(site, n):
    return str(site.sql("select schedule_date(now()) + make_interval("
                        "months => %s)", n)[0][0].date())


# Pausing

def test_pause_and_go_on(site):
    reader = site.reader()
    path = f"/v/{site.token('v', reader)}"
    for months in 1, 2, 3:
        done = follow(site, site.post(path, f"language=nl&pause={months}"))
        page = check_page(done)
        assert page.title == "Gelukt: uw keuze is bewaard"
        assert "U krijgt geen nieuwsbrief tot " in status(done)[0]
        until = in_months(site, months)
        assert site.sql("select state, paused_until::text"
                        " from subscriber") == [("paused", until)]
        assert events(site)[-1] == ("paused", until)
    for same in "keep", "4", "-1", "", "1.5", "33":
        follow(site, site.post(path, f"language=nl&pause={same}"))
        assert site.state(reader) == "paused"
    answer = site.get(path)
    assert answer.body.count('value="keep" checked="checked"') == 2
    follow(site, site.post(path, "pause=0"))
    assert site.sql("select state, paused_until from subscriber") == [
        ("active", None)]
    assert events(site)[-1] == ("resumed", "")
    assert 'value="keep"' not in site.get(path).body
    before = site.dump()
    follow(site, site.post(path, "language=nl&pause=0"))
    assert site.dump() == before


def test_pause_instead_of_leaving(site):
    reader = site.reader()
    path = f"/u/{site.token('u', reader)}"
    done = follow(site, site.post(path + "/pause"))
    assert check_page(done).title == "Gelukt: uw keuze is bewaard"
    assert site.sql("select state, paused_until::text from subscriber") == [
        ("paused", in_months(site, 2))]
    again = follow(site, site.post(path + "/pause"))
    assert check_page(again).title == "Gelukt: uw keuze is bewaard"
    assert events(site) == [("paused", in_months(site, 2))]


def test_a_pause_ends_by_itself(site):
    reader = site.reader()
    site.post(f"/u/{site.token('u', reader)}/pause")
    call = ("select action from schedule_round(now() + %s::interval, 500,"
            " '1 day') where subject = 'subscriber'")
    assert site.sql(call, "50 days") == []
    assert site.state(reader) == "paused"
    assert site.sql(call, "63 days") == [("resumed",)]
    assert site.sql("select state, paused_until from subscriber") == [
        ("active", None)]
    assert [k for k, _ in events(site)] == ["paused", "resumed"]


def test_a_pause_takes_effect_within_a_running_send(site):
    readers = [site.reader(f"a{n}@b.example") for n in range(3)]
    message = site.sql(
        "insert into message (digest, kind, edition, subject, bytes, slots)"
        " values (sha256('x'), 'issue', 'nl', 's', 'x', '') returning id")
    mailing = site.sql("insert into mailing (kind, expires_at, planned)"
                       " values ('issue', now() + interval '1 day', 3)"
                       " returning id")[0][0]
    site.sql("insert into delivery select %s, row_number() over (), %s, id"
             " from subscriber", mailing, message[0][0])
    site.sql("insert into chunk (mailing_id, no, first_seq, last_seq)"
             " values (%s, 1, 1, 3)", mailing)
    site.post(f"/v/{site.token('v', readers[1])}", "pause=1")
    assert site.sql("select subscriber_id, deliverable"
                    f" from ({LEASE}) x order by seq") == [
        (readers[0], True), (readers[1], False), (readers[2], True)]


@pytest.mark.parametrize("state", ["pending", "undeliverable"])
def test_who_gets_nothing_is_not_offered_a_pause(site, state):
    reader = site.reader(state=state)
    u, v = (f"/{p}/{site.token(p, reader)}" for p in "uv")
    assert check_page(site.get(u)).forms == [u] * 2
    assert 'name="pause"' not in site.get(v).body
    page = check_page(follow(site, site.post(u + "/pause")))
    assert not page.title.startswith("Gelukt")
    site.post(v, "pause=1")
    assert site.state(reader) == state and events(site) == []
    follow(site, site.post(v, "language=en"))
    assert site.sql("select language from subscriber") == [("en",)]


def test_who_left_and_who_is_blocked_change_nothing(site):
    for state in "unsubscribed", "blocked":
        reader = site.reader(f"jansen@{state}.example", state=state)
        site.sql("update subscriber set state_at = now() - interval"
                 " '40 days' where id = %s", reader)
        u, v, t = (f"/{p}/{site.token(p, reader)}" for p in "uvt")
        before = site.dump()
        answers = [site.get(u), site.get(v), site.get(t + "/en"),
                   follow(site, site.post(u + "/pause")),
                   follow(site, site.post(v, "language=en&pause=1")),
                   follow(site, site.post(t + "/en"))]
        assert site.dump() == before
        for a in answers:
            page = check_page(a)
            assert page.title == "U bent afgemeld" and page.forms == []
        # Nobody can tell the one from the other.
        assert len({re.sub("(ja.*?example|/[utvd]/[-\\w]{40})", "", a.body)
                    for a in answers}) == 1


# Two windows

def test_two_windows_lose_no_choice(site):
    reader = site.reader()
    path = f"/v/{site.token('v', reader)}"
    first, second = (field(site.get(path), "was") for _ in range(2))
    follow(site, site.post(path, f"was={first}&language=en&pause=0"))
    answer = follow(site, site.post(path,
                                    f"was={second}&language=nl&pause=3"))
    page = check_page(answer, "en")
    assert page.title == "Error: your choice is not saved"
    assert 'role="alert"' in answer.body and not status(answer)
    assert answer.body.count('value="en" checked="checked"') == 2
    assert site.sql("select language, state from subscriber") == [
        ("en", "active")]
    third = field(answer, "was")
    follow(site, site.post(path, f"was={third}&language=nl&pause=3"))
    assert site.sql("select language, state from subscriber") == [
        ("nl", "paused")]
    stale = follow(site, site.post(path, f"was={third}&language=both&pause=0"))
    assert check_page(stale).title == "Fout: uw keuze is niet bewaard"
    assert site.state(reader) == "paused"


# The link to the details

def test_a_link_is_mailed_once_an_hour_and_the_page_does_not_tell(site):
    reader = site.reader()
    path = f"/v/{site.token('v', reader)}"
    pages = []
    for _ in range(3):
        pages.append(follow(site, site.post(path + "/link")))
    assert kinds(site) == ["details"]
    assert check_page(pages[0]).title == "Gelukt: kijk in uw mail"
    assert len({p.body for p in pages}) == 1
    assert "j•••@organisatie.example" in pages[0].body
    assert "30 minuten" in pages[0].body and ADDRESS not in pages[0].body
    site.sql("update letter set at = now() - interval '61 minutes'")
    site.post(path + "/link")
    assert kinds(site) == ["details"] * 2
    blocked = site.reader("piet@organisatie.example", state="blocked")
    answer = follow(site, site.post(f"/v/{site.token('v', blocked)}/link"))
    assert check_page(answer).title == "Gelukt: kijk in uw mail"
    assert kinds(site) == ["details"] * 2


def test_a_link_expires_and_a_new_one_can_be_had(site):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details', '29 minutes')}"
    assert ADDRESS in site.get(path).body
    site.sql("update letter set at = now() - interval '31 minutes'")
    before = site.dump()
    for where in "", "/data.json", "/address", "/erase":
        answer = site.get(path + where)
        page = check_page(answer, status=410)
        assert page.title == "Deze link is verlopen"
        assert page.forms == [path + "/link"] * 2
        assert ADDRESS not in answer.body
    follow_to = site.post(path + "/address", f"address={NEW}")
    assert check_page(site.get(follow_to.headers["Location"]),
                      status=410).forms == [path + "/link"] * 2
    site.post(path + "/erase", "sure=yes")
    assert site.dump() == before
    site.sql("update letter set at = now() - interval '61 minutes'")
    sent = follow(site, site.post(path + "/link"))
    assert check_page(sent).title == "Gelukt: kijk in uw mail"
    assert kinds(site) == ["details"] * 2


def test_a_letter_of_another_kind_opens_nothing(site):
    reader = site.reader()
    site.sql("select letter_add('farewell', %s, 'nl')", reader)
    site.sql("with m as (insert into mailing (kind, expires_at)"
             " values ('system', now()) returning id) update letter"
             " set mailing_id = m.id from m")
    mailing = site.sql("select mailing_id from letter")[0][0]
    assert site.get(f"/d/{site.token('d', reader, mailing)}").status == 410
    assert site.get(f"/d/{site.token('d', reader)}").status == 410
    assert site.get(f"/a/{site.token('a', reader, mailing)}").status == 410


def test_unknown_links_look_as_all_others(site):
    reader = site.reader()
    token = mailed(site, reader, "details")
    expected = site.get("/u/x").body
    site.sql("select letter_add('details', %s, 'nl')", reader)
    bad = [site.token("v", reader), site.token("u", reader, 1), token[:-1],
           token[::-1], "x", site.token("d", 99999), "-" * 40]
    for t in bad:
        for path in ("/d/{}", "/d/{}/data.json", "/d/{}/address",
                     "/d/{}/erase", "/d/{}/sent", "/a/{}", "/a/{}/done"):
            answer = site.get(path.format(t))
            assert (answer.status, answer.body) == (404, expected), path
        for path in "/d/{}/link", "/d/{}/address", "/a/{}":
            answer = site.post(path.format(t), f"address={NEW}")
            assert (answer.status, answer.body) == (404, expected), path
        assert site.post(f"/d/{t}/erase", "sure=yes").body == expected
    assert site.get(f"/d/{site.token('d', 0, 1)}").status == 404


# What is kept

def fill(site, reader):
    """A past: an agreement in words, a change, issues."""
    site.sql("update subscriber set organisation_id = (select id from"
             " organisation limit 1), tags = '{noord}' where id = %s", reader)
    wording = site.sql("insert into wording (lang, body) values ('nl',"
                       " 'Ja, <b>mail</b> mij & de rest') returning id")[0][0]
    site.sql("insert into consent_event (address_hash, kind, way, basis,"
             " wording_id) select address_hash, 'subscribed', 'page', '', %s"
             " from subscriber where id = %s", wording, reader)
    site.post(f"/t/{site.token('t', reader)}/en")
    site.post(f"/t/{site.token('t', reader)}/nl")
    message = site.sql(
        "insert into message (digest, kind, edition, subject, bytes, slots)"
        " values (sha256('y'), 'issue', 'nl', 's', 'x', '') returning id")
    for n, result in enumerate(("accepted", "deferred", None), 1):
        issue = site.sql(
            "insert into issue (series, planned_at, state, number, year) values"
            " ('regular', now() - make_interval(days => %s), 'sent', %s,"
            " 2026) returning id", 100 - 10 * n, n)[0][0]
        mailing = site.sql("insert into mailing (kind, issue_id, expires_at,"
                           " planned) values ('issue', %s, now(), 1)"
                           " returning id", issue)[0][0]
        site.sql("insert into delivery values (%s, 1, %s, %s)", mailing,
                 message[0][0], reader)
        if result:
            site.sql("insert into outcome (mailing_id, seq, attempt, result)"
                     " values (%s, 1, 1, %s)", mailing, result)


def test_details_show_all_that_is_kept(site):
    reader = site.reader()
    fill(site, reader)
    path = f"/d/{mailed(site, reader, 'details')}"
    answer = site.get(path)
    page = check_page(answer)
    assert page.title == "Wat wij over u bewaren"
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.body))
    assert text.count(ADDRESS) == 2
    for words in ("U meldde zich aan. Op deze website.",
                  "De taal werd Engels.", "You subscribed. On this website.",
                  "U hebt dit zelf gekozen.",
                  "aangenomen door uw mailserver",
                  "uitgesteld door uw mailserver", "nog niet verstuurd"):
        assert words in text, (words, text)
    assert "Ja, &lt;b&gt;mail&lt;/b&gt; mij &amp; de rest" in answer.body
    assert {path + "/data.json", path + "/address", path + "/erase",
            f"/u/{site.token('u', reader, mailing_of(site))}"
            } <= set(page.links)


def mailing_of(site):
    return site.sql("select max(mailing_id) from letter")[0][0]


SCHEMA = {
    "schema", "at", "address", "wanted_address", "language", "language_from",
    "state", "state_at", "paused_until", "organisation", "since", "consent",
    "deliveries"}


def validate(data):
    """As tweeluik.reader-data/1 says, and nothing besides."""
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
    assert data["schema"] == "tweeluik.reader-data/1"
    assert set(data) == SCHEMA
    assert data["language"] in ("nl", "en", "both")
    assert data["language_from"] in ("chosen", "import", "default")
    for name in "at", "since", "state_at":
        assert re.fullmatch(stamp, data[name])
    for event in data["consent"]:
        assert set(event) == {"at", "kind", "way", "basis", "issue",
                              "wording_language", "wording"}
        assert re.fullmatch(stamp, event["at"])
    for delivery in data["deliveries"]:
        assert set(delivery) == {"issue", "at", "result"}
        assert re.fullmatch(stamp, delivery["at"])
        assert re.fullmatch(r"\d+-\d{4}", delivery["issue"])


def test_data_can_be_taken_along(site):
    reader = site.reader()
    fill(site, reader)
    site.post(f"/v/{site.token('v', reader)}", "pause=1")
    path = f"/d/{mailed(site, reader, 'details')}/data.json"
    answer = site.get(path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="data.json"')
    assert answer.headers["Cache-Control"] == "no-store"
    data = json.loads(answer.body)
    validate(data)
    assert data["address"] == ADDRESS and data["wanted_address"] is None
    assert data["state"] == "paused"
    assert data["paused_until"] == in_months(site, 1)
    assert [e["kind"] for e in data["consent"]] == [
        "subscribed", "language", "language", "paused"]
    assert data["consent"][0]["wording"] == "Ja, <b>mail</b> mij & de rest"
    assert [d["result"] for d in data["deliveries"]] == [
        "accepted", "deferred", "waiting"]
    other = site.reader("iemand@anders.example")
    data = json.loads(site.get(
        f"/d/{mailed(site, other, 'details')}/data.json").body)
    validate(data)
    assert data["consent"] == data["deliveries"] == []


# Another address

def ask_address(site, path, address, **more):
    body = "&".join(f"{k}={v}" for k, v in {"address": address,
                                            **more}.items())
    return site.post(path + "/address", body)


def newest_letter(site):
    return site.sql("select max(id) from letter where kind = 'address'")[0][0]


def test_address_moves_with_all_that_is_known(site):
    reader = site.reader(language="en")
    site.sql("update subscriber set tags = '{noord}'")
    site.post(f"/v/{site.token('v', reader)}", "pause=2")
    known = events(site)
    token = mailed(site, reader, "details")
    path = f"/d/{token}"
    check_page(site.get(path + "/address"), "en")
    sent = follow(site, ask_address(site, path, NEW))
    assert check_page(sent, "en").title == (
        "Done: look in the mail of the new address")
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
    assert events(site) == known + [("address", "")]
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
    assert "address" not in [k for k, _ in events(site)]


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
    assert "address" not in [k for k, _ in events(site)]


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
    assert [k for k, _ in events(site)] == ["address", "reactivated"]


def test_who_left_meanwhile_does_not_move(site):
    reader = site.reader()
    path = f"/d/{mailed(site, reader, 'details')}"
    ask_address(site, path, NEW)
    a = f"/a/{mailed(site, reader, 'address', letter=newest_letter(site))}"
    site.post(f"/u/{site.token('u', reader)}", "")
    assert site.get(a).status == 410
    site.post(a)
    assert [k for k, _ in events(site)] == ["unsubscribed"]
    page = check_page(site.get(path))
    assert path + "/address" not in page.links
    assert path + "/erase" in page.links


# Erasing

def test_erasing_wants_a_tick_and_leaves_nothing(site):
    reader = site.reader()
    fill(site, reader)
    path = f"/d/{mailed(site, reader, 'details')}"
    ask_address(site, path, NEW)
    page = check_page(site.get(path + "/erase"))
    assert page.forms == [path + "/erase"] * 2
    for body in "", "sure=no", "x=yes":
        answer = site.post(path + "/erase", body)
        page = check_page(answer, status=422)
        assert page.title == "Fout: er is nog niets gewist"
        assert "#sure-nl" in page.links
    assert site.state(reader) == "active"
    answer = site.post(path + "/erase", "sure=yes")
    assert answer.headers["Location"] == "/d/erased/nl"
    done = follow(site, answer)
    assert check_page(done).title == "Gelukt: alles is gewist"
    for table in "subscriber", "consent_event", "letter", "address_wish":
        assert site.sql(f"select count(*) from {table}") == [(0,)]
    assert site.sql("select reason from suppression") == [("erased",)]
    expected = site.get("/u/x")
    for where in "", "/data.json", "/address", "/erase", "/sent":
        answer = site.get(path + where)
        assert (answer.status, answer.body) == (404, expected.body)
    assert site.post(path + "/erase", "sure=yes").status == 404


def test_erased_page_speaks_the_language_of_the_reader(site):
    reader = site.reader(language="en")
    path = f"/d/{mailed(site, reader, 'details')}"
    done = follow(site, site.post(path + "/erase", "sure=yes"))
    assert check_page(done, "en").title == "Done: everything is erased"
    for word in "nl", "both", "fr", "%3Cb%3E":
        check_page(site.get(f"/d/erased/{word}"))


# Looking

def test_looking_changes_nothing(site):
    reader = site.reader()
    fill(site, reader)
    v = f"/v/{site.token('v', reader)}"
    d = f"/d/{mailed(site, reader, 'details')}"
    ask_address(site, d, NEW)
    a = f"/a/{mailed(site, reader, 'address', letter=newest_letter(site))}"
    paths = [v, v + "/done", v + "/changed", v + "/sent", d, d + "/sent",
             d + "/data.json", d + "/address", d + "/address/sent",
             d + "/address/changed", d + "/erase", "/d/erased/nl", a,
             a + "/done"]
    before = site.dump()
    for n in range(3 * len(paths)):
        method = ("GET", "HEAD", "OPTIONS")[n // len(paths)]
        answer = site.ask(method, paths[n % len(paths)])
        assert answer.status in (200, 204), paths[n % len(paths)]
    assert site.dump() == before
    for path in v + "/link", d + "/link", f"/u/{site.token('u', reader)}/pause":
        assert site.get(path).status == 405


# The role of the database

def web_functions(site):
    return site.sql(
        "select p.proname, p.oid::regprocedure::text,"
        " array(select format_type(t, null) from unnest(p.proargtypes) t)"
        " from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where n.nspname = 'tweeluik' and p.prokind = 'f'"
        " and has_function_privilege('tweeluik_web', p.oid, 'execute')"
        " order by 1")


PLAUSIBLE = {
    "bigint": ["null", "0", "-1", "1", "999999"],
    "integer": ["null", "0", "1", "500"],
    "text": ["null", "''", "'nl'", "'%'", "'page'"],
    "bytea": ["null", "''", "sha256('x')"],
    "interval": ["'1 hour'"],
    "boolean": ["true", "false"],
    "date": ["current_date"], "timestamp with time zone": ["now()"],
    "jsonb": ["'{}'"], "text[]": ["'{}'"], "bigint[]": ["'{1}'"],
}


def test_database_user_of_the_web_role_reads_no_address(site, database):
    """Everything the role can see, from the catalog, so that what is new is
    tried as well."""
    readers = {n: site.reader(f"jansen{n}@lezers.example") for n in range(5)}
    fill(site, readers[0])
    mailed(site, readers[0], "details")
    sealed = {bytes(s) for s, in site.sql(
        "select address_sealed from subscriber")}
    hashes = {bytes(h) for h, in site.sql(
        "select address_hash from subscriber")}
    web = database.connect("tweeluik_web")
    cur = web.cursor()
    # Tables and views, whole and column by column.
    readable = set()
    for table, columns in site.sql(
            "select c.relname, array_agg(a.attname::text) from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
            " and not a.attisdropped where c.relnamespace ="
            " 'tweeluik'::regnamespace and c.relkind in ('r', 'v', 'm', 'p')"
            " group by 1"):
        for column in ["*", *columns]:
            try:
                cur.execute(f'select {column if column == "*" else chr(34) + column + chr(34)} from "{table}"')
                readable.add(table)
            except psycopg2.errors.InsufficientPrivilege:
                pass
    assert readable <= {"schema_version", "role_state"}
    # Functions: as many rows as one id has, no address in the clear.
    functions = web_functions(site)
    assert {"web_details", "web_subscriber"} <= {f for f, _, _ in functions}
    for name, signature, types in functions:
        assert name.startswith("web_") or name == "role_seen", signature
        tries = [()]
        for t in types:
            tries = [(*t0, v) for t0 in tries for v in PLAUSIBLE[t]][:400]
        for args in tries:
            web.autocommit = False
            try:
                cur.execute(f"select x::text from {name}("
                            + ", ".join(f"{a}::{t}" for a, t in
                                        zip(args, types)) + ") x")
                rows = [r for r, in cur]
            except psycopg2.Error:
                rows = []
            web.rollback()
            text = "\n".join(r or "" for r in rows)
            assert "@" not in text and "jansen" not in text, signature
            found = {s for s in sealed | hashes if s.hex() in text}
            assert len(found) <= 1, signature
            if found:
                assert any(a == "1" for a in args), signature
                assert not found & hashes, signature
    web.close()


# Whole journeys, with real mail

class House(Visitor):
    def __init__(self, site):
        super().__init__(site.web_port)
        self.installation, self.db, self.seen = site, site.db, 0

    def token(self, purpose, subscriber, mailing=0):
        import subprocess
        return subprocess.run(
            [KEYS, self.installation.settings["keys"], "token", purpose,
             str(subscriber), str(mailing)], check=True, capture_output=True,
            text=True).stdout.strip()

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
    from tests.embedded import Installation
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
    assert wait_until(lambda: listens(house), 20)
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


def listens(house):
    try:
        return house.get("/healthz").status == 200
    except OSError:
        return False
