"""The social map: written by hand and by file, announced by itself, and
checked by the organisations it is about."""
import csv
import email
import email.policy
import html
import io
import json
import re
import threading
from urllib.parse import urlencode

import conformity
import lxml.html
import pytest
from newsletter import DEMO, approve, as_json, ok, plan
from test_items import in_editor
from website import Visitor

from tests.embedded import BASE, answers, wait_until

HOUSE = "Voorbeeldhuis"
MAIL = "balie@voorbeeldhuis.example"
FORM = """# comes from a file
Naam: Voorbeeldhuis
Place: Utrecht
Postal-address: Kade 3, 1000 AB Utrecht
Contact: Noor van Vliet
Phone: 099 000 00 01
Email: balie@voorbeeldhuis.example
Aim-nl: Opvang voor vrouwen met kinderen
Aim-en: Shelter for women with children
Topics: shelter
Languages: nl en fr
"""


@pytest.fixture
def tw(site):
    """A command with --json; what it answered, or its error."""
    def run(*words, code=0, stdin=None):
        done = site.tweeluik(*words, "--json", "--lang", "en", stdin=stdin)
        assert done.returncode == code, done.stderr
        if code:
            return json.loads(done.stderr.splitlines()[-1])["error"]
        return json.loads(done.stdout) if done.stdout else None
    return run


@pytest.fixture
def house(tw):
    tw("org", "add", "--file", "-", stdin=FORM)
    return tw


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")),
                               delimiter=";"))


def levels(org):
    return {k: v["visibility"] for k, v in org["fields"].items()}


# By hand

def test_add_show_set(house, site):
    org = house("org", "show", HOUSE)
    assert levels(org) == {
        "place": "public", "postal_address": "office", "contact": "office",
        "phone": "mail", "email": "mail"}
    assert org["texts"]["nl"]["aim"] == "Opvang voor vrouwen met kinderen"
    assert (org["topics"], org["languages"]) == ("shelter", "nl en fr")
    assert (org["revision"], org["subscribers"]) == (1, 0)
    org = house("org", "set", HOUSE, "--visibility", "telefoon=openbaar",
                "--visibility", "email=office", "--capacity-en", "8 beds",
                "--capacity-date", "+0d", "--phone", "")
    assert levels(org)["email"] == "office" and "phone" not in levels(org)
    assert org["texts"]["en"]["capacity"] == "8 beds"
    assert org["history"][0]["action"] == "changed"
    assert org["history"][0]["detail"] == (
        "capacity_date capacity_en phone visibility")
    assert "8 beds" not in json.dumps(org["history"])
    again = house("org", "set", HOUSE, "--capacity-en", "8 beds")
    assert again["revision"] == org["revision"] == 2
    assert house("org", "set", "1", "--name", "Huis")["name"] == "Huis"
    text = ok(site, "org", "show", "Huis", "--lang", "nl")
    assert "kantoor" in text and "Utrecht" in text


def test_a_form_that_somebody_else_overtook(house, site):
    e = house("org", "set", HOUSE, "--revision", "7", "--phone", "1", code=5)
    assert "meanwhile" in e["message"]
    house("org", "set", HOUSE, "--revision", "1", "--phone", "1")
    house("org", "set", HOUSE, "--revision", "1", "--phone", "2", code=5)
    assert house("org", "show", HOUSE)["fields"]["phone"]["value"] == "1"


def test_the_editor(house, site):
    done, left = in_editor(site, ":", "org", "set", HOUSE)
    assert done.returncode == 0 and left == []
    assert "nothing was changed" in done.stderr
    done, left = in_editor(
        site, "sed -i -e 's/^Phone:.*/Phone: 2/' -e 's/^Place:.*/Place:/' $1",
        "org", "set", HOUSE)
    assert done.returncode == 0 and left == [], done.stderr
    fields = house("org", "show", HOUSE)["fields"]
    assert fields["phone"]["value"] == "2" and "place" not in fields
    done, left = in_editor(site, "sed -i 's/^Secret:.*/Secret: soms/' $1",
                           "org", "set", HOUSE)
    assert done.returncode == 2 and len(left) == 1
    assert str(left[0]) in done.stderr and "'soms' is not yes" in done.stderr
    left[0].unlink()
    # Somebody else saves while the editor is open.
    other = (f"sed -i 's/^Phone:.*/Phone: 3/' $1; {site.build}/bin/tweeluik "
             f"org set {HOUSE} --region Utrecht")
    done, left = in_editor(site, other, "org", "set", HOUSE)
    assert done.returncode == 5 and len(left) == 1
    assert "Phone: 3" in left[0].read_text()
    left[0].unlink()
    done, left = in_editor(site, "sed -i 's/^Aim-nl:.*/Aim-nl: Raad/' $1",
                           "org", "add", "Raadhuis")
    assert done.returncode == 0 and left == [], done.stderr
    org = house("org", "show", "Raadhuis")
    assert org["texts"]["nl"]["aim"] == "Raad"


def test_what_cannot_be(house):
    e = house("org", "add", HOUSE, "--place", "utrecht", code=0)
    assert e["name"] == HOUSE  # places differ by case: another one
    e = house("org", "add", "voorbeeldhuis", "--place", "Utrecht", code=5)
    assert (e["code"], e["message"]) == (
        "taken", "There is already an organisation with this name in Utrecht")
    e = house("org", "show", HOUSE, code=2)
    assert "There are 2 organisations" in e["message"]
    house("org", "show", f"{HOUSE}, Utrecht", code=2)
    house("org", "add", code=2)
    house("org", "add", "--place", "Nergens", code=2)
    house("org", "add", "", "--place", "Nergens", code=2)
    e = house("org", "set", "1", "--website", "www.x.example", code=2)
    assert e["message"].startswith("--website: a website starts with")
    e = house("org", "set", "1", "--visibility", "aim_nl=office", code=2)
    assert "which field" in e["message"]
    house("org", "set", "Nergens", "--phone", "1", code=3)
    e = house("org", "add", "--file", "-", code=2,
              stdin="Name: A\nPlace: B\nColour: red\n")
    assert e["message"].startswith("standard input, line 3")


def test_dry_run(house, site):
    house("org", "set", HOUSE, "--phone", "9", "--dry-run")
    house("org", "add", "Ander huis", "--phone", "1", "--dry-run")
    house("org", "remove", HOUSE, "--dry-run")
    assert site.db.one("select count(*) from organisation") == 1
    assert house("org", "show", HOUSE)["fields"]["phone"]["value"] != "9"


def test_a_person_is_named_only_after_agreeing(house, site):
    e = house("org", "set", HOUSE, "--visibility", "contact=mail", code=4)
    assert e["code"] == "not-agreed" and "--contact-agreed-on" in e["hint"]
    org = house("org", "set", HOUSE, "--contact-agreed-on", "2026-03-02",
                "--contact-agreed-by", "Noor van Vliet, by phone")
    assert levels(org)["contact"] == "mail"
    assert org["contact_agreed_on"] == "2026-03-02"
    shown = ok(site, "org", "show", HOUSE, "--lang", "en")
    assert "agreed on Monday 2 March 2026: Noor van Vliet, by phone" in shown
    # Somebody else has not agreed to anything.
    org = house("org", "set", HOUSE, "--contact", "Kim de Boer")
    assert levels(org)["contact"] == "office"
    assert org["contact_agreed_on"] is None
    with pytest.raises(Exception, match="organisation_contact_agreed"):
        site.db.rows("update organisation set field_visibility ="
                     " '{\"contact\": \"public\"}'")


def test_a_secret_address_stays_in_the_office(house, site):
    house("org", "set", HOUSE, "--secret", "yes")
    org = house("org", "show", HOUSE)
    assert levels(org)["place"] == "office"
    assert "geheim" in ok(site, "org", "show", HOUSE, "--lang", "nl")
    assert "\U0001f512" in ok(site, "org", "show", HOUSE)
    assert "Utrecht" not in ok(site, "org", "list")
    table = rows_of(ok(site, "org", "export"))
    assert table[0]["place"] == "" and table[0]["secret"] == "yes"
    row = site.db.rows("select * from organisation_mail")[0]
    assert row["place"] is None and row["postal_address"] is None
    # Choosing does not help as long as it is secret, and not afterwards.
    org = house("org", "set", HOUSE, "--visibility", "place=public")
    assert levels(org)["place"] == "office"
    org = house("org", "set", HOUSE, "--secret", "no")
    assert levels(org)["place"] == "office"
    org = house("org", "set", HOUSE, "--visibility", "place=public")
    assert levels(org)["place"] == "public"


def test_list(house, site):
    house("org", "add", "Oud huis", "--region", "Zeeland", "--checked-on",
          "2020-01-01")
    house("org", "add", "Nieuw huis", "--checked-on", "+0d", "--announce",
          "yes")

    def names(*words):
        return [o["name"] for o in house("org", "list", *words)["items"]]
    assert names() == ["Nieuw huis", "Oud huis", HOUSE]
    assert names("--topic", "shelter") == [HOUSE]
    assert names("--region", "zeeland") == ["Oud huis"]
    assert names("--search", "utrecht") == [HOUSE]
    assert names("--search", "noor") == [HOUSE]
    assert names("--announce") == ["Nieuw huis"]
    assert names("--unchecked-since", "1y") == ["Oud huis", HOUSE]
    assert names("--unchecked-since", "2020-01-01") == [HOUSE]
    assert names("--unchecked-since", "+1d") == ["Nieuw huis", "Oud huis",
                                                 HOUSE]
    house("org", "list", "--unchecked-since", "1q", code=2)
    for word in "x", "9999y", "101y", "1201m", "5201w", "99999d":
        assert "1y" in house("org", "list", "--unchecked-since", word,
                             code=2)["hint"]
    assert names("--unchecked-since", "100y") == [HOUSE]


# Files

def test_export_and_import_again(tw, site):
    tw("org", "import", DEMO / "organisations.csv", "--apply")
    tw("org", "add", "=1+1", "--phone", "+31 99 000", "--contact", "@x",
       "--contact-agreed-on", "2026-01-01", "--visibility", "contact=public")
    before = site.db.rows("select organisation_fields(id) as f from"
                          " organisation order by id")
    path = site.folder / "map.csv"
    ok(site, "org", "export", path)
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert text.startswith("\ufeffname;")
    for line in csv.reader(io.StringIO(text), delimiter=";"):
        assert not any(cell[:1] in "=+-@" for cell in line if cell)
    for secret in ("Geheimepad", "Stilwater", "1000 SW"):
        assert secret not in text
    again = tw("org", "import", path, "--apply")
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 9)
    assert before == site.db.rows("select organisation_fields(id) as f from"
                                  " organisation order by id")
    # Into an empty map: all but the secret address.
    site.db.rows("delete from organisation")
    assert tw("org", "import", path, "--apply")["new"] == 9
    names = {r["f"]["name"]: r["f"] for r in site.db.rows(
        "select organisation_fields(id) as f from organisation")}
    for was in (r["f"] for r in before):
        now = names[was["name"]]
        if was["secret"] == "yes":
            for key in ("place", "postal_address", "region"):
                assert key not in now
                del was[key]
        assert now == was


def test_export_leaves_no_half_file(house, site):
    path = site.folder / "map.csv"
    path.write_text("what was here before")
    path.chmod(0o644)
    said = site.tweeluik("org", "export", path, "--dry-run", "--lang", "en")
    assert said.returncode == 0 and "would be written" in said.stderr
    assert path.read_text() == "what was here before"
    ok(site, "org", "export", path)
    assert [r["name"] for r in rows_of(path.read_text())] == [HOUSE]
    assert path.stat().st_mode & 0o777 == 0o600
    house("org", "export", "/nowhere/map.csv", code=1)
    assert [p.name for p in site.folder.glob("map.csv*")] == ["map.csv"]


def test_what_the_rules_refuse_is_named_by_its_row(house, site):
    """As a spreadsheet counts: empty lines are rows, and so is each line of
    the headings."""
    path = site.folder / "map.csv"
    path.write_text("name,contact,visibility\n\nEen,,\n\n"
                    "Twee,Kim,contact=public\n")
    e = house("org", "import", path, "--apply", code=4)
    assert "row 5" in e["message"], e


def test_schemas(house, site):
    def schema(*words, **more):
        return house(*words, **more)["schema"]
    assert schema("org", "list") == "tweeluik.organisations/1"
    assert schema("org", "changes") == "tweeluik.organisation-changes/1"
    assert schema("org", "show", HOUSE) == "tweeluik.organisation/1"
    assert schema("org", "import", "-", stdin="name\nEen\n") == \
        "tweeluik.organisation-import/1"


def test_a_file_that_says_little_changes_little(house):
    house("org", "set", HOUSE, "--secret", "yes")
    assert house("org", "import", "-", "--apply",
                 stdin="naam;telefoon;geheim\nVoorbeeldhuis;1;\n")["changed"]
    org = house("org", "show", HOUSE)
    assert org["fields"]["phone"]["value"] == "1" and org["secret"] is True
    assert org["fields"]["postal_address"]["value"] == (
        "Kade 3, 1000 AB Utrecht")
    # Nor does an empty cell of a secret address.
    house("org", "import", "-", "--apply",
          stdin="name,place,postal_address,secret\nVoorbeeldhuis,,,yes\n")
    org = house("org", "show", HOUSE)
    assert org["fields"]["place"]["value"] == "Utrecht"


def test_contact_public_in_a_file(house):
    head = "name,place,contact,contact_public\n"
    house("org", "import", "-", "--apply",
          stdin=head + f"{HOUSE},Utrecht,Noor van Vliet,yes\n")
    org = house("org", "show", HOUSE)
    assert levels(org)["contact"] == "mail" and org["contact_agreed_on"]
    house("org", "import", "-", "--apply",
          stdin=head + f"{HOUSE},Utrecht,Noor van Vliet,no\n")
    assert levels(house("org", "show", HOUSE))["contact"] == "office"


# New in the network

def queued(site):
    return site.db.rows(
        "select i.id, i.state, t.lang, t.title, s.status from item i"
        " join item_text t on t.item_id = i.id"
        " join item_side s on s.item_id = i.id and s.lang = t.lang"
        " where i.kind = 'organisation' and i.state = 'queued'"
        " order by t.lang")


def test_a_mark_makes_an_item_and_takes_it_back(house, site):
    house("org", "set", HOUSE, "--announce", "yes")
    rows = queued(site)
    assert [(r["lang"], r["title"], r["status"]) for r in rows] == [
        ("en", HOUSE, "ready"), ("nl", HOUSE, "ready")]
    # Marked again by a file: still one.
    house("org", "import", "-", "--apply",
          stdin=f"name,place,announce\n{HOUSE},Utrecht,yes\n")
    assert len(queued(site)) == 2
    house("org", "set", HOUSE, "--name", "Het Huis")
    assert {r["title"] for r in queued(site)} == {"Het Huis"}
    house("org", "set", "Het Huis", "--announce", "no")
    assert queued(site) == []
    house("org", "set", "Het Huis", "--announce", "yes")
    assert len(queued(site)) == 2
    # Dropping the item by hand is taking the mark away.
    house("item", "drop", str(queued(site)[0]["id"]), "--yes")
    assert house("org", "show", "Het Huis")["announce"] is False


def test_a_text_by_hand_takes_the_place_of_the_bare_item(house, site):
    house("org", "set", HOUSE, "--announce", "yes")
    house("item", "add", "--file", "-", stdin=(
        f"Kind: organisation\nOrganisation: {HOUSE}\n\n--- nl\n"
        "Title: Nieuw huis\nState: ready\n\nEen huis met een tuin.\n"))
    assert [r["title"] for r in queued(site)] == ["Nieuw huis"]
    assert house("org", "show", HOUSE)["announce"] is True
    # Marking what has a text already makes nothing.
    house("org", "set", HOUSE, "--announce", "no")
    assert queued(site) == []
    house("item", "ready", str(site.db.one("select max(id) from item")))
    house("org", "set", HOUSE, "--announce", "yes")
    assert [r["title"] for r in queued(site)] == ["Nieuw huis"]


def test_announced_once_in_both_languages(house, site):
    house("org", "set", HOUSE, "--announce", "yes", "--secret", "yes",
          "--aim-en", "")
    plan(site, "0*.item")
    for lang in ("nl", "en"):
        text = ok(site, "issue", "render", "next", "--edition", lang,
                  "--format", "text")
        assert HOUSE in text and "Utrecht" not in text
        assert ("Opvang voor vrouwen" in text) == (lang == "nl")
    ok(site, "subscriber", "add", "a@lezers.example", "--basis", "test")
    approve(site)
    site.db.rows("select issue_freeze(id, 50, '120 hours') from issue"
                 " where state = 'approved'", role="tweeluik_schedule")
    org = house("org", "show", HOUSE)
    assert org["announce"] is False
    number = site.db.rows("select number, year from issue"
                          " where state = 'sending'")[0]
    assert org["issue"] == f"{number['number']}, {number['year']}"
    assert f"{number['number']}, {number['year']}" in ok(site, "org", "list")
    assert queued(site) == []
    # It may be announced anew, with a new item.
    house("org", "set", HOUSE, "--announce", "yes")
    assert len(queued(site)) == 2


def test_looking_it_over_keeps_an_approval(house, site):
    house("org", "set", HOUSE, "--announce", "yes")
    plan(site, "0*.item")
    ok(site, "subscriber", "add", "a@lezers.example", "--basis", "test")
    approve(site)
    house("org", "set", HOUSE, "--checked-on", "+0d", "--contact-language",
          "nl")
    state = "select state from issue order by planned_at limit 1"
    assert site.db.one(state) == "approved"
    house("org", "set", HOUSE, "--aim-nl", "Iets anders")
    assert site.db.one(state) == "open"


def test_remove(house, site):
    ok(site, "subscriber", "add", "a@lezers.example", "--basis", "test",
       "--organisation", HOUSE)
    assert house("org", "show", HOUSE)["subscribers"] == 1
    house("org", "set", HOUSE, "--announce", "yes")
    e = house("org", "remove", HOUSE, code=4)
    assert e["code"] == "unsent"
    done = site.tweeluik("org", "remove", HOUSE, "--yes", "--lang", "en",
                         check=True)
    assert "1 subscriber belongs to it" in done.stderr
    assert "a@lezers" not in done.stderr + done.stdout
    assert queued(site) == []
    person = as_json(site, "subscriber", "show", "a@lezers.example")
    assert (person["state"], person["organisation"]) == ("active", None)
    house("org", "show", HOUSE, code=3)
    house("org", "add", "Leeg", "--phone", "1")
    e = house("org", "remove", "Leeg", code=2)
    assert "--yes" in e["hint"]


# Ask to check

def test_who_is_asked(house, site):
    house("org", "add", "Zonder adres", "--phone", "1")
    house("org", "add", "Nagekeken", "--email", "a@b.example", "--checked-on",
          "+0d")
    house("org", "add", "Geklaagd", "--email", "boos@b.example")
    ok(site, "subscriber", "add", "boos@b.example", "--basis", "test")
    ok(site, "subscriber", "set", "boos@b.example", "--state", "blocked",
       "--yes")
    site.db.rows("insert into suppression select address_hash, 'blocked' from"
                 " subscriber on conflict do nothing")
    since = ("org", "check", "--unchecked-since", "1y")
    plan_ = house(*since, "--dry-run")
    assert {o["name"]: o["left_out"] for o in plan_["organisations"]} == {
        HOUSE: None, "Zonder adres": "no-address", "Geklaagd": "suppressed"}
    assert site.db.one("select count(*) from letter") == 0
    assert "--confirm=1" in house(*since, code=2)["hint"]
    house(*since, "--confirm", "2", code=2)
    assert house(*since, "--confirm", "1")["asked"] == 1
    letter, = site.db.rows("select * from letter")
    assert (letter["kind"], letter["language"]) == ("check", "both")
    assert MAIL.encode() not in bytes(letter["address_sealed"])
    # Once in thirty days.
    assert house("org", "check", HOUSE)["asked"] == 0
    site.db.rows("update letter set at = now() - interval '31 days'")
    house("org", "set", HOUSE, "--contact-language", "en")
    assert house("org", "check", HOUSE, "--confirm", "1")["asked"] == 1
    assert site.db.one("select language from letter order by id desc"
                       " limit 1") == "en"
    house("org", "check", code=2)
    house("org", "check", HOUSE, "--unchecked-since", "1y", code=2)


def arrived(site, n):
    """So many mails, and nobody is at work on one any more."""
    return len(site.mails()) == n and site.db.one(
        "select bool_and(state = 'done') from mailing")


@pytest.fixture
def asked(house, site):
    """Asked by mail, with every role at work: the mail and its links."""
    site.start_catcher()
    site.start_daemon(log=site.folder / "log")
    house("org", "set", HOUSE, "--secret", "yes")
    house("org", "check", HOUSE, "--confirm", "1")
    assert wait_until(lambda: arrived(site, 1), 20)
    assert wait_until(lambda: answers(site.web_port), 20)
    site.raw = site.mails()[0].read_bytes()
    mail = email.message_from_bytes(site.raw, policy=email.policy.default)
    body = mail.get_body(("html",)).get_content()
    site.links = sorted(set(re.findall(r'href="([^"]+)"', body)))
    site.sent, site.body = mail, html.unescape(body)
    site.path = "/k/" + site.links[0].split("/k/")[1]
    yield house
    site.stop_daemon()
    log = (site.folder / "log").read_text()
    assert "Sanitizer" not in log and "page-failed" not in log, log
    assert "letter-failed" not in log and not re.search(r"\w@\w", log), log


def ask(site, method, path, fields=None):
    answer = Visitor(site.web_port).ask(
        method, path, urlencode(fields or {}),
        {"Content-Type": "application/x-www-form-urlencoded"})
    return (answer.status, answer.headers.get("Location"),
            html.unescape(answer.body))


def page(site, path=""):
    status, _, body = ask(site, "GET", site.path + path)
    assert status == 200
    return body


def dump(site):
    return [site.db.rows(f"select * from {t} order by 1, 2") for t in (
        "organisation", "organisation_text", "organisation_change", "letter",
        "activity", "item", "message", "mailing")]


def form_of(body, lang="nl"):
    """What a person finds filled in."""
    tree = lxml.html.fromstring(body)
    form, = tree.xpath(f'//section[@lang="{lang}"]//form')
    return {k: v or "" for k, v in form.fields.items()}


def test_the_mail(asked, site):
    assert list(conformity.letter_violations(site.raw)) == []
    assert site.sent["To"] == MAIL
    assert site.sent["Subject"] == (
        "Klopt wat wij van u weten nog? / "
        "Is what we know about you still right?")
    text = site.sent.get_body(("plain",)).get_content()
    for body in (text, site.body):
        assert "Opvang voor vrouwen met kinderen" in body
        assert "Noor van Vliet" in body and "099 000 00 01" in body
        # Nothing of where it is, and no address, since mail is forwarded.
        assert "Utrecht" not in body and "Kade" not in body
        assert MAIL not in body and "b•••@voorbeeldhuis.example" in body
        assert "geheim adres" in body and "secret address" in body
        assert "Nederlands, Engels, Frans" in body
        assert "Dutch, English, French" in body
        assert "Opvang" in body and "Shelter" in body
    assert [x.split("/k/")[0] for x in site.links] == [BASE, BASE]
    assert site.links[1] == site.links[0] + "/change"


def test_all_is_right(asked, site):
    before = dump(site)
    for method in ("GET", "HEAD", "OPTIONS"):
        for path in ("", "/change", "/done"):
            ask(site, method, site.path + path)
    assert dump(site) == before
    body = page(site)
    assert "Klopt" in body and "Correct" in body
    assert "Utrecht" not in body and "Kade" not in body and MAIL not in body
    assert "secret address" in body
    assert len(body.encode()) < 30000
    # Nothing was done, so no page says so.
    assert "Gelukt" not in page(site, "/done")
    status, to, _ = ask(site, "POST", site.path)
    assert (status, to) == (303, site.path + "/done")
    done = page(site, "/done")
    assert "<title>Gelukt: " in done and 'role="status"' in done
    today = site.db.one("select schedule_date(now())")
    assert asked("org", "show", HOUSE)["checked_on"] == today.isoformat()
    assert asked("org", "list", "--unchecked-since", "1y")["items"] == []
    # Once: later it says nothing.
    site.db.rows("update organisation set checked_on = '2020-01-01'")
    again = dump(site)
    assert ask(site, "POST", site.path)[0] == 303
    assert dump(site) == again


def test_a_change_waits_for_the_office(asked, site):
    body = page(site, "/change")
    assert "Utrecht" not in body and "Kade" not in body and MAIL not in body
    assert len(body.encode()) < 30000
    fields = form_of(body)
    assert fields["phone"] == "099 000 00 01" and fields["email"] == ""
    assert "place" not in fields and "postal_address" not in fields
    fields.update(phone="099 9", contact="Kim de Boer",
                  website="voorbeeldhuis.example", place="Amsterdam",
                  postal_address="Ergens 1", secret="no", announce="yes",
                  visibility="place=public",
                  remark="Ook op\r\nzaterdag <b>open</b>")
    before = asked("org", "show", HOUSE)
    status, to, _ = ask(site, "POST", site.path + "/change", fields)
    assert (status, to) == (303, site.path + "/done")
    body = page(site, "/done")
    assert "<title>Gelukt: " in body and 'role="status"' in body
    after = asked("org", "show", HOUSE)
    assert after["changes"] == 1
    assert after["fields"] == before["fields"]
    assert after["texts"] == before["texts"]
    change, = asked("org", "changes")["items"]
    assert change["fields"] == {
        "phone": "099 9", "contact": "Kim de Boer",
        "website": "https://voorbeeldhuis.example"}
    assert change["remark"] == "Ook op  zaterdag <b>open</b>"
    assert change["was"] == {
        "phone": "099 000 00 01", "contact": "Noor van Vliet",
        "website": None}
    number = str(change["id"])
    assert "tweeluik org changes" in ok(site, "status", "--lang", "en")
    assert as_json(site, "status")["organisation_changes"] == 1
    assert asked("org", "list")["items"][0]["changes"] == 1
    text = ok(site, "org", "changes", "--lang", "nl")
    assert "099 000 00 01 -> 099 9" in text
    # Who wrote that something changed cannot say that all is right.
    assert ask(site, "POST", site.path)[0] == 303
    assert asked("org", "show", HOUSE)["checked_on"] is None
    # A second answer takes the place of the first, under another number.
    fields.update(phone="099 8", contact="Noor van Vliet", remark="")
    ask(site, "POST", site.path + "/change", fields)
    change, = asked("org", "changes", HOUSE)["items"]
    assert change["fields"]["phone"] == "099 8"
    asked("org", "accept", number, "--yes", code=3)
    asked("org", "accept", str(change["id"]), code=2)
    org = asked("org", "accept", str(change["id"]), "--yes")
    assert org["fields"]["phone"]["value"] == "099 8"
    assert org["checked_on"] and org["changes"] == 0
    assert org["secret"] is True and org["announce"] is False
    assert org["fields"]["postal_address"]["value"].startswith("Kade 3")
    assert asked("org", "changes")["items"] == []
    asked("org", "refuse", str(change["id"]), "--yes", code=3)


def test_a_change_that_is_refused(asked, site):
    fields = form_of(page(site, "/change"))
    fields.update(name="Iets anders")
    ask(site, "POST", site.path + "/change", fields)
    change, = asked("org", "changes")["items"]
    site.tweeluik("org", "refuse", str(change["id"]), "--yes", check=True)
    org = asked("org", "show", HOUSE)
    assert (org["changes"], org["checked_on"]) == (0, None)
    assert org["history"][0]["action"] == "change-refused"
    assert "Iets anders" not in json.dumps(org)


def test_a_form_with_something_wrong(asked, site):
    fields = form_of(page(site, "/change"))
    before = dump(site)
    status, _, body = ask(site, "POST", site.path + "/change", fields)
    assert status == 200 and "<title>Fout: " in body
    for key, value in (("email", "geen adres"), ("name", " \n"),
                       ("phone", "1" * 4001), ("contact", "\ue000"),
                       ("website", "ftp://x.example"), ("remark", "\ue000"),
                       ("aim_en", "x" * 4001)):
        typed = dict(fields, **{key: value, "capacity_nl": "<8> plaatsen"})
        status, _, body = ask(site, "POST", site.path + "/change", typed)
        assert status == 200 and "<title>Fout: " in body, key
        tree = lxml.html.fromstring(body)
        assert len(tree.xpath("//*[@aria-invalid='true']")) == 2, key
        for a in tree.xpath("//div[@class='errors']//a"):
            assert tree.get_element_by_id(a.get("href")[1:]) is not None
        kept = form_of(body)
        assert kept["capacity_nl"].strip() == "<8> plaatsen"
        if key == "email":
            assert kept["email"] == "geen adres"
    assert dump(site) == before
    for hostile in ({"phone": "\x00"}, {f"x{i}": "" for i in range(100)}):
        assert ask(site, "POST", site.path + "/change",
                   hostile)[0] in (400, 413)
    assert dump(site) == before


def test_links_that_are_not_good(asked, site):
    unknown = ask(site, "GET", "/k/" + "A" * 40)
    assert unknown[0] == 404
    token = site.path[3:]
    paths = ("", "/change", "/done")

    def all_unknown(start="/k/" + token):
        was = dump(site)
        for path in paths:
            assert ask(site, "GET", start + path) == unknown
        assert ask(site, "POST", start) == unknown
        assert ask(site, "POST", start + "/change", {"phone": "1"}) == unknown
        assert dump(site) == was
    # Mangled, and of another purpose.
    all_unknown("/k/" + token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert ask(site, "GET", "/u/" + token)[0] == 404
    # After sixty days.
    site.db.rows("update letter set at = now() - interval '61 days'")
    all_unknown()
    site.db.rows("update letter set at = now()")
    page(site)
    # Who has another address now has no link any more.
    asked("org", "set", HOUSE, "--email", "nieuw@voorbeeldhuis.example")
    all_unknown()
    assert asked("org", "check", HOUSE, "--confirm", "1")["asked"] == 1
    assert wait_until(lambda: arrived(site, 2), 20)
    all_unknown()
    asked("org", "remove", HOUSE, "--yes")
    all_unknown()


def test_two_answers_at_once(asked, site):
    fields = form_of(page(site, "/change"))
    done = []

    def answer(n):
        done.append(ask(site, "POST", site.path + "/change",
                        dict(fields, phone=str(n)))[0])
        done.append(ask(site, "POST", site.path)[0])
    threads = [threading.Thread(target=answer, args=(n,)) for n in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert set(done) == {303} and len(done) == 32
    assert len(asked("org", "changes")["items"]) == 1
    assert asked("org", "show", HOUSE)["fields"]["phone"]["value"] == (
        "099 000 00 01")


def test_the_web_role_reads_no_address(asked, site):
    organisation, letter = site.db.rows(
        "select organisation_id, id from letter")[0].values()
    row = site.db.rows("select * from web_check(%s, %s)", organisation, letter,
                       role="tweeluik_web")[0]
    assert MAIL not in json.dumps(row, default=str)
    for sql in ("select * from organisation", "select * from letter",
                "select * from organisation_change",
                "select organisation_sheet(1)", "select organisation_fields(1)",
                "select * from organisation_put(1, '{}', 0)",
                "select organisation_accept(1, 0)"):
        with pytest.raises(Exception, match="permission denied"):
            site.db.rows(sql, role="tweeluik_web")
    for sql in ("select * from web_check(1, 1)",
                "select web_check_correct(1, 1)",
                "select * from organisation"):
        with pytest.raises(Exception, match="permission denied"):
            site.db.rows(sql, role="tweeluik_schedule")
