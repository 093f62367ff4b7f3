"""The send role against mail servers that behave, refuse and vanish."""

import collections
import email
import email.policy
import random
import signal
import time

import pytest
from conftest import Database
from newsletter import (approve, as_json, ledger, ok, plan, readers, send_now,
                        settled, settled_soon)
from smtpd import CatchingServer, Certificates, ScriptedServer

from tests.embedded import Installation, Postgres, wait_until


@pytest.fixture
def issue(site):
    plan(site)
    readers(site, 9)
    return approve(site)


def relay(site, server, **changes):
    site.write_config(smtp_port=server.port, **changes)


def recipients(server):
    return collections.Counter(e.rcpt_tos[0] for e in server.envelopes)


def test_everybody_gets_it_once(site, issue):
    with CatchingServer() as server:
        relay(site, server)
        send_now(site, issue)
        site.start_daemon()
        row = settled(site)
        assert site.stop_daemon() == 0
    assert row["accepted"] == row["planned"] == 9 and row["balanced"]
    assert set(recipients(server).values()) == {1}
    assert len(recipients(server)) == 9
    assert as_json(site, "issue", "show", issue)["state"] == "sent"
    for e in server.envelopes:
        assert e.mail_from.startswith("b+")
        assert e.mail_from.endswith("@terug.voorbeeld.example")
        message = email.message_from_bytes(e.original_content)
        assert message["To"] == e.rcpt_tos[0]
        assert message["Date"]


def test_stopped_and_started_five_times(site):
    """A thousand readers: nobody is missed, nobody appears twice."""
    plan(site)
    readers(site, 1000)
    name = approve(site)
    with CatchingServer() as server:
        relay(site, server)
        send_now(site, name)
        for n in range(5):
            site.start_daemon()
            goal = (n + 1) * 150
            assert wait_until(lambda: len(server.envelopes) > goal, 60, 0.01)
            time.sleep(random.uniform(0, 0.05))
            assert site.stop_daemon() == 0
            row = ledger(site)
            assert row["balanced"] and row["waiting"] > 0
            assert row["accepted"] == len(server.envelopes)
        site.start_daemon()
        row = settled(site, 120)
        site.stop_daemon()
    assert row["accepted"] == 1000 and row["balanced"]
    assert len(recipients(server)) == 1000
    assert set(recipients(server).values()) == {1}


def test_killed(site):
    """kill -9 repeats at most what was in flight, byte for byte, and the
    ledger names whom."""
    plan(site)
    readers(site, 120)
    name = approve(site)
    with CatchingServer() as server:
        relay(site, server)
        send_now(site, name)
        for n in range(3):
            site.start_daemon()
            goal = (n + 1) * 25
            assert wait_until(lambda: len(server.envelopes) > goal, 60, 0.01)
            site.stop_daemon(signal.SIGKILL)
            assert ledger(site)["balanced"]
        # The leases of the dead do not have to run out first.
        site.start_daemon()
        row = settled_soon(site, 30)
        site.stop_daemon()
    assert row["accepted"] == 120 and row["balanced"]
    assert len(recipients(server)) == 120
    twice = [r for r, n in recipients(server).items() if n > 1]
    assert len(twice) <= site.db.one(
        "select count(distinct seq) from outcome"
        " where result = 'uncertain'") <= 3 * 2 * 2
    for r in twice:
        copies = {e.original_content for e in server.envelopes
                  if e.rcpt_tos == [r]}
        assert len(copies) == 1


def test_dead_address_and_full_mailbox(site, issue):
    with CatchingServer(replies={"RCPT": [
            "550 5.1.1 User unknown", "452 4.2.2 Mailbox full",
            "550 5.2.2 Mailbox full", "250 2.1.5 OK"]}) as server:
        relay(site, server)
        send_now(site, issue)
        site.start_daemon()
        assert wait_until(lambda: site.db.rows(
            "select 1 from ledger where accepted = 6 and refused = 2"), 30)
        row = ledger(site)
        assert row["deferred"] == row["waiting"] == 1 and row["balanced"]
        # The deferred one is tried again, when it is due.
        row = settled_soon(site)
        site.stop_daemon()
    assert (row["accepted"], row["refused"]) == (7, 2) and row["balanced"]
    states = collections.Counter(
        r["state"] for r in site.db.rows("select state from subscriber"))
    assert states == {"active": 8, "undeliverable": 1}
    said = site.db.rows("select class, reason, status, source, effect"
                        " from bounce order by class")
    assert [tuple(b.values()) for b in said] == [
        ("hard", "dead", "5.1.1", "smtp", "dead"),
        ("soft", "full", "5.2.2", "smtp", "counted")]
    assert "@" not in str(site.db.rows("select reply from outcome"))


def test_expired(site, issue):
    with CatchingServer(replies={"RCPT": "451 4.7.1 Greylisted"}) as server:
        relay(site, server)
        send_now(site, issue)
        site.start_daemon()
        assert wait_until(lambda: site.db.rows(
            "select 1 from ledger where deferred = 9"), 30)
        site.db.rows("update mailing set expires_at = now()")
        row = settled_soon(site)
        site.stop_daemon()
    assert row["expired"] == 9 and row["balanced"]


@pytest.mark.parametrize("command,reply", [
    ("MAIL", "550 5.7.1 Sender not allowed"),
    ("RCPT", "550 5.7.1 Blocked"),
    ("CONTENT", "554 5.6.0 Malformed"),
])
def test_our_own_trouble_pauses_and_marks_nobody(site, issue, command, reply):
    with CatchingServer(replies={command: reply}) as server:
        relay(site, server)
        send_now(site, issue)
        site.start_daemon()
        assert wait_until(lambda: site.db.rows(
            "select 1 from mailing where state = 'paused'"), 30)
        row = ledger(site)
        assert row["balanced"] and row["refused"] == 0
        assert row["waiting"] == row["planned"] == 9
        assert site.db.one("select count(*) from subscriber"
                           " where state <> 'active'") == 0
        shown = as_json(site, "issue", "show", issue)
        assert reply[4:9] in str(shown) or reply[10:] in str(shown)
        # Mended and resumed, it goes on by itself.
        server.replies.clear()
        ok(site, "issue", "resume", issue)
        row = settled_soon(site)
        site.stop_daemon()
    assert row["accepted"] == 9 and row["balanced"]


def test_a_single_mail_that_was_braked_goes_with_the_next(site, issue):
    def proof(to):
        ok(site, "issue", "test", issue, "--to", to, "--edition", "nl")

    with CatchingServer(replies={"MAIL": "550 5.7.1 No"}) as server:
        relay(site, server)
        site.start_daemon()
        proof("een@proef.example")
        assert wait_until(lambda: site.db.rows(
            "select 1 from mailing where state = 'paused'"), 30)
        server.replies.clear()
        proof("twee@proef.example")
        assert wait_until(lambda: len(server.envelopes) == 2, 30)
        site.stop_daemon()
    assert sorted(recipients(server)) == ["een@proef.example",
                                          "twee@proef.example"]


def test_lost_after_the_dot_is_sent_once_more(site):
    plan(site)
    readers(site, 3)
    issue = approve(site)
    script = [b"220 relay.example\r\n", "EHLO", b"250 relay.example\r\n",
              "MAIL", b"250 ok\r\n", "RCPT", b"250 ok\r\n", "DATA",
              b"354 go\r\n", ".", None]
    with ScriptedServer(script) as server:
        relay(site, server)
        send_now(site, issue)
        site.start_daemon()
        assert wait_until(lambda: site.db.one(
            "select count(*) from outcome where result = 'uncertain'") == 3,
            60)
        site.stop_daemon()
        first = {m.split(b"RCPT TO:", 1)[1].split(b"\r\n", 1)[0]:
                 m.split(b"DATA\r\n", 1)[1] for m in server.received
                 if b"RCPT TO:" in m}
    assert ledger(site)["balanced"]
    with CatchingServer() as server:
        relay(site, server)
        site.start_daemon()
        row = settled_soon(site)
        site.stop_daemon()
    assert row["accepted"] == 3 and row["balanced"]
    for e in server.envelopes:
        sent = first[f"<{e.rcpt_tos[0]}>".encode()]
        assert sent.removesuffix(b".\r\n") == e.original_content


def test_uncertain_can_wait_for_a_person(site):
    plan(site)
    readers(site, 3)
    issue = approve(site)
    site.write_config(send_more='    uncertain = "hold"\n')
    script = [b"220 relay.example\r\n", "EHLO", b"250 relay.example\r\n",
              "MAIL", b"250 ok\r\n", "RCPT", b"250 ok\r\n", "DATA",
              b"354 go\r\n", ".", None]
    with ScriptedServer(script) as server:
        relay(site, server)
        send_now(site, issue)
        site.start_daemon()
        row = settled(site)
        site.stop_daemon()
    assert row["uncertain"] == 3 and row["balanced"]


def tls(kind, login=None):
    more = f'    ca_file = "{kind.ca}"\n'
    if login:
        password = kind.folder / "password"
        password.write_text(login[1] + "\n")
        password.chmod(0o600)
        more += (f'    user = "{login[0]}"\n'
                 f'    password_file = "{password}"\n')
    return more


def test_starttls_and_login(site, issue, tmp_path):
    certificates = Certificates(tmp_path)
    login = ("tweeluik", "geheim woord")
    with CatchingServer(tls=certificates.server(), login=login) as server:
        site.write_config(tls="starttls", relay_more=tls(certificates, login),
                          smtp_port=server.port)
        site.config.write_text(site.config.read_text().replace(
            '"127.0.0.1"\n', '"localhost"\n', 1))
        send_now(site, issue)
        site.start_daemon(log=site.folder / "log")
        row = settled(site)
        site.stop_daemon()
    assert row["accepted"] == 9
    assert "geheim" not in (site.folder / "log").read_text()


@pytest.mark.parametrize("name,kind", [("other.example", "starttls"),
                                       (None, "starttls")])
def test_a_relay_that_offers_less_is_refused(site, issue, tmp_path, name,
                                             kind):
    certificates = Certificates(tmp_path)
    context = certificates.server(name) if name else None
    with CatchingServer(tls=context) as server:
        site.write_config(tls=kind, relay_more=tls(certificates),
                          smtp_port=server.port)
        send_now(site, issue)
        site.start_daemon()
        assert wait_until(lambda: site.db.rows(
            "select 1 from mailing where state = 'paused'"), 30)
        site.stop_daemon()
        assert not server.envelopes
    assert ledger(site)["waiting"] == 9
    assert site.db.one("select count(*) from subscriber"
                       " where state <> 'active'") == 0


def test_relay_away_and_back(site, issue):
    send_now(site, issue)  # nothing listens on the port of the relay
    log = site.folder / "log"
    site.start_daemon(log=log)
    assert wait_until(lambda: "relay-away" in log.read_text(), 30)
    assert ledger(site)["waiting"] == 9
    site.start_catcher()
    row = settled(site)
    site.stop_daemon()
    assert row["accepted"] == 9 and row["balanced"]
    # Said once by each connection, not at every try.
    assert log.read_text().count("tweeluik-send relay-away") <= 2


def test_pause_resume_stop(site):
    plan(site)
    readers(site, 400)
    name = approve(site)
    with CatchingServer() as server:
        relay(site, server, send_more="    rate = 25\n")
        send_now(site, name)
        site.start_daemon()
        assert wait_until(lambda: len(server.envelopes) > 20, 30, 0.01)
        ok(site, "issue", "pause", name)
        time.sleep(5)  # the click budget of a running send
        n = len(server.envelopes)
        assert 20 < n < 400
        time.sleep(1.5)
        assert len(server.envelopes) == n
        ok(site, "issue", "resume", name)
        assert wait_until(lambda: len(server.envelopes) > n, 30, 0.01)
        ok(site, "issue", "stop", name, "--confirm", name)
        time.sleep(5)
        n = len(server.envelopes)
        time.sleep(1)
        site.stop_daemon()
    row = ledger(site)
    assert len(server.envelopes) == n == row["accepted"]
    assert row["waiting"] == 400 - n and row["balanced"]


def test_who_left_gets_nothing_more(site, issue):
    site.db.rows("update subscriber set state = 'unsubscribed'"
                 " where id = (select min(id) from subscriber)")
    site.db.rows("insert into suppression (address_hash, reason) select"
                 " address_hash, 'blocked' from subscriber"
                 " where id = (select max(id) from subscriber)")
    with CatchingServer() as server:
        relay(site, server)
        send_now(site, issue)
        # Three more leave between freezing and sending.
        site.once("schedule")
        assert ledger(site)["waiting"] == 7
        left = site.db.rows("select subscriber_leave(id, 'page') from ("
                            "select id from subscriber where state = 'active'"
                            " order by id limit 3) s")
        assert len(left) == 3 and not server.envelopes
        site.start_daemon()
        row = settled(site)
        site.stop_daemon()
    assert row["planned"] == 7 and row["suppressed"] == 3
    assert row["accepted"] == len(server.envelopes) == 4 and row["balanced"]


def test_database_away_and_back(tmp_path):
    """The database stops under the daemon; it goes on by itself."""
    pg = Postgres(tmp_path / "pg")
    pg.start()
    try:
        site = Installation(tmp_path / "site", pg, "away")
        site.init()
        site.db = Database(pg, "away")
        plan(site)
        readers(site, 9)
        issue = approve(site)
        with CatchingServer() as server:
            relay(site, server)
            log = site.folder / "log"
            site.start_daemon(log=log)
            assert wait_until(lambda: "ready" in log.read_text(), 20)
            pg.stop("immediate")
            time.sleep(2)
            pg.start()
            send_now(site, issue)
            row = settled(site)
            assert site.stop_daemon() == 0
        assert row["accepted"] == 9
        addresses = [e.rcpt_tos[0] for e in server.envelopes]
        assert not any(a in log.read_text() for a in addresses)
    finally:
        site.stop()
        pg.stop("immediate")


def test_a_schema_of_another_version_is_refused(site):
    site.db.rows("insert into schema_version values (99, 'later')")
    daemon = site.start_daemon(log=site.folder / "log")
    assert daemon.wait(20) == 78
    assert "99" in (site.folder / "log").read_text()
    site.db.rows("delete from schema_version where version > 1")
    daemon = site.start_daemon(log=site.folder / "log")
    assert daemon.wait(20) == 78
    assert "tweeluik db migrate" in (site.folder / "log").read_text()
