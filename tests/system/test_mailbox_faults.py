"""Reading mailboxes while things fail: nothing is lost, and nothing counts
twice."""

import os
import signal
import socket
import subprocess
import threading
import time

import psycopg2
import pytest
from dovecot import Dovecot
from mailreader import FULL, dovecot, empty, mail, reader  # noqa: F401

from tests.embedded import die_with_parent, wait_until


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
    reader.failing("inloggen")
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
                     "ASAN_OPTIONS": "verify_asan_link_order=0",
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
