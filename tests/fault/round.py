"""One issue, sent while things fail, and what must be true of it in the end."""

import collections
import contextlib
import json
import os
import random
import signal
import subprocess
import time

import psycopg2

from tests.embedded import (Installation, die_with_parent, free_port,
                            wait_until)
from tests.sink import Sink

# How the relay takes messages: what the sink leaves out of EHLO.
OFFERS = {
    "chunking": (),
    "pipelining": ("--no-chunking",),
    "plain": ("--no-chunking", "--no-pipelining"),
}
SILENCE_MS = 150
PATIENCE = 150  # seconds for the rest, once nothing fails any more
HASTE = 5  # after which a hasty round starts the role anew
LOOK = 0.03
NUDGE = 0.25

# Nobody waits for a retry or a probe; what is leased is left alone.
NUDGES = (
    "update chunk set due_at = now() where (mailing_id, no) in ("
    " select mailing_id, no from chunk where done_at is null"
    " and leased_by is null and due_at > now() for update skip locked)",
    "update mailing set probe_at = now() where id in ("
    " select id from mailing where state = 'paused' and probe is not null"
    " and probe_at > now() for update skip locked)",
    "notify tweeluik_send",
)
COUNTS = ("planned, accepted, refused, expired, suppressed, uncertain,"
          " waiting, deferred")


class Wrong(Exception):
    """Something that must be true is not."""


class Round:
    """What a scenario works with; numbers are of faults that did happen."""

    def __init__(self, lab, folder, seed, offer="chunking", tls=False,
                 connections=2, window=4, chunk=100, sync="never",
                 send_more="", sink=(), brief=False):
        self.lab, self.folder, self.seed = lab, folder, seed
        self.random = random.Random(seed)
        self.faults = collections.Counter()
        self.offer, self.tls, self.brief = offer, tls, brief
        self.persons = self.random.random() < 0.7  # resume what is paused
        self.hasty = self.random.random() < 0.8
        self.port = free_port()
        self.sink = None
        self.sinks = 0
        self.copies, self.own = collections.Counter(), {}
        self.process = self.conn = None
        self.nudged = self.boots = self.looks = 0
        self.sink_options = list(sink)
        self.shim_log = folder / "shim.log"
        self.log = folder / "role.log"
        relay = f"    connections = {connections}\n    window = {window}\n"
        if tls:
            self.sink_options += ["--cert", lab.certificate[0],
                                  "--key", lab.certificate[1]]
            relay += f'    ca_file = "{lab.certificate[0]}"\n'
        self.database = lab.freeze(chunk)
        self.site = Installation(
            folder / "site", lab.pg, self.database, build=lab.build,
            smtp_port=self.port, tls="starttls" if tls else "none",
            relay_more=relay,
            send_more=f'    chunk_size = {chunk}\n'
                      f'    journal_sync = "{sync}"\n{send_more}')
        self.site.write_config(keys=lab.site.settings["keys"])
        self.journal = self.site.folder / "journal"

    # The relay.

    def start_sink(self, *options):
        self.sinks += 1
        folder = self.folder / f"sink{self.sinks}"
        folder.mkdir()
        self.sink = Sink(
            "--list", folder / "list", "--fault-log", folder / "faults",
            "--silence", SILENCE_MS, *OFFERS[self.offer], *self.sink_options,
            *options, *self.lab.templates, folder=folder,
            build=self.lab.build, port=self.port)
        self.sink.start()

    def stop_sink(self):
        """As if its host fell over: it closes all connections."""
        if self.sink is None:
            return
        sink, self.sink = self.sink, None
        sink.process.send_signal(signal.SIGCONT)
        sink.stop()
        if sink.code != 0:
            raise Wrong(f"the sink complains: {sink.errors.strip()}")
        for line in (sink.count.parent / "list").read_text().splitlines():
            address, n, own = line.split()
            self.copies[address] += int(n)
            if self.own.setdefault(address, own) != own:
                raise Wrong("a copy to another sink has other bytes")
        for line in (sink.count.parent / "faults").read_text().splitlines():
            step, _, kind = line.split()
            self.faults[f"relay: {kind}", step] += 1

    # The send role.

    def start(self, at="", victim="process", whole=False):
        """at: what goes wrong in it (shim.c); whole: with tweeluikd."""
        env = dict(self.site.env(), FAULT_AT=at, FAULT_VICTIM=victim,
                   FAULT_LOG=str(self.shim_log),
                   FAULT_BOOT=f"{self.boots + 1:032x}",
                   LD_PRELOAD=str(self.lab.build / "tests/fault-shim.so"),
                   ASAN_OPTIONS="verify_asan_link_order=0")
        program = "bin/tweeluikd" if whole else \
            "libexec/tweeluik/tweeluik-send"
        words = ["--foreground"] if whole else []
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [self.lab.build / program, "--config", self.site.config,
                 *words], env=env, stdout=log, stderr=log,
                preexec_fn=die_with_parent, start_new_session=True)
        self.process = process
        return process

    def kill(self, step, whole=False):
        if self.process.poll() is None:
            self.faults["kill -9", step] += 1
        with contextlib.suppress(ProcessLookupError):
            if whole:
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        self.check_balance()

    def stop(self):
        """The ordinary end."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                code = self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Wrong("the role did not stop when told to") from None
            # Told before it could listen.
            if code not in (0, -signal.SIGTERM):
                raise Wrong(f"the role ended with {code}")
        self.process = None

    # Time.

    def ask(self, sql, *values):
        """Rows, or None while the database is away."""
        try:
            if self.conn is None:
                self.conn = self.lab.connect(self.database)
            with self.conn.cursor() as cur:
                cur.execute(sql, values)
                return cur.fetchall() if cur.description else []
        except psycopg2.Error as e:
            if e.pgcode is not None and e.pgcode[:2] not in ("57", "08"):
                raise
            self.hang_up()
            return None

    def hang_up(self):
        if self.conn is not None:
            with contextlib.suppress(psycopg2.Error):
                self.conn.close()
        self.conn = None

    def nudge(self):
        if time.monotonic() - self.nudged < NUDGE:
            return
        self.nudged = time.monotonic()
        for sql in NUDGES:
            self.ask(sql)
        paused = self.ask("select probe from mailing where state = 'paused'"
                          " and kind = 'issue'")
        if paused and (self.persons or paused[0][0] is None):
            self.site.tweeluik("issue", "resume", self.lab.issue)

    def is_done(self):
        rows = self.ask("select state from mailing where kind = 'issue'")
        return bool(rows) and rows[0][0] == "done"

    def watch(self, seconds, until=lambda: False):
        """Until the role ends (True), all is sent, or the time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            if self.process.poll() is not None:
                return True
            self.nudge()
            if self.is_done():
                return False
            time.sleep(LOOK)
        return False

    def progress(self):
        return self.ask("select count(*), (select count(*) from outcome)"
                        " from chunk where done_at is not null")

    def press(self, seconds, still=0.6):
        """Until all is sent; whenever nothing moves the role starts anew,
        which forgets how long it wanted to stay away from the relay."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.is_done():
            if self.process is None or self.process.poll() is not None:
                self.start()
            before = self.progress()
            self.watch(still)
            if self.process.poll() is not None:
                raise Wrong(f"the role ended with {self.process.returncode}")
            if self.progress() == before and not self.is_done():
                if self.random.random() < 0.5:
                    self.kill("relay away")
                    self.process = None
                else:
                    self.stop()

    def die_at(self, rule, victim="process", whole=False, seconds=8):
        """Start the role and let it die at a step.  False: it did not come
        to that."""
        self.start(rule, victim, whole)
        if self.watch(seconds):
            code = self.process.returncode
            if code != -signal.SIGKILL:
                raise Wrong(f"the role ended with {code} by itself")
            self.process = None
            self.check_balance()
            return True
        self.stop()
        return False

    # The end.

    def finish(self):
        """Nothing fails any more: the rest must go out."""
        words = self.sink.command if self.sink else ("--faults",)
        if {"--at", "--script", "--faults"} & set(words):
            self.stop_sink()
            self.start_sink()
        self.deliver()
        self.count_shim()
        self.check()
        self.first = {"twice": self.twice, "uncertain": self.uncertain,
                      "missing": self.missing, "looks": self.looks}
        if self.uncertain > 0:
            self.send_missing()

    def deliver(self):
        if self.process is None or self.process.poll() is not None:
            self.start()
        if self.hasty:
            self.watch(HASTE, self.is_done)
            if not self.is_done():
                self.stop()
                self.forget_the_dead()
                self.start()
        self.watch(PATIENCE, self.is_done)
        if not self.journals_are_gone():
            # A worker looks for them when it starts, and now and then.
            self.stop()
            self.start()
            wait_until(self.journals_are_gone, 10, LOOK)
        done = self.is_done()
        if not done and self.process.poll() is not None:
            raise Wrong(f"the role ended with {self.process.returncode}")
        self.stop()
        self.stop_sink()
        if not done:
            raise Wrong(f"not sent within {PATIENCE} seconds: "
                        f"{self.ask('select * from ledger')}")

    def send_missing(self):
        """What a person does about those who are left uncertain."""
        done = self.site.tweeluik("issue", "send", self.lab.issue,
                                  "--missing", "--uncertain", "--confirm",
                                  self.lab.issue)
        if done.returncode != 0:
            raise Wrong(f"issue send --missing: {done.stderr}")
        self.start_sink()
        self.deliver()
        self.check()
        if self.missing or self.uncertain:
            raise Wrong(f"{self.missing} still have not got it,"
                        f" {self.uncertain} are uncertain")

    def journals_are_gone(self):
        """Of all but the one who runs."""
        mine = f"%3A{self.process.pid}%3A"
        return all(mine in p.name for p in self.journal.glob("*.journal"))

    def forget_the_dead(self):
        """As if they had been silent for a while."""
        self.ask("update send_worker set seen_at = now()"
                 " - interval '1 minute'")

    def count_shim(self):
        if self.shim_log.exists():
            for line in self.shim_log.read_text().splitlines():
                step, _, action = line.split(":")
                self.faults[action, step] += 1

    def check_balance(self):
        """While it is going on as well, in one look."""
        rows = self.ask(
            f"select {COUNTS}, balanced from ledger where kind = 'issue'"
            f" union all select {COUNTS}, balanced from ledger_audit"
            " where kind = 'issue'")
        if rows is None:
            return  # the database is away
        if rows[0] != rows[1] or not rows[0][-1]:
            raise Wrong(f"ledger {rows[0]}, ledger_audit {rows[1]} ({COUNTS})")
        self.looks += 1

    def check(self):
        self.check_ledger()
        self.check_recipients()
        self.check_traces()

    def check_ledger(self):
        self.check_balance()
        rows = self.ask(f"select {COUNTS} from ledger where kind = 'issue'")
        row = dict(zip(COUNTS.split(", "), rows[0]))
        if row["waiting"] != 0:
            raise Wrong(f"somebody waits: {row}")
        if row["planned"] != self.lab.readers or \
                row["accepted"] + row["uncertain"] != row["planned"]:
            raise Wrong(f"somebody is given up: {row}")
        if self.ask("select 1 from subscriber where state <> 'active'"):
            raise Wrong("somebody was marked undeliverable")
        self.uncertain = row["uncertain"]

    def check_recipients(self):
        """At least what the ledger is sure of, at most what it admits."""
        rows = self.ask(
            "select d.subscriber_id, count(*) filter (where o.result ="
            " 'accepted'), count(*) filter (where o.result = 'uncertain')"
            " from delivery d left join outcome o using (mailing_id, seq)"
            " group by d.mailing_id, d.seq, d.subscriber_id")
        first = min(r[0] for r in rows)
        wrong = []
        self.twice = self.missing = 0
        for subscriber, sure, unsure in rows:
            got = self.copies[f"r{subscriber - first + 1:07}@lezers.example"]
            if not sure <= got <= sure + unsure or sure > 1:
                wrong.append((subscriber, got, sure, unsure))
            self.twice += got > 1
            self.missing += got == 0
        if wrong:
            raise Wrong(f"{len(wrong)} got it too often or not at all"
                        " (subscriber, copies, accepted, uncertain):"
                        f" {wrong[:5]}")
        if self.missing > self.uncertain:
            raise Wrong(f"{self.missing} did not get it, the ledger is"
                        f" unsure of {self.uncertain}")

    def check_traces(self):
        left = [p.name for p in self.journal.glob("*.journal")]
        if left:
            raise Wrong(f"journals are left: {left}")
        held = self.ask("select count(*) from chunk where leased_by is not"
                        " null and done_at is null")
        if held != [(0,)]:
            raise Wrong("chunks are still leased")
        for log in (self.log, self.lab.pg.folder / "log"):
            if b"@lezers" in log.read_bytes():
                raise Wrong(f"an address is in {log}")

    def clean_up(self):
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        with contextlib.suppress(Wrong):
            self.stop_sink()
        self.hang_up()

    def keep(self, why):
        """For whoever looks at it later."""
        tables = {}
        for table in ("mailing", "chunk", "ledger", "ledger_audit",
                      "send_worker"):
            tables[table] = [r[0] for r in self.ask(
                f"select to_jsonb(x) from {table} x") or ()]
        tables["outcome"] = [r[0] for r in self.ask(
            "select to_jsonb(x) from outcome x where result <> 'accepted'")
            or ()]
        (self.folder / "ledger.json").write_text(json.dumps(tables, indent=1))
        (self.folder / "why").write_text(f"seed {self.seed}: {why}\n")
