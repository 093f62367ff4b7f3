"""The send role at full speed against the project's own sink, which compares
every byte: ways to talk, refusals in the middle, brakes and probes, pace."""
import collections
import concurrent.futures
import contextlib
import json
import shutil
import subprocess
import threading
import time

import pytest
from conftest import TEMPLATE, Database
from newsletter import approve, as_json, ledger, ok, plan, send_now
from smtpd import Certificates
from website import Visitor

from tests.embedded import Installation, wait_until
from tests.sink import Sink, templates

READERS = 600
DOMAINS = ("a.example", "b.example", *["lezers.example"] * 4)
WINDOW = 32  # messages in flight on one connection, at most
CONNECTIONS = 2
LATER = "451 4.3.0 Later"


class Ready:
    """An issue in the database, frozen: tests get a copy of it."""

    def __init__(self, folder, pg, admin):
        self.folder, self.pg, self.copies = folder, pg, 0
        self.cur, self.lock = admin.cursor(), threading.Lock()
        self.cur.execute(f"create database engine template {TEMPLATE}")
        site = Installation(folder / "site", pg, "engine")
        site.db = Database(pg, "engine")
        site.init()
        plan(site)
        path = folder / "readers.csv"
        path.write_text("e-mail;taal\n" + "".join(
            f"lezer{i}@{DOMAINS[i % 6]};{('nl', 'en', '')[i // 6 % 3]}\n"
            for i in range(READERS)))
        ok(site, "subscriber", "import", path, "--basis", "test", "--apply")
        self.issue = approve(site)
        send_now(site, self.issue)
        site.once("schedule")
        self.keys, self.build = site.settings["keys"], site.build
        self.templates = templates(self.folder, [
            row.values() for row in site.db.rows(
                "select name, bytes, slots from edition"
                " join message on message_id = message.id")])
        self.certificates = self._certificates()

    def _certificates(self):
        folder = self.folder / "certificates"
        folder.mkdir()
        made = Certificates(folder)
        for name in ("localhost", "other.example"):
            made.server(name)
        return made

    def identity(self, name="localhost"):
        base = self.certificates.folder / f"{name}-ca-False"
        return ["--cert", base.with_suffix(".pem"),
                "--key", base.with_suffix(".key")]

    @contextlib.contextmanager
    def copy(self):
        with self.lock:
            self.copies += 1
            name = f"engine_{self.copies}"
            self.cur.execute(f"create database {name} template engine")
        site = Installation(self.folder / name, self.pg, name, self.build)
        site.write_config(keys=self.keys)
        site.db, site.ready = Database(self.pg, name), self
        site.log = site.folder / "log"
        try:
            yield site
        finally:
            site.stop()
            with self.lock:
                self.cur.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def ready(pg, template, tmp_path_factory):
    ready = Ready(tmp_path_factory.mktemp("engine"), pg, template)
    yield ready
    ready.cur.execute("drop database engine with (force)")


@pytest.fixture
def site(ready):
    with ready.copy() as site:
        yield site


class Recording(Sink):
    """A sink that also writes down who sent what to whom, as it comes."""

    def __init__(self, site, *options, port=0, check=True):
        folder = site.folder / f"sink{time.monotonic_ns()}"
        folder.mkdir()
        self.envelopes = folder / "envelopes"
        super().__init__("--envelopes", self.envelopes,
                         *(site.ready.templates if check else []), *options,
                         folder=folder, port=port)

    def seen(self):
        """Pairs of return path and recipient."""
        lines = self.envelopes.read_text().splitlines()
        return [tuple(p.strip("<>") for p in line.split()) for line in lines]

    def domains(self):
        return collections.Counter(
            to.split("@")[1] for _, to in self.seen())


@contextlib.contextmanager
def server(site, *options, port=0, check=True):
    sink = Recording(site, *options, port=port, check=check)
    with sink:
        site.write_config(smtp_port=sink.port)
        yield sink
    assert sink.code == 0, sink.errors


@contextlib.contextmanager
def running(site, **config):
    site.write_config(**config)
    site.start_daemon(log=site.log)
    try:
        yield
    finally:
        assert site.stop_daemon() == 0


def row(site):
    found = ledger(site)
    assert found["balanced"]
    return found


def done(site, seconds=30):
    """The ledger once nothing waits; else where it stands."""
    wait_until(lambda: row(site)["state"] == "done", seconds, 0.05)
    return row(site)


def due(site):
    """What waits for its next attempt is due now."""
    site.db.rows("update chunk set due_at = now() where done_at is null;"
                 "notify tweeluik_send")


def results(site):
    return {r["result"]: r["n"] for r in site.db.rows(
        "select result::text, count(*) as n from outcome group by result")}


def lasted(site):
    """Seconds from the first outcome to the last."""
    return float(site.db.one("select extract(epoch from max(at) - min(at))"
                             " from outcome"))


def watched(site):
    """What `issue show --watch` says of it now."""
    watch = subprocess.Popen(
        [site.build / "bin/tweeluik", "--json", "issue", "show",
         site.ready.issue, "--watch"], env=site.env(), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    with watch:
        line = watch.stdout.readline()
        watch.terminate()
    return json.loads(line)


def health(site):
    return Visitor(site.web_port).get("/healthz").body.strip()


def assert_everybody_once(site, *sinks):
    came = [to for sink in sinks for _, to in sink.seen()]
    assert sorted(came) == sorted(
        f"lezer{i}@{DOMAINS[i % 6]}" for i in range(READERS))


def assert_all_accepted(site, found, *sinks):
    assert (found["state"], found["accepted"]) == ("done", READERS), \
        site.log.read_text()[-2000:]
    assert "uncertain" not in results(site)
    assert_everybody_once(site, *sinks)


@pytest.fixture(scope="module")
def senders(ready):
    """The return path of everybody, from a run in which one command follows
    the reply to another, so that nothing can be mixed up."""
    with ready.copy() as site:
        with server(site, "--no-pipelining", "--no-chunking") as sink:
            with running(site):
                found = done(site)
        assert_all_accepted(site, found, sink)
        path = {to: sender for sender, to in sink.seen()}
    assert len(set(path.values())) == READERS
    return path


def tls(site, login=None):
    more = f'    ca_file = "{site.ready.certificates.ca}"\n'
    if login:
        password = site.folder / "password"
        password.write_text(login[1] + "\n")
        password.chmod(0o600)
        more += (f'    user = "{login[0]}"\n'
                 f'    password_file = "{password}"\n')
    return dict(tls="starttls", relay_more=more + '    host = "localhost"\n')


@pytest.mark.parametrize("options", [
    ["--no-chunking"],
    [],
    ["--no-chunking", "--max-messages-per-connection", "7"],
    ["--max-messages-per-connection", "7"],
    ["--no-chunking", "--no-pipelining", "--max-messages-per-connection",
     "7"],
], ids=" ".join)
def test_every_way_to_talk(site, senders, options):
    with server(site, *options) as sink:
        with running(site):
            found = done(site)
            assert site.db.one("select relay from send_worker") == ""
    assert_all_accepted(site, found, sink)
    assert {to: sender for sender, to in sink.seen()} == senders
    connections = sink.result["connections"]
    assert connections >= READERS / 7 if len(options) > 1 else \
        connections <= CONNECTIONS
    # A relay that hangs up after a number of messages is not away.
    assert "away" not in site.log.read_text()


def test_tls_goes_on_with_its_session(site, senders):
    """And with a name and a password."""
    login = ("tweeluik", "geheim woord")
    with server(site, *site.ready.identity(), "--auth", ":".join(login),
                "--max-messages-per-connection", 50) as sink:
        with running(site, **tls(site, login)):
            found = done(site)
    assert_all_accepted(site, found, sink)
    assert {to: sender for sender, to in sink.seen()} == senders
    assert sink.result["tls"] == sink.result["connections"] >= READERS / 50
    assert sink.result["resumed"] >= sink.result["tls"] / 2
    assert login[1] not in site.log.read_text()


@pytest.mark.parametrize("how", [[], ["--no-chunking"]],
                         ids=["window", "pipelining"])
@pytest.mark.parametrize("steps", [["RCPT"], ["EOD"], ["RCPT", "EOD"]],
                         ids="+".join)
def test_refused_in_the_middle(site, senders, steps, how):
    """Others in the window are accepted, each from its own sender."""
    at = [f"{step}:{n}:{LATER}" for step in steps
          for n in (3, 17, 18, 19, 100, 555)]
    with server(site, *how, *[x for a in at for x in ("--at", a)]) as sink:
        with running(site):
            assert wait_until(lambda: row(site)["waiting"] == len(at), 30,
                              0.05)
            found = row(site)
            assert found["deferred"] == len(at)
            assert found["accepted"] == READERS - len(at) == len(sink.seen())
            due(site)
            found = done(site)
    assert_all_accepted(site, found, sink)
    assert results(site)["deferred"] == len(at)
    assert {to: sender for sender, to in sink.seen()} == senders


@pytest.mark.parametrize("how", [[], ["--no-chunking"]],
                         ids=["window", "pipelining"])
@pytest.mark.parametrize("fault", ["MAIL:40:451 4.3.0 Later", "MAIL:40:421"])
def test_mail_refused_for_now_is_about_the_relay(site, senders, fault, how):
    """Nobody is deferred for it: what was not sent goes a little later."""
    with server(site, *how, "--at", fault) as sink:
        with running(site):
            found = done(site)
    assert_all_accepted(site, found, sink)
    assert {to: sender for sender, to in sink.seen()} == senders
    assert results(site) == {"accepted": READERS}


def paused(site):
    assert wait_until(lambda: row(site)["state"] == "paused", 20, 0.05)
    mailing, = site.db.rows("select * from mailing where kind = 'issue'")
    assert mailing["state_by"] == "system"
    return mailing


def probe_now(site):
    site.db.rows("update chunk set due_at = now() where done_at is null;"
                 "update mailing set probe_at = now() where probe is not null;"
                 "notify tweeluik_send")


# What the relay says, how it is probed, what people read.
TROUBLES = [
    ("RCPT:3+:550 5.7.1 Blocked", "message", "rcpt: 5.7.1"),
    ("EOD:3+:554 5.7.1 Looks like spam", "message", "end-of-data: 5.7.1"),
    ("MAIL:3+:550 5.7.1 Not from you", "message", "mail: 5.7.1"),
    ("CONNECT:*:554 5.7.1 Go away", "connect", "greeting: 5.7.1"),
    ("AUTH:*:535 5.7.8 Wrong", "connect", "auth: 5.7.8"),
    ("certificate", "connect", "starttls: Het certificaat"),
]


def trouble(site, fault, kind, reason):
    """It is ours: the issue pauses until a probe succeeds, and nobody is
    marked."""
    login = ("tweeluik", "woord")
    bad, good, config = ["--at", fault], [], {}
    if kind == "connect":
        good = [*site.ready.identity(), "--auth", ":".join(login)]
        config = tls(site, login)
    if fault == "certificate":
        bad = site.ready.identity("other.example")
    with contextlib.ExitStack() as stack:
        with server(site, *good, *bad) as broken:
            stack.enter_context(running(site, **config))
            mailing = paused(site)
            assert mailing["probe"] == kind
            assert reason in mailing["state_reason"]
            # A probe that fails changes nothing, but that the next is later.
            probe_now(site)
            assert wait_until(lambda: site.db.one(
                "select max(probes) from mailing") == 1, 10)
        assert row(site)["state"] == "paused"
        assert "refused" not in results(site)
        assert site.db.one("select count(*) from subscriber"
                           " where state <> 'active'") == 0
        with server(site, *good, port=broken.port) as mended:
            probe_now(site)
            assert wait_until(lambda: row(site)["state"] != "paused", 20)
            assert wait_until(lambda: due(site) or done(site, 0.5)["state"]
                              == "done", 20)
            found = row(site)
            stack.close()
    assert_all_accepted(site, found, broken, mended)


def rest(site):
    """4.7.28: its readers wait, also while the daemon is down; others do
    not."""
    fault = "RCPT:60:451 4.7.28 Too fast"
    with server(site, "--at", fault) as sink:
        with running(site, send_more="    domain_concurrency = 8\n"):
            def rests():
                return site.db.rows("select * from pace"
                                    " where cool_until > now()")
            assert wait_until(rests, 20)
            deferred = site.db.one(
                "select seq from outcome where result = 'deferred'")
            assert wait_until(lambda: len(sink.domains()) == 3 and sum(
                sink.domains()[d] == DOMAINS.count(d) * READERS / 6
                for d in set(DOMAINS)) == 2, 20), sink.domains()
            resting, = [d for d in set(DOMAINS) if sink.domains()[d] <
                        DOMAINS.count(d) * READERS / 6]
            assert row(site)["deferred"] >= 1
            n = sink.domains()[resting]
        # It is not forgotten, and chunks that are due do not change it.
        with running(site):
            due(site)
            assert wait_until(lambda: not site.db.rows(
                "select 1 from chunk where done_at is null"
                " and (due_at <= now() or leased_by is not null)"), 10)
            assert sink.domains()[resting] == n
            assert [p["domain"] for p in watched(site)["pace"]
                    if p["cooling"]] == [resting]
        site.db.rows("update pace set cool_until = now()")
        with running(site):
            due(site)
            found = done(site)
    assert deferred and found["state"] == "done"
    assert_everybody_once(site, sink)


def concurrency(site):
    """400 readers of one domain, four at a time, 40 ms each; the others do
    not wait for them."""
    with server(site, "--rtt", 40) as sink:
        with running(site, send_more="    domain_concurrency = 4\n",
                     relay_more="    connections = 4\n"):
            assert wait_until(lambda: sink.domains()["a.example"] == 100
                              and sink.domains()["b.example"] == 100, 20)
            assert sink.domains()["lezers.example"] < 300
            found = done(site)
    assert_all_accepted(site, found, sink)
    assert lasted(site) > 400 / 4 * 0.04 * 0.8


def rate(site, setting, n):
    """So many a second."""
    with server(site) as sink:
        with running(site, send_more=f"    {setting} = {n // 4}\n"):
            found = done(site)
    assert_all_accepted(site, found, sink)
    assert 3 < lasted(site) < 15


def quiet(site, begins, ends):
    return site.db.one(
        "select to_char(t - interval '1 hour' * %s, 'HH24:MI') || '-'"
        " || to_char(t + interval '1 hour' * %s, 'HH24:MI')"
        " from (select now() at time zone schedule_zone() as t) x",
        begins, ends)


def test_quiet_hours_keep_an_issue_back(site):
    now = quiet(site, 2, 3)
    with server(site, check=False) as sink:
        with running(site, send_more=f'    quiet_hours = "{now}"\n'):
            ok(site, "issue", "test", site.ready.issue, "--to",
               "proef@proef.example", "--edition", "nl")
            assert wait_until(sink.seen, 20)
            assert wait_until(lambda: site.db.rows(
                "select 1 from mailing where kind <> 'issue'"
                " and state = 'done'"), 20)
            assert [to for _, to in sink.seen()] == ["proef@proef.example"]
            assert row(site)["waiting"] == READERS
            facts = watched(site)
            assert facts["quiet_hours"] == now and facts["quiet"]
            assert health(site) == "ok"
        with running(site, send_more=f'    quiet_hours = "'
                     f'{quiet(site, -2, 4)}"\n'):
            assert not watched(site)["quiet"]
            found = done(site)
    assert found["accepted"] == READERS == len(sink.seen()) - 1


def no_journal(site):
    """Nothing leaves without a journal."""
    journal = site.settings["journal"]
    with server(site) as sink:
        with running(site, send_more="    rate = 300\n"):
            assert wait_until(lambda: len(sink.seen()) > 20, 20, 0.01)
            shutil.rmtree(journal)
            assert wait_until(lambda: site.db.one(
                "select relay from send_worker") != "", 20)
            n = len(sink.seen())
            said = site.db.one("select relay from send_worker")
            assert str(journal) in said
            # A rehearsal wants to know this.
            assert site.db.one(
                "select relay_size from send_worker") == 104857600
            status = as_json(site, "status")["sending"]
            assert status["relay"] == said and status["relay_since"]
            site.db.rows("update send_worker"
                         " set relay_since = now() - interval '16 minutes'")
            assert health(site) == "relay"
            assert len(sink.seen()) == n < READERS
            journal.mkdir(mode=0o700)
            found = done(site)
            assert wait_until(lambda: health(site) == "ok", 20)
    assert_all_accepted(site, found, sink)
    assert not list(journal.iterdir())


def test_who_leaves_in_the_middle_gets_nothing_more(site):
    with server(site) as sink:
        with running(site, send_more="    rate = 5\n"):
            assert wait_until(lambda: len(sink.seen()) > 5, 20, 0.01)
            site.db.rows("select subscriber_leave(id, 'page')"
                         " from subscriber")
            # At this rate it would take two minutes.
            found = done(site, 20)
    assert found["accepted"] == len(sink.seen()) < 60
    assert found["suppressed"] == READERS - found["accepted"]


@pytest.mark.parametrize("setting", ["hold", "resend"])
def test_of_whom_nobody_knows(site, setting):
    """The connection breaks after the relay took a message and before it
    says so; in a window others are on their way by then."""
    with server(site, "--at", "EOD:50:lost") as sink:
        with running(site, send_more=f'    uncertain = "{setting}"\n'):
            if setting == "resend":
                assert wait_until(lambda: row(site)["accepted"]
                                  + results(site).get("uncertain", 0)
                                  == READERS, 20, 0.05)
                due(site)
            found = done(site)
    unsure = results(site)["uncertain"]
    times = collections.Counter(to for _, to in sink.seen())
    assert 1 <= unsure <= WINDOW
    if setting == "hold":
        assert found["uncertain"] == unsure
        assert found["accepted"] == READERS - unsure
        assert READERS - unsure < len(times) <= READERS
        assert set(times.values()) == {1}
    else:
        assert found["accepted"] == READERS == len(times)
        assert 1 <= sum(n - 1 for n in times.values()) <= unsure


# They wait for the clock more than they work.
SLOW = {"rest": (rest,), "concurrency": (concurrency,),
        "domain_rate": (rate, "domain_rate", 400), "rate": (rate, "rate", 600),
        "no_journal": (no_journal,),
        **{reason: (trouble, fault, kind, reason)
           for fault, kind, reason in TROUBLES}}


@pytest.fixture(scope="module")
def meanwhile(ready):
    """All of them, some at a time."""
    def run(function, *values):
        with ready.copy() as site:
            function(site, *values)
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        yield {name: pool.submit(run, *case) for name, case in SLOW.items()}


@pytest.mark.parametrize("name", SLOW)
def test_slow(meanwhile, name):
    meanwhile[name].result()
