"""What is kept how long, to the second."""

import pytest
from newsletter import LEASE, approve, ok, plan, readers, send_now, \
    settled_soon
from smtpd import CatchingServer

NOW = "2027-06-15 12:00+00"


def run(database, moment=NOW, batch=5000):
    """What went, by kind."""
    return {r["kind"]: r["n"] for r in database.rows(
        "select * from retention(%s, %s)", moment, batch) if r["n"]}


def reader(database, n, state="active", age="0", since="0"):
    """In a state for so long before NOW; created so long before."""
    return database.one(
        "insert into subscriber (address_hash, address_sealed, language,"
        " language_from, state, state_at, created_at) values"
        " (sha256(%s::text::bytea), 'sealed', 'nl', 'import', %s,"
        " timestamptz %s - %s::interval, timestamptz %s - %s::interval)"
        " returning id", str(n), state, NOW, age, NOW, since)


def event(database, n, kind, age):
    database.rows(
        "insert into consent_event (address_hash, at, kind, way) values"
        " (sha256(%s::text::bytea), timestamptz %s - %s::interval, %s, 'x')",
        str(n), NOW, age, kind)


def mailing(database, kind, age, state="done", recipients=1, message=None):
    """Over for so long, each accepted."""
    if message is None:
        message = database.one(
            "insert into message (digest, kind, edition, subject, bytes,"
            " slots, created_at) values (sha256(random()::text::bytea), %s,"
            " 'nl', 's', 'x', '', timestamptz %s - %s::interval)"
            " returning id", kind, NOW, age)
    m = database.one(
        "insert into mailing (kind, state, planned, expires_at, finished_at)"
        " values (%s, %s, %s, now(), timestamptz %s - %s::interval)"
        " returning id", kind, state, recipients, NOW, age)
    database.rows(
        "insert into delivery select %s, n, %s, null,"
        " case when %s <> 'issue' then 'sealed'::bytea end"
        " from generate_series(1, %s) n", m, message, kind, recipients)
    database.rows(
        "insert into outcome (mailing_id, seq, attempt, result, code, status,"
        " reply, stage) select %s, n, 1, 'accepted', 250, '2.0.0', 'queued',"
        " 'end-of-data' from generate_series(1, %s) n", m, recipients)
    database.rows(
        "insert into chunk (mailing_id, no, first_seq, last_seq, accepted,"
        " done_at) values (%s, 1, 1, %s, %s, now())", m, recipients,
        recipients)
    return m


def count(database, what):
    return database.one(f"select count(*) from {what}")


def test_pending_seven_days(database):
    reader(database, 1, "pending", "7 days", "7 days")
    reader(database, 2, "pending", "6 days 23:59:59", "6 days 23:59:59")
    event(database, 1, "subscribed", "7 days")
    event(database, 1, "unsubscribed", "1 year")
    event(database, 2, "subscribed", "6 days 23:59:59")
    assert run(database) == {"pending": 1}
    assert count(database, "subscriber") == 1
    # The proof of another time stays; nobody is on the list of who left.
    assert [e["kind"] for e in database.rows(
        "select kind from consent_event order by at")] == [
            "unsubscribed", "subscribed"]
    assert count(database, "suppression") == 0


def test_who_left_thirty_days(database):
    gone = reader(database, 1, "unsubscribed", "30 days")
    reader(database, 2, "unsubscribed", "29 days 23:59:59")
    reader(database, 3, "blocked", "30 days")
    reader(database, 4, "paused", "3 years")
    event(database, 1, "unsubscribed", "30 days")
    database.rows("select letter_add('farewell', %s, 'nl')", gone)
    assert run(database) == {"left": 2}
    assert count(database, "subscriber") == 2
    assert count(database, "letter") == 0
    assert count(database, "consent_event") == 1
    assert [r["reason"] for r in database.rows(
        "select reason from suppression order by reason")] == [
            "blocked", "unsubscribed"]


def test_proof_two_years_after_leaving(database):
    for n, age in (1, "2 years"), (2, "1 year 364 days"):
        event(database, n, "imported", "9 years")
        event(database, n, "unsubscribed", age)
    reader(database, 3)
    event(database, 3, "imported", "9 years")
    assert run(database) == {"proof": 2}
    assert count(database, "consent_event") == 3


def test_events_twelve_months(database):
    reader(database, 1)
    for kind in ("language", "paused", "resumed", "undeliverable",
                 "reactivated", "subscribed", "confirmed", "imported",
                 "undone"):
        event(database, 1, kind, "12 months")
        event(database, 1, kind, "11 months 29 days")
    assert run(database) == {"events": 5}
    assert count(database, "consent_event") == 13


def test_details_thirty_days(database):
    old = mailing(database, "issue", "30 days", recipients=12)
    mailing(database, "issue", "29 days 23:59:59", recipients=3)
    assert run(database, batch=5) == {"details": 12}
    assert database.rows(
        "select mailing_id, count(*) from outcome where code is null"
        " and reply is null and status is null group by 1") == [
            {"mailing_id": old, "count": 12}]
    assert count(database, "ledger_audit where balanced and accepted > 0") == 2
    assert run(database) == {}


def balanced(database):
    rows = database.rows("select mailing_id, planned, accepted, refused,"
                         " expired, suppressed, uncertain, waiting, balanced"
                         " from ledger order by 1")
    assert rows == database.rows(
        "select mailing_id, planned, accepted::int, refused::int,"
        " expired::int, suppressed::int, uncertain::int, waiting::int,"
        " balanced from ledger_audit order by 1")
    assert all(r["balanced"] for r in rows)
    return rows


def test_deliveries_ninety_days(database):
    old = mailing(database, "issue", "90 days", recipients=12)
    mailing(database, "issue", "89 days 23:59:59", recipients=3)
    before = balanced(database)
    assert run(database, batch=5) == {"details": 15, "deliveries": 12}
    assert count(database, "delivery") == count(database, "outcome") == 3
    assert balanced(database) == before
    # Half of it: the numbers stay what they are.
    database.rows("update mailing set trimmed_to = 0 where id <> %s", old)
    database.rows("select retention_batch('deliveries', %s, 2)", "2028-01-01")
    assert count(database, "delivery") == 1
    assert balanced(database) == before


def test_a_stopped_sending_of_long_ago(database):
    """Who was left in it gets nothing any more, and is counted as expired."""
    m = mailing(database, "issue", "90 days", "stopped", recipients=10)
    database.rows("delete from outcome where mailing_id = %s and seq > 4", m)
    database.rows("update chunk set done_at = null, accepted = 0")
    assert balanced(database)[0]["waiting"] == 6
    run(database)
    row, = balanced(database)
    assert (row["accepted"], row["expired"], row["waiting"]) == (4, 6, 0)
    assert count(database, "outcome") == 0


def test_single_mails_and_their_words(database):
    for kind in "test", "system":
        mailing(database, kind, "30 days")
        mailing(database, kind, "29 days 23:59:59")
    used = database.one("select max(id) from message")
    database.rows("update message set created_at = '2020-01-01'"
                  " where id = %s", used)
    assert run(database) == {"copies": 4, "mails": 2, "messages": 2}
    assert count(database, "mailing") == count(database, "delivery") == 2
    assert count(database, "chunk") == count(database, "outcome") == 2
    assert used in {r["id"] for r in database.rows("select id from message")}


def test_sealed_copies_seven_days(database):
    mailing(database, "system", "7 days")
    mailing(database, "system", "6 days 23:59:59")
    mailing(database, "system", "8 days", "sending")
    assert run(database) == {"copies": 1}
    assert count(database, "delivery where address_sealed is not null") == 2


def test_letters_activity_pace(database):
    one = reader(database, 1)
    house = database.one("insert into organisation (name) values ('Huis')"
                         " returning id")
    for age in "30 days", "29 days 23:59:59":
        database.rows("insert into letter (kind, subscriber_id, language, at)"
                      " values ('details', %s, 'nl', timestamptz %s"
                      " - %s::interval)", one, NOW, age)
        database.rows("insert into pace (host, domain_hash, domain_sealed,"
                      " concurrency, changed_at) values (%s, 'h', 's', 1,"
                      " timestamptz %s - %s::interval)", age, NOW, age)
    # An organisation may take its time.
    for age in "60 days", "59 days 23:59:59":
        database.rows("insert into letter (kind, organisation_id, language,"
                      " at) values ('check', %s, 'nl', timestamptz %s"
                      " - %s::interval)", house, NOW, age)
    for age in "12 months", "11 months 29 days":
        database.rows("insert into activity (at, actor, subject, action)"
                      " values (timestamptz %s - %s::interval, 'a', 'b',"
                      " 'c')", NOW, age)
    assert run(database) == {"letters": 2, "activity": 1, "pace": 1}
    assert {r["kind"]: r["n"] for r in database.rows(
        "select kind, count(*) as n from letter group by 1")} == {
            "details": 1, "check": 1}
    assert database.one("select host from pace") == "29 days 23:59:59"


def test_where_a_letter_went_seven_days(database):
    """After it was written, that is: until then it is needed."""
    one = reader(database, 1)
    for age in "7 days", "6 days 23:59:59", None:
        database.rows("insert into letter (kind, subscriber_id, language, at,"
                      " address_sealed, written_at) values ('address', %s,"
                      " 'nl', timestamptz %s - interval '8 days', 'sealed',"
                      " timestamptz %s - %s::interval)", one, NOW, NOW, age)
    run(database)
    assert [r["kept"] for r in database.rows(
        "select address_sealed is not null as kept from letter"
        " order by id")] == [False, True, True]


def test_a_wish_for_another_address_one_day(database):
    one = reader(database, 1)
    for age in "1 day", "23:59:59":
        database.rows("insert into address_wish (subscriber_id, address_hash,"
                      " address_sealed, at) values (%s, sha256(%s), 'sealed',"
                      " timestamptz %s - %s::interval)", one, age.encode(),
                      NOW, age)
    run(database)
    assert database.one("select address_hash = sha256('23:59:59')"
                        " from address_wish")


def test_a_message_about_to_be_used_is_not_taken(database):
    """It was stored long ago; now somebody writes a mail with it."""
    m = mailing(database, "system", "40 days")
    message = database.one("select message_id from delivery")
    writer = database.connect(autocommit=False)
    cur = writer.cursor()
    cur.execute("insert into message (digest, kind, edition, subject, bytes,"
                " slots) select digest, kind, edition, subject, bytes, slots"
                " from message where id = %s on conflict do nothing",
                (message,))
    cur.execute("select mailing_recipient(mailing_for('system', null,"
                " '1 day'), %s, null, 'sealed')", (message,))
    taker = database.connect(autocommit=False)
    take = taker.cursor()
    take.execute("set lock_timeout = '300ms'")
    with pytest.raises(Exception, match="lock timeout"):
        take.execute("select retention_batch('messages', %s, 10)", (NOW,))
    taker.rollback()
    writer.commit()
    run(database)
    assert database.one("select count(*) from message where id = %s",
                        message) == 1
    assert m not in {r["id"] for r in database.rows(
        "select id from mailing")}
    writer.close()
    taker.close()


def rounds(database, moment, batch=5000):
    """Until nothing is due; what each said."""
    said = []
    while True:
        rows = database.rows("select * from retention_round(%s, %s)", moment,
                             batch)
        if not rows:
            return said
        said += rows


def test_once_a_day_from_three_oclock_on(database):
    """Amsterdam's three o'clock; in summer that is one o'clock in UTC."""
    for n in range(12):
        reader(database, n, "pending", "8 days", "8 days")
    said = rounds(database, NOW, 5)
    assert [r["done"] for r in said[:-1]] == [False] * (len(said) - 1)
    assert said[-1] == {"done": True, "counts": "12 pending"}
    assert rounds(database, NOW) == []
    assert rounds(database, "2027-06-16 00:59:59+00") == []
    assert rounds(database, "2027-06-16 01:00:00+00")[-1]["done"]
    assert database.rows("select detail from activity where subject ="
                         " 'retention'") == [{"detail": "12 pending"}]
    # Nobody was there for a week: it is done as soon as somebody is.
    assert rounds(database, "2027-06-23 16:00+00")[-1]["done"]


def test_the_role_does_it(site):
    site.db.rows(
        "insert into subscriber (address_hash, address_sealed, language,"
        " language_from, state, state_at) values (sha256('x'), 'x', 'nl',"
        " 'import', 'unsubscribed', now() - interval '31 days')")
    assert 'removed="1 left"' in site.once("schedule").stderr
    assert count(site.db, "subscriber") == 0
    assert count(site.db, "suppression") == 1


def test_an_issue_of_long_ago(site):
    """It stays what it was, and is not sent to anybody once more."""
    plan(site)
    readers(site, 9)
    name = approve(site)
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        send_now(site, name)
        site.start_daemon()
        before = settled_soon(site)
        site.stop_daemon()
    site.db.rows("select * from retention(now() + interval '91 days')")
    row, = site.db.rows("select * from ledger where kind = 'issue'")
    assert row == before and count(site.db, "delivery") == 0
    ok(site, "db", "check")
    ok(site, "issue", "report", name)
    done = site.tweeluik("issue", "send", name, "--missing", "--newcomers",
                         "--confirm", name)
    assert done.returncode != 0
    assert site.db.rows(LEASE) == []
    assert site.tweeluik("why", "lezer1@lezers.example", name).returncode == 0


def test_a_reader_of_many(database):
    """Batches: a hundred thousand in steps that each take little."""
    database.rows(
        "insert into subscriber (address_hash, address_sealed, language,"
        " language_from, state, state_at, created_at)"
        " select sha256(n::text::bytea), 'x', 'nl', 'import', 'unsubscribed',"
        " '2020-01-01', '2020-01-01' from generate_series(1, 30000) n")
    said = rounds(database, NOW, 5000)
    assert said[-1]["counts"] == "30000 left"
    assert sum(not r["done"] for r in said) >= 6
