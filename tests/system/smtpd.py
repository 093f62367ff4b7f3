"""Mail servers for tests, each on a free port of the loopback interface.

CatchingServer is a well-behaved server (aiosmtpd) that keeps what it gets and
refuses what it is told to; ChunkingServer is another, of few words, that takes
groups of commands and BDAT; ScriptedServer says exactly the lines it is given.
All are context managers with .port.

    with CatchingServer(replies={"RCPT": "550 5.1.1 unknown"}) as server:
        ...
        server.envelopes        # what was accepted, in order
"""
import base64
import datetime
import hashlib
import hmac
import secrets
import socket
import ssl
import subprocess
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


class Certificates:
    """An authority and server certificates, made with openssl in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = self._authority("ca")
        self.stranger = self._authority("stranger")

    def _run(self, *args):
        subprocess.run(["openssl", *map(str, args)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _authority(self, name):
        pem = self.folder / f"{name}.pem"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                  "-subj", f"/CN=Test {name}",
                  "-addext", "basicConstraints=critical,CA:TRUE",
                  "-keyout", self.folder / f"{name}.key", "-out", pem)
        return pem

    def server(self, name="localhost", ca="ca", expired=False):
        """A server-side TLS context with a certificate for name."""
        base = self.folder / f"{name}-{ca}-{expired}"
        key, csr, pem = (base.with_suffix(s) for s in (".key", ".csr", ".pem"))
        ext = base.with_suffix(".ext")
        ext.write_text(f"subjectAltName=DNS:{name}\n")
        self._run("req", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                  "-keyout", key, "-out", csr)
        # openssl 3.0 knows no other way to a date in the past than `ca`.
        database = base.with_suffix(".db")
        database.write_text("")
        config = base.with_suffix(".cnf")
        config.write_text(
            "[ca]\ndefault_ca=d\n[d]\npolicy=p\ndefault_md=sha256\n"
            f"database={database}\nrand_serial=yes\n"
            f"new_certs_dir={self.folder}\nunique_subject=no\n"
            "[p]\ncommonName=supplied\n")
        now = datetime.datetime.utcnow()
        first, last = (now + datetime.timedelta(days=d)
                       for d in ((-30, -2) if expired else (-2, 30)))
        self._run("ca", "-batch", "-notext", "-config", config,
                  "-cert", self.folder / f"{ca}.pem",
                  "-keyfile", self.folder / f"{ca}.key",
                  "-startdate", first.strftime("%Y%m%d%H%M%SZ"),
                  "-enddate", last.strftime("%Y%m%d%H%M%SZ"),
                  "-extfile", ext, "-in", csr, "-out", pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key)
        return context


class _Scram:
    """The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677)."""

    ROUNDS = 4096

    def __init__(self, login):
        self.user, self.password = login
        self.salt = secrets.token_bytes(16)

    @staticmethod
    def _hmac(key, text):
        return hmac.digest(key, text, "sha256")

    def first(self, client_first):
        self.bare = client_first.split(b",", 2)[2]
        fields = dict(f.split(b"=", 1) for f in self.bare.split(b","))
        self.known = fields[b"n"] == self.user.encode()
        self.nonce = fields[b"r"] + secrets.token_hex(12).encode()
        self.server_first = b"r=%s,s=%s,i=%d" % (
            self.nonce, base64.b64encode(self.salt), self.ROUNDS)
        return self.server_first

    def final(self, client_final):
        """The server's signature, or None for a wrong password."""
        without, proof = client_final.rsplit(b",p=", 1)
        text = b",".join((self.bare, self.server_first, without))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(),
                                     self.salt, self.ROUNDS)
        key = self._hmac(salted, b"Client Key")
        signature = self._hmac(hashlib.sha256(key).digest(), text)
        right = bytes(a ^ b for a, b in zip(key, signature))
        if not self.known or base64.b64decode(proof) != right:
            return None
        key = self._hmac(salted, b"Server Key")
        return b"v=" + base64.b64encode(self._hmac(key, text))


class _Handler:
    def __init__(self, server):
        self.server = server

    async def handle_EHLO(self, server, session, envelope, hostname,
                          responses):
        session.host_name = hostname
        self.server.ehlo_names.append(hostname)
        return responses

    async def _reply(self, command, address=None):
        replies = self.server.replies.get(command, "250 2.0.0 OK")
        if callable(replies):
            return replies(address)
        if isinstance(replies, list):  # one after the other
            replies = replies.pop(0) if len(replies) > 1 else replies[0]
        return replies

    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = await self._reply("MAIL")
        if reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = await self._reply("RCPT", address)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):
        reply = await self._reply("CONTENT", envelope.rcpt_tos[0])
        if reply is None:
            server.transport.abort()
            return "421 gone"
        if reply.startswith("2"):
            self.server.envelopes.append(envelope)
            if self.server.sessions[-1:] != [session]:
                self.server.sessions.append(session)
        return reply


class _ScramHandler(_Handler):
    """Found by aiosmtpd by the name of its method."""

    async def auth_SCRAM__SHA__256(self, server, args):
        scram = _Scram(self.server.login)
        signature = scram.final(await server.challenge_auth(
            scram.first(base64.b64decode(args[1]))))
        if signature is None:
            return AuthResult(success=False, handled=False)
        await server.challenge_auth(signature)
        self.server.scrams += 1
        return AuthResult(success=True)


class CatchingServer(Controller):
    """replies: command (MAIL, RCPT, CONTENT) to reply, or a list of them, or
    a function of the recipient; None in the place of a reply to CONTENT cuts
    the connection.

    tls: a server context; with implicit=True TLS starts at once, else after
    STARTTLS.  login: (user, password) that AUTH accepts; scram: by SCRAM-SHA-256 too."""

    def __init__(self, replies=None, tls=None, implicit=False, login=None,
                 scram=False):
        self.replies = replies or {}
        self.envelopes, self.sessions, self.ehlo_names = [], [], []
        self.login, self.starttls = login, None if implicit else tls
        self.scrams = 0
        handler = _ScramHandler(self) if scram else _Handler(self)
        super().__init__(handler, hostname="127.0.0.1", port=0,
                         ssl_context=tls if implicit else None)

    def _authenticate(self, server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self.login, handled=False)

    def factory(self):
        return SMTP(self.handler, hostname="relay.example",
                    tls_context=self.starttls,
                    auth_require_tls=self.starttls is not None,
                    authenticator=self._authenticate if self.login else None,
                    auth_exclude_mechanism=() if self.login else
                    ("PLAIN", "LOGIN"))

    def _trigger_server(self):
        # The base class connects to the port it was given, which is 0 here.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()


class ScriptedServer:
    """Says the lines of a script and reads in between.

    script: a list of steps, of which bytes are sent, a str is a command to
    wait for (its beginning), "." the end of content, None closes the
    connection.  Every connection plays it from the start.  What was received
    is in .received, one bytes object per connection."""

    def __init__(self, script):
        self.script, self.received = script, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                self.received.append(b"")
                try:
                    self._play(connection, lines)
                except OSError:
                    pass

    def _play(self, connection, lines):
        for step in self.script:
            if step is None:
                return
            if isinstance(step, bytes):
                connection.sendall(step)
                continue
            while True:
                line = lines.readline()
                self.received[-1] += line
                if not line:
                    return
                if step == "." and line == b".\r\n":
                    break
                if step != "." and line.startswith(step.encode()):
                    break
        # Silence, until the client goes.
        self.received[-1] += lines.read()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class ChunkingServer(ScriptedServer):
    """Offers PIPELINING and CHUNKING, over implicit TLS with a context.

    replies: as of CatchingServer, without the lists: (command, n) is the nth
    time it is heard, from 1 on.  Accepted messages are in .taken, as tuples of
    sender, recipients and content."""

    def __init__(self, replies=None, tls=None):
        super().__init__([])
        self.replies, self.tls = replies or {}, tls
        self.taken, self.heard, self.resumed = [], {}, []

    def _play(self, connection, lines):
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True)
            self.resumed.append(connection.session_reused)
            lines = connection.makefile("rb")
        connection.sendall(b"220 hi\r\n")
        sender, recipients = None, []
        while line := lines.readline():
            words = line.split()
            verb = words[0].decode()
            content = lines.read(int(words[1])) if verb == "BDAT" else None
            self.heard[verb] = self.heard.get(verb, 0) + 1
            reply = self.replies.get((verb, self.heard[verb]),
                                     self.replies.get(verb, "250 2.0.0 OK"))
            if verb == "EHLO":
                reply = "250-x\r\n250-PIPELINING\r\n250 CHUNKING"
            elif verb == "MAIL" and sender is not None:
                reply = "503 5.5.1 nested"
            elif verb == "RCPT" and sender is None or \
                    verb == "BDAT" and not recipients:
                reply = "503 5.5.1 order"
            connection.sendall(reply.encode() + b"\r\n")
            if reply.startswith("421"):
                return
            if reply.startswith("2"):
                if verb == "MAIL":
                    sender = words[1]
                elif verb == "RCPT":
                    recipients.append(words[1])
                elif verb == "BDAT":
                    self.taken.append((sender, recipients, content))
                if verb in ("RSET", "BDAT"):
                    sender, recipients = None, []
