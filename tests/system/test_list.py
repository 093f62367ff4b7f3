"""The list in bulk and one by one: tables in and out, pauses, invitations,
and why somebody gets no mail."""
import csv
import datetime
import io
import json
import os
import pty
import re
import signal
import subprocess
import threading

import pytest
from newsletter import approve, plan, readers
from test_operator import address, by_reader, deliver, freeze

from tests.demo.dates import today
from tests.embedded import wait_until

BASIS = ("--basis", "signed up at the network day")
ANNA, BART, CLEO = (f"{n}@lezers.example" for n in ("anna", "bart", "cleo"))
EVERYTHING = ("subscriber", "suppression", "consent_event", "activity",
              "letter", "mailing")


def run(site, *words, code=0, lang="en", **more):
    done = site.tweeluik("--lang", lang, *words, **more)
    assert done.returncode == code, done.stderr + done.stdout
    return done


def document(site, *words, code=0, **more):
    return json.loads(run(site, *words, "--json", code=code, **more).stdout)


def error(site, *words, code, **more):
    return json.loads(
        run(site, *words, "--json", code=code, **more).stderr)["error"]


def show(site, who):
    return document(site, "subscriber", "show", who)


def why(site, who):
    return show(site, who)["explanation"]


def snapshot(site):
    return [site.db.rows(f"select t::text from {t} t order by 1")
            for t in EVERYTHING]


def states(site):
    return {x["address"]: x["state"]
            for x in document(site, "subscriber", "list")["items"]}


@pytest.fixture
def table(site):
    def write(*lines, encoding="utf-8", end="\n", name="table.csv"):
        path = site.folder / name
        path.write_bytes("".join(x + end for x in lines).encode(encoding))
        return path
    return write


# What a spreadsheet makes of a table.

DUTCH = ("E-mailadres", "Taal", "Organisatie", "Kenmerk")
ENGLISH = ("email", "language", "organisation", "tags")


@pytest.mark.parametrize("separator,encoding,end,headings", [
    (";", "utf-8-sig", "\r\n", DUTCH), (";", "cp1252", "\r\n", DUTCH),
    (",", "utf-8", "\n", ENGLISH), (",", "cp1252", "\r", ENGLISH),
    ("\t", "utf-8", "\r\n", ENGLISH), ("\t", "utf-8-sig", "\n", DUTCH)])
def test_every_form_of_a_table(site, table, separator, encoding, end,
                               headings):
    site.db.rows("insert into organisation (name) values"
                 " ('Huis Zee\u00ebn'), ('Eerste' || chr(10) || 'Huis')")
    file = table(
        separator.join(headings),
        separator.join([ANNA, "nl", "Huis Zee\u00ebn", "netwerk"]),
        separator.join([f'"{BART}"', "Engels", '"Eerste\nHuis"',
                        '"tolk, netwerk"']),
        "", separator.join([CLEO, "", "", ""]),
        encoding=encoding, end=end)
    report = document(site, "subscriber", "import", file, "--apply", *BASIS)
    assert (report["rows"], report["new"], report["rejected"]) == (3, 3, [])
    assert report["unknown_organisations"] == 0
    assert report["charset"] == ("windows-1252" if encoding == "cp1252"
                                 else "utf-8")
    found = {x["address"]: x
             for x in document(site, "subscriber", "list")["items"]}
    assert found[ANNA]["organisation"] == "Huis Zee\u00ebn"
    assert found[BART]["organisation"] == "Eerste\nHuis"
    assert found[BART]["tags"] == ["netwerk", "tolk"]
    assert [found[a]["language"] for a in (ANNA, BART, CLEO)] == \
        ["nl", "en", "both"]


@pytest.mark.parametrize("start,code", [
    (b"PK\3\4\x14\0\6\0\x08\0\0\0!\0", "excel-file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel-file"),
    (b"PK\3\4\x14\0\0\0\0\0" + bytes(20)
     + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "ods-file"),
    ("e-mail\nanna@a.example\n".encode("utf-16"), "utf-16")])
def test_what_is_no_csv_is_named(site, start, code):
    file = site.folder / "list.csv"
    file.write_bytes(start + bytes(200))
    e = error(site, "subscriber", "import", file, code=2)
    assert e["code"] == code
    assert "CSV UTF-8" in e["hint"]


def test_a_quote_that_is_never_closed(site, table):
    e = error(site, "subscriber", "import",
              table("e-mail", ANNA, f'"{BART}', CLEO), code=2)
    assert e["code"] == "open-quote" and "Row 3 " in e["message"]
    e = error(site, "subscriber", "import",
              table("e-mail", ANNA, '"' + BART, *[CLEO] * 10_000), code=2)
    assert e["code"] == "too-large" and "Row 3 " in e["message"]
    assert "quote" in e["hint"]


def test_through_a_pipe(site, table):
    text = f"e-mail\n{ANNA}\n{BART}\n"
    assert document(site, "subscriber", "import", "-", stdin=text)["new"] == 2
    fifo = site.folder / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(text,))
    writer.start()
    report = document(site, "subscriber", "import", fifo)
    writer.join()
    assert report["new"] == 2


# What becomes of the rows.

def test_nothing_is_saved_without_basis(site, table):
    file = table("e-mail", ANNA)
    before = snapshot(site)
    e = error(site, "subscriber", "import", file, "--apply", code=2)
    assert "--basis" in e["hint"]
    error(site, "subscriber", "import", file, "--apply", "--ask", code=2)
    run(site, "subscriber", "import", file, *BASIS)
    assert snapshot(site) == before


def test_duplicates_are_found_over_the_whole_file(site, table):
    lines = [f"lezer{i}@lezers.example" for i in range(5000)]
    lines[4321] = lines[10].upper()
    lines[4999] = lines[4998]
    report = document(site, "subscriber", "import", table("e-mail", *lines),
                      "--apply", *BASIS, code=6)
    assert report["new"] == 4998
    assert [(r["row"], r["reason"], r["duplicate_of"])
            for r in report["rejected"]] == [
        (4323, "duplicate", 12), (5001, "duplicate", 5000)]


def test_who_left_elsewhere_is_suppressed_here(site, table):
    """By hash alone when they are new, and for good."""
    run(site, "subscriber", "add", CLEO, *BASIS)
    report = document(site, "subscriber", "import", table(
        "e-mail;toestand", f"{ANNA};afgemeld", f"{BART};geblokkeerd",
        f"{CLEO};Afgemeld", "dirk@lezers.example;"), "--apply", *BASIS)
    assert (report["new"], report["suppressed"], report["left"]) == (1, 3, 0)
    assert states(site) == {CLEO: "unsubscribed",
                            "dirk@lezers.example": "active"}
    assert sorted(r["reason"] for r in site.db.rows(
        "select reason from suppression")) == \
        ["blocked", "unsubscribed", "unsubscribed"]
    assert show(site, CLEO)["events"][-1]["way"] == "import"
    report = document(site, "subscriber", "import", table(
        "e-mail;toestand", f"{ANNA};active", f"{BART};", f"{CLEO};actief"),
        "--apply", *BASIS)
    assert (report["new"], report["left"]) == (0, 3)
    assert len(states(site)) == 2
    text = run(site, "subscriber", "import", table(
        "e-mail;toestand", "eva@lezers.example;afgemeld")).stdout
    assert "1 rows say that a person left" in text


def test_other_states_are_kept_for_new_ones(site, table):
    until = (today() + datetime.timedelta(90)).isoformat()
    run(site, "subscriber", "add", ANNA, *BASIS)
    run(site, "subscriber", "import", table(
        "email;state;paused_until", f"{ANNA};paused;{until}",
        f"{BART};paused;{until}", f"{CLEO};undeliverable;",
        "dirk@lezers.example;pending;"), "--apply", *BASIS)
    assert states(site) == {ANNA: "active", BART: "paused",
                            CLEO: "undeliverable",
                            "dirk@lezers.example": "pending"}
    assert show(site, BART)["paused_until"] == until
    assert "as the import of" in why(site, CLEO)
    assert "has not confirmed" in why(site, "dirk@lezers.example")


def test_asked_instead_of_active(site, table):
    run(site, "subscriber", "add", BART, *BASIS)
    done = run(site, "subscriber", "import", table(
        "e-mail,taal,kenmerk", f"{ANNA},nl,netwerk", f"{BART},en,",
        f"{CLEO},,", "dirk@lezers.example,,"), "--ask", "--apply", *BASIS)
    assert "asks them to confirm" in done.stderr
    assert states(site) == {ANNA: "pending", BART: "active",
                            CLEO: "pending",
                            "dirk@lezers.example": "pending"}
    letters = site.db.rows("select kind, language from letter order by id")
    assert [(r["kind"], r["language"]) for r in letters] == [
        ("confirm", "nl"), ("confirm", "both"), ("confirm", "both")]
    anna = show(site, ANNA)
    assert (anna["tags"], anna["language_from"]) == (["netwerk"], "import")
    assert anna["events"][-1]["basis"] == BASIS[1]
    # Once more: they are known now.
    report = document(site, "subscriber", "import", site.folder / "table.csv",
                      "--ask", "--apply", *BASIS)
    assert (report["new"], report["same"]) == (0, 4)
    assert site.db.one("select count(*) from letter") == 3
    run(site, "subscriber", "import", table(
        "e-mail,toestand", "eva@lezers.example,gepauzeerd",
        "fien@lezers.example,onbestelbaar"), "--ask", "--apply", *BASIS)
    assert states(site)["eva@lezers.example"] == "pending"
    assert states(site)["fien@lezers.example"] == "undeliverable"
    assert site.db.one("select count(*) from letter") == 4


def test_who_did_not_confirm_elsewhere_is_asked_here(site, table):
    """A state that nobody could ever get them out of otherwise."""
    done = run(site, "subscriber", "import", table(
        "e-mail,toestand", f"{ANNA},pending", f"{BART},undeliverable"),
        "--apply", *BASIS)
    assert "next issue" not in done.stderr
    assert "asks them to confirm" in done.stderr
    assert states(site) == {ANNA: "pending", BART: "undeliverable"}
    assert site.db.one("select count(*) from letter where kind = 'confirm'"
                       " and by_office") == 1
    assert show(site, ANNA)["events"][-1]["basis"] == BASIS[1]
    done = run(site, "subscriber", "import", table(
        "e-mail,toestand", f"{CLEO},onbestelbaar"), "--apply", *BASIS)
    assert done.stderr.splitlines()[-1] == "Saved"
    done = run(site, "subscriber", "import", table(
        "e-mail,toestand", "dirk@lezers.example,pending",
        "eva@lezers.example,"), "--apply", *BASIS)
    assert "next issue" in done.stderr and "not confirmed" in done.stderr
    assert site.db.one("select count(*) from letter") == 2


def test_rejects_say_row_and_reason(site, table):
    file = table("naam;e-mail;taal", "Anna;anna@;nl", f"Bart;{BART};fr",
                 f"Cleo;{CLEO};nl", f'"Cleo;2";{CLEO};"nl"',
                 "=1+1;+x;nl")
    rejects = site.folder / "afgekeurd.csv"
    rejects.write_text("what was here before")
    run(site, "subscriber", "import", file, "--rejects", rejects, "--apply",
        *BASIS, code=6)
    rows = list(csv.reader(io.StringIO(rejects.read_text("utf-8-sig")),
                           delimiter=";"))
    assert rows[0] == ["naam", "e-mail", "taal", "rij", "reden"]
    assert [r[:4] for r in rows[1:]] == [
        ["Anna", "anna@", "nl", "2"], ["Bart", BART, "fr", "3"],
        ["Cleo;2", CLEO, "nl", "5"], ["'=1+1", "'+x", "nl", "6"]]
    assert rows[3][4] == "The same address as row 4"
    assert rejects.stat().st_mode & 0o777 == 0o600
    # Corrected in place, with our columns in it, and read over itself.
    rejects.write_text(rejects.read_text("utf-8-sig")
                       .replace("anna@", ANNA).replace(";fr;", ";en;")
                       .replace("'+x", "eva@lezers.example"))
    report = document(site, "subscriber", "import", rejects, "--rejects",
                      rejects, "--apply", *BASIS)
    assert (report["new"], report["same"], report["rejected"]) == (3, 1, [])
    assert [p.name for p in site.folder.glob("afgekeurd.csv*")] == \
        ["afgekeurd.csv"]


def test_a_report_has_an_end(site, table):
    rejects = site.folder / "rejects.csv"
    file = table("e-mail", *(f"x{i}@" for i in range(5000)))
    report = document(site, "subscriber", "import", file, "--rejects",
                      rejects, code=6)
    assert report["rejected_rows"] == 5000
    assert [r["row"] for r in report["rejected"]] == list(range(2, 1002))
    assert len(rejects.read_text().splitlines()) == 5001
    lines = run(site, "subscriber", "import", file, code=6).stdout.splitlines()
    assert len(lines) < 30
    assert any("and 4,980 more" in x for x in lines)


# All or nothing.

def hash_of(site, who):
    """Of somebody who has never been here."""
    run(site, "subscriber", "add", who, *BASIS)
    known = site.db.one("select address_hash from subscriber")
    for t in ("subscriber", "consent_event", "activity"):
        site.db.rows(f"delete from {t}")
    return bytes(known)


class Held:
    """An import that stands still between the check and the last word."""

    def __init__(self, site, file, *words):
        self.lock = site.db.connect(autocommit=False)
        self.cursor = self.lock.cursor()
        self.cursor.execute("lock table consent_event in exclusive mode")
        self.process = subprocess.Popen(
            [site.build / "bin/tweeluik", "--lang", "en", "subscriber",
             "import", file, "--apply", *BASIS, "--json", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=site.env())
        assert wait_until(lambda: site.db.one(
            "select count(*) from pg_locks where not granted"), 20)

    def end(self, code):
        self.lock.commit()
        self.lock.close()
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == code, out + err
        return err


def test_who_leaves_during_an_import_has_left(site, table):
    anna = hash_of(site, ANNA)
    held = Held(site, table("e-mail", ANNA, BART))
    held.cursor.execute("insert into suppression (address_hash, reason)"
                        " values (%s, 'unsubscribed')", (anna,))
    err = held.end(5)
    assert json.loads(err)["error"]["code"] == "list-changed"
    assert states(site) == {}
    report = document(site, "subscriber", "import", table("e-mail", ANNA, BART),
                      "--apply", *BASIS)
    assert (report["new"], report["left"]) == (1, 1)


def test_who_left_is_named_by_row_and_reason(site, table):
    file = table("e-mail", ANNA, BART, CLEO, "dirk@lezers.example")
    run(site, "subscriber", "import", file, "--apply", *BASIS)
    run(site, "subscriber", "unsubscribe", ANNA, "--yes")
    run(site, "subscriber", "set", BART, "--state", "blocked", "--yes")
    site.db.rows("select subscriber_erase(max(id), 'test') from subscriber")
    report = document(site, "subscriber", "import", file, "--apply", *BASIS)
    assert [(r["row"], r["reason"]) for r in report["left_rows"]] == [
        (2, "unsubscribed"), (3, "blocked"), (5, "erased")]
    text = run(site, "subscriber", "import", file).stdout
    assert "  row 5      erased on request (GDPR)\n" in text


def test_a_bar_on_a_terminal(site, table):
    """Drawn and wiped away, and the report stands alone."""
    file = table("e-mail", *(f"lezer{i}@lezers.example"
                             for i in range(30_000)))
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [site.build / "bin/tweeluik", "--lang", "en", "subscriber", "import",
         file, "--apply", *BASIS], stdout=subprocess.PIPE, stderr=theirs,
        env={**site.env(), "TERM": "xterm"})
    os.close(theirs)
    screen = b""
    try:
        while True:
            screen += os.read(ours, 65536)
    except OSError:  # the other side is closed
        pass
    os.close(ours)
    out = done.communicate()[0].decode()
    assert done.returncode == 0
    percents = [int(x) for x in re.findall(rb"\]  (\d+)%", screen)]
    assert percents == sorted(percents) and percents[-1] > 50
    assert screen.endswith(b"\r\x1b[KSaved; the next issue goes to the new ones"
                           b" too\r\n")
    assert "\x1b" not in out and "30,000 new" in out


def test_who_joins_during_an_import_is_not_overwritten(site, table):
    run(site, "subscriber", "add", CLEO, *BASIS)
    anna = None
    run(site, "subscriber", "add", ANNA, *BASIS)
    anna = site.db.one("delete from subscriber where id = (select max(id)"
                       " from subscriber) returning address_hash")
    other = site.db.connect(autocommit=False)
    cursor = other.cursor()
    cursor.execute("insert into subscriber (address_hash, address_sealed,"
                   " language, language_from, state) values (%s, '', 'en',"
                   " 'chosen', 'pending')", (anna,))
    process = subprocess.Popen(
        [site.build / "bin/tweeluik", "subscriber", "import",
         table("e-mail,taal", f"{ANNA},nl", f"{BART},nl"), "--apply", *BASIS,
         "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=site.env())
    assert wait_until(lambda: site.db.one(
        "select count(*) from pg_locks where not granted"), 20)
    other.commit()
    other.close()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 5, err
    assert json.loads(err)["error"]["code"] == "list-changed"
    assert [r["language"] for r in site.db.rows(
        "select language from subscriber order by id")] == ["both", "en"]


@pytest.mark.parametrize("how,code", [(signal.SIGINT, 130),
                                      (signal.SIGKILL, -9)])
def test_stopped_in_the_midst(site, table, how, code):
    lines = [f"lezer{i}@lezers.example" for i in range(6000)]
    rejects = site.folder / "rejects.csv"
    before = snapshot(site)
    held = Held(site, table("e-mail", "bart@", *lines), "--rejects", rejects)
    held.process.send_signal(how)
    err = held.end(code)
    if how == signal.SIGINT:
        assert json.loads(err)["error"]["code"] == "interrupted"
        assert "nothing was saved" in err
        assert not list(site.folder.glob("rejects.csv*"))
    assert wait_until(lambda: site.db.one(
        "select count(*) = 0 from pg_stat_activity where datname ="
        " current_database() and pid <> pg_backend_pid()"), 20)
    assert snapshot(site) == before


def test_the_database_sees_no_address(site, table):
    """Neither in a statement nor in its values."""
    path = site.postgres.folder / "log"
    stood = path.stat().st_size
    site.db.rows(f"alter database {site.database} set log_statement = 'all'")
    run(site, "subscriber", "import", table(
        "e-mail;organisatie", f"{ANNA};Huis", f"{BART};", "cleo@;"),
        "--apply", *BASIS, code=6)
    run(site, "subscriber", "export", site.folder / "out.csv")
    log = path.read_bytes()[stood:]
    assert b"import_add" in log and b"lezers.example" not in log
    assert b"lezers.example".hex().encode() not in log


def test_memory_does_not_grow_with_the_file(site, table):
    def kilobytes(n):
        file = table("e-mail;taal", *(f"lezer{i}@a{i % 97}.example;nl"
                                      for i in range(n)))
        pid = os.posix_spawn(
            site.build / "bin/tweeluik",
            ["tweeluik", "-q", "--plain", "subscriber", "import", str(file)],
            # A sanitizer keeps what was freed for a while.
            {**site.env(), "ASAN_OPTIONS": "quarantine_size_mb=1"},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
        _, status, usage = os.wait4(pid, 0)
        assert status == 0
        return usage.ru_maxrss
    kilobytes(10)
    assert kilobytes(150_000) < kilobytes(5000) + 20_000


# Out again.

def exported(site, *words):
    out = site.folder / "export.csv"
    done = run(site, "subscriber", "export", out, *words)
    assert "names people" in done.stderr
    assert out.stat().st_mode & 0o777 == 0o600
    return out.read_bytes()


def test_export_comes_back_as_it_was(site, table):
    until = (today() + datetime.timedelta(90)).isoformat()
    site.db.rows("insert into organisation (name) values ('=cmd|x!A1'),"
                 " ('Huis; \"De Linde\"'), ('-Twee' || chr(10) || 'regels')")
    run(site, "subscriber", "import", table(
        "e-mail,taal,organisatie,kenmerk,toestand,gepauzeerd tot",
        "+anna@lezers.example,nl,'=cmd|x!A1,'+tag,,",
        f'{BART},en,"Huis; ""De Linde""","a,b c",,',
        f'{CLEO},,"-Twee\nregels",,paused,{until}',
        "dirk@lezers.example,both,,,pending,",
        "eva@lezers.example,,,,undeliverable,",
        "fien@lezers.example,nl,,,unsubscribed,"), "--apply", *BASIS)
    run(site, "subscriber", "add", "gijs@lezers.example", *BASIS)
    run(site, "subscriber", "unsubscribe", "gijs@lezers.example", "--yes")
    first = exported(site)
    rows = list(csv.reader(io.StringIO(first.decode("utf-8-sig"), newline=""),
                           delimiter=";"))
    assert rows[0] == ["email", "language", "organisation", "tags", "state",
                       "paused_until"]
    assert rows[1] == ["'+anna@lezers.example", "nl", "'=cmd|x!A1", "'+tag",
                       "active", ""]
    assert rows[3][2] == "'-Twee\nregels" and rows[3][5] == until
    for row in rows:
        for cell in row:
            assert cell.lstrip('" ')[:1] not in tuple("=+-@\t\r") or not cell
    # Wiped, imported: the same, but that of who left a hash is all there is.
    site.db.rows("delete from subscriber; delete from suppression;"
                 "delete from consent_event")
    file = site.folder / "back.csv"
    file.write_bytes(first)
    report = document(site, "subscriber", "import", file, "--apply", *BASIS)
    assert (report["new"], report["suppressed"]) == (5, 1)
    assert exported(site) == b"".join(
        x for x in first.splitlines(keepends=True) if b"gijs" not in x)
    assert site.db.one("select count(*) from suppression") == 1


def test_export_chooses_and_says_so(site, table):
    run(site, "subscriber", "import", table(
        "e-mail,taal,kenmerk", f"{ANNA},nl,x", f"{BART},en,x",
        f"{CLEO},nl,"), "--apply", *BASIS)
    assert exported(site, "--language", "nl", "--tag", "x").decode(
        "utf-8-sig").splitlines()[1:] == [f"{ANNA};nl;;x;active;"]
    got = document(site, "subscriber", "export", "-")
    assert got["schema"] == "tweeluik.subscribers/1"
    assert [(x["address"], x["language"], x["tags"]) for x in got["items"]] \
        == [(ANNA, "nl", ["x"]), (BART, "en", ["x"]), (CLEO, "nl", [])]
    assert document(site, "subscriber", "export", "-", "--state",
                    "blocked")["items"] == []
    assert run(site, "subscriber", "export", "-", "--plain").stdout == (
        f"{ANNA}\tnl\t\tx\tactive\t\n{BART}\ten\t\tx\tactive\t\n"
        f"{CLEO}\tnl\t\t\tactive\t\n")
    kept = site.db.rows("select detail from activity where action ="
                        " 'exported' order by id")
    assert [k["detail"] for k in kept] == ["1", "3", "0", "3"]
    run(site, "subscriber", "export", code=2)
    error(site, "subscriber", "export", "-", "--state", "gone", code=2)


def test_export_leaves_no_half_file(site, table):
    run(site, "subscriber", "add", ANNA, *BASIS)
    run(site, "-n", "subscriber", "export", site.folder / "out.csv")
    site.db.rows("update subscriber set address_sealed = 'x'")
    run(site, "subscriber", "export", site.folder / "out.csv", code=2)
    run(site, "subscriber", "export", "/nowhere/out.csv", code=1)
    assert not list(site.folder.glob("out.csv*"))
    run(site, "subscriber", "export", "/dev/null", code=2)
    assert not os.path.isfile("/dev/null")


# One by one.

def test_pause(site):
    run(site, "subscriber", "add", ANNA, *BASIS)
    until = (today() + datetime.timedelta(40)).isoformat()
    done = run(site, "subscriber", "pause", ANNA, "--until", until)
    assert "Paused until" in done.stderr
    anna = show(site, ANNA)
    assert (anna["state"], anna["paused_until"]) == ("paused", until)
    assert anna["explanation"].startswith("Gets no mail: paused until ")
    anna = document(site, "subscriber", "pause", ANNA, "--months", "2")
    assert anna["paused_until"] == site.db.one(
        "select (schedule_date(now()) + interval '2 months')::date::text")
    run(site, "subscriber", "set", ANNA, "--state", "active")
    assert show(site, ANNA)["paused_until"] is None
    run(site, "-n", "subscriber", "pause", ANNA, "--months", "1")
    assert show(site, ANNA)["state"] == "active"


@pytest.mark.parametrize("words", [
    (), ("--months", "0"), ("--months", "25"), ("--until", "2020-01-01"),
    ("--until", "soon"), ("--until", "2027-03-01", "--months", "1")])
def test_a_pause_has_an_end(site, words):
    run(site, "subscriber", "add", ANNA, *BASIS)
    error(site, "subscriber", "pause", ANNA, *words, code=2)
    assert show(site, ANNA)["state"] == "active"


def test_who_gets_nothing_is_not_paused(site):
    error(site, "subscriber", "pause", ANNA, "--months", "1", code=3)
    run(site, "subscriber", "add", ANNA)
    error(site, "subscriber", "pause", ANNA, "--months", "1", code=4)
    run(site, "subscriber", "add", BART, *BASIS)
    run(site, "subscriber", "unsubscribe", BART, "--yes")
    assert error(site, "subscriber", "pause", BART, "--months", "1",
                 code=4)["code"] == "left"


def test_added_by_mail(site):
    """The mail goes out, and a second one not on the same day."""
    site.start_catcher()
    site.start_daemon(log=site.folder / "log")
    site.db.rows("insert into organisation (name) values ('Voorbeeldhuis')")
    done = run(site, "subscriber", "add", ANNA, "--language", "nl", "--tag",
               "netwerk", "--organisation", "voorbeeldhuis")
    assert "asks this person to confirm" in done.stderr
    assert wait_until(site.mails, 20)
    anna = show(site, ANNA)
    assert (anna["state"], anna["tags"], anna["organisation"]) == \
        ("pending", ["netwerk"], "Voorbeeldhuis")
    assert wait_until(lambda: "was accepted on" in why(site, ANNA), 20)
    mail, = show(site, ANNA)["mails"]
    assert (mail["letter"], mail["result"]) == ("confirm", "accepted")
    done = run(site, "subscriber", "add", ANNA)
    assert "tomorrow" in done.stderr
    assert site.db.one("select count(*) from letter") == 1
    assert error(site, "subscriber", "add", ANNA, *BASIS,
                 code=5)["code"] == "already-subscribed"


def test_who_left_can_only_be_invited(site):
    run(site, "subscriber", "add", ANNA, *BASIS)
    run(site, "subscriber", "unsubscribe", ANNA, "--yes")
    e = error(site, "subscriber", "add", ANNA, *BASIS, code=4)
    assert re.match(r"This person left on .* \d{4}: only an invitation is"
                    " possible", e["message"])
    run(site, "subscriber", "add", ANNA)
    # Until they confirm, they are as far away as before.
    assert site.db.one("select reason from suppression") == "unsubscribed"
    assert show(site, ANNA)["state"] != "active"
    assert site.db.one("select kind from letter") == "confirm"
    for reason, words in (("complaint", "complained on"),
                          ("blocked", "was blocked on"),
                          ("erased", "was erased")):
        site.db.rows("delete from subscriber")
        site.db.rows("update suppression set reason = %s", reason)
        e = error(site, "subscriber", "add", ANNA, code=4)
        assert e["code"] == "left" and words in e["message"]
    assert site.db.rows("select from letter") == []


def test_why_somebody_gets_no_mail(site):
    plan(site)
    readers(site, 5)
    issue = approve(site)
    freeze(site, issue)
    deliver(site, lambda r: r["waiting"] == r["deferred"] == 1,
            RCPT=by_reader({address(1): "550 5.1.1 User unknown",
                            address(2): "550 5.2.2 Mailbox full",
                            address(3): "452 4.2.2 Mailbox full"}))
    assert why(site, address(0)) == "Gets every issue."
    assert re.fullmatch(
        rf"Gets no mail: undeliverable since number {issue} \(.* \d{{4}}\): "
        r"the mailbox does not exist \(5\.1\.1\)\.", why(site, address(1)))
    assert re.fullmatch(
        rf"Gets every issue, but number {issue} was refused: "
        r"the mailbox is full\.", why(site, address(2)))
    assert f"number {issue} is tried again" in why(site, address(3))
    text = run(site, "subscriber", "show", address(2)).stdout
    assert re.search(rf"^Last mails +\w+day .*, number {issue}: refused, the"
                     r" mailbox is full$", text, re.M)
    assert re.search(r"^Consent +.*, imported: test$", text, re.M)
    text = run(site, "subscriber", "show", address(1), lang="nl").stdout
    assert "Krijgt geen mail: onbestelbaar sinds nummer" in text
    # Kept away by the hash, whatever the state says.
    site.db.rows("insert into suppression select address_hash, 'complaint'"
                 " from subscriber where state = 'active' order by id limit 1")
    assert why(site, address(0)).startswith("Gets no mail: complained on ")


def test_search_says_how_many(site, table):
    site.db.rows("insert into organisation (name) values ('Huis De Linde')")
    run(site, "subscriber", "import", table("e-mail,organisatie", *(
        f"lezer{i}@a{i % 7}.example,{'Huis De Linde' if i < 3 else ''}"
        for i in range(5000))), "--apply", *BASIS)
    lines = run(site, "subscriber", "list", "--search",
                "LINDE").stdout.splitlines()
    assert len(lines) == 6 and lines[-2] == "3 found"
    lines = run(site, "subscriber", "list", "--search", "lezer77@").stdout
    assert "1 found" in lines
    assert len(document(site, "subscriber", "list", "--search",
                        "@a3.example")["items"]) == 714
