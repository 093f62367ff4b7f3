"""Bad input: an error that names file, line and field, and nothing changed."""

import json

import pytest
from newsletter import DEMO, ok

from tests.embedded import ROOT


def counts(site):
    return {t: site.db.one(f"select count(*) from {t}") for t in (
        "item", "item_text", "subscriber", "suppression", "consent_event",
        "organisation", "issue", "mailing", "activity")}


@pytest.mark.parametrize("name,text,words", [
    ("unknown topic", "Kind: news\nTopic: medicine\n\n--- nl\nTitle: x\n\ny\n",
     ("line 2", "Topic", "medicine")),
    ("no title", "Kind: news\nTopic: work\n\n--- nl\n\nTekst\n",
     ("line 4", "Title")),
    ("unknown key", "Kind: news\nColour: red\n\n--- nl\nTitle: x\n\ny\n",
     ("line 2", "Colour")),
    ("bad date", "Kind: news\nTopic: work\nNot-after: 2027-02-30\n\n--- nl\n"
     "Title: x\n\ny\n", ("line 3", "Not-after")),
    ("bad link", "Kind: news\nTopic: work\nLink: ftp://x.example\n\n--- nl\n"
     "Title: x\n\ny\n", ("line 3", "Link")),
    ("control character", "Kind: news\nTopic: work\n\n--- nl\n"
     "Title: a\x07b\n\ny\n", ("line 5",)),
])
def test_item(site, name, text, words):
    path = site.folder / "bad.item"
    path.write_text(text, encoding="utf-8")
    before = counts(site)
    done = site.tweeluik("item", "add", "--file", path, "--lang", "en")
    assert done.returncode in (2, 4), done.stderr
    for word in ("bad.item", *words):
        assert word in done.stderr
    assert counts(site) == before


@pytest.mark.parametrize("address", [
    "a@b.example\r\nBcc: c@d.example", "a@b.example\nRCPT TO:<c@d.example>",
    "a@b.example>", "a b@c.example", "a@b", "\x00", ""])
def test_address(site, address):
    before = counts(site)
    if "\0" in address:
        address = "a\x01@b.example"
    done = site.tweeluik("subscriber", "add", address, "--language", "nl",
                         "--basis", "test")
    assert done.returncode == 2, done.stderr
    assert counts(site) == before


def test_csv_with_every_defect(site):
    data = ROOT / "tests/system/data"
    expected = json.loads((data / "import-defects.expected.json").read_text())
    before = counts(site)
    rejects = site.folder / "afgekeurd.csv"
    done = site.tweeluik("subscriber", "import", data / "import-defects.csv",
                         "--json", "--rejects", rejects)
    report = json.loads(done.stdout)
    found = {str(r["row"]): r["reason"] for r in report["rejected"]}
    assert found == {str(k): v for k, v in expected["rejected"].items()}
    assert counts(site) == before
    assert rejects.exists()
    text = rejects.read_text(encoding="utf-8-sig")
    for line in text.splitlines():
        assert not line.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("change,word", [
    (("sender =", "sendr ="), "sendr"),
    (('"none"', '"maybe"'), "maybe"),
    (("port = ", "port = x"), "port"),
    (("nieuwsbrief@nieuws", "nieuwsbrief nieuws"), "address"),
    (("https://", "http://"), "base_url"),
    (("reply_to =", "# reply_to ="), "reply_to"),
])
def test_configuration(site, change, word):
    site.config.write_text(site.config.read_text().replace(*change, 1))
    for command in (["config", "check"], ["item", "list"]):
        done = site.tweeluik(*command)
        assert done.returncode == 78, done.stderr
        assert str(site.config) in done.stderr and word in done.stderr
    daemon = site.start_daemon(log=site.folder / "log")
    assert daemon.wait(10) == 78
    assert word in (site.folder / "log").read_text()


def test_an_organisation_file_is_taken_whole_or_not(site):
    path = site.folder / "orgs.csv"
    text = (DEMO / "organisations.csv").read_text(encoding="utf-8")
    path.write_text(text + "Zonder onderwerp,Plaats,,,no,,,,,,,,,"
                    "no-such-topic,,,no,no\n", encoding="utf-8")
    before = counts(site)
    done = site.tweeluik("org", "import", path, "--apply")
    assert done.returncode != 0 and "orgs.csv" in done.stderr
    assert "no-such-topic" in done.stderr
    assert counts(site) == before


def test_typed_wrong(site):
    for words in (["itme", "list"], ["item", "lst"], ["item", "list", "--foo"],
                  ["item", "show"], ["item", "show", "abc"],
                  ["issue", "show", "1", "2"], ["--lang", "de", "status"]):
        done = site.tweeluik(*words)
        assert done.returncode == 2, (words, done.stderr)
        assert done.stderr and not done.stdout
        assert "Traceback" not in done.stderr
    done = site.tweeluik("item", "show", "999")
    assert done.returncode == 3
    assert site.tweeluik("subscriber", "show",
                         "niemand@x.example").returncode == 3
    done = site.tweeluik("isue", "list", "--lang", "nl")
    assert "issue" in done.stderr
    assert ok(site, "--help").startswith("tweeluik:")
