"""An issue from plan to report, through the program."""
import json
import re
import signal
import subprocess
import threading
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy

import pytest
from newsletter import FINISH, LEASE

from tests.embedded import wait_until

NAME = re.compile(r"\d+-\d{4}")


class Desk:
    """The editors: commands in English, answers as JSON."""

    def __init__(self, site):
        self.site, self.db = site, site.db
        self.db.rows("select schedule_set('chief', current_date + 9, '10:00',"
                     " 'Europe/Amsterdam', 14, 1, null, null)")

    def run(self, *words, code=0, **kw):
        done = self.site.tweeluik("--lang", "en", *words, **kw)
        assert done.returncode == code, done.stderr + done.stdout
        return done

    def json(self, *words, code=0):
        done = self.run(*words, "--json", code=code)
        if code not in (0, 4) or not done.stdout:
            return json.loads(done.stderr.splitlines()[-1])["error"]
        return json.loads(done.stdout)

    def item(self, nl="Kop", en="Head", body="Tekst.", body_en="Text.",
             kind="news", **columns):
        columns = {"kind": kind, "source_lang": "nl", "changed_by": "anna",
                   **({"topic_id": 1} if kind == "news" else {}), **columns}
        number = self.db.one(
            f"insert into item ({', '.join(columns)}) values"
            f" ({', '.join(['%s'] * len(columns))}) returning id",
            *columns.values())
        for lang, title, text in (("nl", nl, body), ("en", en, body_en)):
            self.db.rows(
                "insert into item_text (item_id, lang, title, body, state,"
                " based_on, ready_at, changed_by) values (%s, %s, %s, %s,"
                " 'ready', %s, now(), 'anna')", number, lang, title, text,
                1 if lang == "en" else None)
        return number

    def plan(self, *words):
        return self.json("issue", "plan", "next", "--headline-nl",
                         "tandarts vergoed", "--headline-en",
                         "dental care covered", *words)["name"]

    def approve(self, name, *words, code=0):
        return self.json("issue", "approve", name, "--confirm", name, *words,
                         code=code)

    def findings(self, name="next", *words):
        done = self.site.tweeluik("--lang", "en", "issue", "check", name,
                                  "--json", *words)
        assert done.returncode in (0, 4), done.stderr
        return json.loads(done.stdout)["findings"]

    def slugs(self, severity, name="next"):
        return {f["slug"] for f in self.findings(name)
                if f["severity"] == severity}

    def readers(self, n=6):
        for i in range(n):
            self.db.rows(
                "insert into subscriber (address_hash, address_sealed,"
                " language, language_from, state) values (sha256(%s), 'x',"
                " %s, 'chosen', 'active')", bytes([i]),
                ("nl", "en", "both")[i % 3])

    def freeze(self, name):
        self.run("issue", "send", name, "--now", "--grace", "0m",
                 "--confirm", name)
        self.db.rows("select * from schedule_round(now(), 2, '120 hours')")

    def outcomes(self, mailing, *rows):
        for seq, result, *more in rows:
            code, reply = more or (None, None)
            self.db.rows("insert into outcome (mailing_id, seq, attempt,"
                         " result, code, reply) values (%s, %s, 1, %s, %s,"
                         " %s)", mailing, seq, result, code, reply)


@pytest.fixture
def desk(site):
    return Desk(site)


@pytest.fixture
def ready(desk):
    """A desk with an issue that may be approved; its name."""
    desk.item("Inenten zonder verzekering", "Vaccination without insurance")
    desk.readers()
    desk.name = desk.plan()
    return desk


def test_the_first_issue_is_planned(desk):
    assert desk.json("issue", "show", "next", code=3)["code"] == "not-found"
    name = desk.json("issue", "plan")["name"]
    assert NAME.fullmatch(name)
    shown = desk.json("issue", "show", "next")
    assert shown["schema"] == "tweeluik.issue/1"
    assert (shown["state"], shown["contents"]) == ("open", [])
    # Again changes nothing.
    assert desk.json("issue", "plan")["revision"] == shown["revision"]


def test_no_calendar_no_issue(site):
    done = site.tweeluik("issue", "plan", "--json")
    assert done.returncode == 4
    assert json.loads(done.stderr)["error"]["code"] == "no-schedule"


def test_names_of_issues(ready):
    name = ready.name
    number = name.split("-")[0]
    for word in (number, name, "next"):
        assert ready.json("issue", "show", word)["name"] == name
    for word in ("99", "12-1999", "extra-3", "extra-1-2026"):
        assert ready.json("issue", "show", word, code=3)["exit"] == 3
    for word in ("", "0", "-1", "12-", "12-26", "12x", "extra-", "12-20266",
                 "1 or 1=1"):
        assert ready.json("issue", "show", "--", word,
                          code=2)["code"] == "usage"


def test_the_newest_year_wins(ready):
    ready.db.rows("insert into issue (planned_at, year, number, state) values"
                  " ('2020-05-01', 2020, %s, 'sent')",
                  ready.name.split("-")[0])
    assert ready.json("issue", "show", ready.name.split("-")[0])[
        "name"] == ready.name
    old = ready.json("issue", "list", "--year", "2020")["items"]
    assert [i["state"] for i in old] == ["sent"]


def test_a_date_is_moved(desk):
    desk.json("issue", "plan", "next")
    moved = desk.json("issue", "plan", "next", "--at", "2030-07-01 09:30")
    assert moved["goes_at"] == "2030-07-01T09:30:00+02:00"
    for wrong in ("2030-02-30 10:00", "2030-01-01", "soon", "2020-01-01 10:00"):
        assert desk.json("issue", "plan", "next", "--at", wrong,
                         code=2)["exit"] == 2


@pytest.mark.parametrize("bad", ["twee\nregels", "\ue003", "x" * 300])
def test_a_headline_is_one_short_line(desk, bad):
    desk.json("issue", "plan")
    assert desk.json("issue", "plan", "--headline-nl", bad,
                     code=2)["exit"] == 2


def test_nothing_is_missing(ready):
    assert ready.slugs("blocking") == set()
    assert {"imprint", "size", "links", "language"} <= ready.slugs("ok")
    assert ready.slugs("warning") == {"not-tested"}
    ready.run("issue", "check", "next")
    ready.run("issue", "check", "next", "--strict", code=4)


def test_an_empty_issue_is_blocked(desk):
    desk.json("issue", "plan")
    assert desk.slugs("blocking") == {"no-items", "headline-missing"}
    assert desk.json("issue", "check", "next", code=4)["blocking"] == 3


@pytest.mark.parametrize("item, slug, severity", [
    (dict(en=""), "title-missing", "blocking"),
    (dict(body="Bel TK."), "leftover", "blocking"),
    (dict(nl="XXX"), "leftover", "blocking"),
    (dict(body_en="[vertalen] Tekst."), "leftover", "blocking"),
    (dict(body="[hier](https://voorbeeld/)"), "link-malformed", "blocking"),
    (dict(body="[hier](http://a.example/)"), "link-scheme", "blocking"),
    (dict(body_en="[here](htps://a.example/)"), "link-scheme", "blocking"),
    (dict(body="Bel Fatima: 06 12 34 56 78."), "personal-data", "warning"),
    (dict(kind="event", starts_at="2020-01-01 10:00"), "event-past",
     "warning"),
])
def test_an_item_that_is_not_right(ready, item, slug, severity):
    number = ready.item(**item)
    found = [f for f in ready.findings() if f["slug"] == slug]
    assert found and {f["severity"] for f in found} == {severity}
    assert {f["item"] for f in found} == {number}
    assert all(str(number) in f["fix"] for f in found)
    ready.run("issue", "check", "next", code=4 if severity == "blocking" else 0)


@pytest.mark.parametrize("words, slug, severity", [
    (3300, "large", "warning"), (5000, "too-large", "blocking")])
def test_an_edition_has_a_size(ready, words, slug, severity):
    for n in range(4):
        ready.item(f"Lang {n}", body="woord " * words, body_en="Short.")
    found = [f for f in ready.findings() if f["slug"] == slug]
    assert found and {f["severity"] for f in found} == {severity}
    assert "size" not in ready.slugs("ok")


def test_an_outdated_translation_is_named(ready):
    number = ready.db.one("select id from item")
    ready.db.rows("update item_text set body = 'Anders.', revision = 2,"
                  " meaning = 2 where lang = 'nl'")
    found, = [f for f in ready.findings()
              if f["slug"] == "translation-outdated"]
    assert (found["item"], found["fix"]) == (
        number, f"tweeluik item translate {number} --to en")


def test_much_in_the_other_language_is_a_sentence(ready):
    ready.item("Twee", "Two", body_en="")
    assert "other-language" in ready.slugs("warning")
    text, = [f["text"] for f in ready.findings()
             if f["slug"] == "other-language"]
    assert text == "The English edition is in Dutch for 1 of 2 items"
    ready.db.rows("update item_text set body = '' where lang = 'en'")
    assert "language-missing" in ready.slugs("warning")


def test_long_headlines_warn(ready):
    ready.run("issue", "plan", "next", "--headline-en", "e\u0301" * 61)
    assert {"headline-long", "headline-cut"} <= ready.slugs("warning")


def test_what_is_for_the_office_never_leaves(ready):
    ready.db.rows("insert into organisation (name, phone, postal_address,"
                  " secret) values ('Huis De Linde', '099 123 45 67',"
                  " 'Lindelaan 3, Voorbeeldstad', true)")
    ready.item(body="U vindt het huis aan de Lindelaan 3,\nVoorbeeldstad.")
    found = [f for f in ready.findings() if f["slug"] == "visibility"]
    assert {f["severity"] for f in found} == {"blocking"}
    assert not any("Lindelaan" in f["text"] for f in found)
    # A number that may be mailed may be mailed.
    ready.db.rows("update item_text set body = 'Bel 099 123 45 67.'"
                  " where body like '%%Lindelaan%%'")
    assert "visibility" not in ready.slugs("blocking")


def test_few_items_warn(ready):
    ready.db.rows("update schedule set minimum_items = 3")
    assert "few-items" in ready.slugs("warning")


def test_a_repeated_item_warns(ready):
    old = ready.item("Inenten zonder verzekering", "Other", state="sent")
    issue = ready.db.one("insert into issue (planned_at, year, number, state)"
                         " values ('2020-05-01', 2020, 7, 'sent')"
                         " returning id")
    ready.db.rows("insert into issue_item values (%s, 1, 'x', %s)", issue, old)
    found, = [f for f in ready.findings() if f["slug"] == "duplicate"]
    assert "7-2020" in found["text"]


def test_links_never_reach_inside(ready):
    ready.item(body="[een](https://127.0.0.1:1/) en tekst.")
    found = ready.findings("next", "--links")
    broken = [f for f in found if f["slug"] == "link-broken"]
    assert any("127.0.0.1" in f["text"] and "not public" in f["text"]
               for f in broken)


def test_approval_fixes_number_contents_and_editions(ready):
    shown = ready.approve(ready.name)
    assert (shown["state"], shown["name"]) == ("approved", ready.name)
    assert shown["approved"]["revision"] == shown["revision"]
    assert ready.db.one("select count(*) from edition") == 3
    assert ready.db.one("select count(*) from issue_item") == 1
    number, year = ready.name.split("-")
    assert ready.db.rows("select number, year from issue") == [
        {"number": int(number), "year": int(year)}]
    assert ready.db.one("select count(*) from activity"
                        " where action = 'approved'") == 1
    # What is written is what is sent.
    frozen = ready.run("issue", "render", ready.name, "--edition", "en",
                       "--format", "text").stdout
    assert "Vaccination without insurance" in frozen
    assert ready.run("issue", "approve", ready.name).returncode == 0


def test_the_summary_says_it_all(ready):
    text = ready.run("issue", "approve", ready.name, "--confirm", ready.name,
                     "--dry-run").stdout
    for part in (ready.name, "Dutch 2, English 2, both 2, together 6",
                 ": tandarts vergoed", ": dental care covered",
                 "tandarts vergoed | dental care covered", "1 news item",
                 "Revision", "anna", "none yet", "No test was sent"):
        assert part in text
    assert ready.json("issue", "show", ready.name)["state"] == "open"
    assert ready.db.one("select count(*) from edition") == 0


def test_approval_is_asked_for(ready):
    assert ready.json("issue", "approve", ready.name, code=2)["exit"] == 2
    assert ready.json("issue", "approve", ready.name, "--confirm", "99-2026",
                      code=2)["code"] == "not-confirmed"


def test_approval_wants_the_revision_that_was_seen(ready):
    revision = ready.json("issue", "show", "next")["revision"]
    number = ready.db.one("select id from item")
    ready.db.rows("update item_text set body = 'Nieuw.', changed_by = 'bea',"
                  " changed_at = now() where lang = 'nl'")
    error = ready.approve(ready.name, "--revision", revision, code=5)
    assert error["code"] == "changed"
    assert f"item {number}, by bea" in error["message"]
    assert ready.approve(ready.name, "--revision",
                         revision + 1)["state"] == "approved"


def test_approval_wants_a_complete_issue(ready):
    ready.item(en="")
    error = ready.json("issue", "approve", ready.name, "--confirm", ready.name,
                       code=4)
    assert error["code"] == "check-failed"
    assert ready.json("issue", "show", "next")["state"] == "open"


def test_who_wrote_all_alone_is_warned(ready):
    assert "yourself" not in ready.run("issue", "approve", ready.name, "-n",
                                       "--confirm", ready.name).stdout
    who = subprocess.run(["id", "-un"], capture_output=True,
                         text=True).stdout.strip()
    ready.db.rows("update item_text set changed_by = %s", who)
    assert "yourself" in ready.run("issue", "approve", ready.name, "-n",
                                   "--confirm", ready.name).stdout


def test_a_change_takes_the_approval_back(ready):
    ready.approve(ready.name)
    ready.db.rows("update item_text set body = 'Nieuw.', changed_by = 'bea'"
                  " where lang = 'nl'")
    error = ready.json("issue", "send", ready.name, "--now", "--confirm",
                       ready.name, code=4)
    assert error["code"] == "not-approved"
    assert "changed by bea" in error["message"]
    assert ready.db.one("select count(*) from edition") == 0


def test_one_of_two_approvals_at_once(ready):
    """Two chiefs press the button together: one of them approves."""
    codes = []

    def press():
        codes.append(ready.site.tweeluik(
            "issue", "approve", ready.name, "--confirm", ready.name,
            "--json").returncode)
    both = [threading.Thread(target=press) for _ in range(2)]
    for t in both:
        t.start()
    for t in both:
        t.join()
    assert 0 in codes and set(codes) <= {0, 4}
    assert ready.db.one("select count(*) from activity"
                        " where action = 'approved'") == 1


def test_the_first_comes_first(ready):
    ready.db.rows("insert into issue (planned_at) values"
                  " (now() + interval '40 days')")
    later = [i["name"] for i in ready.json("issue", "list")["items"]][0]
    assert later != ready.name
    ready.db.rows("insert into issue_text (issue_id, lang, headline) select"
                  " max(id), unnest(array['nl', 'en']), 'x' from issue")
    assert ready.json("issue", "approve", later, "--confirm", later,
                      code=4)["code"] == "not-first"


def test_hold_and_release(ready):
    name = ready.name
    ready.approve(name)
    assert ready.json("issue", "hold", name, code=2)["exit"] == 2
    held = ready.json("issue", "hold", name, "--reason", "wrong number")
    assert held["held"]["reason"] == "wrong number"
    again = ready.run("issue", "hold", name, "--reason", "other")
    assert "wrong number" in again.stderr
    error = ready.json("issue", "send", name, "--now", "--confirm", name,
                       code=4)
    assert error["code"] == "held" and "release" in error["hint"]
    assert ready.json("issue", "release", name)["held"] is None
    assert "was not held" in ready.run("issue", "release", name).stderr


def test_a_dry_run_holds_nothing(ready):
    done = ready.run("issue", "hold", ready.name, "--reason", "x", "-n")
    assert "nothing was changed" in done.stderr
    assert ready.json("issue", "show", ready.name)["held"] is None


def test_late_approval_ends_the_automatic_hold(ready):
    ready.db.rows("update issue set planned_at = now() - interval '1 hour',"
                  " created_at = now() - interval '9 days'")
    ready.db.rows("update item_text set ready_at = now() - interval '8 days'")
    ready.db.rows("select * from schedule_round(now(), 2, '120 hours')")
    shown = ready.json("issue", "show", ready.name)
    assert shown["held"]["automatic"] and shown["held"]["until"]
    assert "not approved in time" in ready.run("issue", "show",
                                               ready.name).stdout
    approved = ready.approve(ready.name)
    assert approved["held"] is None
    goes = datetime.fromisoformat(approved["goes_at"])
    assert goes > datetime.now(timezone.utc)
    assert (goes.hour, goes.minute) == (10, 0) and goes.weekday() < 5


def test_a_hold_by_a_person_outlives_approval(ready):
    ready.json("issue", "hold", ready.name, "--reason", "wait for Bea")
    done = ready.run("issue", "approve", ready.name, "--confirm", ready.name)
    assert "held by" in done.stderr
    ready.db.rows("select * from schedule_round(now() + interval '9 days',"
                  " 2, '120 hours')")
    assert ready.json("issue", "show", ready.name)["state"] == "approved"


def test_send_now_leaves_time_to_call_it_off(ready):
    name = ready.name
    ready.approve(name)
    assert ready.json("issue", "send", name, code=2)["exit"] == 2
    for wrong in ("10", "-1m", "25h", "m", "10x"):
        assert ready.json("issue", "send", name, "--now", "--grace=" + wrong,
                          "--confirm", name, code=2)["exit"] == 2
    sent = ready.json("issue", "send", name, "--now", "--confirm", name)
    left = (datetime.fromisoformat(sent["goes_at"])
            - datetime.now(timezone.utc))
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    ready.json("issue", "hold", name, "--reason", "no")
    ready.db.rows("select * from schedule_round(now() + interval '11 minutes',"
                  " 2, '120 hours')")
    assert ready.json("issue", "show", name)["state"] == "approved"


def test_a_paused_calendar_sends_nothing(ready):
    ready.approve(ready.name)
    ready.db.rows("update schedule set paused = true")
    assert ready.json("issue", "send", ready.name, "--now", "--confirm",
                      ready.name, code=4)["code"] == "schedule-paused"


def test_pause_resume_stop_report(ready):
    name = ready.name
    assert ready.json("issue", "pause", name, code=4)["code"] == "not-sending"
    assert ready.json("issue", "report", name, code=4)["code"] == "not-sent"
    ready.approve(name)
    ready.freeze(name)
    mailing = ready.db.one("select id from mailing where kind = 'issue'")
    assert ready.json("issue", "pause", name, "--reason", "wrong link")[
        "mailing"]["state"] == "paused"
    assert "paused already" in ready.run("issue", "pause", name).stderr
    assert "wrong link" in ready.run("issue", "show", name).stdout
    assert ready.db.rows(LEASE) == []
    assert ready.json("issue", "resume", name)["mailing"]["state"] == "sending"
    assert len(ready.db.rows(LEASE)) == 2
    ready.outcomes(mailing, (1, "accepted"), (2, "refused", 550, "no such user"))
    ready.db.rows(FINISH, mailing)
    assert ready.json("issue", "stop", name, code=2)["exit"] == 2
    done = ready.run("issue", "stop", name, "--confirm", name)
    assert "1 of 6 were accepted, 4 are not sent" in done.stderr
    assert ready.db.rows(LEASE) == []
    assert ready.json("issue", "resume", name, code=4)["code"] == "stopped"
    ready.db.rows("insert into consent_event (address_hash, kind, way,"
                  " issue_id) select sha256('a'), k, 'page', id from issue,"
                  " unnest(array['unsubscribed', 'unsubscribed', 'language'])"
                  " k")
    report = ready.json("issue", "report", name)
    assert report["schema"] == "tweeluik.report/1"
    assert [report[k] for k in ("state", "planned", "accepted", "refused",
                                "waiting", "unsubscribed",
                                "language_changes")] == [
        "stopped", 6, 1, 1, 4, 2, 1]
    assert [(e["edition"], e["planned"]) for e in report["editions"]] == [
        ("nl", 2), ("en", 2), ("both", 2)]
    assert sum(e["accepted"] for e in report["editions"]) == 1
    assert report["reasons"][0]["reply"] == "no such user"
    text = ready.site.tweeluik("issue", "report", name, "--lang", "nl").stdout
    assert "Aangenomen betekent:" in text and "no such user" in text


def test_no_reader_is_counted_twice(ready):
    """Deferred is a part of what waits; the sum is what was planned."""
    ready.approve(ready.name)
    ready.freeze(ready.name)
    mailing = ready.db.one("select id from mailing where kind = 'issue'")
    ready.db.rows(LEASE)
    ready.outcomes(mailing, (1, "accepted"), (2, "deferred", 450, "later"))
    ready.db.rows(FINISH, mailing)
    for r in [ready.json("issue", "report", ready.name)] + ready.json(
            "issue", "report", ready.name)["editions"]:
        assert r["planned"] == sum(r[k] for k in (
            "accepted", "refused", "expired", "suppressed", "uncertain",
            "waiting"))
    assert ready.json("issue", "report", ready.name)["deferred"] == 1


def test_watching_ends_with_the_sending(ready):
    ready.approve(ready.name)
    ready.freeze(ready.name)
    watch = subprocess.Popen(
        [str(ready.site.build / "bin/tweeluik"), "--lang", "en", "issue",
         "show", ready.name, "--watch"], stderr=subprocess.PIPE, text=True,
        env=ready.site.env())
    assert "Ctrl-C" in watch.stderr.readline()
    assert watch.stderr.readline().startswith("0 of 6 (0%)")
    ready.run("issue", "stop", ready.name, "--confirm", ready.name)
    assert watch.wait(20) == 0
    assert "stopped" in watch.stderr.read()


def test_ctrl_c_stops_only_the_screen(ready):
    ready.approve(ready.name)
    ready.freeze(ready.name)
    watch = subprocess.Popen(
        [str(ready.site.build / "bin/tweeluik"), "--lang", "en", "issue",
         "show", ready.name, "--watch"], stderr=subprocess.PIPE, text=True,
        env=ready.site.env())
    watch.stderr.readline()
    watch.stderr.readline()
    watch.send_signal(signal.SIGINT)
    assert watch.wait(20) == 130
    assert "the sending goes on" in watch.stderr.read()
    assert ready.json("issue", "show", ready.name)["state"] == "sending"


def test_a_test_goes_to_anybody_through_the_ledger(ready):
    done = ready.json("issue", "test", ready.name, "--to", "a@een.example",
                      "b@twee.example")
    assert (done["schema"], done["messages"]) == ("tweeluik.issue-test/1", 6)
    assert ready.db.rows("select kind, planned, waiting, balanced from ledger"
                         ) == [{"kind": "test", "planned": 6, "waiting": 6,
                                "balanced": True}]
    subjects = [r["subject"] for r in ready.db.rows(
        "select subject from message where kind = 'test' order by edition")]
    assert all(re.match(r"\[(PROEF \d\d\.\d\d|TEST \d\d:\d\d)\] ", s)
               for s in subjects), subjects
    assert ready.slugs("warning") == set()
    # Its issue is not done when the test is.
    assert ready.json("issue", "show", "next")["state"] == "open"
    ready.run("issue", "plan", "next", "--headline-nl", "anders")
    assert ready.slugs("warning") == {"not-tested"}


def test_one_wrong_address_sends_nothing(ready):
    error = ready.json("issue", "test", ready.name, "--to", "a@een.example",
                       "--to", "jan@", code=2)
    assert "2" in error["message"] and "jan@" not in error["message"]
    assert ready.json("issue", "test", ready.name, code=2)["exit"] == 2
    assert ready.json("issue", "test", ready.name,
                      *[f"--to=a{i}@een.example" for i in range(11)],
                      code=2)["exit"] == 2
    assert ready.db.one("select count(*) from mailing") == 0


def test_a_test_arrives(ready):
    ready.site.start_catcher()
    ready.run("issue", "test", ready.name, "--edition", "both", "--to",
              "a@een.example")
    ready.site.start_daemon(log=ready.site.folder / "daemon.log")
    assert wait_until(ready.site.mails, 60)
    assert ready.site.stop_daemon() == 0
    mail, = [message_from_bytes(p.read_bytes(), policy=policy.default)
             for p in ready.site.mails()]
    assert mail["To"] == "a@een.example"
    assert mail["Subject"].startswith("[PROEF ")


def test_render_is_what_is_sent(ready):
    eml = ready.run("issue", "render", ready.name, "--edition", "both",
                    "--format", "eml").stdout
    mail = message_from_bytes(eml.encode(), policy=policy.default)
    assert "tandarts vergoed | dental care covered" in mail["Subject"]
    html = ready.run("issue", "render", ready.name, "--edition", "nl").stdout
    assert html.startswith("<!DOCTYPE html>")
    part = mail.get_body(("html",)).get_content()
    assert "Vaccination without insurance" in part
    file = ready.site.folder / "x.txt"
    ready.run("issue", "render", ready.name, "--edition", "en", "--format",
              "text", "--output", file)
    assert "Vaccination" in file.read_text()
    for wrong in (("--edition", "fr"), ("--edition", "nl", "--format", "pdf"),
                  ()):
        assert ready.json("issue", "render", ready.name, *wrong,
                          code=2)["exit"] == 2
    assert ready.json("issue", "render", ready.name, "--as",
                      "niemand@een.example", code=3)["exit"] == 3


def test_what_was_approved_is_rendered_as_stored(ready):
    before = ready.run("issue", "render", ready.name, "--edition", "both",
                       "--format", "eml").stdout
    ready.approve(ready.name)
    assert ready.run("issue", "render", ready.name, "--edition", "both",
                     "--format", "eml").stdout == before


def test_a_sent_issue_is_read_only(ready):
    ready.approve(ready.name)
    ready.freeze(ready.name)
    for words in (("plan", ready.name, "--headline-nl", "x"),
                  ("plan", ready.name, "--at", "2030-01-01 10:00"),
                  ("hold", ready.name, "--reason", "x"),
                  ("release", ready.name),
                  ("approve", ready.name, "--confirm", ready.name),
                  ("send", ready.name, "--now", "--confirm", ready.name)):
        assert ready.json("issue", *words, code=4)["code"] == "sending"


def test_every_command_speaks_dutch(ready):
    text = ready.site.tweeluik("issue", "show", "next", "--lang", "nl")
    assert text.stdout.startswith(f"Nummer {ready.name}   open, revisie")
    check = ready.site.tweeluik("issue", "check", "next", "--lang", "nl")
    assert "Sinds de laatste wijziging is geen proef verstuurd" in check.stdout
    assert "In orde" in check.stdout
