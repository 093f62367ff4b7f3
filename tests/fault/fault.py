#!/usr/bin/python3
"""fault.py [--seed N] [--only WORD] JSON - send while all fails.

Each round sends a whole issue while the faults of its scenario happen, lets
the rest go out, and then holds the ledger against what the relay has counted.
A round that goes wrong keeps its folder and says its seed; --seed runs that
round alone.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/system"),
                str(ROOT / "tests/fault")]
from lab import Lab  # noqa: E402
from round import Round, Wrong  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

from tests.embedded import interrupted  # noqa: E402

READERS = 3000
SEED_STEP = 100  # a seed names its scenario


def say(text, end="\n"):
    print(text, end=end, flush=True)


class Run:
    """brief: with a few faults of each kind only."""

    def __init__(self, lab, folder, brief=False, keeps=False):
        self.lab, self.folder = lab, folder
        self.brief, self.keeps = brief, keeps
        self.faults = collections.Counter()
        self.rounds, self.failed = [], []
        self.began = time.monotonic()

    def round(self, seed):
        """True when it went well."""
        function, parts, _, options = SCENARIOS[seed % SEED_STEP]
        part = seed // SEED_STEP
        folder = self.folder / f"round-{seed}"
        folder.mkdir()
        more = getattr(function, "options", lambda part: {})(part)
        r = Round(self.lab, folder, seed, brief=self.brief, **options,
                  **more)
        began = time.monotonic()
        say(f"  {function.__name__:24} seed {seed:<9} ", "")
        why = None
        try:
            function(r, part)
            r.finish()
        except (Wrong, TimeoutError) as e:
            why = str(e)
            r.keep(why)
        finally:
            r.clean_up()
        self.faults.update(r.faults)
        row = {"scenario": function.__name__, "seed": seed,
               "seconds": round(time.monotonic() - began, 1),
               "faults": sum(r.faults.values()), "wrong": why}
        if why is None:
            row.update(r.first)
            if not self.keeps:
                shutil.rmtree(folder)
            self.lab.drop(r.database)
            say(f"{row['faults']:4} faults, {row['twice']:3} twice, "
                f"{row['missing']:2} of {row['uncertain']:2} uncertain did"
                f" not get it, {row['seconds']:5.1f} s")
        else:
            self.failed.append(seed)
            say(f"WRONG: {why}\n    kept in {folder}")
        self.rounds.append(row)
        return why is None


    def results(self):
        kinds = collections.defaultdict(dict)
        for (kind, step), n in sorted(self.faults.items()):
            kinds[kind][step] = n
        return {"faults": sum(self.faults.values()), "kinds": kinds,
                "rounds": self.rounds, "wrong": self.failed,
                "seconds": round(time.monotonic() - self.began)}

    def remove(self):
        shutil.rmtree(self.lab.pg.folder, ignore_errors=True)
        shutil.rmtree(self.folder)


def seeds(words, base):
    if words.seed:
        return [int(words.seed)]
    found = []
    for i, (function, parts, _, _) in enumerate(SCENARIOS):
        if words.only in function.__name__:
            found += [(base + part) * SEED_STEP + i for part in range(parts)]
    return found


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", default="")
    parser.add_argument("--only", default="", help="part of a name")
    parser.add_argument("--keep", action="store_true",
                        help="the folder of every round")
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("json", type=pathlib.Path)
    return parser.parse_args()


def table(run):
    results = run.results()
    for kind, steps in results["kinds"].items():
        say(f"  {kind:16} {sum(steps.values()):6}  "
            + ", ".join(f"{step} {n}" for step, n in steps.items()))
    say(f"  {'all':16} {results['faults']:6}  in {len(run.rounds)} rounds and"
        f" {results['seconds'] / 60:.1f} minutes; {len(run.failed)} rounds"
        " went wrong")


def main():
    words = arguments()
    build = pathlib.Path(os.environ.get("TWEELUIK_BUILD", "build")).resolve()
    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, interrupted)
    base = random.SystemRandom().randrange(1000, 100000) * 24
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tweeluik-fault-",
                                           dir="/var/tmp"))
    folder.chmod(0o755)
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(Lab(folder, build, words.readers))
        run = Run(lab, folder, keeps=words.keep)
        say(f"{words.readers:,} readers in each round")
        for seed in seeds(words, base):
            run.round(seed)
            words.json.write_text(json.dumps(run.results(), indent=1) + "\n")
    say("")
    table(run)
    if run.failed:
        say("Once more: " + ", ".join(f"make fault SEED={s}"
                                      for s in run.failed))
    elif words.keep:
        say(f"Kept in {folder}")
    else:
        run.remove()
    return bool(run.failed)


if __name__ == "__main__":
    sys.exit(main())
