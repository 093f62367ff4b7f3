"""What `tweeluik bounce explain` says of the corpus, against the truth."""

import dataclasses
import subprocess
from collections import defaultdict
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[1] / "corpus/bounces"
FAMILIES = "sisimai", "flufl", "phpbh", "adversarial"
FAILED = "hard", "soft", "any"
ACTS = "hard", "soft", "complaint", "unsubscribe"  # somebody may be marked


@dataclasses.dataclass
class Row:
    names: set
    kind: str
    perm: str
    sure: bool


@dataclasses.dataclass
class Count:
    right: int = 0
    of: int = 0

    def add(self, right, n=1):
        self.right += right
        self.of += n

    @property
    def percent(self):
        return 100 * self.right / self.of if self.of else 100.0


def files():
    return sorted(p for f in FAMILIES for p in (CORPUS / f / "files").iterdir())


def truth():
    rows = defaultdict(list)
    for family in FAMILIES:
        for line in (CORPUS / family / "truth.tsv").read_text().splitlines():
            if not line.startswith("#"):
                name, who, kind, perm, _, _, sure, *_ = line.split("\t")
                rows[name].append(Row(set(who.lower().split("|")), kind, perm,
                                      sure == "1"))
    return rows


def explain(tweeluik, paths):
    """{name: [(address, class, whether it is a warning)]}"""
    said = defaultdict(list)
    out = subprocess.run([tweeluik, "bounce", "explain", *paths], check=True,
                         capture_output=True, text=True, timeout=60).stdout
    for line in out.splitlines():
        path, who, kind, _, _, *more = line.split("\t")
        said[Path(path).name].append(
            (who.lower().strip("<>"), kind, more == ["delayed"]))
    return said


class Score:
    """Counts by name, and what is wrong in words."""

    def __init__(self, said):
        self.said = said
        self.count = defaultdict(Count)
        self.wrong = []
        for name, rows in truth().items():
            self.file(name, rows, said[name])

    def add(self, count, right, what):
        self.count[count].add(right)
        if not right:
            self.wrong.append(f"{count}: {what}")

    def file(self, name, rows, said):
        failed = [r for r in rows if r.kind in FAILED]
        free = set().union(*(r.names for r in rows if r.kind == "opt"))
        acts = {who: kind for who, kind, _ in said
                if kind in ("hard", "soft") and "@" in who}
        used = self.recipients(name, failed, said, acts)
        for who in acts.keys() - free:
            self.add("precision", who in used, f"{name}: {who}")
        if failed:
            self.add("exact", used >= acts.keys() - free and
                     all(r.names & acts.keys() for r in failed), name)
        for kind in "complaint", "unsubscribe":
            for r in (r for r in rows if r.kind == kind):
                self.add(kind, any(k == kind and ("-" in r.names or
                                                  who in r.names)
                                   for who, k, _ in said), name)
        if all(r.kind not in (*FAILED, *ACTS, "bounce", "opt") for r in rows):
            self.add("harmless", not any(k in ACTS and "@" in who
                                         for who, k, _ in said), name)

    def recipients(self, name, failed, said, acts):
        used = set()
        for r in failed:
            hits = r.names & acts.keys()
            used |= hits
            self.add("recall", bool(hits), f"{name}: {r.names}")
            for who in hits:
                if r.sure and r.kind != "any":
                    self.add("class", acts[who] == r.kind,
                             f"{name}: {who} is {r.kind}")
                warned = (who, "soft", True) in said
                self.add("delayed", warned == (r.perm == "D"),
                         f"{name}: {who} {r.perm}")
        return used

    def __str__(self):
        return "\n".join([f"{k:12} {c.right}/{c.of} {c.percent:.2f}"
                          for k, c in self.count.items()] + self.wrong)
