"""Forgetting a person: everywhere, and also in a backup that comes back."""
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from newsletter import LEASE, approve, as_json, ok, plan, readers, send_now, \
    settled_soon
from own import message
from smtpd import CatchingServer

from tests.embedded import (PG_BIN, Installation, Postgres, answers,
                            wait_until)
from conftest import Database

ADDRESS = "vergeetmij.nietje@zeldzaamdomein.example"
LOCAL = "vergeetmij.nietje"


def add(site, *addresses, language="nl"):
    for a in addresses:
        ok(site, "subscriber", "add", a, "--language", language, "--basis",
           "asked at the desk")


def erase(site, address, *more):
    return site.tweeluik("subscriber", "erase", address, "--confirm", address,
                         *more)


def identity(site, address):
    """Its number, by the only state that differs."""
    before = {r["id"] for r in site.db.rows("select id from subscriber")}
    add(site, address)
    return ({r["id"] for r in site.db.rows("select id from subscriber")}
            - before).pop()


def active(site):
    return site.db.one("select count(*) from subscriber where state ="
                       " 'active'")


# The command.

def test_receipt(site):
    one = identity(site, ADDRESS)
    add(site, "blijft@huis.example")
    ok(site, "subscriber", "set", ADDRESS, "--language", "both")
    site.db.rows("select letter_add('details', %s, 'nl')", one)
    what = message(site.db, "system")
    site.db.rows(
        "select mailing_recipient(mailing_for('system', null, '1 day'), %s,"
        " id, address_sealed) from subscriber where id = %s", what, one)
    done = site.tweeluik("subscriber", "erase", ADDRESS)
    assert done.returncode == 2 and "--confirm" in done.stderr
    done = erase(site, ADDRESS, "--dry-run", "--json")
    assert done.returncode == 0 and active(site) == 2
    assert not list((site.folder / "departures").glob("*"))
    receipt = json.loads(erase(site, ADDRESS, "--json").stdout)
    assert receipt["schema"] == "tweeluik.erasure/1"
    assert receipt["removed"] == {"subscriber": 1, "events": 2, "letters": 1,
                                  "copies": 1, "activity": 1,
                                  "returned": 0}
    assert receipt["kept"] == ["hash", "deliveries"]
    assert active(site) == 1
    assert site.db.rows("select reason from suppression") == [
        {"reason": "erased"}]
    assert site.db.one("select count(*) from delivery where address_sealed"
                       " is not null") == 0
    log = site.db.rows("select * from activity where subject = 'subscriber'")
    assert log[-1]["action"] == "erased" and LOCAL not in str(log)
    assert str(one) not in {str(r["subject_id"]) for r in log}
    done = site.tweeluik("subscriber", "show", ADDRESS)
    assert done.returncode == 3
    line, = (site.folder / "departures").glob("command.*")
    assert line.read_text().splitlines()[1].startswith("e ")
    assert line.read_text().splitlines()[1].split()[3] == str(one)
    text = erase(site, "blijft@huis.example").stdout
    assert "huis.example" not in text and " 35 " in text and " 90 " in text


def kept_by_hash(site):
    return (site.db.one("select count(*) from consent_event"),
            site.db.rows("select reason from suppression"))


def leave_long_ago(site):
    """Whose address retention removed, but not the proof."""
    add(site, ADDRESS)
    ok(site, "subscriber", "unsubscribe", ADDRESS, "--yes")
    site.db.rows("update subscriber set state_at = now() - interval '31 days'")
    site.db.rows("select retention(now())")
    assert site.db.one("select count(*) from subscriber") == 0
    assert kept_by_hash(site) == (2, [{"reason": "unsubscribed"}])


def test_who_left_long_ago(site):
    leave_long_ago(site)
    assert erase(site, ADDRESS, "--dry-run").returncode == 0
    assert kept_by_hash(site)[0] == 2
    receipt = json.loads(erase(site, ADDRESS, "--json").stdout)
    assert receipt["removed"] == {"subscriber": 0, "events": 2, "letters": 0,
                                  "copies": 0, "activity": 0,
                                  "returned": 0}
    assert kept_by_hash(site) == (0, [{"reason": "erased"}])
    line, = (site.folder / "departures").glob("command.*")
    assert line.read_text().splitlines()[-1].split()[:4:3] == ["e", "0"]
    # Once more: what came since would go, and nothing did.
    text = erase(site, ADDRESS, "--lang", "en")
    assert text.returncode == 0 and "the address, the" not in text.stdout
    assert erase(site, "vreemd@huis.example").returncode == 3


def test_of_who_complained_the_complaint_stays(site):
    leave_long_ago(site)
    site.db.rows("update suppression set reason = 'complaint'")
    assert erase(site, ADDRESS).returncode == 0
    assert kept_by_hash(site) == (0, [{"reason": "complaint"}])


def test_a_backup_in_which_they_had_left_long_ago(site, tmp_path):
    leave_long_ago(site)
    ok(site, "db", "backup", tmp_path / "day")
    erase(site, ADDRESS)
    done = json.loads(ok(site, "db", "restore", tmp_path / "day", "--confirm",
                         site.database, "--json"))
    assert done["erased"] == 1
    assert kept_by_hash(site) == (0, [{"reason": "erased"}])
    log = "select count(*) from activity where action = 'erased'"
    was = site.db.one(log)
    shutil.copytree(site.folder / "departures", tmp_path / "there")
    site.db.rows("delete from departure_read")
    assert as_json(site, "db", "reconcile", "--departures",
                   tmp_path / "there")["erased"] == 0
    assert site.db.one(log) == was


def test_copies_in_tests_and_letters_to_others(site):
    """A test mail to the address, and a letter of somebody who typed it."""
    add(site, ADDRESS, "ander@huis.example")
    sealed = site.db.one("select address_sealed from subscriber"
                         " order by id limit 1")
    what = message(site.db, "test")
    site.db.rows("select mailing_recipient(mailing_for('test', null,"
                 " '1 day'), %s, null, %s)", what, sealed)
    other = site.db.one("select max(id) from subscriber")
    site.db.rows("select letter_add('address', %s, 'nl', %s)", other, sealed)
    assert json.loads(erase(site, ADDRESS, "--json").stdout)["removed"][
        "copies"] == 2
    assert site.db.one("select count(*) from letter") == 0
    assert site.db.rows(LEASE)[0]["deliverable"] is False


def test_no_import_brings_an_erased_address_back(site, tmp_path):
    add(site, ADDRESS)
    erase(site, ADDRESS)
    file = tmp_path / "x.csv"
    file.write_text(f"e-mail\n{ADDRESS}\nnieuw@huis.example\n")
    report = as_json(site, "subscriber", "import", file, "--apply", "--basis",
                     "list")
    assert report["new"] == 1
    assert [(r["row"], r["reason"]) for r in report["left_rows"]] == [
        (2, "erased")]
    assert active(site) == 1 and ADDRESS not in str(
        site.db.rows("select * from activity"))
    done = site.tweeluik("subscriber", "add", ADDRESS, "--basis", "x")
    assert done.returncode == 4


def test_who_is_erased_while_an_issue_waits(site):
    plan(site)
    readers(site, 6)
    add(site, ADDRESS)
    name = approve(site)
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        send_now(site, name)
        site.start_daemon("--hold")
        site.stop_daemon()
        # Frozen, not leased.
        site.db.rows("select schedule_round(now(), 500, interval '5 days',"
                     " false)")
        assert erase(site, ADDRESS).returncode == 0
        site.start_daemon()
        row = settled_soon(site)
        site.stop_daemon()
    assert row["planned"] == 7 and row["accepted"] == 6
    assert row["suppressed"] == 1 and row["balanced"]
    assert ADDRESS not in {e.rcpt_tos[0] for e in server.envelopes}
    ok(site, "db", "check")


def test_a_letter_to_who_is_erased_is_never_tried(site):
    one = identity(site, ADDRESS)
    what = message(site.db, "system")
    site.db.rows(
        "select mailing_recipient(mailing_for('system', null, '1 day'), %s,"
        " %s, null)", what, one)
    erase(site, ADDRESS)
    row, = site.db.rows(LEASE)
    assert row["deliverable"] is False and row["address_sealed"] is None
    site.db.rows("update chunk set leased_by = null, leased_until = null")
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        site.once("send")
    assert not server.envelopes
    assert site.db.rows("select suppressed, balanced from ledger") == [
        {"suppressed": 1, "balanced": True}]


# Backups.

@pytest.fixture
def backup(site, tmp_path):
    """An issue approved, three readers and what the day before knew."""
    plan(site)
    add(site, ADDRESS, "weg@huis.example", "blijft@huis.example")
    site.issue = approve(site)
    path = tmp_path / "day.backup"
    ok(site, "db", "backup", path)
    return path


def send_all(site):
    """Who gets the issue."""
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        send_now(site, site.issue)
        site.start_daemon()
        row = settled_soon(site)
        site.stop_daemon()
    assert row["balanced"]
    return sorted(e.rcpt_tos[0] for e in server.envelopes)


def test_backup_is_a_file_of_its_own(site, backup):
    assert backup.stat().st_mode & 0o777 == 0o600
    done = site.tweeluik("db", "backup", backup)
    assert done.returncode == 4 and backup.stat().st_size > 1000
    done = site.tweeluik("db", "backup", "/nowhere/x")
    assert done.returncode == 1
    out = subprocess.run([site.build / "bin/tweeluik", "db", "backup", "-"],
                         env=site.env(), capture_output=True, check=True)
    assert out.stdout.startswith(b"PGDMP")


def test_an_old_backup_brings_nobody_back(site, backup):
    erase(site, ADDRESS)
    ok(site, "subscriber", "unsubscribe", "weg@huis.example", "--yes")
    add(site, "nieuw@huis.example")
    done = site.tweeluik("db", "restore", backup)
    assert done.returncode == 2
    done = site.tweeluik("db", "restore", backup, "--confirm", "tweeluik")
    assert done.returncode == 2 and active(site) == 2
    done = json.loads(ok(site, "db", "restore", backup, "--confirm",
                         site.database, "--json"))
    assert (done["unsubscribed"], done["erased"], done["lines"]) == (1, 1, 2)
    assert active(site) == 1
    assert site.tweeluik("subscriber", "show", ADDRESS).returncode == 3
    ok(site, "db", "check")
    # Held: not even a single mail leaves.
    assert site.db.rows(LEASE) == []
    status = as_json(site, "status")
    assert status["next_step"] == "tweeluik schedule resume"
    assert status["calendar"]["held_since"]
    assert site.db.one("select schedule_paused(now())")
    ok(site, "schedule", "resume")
    assert not site.db.one("select schedule_paused(now())")
    assert send_all(site) == ["blijft@huis.example"]


@pytest.mark.parametrize("leave", [
    ("unsubscribe", "--yes"), ("set", "--state", "blocked", "--yes"),
    ("erase", "--confirm", "nieuw@huis.example")])
def test_who_moved_since_left_their_old_address_as_well(site, backup, leave):
    moved = site.db.one("select min(id) from subscriber")
    other = identity(site, "nieuw@huis.example")
    site.db.rows(
        "with new as (delete from subscriber where id = %s returning *)"
        " update subscriber s set address_hash = new.address_hash,"
        " address_sealed = new.address_sealed from new where s.id = %s",
        other, moved)
    ok(site, "subscriber", leave[0], "nieuw@huis.example", *leave[1:])
    assert active(site) == 2
    ok(site, "db", "restore", backup, "--confirm", site.database)
    assert active(site) == 2
    assert {r["id"] for r in site.db.rows(
        "select id from subscriber where state = 'active'")}.isdisjoint({moved})


def test_restored_by_hand(site, backup):
    """pg_restore knows nothing of us, and nobody thinks of reconcile."""
    erase(site, ADDRESS)
    ok(site, "subscriber", "unsubscribe", "weg@huis.example", "--yes")
    subprocess.run([PG_BIN / "pg_restore", "--clean", "--if-exists", "-d",
                    site.postgres.conninfo(site.database, "postgres"),
                    backup], check=True)
    assert active(site) == 3
    assert send_all(site) == ["blijft@huis.example"]
    assert active(site) == 1


def test_restored_by_hand_while_the_roles_run(site, backup):
    erase(site, ADDRESS)
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        site.start_daemon()
        assert wait_until(lambda: site.db.one(
            "select count(*) = 3 from role_state"), 20)
        # In one piece: a role may write between two.
        subprocess.run([PG_BIN / "pg_restore", "-1", "--clean", "--if-exists",
                        "-d", site.postgres.conninfo(site.database, "postgres"),
                        backup], check=True)
        send_now(site, site.issue)
        row = settled_soon(site)
        site.stop_daemon()
    assert row and row["accepted"] == len(server.envelopes) > 0
    assert ADDRESS not in {e.rcpt_tos[0] for e in server.envelopes}


def test_a_bad_file_changes_nothing(site, backup, tmp_path):
    whole = backup.read_bytes()
    bad = tmp_path / "bad"
    for content in (b"", b"PGDMP", b"x" * 5000, whole[:len(whole) // 2],
                    whole[:-200]):
        bad.write_bytes(content)
        done = site.tweeluik("db", "restore", bad, "--confirm", site.database)
        assert done.returncode == 2, done.stderr
        assert active(site) == 3
    assert site.tweeluik("db", "restore", tmp_path / "none").returncode == 2
    # Another database's backup.
    other = subprocess.run(
        [PG_BIN / "pg_dump", "-Fc", "-n", "public", "-d",
         site.postgres.conninfo(site.database, "postgres")],
        capture_output=True, check=True).stdout
    bad.write_bytes(other)
    assert site.tweeluik("db", "restore", bad, "--confirm",
                         site.database).returncode == 2
    ok(site, "db", "check")


def test_a_restore_that_fails_puts_everything_back(site, backup):
    add(site, "nieuw@huis.example")
    # The backup is of a program that is newer than this one.
    newer = backup.with_name("newer")
    site.db.rows("insert into schema_version values (9999, 'x')")
    ok(site, "db", "backup", newer)
    site.db.rows("delete from schema_version where version = 9999")
    done = site.tweeluik("db", "restore", newer, "--confirm", site.database)
    assert done.returncode == 78, done.stderr
    assert active(site) == 4
    assert site.db.one("select to_regnamespace('tweeluik_before')") is None
    ok(site, "db", "check")


def test_a_restore_that_was_cut_off_is_done_again(site, backup):
    site.db.rows("alter schema tweeluik rename to tweeluik_before;"
                 " create schema tweeluik authorization tweeluik_owner;"
                 " create table tweeluik.half (x int)")
    ok(site, "db", "restore", backup, "--confirm", site.database)
    assert active(site) == 3
    assert site.db.one("select to_regnamespace('tweeluik_before')") is None


def slow_tool(tmp_path, name, seconds):
    """An environment in which a program of PostgreSQL takes its time first."""
    folder = tmp_path / "slow"
    folder.mkdir()
    tool = folder / name
    # What only looks into the file is not meant.
    tool.write_text("#!/bin/sh\ncase \"$*\" in *--list*|*--file=*) ;;"
                    f" *) sleep {seconds};; esac\nexec {PG_BIN / name} \"$@\"\n")
    tool.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def start_command(site, *words, env):
    return subprocess.Popen(
        [site.build / "bin/tweeluik", *map(str, words)], text=True,
        env={**site.env(), **env}, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, start_new_session=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_restore_that_is_interrupted_puts_everything_back(
        site, backup, tmp_path, how):
    add(site, "nieuw@huis.example")
    aside = "select to_regnamespace('tweeluik_before') is not null"
    restore = start_command(site, "db", "restore", backup, "--confirm",
                            site.database,
                            env=slow_tool(tmp_path, "pg_restore", 30))
    assert wait_until(lambda: site.db.one(aside), 20)
    done = site.tweeluik("db", "init", "--admin", site.postgres.conninfo(
        site.database, "postgres"))
    assert done.returncode == 75 and "db restore" in done.stderr
    assert site.tweeluik("status").returncode == 75
    os.killpg(restore.pid, how)
    assert restore.wait(20) == 130, restore.stderr.read()
    assert not site.db.one(aside) and active(site) == 4
    ok(site, "db", "check")


def test_a_backup_that_is_interrupted_leaves_no_file(site, tmp_path):
    path = site.folder / "part.backup"
    backup = start_command(site, "db", "backup", path,
                           env=slow_tool(tmp_path, "pg_dump", 30))
    assert wait_until(lambda: list(site.folder.glob("part.backup*")), 20)
    os.killpg(backup.pid, signal.SIGINT)
    assert backup.wait(20) == 130, backup.stderr.read()
    assert list(site.folder.glob("part.backup*")) == []


def test_roles_outlive_a_restore(site, backup, tmp_path):
    erase(site, ADDRESS)
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        site.start_daemon()
        assert wait_until(lambda: answers(site.web_port), 20)
        site.db.rows("update role_state set seen_at = now() - interval '1 h'")
        restore = start_command(site, "db", "restore", backup, "--confirm",
                                site.database,
                                env=slow_tool(tmp_path, "pg_restore", 6))
        assert restore.wait(60) == 0, restore.stderr.read()
        ok(site, "schedule", "resume")
        send_now(site, site.issue)
        settled_soon(site)
        assert site.daemon.poll() is None
        assert wait_until(lambda: answers(site.web_port), 20)
        site.stop_daemon()
    assert ADDRESS not in {e.rcpt_tos[0] for e in server.envelopes}


def test_a_folder_that_is_not_there(site, tmp_path):
    done = site.tweeluik("db", "reconcile", "--departures", tmp_path / "typo")
    assert done.returncode == 78 and "typo" in done.stderr


def test_numbers_of_after_the_backup_are_not_given_again(site, backup):
    lost = identity(site, "nieuw@huis.example")
    ok(site, "db", "restore", backup, "--confirm", site.database)
    assert identity(site, "later@huis.example") > lost + 1000


def test_a_backup_from_the_middle_of_a_sending(site, backup, tmp_path):
    """What was leased then may have been sent: it is not sent as if new."""
    send_now(site, site.issue)
    site.db.rows("select schedule_round(now(), 2, interval '5 days', false)")
    assert len(site.db.rows(LEASE)) == 2
    middle = tmp_path / "middle.backup"
    ok(site, "db", "backup", middle)
    done = site.tweeluik("db", "restore", middle, "--confirm", site.database,
                         check=True)
    assert "issue stop" in done.stderr
    assert site.db.rows("select distinct leased_by from chunk"
                        " where leased_by is not null") == [
        {"leased_by": "t:1"}]
    ok(site, "schedule", "resume")
    assert [r["chunk_no"] for r in site.db.rows(LEASE)] == [2]


def test_departures_of_other_hosts(site, backup, tmp_path):
    ok(site, "subscriber", "unsubscribe", "weg@huis.example", "--yes")
    there = tmp_path / "host2"
    shutil.move(site.folder / "departures", there)
    ok(site, "db", "restore", backup, "--confirm", site.database)
    assert active(site) == 3
    done = as_json(site, "db", "reconcile", "--departures", there)
    assert done["unsubscribed"] == 1 and active(site) == 2
    assert as_json(site, "db", "reconcile", "--departures",
                   there)["lines"] == 0


# Proof on the disk: a cluster of its own, whose every file is read.

def forms(text):
    for t in text, text.upper(), text.title():
        raw = t.encode()
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        yield t.encode("utf-16-le")
        yield t.encode("utf-16-be")
        for shift in range(3):
            # What is the same wherever the text stands in the input.
            b = base64.b64encode(b"\0" * shift + raw)
            yield b[(0, 4, 4)[shift]:-4]


def find(folders, texts):
    needles = [f for t in texts for f in forms(t)]
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                found += [(path, n) for n in needles if n in data]
    return found


def addresses(data):
    """What looks like one; a pattern alone would crawl over long numbers."""
    found = set()
    for at in (m.start() for m in re.finditer(rb"@[\w-]+\.\w", data)):
        before = re.search(rb"[\w.+-]+$", data[max(0, at - 64):at])
        after = re.match(rb"@[\w-]+\.[\w.-]*\w", data[at:at + 255])
        if before and after:
            found.add(before[0] + after[0])
    return found


@pytest.fixture
def cluster():
    with tempfile.TemporaryDirectory(prefix="tweeluik-pg-") as home:
        Path(home).chmod(0o755)
        server = Postgres(Path(home) / "pg")
        server.start()
        yield server
        server.stop("immediate")


def fill_everything(site):
    """Each table that could know an address."""
    plan(site)
    readers(site, 20)
    (site.folder / "lezer.csv").unlink()
    add(site, ADDRESS)
    name = approve(site)
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        send_now(site, name)
        ok(site, "issue", "test", name, "--to", ADDRESS)
        site.start_daemon(log=site.folder / "daemon.log")
        settled_soon(site)
        site.stop_daemon()
    assert ADDRESS in {e.rcpt_tos[0] for e in server.envelopes}
    site.db.rows("select letter_add('details', max(id), 'nl') from subscriber")
    return name


def test_nothing_is_left_on_the_disk(cluster, tmp_path):
    site = Installation(
        tmp_path / "site", cluster, "tweeluik",
        more='editors = {"baas@kantoor.example"}\n')
    site.db = Database(cluster, "tweeluik")
    site.init()
    fill_everything(site)
    dump = tmp_path / "full.sql"
    with open(dump, "wb") as f:
        subprocess.run([PG_BIN / "pg_dump", "-d",
                        cluster.conninfo("tweeluik", "postgres")],
                       stdout=f, check=True)
    # Not even now does anything name a reader, or an editor.
    assert find([cluster.folder, tmp_path], [
        ADDRESS, LOCAL, "lezer7@lezers", "baas@kantoor"]) == [
            (site.config, b"baas@kantoor")]
    # What stands there is in an item, a field of the newsletter itself, or of
    # an organisation that wants to be found.
    # COPY writes the end of a line as two characters.
    public = addresses(subprocess.run(
        [PG_BIN / "pg_dump", "-t", "tweeluik.item*", "-t",
         "tweeluik.organisation*", "-d",
         cluster.conninfo("tweeluik", "postgres")],
        capture_output=True, check=True).stdout.replace(b"\\n", b"  "))
    public |= {b"nieuwsbrief@nieuws.voorbeeld.example",
               b"loket@voorbeeld.example",
               b"afmelden@nieuws.voorbeeld.example"}
    assert addresses(dump.read_bytes().replace(b"\\n", b"  ")) <= public
    erase(site, ADDRESS)
    site.db.rows("vacuum full")
    site.db.rows("select pg_switch_wal()")
    site.db.rows("checkpoint")
    sealed = site.db.one("select count(*) from delivery where address_sealed"
                         " is not null and subscriber_id is null")
    assert sealed <= 1  # the report to the editor
    ok(site, "db", "backup", tmp_path / "after.backup")
    assert find([cluster.folder, tmp_path], [ADDRESS, LOCAL]) == []
