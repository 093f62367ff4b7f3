"""A newsletter at work: an issue was sent to readers of three editions, and
the daemon still runs, with its pages."""

import email
import email.policy
import re

from newsletter import approve, ok, plan, send_now, settled
from website import Visitor, web_keys

from tests.embedded import Installation, answers, wait_until

LANGUAGES = ("nl", "en", "both")
URL = re.compile(r"https://nieuws\.voorbeeld\.example(/[^\s\"'<>)]*)")


class Mail:
    """A message as it was caught."""

    def __init__(self, path):
        self.raw = path.read_bytes()
        self.parsed = email.message_from_bytes(
            self.raw, policy=email.policy.default)
        self.subject, self.to = self.parsed["subject"], self.parsed["to"]

    def part(self, kind="html"):
        return self.parsed.get_body((kind,)).get_content()

    def links(self):
        """Of our own pages, as paths, from every part and header."""
        unfolded = re.sub(r"\r?\n[ \t]", "",
                          str(self.parsed["list-unsubscribe"] or ""))
        found = URL.findall(self.part("html") + self.part("plain") + unfolded)
        return sorted({p.replace("&amp;", "&").split("#")[0] for p in found})

    def link(self, beginning):
        """The one page whose path begins like this."""
        path, = {p for p in self.links() if p.startswith(beginning)}
        return path


class House(Installation, Visitor):
    def __init__(self, folder, database):
        Installation.__init__(self, folder, database.pg, database.name)
        Visitor.__init__(self, self.web_port)
        self.db, self.keys = database, self.settings["keys"]
        self.people = {}  # of pages.places()
        self.log = self.folder / "log"

    def start(self):
        self.init()
        plan(self)
        for name in LANGUAGES:
            self.add(name, name)
        self.issue = approve(self)
        self.start_catcher()
        send_now(self, self.issue)
        self.start_daemon(log=self.log)
        assert settled(self)["accepted"] == len(LANGUAGES), \
            self.log.read_text()
        assert wait_until(self.is_up, 30)
        self.mailing = self.db.one("select id from mailing"
                                   " where kind = 'issue'")
        return self

    def is_up(self):
        return answers(self.web_port)

    def add(self, name, language="nl"):
        """A reader called name; returns the number."""
        ok(self, "subscriber", "add", f"{name}@lezers.example", "--language",
           language, "--basis", "test")
        return self.db.one("select max(id) from subscriber")

    def token(self, purpose, subscriber, mailing=0):
        return web_keys(self.keys, "token", purpose, subscriber, mailing)[0]

    def reader(self, language):
        return self.db.one("select min(id) from subscriber"
                           " where language = %s", language)

    def state(self, reader):
        return self.db.one("select state from subscriber where id = %s",
                           reader)

    def inbox(self, name):
        """All mail to this reader, the oldest first."""
        return [m for m in map(Mail, self.mails())
                if str(m.to) == f"{name}@lezers.example"]

    def next_mail(self, name, count, seconds=30):
        """The mail that makes it count in this reader's inbox."""
        got = wait_until(lambda: self.inbox(name)[count - 1:], seconds)
        assert got, self.log.read_text()
        return got[0]

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"
