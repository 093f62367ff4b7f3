"""What people see of the return path, and what they decide."""
import json
import re
import subprocess

import pytest
from newsletter import readers
from returns import back, complaint, person, report, sent

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


# Messages

def take(site, message, *words, code=0, lang="en"):
    return run(site, "bounce", "process", "--file", "-", *words, code=code,
               lang=lang, stdin=message)


def test_process_a_report(site, issues, people):
    mail = report(site, people[3], issues[2])
    done = take(site, mail, "--explain")
    assert done.stdout.splitlines() == [
        "delivery report",
        "  weg@lezers.example  hard 5.1.1 dead: the mailbox does not exist",
        "    smtp; 550 5.1.1 <weg@lezers.example>: no such user"]
    assert done.stderr == ""
    assert "dry run" in take(site, mail, "-n").stderr
    assert site.db.one("select count(*) from returned") == 0
    assert "Counted" in take(site, mail).stderr
    assert "handled before" in take(site, mail).stderr
    assert site.db.one("select count(*) from returned") == 1
    doc = json.loads(take(site, mail.replace("such", "user"),
                          "--json").stdout)
    assert doc["schema"] == "tweeluik.bounce/1"
    assert set(doc) == {"schema", "kind", "rule", "automatic", "from",
                        "subject", "recipients", "known", "effect"}
    assert (doc["kind"], doc["effect"], doc["known"]) == (
        "report", "nothing", False)
    assert set(doc["recipients"][0]) == {
        "address", "class", "final", "status", "reason", "meaning",
        "diagnostic", "rule"}
    # One issue counts once; a second one is enough.
    assert show(site, address(3))["explanation"] == (
        "Gets every issue, but 1 came back: the mailbox does not exist.")
    assert "undeliverable from now on" in take(
        site, report(site, people[3], issues[1])).stderr
    assert "number 11-2026: accepted; came back, the mailbox does not exist" \
        in text(site, "subscriber", "show", address(3))
    assert re.fullmatch(
        r"Gets no mail: undeliverable since .*: the mailbox does not exist "
        r"\(5\.1\.1\)\.", show(site, address(3))["explanation"])


def test_process_from_a_file(site, issues, people):
    path = site.folder / "melding.eml"
    path.write_text(report(site, people[3], issues[2], "4.2.2",
                           words="452 4.2.2 mailbox full"))
    done = run(site, "bounce", "process", "--file", path, lang="nl")
    assert "weg@lezers.example  soft 4.2.2 full: de mailbox is vol" in \
        done.stdout
    assert "volgende nummer" in done.stderr
    shown = document(site, "bounce", "show", "1")
    assert (shown["mailbox"], shown["address"], shown["issue"]) == (
        "command", address(3), "11-2026")


def test_process_typed_wrong(site, people):
    assert error(site, "bounce", "process", code=2)["message"] == \
        "Which message?"
    assert "cannot be read" in error(site, "bounce", "process", "--file",
                                     "/nowhere", code=1)["message"]
    assert "is empty" in error(site, "bounce", "process", "--file", "-",
                               code=2, stdin="")["message"]
    assert "larger" in error(site, "bounce", "process", "--file", "-",
                             code=1, stdin="x" * (10 * 2**20 + 1))["message"]
    assert site.db.one("select count(*) from returned") == 0


def test_complaint_and_farewell(site, issues, people):
    assert "unsubscribed" in take(
        site, complaint(site, people[4], issues[2])).stderr
    assert re.match("Gets no mail: complained on",
                    show(site, address(4))["explanation"])
    assert "by a complaint of spam" in text(site, "subscriber", "show",
                                            address(4))
    done = document(site, "bounce", "list")["done"]
    assert ("complaint", 1) in {(d["what"], d["n"]) for d in done}
    told = text(site, "issue", "report", "11-2026")
    assert "What came back afterwards\n" in told
    assert "       1  complaint of spam: unsubscribed\n" in told
    assert "       1  the mailbox is full\n" in told
    doc = document(site, "issue", "report", "11-2026")
    assert doc["answers"]["complaints"] == 1
    assert {"reason": "full", "n": 1} in doc["returned"]


def test_why_tells_what_came_back(site, issues, people):
    take(site, report(site, people[3], issues[2], "5.2.2",
                      words="552 5.2.2 <weg@lezers.example> quota exceeded"))
    told = text(site, "why", address(3))
    assert re.search(r"^It came back on .*, because the mailbox is full "
                     r"\(5\.2\.2\), smtp; 552 5\.2\.2 <\.\.\.> quota exceeded:"
                     r" tried again with the next issue\.$", told, re.M)
    assert "weg@" not in told
    doc = document(site, "why", address(3))
    assert (doc["verdict"], doc["returns"][0]["reason"]) == ("returned",
                                                             "full")
    assert "De mail kwam terug op" in text(site, "why", address(3), lang="nl")


@pytest.fixture
def letters(site, people):
    """Mail of a person that waits, as when there was no room to pass it on."""
    for words in ("Kunt u mij helpen?", "Bel mij \x1b[2J terug"):
        take(site, person("Vraag \x1b]0;x\x07", words))
    site.db.rows("update returned set state = 'review', forward = false,"
                 " forwarded_at = null")


def test_mail_of_a_person(site, people):
    assert "help desk" in take(site, person()).stderr
    mail, = site.db.rows("select state, forwarded_at is not null as sent"
                         " from returned")
    assert mail == {"state": "forwarded", "sent": True}
    assert document(site, "bounce", "list")["mails"] == []
    assert ("forwarded", "person", 1) in {
        (d["what"], d["kind"], d["n"])
        for d in document(site, "bounce", "list")["done"]}


def test_mail_that_waits(site, letters):
    told = text(site, "bounce", "list")
    assert told.startswith("Mails to read (2)\n")
    assert re.search(r"^  1  \d+ \w+, mail of a person, "
                     r"anna\.smit@voorbeeldhuis\.example: Vraag \]0;x$",
                     told, re.M), told
    assert "Mails om te lezen (2)\n" in text(site, "bounce", "list",
                                             lang="nl")
    assert "2 to judge: tweeluik bounce list" in text(site, "status")
    one = document(site, "bounce", "list")["mails"][0]
    assert set(one) == {"id", "at", "mailbox", "kind", "state", "why",
                        "forward", "from", "subject", "raw"}
    told = text(site, "bounce", "show", "1")
    assert re.search("^State +waits for a person$", told, re.M)
    assert "\nKunt u mij helpen?\n" in told
    doc = document(site, "bounce", "show", "1")
    assert doc["schema"] == "tweeluik.returned/1"
    assert set(doc) == {
        "schema", "id", "at", "mailbox", "kind", "rule", "state", "why", "by",
        "changed_at", "raw", "subscriber", "issue", "address", "from",
        "subject", "bounces", "text"}
    raw = text(site, "bounce", "show", "1", "--raw")
    assert raw == person("Vraag \x1b]0;x\x07", "Kunt u mij helpen?")


def test_a_stranger_steers_no_terminal(site, letters):
    for words in (("list",), ("list", "--json"), ("list", "--plain"),
                  ("show", "2"), ("show", "2", "--json")):
        told = text(site, "bounce", *words)
        assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f]|\\\\u00", told), \
            words


def test_nor_does_a_mail_system(site, issues, people):
    done = take(site, report(site, people[3], issues[2],
                             words="550 5.1.1 \x1b[2J\x9b gone"), "-v")
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f]", done.stdout)
    told = text(site, "bounce", "show", address(3))
    assert "gone" in told
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f]", told)


def test_one_that_was_set_aside(site):
    site.db.rows("select returned_aside('terug', '7', sha256('x'), null,"
                 " 'Reading it took more than 5 seconds')")
    told = text(site, "bounce", "list")
    assert re.search(r"^  1  \d+ \w+, a message that could not be read$", told,
                     re.M)
    assert "    Reading it took more than 5 seconds\n" in told
    told = text(site, "bounce", "show", "1")
    assert re.search("^State +could not be read; waits for a person$", told,
                     re.M)
    assert error(site, "bounce", "forward", "1", code=4)["code"] == "settled"
    run(site, "bounce", "dismiss", "1")
    assert document(site, "bounce", "list")["mails"] == []


def test_very_many_to_judge(site):
    readers(site, 53)
    site.db.rows("update subscriber set state_at = now() - interval '1 year'")
    them = [r["id"] for r in site.db.rows("select id from subscriber")]
    for n, days in ((9, 13), (10, 8), (11, 3)):
        m = sent(site, n, days, *them)
        site.db.rows("select bounce_add(null, s.id, %s, 'report', 'soft',"
                     " false, '4.2.2', 'full', 'test', '') from subscriber s",
                     m)
    told = text(site, "bounce", "list")
    assert told.startswith("To judge (53)\n")
    assert told.count("Leave it: ") == 50 and "  and 3 more\n" in told
    assert len(document(site, "bounce", "list")["readers"]) == 53


def test_forward_and_dismiss(site, letters):
    assert "would go" in run(site, "bounce", "forward", "1", "-n").stderr
    assert "would be" in run(site, "bounce", "dismiss", "2", "-n").stderr
    assert len(document(site, "bounce", "list")["mails"]) == 2
    assert "now, as it came" in run(site, "bounce", "forward", "1").stderr
    assert "nobody is told" in run(site, "bounce", "dismiss", "2").stderr
    assert document(site, "bounce", "list")["mails"] == []
    assert site.db.rows("select state from returned order by id") == [
        {"state": "forwarded"}, {"state": "dismissed"}]
    assert site.db.one("select count(*) from mailing where kind = 'system'"
                       ) == 3
    for verb in ("forward", "dismiss"):
        for which in ("1", "2"):
            e = error(site, "bounce", verb, which, code=4)
            assert e["code"] == "settled"
        assert error(site, "bounce", verb, "77", code=3)["code"] == \
            "not-found"
        for wrong in ("x", "1x", "-1", "1" * 19):
            assert error(site, "bounce", verb, "--", wrong,
                         code=2)["code"] == "usage"
    log = site.db.rows("select action from activity where subject ="
                       " 'returned' order by id")
    assert [x["action"] for x in log] == ["forwarded", "dismissed"]


def test_a_message_is_kept_for_a_week(site, letters):
    site.db.rows("update returned set raw_sealed = null")
    e = error(site, "bounce", "show", "1", "--raw", code=4)
    assert e["code"] == "gone" and "7 days" in e["message"]
    assert error(site, "bounce", "forward", "1", code=4)["code"] == "settled"
    doc = document(site, "bounce", "show", "1")
    assert (doc["raw"], doc["text"]) == (False, "")


# Mailboxes, and what else is told

def mailbox(site, name, age, why=""):
    site.db.rows(
        "insert into mailbox (name, last_read_at, failing_since, last_error)"
        " values (%s, now() - %s::interval, case when %s <> '' then now() -"
        " %s::interval end, %s)", name, age, why, age, why)


def test_a_mailbox_that_is_not_read(site, people, issues):
    mailbox(site, "terug", "1 hour")
    assert re.search(r"^Mailbox +terug was read on ", text(site, "status"),
                     re.M)
    assert document(site, "status")["alarms"] == []
    assert "Mailbox" not in text(site, "issue", "report", "11-2026")
    mailbox(site, "items", "9 days 1 hour", "Connection refused")
    told = text(site, "status", lang="nl")
    assert re.search("^ +items is 9 dagen niet gelezen: Connection refused$"
                     "|^Mailbox +items is 9 dagen niet gelezen: Connection "
                     "refused$", told, re.M), told
    assert re.search("^Mailbox +items has not been read for 9 days: ",
                     text(site, "issue", "report", "11-2026"), re.M)
    alarm, = document(site, "status")["alarms"]
    assert (alarm["key"], alarm["message"]) == (
        "mailbox", "Returned mail is not read: items")
    boxes = document(site, "status")["mailboxes"]
    assert [(m["name"], m["days"], m["unread"]) for m in boxes] == [
        ("items", 9, True), ("terug", 0, False)]
    assert document(site, "status")["returns"] == {"mails": 0, "readers": 1}


def test_who_typed_wrong(site, people):
    assert "Did you mean 'list'" in error(site, "bounce", "lst",
                                          code=2)["hint"]
    for verb in COMMANDS:
        assert error(site, "bounce", verb, "--nonsense",
                     code=2)["code"] == "usage"
    for verb in ("show", "reactivate", "suppress", "keep", "dismiss",
                 "forward"):
        run(site, "bounce", verb, code=2)
        run(site, "bounce", verb, "a@b.example", "c@d.example", code=2)
    for verb in ("reactivate", "suppress"):
        assert error(site, "bounce", verb, f"who@{HOST}", "--reason", "x",
                     code=3)["code"] == "not-found"
        run(site, "bounce", verb, "no-address", "--reason", "x", code=2)
    assert error(site, "bounce", "keep", f"who@{HOST}",
                 code=3)["code"] == "not-found"
    assert error(site, "bounce", "list", "--issue", "99",
                 code=3)["code"] == "not-found"
    assert "do not go together" in error(
        site, "bounce", "list", "--issue", "99", "--all", code=2)["message"]
    for wrong in ("x", "0x1", "1" * 19):
        assert error(site, "bounce", "show", wrong, code=2)["code"] == "usage"
    assert error(site, "bounce", "show", "12", code=3)["code"] == "not-found"


def test_help_and_completion(site):
    told = text(site, "help", "bounce")
    for verb in (*COMMANDS, "explain"):
        assert re.search(rf"\bbounce {verb}\b", told), verb
        assert "Exit codes" in text(site, "bounce", verb, "--help")
    assert "'bounce reactivate'" in text(site, "completion", "bash")
