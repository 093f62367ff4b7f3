"""Every page there is.

A path with a place for a token is a reader's own, and is looked at in both
languages: {u} is the token of that purpose of a reader, {left.u} of one who
has left, {test.u} of the mail of a test; {other} is the language the reader
does not have, and which then comes first.  `PUBLIC` are pages that exist in
each language under a path of its own.
"""

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
    "details": "/v/{v}",
    "details, done": "/v/{v}/done",
}
BOTH = {
    "help": "/",
    "missing": "/nowhere",
    "unknown link": "/u/broken",
    "test link": "/u/{test.u}",
}
PUBLIC = {}


class Tokens(dict):
    """The places of a path, of a reader of this house."""

    def __init__(self, house, reader, mailing, lang="nl"):
        super().__init__(lang=lang, other="en" if lang == "nl" else "nl")
        self.house, self.reader, self.mailing = house, reader, mailing

    def __missing__(self, purpose):
        return self.house.token(purpose, self.reader, self.mailing)

    def __getattr__(self, purpose):
        return self[purpose]


def places(house, lang):
    """One reader who stays, one who left; what a test mail has is nobody."""
    if lang not in house.people:
        stays = house.reader(lang)
        left = house.add(f"weg.{lang}", lang)
        house.post(f"/u/{house.token('u', left)}", "List-Unsubscribe=One-Click")
        house.people[lang] = stays, left
    stays, left = house.people[lang]
    found = Tokens(house, stays, house.mailing, lang)
    found["left"] = Tokens(house, left, house.mailing)
    found["test"] = Tokens(house, 0, house.mailing)
    return found


CASES = [(name, lang, path) for name, path in PERSONAL.items()
         for lang in ("nl", "en")] + \
    [(name, "nl", path) for name, path in BOTH.items()] + \
    [(name, lang, path) for name, pair in PUBLIC.items()
     for lang, path in zip(("nl", "en"), pair)]
