#!/usr/bin/python3
"""demo.py FOLDER - one real issue from sample items to mail in an inbox."""

import contextlib
import json
import pathlib
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from tests.embedded import (Installation, Postgres, interrupted,  # noqa: E402
                            wait_until)
from tests.demo.dates import first_date  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


@contextlib.contextmanager
def step(text):
    """A line that says what is being done, and how long it took."""
    began = time.monotonic()
    if sys.stdout.isatty():
        print(f"  ...  {text}", end="\r", flush=True)
    yield
    print(f"  done {text} ({time.monotonic() - began:.1f} s)", flush=True)


def fill(site):
    with step("19 items in the queue, in two languages"):
        site.tweeluik("org", "import", HERE / "organisations.csv", "--apply",
                      check=True)
        for item in sorted((HERE / "items").glob("*.item")):
            site.tweeluik("item", "add", "--file", item, "--ready", check=True)
        items = json.loads(site.tweeluik("item", "list", "--json",
                                         check=True).stdout)["items"]
    with step("a Dutch text changes after its translation"):
        bus = next(i for i in items if "bus" in i["title"].lower())
        site.tweeluik("item", "edit", bus["id"], "--file",
                      HERE / "items/09-checks-on-buses.edit-nl", check=True)
    with step("60 readers imported; one leaves, one is blocked"):
        site.tweeluik("subscriber", "import", HERE / "subscribers.csv",
                      "--basis", "network day", "--apply", check=True)
        site.tweeluik("subscriber", "unsubscribe",
                      "kim.de.boer@wereldvrouwen.example", "--yes", check=True)
        site.tweeluik("subscriber", "set", "post@oude-adressen.example",
                      "--state", "blocked", "--yes", check=True)


def send(site, log):
    with step("the issue is composed, checked and approved"):
        site.tweeluik("issue", "plan", "next",
                      "--headline-nl", "tandarts in nood, netwerkdag",
                      "--headline-en", "emergency dentist, network day",
                      check=True)
        shown = json.loads(site.tweeluik("issue", "show", "next", "--json",
                                         check=True).stdout)
        name = f"{shown['number']}-{shown['year']}"
        site.tweeluik("issue", "approve", name, "--confirm", name, check=True)
        site.tweeluik("issue", "send", name, "--now", "--grace", "0m",
                      "--confirm", name, check=True)
    with step("sent by the daemon over SMTP"):
        site.start_daemon(log=log)
        state = wait_until(lambda: json.loads(site.tweeluik(
            "issue", "show", name, "--json", check=True).stdout)["state"]
            == "sent", 120)
        code = site.stop_daemon()
        if not state or code != 0:
            raise SystemExit(f"the issue was not sent; see {log}")
    return name


def main():
    folder = pathlib.Path(sys.argv[1])
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, interrupted)
    if (folder / "data").exists() or (folder / "tweeluik.conf").exists():
        with step("the previous demo is cleared away"):
            Postgres(folder / "postgres").stop("immediate")
            moved = folder / "postgres/moved-to"
            if moved.exists():
                shutil.rmtree(moved.read_text().strip(), ignore_errors=True)
            shutil.rmtree(folder)
    postgres = Postgres(folder / "postgres", safe=True)
    site = None
    try:
        with step("a private PostgreSQL and a catching SMTP server"):
            postgres.start()
            site = Installation(folder, postgres)
            site.init()
            site.tweeluik("schedule", "set", "--first-date", first_date(),
                          check=True)
            site.start_catcher()
        fill(site)
        name = send(site, folder / "daemon.log")
        report = site.tweeluik("issue", "report", name, "--json",
                               check=True).stdout
        (folder / "report.json").write_text(report)
        summary(folder, site, json.loads(report))
    finally:
        if site:
            site.stop()
        postgres.stop()


def summary(folder, site, report):
    mails = site.mails()
    kinds = {"nl": 0, "en": 0, "both": 0}
    for edition in report["editions"]:
        kinds[edition["edition"]] = edition["accepted"]
    print(f"""
One issue of the newsletter has gone out.
  19 items: news over 7 topics, 2 events, 2 organisations, 2 questions for help
   3 editions: {kinds['nl']} readers in Dutch, {kinds['en']} in English, \
{kinds['both']} in both
  60 on the list: {len(mails)} mailed, 1 had left and 1 was blocked: nothing \
for them

Look at
  {folder}/mail/new/       one file a message
  {folder}/report.json     what became of each
Try
  make run RUN_DIR={folder}
      goes on with this: the reader's pages, and meanwhile
  build/bin/tweeluik --config {folder}/tweeluik.conf status
""")


main()
