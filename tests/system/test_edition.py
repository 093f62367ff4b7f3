"""The three editions of an issue, as a reader of each would see them."""

import re

import lxml.html
import pytest
from newsletter import ok, plan


def render(site, edition, form="html"):
    return ok(site, "issue", "render", "next", "--edition", edition,
              "--format", form)


def tree(site, edition):
    return lxml.html.document_fromstring(render(site, edition))


def item(site, text, name="extra"):
    path = site.folder / f"{name}.item"
    path.write_text(text, encoding="utf-8")
    ok(site, "item", "add", "--file", path, "--ready")


def words(element):
    return " ".join(element.text_content().split())


def titles(root):
    return [words(h).split(". ", 1)[1]
            for h in root.xpath("//*[@class='item']")]


CONTENTS = "//div[contains(@class, 'contents')]//a"

DUTCH_ONLY = """Kind: news
Topic: work
--- nl
Title: Alleen voor wie Nederlands spreekt
State: ready

Een cursus in het Nederlands.
--- en
Title: Only for those who speak Dutch
Only: speakers
"""

ENGLISH_FIRST = """Kind: news
Topic: work
--- nl
Title: Een rapport uit het Engels
Only: follows
--- en
Title: A report from English
State: ready

The report was written in *English*.
"""


def test_what_a_language_lacks(site):
    plan(site)
    item(site, DUTCH_ONLY, "dutch")
    item(site, ENGLISH_FIRST, "english")
    nl, en, both = (tree(site, e) for e in ("nl", "en", "both"))

    assert "Alleen voor wie Nederlands spreekt" in titles(nl)
    assert "Only for those who speak Dutch" not in titles(en)
    assert "1 item is for Dutch speakers only." in words(en)
    assert titles(both).count("Alleen voor wie Nederlands spreekt") == 1

    # An English text in a Dutch edition: labelled, and marked as English.
    heading, = (h for h in nl.xpath("//h3")
                if "Een rapport uit het Engels" in words(h))
    label = heading.getnext()
    assert words(label) == \
        "Alleen beschikbaar in het Engels. De vertaling volgt."
    assert label.getnext().get("lang") == "en"
    assert "written in English" in words(label.getnext())

    # In an edition of both its text stands once, and is pointed at.
    assert words(both).count("The report was written in English.") == 1
    number, = (words(h).split(".")[0] for h in both.xpath("//h4")
               if "A report from English" in words(h))
    pointer, = both.xpath(f"//a[@href='#en{number}' and not(ancestor::li)]")
    assert words(pointer) == f"bericht {number} hieronder"


@pytest.fixture
def editions(site):
    plan(site)
    return {e: (tree(site, e), render(site, e, "text"))
            for e in ("nl", "en", "both")}


def test_order_and_contents(editions):
    for edition, (root, text) in editions.items():
        contents = [words(li) for li in root.xpath(CONTENTS)]
        assert contents == titles(root)
        sections = [words(h) for h in root.xpath("//*[@class='section']")]
        if edition != "both":
            assert len(sections) == len(set(sections))
            assert sections[0] in ("Medische zorg", "Medical care")
            assert sections[-1] in ("Hulpvragen", "Questions for help")
            # Numbers in the order of the page, the same in both media.
            for n, title in enumerate(titles(root), 1):
                assert re.search(rf"^{n}\. {re.escape(title[:40])}", text,
                                 re.M)
        for a in root.xpath(CONTENTS + "/@href"):
            anchor, = root.xpath(f"//a[@id='{a[1:]}']")
            assert anchor.get("name") == a[1:] and len(anchor) == 0


def test_events_come_by_date(editions):
    root, text = editions["nl"]
    events = [words(s) for s in root.xpath("//div[@class='facts']//strong")
              if "uur" in words(s)]
    assert len(events) == 2
    assert "19.30 tot 21.00 uur" in events[0]
    assert "10.00 tot 16.30 uur" in events[1]
    for line in events:
        assert line in text


def test_secret_places_and_mail_only(editions):
    for root, text in editions.values():
        everything = words(root) + text
        assert "Stilwater" not in everything
        assert "Geheimepad" not in everything
        assert "Renée" not in everything  # a contact that is not public
        replies = root.xpath("//a[contains(@href, 'subject=V-')]")
        assert {words(a).split()[-1] for a in replies} == {"V-101", "V-102"}
        assert all(re.fullmatch(r"mailto:loket@voorbeeld\.example"
                                r"\?subject=V-\d+", a.get("href"))
                   for a in replies)
    # The aim of an organisation was not translated.
    assert "Aim only available in Dutch." in words(editions["en"][0])


def test_the_way_out(editions):
    """Near the top and in the footer, each time in both languages."""
    dutch, english = ("Afmelden", "nl"), ("Unsubscribe", "en")
    for edition, (root, text) in editions.items():
        links = root.xpath("//a[contains(@href, '/u/')]")
        pair = [english, dutch] if edition == "en" else [dutch, english]
        assert [(words(a), a.xpath("ancestor-or-self::*[@lang][1]/@lang")[0])
                for a in links] == pair * 2
        html = lxml.html.tostring(root, encoding="unicode")
        assert html.index("/u/") < html.index("<h1")
        signature = text.split("\n-- \n")[1]
        for word, _ in pair:
            assert re.search(rf"^{word}:\s+https://\S+/u/\S+$", signature,
                             re.M)


def test_both_is_two_blocks(editions):
    root, text = editions["both"]
    blocks = root.xpath("//*[@role='region']")
    assert [b.get("lang") for b in blocks] == ["nl", "en"]
    assert root.get("lang") == "nl"
    jump, = root.xpath("//a[@href='#en']")
    assert words(jump) == "jump to the English text"
    assert root.xpath("//a[@id='en' and @name='en']")
    assert "=== NEDERLANDS ===" in text and "=== ENGLISH ===" in text
    assert 'search for "=== ENGLISH"' in " ".join(text.split())
    assert re.search(r"/t/[a-z]{40}/nl\n", text)
    assert re.search(r"/t/[a-z]{40}/en\n", text)


def test_an_issue_without_english(site):
    ok(site, "schedule", "set", "--first-date",
       site.db.one("select (current_date + 16)::text"))
    for n in (1, 2):
        item(site, f"""Kind: news
Topic: work
--- nl
Title: Bericht {n}
State: ready

Een tekst in het Nederlands, nummer {n}.
--- en
Title: Item {n}
Only: follows
""", f"item{n}")
    ok(site, "issue", "plan", "next", "--headline-nl", "twee berichten")
    root = tree(site, "both")
    assert titles(root) == ["Bericht 1", "Bericht 2"]
    english, = root.xpath("//*[@role='region' and @lang='en']")
    assert "This issue has not been translated into English." in \
        words(english)
