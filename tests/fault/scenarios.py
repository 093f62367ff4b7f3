"""What fails in a round, by name.

A scenario is a function of a Round; `parts` says in how many rounds it goes
through all its steps, `short` whether the short run has one of them.
"""

import os
import signal
import subprocess
import time

SCENARIOS = []
OFFERS = ("chunking", "pipelining", "plain", "chunking")


def scenario(parts, short=0, **options):
    """options: of the Round."""
    def add(function):
        SCENARIOS.append((function, parts, short, options))
        return function
    return add


def part_of(r, steps, part, parts):
    """Every step once in all parts together, near ones in different parts."""
    if r.brief:
        parts *= 6
    return list(steps)[part % parts::parts]


def offer_of(part):
    return {"offer": OFFERS[part % 4], "tls": part % 4 == 3}


def turns(step, actions, last):
    return [f"{step}:{n}:{a}" for n in range(1, last + 1) for a in actions]


# The send role dies.

@scenario(4, short=1)
def killed_at_random(r, part):
    r.start_sink("--rtt", 2)
    for _ in range(6 if r.brief else 25):
        r.start()
        r.watch(r.random.uniform(0.02, 0.5))
        r.kill("any moment")
        if r.is_done():
            break


JOURNAL_STEPS = [
    *turns("write", ("die-before", "die-half", "die-after"), 40),
    *turns("create", ("die-before", "die-after"), 1),
    *turns("sync", ("die-before", "die-after"), 24),
    *turns("unlink", ("die-before", "die-after"), 1),
]


@scenario(6, short=1, sync="turn", window=2)
def killed_at_the_journal(r, part):
    r.start_sink()
    for rule in part_of(r, JOURNAL_STEPS, part, 6):
        r.die_at(rule)
        if r.is_done():
            break


SEND_STEPS = turns("send", ("die-before", "die-half", "die-after"), 40)


@scenario(4, short=1, window=2)
def killed_while_sending(r, part):
    r.start_sink()
    for rule in part_of(r, SEND_STEPS, part, 4):
        r.die_at(rule)
        if r.is_done():
            break


DB_STEPS = turns("db", ("die-before", "die-half", "die-after"), 40)


@scenario(4, short=1, window=2, chunk=50)
def killed_while_recording(r, part):
    r.start_sink()
    for rule in part_of(r, DB_STEPS, part, 4):
        r.die_at(rule)
        if r.is_done():
            break


@scenario(2, window=2)
def host_killed(r, part):
    """tweeluikd and all roles at once."""
    r.start_sink()
    steps = [*turns("write", ("die-half", "die-after"), 12),
             *turns("send", ("die-after",), 12)]
    for rule in part_of(r, steps, part, 2):
        r.die_at(rule, "group", whole=True, seconds=15)
        if r.is_done():
            break


@scenario(4, short=1, window=2)
def power_cut(r, part):
    """What was not synced is lost, and what was removed is back."""
    r.start_sink()
    steps = [*turns("write", ("die-half", "die-after"), 24),
             *turns("send", ("die-after",), 24),
             *turns("db", ("die-after",), 24)]
    for rule in part_of(r, steps, part, 4):
        r.die_at(rule, "power")
        r.boots += 1
        for kept in r.journal.glob("*.kept"):
            kept.rename(kept.with_suffix(""))
        if r.is_done():
            break
        if r.random.random() < 0.1:
            # The folder was not synced either.
            for file in r.journal.glob("*.journal"):
                file.unlink()
                r.faults["power", "the journal is gone"] += 1
            r.forget_the_dead()


# Several workers.

@scenario(2)
def one_of_two_killed(r, part):
    """The other one goes on, and looks after what was left."""
    r.start_sink("--rtt", 5)
    other = r.start()
    for _ in range(16):
        one, other = other, r.start()
        r.watch(r.random.uniform(0.05, 0.6))
        r.process = one
        r.kill("one of two")
        r.process = other
        if r.is_done():
            break


@scenario(1)
def one_of_two_stands_still(r, part):
    """For longer than its leases, and then it moves again: what it had in
    flight was presumed uncertain and sent once more, and now it tells that
    it had arrived.  It stays uncertain: that is who got two copies."""
    r.start_sink("--rtt", 5)
    one = r.start()
    r.watch(0.3)
    one.send_signal(signal.SIGSTOP)
    r.faults["kill -STOP", "any moment"] += 1
    other = r.start()
    r.watch(100)
    one.send_signal(signal.SIGCONT)
    time.sleep(3)
    r.process = one
    r.stop()
    r.process = other


# The database.

@scenario(4, short=1, window=2, chunk=50, send_more="    rate = 120\n")
def database_cut(r, part):
    """The connection breaks before, in and after each statement."""
    r.start_sink()
    steps = turns("db", ("cut-before", "cut-half", "cut-after"), 40)
    mine = part_of(r, steps, part, 4)
    for rule in mine:
        r.start(rule)
        r.watch(0.8)
        r.stop()
        if r.is_done():
            break


def backends(r):
    return [pid for pid, in r.ask(
        "select pid from pg_stat_activity where usename = 'tweeluik_send'"
        " or (datname = current_database() and pid <> pg_backend_pid())")
        or ()]


@scenario(3, short=1, window=2, chunk=50, send_more="    rate = 150\n")
def database_stops(r, part):
    r.start_sink("--rtt", 2)
    r.start()
    for n in range(4 if r.brief else 10):
        r.watch(r.random.uniform(0.05, 1.2))
        what = n % 3
        if what == 0:
            r.hang_up()
            r.lab.pg.stop("immediate")
            r.faults["postgres", "stop -m immediate"] += 1
            time.sleep(r.random.uniform(0, 1.5))
            r.lab.pg.start()
        elif what == 1 and backends(r):
            os.kill(r.random.choice(backends(r)), signal.SIGKILL)
            r.faults["postgres", "backend killed -9"] += 1
        else:
            for pid in backends(r):
                r.ask("select pg_terminate_backend(%s)", pid)
                r.faults["postgres", "backend terminated"] += 1
        if r.is_done():
            break


# The relay.

OPENING = ("CONNECT", "EHLO", "STARTTLS")
STEPS = ("MAIL", "RCPT", "DATA", "EOD", "RSET", "QUIT")
KINDS = ("drop", "4xx", "5xx", "421", "garbage", "silence", "half")
SPECIAL = ("CONTENT:{}:cut", "EOD:{}:lost", "EOD:{}:452 4.3.1 Full",
           "RCPT:{}:450 4.2.1 Greylisted", "MAIL:{}:451 4.7.1 Slow down")


def rules_in_turn(steps, gap, rounds, special=()):
    turn = dict.fromkeys((*steps, "CONTENT"), 0)
    for _ in range(rounds):
        for kind in KINDS:
            for step in steps:
                turn[step] += 1 if step == "QUIT" else gap
                yield f"{step}:{turn[step]}:{kind}"
        for rule in special:
            step = rule.partition(":")[0]
            turn[step] += gap
            yield rule.format(turn[step])


def script(r, rules):
    file = r.folder / "script"
    file.write_text("\n".join(rules) + "\n")
    return "--script", file


@scenario(4, connections=1, send_more="    rate = 150\n")
def relay_does_not_open(r, part):
    """Each kind at the greeting, EHLO and STARTTLS."""
    steps = OPENING if r.tls else OPENING[:2]
    r.start_sink(*script(r, rules_in_turn(steps, 2, 1)))
    for _ in range(24):
        r.start()
        r.watch(0.3)
        r.kill("while opening")
        if r.is_done():
            break


relay_does_not_open.options = offer_of


@scenario(4, short=1, connections=20)
def relay_fails_in_turn(r, part):
    """Each kind at each step of a transaction, at several turns."""
    steps = [s for s in STEPS if s != "DATA" or r.offer != "chunking"]
    r.start_sink(*script(r, rules_in_turn(steps, 30 if r.brief else 170,
                                           2, SPECIAL)))
    r.press(60)


relay_fails_in_turn.options = offer_of


MILD = ":drop,4xx,421,garbage,silence,half,cut,lost"


@scenario(16, short=1, window=8, connections=20)
def relay_fails_at_random(r, part):
    kinds = MILD + ",5xx" if part % 4 == 3 else MILD
    r.start_sink("--faults", f"{r.seed % 100000}:0.004{kinds}")
    if part % 2:
        r.press(40)
    else:
        r.start()
        r.watch(20)


relay_fails_at_random.options = offer_of


@scenario(2, window=8, connections=10)
def relay_is_ill(r, part):
    """Hardly a connection gets to its first message."""
    r.start_sink("--faults", f"{r.seed % 100000}:0.03{MILD}")
    r.press(40)


relay_is_ill.options = offer_of


@scenario(2, window=8, connections=10)
def relay_defers(r, part):
    r.start_sink("--faults", f"{r.seed % 100000}:0.05:4xx")
    r.start()
    r.watch(30)


relay_defers.options = offer_of


@scenario(4, short=1)
def network_cut(r, part):
    """The relay stands still, or is gone for a while with all it was at."""
    r.start_sink("--rtt", 2)
    r.start()
    for n in range(4 if r.brief else 10):
        r.watch(r.random.uniform(0.05, 0.4))
        if n % 2:
            r.sink.process.send_signal(signal.SIGSTOP)
            r.faults["network", "stands still"] += 1
            r.watch(r.random.uniform(0.2, 2))
            r.sink.process.send_signal(signal.SIGCONT)
        else:
            r.stop_sink()
            r.faults["network", "gone"] += 1
            r.watch(r.random.uniform(0, 1.5))
            r.start_sink("--rtt", 2)
        if r.is_done():
            break


network_cut.options = offer_of


@scenario(2, short=1, window=2, send_more="    rate = 200\n")
def sockets_fail(r, part):
    """Half a command goes out, or none, and the connection is gone."""
    r.start_sink()
    steps = turns("send", ("cut-before", "cut-half", "cut-after", "short"),
                  24)
    for rule in part_of(r, steps, part, 2):
        r.start(rule)
        r.watch(0.3)
        r.stop()
        if r.is_done():
            break


sockets_fail.options = lambda part: {"tls": part % 2 == 1}


# The disk.

@scenario(3, short=1, window=2, sync="turn", send_more="    rate = 150\n")
def disk_fails(r, part):
    """No room, half of it, a disk that does not sync; then it is better."""
    r.start_sink()
    rules = []
    for n in range(1, 7):
        rules += [f"write:{n}:full", f"write:{n}:fail", f"write:{n}:short",
                  f"sync:{n}:fail",
                  # and what was torn cannot be cut off either
                  f"write:{n}:full,truncate:1:fail",
                  f"write:{n}:full,truncate:1:fail,create:2:fail",
                  f"write:{n}:full,write:{n + 1}:die-half",
                  f"write:{n}-{n + 1}:fail"]
    for rule in part_of(r, rules, part, 3):
        r.start(rule)
        r.watch(1.3)
        if r.process.poll() is None:
            r.stop()
        elif r.process.returncode == -signal.SIGKILL:
            r.process = None
        if r.is_done():
            break


@scenario(1)
def disk_is_full(r, part):
    """A file system of its own that something else fills."""
    if os.geteuid() != 0:
        return
    r.journal.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs",
                       r.journal], capture_output=True).returncode != 0:
        return
    try:
        r.start_sink("--rtt", 5)
        r.start()
        other = r.journal / "other"
        for _ in range(6):
            r.watch(r.random.uniform(0.1, 0.4))
            with open(other, "wb", buffering=0) as f:
                try:
                    while True:
                        f.write(bytes(512))
                except OSError:
                    r.faults["disk", "full"] += 1
            r.watch(r.random.uniform(0.5, 1.5))
            other.unlink()
            if r.is_done():
                break
        r.deliver()
    finally:
        subprocess.run(["umount", "-l", r.journal], check=True)


# All of it.

@scenario(8, short=1, connections=3)
def everything(r, part):
    rate = ("--faults", f"{r.seed % 100000}:0.01:"
            "drop,4xx,421,garbage,silence,half,cut,lost", "--rtt", 1)
    r.start_sink(*rate)
    for _ in range(5 if r.brief else 14):
        n = r.random.randint(1, 60)
        rule = r.random.choice((
            f"write:{n}:die-half", f"send:{n}:die-after", f"db:{n}:die-after",
            f"write:{n}:full", f"db:{n}:cut-after", ""))
        r.start(rule)
        r.watch(r.random.uniform(0.5, 2.5))
        if r.random.random() < 0.2:
            r.stop_sink()
            r.faults["network", "gone"] += 1
            r.start_sink(*rate)
        if r.random.random() < 0.2:
            for pid in backends(r):
                r.ask("select pg_terminate_backend(%s)", pid)
                r.faults["postgres", "backend terminated"] += 1
        if r.process.poll() is None:
            r.kill("any moment")
        if r.is_done():
            break


everything.options = offer_of
