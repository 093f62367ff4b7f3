"""The life of an item, and the social map, through the program."""
import json
import os
import pty
import subprocess
from datetime import date, timedelta

import pytest

from tests.demo.dates import first_date
from tests.embedded import ROOT

DEMO = ROOT / "tests/demo"
FORM = """\
Kind: news
Topic: checks
Link: https://streekbus.example/controle

--- nl
Title: Controle in bussen
State: ready

De chauffeur mag om papieren vragen.
"""
ENGLISH = """\
--- en
Title: Checks on buses
State: {}

The driver may ask for papers.
"""


@pytest.fixture
def tw(site):
    """tw(words): JSON of a command that must do; code=: that must not."""
    site.db.rows("select schedule_set('t', %s, '10:00', 'Europe/Amsterdam',"
                 " 14, null, null, null)", first_date())
    site.db.rows("insert into issue (occurrence, planned_at) values"
                 " (%s, now() + interval '9 days')", first_date())

    def run(*words, code=0, stdin=None):
        done = site.tweeluik(*words, "--json", "--lang", "en", stdin=stdin)
        assert done.returncode == code, done.stderr
        if code:
            return json.loads(done.stderr.splitlines()[-1])["error"]
        return json.loads(done.stdout)
    return run


def add(tw, text=FORM, *words):
    return tw("item", "add", "--file", "-", *words, stdin=text)


def status(tw, n):
    item = tw("item", "show", n)
    return item["nl"], item["en"]


def test_a_translation_follows_its_source(tw):
    n = add(tw)["id"]
    assert status(tw, n) == ("ready", "empty")
    assert tw("item", "show", n)["source_lang"] == "nl"
    tw("item", "translate", n, "--file", "-", stdin=ENGLISH.format("draft"))
    assert status(tw, n) == ("ready", "draft")
    tw("item", "translate", n, "--to", "en", "--file", "-", "--ready",
       stdin=ENGLISH.format("draft"))
    assert status(tw, n) == ("ready", "ready")

    small = FORM.replace("De chauffeur", "De buschauffeur")
    tw("item", "edit", n, "--small", "--file", "-", stdin=small)
    assert status(tw, n) == ("ready", "ready")

    tw("item", "edit", n, "--file", "-",
       stdin=small.replace("om papieren", "alleen om een kaartje"))
    assert status(tw, n) == ("ready", "outdated")
    en = tw("item", "show", n)["sides"][1]
    assert en["changes"] == (
        "Controle in bussen\n\nDe buschauffeur mag [+alleen+] om [-papieren-]"
        " [+een kaartje+] vragen.")
    # Marking the drafts ready is not looking at the outdated side.
    tw("item", "ready", n)
    assert status(tw, n) == ("ready", "outdated")
    tw("item", "ready", n, "--side", "en")
    assert status(tw, n) == ("ready", "ready")
    assert tw("item", "show", n)["sides"][1]["changes"] is None


def test_changes_so_far_may_be_declared_small(tw):
    n = add(tw, FORM + ENGLISH.format("ready"))["id"]
    tw("item", "edit", n, "--file", "-", stdin=FORM.replace("mag", "kan"))
    assert status(tw, n) == ("ready", "outdated")
    tw("item", "ready", n, "--small")
    assert status(tw, n) == ("ready", "ready")


def test_the_side_that_is_ready_first_is_the_source(tw):
    english = FORM.split("---")[0] + ENGLISH.format("ready")
    n = add(tw, english)["id"]
    assert tw("item", "show", n)["source_lang"] == "en"
    waiting = tw("item", "translate", "--next", "--file", "-",
                 stdin="--- nl\nTitle: Controle\nState: ready\n\nTekst.\n")
    assert waiting["id"] == n
    tw("item", "edit", n, "--file", "-",
       stdin=ENGLISH.format("ready").replace("may", "can"))
    assert status(tw, n) == ("outdated", "ready")


def test_the_same_again_changes_nothing(tw, site):
    n = add(tw)["id"]
    before = tw("item", "show", n)
    log = site.db.one("select count(*) from activity")
    again = tw("item", "edit", n, "--file", "-", stdin=FORM)
    assert again["revision"] == before["revision"] == 1
    tw("item", "ready", n)
    tw("item", "ready", n, "--side", "nl")
    assert tw("item", "show", n) == before
    assert site.db.one("select count(*) from activity") == log


def test_who_comes_second_is_told(tw, site):
    n = add(tw)["id"]
    tw("item", "edit", n, "--file", "-", stdin="Note: een")
    e = tw("item", "edit", n, "--revision", "1", "--file", "-",
           stdin="Note: twee", code=5)
    assert e["code"] == "conflict" and "changed meanwhile by" in e["message"]
    assert site.db.one("select note from item where id = %s", n) == "een"
    tw("item", "edit", n, "--revision", "2", "--file", "-", stdin="Note: twee")


@pytest.mark.parametrize("change, slug", [
    (("Topic: checks\n", ""), "no-topic"),
    (("Controle in bussen", "x" * 91), "long-title"),
    (("Title: Controle in bussen", "Title:"), "no-title"),
    (("De chauffeur mag om papieren vragen.\n", ""), "no-text"),
    (("Kind: news\nTopic: checks", "Kind: event"), "no-start"),
    (("Kind: news\nTopic: checks", "Kind: organisation"), "no-organisation"),
])
def test_ready_has_rules(tw, site, change, slug):
    assert add_refused(tw, FORM.replace(*change)) == slug
    assert site.db.one("select count(*) from item") == 0
    if slug != "no-title":
        draft = FORM.replace(*change).replace("ready", "draft")
        n = add(tw, draft)["id"]
        e = tw("item", "ready", n, "--side", "nl", code=4)
        assert e["code"] == slug


def add_refused(tw, text):
    return tw("item", "add", "--file", "-", stdin=text, code=4)["code"]


def test_a_wrong_form_is_named_with_its_place(tw):
    e = tw("item", "add", "--file", "-", code=2,
           stdin=FORM.replace("checks", "busses", 1))
    assert e["message"] == ("standard input, line 2, Topic: "
                            "there is no topic 'busses'")
    e = tw("item", "add", "--file", "-", stdin="Issue: 99\n" + FORM, code=3)
    assert e["message"].endswith("line 1, Issue: there is no open issue 99")
    e = tw("item", "add", "--file", "-", "--topic", "busses", stdin=FORM,
           code=2)
    assert e["message"] == "--topic: there is no topic 'busses'"
    tw("item", "add", "--file", "/nowhere/x.item", code=2)
    tw("item", "show", "99", code=3)
    tw("item", "show", "abc", code=2)


def test_away_and_back(tw, site):
    n = add(tw)["id"]
    assert tw("item", "park", n)["state"] == "parked"
    assert [i["id"] for i in tw("item", "list")["items"]] == [n]
    assert tw("item", "ready", n)["state"] == "queued"
    tw("item", "drop", n, code=2)
    assert tw("item", "drop", n, "--yes")["state"] == "dropped"
    assert tw("item", "list")["items"] == []
    tw("item", "edit", n, "--file", "-", stdin=FORM, code=4)
    assert tw("item", "ready", n)["state"] == "queued"
    site.db.rows("update item set state = 'sent' where id = %s", n)
    for words in (("edit", n, "--file", "-"), ("park", n), ("ready", n)):
        assert tw("item", *words, stdin=FORM, code=4)["code"] == "sent"


def test_dry_run_shows_and_keeps_nothing(tw, site):
    assert add(tw, FORM, "--dry-run")["nl"] == "ready"
    assert site.db.one("select count(*) from item") == 0
    n = add(tw)["id"]
    assert tw("item", "drop", n, "--dry-run")["state"] == "dropped"
    assert tw("item", "show", n)["state"] == "queued"


def test_list_filters(tw):
    first = add(tw)["id"]
    second = add(tw, FORM.replace("checks", "work").replace("bussen", "treinen")
                 .replace("/controle", "/trein"))["id"]

    def ids(*words):
        return [i["id"] for i in tw("item", "list", *words)["items"]]
    assert ids() == [first, second]
    assert ids("--topic", "work") == [second]
    assert ids("--search", "TREINEN") == [second]
    assert ids("--search", "%") == []
    assert ids("--issue", "next") == [first, second]
    assert ids("--state", "sent") == []
    tw("item", "list", "--state", "vaag", code=2)


def test_list_for_people_and_for_awk(tw, site):
    n = add(tw)["id"]
    row, = site.tweeluik("item", "list", "--plain",
                         check=True).stdout.splitlines()
    assert row.split("\t")[:6] == [str(n), "Controle in bussen", "news",
                                   "checks", "ready", "empty"]
    head, row = site.tweeluik("item", "list", "--lang", "nl",
                              check=True).stdout.splitlines()
    assert head.split()[0] == "Bericht" and "klaar" in row and "leeg" in row


def test_notices(tw):
    n = add(tw)["id"]
    item = add(tw, FORM.replace("papieren", "0612345678 of a@b.example"))
    kinds = [(x["kind"], x.get("item", x["text"])) for x in item["notices"]]
    assert kinds == [("duplicate", n), ("phone", "0612345678"),
                     ("email", "a@b.example")]


def test_what_was_said_is_kept(tw, site):
    n = add(tw)["id"]
    tw("item", "edit", n, "--file", "-", stdin=FORM.replace("mag", "kan"))
    tw("item", "edit", n, "--small", "--file", "-",
       stdin=FORM.replace("mag", "kon"))
    rows = site.db.rows("select revision, small, body from item_text_revision"
                        " where item_id = %s order by revision", n)
    assert [(r["revision"], r["small"]) for r in rows] == [
        (1, False), (2, False), (3, True)]
    assert "kon" in rows[2]["body"]
    log = site.db.rows("select action, detail from activity where"
                       " subject = 'item' and subject_id = %s order by id", n)
    assert [tuple(r.values()) for r in log] == [
        ("added", "nl"), ("edited", "nl"), ("edited", "nl (small)")]


def in_editor(site, editor, *words):
    """Run with a terminal and an editor that is a line of shell."""
    main, sub = pty.openpty()
    script = site.folder / "editor"
    script.write_text(f"#!/bin/sh\n{editor}\n")
    script.chmod(0o755)
    tmp = site.folder / "tmp"
    tmp.mkdir(exist_ok=True)
    try:
        done = subprocess.run(
            [str(site.build / "bin/tweeluik"), *map(str, words), "--lang",
             "en"], stdin=sub, capture_output=True, text=True,
            env={**site.env(), "EDITOR": str(script), "TMPDIR": str(tmp)})
    finally:
        os.close(main)
        os.close(sub)
    return done, list(tmp.iterdir())


def test_the_editor(tw, site):
    form = site.folder / "form"
    form.write_text(FORM)
    done, left = in_editor(site, f"cp {form} $1", "item", "add")
    assert done.returncode == 0 and left == [], done.stderr
    item, = tw("item", "list")["items"]
    n = item["id"]

    done, left = in_editor(site, ":", "item", "edit", n)
    assert done.returncode == 0 and left == []
    assert "nothing was changed" in done.stderr

    done, left = in_editor(site, "exit 3", "item", "edit", n)
    assert done.returncode == 1 and left == []
    assert tw("item", "show", n)["revision"] == 1

    done, left = in_editor(site, "sed -i s/checks/chess/ $1", "item", "edit",
                           n)
    assert done.returncode == 2 and len(left) == 1
    assert str(left[0]) in done.stderr and "no topic 'chess'" in done.stderr
    assert "Topic: chess" in left[0].read_text()
    assert left[0].stat().st_mode & 0o777 == 0o600
    left[0].unlink()

    # Somebody else saves while the editor is open.
    other = (f"sed -i s/chauffeur/bestuurder/ $1; echo 'Note: tussendoor' | "
             f"{site.build}/bin/tweeluik item edit {n} --file -")
    done, left = in_editor(site, other, "item", "edit", n)
    assert done.returncode == 5 and len(left) == 1
    assert "bestuurder" in left[0].read_text()
    left[0].unlink()

    done, left = in_editor(
        site, "grep -q '^# De chauffeur' $1 && sed -i "
        "-e 's/^Title:.*/Title: Checks/' -e '$a The driver may ask.' $1",
        "item", "translate", "--next", "--ready")
    assert done.returncode == 0 and left == [], done.stderr
    assert status(tw, n) == ("ready", "ready")
    done, left = in_editor(site, "exit 1", "item", "translate", "--next")
    assert done.returncode == 0 and "translated" in done.stderr


def test_without_a_terminal_nothing_is_asked(tw):
    e = tw("item", "add", code=2)
    assert "--file" in e["hint"]


def test_the_sample_items(tw, site):
    tw("org", "import", DEMO / "organisations.csv", "--apply")
    for path in sorted((DEMO / "items").glob("*.item")):
        tw("item", "add", "--file", path, "--ready")
    items = tw("item", "list")["items"]
    assert len(items) == 19
    assert {i["nl"] for i in items} == {"ready"}
    assert [i["en"] for i in items].count("empty") == 1
    event = tw("item", "show", next(i["id"] for i in items
                                    if "netwerkdag" in i["title"]))
    day = site.db.one("select (now() at time zone 'Europe/Amsterdam')::date")
    assert event["starts_at"] == f"{day + timedelta(45)}T10:00"
    question = [i for i in items if i["kind"] == "question"]
    assert {i["visibility"] for i in question} == {"mail"}


def test_organisations(tw, site):
    check = tw("org", "import", DEMO / "organisations.csv")
    assert (check["new"], check["applied"]) == (8, False)
    assert site.db.one("select count(*) from organisation") == 0
    tw("org", "import", DEMO / "organisations.csv", "--apply")
    again = tw("org", "import", DEMO / "organisations.csv", "--apply")
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 8)
    secret = tw("org", "show", "huis de linde")["fields"]
    assert {secret[f]["visibility"]
            for f in ("place", "postal_address", "region", "contact")} == {
                "office"}
    open_one = tw("org", "show", "Zorgbrug")["fields"]
    assert open_one["contact"]["visibility"] == "mail"
    assert date.fromisoformat(tw("org", "show", "Zorgbrug")["capacity_date"])
    assert len(tw("org", "list", "--topic", "shelter")["items"]) == 2
    tw("org", "show", "Nergens", code=3)
    text = site.tweeluik("org", "list", check=True).stdout
    assert "Stilwater" not in text


@pytest.mark.parametrize("row, defect", [
    ("A,work,maybe", "row 2, secret"),
    ("A,chess,no", "row 2, topics"),
    (",work,no", "row 2, name"),
    ("A,work", "row 2: there are 2 columns here and 3"),
    ("A\x01,work,no", "row 2, name"),
    ('"A"x,work,no', "Row 2 opens a quote"),
    ("A\ue000,work,no", "row 2, name"),
])
def test_a_wrong_table_is_named_with_its_place(site, row, defect):
    done = site.tweeluik("org", "import", "-", "--apply", "--lang", "en",
                         stdin=f"name,topics,secret\n{row}\n")
    assert done.returncode == 2 and defect in done.stderr
    assert site.db.one("select count(*) from organisation") == 0
