"""Reading mailboxes: from a real Dovecot, a Maildir and standard input.  What
mails mean is tested elsewhere; here each is one row."""

import os
import signal
import subprocess
import time

import pytest
from dovecot import Dovecot
from mailreader import FULL, dovecot, empty, mail, reader  # noqa: F401

from tests.embedded import free_port, wait_until


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
        for n in range(33)))
    done = reader.site.tweeluik("config", "check")
    assert done.returncode == 78 and "32" in done.stderr


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
    if "asan" in reader.site.build.name:
        pytest.skip("A sanitizer keeps what was freed for a while.")
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
