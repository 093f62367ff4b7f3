"""An issue ready to send, made with the command line as a person would."""

import csv
import json
import subprocess

from tests.demo.dates import first_date
from tests.embedded import ROOT, wait_until

DEMO = ROOT / "tests/demo"

# As a worker of the name t:1 would.
LEASE = "select * from send_lease('t:1', 60, 1, '', null, false)"
FINISH = "select send_finish(%s, 1, 't:1', '5 minutes', false, '{}', null)"


def ok(site, *words, **kw):
    return site.tweeluik(*words, check=True, **kw).stdout


def as_json(site, *words):
    return json.loads(ok(site, *words, "--json"))


def readers(site, n, name="lezer"):
    """n readers over the three editions."""
    path = site.folder / f"{name}.csv"
    with open(path, "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f, delimiter=";")
        w.writerow(["e-mail", "taal"])
        for i in range(n):
            w.writerow([f"{name}{i}@lezers.example", ("nl", "en", "")[i % 3]])
    ok(site, "subscriber", "import", path, "--basis", "test", "--apply")


def items(site, pattern="*.item"):
    ok(site, "org", "import", DEMO / "organisations.csv", "--apply")
    for path in sorted((DEMO / "items").glob(pattern)):
        ok(site, "item", "add", "--file", path, "--ready")


def fill(site, n):
    """n readers in no time: r0000001@lezers.example and so on."""
    subprocess.run([site.build / "tests/bench-fill",
                    site.postgres.conninfo(site.database, "postgres"),
                    str(site.settings["keys"]), str(n)], check=True)


def plan(site, pattern="*.item"):
    """A schedule, items and headlines: all that approval asks for."""
    ok(site, "schedule", "set", "--first-date", first_date())
    items(site, pattern)
    ok(site, "issue", "plan", "next", "--headline-nl", "tandarts vergoed",
       "--headline-en", "dental care covered")


def approve(site):
    issue = as_json(site, "issue", "show", "next")
    name = f"{issue['number']}-{issue['year']}"
    ok(site, "issue", "approve", name, "--confirm", name)
    return name


def send_now(site, name):
    ok(site, "issue", "send", name, "--now", "--grace", "0m", "--confirm",
       name)


def ledger(site, kind="issue"):
    row, = site.db.rows("select * from ledger where kind = %s", kind)
    return row


def settled(site, seconds=60):
    """The ledger once nothing is waiting any more; None when time is up."""
    def look():
        rows = site.db.rows("select * from ledger where kind = 'issue'")
        return rows[0] if rows and rows[0]["state"] == "done" else None
    return wait_until(look, seconds)


def settled_soon(site, seconds=60):
    """As settled(), without waiting for the time of the next attempt."""
    def look():
        site.db.rows("update chunk set due_at = now() where done_at is null")
        site.db.rows("notify tweeluik_send")
        return settled(site, 0)
    return wait_until(look, seconds, 0.5)
