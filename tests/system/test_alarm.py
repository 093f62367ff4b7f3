"""Who is told what: alarms, reports, holds, and what machines can ask."""
import email
import email.policy
import re
import socket
import subprocess
import threading
from datetime import datetime, timedelta, timezone

import conformity
import psycopg2
import pytest
from newsletter import (approve, as_json, ok, plan, readers, send_now,
                        settled)
from prometheus_client.parser import text_string_to_metric_families
from test_schedule import OPENED, T, World
from website import Visitor

from tests.embedded import answers, free_port, wait_until

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EDITORS = ["chef@redactie.example", "redactie@organisatie.example"]
ADMINISTRATOR = "beheer@organisatie.example"
TOLD = ('editors = {"chef@redactie.example", # a comment in a list\n'
        '    "redactie@organisatie.example"}\n'
        'administrators = {"beheer@organisatie.example",'
        ' "chef@redactie.example"}\n')


# What is wrong, with a clock of our own

class Office(World):
    """The calendar of test_schedule, and mail under way."""

    def conditions(self, at, quiet=""):
        self.role.execute("select key, text, since from"
                          " alarm_conditions(%s, %s) order by key",
                          (at, quiet))
        return self.role.fetchall()

    def keys(self, at, quiet=""):
        return [c[0] for c in self.conditions(at, quiet)]

    def due(self, at, quiet=""):
        self.role.execute("select key, event from letters_due(%s, %s)",
                          (at, quiet))
        return self.role.fetchall()

    def mailing(self, at, kind="issue", n=4, chunk=2):
        """Something to be sent since at."""
        (m,), = self.do(
            "insert into mailing (kind, issue_id, expires_at, planned,"
            " state_at, created_at, dated_at) values (%s, %s, %s, %s, %s, %s,"
            " %s) returning id", kind, self.issue() if kind == "issue"
            else None, at + 5 * DAY, n, at, at, at)
        (message,), = self.do(
            "insert into message (digest, kind, edition, subject, bytes,"
            " slots) values (sha256(%s), 'issue', 'nl', '', '', '')"
            " returning id", str(m).encode())
        self.do("insert into delivery (mailing_id, seq, message_id)"
                " select %s, n, %s from generate_series(1, %s) n", m, message,
                n)
        self.do("insert into chunk (mailing_id, no, first_seq, last_seq,"
                " due_at) select %s, n, (n - 1) * %s + 1, n * %s, %s from"
                " generate_series(1, %s) n", m, chunk, chunk, at, n // chunk)
        if kind == "issue":
            self.do("update issue set state = 'sending' where id = %s",
                    self.issue())
        return m

    def worker(self, seen_at, relay="", since=None, name="w:1"):
        self.do("insert into send_worker (name, host, pid, started_at,"
                " seen_at, connections, in_flight, rate, relay, relay_since)"
                " values (%s, 'h', 1, %s, %s, 1, 0, 2.5, %s, %s)"
                " on conflict (name) do update set seen_at ="
                " excluded.seen_at, relay = excluded.relay, relay_since ="
                " excluded.relay_since", name, seen_at, seen_at, relay, since)


@pytest.fixture
def office(database):
    w = Office(database)
    w.round(OPENED)
    return w


def test_nothing_is_wrong(office):
    assert office.keys(OPENED) == []
    assert office.due(OPENED) == []


def test_an_approved_issue_that_does_not_leave(office):
    office.item()
    office.approve(T - DAY)
    assert office.keys(T + 14 * MINUTE) == []
    assert office.conditions(T + 15 * MINUTE) == [("late", "", T)]
    # Held by a person, or with the calendar: that is no accident.
    office.do("update schedule set paused = true")
    assert office.keys(T + 15 * MINUTE) == []
    office.do("update schedule set paused = false")
    office.do("select issue_hold(%s, 'chief', 'wacht', %s)", office.issue(),
              T)
    assert office.keys(T + 15 * MINUTE) == []
    office.do("select issue_release(%s, 'chief', %s, %s)", office.issue(),
              T, T + 60 * MINUTE)
    assert office.keys(T + 74 * MINUTE) == []
    assert office.keys(T + 75 * MINUTE) == ["late"]
    office.round(T + 75 * MINUTE)
    assert office.keys(T + 76 * MINUTE) == []


def test_held_for_want_of_approval_until_it_is_given(office):
    office.item()
    office.round(T)
    assert office.conditions(T) == [("held", "not approved in time", T)]
    office.do("select issue_release(%s, 'chief', %s)", office.issue(), T)
    assert office.keys(T) == []


def test_nothing_moves(office):
    m = office.mailing(T)
    office.worker(T + 15 * MINUTE)
    assert office.keys(T + 14 * MINUTE) == []
    assert office.conditions(T + 15 * MINUTE) == [("stalled", "", T)]
    # An outcome in a chunk under way is progress, and so is the end of one.
    office.do("update chunk set leased_by = 'w:1' where no = 1")
    office.do("insert into outcome (mailing_id, seq, attempt, result, at)"
              " values (%s, 1, 1, 'accepted', %s)", m, T + 10 * MINUTE)
    office.worker(T + 25 * MINUTE)
    assert office.keys(T + 24 * MINUTE) == []
    assert office.keys(T + 25 * MINUTE) == ["stalled"]
    office.do("update chunk set done_at = %s where no = 1", T + 20 * MINUTE)
    office.worker(T + 35 * MINUTE)
    assert office.keys(T + 34 * MINUTE) == []
    assert office.keys(T + 35 * MINUTE) == ["stalled"]
    # What is put off is not due, and a person may pause.
    office.do("update chunk set due_at = %s where no = 2", T + 60 * MINUTE)
    assert office.keys(T + 59 * MINUTE) == []
    office.worker(T + 75 * MINUTE)
    assert office.keys(T + 75 * MINUTE) == ["stalled"]
    office.do("update mailing set state = 'paused', state_by = 'chief'")
    assert office.keys(T + 75 * MINUTE) == []


def test_quiet_hours_are_no_standstill(office):
    office.mailing(T)  # 10.00 on the clock of the calendar
    for at in (T + 30 * MINUTE, T + 90 * MINUTE, T + 130 * MINUTE):
        office.worker(at)
        assert office.keys(at) == ["stalled"]
        assert office.keys(at, "09:00-12:00") == (
            [] if at < T + 135 * MINUTE else ["stalled"])
    office.worker(T + 135 * MINUTE)
    assert office.conditions(T + 135 * MINUTE, "09:00-12:00") == [
        ("stalled", "", T + 120 * MINUTE)]
    night = datetime(2026, 12, 11, 3, 0, tzinfo=timezone.utc)
    office.worker(night)
    assert office.keys(night, "22:00-07:00") == []
    morning = datetime(2026, 12, 11, 6, 14, tzinfo=timezone.utc)
    office.worker(morning)
    assert office.keys(morning, "22:00-07:00") == []
    office.worker(morning + MINUTE)
    assert office.conditions(morning + MINUTE, "22:00-07:00") == [
        ("stalled", "", morning - 14 * MINUTE)]


def test_nobody_sends(office):
    office.mailing(T)
    assert office.keys(T + 4 * MINUTE) == []
    assert office.conditions(T + 5 * MINUTE) == [("worker", "", T)]
    office.worker(T + 8 * MINUTE)
    assert office.keys(T + 12 * MINUTE) == []
    # The cause is told, not the standstill that follows from it.
    assert office.conditions(T + 60 * MINUTE) == [
        ("worker", "", T + 8 * MINUTE)]


def test_an_alarm_is_not_alarming(office):
    office.mailing(T, "system")
    assert office.keys(T + DAY) == []


def test_the_relay_is_away(office):
    office.worker(T + 14 * MINUTE, "no answer for lezer@lezers.example\n",
                  T)
    assert office.keys(T + 14 * MINUTE) == []
    office.mailing(T - 60 * MINUTE)
    office.worker(T + 15 * MINUTE, "no answer for lezer@lezers.example\n",
                  T)
    assert office.conditions(T + 15 * MINUTE) == [
        ("relay", "no answer for ... ", T)]
    # A worker that is gone says nothing of the relay.
    assert "relay" not in office.keys(T + 17 * MINUTE)
    office.worker(T + 17 * MINUTE)
    assert office.keys(T + 17 * MINUTE) == ["stalled"]


def test_paused_by_the_system(office):
    m = office.mailing(T)
    office.do("update mailing set state = 'paused', state_by = 'system',"
              " state_reason = 'The server said no', state_at = %s"
              " where id = %s", T + MINUTE, m)
    assert office.conditions(T + MINUTE) == [
        ("paused", "The server said no", T + MINUTE)]


def test_told_once_each_day_and_when_it_is_over(office):
    m = office.mailing(T)
    pause = ("update mailing set state = %s, state_by = 'system',"
             " state_at = %s where id = %s")
    office.do(pause, "paused", T, m)
    assert office.due(T) == [("paused", "raised")]
    assert office.due(T + MINUTE) == []
    assert office.due(T + DAY - MINUTE) == []
    assert office.due(T + DAY) == [("paused", "again")]
    assert office.due(T + DAY + MINUTE) == []
    office.worker(T + DAY + 2 * MINUTE)
    office.do(pause, "sending", T + DAY + 2 * MINUTE, m)
    assert office.due(T + DAY + 2 * MINUTE) == [("paused", "over")]
    assert office.due(T + DAY + 3 * MINUTE) == []
    office.do(pause, "paused", T + DAY + 4 * MINUTE, m)
    assert office.due(T + DAY + 4 * MINUTE) == [("paused", "raised")]


def test_a_report_and_a_hold_once_each(office):
    m = office.mailing(T)
    office.do("update mailing set state = 'done', finished_at = %s"
              " where id = %s", T, m)
    assert office.due(T) == [("report", "raised")]
    assert office.due(T + DAY) == []
    office.round(T + DAY)
    i = office.issue("2026-12-24")
    for k in (1, 2):
        office.do("select issue_hold(%s, 'chief', 'wacht', %s)", i,
                  T + k * DAY)
        assert office.due(T + k * DAY) == [("held", "raised")]
        assert office.due(T + k * DAY + MINUTE) == []
        office.do("select issue_release(%s, 'chief', %s)", i, T + k * DAY)
        assert office.due(T + k * DAY + MINUTE) == []


def test_two_schedulers_tell_once(office):
    m = office.mailing(T)
    office.do("update mailing set state = 'done', finished_at = %s"
              " where id = %s", T, m)
    office.do("insert into issue (planned_at, state, held_at, held_by,"
              " held_reason) values (%s, 'open', %s, 'schedule', 'missed')",
              T, T)
    told = []

    def work():
        conn = office.database.connect("tweeluik_schedule")
        cur = conn.cursor()
        for _ in range(10):
            cur.execute("select key from letters_due(%s, '')", (T,))
            told.extend(r[0] for r in cur.fetchall())
        conn.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(told) == ["held", "report"]


def test_no_letter_without_its_mark_and_no_mark_without_its_letter(office):
    office.item()
    office.round(T)
    conn = office.database.connect("tweeluik_schedule", autocommit=False)
    cur = conn.cursor()
    cur.execute("select key from letters_due(%s, '')", (T,))
    assert cur.fetchall() == [("held",)]
    conn.rollback()
    conn.close()
    assert office.due(T) == [("held", "raised")]


# With the real roles

def parse(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


class Mailbox:
    """The letters to editors and administrators that were caught."""

    def __init__(self, site):
        self.site = site

    def letters(self):
        return [m for m in map(parse, (p.read_bytes() for p in
                                       self.site.mails()))
                if not str(m["to"]).endswith("@lezers.example")]

    def wait(self, n, seconds=40):
        assert wait_until(lambda: len(self.letters()) >= n, seconds), [
            str(m["subject"]) for m in self.letters()]
        return self.letters()


def text(m):
    return re.sub(r"\s+", " ", m.get_body(("plain",)).get_content())


@pytest.fixture
def told(site):
    site.write_config(more=TOLD)
    return site


def test_the_report_of_an_issue(told):
    plan(told)
    readers(told, 6)
    name = approve(told)
    told.start_catcher()
    send_now(told, name)
    told.start_daemon()
    assert settled(told)["accepted"] == 6
    Mailbox(told).wait(2)
    told.stop_daemon()
    for name_of_role in ("schedule", "send") * 2:
        role(told, name_of_role)
    letters = Mailbox(told).letters()
    number = name.split("-")[0]
    assert sorted(str(m["to"]) for m in letters) == EDITORS
    assert {str(m["subject"]) for m in letters} == {
        f"Nummer {number} verstuurd: 6 van 6 aangenomen"}
    assert len({str(m["message-id"]) for m in letters}) == 2
    for m in letters:
        assert m["content-language"] == "nl"
        assert f"tweeluik issue report {name}" in text(m)
        assert "geweigerd" not in text(m) and "alsnog" not in text(m)
        assert "lezers.example" not in m.as_string()


def test_the_report_names_who_did_not_get_it(told):
    plan(told)
    readers(told, 6)
    name = approve(told)
    send_now(told, name)
    rows = told.db.rows
    rows("select schedule_round(now(), 50, '5 days')",
         role="tweeluik_schedule")
    m = told.db.one("select id from mailing where kind = 'issue'")
    for seq, result in enumerate(("accepted", "accepted", "expired",
                                  "expired", "refused", "suppressed"), 1):
        rows("insert into outcome (mailing_id, seq, attempt, result)"
                  " values (%s, %s, 1, %s)", m, seq, result)
    rows("select chunk_close(c, '5 minutes', false) from chunk c")
    told.start_catcher()
    told.start_daemon()
    letter, _ = Mailbox(told).wait(2)
    told.stop_daemon()
    assert "2 van 6 aangenomen" in letter["subject"]
    assert "2 mensen kregen dit nummer niet" in text(letter)
    assert f"tweeluik issue send {name} --missing" in text(letter)
    assert "1 mail is geweigerd" in text(letter)
    assert "1 mens had zich al afgemeld" in text(letter)


def test_a_hold_by_a_person(told):
    plan(told)
    name = approve(told)
    ok(told, "issue", "hold", name, "--reason",
       "telefoonnummer van jan@organisatie.example klopt niet")
    told.start_catcher()
    told.start_daemon()
    letters = Mailbox(told).wait(2)
    told.stop_daemon()
    number = name.split("-")[0]
    assert sorted(str(m["to"]) for m in letters) == EDITORS
    assert str(letters[0]["subject"]) == (
        f"Nummer {number} vastgehouden: telefoonnummer van ... klopt niet")
    assert f"tweeluik issue release {name}" in text(letters[0])


def role(site, name):
    """One round of a role."""
    done = site.once(name)
    assert "failed" not in done.stderr, done.stderr
    assert ".example" not in done.stderr, done.stderr


SHOULD = ("insert into issue (series, kind, planned_at, state, year, number,"
          " approved_at, approved_revision, revision) values ('extra',"
          " 'report', now() - interval '1 hour', 'approved', 2026, 4,"
          " now() - interval '2 hours', 1, 2) returning id")
LETTERS = {
    "late": ("Alarm: Extra 4 had verstuurd moeten zijn, maar is dat niet",
             "tweeluik status"),
    "paused": ("Alarm: Extra 4 is gepauzeerd door het systeem",
               "tweeluik issue resume extra-4-2026"),
    "stalled": ("Alarm: Extra 4: de verzending staat stil",
                "tweeluik issue show extra-4-2026"),
    "worker": ("Alarm: Er wacht mail, en geen programma verstuurt die",
               "systemctl start tweeluik-send"),
    "relay": ("Alarm: De mail kan niet weg", "tweeluik status"),
    "held": ("Extra 4 vastgehouden: niet op tijd goedgekeurd",
             "tweeluik issue check extra-4-2026"),
    "blocked": ("Alarm: Extra 4: mailsystemen weigeren onze mail",
                "tweeluik bounce list --issue extra-4-2026"),
    "mailbox": ("Alarm: Teruggekomen mail wordt niet gelezen: terug",
                "tweeluik status"),
}


def blocked(site, issue):
    """Three readers, of whom a mail system says that we may not."""
    readers(site, 3)
    site.db.rows(
        "with m as (insert into mailing (kind, issue_id, state, finished_at,"
        " expires_at, planned) values ('issue', %s, 'stopped', now(), now(),"
        " 1000) returning id), i as (update issue set state = 'stopped'"
        " where id = %s)"
        " insert into bounce (subscriber_id, mailing_id, issue_id, source,"
        " class, final, status, reason, effect) select s.id, m.id, %s,"
        " 'report', 'soft', true, '5.7.1', 'blocked', 'blocked'"
        " from m, subscriber s", issue, issue, issue)
    return "delete from bounce"


def trouble(site, key):
    """Make it true; returns how to make it untrue."""
    if key == "mailbox":
        site.db.rows("insert into mailbox (name, last_read_at) values"
                     " ('terug', now() - interval '2 days')")
        return "delete from mailbox"
    i = site.db.one(SHOULD)
    if key == "late":  # approved for another revision: it cannot be frozen
        return "update issue set state = 'stopped' where series = 'extra'"
    if key == "held":
        site.db.rows("update issue set state = 'open', held_at = now(),"
                     " held_by = 'schedule', held_reason ="
                     " 'not approved in time' where id = %s", i)
        return "update issue set state = 'stopped' where series = 'extra'"
    if key == "blocked":
        return blocked(site, i)
    state = "paused" if key == "paused" else "sending"
    m = site.db.one(
        "insert into mailing (kind, issue_id, state, state_by, state_reason,"
        " state_at, created_at, expires_at, planned) values ('issue', %s, %s,"
        " 'system', 'Er is iets stuk', now() - interval '1 hour',"
        " now() - interval '1 hour', now() + interval '1 day', 1)"
        " returning id", i, state)
    site.db.rows("update issue set state = 'sending' where id = %s", i)
    if key != "relay":
        # Leased by nobody we know, so no real worker touches it.
        site.db.rows("insert into chunk (mailing_id, no, first_seq, last_seq,"
                     " due_at, leased_by, leased_until) values (%s, 1, 1, 1,"
                     " now() - interval '1 hour', 'x:1',"
                     " now() + interval '1 day')", m)
    if key in ("stalled", "relay"):
        site.db.rows(
            "insert into send_worker (name, host, pid, started_at, seen_at,"
            " connections, in_flight, rate, relay, relay_since) values"
            " ('other:1', 'other', 1, now(), now() + interval '1 hour', 1, 0,"
            " 0, %s, %s)", "Geen antwoord" if key == "relay" else "",
            datetime.now(timezone.utc) - 20 * MINUTE)
    return ("update mailing set state = 'stopped' where kind = 'issue';"
            "delete from send_worker where name = 'other:1'")


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("key", LETTERS)
def test_each_alarm_as_a_mail(told, key, language):
    """Written by the schedule role, sent by the send role."""
    told.write_config(language=language)
    over = trouble(told, key)
    role(told, "schedule")
    assert told.db.rows("select key from alarm") == [{"key": key}]
    told.start_catcher()
    role(told, "send")
    raised = Mailbox(told).wait(3)
    told.db.rows(over)
    role(told, "schedule")
    role(told, "send")
    ended = [m for m in Mailbox(told).wait(6)
             if str(m["message-id"]) not in {str(r["message-id"])
                                             for r in raised}]
    subject, command = LETTERS[key]
    for letters in raised, ended:
        assert sorted(str(m["to"]) for m in letters) == sorted(
            {*EDITORS, ADMINISTRATOR})
    assert all(command in text(m) for m in raised)
    assert not any(command in text(m) for m in ended)
    if language == "nl":
        assert {str(m["subject"]) for m in raised} == {subject}
        what = subject.removeprefix("Alarm: ")
        assert {str(m["subject"]) for m in ended} == {f"Voorbij: {what}"}
    for p in told.mails():
        found = list(conformity.letter_violations(p.read_bytes()))
        assert not found, found


def test_two_schedule_roles(told):
    trouble(told, "held")
    told.db.rows("insert into mailing (kind, issue_id, state, finished_at,"
                 " expires_at) select 'issue', id, 'done', now(), now()"
                 " from issue")
    both = [subprocess.Popen(
        [told.build / "libexec/tweeluik/tweeluik-schedule"], env=told.env(),
        stderr=subprocess.DEVNULL) for _ in range(4)]
    assert wait_until(lambda: told.db.one(
        "select count(*) from mailing where kind = 'system'") >= 2, 20)
    assert wait_until(lambda: told.db.one(
        "select count(*) from pg_stat_activity where datname = %s"
        " and usename = 'tweeluik_schedule'", told.database) == 4, 20)
    for p in both:
        p.terminate()
        assert p.wait(20) == 0
    assert told.db.rows("select subject, planned from mailing m join delivery"
                        " d on d.mailing_id = m.id and seq = 1 join message x"
                        " on x.id = d.message_id where m.kind = 'system'"
                        " order by subject") == [
        {"subject": "Extra 4 vastgehouden: niet op tijd goedgekeurd",
         "planned": 3},
        {"subject": "Extra 4 verstuurd: 0 van 0 aangenomen", "planned": 2}]


def test_who_could_not_be_told_hears_how_it_ended(told):
    over = trouble(told, "paused")
    role(told, "schedule")
    told.db.rows(over)
    role(told, "schedule")
    told.start_catcher()
    role(told, "send")
    assert {str(m["subject"]) for m in Mailbox(told).wait(3)} == {
        "Voorbij: Extra 4 is gepauzeerd door het systeem"}
    assert all(told.db.one("select balanced from ledger where mailing_id ="
                           " %s", r["id"])
               for r in told.db.rows("select id from mailing"
                                     " where kind = 'system'"))


def test_a_refused_editor_is_no_loop(told):
    trouble(told, "held")
    role(told, "schedule")
    m = told.db.one("select id from mailing where kind = 'system'")
    told.db.rows("insert into outcome (mailing_id, seq, attempt, result, code,"
                 " status) select %s, seq, 1, 'refused', 550, '5.1.1'"
                 " from delivery where mailing_id = %s", m, m)
    told.db.rows("update chunk set done_at = now() where mailing_id = %s", m)
    told.db.rows("update mailing set state = 'done' where id = %s", m)
    for _ in range(3):
        role(told, "schedule")
    assert told.db.one("select count(*) from mailing") == 1
    assert told.db.one("select count(*) from alarm") == 1


def test_nobody_to_tell(site):
    trouble(site, "held")
    role(site, "schedule")
    assert site.db.one("select count(*) from alarm") == 1
    assert site.db.one("select count(*) from mailing") == 0


def test_the_schedule_role_reads_no_address(told):
    for table in ("subscriber", "delivery"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            told.db.rows(f"select address_sealed from {table}",
                         role="tweeluik_schedule")


# At the command line

@pytest.mark.parametrize("key", LETTERS)
def test_status_begins_with_what_is_wrong(site, key):
    assert as_json(site, "status")["alarms"] == []
    trouble(site, key)
    subject, command = LETTERS[key]
    alarm, = as_json(site, "status")["alarms"]
    what = subject.removeprefix("Alarm: ")
    assert alarm["key"] == key and alarm["message"] == what
    assert alarm["command"] == command
    lines = ok(site, "status").splitlines()
    assert re.match(rf"Alarm +{re.escape(what)}, sinds \w+dag ", lines[0])
    assert command == "tweeluik status" or lines[1].strip() == (
        f"Wat te doen: {command}") or lines[2].strip() == (
        f"Wat te doen: {command}")
    assert site.tweeluik("status").returncode == 0


def test_status_of_workers_and_relay(site):
    assert re.search("^Verzending +er draait geen verzender$",
                     ok(site, "status"), re.M)
    site.write_config(send_more='    quiet_hours = "00:00-23:59"\n')
    for name, host, relay in (("a:1", "a", ""), ("a:2", "a", "Geen antwoord"),
                              ("b:1", "b", "")):
        site.db.rows(
            "insert into send_worker (name, host, pid, started_at, seen_at,"
            " connections, in_flight, rate, relay, relay_since)"
            " values (%s, %s, 1, now(), now(), 2, 3, 1234.4, %s,"
            " now() - interval '1 minute')", name, host, relay)
    text = ok(site, "status")
    assert re.search(r"^Verzending +3 verzenders op 2 machines, 3\.703 mails per"
                     r" seconde$", text, re.M), text
    assert re.search("^Mailserver +problemen sinds .*: Geen antwoord$", text,
                     re.M)
    assert re.search("^Stille uren +00:00-23:59, dat is nu$", text, re.M)
    sending = as_json(site, "status")["sending"]
    assert (sending["workers"], sending["hosts"], sending["in_flight"],
            sending["relay"]) == (3, 2, 9, "Geen antwoord")
    site.db.rows("update send_worker set seen_at = now() - interval '2 min'")
    assert "geen verzender" in ok(site, "status")


# What machines ask

ISSUE = "extra-4-2026"


@pytest.fixture
def web(site):
    """The web role with metrics on a port and pages on another."""
    port = free_port()
    site.write_config(web_more=f'    metrics = "127.0.0.1:{port}"\n')
    site.metrics_port = port
    start_web(site)
    yield site
    site.web.terminate()
    assert site.web.wait(20) == 0


def start_web(site):
    site.web = subprocess.Popen(
        [site.build / "libexec/tweeluik/tweeluik-web"], env=site.env(),
        stderr=subprocess.DEVNULL)
    assert wait_until(lambda: answers(site.web_port), 20)


def samples(body):
    """{(name, labels): value}, by the parser of Prometheus' own library."""
    found = {}
    for family in text_string_to_metric_families(body):
        assert family.type == "gauge" and family.documentation, family
        for s in family.samples:
            key = (s.name, *sorted(s.labels.items()))
            assert key not in found
            found[key] = s.value
    return found


@pytest.mark.parametrize("key, word", [
    ("late", "late"), ("stalled", "late"), ("worker", "late"),
    ("paused", "held"), ("held", "held"), ("relay", "relay"),
    # Mail goes out nonetheless.
    ("blocked", "ok"), ("mailbox", "ok")])
def test_health_and_metrics_of_an_alarm(web, key, word):
    assert Visitor(web.web_port).get("/healthz")[::2] == (200, "ok\n")
    trouble(web, key)
    assert Visitor(web.web_port).get("/healthz")[::2] == (
        200 if word == "ok" else 503, word + "\n")
    now = samples(Visitor(web.metrics_port).get("/metrics").body)
    assert {k[1][1]: v for k, v in now.items() if k[0] == "tweeluik_alarm"
            } == {k: float(k == key) for k in LETTERS}


def test_metrics(web):
    answer = Visitor(web.metrics_port).get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == (
        "text/plain; version=0.0.4; charset=utf-8")
    now = samples(answer.body)
    assert now[("tweeluik_send_workers",)] == 0
    assert now[("tweeluik_database_up",)] == 1
    assert ("tweeluik_relay_up",) not in now
    readers(web, 3)
    trouble(web, "relay")
    web.db.rows("update send_worker set rate = 2.5")
    now = samples(Visitor(web.metrics_port).get("/metrics").body)
    assert now[("tweeluik_send_workers",)] == 1
    assert now[("tweeluik_send_rate",)] == 2.5
    assert now[("tweeluik_relay_up",)] == 0
    assert now[("tweeluik_subscribers", ("state", "active"))] == 3
    assert now[("tweeluik_subscribers", ("state", "blocked"))] == 0
    assert now[("tweeluik_ledger_planned", ("issue", ISSUE))] == 1
    assert now[("tweeluik_ledger", ("issue", ISSUE),
                ("outcome", "accepted"))] == 0
    # A recipient without a chunk: the books do not balance.
    assert now[("tweeluik_ledger_balanced", ("issue", ISSUE))] == 0
    assert now[("tweeluik_returned_waiting",)] == 0
    assert not any(k[0] == "tweeluik_bounces" for k in now)
    assert ("tweeluik_build_info", ("version", "0.1")) in now
    assert 0 <= now[("tweeluik_role_last_seen_seconds", ("role", "web"))] < 60
    body = Visitor(web.metrics_port).get("/metrics").body
    assert "@" not in body and ".example" not in body


def test_metrics_of_what_came_back(web):
    blocked(web, web.db.one(SHOULD))
    web.db.rows("update bounce set class = 'hard', reason = 'dead', effect ="
                " 'none', at = at - case when id = (select min(id) from bounce)"
                " then interval '31 days' else '0' end")
    web.db.rows("insert into returned (mailbox, key, digest, kind, state)"
                " values ('terug', '1', sha256('x'), 'person', 'review')")
    web.db.rows("insert into mailbox (name, last_read_at) values ('terug',"
                " now() - interval '90 s'), ('items', null)")
    now = samples(Visitor(web.metrics_port).get("/metrics").body)
    assert {k: v for k, v in now.items() if k[0] == "tweeluik_bounces"} == {
        ("tweeluik_bounces", ("class", "hard"), ("reason", "dead")): 2}
    assert now[("tweeluik_returned", ("kind", "person"))] == 1
    assert now[("tweeluik_returned_waiting",)] == 1
    seconds = now[("tweeluik_mailbox_last_read_seconds",
                   ("mailbox", "terug"))]
    assert 90 <= seconds < 120
    assert ("tweeluik_mailbox_last_read_seconds",
            ("mailbox", "items")) not in now


def test_metrics_stay_inside(web):
    assert Visitor(web.web_port).get("/metrics").status == 404
    assert Visitor(web.metrics_port).get("/healthz").status == 404
    for table in ("send_worker", "alarm", "ledger", "mailing", "issue"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            web.db.rows(f"select * from {table}", role="tweeluik_web")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        web.db.rows("select alarm_conditions(now(), '')",
                    role="tweeluik_web")


def test_metrics_on_a_local_socket(site):
    path = site.folder / "m.sock"
    site.write_config(web_more=f'    metrics = "unix:{path}"\n')
    for _ in range(2):  # killed, and started over what it left
        start_web(site)
        assert wait_until(path.exists, 10)
        assert path.stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(path))
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n"
                      b"Connection: close\r\n\r\n")
            answer = b"".join(iter(lambda: s.recv(65536), b""))
        head, body = answer.decode().split("\r\n\r\n", 1)
        assert head.startswith("HTTP/1.1 200")
        assert samples(body)[("tweeluik_database_up",)] == 1
        site.web.kill()
        site.web.wait()
    with socket.socket(socket.AF_UNIX) as other:
        path.unlink()
        other.bind(str(path))
        other.listen()
        done = subprocess.run(
            [site.build / "libexec/tweeluik/tweeluik-web"], env=site.env(),
            capture_output=True, text=True, timeout=20)
        assert done.returncode == 78 and str(path) in done.stderr


def test_metrics_without_a_database(web):
    """Away in the middle, and back."""
    admin = web.postgres.conninfo("postgres", "postgres")

    def allow(yes):
        conn = psycopg2.connect(admin)
        conn.autocommit = True
        conn.cursor().execute(f"alter database {web.database}"
                              f" allow_connections {yes}")
        conn.cursor().execute("select pg_terminate_backend(pid) from"
                              " pg_stat_activity where datname = %s",
                              (web.database,))
        conn.close()

    def up():
        return samples(Visitor(web.metrics_port).get("/metrics").body)[
            ("tweeluik_database_up",)]

    assert up() == 1
    allow(False)
    assert up() == 0 and up() == 0
    assert Visitor(web.web_port).get("/healthz")[::2] == (503, "db\n")
    allow(True)
    assert wait_until(lambda: up() == 1, 10)


@pytest.mark.parametrize("line", [
    'editors = {"jan@organisatie.example", "jan@"}',
    'administrators = {"geen adres"}',
    'send { quiet_hours = "22-7" }', 'send { quiet_hours = "24:00-07:00" }',
    'send { quiet_hours = "22:00 07:00" }',
    'send { quiet_hours = "07:00-07:00" }',
    'web { metrics = "0.0.0.0:9469" }', 'web { metrics = "9469" }',
    'web { metrics = "[::]:9469" }', 'web { metrics = "10.0.0.1:9469" }',
    'web { metrics = "127.0.0.1:0" }', 'web { metrics = "unix:m.sock" }',
    'web { metrics = "localhost:9469" }'])
def test_settings_that_are_refused(site, line):
    n = len(site.config.read_text().splitlines()) + 1
    with site.config.open("a") as f:
        f.write(line + "\n")
    done = site.tweeluik("config", "check")
    assert done.returncode == 78
    assert f"tweeluik.conf, line {n}: " in done.stderr \
        or f"tweeluik.conf, regel {n}: " in done.stderr, done.stderr
    assert "jan@" not in done.stderr
