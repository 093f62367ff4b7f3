"""Joining: forms, letters and links, by the real roles and with real mail."""
import base64
import email
import email.policy
import re
import statistics
import threading
import time
from urllib.parse import urlencode

import conformity
import lxml.html
import pytest
from newsletter import ok
from website import Visitor, Website, web_keys

from tests.embedded import BASE, answers, wait_until

SUBJECTS = {
    "confirm": ("Bevestig uw aanmelding", "Confirm your subscription"),
    "already": ("U bent al aangemeld", "You are already subscribed"),
    "farewell": ("U bent afgemeld", "You are unsubscribed"),
}
PATHS = {"confirm": "/b/{}", "already": "/v/{}", "farewell": "/u/{}/undo"}
DUTCH, ENGLISH = "/aanmelden", "/en/subscribe"


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


def begin(site):
    site.start_catcher()
    site.start_daemon(log=site.folder / "log")
    assert wait_until(lambda: answers(site.web_port), 20)


@pytest.fixture
def house(site):
    """Every role at work, and somebody who takes the mail."""
    begin(site)
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


def test_what_cannot_be_written_keeps_nothing_else_back(site):
    """A letter of no known kind, and forms that do not settle."""
    reader = subscribe(site, "lezer@lezers.example")
    site.db.rows("alter table letter drop constraint letter_kind_check")
    site.db.rows("select letter_add('nonsense', %s, 'nl')", reader)
    site.db.rows("alter function signup_settle(int) rename to elsewhere")
    site.db.rows("select letter_add('farewell', %s, 'nl')", reader)
    begin(site)
    raw, = caught(site, 1)
    assert parse(raw)["subject"] == "U bent afgemeld"
    site.stop_daemon()
    log = (site.folder / "log").read_text()
    assert "letter-failed letter=1 kind=nonsense" in log
    assert "letters-failed" in log
    assert site.db.one("select kind from letter where written_at is null"
                       ) == "nonsense"


def test_letter_of_who_is_erased_meanwhile_goes_with_them(site):
    reader = subscribe(site, "lezer@lezers.example")
    site.db.rows("select letter_add('farewell', %s, 'nl')", reader)
    site.db.rows("insert into signup (address_hash, address_sealed, language)"
                 " select address_hash, address_sealed, 'nl' from subscriber")
    site.db.rows("select subscriber_erase(%s, 'command')", reader)
    assert site.db.one("select count(*) from letter") == 0
    assert site.db.one("select count(*) from signup") == 0


def test_schedule_role_reads_no_address(site):
    reader = subscribe(site, "lezer@lezers.example")
    site.db.rows("select letter_add('address', %s, 'nl', 'sealed')", reader)
    assert site.db.rows("select id, kind, language from letter",
                        role="tweeluik_schedule")
    with pytest.raises(Exception, match="permission denied"):
        site.db.rows("select address_sealed from letter",
                     role="tweeluik_schedule")


# The form

@pytest.fixture
def web(database, tmp_path):
    """The web role alone."""
    web = Website(database, tmp_path / "site")
    try:
        yield web.start()
    finally:
        web.stop()
        log = web.log.read_text()
        assert "Sanitizer" not in log, log
        assert not re.search(r"\w@\w|lezer", log), log


class Page:
    def __init__(self, text):
        assert not re.search("[\ue000-\uf8ff]|\\{\\w+\\}", text)
        self.doc = lxml.html.document_fromstring(text.encode())
        self.lang = self.doc.get("lang")
        self.title = self.doc.findtext(".//title")
        self.h1, = self.doc.xpath("//h1")

    def value(self, name):
        return self.doc.xpath(f"//input[@name='{name}']/@value")

    def checked(self):
        return self.doc.xpath("//input[@type='radio' and @checked]/@value")

    def errors(self):
        """(where it leads, text) of each; the same text is at the field."""
        out = [(a.get("href"), a.text_content())
               for a in self.doc.xpath("//*[@class='errors']//a")]
        for href, text in out:
            where, = self.doc.xpath(f"//*[@id='{href[1:]}']")
            described = where.get("aria-describedby")
            if described:
                at, = self.doc.xpath(f"//*[@id='{described}']")
                assert at.text_content() == text
        return out

    def status(self):
        return [x.text_content()
                for x in self.doc.xpath("//*[@role='status']")]

    def links(self):
        return self.doc.xpath("//main//a/@href")

    def forms(self):
        return self.doc.xpath("//form/@action")


class Guest(Visitor):
    """Somebody with a browser, from a network of their own each time."""
    count = 0

    def __init__(self, port):
        super().__init__(port)
        self.stamps = {}

    def get(self, path, status=200):
        answer = super().get(path)
        assert answer.status == status, answer.body
        return Page(answer.body)

    def stamp(self, path):
        """Of a form that a person has looked at for a while."""
        if path not in self.stamps:
            self.stamps[path] = self.get(path).value("stamp")[0]
            time.sleep(2.2)
        return self.stamps[path]

    def send(self, email, path=DUTCH, network=None, **fields):
        Guest.count += 1
        n = Guest.count
        form = {"email": email, "language": "nl", "organisation": "",
                "website": "", "stamp": None, **fields}
        if form["stamp"] is None:
            form["stamp"] = self.stamp(path)
        return self.ask(
            "POST", path, urlencode(form),
            {"Content-Type": "application/x-www-form-urlencoded",
             "X-Forwarded-For": network or f"10.{n >> 8}.{n & 255}.7"})

    def follow(self, answer):
        assert answer.status == 303 and answer.body == ""
        assert answer.headers["Set-Cookie"] is None
        return self.get(answer.headers["Location"])

    def post(self, path):
        return self.follow(super().post(path))


def signups(web):
    return web.sql("select count(*) from signup")[0][0]


@pytest.mark.parametrize("path, other, lang, title", [
    (DUTCH, ENGLISH, "nl", "Aanmelden voor de nieuwsbrief"),
    (ENGLISH, DUTCH, "en", "Subscribe to the newsletter"),
])
def test_form_in_each_language(web, path, other, lang, title):
    guest = Guest(web.port)
    page = guest.get(path)
    assert (page.lang, page.title) == (lang, title)
    assert page.checked() == [lang] and page.forms() == [path]
    assert page.value("email") == [] and page.errors() == []
    switch, = page.doc.xpath(f"//a[@hreflang and @href='{other}']")
    assert switch.get("lang") == switch.get("hreflang") != lang
    assert sorted(page.doc.xpath("//link[@hreflang]/@href")) == [
        BASE + DUTCH, BASE + ENGLISH]
    # For what, from whom, and no box that is ticked beforehand.
    words = page.doc.xpath("//form")[0].text_content()
    assert "Stichting Voorbeeld" in words
    assert ("zonder verblijfsvergunning" if lang == "nl"
            else "without a residence permit") in words
    assert not page.doc.xpath("//input[@type='checkbox']")
    for field in page.doc.xpath("//main//input[not(@type='hidden')]"):
        assert field.xpath("ancestor::label") or page.doc.xpath(
            f"//label[@for='{field.get('id')}']")
    assert not web.sql("select from consent_event")


@pytest.mark.parametrize("fields, where, text", [
    ({"email": ""}, "#email", "Vul een e-mailadres in, bijvoorbeeld"),
    ({"email": "lezer"}, "#email", "Vul een e-mailadres in, bijvoorbeeld"),
    ({"email": "lezer@lezers"}, "#email", "er staat geen punt na de @"),
    ({"email": "le zer@lezers.example"}, "#email", "zonder spaties"),
    ({"email": "a@b.example, c@d.example"}, "#email", "één adres"),
    ({"email": "lezer.@lezers.example"}, "#email", "voor de @"),
    ({"email": "lezer@-lezers.example"}, "#email", "na de @"),
    ({"email": "l" * 65 + "@lezers.example"}, "#email", "te lang"),
    ({"language": "fr"}, "#language", "Kies in welke taal"),
    ({"organisation": "é" * 101}, "#organisation", "hoogstens 100"),
    ({"email": "lezer@gmial.com"}, "#email", "lezer@gmail.com?"),
])
def test_errors_say_what_to_do_and_keep_what_was_typed(web, fields, where,
                                                       text):
    guest = Guest(web.port)
    form = {"email": "le+zer@lezers.example", "language": "both",
            "organisation": "De <Linde> & co", **fields}
    answer = guest.send(**form)
    assert answer.status == 422
    page = Page(answer.body)
    assert page.title == "Fout: aanmelden voor de nieuwsbrief"
    (href, said), = page.errors()
    assert href == where and text in said
    assert page.value("email") == [form["email"]]
    assert page.value("organisation") == [form["organisation"]]
    assert page.checked() == [form["language"]] * (form["language"] != "fr")
    summary, = page.doc.xpath("//*[@class='errors']")
    assert summary.get("tabindex") == "-1" and "autofocus" in summary.keys()
    invalid = page.doc.xpath("//*[@aria-invalid='true']/@name")
    assert invalid == ([] if where == "#language" else [where[1:]])
    assert signups(web) == 0


def test_slip_of_the_finger_is_pointed_out_once(web):
    guest = Guest(web.port)
    page = Page(guest.send("lezer@gmial.com", ENGLISH).body)
    assert "Did you mean lezer@gmail.com?" in page.errors()[0][1]
    sure, = page.value("sure")
    assert guest.send("lezer@gmali.com", ENGLISH, sure=sure).status == 422
    guest.follow(guest.send("lezer@gmial.com", ENGLISH, sure=sure))
    assert signups(web) == 1


def test_page_after_the_form_is_the_same_for_all(web):
    guest = Guest(web.port)
    web.reader("bekend@lezers.example")
    web.reader("weg@lezers.example", state="unsubscribed")
    web.reader("geblokt@lezers.example", state="blocked")
    pages = set()
    for name in "bekend", "weg", "geblokt", "nieuw":
        answer = guest.send(f"{name}@lezers.example")
        where = answer.headers["Location"]
        assert "lezers" not in where and name not in where
        text = web.get(where).body
        page = Page(text)
        assert page.title == "Gelukt: kijk in uw mail"
        assert f"{name[0]}•••@lezers.example" in page.status()[0]
        other, = page.doc.xpath("//nav//a[@hreflang='en']/@href")
        assert f"{name[0]}•••@lezers.example" in guest.get(other).status()[0]
        for part in where.rsplit("/", 1)[1], name[0] + "•••":
            text = text.replace(part, "-")
        pages.add(text)
    assert len(pages) == 1
    assert signups(web) == 4


def test_page_after_the_form_opens_only_what_it_sealed(web):
    guest = Guest(web.port)
    path = f"{DUTCH}/kijk-in-uw-mail"
    plain = guest.get(path)
    assert plain.title == "Kijk in uw mail" and plain.status() == []
    _, sealed = web.run_keys("seal", "lezer@lezers.example")
    address = base64.urlsafe_b64encode(bytes.fromhex(sealed))
    answer = guest.send("lezer@lezers.example")
    mask = answer.headers["Location"].rsplit("/", 1)[1]
    for bad in (address.decode().rstrip("="), "x", "A" * 128, mask[:-1],
                mask + "A", mask.swapcase(), web.token("b", 1, 1)):
        page = guest.get(f"{path}/{bad}")
        assert page.title == plain.title and page.status() == []


def test_what_is_stored_is_sealed_and_has_the_words(web):
    guest = Guest(web.port)
    guest.send("Lezer@Lezers.example", ENGLISH, language="both",
               organisation=" Huis\tde Linde, mail a@b.example ")
    (language, organisation, lang, body, hashed), = web.sql(
        "select s.language, s.organisation, w.lang, w.body,"
        " encode(s.address_hash, 'hex') from signup s"
        " join wording w on w.id = s.wording_id")
    assert (language, lang) == ("both", "en")
    assert "@" not in organisation and "Huis de Linde" in organisation
    form = guest.get(ENGLISH).doc.xpath("//form")[0].text_content()
    assert body in " ".join(form.split())
    assert hashed == web.run_keys("seal", "lezer@lezers.example")[0]
    dump = str(web.dump())
    assert "ezers.example" not in dump


def stamp(web, age, words=1):
    return web.token("s", int(time.time()) - age, words)


def test_programs_get_the_same_answer_and_nothing_happens(web):
    guest = Guest(web.port)
    good = guest.stamp(DUTCH)
    fresh = guest.get(DUTCH).value("stamp")[0]
    for fields in ({"website": "https://spam.example"}, {"stamp": fresh},
                   {"stamp": ""}, {"stamp": "x"}, {"stamp": good[:-1]},
                   {"stamp": stamp(web, -60)},
                   {"stamp": web.token("b", 1, 1)}):
        page = guest.follow(guest.send("lezer@lezers.example", **fields))
        assert page.title == "Gelukt: kijk in uw mail"
    assert signups(web) == 0
    guest.follow(guest.send("lezer@lezers.example"))
    assert signups(web) == 1


@pytest.mark.parametrize("age, words", [(13 * 3600, 1), (60, 1)],
                         ids=["old", "of other words"])
def test_form_that_is_too_old_comes_back_filled_in(web, age, words):
    guest = Guest(web.port)
    answer = guest.send("lezer@lezers.example", language="en",
                        organisation="De Linde",
                        stamp=stamp(web, age, words))
    page = Page(answer.body)
    assert answer.status == 422
    assert "stond lang open" in page.errors()[0][1]
    assert page.value("email") == ["lezer@lezers.example"]
    assert page.value("organisation") == ["De Linde"]
    assert page.checked() == ["en"] and signups(web) == 0
    # Once more, at once.
    guest.follow(guest.send("lezer@lezers.example",
                            stamp=page.value("stamp")[0]))
    assert signups(web) == 1


def test_limit_of_a_network(web):
    guest = Guest(web.port)
    for n in range(30):
        guest.follow(guest.send(f"lezer{n}@lezers.example",
                                network=f"192.0.2.{n}"))
    for network in ("192.0.2.200", "::ffff:192.0.2.9",
                    "198.51.100.1, 192.0.2.9"):
        status, headers, text = guest.send("lezer@lezers.example",
                                           network=network)
        assert status == 429
        assert 3500 < int(headers["Retry-After"]) <= 3600
        page = Page(text)
        assert "Er zijn te veel aanmeldingen vanaf dit netwerk" in text
        assert "There are too many subscriptions from this network" in text
        assert page.links() == ["mailto:loket@voorbeeld.example"] * 2
    assert signups(web) == 30
    guest.follow(guest.send("lezer@lezers.example",
                            network="192.0.2.9, 198.51.100.1"))
    assert signups(web) == 31
    # An error is no try.
    for _ in range(40):
        guest.send("lezer", network="198.51.101.1")
    guest.follow(guest.send("lezer@lezers.example",
                            network="198.51.101.1"))


def test_header_of_a_visitor_counts_for_nothing_without_a_proxy(
        database, tmp_path):
    web = Website(database, tmp_path / "site")
    web.place.write_config(web_more="    proxy = false\n"
                           "    signups_per_network = 2\n")
    web.start()
    try:
        guest = Guest(web.port)
        codes = [guest.send(f"lezer{n}@lezers.example").status
                 for n in range(4)]
        assert codes == [303, 303, 429, 429]
    finally:
        web.stop()


def test_time_says_nothing_about_an_address(web):
    """One statement that adds one row, whoever it is; and the clock agrees."""
    guest = Guest(web.port)
    kinds = {"new": "nieuw{}@lezers.example"}
    for state in "active", "unsubscribed", "blocked":
        kinds[state] = state + "{}@lezers.example"
    rounds = 60
    for n in range(rounds):
        for kind, address in kinds.items():
            if kind != "new":
                web.reader(address.format(n), state=kind)
    before = [t for t in web.dump()]
    times = {kind: [] for kind in kinds}
    guest.stamp(DUTCH)
    for n in range(rounds):
        for kind, address in kinds.items():
            began = time.perf_counter()
            answer = guest.send(address.format(n))
            times[kind].append(time.perf_counter() - began)
            assert answer.status == 303
    assert signups(web) == len(kinds) * rounds
    after = [t for t in web.dump()]
    changed = [i for i, (a, b) in enumerate(zip(before, after)) if a != b]
    assert len(changed) == 2  # signup, and the words once
    medians = [statistics.median(t) for t in times.values()]
    assert max(medians) < 1.5 * min(medians) + 0.002, times


def test_form_while_the_database_is_away(web):
    guest = Guest(web.port)
    guest.stamp(DUTCH)
    web.sql("alter table signup add constraint full_up check (false)")
    answer = guest.send("lezer@lezers.example")
    assert answer.status == 503 and "lezer" not in answer.body
    assert guest.get(DUTCH).title


# The whole way

def link_of(raw):
    link, = links(raw)
    assert link.startswith(BASE)
    return link[len(BASE):]


def settled_signups(site):
    assert wait_until(lambda: site.db.one("select count(*) from signup")
                      == 0, 20) is not None
    assert wait_until(lambda: site.db.one(
        "select count(*) from letter where written_at is null") == 0, 20)


def people(site):
    return site.db.rows("select state, language, language_from"
                        " from subscriber order by id")


def events(site):
    return [tuple(r.values()) for r in site.db.rows(
        "select kind, way, w.lang from consent_event e"
        " left join wording w on w.id = e.wording_id order by e.id")]


@pytest.mark.parametrize("path, language, lang", [
    (DUTCH, "nl", "nl"), (ENGLISH, "en", "en"), (DUTCH, "both", "nl"),
])
def test_way_from_the_form_to_the_list(house, path, language, lang):
    guest = Guest(house.web_port)
    ok(house, "schedule", "set", "--first-date", "2031-01-02")
    guest.stamp(path)
    began = time.monotonic()
    guest.follow(guest.send("lezer@lezers.example", path,
                            language=language))
    raw, = caught(house, 1)
    assert time.monotonic() - began < 4
    assert not list(conformity.letter_violations(raw))
    nl, en = SUBJECTS["confirm"]
    assert parse(raw)["subject"] == {
        "nl": nl, "en": en, "both": f"{nl} / {en}"}[language]
    assert parse(raw)["to"] == "lezer@lezers.example"
    assert house.db.one("select count(*) from signup") == 0
    assert [p["state"] for p in people(house)] == ["pending"]
    link = link_of(raw)
    page = guest.get(link)
    assert page.lang == lang
    assert page.title == {"nl": "Nog een klik", "en": "One more click"}[lang]
    assert "l•••@lezers.example" in page.doc.text_content()
    assert page.forms() == [link] * 2
    done = guest.post(link)
    assert done.title == {"nl": "Gelukt: u bent aangemeld",
                          "en": "Done: you are subscribed"}[lang]
    assert {"nl": "Het volgende nummer komt op donderdag 2 januari 2031.",
            "en": "The next issue comes on Thursday 2 January 2031."
            }[lang] in done.doc.text_content()
    assert people(house) == [{"state": "active", "language": language,
                              "language_from": "chosen"}]
    preferences = next(x for x in done.links() if x.startswith("/v/"))
    assert guest.get(preferences).checked()[0] == language
    # Once more changes nothing.
    again = guest.get(link)
    assert again.title == {"nl": "U was al aangemeld",
                           "en": "You were subscribed already"}[lang]
    guest.post(link)
    guest.post(link)
    assert events(house) == [("subscribed", "page", lang),
                             ("confirmed", "page", lang)]


def test_who_is_on_the_list_is_told_so(house):
    guest = Guest(house.web_port)
    subscribe(house, "lezer1@lezers.example", "en")
    subscribe(house, "lezer2@lezers.example", "nl")
    house.db.rows("update subscriber set state = 'paused', paused_until ="
                  " current_date + 30 where language = 'nl'")
    before = people(house)
    for name in "lezer1", "lezer2":
        guest.send(f"{name}@lezers.example", language="both",
                   organisation="Anders")
    mails = {parse(raw)["to"]: raw for raw in caught(house, 2)}
    raw = mails["lezer1@lezers.example"]
    assert parse(raw)["subject"] == SUBJECTS["already"][1]
    assert guest.get(link_of(raw)).checked()[0] == "en"
    assert parse(mails["lezer2@lezers.example"])["subject"] == \
        SUBJECTS["already"][0]
    assert people(house) == before and len(events(house)) == 2


def test_coming_back(house):
    """Who left is gone until they confirm; who was erased is a stranger."""
    guest = Guest(house.web_port)
    left = subscribe(house, "lezer1@lezers.example", "nl")
    house.db.rows("update subscriber set tags = '{noord}'")
    gone = subscribe(house, "lezer2@lezers.example", "nl")
    house.db.rows("select subscriber_leave(%s, 'page')", left)
    house.db.rows("select subscriber_erase(%s, 'command')", gone)
    subscribe(house, "lezer3@lezers.example", "nl")
    house.db.rows("update subscriber set state = 'undeliverable'"
                  " where state = 'active'")
    for n in "123":
        guest.send(f"lezer{n}@lezers.example", language="en")
    mails = {parse(raw)["to"]: link_of(raw) for raw in caught(house, 3)}
    assert [p["state"] for p in people(house)] == [
        "unsubscribed", "undeliverable", "pending"]
    assert house.db.one("select count(*) from suppression") == 2
    for link in mails.values():
        assert guest.get(link).title in ("One more click", "Nog een klik")
        guest.post(link)
    assert house.db.one("select count(*) from suppression") == 0
    assert people(house) == 3 * [{"state": "active", "language": "en",
                                  "language_from": "chosen"}]
    assert house.db.one("select tags from subscriber where id = %s",
                        left) == ["noord"]
    # The link did what it was for: leaving again, it brings nobody back.
    link = mails["lezer1@lezers.example"]
    house.db.rows("select subscriber_leave(%s, 'page')", left)
    page = guest.post(link)
    assert page.title == "This link has expired"
    assert house.db.one("select state from subscriber where id = %s",
                        left) == "unsubscribed"


@pytest.mark.parametrize("reason", ["complaint", "blocked", "state"])
def test_who_is_blocked_gets_nothing(house, reason):
    guest = Guest(house.web_port)
    reader = subscribe(house, "lezer@lezers.example")
    if reason == "state":
        house.db.rows("update subscriber set state = 'blocked'")
    else:
        house.db.rows("insert into suppression (address_hash, reason)"
                      " select address_hash, %s from subscriber", reason)
        house.db.rows("delete from subscriber where id = %s", reader)
    before = people(house)
    guest.follow(guest.send("lezer@lezers.example"))
    guest.follow(guest.send("ander@lezers.example"))
    raw, = caught(house, 1)
    assert parse(raw)["to"] == "ander@lezers.example"
    settled_signups(house)
    assert people(house)[:len(before)] == before
    assert len(people(house)) == len(before) + 1


def test_a_thousand_forms_make_one_mail(house):
    guest = Guest(house.web_port)
    subscribe(house, "lezer1@lezers.example")
    guest.stamp(DUTCH)

    def bomb(name, n):
        for _ in range(n):
            assert guest.send(f"{name}@lezers.example").status == 303

    threads = [threading.Thread(target=bomb, args=(name, 125))
               for name in ("lezer1", "lezer2") for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    settled_signups(house)
    assert sorted(parse(raw)["to"] for raw in caught(house, 2)) == [
        "lezer1@lezers.example", "lezer2@lezers.example"]
    assert len(events(house)) == 2  # imported, subscribed
    # The day after there may be another one.
    house.db.rows("update letter set at = at - interval '1 day'")
    bomb("lezer2", 2)
    assert len(caught(house, 3)) == 3


def test_letters_of_an_hour(site):
    site.write_config(web_more="    signup_letters = 3\n")
    begin(site)
    guest = Guest(site.web_port)
    for n in range(5):
        guest.send(f"lezer{n}@lezers.example")
    caught(site, 3)
    time.sleep(1)
    assert len(site.mails()) == 3
    assert site.db.one("select count(*) from signup") == 2
    assert "signups-wait waiting=" in (site.folder / "log").read_text()
    site.db.rows("update letter set at = at - interval '1 hour'")
    site.db.rows("notify tweeluik_schedule")
    caught(site, 5)
    assert site.db.one("select count(*) from signup") == 0
    site.stop_daemon()


def test_whom_the_office_asks_fills_no_hour(site):
    site.write_config(web_more="    signup_letters = 1\n")
    for n in range(3):
        site.tweeluik("subscriber", "add", f"gast{n}@lezers.example",
                      check=True)
    begin(site)
    Guest(site.web_port).send("lezer@lezers.example")
    caught(site, 4)
    assert site.db.one("select count(*) from signup") == 0
    site.stop_daemon()


def test_form_waits_for_a_day_at_most(site):
    for n, age in enumerate(("23 hours", "24 hours")):
        hashed, sealed = web_keys(site.settings["keys"], "seal",
                                  f"lezer{n}@lezers.example")
        site.db.rows("insert into signup (address_hash, address_sealed,"
                     " language, at) values (decode(%s, 'hex'),"
                     " decode(%s, 'hex'), 'nl', now() - interval %s)",
                     hashed, sealed, age)
    begin(site)
    raw, = caught(site, 1)
    assert parse(raw)["to"] == "lezer0@lezers.example"
    assert site.db.one("select count(*) from signup") == 0
    assert site.db.one("select count(*) from subscriber") == 1


def test_link_that_has_expired_is_renewed(house):
    guest = Guest(house.web_port)
    guest.send("lezer@lezers.example", ENGLISH, language="en")
    link = link_of(caught(house, 1)[0])
    house.db.rows("update letter set at = at - interval '8 days'")
    page = guest.post(link)
    assert page.title == "This link has expired"
    assert [p["state"] for p in people(house)] == ["pending"]
    assert page.forms() == [link + "/again"] * 2
    page = guest.post(link + "/again")
    assert page.title == "Done: check your mail"
    guest.post(link + "/again")
    fresh = link_of(caught(house, 2)[1])
    assert fresh != link
    settled_signups(house)
    assert guest.get(link).title == "This link has expired"
    assert guest.post(fresh).title == "Done: you are subscribed"
    assert guest.get(link).title == "You were subscribed already"
    guest.post(link + "/again")
    settled_signups(house)
    assert len(house.mails()) == 2
    assert [e[0] for e in events(house)] == ["subscribed"] * 2 + ["confirmed"]


def test_two_clicks_at_once(house):
    guest = Guest(house.web_port)
    guest.send("lezer@lezers.example")
    link = link_of(caught(house, 1)[0])
    titles = []
    threads = [threading.Thread(
        target=lambda: titles.append(guest.post(link).title))
        for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert titles == ["Gelukt: u bent aangemeld"] * 8
    assert [e[0] for e in events(house)] == ["subscribed", "confirmed"]


def test_scanners_change_nothing(house):
    guest = Guest(house.web_port)
    guest.send("lezer@lezers.example")
    link = link_of(caught(house, 1)[0])
    assert wait_until(lambda: house.db.one(
        "select state from mailing") == "done", 20)
    tables = ("subscriber", "consent_event", "suppression", "letter",
              "signup", "mailing", "delivery", "outcome")

    def dump():
        return [house.db.rows(f"select * from {t} order by 1")
                for t in tables]

    before = dump()
    paths = [link, link + "/done", link + "/sent", link + "/again", DUTCH,
             ENGLISH, DUTCH + "/kijk-in-uw-mail",
             ENGLISH + "/check-your-mail"]
    for n in range(100):
        method = ("GET", "HEAD", "OPTIONS")[n % 3]
        answer = guest.ask(method, paths[n % len(paths)],
                           headers={"User-Agent": "LinkScanner/1.0"})
        assert answer.status in (200, 204, 405)
    assert dump() == before


def test_links_that_are_none_look_alike(web):
    reader = web.reader()
    token = web.token("b", reader, 1)
    blocked = web.reader("lezer@lezers.example", state="blocked")
    web.sql("insert into mailing (kind, expires_at) values ('system',"
            " now())")
    web.sql("insert into letter (kind, subscriber_id, language, mailing_id)"
            " values ('confirm', %s, 'nl', 1)", blocked)
    # The only other way to get this page is a link that never was.
    web.sql("update subscriber set state = 'pending' where id = %s", reader)
    shapes = set()
    for t in (token, token[:-1], "x", web.token("b", 999, 1),
              web.token("u", reader, 1), web.token("b", blocked, 1),
              web.token("s", 1, 1)):
        for method, path in (("GET", f"/b/{t}"), ("POST", f"/b/{t}"),
                             ("GET", f"/b/{t}/done"),
                             ("POST", f"/b/{t}/again")):
            status, _, text = web.ask(method, path)
            shapes.add((status, text))
    (status, text), = shapes
    assert status == 404 and "Deze link kennen we niet" in text
    assert web.state(reader) == "pending" and signups(web) == 0


def test_organisation_that_the_map_knows(house):
    guest = Guest(house.web_port)
    house.db.rows("insert into organisation (name, place) values"
                  " ('Huis de Linde', null), ('Wereldhuis', 'A'),"
                  " ('Wereldhuis', 'B')")
    for n, name in enumerate(("huis de linde", "Wereldhuis", "Elders", "")):
        guest.send(f"lezer{n}@lezers.example", organisation=name)
    caught(house, 4)
    assert [tuple(r.values()) for r in house.db.rows(
        "select o.name, s.organisation_said from subscriber s"
        " left join organisation o on o.id = s.organisation_id"
        " order by s.id")] == [
            ("Huis de Linde", None), (None, "Wereldhuis"),
            (None, "Elders"), (None, None)]


def test_invitation_by_command(house):
    def invite(address, language="both", source="default", tags=("x",)):
        hashed, sealed = web_keys(house.settings["keys"], "seal", address)
        row, = house.db.rows(
            "select id, outcome from subscriber_invite(decode(%s, 'hex'),"
            " decode(%s, 'hex'), %s, %s, null, %s, 'anna')", hashed, sealed,
            language, source, list(tags), role="tweeluik_composer")
        return row["outcome"]

    guest = Guest(house.web_port)
    member = subscribe(house, "lezer1@lezers.example")
    assert invite("lezer1@lezers.example") == "already"
    assert invite("lezer2@lezers.example") == "confirm"
    assert invite("lezer2@lezers.example") == "waits"
    raw, = caught(house, 1)
    assert " / " in parse(raw)["subject"]
    guest.post(link_of(raw))
    assert house.db.rows("select state, language, language_from, tags"
                         " from subscriber where id <> %s", member) == [
        {"state": "active", "language": "both", "language_from": "default",
         "tags": ["x"]}]
    house.db.rows("update subscriber set state = 'blocked' where id = %s",
                  member)
    assert invite("lezer1@lezers.example") == "refused"
    assert events(house)[1:] == [("subscribed", "command", None),
                                 ("confirmed", "page", None)]


def test_web_role_sees_no_form(web, database):
    conn = database.connect("tweeluik_web")
    cur = conn.cursor()
    for table in "signup", "wording", "letter", "consent_event":
        with pytest.raises(Exception, match="permission denied"):
            cur.execute(f"select * from {table}")
    for call in ("signup_settle(0)", "subscriber_invite(null, null, null,"
                 " null, null, null, null)", "letter_add('confirm', 1, 'nl')",
                 "subscriber_join(null, null, null, null, null, null)"):
        with pytest.raises(Exception, match="permission denied"):
            cur.execute(f"select {call}")
    conn.close()
