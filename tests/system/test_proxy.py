"""The web role behind nginx, set up as docs/nginx.conf says."""

import http.server
import os
import re
import socket
import ssl
import statistics
import subprocess
import threading
import time

import conformity
import pytest
from conftest import fresh_database
from framing import AMBIGUOUS, MARK, TOLERATED
from website import ONE_CLICK, Website, talk

from tests.embedded import ROOT, die_with_parent, free_port, wait_until

NGINX = ROOT / os.environ.get("BUILD", "build") / "nginx/usr/sbin/nginx"
DOMAIN = "nieuws.voorbeeld.example"
AROUND = """\
daemon off;
pid {0}/pid;
error_log {0}/error.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
	client_body_temp_path {0}/body;
	proxy_temp_path {0}/proxy;
	fastcgi_temp_path {0}/fastcgi;
	uwsgi_temp_path {0}/uwsgi;
	scgi_temp_path {0}/scgi;
	access_log {0}/access.log;
	include {0}/tweeluik.conf;
}}
"""


def make_certificates(folder):
    """A CA of our own and a certificate for the domain."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True,
                       capture_output=True)
    (folder / "san").write_text(f"subjectAltName=DNS:{DOMAIN}\n")
    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *ec, "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=Proef", "-days", "2")
    openssl("req", *ec, "-keyout", "privkey.pem", "-out", "csr", "-subj",
            f"/CN={DOMAIN}")
    openssl("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "fullchain.pem", "-days", "2",
            "-extfile", "san")


class Proxy:
    """docs/nginx.conf with other ports and paths, as an ordinary user."""

    def __init__(self, folder, site):
        self.folder, self.site = folder, site
        self.port, self.plain_port = free_port(), free_port()
        make_certificates(folder)
        text = (ROOT / "docs/nginx.conf").read_text(encoding="utf-8")
        for pattern, new in (
                (r"127\.0\.0\.1:8080", f"127.0.0.1:{site.port}"),
                (r"listen 443", f"listen 127.0.0.1:{self.port}"),
                (r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
                (r"\tlisten \[::\].*\n", ""),
                (rf"/etc/letsencrypt/live/{DOMAIN}", str(folder)),
                ("/var/log/nginx", str(folder))):
            text, found = re.subn(pattern, new, text)
            assert found, pattern
        (folder / "tweeluik.conf").write_text(text, encoding="utf-8")
        (folder / "nginx.conf").write_text(AROUND.format(folder))
        self.tls = ssl.create_default_context(cafile=folder / "ca.pem")
        self.process = subprocess.Popen(
            [NGINX, "-c", folder / "nginx.conf", "-e", folder / "error.log"],
            preexec_fn=die_with_parent)
        assert wait_until(self.answers, 20), self.errors()

    def errors(self):
        return (self.folder / "error.log").read_text()

    def answers(self):
        try:
            self.connect().close()
            return True
        except OSError:
            return False

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.port), 20)
        return self.tls.wrap_socket(raw, server_hostname=DOMAIN)

    def raw(self, data, seconds=2.0):
        return talk(self.connect(), data, seconds)

    def curl(self, path, *words, port=None, scheme="https"):
        """(protocol, status, headers, body)"""
        port = port or self.port
        done = subprocess.run(
            ["curl", "-sS", "-i", "--cacert", self.folder / "ca.pem",
             "--resolve", f"{DOMAIN}:{port}:127.0.0.1", *words,
             f"{scheme}://{DOMAIN}:{port}{path}"],
            capture_output=True, text=True, check=True).stdout
        head, _, body = done.replace("\r\n", "\n").partition("\n\n")
        first, *lines = head.split("\n")
        protocol, status = first.split()[:2]
        headers = {k.lower(): v for k, v in (x.split(": ", 1) for x in lines)}
        return protocol, int(status), headers, body

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0
        assert "emerg" not in self.errors() and "alert" not in self.errors()


@pytest.fixture(scope="module")
def site(pg, template, tmp_path_factory):
    with fresh_database(pg, template) as fresh:
        site = Website(fresh, tmp_path_factory.mktemp("site"))
        try:
            yield site.start()
        finally:
            site.stop()


@pytest.fixture(scope="module")
def proxy(site, tmp_path_factory):
    proxy = Proxy(tmp_path_factory.mktemp("nginx"), site)
    yield proxy
    proxy.stop()


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_pages_and_one_click(site, proxy, version):
    reader = site.reader(f"lezer{version}@lezers.example")
    path = f"/u/{site.token('u', reader)}"
    protocol, status, headers, body = proxy.curl(path, version)
    assert (protocol, status) == ("HTTP/2" if version == "--http2"
                                  else "HTTP/1.1", 200)
    direct = site.get(path)
    assert body == direct.body
    for name in ("Content-Security-Policy", "Strict-Transport-Security",
                 "Referrer-Policy", "Cache-Control", "X-Robots-Tag",
                 "X-Content-Type-Options", "Cross-Origin-Opener-Policy"):
        assert headers[name.lower()] == direct.headers[name]
    assert "set-cookie" not in headers
    assert headers["server"] == "nginx"
    for kind in ("-F",), ("--data",):
        _, status, headers, body = proxy.curl(path, version, *kind, ONE_CLICK)
        assert (status, body) == (200, "unsubscribed\n")
        assert "location" not in headers
    assert site.state(reader) == "unsubscribed"
    # After a POST the way leads on to a path, whoever stands in front.
    _, status, headers, _ = proxy.curl(path, version, "--data", "confirm=yes")
    assert status == 303
    assert headers["location"].removeprefix(
        f"https://{DOMAIN}:{proxy.port}") == f"{path}/done"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_without_tls_it_only_leads_to_tls(site, proxy):
    _, status, headers, _ = proxy.curl("/u/x", scheme="http",
                                       port=proxy.plain_port)
    assert status == 308
    assert headers["location"] == f"https://{DOMAIN}/u/x"
    for old in ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        tls.minimum_version = tls.maximum_version = old
        tls.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises(OSError), socket.create_connection(
                ("127.0.0.1", proxy.port)) as s:
            tls.wrap_socket(s, server_hostname=DOMAIN)


@pytest.mark.parametrize("name", [*AMBIGUOUS, *TOLERATED])
def test_ambiguous_framing(site, proxy, name):
    """Nothing smuggles a request past nginx: at most as many answers as there
    are requests, and none of ours to what was refused."""
    answer, _ = proxy.raw({**AMBIGUOUS, **TOLERATED}[name], 1)
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert MARK not in answer or (name in TOLERATED and statuses in
                                  ([b"404", b"200"], [b"200"])), answer
    assert site.get("/style.css").status == 200


def test_slow_clients_are_cut_here(site, proxy):
    """A hundred bring an octet a second; Tweeluik hears of none of them."""
    path = f"/u/{site.token('u', site.reader('traag@lezers.example'))}"
    body = (f"POST {path} HTTP/1.1\r\nHost: {DOMAIN}\r\nContent-Type: "
            "application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\n")
    slow = [proxy.connect() for _ in range(100)]
    for n, s in enumerate(slow):
        s.sendall((b"GET / HTTP/1.1\r\nX: ", body.encode())[n % 2])
        s.settimeout(0.001)
    began, waits, ended = time.monotonic(), [], {}
    while time.monotonic() - began < 16:
        for n, s in enumerate(slow):
            try:
                s.send(b"a")
                if n not in ended and s.recv(1000) == b"":
                    ended[n] = time.monotonic() - began
            except socket.timeout:
                pass
            except OSError:
                ended.setdefault(n, time.monotonic() - began)
        assert connections(site) <= 1
        asked = time.monotonic()
        assert site.get(path).status == 200
        waits.append(time.monotonic() - asked)
        time.sleep(0.7)
    for s in slow:
        s.close()
    assert all(9 < ended[n] < 16 for n in range(0, 100, 2)), ended
    assert statistics.median(waits) < 0.05


def connections(site):
    """How many the web role has open."""
    return subprocess.run(
        ["ss", "-tnH", "state", "established", "sport", "=",
         f":{site.port}"], capture_output=True, text=True,
        check=True).stdout.count("\n")


def test_what_is_large_is_refused(proxy):
    million = b"a" * 1_000_000
    start = f"GET / HTTP/1.1\r\nHost: {DOMAIN}\r\n".encode()
    for data in (start + b"A: " + million, start + b"A: b\r\n" * 170_000,
                 b"GET /" + million + b" HTTP/1.1"):
        answer, _ = proxy.raw(data + b"\r\n\r\n", 5)
        assert answer == b"" or answer.split()[1] in (b"400", b"414", b"431")
    _, status, _, _ = proxy.curl("/u/x", "--data", "a=" + "b" * 66_000)
    assert status == 413


def test_who_signs_up_is_limited_and_who_leaves_is_not(site, proxy):
    path = f"/u/{site.token('u', site.reader('vaak@lezers.example'))}"

    def seen(path, n):
        request = (f"POST {path} HTTP/1.1\r\nHost: {DOMAIN}\r\nContent-Type: "
                   "application/x-www-form-urlencoded\r\nContent-Length: 26"
                   f"\r\n\r\n{ONE_CLICK}").encode()
        answer, _ = proxy.raw(request * n, 1)
        return re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert seen(path, 200) == [b"200"] * 200
    assert b"429" in seen("/aanmelden", 40)
    _, status, headers, body = proxy.curl("/aanmelden", "--data", "x=y")
    assert status == 429 and headers["retry-after"] == "60"
    assert not list(conformity.language_of_html(body))
    # Whoever looks at the form may.
    for path in ("/aanmelden", "/en/subscribe") * 15:
        assert proxy.curl(path)[1] == 200


def test_nothing_of_a_link_is_written_down(site, proxy):
    token = site.token("u", site.reader("geheim@lezers.example"))
    for path in f"/u/{token}", f"/u/{token}/nothing", f"/u/{token}%00":
        proxy.curl(path)
        proxy.curl(path, "--data", "a=" + "b" * 66_000)
        proxy.curl(path, scheme="http", port=proxy.plain_port)
    for file in proxy.folder.rglob("*"):
        if file.is_file():
            assert token.encode() not in file.read_bytes(), file


class Echo(http.server.BaseHTTPRequestHandler):
    """Says what it was told."""

    def do_GET(self):
        said = str(self.headers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args):
        pass


def test_where_a_request_comes_from_is_not_for_the_client_to_say(tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        proxy = Proxy(tmp_path, server)
        _, _, _, said = proxy.curl(
            "/", "-H", "X-Forwarded-For: 192.0.2.1", "-H",
            "Forwarded: for=192.0.2.1", "-H", "X-Forwarded-Proto: http")
        proxy.stop()
        server.shutdown()
    assert "X-Forwarded-For: 127.0.0.1\n" in said
    assert "192.0.2.1" not in said and f"Host: {DOMAIN}\n" in said
    assert "X-Forwarded-Proto: https\n" in said


def test_leaving_is_possible_while_tweeluik_is_stopped(database, tmp_path):
    site = Website(database, tmp_path / "site")
    (tmp_path / "nginx").mkdir()
    proxy = Proxy(tmp_path / "nginx", site)
    try:
        for words in (), ("--data", ONE_CLICK):
            _, status, headers, body = proxy.curl("/u/x", *words)
            assert status == 503 and headers["retry-after"] == "120"
            assert body.count("mailto:afmelden@nieuws.voorbeeld.example") == 2
            assert not list(conformity.language_of_html(body))
    finally:
        proxy.stop()
        site.stop()
