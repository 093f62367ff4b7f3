"""What the web role stands: one process, from the first test to the last."""

import base64
import http.client
import random
import re
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import fresh_database
from framing import AMBIGUOUS, MALFORMED, MARK, TOLERATED
from website import ONE_CLICK, Website

GUESSES, BATCH = 100_000, 100
MEMORY_MB = 96
SEED = 20260212


@pytest.fixture(scope="module")
def site(pg, template, tmp_path_factory):
    with fresh_database(pg, template) as fresh:
        site = Website(fresh, tmp_path_factory.mktemp("site"))
        site.db = fresh
        try:
            yield site.start()
            assert site.process.poll() is None
            assert memory_mb(site) < MEMORY_MB
        finally:
            site.stop()
        log = site.log.read_text()
        assert "Sanitizer" not in log and "error" not in log.lower(), log
        assert not re.search(r"[A-Za-z0-9_-]{40}|@", log), log


def memory_mb(site):
    """The most it ever had."""
    with open(f"/proc/{site.process.pid}/status", encoding="ascii") as f:
        line, = (x for x in f if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


class Pipe:
    """Many requests over one connection, and their answers."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.file = self.socket.makefile("rb")

    def get(self, paths):
        self.socket.sendall(b"".join(
            f"GET {p} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for p in paths))
        for _ in paths:
            yield self.answer()

    def answer(self):
        """Status and headers without the date, and the body."""
        head = b""
        length = 0
        while True:
            line = self.file.readline()
            if line in (b"\r\n", b""):
                return head, self.file.read(length)
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            if not line.startswith(b"Date:"):
                head += line


def guesses(token, n):
    """Half of them random, half with some bits of a good one flipped."""
    dice = random.Random(SEED)
    raw = base64.urlsafe_b64decode(token)
    bits = 8 * len(raw)
    good = int.from_bytes(raw, "big")
    for i in range(n):
        wrong = dice.getrandbits(bits)
        if i % 2:
            wrong = good
            for bit in {dice.randrange(bits) for _ in range(1 + i % 7)}:
                wrong ^= 1 << bit
        yield base64.urlsafe_b64encode(
            wrong.to_bytes(len(raw), "big")).decode()


def test_guessing_finds_nothing(site):
    reader = site.reader("geraden@lezers.example")
    token = site.token("u", reader)
    wrong = list(guesses(token, GUESSES))
    assert token not in wrong
    before = site.db.fingerprint()
    pipe = Pipe(site.port)
    neutral, = pipe.get(["/u/broken"])
    assert neutral[0].startswith(b"HTTP/1.1 404 ")
    for i in range(0, GUESSES, BATCH):
        for answer in pipe.get([f"/u/{t}" for t in wrong[i:i + BATCH]]):
            assert answer == neutral
    for path in "/t/{}/en", "/v/{}", "/m/{}/nl", "/u/{}/undo", "/u/{}/done":
        for answer in pipe.get([path.format(t) for t in wrong[:BATCH]]):
            assert answer == neutral
    assert site.db.fingerprint() == before


def test_a_wrong_token_takes_the_same_time_however_wrong(site):
    """Random, one bit off at the start or the end, of another purpose."""
    token = site.token("u", site.reader("gemeten@lezers.example"))
    raw = base64.urlsafe_b64decode(token)

    def flipped(at, bit=1):
        bad = bytearray(raw)
        bad[at] ^= bit
        return base64.urlsafe_b64encode(bad).decode()
    kinds = {"random": "B" + "x" * 39, "key": flipped(0, 64),
             "mac": flipped(2), "numbers": flipped(-1),
             "purpose": site.token("v", 1),
             "end": token[:-1] + ("A" if token[-1] == "-" else "-")}
    took = {k: [] for k in kinds}
    c = http.client.HTTPConnection("127.0.0.1", site.port)
    for _ in range(2000):
        for kind, wrong in kinds.items():
            began = time.perf_counter_ns()
            c.request("GET", f"/u/{wrong}")
            assert c.getresponse().read()
            took[kind].append(time.perf_counter_ns() - began)
    medians = {k: statistics.median(v) for k, v in took.items()}
    noise = statistics.median(medians.values())
    assert max(medians.values()) - min(medians.values()) < noise / 5, medians


def test_replayed_requests_do_nothing_twice(site):
    reader = site.reader("herhaald@lezers.example")
    path = f"/u/{site.token('u', reader)}"
    events = "select kind from consent_event order by id"
    known = len(site.sql(events))
    for body in [ONE_CLICK] * 20:
        assert site.post(path, body).status == 200
    for _ in range(20):
        assert site.post(f"{path}/undo").status == 303
    change = f"/t/{site.token('t', reader)}/en"
    for _ in range(20):
        assert site.post(change).status == 303
    assert site.sql(events)[known:] == [("unsubscribed",), ("undone",),
                                        ("language",)]


def at_once(n, act):
    """act(0) to act(n - 1), all in the same moment."""
    barrier = threading.Barrier(n)

    def one(i):
        barrier.wait()
        return act(i)
    with ThreadPoolExecutor(n) as threads:
        return list(threads.map(one, range(n)))


def test_simultaneous_changes_leave_one_truth(site):
    for n in range(25):
        reader = site.reader(f"tegelijk{n}@lezers.example")
        u, t = site.token("u", reader), site.token("t", reader)
        acts = [(f"/u/{u}", ONE_CLICK), (f"/u/{u}", "confirm=yes"),
                (f"/u/{u}/undo", ""), (f"/t/{t}/en", ""), (f"/t/{t}/both", ""),
                (f"/u/{u}/reason", "reason=job")]
        answers = at_once(len(acts), lambda i: site.post(*acts[i]))
        assert {a.status for a in answers} <= {200, 303}
        (state, held), = site.sql(
            "select s.state, p.address_hash is not null from subscriber s"
            " left join suppression p using (address_hash) where id = %s",
            reader)
        assert (state, held) in (("unsubscribed", True), ("active", False))
        kinds = [k for k, in site.sql(
            "select kind from consent_event join subscriber s using"
            " (address_hash) where s.id = %s order by consent_event.id",
            reader)]
        ways = [k for k in kinds if k in ("unsubscribed", "undone")]
        # Each undoing follows a leaving.
        assert ways == (["unsubscribed", "undone"] * 2)[:len(ways)]
        assert (len(ways) % 2 == 1) == (state == "unsubscribed")


def test_two_hundred_at_once(site):
    tokens = [site.token("u", site.reader(f"menigte{n}@lezers.example"))
              for n in range(50)]
    answers = at_once(200, lambda i: site.post(
        f"/u/{tokens[i % 50]}", ONE_CLICK) if i % 2
        else site.get(f"/u/{tokens[i % 50]}"))
    assert {a.status for a in answers} == {200}


def test_slow_clients_are_cut_and_hold_nobody_up(site):
    """A byte a second, in headers, in a body, and one that fetches nothing."""
    path = f"/u/{site.token('u', site.reader('traag@lezers.example'))}"
    head = (f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/"
            "x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\n").encode()
    slow = []
    for n in range(300):
        s = socket.create_connection(("127.0.0.1", site.port))
        s.sendall((b"GET / HTTP/1.1\r\nX: ", head)[n % 2])
        slow.append(s)
    began = time.monotonic()
    waits, ended = [], {}
    while len(ended) < len(slow) and time.monotonic() - began < 60:
        for s in slow:
            if s in ended:
                continue
            try:
                s.send(b"a")
                s.setblocking(False)
                if s.recv(1000) == b"":
                    ended[s] = time.monotonic() - began
            except BlockingIOError:
                pass
            except OSError:
                ended[s] = time.monotonic() - began
            finally:
                s.setblocking(True)
        for _ in range(3):
            asked = time.monotonic()
            assert site.get(path).status == 200
            waits.append(time.monotonic() - asked)
        time.sleep(1)
    for s in slow:
        s.close()
    assert len(ended) == len(slow)
    # The body ends by itself: 26 octets that mean nothing.
    assert max(ended.values()) < 40, ended
    assert statistics.median(waits) < 0.05 and max(waits) < 1


def test_who_does_not_fetch_the_answer_is_cut(site):
    """Requests without end, and nothing is ever read."""
    before = memory_mb(site)
    with socket.create_connection(("127.0.0.1", site.port)) as s:
        s.settimeout(1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = b"GET /style.css HTTP/1.1\r\nHost: x\r\n\r\n"
        began = time.monotonic()
        sent = 0
        while time.monotonic() - began < 60:
            try:
                sent += s.send(request * 20)
            except socket.timeout:
                continue
            except OSError:
                break
        assert time.monotonic() - began < 45
    assert memory_mb(site) - before < 8 and sent < 2 ** 24
    assert site.get("/").status == 200


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_framing(site, name):
    """Refused, and nothing after it is believed.  (What libmicrohttpd itself
    refuses has its status line twice.)"""
    answer, closed = site.raw(AMBIGUOUS[name], seconds=1)
    assert MARK not in answer, answer
    assert set(statuses(answer)) <= {400, 405, 413, 414, 431, 501,
                                     505}
    assert closed
    assert site.get("/style.css").status == 200


@pytest.mark.parametrize("name", MALFORMED)
def test_what_nobody_means(site, name):
    answer, closed = site.raw(MALFORMED[name], seconds=1)
    assert statuses(answer) == [400] and closed, answer
    assert site.get("/style.css").status == 200


@pytest.mark.parametrize("name", TOLERATED)
def test_what_has_one_meaning_only(site, name):
    """Its end is certain, so what follows is a request of its own."""
    answer, _ = site.raw(TOLERATED[name], seconds=0.5)
    assert statuses(answer) in ([404], [404, 200], [200]), answer


def statuses(answer):
    return [int(x) for x in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


def test_a_megabyte_of_headers(site):
    million = b"a" * 1_000_000
    for data, statuses in (
            (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + million, (b"431",)),
            (b"GET / HTTP/1.1\r\nHost: x\r\n" + million + b": b", (b"431",)),
            (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 170_000,
             (b"431",)),
            (b"GET /" + million + b" HTTP/1.1\r\nHost: x", (b"414", b"431")),
            (million, (b"400", b"414", b"431"))):
        answer, closed = site.raw(data + b"\r\n\r\n", 5)
        # It may hang up before it has read what it will not read.
        assert closed and (answer == b"" or answer.split()[1] in statuses)
    assert site.get("/").status == 200


# UTF-8 that is none: overlong, surrogates, beyond the end, 16 bits, cut off.
NOT_UTF8 = [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc0\x80",
            b"\xed\xa0\x80\xed\xb0\x80", b"\xf4\x90\x80\x80",
            b"\xf8\x88\x80\x80\x80", b"\xff\xfea\x00", b"\xfe\xff\x00a",
            b"\x00a\x00=\x00b", b"\xe2\x82", b"\x80", b"a\xffb"]


def forms(site):
    """Path and name of every field a reader can fill in."""
    u, t, v = (site.token(p, site.reader(f"veld.{p}@lezers.example"))
               for p in "utv")
    return [(f"/u/{u}", "confirm"), (f"/u/{u}/reason", "reason"),
            (f"/v/{v}", "language"), (f"/v/{v}", "pause"),
            (f"/v/{v}", "was"), (f"/t/{t}/en", "any"),
            *(("/aanmelden", f) for f in (
                "email", "language", "organisation", "stamp", "sure",
                "website"))]


def test_every_octet_in_every_field(site):
    for path, name in forms(site):
        for data in [bytes([n]) for n in range(256)] + NOT_UTF8:
            coded = "".join(f"%{x:02x}" for x in data).encode()
            for value in data, coded, b"a" + data + b"b", coded * 40:
                for body in (name.encode() + b"=" + value,
                             value + b"=" + value):
                    answer = site.post(path, body)
                    assert answer.status in (303, 400, 413, 422, 429), (
                        path, body)
    for data in NOT_UTF8:
        coded = "".join(f"%{x:02x}" for x in data)
        assert site.post(forms_path(site), f"a={coded}").status == 400, data


def forms_path(site):
    return f"/v/{site.token('v', 1)}"


def test_every_octet_in_the_path_and_in_headers(site):
    u = site.token("u", site.reader("pad@lezers.example")).encode()
    for data in [bytes([n]) for n in range(256)] + NOT_UTF8:
        coded = "".join(f"%{x:02x}" for x in data).encode()
        for octets in data, coded:
            for path in (b"/" + octets, b"/u/" + octets, b"/u/" + u + octets,
                         b"/u/" + octets + u, b"/t/" + u + b"/" + octets,
                         b"/u/" + u + b"?" + octets):
                answer, _ = site.raw(
                    b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n"
                    b"Connection: close\r\n\r\n", 0.5)
                assert re.match(rb"HTTP/1\.[01] (200|4\d\d|505) ", answer) \
                    or answer == b"", (path, answer)
        for field in b"A: " + data, b"A" + data + b": b", b"Host: " + data:
            answer, _ = site.raw(b"GET / HTTP/1.1\r\n" + field +
                                 b"\r\nConnection: close\r\n\r\n", 0.5)
            assert re.match(rb"HTTP/1\.[01] (200|4\d\d) ", answer) \
                or answer == b"", (field, answer)
