"""Joining: forms, letters and links, by the real roles and with real mail."""
import email
import email.policy
import re

import conformity
import pytest
from newsletter import ok

from tests.embedded import wait_until

SUBJECTS = {
    "confirm": ("Bevestig uw aanmelding", "Confirm your subscription"),
    "already": ("U bent al aangemeld", "You are already subscribed"),
    "farewell": ("U bent afgemeld", "You are unsubscribed"),
}
PATHS = {"confirm": "/b/{}", "already": "/v/{}", "farewell": "/u/{}/undo"}
BASE = "https://nieuws.voorbeeld.example"


def caught(site, n, seconds=20):
    """The bytes of n mails, in the order in which they came."""
    wait_until(lambda: len(site.mails()) >= n, seconds)
    assert len(site.mails()) == n
    return [p.read_bytes() for p in site.mails()]


def parse(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def links(raw):
    html = parse(raw).get_body(("html",)).get_content()
    return set(re.findall(r'href="([^"]+)"', html))


def subscribe(site, address, language=""):
    """By hand, with the basis on paper; returns the number."""
    path = site.folder / "one.csv"
    path.write_text(f"e-mail,taal\n{address},{language}\n")
    ok(site, "subscriber", "import", path, "--basis", "form", "--apply")
    return site.db.one("select max(id) from subscriber")


@pytest.fixture
def house(site):
    """Every role at work, and somebody who takes the mail."""
    site.start_catcher()
    site.start_daemon(log=site.folder / "log")
    yield site
    site.stop_daemon()
    log = (site.folder / "log").read_text()
    assert "Sanitizer" not in log, log
    assert not re.search(r"\w@\w|lezer\d", log), log
    assert "letter-failed" not in log and "letters-failed" not in log, log


# The letters

def test_letters_conform_and_share_their_bytes(house):
    expected = {}
    for i, language in enumerate(("nl", "en", "both")):
        reader = subscribe(house, f"lezer{i}@lezers.example", language)
        other = subscribe(house, f"lezer{i}a@lezers.example", language)
        for kind in SUBJECTS:
            for who in reader, other:
                house.db.rows("select letter_add(%s, %s, %s)", kind, who,
                              language)
            nl, en = SUBJECTS[kind]
            expected[kind, language] = {
                "nl": nl, "en": en, "both": f"{nl} / {en}"}[language]
    raws = caught(house, 18)
    found = [(parse(raw)["subject"], v) for raw in raws
             for v in conformity.letter_violations(raw)]
    assert not found
    subjects = [parse(raw)["subject"] for raw in raws]
    assert sorted(subjects) == sorted(2 * list(expected.values()))
    for raw in raws:
        m = parse(raw)
        nl = m["subject"].split(" / ")[0]
        kind = next(k for k, s in SUBJECTS.items() if nl in s)
        shape = re.escape(BASE + PATHS[kind]).replace(r"\{\}", r"[\w-]{40}")
        link, = links(raw)
        assert re.fullmatch(shape, link)
        text = m.get_body(("plain",)).get_content()
        assert link in text and "Postbus 1234" in text
        assert ("7 dagen" in text or "7 days" in text) == (kind == "confirm")
        assert ("30 dagen" in text or "30 days" in text) == \
            (kind == "farewell")
        assert m["content-language"] == (
            "nl, en" if " / " in m["subject"] else
            "nl" if nl in dict(SUBJECTS.values()) else "en")
    assert house.db.one("select count(*) from message where kind = 'system'"
                        ) == 9
    assert house.db.one("select count(*) from letter where written_at is null"
                        " or mailing_id is null") == 0
    assert house.db.one("select count(*) from ledger where balanced") == 18


def test_letter_that_is_of_no_use_any_more_is_not_sent(house):
    reader = subscribe(house, "lezer@lezers.example")
    house.db.rows("insert into letter (kind, subscriber_id, language, at)"
                  " values ('confirm', %s, 'nl', now() - interval '3 days')",
                  reader)
    house.db.rows("select letter_add('confirm', %s, 'nl')", reader)
    assert len(caught(house, 1)) == 1
    assert house.db.one("select count(*) from letter where written_at is null"
                        ) == 0


def test_letter_of_who_is_erased_meanwhile_goes_with_them(site):
    reader = subscribe(site, "lezer@lezers.example")
    site.db.rows("select letter_add('farewell', %s, 'nl')", reader)
    site.db.rows("select subscriber_erase(%s, 'command')", reader)
    assert site.db.one("select count(*) from letter") == 0


def test_schedule_role_reads_no_address(site):
    reader = subscribe(site, "lezer@lezers.example")
    site.db.rows("select letter_add('address', %s, 'nl', 'sealed')", reader)
    assert site.db.rows("select id, kind, language from letter",
                        role="tweeluik_schedule")
    with pytest.raises(Exception, match="permission denied"):
        site.db.rows("select address_sealed from letter",
                     role="tweeluik_schedule")
