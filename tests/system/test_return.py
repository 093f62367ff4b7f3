"""What follows from what comes back: when a reader is undeliverable, when it is
about us, and what is kept."""
import datetime
import itertools

import psycopg2
import pytest
from newsletter import LEASE

numbers = itertools.count(1)
HARD = ("hard", "dead", "5.1.1")
FULL = ("soft", "full", "4.2.2")
BLOCKED = ("soft", "blocked", "5.7.1")


def reader(database, state="active", since="1 year"):
    """In a state for so long."""
    return database.one(
        "insert into subscriber (address_hash, address_sealed, language,"
        " language_from, state, state_at, created_at) values"
        " (sha256(%s::text::bytea), 'sealed', 'nl', 'import', %s,"
        " now() - %s::interval, now() - interval '2 years') returning id",
        f"reader {next(numbers)}", state, since)


def message(database, edition="nl"):
    return database.one(
        "insert into message (digest, kind, edition, subject, bytes, slots)"
        " values (sha256(random()::text::bytea), 'issue', %s, 's', 'x', '')"
        " returning id", edition)


def mailing(database, readers, age="1 day", kind="issue", result="accepted",
            planned=None):
    """Frozen and over so long ago, with an outcome for each; None: without."""
    issue = None
    if kind == "issue":
        issue = database.one(
            "insert into issue (series, planned_at, state, number, year)"
            " values ('regular', now() - %s::interval, 'sent', %s, 2026)"
            " returning id", age, next(numbers))
    m = database.one(
        "insert into mailing (kind, issue_id, state, planned, expires_at,"
        " created_at, finished_at) values (%s, %s, 'done', %s, now(),"
        " now() - %s::interval, now() - %s::interval) returning id",
        kind, issue, planned or len(readers), age, age)
    letter = message(database)
    for seq, who in enumerate(sorted(readers), 1):
        database.rows("insert into delivery values (%s, %s, %s, %s)", m, seq,
                      letter, who)
        if result:
            database.rows(
                "insert into outcome (mailing_id, seq, attempt, result, at)"
                " values (%s, %s, 1, %s, now() - %s::interval)", m, seq,
                result, age)
    database.rows(
        "insert into chunk (mailing_id, no, first_seq, last_seq, accepted,"
        " done_at) values (%s, 1, 1, %s, %s, now())", m, len(readers),
        len(readers))
    return m


def say(database, who, m, verdict, source="report"):
    """A verdict of a report or of the relay; says what it did."""
    kind, reason, status = verdict
    return database.one(
        "select bounce_add(null, %s, %s, %s, %s, true, %s, %s, 'test', '')",
        who, m, source, kind, status, reason)


def state(database, who):
    row, = database.rows("select state, state_reason from subscriber"
                         " where id = %s", who)
    return row["state"], row["state_reason"]


def streak(database, who):
    row, = database.rows("select issues, dead from bounce_streak(%s)", who)
    return row["issues"], row["dead"]


def test_dead_by_reports_of_two_issues(database):
    who, other = reader(database), reader(database)
    one = mailing(database, [who, other], "15 days")
    two = mailing(database, [who, other], "1 day")
    assert say(database, who, one, HARD) == "counted"
    # However many say so of one issue, it is one.
    assert [say(database, who, one, HARD) for _ in range(5)] == ["none"] * 5
    assert state(database, who) == ("active", "")
    assert streak(database, who) == (1, 1)
    assert say(database, who, two, ("hard", "dead", "5.1.10")) == "dead"
    assert state(database, who) == ("undeliverable", "5.1.10")
    assert state(database, other) == ("active", "")
    event, = database.rows("select kind, way, basis from consent_event")
    assert event == {"kind": "undeliverable", "way": "bounce",
                     "basis": "5.1.10"}
    # There is nothing left to mark.
    assert say(database, who, two, HARD) == "none"
    assert len(database.rows("select 1 from consent_event")) == 1


def test_dead_without_a_status(database):
    who = reader(database)
    for age in "15 days", "1 day":
        did = say(database, who, mailing(database, [who], age),
                  ("hard", "dead", ""))
    assert did == "dead"
    assert state(database, who) == ("undeliverable", "dead")


BETWEEN = {
    "accepted a fortnight ago": ("14 days 1 second", "accepted", None, True),
    "accepted since": ("13 days 23:59", "accepted", None, False),
    "refused": ("20 days", "refused", None, False),
    "uncertain": ("20 days", "uncertain", None, False),
    "expired": ("20 days", "expired", None, False),
    "not sent": ("20 days", None, None, False),
    "blocked": ("20 days", "accepted", BLOCKED, False),
    "delayed": ("20 days", "accepted", ("delayed", "temporary", "4.4.1"),
                True),
    "delivered": ("20 days", "accepted", ("delivered", "unknown", "2.0.0"),
                  True),
}


@pytest.mark.parametrize("what", BETWEEN)
def test_a_success_resets(database, what):
    """Dead, something, dead: is that once or twice?"""
    age, result, verdict, success = BETWEEN[what]
    who, other = reader(database), reader(database)
    first = mailing(database, [who], "40 days")
    between = mailing(database, [who], age, result=result)
    # That of somebody else says nothing.
    mailing(database, [other], "25 days")
    last = mailing(database, [who], "1 day")
    assert say(database, who, first, HARD) == "counted"
    if verdict:
        say(database, who, between, verdict)
    assert say(database, who, last, HARD) == ("counted" if success else "dead")
    assert streak(database, who) == (1, 1) if success \
        else state(database, who)[0] == "undeliverable"


def test_an_older_issue_after_a_success(database):
    """A late report of an issue before the one that arrived: nothing adds up,
    and that it comes late does not undo the success."""
    who = reader(database)
    old = mailing(database, [who], "40 days")
    mailing(database, [who], "20 days")
    assert say(database, who, old, HARD) == "counted"
    assert streak(database, who) == (0, 0)
    new = mailing(database, [who], "1 day")
    assert say(database, who, new, HARD) == "counted"
    assert streak(database, who) == (1, 1)


@pytest.mark.parametrize("reason", ["full", "inactive", "temporary",
                                    "unknown"])
def test_five_issues_in_a_row(database, reason):
    who = reader(database)
    said = []
    for n in range(5):
        m = mailing(database, [who], f"{60 - 14 * n} days")
        said.append(say(database, who, m, ("soft", reason, "4.2.2")))
        assert say(database, who, m, ("soft", reason, "4.2.2")) == "none"
        assert streak(database, who)[0] == n + 1
        assert (state(database, who)[0] == "active") == (n < 4)
    assert said == ["counted"] * 4 + ["dead"]
    assert state(database, who) == ("undeliverable", "4.2.2")


def test_a_success_among_five(database):
    who = reader(database)
    for n in range(6):
        m = mailing(database, [who], f"{78 - 14 * n} days")
        if n != 2:
            assert say(database, who, m, FULL) == "counted"
    assert streak(database, who) == (3, 0)


@pytest.mark.parametrize("apart,dead", [("70 days 1 second", True),
                                        ("69 days 23:59", False)])
def test_ten_weeks_of_nothing_but_failure(database, apart, dead):
    who = reader(database)
    first = mailing(database, [who], apart)
    last = mailing(database, [who], "0")
    assert say(database, who, first, FULL) == "counted"
    assert say(database, who, last, FULL) == ("dead" if dead else "counted")
    assert (state(database, who)[0] == "undeliverable") == dead


def test_dead_and_full_together(database):
    """What fails otherwise in between is no success either."""
    who = reader(database)
    said = [say(database, who, mailing(database, [who], f"{age} days"), v)
            for age, v in ((40, HARD), (26, FULL), (12, HARD))]
    assert said == ["counted", "counted", "dead"]


def test_one_issue_with_several_verdicts(database):
    who = reader(database)
    one = mailing(database, [who], "15 days")
    assert say(database, who, one, FULL) == "counted"
    assert streak(database, who) == (1, 0)
    assert say(database, who, one, HARD) == "counted"
    assert streak(database, who) == (1, 1)
    assert say(database, who, one, FULL) == "none"
    assert say(database, who, mailing(database, [who]), HARD) == "dead"


def test_before_they_became_active_again(database):
    who = reader(database, since="10 days")
    for age in "30 days", "11 days", "10 days 1 second":
        m = mailing(database, [who], age)
        assert say(database, who, m, HARD) == "none"
        assert say(database, who, m, FULL) == "none"
    assert streak(database, who) == (0, 0)
    assert say(database, who, mailing(database, [who], "9 days 23:59:59"),
               HARD) == "counted"


def test_before_they_moved(database):
    who = reader(database)
    old = mailing(database, [who], "2 hours")
    new = mailing(database, [who], "58 minutes")
    database.rows(
        "insert into consent_event (address_hash, at, kind, way)"
        " select address_hash, now() - interval '1 hour', 'address', 'page'"
        " from subscriber where id = %s", who)
    assert say(database, who, old, HARD) == "none"
    assert say(database, who, new, HARD) == "counted"


def test_delays_and_deliveries(database):
    who = reader(database)
    for n in range(8):
        m = mailing(database, [who], f"{80 - 10 * n} days")
        for verdict in (("delayed", "temporary", "4.4.7"),
                        ("delivered", "unknown", "2.1.5")):
            assert say(database, who, m, verdict) == "none"
    assert state(database, who) == ("active", "")
    assert streak(database, who) == (0, 0)


@pytest.mark.parametrize("reason", ["blocked", "authentication", "too-large",
                                    "content"])
def test_what_is_about_us_marks_nobody(database, reason):
    who = reader(database)
    for n in range(8):
        m = mailing(database, [who], f"{85 - 12 * n} days")
        for source in "report", "smtp":
            assert say(database, who, m, ("soft", reason, "5.7.1"),
                       source) == "blocked"
    assert state(database, who) == ("active", "")
    assert streak(database, who) == (0, 0)


def test_the_relay_knows_at_once(database):
    for was in "active", "paused":
        who = reader(database, was)
        assert say(database, who, mailing(database, [who]), HARD,
                   "smtp") == "dead"
        assert state(database, who) == ("undeliverable", "5.1.1")
    for was in "pending", "unsubscribed", "blocked", "undeliverable":
        who = reader(database, was)
        m = mailing(database, [who])
        assert say(database, who, m, HARD, "smtp") == "none"
        assert say(database, who, m, HARD) == "none"
        assert state(database, who) == (was, "")


def test_single_mails(database):
    """A relay that refuses one is as good as of an issue; reports need two
    issues."""
    who = reader(database)
    for _ in range(6):
        m = mailing(database, [who], kind="system")
        assert say(database, who, m, HARD) == "none"
        assert say(database, who, m, FULL) == "none"
    assert say(database, who, m, HARD, "smtp") == "dead"


@pytest.mark.parametrize("kind", ["address", "address-changed"])
def test_a_mail_to_another_address(database, kind):
    """An address that somebody wants, or had, says nothing of theirs."""
    who = reader(database)
    m = mailing(database, [who], kind="system")
    database.rows(
        "insert into letter (kind, subscriber_id, language, mailing_id,"
        " written_at) values (%s, %s, 'nl', %s, now())", kind, who, m)
    assert say(database, who, m, HARD, "smtp") == "none"
    assert state(database, who) == ("active", "")


def lease_all(database, who, status, code, seconds="0"):
    """An issue at work, of which an attempt was put off with this."""
    m = mailing(database, who, result=None)
    database.rows("update mailing set state = 'sending', finished_at = null,"
                  " expires_at = now() + interval '1 minute' where id = %s", m)
    database.rows("update chunk set done_at = null, accepted = 0"
                  " where mailing_id = %s", m)
    assert len(database.rows(LEASE, role="tweeluik_send")) == len(who)
    database.rows(
        "select send_record(%s, 1, 'deferred', 'rcpt', %s, %s, 'not now',"
        " array(select generate_series(1, %s)))", m, code, status, len(who),
        role="tweeluik_send")
    return m


@pytest.mark.parametrize("status,effect", [
    ("4.2.2", "counted"), ("4.1.1", "counted"), ("4.7.1", "blocked"),
    ("4.3.1", None), ("4.4.1", None), ("", None)])
def test_put_off_until_the_end(database, status, effect):
    who = [reader(database), reader(database)]
    m = lease_all(database, who, status, 451)
    # Due after the end of the mailing: it has expired.
    database.rows("select send_finish(%s, 1, 't:1', '1 hour', false, '{}',"
                  " null)", m, role="tweeluik_send")
    assert database.one("select expired from ledger where mailing_id = %s",
                        m) == 2
    assert database.one("select balanced from ledger where mailing_id = %s", m)
    assert [(b["class"], b["effect"], b["source"]) for b in database.rows(
        "select * from bounce")] == ([("soft", effect, "smtp")] * 2
                                     if effect else [])


def test_a_refusal_counts_once(database):
    who = [reader(database), reader(database), reader(database)]
    m = mailing(database, who, result=None)
    for seq, status in (1, "5.1.1"), (2, "5.2.2"):
        for _ in range(3):
            database.rows(
                "select send_record(%s, 1, 'refused', 'rcpt', 550, %s,"
                " 'no <user>', array[%s])", m, status, seq,
                role="tweeluik_send")
            database.rows("select bounce_refused(%s, array[%s], %s)", m, seq,
                          status == "5.1.1", role="tweeluik_send")
    assert [(b["class"], b["reason"], b["status"], b["effect"],
             b["diagnostic"]) for b in database.rows(
                 "select * from bounce order by id")] == [
        ("hard", "dead", "5.1.1", "dead", "550 no <user>"),
        ("soft", "full", "5.2.2", "counted", "550 no <user>")]
    assert [state(database, w)[0] for w in who] == ["undeliverable", "active",
                                                    "active"]


def conditions(database, moment=None):
    return [(r["key"], r["issue_id"], r["text"]) for r in database.rows(
        "select * from alarm_conditions(coalesce(%s, now()), '')"
        " where key = 'blocked'", moment, role="tweeluik_schedule")]


@pytest.mark.parametrize("planned,blocked,alarm", [
    (1000, 2, False), (1000, 3, True), (4, 2, False), (4, 3, True)])
def test_blocked_mail_is_an_alarm(database, planned, blocked, alarm):
    who = [reader(database) for _ in range(4)]
    m = mailing(database, who, planned=planned)
    for w in who[:blocked]:
        for _ in range(3):
            say(database, w, m, BLOCKED)
    issue = database.one("select issue_id from mailing where id = %s", m)
    assert conditions(database) == (
        [("blocked", issue, f"blocked 5.7.1: {blocked}")] if alarm else [])
    later = datetime.datetime.now(datetime.timezone.utc)
    assert bool(conditions(database, later + datetime.timedelta(
        days=2, hours=23))) == alarm
    assert not conditions(database, later + datetime.timedelta(days=3))


def test_blocked_for_different_reasons(database):
    who = [reader(database) for _ in range(6)]
    one = mailing(database, who, planned=1000)
    two = mailing(database, who, planned=1000)
    for w in who[:2]:
        say(database, w, one, BLOCKED)
        say(database, w, one, ("soft", "authentication", "5.7.26"))
        say(database, w, two, BLOCKED)
        say(database, w, two, FULL)
    assert conditions(database) == []
    say(database, who[2], one, ("soft", "authentication", "5.7.26"))
    (_, _, text), = conditions(database)
    assert text == "authentication 5.7.26: 3"
    say(database, who[3], one, ("soft", "blocked", "5.7.0"))
    (_, _, text), = conditions(database)
    assert text == "authentication 5.7.26: 3, blocked 5.7.1: 3"
    assert "@" not in text


def test_a_delivery_is_found(database):
    """By the ends of chunks: of one edition, of several, and of newcomers."""
    nl, en = message(database), message(database, "en")
    m = database.one("insert into mailing (kind, expires_at) values ('test',"
                     " now()) returning id")
    people = [(nl, n) for n in range(2, 100, 2)] \
        + [(en, n) for n in range(1, 100, 2)] + [(nl, 200), (nl, 1000)] \
        + [(en, 150), (en, 999)]
    for seq, (letter, who) in enumerate(people, 1):
        database.rows("insert into delivery values (%s, %s, %s, %s)", m, seq,
                      letter, who)
    ends = [(1, 20), (21, 60), (61, 99), (100, 101), (102, 103)]
    for no, (first, last) in enumerate(ends, 1):
        database.rows("insert into chunk (mailing_id, no, first_seq, last_seq)"
                      " values (%s, %s, %s, %s)", m, no, first, last)
    # Once more, as for those who were put off.
    database.rows("insert into chunk (mailing_id, no, attempt, first_seq,"
                  " last_seq, seqs) values (%s, 6, 2, 3, 103, '{3,103}')", m)
    for seq, (_, who) in enumerate(people, 1):
        assert database.one("select seq from delivery_of(%s, %s)", m,
                            who) == seq
    for who in 0, 101, 151, 201, 1001:
        assert database.rows("select seq from delivery_of(%s, %s)", m, who) == []


def test_reactivate_and_suppress(database):
    who = reader(database)
    assert not database.one("select subscriber_reactivate(%s, 'why', 'me')",
                            who)
    for m in mailing(database, [who], "15 days"), mailing(database, [who]):
        say(database, who, m, HARD)
    assert database.one("select subscriber_reactivate(%s, 'phoned', 'me')",
                        who)
    assert state(database, who) == ("active", "")
    assert streak(database, who) == (0, 0)
    assert say(database, who, m, HARD) == "none"
    assert database.one("select subscriber_suppress(%s, 'left the job', 'me')",
                        who)
    assert state(database, who) == ("undeliverable", "by-hand")
    assert not database.one("select subscriber_suppress(%s, 'x', 'me')", who)
    assert [(e["kind"], e["way"], e["basis"]) for e in database.rows(
        "select * from consent_event order by id")] == [
        ("undeliverable", "bounce", "5.1.1"),
        ("reactivated", "command", "phoned"),
        ("undeliverable", "command", "left the job")]
    # Whoever must not be mailed is not brought back.
    database.rows("insert into suppression (address_hash, reason) select"
                  " address_hash, 'complaint' from subscriber where id = %s",
                  who)
    assert not database.one("select subscriber_reactivate(%s, 'x', 'me')", who)


def came_back(database, who, age, raw=True, hashed=None):
    return database.one(
        "insert into returned (mailbox, key, digest, kind, subscriber_id, at,"
        " raw_sealed, from_sealed, subject_sealed, from_hash, state) values"
        " ('m', %s, sha256(random()::text::bytea), 'report', %s,"
        " now() - %s::interval, %s, %s, %s, %s, 'handled') returning id",
        str(next(numbers)), who, age, *(b"sealed" if raw else None,) * 3,
        hashed)


def test_what_is_kept_how_long(database):
    who = reader(database)
    for age in ("6 days 23:59:59", "7 days", "89 days 23:59:59", "90 days"):
        came_back(database, who, age)
    came_back(database, who, "8 days", raw=False)
    m = mailing(database, [who])
    for age in "89 days 23:59:59", "90 days":
        say(database, who, m, FULL)
        database.rows("update bounce set at = now() - %s::interval where id ="
                      " (select max(id) from bounce)", age)
    gone = {r["kind"]: r["n"] for r in database.rows(
        "select * from retention(now())") if r["n"]}
    assert gone == {"raw": 3, "returned": 1, "bounces": 1}
    assert database.one("select count(*) from returned"
                        " where raw_sealed is not null") == 1
    assert database.one(
        "select count(*) from returned where num_nonnulls(raw_sealed,"
        " from_sealed, subject_sealed) not in (0, 3)") == 0
    assert database.one("select count(*) from returned") == 4
    assert not [r for r in database.rows("select * from retention(now())")
                if r["n"]]


def passed_on(database, age, state="done"):
    n = came_back(database, None, "0")
    database.rows("select returned_forwarded(%s, sha256(random()::text"
                  "::bytea), 'sealed', '', 'to')", n, role="tweeluik_mailbox")
    m = database.one("select max(id) from mailing")
    database.rows("insert into outcome (mailing_id, seq, attempt, result)"
                  " values (%s, 1, 1, 'accepted')", m)
    database.rows("update mailing set state = %s, finished_at = now()"
                  " - %s::interval where id = %s", state, age, m)


def test_what_was_passed_on_goes_after_a_week(database):
    passed_on(database, "7 days")
    passed_on(database, "7 days", "sending")
    passed_on(database, "6 days 23:59:59")
    ordinary = mailing(database, [], "8 days", kind="system")
    gone = {r["kind"]: r["n"] for r in database.rows(
        "select * from retention(now())") if r["n"]}
    assert gone.pop("copies", 1) == 1
    assert gone == {"forwards": 1}
    assert database.one("select count(*) from message where sealed") == 2
    assert database.one("select count(*) from delivery") == 2
    assert database.one("select count(*) from outcome") == 2
    assert database.one("select count(*) from mailing") == 3
    assert database.one("select state from mailing where id = %s",
                        ordinary) == "done"


def test_erased_with_the_reader(database):
    who, other = reader(database), reader(database)
    h = database.one("select address_hash from subscriber where id = %s", who)
    came_back(database, who, "1 day")
    came_back(database, None, "1 day", hashed=bytes(h))
    came_back(database, other, "1 day")
    m = mailing(database, [who, other])
    for w in who, other:
        say(database, w, m, FULL)
    removed = database.one("select subscriber_erase(%s, 'command')", who)
    assert removed["returned"] == 2
    assert [r["subscriber_id"] for r in database.rows(
        "select subscriber_id from returned")] == [other]
    assert [r["subscriber_id"] for r in database.rows(
        "select subscriber_id from bounce")] == [other]


def test_who_reads_mail_sees_no_list(database):
    """The role that strangers talk to has functions only."""
    for table in ("subscriber", "returned", "bounce", "message", "delivery",
                  "suppression", "consent_event", "letter"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            database.rows(f"select from {table}", role="tweeluik_mailbox")
    for call in ("bounce_add(null, 1, 1, '', '', true, '', '', '', '')",
                 "subscriber_undeliverable(1, '')", "subscriber_leave(1, '')",
                 "subscriber_suppress(1, '', '')", "web_unsubscribe(1, '', 1)"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            database.rows(f"select {call}", role="tweeluik_mailbox")
    for role in "tweeluik_schedule", "tweeluik_send", "tweeluik_web":
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            database.rows("select * from returned_forward_next()", role=role)
