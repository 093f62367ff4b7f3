"""Several send hosts share one issue, and lose each other on the way."""

import contextlib
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest
from conftest import Database
from newsletter import ok, settled, settled_soon
from sendhost import SendHost, check_account, freeze, planned_issue

from tests.embedded import Installation, Postgres, wait_until
from tests.embedded.hosts import Lan


@pytest.fixture(scope="module")
def lan():
    why = Lan.why_not()
    if why:
        pytest.skip(f"no hosts here: {why}")
    with Lan() as lan:
        yield lan


@pytest.fixture(scope="module")
def server(lan):
    with tempfile.TemporaryDirectory(prefix="tweeluik-pg-") as home:
        Path(home).chmod(0o755)
        server = Postgres(Path(home) / "pg", host=lan.hub)
        server.start()
        yield server
        server.stop("immediate")


class Fleet:
    """A site with send hosts, all of them relaying to sinks of their own."""

    def __init__(self, lan, site):
        self.lan, self.site, self.hosts = lan, site, []

    def host(self, *sink, **more):
        name = f"send-{len(self.hosts) + 1}"
        h = SendHost(self.site, self.lan.host(name),
                     f"host={self.lan.hub.address}"
                     f" dbname={self.site.database}", *sink, **more)
        self.hosts.append(h)
        return h

    def check(self, readers):
        return check_account(self.site, self.hosts, readers)


@pytest.fixture
def fleet(lan, server, tmp_path):
    server.count = getattr(server, "count", 0) + 1
    site = Installation(tmp_path / "site", server, f"hosts_{server.count}")
    site.db = Database(server, site.database)
    site.init()
    fleet = Fleet(lan, site)
    yield fleet
    for host in fleet.hosts:
        host.stop()
    site.stop()


# Slow enough to be caught in the middle: some 600 a second from each host.
SLOW = ("--rtt", 100)
SMALL = dict(send="    chunk_size = 100\n", relay="    window = 32\n")


def leased(site, host):
    return site.db.one("select count(*) from chunk where leased_by like %s"
                       " and done_at is null", f"{host.host.name}:%")


def forget(site, host):
    """As if a minute and the ten seconds of grace had passed for the leases
    of a host."""
    site.db.rows("update chunk set leased_until = now() - interval '1 minute',"
                 " overdue_at = now() - interval '1 minute'"
                 " where leased_by like %s and done_at is null",
                 f"{host.host.name}:%")


def silent(site, host):
    """As if nothing had been heard of the workers of a host for a while."""
    site.db.rows("update send_worker set seen_at = now() - interval '1 minute'"
                 " where host = %s", host.host.name)


def presumed(site):
    return site.db.one("select count(*) from outcome"
                       " where result = 'uncertain' and stage is null")


@pytest.mark.parametrize("n", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_an_issue_is_shared(fleet, n):
    readers = 1000 * n
    name = planned_issue(fleet.site, readers)
    hosts = [fleet.host(*SLOW, **SMALL).start() for _ in range(n)]
    assert wait_until(lambda: fleet.site.db.one(
        "select count(*) from send_worker") == n, 20)
    freeze(fleet.site, name)
    row = settled(fleet.site)
    assert row["accepted"] == row["planned"] == readers
    assert [h.end() for h in hosts] == [0] * n
    assert not fleet.check(readers)
    for h in hosts:
        assert h.messages() > readers / n / 3


@contextlib.contextmanager
def unrecorded(site, host):
    """The host has sent 64 messages (and more) that are not in the ledger."""
    assert wait_until(lambda: host.messages() > 300, 20, 0.05)
    conn = site.db.connect(autocommit=False)
    conn.cursor().execute("lock table outcome in exclusive mode")
    sent = host.messages()
    assert wait_until(lambda: host.messages() > sent + 64, 20, 0.05)
    yield
    conn.close()


@pytest.fixture
def half_sent(fleet, request):
    """An issue of 2000 and two hosts; the first was just killed, or cut off,
    with messages of which nobody but its journal knows that they arrived."""
    name = planned_issue(fleet.site, 2000)
    lost = fleet.host(*SLOW, **SMALL).start()
    fleet.host(*SLOW, **SMALL).start()
    freeze(fleet.site, name)
    with unrecorded(fleet.site, lost):
        if getattr(request, "param", "killed") == "killed":
            lost.end(signal.SIGKILL)
        else:
            lost.host.cut()
    assert leased(fleet.site, lost) > 0
    yield fleet
    lost.host.mend()


def test_another_host_takes_over(half_sent):
    """The first is gone for good, and its disk with it."""
    lost, _ = half_sent.hosts
    shutil.rmtree(lost.folder / "journal")
    forget(half_sent.site, lost)
    row = settled(half_sent.site)
    assert row["accepted"] == row["planned"] == 2000
    twice = half_sent.check(2000)
    assert 64 < len(twice) <= presumed(half_sent.site)


def test_a_host_whose_disk_is_gone_starts_anew(half_sent):
    """It knows that the one before it is dead, and need not wait."""
    lost, _ = half_sent.hosts
    shutil.rmtree(lost.folder / "journal")
    silent(half_sent.site, lost)
    lost.start()
    row = settled(half_sent.site)
    assert row["accepted"] == row["planned"] == 2000
    assert 64 < len(half_sent.check(2000)) <= presumed(half_sent.site)


@pytest.mark.parametrize("half_sent", [
    "killed", pytest.param("cut off", marks=pytest.mark.slow)], indirect=True)
def test_a_journal_that_comes_back_too_late_still_tells(half_sent):
    """All of it was taken over; then the lost host is there again."""
    lost, _ = half_sent.hosts
    forget(half_sent.site, lost)
    row = settled(half_sent.site)
    assert row["accepted"] == row["planned"] == 2000
    guessed = presumed(half_sent.site)
    assert len(half_sent.check(2000)) <= guessed
    if lost.process.poll() is None:
        lost.end(signal.SIGKILL)
    lost.host.mend()
    assert wait_until(lambda: lost.tweeluik("status").returncode == 0, 20)
    lost.start()
    assert wait_until(lambda: "journal-replayed" in lost.log.read_text(), 20)
    assert lost.end() == 0
    # Known by now: what had an answer.
    assert len(half_sent.check(2000)) > 64
    assert presumed(half_sent.site) <= guessed - 64
    assert not list((lost.folder / "journal").glob("*.journal"))


def test_a_journal_is_replayed_by_another_host(half_sent):
    """Saved from the lost host by hand: nobody gets anything twice but those
    of whom nobody knows."""
    lost, other = half_sent.hosts
    for path in (lost.folder / "journal").glob("*.journal"):
        copy = other.folder / "journal" / f"{path.name}.copy"
        shutil.copy(path, copy)
        copy.rename(copy.with_suffix(""))
    other.end()
    other.start()
    # Those of whom nobody knows have their time, like all that is tried again.
    row = settled_soon(half_sent.site)
    assert "journal-replayed" in other.log.read_text()
    assert row["accepted"] == row["planned"] == 2000
    assert len(half_sent.check(2000)) <= 64


def test_a_namesake_of_the_dead(fleet):
    """In a container a process has the same number each time."""
    name = planned_issue(fleet.site, 2000)
    host = fleet.host(*SLOW, **SMALL, own_pids=True).start()
    freeze(fleet.site, name)
    with unrecorded(fleet.site, host):
        host.end(signal.SIGKILL)
    shutil.rmtree(host.folder / "journal")
    assert leased(fleet.site, host) > 0
    silent(fleet.site, host)
    host.start()
    row = settled(fleet.site)
    assert row["accepted"] == row["planned"] == 2000
    assert 64 < len(fleet.check(2000)) <= presumed(fleet.site)
    assert fleet.site.db.one("select count(*) from send_worker") == 1


def test_stopped_while_it_leases(fleet):
    """What it had no time to begin is for the others at once."""
    name = planned_issue(fleet.site, 1000)
    host = fleet.host(send="    rate = 40\n").start()
    assert wait_until(lambda: fleet.site.db.rows(
        "select 1 from send_worker"), 20)
    freeze(fleet.site, name)
    for _ in range(3):
        assert host.end() == 0
        assert leased(fleet.site, host) == presumed(fleet.site) == 0
        assert not fleet.site.db.rows("select 1 from send_worker")
        host.start()


@pytest.mark.slow
def test_leases_run_out(fleet):
    """One host stands still and one is cut off, both for longer than a lease;
    when they are back they send nothing more of what they had."""
    name = planned_issue(fleet.site, 4000)
    still, cut, other = [fleet.host(*SLOW, **SMALL).start() for _ in range(3)]
    freeze(fleet.site, name)
    assert wait_until(lambda: min(h.messages() for h in fleet.hosts) > 300,
                      20, 0.05)
    still.signal(signal.SIGSTOP)
    cut.host.cut()
    time.sleep(1)
    before = [h.messages() for h in (still, cut)]
    assert not settled(fleet.site, 50)
    assert leased(fleet.site, still) > 0 and leased(fleet.site, cut) > 0
    row = settled(fleet.site, 60)
    assert row["accepted"] == row["planned"] == 4000
    guessed = presumed(fleet.site)
    assert guessed > 0
    still.signal(signal.SIGCONT)
    cut.host.mend()
    # The connections of both end, and what had an answer is known.
    assert wait_until(lambda: presumed(fleet.site) < guessed, 60)
    time.sleep(10)
    for host, n in zip((still, cut), before):
        assert host.messages() - n <= 2 * 32
        assert host.end() == 0
    fleet.check(4000)


@pytest.mark.parametrize("after", [
    "both", pytest.param("one ends", marks=pytest.mark.slow)])
def test_the_pace_is_shared(fleet, after):
    """By two, and the one that stays takes all of it."""
    name = planned_issue(fleet.site, 2000)
    hosts = [fleet.host(send="    rate = 40\n").start() for _ in range(2)]
    assert wait_until(lambda: fleet.site.db.one(
        "select count(*) from send_worker") == 2, 20)
    time.sleep(6)  # a sign of life of each, so that they know of each other
    freeze(fleet.site, name)
    if after == "one ends":
        assert hosts.pop().end() == 0
        assert fleet.site.db.one("select count(*) from send_worker") == 1
        time.sleep(7)
    assert wait_until(lambda: sum(h.messages() for h in hosts) > 20, 20, 0.05)
    before = [h.messages() for h in hosts]
    time.sleep(5)
    sent = [h.messages() - n for h, n in zip(hosts, before)]
    assert 120 < sum(sent) < 280 and min(sent) > 60


def test_quiet_hours(fleet):
    """An issue waits for their end, a test mail does not."""
    name = planned_issue(fleet.site, 50)
    at = [fleet.site.db.one("select to_char(now() at time zone schedule_zone()"
                            " + %s::interval, 'HH24:MI')", shift)
          for shift in ("-2 hours", "2 hours")]
    host = fleet.host(send=f'    quiet_hours = "{at[0]}-{at[1]}"\n').start()
    freeze(fleet.site, name)
    ok(fleet.site, "issue", "test", name, "--to", "r9999999@proef.example",
       "--edition", "nl")
    assert wait_until(lambda: host.messages() == 1, 20)
    assert host.end() == 0
    assert set(host.got()) == {9999999}
    host.write_config(send_more=f'    quiet_hours = "{at[1]}-{at[0]}"\n')
    host.start()
    row = settled(fleet.site)
    assert row["accepted"] == 50 and host.messages() == 51
