"""From an issue to its bounces and back, through mail systems that others
made: a real Postfix hands it over or cannot, and its reports come in by IMAP
from a real Dovecot."""

import os

import pytest
from dovecot import Dovecot
from newsletter import approve, ledger, ok, plan, send_now, settled
from postfix import Postfix
from smtpd import CatchingServer

from tests.embedded import wait_until

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="the master of Postfix has to be root")

# What their server answers, and what that makes of the reader.
READERS = {
    "goed": ("250 2.0.0 OK", set()),
    "onbekend": ("550 5.1.1 <x>: Recipient address rejected: User unknown in"
                 " virtual mailbox table", {("hard", "dead", "counted")}),
    "vol": ("552 5.2.2 <x>: user is over quota",
            {("soft", "full", "counted")}),
    "geweigerd": ("550 5.7.1 Service unavailable; client [192.0.2.1] blocked"
                  " using zen.spamhaus.org", {("soft", "blocked", "blocked")}),
    "traag": ("451 4.3.0 Temporary lookup failure",
              {("delayed", "temporary", "none"),
               ("soft", "temporary", "counted")}),
    # No server is known; Postfix says so while we talk to it.
    "weg": (None, {("hard", "dead", "dead")}),
}


NEWS = """Kind: news
Topic: checks
Visibility: public

--- nl
Title: Controles in bussen
State: ready

Er zijn deze week controles op lijn 1 en 2.

--- en
Title: Checks on buses
State: ready

There are checks on lines 1 and 2 this week.
"""


@pytest.fixture
def world(site):
    servers = {}
    for name, (reply, _) in READERS.items():
        if reply is not None:
            servers[name] = CatchingServer(replies={"RCPT": reply})
            servers[name].start()
    try:
        with Dovecot() as dovecot, Postfix(
                {f"{name}.example": server.port
                 for name, server in servers.items()},
                dovecot.maildir, "terug.voorbeeld.example") as postfix:
            site.servers, site.dovecot, site.postfix = servers, dovecot, \
                postfix
            site.write_config(smtp_port=postfix.port, more=dovecot.section())
            site.log = site.folder / "log"
            yield site
            site.stop_daemon()
    finally:
        for server in servers.values():
            server.stop()


def found(site):
    """What is on record about whom."""
    rows = site.db.rows(
        "select s.id, b.class, b.reason, b.effect from subscriber s"
        " left join bounce b on b.subscriber_id = s.id")
    names = dict(zip(sorted({r["id"] for r in rows}), READERS))
    return {name: {(r["class"], r["reason"], r["effect"]) for r in rows
                   if names[r["id"]] == name and r["class"]}
            for name in READERS}


def gone(site):
    """Who gets no mail any more."""
    states = site.db.rows("select state from subscriber order by id")
    return {name for name, row in zip(READERS, states)
            if row["state"] == "undeliverable"}


def comes_back(site, seconds=60):
    """Until everything that is expected is on record; nothing more comes."""
    wanted = {name: what for name, (_, what) in READERS.items()}
    wait_until(lambda: found(site) == wanted, seconds)
    assert found(site) == wanted, (site.log.read_text(), site.postfix.log())
    assert wait_until(lambda: not site.dovecot.left(), 10)


def test_what_comes_back(world):
    plan(world)
    for name in READERS:
        ok(world, "subscriber", "add", f"iemand@{name}.example",
           "--language", "nl", "--basis", "test")
    issue = approve(world)
    world.start_daemon(log=world.log)
    send_now(world, issue)
    assert (settled(world)["accepted"], ledger(world)["refused"]) == (5, 1), \
        world.log.read_text()
    comes_back(world)
    assert gone(world) == {"weg"}
    assert len(world.servers["goed"].envelopes) == 1
    # Who is meant is known without an address, and none is anywhere.
    text = world.log.read_text() + str(world.db.rows(
        "select diagnostic, rule from bounce"))
    assert "iemand@" not in text and "mail-set-aside" not in text
    assert world.db.one("select count(*) from returned"
                        " where state = 'review'") == 0

    # A fortnight later the second report is enough.
    for table, column in (("mailing", "created_at"), ("outcome", "at"),
                          ("bounce", "at"), ("subscriber", "state_at")):
        world.db.rows(f"update {table} set {column} = {column}"
                      " - interval '14 days'")
    path = world.folder / "second.item"
    path.write_text(NEWS, encoding="utf-8")
    ok(world, "item", "add", "--file", path, "--ready")
    ok(world, "issue", "plan", "next", "--headline-nl", "controles in bussen",
       "--headline-en", "checks on buses")
    send_now(world, approve(world))
    assert wait_until(lambda: gone(world) == {"weg", "onbekend"}, 60), \
        (world.log.read_text(), world.postfix.log())
    assert len(world.servers["goed"].envelopes) == 2
    assert not [e for e in world.servers["onbekend"].envelopes]
