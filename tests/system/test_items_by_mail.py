"""Items by mail: from a mailbox to a draft and the one answer, and what gets
none."""

import os
import subprocess

import pytest
from house import Mail
from newsletter import ok
from website import KEYS

from tests.demo.dates import first_date
from tests.embedded import wait_until

EDITOR, CONTRIBUTOR = "rd@redactie.example", "jan@zorg.example"
PASS = ("Authentication-Results: mx.voorbeeld.example; dmarc=pass"
        " header.from=zorg.example\n")
CONFIG = """\
language = "{language}"
editors = {{"{editor}"}}
items {{
    address = "kopij@nieuws.voorbeeld.example"
    contributors = {{"{contributor}"}}
    authserv_id = "mx.voorbeeld.example"
}}
mailbox "kopij" {{
    kind = pipe
    use = items
}}
{more}"""
DUTCH = """\
De gemeente heeft besloten dat de opvang open blijft.

- bel van tevoren
- neem een brief mee

Zie https://opvang.example/adres voor het adres.

-- 
Jan Jansen
06 00000000
"""
number = 0


def mail(text=DUTCH, subject="Opvang blijft open", sender=CONTRIBUTOR,
         head=PASS, message_id=None):
    global number
    number += 1
    return (f"{head}From: Jan Jansen <{sender}>\n"
            f"To: kopij@nieuws.voorbeeld.example\nSubject: {subject}\n"
            f"Message-ID: <{message_id or number}@zorg.example>\n"
            f"Date: Tue, 24 Nov 2026 10:00:00 +0100\n\n{text}").encode()


class Desk:
    def __init__(self, site):
        self.site, self.db, self.build = site, site.db, site.build
        self.configure()

    def configure(self, more="", language="en"):
        self.site.write_config(more=CONFIG.format(
            editor=EDITOR, contributor=CONTRIBUTOR, language=language,
            more=more))

    def run(self, role, *flags, stdin=None):
        return subprocess.run(
            [self.build / f"libexec/tweeluik/tweeluik-{role}", "--config",
             self.site.config, *flags], input=stdin, env=self.site.env(),
            capture_output=True, timeout=60)

    def send(self, message):
        done = self.run("mailbox", "--stdin", "--mailbox", "kopij",
                        stdin=message)
        assert done.returncode == 0, done.stderr

    def items(self):
        return self.db.rows("select id, state, note, changed_by from item"
                            " order by id")

    def text(self, item):
        row, = self.db.rows("select lang, title, body, state from item_text"
                            " where item_id = %s", item)
        return row

    def answers(self):
        """To whom letters are due or written."""
        who = {self.hash_of(a): a for a in (EDITOR, CONTRIBUTOR)}
        return [who[bytes(r["sender_hash"]).hex()] for r in self.db.rows(
            "select c.sender_hash from letter l join contribution c"
            " on c.id = l.contribution_id order by l.id")]

    def hash_of(self, address):
        return subprocess.run(
            [KEYS, self.site.settings["keys"], "seal", address],
            check=True, capture_output=True, text=True).stdout.split()[0]

    def review(self):
        return self.db.rows("select rule, reason, raw_sealed is not null as"
                            " kept from returned where state = 'review'")


@pytest.fixture
def desk(site):
    return Desk(site)


def test_from_mailbox_to_answer(desk, tmp_path):
    """A Maildir is read, the draft is there, the answer leaves."""
    site = desk.site
    desk.configure(f'mailbox "map" {{\n kind = maildir\n use = items\n'
                   f' path = "{tmp_path}/map"\n}}\n')
    for name in ("new", "cur", "tmp"):
        os.makedirs(tmp_path / "map" / name)
    ok(site, "schedule", "set", "--first-date", first_date())
    (tmp_path / "map/new/1.host").write_bytes(mail())
    site.start_catcher()
    site.start_daemon(log=site.folder / "log")
    assert wait_until(desk.items, 30), (site.folder / "log").read_text()
    item, = desk.items()
    assert (item["state"], item["changed_by"]) == ("queued", "mail")
    assert desk.text(item["id"]) == {
        "lang": "nl", "title": "Opvang blijft open", "state": "draft",
        "body": "De gemeente heeft besloten dat de opvang open blijft.\n\n"
                "- bel van tevoren\n- neem een brief mee\n\n"
                "Zie <https://opvang.example/adres> voor het adres."}
    got = wait_until(lambda: [m for m in map(Mail, site.mails())], 30)
    assert got, (site.folder / "log").read_text()
    answer, = got
    assert str(answer.to) == CONTRIBUTOR
    assert answer.subject == "Uw tekst voor de nieuwsbrief"
    assert answer.parsed["auto-submitted"] == "auto-generated"
    for kind in ("html", "plain"):
        assert "Opvang blijft open" in answer.part(kind)
    assert not os.listdir(tmp_path / "map/new")
    assert CONTRIBUTOR not in (site.folder / "log").read_text()


def test_what_people_see(desk):
    site = desk.site
    desk.send(mail(head=""))
    item, = desk.items()
    assert item["state"] == "parked"
    assert item["note"] == "The sender of the mail was not verified."
    shown = ok(site, "item", "list", "--lang", "en")
    assert "parked, sender not verified" in shown
    shown = ok(site, "item", "show", item["id"], "--lang", "en")
    assert f"from {CONTRIBUTOR} (not verified)" in shown
    assert "The language is a guess: nl" in shown
    # It is taken as any other item that was parked.
    ok(site, "item", "edit", item["id"], "--file", "-",
       stdin="Topic: shelter\n")
    ok(site, "item", "ready", item["id"])
    assert desk.items()[0]["state"] == "queued"
    assert desk.text(item["id"])["state"] == "ready"
    assert "sender not verified" not in ok(site, "item", "list", "--lang",
                                           "en")


def test_who_may(desk):
    desk.send(mail(sender=EDITOR))  # zorg.example does not vouch for it
    desk.send(mail(sender="JAN@Zorg.example"))
    assert [i["state"] for i in desk.items()] == ["parked", "queued"]
    assert desk.answers() == [EDITOR, CONTRIBUTOR]
    desk.send(mail(sender="iemand@elders.example"))
    assert len(desk.items()) == 2 and len(desk.answers()) == 2
    assert desk.review() == [{"rule": "contribution", "kept": True,
                              "reason": "unknown-sender"}]
    shown = ok(desk.site, "bounce", "list", "--lang", "en")
    assert "from somebody who is not listed" in shown


def test_nothing_twice(desk):
    once = mail(message_id="een")
    desk.send(once)
    desk.send(once)
    # The same mail by another way.
    desk.send(b"Received: from elsewhere.example\n" + once)
    assert len(desk.items()) == 1 and len(desk.answers()) == 1


@pytest.mark.parametrize("head", [
    "Auto-Submitted: auto-replied\n", "Return-Path: <>\n",
    "Precedence: bulk\n"])
def test_no_answer_to_machines(desk, head):
    for _ in range(3):
        desk.send(mail(head=PASS + head, subject="Out of office"))
    assert not desk.items() and not desk.answers() and not desk.review()


def test_no_loop(desk):
    for sender in ("kopij@nieuws.voorbeeld.example",
                   "nieuwsbrief@nieuws.voorbeeld.example",
                   "r+token@terug.voorbeeld.example"):
        desk.send(mail(sender=sender))
    assert not desk.items() and not desk.answers()
    for _ in range(13):
        desk.send(mail())
    assert len(desk.items()) == 13 and len(desk.answers()) == 10


def test_what_is_left_out_or_refused(desk):
    pdf = ("Content-Type: application/pdf\nContent-Disposition: attachment;"
           " filename=folder.pdf\n\n" + "x" * 120000)
    mixed = ("Content-Type: multipart/mixed; boundary=b\n",
             f"--b\n\nDe tekst van het bericht.\n--b\n{pdf}\n--b--\n")
    desk.send(mail(mixed[1], head=PASS + mixed[0]))
    desk.send(mail("woord " * 12000))
    desk.send(mail("", subject=""))
    item, = desk.items()
    assert item["note"] == "Attachment left out: folder.pdf (118 kB)"
    assert [r["outcome"] for r in desk.db.rows(
        "select outcome from contribution order by id")] == [
            "item", "too-long", "empty"]
    assert len(desk.answers()) == 3
    assert desk.run("schedule", "--once").returncode == 0
    bodies = [bytes(r["bytes"]).replace(b"=\r\n", b"") for r in desk.db.rows(
        "select m.bytes from message m join delivery d on d.message_id = m.id"
        " order by d.mailing_id")]
    assert b"folder.pdf (118 kB)" in bodies[0]
    assert len(bodies) == 3 and len(set(bodies)) == 3


def test_who_is_erased_is_forgotten(desk):
    site = desk.site
    ok(site, "subscriber", "add", CONTRIBUTOR, "--basis", "test")
    desk.send(mail())
    assert desk.db.one("select count(sender_sealed) from contribution") == 1
    ok(site, "subscriber", "erase", CONTRIBUTOR, "--confirm", CONTRIBUTOR)
    assert desk.db.one("select count(sender_sealed) from contribution") == 0
    assert desk.db.one("select count(address_sealed) from letter") == 0
    shown = ok(site, "item", "show", desk.items()[0]["id"], "--lang", "en")
    assert CONTRIBUTOR not in shown


def test_who_sent_it_is_forgotten_in_time(desk):
    desk.send(mail())
    desk.send(mail())
    desk.db.rows("update returned set at = now() - interval '91 days'"
                 " where id = (select min(id) from returned)")
    assert desk.run("schedule", "--once").returncode == 0
    assert desk.db.rows("select sender_sealed is null and sender_hash is null"
                        " as gone, item_id is not null as item"
                        " from contribution order by id") == [
        {"gone": True, "item": True}, {"gone": False, "item": True}]


def test_an_item_or_nothing(desk):
    """Whatever fails, the mail stays and nothing is half there."""
    desk.db.rows("set search_path = tweeluik; create function fail() returns"
                 " trigger language plpgsql as"
                 " 'begin raise sqlstate ''53100''; end';"
                 "create trigger fail before insert on tweeluik.letter"
                 " for each row execute function tweeluik.fail()")
    done = desk.run("mailbox", "--stdin", "--mailbox", "kopij", stdin=mail())
    assert done.returncode == 75
    assert not desk.items()
    assert desk.db.one("select count(*) from returned") == 0
    assert desk.db.one("select count(*) from contribution") == 0
