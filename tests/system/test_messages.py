"""Every message of a real issue, held against the standards."""

import email
import email.policy
import json
import re

import conformity
import pytest
from newsletter import approve, as_json, ok, plan, readers, send_now, settled


@pytest.fixture
def sent(site):
    """An issue with every kind of item, sent to nine readers."""
    plan(site)
    bus = next(i for i in as_json(site, "item", "list")["items"]
               if "bus" in i["title"].lower())
    ok(site, "item", "edit", bus["id"], "--file",
       "tests/demo/items/09-checks-on-buses.edit-nl")
    readers(site, 9, "geheime.lezer")
    name = approve(site)
    site.start_catcher()
    send_now(site, name)
    site.start_daemon()
    assert settled(site)["accepted"] == 9
    site.stop_daemon()
    return [p.read_bytes() for p in site.mails()]


def parse(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_conform(sent):
    found = {}
    for raw in sent:
        for sentence in conformity.violations(raw):
            found.setdefault(sentence, 0)
            found[sentence] += 1
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_three_editions_and_personal_parts(sent):
    messages = [parse(raw) for raw in sent]
    kinds = {m["content-language"] for m in messages}
    assert kinds == {"nl", "en", "nl, en"}
    assert len({m["message-id"] for m in messages}) == 9
    assert len({m["list-unsubscribe"] for m in messages}) == 9
    assert len({m["list-archive"] for m in messages}) == 1
    # Two readers of one edition: the same but for the tokens.
    nl = [m for m in messages if m["content-language"] == "nl"][:2]
    a, b = (re.sub(r"/([utmv])/[A-Za-z0-9_-]{40}", r"/\1/-",
                   m.get_body(("html",)).get_content()) for m in nl)
    assert a == b
    # No address, and no part of one, outside the To field.
    for m in messages:
        raw = m.get_body(("html",)).get_content() + \
            m.get_body(("plain",)).get_content()
        assert "geheime.lezer" not in raw


def test_subjects(sent):
    subjects = {m["content-language"]: m["subject"] for m in map(parse, sent)}
    assert re.fullmatch(r"Nieuwsbrief \d+: tandarts vergoed", subjects["nl"])
    assert re.fullmatch(r"Newsletter \d+: dental care covered",
                        subjects["en"])
    assert re.fullmatch(
        r"Nieuwsbrief \d+: tandarts vergoed \| dental care covered",
        subjects["nl, en"])


def test_fallbacks_and_secrets(sent):
    bodies = {m["content-language"]: m.get_body(("html",)).get_content()
              for m in map(parse, sent)}
    assert "Only available in Dutch" in bodies["en"]
    assert "Translation follows" in bodies["en"]
    # In both the body stands once, and the English block points to it.
    phrase = "kraamzorg"
    assert bodies["en"].lower().count(phrase) >= 1
    for body in bodies.values():
        assert "Stilwater" not in body and "Geheimepad" not in body
        assert re.search(r"V-\d+", body)
    assert 'lang="nl"' in bodies["en"] and 'lang="en"' in bodies["nl"]


def test_render_shows_exactly_what_is_sent(site, sent):
    issue, = as_json(site, "issue", "list", "--state", "sent")["items"]
    name = f"{issue['number']}-{issue['year']}"
    token = re.compile(rb"[A-Za-z0-9_-]{40}")

    def bare(raw):
        raw = re.sub(rb"=\r\n", b"", raw)
        raw = re.sub(rb"^(To|Date|Message-ID|List-Unsubscribe):.*"
                     rb"(\r\n[ \t].*)*\r\n", b"", raw, flags=re.M)
        return token.sub(b"-", raw)

    for edition, language in (("nl", "nl"), ("en", "en"), ("both", "nl, en")):
        out = site.folder / f"{edition}.eml"
        ok(site, "issue", "render", name, "--edition", edition, "--format",
           "eml", "--output", out)
        mine = next(raw for raw in sent
                    if parse(raw)["content-language"] == language)
        assert bare(out.read_bytes()) == bare(mine)


def test_hostile_text_stays_text(site):
    """Markup, templates and format strings in an item come out as they are."""
    plan(site)
    item = site.folder / "hostile.item"
    item.write_text("""Kind: news
Topic: work
--- nl
Title: <script>alert(1)</script> {{7*7}} %s%n ${7*7}
State: ready

<img src=x onerror=alert(1)> <b>vet</b> {{7*7}} &lt; [klik](javascript:alert(1))

[goed](https://goed.example/?a=1&b=2) ]]> <!-- --> .
.
From hier
--- en
Title: <%= title %> & "quotes" 'single'
State: ready

.
..
""", encoding="utf-8")
    ok(site, "item", "add", "--file", item, "--ready")
    for edition in ("nl", "en", "both"):
        html = ok(site, "issue", "render", "next", "--edition", edition,
                  "--format", "html")
        assert "<script" not in html and "<img" not in html
        assert "javascript:" not in re.findall(r'href="([^"]*)"', html)
        assert not any(h.startswith("javascript")
                       for h in re.findall(r'href="([^"]*)"', html))
        eml = site.folder / "x.eml"
        ok(site, "issue", "render", "next", "--edition", edition, "--format",
           "eml", "--output", eml)
        raw = eml.read_bytes()
        assert not list(conformity.bytes_and_lines(raw))
        text = parse(raw).get_body(("plain",)).get_content()
        if edition != "en":
            assert "{{7*7}}" in text and "${7*7}" in text and "%s%n" in text
