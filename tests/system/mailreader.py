"""The mailbox role at work, for the tests of what it reads and from where."""

import signal
import subprocess

import pytest
from dovecot import Dovecot

from tests.embedded import die_with_parent, wait_until


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


FULL = """create function no_room() returns trigger language plpgsql as $$
begin raise exception 'no space' using errcode = 'disk_full'; end $$;
create trigger no_room before insert on returned
for each row execute function no_room()"""
