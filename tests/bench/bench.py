#!/usr/bin/python3
"""bench.py JSON - measure the whole path beside its peer, in the same run.

The path: sealed addresses in PostgreSQL with synchronous_commit = on, leased,
opened, spliced, sent one by one to Postfix's smtp-sink, each outcome committed.
The peer: Postfix's smtp-source, which sends one fixed message of the same size
to the same sink and remembers nothing.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2]),
                str(pathlib.Path(__file__).resolve().parents[1] / "system")]
from newsletter import approve, plan, readers, send_now  # noqa: E402

from tests.embedded import (Installation, Postgres, free_port,  # noqa: E402
                            wait_until)

BUILD = pathlib.Path(os.environ.get("TWEELUIK_BUILD", "build")).resolve()
READERS, CONNECTIONS = 3000, 10


class Rows:
    """What newsletter.py asks of a test's database."""

    def __init__(self, conninfo):
        import psycopg2
        import psycopg2.extras
        self.conn = psycopg2.connect(conninfo,
                                     options="-csearch_path=tweeluik")
        self.conn.autocommit = True
        self.factory = psycopg2.extras.RealDictCursor

    def rows(self, sql, *values):
        with self.conn.cursor(cursor_factory=self.factory) as cur:
            cur.execute(sql, values)
            return [dict(r) for r in cur] if cur.description else []


def postfix(program, *words):
    env = {"LD_LIBRARY_PATH": str(BUILD / "postfix/usr/lib/postfix")}
    return [str(BUILD / "postfix/usr/sbin" / program), *map(str, words)], env


@contextlib.contextmanager
def sink():
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command, env = postfix("smtp-sink", *user, f"127.0.0.1:{port}", 100)
    process = subprocess.Popen(command, env=env)
    try:
        time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait()


def measure_peer(size):
    with sink() as port:
        command, env = postfix("smtp-source", "-s", CONNECTIONS, "-m", READERS,
                               "-l", size, "-d", "-f", "a@peer.example", "-t",
                               "b@peer.example", f"127.0.0.1:{port}")
        began = time.monotonic()
        subprocess.run(command, env=env, check=True)
        return READERS / (time.monotonic() - began)


def measure_path(folder):
    pg = Postgres(folder / "pg", safe=True)
    pg.start()
    site = None
    try:
        with sink() as port:
            site = Installation(
                folder / "site", pg, smtp_port=port,
                relay_more=f"    connections = {CONNECTIONS}\n")
            site.init()
            site.db = Rows(pg.conninfo("tweeluik", "postgres"))
            plan(site)
            readers(site, READERS)
            send_now(site, approve(site))
            site.start_daemon(log=folder / "log")
            if not wait_until(lambda: site.db.rows(
                    "select 1 from mailing where state = 'done'"), 300):
                raise SystemExit("the issue was not sent")
            site.stop_daemon()
            row, = site.db.rows(
                "select extract(epoch from finished_at - created_at) as s,"
                " (select avg(length(bytes)) from message) as size,"
                " accepted, balanced from mailing"
                " join ledger on mailing_id = id")
            assert row["accepted"] == READERS and row["balanced"]
            return READERS / float(row["s"]), int(row["size"])
    finally:
        if site:
            site.stop()
        pg.stop()


def main():
    with tempfile.TemporaryDirectory(prefix="tweeluik-bench-") as folder:
        pathlib.Path(folder).chmod(0o755)
        mine, size = measure_path(pathlib.Path(folder))
    peer = measure_peer(size)
    result = [{"name": "whole path to smtp-sink", "value": round(mine, 1),
               "unit": "messages/s", "peer": "smtp-source",
               "peer_value": round(peer, 1), "ratio": round(mine / peer, 3)}]
    pathlib.Path(sys.argv[1]).write_text(json.dumps(result, indent=1) + "\n")
    for r in result:
        print(f"{r['name']}: {r['value']} {r['unit']}, {r['peer']} "
              f"{r['peer_value']}, ratio {r['ratio']} ({size} bytes, "
              f"{CONNECTIONS} connections)")


main()
