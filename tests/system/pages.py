"""Every page there is.

A path with a place for a token is a reader's own, and is looked at in both
languages: {u} is the token of that purpose of a reader, {left.u} of one who
has left, {joined.b} of one who has just confirmed; {other} is the language the
reader does not have, and which then comes first.  `BOTH` are pages of nobody in
both languages, `PUBLIC` those that exist in each under a path of its own.
"""

from newsletter import ok
from website import ONE_CLICK

PERSONAL = {
    "unsubscribe": "/u/{u}",
    "unsubscribed": "/u/{left.u}",
    "unsubscribed, done": "/u/{left.u}/done",
    "undo": "/u/{left.u}/undo",
    "on the list": "/u/{u}/undo",
    "on the list, done": "/u/{u}/undone",
    "change to what it is": "/t/{t}/{lang}",
    "change to the other": "/t/{t}/{other}",
    "change to both": "/t/{t}/both",
    "language, done": "/t/{t}/{lang}/done",
    "preferences": "/v/{v}",
    "preferences, done": "/v/{v}/done",
    "preferences changed meanwhile": "/v/{v}/changed",
    "link to details, done": "/v/{v}/sent",
    "confirm": "/b/{new.b}",
    "confirmed before": "/b/{joined.b}",
    "confirm, done": "/b/{joined.b}/done",
    "confirm too late": "/b/{late.b}",
    "confirm once more, done": "/b/{late.b}/sent",
    "details": "/d/{d}",
    "new address": "/d/{d}/address",
    "new address, done": "/d/{wishing.d}/address/sent",
    "confirm a new address": "/a/{wishing.a}",
    "address, done": "/a/{moved.a}/done",
    "erase": "/d/{d}/erase",
    "erased, done": "/d/erased/{lang}",
    "check": "/k/{k}",
    "check, change": "/k/{k}/change",
    "check, done": "/k/{checked.k}/done",
}
BOTH = {
    "help": "/",
    "missing": "/nowhere",
    "unknown link": "/u/broken",
    "test link": "/u/{test.u}",
}
PUBLIC = {
    "subscribe": ("/aanmelden", "/en/subscribe"),
    "check your mail": ("/aanmelden/kijk-in-uw-mail",
                        "/en/subscribe/check-your-mail"),
    "archive": ("/archief", "/en/archive"),
    "archive of a year": ("/archief/{year}", "/en/archive/{year}"),
    "search": ("/archief?q=tandarts", "/en/archive?q=dentist"),
    "search without result": ("/archief?q=zzz", "/en/archive?q=zzz"),
    "issue": ("/archief/{year}/{number}", "/en/archive/{year}/{number}"),
    "privacy": ("/privacy", "/en/privacy"),
    "accessibility": ("/toegankelijkheid", "/en/accessibility"),
}


class Tokens(dict):
    """The places of a path, of a reader of this house."""

    def __init__(self, house, reader, **known):
        super().__init__(known)
        self.house, self.reader = house, reader

    def __missing__(self, purpose):
        return self.house.token(purpose, self.reader, self.house.mailing)

    def __getattr__(self, purpose):
        return self[purpose]


def letter(house, kind, name, reader, purpose, lang):
    """The token in a letter of this kind."""
    count = len(house.inbox(name)) + 1
    house.db.rows("select letter_add(%s, %s, %s)", kind, reader, lang)
    return token(house.next_mail(name, count), purpose)


def token(mail, purpose):
    found, = {p.split("/")[2] for p in mail.links()
              if p.startswith(f"/{purpose}/")}
    return found


def move(house, name, reader, lang):
    """Somebody who asked for another address: (d, a)."""
    d = letter(house, "details", name, reader, "d", lang)
    assert house.post(f"/d/{d}/address",
                      f"address=nieuw.{name}@lezers.example").status == 303
    return d, token(house.next_mail(f"nieuw.{name}", 1), "a")


def check(house, lang):
    """The token with which an organisation is asked whether all is right."""
    house.asked = getattr(house, "asked", 0) + 1
    name = f"vraag{house.asked}"
    ok(house, "org", "add", name.capitalize(), "--email",
       f"{name}@lezers.example", "--phone", "099 000 00 01",
       "--contact-language", lang)
    ok(house, "org", "check", name.capitalize(), "--confirm", "1")
    return token(house.next_mail(name, 1), "k")


def people(house, lang):
    """Readers in every state, and the places of a path."""
    stays = house.reader(lang)
    number, year = house.issue.split("-")
    found = Tokens(house, stays, lang=lang, year=year, number=number,
                   other="en" if lang == "nl" else "nl",
                   test=Tokens(house, 0))
    found["d"] = letter(house, "details", lang, stays, "d", lang)
    readers = {n: house.add(f"{n}.{lang}", lang) for n in (
        "left", "new", "joined", "late", "wishing", "moved")}
    house.db.rows("update subscriber set state = 'pending' where id in"
                  " (%s, %s, %s)", *(readers[n] for n in (
                      "new", "joined", "late")))
    for n, reader in readers.items():
        found[n] = mine = Tokens(house, reader)
        if n in ("new", "joined", "late"):
            mine["b"] = letter(house, "confirm", f"{n}.{lang}", reader, "b",
                               lang)
        if n in ("wishing", "moved"):
            mine["d"], mine["a"] = move(house, f"{n}.{lang}", reader, lang)
    found["k"] = check(house, lang)
    found["checked"] = Tokens(house, 0, k=check(house, lang))
    house.post(f"/k/{found.checked.k}")
    house.post(f"/u/{found.left.u}", ONE_CLICK)
    house.post(f"/b/{found.joined.b}")
    house.post(f"/a/{found.moved.a}")
    house.db.rows("update letter set at = now() - interval '8 days'"
                  " where subscriber_id = %s", readers["late"])
    return found


def places(house, lang):
    if lang not in house.people:
        house.people[lang] = people(house, lang)
    return house.people[lang]


CASES = [(name, lang, path) for name, path in PERSONAL.items()
         for lang in ("nl", "en")] + \
    [(name, "nl", path) for name, path in BOTH.items()] + \
    [(name, lang, path) for name, pair in PUBLIC.items()
     for lang, path in zip(("nl", "en"), pair)]
