"""What the database itself decides, whoever asks."""
import re
from pathlib import Path

import psycopg2
import pytest
from own import mailing, message

SQL = Path(__file__).resolve().parents[2] / "sql"


def query(file, name):
    """A named query of the programs, with its parameters by number."""
    text = (SQL / "queries" / file).read_text()
    body = re.search(rf"^-- name: {name}\n(.*?)(?=^-- name:|\Z)", text,
                     re.M | re.S)[1]
    return re.sub(r"\$(\d)", r"%(p\1)s", body)


def ask(database, file, name, *values, role="postgres"):
    conn = database.connect(role)
    try:
        with conn.cursor() as cur:
            cur.execute(query(file, name), {
                f"p{n}": v for n, v in enumerate(values, 1)})
            return cur.fetchall()
    finally:
        conn.close()


def reader(database, name="a", state="active"):
    return database.one(
        "insert into subscriber (address_hash, address_sealed, language,"
        " language_from, state) values (sha256(%s::text::bytea), %s::bytea,"
        " 'nl', 'chosen', %s) returning id", name, f"sealed {name}", state)


def single(database, who, sealed=None):
    """A mail to one person that is due."""
    number = database.one("select mailing_for('system', null, '1 day')")
    database.rows("select mailing_recipient(%s, %s, %s, %s::bytea)", number,
                  message(database, "system"), who, sealed)
    return number


def issue(database, *readers, state="stopped"):
    """An issue whose sending was begun, with a delivery each."""
    number = database.one(
        "insert into issue (series, planned_at, state, number, year) values"
        " ('regular', now(), 'sent', 1, 2026) returning id")
    m = mailing(database, readers, issue=number)
    database.rows("update mailing set state = %s where id = %s", state, m)
    return number, m


def state(database, who):
    return database.one("select state from subscriber where id = %s", who)


def dead(database, mailing):
    """The relay says that the address of the first delivery is."""
    database.rows("insert into outcome (mailing_id, seq, attempt, result,"
                  " stage, code, status) values (%s, 1, 1, 'refused', 'rcpt',"
                  " 550, '5.1.1')", mailing)
    ask(database, "send.sql", "send_refused", mailing, "{1}", True,
        role="tweeluik_send")


def denied(database, role, sql):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.rows(sql, role=role)


def test_no_function_of_the_owner_looks_at_tables_of_others_first(database):
    """Whose search path does not end in pg_temp can be fed a table."""
    paths = database.rows(
        "select proname::text, proconfig from pg_proc where prosecdef"
        " and pronamespace = 'tweeluik'::regnamespace")
    assert len(paths) > 30
    for f in paths:
        assert f["proconfig"] and (
            "search_path=tweeluik, pg_temp" in f["proconfig"]), f["proname"]


def test_only_the_command_line_makes_tables_of_its_own(database):
    # A copy of a database has not got its rights.
    conn = database.connect()
    conn.cursor().execute((SQL / "roles.sql").read_text())
    conn.close()
    sql = "create temporary table subscriber (id bigint)"
    for role in ("schedule", "send", "web"):
        denied(database, f"tweeluik_{role}", sql)
    database.rows(sql, role="tweeluik_composer")


def test_only_the_clock_says_what_is_old(database):
    for call in ("retention(now() + interval '3 years')",
                 "retention_round(now() + interval '3 years')",
                 "departures_apply('x', 0, '', '')", "departures_known()"):
        denied(database, "tweeluik_schedule", f"select {call}")
    assert database.rows("select * from retention_today()",
                         role="tweeluik_schedule")


def test_a_dead_address_is_the_readers_only_when_it_is(database):
    who = reader(database)
    elsewhere = single(database, who, "sealed b")
    dead(database, elsewhere)
    assert state(database, who) == "active"
    copy = single(database, who, "sealed a")
    dead(database, copy)
    assert state(database, who) == "undeliverable"


def test_an_issue_to_a_dead_address_is_the_readers(database):
    who = reader(database)
    _, m = issue(database, who, state="sending")
    dead(database, m)
    assert state(database, who) == "undeliverable"


def test_who_was_erased_while_it_stood_still_is_not_waited_for(database):
    gone, stays = reader(database, "a"), reader(database, "b")
    number, m = issue(database, gone, stays)
    database.rows("select subscriber_erase(%s, 'command')", gone)
    assert database.one("select count(*) from issue_missing(%s)",
                        number) == 2
    assert database.one("select issue_send_missing(%s, 'x', 500, '1 day',"
                        " false, false)", number) == 1
    assert database.one("select waiting from ledger where mailing_id = %s",
                        m) == 2
    rows = database.rows("select seq, deliverable from send_lease('w', 60, 9,"
                         " '', null, false) order by seq",
                         role="tweeluik_send")
    assert rows == [{"seq": 1, "deliverable": False},
                    {"seq": 2, "deliverable": True}]


@pytest.mark.parametrize("reason,mailed", [
    ("unsubscribed", True), ("complaint", False), ("blocked", False)])
def test_who_complained_gets_no_mail_of_any_kind(database, reason, mailed):
    who = reader(database, state="unsubscribed")
    database.rows("insert into suppression (address_hash, reason)"
                  " select address_hash, %s from subscriber", reason)
    single(database, who, "sealed a")
    row, = database.rows("select deliverable, address_sealed is not null as a"
                         " from send_lease('w', 60, 9, '', null, false)",
                         role="tweeluik_send")
    assert row == {"deliverable": mailed, "a": mailed}


def test_a_pause_ends_with_the_subscription(database):
    who = reader(database, state="paused")
    database.rows("update subscriber set paused_until = current_date + 30")
    database.rows("select subscriber_leave(%s, 'page')", who)
    database.rows("select subscriber_return(%s, 'page')", who)
    assert database.rows("select state, paused_until, returned_at is not null"
                         " as back from subscriber") == [
        {"state": "active", "paused_until": None, "back": True}]


@pytest.mark.parametrize("age,used,kept", [
    ("6 days 23:59:59", False, True), ("7 days", False, False),
    ("1 day", True, False)])
def test_who_wants_to_come_back_is_waited_for(database, age, used, kept):
    who = reader(database, state="unsubscribed")
    database.rows("update subscriber set state_at = now() - interval '31 days'")
    database.rows("insert into letter (kind, subscriber_id, language, at,"
                  " used_at) values ('confirm', %s, 'nl', timestamptz"
                  " '2027-06-15' - %s::interval, case when %s then now() end)",
                  who, age, used)
    database.rows("select * from retention('2027-06-15')")
    assert database.one("select count(*) from subscriber") == kept


@pytest.mark.parametrize("kind,later,was", [
    ("imported", "confirmed", "pending"), ("imported", "paused", "active"),
    ("subscribed", "confirmed", "pending")])
def test_whoever_was_asked_was_no_reader_yet(database, kind, later, was):
    other = reader(database, "b")
    number, m = issue(database, other)
    who = reader(database)
    database.rows("update subscriber set created_at = now() - interval"
                  " '2 hours', state_at = now() where id = %s", who)
    database.rows("update mailing set created_at = now() - interval '1 hour'")
    for what, at in ((kind, "2 hours"), (later, "0 hours")):
        database.rows(
            "insert into consent_event (address_hash, at, kind, way) select"
            " address_hash, now() - %s::interval, %s, 'command'"
            " from subscriber where id = %s", at, what, who)
    row = ask(database, "operator.sql", "why_then", number, who)[0]
    assert row[0] == was
