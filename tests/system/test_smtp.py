"""The SMTP client (through smtp-probe) against real and misbehaving servers."""
import os
import signal
import socket
import ssl
import subprocess
import time
from collections import namedtuple
from pathlib import Path

import pytest

from smtpd import (CatchingServer, Certificates, ChunkingServer,
                   ScriptedServer)

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
PROBE = BUILD / "tests" / "smtp-probe"
SINK = BUILD / "postfix" / "usr" / "sbin" / "smtp-sink"
TO = "jan@voorbeeld.example"

Result = namedtuple("Result", "stage outcome code status verdict text")


def probe(port, *options, to=TO, host="localhost"):
    """Run the probe; its results, and what it says about not connecting."""
    done = subprocess.run(
        [PROBE, *map(str, options), host, str(port), to], timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "Sanitizer" not in done.stderr, done.stderr
    results = [Result(*line.split("\t")) for line in done.stdout.splitlines()]
    assert results, done.stderr
    return results, done.stderr


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def test_messages_arrive_byte_for_byte_on_one_connection():
    with CatchingServer() as server:
        results, _ = probe(server.port, "-n", 3)
    assert [r[:5] for r in results] == [
        ("end-of-data", "replied", "250", "2.0.0", "accepted")] * 3
    assert len(server.envelopes) == 3 and len(server.sessions) == 1
    envelope = server.envelopes[0]
    assert envelope.content == b"Subject: probe\r\n\r\ndot\r\n"
    assert envelope.mail_from == "b@lijst.example"
    assert envelope.rcpt_tos == [TO]
    assert envelope.mail_options == ["SIZE=23"]
    assert set(server.ehlo_names) == {"lijst.example"}


def test_large_message_arrives_whole(certificates):
    size = 17 * 100_000
    for options in [], ["-t", "implicit", "-a", certificates.ca]:
        tls = certificates.server() if options else None
        with CatchingServer(tls=tls, implicit=True) as server:
            results, _ = probe(server.port, "-b", size, *options)
        assert results[0].verdict == "accepted"
        assert len(server.envelopes[0].content) == size + 23


@pytest.mark.parametrize("command,reply,stage,verdict", [
    ("MAIL", "550 5.7.1 no", "mail", "relay-broken"),
    ("MAIL", "451 4.3.0 later", "mail", "relay-away"),
    ("RCPT", "550 5.1.1 unknown", "rcpt", "recipient-dead"),
    ("RCPT", "452 4.2.2 full", "rcpt", "deferred"),
    ("RCPT", "552 5.2.2 full", "rcpt", "recipient-refused"),
    ("RCPT", "550 5.7.1 blocked", "rcpt", "policy"),
    ("CONTENT", "451 4.3.0 later", "end-of-data", "deferred"),
    ("CONTENT", "550 5.7.26 not authenticated", "end-of-data", "policy"),
    ("CONTENT", "552 5.3.4 too big", "end-of-data", "content"),
])
def test_refusal_is_told_and_the_connection_goes_on(command, reply, stage,
                                                    verdict):
    with CatchingServer(replies={command: [reply, "250 2.0.0 OK"]}) as server:
        results, _ = probe(server.port, "-n", 2)
    assert results[0].stage == stage
    assert f"{results[0].code} {results[0].text}" == reply
    assert results[0].verdict == verdict
    assert results[1].verdict == "accepted"
    assert len(server.envelopes) == 1


def test_address_in_a_reply_is_masked():
    with CatchingServer(
            replies={"RCPT": f"550 5.1.1 <{TO}>: jan is unknown"}) as server:
        results, _ = probe(server.port)
    assert results[0].text == "5.1.1 <***>: *** is unknown"


def test_injection_reaches_no_server():
    with CatchingServer() as server:
        results, _ = probe(server.port,
                           to="a@b.example>\r\nRCPT TO:<victim@b.example")
    assert results[0][:5] == ("rcpt", "not-sent", "0", "5.1.3",
                              "recipient-dead")
    assert server.envelopes == []


# --- TLS and logging in


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_tls_and_login(certificates, mode):
    with CatchingServer(tls=certificates.server(), implicit=mode == "implicit",
                        login=("news", "s3cret")) as server:
        good, _ = probe(server.port, "-t", mode, "-a", certificates.ca,
                        "-u", "news", "-p", "s3cret", "-n", 2)
        bad, why = probe(server.port, "-t", mode, "-a", certificates.ca,
                         "-u", "news", "-p", "wrong")
    assert [r.verdict for r in good] == ["accepted"] * 2
    assert server.sessions[0].ssl or mode == "implicit"
    assert bad[0][:3] == ("auth", "replied", "535")
    assert bad[0].verdict == "relay-broken"
    assert "does not accept the log-in" in why
    assert len(server.envelopes) == 2


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_login_uses_what_is_offered(mechanism):
    offers = CatchingServer(login=("news", "s3cret"))
    make = offers.factory

    def factory():
        smtp = make()
        smtp._auth_methods = {k: v for k, v in smtp._auth_methods.items()
                              if k == mechanism}
        return smtp

    offers.factory = factory
    with offers as server:
        results, _ = probe(server.port, "-l", "-u", "news", "-p", "s3cret")
    assert results[0].verdict == "accepted"


def test_scram_is_preferred_and_works():
    with CatchingServer(login=("news", "s3cret"), scram=True) as server:
        good, _ = probe(server.port, "-l", "-u", "news", "-p", "s3cret")
        bad, _ = probe(server.port, "-l", "-u", "news", "-p", "wrong")
        stranger, _ = probe(server.port, "-l", "-u", "x", "-p", "s3cret")
    assert good[0].verdict == "accepted" and server.scrams == 1
    assert bad[0][:3] == stranger[0][:3] == ("auth", "replied", "535")


def test_long_login_fits_or_is_refused():
    password = "p" * 340
    with CatchingServer(login=("news", password)) as server:
        fits, _ = probe(server.port, "-l", "-u", "news", "-p", password)
        _, why = probe(server.port, "-l", "-u", "news", "-p", password * 2)
    assert fits[0].verdict == "accepted"
    assert "too long" in why


def test_no_login_in_the_clear():
    with CatchingServer(login=("news", "s3cret")) as server:
        results, why = probe(server.port, "-u", "news", "-p", "s3cret")
    assert results[0][:2] == ("auth", "unfit")
    assert "without TLS is not allowed" in why


def test_unknown_mechanisms_are_refused():
    with ScriptedServer([b"220 hi\r\n", "EHLO",
                         b"250-x\r\n250 AUTH NTLM CRAM-MD5\r\n"]) as server:
        results, why = probe(server.port, "-l", "-u", "news", "-p", "s3cret")
    assert results[0][:2] == ("auth", "unfit")
    assert "no known way to log in" in why


@pytest.mark.parametrize("name,ca,expired,trust,word", [
    ("elders.example", "ca", False, "ca", "tls-wrong-name"),
    ("localhost", "stranger", False, "ca", "tls-unknown-issuer"),
    ("localhost", "ca", True, "ca", "tls-expired"),
    ("localhost", "ca", False, None, "tls-unknown-issuer"),
    ("127.0.0.1", "ca", False, "ca", "tls-wrong-name"),  # as a DNS name
])
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_bad_certificate_is_refused(certificates, mode, name, ca, expired,
                                    trust, word):
    options = ["-t", mode]
    if trust:
        options += ["-a", certificates.ca]
    with CatchingServer(tls=certificates.server(name, ca, expired),
                        implicit=mode == "implicit") as server:
        results, why = probe(server.port, *options)
    assert results[0][:2] == ("starttls", "unfit")
    assert results[0].verdict == "relay-broken"
    assert why.startswith(f"{word}: The certificate of the server")
    assert server.envelopes == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(certificates):
    tls = certificates.server()
    tls.set_ciphers("DEFAULT@SECLEVEL=0")
    tls.minimum_version = ssl.TLSVersion.TLSv1
    tls.maximum_version = ssl.TLSVersion.TLSv1_1

    class Old(ScriptedServer):
        def _play(self, connection, lines):
            tls.wrap_socket(connection, server_side=True)

    with Old([]) as server:
        results, why = probe(server.port, "-t", "implicit",
                             "-a", certificates.ca)
    assert results[0][:2] == ("starttls", "unfit")
    assert why.startswith("tls-bad: ")


def test_missing_ca_file_is_a_setting_to_mend(certificates):
    with CatchingServer(tls=certificates.server()) as server:
        results, why = probe(server.port, "-t", "starttls", "-a", "/none.pem")
    assert results[0].verdict == "relay-broken"
    assert "no usable certificates of authorities in /none.pem" in why


def test_server_without_starttls_is_refused():
    with CatchingServer() as server:
        results, why = probe(server.port, "-t", "starttls")
    assert results[0][:2] == ("starttls", "unfit")
    assert results[0].verdict == "relay-broken"
    assert why.startswith("tls-not-offered: ")
    assert server.envelopes == []


def test_plain_server_where_tls_was_asked():
    with CatchingServer() as server:
        results, _ = probe(server.port, "-t", "implicit")
    assert results[0][:2] == ("starttls", "unfit")


@pytest.mark.parametrize("first,then", [
    (b"220 ready\r\n250 injected\r\n", b""),
    (b"220 ready\r\n2", b"50 injected\r\n"),
    (b"220 ready\r\n", b"250 injected\r\n"),
])
def test_plaintext_after_starttls_is_refused(certificates, first, then):
    with ScriptedServer([b"220 hi\r\n", "EHLO", b"250-x\r\n250 STARTTLS\r\n",
                         "STARTTLS", first, then]) as server:
        results, why = probe(server.port, "-t", "starttls",
                             "-a", certificates.ca)
    assert results[0][:2] == ("starttls", "unfit")
    assert results[0].verdict == "relay-broken"
    assert why.startswith("tls-")
    assert b"MAIL" not in server.received[0]


# --- connections that fail

EHLO = [b"220 hi\r\n", "EHLO", b"250-x\r\n250 PIPELINING\r\n"]
GROUP = [*EHLO, "DATA", b"250 a\r\n250 b\r\n354 go\r\n"]


@pytest.mark.parametrize("script,stage,outcome,verdict", [
    ([None], "greeting", "lost", "relay-away"),
    ([], "greeting", "lost", "relay-away"),
    ([b"554 5.7.1 go away\r\n"], "greeting", "replied", "relay-broken"),
    ([b"421 4.7.0 busy\r\n"], "greeting", "replied", "relay-away"),
    ([b"SSH-2.0-OpenSSH\r\n"], "greeting", "unfit", "relay-broken"),
    ([b"220 hi\r\n", "EHLO", b"502 what\r\n"], "ehlo", "replied",
     "relay-broken"),
    ([*EHLO, "MAIL", None], "mail", "lost", "relay-away"),
    ([*EHLO, "DATA", b"250 a\r\n", None], "rcpt", "lost", "relay-away"),
    ([*EHLO, "DATA", b"250 a\r\n"], "rcpt", "lost", "relay-away"),
    ([*EHLO, "DATA", b"250 a\r\n550 5.1.1 no\r\n", None], "rcpt", "replied",
     "recipient-dead"),
    ([*GROUP, ".", None], "end-of-data", "lost", "uncertain"),
    ([*GROUP, "."], "end-of-data", "lost", "uncertain"),
    ([*GROUP, ".", b"what?\r\n"], "end-of-data", "unfit", "uncertain"),
    ([*GROUP, ".", b"421 4.3.0 bye\r\n", None], "end-of-data", "replied",
     "relay-away"),
])
def test_failing_server(script, stage, outcome, verdict):
    with ScriptedServer(script) as server:
        started = time.monotonic()
        results, _ = probe(server.port, "-w", 700)
        assert time.monotonic() - started < 5
    assert results[0][:2] == (stage, outcome)
    assert results[0].verdict == verdict


def test_slow_drip_does_not_extend_the_time():
    drip = [b"2", b"5", b"0"] + [b"-"] + [b"x"] * 1000

    class Dripping(ScriptedServer):
        def _play(self, connection, lines):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for step in [b"220 hi\r\n", *drip]:
                connection.sendall(step)
                time.sleep(0.1)

    with Dripping([]) as server:
        started = time.monotonic()
        results, _ = probe(server.port, "-w", 700)
    assert results[0][:2] == ("ehlo", "lost")
    assert time.monotonic() - started < 5


def test_refused_recipient_in_a_group_gets_the_dot_alone():
    with ScriptedServer([*EHLO, "DATA",
                         b"250 a\r\n550 5.1.1 no\r\n354 go\r\n", ".",
                         b"554 5.5.1 nobody\r\n", "QUIT",
                         b"221 bye\r\n"]) as server:
        results, _ = probe(server.port)
    assert results[0].verdict == "recipient-dead"
    assert b"DATA\r\n.\r\nQUIT\r\n" in server.received[0]


def test_reason_for_cutting_a_message_short_is_heard():
    with ScriptedServer([*GROUP, "0", b"552 5.3.4 too big\r\n"]) as server:
        results, _ = probe(server.port, "-b", 5_000_000, "-w", 2000)
    assert results[0][:3] == ("end-of-data", "replied", "552")
    assert results[0].verdict == "content"


def test_connection_cut_in_the_content_is_not_uncertain():
    with ScriptedServer([*GROUP, "0", None]) as server:
        results, _ = probe(server.port, "-b", 17 * 1_000_000)
    assert results[0][:2] == ("data", "lost")
    assert results[0].verdict == "relay-away"


def test_server_that_stops_reading_is_given_up():
    class Deaf(ScriptedServer):
        def _play(self, connection, lines):
            super()._play(connection, lines)
            time.sleep(3)

    with Deaf([*GROUP, "0", b"", None]) as server:
        started = time.monotonic()
        results, _ = probe(server.port, "-b", 17 * 1_000_000, "-w", 700)
        assert time.monotonic() - started < 3
    assert results[0][:2] == ("data", "lost")
    assert "did not answer in time" in results[0].text


def test_relay_that_ends_an_idle_connection_is_reopened():
    with ScriptedServer([*GROUP, ".", b"250 ok\r\n", b"421 idle\r\n",
                         None]) as server:
        results, _ = probe(server.port, "-n", 2, "-d", 300)
    assert [r.verdict for r in results] == ["accepted"] * 2
    assert len(server.received) == 2


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    results, why = probe(port)
    assert results[0][:2] == ("connect", "lost")
    assert results[0].verdict == "relay-away"
    assert why == "refused: The server localhost refuses the connection\n"


def test_unknown_host_is_a_setting_to_mend():
    results, why = probe(25, host="nergens.invalid")
    assert results[0].stage == "connect"
    assert "cannot be found" in why


def term_in(script, seconds):
    """Send SIGTERM while the probe waits; its output and how long it took."""
    with ScriptedServer(script) as server:
        process = subprocess.Popen(
            [PROBE, "-w", "4000", "localhost", str(server.port), TO],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(seconds)
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        out, err = process.communicate(timeout=20)
        return out, err, time.monotonic() - started


def test_sigterm_ends_the_wait_for_a_greeting():
    _, err, took = term_in([], 0.5)
    assert "asked to stop" in err and took < 2


def test_sigterm_does_not_cut_a_message_short():
    out, _, took = term_in([*GROUP, "."], 0.5)
    assert out.startswith("end-of-data\tlost") and took > 2


# --- A window of messages


def test_a_window_of_messages_arrives(certificates):
    for options in [], ["-t", "implicit", "-a", certificates.ca]:
        tls = certificates.server() if options else None
        with ChunkingServer(tls=tls) as server:
            results, _ = probe(server.port, "-n", 500, "-W", 100, "-b", 20_000,
                               *options)
        assert [r.verdict for r in results] == ["accepted"] * 500
        assert len(server.taken) == 500
        assert {(s, *r, len(c)) for s, r, c in server.taken} == {
            (b"FROM:<b@lijst.example>", b"TO:<%s>" % TO.encode(), 20_023)}


def test_refusals_in_a_window_fall_on_their_own_messages():
    with ChunkingServer(replies={
            ("MAIL", 3): "451 4.3.0 later", ("RCPT", 5): "550 5.1.1 unknown",
            ("BDAT", 7): "552 5.3.4 too big"}) as server:
        results, _ = probe(server.port, "-n", 10, "-W", 10)
    assert [(r.stage, r.code) for r in results if r.verdict != "accepted"] == [
        ("mail", "451"), ("rcpt", "550"), ("end-of-data", "552")]
    assert [r.verdict == "accepted" for r in results] == [
        n not in (3, 5, 7) for n in range(1, 11)]
    assert [len(r) for _, r, _ in server.taken] == [1] * 7


def test_goodbye_in_a_window_leaves_the_rest_for_another_connection():
    with ChunkingServer(replies={("RCPT", 3): "421 4.7.0 bye"}) as server:
        results, _ = probe(server.port, "-n", 8, "-W", 8)
    assert [r.verdict for r in results[:3]] == [
        "accepted", "accepted", "relay-away"]
    assert {(r.stage, r.verdict) for r in results[3:]} == {
        ("mail", "relay-away")}
    assert len(server.taken) == 2


def test_silence_in_a_window_is_uncertain_for_what_was_written():
    with ScriptedServer([b"220 hi\r\n", "EHLO",
                         b"250-PIPELINING\r\n250-PIPELINING\r\n"
                         b"250 CHUNKING\r\n", "BDAT", b"250 a\r\n"]) as server:
        results, _ = probe(server.port, "-n", 3, "-W", 3, "-w", 700)
    assert [r.verdict for r in results] == ["uncertain"] * 3


def test_slow_drip_does_not_extend_the_time_of_a_message():
    class Dripping(ScriptedServer):
        def _play(self, connection, lines):
            super()._play(connection, lines)
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.1)

    with Dripping([*EHLO, "DATA", b"250 ", None]) as server:
        started = time.monotonic()
        results, _ = probe(server.port, "-w", 700)
    assert results[0][:2] == ("mail", "lost")
    assert time.monotonic() - started < 5


# --- TLS sessions that continue


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_second_connection_resumes_the_first(certificates, version):
    tls = certificates.server()
    tls.maximum_version = ssl.TLSVersion[version]
    with ChunkingServer(tls=tls) as server:
        results, told = probe(server.port, "-t", "implicit",
                              "-a", certificates.ca, "-c", 3)
    assert [r.verdict for r in results] == ["accepted"] * 3
    assert told.split() == ["full", "resumed", "resumed"]
    assert server.resumed == [False, True, True]


class Shifting(ChunkingServer):
    """Another server every time: the tickets of the one before are foreign."""

    def __init__(self, contexts):
        super().__init__()
        self.contexts = iter(contexts)

    def _play(self, connection, lines):
        self.tls = next(self.contexts)
        super()._play(connection, lines)


def test_foreign_ticket_does_no_harm(certificates):
    new, old = certificates.server(), certificates.server()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with Shifting([new, certificates.server(), old, new]) as server:
        results, told = probe(server.port, "-t", "implicit",
                              "-a", certificates.ca, "-c", 4)
    assert [r.verdict for r in results] == ["accepted"] * 4
    assert told.split() == ["full"] * 4


def test_server_that_breaks_on_a_ticket_is_asked_again_without(certificates):
    class Brittle(ChunkingServer):
        def _play(self, connection, lines):
            hello = connection.recv(4096, socket.MSG_PEEK)
            self.offers.append(b"\x00\x29" in hello[-300:])
            if not self.offers[-1]:
                super()._play(connection, lines)

        offers = []

    with Brittle(tls=certificates.server()) as server:
        results, told = probe(server.port, "-t", "implicit",
                              "-a", certificates.ca, "-c", 2)
    assert [r.verdict for r in results] == ["accepted"] * 2
    assert server.offers == [False, True, False]
    assert told.split() == ["full"] * 2


def test_authorities_are_read_again_when_their_file_changes(certificates,
                                                            tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_bytes(certificates.ca.read_bytes())

    tls = certificates.server()

    def renew(*_):  # the client has read its authorities by then
        ca.write_bytes(certificates.stranger.read_bytes())

    tls.sni_callback = renew
    with ChunkingServer(tls=tls) as server:
        results, told = probe(server.port, "-t", "implicit", "-a", ca, "-c", 2)
    assert [r.verdict for r in results] == ["accepted", "relay-broken"]
    assert told.startswith("full\ntls-unknown-issuer: ")


# --- Postfix's sink: a server with other habits


@pytest.fixture
def sink(request, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    options = getattr(request, "param", [])
    if os.getuid() == 0:
        tmp_path.chmod(0o777)
        for parent in list(tmp_path.parents)[:3]:
            parent.chmod(0o755)
        options = [*options, "-u", "nobody"]
    process = subprocess.Popen(
        [SINK, "-d", str(tmp_path / "m."), *options, f"127.0.0.1:{port}",
         "10"],
        env={"LD_LIBRARY_PATH": str(BUILD / "postfix/usr/lib/postfix")})
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    yield namedtuple("Sink", "port folder")(port, tmp_path)
    process.terminate()
    process.wait()


def dumped(sink):
    return sum(b"Subject: probe" in f.read_bytes()
               for f in sink.folder.glob("m.*"))


@pytest.mark.parametrize("sink,count,verdict", [
    ([], 50, "accepted"),
    (["-p"], 50, "accepted"),
    (["-q", "."], 1, "uncertain"),
    (["-Q", "."], 1, "relay-away"),
    (["-r", "RCPT", "-b", "451 4.7.1 Greylisted"], 3, "deferred"),
    (["-f", "RCPT", "-B", "550 5.1.1 No such user"], 3, "recipient-dead"),
    (["-f", "RCPT", "-p", "-B", "550 5.1.1 No such user"], 3,
     "recipient-dead"),
    (["-f", ".", "-B", "550 5.7.26 Unauthenticated"], 2, "policy"),
    (["-f", "CONNECT", "-B", "554 5.7.1 Blocked"], 1, "relay-broken"),
    (["-q", "RCPT"], 1, "relay-away"),
], indirect=["sink"])
def test_sink(sink, count, verdict):
    results, _ = probe(sink.port, "-n", count)
    assert [r.verdict for r in results] == [verdict] * count
    if verdict == "accepted":
        assert dumped(sink) == count
    if verdict == "uncertain":  # it was taken indeed
        assert dumped(sink) == 1
