"""A new key goes in front: nothing that was sent or stored breaks."""

import base64
import re
import secrets

import pytest
from house import House
from newsletter import as_json
from pages import letter, move
from website import ONE_CLICK

from tests.embedded import wait_until

NEW = 77
PAGES = {"u": "/u/{}", "t": "/t/{}/en", "v": "/v/{}", "m": "/m/{}/nl",
         "o": "/u/{}/undo", "b": "/b/{}", "d": "/d/{}", "a": "/a/{}"}
TOKEN = re.compile(r"/([a-z])/([A-Za-z0-9_-]{40})")


@pytest.fixture
def house(database, tmp_path):
    house = House(tmp_path / "house", database)
    try:
        yield house.start()
    finally:
        house.stop()


def restart(house, keys):
    house.stop_daemon()
    house.keys.write_text(keys)
    house.start_daemon(log=house.log)
    assert wait_until(house.is_up, 30)


def key_of(token):
    """The number of the key that made it (base/keys.c)."""
    return base64.urlsafe_b64decode(token)[0]


def keys_of_links(text):
    return {key_of(t) for _, t in TOKEN.findall(text)}


def sealed_with(house, reader):
    return house.db.one("select get_byte(address_sealed, 0) from subscriber"
                        " where id = %s", reader)


def test_links_already_sent_keep_working(house):
    reader = house.reader("nl")
    old_keys = house.keys.read_text()
    mail, = house.inbox("nl")
    old = {p: house.token(p, reader, house.mailing) for p in "utvmo"}
    joins, moves = house.add("komt"), house.add("verhuist")
    house.db.rows("update subscriber set state = 'pending' where id = %s",
                  joins)
    old["b"] = letter(house, "confirm", "komt", joins, "b", "nl")
    old["d"], old["a"] = move(house, "verhuist", moves, "nl")
    assert keys_of_links(mail.part()) == {1}

    restart(house, f"{NEW} {secrets.token_hex(32)}\n{old_keys}")
    for path in mail.links():
        assert house.get(path).status == 200, path
    for purpose, path in PAGES.items():
        assert key_of(old[purpose]) == 1
        assert house.get(path.format(old[purpose])).status == 200

    # And they do what they are for.
    assert house.post(f"/b/{old['b']}").status == 303
    assert house.state(joins) == "active"
    assert house.post(f"/a/{old['a']}").status == 303
    assert as_json(house, "subscriber", "show",
                   "nieuw.verhuist@lezers.example")["state"] == "active"

    # What is made from now on has the new key.
    page = house.get(PAGES["v"].format(old["v"])).body
    assert NEW in keys_of_links(page)
    assert house.post(f"/u/{old['u']}", "confirm=yes").status == 303
    farewell = house.next_mail("nl", 2)  # to an address sealed before
    undo = farewell.link("/u/")
    assert keys_of_links(farewell.part()) == {NEW}
    assert house.post(undo).status == 303
    assert house.state(reader) == "active"
    added = house.add("later")
    assert sealed_with(house, reader) == 1
    assert sealed_with(house, added) == NEW
    # Who was there is found by address, and not twice.
    for name in "nl", "later":
        assert as_json(house, "subscriber", "show",
                       f"{name}@lezers.example")["state"] == "active"

    # One click of a provider, with a link from before.
    english = house.reader("en")
    link = house.inbox("en")[0].link("/u/")
    assert house.post(link, ONE_CLICK).status == 200
    assert house.state(english) == "unsubscribed"

    # Only without the old key do old links mean nothing.
    restart(house, house.keys.read_text().replace(old_keys, ""))
    assert house.get(PAGES["u"].format(old["u"])).status == 404
