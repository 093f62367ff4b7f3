"""What anybody may read: archive, search, feed, and the pages around them."""
import datetime
import re
import urllib.parse
import xml.etree.ElementTree as tree
from html.parser import HTMLParser

import pytest
from newsletter import approve, ok, plan
from own import message
from website import Website

from tests.demo.dates import first_date
from tests.embedded import BASE

ATOM = "{http://www.w3.org/2005/Atom}"
PAGE_BYTES = 30000

NEWS = """Kind: news
Topic: {topic}
Visibility: {visibility}
Note: geheim-notitie

--- nl
Title: {nl}
State: {state}

{nl_text}

--- en
Title: {en}
State: {state}

{en_text}
"""
HALF = """Kind: news
Topic: checks
Visibility: public

--- nl
Title: Alleen Nederlands klaar
State: ready

Zin zonder vertaling.

--- en
Title: Ready in Dutch only
Only: follows
"""
QUESTION = """Kind: question
Visibility: mail
Region: geheim-streek
Answer-by: +20d

--- nl
Title: geheim-vraag
State: ready

geheim-hulp gezocht

--- en
Title: geheim-vraag in English
State: ready

geheim-hulp wanted
"""
ORGANISATION = """Kind: organisation
Visibility: public
Organisation: {name}

--- nl
Title: {name}
State: ready

Tekst over {name}.

--- en
Title: {name}
State: ready

Text about {name}.
"""
MAP = """\
name,place,postal_address,contact,contact_public,phone,email,website,aim_nl,\
aim_en,secret
Openhuis,openbaar-plaats,geheim-adres 1,geheim-contact,yes,geheim-telefoon,\
geheim@openhuis.example,https://openbaar.example,openbaar-doel,public-aim,no
Stilhuis,geheim-plaats,geheim-straat 2,geheim-iemand,no,geheim-toestel,\
geheim@stilhuis.example,https://stilhuis.example,stil doel,quiet aim,yes
"""
# In the edition that readers are mailed, and nowhere else.
MAILED = ["geheim-bericht", "geheim-vraag", "geheim-hulp", "geheim-streek",
          "geheim-contact", "geheim-telefoon", "geheim@openhuis.example"]


class Page(HTMLParser):
    """Links, anchors, headings, languages of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.alternates = [], [], {}
        self.h1 = self.levels = 0
        self.lang, self.text, self.title, self.within = None, "", "", None
        self.headings = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.within = tag
        if tag == "html":
            self.lang = attrs["lang"]
        if tag == "a":
            self.links.append(attrs["href"])
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "link" and attrs["rel"] == "alternate" \
                and "hreflang" in attrs:
            self.alternates[attrs["hreflang"]] = attrs["href"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        assert tag not in ("script", "img", "iframe")
        assert not any(name.startswith("on") or name == "style"
                       for name in attrs)

    def handle_data(self, data):
        if self.within == "title":
            self.title += data
        self.text += data

    def handle_endtag(self, tag):
        self.within = None


def check_page(answer, lang, robots=None):
    """What every page in one language must be."""
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Robots-Tag"] == robots
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Set-Cookie"] is None
    assert len(answer.body.encode()) < PAGE_BYTES
    assert not re.search(r"[\ue000-\uf8ff\x02\x03]|\{\w+\}", answer.body)
    page = Page(answer.body)
    assert page.lang == lang and page.title.strip()
    assert page.headings[0] == 1 and page.headings.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:]))
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
    assert set(page.alternates) == {"nl", "en"}
    other = page.alternates["en" if lang == "nl" else "nl"]
    assert other.startswith(BASE) and other.removeprefix(BASE) in page.links
    return page


@pytest.fixture
def site(database, tmp_path):
    site = Website(database, tmp_path / "site")
    site.place.db = database
    try:
        yield site.start()
    finally:
        site.stop()
        log = site.log.read_text()
        assert "page-failed" not in log and "Sanitizer" not in log, log


def add(site, text):
    path = site.place.folder / "an.item"
    path.write_text(text)
    ok(site.place, "item", "add", "--file", path)


def news(site, nl, en, nl_text, en_text, topic="medical-care",
         visibility="public", state="ready"):
    add(site, NEWS.format(nl=nl, en=en, nl_text=nl_text, en_text=en_text,
                          topic=topic, visibility=visibility, state=state))


def headlines(site):
    ok(site.place, "issue", "plan", "next", "--headline-nl", "tandarts vergoed",
       "--headline-en", "dental care covered",
       "--preheader-nl", "geheim-voortekst", "--preheader-en",
       "geheim-voortekst", "--opening-nl", "Beste lezer", "--opening-en",
       "Dear reader")


def compose(site):
    """An issue with something of every visibility; its path."""
    ok(site.place, "schedule", "set", "--first-date", first_date())
    path = site.place.folder / "map.csv"
    path.write_text(MAP)
    ok(site.place, "org", "import", path, "--apply")
    news(site, "geheim-bericht", "geheim-bericht", "geheim-bericht alleen",
         "geheim-bericht only", visibility="mail")
    news(site, "Tandarts in nood", "Emergency dentist",
         "Bel bij **kiespijn** de tandarts.<b>x</b>",
         "Call the dentist when it hurts.")
    news(site, "geheim-kantoor", "geheim-kantoor", "geheim-kantoor",
         "geheim-kantoor", visibility="office")
    news(site, "geheim-concept", "geheim-concept", "geheim-concept",
         "geheim-concept", state="draft")
    add(site, HALF)
    add(site, QUESTION)
    for name in "Openhuis", "Stilhuis":
        add(site, ORGANISATION.format(name=name))
    headlines(site)


def publish(site):
    """Approve, and begin to send; year and number."""
    site.reader("geheim@lezers.example")
    name = approve(site.place)
    begin(site)
    number, year = name.split("-")
    return int(year), int(number)


def begin(site):
    site.sql("select issue_freeze(id, 100, '1 day') from issue"
             " where state = 'approved'")


def public_pages(year, number):
    return {"nl": ["/archief", f"/archief/{year}",
                   f"/archief/{year}/{number}", "/privacy",
                   "/toegankelijkheid"],
            "en": ["/en/archive", f"/en/archive/{year}",
                   f"/en/archive/{year}/{number}", "/en/privacy",
                   "/en/accessibility"]}


def search(site, words, lang="nl"):
    path = "/archief" if lang == "nl" else "/en/archive"
    return site.get(f"{path}?q={urllib.parse.quote(words, safe='')}")


def test_only_what_is_public_is_there(site):
    compose(site)
    year, number = publish(site)
    mailed, = site.sql("select string_agg(html, '') from edition")[0]
    for secret in MAILED:
        assert secret in mailed, secret
    pages = public_pages(year, number)
    everything = [site.get(p) for p in pages["nl"] + pages["en"]]
    everything += [site.get(f"/feed/{lang}.xml") for lang in ("nl", "en")]
    everything += [site.get(p) for p in ("/", "/nope", "/robots.txt")]
    for answer in everything:
        assert not re.search("geheim[-@]", answer.body)
        assert "lezers.example" not in answer.body
    for lang in "nl", "en":
        for word in "geheim", "kantoor", "hulp gezocht", "wanted", "telefoon":
            hits = search(site, word, lang)
            assert "geheim-" not in hits.body and "class=\"item\"" \
                not in hits.body
    stored = site.sql("select document::text from archive_issue union all"
                      " select title || body || words::text"
                      " from archive_item")
    assert stored and not any("geheim" in s for s, in stored)

    nl = site.get(f"/archief/{year}/{number}").body
    for word in ("openbaar-plaats", "https://openbaar.example",
                 "openbaar-doel", "stil doel", "Tekst over Stilhuis",
                 "1 hulpvraag stond alleen in de mail",
                 "1 ander bericht stond alleen in de mail"):
        assert word in nl, word
    assert "<b>" not in nl.replace("<b>Nieuwsbrief</b>", "")
    site.sql("update organisation set field_visibility = field_visibility"
             " || '{\"phone\": \"public\"}'")
    assert "geheim-" not in site.get(f"/archief/{year}/{number}").body


def test_what_an_organisation_makes_public_is_shown(site):
    ok(site.place, "schedule", "set", "--first-date", first_date())
    path = site.place.folder / "map.csv"
    path.write_text(MAP)
    ok(site.place, "org", "import", path, "--apply")
    add(site, ORGANISATION.format(name="Openhuis"))
    add(site, ORGANISATION.format(name="Stilhuis"))
    headlines(site)
    site.sql("update organisation set contact_agreed_on = current_date,"
             " field_visibility = '{\"phone\":"
             " \"public\", \"email\": \"public\", \"contact\": \"public\","
             " \"place\": \"public\", \"region\": \"public\","
             " \"postal_address\": \"public\"}'")
    year, number = publish(site)
    body = site.get(f"/archief/{year}/{number}").body
    open_house, secret = body.split('id="nl2"')
    for word in "geheim-telefoon", "geheim@openhuis", "geheim-adres":
        assert word in open_house
    assert "geheim-toestel" in secret
    for word in "geheim-plaats", "geheim-straat":
        assert word not in body


def test_an_issue_in_both_languages(site):
    compose(site)
    year, number = publish(site)
    nl = check_page(site.get(f"/archief/{year}/{number}"), "nl")
    en = check_page(site.get(f"/en/archive/{year}/{number}"), "en")
    assert nl.alternates == en.alternates == {
        "nl": f"{BASE}/archief/{year}/{number}",
        "en": f"{BASE}/en/archive/{year}/{number}"}
    assert nl.title == f"Nieuwsbrief {number}, {year}: tandarts vergoed"
    assert en.title == f"Newsletter {number}, {year}: dental care covered"
    # The first item was only in the mail: numbers are those of the mail.
    assert "nl1" not in nl.ids and "nl2" in nl.ids and "en2" in en.ids
    assert "2. Tandarts in nood" in nl.text
    assert "Beste lezer" in nl.text and "Dear reader" in en.text
    body = site.get(f"/en/archive/{year}/{number}").body
    assert "Ready in Dutch only" in body
    assert "Only available in Dutch." in body
    assert '<div lang="nl"><p>Zin zonder vertaling.</p></div>' in body
    share = [x for x in nl.links if x.startswith("mailto:?")]
    assert len(share) == 4
    fields = urllib.parse.parse_qs(share[0].removeprefix("mailto:?"))
    assert fields["subject"] == ["Tandarts in nood"]
    assert f"{BASE}/archief/{year}/{number}#nl2" in fields["body"][0]
    mailed, = site.sql("select html from edition where name = 'en'")[0]
    assert f"{BASE}/en/archive" in mailed


def test_what_is_not_sent_is_not_there(site):
    compose(site)
    year = first_date().year
    paths = [f"/archief/{year}/1", f"/en/archive/{year}/1",
             f"/archief/{year}"]

    def missing():
        assert {site.get(p).status for p in paths} == {404}
        page = check_page(site.get("/archief"), "nl")
        assert "Het eerste nummer verschijnt op donderdag" in page.text
        assert site.get("/feed/nl.xml").body.count("<entry>") == 0
        assert "Er is niets gevonden" in search(site, "tandarts").body
    missing()
    approve(site.place)
    missing()
    # Taken back: what was stored goes too.
    headlines(site)
    ok(site.place, "issue", "plan", "next", "--headline-nl", "anders")
    assert site.sql("select count(*) from archive_issue") == [(0,)]
    approve(site.place)
    begin(site)
    assert {site.get(p).status for p in paths} == {200}
    for path in (f"/archief/{year}/2", f"/archief/{year}/01",
                 f"/archief/{year}/1x", f"/archief/0{year}/1",
                 "/archief/2026/99999999999", "/archief/x/1",
                 f"/archief/extra/{year}/1", f"/archief/{year}/1/nl",
                 f"/archief/{year - 1}", "/archief/extra/1", "/feed/fr.xml"):
        answer = site.get(path)
        assert answer.status == 404, path
        assert "Zocht u een nummer?" in answer.body


def test_search_finds_items_by_their_words(site):
    compose(site)
    year, number = publish(site)
    answer = search(site, "tand noden")
    page = check_page(answer, "nl", "noindex")
    assert f"/archief/{year}/{number}#nl2" in page.links
    assert "<mark>tandarts</mark>" in answer.body
    assert "niets gevonden" in search(site, "tand -kiespijn").body
    assert "1 bericht gevonden" in page.text
    page = check_page(search(site, "dentists", "en"), "en", "noindex")
    assert f"/en/archive/{year}/{number}#en2" in page.links
    assert "openbaar-doel" in search(site, "openbaar-doel").body
    assert '<p lang="nl"><mark>Zin</mark> zonder vertaling' in search(
        site, "zin", "en").body


HOSTILE = [
    "'", "\"", "\\", "%", "' or 1=1 --", "a & | ! b", ":*", "<->", "((((",
    "<script>alert(1)</script>", "\"><b onload=x>", "${7*7} { n } %s%n",
    "x" * 200, "é" * 100, "x" * 201, "tandarts " * 60, "\U0001f600", "﷐",
    "-" * 200, "- " * 100, "-\"" * 100, "\\'" * 60, "\"" * 199, "or " * 60, "   ",
]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_hostile_searches_are_only_words(site, lang):
    for words in HOSTILE:
        answer = search(site, words, lang)
        page = check_page(answer, lang, "noindex" if words.strip() else None)
        assert "<script" not in answer.body and "<b onload" not in answer.body
        if words.strip() and len(words.encode()) <= 200:
            assert words.strip()[:20] in page.title


UNREADABLE = [
    "q=%ff", "q=%c3", "q", "q=", "&&&=&", "x=%80&q=tandarts",
    "&".join(f"a{i}=1" for i in range(100)), "n" * 80 + "=1",
]


def test_a_query_that_cannot_be_read_is_none(site):
    token = site.token("u", site.reader())
    for query in UNREADABLE:
        answer = site.get(f"/archief?{query}")
        assert answer.status == 200 and "<h1>Alle nummers</h1>" in answer.body
        assert site.get(f"/u/{token}?{query}").status == 200


def test_the_feed_is_atom(site):
    compose(site)
    year, number = publish(site)
    seen = set()
    for lang in "nl", "en":
        answer = site.get(f"/feed/{lang}.xml")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == (
            "application/atom+xml; charset=utf-8")
        feed = tree.fromstring(answer.body)
        check_feed(feed, lang, seen)
        path = "/archief" if lang == "nl" else "/en/archive"
        links = [x.find(f"{ATOM}link").get("href")
                 for x in feed.findall(f"{ATOM}entry")]
        page = Page(site.get(f"{path}/{year}/{number}").body)
        assert links == [f"{BASE}{path}/{year}/{number}#{i}"
                         for i in page.ids if re.fullmatch(lang + r"\d+", i)]
        content = feed.findall(f"{ATOM}entry/{ATOM}content")
        assert "<strong>kiespijn</strong>" in content[0].text or lang == "en"
        assert not re.search("/[utvmb]/", answer.body)
        assert answer.body == site.get(f"/feed/{lang}.xml").body


def check_feed(feed, lang, seen):
    """RFC 4287, 4.1.1 and 4.1.2."""
    def one(x, name):
        found = x.findall(ATOM + name)
        assert len(found) == 1, name
        return found[0]

    def moment(x):
        when = one(x, "updated").text
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", when)
        return datetime.datetime.fromisoformat(when[:-1])

    def identifier(x):
        name = one(x, "id").text
        assert re.fullmatch(r"tag:[a-z.]+,\d{4}-\d\d-\d\d:[\w/]+", name)
        assert name not in seen
        seen.add(name)

    assert feed.tag == ATOM + "feed"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == lang
    assert one(feed, "title").text and one(one(feed, "author"), "name").text
    identifier(feed)
    newest = moment(feed)
    rels = {x.get("rel"): x.get("href") for x in feed.findall(f"{ATOM}link")}
    assert rels["self"] == f"{BASE}/feed/{lang}.xml"
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    for x in entries:
        identifier(x)
        assert one(x, "title").text and moment(x) <= newest
        assert one(x, "link").get("rel") == "alternate"
        content = one(x, "content")
        assert content.get("type") == "html" and len(content) == 0
        Page(content.text)
    assert {c.tag.removeprefix(ATOM) for c in feed} == {
        "id", "title", "updated", "link", "author", "entry"}


def test_corrections_stand_above_the_issue(site):
    compose(site)
    year, number = publish(site)
    site.sql("select archive_note_add(id, 'nl', 'De <b>datum</b> klopt niet.')"
             " from issue where state = 'sending'")
    body = site.get(f"/archief/{year}/{number}").body
    assert "De &lt;b&gt;datum&lt;/b&gt; klopt niet." in body
    assert body.index("Rectificatie, ") < body.index("In dit nummer")
    assert "Correction" not in site.get(f"/en/archive/{year}/{number}").body


def test_a_special_edition_has_a_series_of_its_own(site):
    compose(site)
    site.sql("update issue set series = 'extra', kind = 'report',"
             " occurrence = null")
    site.sql("insert into issue (planned_at) values (now() - interval '1d')")
    year = first_date().year
    site.sql("update issue set state = 'approved', year = %s, number = 3"
             " where series = 'extra'", year)
    message(site.db)
    site.sql("insert into edition select i.id, 'nl', m.id, '', '' from issue i"
             " cross join message m where i.series = 'extra'")
    site.sql("insert into archive_issue select id, 'nl', 'Extra 3',"
             " 'uitnodiging', '<edition date=\"2026-12-10T10:00:00\"><side"
             " label=\"Extra 3, 2026\" other=\"en\"/></edition>' from issue"
             " where series = 'extra'")
    site.sql("update issue set state = 'sent' where series = 'extra'")
    page = check_page(site.get(f"/archief/extra/{year}/3"), "nl")
    assert page.title.startswith("Extra 3, 2026: uitnodiging")
    assert f"/archief/extra/{year}/3" in Page(site.get("/archief").body).links
    assert site.get(f"/archief/{year}/3").status == 404


def test_years_beyond_two_have_their_own_page(site):
    compose(site)
    year, number = publish(site)
    for back in 1, 2, 3:
        site.sql("insert into issue (planned_at, state, year, number) values"
                 " (now() - %s * interval '1 year', 'sent', %s, 1)", back,
                 year - back)
        site.sql("insert into edition select i.id, e.name, e.message_id, '',"
                 " '' from edition e cross join issue i where i.year = %s"
                 " and e.name <> 'both' and e.html <> ''", year - back)
        site.sql("insert into archive_issue select i.id, a.lang, a.label,"
                 " a.headline, a.document from archive_issue a join issue s on"
                 " s.id = a.issue_id and s.year = %s cross join issue i"
                 " where i.year = %s", year, year - back)
    page = check_page(site.get("/archief"), "nl")
    assert f"/archief/{year - 1}/1" in page.links
    assert f"/archief/{year - 2}/1" not in page.links
    assert f"/archief/{year - 3}" in page.links
    old = check_page(site.get(f"/archief/{year - 3}"), "nl")
    assert f"/archief/{year - 3}/1" in old.links
    assert old.title == f"Nummers van {year - 3}"


def test_pages_are_small_with_twelve_items(site):
    plan(site.place, "*[01][0-9]-*.item")
    year, number = publish(site)
    sizes = {}
    for lang, paths in public_pages(year, number).items():
        for path in paths:
            answer = site.get(path)
            check_page(answer, lang)
            sizes[path] = len(answer.body.encode())
    assert Page(site.get(f"/archief/{year}/{number}").body).ids.count("nl12")
    assert max(sizes.values()) < PAGE_BYTES, sizes
    assert len(site.get("/").body.encode()) < PAGE_BYTES
    assert len(site.get("/style.css").body.encode()) < PAGE_BYTES


def test_without_an_archive_there_is_none(site):
    compose(site)
    year, number = publish(site)
    site.process.terminate()
    assert site.process.wait(20) == 0
    text = site.place.config.read_text()
    site.place.config.write_text(text.replace(
        "newsletter {", "newsletter {\n    archive = false"))
    site.start()
    for path in ("/archief", "/en/archive", f"/archief/{year}",
                 f"/archief/{year}/{number}", "/archief?q=tandarts",
                 "/feed/nl.xml", "/feed/en.xml"):
        assert site.get(path).status == 404, path
    for path in "/", "/privacy", "/en/accessibility", "/nope":
        body = site.get(path).body
        for word in "archief", "archive", "/feed/", "nummers":
            assert word not in body, path


def test_where_robots_and_reporters_look(site):
    robots = site.get("/robots.txt")
    assert robots.status == 200 and "Disallow:\n" in robots.body
    security = site.get("/.well-known/security.txt")
    assert security.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1)
                  for line in security.body.splitlines())
    assert fields["Contact"] == "mailto:loket@voorbeeld.example"
    assert fields["Canonical"] == f"{BASE}/.well-known/security.txt"
    left = datetime.datetime.fromisoformat(
        fields["Expires"][:-1]) - datetime.datetime.utcnow()
    assert datetime.timedelta(days=90) < left < datetime.timedelta(days=366)


def test_privacy_says_what_is_kept(site):
    nl = check_page(site.get("/privacy"), "nl")
    en = check_page(site.get("/en/privacy"), "en")
    for word in ("Stichting Voorbeeld", "7 dagen", "30 dagen", "2 jaar",
                 "90 dagen", "Autoriteit Persoonsgegevens", "sociale kaart"):
        assert word in nl.text, word
    for page in nl, en:
        assert "mailto:afmelden@nieuws.voorbeeld.example" in page.links
        assert any(x.startswith("mailto:loket@voorbeeld.example?subject=")
                   for x in page.links)


def test_looking_changes_nothing(site):
    compose(site)
    year, number = publish(site)
    paths = [p for ps in public_pages(year, number).values() for p in ps]
    paths += ["/", "/feed/nl.xml", "/archief?q=tandarts", "/robots.txt",
              "/.well-known/security.txt"]
    before = site.dump(), site.sql("select * from archive_item order by 1, 3")
    for method in "GET", "HEAD", "OPTIONS":
        for path in paths:
            answer = site.ask(method, path)
            assert answer.status == (204 if method == "OPTIONS" else 200)
            assert method == "GET" or answer.body == ""
    assert {site.post(p).status for p in paths} == {405}
    assert (site.dump(),
            site.sql("select * from archive_item order by 1, 3")) == before


def test_the_role_reads_what_is_public_and_no_table(site, database):
    compose(site)
    conn = database.connect("tweeluik_web")
    cur = conn.cursor()
    cur.execute("set search_path = tweeluik")
    for table in ("archive_issue", "archive_item", "archive_note",
                  "archive_shown", "organisation_public", "organisation"):
        with pytest.raises(Exception, match="permission denied"):
            cur.execute(f"select * from {table}")
    approve(site.place)
    cur.execute("select * from web_archive('nl')")
    assert cur.fetchall() == []
    conn.close()
