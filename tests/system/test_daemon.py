"""tweeluikd and the schedule role as processes.

The supervisor runs scripted roles that crash, refuse or linger on demand; the
schedule role is the real one, on a real database.
"""
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("BUILD", "build")
KEYS = "1 " + "a1" * 32 + "\n"
CONFIG = """\
database = "{database}"
keys = "{keys}"
language = "en"
newsletter {{
  sender = "Stichting Voorbeeld"
  address = "nieuwsbrief@nieuws.voorbeeld.example"
  reply_to = "loket@voorbeeld.example"
  postal_address = "Postbus 1234, 1000 AA Voorbeeldstad"
  list_id = "nieuws.voorbeeld.example"
  base_url = "https://nieuws.voorbeeld.example"
  unsubscribe_address = "afmelden@nieuws.voorbeeld.example"
  return_domain = "terug.voorbeeld.example"
}}
"""
ROLE = """\
#!/usr/bin/python3
import os, signal, socket, sys, time
from pathlib import Path

me = Path(sys.argv[0])
with me.with_suffix(".runs").open("a") as f:
    f.write(" ".join(sys.argv[1:]) + "\\n")
mode = me.with_suffix(".mode")
mode = mode.read_text() if mode.exists() else "steady"
if mode.startswith("exit"):
    sys.exit(int(mode[4:]))
if "--check-config" in sys.argv or "--once" in sys.argv:
    sys.exit(0)
if mode == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "linger"
              else lambda *a: sys.exit(0))
signal.signal(signal.SIGHUP, lambda *a: sys.exit(0))
me.with_suffix(".pid").write_text(str(os.getpid()))
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
if mode != "mute":
    s.send(f"READY=1\\nSTATUS={me.name} works".encode())
while True:
    time.sleep(60)
"""


def wait_for(what, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    pytest.fail("it did not happen in time")


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


class House:
    """An installation in a folder, with roles played by a script."""

    def __init__(self, home):
        self.home, self.started = home, []
        self.roles = home / "libexec/tweeluik"
        self.log = home / "log"
        (home / "bin").mkdir()
        self.roles.mkdir(parents=True)
        shutil.copy(BUILD / "bin/tweeluikd", home / "bin")
        for name in "schedule", "send", "web":
            (self.roles / f"tweeluik-{name}").write_text(ROLE)
            (self.roles / f"tweeluik-{name}").chmod(0o755)

    def mode(self, role, mode):
        self.file(role, "mode").write_text(mode)

    def file(self, role, suffix):
        return self.roles / f"tweeluik-{role}.{suffix}"

    def runs(self, role):
        file = self.file(role, "runs")
        return file.read_text().splitlines() if file.exists() else []

    def pid(self, role):
        file = self.file(role, "pid")
        text = file.read_text() if file.exists() else ""
        return int(text) if text else None

    def start(self, *args, env=None):
        with self.log.open("w") as log:
            p = subprocess.Popen([self.home / "bin/tweeluikd", *args],
                                 stderr=log,
                                 env={**os.environ, **(env or {})})
        self.started.append(p)
        return p

    def run(self, *args):
        return self.start(*args).wait(20)


@pytest.fixture
def house(tmp_path):
    h = House(tmp_path)
    yield h
    for p in h.started:
        p.kill()
        p.wait()


def test_starts_all_says_ready_and_stops_all(house, tmp_path):
    systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    systemd.bind(str(tmp_path / "notify"))
    systemd.settimeout(15)
    p = house.start("--config", "/x",
                    env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    heard = []
    while ("STATUS=tweeluik-schedule works; tweeluik-send works"
           not in heard):
        heard += systemd.recv(2000).decode().splitlines()
    wait_for(lambda: house.pid("web"))
    while "READY=1" not in heard:
        heard += systemd.recv(2000).decode().splitlines()
    pids = [house.pid(r) for r in ("schedule", "send", "web")]
    assert all(house.runs(r) == ["--config /x --check-config",
                                 "--config /x"]
               for r in ("schedule", "send", "web"))
    p.terminate()
    assert p.wait(10) == 0
    assert all(gone(pid) for pid in pids)


def test_a_stranger_who_says_ready_is_not_believed(house):
    house.mode("web", "mute")
    p = house.start("--foreground")
    pid = wait_for(lambda: house.pid("web"))
    env = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    (address,) = [e[15:] for e in env if e.startswith(b"NOTIFY_SOCKET=@")]
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(b"\0" + address)
    s.send(b"READY=1")
    time.sleep(0.5)
    assert house.log.read_text() == ""
    house.mode("web", "steady")
    p.send_signal(signal.SIGHUP)
    wait_for(lambda: "tweeluikd ready" in house.log.read_text())
    p.terminate()
    assert p.wait(10) == 0


def test_a_role_that_lingers_is_killed_after_30_seconds(house):
    house.mode("web", "linger")
    p = house.start("--foreground")
    pid = wait_for(lambda: house.pid("web"))
    begin = time.monotonic()
    p.terminate()
    assert p.wait(40) == 0
    assert 29 < time.monotonic() - begin < 35
    assert gone(pid)


def test_a_crashed_role_comes_back_with_growing_pauses(house):
    house.mode("send", "crash")
    p = house.start("--foreground")
    wait_for(lambda: len(house.runs("send")) >= 4)  # check, 0, 1, 2 s
    house.mode("send", "steady")
    wait_for(lambda: house.pid("send"))
    p.terminate()
    assert p.wait(10) == 0
    log = house.log.read_text()
    pauses = [line.split("again_after_seconds=")[1].split()[0]
              for line in log.splitlines() if "role-ended" in line]
    assert pauses[:3] == ["1", "2", "4"]
    assert 'with="signal 11"' in log
    assert len(house.runs("web")) == 2


@pytest.mark.parametrize("code", [77, 78])
def test_wrong_configuration_ends_at_once(house, code):
    house.mode("send", f"exit{code}")
    assert house.run("--foreground") == code
    assert house.runs("web") == []


def test_a_role_that_refuses_later_stops_the_rest(house):
    p = house.start("--foreground")
    wait_for(lambda: house.pid("web") and house.pid("send"))
    house.mode("web", "exit78")
    os.kill(house.pid("web"), signal.SIGHUP)
    assert p.wait(15) == 78
    assert gone(house.pid("send"))


def test_sighup_starts_roles_anew_at_once(house):
    p = house.start("--foreground")
    old = [wait_for(lambda r=r: house.pid(r))
           for r in ("schedule", "send", "web")]
    p.send_signal(signal.SIGHUP)
    for role, pid in zip(("schedule", "send", "web"), old):
        wait_for(lambda: house.pid(role) != pid)
    p.terminate()
    assert p.wait(10) == 0
    assert "role-ended" not in house.log.read_text()


def test_roles_end_with_their_supervisor(house):
    p = house.start("--foreground")
    pids = [wait_for(lambda r=r: house.pid(r))
            for r in ("schedule", "send", "web")]
    p.kill()
    for pid in pids:
        wait_for(lambda: gone(pid))


def test_once_and_hold(house):
    assert house.run("--once") == 0
    assert house.runs("schedule") == house.runs("send") == ["--once"]
    assert house.runs("web") == []
    assert house.run("--once", "--hold") == 0
    assert len(house.runs("send")) == 1
    p = house.start("--foreground", "--hold")
    wait_for(lambda: house.pid("web"))
    assert len(house.runs("send")) == 1
    p.terminate()
    p.wait(10)


def test_goes_to_the_background_when_ready(house):
    assert house.run() == 0
    pid = house.pid("web")
    os.kill(pid, signal.SIGHUP)  # somebody watches
    wait_for(lambda: house.pid("web") != pid)
    parent = int(Path(f"/proc/{house.pid('web')}/stat").read_text()
                 .split()[3])
    os.kill(parent, signal.SIGTERM)
    wait_for(lambda: gone(parent))
    house.mode("schedule", "exit78")
    assert house.run() == 78


@pytest.mark.parametrize("args, code", [
    (["--version"], 0), (["--help"], 0), (["--wrong"], 2),
    (["--config"], 2), (["extra"], 2)])
def test_command_line(house, args, code):
    assert house.run(*args) == code


class Schedule:
    """The real schedule role, its files where an installation has them."""

    def __init__(self, home, database):
        self.database, self.started = database, []
        self.program = home / "libexec/tweeluik/tweeluik-schedule"
        self.program.parent.mkdir(parents=True)
        (home / "share/tweeluik").mkdir(parents=True)
        shutil.copy(BUILD / "libexec/tweeluik/tweeluik-schedule",
                    self.program)
        for name in "sql", "templates":
            (home / "share/tweeluik" / name).symlink_to(TOP / name)
        self.config = home / "tweeluik.conf"
        (home / "keys").write_text(KEYS)
        (home / "keys").chmod(0o600)
        self.config.write_text(CONFIG.format(database=database.conninfo(),
                                             keys=home / "keys"))
        self.cur = database.connect().cursor()

    def start(self, *args):
        p = subprocess.Popen([self.program, "--config", self.config, *args],
                             stderr=subprocess.PIPE, text=True)
        self.started.append(p)
        return p

    def run(self, *args):
        p = self.start(*args)
        return p.wait(20), p.stderr.read()

    def one(self, sql):
        self.cur.execute(sql)
        return self.cur.fetchone()

    def plan(self):
        self.cur.execute("select schedule_set('t', current_date + 20,"
                         " '10:00', 'UTC', 14, null, null, null)")


@pytest.fixture
def schedule(tmp_path, database):
    s = Schedule(tmp_path, database)
    yield s
    for p in s.started:
        p.kill()
        p.wait()


def test_schedule_once(schedule):
    schedule.plan()
    code, log = schedule.run("--once")
    assert code == 0
    assert "opened issue=1-" in log
    assert schedule.one("select count(*) from issue") == (1,)
    assert schedule.run("--once")[0] == 0
    assert schedule.one("select count(*) from issue") == (1,)


def test_schedule_acts_on_a_change_and_shows_that_it_lives(schedule):
    p = schedule.start()
    status = "select status from role_state where role = 'schedule'"
    wait_for(lambda: schedule.one(status) == ("No issue is planned",))
    begin = time.monotonic()
    schedule.plan()
    wait_for(lambda: schedule.one("select 1 from issue"))
    assert time.monotonic() - begin < 5  # a round is every ten seconds
    wait_for(lambda: schedule.one(status)[0].startswith("Issue 1: open"))
    p.terminate()
    assert p.wait(5) == 0


def test_schedule_survives_the_loss_of_its_connection(schedule):
    p = schedule.start()
    wait_for(lambda: schedule.one("select 1 from role_state"))
    kill = ("select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where usename = 'tweeluik_schedule'")
    assert schedule.one(kill) == (1,)
    wait_for(lambda: schedule.one("select 1 from pg_stat_activity where"
                                  " usename = 'tweeluik_schedule'"))
    schedule.plan()
    wait_for(lambda: schedule.one("select 1 from issue"), 8)
    p.terminate()
    assert p.wait(5) == 0
    log = p.stderr.read()
    assert log.count("database-lost") == log.count("database-back") == 1


@pytest.mark.parametrize("change, hint", [
    ("delete from schema_version where version = (select max(version)"
     " from schema_version)", "Run: tweeluik db migrate"),
    ("insert into schema_version values (999, 'later')",
     "Install the newer version of Tweeluik")])
def test_schedule_refuses_another_schema_in_one_sentence(schedule, change,
                                                         hint):
    schedule.cur.execute(change)
    for args in [], ["--check-config"], ["--once"]:
        code, log = schedule.run(*args)
        assert code == 78
        assert log.startswith("tweeluik-schedule: The database has schema ")
        assert log.endswith(hint + "\n") and log.count("\n") == 1


def test_schedule_check_config_changes_nothing(schedule):
    schedule.plan()
    assert schedule.run("--check-config") == (0, "")
    assert schedule.one("select count(*) from issue") == (0,)
    schedule.config.write_text("nonsense")
    assert schedule.run("--check-config")[0] == 78


def test_schedule_without_a_database_is_temporary(schedule):
    schedule.config.write_text(CONFIG.format(
        database="host=/nonexistent dbname=x", keys="/nonexistent"))
    assert schedule.run("--once")[0] == 75
