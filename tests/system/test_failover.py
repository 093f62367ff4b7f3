"""The database fails over to its standby in the middle of an issue."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import Database
from newsletter import ok, settled
from sendhost import SendHost, check_account, freeze, planned_issue

from tests.embedded import Installation, Postgres, wait_until
from tests.embedded.hosts import Lan

READERS = 3000
# A host that vanished is noticed after so long.
SHORT = ("connect_timeout=2 tcp_user_timeout=3000 keepalives_idle=2"
         " keepalives_interval=1 keepalives_count=2")
SLOW = ("--rtt", 100)


class Pair:
    """A primary and its synchronous standby, a host with every role and the
    command line, and one that sends."""

    def __init__(self, lan, folder, site_folder, timeouts):
        self.primary = Postgres(folder / "one", host=lan.host("db-1"))
        self.primary.start()
        site = Installation(site_folder, self.primary, "failover")
        site.init()
        self.standby = self.primary.clone(folder / "two", lan.host("db-2"))
        self.standby.start()
        self.old = Database(self.primary, "failover")
        self.new = Database(self.standby, "failover")
        self.old.rows("alter system set synchronous_standby_names = '*'")
        self.old.rows("select pg_reload_conf()")
        assert wait_until(lambda: self.old.one(
            "select count(*) from pg_stat_replication"
            " where sync_state = 'sync'"), 20)
        both = (f"host={self.primary.host.address},{self.standby.host.address}"
                f" dbname=failover target_session_attrs=read-write {timeouts}")
        self.app = SendHost(site, lan.host("app"), both, *SLOW)
        self.send = SendHost(site, lan.host("send"), both, *SLOW)
        self.hosts = [self.app, self.send]
        self.app.db = self.old

    def begin(self):
        """An issue of which some has been sent."""
        name = planned_issue(self.app, READERS)
        self.app.start_daemon(log=self.app.log)
        self.send.start()
        freeze(self.app, name)
        assert wait_until(lambda: all(
            h.messages() > 200 for h in self.hosts), 20, 0.05)

    def promote(self):
        self.standby.promote()
        self.app.db = self.new

    def page(self):
        return subprocess.run(
            [*self.app.inside, "curl", "-s", "-m", "5", "http://127.0.0.1:"
             f"{self.app.web_port}/healthz"], capture_output=True,
            text=True).stdout.strip()

    def finish(self, seconds):
        """By themselves, and nobody gets it twice: nobody died."""
        row = settled(self.app, seconds)
        assert row and row["accepted"] == row["planned"] == READERS
        assert not check_account(self.app, self.hosts, READERS)
        assert wait_until(lambda: self.page() == "ok", 40)
        assert wait_until(lambda: self.new.one(
            "select count(*) from role_state"
            " where seen_at > now() - interval '10 seconds'") == 4, 40)
        ok(self.app, "status")
        assert self.send.end() == 0 and self.app.stop_daemon() == 0

    def stop(self):
        for host in self.hosts:
            host.stop()
        for server in (self.standby, self.primary):
            server.stop("immediate")


@pytest.fixture
def pair(tmp_path, request):
    why = Lan.why_not()
    if why:
        pytest.skip(f"no hosts here: {why}")
    with (tempfile.TemporaryDirectory(prefix="tweeluik-pg-") as home,
          Lan() as lan):
        Path(home).chmod(0o755)
        pair = Pair(lan, Path(home), tmp_path / "site",
                    getattr(request, "param", ""))
        yield pair
        pair.stop()


def test_the_primary_fails(pair):
    pair.begin()
    pair.primary.stop("immediate")
    assert wait_until(lambda: pair.page() == "db", 20)
    assert pair.app.tweeluik("status").returncode == 75
    pair.promote()
    ok(pair.app, "status")
    pair.finish(60)


@pytest.mark.parametrize("pair", [
    pytest.param(SHORT, id="short"),
    pytest.param("", id="default", marks=pytest.mark.slow)], indirect=True)
def test_the_primary_is_cut_off(pair):
    """Nobody is told, and all are waiting for an answer of it."""
    pair.begin()
    lock = pair.old.connect(autocommit=False)
    lock.cursor().execute("lock table outcome in exclusive mode")
    before = [h.messages() for h in pair.hosts]
    assert wait_until(lambda: all(
        h.messages() > n + 64 for h, n in zip(pair.hosts, before)), 20, 0.05)
    pair.primary.host.cut()
    lock.close()
    pair.promote()
    pair.finish(90)


def test_the_standby_fails(pair):
    """Nothing is on record that is not there twice; sending waits for it."""
    pair.begin()
    pair.standby.stop("immediate")
    sent = None

    def at_rest():
        nonlocal sent
        before, sent = sent, [h.messages() for h in pair.hosts]
        return before == sent
    assert wait_until(at_rest, 30, 1)
    assert sum(sent) < READERS
    pair.standby.start()
    pair.new = pair.old
    pair.finish(60)
