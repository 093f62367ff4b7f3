"""What an operator asks: why, a rehearsal, those who did not get it."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from newsletter import approve, ledger, plan, readers, send_now, settled
from smtpd import CatchingServer

from tests.embedded import wait_until

HOST = "lezers.example"
HOLD = '    uncertain = "hold"\n'


def run(site, *words, code=0, lang="en"):
    done = site.tweeluik("--lang", lang, *words)
    assert done.returncode == code, done.stderr + done.stdout
    return done


def text(site, *words, code=0, lang="en"):
    return run(site, *words, code=code, lang=lang).stdout


def document(site, *words, code=0):
    done = run(site, *words, "--json", code=code)
    return json.loads(done.stdout)


def error(site, *words, code):
    return json.loads(run(site, *words, "--json", code=code).stderr)["error"]


def address(i):
    return f"lezer{i}@{HOST}"


def subscriber(site, i):
    return document(site, "subscriber", "show", address(i))["id"]


def freeze(site, issue):
    send_now(site, issue)
    site.once("schedule")
    assert ledger(site)["balanced"]


def deliver(site, until, **replies):
    """Send until the ledger is as the condition says; the envelopes."""
    with CatchingServer(replies=replies) as server:
        site.write_config(smtp_port=server.port, send_more=HOLD)
        site.start_daemon(log=site.folder / "log")
        try:
            assert wait_until(lambda: until(ledger(site)), 40), ledger(site)
        finally:
            site.stop_daemon()
    assert ledger(site)["balanced"]
    return [e.rcpt_tos[0] for e in server.envelopes]


def by_reader(replies, otherwise="250 2.1.5 OK"):
    return lambda rcpt: replies.get(rcpt, otherwise)


@pytest.fixture
def issue(site):
    plan(site)
    readers(site, 9)
    return approve(site)


@pytest.fixture
def story(site, issue):
    """An issue in which something else happens to everybody."""
    run(site, "subscriber", "unsubscribe", address(6), "--yes")
    freeze(site, issue)
    run(site, "subscriber", "unsubscribe", address(5), "--yes")
    run(site, "subscriber", "add", f"later@{HOST}", "--basis", "asked",
        "--language", "nl")
    deliver(site, lambda r: r["waiting"] == r["deferred"] == 1,
            RCPT=by_reader({address(1): "550 5.1.1 User unknown",
                            address(2): "550 5.2.2 Mailbox full",
                            address(3): "452 4.2.2 Mailbox full"}),
            CONTENT=by_reader({address(4): None}))
    return issue


def why(site, i, *words, lang="en", code=0):
    who = address(i) if isinstance(i, int) else i
    return text(site, "why", who, *words, lang=lang, code=code)


def test_the_story_of_everybody(site, story):
    told = why(site, 0).splitlines()
    assert re.fullmatch(rf"lezer0@{HOST} is an active subscriber since "
                        rf"\w+ \d+ \w+ \d+, \d\d:\d\d \(Dutch\)\.", told[0])
    assert re.fullmatch(r"What happened last: .*, imported by import: test\.",
                        told[1])
    assert re.fullmatch(rf"Number {story} was planned for this reader on .*, "
                        r"edition: Dutch, as \d of 8 mails\.", told[2])
    assert re.fullmatch(r"Attempt 1, .*: accepted \(250 .*\)\.", told[3])
    assert told[4].startswith("So the mail server has taken the mail.")

    told = why(site, 1)
    assert re.search(r"is undeliverable since .*: the mailbox does not exist "
                     r"\(5\.1\.1\)\.", told)
    assert re.search(r"Attempt 1, .*: refused, because the mailbox does not "
                     r"exist \(550 5\.1\.1, rcpt: .*unknown\)\.", told)

    told = why(site, 2, story)
    assert "refused, because the mailbox is full (550 5.2.2, rcpt:" in told
    assert f"tweeluik issue send {story} --missing" in told

    told = why(site, 3)
    assert "deferred, because the mailbox is full (452 4.2.2, rcpt:" in told
    assert re.search(r"It waits\. The next attempt is on .*, the last one "
                     r"before .*\.", told)

    told = why(site, 4)
    assert "uncertain, because the connection was lost after" in told
    assert "may have it or not" in told and "--missing --uncertain" in told

    told = why(site, 5)
    assert re.search(r"lezer5@.* unsubscribed on ", told)
    assert "not sent, because this reader was not active any more" in told

    told = why(site, 6)
    assert f"Number {story} was not planned for this reader, who had left " \
        "before it was put together" in told

    told = why(site, f"later@{HOST}")
    assert "who came later" in told and "--also-new" in told


def test_the_story_in_dutch(site, story):
    told = why(site, 3, lang="nl")
    assert "Poging 1" in told and "uitgesteld, want de mailbox is vol " \
        "(452 4.2.2, rcpt:" in told
    assert "De volgende poging is op" in told
    assert "Attempt" not in told and "mailbox is full" not in told
    assert "onzeker" in why(site, 4, lang="nl")


def test_the_story_for_programs(site, story):
    told = document(site, "why", address(3))
    assert told["schema"] == "tweeluik.why/1"
    assert (told["issue"], told["verdict"]) == (story, "waiting")
    attempt, = told["attempts"]
    assert (attempt["result"], attempt["code"], attempt["status"],
            attempt["meaning"]) == ("deferred", 452, "4.2.2",
                                    "the mailbox is full")
    assert told["mailing"]["edition"] == "nl"
    assert told["mailing"]["next_attempt"] == 2
    assert len(told["story"]) == 5
    verdicts = {i: document(site, "why", address(i))["verdict"]
                for i in range(7)}
    assert verdicts == {0: "accepted", 1: "refused", 2: "refused",
                        3: "waiting", 4: "uncertain", 5: "suppressed",
                        6: "not-planned"}
    assert document(site, "why", f"later@{HOST}")["was"] == "later"


def test_paused_and_stopped_are_part_of_the_story(site, story):
    run(site, "issue", "pause", story, "--reason", "wrong link")
    told = why(site, 3)
    assert ": wrong link. Go on: tweeluik issue resume" in told
    run(site, "issue", "stop", story, "--confirm", story)
    assert "stopped the sending on" in why(site, 3)
    assert document(site, "why", address(3))["verdict"] == "stopped"


def test_before_anything_was_sent(site, issue):
    assert "No issue has been sent yet." in why(site, 0)
    told = why(site, 0, issue)
    assert f"Number {issue} has not been sent yet" in told
    assert "edition: Dutch" in told
    run(site, "subscriber", "set", address(0), "--state", "paused")
    told = why(site, 0, issue)
    assert "is paused since" in told and "does not get it" in told


def test_paused_when_it_was_frozen(site, issue):
    run(site, "subscriber", "set", address(0), "--state", "paused")
    freeze(site, issue)
    assert "not active when it was put together" in why(site, 0)
    assert ": paused." in why(site, 0)
    # Also when that is over.
    run(site, "subscriber", "set", address(0), "--state", "active")
    site.db.rows("update consent_event set at = at - interval '2 minutes'"
                 " where kind = 'paused'")
    assert ": paused." in why(site, 0)


def test_of_who_was_erased_only_the_hash_is_known(site, story):
    site.db.rows("insert into suppression (address_hash, reason)"
                 " select address_hash, 'erased' from subscriber"
                 " where id = %s", subscriber(site, 0))
    site.db.rows("delete from subscriber where id = %s",
                 subscriber(site, 0))
    told = why(site, 0)
    assert "only a keyed hash is known" in told
    assert "erased on request (GDPR)" in told
    assert "can no longer be looked up" in told
    assert "verdict" not in document(site, "why", address(0))


def test_not_known_and_wrong_use(site, issue):
    assert error(site, "why", "nobody@elsewhere.example",
                 code=3)["code"] == "not-found"
    assert error(site, "why", "nobody", code=2)["exit"] == 2
    assert error(site, "why", code=2)["exit"] == 2
    assert error(site, "why", address(0), "99-2019", code=3)["exit"] == 3
    assert error(site, "why", address(0), "x", code=2)["exit"] == 2


def totals(done):
    return {e["edition"]: e["messages"] for e in done["editions"]}


def test_a_rehearsal_sends_and_stores_nothing(site, issue):
    run(site, "subscriber", "unsubscribe", address(6), "--yes")
    tables = ("mailing", "delivery", "activity", "message", "issue")
    before = [site.db.one(f"select count(*) from {t}") for t in tables]
    done = document(site, "issue", "rehearse", issue)
    assert done["schema"] == "tweeluik.rehearsal/1"
    assert done["approved"] and done["clean"] and done["recipients"] == 8
    assert totals(done) == {"nl": 2, "en": 3, "both": 3}
    for e in done["editions"]:
        assert 10000 < e["smallest"] <= e["largest"] < 200000
        assert e["bytes"] >= e["messages"] * e["smallest"]
    assert done["faults"] == {"unreadable": 0, "refused": 0, "form": 0,
                              "too-large": 0}
    assert done["seconds"] is None
    assert before == [site.db.one(f"select count(*) from {t}")
                      for t in tables]
    told = text(site, "issue", "rehearse", issue)
    assert told.startswith(f"Rehearsal of number {issue}, approved, revision ")
    assert "8 mails were made, and all are fit to be sent." in told
    assert "How long sending takes is not known yet" in told
    told = text(site, "issue", "rehearse", issue, lang="nl")
    assert f"Repetitie van nummer {issue}, goedgekeurd" in told
    assert "8 mails zijn gemaakt" in told


def test_the_sizes_are_those_of_the_mails(site, issue):
    done = document(site, "issue", "rehearse", issue)
    freeze(site, issue)
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        site.start_daemon()
        assert settled(site)["accepted"] == 9
        site.stop_daemon()
    sizes = sorted(len(e.original_content) for e in server.envelopes)
    assert sum(e["bytes"] for e in done["editions"]) == sum(sizes)
    assert min(e["smallest"] for e in done["editions"]) == sizes[0]
    assert max(e["largest"] for e in done["editions"]) == sizes[-1]
    # What has been sent is no longer rehearsed.
    assert error(site, "issue", "rehearse", issue, code=4)["code"] == "sent"


def test_a_rehearsal_of_what_is_not_approved(site):
    plan(site)
    readers(site, 3)
    told = text(site, "issue", "rehearse")
    assert "as it would be now, not approved yet" in told
    assert not document(site, "issue", "rehearse", "next")["approved"]


def test_a_rehearsal_finds_what_would_go_wrong(site, issue):
    site.db.rows("update subscriber set address_sealed = (select"
                 " address_sealed || 'x' from subscriber where id = %s)"
                 " where id = %s", subscriber(site, 1), subscriber(site, 0))
    done = document(site, "issue", "rehearse", issue, code=4)
    assert done["faults"]["unreadable"] == 1 and not done["clean"]
    problem, = done["problems"]
    assert (problem["fault"], problem["address"]) == ("unreadable", "")
    told = text(site, "issue", "rehearse", issue, code=4)
    assert "x 1 address does not open" in told
    assert f"subscriber {problem['subscriber']}" in told
    assert "fit to be sent" not in told
    # The relay has said what it takes.
    site.db.rows("insert into send_worker (name, host, pid, rate, relay_size)"
                 " values ('a:1', 'a', 1, 2, 1000)")
    done = document(site, "issue", "rehearse", issue, code=4)
    assert done["faults"]["too-large"] == 8 and done["relay_size"] == 1000
    assert (done["seconds"], done["pace"]) == (4.5, "workers")
    told = text(site, "issue", "rehearse", issue, code=4, lang="nl")
    assert "x 8 mails zijn te groot voor de mailserver" in told
    # Nobody has seen that worker for long.
    site.db.rows("update send_worker set seen_at = now() - interval '1 hour'")
    assert document(site, "issue", "rehearse", issue,
                    code=4)["relay_size"] == 0


def test_the_slowest_decides_how_long_it_takes(site, issue):
    """Nine readers, and two elsewhere."""
    for i in range(2):
        run(site, "subscriber", "add", f"x{i}@klein.example", "--basis",
            "asked")

    def estimate(**settings):
        site.write_config(send_more="".join(
            f"    {k} = {v}\n" for k, v in settings.items()))
        done = document(site, "issue", "rehearse", issue)
        return done["pace"], done["seconds"], done["quiet_seconds"]

    assert estimate() == ("unknown", None, 0)
    assert estimate(rate=1) == ("rate", 11, 0)
    assert estimate(domain_rate=1) == ("domain_rate", 9, 0)
    assert estimate(rate=1, domain_rate=1) == ("rate", 11, 0)
    assert estimate(rate=2, domain_rate=1) == ("domain_rate", 9, 0)
    told = text(site, "issue", "rehearse", issue)
    assert f"9 seconds: 9 mails go to {HOST}, at 1.0 a second" in told
    site.db.rows("insert into send_worker (name, host, pid, rate)"
                 " values ('a:1', 'a', 1, 0.5)")
    assert estimate(rate=1) == ("workers", 22, 0)


@pytest.mark.parametrize("sends_at,rate,waits", [
    ("12:00", 1, 0),             # well before
    ("23:00", 1, 8 * 3600),      # in them
    ("22:00", 1, 9 * 3600),
    ("07:00", 1, 0),
    ("21:59:55", 1, 9 * 3600),   # before, and on after them
    ("21:59:55", .0001, 18 * 3600),  # 25 hours of work, 15 a day
])
def test_quiet_hours_take_their_time(site, issue, sends_at, rate, waits):
    site.write_config(send_more='    quiet_hours = "22:00-07:00"\n')
    site.db.rows("update issue set send_after = wall_clock(schedule_date("
                 "now()) + 2 + time %s, schedule_zone())", sends_at)
    site.db.rows("insert into send_worker (name, host, pid, rate)"
                 " values ('a:1', 'a', 1, %s)", rate)
    done = document(site, "issue", "rehearse", issue)
    assert done["quiet_seconds"] == waits
    assert done["seconds"] == pytest.approx(9 / rate + waits)
    told = text(site, "issue", "rehearse", issue)
    assert ("are quiet hours (22:00-07:00)" in told) == (waits > 0)


def missing(site, issue, *words):
    return document(site, "issue", "send", issue, "--missing", "--dry-run",
                    *words)


def send_missing(site, issue, *words):
    done = document(site, "issue", "send", issue, "--missing", "--confirm",
                    issue, *words)
    row = ledger(site)
    assert row["balanced"] and row["state"] == "sending"
    assert row["waiting"] >= done["sent_to"]
    return done


@pytest.fixture
def over(site, story):
    """The same issue after its sending: one has expired too."""
    site.db.rows("update mailing set expires_at = now()")
    site.db.rows("update chunk set due_at = now() where done_at is null")
    deliver(site, lambda r: r["state"] == "done")
    row = ledger(site)
    assert (row["accepted"], row["refused"], row["expired"],
            row["suppressed"], row["uncertain"]) == (3, 2, 1, 1, 1)
    return story


def test_only_those_who_did_not_get_it(site, over):
    counts = missing(site, over)
    assert {k: counts[k] for k in ("refused", "expired", "returned",
                                   "uncertain", "newcomers", "unsent",
                                   "together", "sent_to")} == {
        "refused": 1, "expired": 1, "returned": 0, "uncertain": 1,
        "newcomers": 1, "unsent": 0, "together": 2, "sent_to": 0}
    assert ledger(site)["state"] == "done"
    told = text(site, "issue", "send", over, "--missing", "--dry-run")
    assert "1  refused for the time being" in told
    assert "uncertain, left out: they may have it already" in told
    assert "left out: it was never planned for them" in told
    told = text(site, "issue", "send", over, "--missing", "--dry-run",
                lang="nl")
    assert "voorlopig geweigerd" in told and "onzeker" in told

    done = send_missing(site, over)
    assert done["sent_to"] == 2
    assert document(site, "issue", "show", over)["state"] == "sending"
    assert site.db.rows("select attempt, seqs is not null as named from chunk"
                        " where done_at is null order by attempt") == [
        {"attempt": 2, "named": True}, {"attempt": 3, "named": True}]
    got = deliver(site, lambda r: r["state"] == "done")
    assert sorted(got) == [address(2), address(3)]
    row = ledger(site)
    assert (row["accepted"], row["refused"], row["expired"],
            row["suppressed"], row["uncertain"]) == (5, 1, 0, 1, 1)
    assert document(site, "issue", "show", over)["state"] == "sent"
    # Nobody is missing now, and that is fine.
    assert document(site, "issue", "send", over, "--missing")["together"] == 0
    assert "0  to be sent" in text(site, "issue", "send", over, "--missing")


def test_uncertain_newcomers_and_who_came_back(site, over):
    site.db.rows("select subscriber_return(id, 'page') from subscriber"
                 " where id = %s", subscriber(site, 5))
    assert missing(site, over)["returned"] == 1
    words = ("--uncertain", "--also-new")
    assert missing(site, over, *words)["together"] == 5
    assert send_missing(site, over, *words)["sent_to"] == 5
    assert ledger(site)["planned"] == 9
    got = deliver(site, lambda r: r["state"] == "done")
    assert sorted(got) == sorted([*map(address, (2, 3, 4, 5)),
                                  f"later@{HOST}"])
    row = ledger(site)
    assert (row["accepted"], row["refused"]) == (8, 1)
    assert site.db.one("select count(*) from delivery") == 9
    assert site.db.one("select detail from activity where action ="
                       " 'send-missing'") == "5 recipients"


def test_after_a_stop_the_rest_gets_it(site, issue):
    freeze(site, issue)
    run(site, "issue", "stop", issue, "--confirm", issue)
    run(site, "subscriber", "unsubscribe", address(0), "--yes")
    assert missing(site, issue)["unsent"] == 8
    # A worker has some in hand still.
    site.db.rows("update chunk set leased_by = 'a', leased_until ="
                 " now() + interval '1 minute'")
    assert error(site, "issue", "send", issue, "--missing", "--confirm",
                 issue, code=75)["exit"] == 75
    site.db.rows("update chunk set leased_by = null, leased_until = null")
    assert send_missing(site, issue)["sent_to"] == 8
    got = deliver(site, lambda r: r["state"] == "done")
    assert sorted(got) == sorted(map(address, range(1, 9)))
    row = ledger(site)
    assert (row["accepted"], row["suppressed"]) == (8, 1)


def test_chunks_are_no_larger_than_others(site, issue):
    freeze(site, issue)
    run(site, "issue", "stop", issue, "--confirm", issue)
    site.write_config(send_more="    chunk_size = 2\n")
    readers(site, 5, "nieuw")
    send_missing(site, issue, "--also-new")
    sizes = site.db.rows("select coalesce(cardinality(seqs), last_seq"
                         " - first_seq + 1) as n from chunk"
                         " where done_at is null order by no")
    assert [r["n"] for r in sizes] == [2, 2, 2, 2, 1, 2, 2, 1]
    got = deliver(site, lambda r: r["state"] == "done")
    assert len(set(got)) == len(got) == 14


def test_wrong_use_of_missing(site, issue):
    send = ("issue", "send", issue)
    assert error(site, *send, "--missing", code=4)["code"] == "not-sent"
    assert error(site, *send, "--uncertain", code=2)["exit"] == 2
    assert error(site, *send, "--also-new", "--now", code=2)["exit"] == 2
    assert error(site, *send, "--missing", "--now", code=2)["exit"] == 2
    freeze(site, issue)
    assert error(site, *send, "--missing", code=4)["code"] == "sending"
    run(site, "issue", "stop", issue, "--confirm", issue)
    assert error(site, *send, "--missing", code=2)["exit"] == 2
    assert error(site, *send, "--missing", "--confirm", "1-2020",
                 code=2)["code"] == "not-confirmed"
    assert error(site, "issue", "send", "99-2019", "--missing",
                 code=3)["exit"] == 3


def slower(site):
    """A worker, and two destinations that it spares."""
    site.db.rows("insert into send_worker (name, host, pid, connections,"
                 " in_flight, rate) values ('a:1', 'a', 1, 4, 2, 12.5)")
    for i, cool in ((0, "now() + interval '10 minutes'"), (1, "null")):
        site.db.rows("insert into pace (host, domain_hash, domain_sealed,"
                     f" concurrency, cool_until) select 'a', %s,"
                     f" address_sealed, 2, {cool} from subscriber"
                     " where id = %s", bytes([i]), subscriber(site, i))


class Watch:
    def __init__(self, site, issue, *words, lang="en", **how):
        self.process = subprocess.Popen(
            [str(site.build / "bin/tweeluik"), "--lang", lang, "issue", "show",
             issue, "--watch", *words], text=True, env=site.env(), **how)

    def end(self, code=0):
        assert self.process.wait(20) == code


def on_terminal(site, issue, enough, lang="en"):
    """What it draws until enough is there; it is left watching."""
    ours, theirs = pty.openpty()
    watch = Watch(site, issue, lang=lang, stderr=theirs)
    os.close(theirs)
    seen, until = "", time.monotonic() + 20
    while not all(re.search(part, seen) for part in enough):
        assert time.monotonic() < until, seen
        if select.select([ours], [], [], 1)[0]:
            seen += os.read(ours, 65536).decode()
    watch.ours = ours
    return watch, seen


def test_a_screen_shows_reasons_pace_and_workers(site, story):
    slower(site)
    watch, seen = on_terminal(site, story, [
        r"\033\[\dA", r"12\.5 a second, done around \d\d:\d\d",
        "a:1: 4 connections"])
    assert "]  7 of 8  87%" in seen
    assert "accepted 3, deferred 1, refused 2, uncertain 1" in seen
    assert f"1  {HOST}: the mailbox is full (4.2.2)" in seen
    assert re.search(rf"{HOST}: rests until \d\d:\d\d", seen)
    assert f"{HOST}: 2.0 at a time" in seen
    # A frame may be on its way: what was read can end in a word.
    assert "lezer" not in seen.rpartition("\n")[0].replace(HOST, "")
    # Ctrl-C stops only the screen.
    watch.process.send_signal(signal.SIGINT)
    watch.end(130)
    os.close(watch.ours)
    assert ledger(site)["state"] == "sending"


def test_a_screen_in_dutch(site, story):
    run(site, "issue", "pause", story, "--reason", "verkeerde link")
    watch, seen = on_terminal(
        site, story, ["GEPAUZEERD", "al een minuut geen gezien"], lang="nl")
    assert "aangenomen 3, uitgesteld 1, geweigerd 2, onzeker 1" in seen
    assert f"1  {HOST}: de mailbox is vol (4.2.2)" in seen
    assert ": verkeerde link" in seen
    assert f"ga door: tweeluik issue resume {story}" in seen
    run(site, "issue", "stop", story, "--confirm", story)
    watch.end()
    os.close(watch.ours)


def test_lines_where_there_is_no_screen(site, story):
    watch = Watch(site, story, stderr=subprocess.PIPE)
    err = watch.process.stderr
    assert "Ctrl-C stops only this screen" in err.readline()
    assert err.readline().startswith("7 of 8 (87%): accepted 3, deferred 1")
    run(site, "issue", "pause", story, "--reason", "wrong link")
    assert "wrong link. This goes on looking" in err.readline()
    run(site, "issue", "resume", story)
    assert err.readline() == "The sending goes on\n"
    site.db.rows("update chunk set due_at = now() where done_at is null")
    deliver(site, lambda r: r["state"] == "done")
    watch.end()
    rest = err.read()
    assert "8 of 8 (100%): accepted 4" in rest and "\033" not in rest
    assert rest.endswith(f"Number {story}: sent\n")


def test_an_object_a_line_for_programs(site, story):
    slower(site)
    watch = Watch(site, story, "--json", stdout=subprocess.PIPE,
                  stderr=subprocess.PIPE)
    first = json.loads(watch.process.stdout.readline())
    assert first["schema"] == "tweeluik.issue-watch/1"
    assert (first["name"], first["planned"], first["waiting"]) == \
        (story, 8, 1)
    assert first["deferrals"] == [
        {"domain": HOST, "status": "4.2.2", "n": 1,
         "meaning": "the mailbox is full"}]
    hosts = [p for p in first["pace"] if p["domain"] != ""]  # not the relay
    assert [p["domain"] for p in hosts] == [HOST, HOST]
    assert [p["cooling"] for p in hosts] == [True, False]
    assert first["workers"][0]["name"] == "a:1" and first["rate"] == 12.5
    run(site, "issue", "stop", story, "--confirm", story)
    watch.end()
    last = json.loads(watch.process.stdout.read().splitlines()[-1])
    assert (last["state"], last["mailing"]) == ("stopped", "stopped")


def hours(site, begins, ends):
    """From now."""
    return site.db.one(
        "select to_char(t + interval '1 hour' * %s, 'HH24:MI') || '-'"
        " || to_char(t + interval '1 hour' * %s, 'HH24:MI')"
        " from (select now() at time zone schedule_zone() as t) x",
        begins, ends)


def test_quiet_hours_are_shown_while_they_keep_it_back(site, issue):
    now = hours(site, -2, 3)
    site.write_config(send_more=f'    quiet_hours = "{now}"\n')
    told = text(site, "status")
    assert f"{now}, that is now\n" in told
    freeze(site, issue)
    assert f"{now}, that is now: an issue waits\n" in text(site, "status")
    watch, seen = on_terminal(site, issue, [r"Quiet +no issue leaves in the "
                                            f"hours {now}"])
    watch.process.send_signal(signal.SIGINT)
    watch.end(130)
    os.close(watch.ours)
    watch = Watch(site, issue, lang="nl", stderr=subprocess.PIPE)
    assert "Ctrl-C" in watch.process.stderr.readline()
    assert f"De stille uren ({now}) houden het tegen" in \
        watch.process.stderr.readline()
    run(site, "issue", "stop", issue, "--confirm", issue)
    watch.end()


def test_more_reasons_than_fit(site, issue):
    """Six domains defer; five are named and the rest is counted."""
    for i in range(6):
        run(site, "subscriber", "add", f"x@d{i}.example", "--basis", "asked")
    freeze(site, issue)
    deliver(site, lambda r: r["deferred"] == r["waiting"] == 15,
            RCPT="451 4.7.1 Greylisted")
    watch = Watch(site, issue, "--json", stdout=subprocess.PIPE)
    facts = json.loads(watch.process.stdout.readline())
    assert [d["n"] for d in facts["deferrals"]] == [9, 1, 1, 1, 1]
    assert facts["deferrals"][0]["domain"] == HOST
    assert facts["deferrals_more"] == 2
    watch.process.send_signal(signal.SIGINT)
    watch.end(130)


def test_what_is_not_sent_cannot_be_watched(site):
    assert error(site, "issue", "show", "99-2019", "--watch", code=3)
    plan(site)
    assert error(site, "issue", "show", "next", "--watch", code=4)
