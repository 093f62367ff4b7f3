"""What a reader does with the own subscription: pause it, see what is kept,
be forgotten."""
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from newsletter import LEASE
from own import (ask_address, field, fill, happened, in_months, kinds, mailed,
                 mailing, newest_letter, status, validate)
from website import ADDRESS, check_page, follow, watched_site

NEW = "jansen@elders.example"


@pytest.fixture
def site(database, tmp_path):
    with watched_site(database, tmp_path / "site") as site:
        yield site


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
        assert happened(site)[-1] == ("paused", until)
    for same in "keep", "4", "-1", "", "1.5", "33":
        follow(site, site.post(path, f"language=nl&pause={same}"))
        assert site.state(reader) == "paused"
    answer = site.get(path)
    assert answer.body.count('value="keep" checked="checked"') == 2
    follow(site, site.post(path, "pause=0"))
    assert site.sql("select state, paused_until from subscriber") == [
        ("active", None)]
    assert happened(site)[-1] == ("resumed", "")
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
    assert happened(site) == [("paused", in_months(site, 2))]


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
    assert [k for k, _ in happened(site)] == ["paused", "resumed"]


def test_a_pause_takes_effect_within_a_running_send(site):
    readers = [site.reader(f"a{n}@b.example") for n in range(3)]
    mailing(site.db, readers)
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
    assert site.state(reader) == state and happened(site) == []
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
    assert 'class="errors"' in answer.body and not status(answer)
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


def test_of_many_at_once_one_is_saved(site):
    reader = site.reader(language="both")
    path = f"/v/{site.token('v', reader)}"
    was = field(site.get(path), "was")
    choices = [f"was={was}&language={l}&pause={p}"
               for l in ("nl", "en") for p in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda c: site.post(path, c), choices))
    saved, = [c for c, a in zip(choices, answers)
              if a.headers["Location"].endswith("/done")]
    assert [a.status for a in answers] == [303] * 8
    language, months = re.search(r"language=(..)&pause=(\d)", saved).groups()
    assert site.sql("select language, paused_until::text from subscriber") == [
        (language, in_months(site, int(months)) if months > "0" else None)]


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
    barred = [site.reader("piet@organisatie.example", state="blocked"),
              site.reader("klaas@organisatie.example", state="unsubscribed")]
    site.sql("insert into suppression (address_hash, reason)"
             " select address_hash, 'complaint' from subscriber where id = %s",
             barred[1])
    for other in barred:
        answer = follow(site, site.post(f"/v/{site.token('v', other)}/link"))
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


def test_a_long_past_fits_a_page_and_is_whole_in_the_file(site):
    reader = site.reader()
    site.sql("select subscriber_event(address_hash, 'language', 'page',"
             " case mod(n, 2) when 0 then 'nl' else 'both' end)"
             " from subscriber, generate_series(1, 400) n")
    path = f"/d/{mailed(site, reader, 'details')}"
    answer = site.get(path)
    check_page(answer)
    assert answer.body.count("De taal werd Nederlands.") == 6
    data = json.loads(site.get(path + "/data.json").body)
    assert len(data["consent"]) == 400


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
    assert [d["came_back"] for d in data["deliveries"]] == ["full", "", ""]
    assert [d["result"] for d in data["deliveries"]] == [
        "accepted", "deferred", "waiting"]
    other = site.reader("iemand@anders.example")
    data = json.loads(site.get(
        f"/d/{mailed(site, other, 'details')}/data.json").body)
    validate(data)
    assert data["consent"] == data["deliveries"] == []


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
    u = f"/u/{site.token('u', reader)}"
    for path in v + "/link", d + "/link", u + "/pause":
        assert site.get(path).status == 405
