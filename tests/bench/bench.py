#!/usr/bin/python3
"""bench.py [--only NAME,...] [--scale X] JSON - measure beside the peers.

Our side is the whole path: sealed addresses in PostgreSQL with fsync and
synchronous_commit on, leased, opened, spliced into one of three editions, sent
over ten connections, the outcome of each committed; every message is compared
with its edition and every recipient counted.  Time runs from the first
connection to the commit of the last outcome; CPU is that of tweeluikd, its
roles and all of PostgreSQL.  The peers send a message of the same size over as
many connections to the same sink in the same run: Postfix's smtp-source (one
fixed message, remembers nothing) and nodemailer (a pool, personalised).

Reports of the corpus are read on one core, by other parsers too.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/bench"),
                str(ROOT / "tests/system")]
from bounces import SECONDS, Bounces  # noqa: E402
from measure import Failed, Path, Peers, say  # noqa: E402
from web import CLICK, PAGE, Web  # noqa: E402
from website import ONE_CLICK  # noqa: E402

from tests.embedded import interrupted  # noqa: E402

MS = 20  # the distance
ROUNDS = 3
FAR = ("--rtt", MS)
PLAIN = ("--no-chunking",)


class Bench:
    """Measurements by name; what two of them need is run once."""

    def __init__(self, path, peers, web, bounces, scale):
        self.path, self.peers, self.scale = path, peers, scale
        self.server, self.readers = web, bounces
        self.done, self.rows = {}, []

    def count(self, n):
        return max(300, int(n * self.scale))

    def once(self, key, run):
        if key not in self.done:
            self.done[key] = run()
        return self.done[key]

    def row(self, name, value, unit, peer, peer_value, target):
        """target: (at least | at most, of ratio | of value, how much)"""
        ratio = value / peer_value if peer_value else None
        which, what, goal = target
        figure = value if what == "value" else ratio
        ok = figure is not None and (
            figure >= goal if which == ">=" else figure <= goal)
        self.rows.append({
            "name": name, "value": round(value, 2), "unit": unit,
            "peer": peer, "peer_value": peer_value and round(peer_value, 2),
            "ratio": ratio and round(ratio, 3)})
        unit = "" if what == "value" else "x"
        say(f"{name:48} {value:11,.1f} {self.rows[-1]['unit']:10} "
            f"{peer_value or 0:11,.1f} {peer:22} {ratio or 0:7.2f}x  "
            f"{which} {goal:g}{unit} {'yes' if ok else 'NO'}")

    # What is sent, each at most once.

    def rounds(self, key, **runs):
        """Each in turn, ROUNDS times over, because machines are noisy; of each
        the run with the median rate."""
        def run():
            seen = {name: [] for name in runs}
            for i in range(1, ROUNDS + 1):
                say(f"{key}, round {i} of {ROUNDS}")
                for name, one in runs.items():
                    seen[name].append(one())
            return {name: sorted(r, key=lambda x: x.rate)[len(r) // 2]
                    for name, r in seen.items()}
        return self.once(key, run)

    def near(self):
        return self.rounds(
            "A sink that costs little",
            source=lambda: self.peers.smtp_source(self.count(60000)),
            pipelining=lambda: self.path.send(
                "PIPELINING", self.count(90000), PLAIN),
            chunking=lambda: self.path.send(
                "CHUNKING", self.count(150000)))

    def pipelining(self):
        return self.near()["pipelining"]

    def chunking(self):
        return self.near()["chunking"]

    def source(self):
        return self.near()["source"]

    def million(self):
        return self.once("million", lambda: self.path.send(
            "many", self.count(1000000)))

    def ten_thousand(self):
        """Too short for one: the mean of several."""
        def run():
            runs = [self.path.send(f"few, {i} of 5", self.count(10000))
                    for i in range(1, 6)]
            mean = runs[-1]
            mean.cpu_us = sum(r.cpu_us for r in runs) / len(runs)
            mean.memory_mb = max(r.memory_mb for r in runs)
            return mean
        return self.once("ten thousand", run)

    # What is measured.

    def speed(self):
        peer = self.source()
        for name, run, goal in (("PIPELINING", self.pipelining, 1.5),
                                ("CHUNKING", self.chunking, 2)):
            self.row(f"{name}, a sink that costs little", run().rate,
                     "messages/s", "smtp-source", peer.rate,
                     (">=", "ratio", goal))

    def cpu(self):
        peer = self.source()
        for name, run in (("PIPELINING", self.pipelining),
                          ("CHUNKING", self.chunking)):
            self.row(f"CPU with PostgreSQL, {name}", run().cpu_us,
                     "us/message", "smtp-source", peer.cpu_us,
                     ("<=", "value", 35))

    def smtp_sink(self):
        runs = self.rounds(
            "Postfix's smtp-sink",
            source=lambda: self.peers.smtp_source(self.count(20000),
                                                  postfix=True),
            mine=lambda: self.path.send("Postfix's smtp-sink",
                                        self.count(20000), postfix=True))
        self.row("Postfix's smtp-sink", runs["mine"].rate, "messages/s",
                 "smtp-source", runs["source"].rate, (">=", "ratio", 1))

    def distance(self):
        peers = [("smtp-source", self.peers.smtp_source(self.count(500), FAR))]
        if self.peers.has_nodemailer():
            peers.append(("nodemailer",
                          self.peers.nodemailer(self.count(1000), FAR)))
        for name, options, n, goal in (
                ("PIPELINING", PLAIN, 2500, 450),
                ("CHUNKING", (), 60000, 10000)):
            mine = self.path.send(f"{name} at {MS} ms", self.count(n),
                                  (*FAR, *options))
            for peer, run in peers:
                self.row(f"{name}, {MS} ms away", mine.rate, "messages/s",
                         peer, run.rate, (">=", "value", goal))

    def nodemailer(self):
        if not self.peers.has_nodemailer():
            return
        peer = self.peers.nodemailer(self.count(5000))
        self.row("CHUNKING, a sink that costs little", self.chunking().rate,
                 "messages/s", "nodemailer", peer.rate, (">=", "ratio", 2))

    def memory(self):
        few, many = self.ten_thousand(), self.million()
        self.row(f"memory of the send role, {few.n:,} recipients",
                 few.memory_mb, "MB", "smtp-source",
                 self.source().memory_mb, ("<=", "value", 32))
        self.row(f"memory of the send role, {many.n:,} recipients",
                 many.memory_mb, "MB", f"{few.n:,} recipients",
                 few.memory_mb, ("<=", "value", 32))

    def freezing(self):
        n = self.count(1000000)
        mine, plain = self.path.freeze(n)
        self.row(f"freezing {n:,} recipients", mine, "s", "a plain INSERT",
                 plain, ("<=", "value", 5))

    def importing(self):
        few, _ = self.path.take_in(self.count(10000))
        many, plain = self.path.take_in(self.count(100000))
        self.row(f"import of a table, {many.n:,} rows", many.seconds, "s",
                 "COPY into a plain table", plain, ("<=", "value", 10))
        self.row(f"memory of it, {many.n:,} rows", many.memory_mb, "MB",
                 f"{few.n:,} rows", few.memory_mb, ("<=", "ratio", 1.5))

    def cost(self):
        few, many = self.ten_thousand(), self.million()
        self.row(f"CPU with PostgreSQL, {many.n:,} recipients", many.cpu_us,
                 "us/message", f"{few.n:,} recipients", few.cpu_us,
                 ("<=", "ratio", 1.1))

    def tls(self):
        runs = self.rounds(
            "TLS",
            bare=lambda: self.path.send("CHUNKING", self.count(100000)),
            tls=lambda: self.path.send("CHUNKING with TLS",
                                       self.count(100000), tls=True))
        self.row("CHUNKING with TLS", runs["tls"].rate, "messages/s",
                 "without TLS", runs["bare"].rate, (">=", "ratio", 0.6))

    def web(self):
        """The web role; its peer has nothing to look up and to say."""
        for name, page in (("the page to unsubscribe", self.server.page),
                           ("an issue in the archive", self.server.archive)):
            runs = self.rounds(
                name, mine=page,
                hello=lambda: self.server.hello(PAGE, "GET"))
            self.row(f"{name}, median", runs["mine"].median_ms, "ms",
                     "libmicrohttpd alone", runs["hello"].median_ms,
                     ("<=", "value", 5))
        runs = self.rounds(
            "One click", mine=self.server.one_click,
            hello=lambda: self.server.hello(CLICK, "POST", ONE_CLICK))
        self.row("one-click unsubscribing", runs["mine"].rate, "POSTs/s",
                 "libmicrohttpd alone", runs["hello"].rate,
                 (">=", "value", 1000))

    def bounces(self):
        """Of the corpus, on one core."""
        mine = self.readers.mine()
        for name, peer in (("libsisimai-perl", self.readers.sisimai()),
                           ("flufl.bounce", self.readers.flufl())):
            if peer:
                self.row("understanding a report", mine.rate, "messages/s",
                         name, peer.rate, (">=", "value", 5000))
                self.row("memory of it", mine.memory_mb, "MB", name,
                         peer.memory_mb, ("<=", "value", 64))
        longer = self.readers.mine(3 * SECONDS)
        self.row("memory of it, three times as many", longer.memory_mb, "MB",
                 "the first", mine.memory_mb, ("<=", "ratio", 1.05))
        worst, shape = self.readers.worst()
        self.row(f"a hostile megabyte: {shape}", worst, "ms", "", None,
                 ("<=", "value", 50))


NAMES = ("speed", "cpu", "smtp_sink", "tls", "distance", "nodemailer",
         "freezing", "importing", "memory", "cost", "web",
         "bounces")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help=", ".join(NAMES))
    parser.add_argument("--scale", type=float, default=1,
                        help="of the number of messages")
    parser.add_argument("json", type=pathlib.Path)
    words = parser.parse_args()
    words.only = [w for w in words.only.split(",") if w] or NAMES
    for name in words.only:
        if name not in NAMES:
            parser.error(f"{name}: one of {', '.join(NAMES)} expected")
    return words


def main():
    words = arguments()
    build = pathlib.Path(os.environ.get("TWEELUIK_BUILD", "build")).resolve()
    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, interrupted)
    failed = False
    with contextlib.ExitStack() as stack:
        # Not /tmp, which may be memory, where a commit costs nothing.
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(
            prefix="tweeluik-bench-", dir="/var/tmp")))
        folder.chmod(0o755)
        path = stack.enter_context(Path(folder, build))
        bench = Bench(path, Peers(folder, build, path),
                      Web(path, folder, build), Bounces(build), words.scale)
        for name in words.only:
            try:
                getattr(bench, name)()
            except Failed as e:
                say(f"{name}: {e}")
                failed = True
            words.json.write_text(json.dumps(bench.rows, indent=1) + "\n")
    say(f"\nWritten to {words.json}")
    return failed


sys.exit(main())
