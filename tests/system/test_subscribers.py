"""The list: who is on it, who may come on it, and who never comes back."""
import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.demo.dates import today

DATA = Path(__file__).parent / "data"
ANNA = "anna.smit@voorbeeldhuis.example"
BASIS = ("--basis", "asked by phone")


def run(site, *words, code=0, **more):
    """The command in English; its exit code must be as expected."""
    done = site.tweeluik("--lang", "en", *words, **more)
    assert done.returncode == code, done.stderr
    return done


def document(site, *words, code=0):
    return json.loads(run(site, *words, "--json", code=code).stdout)


def error(site, *words, code):
    return json.loads(run(site, *words, "--json", code=code).stderr)["error"]


def show(site, address):
    return document(site, "subscriber", "show", address)


def add(site, address=ANNA, *more):
    return run(site, "subscriber", "add", address, *BASIS, *more)


@pytest.fixture
def table(site):
    """Write a file to import; lines without line ends."""
    def write(*lines, encoding="utf-8", end="\n"):
        path = site.folder / "table.csv"
        path.write_bytes("".join(x + end for x in lines).encode(encoding))
        return path
    return write


def test_added_with_proof(site):
    done = add(site, ANNA, "--language", "en", "--tag", "netwerk",
               "--tag", "tolk", "--tag", "tolk")
    assert ANNA not in done.stdout + done.stderr
    anna = show(site, ANNA)
    assert anna["state"] == "active"
    assert (anna["language"], anna["language_from"]) == ("en", "chosen")
    assert anna["tags"] == ["netwerk", "tolk"]
    event, = anna["events"]
    assert (event["kind"], event["way"], event["basis"]) == \
        ("subscribed", "command", "asked by phone")
    assert anna["explanation"] == "Gets every issue."


def test_nobody_is_added_without_proof(site):
    assert error(site, "subscriber", "add", ANNA, "--basis", "",
                 code=2)["code"] == "usage"
    assert document(site, "subscriber", "list")["items"] == []
    run(site, "subscriber", "add", ANNA)
    assert show(site, ANNA)["state"] == "pending"


def test_a_script_gets_the_person(site):
    anna = document(site, "subscriber", "add", ANNA, *BASIS)
    assert (anna["address"], anna["state"]) == (ANNA, "active")
    anna = document(site, "subscriber", "set", ANNA, "--language", "en")
    assert anna["language"] == "en"
    anna = document(site, "subscriber", "unsubscribe", ANNA, "--yes")
    assert anna["state"] == "unsubscribed"


def test_language_unknown_is_both(site):
    add(site)
    anna = show(site, ANNA)
    assert (anna["language"], anna["language_from"]) == ("both", "default")


def test_already_subscribed(site):
    add(site, ANNA, "--language", "nl")
    e = error(site, "subscriber", "add", ANNA.upper(), *BASIS, code=5)
    assert e["code"] == "already-subscribed"
    assert "active, Dutch" in e["message"]


def test_typo_is_noticed(site):
    assert "gmail.com" in add(site, "anna@gmial.com").stderr


@pytest.mark.parametrize("address,code", [
    ("piet@", "incomplete"), ("a@b.example,c@d.example", "two-values"),
    ("a@x_y.example", "bad-domain")])
def test_bad_address(site, address, code):
    assert error(site, "subscriber", "add", address, *BASIS, code=2)["code"] \
        == code


def test_who_left_stays_away(site, table):
    add(site)
    run(site, "subscriber", "unsubscribe", ANNA, "--yes")
    anna = show(site, ANNA)
    assert anna["state"] == "unsubscribed"
    assert anna["explanation"].startswith("Gets no mail: unsubscribed on ")
    assert error(site, "subscriber", "add", ANNA, *BASIS, code=4)["code"] \
        == "left"
    assert error(site, "subscriber", "set", ANNA, "--state", "active",
                 code=4)["code"] == "left"
    report = document(site, "subscriber", "import", table("e-mail", ANNA),
                      "--apply", *BASIS)
    assert (report["new"], report["left"]) == (0, 1)
    assert show(site, ANNA)["state"] == "unsubscribed"
    # Not even when only the hash is left.
    site.db.rows("delete from subscriber")
    assert error(site, "subscriber", "show", ANNA, code=3)
    assert error(site, "subscriber", "add", ANNA, *BASIS, code=4)["code"] \
        == "left"
    report = document(site, "subscriber", "import", table("e-mail", ANNA),
                      "--apply", *BASIS)
    assert (report["new"], report["left"]) == (0, 1)
    assert document(site, "subscriber", "list")["items"] == []


def test_leaving_twice_is_fine(site):
    add(site)
    run(site, "subscriber", "unsubscribe", ANNA, "--yes")
    run(site, "subscriber", "unsubscribe", ANNA, "--yes")
    assert len(show(site, ANNA)["events"]) == 2


def test_questions_need_an_answer(site):
    add(site)
    e = error(site, "subscriber", "unsubscribe", ANNA, code=2)
    assert "--yes" in e["hint"]
    error(site, "subscriber", "set", ANNA, "--state", "blocked", code=2)
    assert show(site, ANNA)["state"] == "active"


def test_blocked_is_suppressed(site):
    add(site)
    run(site, "subscriber", "set", ANNA, "--state", "blocked", "--yes")
    assert site.db.one("select reason from suppression") == "blocked"
    assert error(site, "subscriber", "set", ANNA, "--state", "active",
                 code=4)["code"] == "left"


def test_pause_and_resume(site):
    add(site)
    until = (today() + timedelta(days=30)).isoformat()
    run(site, "subscriber", "set", ANNA, "--state", "paused", "--until", until)
    assert show(site, ANNA)["paused_until"] == until
    run(site, "subscriber", "set", ANNA, "--state", "active")
    anna = show(site, ANNA)
    assert (anna["state"], anna["paused_until"]) == ("active", None)
    assert [x["kind"] for x in anna["events"]] == \
        ["subscribed", "paused", "resumed"]
    error(site, "subscriber", "set", ANNA, "--state", "paused", "--until",
          "2020-01-01", code=2)


def test_who_did_not_confirm_is_not_made_active(site):
    add(site)
    site.db.rows("update subscriber set state = 'pending'")
    assert error(site, "subscriber", "set", ANNA, "--state", "active",
                 code=4)["code"] == "not-confirmed"


def test_language_tags_organisation(site):
    add(site, ANNA, "--tag", "netwerk")
    site.db.rows("insert into organisation (name) values ('Voorbeeldhuis')")
    run(site, "subscriber", "set", ANNA, "--language", "nl", "--tag", "tolk",
        "--no-tag", "netwerk", "--organisation", "voorbeeldhuis")
    anna = show(site, ANNA)
    assert (anna["language"], anna["language_from"]) == ("nl", "chosen")
    assert anna["tags"] == ["tolk"]
    assert anna["organisation"] == "Voorbeeldhuis"
    run(site, "subscriber", "set", ANNA, "--organisation", "")
    assert show(site, ANNA)["organisation"] is None
    error(site, "subscriber", "set", ANNA, "--organisation", "Nergens", code=3)
    error(site, "subscriber", "set", ANNA, code=2)


def test_dry_run_changes_nothing(site, table):
    run(site, "-n", "subscriber", "add", ANNA, *BASIS)
    run(site, "-n", "subscriber", "import", table("e-mail", ANNA), "--apply",
        *BASIS)
    assert document(site, "subscriber", "list")["items"] == []
    add(site)
    run(site, "-n", "subscriber", "set", ANNA, "--language", "en", "--state",
        "blocked")
    run(site, "-n", "subscriber", "unsubscribe", ANNA)
    anna = show(site, ANNA)
    assert (anna["state"], anna["language"]) == ("active", "both")


def test_list_filters_and_counts(site, table):
    site.db.rows("insert into organisation (name) values ('Huis De Linde')")
    run(site, "subscriber", "import", table(
        "e-mail;taal;organisatie;kenmerk",
        "anna@a.example;nl;Huis De Linde;netwerk",
        "bart@b.example;en;;netwerk,tolk",
        "cleo@c.example;;;"), "--apply", *BASIS)
    run(site, "subscriber", "unsubscribe", "bart@b.example", "--yes")

    def found(*words):
        return [x["address"] for x in
                document(site, "subscriber", "list", *words)["items"]]
    assert found() == ["anna@a.example", "bart@b.example", "cleo@c.example"]
    assert found("--language", "nl") == ["anna@a.example"]
    assert found("--state", "unsubscribed") == ["bart@b.example"]
    assert found("--tag", "tolk") == ["bart@b.example"]
    assert found("--search", "LINDE") == ["anna@a.example"]
    assert found("--search", "cleo") == ["cleo@c.example"]
    last = run(site, "subscriber", "list").stdout.splitlines()[-1]
    assert last == "2 active: nl 1, en 0, both 1 (of whom 1 never chose a" \
        " language)"
    error(site, "subscriber", "list", "--state", "gone", code=2)


def test_nothing_says_who_is_on_the_list(site, table):
    add(site)
    run(site, "subscriber", "import", table("e-mail", "bart@b.example"),
        "--apply", *BASIS)
    run(site, "subscriber", "unsubscribe", ANNA, "--yes")
    dump = json.dumps([site.db.rows(f"select t::text from {t} t") for t in (
        "subscriber", "suppression", "consent_event", "activity")])
    for word in ("anna", "voorbeeldhuis", "bart"):
        assert word not in dump
        assert word.encode().hex() not in dump


# Import.

def test_defects_of_an_import(site):
    expected = json.loads((DATA / "import-defects.expected.json").read_text())
    rejects = site.folder / "rejects.csv"
    report = document(site, "subscriber", "import",
                      DATA / "import-defects.csv", "--rejects", rejects,
                      code=6)
    found = {str(r["row"]): r["reason"] for r in report["rejected"]}
    assert found == expected["rejected"]
    assert {str(r["row"]): r["duplicate_of"] for r in report["rejected"]
            if "duplicate_of" in r} == expected["duplicate_of"]
    assert {str(r["row"]): r["reason"] for r in report["warnings"]} == \
        expected["warnings"]
    assert report["new"] == len(expected["accepted"])
    assert report["rows"] == report["new"] + len(report["rejected"])
    rows = list(csv.DictReader(io.StringIO(
        rejects.read_text("utf-8-sig"), newline=""), delimiter=";"))
    assert [r["rij"] for r in rows] == list(expected["rejected"])
    assert all(r["reden"] for r in rows)
    assert (rejects.stat().st_mode & 0o777) == 0o600
    for r in rows:
        for value in r.values():
            assert value.lstrip('" ')[:1] not in "=+-@\t\r" or value == ""


def test_the_configuration_chooses_the_language(site, table):
    done = site.tweeluik("subscriber", "import", table("e-mail", "piet@"))
    assert "Het adres is niet compleet" in done.stdout
    done = site.tweeluik("subscriber", "add", "piet@", *BASIS)
    assert "Het adres is niet compleet" in done.stderr


def test_check_writes_nothing(site, table):
    done = run(site, "subscriber", "import", table("e-mail", ANNA))
    assert "Check of 1 rows: 1 new" in done.stdout
    assert "--apply" in done.stderr
    assert document(site, "subscriber", "list")["items"] == []
    error(site, "subscriber", "import", table("e-mail", ANNA), "--apply",
          code=2)


def test_import_keeps_what_people_chose(site, table):
    site.db.rows("insert into organisation (name) values ('Huis De Linde')")
    add(site, ANNA, "--language", "en")
    add(site, "bart@b.example")
    file = table("e-mail,taal,organisatie", f"{ANNA},nl,huis de linde",
                 "bart@b.example,nl,")
    report = document(site, "subscriber", "import", file, "--apply",
                      "--tag", "netwerkdag-2027", *BASIS)
    assert (report["completed"], report["new"]) == (2, 0)
    anna, bart = show(site, ANNA), show(site, "bart@b.example")
    assert (anna["language"], anna["organisation"]) == ("en", "Huis De Linde")
    assert anna["tags"] == ["netwerkdag-2027"]
    assert (bart["language"], bart["language_from"]) == ("nl", "import")
    assert bart["events"][-1]["kind"] == "language"
    report = document(site, "subscriber", "import", file, "--apply", "--tag",
                      "netwerkdag-2027", *BASIS)
    assert (report["completed"], report["same"]) == (0, 2)


def test_import_never_wakes_anybody(site, table):
    """Paused, undeliverable and unconfirmed people keep their state."""
    for state in ("paused", "undeliverable", "pending"):
        add(site, f"{state}@a.example")
        site.db.rows("update subscriber set state = %s"
                     " where state = 'active'", state)
    run(site, "subscriber", "import", table(
        "e-mail,taal", *(f"{s}@a.example,nl" for s in
                         ("paused", "undeliverable", "pending"))),
        "--apply", *BASIS)
    assert {x["address"].split("@")[0]: x["state"] for x in document(
        site, "subscriber", "list")["items"]} == {
        s: s for s in ("paused", "undeliverable", "pending")}


def test_proof_of_an_import(site, table):
    run(site, "subscriber", "import", table("e-mail", ANNA), "--apply",
        "--basis", "signed up at the network day")
    event, = show(site, ANNA)["events"]
    assert (event["kind"], event["way"], event["basis"]) == \
        ("imported", "import", "signed up at the network day")


def test_windows_1252_is_converted(site, table):
    file = table("E-mailadres;Organisatie", f"{ANNA};Huis Zee\u00ebn \u20ac",
                 encoding="cp1252", end="\r\n")
    report = document(site, "subscriber", "import", file)
    assert (report["charset"], report["separator"]) == \
        ("windows-1252", "semicolon")
    assert "converted" in run(site, "subscriber", "import", file).stdout


def test_columns_can_be_named(site, table):
    file = table("naam,wie", f"Anna,{ANNA}")
    assert error(site, "subscriber", "import", file, code=2)["code"] == \
        "no-email-column"
    assert document(site, "subscriber", "import", file, "--map",
                    "email=2")["new"] == 1
    error(site, "subscriber", "import", file, "--map", "email=3", code=2)
    error(site, "subscriber", "import", file, "--map", "mail=2", code=2)


def test_not_a_table(site, table):
    xlsx = site.folder / "list.xlsx"
    xlsx.write_bytes(b"PK\3\4\x14\0\6\0\x08\0\0\0!\0" + bytes(60))
    e = error(site, "subscriber", "import", xlsx, code=2)
    assert e["code"] == "excel-file"
    assert "CSV UTF-8" in e["hint"]
    big = site.folder / "big.csv"
    with open(big, "wb") as f:
        f.truncate(64 * 1024 * 1024 + 1)
    assert error(site, "subscriber", "import", big, code=2)["code"] == \
        "too-large"
    error(site, "subscriber", "import", site.folder / "nowhere.csv", code=3)


def test_standard_input_and_default_language(site):
    run(site, "subscriber", "import", "-", "--apply", "--language", "nl",
        *BASIS, stdin=f"email\n{ANNA}\n")
    assert show(site, ANNA)["language"] == "nl"


def test_rejects_come_back_corrected(site, table):
    """What the formula guard added is gone when the file is read again."""
    rejects = site.folder / "rejects.csv"
    run(site, "subscriber", "import", table(
        "e-mail;taal", "+anna@a.example;fr", "bart@;nl"), "--rejects",
        rejects, code=6)
    text = rejects.read_text("utf-8-sig")
    assert "'+anna@a.example" in text
    rejects.write_text(text.replace("fr", "en").replace("bart@", "bart@b.example"))
    run(site, "subscriber", "import", rejects, "--apply", *BASIS)
    assert show(site, "+anna@a.example")["language"] == "en"
    assert show(site, "bart@b.example")["state"] == "active"


def test_a_large_import(site, table):
    file = table("e-mail,taal", *(f"lezer{i}@a{i % 97}.example,nl"
                                  for i in range(100_000)))
    report = document(site, "subscriber", "import", file, "--apply", *BASIS)
    assert report["new"] == 100_000
    assert site.db.one("select count(*) from consent_event") == 100_000
    report = document(site, "subscriber", "import", file)
    assert report["same"] == 100_000
