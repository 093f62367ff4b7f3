"""The calendar in PostgreSQL against Python's zoneinfo and dateutil."""
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from dateutil import easter

ZONES = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe",
         "Pacific/Auckland", "Asia/Kolkata", "UTC"]
TIMES = [time(10), time(2, 30), time(1, 45), time(0), time(23, 59)]


@pytest.fixture
def cur(database):
    conn = database.connect()
    yield conn.cursor()
    conn.close()


def rule(cur, first="2026-11-26", at="10:00", zone="Europe/Amsterdam",
         days=14):
    cur.execute("select schedule_set('t', %s, %s, %s, %s, null, null, null)",
                (first, at, zone, days))


def moments(cur, start, n):
    cur.execute("select occurrence, send_at, local_iso, skipped, moved, note"
                " from schedule_moments(%s, %s)", (start, n))
    return cur.fetchall()


@pytest.mark.parametrize("zone", ZONES)
def test_moments_equal_zoneinfo_every_day_for_six_years(cur, zone):
    days = (date(2032, 1, 1) - date(2026, 1, 1)).days
    for at in TIMES:
        rule(cur, "2026-01-01", at, zone, 1)
        got = moments(cur, "2026-01-01", days)
        for k, (day, sent, iso, *_) in enumerate(got):
            local = datetime.combine(date(2026, 1, 1) + timedelta(k), at,
                                     ZoneInfo(zone))
            want = local.astimezone(timezone.utc)
            assert (day, sent) == (local.date(), want), (zone, local)
            assert datetime.fromisoformat(iso) == want
        assert len(got) == days


def test_gap_and_overlap(cur):
    rule(cur, "2026-10-25", "02:30", days=154)
    got = [m[2] for m in moments(cur, "2026-10-25", 2)]
    assert got == ["2026-10-25T02:30:00+02:00", "2027-03-28T03:30:00+02:00"]


def test_fortnight_keeps_its_phase_in_the_year_of_53_weeks(cur):
    rule(cur)
    got = moments(cur, "2026-12-01", 60)
    assert [m[0] for m in got] == [
        date(2026, 12, 10) + timedelta(14 * k) for k in range(60)]
    assert [m[0].isocalendar().week for m in got[:4]] == [50, 52, 1, 3]
    assert {m[2][11:19] for m in got} == {"10:00:00"}
    by_day = {m[0]: m[2] for m in got}
    assert by_day[date(2027, 3, 18)].endswith("+01:00")
    assert by_day[date(2027, 4, 1)].endswith("+02:00")


def test_series_starts_at_its_first_date(cur):
    assert moments(cur, "2026-01-01", 3) == []
    rule(cur)
    for start, first in [("2020-01-01", date(2026, 11, 26)),
                         ("2026-11-26", date(2026, 11, 26)),
                         ("2026-11-27", date(2026, 12, 10))]:
        assert moments(cur, start, 1)[0][0] == first


def test_exceptions_breaks_and_holidays(cur):
    rule(cur)
    cur.execute("insert into schedule_exception values"
                " ('2026-12-24', 'move', '2026-12-23 09:00Z', ''),"
                " ('2027-01-07', 'skip', null, ''),"
                " ('2027-07-22', 'move', '2027-07-23 08:00Z', '')")
    cur.execute("insert into schedule_break (first_day, last_day, name)"
                " values ('2027-07-15', '2027-08-23', 'zomerpauze')")
    got = {m[0].isoformat(): m[2:] for m in moments(cur, "2026-12-01", 30)}
    assert got["2026-12-10"] == ("2026-12-10T10:00:00+01:00", False, False,
                                 "")
    assert got["2026-12-24"] == ("2026-12-23T10:00:00+01:00", False, True, "")
    assert got["2027-01-07"][1:] == (True, False, "")
    assert got["2027-07-22"][:3] == ("2027-07-23T10:00:00+02:00", False,
                                     True)
    assert got["2027-08-05"][1:] == (True, False, "zomerpauze")
    assert got["2027-09-02"][1] is False
    cur.execute("delete from schedule_exception")
    got = {m[0].isoformat(): m[5] for m in moments(cur, "2026-12-01", 30)}
    assert got["2026-12-24"] == "kerstavond"
    cur.execute("select note from schedule_moments('2026-12-24', 1, 'en')")
    assert cur.fetchone() == ("Christmas Eve",)


def test_easter(cur):
    cur.execute("select y, easter(y) from generate_series(1900, 2299) y")
    for year, day in cur.fetchall():
        assert day == easter.easter(year)


@pytest.mark.parametrize("day, name", [
    ("2026-01-01", "nieuwjaarsdag"), ("2026-01-02",
                                      "gelijkgesteld met een feestdag"),
    ("2026-04-03", "Goede Vrijdag"), ("2026-04-06", "tweede paasdag"),
    ("2026-04-27", "Koningsdag"), ("2025-04-26", "Koningsdag"),
    ("2025-04-27", ""), ("2026-05-05", "Bevrijdingsdag"),
    ("2026-05-14", "Hemelvaartsdag"), ("2026-05-25", "tweede pinksterdag"),
    ("2027-05-06", "Hemelvaartsdag"), ("2026-12-26", "tweede kerstdag"),
    ("2026-12-31", "oudjaarsdag"), ("2026-12-30", "")])
def test_holidays(cur, day, name):
    cur.execute("select dutch_holiday(%s)", (day,))
    assert cur.fetchone() == (name,)


def test_deadlines_count_working_days(cur):
    rule(cur)
    cur.execute("insert into issue (planned_at, created_at) values"
                " ('2026-12-10 09:00Z', '2026-11-26'),"
                " ('2027-01-07 09:00Z', '2026-12-24') returning id")
    wanted = [
        ["2026-12-04T09:00", "2026-12-07T17:00", "2026-12-08T17:00",
         "2026-12-09T12:00", "2026-12-09T17:00", "2026-12-10T09:00"],
        # 1 January is no working day, 31 December is one.
        ["2026-12-31T09:00", "2027-01-04T17:00", "2027-01-05T17:00",
         "2027-01-06T12:00", "2027-01-06T17:00", "2027-01-07T09:00"]]
    for (issue,), want in zip(cur.fetchall(), wanted):
        cur.execute("select rfc3339(reminder), rfc3339(copy),"
                    " rfc3339(translation), rfc3339(approval_request),"
                    " rfc3339(approval), rfc3339(last_call)"
                    " from issue_deadlines(%s)", (issue,))
        assert list(cur.fetchone()) == [w + ":00+01:00" for w in want]


def test_an_unknown_zone_is_refused(cur):
    with pytest.raises(Exception, match="Mars/Olympus"):
        rule(cur, zone="Mars/Olympus")
