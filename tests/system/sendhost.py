"""Send roles on hosts of their own, and what arrived from each."""

import collections
import subprocess
from signal import SIGKILL, SIGTERM

from newsletter import approve, fill, plan, send_now

from tests.embedded import Installation, die_with_parent, wait_until
from tests.sink import Sink


class SendHost(Installation):
    """The send role of a site on a host, with a relay (a sink on the hub)
    that nobody else uses.  With own_pids it counts its processes from 1, as
    in a container."""

    def __init__(self, site, host, database, *sink, send="", relay="",
                 own_pids=False):
        super().__init__(site.folder / host.name, site.postgres,
                         site.database, site.build, host=host)
        self.host, self.process = host, None
        if own_pids:
            self.inside = [*self.inside, "unshare", "--pid", "--fork",
                           "--kill-child"]
        self.log = self.folder / "log"
        self.sink = Sink("--list", self.folder / "list", *sink,
                         folder=self.folder, build=site.build,
                         host=host.lan.hub).start()
        self.write_config(database=database, keys=site.settings["keys"],
                          relay=self.sink.address, smtp_port=self.sink.port,
                          send_more=send, relay_more=relay)

    def start(self):
        with open(self.log, "ab") as log:
            before = self.log.stat().st_size
            self.process = subprocess.Popen(
                [*self.inside,
                 self.build / "libexec/tweeluik/tweeluik-send", "--config",
                 self.config], env=self.env(), stderr=log,
                preexec_fn=die_with_parent)
        assert wait_until(lambda: b" started " in
                          self.log.read_bytes()[before:], 20), \
            self.log.read_text()
        return self

    def signal(self, how):
        self.process.send_signal(how)

    def end(self, how=SIGTERM, seconds=40):
        self.signal(how)
        return self.process.wait(seconds)

    def stop(self):
        super().stop()
        if self.process and self.process.poll() is None:
            self.signal(SIGKILL)
            self.process.wait()
        if self.sink.code is None:
            self.sink.stop()

    def messages(self):
        return self.sink.counts()["messages"]

    def got(self):
        """How many copies each subscriber (by id) got through this host."""
        self.sink.counts()
        copies = collections.Counter()
        for line in (self.folder / "list").read_text().splitlines():
            address, n, *_ = line.split()
            copies[int(address[1:8])] = int(n)
        return copies


def planned_issue(site, readers, pattern="01*.item"):
    """An approved issue for r0000001@... and so on, whose ids are 1, 2..."""
    fill(site, readers)
    plan(site, pattern)
    return approve(site)


def freeze(site, name):
    """Make it due; whoever sends may begin."""
    send_now(site, name)
    site.once("schedule")


def all_copies(hosts):
    return sum((h.got() for h in hosts), collections.Counter())


def explained(site):
    """Who may have two copies by what is on record."""
    return {r["subscriber_id"] for r in site.db.rows(
        "select d.subscriber_id from delivery d join outcome o using"
        " (mailing_id, seq) group by 1 having bool_or(o.result = 'uncertain')"
        " or count(*) filter (where o.result = 'accepted') > 1")}


def check_account(site, hosts, readers):
    """Nobody was missed, and who has it twice stands on record."""
    copies = all_copies(hosts)
    assert set(copies) == set(range(1, readers + 1))
    twice = {who for who, n in copies.items() if n > 1}
    assert max(copies.values()) <= 2 and twice <= explained(site)
    fast, = site.db.rows("select * from ledger where kind = 'issue'")
    slow, = site.db.rows("select * from ledger_audit where kind = 'issue'")
    assert fast == slow and fast["balanced"]
    return twice
