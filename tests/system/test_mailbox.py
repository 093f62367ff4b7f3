"""Reading mailboxes: from a real Dovecot, a Maildir and standard input, while
things fail.  What mails mean is tested elsewhere; here each is one row."""

import os
import signal
import socket
import subprocess
import threading
import time

import psycopg2
import pytest
from dovecot import Dovecot

from tests.embedded import die_with_parent, free_port, wait_until


def mail(number, more=b""):
    """Like no other."""
    return (b"From: MAILER-DAEMON@mx.example\r\nTo: terug@terug.example\r\n"
            b"Subject: Undelivered Mail %d\r\nAuto-Submitted: auto-replied"
            b"\r\nMessage-ID: <%d@mx.example>\r\n%s\r\nNumber %d\r\n"
            % (number, number, more, number))


class Reader:
    """An installation whose mailbox role runs."""

    def __init__(self, site):
        self.site, self.db = site, site.db
        self.process = None
        self.log = site.folder / "mailbox.log"

    def command(self, *flags):
        return [str(self.site.build / "libexec/tweeluik/tweeluik-mailbox"),
                "--config", str(self.site.config), *flags]

    def configure(self, *sections):
        self.site.write_config(more="".join(sections))

    def start(self, *sections, env=None):
        if sections:
            self.configure(*sections)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log,
                env={**self.site.env(), **(env or {})},
                preexec_fn=die_with_parent)
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        self.process.send_signal(how)
        code = self.process.wait(20)
        self.process = None
        return code

    def once(self, *sections):
        if sections:
            self.configure(*sections)
        return subprocess.run(self.command("--once"), env=self.site.env(),
                              capture_output=True, text=True, timeout=60)

    def pipe(self, stdin, *flags, env=None):
        return subprocess.run(self.command("--stdin", *flags), input=stdin,
                              env={**self.site.env(), **(env or {})},
                              capture_output=True, timeout=60)

    def taken(self):
        return self.db.one("select count(*) from returned"
                           " where kind <> 'unread'")

    def aside(self):
        return self.db.rows("select reason, key, mailbox from returned"
                            " where state = 'aside' order by id")

    def has(self, count, seconds=15):
        got = wait_until(lambda: self.taken() >= count, seconds, step=0.05)
        assert got and self.taken() == count, self.said()

    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def mailbox(self, name="return"):
        row, = self.db.rows("select * from mailbox where name = %s", name)
        return row

    def failing(self, text, seconds=15, name="return"):
        got = wait_until(lambda: [
            r for r in self.db.rows("select last_error from mailbox"
                                    " where name = %s", name)
            if text in r["last_error"]], seconds)
        assert got, (self.db.rows("select * from mailbox"), self.said())


@pytest.fixture
def reader(site):
    reader = Reader(site)
    yield reader
    if reader.process:
        assert reader.stop() == 0, reader.said()


@pytest.fixture
def dovecot():
    with Dovecot() as server:
        yield server


def empty(server, seconds=10):
    assert wait_until(lambda: not server.left(), seconds, step=0.05), \
        server.left()


def test_imap(reader, dovecot):
    for n in range(5):
        dovecot.deliver(mail(n), folder="cur" if n % 2 else "new")
    reader.start(dovecot.section())
    reader.has(5)
    empty(dovecot)
    # Idling, it hears of the next one.
    assert wait_until(lambda: reader.mailbox()["last_read_at"], 5)
    time.sleep(1)
    for n in range(5, 8):
        began = time.monotonic()
        dovecot.deliver(mail(n))
        reader.has(n + 1, 5)
        assert time.monotonic() - began < 2.5
    empty(dovecot)
    assert reader.mailbox()["last_error"] == ""


@pytest.mark.parametrize("kind", ["imap", "pop3"])
@pytest.mark.parametrize("tls", ["starttls", "none"])
def test_the_other_ports(reader, kind, tls):
    """TLS that begins later; none at all, which only this machine gets."""
    with Dovecot(plaintext=tls == "none") as dovecot:
        for n in range(3):
            dovecot.deliver(mail(n))
        port = dovecot.imap if kind == "imap" else dovecot.pop3
        done = reader.once(dovecot.section(kind=kind, tls=tls, port=port))
        assert done.returncode == 0, done.stderr
        assert reader.taken() == 3 and not dovecot.left()
        secure = [line for line in dovecot.log().splitlines()
                  if "Login: user=<terug>" in line]
        assert secure and all((", TLS, " in line) == (tls == "starttls")
                              for line in secure)


def test_pop3(reader, dovecot):
    for n in range(4):
        dovecot.deliver(mail(n))
    reader.start(dovecot.section(kind="pop3"))
    reader.has(4)
    empty(dovecot)
    assert reader.stop() == 0
    # A session sees the mailbox as it was, so nothing comes of this one.
    dovecot.deliver(mail(4))
    assert reader.once().returncode == 0
    assert reader.taken() == 5 and not dovecot.left()


def test_a_server_that_can_little(reader):
    """No IDLE, no UIDPLUS: RFC 3501 alone."""
    with Dovecot(more="protocol imap {\n  imap_capability = IMAP4rev1\n}"
                 ) as dovecot:
        for n in range(3):
            dovecot.deliver(mail(n))
        reader.start(dovecot.section())
        reader.has(3)
        empty(dovecot)
        assert wait_until(lambda: reader.mailbox()["last_read_at"], 5)
        assert "mailbox-failed" not in reader.said()


def test_maildir(reader, tmp_path):
    folder = tmp_path / "maildir"
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True)
    (folder / "new/1.a.host").write_bytes(mail(1))
    (folder / "cur/2.b.host:2,S").write_bytes(mail(2))
    (folder / "cur/3.\xef\xbf\xbd \n.host:2,").write_bytes(mail(3))
    (folder / "new/.hidden").write_bytes(mail(4))
    (folder / "new/link").symlink_to(folder / "new/.hidden")
    (folder / "new/folder").mkdir()
    reader.start(f'mailbox "return" {{\n kind = maildir\n'
                 f' path = "{folder}"\n}}\n')
    reader.has(3)
    began = time.monotonic()
    (folder / "tmp/5.c.host").write_bytes(mail(5))
    os.rename(folder / "tmp/5.c.host", folder / "new/5.c.host")
    reader.has(4, 5)
    assert time.monotonic() - began < 2.5
    assert wait_until(lambda: sorted(os.listdir(folder / "new")) == [
        ".hidden", "folder", "link"], 5)
    assert not os.listdir(folder / "cur")
    assert {r["key"] for r in reader.db.rows("select key from returned")
            if len(r["key"]) < 64} == {"1.a.host", "2.b.host", "5.c.host"}


@pytest.mark.parametrize("settings, says", [
    ({"name": "imap.voorbeeld.example"}, "geldt niet voor de naam localhost"),
    ({"ca": "stranger"}, "onbekende"),
])
def test_a_certificate_that_is_not_theirs(reader, settings, says):
    with Dovecot(**settings) as dovecot:
        dovecot.deliver(mail(1))
        for kind in ("imap", "pop3"):
            reader.start(dovecot.section(kind=kind))
            reader.failing(says)
            assert reader.stop() == 0
            reader.db.rows("delete from mailbox")
        assert "Login: user" not in dovecot.log()
        assert reader.taken() == 0 and len(dovecot.left()) == 1


def test_what_is_wrong_is_told_and_read_again(reader, dovecot):
    dovecot.deliver(mail(1))
    (dovecot.folder / "password").write_text("verkeerd\n")
    reader.start(dovecot.section())
    reader.failing("log-in")
    row = reader.mailbox()
    assert row["failing_since"] and not row["last_read_at"]
    assert wait_until(lambda: "localhost" in str(reader.db.rows(
        "select status from role_state where role = 'mailbox'")), 10)
    # Nobody's name or password is in what is told.
    assert not any(word in text for word in ("terug", "verkeerd")
                   for text in (reader.said(), row["last_error"]))
    assert reader.stop() == 0
    (dovecot.folder / "password").write_text("geheim\n")
    reader.start(dovecot.section(folder="Nergens"))
    reader.failing("Nergens")
    assert reader.mailbox()["failing_since"] == row["failing_since"]
    assert reader.stop() == 0
    reader.start(dovecot.section())
    reader.has(1)
    assert wait_until(lambda: not reader.mailbox()["failing_since"], 5)
    assert reader.mailbox()["last_error"] == ""


def test_configuration(reader, dovecot):
    (dovecot.folder / "password").unlink()
    done = reader.once(dovecot.section())
    assert done.returncode == 78 and "password" in done.stderr
    done = subprocess.run(reader.command("--check-config"), text=True,
                          env=reader.site.env(), capture_output=True)
    assert done.returncode == 78 and "password" in done.stderr
    # A password of systemd comes first.
    credentials = reader.site.folder / "credentials"
    credentials.mkdir()
    (credentials / "mailbox_return").write_text("geheim\n")
    done = subprocess.run(
        reader.command("--once"), text=True, capture_output=True,
        env={**reader.site.env(), "CREDENTIALS_DIRECTORY": str(credentials)})
    assert done.returncode == 0, done.stderr
    reader.configure("".join(
        f'mailbox "m{n}" {{\n kind = maildir\n path = "/x"\n}}\n'
        for n in range(9)))
    done = reader.site.tweeluik("config", "check")
    assert done.returncode == 78 and "8" in done.stderr


def test_a_connection_that_breaks(reader, dovecot):
    """The server's process dies, then the whole server, then it comes back."""
    reader.start(dovecot.section())
    for n in range(1, 4):
        dovecot.deliver(mail(n))
        reader.has(n)
        assert wait_until(dovecot.sessions, 10)
        for pid in dovecot.sessions():
            os.kill(pid, signal.SIGKILL)
    dovecot.stop()
    dovecot.deliver(mail(4))
    reader.failing("localhost")
    dovecot.start()
    reader.has(4)
    empty(dovecot)
    assert reader.mailbox()["last_error"] == ""


class Proxy(threading.Thread):
    """Between a client and a server: passes on so many bytes of what the
    server says, then it is gone."""

    def __init__(self, port, most):
        super().__init__(daemon=True)
        self.to, self.most = port, most
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.copy, args=(client, server, None),
                             daemon=True).start()
            threading.Thread(target=self.copy,
                             args=(server, client, self.most),
                             daemon=True).start()

    def copy(self, source, sink, left):
        try:
            while data := source.recv(4096):
                if left is not None:
                    data, left = data[:left], left - len(data)
                sink.sendall(data)
                if left is not None and left <= 0:
                    break
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


@pytest.mark.parametrize("kind", ["imap", "pop3"])
def test_a_connection_that_breaks_anywhere(reader, kind):
    """After each few bytes that the server says."""
    with Dovecot(plaintext=True) as dovecot:
        port = dovecot.imap if kind == "imap" else dovecot.pop3
        for n in range(3):
            dovecot.deliver(mail(n))
        for most in (1, *range(100, 3000, 160), 10 ** 6):
            proxy = Proxy(port, most)
            done = reader.once(dovecot.section(kind=kind, tls="none",
                                               port=proxy.port))
            proxy.close()
            assert done.returncode in (0, 1, 75), (most, done.stderr)
        assert done.returncode == 0, done.stderr
        assert reader.taken() == 3 and not dovecot.left()


def test_a_server_that_talks_nonsense(reader):
    """Whatever a server says, the role stays and tells it."""
    lines = [b"* OK hi\r\n", b"* PREAUTH hi\r\n", b"* BYE\r\n", b"+OK\r\n",
             b"220 smtp.example ESMTP\r\n", b"\0" * 2000, b"* OK [" * 3000,
             b"* OK x\r\n* 1 FETCH (BODY[] {99999999999999}\r\nx",
             b"* OK x\r\n" + b"* 1 EXPUNGE\r\n" * 100 + b"1 OK x\r\n"]
    said = iter(lines)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        for line in said:
            client, _ = listener.accept()
            client.sendall(line)
            client.settimeout(0.5)
            try:
                client.recv(1000)
            except OSError:
                pass
            client.close()

    threading.Thread(target=serve, daemon=True).start()
    password = reader.site.folder / "password"
    password.write_text("geheim\n")
    for _ in lines:
        done = reader.once(
            'mailbox "return" {\n host = "127.0.0.1"\n tls = "none"\n'
            f' port = {listener.getsockname()[1]}\n user = "u"\n'
            f' password_file = "{password}"\n}}\n')
        assert done.returncode in (1, 75, 78), done.stderr
        assert "127.0.0.1" in done.stderr
    listener.close()


@pytest.mark.parametrize("kind, said", [
    ("imap", [b"* OK hi\r\n", b"1 OK go\r\n* OK more\r\n"]),
    ("pop3", [b"+OK hi\r\n", b"+OK go\r\n+OK more\r\n"]),
])
def test_words_before_tls(reader, kind, said):
    """Whoever sits in between must not speak for the server (CVE-2011-0411).
    """
    heard = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        client, _ = listener.accept()
        for line in said:
            client.sendall(line)
            heard.append(client.recv(1000))
        client.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    password = reader.site.folder / "password"
    password.write_text("geheim\n")
    done = reader.once(
        f'mailbox "return" {{\n kind = {kind}\n host = "localhost"\n'
        f' tls = "starttls"\n port = {listener.getsockname()[1]}\n'
        f' user = "terug"\n password_file = "{password}"\n}}\n')
    thread.join(10)
    listener.close()
    assert "onbeveiligde gegevens" in done.stderr, done.stderr
    assert heard[1] == b"" and b"terug" not in b"".join(heard)


FULL = """create function no_room() returns trigger language plpgsql as $$
begin raise exception 'no space' using errcode = 'disk_full'; end $$;
create trigger no_room before insert on returned
for each row execute function no_room()"""


def test_a_database_without_room(reader, dovecot):
    reader.db.rows("set search_path = tweeluik;" + FULL)
    reader.start(dovecot.section())
    for n in range(3):
        dovecot.deliver(mail(n))
    reader.failing("53100")
    assert reader.taken() == 0 and len(dovecot.left()) == 3
    assert not reader.aside()
    reader.db.rows("drop trigger no_room on tweeluik.returned")
    reader.has(3)
    empty(dovecot)


def test_a_database_that_is_away(reader, dovecot):
    """Its connections end and no new ones are let in."""
    reader.start(dovecot.section())
    dovecot.deliver(mail(0))
    reader.has(1)
    empty(dovecot)
    template = reader.db.pg.conninfo("postgres", "postgres")
    conn = psycopg2.connect(template)
    conn.autocommit = True
    cur = conn.cursor()
    cur.execute(f"alter database {reader.db.name} allow_connections false")
    cur.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = %s", (reader.db.name,))
    for n in range(1, 4):
        dovecot.deliver(mail(n))
    assert wait_until(lambda: "mailbox-failed" in reader.said()
                      and "database-lost" in reader.said(), 15), reader.said()
    time.sleep(1)
    assert len(dovecot.left()) == 3
    cur.execute(f"alter database {reader.db.name} allow_connections true")
    conn.close()
    reader.has(4, 40)
    empty(dovecot)


def test_what_cannot_be_read_is_set_aside(reader, dovecot):
    """Too large, a part too many, nothing at all; then the next."""
    large = mail(1) + b"x" * 77 + b"\r\n" * 5_300_000
    dovecot.deliver(large)
    dovecot.deliver(mail(2))
    dovecot.deliver(b"")
    dovecot.deliver(mail(3))
    reader.start(dovecot.section())
    reader.has(2, 40)
    aside = reader.aside()
    assert [r["reason"] for r in aside if "10 MB" in r["reason"]], aside
    # The large one is where it was, and is not looked at again.
    assert wait_until(lambda: [p.stat().st_size > 10 ** 7
                               for p in dovecot.left()] == [True], 10)
    dovecot.deliver(mail(4))
    reader.has(3)
    assert reader.aside() == aside
    assert reader.said().count("mail-set-aside") == len(aside)


HOSTILE = [
    b"", b"\0" * 100_000, b"\r\n", b"From ", b"x" * 9_000_000,
    b"Subject: " + b"=?utf-8?q?" * 50_000,
    b"To: " + b"a:" * 500_000, b"To: " + b"(" * 200_000, b"A:\r\n" * 500_000,
    b'Content-Type: multipart/mixed; boundary="\\""\r\n\r\n--"\r\n',
    b"Content-Type: multipart/report; boundary=b\r\n\r\n" +
    b"--b\r\n\r\n\r\n" * 200_000,
    b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n"
             % (n, n) for n in range(20_000)),
    b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    b"Content-Type: text/html\r\n\r\n" + b"<div>" * 500_000,
    b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUFB" * 2_000_000,
    b"Content-Type: text/plain; charset=" + b"x" * 5000 + b"\r\n\r\n\xff",
]


def test_hostile_mail(reader, tmp_path):
    """Whatever it is, it is one row, and the next is read."""
    folder = tmp_path / "maildir"
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True)
    for n, bytes_ in enumerate(HOSTILE):
        (folder / f"new/{n}").write_bytes(bytes_)
    (folder / "new/last").write_bytes(mail(1))
    done = reader.once(f'mailbox "return" {{\n kind = maildir\n'
                       f' path = "{folder}"\n}}\n')
    assert done.returncode == 0, done.stderr
    assert reader.db.one("select count(*) from returned") == len(HOSTILE) + 1
    assert not os.listdir(folder / "new")
    assert "mailbox-failed" not in done.stderr


def test_stops_at_once(reader, tmp_path):
    """Whatever is still waiting."""
    folder = tmp_path / "maildir"
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True)
    for n in range(2000):
        (folder / f"new/{n}").write_bytes(mail(n))
    reader.start(f'mailbox "return" {{\n kind = maildir\n'
                 f' path = "{folder}"\n}}\n')
    assert wait_until(lambda: reader.taken() > 10, 15)
    began = time.monotonic()
    assert reader.stop() == 0
    assert time.monotonic() - began < 5
    left = len(os.listdir(folder / "new"))
    assert 0 < left == 2000 - reader.taken()


def test_many(reader, dovecot):
    """More than are listed at a time, with some among them that stay."""
    large = mail(0) + b"y" * 77 + b"\r\n" * 5_300_000
    for n in range(1, 451):
        dovecot.deliver(mail(n))
        if n in (20, 201, 350):
            dovecot.deliver(large.replace(b"<0@", b"<%d000@" % n))
    began = time.monotonic()
    done = reader.once(dovecot.section())
    assert done.returncode == 0, done.stderr
    assert reader.taken() == 450 and len(reader.aside()) == 3
    assert len(dovecot.left()) == 3
    # It has been known to take 3 s.
    assert time.monotonic() - began < 60
    done = reader.once()
    assert done.returncode == 0 and "mail-" not in done.stderr


def test_two_hosts(reader, dovecot):
    """Who read the same mailbox at the same time."""
    for n in range(200):
        dovecot.deliver(mail(n))
    reader.configure(dovecot.section())
    both = [subprocess.Popen(reader.command("--once"), env=reader.site.env(),
                             stderr=subprocess.PIPE, text=True,
                             preexec_fn=die_with_parent) for _ in range(2)]
    for process in both:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert "failed" not in said
    assert reader.taken() == 200 and not dovecot.left()


def test_the_same_mail_counts_once(reader, dovecot, tmp_path):
    """In two mailboxes, under two names, on standard input."""
    folder = tmp_path / "maildir"
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True)
    dovecot.deliver(mail(1))
    dovecot.deliver(mail(1))
    (folder / "new/1").write_bytes(mail(1))
    done = reader.once(
        dovecot.section(),
        f'mailbox "two" {{\n kind = maildir\n path = "{folder}"\n}}\n')
    assert done.returncode == 0, done.stderr
    assert reader.taken() == 1 and not dovecot.left()
    assert not os.listdir(folder / "new")
    assert reader.pipe(mail(1)).returncode == 0
    assert reader.taken() == 1


def test_one_mailbox_in_no_others_way(reader, dovecot, tmp_path):
    dovecot.deliver(mail(1))
    reader.start(
        dovecot.section(), dovecot.section(name="other", port=free_port()),
        f'mailbox "third" {{\n kind = maildir\n path = "{tmp_path}/no"\n}}\n',
        'mailbox "mta" {\n kind = pipe\n}\n')
    reader.has(1)
    reader.failing("localhost", name="other")
    reader.failing("/no", name="third")
    assert reader.mailbox()["last_error"] == ""
    assert {r["name"] for r in reader.db.rows("select name from mailbox")} \
        == {"return", "other", "third"}
    assert reader.stop() == 0
    # Who is no longer configured is no longer shown.
    reader.start(dovecot.section())
    assert wait_until(lambda: len(reader.db.rows("select * from mailbox"))
                      == 1, 10)


def test_standard_input(reader):
    reader.configure('mailbox "mta" {\n kind = pipe\n}\n')
    assert reader.pipe(mail(1)).returncode == 0
    assert reader.pipe(mail(1)).returncode == 0
    assert reader.pipe(mail(2), "--mailbox", "mta", "--recipient",
                       "terug@terug.example").returncode == 0
    assert reader.db.rows("select mailbox from returned order by id") == [
        {"mailbox": "stdin"}, {"mailbox": "mta"}]
    assert reader.pipe(b"").returncode == 65
    assert reader.pipe(mail(3) + b"x" * 10 ** 7 * 2).returncode == 65
    assert reader.pipe(mail(3), "--mailbox", "none").returncode == 78
    assert reader.pipe(mail(3), "--nonsense").returncode == 64
    assert reader.pipe(mail(3), "--mailbox").returncode == 64
    assert reader.pipe(mail(3), "more").returncode == 64
    reader.db.rows("set search_path = tweeluik;" + FULL)
    assert reader.pipe(mail(3)).returncode == 75
    reader.db.rows("drop trigger no_room on tweeluik.returned")
    assert reader.pipe(mail(3)).returncode == 0
    assert reader.taken() == 3
    reader.site.settings["keys"].chmod(0o644)
    assert reader.pipe(mail(4)).returncode == 77
    reader.site.write_config(database="host=/nowhere dbname=x")
    reader.site.settings["keys"].chmod(0o600)
    assert reader.pipe(mail(4)).returncode == 75


def test_killed_at_any_step(reader, dovecot):
    """At each step towards the database and towards the mailbox; then it is
    started again and everything is there once."""
    shim = reader.site.build / "tests/fault-shim.so"
    reader.configure(dovecot.section())
    number = 0
    for step in ("db", "send"):
        killed = 0
        for at in range(1, 100):
            for _ in range(2):
                dovecot.deliver(mail(number))
                number += 1
            done = subprocess.run(
                reader.command("--once"), capture_output=True, text=True,
                env={**reader.site.env(), "LD_PRELOAD": str(shim),
                     "FAULT_AT":
                     f"{step}:{at}:die-{('before', 'after')[at % 2]}"},
                timeout=60)
            if done.returncode == 0:
                break
            assert done.returncode == -signal.SIGKILL, done.stderr
            killed += 1
            done = reader.once()
            assert done.returncode == 0, done.stderr
            assert reader.taken() == number and not dovecot.left()
        assert 10 < killed < 99, (step, killed)


def test_killed_while_it_reads(reader, dovecot):
    """With mail all the time, at moments that nobody chose."""
    reader.configure(dovecot.section())
    for n in range(300):
        dovecot.deliver(mail(n))
    for n in range(8):
        reader.start()
        time.sleep(0.15 + n * 0.05)
        assert reader.stop(signal.SIGKILL) == -signal.SIGKILL
    done = reader.once()
    assert done.returncode == 0, done.stderr
    assert reader.taken() == 300 and not dovecot.left()


def test_the_daemon_starts_it(reader, dovecot):
    """Only where there is something to read, also after SIGHUP."""
    site = reader.site

    def lives():
        return bool(reader.db.rows(
            "select 1 from role_state where role = 'mailbox'"
            " and seen_at > now() - interval '10 seconds'"))

    site.start_daemon("--hold", log=reader.log)
    assert wait_until(lambda: " ready" in reader.said(), 30), reader.said()
    assert not lives()
    dovecot.deliver(mail(1))
    reader.configure(dovecot.section())
    site.daemon.send_signal(signal.SIGHUP)
    reader.has(1, 30)
    assert wait_until(lives, 10)
    reader.configure("")
    site.daemon.send_signal(signal.SIGHUP)
    assert wait_until(lambda: not lives(), 25)
    assert site.stop_daemon() == 0


def test_memory_stays(reader, dovecot):
    """After the first hundred mails it does not grow."""
    reader.start(dovecot.section())

    def resident():
        status = open(f"/proc/{reader.process.pid}/status").read()
        return int(status.split("VmRSS:")[1].split()[0])

    sizes = []
    for batch in range(4):
        for n in range(100):
            dovecot.deliver(mail(batch * 100 + n, b"X-Pad: " + b"x" * 900))
        reader.has((batch + 1) * 100, 40)
        empty(dovecot)
        sizes.append(resident())
    assert sizes[0] < 32 * 1024, sizes
    assert sizes[3] < sizes[0] + 1024, sizes
