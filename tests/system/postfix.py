"""A real Postfix, out of its package and in a folder of its own: it takes mail
from this machine, hands it to whoever the test says, and writes what it has to
say to the sender into a Maildir.

    with Postfix({"vol.example": port}, maildir, "terug.voorbeeld.example") as p:
        ... p.port ...

Its master wants to be root, and to run the rest as somebody who is not.
"""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

from tests.embedded import (ROOT, answers, die_with_parent, free_port,
                            wait_until)

PACKAGE = pathlib.Path(os.environ.get("TWEELUIK_BUILD", ROOT / "build")
                       ).resolve() / "postfix"
# Two who are not the same, and whom nobody else here is.
OWNER, GROUP = "mail", "news"

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {package}/usr/sbin
daemon_directory = {package}/usr/lib/postfix/sbin
shlib_directory = {package}/usr/lib/postfix
meta_directory = {folder}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH
mail_owner = {owner}
setgid_group = {group}
default_privs = nobody
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
myhostname = mx.voorbeeld.example
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
local_recipient_maps =
alias_maps =
default_transport = error:5.1.2 There is no such domain
transport_maps = inline:{{ {transports} }}
virtual_mailbox_domains = {returns}
virtual_mailbox_maps = static:mail/
virtual_mailbox_base = {base}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
# Everything that takes hours, within seconds.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
delay_warning_time = 1s
maximal_queue_lifetime = {patience}s
bounce_queue_lifetime = {patience}s
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
virtual unix - n n - - virtual
""" + "".join(f"{name} unix {private} - n {wake} {most} {program}\n"
              for name, private, wake, most, program in [
                  ("cleanup", "n", "-", "0", "cleanup"),
                  ("qmgr", "n", "1", "1", "qmgr"),
                  ("rewrite", "-", "-", "-", "trivial-rewrite"),
                  ("bounce", "-", "-", "0", "bounce"),
                  ("defer", "-", "-", "0", "bounce"),
                  ("trace", "-", "-", "0", "bounce"),
                  ("flush", "n", "1000?", "0", "flush"),
                  ("proxymap", "-", "-", "-", "proxymap"),
                  ("smtp", "-", "-", "-", "smtp"),
                  ("relay", "-", "-", "-", "smtp"),
                  ("error", "-", "-", "-", "error"),
                  ("retry", "-", "-", "-", "error"),
                  ("discard", "-", "-", "-", "discard"),
                  ("anvil", "-", "-", "1", "anvil"),
                  ("showq", "n", "-", "-", "showq"),
              ])


class Postfix:
    def __init__(self, domains, maildir, returns, patience=6):
        """domains: whose server listens on which port."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tweeluik-mta-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        owner = pathlib.Path(maildir).stat()
        (self.folder / "main.cf").write_text(MAIN.format(
            folder=self.folder, package=PACKAGE, owner=OWNER, group=GROUP,
            returns=returns, base=pathlib.Path(maildir).parent,
            uid=owner.st_uid, gid=owner.st_gid, patience=patience,
            transports=", ".join(
                f"{{ {domain} = smtp:[127.0.0.1]:{port} }}"
                for domain, port in domains.items())))
        (self.folder / "master.cf").write_text(MASTER.format(port=self.port))
        (self.folder / "dynamicmaps.cf").write_text("")
        self._folders()
        self.process = None

    def _folders(self):
        uid = pwd.getpwnam(OWNER).pw_uid
        (self.folder / "data").mkdir(mode=0o700)
        os.chown(self.folder / "data", uid, -1)
        queue = self.folder / "queue"
        queue.mkdir()
        for name in ("active", "bounce", "corrupt", "defer", "deferred",
                     "flush", "hold", "incoming", "maildrop", "pid",
                     "private", "public", "saved", "trace"):
            (queue / name).mkdir(mode=0o700)
            if name != "pid":
                os.chown(queue / name, uid, -1)
        (queue / "public").chmod(0o710)
        (queue / "pid").chmod(0o755)

    def __enter__(self):
        self.process = subprocess.Popen(
            [PACKAGE / "usr/lib/postfix/sbin/master", "-c", self.folder,
             "-d"], preexec_fn=die_with_parent, stdin=subprocess.DEVNULL,
            stdout=open(self.folder / "said", "wb"),
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "MAIL_CONFIG": str(self.folder),
                 "LD_LIBRARY_PATH": str(PACKAGE / "usr/lib/postfix")})
        assert wait_until(lambda: answers(self.port), 15), self.log()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        shutil.rmtree(self.folder)

    def log(self):
        return "".join((self.folder / name).read_text()
                       for name in ("said", "log")
                       if (self.folder / name).exists())
