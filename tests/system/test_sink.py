"""The project's own SMTP sink: what it takes, counts, compares and breaks."""

import os
import smtplib
import socket
import ssl
import struct
import subprocess
import time
from pathlib import Path

import pytest
from smtpd import Certificates

from tests.sink import Sink

BUILD = Path(os.environ.get("TWEELUIK_BUILD", "build"))
SLOT_TO, SLOT_DATE, SLOT_MESSAGE_ID = 0, 1, 2
DATE = "Thu, 02 Jan 2025 10:00:00 +0100"
TEXT = (b"Subject: proef\r\n\r\n" + b"Een regel met punten. Of www.een.example"
        b" zonder.\r\n" * 300)


class Wire:
    """A raw connection: say bytes, read replies."""

    def __init__(self, sink, greet=True):
        self.socket = socket.create_connection(("127.0.0.1", sink.port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        if greet:
            assert self.code() == 220
            self.say(b"EHLO test.example\r\n")
            assert self.code() == 250

    def say(self, data):
        self.socket.sendall(data)

    def reply(self):
        """The lines of one reply; b"" when the connection is over."""
        whole = b""
        while True:
            try:
                line = self.lines.readline()
            except ConnectionResetError:
                line = b""
            whole += line
            if len(line) < 4 or line[3:4] != b"-":
                return whole

    def code(self):
        return int(self.reply()[:3] or 0)

    def codes(self, n):
        return [self.code() for _ in range(n)]

    def close(self):
        self.lines.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def envelope(to="een@lezers.example"):
    return b"MAIL FROM:<t@terug.example>\r\nRCPT TO:<%s>\r\n" % to.encode()


def by_data(to="een@lezers.example", text=TEXT):
    return envelope(to) + b"DATA\r\n", text + b".\r\n"


def by_bdat(to="een@lezers.example", text=TEXT):
    return envelope(to) + b"BDAT %d LAST\r\n" % len(text) + text


@pytest.fixture
def start(tmp_path):
    """Start a sink with options; it is stopped at the end."""
    started = []

    def run(*options):
        sink = Sink(*options, folder=tmp_path)
        sink.start()
        started.append(sink)
        return sink
    yield run
    for sink in started:
        if sink.code is None:
            sink.stop()


def finished(sink):
    sink.stop()
    return sink.result


def test_smtplib(start):
    sink = start()
    with smtplib.SMTP("127.0.0.1", sink.port) as client:
        client.ehlo()
        assert {"pipelining", "chunking", "8bitmime", "size",
                "enhancedstatuscodes"} <= set(client.esmtp_features)
        assert "starttls" not in client.esmtp_features
        client.sendmail("a@b.example", ["een@lezers.example"], TEXT)
        # A line that starts with a dot is stuffed, and comes out as it was.
        client.sendmail("a@b.example",
                        ["een@lezers.example", "twee@lezers.example"],
                        b"Subject: p\r\n\r\n.\r\n..twee\r\neind\r\n")
    got = finished(sink)
    assert sink.code == 0 and got["messages"] == 2
    assert got["bytes"] == len(TEXT) + 14 + 3 + 8 + 6
    assert (got["recipients"], got["once"], got["more_than_once"],
            got["copies"], got["most"]) == (2, 1, 1, 1, 2)


def test_options_take_offers_away(start):
    sink = start("--no-chunking", "--no-pipelining")
    with smtplib.SMTP("127.0.0.1", sink.port) as client:
        client.ehlo()
        assert "chunking" not in client.esmtp_features
        assert "pipelining" not in client.esmtp_features
    with Wire(sink) as wire:
        wire.say(b"BDAT 3 LAST\r\nabc")
        assert wire.code() == 501 and wire.reply() == b""


def test_a_group_in_one_segment(start):
    """The end of a message and the beginning of the next (RFC 2920)."""
    sink = start()
    first, content = by_data()
    second, _ = by_data("twee@lezers.example")
    with Wire(sink) as wire:
        wire.say(first)
        assert wire.codes(3) == [250, 250, 354]
        for _ in range(3):
            wire.say(content + second)
            assert wire.codes(4) == [250, 250, 250, 354]
        wire.say(content)
        assert wire.code() == 250
        wire.say(b"QUIT\r\n")
        assert wire.code() == 221 and wire.reply() == b""
    got = finished(sink)
    assert sink.code == 0 and got["messages"] == 4
    assert got["most"] == 3 and got["bytes"] == 4 * len(TEXT)


def test_split_at_every_place(start):
    """Whatever the segments, the same messages come out."""
    sink = start()
    text = b"a: b\r\n\r\n..\r\n.x\r\ny\r\r\n\r\n"
    size = len(text) - 2  # two stuffed dots
    head, content = by_data(text=text)
    chunk = by_bdat(text=text)
    with Wire(sink) as wire:
        for i in range(1, len(content)):
            wire.say(head)
            assert wire.codes(3) == [250, 250, 354]
            wire.say(content[:i])
            time.sleep(0.001)
            wire.say(content[i:])
            assert wire.code() == 250
        for i in range(1, len(chunk)):
            wire.say(chunk[:i])
            time.sleep(0.001)
            wire.say(chunk[i:])
            assert wire.codes(3) == [250, 250, 250]
        n = len(content) + len(chunk) - 2
        got = sink.counts()
        assert got["messages"] == got["most"] == n
        assert got["bytes"] == (len(content) - 1) * size \
            + (len(chunk) - 1) * len(text)
        wire.say(head)
        assert wire.codes(3) == [250, 250, 354]
        for i in range(len(content)):
            wire.say(content[i:i + 1])
        assert wire.code() == 250
        for i in range(len(chunk)):
            wire.say(chunk[i:i + 1])
        assert wire.codes(3) == [250, 250, 250]
    assert finished(sink)["messages"] == n + 2


def test_only_a_dot_between_crlf_ends_a_message(start):
    sink = start()
    head, _ = by_data()
    content = b"a\n.\nb\n.\r\nc\r.\r\nd\r\n.\re\r\n.\r\n"
    with Wire(sink) as wire:
        wire.say(head)
        assert wire.codes(3) == [250, 250, 354]
        wire.say(content)
        assert wire.code() == 250
        wire.say(b"NOOP\r\n")
        assert wire.code() == 250
    assert finished(sink)["bytes"] == len(content) - 3 - 1


def test_a_window_of_chunks(start):
    """Many messages on their way, none waits for another (RFC 3030)."""
    sink = start()
    with Wire(sink) as wire:
        wire.say(b"".join(b"RSET\r\n" + by_bdat(f"r{i}@lezers.example")
                          for i in range(100)))
        assert wire.codes(400) == [250] * 400
        # In two chunks, the first of no bytes.
        wire.say(envelope("twee@lezers.example") + b"BDAT 0\r\nBDAT 3\r\nabc"
                 b"BDAT 2 LAST\r\nde")
        assert wire.codes(5) == [250] * 5
    got = finished(sink)
    assert got["messages"] == got["once"] == 101 and sink.code == 0
    assert got["bytes"] == 100 * len(TEXT) + 5


def test_as_strict_as_a_server_may_be(start):
    sink = start("--at", "RCPT:1:dead", "--at", "EOD:1:452 4.3.1 Full")
    with Wire(sink) as wire:
        # A refused recipient leaves the transaction open.
        wire.say(by_bdat() + by_bdat())
        assert wire.codes(3) == [250, 550, 503]
        assert wire.codes(3) == [503, 250, 452]
        # And so does a refused chunk, until RSET.
        wire.say(b"MAIL FROM:<>\r\nBDAT 2 LAST\r\nxyDATA\r\n")
        assert wire.codes(3) == [503, 503, 503]
        wire.say(b"RSET\r\n" + by_bdat())
        assert wire.codes(4) == [250] * 4
        wire.say(b"DATA\r\nRCPT TO:<a@b.example>\r\n")
        assert wire.codes(2) == [503, 503]
    got = finished(sink)
    assert got["messages"] == 1 and got["unsynchronised"] == 1
    assert sink.code == 1 and "input after DATA" in sink.errors


@pytest.mark.parametrize("bad", [
    b"MAIL FROM:<a@b.example>\n", b"x" * 3000, b"\n"])
def test_no_line_of_smtp(start, bad):
    sink = start()
    with Wire(sink) as wire:
        wire.say(bad)
        assert wire.code() == 500 and wire.reply() == b""


def test_input_before_its_reply_is_noticed(start):
    sink = start("--no-pipelining")
    with Wire(sink) as wire:
        wire.say(envelope())
        assert wire.codes(2) == [250, 250]
    assert finished(sink)["unsynchronised"] == 1 and sink.code == 1


def template(path, *parts):
    """A stored message: bytes, and the places of its slots."""
    content, slots = b"", b""
    for part in parts:
        if isinstance(part, int):
            slots += struct.pack(">IB", len(content), part)
        else:
            content += part
    path.write_bytes(content)
    path.with_name(path.name + ".slots").write_bytes(slots)
    return path


def copy(edition, to, date=DATE, name="m" * 48):
    return (f"Subject: {edition}\r\nDate: {date}\r\nTo: {to}\r\n"
            f"Message-ID: <{name}@x.example>\r\n\r\n"
            f"Tekst {edition}\r\n").encode()


@pytest.fixture
def templates(tmp_path):
    options = []
    for edition in ("nl", "en"):
        word = edition.encode()
        path = template(
            tmp_path / edition, b"Subject: " + word + b"\r\nDate: ",
            SLOT_DATE, b"\r\nTo: ", SLOT_TO, b"\r\nMessage-ID: <",
            SLOT_MESSAGE_ID, b"@x.example>\r\n\r\nTekst " + word + b"\r\n")
        options += ["--template", path]
    return options


def test_the_bytes_of_a_template(start, templates):
    sink = start(*templates)
    with Wire(sink) as wire:
        for n, to in enumerate(("a@lezers.example", "langer@lezers.example")):
            for edition in ("nl", "en"):
                who = edition + to
                wire.say(by_bdat(who, copy(edition, who)))
                assert wire.codes(3) == [250] * 3
        head, content = by_data("een@lezers.example",
                                copy("en", "een@lezers.example"))
        wire.say(head)
        assert wire.codes(3) == [250, 250, 354]
        for i in range(len(content)):
            wire.say(content[i:i + 1])
        assert wire.code() == 250
        # The same once more is no other message.
        wire.say(by_bdat("een@lezers.example",
                         copy("en", "een@lezers.example")))
        assert wire.codes(3) == [250] * 3
    got = finished(sink)
    assert sink.code == 0 and got["messages"] == 6
    assert got["more_than_once"] == 1


@pytest.mark.parametrize("text,words", [
    (copy("nl", "twee@lezers.example"), 'from byte'),
    (copy("nl", "een@lezers.example").replace(b"Tekst", b"tekst"),
     '"tekst nl??" instead of "Tekst nl??"'),
    (copy("nl", "een@lezers.example") + b"\r\n", 'instead of "the end"'),
    (copy("nl", "een@lezers.example")[:-4], "it ends after"),
    (copy("nl", "een@lezers.example", DATE + "x"), "instead of"),
    (copy("nl", "een@lezers.example").replace(b"Tekst nl", b"Tekst en"),
     '"en??" instead of "nl??"'),
    (copy("de", "een@lezers.example"), '"de'),
])
def test_bytes_of_no_template(start, templates, text, words):
    sink = start(*templates)
    with Wire(sink) as wire:
        wire.say(by_bdat(text=text))
        assert wire.codes(3) == [250] * 3
    assert finished(sink)["mismatches"] == 1 and sink.code == 1
    assert "een@lezers.example" in sink.errors and words in sink.errors


def test_again_with_other_bytes(start, templates):
    sink = start(*templates)
    with Wire(sink) as wire:
        for name in ("m" * 48, "n" * 48):
            wire.say(by_bdat(text=copy("nl", "een@lezers.example", DATE,
                                       name)))
            assert wire.codes(3) == [250] * 3
    got = finished(sink)
    assert got["changed"] == 1 and got["mismatches"] == 0
    assert sink.code == 1 and "een@lezers.example" in sink.errors


def test_list(start, tmp_path):
    sink = start("--list", tmp_path / "list")
    with Wire(sink) as wire:
        for to in ("a", "b", "a", "c", "a"):
            wire.say(by_bdat(f"{to}@lezers.example"))
            assert wire.codes(3) == [250] * 3
    finished(sink)
    lines = [line.split() for line in
             (tmp_path / "list").read_text().splitlines()]
    assert [line[:2] for line in lines] == [
        ["a@lezers.example", "3"], ["b@lezers.example", "1"],
        ["c@lezers.example", "1"]]
    assert all(len(line[2]) == 8 for line in lines)


def test_many_recipients_on_threads(start):
    sink = start("--threads", 2)
    n = 20000
    wires = [Wire(sink) for _ in range(4)]
    for i, wire in enumerate(wires):
        wire.say(b"".join(by_bdat(f"r{j}@lezers.example", b"a: b\r\n\r\n")
                          for j in range(i, n, 8)))
    for wire in wires:
        assert set(wire.codes(3 * n // 8)) == {250}
        wire.close()
    got = finished(sink)
    assert got["recipients"] == got["once"] == n // 2
    assert got["connections"] == 4


def test_distance(start):
    """Replies leave later; what is pipelined shares the way."""
    sink = start("--rtt", 100)
    began = time.monotonic()
    with Wire(sink) as wire:  # greeting and EHLO
        assert 0.2 <= time.monotonic() - began < 0.3
        began = time.monotonic()
        for i in range(20):
            wire.say(by_bdat(f"r{i}@lezers.example"))
        assert wire.codes(60) == [250] * 60
        assert 0.1 <= time.monotonic() - began < 0.2
        # Said while the replies before it are on their way.
        began = time.monotonic()
        wire.say(b"NOOP\r\n")
        time.sleep(0.06)
        wire.say(b"NOOP\r\n")
        assert wire.code() == 250
        assert 0.1 <= time.monotonic() - began < 0.15
        assert wire.code() == 250
        assert 0.16 <= time.monotonic() - began < 0.21
        # Who leaves meanwhile takes nobody along.
        wire.say(b"NOOP\r\n" * 10)
    with Wire(sink) as wire:
        wire.say(b"QUIT\r\n")
        assert wire.code() == 221
    assert finished(sink)["messages"] == 20


def test_starttls_and_resumption(start, tmp_path):
    certificates = Certificates(tmp_path)
    certificates.server()
    base = tmp_path / "localhost-ca-False"
    sink = start("--cert", f"{base}.pem", "--key", f"{base}.key", "--rtt", 20)
    context = ssl.create_default_context(cafile=certificates.ca)
    session = None
    for _ in range(2):
        with Wire(sink) as wire:
            wire.say(b"STARTTLS\r\n")
            assert wire.code() == 220
            began = time.monotonic()
            tls = context.wrap_socket(wire.socket, session=session,
                                      server_hostname="localhost")
            assert time.monotonic() - began >= 0.02
            wire.socket, wire.lines = tls, tls.makefile("rb")
            # What was said in the clear counts for nothing.
            wire.say(b"MAIL FROM:<>\r\nEHLO test.example\r\n")
            assert wire.code() == 503
            assert b"STARTTLS" not in wire.reply()
            wire.say(b"".join(by_bdat(f"r{i}@lezers.example")
                              for i in range(30)))
            assert wire.codes(90) == [250] * 90
            session = tls.session
            wire.say(b"QUIT\r\n")
            assert wire.code() == 221
    got = finished(sink)
    assert (got["tls"], got["resumed"], got["messages"]) == (2, 1, 60)
    assert sink.code == 0


def test_input_behind_starttls(start, tmp_path):
    Certificates(tmp_path).server()
    base = tmp_path / "localhost-ca-False"
    sink = start("--cert", f"{base}.pem", "--key", f"{base}.key")
    with Wire(sink) as wire:
        wire.say(b"STARTTLS\r\nMAIL FROM:<>\r\n")
        assert wire.code() == 220
        wire.say(b"no TLS at all\r\n" * 20)
        assert b"250" not in wire.reply()
    assert finished(sink)["unsynchronised"] > 0


def test_log_in(start):
    sink = start("--auth", "naam:geheim")
    with smtplib.SMTP("127.0.0.1", sink.port) as client:
        client.ehlo()
        assert client.mail("a@b.example")[0] == 530
        client.user, client.password = "naam", "geheim"
        assert client.auth("PLAIN", client.auth_plain)[0] == 235
        client.sendmail("a@b.example", ["een@lezers.example"], TEXT)
    with smtplib.SMTP("127.0.0.1", sink.port) as client:
        client.ehlo()
        client.user, client.password = "naam", "fout"
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.auth("PLAIN", client.auth_plain, initial_response_ok=False)
    assert finished(sink)["messages"] == 1


def test_messages_on_a_connection(start):
    sink = start("--max-messages-per-connection", 2)
    with Wire(sink) as wire:
        wire.say(by_bdat() * 3)
        assert wire.codes(7) == [250] * 6 + [421]
        assert wire.reply() == b""
    assert finished(sink)["messages"] == 2


STEPS = {"EHLO": b"EHLO test.example\r\n", "MAIL": b"MAIL FROM:<>\r\n",
         "RCPT": b"RCPT TO:<een@lezers.example>\r\n", "DATA": b"DATA\r\n",
         "EOD": TEXT + b".\r\n", "RSET": b"RSET\r\n", "NOOP": b"NOOP\r\n",
         "QUIT": b"QUIT\r\n"}


def up_to(wire, step):
    """Say everything before step; then step itself."""
    assert wire.code() == 220
    for name in ("EHLO", "MAIL", "RCPT", "DATA"):
        if name == step:
            break
        if step in ("RSET", "NOOP", "QUIT"):
            continue
        wire.say(STEPS[name])
        assert wire.code() in (250, 354)
    wire.say(STEPS[step])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind,reply,over", [
    ("drop", b"", True), ("4xx", b"451", False), ("5xx", b"554", False),
    ("421", b"421", True), ("garbage", b"@@@", True), ("silence", b"", True),
    ("half", None, True)])
def test_every_fault_at_every_step(start, tmp_path, step, kind, reply, over):
    log = tmp_path / "faults"
    sink = start("--at", f"{step}:1:{kind}", "--silence", 300, "--fault-log",
                 log)
    with Wire(sink, greet=False) as wire:
        up_to(wire, step)
        began = time.monotonic()
        if reply is None:
            assert wire.lines.read() == {"DATA": b"35", "QUIT": b"22"}.get(
                step, b"25")
        else:
            got = wire.reply()
            assert got[:3] == reply and got.endswith(
                b"\r\n" if reply else b"")
        if kind == "silence":
            assert 0.29 < time.monotonic() - began < 1
        if over:
            assert wire.reply() == b""
        else:
            wire.say(b"RSET\r\n")
            assert wire.code() == 250
    # Only a reply that was on its way says that the message was taken.
    taken = step == "EOD" and kind == "half"
    got = finished(sink)
    assert got["messages"] == got["recipients"] == taken
    assert got["faults"] == {"total": 1, kind: 1}
    assert log.read_text() == f"{step} 1 {kind}\n"


@pytest.mark.parametrize("kind,reply", [("421", b"421"), ("5xx", b"554"),
                                        ("drop", b""), ("half", b"22")])
def test_faults_instead_of_the_greeting(start, kind, reply):
    sink = start("--at", f"CONNECT:1:{kind}")
    with Wire(sink, greet=False) as wire:
        assert wire.reply()[:3] == reply and wire.reply() == b""
    with Wire(sink):
        pass
    assert finished(sink)["faults"]["total"] == 1


@pytest.mark.parametrize("how", [by_bdat, lambda: b"".join(by_data())])
def test_lost_and_cut(start, how):
    sink = start("--at", "CONTENT:1:cut", "--at", "EOD:1:lost")
    for taken in (0, 1, 2):
        with Wire(sink) as wire:
            wire.say(how())
            replies = wire.lines.read() if taken < 2 else wire.reply()
            assert replies.count(b"250 2.0.0") == 0
        assert sink.counts()["messages"] == taken
    assert finished(sink)["faults"] == {"total": 2, "cut": 1, "lost": 1}


def test_rules_by_number_and_script(start, tmp_path):
    script = tmp_path / "script"
    script.write_text("# two of them\n\nRCPT:2:dead\nRCPT:4+:450 4.2.1 Wait\n")
    sink = start("--script", script)
    with Wire(sink) as wire:
        codes = []
        for _ in range(6):
            wire.say(b"RSET\r\n" + envelope())
            codes.append(wire.codes(3)[2])
        assert codes == [250, 550, 250, 450, 450, 450]


def hits(start, tmp_path, seed):
    log = tmp_path / f"log-{seed}-{time.monotonic()}"
    sink = start("--faults", f"{seed}:0.2:4xx,dead", "--fault-log", log)
    with Wire(sink, greet=False) as wire:
        assert wire.code() in (220, 451)
        for _ in range(200):
            wire.say(b"NOOP\r\n")
            if wire.code() == 0:
                break
    sink.stop()
    return log.read_text()


def test_the_same_seed_the_same_faults(start, tmp_path):
    first, other = hits(start, tmp_path, 1), hits(start, tmp_path, 2)
    assert hits(start, tmp_path, 1) == first != other
    assert 20 < first.count("NOOP") < 60 and "dead" not in first


def test_a_sender_that_does_not_give_up_gets_through(start):
    """The default kinds say nothing final about anybody."""
    sink = start("--faults", "7:0.05", "--silence", 50)
    left, attempts = {f"r{i}@lezers.example" for i in range(300)}, 0
    while left:
        attempts += 1
        assert attempts < 5000
        try:
            with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
                for to in sorted(left):
                    client.sendmail("a@b.example", [to], b"a: b\r\n\r\n")
                    left.discard(to)
        except (smtplib.SMTPException, OSError, ValueError):
            pass
    got = finished(sink)
    assert got["recipients"] == 300 and got["faults"]["total"] > 30
    doubtful = sum(got["faults"].get(k, 0) for k in ("lost", "half"))
    assert got["copies"] <= doubtful
    assert "5xx" not in got["faults"] and "dead" not in got["faults"]


@pytest.mark.parametrize("words", [
    [], ["127.0.0.1"], ["--rtt", "x", "127.0.0.1:0"],
    ["--faults", "1", "127.0.0.1:0"], ["--faults", "1:2", "127.0.0.1:0"],
    ["--faults", "1:0.5:no", "127.0.0.1:0"],
    ["--at", "RCPT:1:cut", "127.0.0.1:0"], ["--at", "RCPT:0:drop", "x:0"],
    ["--at", "HELO:1:drop", "127.0.0.1:0"],
    ["--at", "MAIL:1:250 2.0.0 OK", "127.0.0.1:0"],
    ["--template", "/nowhere", "127.0.0.1:0"],
    ["--cert", "/nowhere", "--key", "/nowhere", "127.0.0.1:0"]])
def test_wrong_words(words):
    done = subprocess.run([BUILD / "tests/sink", *words], text=True,
                          capture_output=True)
    assert done.returncode not in (0, 1) or "/nowhere" in words
    assert done.returncode != 0 and done.stderr.startswith("sink: ")


def test_envelopes(start, tmp_path):
    """At once, and those that were taken only."""
    file = tmp_path / "envelopes"
    sink = start("--envelopes", file, "--at", "EOD:2:451 4.3.0 Later")
    with Wire(sink) as wire:
        for to in ("a", "b", "c"):
            wire.say(by_bdat(f"{to}@lezers.example") + b"RSET\r\n")
            assert wire.codes(4)[:2] == [250] * 2
        lines = file.read_text().splitlines()
    assert [x.split()[1] for x in lines] == [
        "<a@lezers.example>", "<c@lezers.example>"]
    assert all(x.startswith("<t@terug.example> ") for x in lines)
