"""What processes cost, out of /proc."""

import os
import pathlib

TICK = os.sysconf("SC_CLK_TCK")


def _stats():
    """pid: (name, parent, seconds of its own and of ended children)"""
    found = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            text = pathlib.Path(entry.path, "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        name = text[text.index("(") + 1:text.rindex(")")]
        fields = text[text.rindex(")") + 2:].split()
        ticks = sum(int(f) for f in fields[11:15])
        found[int(entry.name)] = name, int(fields[1]), ticks / TICK
    return found


def tree(*roots, stats=None):
    """The processes of these trees: pid to (name, parent, seconds)."""
    stats = stats or _stats()
    found = {pid: stats[pid] for pid in roots if pid in stats}
    while True:
        more = {pid: s for pid, s in stats.items()
                if s[1] in found and pid not in found}
        if not more:
            return found
        found.update(more)


def cpu_seconds(*roots):
    """All they have used so far, with the children that ended."""
    return sum(seconds for _, _, seconds in tree(*roots).values())


def high_water_mb(root, name):
    """The most memory that the processes of this name ever had."""
    total = 0
    for pid, (found, _, _) in tree(root).items():
        if found == name:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            line, = (x for x in status.splitlines() if x.startswith("VmHWM"))
            total += int(line.split()[1])
    return total / 1024


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
