"""What becomes of an issue when its moment comes, with a clock of our own."""
import select
import threading
from datetime import datetime, timedelta, timezone

import psycopg2
import pytest

OPENED = datetime(2026, 11, 26, 9, 0, tzinfo=timezone.utc)
T = datetime(2026, 12, 10, 9, 0, tzinfo=timezone.utc)  # Thursday 10.00
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FRIDAY = T + DAY  # the next working-day send time
MONDAY = T + 4 * DAY


class World:
    """A database as the schedule role sees it, and people who act on it."""

    def __init__(self, database):
        self.database = database
        self.people = database.connect().cursor()
        self.role = database.connect("tweeluik_schedule").cursor()
        self.do("select schedule_set('chief', '2026-11-26', '10:00',"
                " 'Europe/Amsterdam', 14, null, null, null)")

    def do(self, sql, *args):
        self.people.execute(sql, args)
        return self.people.fetchall() if self.people.description else None

    def round(self, at, hold=False):
        self.role.execute("select action, detail from"
                          " schedule_round(%s, 50, '120 hours', %s)",
                          (at, hold))
        return self.role.fetchall()

    def actions(self, at, **kw):
        return [r[0] for r in self.round(at, **kw)]

    def issue(self, occurrence="2026-12-10"):
        (row,) = self.do("select id from issue where occurrence = %s",
                         occurrence)
        return row[0]

    def state(self, occurrence="2026-12-10"):
        (row,) = self.do("select state, held_by, held_reason from issue"
                         " where occurrence = %s", occurrence)
        return row

    def item(self, ready_at=OPENED, issue=None):
        (row,) = self.do("insert into item (topic_id, issue_id, changed_by)"
                         " values (1, %s, 'a') returning id", issue)
        self.do("insert into item_text (item_id, lang, title, body, state,"
                " ready_at, changed_by) values (%s, 'nl', 'Kop', 'Tekst',"
                " 'ready', %s, 'a')", row[0], ready_at)
        return row[0]

    def content(self, occurrence="2026-12-10"):
        return [r[0] for r in self.do(
            "select item_id from issue_content(%s) order by n",
            self.issue(occurrence))]

    def approve(self, at, occurrence="2026-12-10"):
        i = self.issue(occurrence)
        self.do("insert into issue_item (issue_id, position, section,"
                " item_id) select %s, n, section, item_id"
                " from issue_content(%s)", i, i)
        self.do("update issue set state = 'approved', approved_at = %s,"
                " approved_by = 'chief', approved_revision = revision,"
                " year = 2026, number = id where id = %s", at, i)

    def subscribe(self, language="nl", state="active", until=None):
        (row,) = self.do(
            "insert into subscriber (address_hash, address_sealed, language,"
            " language_from, state, paused_until) select"
            " sha256(n::text::bytea), '\\x00', %s, 'chosen', %s, %s"
            " from (select count(*) as n from subscriber) x returning id",
            language, state, until)
        return row[0]


@pytest.fixture
def world(database):
    w = World(database)
    w.round(OPENED)
    return w


def test_one_issue_is_open_from_the_moment_the_last_is_past(world):
    assert world.state() == ("open", None, None)
    assert world.do("select lang from issue_text order by 1") == [
        ("en",), ("nl",)]
    assert world.actions(T - HOUR) == []
    assert world.actions(T) == ["opened", "skipped"]
    assert world.state("2026-12-24")[0] == "open"
    assert world.actions(T + HOUR) == []


def test_the_first_issue_is_the_date_to_come(world):
    assert world.do("select occurrence::text from issue") == [
        ("2026-12-10",)]


def test_skipped_dates_and_breaks_are_passed_over(world):
    world.do("insert into schedule_exception values"
             " ('2026-12-24', 'skip', null, '')")
    world.do("insert into schedule_break (first_day, last_day, name)"
             " values ('2027-01-05', '2027-01-10', 'rust')")
    world.round(T)
    assert world.state("2027-01-21")[0] == "open"


def test_an_approved_issue_is_frozen_once(world):
    item = world.item()
    world.subscribe()
    world.subscribe("both", "paused")
    world.approve(T - DAY)
    world.do("insert into message (digest, kind, edition, subject, bytes,"
             " slots) values (sha256('x'), 'issue', 'nl', '', '', '')")
    world.do("insert into edition select %s, 'nl', max(id), '', ''"
             " from message", world.issue())
    assert world.actions(T - timedelta(seconds=1)) == []
    assert world.round(T) == [("opened", "2026-12-24T10:00:00+01:00"),
                              ("sending", "1 recipients")]
    assert world.actions(T + HOUR) == []
    assert world.do("select planned from mailing") == [(1,)]
    assert world.do("select state from item where id = %s", item) == [
        ("sent",)]


@pytest.mark.parametrize("late, state", [
    (6 * HOUR, ("sent", None, None)),
    (6 * HOUR + timedelta(seconds=1), ("approved", "schedule", "missed"))])
def test_daemon_was_down(world, late, state):
    world.item()
    world.approve(T - DAY)
    world.round(T + late)
    assert world.state() == state
    world.round(T + late + HOUR)
    assert world.state() == state


def test_a_missed_issue_leaves_when_released(world):
    world.item()
    world.approve(T - DAY)
    world.round(T + 7 * HOUR)
    assert world.do("select issue_release(%s, 'chief', %s)", world.issue(),
                    T + 8 * HOUR) == [(True,)]
    assert world.actions(FRIDAY - HOUR) == []
    assert world.actions(FRIDAY) == ["sending"]


def test_released_with_now_leaves_now(world):
    world.item()
    world.approve(T - DAY)
    world.round(T + 7 * HOUR)
    at = T + 8 * HOUR
    world.do("select issue_release(%s, 'chief', %s, %s)", world.issue(), at,
             at)
    assert world.actions(at) == ["sending"]


def test_an_empty_issue_is_skipped_without_a_number(world):
    assert world.round(T)[1] == ("skipped", "no items")
    assert world.state()[0] == "skipped"
    assert world.do("select number from issue where id = %s",
                    world.issue()) == [(None,)]


def test_silence_means_hold_and_approval_ends_it(world):
    world.item()
    assert world.actions(T) == ["opened", "held"]
    assert world.state() == ("open", "schedule", "not approved in time")
    assert world.actions(T + HOUR) == []
    world.approve(T + 30 * HOUR)  # Friday afternoon
    assert world.round(T + 30 * HOUR) == [
        ("rescheduled", "2026-12-14T10:00:00+01:00")]
    assert world.state() == ("approved", None, None)
    assert world.actions(MONDAY - HOUR) == []
    assert world.actions(MONDAY) == ["sending"]


def test_approved_but_changed_after_the_moment_is_held_again(world):
    item = world.item()
    world.round(T)
    world.approve(T + 2 * HOUR)
    world.round(T + 2 * HOUR)
    world.do("update item_text set body = 'Anders' where item_id = %s", item)
    assert world.actions(FRIDAY) == ["held"]


def test_after_the_grace_the_items_move_on(world):
    loose, pinned = world.item(), world.item(issue=world.issue())
    world.round(T)
    assert world.content() == [loose, pinned]
    assert world.actions(T + 72 * HOUR - timedelta(seconds=1)) == []
    assert world.actions(T + 72 * HOUR) == ["skipped"]
    assert world.state()[0] == "skipped"
    assert world.content("2026-12-24") == [loose, pinned]


def test_held_by_a_person_stays_held(world):
    world.item()
    world.approve(T - DAY)
    world.do("select issue_hold(%s, 'chief', 'cijfers kloppen niet', %s)",
             world.issue(), T - HOUR)
    assert world.actions(T) == ["opened"]
    assert world.actions(T + 7 * DAY) == []
    assert world.state()[:2] == ("approved", "chief")


def test_released_before_its_moment_leaves_at_its_moment(world):
    world.item()
    world.approve(T - DAY)
    world.do("select issue_hold(%s, 'chief', 'wacht', %s),"
             " issue_release(%s, 'chief', %s)", world.issue(), T - 2 * HOUR,
             world.issue(), T - HOUR)
    assert world.actions(T - timedelta(seconds=1)) == []
    assert world.actions(T) == ["opened", "sending"]


def test_pause_stops_all_and_ends_by_itself(world):
    world.item()
    world.approve(T - DAY)
    world.do("update schedule set paused = true, paused_until ="
             " '2026-12-16'")
    assert world.actions(T) == []
    assert world.actions(T + 5 * DAY) == []
    assert world.actions(T + 6 * DAY) == ["resumed", "opened", "held"]
    assert world.state()[2] == "missed"


def test_pause_without_an_end_waits_for_a_person(world):
    world.do("update schedule set paused = true")
    assert world.actions(T + 365 * DAY) == []


def test_hold_of_the_daemon_sends_nothing(world):
    world.item()
    world.approve(T - DAY)
    assert world.actions(T, hold=True) == ["opened"]
    assert world.state() == ("approved", None, None)


def test_items_after_the_copy_deadline_flow_into_the_next(world):
    copy = datetime(2026, 12, 7, 16, 0, tzinfo=timezone.utc)
    early = world.item(copy)
    late = world.item(copy + timedelta(seconds=1))
    insisted = world.item(copy + HOUR, world.issue())
    assert world.content() == [early, insisted]
    revision = world.do("select revision from issue")
    world.do("update item set note = 'x' where id = %s", late)
    assert world.do("select revision from issue") == revision
    world.round(T)
    assert world.content("2026-12-24") == [late]


def test_an_issue_opened_late_takes_items_until_it_is_due(database):
    w = World(database)
    w.round(T - HOUR)
    item = w.item(T - timedelta(minutes=30))
    assert w.content() == [item]


def test_paused_readers_come_back(world):
    back = world.subscribe(state="paused", until="2026-12-10")
    stays = world.subscribe(state="paused", until="2026-12-11")
    assert "resumed" in world.actions(T)
    assert dict(world.do("select id, state from subscriber")) == {
        back: "active", stays: "paused"}
    assert world.do("select kind, way from consent_event") == [
        ("resumed", "schedule")]


def test_the_calendar_may_change_under_an_open_issue(world):
    world.item()
    world.approve(OPENED + HOUR)
    world.do("select issue_move(%s, 'chief', '2026-12-11 09:00Z', '')",
             world.issue())
    assert world.state()[0] == "open"  # approval named another date
    assert world.actions(T) == []
    world.do("insert into schedule_exception values"
             " ('2026-12-10', 'skip', null, '') on conflict (occurrence)"
             " do update set action = 'skip', moved_to = null")
    assert world.actions(T + HOUR) == ["skipped", "opened"]
    world.do("select schedule_set('chief', '2026-12-18', '09:00', null,"
             " null, null, null, null)")
    assert world.round(T + 2 * HOUR) == [
        ("moved", "2026-12-18T09:00:00+01:00")]
    assert world.state("2026-12-18")[0] == "open"


def test_special_and_regular_never_share_an_hour(world):
    world.item()
    world.approve(T - DAY)
    world.do("insert into issue (series, kind, planned_at, state, year,"
             " number, approved_at, approved_revision) values ('extra',"
             " 'report', %s,"
             " 'sending', 2026, 1, %s, 1)", T - HOUR, T - DAY)
    world.do("insert into mailing (kind, issue_id, expires_at, created_at)"
             " select 'issue', max(id), %s, %s from issue", T + DAY,
             T - HOUR / 2)
    assert world.actions(T) == ["opened"]
    assert world.actions(T + HOUR / 2 + timedelta(seconds=1)) == ["sending"]


def test_two_schedulers_at_once(world):
    world.item()
    world.approve(T - DAY)
    done, errors = [], []

    def work():
        try:
            conn = world.database.connect("tweeluik_schedule")
            cur = conn.cursor()
            for _ in range(5):
                cur.execute("select action from"
                            " schedule_round(%s, 50, '1 day')", (T,))
                done.extend(r[0] for r in cur.fetchall())
            conn.close()
        except psycopg2.Error as e:
            errors.append(e)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert errors == []
    assert sorted(done) == ["opened", "sending"]
    assert world.do("select count(*) from mailing") == [(1,)]


def test_a_change_wakes_and_an_idle_round_does_not(world):
    conn = world.database.connect()
    conn.cursor().execute("listen tweeluik_schedule")
    world.round(T - HOUR)
    assert select.select([conn], [], [], 0.5)[0] == []
    world.do("update schedule set late = '5 hours'")
    assert select.select([conn], [], [], 10)[0] == [conn]
    conn.poll()
    assert [n.channel for n in conn.notifies] == ["tweeluik_schedule"]
    conn.close()


def test_a_year_without_people(world):
    at, end = OPENED, OPENED + 366 * DAY
    while at < end:
        world.round(at)
        at += 12 * HOUR
    assert {r[0] for r in world.do("select state from issue where"
                                   " planned_at < %s", end - DAY)} == {
        "skipped"}
    assert world.do("select count(*) from issue") == [(27,)]
