"""What people see of the return path, and what they decide."""
import email.utils
import json
import re
import subprocess

import pytest
from newsletter import approve, plan, readers, send_now
from returns import back, sent

from tests.demo.dates import today
from tests.embedded import ROOT

HOST = "lezers.example"
COMMANDS = ("list", "show", "process", "reactivate", "suppress", "keep",
            "dismiss", "forward")


def run(site, *words, code=0, lang="en", **more):
    done = site.tweeluik("--lang", lang, *words, **more)
    assert done.returncode == code, done.stderr + done.stdout
    return done


def text(site, *words, **more):
    return run(site, *words, **more).stdout


def document(site, *words, **more):
    return json.loads(run(site, *words, "--json", **more).stdout)


def error(site, *words, code, **more):
    return json.loads(
        run(site, *words, "--json", code=code, **more).stderr)["error"]


def address(i):
    return f"lezer{i}@{HOST}"


def show(site, who):
    return document(site, "subscriber", "show", who)


@pytest.fixture
def people(site):
    """Readers by number, before any issue."""
    readers(site, 6)
    site.db.rows("update subscriber set state_at = now() - interval '1 year'")
    return [show(site, address(i))["id"] for i in range(6)]


@pytest.fixture
def issues(site, people):
    """Three issues; reader 0 was full three times, 1 twice, 2 is gone."""
    three = [sent(site, n, days, *people)
             for n, days in ((9, 13), (10, 8), (11, 3))]
    for m in three:
        assert back(site, m, people[0], words="mailbox <...> is full") == \
            "counted"
    for m in three[1:]:
        back(site, m, people[1], "temporary", "4.4.1")
    assert back(site, three[2], people[2], "dead", "5.1.1",
                source="smtp") == "dead"
    return three


def test_list_begins_with_what_to_judge(site, issues):
    told = text(site, "bounce", "list")
    lines = told.splitlines()
    assert lines[0] == "To judge (1)"
    assert lines[1] == (f"  {address(0)}  number 11-2026: the mailbox is full "
                        "(3 issues in a row)")
    assert f"    Leave it: tweeluik bounce keep {address(0)}" in lines
    assert f"    Stop: tweeluik bounce suppress {address(0)} --reason TEXT" \
        in lines
    at = lines.index("Done by itself since number 11-2026")
    assert sorted(lines[at + 1:]) == sorted([
        "      1  the mail system could not take it: tried again with the next"
        " issue",
        "      1  the mailbox does not exist: undeliverable, gets no mail any"
        " more",
        "      1  the mailbox is full: tried again with the next issue"])
    assert address(1) not in told and address(2) not in told


def test_list_as_a_document(site, issues):
    doc = document(site, "bounce", "list")
    assert doc["schema"] == "tweeluik.bounces/1"
    assert set(doc) == {"schema", "since", "readers", "mails", "done"}
    assert doc["since"] == "11-2026" and doc["mails"] == []
    who, = doc["readers"]
    assert set(who) == {"subscriber", "state", "at", "issue", "class",
                        "status", "reason", "in_a_row", "again", "address",
                        "suggestion", "meaning"}
    assert (who["address"], who["in_a_row"], who["again"], who["suggestion"],
            who["reason"], who["class"], who["issue"]) == (
        address(0), 3, True, None, "full", "soft", "11-2026")
    assert {(d["what"], d["reason"], d["n"]) for d in doc["done"]} == {
        ("counted", "full", 1), ("counted", "temporary", 1),
        ("dead", "dead", 1)}
    done = document(site, "bounce", "list", "--all")["done"]
    assert {(d["reason"], d["n"]) for d in done} == {
        ("full", 3), ("temporary", 2), ("dead", 1)}
    done = document(site, "bounce", "list", "--issue", "10-2026")["done"]
    assert {(d["reason"], d["n"]) for d in done} == {
        ("full", 1), ("temporary", 1)}
    plain = text(site, "bounce", "list", "--plain")
    assert plain.splitlines()[0] == "since\t11-2026"


def test_list_in_dutch(site, issues):
    told = text(site, "bounce", "list", lang="nl")
    assert told.startswith("Te beoordelen (1)\n")
    assert "de mailbox is vol (3 nummers op rij)" in told
    assert "\nVanzelf afgehandeld sinds nummer 11-2026\n" in told
    assert ("de mailbox bestaat niet: onbestelbaar, krijgt geen mail meer"
            in told)
    assert "de mailbox is vol: volgende keer opnieuw" in told


def test_nothing_came_back(site):
    assert text(site, "bounce", "list") == (
        "Nothing waits for a person\n\nDone by itself\n  nothing came back\n")
    readers(site, 1)
    assert "Nothing came back from this reader" in text(
        site, "bounce", "show", address(0))


def test_a_slip_is_suggested_and_never_applied(site):
    for who in ("info@gmial.com", "info@gmail.com", "info@voorbeeld.example"):
        run(site, "subscriber", "add", who, "--basis", "by phone")
    site.db.rows("update subscriber set state_at = now() - interval '1 year'")
    them = [show(site, who)["id"] for who in
            ("info@gmial.com", "info@gmail.com", "info@voorbeeld.example")]
    m = sent(site, 11, 3, *them)
    for reader in them:
        back(site, m, reader, "dead", "5.1.2", source="smtp")
    who, = document(site, "bounce", "list")["readers"]
    assert (who["address"], who["suggestion"], who["meaning"]) == (
        "info@gmial.com", "info@gmail.com", "the domain does not exist")
    told = text(site, "bounce", "list")
    assert ("    Did you mean info@gmail.com? Ask the reader; nothing was "
            "changed\n") in told
    assert "suppress" not in told
    assert "bedoelt u info@gmail.com?" in text(site, "bounce", "list",
                                               lang="nl").lower()
    assert "Did you mean info@gmail.com?" in text(site, "bounce", "show",
                                                  "info@gmial.com")
    assert show(site, "info@gmial.com")["state"] == "undeliverable"
    run(site, "bounce", "keep", "info@gmial.com")
    assert document(site, "bounce", "list")["readers"] == []


def test_show_tells_the_story_of_a_reader(site, issues):
    told = text(site, "bounce", "show", address(0))
    assert re.search(r"^In a row +3 issues came back, 0 of them with a dead "
                     r"address$", told, re.M)
    assert told.count("number 11-2026, the mailbox is full (4.2.2): tried "
                      "again with the next issue") == 1
    assert told.count("mailbox <...> is full") == 3
    told = text(site, "bounce", "show", address(2))
    assert "number 11-2026, refused at once, the mailbox does not exist " \
        "(5.1.1): undeliverable" in told
    assert "rule: test" in text(site, "bounce", "show", address(2), "-v")
    doc = document(site, "bounce", "show", address(0))
    assert doc["schema"] == "tweeluik.reader-bounces/1"
    assert (doc["address"], doc["state"], doc["in_a_row"], doc["dead"]) == (
        address(0), "active", 3, 0)
    assert set(doc["bounces"][0]) == {
        "at", "source", "class", "final", "status", "reason", "rule",
        "diagnostic", "effect", "returned", "issue", "meaning"}
    assert error(site, "bounce", "show", f"nobody@{HOST}",
                 code=3)["code"] == "not-found"
    assert "--raw goes with" in error(site, "bounce", "show", address(0),
                                      "--raw", code=2)["message"]


def test_keep_starts_counting_anew(site, issues, people):
    keep = ("bounce", "keep", address(0))
    assert "would be" in run(site, *keep, "--dry-run").stderr
    assert len(document(site, "bounce", "list")["readers"]) == 1
    assert "Judged" in run(site, *keep).stderr
    assert document(site, "bounce", "list")["readers"] == []
    doc = document(site, "bounce", "show", address(0))
    assert (doc["in_a_row"], len(doc["bounces"])) == (0, 3)
    assert document(site, *keep)["state"] == "active"
    # Five in a row, counted from here.
    for n, days in enumerate((-1, -2, -3, -4), 12):
        assert back(site, sent(site, n, days, people[0]),
                    people[0]) == "counted"
    assert document(site, "bounce", "show", address(0))["in_a_row"] == 4
    who, = document(site, "bounce", "list")["readers"]
    assert who["in_a_row"] == 4
    assert back(site, sent(site, 16, -5, people[0]), people[0]) == "dead"


def test_reactivate_asks_why_and_checks_once(site, issues, people):
    again = ("bounce", "reactivate", address(2))
    e = error(site, *again, code=2)
    assert e["message"] == "Why?" and "--reason" in e["hint"]
    assert error(site, *again, "--reason", "", code=2)["message"] == "Why?"
    assert "longer" in error(site, *again, "--reason", "x" * 201,
                             code=2)["message"]
    why = ("--reason", "mailbox works again, says their office")
    assert "would be active" in run(site, *again, *why, "--dry-run").stderr
    assert show(site, address(2))["state"] == "undeliverable"
    assert "one mail goes there now" in run(site, *again, *why).stderr
    anna = show(site, address(2))
    assert anna["state"] == "active"
    assert (anna["events"][-1]["kind"], anna["events"][-1]["basis"]) == (
        "reactivated", why[1])
    assert "made active again by the office: mailbox works again" in text(
        site, "subscriber", "show", address(2))
    assert "nothing changed" in run(site, *again, *why).stderr
    assert site.db.rows("select kind, subscriber_id from letter") == [
        {"kind": "probe", "subscriber_id": people[2]}]
    assert document(site, *again, *why)["state"] == "active"


@pytest.mark.parametrize("edition, subject", [
    ("nl", "U krijgt de nieuwsbrief weer"),
    ("en", "You get the newsletter again"),
    ("both", "U krijgt de nieuwsbrief weer / You get the newsletter again")])
def test_the_check_mail(site, people, edition, subject):
    site.db.rows("update subscriber set state = 'undeliverable',"
                 " language = %s where id = %s", edition, people[0])
    run(site, "bounce", "reactivate", address(0), "--reason", "test")
    subprocess.run([site.build / "libexec/tweeluik/tweeluik-schedule",
                    "--once"], env=site.env(), check=True)
    mail, = site.db.rows(
        "select g.subject, g.edition, d.subscriber_id from letter l"
        " join delivery d on d.mailing_id = l.mailing_id"
        " join message g on g.id = d.message_id where l.kind = 'probe'")
    assert mail == {"subject": subject, "edition": edition,
                    "subscriber_id": people[0]}
    told = text(site, "subscriber", "show", address(0))
    assert "the mail that says they get it again: waits" in told


def test_never_for_who_left(site, people):
    run(site, "subscriber", "unsubscribe", address(0), "--yes")
    run(site, "subscriber", "set", address(1), "--state", "blocked", "--yes")
    site.db.rows("select departure_apply('c', now(), address_hash,"
                 " 'complaint', null, false) from subscriber where id = %s",
                 people[2])
    run(site, "subscriber", "erase", address(3), "--confirm", address(3))
    run(site, "subscriber", "add", f"new@{HOST}")
    for verb in ("reactivate", "suppress"):
        for i in range(3):
            e = error(site, "bounce", verb, address(i), "--reason", "x",
                      code=4)
            assert e["code"] == "left"
        assert error(site, "bounce", verb, f"new@{HOST}", "--reason", "x",
                     code=4)["code"] == "not-confirmed"
        assert "taken off the list" in error(
            site, "bounce", verb, address(3), "--reason", "x",
            code=3)["message"]
    assert "complained on" in show(site, address(2))["explanation"]
    assert site.db.one("select count(*) from letter where kind = 'probe'") == 0


def test_suppress_by_hand(site, people):
    stop = ("bounce", "suppress", address(0))
    assert error(site, *stop, code=2)["message"] == "Why?"
    why = ("--reason", "organisation has ended")
    assert "would be" in run(site, *stop, *why, "--dry-run").stderr
    assert show(site, address(0))["state"] == "active"
    assert "Undeliverable from now on" in run(site, *stop, *why).stderr
    them = show(site, address(0))
    assert them["state"] == "undeliverable"
    assert re.fullmatch(r"Gets no mail: undeliverable since .* \d{4}: so the "
                        r"office decided\.", them["explanation"])
    assert "undeliverable by the office: organisation has ended" in text(
        site, "subscriber", "show", address(0))
    assert "so the office decided" in text(site, "why", address(0))
    assert "already" in run(site, *stop, *why).stderr
    assert document(site, *stop, *why)["state"] == "undeliverable"
