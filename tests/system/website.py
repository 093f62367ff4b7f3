"""A running web role on a fresh database, with readers to serve."""
import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
from collections import namedtuple
from html.parser import HTMLParser

from tests.embedded import (ROOT, Installation, answers, die_with_parent,
                            wait_until)

BUILD = ROOT / os.environ.get("BUILD", "build")
PROGRAM = BUILD / "libexec/tweeluik/tweeluik-web"
KEYS = BUILD / "tests/web-keys"
ADDRESS = "jansen@organisatie.example"
ONE_CLICK = "List-Unsubscribe=One-Click"
Answer = namedtuple("Answer", "status headers body")


def talk(connection, data, seconds=2.0):
    """What comes back for these octets, and whether it was closed."""
    with connection as s:
        s.settimeout(seconds)
        out = b""
        try:
            s.sendall(data)
            while True:
                piece = s.recv(65536)
                if not piece:
                    return out, True
                out += piece
        except socket.timeout:
            return out, False
        except OSError:
            return out, True


def web_keys(keys, *words):
    """What tests/system/web-keys.c answers, in words."""
    return subprocess.run([KEYS, keys, *map(str, words)], check=True,
                          capture_output=True, text=True).stdout.split()


class Visitor:
    """Asks a web role for pages."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        c.request(method, path, body=body, headers=headers or {})
        r = c.getresponse()
        answer = Answer(r.status, r.headers, r.read().decode())
        c.close()
        return answer

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body="", kind="application/x-www-form-urlencoded"):
        return self.ask("POST", path, body, {"Content-Type": kind})


class Website(Visitor):
    def __init__(self, database, folder):
        self.place = Installation(folder, database.pg, database.name, BUILD)
        self.keys = self.place.folder / "keys"
        super().__init__(self.place.web_port)
        self.log = self.place.folder / "log"
        self.run_keys("create")
        self.db, self.conn = database, database.connect()
        self.process = None

    def run_keys(self, *words):
        return web_keys(self.keys, *words)

    def token(self, purpose, subscriber, mailing=0):
        return self.run_keys("token", purpose, subscriber, mailing)[0]

    def sql(self, query, *values):
        cur = self.conn.cursor()
        cur.execute(query, values)
        return cur.fetchall() if cur.description else None

    def reader(self, address=ADDRESS, language="nl", state="active"):
        hashed, sealed = self.run_keys("seal", address)
        return self.sql(
            "insert into subscriber (address_hash, address_sealed, language,"
            " language_from, state) values (decode(%s, 'hex'),"
            " decode(%s, 'hex'), %s, 'import', %s) returning id",
            hashed, sealed, language, state)[0][0]

    def state(self, reader):
        return self.sql("select state from subscriber where id = %s",
                        reader)[0][0]

    def events(self):
        return self.sql("select kind, way, basis from consent_event"
                        " order by id")

    def dump(self):
        """All that a request could change, but for the sign of life."""
        return [self.sql(f"select * from {t} order by 1, 2") for t in (
            "subscriber", "consent_event", "suppression", "mailing",
            "delivery", "chunk", "message", "edition", "activity", "letter",
            "signup", "wording", "address_wish")]

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--config", self.place.config], stderr=log,
                stdout=log, env=self.place.env(), preexec_fn=die_with_parent)
        up = wait_until(lambda: answers(self.port)
                        or self.process.poll() is not None, 20, 0.05)
        assert up and self.process.poll() is None, self.log.read_text()
        return self

    def stop(self):
        self.conn.close()
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.log.read_text()

    def raw(self, data, seconds=2.0):
        return talk(socket.create_connection(("127.0.0.1", self.port)), data,
                    seconds)


class Page(HTMLParser):
    """Title, headings, forms and languages of a page."""

    def __init__(self, text):
        super().__init__()
        self.langs, self.forms, self.links, self.buttons = [], [], [], []
        self.title, self.h1, self.within = "", 0, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in ("html", "section"):
            self.langs.append(attrs.get("lang"))
        if tag == "form":
            self.forms.append(attrs["action"])
            assert attrs["method"] == "post"
        if tag == "a":
            self.links.append(attrs["href"])
        if tag in ("title", "button"):
            self.within = tag
        self.h1 += tag == "h1"
        assert tag not in ("script", "img", "iframe")

    def handle_data(self, data):
        if self.within == "title":
            self.title += data
        elif self.within == "button":
            self.buttons.append(data)

    def handle_endtag(self, tag):
        self.within = None


def check_page(answer, lang="nl", status=200):
    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.body.startswith("<!DOCTYPE html>")
    assert len(answer.body) < 30000
    page = Page(answer.body)
    other = "en" if lang == "nl" else "nl"
    assert page.langs == [lang, lang, other]
    assert page.h1 == 1 and page.title
    assert not re.search(r"[\ue000-\uf8ff]|\{\w+\}", answer.body)
    return page


def follow(site, answer):
    """The page behind a redirect after a POST."""
    assert answer.status == 303 and answer.body == ""
    assert answer.headers["Location"].startswith("/")
    return site.get(answer.headers["Location"])


@contextlib.contextmanager
def watched_site(database, folder):
    """Its log names nobody, and nothing went wrong."""
    site = Website(database, folder)
    try:
        yield site.start()
    finally:
        site.stop()
        log = site.log.read_text()
        assert "Sanitizer" not in log and "page-failed" not in log, log
        assert "jansen" not in log and "@" not in log, log
