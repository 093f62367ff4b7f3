"""One run of the whole path, or of a peer, to a sink: what it took."""

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import threading
import time

import psycopg2
from newsletter import approve, plan, send_now
from processes import cpu_seconds, descriptors, high_water_mb

from tests.embedded import (Installation, Postgres, die_with_parent,
                            free_port, wait_until)
from tests.sink import Sink, templates

CONNECTIONS = 10
SECONDS_MAX = 1800
ITEMS = "0[123]*.item"  # as many as make 20 kB


class Failed(Exception):
    pass


def say(text, end="\n"):
    print(text, end=end, flush=True)


@contextlib.contextmanager
def announced(text):
    """Say what is going on, and a dot every two seconds."""
    over = threading.Event()

    def dots():
        while not over.wait(2):
            say(".", "")
    say(f"  {text} ", "")
    thread = threading.Thread(target=dots)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if sys.exc_info()[0]:
            say("")


@dataclasses.dataclass
class Result:
    n: int
    seconds: float = 0
    cpu_us: float = 0
    memory_mb: float = 0

    @property
    def rate(self):
        return self.n / self.seconds

    def say(self):
        say(f" {self.rate:,.0f}/s, {self.cpu_us:.1f} us, "
            f"{self.memory_mb:.1f} MB")
        return self


class Connections:
    """When the first connection to a server arrives."""

    def __init__(self, pid):
        self.pid, self.before = pid, descriptors(pid)

    def wait(self, seconds, alive):
        until = time.monotonic() + seconds
        while descriptors(self.pid) == self.before:
            if not alive() or time.monotonic() > until:
                raise Failed("nothing connects to the sink")
            time.sleep(0.001)
        return time.time()


class PostfixSink:
    """smtp-sink; costs more than ours, counts nothing."""

    def __init__(self, build):
        self.port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            postfix_command(build, "smtp-sink", *user,
                            f"127.0.0.1:{self.port}", 100),
            preexec_fn=die_with_parent)
        time.sleep(0.5)
        self.counts = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        self.process.wait()


def postfix_command(build, program, *words):
    return ["env", f"LD_LIBRARY_PATH={build / 'postfix/usr/lib/postfix'}",
            str(build / "postfix/usr/sbin" / program), *map(str, words)]


class Path:
    """An installation with an approved issue; a fresh copy for every run."""

    def __init__(self, folder, build):
        self.folder, self.build, self.runs = folder, build, 0
        self.pg = Postgres(folder / "pg", safe=True)

    def __enter__(self):
        try:
            self._prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        self.pg.stop("immediate")
        # Where it had to live elsewhere, it leaves nothing behind.
        shutil.rmtree(self.pg.folder, ignore_errors=True)

    def _prepare(self):
        with announced("Preparing an issue in three editions"):
            self.pg.start()
            self.site = Installation(
                self.folder / "site", self.pg, "bench", build=self.build,
                relay_more=self._relay())
            self.site.init()
            plan(self.site, ITEMS)
            self.issue = approve(self.site)
            self.editions = self.rows(
                "bench", "select name, bytes, slots, html, plain, subject"
                " from tweeluik.edition join tweeluik.message"
                " on message_id = message.id")
        sizes = [len(row[1]) for row in self.editions]
        self.size = sum(sizes) // len(sizes)
        self.templates = templates(self.folder, self.editions)
        say(f"{min(sizes):,} to {max(sizes):,} bytes, {self.size:,} on "
            f"average; {CONNECTIONS} connections, fsync on")

    def _relay(self, more=""):
        return f"    connections = {CONNECTIONS}\n{more}"

    def rows(self, database, sql):
        with contextlib.closing(psycopg2.connect(
                self.pg.conninfo(database, "postgres"))) as conn:
            conn.autocommit = True
            with conn.cursor() as cur:
                cur.execute(sql)
                return cur.fetchall() if cur.description else []

    def certificate(self):
        pem, key = self.folder / "sink.pem", self.folder / "sink.key"
        if not pem.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                 "/CN=sink", "-addext", "subjectAltName=IP:127.0.0.1",
                 "-keyout", key, "-out", pem], check=True,
                capture_output=True)
        return pem, key

    def sink(self, options, tls, is_postfix):
        if is_postfix:
            return PostfixSink(self.build)
        more = []
        if tls:
            pem, key = self.certificate()
            more = ["--cert", pem, "--key", key]
        return Sink(*options, *more, *self.templates, folder=self.folder,
                    build=self.build)

    @contextlib.contextmanager
    def copy(self, n):
        """A database of its own, with n readers."""
        self.runs += 1
        name = f"run{self.runs}"
        self.pg.create(name, "bench")
        try:
            self.site.write_config(database=self.pg.conninfo(name))
            if n > 0:
                self._fill(name, n)
            yield name
        finally:
            self.rows("postgres", f"drop database {name} with (force)")

    def send(self, what, n, options=(), tls=False, postfix=False):
        """The whole issue to n readers; a Result."""
        with announced(f"{what}: {n:,} messages"), self.copy(n) as name:
            with self.sink(options, tls, postfix) as sink:
                result = self._run(name, n, sink, tls)
            if not postfix and sink.code != 0:
                raise Failed(f"the sink complains: {sink.errors}")
            if not postfix and (sink.result["once"] != n
                                or sink.result["recipients"] != n):
                raise Failed(f"not everybody once: {sink.result}")
        return result.say()

    def freeze(self, n):
        """Seconds to freeze the issue, and to insert its readers alone."""
        with announced(f"freezing: {n:,} readers"), self.copy(n) as name:
            insert = self._insert(name)
            # What it does once a day, it does at night.
            self.site.once("schedule", timeout=None)
            freeze = self._freeze()
        say(f" {freeze:.2f} s")
        return freeze, insert

    def take_in(self, n):
        """Import a table of n people; a Result, and the seconds that COPY
        takes for the table alone."""
        table = self.folder / "people.csv"
        with open(table, "w", encoding="ascii") as f:
            f.write("e-mail,taal\n")
            f.writelines(f"lezer{i}@a{i % 97}.example,nl\n"
                         for i in range(n))
        result = Result(n)
        with announced(f"import: {n:,} rows"), self.copy(0) as name:
            plain = self._copy_in(name, table)
            began = time.monotonic()
            process = subprocess.Popen(
                [self.build / "bin/tweeluik", "-q", "subscriber", "import",
                 table, "--apply", "--basis", "bench"],
                stdout=subprocess.DEVNULL, env=self.site.env())
            _, status, usage = os.wait4(process.pid, 0)
            result.seconds = time.monotonic() - began
            result.memory_mb = usage.ru_maxrss / 1024
            process.returncode = status
        if status != 0:
            raise Failed(f"the import ended with {status}")
        say(f" {result.seconds:.2f} s, {result.memory_mb:.1f} MB")
        return result, plain

    def _copy_in(self, name, table):
        with contextlib.closing(psycopg2.connect(
                self.pg.conninfo(name, "postgres"))) as conn:
            with conn.cursor() as cur, open(table, encoding="ascii") as f:
                cur.execute("create table plain (a text primary key, b text)")
                began = time.monotonic()
                cur.copy_expert("copy plain from stdin csv header", f)
            conn.commit()
        return time.monotonic() - began

    def _fill(self, name, n):
        done = subprocess.run(
            [self.build / "tests/bench-fill",
             self.pg.conninfo(name, "postgres"), self.site.settings["keys"],
             str(n)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(done.stderr)
        self.rows(name, "vacuum analyze tweeluik.subscriber")
        self.rows(name, "checkpoint")

    def _freeze(self):
        send_now(self.site, self.issue)
        began = time.monotonic()
        self.site.once("schedule", timeout=None)
        return time.monotonic() - began

    def _insert(self, name):
        """What the rows of the recipients alone cost."""
        self.rows(name, "create table plain (a bigint, b int, c bigint,"
                  " d bigint, primary key (a, b))")
        began = time.monotonic()
        self.rows(name, "insert into plain select 1, row_number() over"
                  " (order by id), 1, id from tweeluik.subscriber")
        seconds = time.monotonic() - began
        self.rows(name, "drop table plain")
        return seconds

    def _run(self, name, n, sink, tls):
        more = f'    ca_file = "{self.certificate()[0]}"\n' if tls else ""
        self.site.write_config(
            smtp_port=sink.port, tls="starttls" if tls else "none",
            relay_more=self._relay(more))
        self._freeze()
        self.rows(name, "checkpoint")
        result = Result(n)
        connections = Connections(sink.process.pid)
        log = self.folder / f"{name}.log"
        daemon = self.site.start_daemon(log=log)
        try:
            self._measure(name, result, connections, daemon)
        except Failed as e:
            tail = log.read_text().splitlines()[-5:]
            raise Failed("\n    ".join([str(e), *tail])) from None
        finally:
            self.site.stop_daemon()
        self._check(name, n)
        return result

    def _postmaster(self):
        pid = (self.pg.data / "postmaster.pid").read_text()
        return int(pid.split("\n", 1)[0])

    def _measure(self, name, result, connections, daemon):
        trees = daemon.pid, self._postmaster()
        began = connections.wait(60, lambda: daemon.poll() is None)
        before = cpu_seconds(*trees)

        def over():
            row, = self._state(cur)
            if row[0] == "paused":
                raise Failed(f"it paused: {row[1]}")
            if daemon.poll() is not None:
                raise Failed(f"tweeluikd ended with {daemon.returncode}")
            return row[0] == "done" and row[2]
        with contextlib.closing(psycopg2.connect(
                self.pg.conninfo(name, "postgres"))) as conn:
            conn.autocommit = True
            cur = conn.cursor()
            ended = wait_until(over, SECONDS_MAX)
        if ended is None:
            raise Failed(f"not sent in {SECONDS_MAX} s")
        result.cpu_us = (cpu_seconds(*trees) - before) / result.n * 1e6
        result.memory_mb = high_water_mb(daemon.pid, "tweeluik-send")
        result.seconds = float(ended) - began

    @staticmethod
    def _state(cur):
        cur.execute("select state, state_reason, extract(epoch from"
                    " finished_at) from tweeluik.mailing"
                    " where kind = 'issue'")
        return cur.fetchall()

    def _check(self, name, n):
        rows = self.rows(name, "select accepted, balanced from"
                         " tweeluik.ledger where kind = 'issue'")
        if rows != [(n, True)]:
            raise Failed(f"the ledger says {rows}")


class Peers:
    def __init__(self, folder, build, path):
        self.folder, self.build, self.path = folder, build, path

    def has_nodemailer(self):
        folder = self.build / "nodemailer/node_modules/nodemailer"
        return folder.exists() and shutil.which("node") is not None

    def _run(self, what, n, sink, command):
        with announced(f"{what}: {n:,} messages"), sink:
            connections = Connections(sink.process.pid)
            process = subprocess.Popen(
                command(sink.port), preexec_fn=die_with_parent,
                stdout=subprocess.DEVNULL)
            try:
                began = connections.wait(60, lambda: True)
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            finally:
                if process.returncode is None:
                    process.kill()
                    process.wait()
            result = Result(n, time.time() - began)
            if process.returncode != 0:
                raise Failed(f"{what} ended with {process.returncode}")
            got = sink.counts and sink.counts()
            if got and got["messages"] != n:
                raise Failed(f"{what} did not send them all")
        cpu = usage.ru_utime + usage.ru_stime
        result.cpu_us = cpu / n * 1e6
        result.memory_mb = usage.ru_maxrss / 1024
        return result.say()

    def _sink(self, options, is_postfix=False):
        if is_postfix:
            return PostfixSink(self.build)
        return Sink(*options, folder=self.folder, build=self.build)

    def smtp_source(self, n, options=(), postfix=False):
        return self._run(
            "smtp-source", n, self._sink(options, postfix),
            lambda port: postfix_command(
                self.build, "smtp-source", "-s", CONNECTIONS, "-m", n, "-l",
                self.path.size, "-d", "-f", "a@peer.example", "-t",
                "b@peer.example", f"127.0.0.1:{port}"))

    def nodemailer(self, n, options=()):
        row = min(self.path.editions,
                  key=lambda r: abs(len(r[1]) - self.path.size))
        letter = self.folder / "letter.json"
        letter.write_text(json.dumps(dict(
            html=tokens(row[3]), text=tokens(row[4]), subject=row[5])))
        return self._run(
            "nodemailer", n, self._sink(options),
            lambda port: ["node", str(self.build / "nodemailer/pool.mjs"),
                          "127.0.0.1", str(port), str(n), str(letter)])


def tokens(text):
    """Slots (base/slot.h) as pool.mjs knows them."""
    return "".join("@@" if "\ue000" <= c <= "\ue0ff" else c for c in text)
