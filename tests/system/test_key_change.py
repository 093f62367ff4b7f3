"""A new key goes in front: nothing that was sent or stored breaks."""

import json
import secrets
import signal

import pytest
from house import House
from newsletter import approve, as_json, ok, send_now, settled

from tests.embedded import wait_until

PAGES = {"u": "/u/{}", "t": "/t/{}/en", "v": "/v/{}", "m": "/m/{}/nl",
         "o": "/u/{}/undo"}


@pytest.fixture
def house(database, tmp_path):
    house = House(tmp_path / "house", database)
    try:
        yield house.start()
    finally:
        house.stop()


def put_key_in_front(house):
    path = house.keys
    old = path.read_text()
    path.write_text(f"{secrets.randbelow(200) + 50} {secrets.token_hex(32)}\n"
                    + old)
    return old
