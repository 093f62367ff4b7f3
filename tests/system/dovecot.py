"""A real Dovecot, as an ordinary user, from a configuration of its own.

    with Dovecot() as server:
        server.deliver(b"Subject: x\\n\\ny\\n")
        server.imap, server.imaps, server.pop3s    # ports
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

from smtpd import Certificates

from tests.embedded import answers, die_with_parent, free_port, wait_until

# Whoever runs the tests, and not root: Dovecot refuses mail of uid 0.
USER = "nobody" if os.geteuid() == 0 else None

CONFIG = """\
base_dir = {run}
state_dir = {run}
log_path = {log}
protocols = imap pop3
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{maildir}
mail_plugin_dir = /usr/lib/dovecot/modules
first_valid_uid = 1
mailbox_list_index = no
maildir_stat_dirs = yes
# How soon IDLE tells of a file that was put there.
mailbox_idle_check_interval = 1 secs
disable_plaintext_auth = {tls}
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
auth_failure_delay = 0
{more}
passdb {{
    driver = passwd-file
    args = scheme=plain {users}
}}
userdb {{
    driver = static
    args = uid={uid} gid={gid} home={home}
}}
service anvil {{
    chroot =
}}
service imap-login {{
    chroot =
    inet_listener imap {{
        port = {imap}
    }}
    inet_listener imaps {{
        port = {imaps}
        ssl = yes
    }}
}}
service pop3-login {{
    chroot =
    inet_listener pop3 {{
        port = {pop3}
    }}
    inet_listener pop3s {{
        port = {pop3s}
        ssl = yes
    }}
}}
service stats {{
    chroot =
}}
"""


class Dovecot:
    def __init__(self, more="", name="localhost", ca="ca", plaintext=False):
        # In a place that whoever it runs as can get to.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tweeluik-imap-"))
        self.folder.chmod(0o755)
        certificates = self.folder / "certificates"
        certificates.mkdir()
        self.certificates = Certificates(certificates)
        self.certificates.server(name, ca)
        self.ca_file = self.certificates.ca
        self.maildir = self.folder / "mail"
        for part in ("tmp", "new", "cur"):
            (self.maildir / part).mkdir(parents=True)
        self.imap, self.imaps, self.pop3, self.pop3s = (
            free_port() for _ in range(4))
        (self.folder / "users").write_text("terug:{PLAIN}geheim\n")
        self.password_file = self.folder / "password"
        self.password_file.write_text("geheim\n")
        self.process = None
        self._own()
        owner = self.folder.stat()
        user, group = (subprocess.run(["id", flag, str(owner.st_uid)],
                                      check=True, capture_output=True,
                                      text=True).stdout.strip()
                       for flag in ("-un", "-gn"))
        base = certificates / f"{name}-{ca}-False"
        (self.folder / "dovecot.conf").write_text(CONFIG.format(
            run=self.folder / "run", log=self.folder / "log", user=user,
            group=group, maildir=self.maildir, home=self.folder,
            cert=base.with_suffix(".pem"), key=base.with_suffix(".key"),
            users=self.folder / "users", uid=owner.st_uid, gid=owner.st_gid,
            imap=self.imap, imaps=self.imaps, pop3=self.pop3,
            pop3s=self.pop3s, tls="no" if plaintext else "yes", more=more))
        self._own()

    def _own(self):
        """Everything here belongs to the one it runs as."""
        if USER is None:
            return
        for path in (self.folder, *self.folder.rglob("*")):
            shutil.chown(path, USER, "nogroup")

    def start(self):
        step_down = ["setpriv", f"--reuid={USER}", "--regid=nogroup",
                     "--clear-groups"] if USER else []
        self.process = subprocess.Popen(
            [*step_down, "/usr/sbin/dovecot", "-F", "-c",
             str(self.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL, stderr=open(
                self.folder / "stderr", "wb"), preexec_fn=die_with_parent)
        up = wait_until(lambda: answers(self.imaps) and answers(self.pop3s),
                        10)
        assert up, self.log()
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)

    def log(self):
        return "".join(p.read_text() for p in (self.folder / "log",
                                               self.folder / "stderr")
                       if p.exists())

    def deliver(self, mail, folder="new"):
        """As a mail server does it (maildir(5)); returns the name."""
        name = f"{time.time():.6f}.{uuid.uuid4().hex}.host"
        path = self.maildir / "tmp" / name
        path.write_bytes(mail)
        if USER:
            shutil.chown(path, USER, "nogroup")
        os.rename(path, self.maildir / folder / (
            name + (":2," if folder == "cur" else "")))
        return name

    def left(self):
        """What is still in the mailbox."""
        return sorted(p for part in ("new", "cur")
                      for p in (self.maildir / part).iterdir())

    def sessions(self, protocol="imap"):
        """The processes that serve somebody who has logged in."""
        done = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-x", protocol],
            capture_output=True, text=True)
        return [int(pid) for pid in done.stdout.split()]

    def section(self, name="return", kind="imap", **settings):
        """Of tweeluik.conf, for reading this mailbox."""
        all_of_it = dict(kind=kind, host="localhost", user="terug",
                         port=self.imaps if kind == "imap" else self.pop3s,
                         password_file=self.password_file,
                         ca_file=self.ca_file)
        all_of_it.update(settings)
        lines = "".join(
            f'    {k} = "{v}"\n' if not isinstance(v, int)
            else f"    {k} = {v}\n" for k, v in all_of_it.items())
        return f'mailbox "{name}" {{\n{lines}}}\n'
