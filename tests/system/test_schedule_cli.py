"""The calendar from the command line, and what `status` says of it all."""
import json
from datetime import timedelta

import pytest

from tests.demo.dates import today


def run(site, *words, code=0):
    done = site.tweeluik("--lang", "en", *words)
    assert done.returncode == code, done.stderr
    return done


def document(site, *words, code=0):
    return json.loads(run(site, *words, "--json", code=code).stdout)


def error(site, *words, code):
    return json.loads(run(site, *words, "--json", code=code).stderr)["error"]


def moments(site, *words):
    return document(site, "schedule", "list", *words)["items"]


@pytest.fixture
def first(site):
    """A calendar that begins on a Thursday three weeks ahead."""
    day = today() + timedelta(days=21)
    day += timedelta(days=(3 - day.weekday()) % 7)
    run(site, "schedule", "set", "--first-date", day.isoformat())
    return day


def test_without_a_calendar(site):
    for verb in ("show", "list", "pause", "resume"):
        assert error(site, "schedule", verb, code=3)["code"] == "no-schedule"
    assert error(site, "schedule", "set", "--time", "09:00", code=3)
    assert document(site, "status")["next_step"] == \
        "tweeluik schedule set --first-date DATE"


def test_the_contract_of_list(site):
    run(site, "schedule", "set", "--first-date", "2026-11-26", "--time",
        "10:00", "--zone", "Europe/Amsterdam", "--every", "14")
    shown = document(site, "schedule", "list", "--from", "2026-12-01",
                     "--count", "11")
    assert shown["schema"] == "tweeluik.schedule/1"
    assert len(shown["items"]) == 11
    assert shown["items"][0] == {
        "occurrence": "2026-12-10", "send_at": "2026-12-10T10:00:00+01:00",
        "skipped": False, "moved": False, "note": ""}
    assert shown["items"][1]["note"] == "Christmas Eve"
    # Summer time begins on 28 March 2027: ten o'clock stays ten o'clock.
    sent = {x["occurrence"]: x["send_at"] for x in shown["items"]}
    assert sent["2027-03-18"] == "2027-03-18T10:00:00+01:00"
    assert sent["2027-04-01"] == "2027-04-01T10:00:00+02:00"
    plain = run(site, "schedule", "list", "--from", "2026-12-01", "--count",
                "1", "--plain").stdout
    assert plain == "2026-12-10\t2026-12-10T10:00:00+01:00\tfalse\tfalse\t\n"


def test_set_changes_one_thing(site, first):
    done = run(site, "schedule", "set", "--time", "09:30", "--minimum", "5",
               "--grace", "48h")
    assert "The coming dates are now" in done.stderr
    rule = document(site, "schedule", "show")
    assert (rule["send_time"], rule["minimum_items"], rule["grace_hours"],
            rule["every_days"], rule["first_date"]) == \
        ("09:30", 5, 48, 14, first.isoformat())
    assert "T09:30:00" in moments(site)[0]["send_at"]


@pytest.mark.parametrize("words,code", [
    (("--zone", "Mars/Olympus"), "unknown-zone"), (("--zone", "CET5"),
                                                   "unknown-zone"),
    (("--time", "25:00"), "usage"), (("--time", "9:00"), "usage"),
    (("--every", "0"), "usage"), (("--grace", "3 days"), "usage"),
    (("--first-date", "2026-02-30"), "usage"), ((), "usage")])
def test_set_refuses(site, first, words, code):
    assert error(site, "schedule", "set", *words, code=2)["code"] == code


def test_dry_run(site, first):
    run(site, "-n", "schedule", "set", "--time", "09:30")
    run(site, "-n", "schedule", "skip", first.isoformat())
    assert document(site, "schedule", "show")["send_time"] == "10:00"
    assert not moments(site)[0]["skipped"]


def test_skip_and_restore(site, first):
    day = first.isoformat()
    assert error(site, "schedule", "skip", day, code=2)["hint"] == "Add --yes"
    after = document(site, "schedule", "skip", day, "--yes")["items"]
    assert after == moments(site, "--count", "3")
    assert [x["skipped"] for x in moments(site, "--count", "2")] == \
        [True, False]
    run(site, "schedule", "restore", day)
    assert not moments(site)[0]["skipped"]


def test_move_one_date(site, first):
    day, to = first.isoformat(), (first - timedelta(days=1)).isoformat()
    run(site, "schedule", "move", day, "--to", f"{to}T15:00")
    one, two = moments(site, "--count", "2")
    assert one["moved"] and one["send_at"].startswith(f"{to}T15:00:00+0")
    assert one["occurrence"] == day
    assert not two["moved"]
    error(site, "schedule", "move", day, code=2)
    error(site, "schedule", "move", day, "--to", to, code=2)
    error(site, "schedule", "move", day, "--to", "2020-01-01T10:00", code=4)


def test_a_day_without_an_issue(site, first):
    other = (first + timedelta(days=1)).isoformat()
    e = error(site, "schedule", "skip", other, "--yes", code=3)
    assert (first + timedelta(days=14)).isoformat() in e["hint"]


def test_break(site, first):
    to = first + timedelta(days=20)
    run(site, "schedule", "break", "zomerpauze", "--from", first.isoformat(),
        "--to", to.isoformat())
    a, b, c = moments(site, "--count", "3")
    assert (a["skipped"], a["note"]) == (True, "zomerpauze")
    assert (b["skipped"], c["skipped"]) == (True, False)
    run(site, "schedule", "break", "--remove", "zomerpauze")
    assert not moments(site)[0]["skipped"]
    error(site, "schedule", "break", "--remove", "zomerpauze", code=3)
    error(site, "schedule", "break", "x", code=2)
    error(site, "schedule", "break", "x", "--from", to.isoformat(), "--to",
          first.isoformat(), code=2)


def test_pause_and_resume(site, first):
    run(site, "schedule", "pause")
    assert document(site, "schedule", "show")["paused"]
    assert document(site, "status")["next_step"] == "tweeluik schedule resume"
    run(site, "schedule", "resume")
    assert not document(site, "schedule", "show")["paused"]
    until = (today() + timedelta(days=9)).isoformat()
    run(site, "schedule", "pause", "--until", "+9d")
    assert document(site, "schedule", "show")["paused_until"] == until
    error(site, "schedule", "pause", "--until", "2020-01-01", code=2)


def open_issue(site):
    return site.db.one("select issue_open_due(now())")


def test_open_issues_go_along(site, first):
    issue = open_issue(site)
    to = (first + timedelta(days=1)).isoformat()
    run(site, "schedule", "move", first.isoformat(), "--to", f"{to}T10:00")
    planned = site.db.one("select rfc3339(planned_at) from issue"
                          " where id = %s", issue)
    assert planned.startswith(f"{to}T10:00")
    run(site, "schedule", "skip", first.isoformat(), "--yes")
    assert site.db.one("select state from issue where id = %s", issue) == \
        "skipped"
    run(site, "schedule", "restore", first.isoformat())
    assert site.db.one("select state from issue where id = %s", issue) == \
        "open"


def test_status_follows_the_work(site, first):
    open_issue(site)
    site.db.rows("insert into role_state values"
                 " ('schedule', 'here', 1, now(), now(), ''),"
                 " ('send', 'here', 2, now(), now(), '')")
    step = lambda: document(site, "status")["next_step"]  # noqa: E731
    assert step() == "tweeluik subscriber import FILE"
    run(site, "subscriber", "add", "anna@a.example", "--basis", "test")
    now = document(site, "status")
    assert now["schema"] == "tweeluik.status/1"
    assert now["issues"][0]["state"] == "open"
    assert now["issues"][0]["days"] == (first - today()).days
    assert now["check"]["blocking"] > 0
    assert now["subscribers"]["active"] == 1
    assert now["next_step"].startswith("tweeluik ")
    text = run(site, "status").stdout.splitlines()
    assert text[0].startswith("Issue 1 ")
    assert "open, is sent Thursday" in text[0]
    assert text[-1] == f"Next step: {now['next_step']}"
    site.db.rows("update issue set held_at = now(), held_by = 'admin',"
                 " held_reason = 'wait'")
    assert "held by admin: wait" in run(site, "status").stdout
    assert " issue check 1-" in step()


def test_status_names_what_stands_still(site, first):
    issue = open_issue(site)
    site.db.rows("update issue set state = 'sending', number = 1, year ="
                 " extract(year from planned_at) where id = %s", issue)
    site.db.rows("insert into mailing (kind, issue_id, state, state_by,"
                 " state_reason, expires_at) values ('issue', %s, 'paused',"
                 " 'system', 'relay', now() + '1 day')", issue)
    assert "paused by system: relay" in run(site, "status").stdout
    assert document(site, "status")["next_step"].startswith(
        "tweeluik issue resume 1-")


def test_status_in_dutch(site, first):
    text = site.tweeluik("status").stdout
    assert "Abonnees" in text
    assert "Volgende stap: " in text
