"""Who leaves is written down outside the database, and applied to it."""
import http.client
import json
import os
import stat
import subprocess
import time

import psycopg2
import pytest
from own import mailing
from smtpd import CatchingServer

from tests.embedded import wait_until
from website import BUILD, ONE_CLICK, Website

SHIM = BUILD / "tests/fault-shim.so"


@pytest.fixture
def site(database, tmp_path):
    site = Website(database, tmp_path / "site")
    site.folder = site.place.folder / "departures"
    try:
        yield site
    finally:
        if site.process and site.process.poll() is not None:
            site.process = None
        site.stop()
        assert not site.log.exists() or "jansen" not in site.log.read_text()


def lines(site):
    """Of all journals, without their first line."""
    return [line.split() for f in sorted(site.folder.glob("*.departures"))
            for line in f.read_text(errors="replace").splitlines()[1:]]


def words(site):
    return [x[0] for x in lines(site)]


class Away:
    """No connection to the database of a site gets through."""

    def __init__(self, site, database):
        self.site, self.database = site, database
        self.admin = psycopg2.connect(
            database.pg.conninfo("postgres", "postgres"))
        self.admin.autocommit = True

    def allow(self, yes):
        self.admin.cursor().execute(
            f"alter database {self.database.name} with allow_connections "
            + ("true" if yes else "false"))

    def __enter__(self):
        self.allow(False)
        self.admin.cursor().execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = %s", (self.database.name,))
        return self

    def __exit__(self, *_):
        self.allow(True)
        self.admin.close()
        self.site.conn = self.database.connect()


def reconcile(site, check=True):
    return site.place.tweeluik("db", "reconcile", check=check)


def test_a_departure_is_a_line(site):
    site.start()
    reader = site.reader()
    hashed = site.sql("select encode(address_hash, 'hex') from subscriber")
    path = f"/u/{site.token('u', reader)}"
    assert site.post(path, ONE_CLICK).body == "unsubscribed\n"
    site.post(path, ONE_CLICK)
    site.post(path + "/undo")
    site.post(path + "/undo")
    site.post(path)
    assert [x[0::2][:2] + x[3:6] for x in lines(site)] == [
        [word, hashed[0][0], str(reader), "0", way] for word, way in (
            ("u", "one-click"), ("r", "page"), ("u", "page"))]
    file, = site.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    # What the database knows changes nothing in it.
    before = site.dump()
    done = json.loads(site.place.tweeluik("db", "reconcile", "--json",
                                          check=True).stdout)
    assert done["lines"] == 3
    assert not any(done[k] for k in ("unsubscribed", "erased", "blocked",
                                     "returned"))
    assert site.dump() == before


def test_leaving_while_the_database_is_away(site, database):
    site.start()
    one, two = site.reader(), site.reader("smit@huis.example", "en")
    stays = site.reader("bakker@huis.example")
    path = f"/u/{site.token('u', one, 0)}"
    with Away(site, database):
        answer = site.get(path)
        assert answer.status == 200 and f'action="{path}"' in answer.body
        assert "•••" not in answer.body
        answer = site.post(path, "confirm=yes")
        assert answer.status == 303
        assert answer.headers["Location"] == path + "/noted"
        answer = site.get(path + "/noted")
        assert answer.status == 200 and 'role="status"' in answer.body
        assert "afmelden@nieuws.voorbeeld.example" in answer.body
        assert site.post(f"/u/{site.token('u', two)}",
                         ONE_CLICK)[::2] == (200, "noted\n")
        # Nobody gets a line who has no link of ours.
        assert site.post("/u/" + "A" * 40, ONE_CLICK).status == 404
        assert site.get(f"/u/{site.token('u', stays)}").status == 200
        assert [(x[0], *x[2:6]) for x in lines(site)] == [
            ("u", "-", str(one), "0", "page"),
            ("u", "-", str(two), "0", "one-click")]
    # As soon as it is back, the web role tells it.
    assert wait_until(lambda: site.state(two) == "unsubscribed", 40)
    assert site.state(one) == "unsubscribed" and site.state(stays) == "active"
    assert sorted(site.events()) == [("unsubscribed", "one-click", ""),
                                     ("unsubscribed", "page", "")]
    # The page could not say goodbye; a mail program needs no goodbye.
    assert site.sql("select subscriber_id from letter"
                    " where kind = 'farewell'") == [(one,)]
    time.sleep(1.1)
    assert site.get(path + "/noted").body.count(path + "/undo") == 2


def test_nothing_is_leased_before_the_journal_was_read(site, database):
    """The web role noted it and died; the send role comes first."""
    site.start()
    reader = site.reader()
    number = mailing(site.db, [reader])
    path = f"/u/{site.token('u', reader, number)}"
    with Away(site, database):
        site.post(path, ONE_CLICK)
        site.process.kill()
        site.process.wait()
    assert site.state(reader) == "active"
    with CatchingServer() as server:
        site.place.write_config(smtp_port=server.port)
        done = site.place.once("send", check=False)
    assert done.returncode == 0, done.stderr
    assert "departures-applied" in done.stderr
    assert site.state(reader) == "unsubscribed"
    assert site.sql("select result::text from outcome") == [("suppressed",)]
    assert site.sql("select suppressed, balanced from ledger") == [(1, True)]
    assert not server.envelopes


def test_a_journal_that_cannot_be_read_stops_all_mail(site):
    site.folder.mkdir()
    (site.folder / "x.departures").write_text("tweeluik-departures 9 " * 9)
    reader = site.reader()
    mailing(site.db, [reader])
    done = reconcile(site, check=False)
    assert done.returncode == 78 and "x.departures" in done.stderr
    p = subprocess.Popen(
        [BUILD / "libexec/tweeluik/tweeluik-send", "--config",
         site.place.config], env=site.place.env(), stderr=subprocess.DEVNULL)
    time.sleep(3)
    p.terminate()
    assert p.wait(20) == 0
    assert site.sql("select leased_by, done_at from chunk") == [(None, None)]


# Numbers of a link alone: a person who got the number of somebody else after a
# restore must not be hit.

def note(site, subscriber, mailing=0, ago="0 s", way="page"):
    """What the web role writes when the database is away, some time ago."""
    at, = site.sql("select (extract(epoch from now() - %s::interval)"
                   " * 1000000)::bigint", ago)
    return f"u {at[0]} - {subscriber} {mailing} {way}"


def apply(site, *what, journal="j", upto=1):
    return site.sql("select unsubscribed, erased, blocked, returned"
                    " from departures_apply(%s, %s, '', %s)", journal, upto,
                    "\n".join(what))[0]


def test_a_number_never_hits_somebody_else(site):
    new = site.reader()
    assert apply(site, note(site, new, ago="2 hours")) == (0, 0, 0, 0)
    assert apply(site, note(site, new + 1)) == (0, 0, 0, 0)
    # A mail that the database does not know: sent in a future that was lost.
    assert apply(site, note(site, new, 77)) == (0, 0, 0, 0)
    site.sql("update subscriber set created_at = now() - interval '1 year'")
    number = mailing(site.db, [new])
    assert apply(site, note(site, new, number, "2 hours")) == (0, 0, 0, 0)
    assert site.state(new) == "active"
    # Its own mail, or one that is long gone.
    assert apply(site, note(site, new, number)) == (1, 0, 0, 0)
    site.sql("update subscriber set state = 'active'")
    assert apply(site, note(site, new, 77)) == (1, 0, 0, 0)


def test_numbers_are_not_given_twice_after_a_restore(site):
    reader = site.reader()
    assert apply(site, note(site, reader)) == (1, 0, 0, 0)
    assert site.reader("smit@huis.example") > reader + 1000000


def line(site, word, reader, ago):
    (h, at), = site.sql(
        "select encode(address_hash, 'hex'), (extract(epoch from now()"
        " - %s::interval) * 1000000)::bigint from subscriber where id = %s",
        ago, reader)
    return f"{word} {at} {h} 0 0 page"


def test_the_last_word_counts(site):
    a, b, c, d = (site.reader(f"r{n}@huis.example") for n in range(4))
    left = line(site, "u", c, "1 s")
    assert apply(site, line(site, "r", a, "1 s"), line(site, "u", a, "2 s"),
                 line(site, "u", b, "1 s"), line(site, "r", b, "2 s"),
                 "r" + left[1:], left) == (2, 0, 0, 0)
    assert [site.state(x) for x in (a, b, c)] == [
        "active", "unsubscribed", "unsubscribed"]
    # In whichever order the journals of two hosts are read.
    assert apply(site, line(site, "r", d, "10 s")) == (0, 0, 0, 0)
    assert apply(site, line(site, "u", d, "20 s")) == (0, 0, 0, 0)
    assert site.state(d) == "active"
    assert apply(site, line(site, "u", d, "5 s")) == (1, 0, 0, 0)
    assert apply(site, line(site, "r", d, "7 s")) == (0, 0, 0, 0)
    assert site.state(d) == "unsubscribed"
    assert apply(site, line(site, "r", d, "1 s")) == (0, 0, 0, 1)
    assert site.state(d) == "active"
    assert site.sql("select count(*) from suppression") == [(2,)]


def test_applied_twice_changes_nothing(site):
    a, b, c = (site.reader(f"r{n}@huis.example") for n in range(3))
    what = (line(site, "u", a, "5 s"), line(site, "e", b, "5 s"),
            line(site, "b", c, "5 s"))
    assert apply(site, *what) == (1, 1, 1, 0)
    before = site.dump()
    assert apply(site, *what) == (0, 0, 0, 0)
    assert site.dump() == before
    assert site.sql("select reason from suppression order by 1") == [
        ("blocked",), ("erased",), ("unsubscribed",)]
    # A block is not weakened by what came before it.
    assert apply(site, line(site, "u", c, "9 s")) == (0, 0, 0, 0)
    assert site.sql("select count(*) from suppression where reason ="
                    " 'blocked'") == [(1,)]


def test_a_torn_line_is_passed_over(site):
    """What a crash left of a line neither hides others nor is one."""
    site.start()
    readers = [site.reader(f"r{n}@huis.example") for n in range(3)]

    def leave(n):
        site.post(f"/u/{site.token('u', readers[n])}", ONE_CLICK)

    leave(0)
    file, = site.folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole + whole.splitlines(True)[-1][:50])
    leave(1)
    leave(2)
    site.sql("update subscriber set state = 'active';"
             " delete from suppression; delete from departure_read")
    reconcile(site)
    assert {site.state(x) for x in readers} == {"unsubscribed"}
    assert words(site)[1] == "u" and len(lines(site)) == 4


def test_a_journal_that_lost_its_end_is_read_again(site):
    """A power cut takes lines that the database has; others follow."""
    site.start()
    readers = [site.reader(f"r{n}@huis.example") for n in range(4)]
    tokens = [site.token("u", r) for r in readers]
    for t in tokens[:3]:
        site.post(f"/u/{t}", ONE_CLICK)
    reconcile(site)
    file, = site.folder.iterdir()
    kept = file.read_bytes().splitlines(True)
    file.write_bytes(b"".join(kept[:2]))
    site.post(f"/u/{tokens[3]}", ONE_CLICK)
    # Of the same length as before, the file ends where another line did.
    site.sql("update subscriber set state = 'active' where id = %s;"
             " delete from suppression", readers[3])
    reconcile(site)
    assert site.state(readers[3]) == "unsubscribed"


def test_a_full_disk_keeps_nobody(site):
    site.start()
    reader = site.reader()
    site.folder.chmod(0)
    if os.access(site.folder, os.W_OK):
        # Root may do everything but write into a file.
        site.folder.rmdir()
        site.folder.write_text("")
    assert site.post(f"/u/{site.token('u', reader)}",
                     ONE_CLICK).body == "unsubscribed\n"
    assert site.state(reader) == "unsubscribed"
    assert "departures-failed" in site.log.read_text()


# kill -9 between any two steps of leaving.

def post_once(site, path):
    """True: the reader was told that it worked."""
    try:
        return site.post(path, ONE_CLICK).status == 200
    except (OSError, http.client.HTTPException):
        return False


def start_with(site, at):
    env = site.place.env
    site.place.env = lambda: {**env(), "LD_PRELOAD": str(SHIM),
                              "FAULT_AT": at,
                              "ASAN_OPTIONS": "verify_asan_link_order=0"}
    try:
        site.start()
    except AssertionError:
        pass
    finally:
        site.place.env = env


def ended(site):
    """Whether it died by itself; now it is dead anyhow."""
    died = wait_until(lambda: site.process.poll() is not None, 0.2, 0.01)
    site.process.kill()
    site.process.wait()
    return bool(died)


@pytest.mark.parametrize("step, action", [
    ("create", "die-before"), ("create", "die-after"),
    ("write", "die-before"), ("write", "die-half"), ("write", "die-after"),
    ("db", "die-before"), ("db", "die-after"),
])
def test_killed_while_somebody_leaves(site, step, action):
    told = died = 0
    for turn in range(1, 41 if step == "db" else 4):
        reader = site.reader(f"r{turn}@huis.example")
        token = site.token("u", reader)
        start_with(site, f"{step}:{turn}:{action}")
        ok = site.process.poll() is None and post_once(site, f"/u/{token}")
        died += ended(site)
        told += ok
        left = site.state(reader) == "unsubscribed"
        hashed, = site.sql("select encode(address_hash, 'hex')"
                           " from subscriber where id = %s", reader)
        known = hashed[0] in str(lines(site))
        assert known or not left, "committed before it was written down"
        assert left or not ok
        # A backup of before: whoever was told is off the list again.
        site.sql("update subscriber set state = 'active' where id = %s;"
                 " delete from suppression; delete from departure_read",
                 reader)
        reconcile(site)
        assert site.state(reader) == "unsubscribed" or not ok
        if step != "db":
            for f in site.folder.glob("*"):
                if turn % 2 == 0:
                    f.unlink()
    assert died > 0 and (told > 0 or step != "db")


@pytest.mark.parametrize("action", ["die-before", "die-half", "die-after"])
def test_killed_while_somebody_is_noted(site, database, action):
    told = died = 0
    for turn in range(1, 4):
        reader = site.reader(f"r{turn}@huis.example")
        token = site.token("u", reader)
        start_with(site, f"write:{turn}:{action},sync:{turn}:{action}")
        with Away(site, database):
            ok = post_once(site, f"/u/{token}")
            died += ended(site)
        told += ok
        reconcile(site)
        assert site.state(reader) == "unsubscribed" or not ok
    assert died and told


@pytest.mark.parametrize("word", ["u", "e"])
def test_who_moved_since_the_backup_leaves_the_old_address_too(site, word):
    """The line has the hash of the new one; the backup has the old one."""
    reader = site.reader("jansen@oud.example")
    old, = site.sql("select encode(address_hash, 'hex') from subscriber")[0]
    new = "ab" * 32
    at = note(site, reader).split()[1]
    apply(site, f"{word} {at} {new} {reader} 0 page")
    assert site.sql("select encode(address_hash, 'hex') from suppression"
                    " order by 1") == sorted([(old,), (new,)])
    if word == "e":
        assert site.sql("select id from subscriber") == []
    else:
        assert site.state(reader) == "unsubscribed"
