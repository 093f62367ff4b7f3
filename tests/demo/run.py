#!/usr/bin/python3
"""run.py FOLDER WEB_PORT - Tweeluik with all it needs, until Ctrl-C."""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from tests.embedded import (Installation, Postgres, answers,  # noqa: E402
                            interrupted, wait_until)
from tests.demo.dates import first_date  # noqa: E402


def main():
    folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    fresh = not (folder / "tweeluik.conf").exists()
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, interrupted)
    postgres = Postgres(folder / "postgres", safe=True)
    site = None
    try:
        postgres.start()
        site = Installation(folder, postgres, web_port=port)
        site.init()
        if fresh:
            site.tweeluik("schedule", "set", "--first-date", first_date(),
                          check=True)
        site.start_catcher()
        daemon = site.start_daemon(log=folder / "daemon.log")
        if not wait_until(lambda: daemon.poll() is not None or answers(port),
                          30) or daemon.poll() is not None:
            print(f"tweeluikd did not start; see {folder}/daemon.log",
                  file=sys.stderr)
            return 1
        print(f"""
Tweeluik runs.
  Pages    http://127.0.0.1:{port}/aanmelden  (subscribe)
           http://127.0.0.1:{port}/archief    (all issues)
           Links in the mails begin with https://nieuws.voorbeeld.example;
           here the same page is behind the address above.
  Mail     is caught in {folder}/mail/new/
  Command  build/bin/tweeluik --config {folder}/tweeluik.conf status
           There is nothing to sign in to: who may read this folder may edit.
  Log      {folder}/daemon.log
  Stop     Ctrl-C
ready""", flush=True)
        return daemon.wait()
    except (KeyboardInterrupt, SystemExit):
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if site:
            site.stop()
        postgres.stop()


sys.exit(main())
