"""A private Tweeluik: PostgreSQL, a catching SMTP server, the programs.

Used by `make demo`, `make run` and the system tests.  Everything lives in one
folder, listens on loopback or local sockets only, and is gone when stopped.
"""

import hashlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PG_BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
             key=lambda p: int(p.parent.name), default=None)
# A path of a local socket has room for 107 bytes.
SOCKET_MAX = 90


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def die_with_parent():
    """In a child before exec: no process is left behind, however we end."""
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Postgres:
    """initdb and pg_ctl as an ordinary user; root steps down to one.

    With a host (tests/embedded/hosts.py) it runs there, and whoever is on the
    same network may connect to host.address.
    """

    def __init__(self, folder, safe=False, host=None):
        self.host = host
        self.folder = self._reachable(pathlib.Path(folder).resolve())
        self.data = self.folder / "data"
        # Tests may lose their database in a power cut; a demo that goes on
        # later may not.
        self.settings = "" if safe else "-c fsync=off"

    def _as_user(self, command):
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres",
                       "--clear-groups", *command]
        return [*self.host.inside_as_user, *command] if self.host else command

    def _reachable(self, folder):
        """The folder, or one in /var/tmp if its owner could not get there."""
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        ok = len(str(folder)) < SOCKET_MAX and subprocess.run(
            self._as_user(["test", "-w", str(folder)]),
            stderr=subprocess.DEVNULL).returncode == 0
        if ok:
            return folder
        other = pathlib.Path("/var/tmp") / (
            "tweeluik-" + hashlib.sha256(str(folder).encode()).hexdigest()[:12])
        other.mkdir(mode=0o700, exist_ok=True)
        owner = "postgres" if os.geteuid() == 0 else os.geteuid()
        if other.is_symlink() or other.stat().st_uid not in (
                os.geteuid(), pwd.getpwnam("postgres").pw_uid
                if os.geteuid() == 0 else os.geteuid()):
            raise SystemExit(f"{other} belongs to somebody else")
        shutil.chown(other, owner)
        (folder / "moved-to").write_text(f"{other}\n")
        return other

    def _run(self, *command):
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run(self._as_user(command), cwd="/", env=env,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n"
                               f"{done.stdout}{done.stderr}")

    def _init(self):
        self._run(str(PG_BIN / "initdb"), "-D", str(self.data),
                  "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")
        if self.host:
            with open(self.data / "pg_hba.conf", "a", encoding="ascii") as f:
                f.write("host all,replication all samenet trust\n")

    def start(self):
        if not (self.data / "PG_VERSION").exists():
            self._init()
        (self.folder / "log").touch()
        if os.geteuid() == 0:
            shutil.chown(self.folder / "log", "postgres")
        address = self.host.address if self.host else ""
        self._run(str(PG_BIN / "pg_ctl"), "-w", "-D", str(self.data),
                  "-l", str(self.folder / "log"), "-o",
                  f"-c listen_addresses='{address}' "
                  f"-c unix_socket_directories='{self.folder}' "
                  f"-c unix_socket_permissions=0777 "
                  f"-c max_connections=60 {self.settings}", "start")

    def stop(self, mode="fast"):
        if (self.data / "postmaster.pid").exists():
            self._run(str(PG_BIN / "pg_ctl"), "-w", "-D", str(self.data),
                      "-m", mode, "stop")

    def clone(self, folder, host):
        """A standby of this one on another host; start() it."""
        standby = Postgres(folder, host=host)
        standby._run(str(PG_BIN / "pg_basebackup"), "-D", str(standby.data),
                     "-d", f"host={self.host.address} user=postgres"
                     f" application_name={host.name}",
                     "-R", "-X", "stream", "-c", "fast", "--no-sync")
        return standby

    def promote(self):
        self._run(str(PG_BIN / "pg_ctl"), "-w", "-D", str(self.data),
                  "promote")

    def conninfo(self, database, user=None):
        return (f"host={self.folder} dbname={database}"
                + (f" user={user}" if user else ""))

    def create(self, database, template="template1"):
        self._run(str(PG_BIN / "createdb"), "-h", str(self.folder),
                  "-U", "postgres", "-T", template, database)

    def exists(self, database):
        done = subprocess.run(
            [str(PG_BIN / "psql"), "-h", str(self.folder), "-U", "postgres",
             "-lqtA"], capture_output=True, text=True, check=True)
        return any(line.split("|")[0] == database
                   for line in done.stdout.splitlines())


BASE = "https://nieuws.voorbeeld.example"
CONFIG = """\
# Written by the embedded set-up.
database = "{database}"
keys = "{keys}"
language = "{language}"
{more}newsletter {{
    sender = "Stichting Voorbeeld"
    address = "nieuwsbrief@nieuws.voorbeeld.example"
    reply_to = "loket@voorbeeld.example"
    postal_address = "Stichting Voorbeeld, Postbus 1234, 1000 AA Voorbeeldstad"
    list_id = "nieuws.voorbeeld.example"
    base_url = "{base}"
    unsubscribe_address = "afmelden@nieuws.voorbeeld.example"
    return_domain = "terug.voorbeeld.example"
}}
relay {{
    host = "{relay}"
    port = {smtp_port}
    tls = "{tls}"
{relay_more}}}
send {{
    journal = "{journal}"
{send_more}}}
web {{
    listen = "127.0.0.1:{web_port}"
{web_more}}}
"""


class Installation:
    """Configuration, keys and database of one Tweeluik, and its programs;
    with a host (tests/embedded/hosts.py) they run there."""

    def __init__(self, folder, postgres, database="tweeluik", build=None,
                 smtp_port=None, web_port=None, language="nl", tls="none",
                 relay_more="", send_more="", web_more="", more="", host=None):
        self.folder = pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.postgres = postgres
        self.database = database
        self.inside = host.inside if host else []
        self.build = pathlib.Path(
            build or os.environ.get("TWEELUIK_BUILD", ROOT / "build"))
        self.config = self.folder / "tweeluik.conf"
        self.mail = self.folder / "mail"
        self.smtp_port = smtp_port or free_port()
        self.web_port = web_port or free_port()
        self.catcher = self.daemon = None
        self.settings = dict(
            base=BASE, database=postgres.conninfo(database),
            keys=self.folder / "keys",
            journal=self.folder / "journal", language=language,
            relay="127.0.0.1", smtp_port=self.smtp_port,
            web_port=self.web_port, tls=tls, relay_more=relay_more,
            send_more=send_more, web_more=web_more, more=more)
        self.write_config()

    def write_config(self, **changes):
        self.settings.update(changes)
        self.config.write_text(CONFIG.format(**self.settings))

    def env(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        env.update(LC_ALL="C.UTF-8", TWEELUIK_CONFIG=str(self.config))
        return env

    def init(self):
        if not self.postgres.exists(self.database):
            self.postgres.create(self.database)
        self.tweeluik("db", "init", "--admin",
                      self.postgres.conninfo(self.database, "postgres"),
                      check=True)

    def tweeluik(self, *words, stdin=None, check=False, env=None):
        return self._run(["bin/tweeluik", *map(str, words)], check,
                         input=stdin, env={**self.env(), **(env or {})})

    def once(self, role, check=True, timeout=60):
        """One round of a role."""
        return self._run([f"libexec/tweeluik/tweeluik-{role}", "--config",
                          str(self.config), "--once"], check,
                         env=self.env(), timeout=timeout)

    def _run(self, words, check, **more):
        done = subprocess.run(
            [*self.inside, str(self.build / words[0]), *words[1:]],
            capture_output=True, text=True, **more)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}\n"
                               f"{done.stderr}")
        return done

    def start_catcher(self):
        self.catcher = subprocess.Popen(
            ["/usr/bin/python3", str(ROOT / "tests/embedded/catcher.py"),
             str(self.smtp_port), str(self.mail)],
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        if self.catcher.stdout.readline() != "ready\n":
            raise RuntimeError("the catching SMTP server did not start")

    def start_daemon(self, *flags, log=None):
        out = open(log, "ab") if log else None
        self.daemon = subprocess.Popen(
            [*self.inside, str(self.build / "bin/tweeluikd"), "--config",
             str(self.config), "--foreground", *flags],
            stderr=out, stdout=out, env=self.env(),
            preexec_fn=die_with_parent, start_new_session=True)
        if out:
            out.close()
        return self.daemon

    def stop_daemon(self, how=signal.SIGTERM, timeout=40):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(how)
            self.daemon.wait(timeout)
        code = self.daemon.returncode if self.daemon else None
        self.daemon = None
        return code

    def stop(self):
        self.stop_daemon()
        if self.catcher:
            self.catcher.terminate()
            self.catcher.wait()
            self.catcher.stdout.close()
            self.catcher = None

    def mails(self):
        return sorted((self.mail / "new").glob("*"))


def wait_until(condition, seconds, step=0.1):
    """The first true answer of condition; None when the time is up."""
    until = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > until:
            return answer or None
        time.sleep(step)


def answers(port):
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def interrupted(signum, frame):
    sys.exit(130)
