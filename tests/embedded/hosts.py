"""Hosts in namespaces of their own, on a bridge, each with a plug to pull.

    with Lan() as lan:
        a = lan.host("send-a")
        subprocess.run([*a.inside, "hostname"])
        a.cut()                 # its cable is out, nobody tells it
        a.mend()

A host has a network and a name of its own (network and UTS namespaces), and
shares everything else with us: files, local sockets, processes.  The bridge
lies in a namespace as well (lan.hub, a host like the others), so nothing of
the machine is touched, and all of it is gone with the last process inside.
root can always do this, others where the kernel lets them (Lan.why_not()).
"""

import os
import subprocess

NET = "10.77.0"
ROOT_USER = os.geteuid() == 0


class Host:
    def __init__(self, lan, name, number, inside=()):
        self.lan, self.name, self.address = lan, name, f"{NET}.{number}"
        self.cable = f"cable{number}"
        user = [] if inside or ROOT_USER else ["--user", "--map-root-user"]
        # It ends when our end of its input does, however that comes about.
        self.process = subprocess.Popen(
            [*inside, "unshare", *user, "--net", "--uts", "sh", "-c",
             'hostname "$1" && echo ready && exec cat', "sh", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline() == "ready\n"
        self.inside = ["nsenter", f"--target={self.process.pid}", "--net",
                       "--uts"]
        if not ROOT_USER:
            # Entering the namespace forgets who wants to die with whom.
            self.inside += ["--user", "--preserve-credentials", "setpriv",
                            "--pdeathsig=TERM"]
        # What must not run as root (PostgreSQL) is itself again.
        self.inside_as_user = self.inside if ROOT_USER else [
            *self.inside, "unshare", "--user", f"--map-user={os.geteuid()}",
            f"--map-group={os.getegid()}"]
        if not ready:
            why = self.process.stderr.read().strip()
            self.close()
            raise RuntimeError(f"{name} cannot be made: {why}")

    def ip(self, *commands):
        done = subprocess.run([*self.inside, "ip", "-batch", "-"],
                              input="\n".join(commands) + "\n", text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"ip in {self.name}: {done.stderr.strip()}")

    def cut(self):
        self.lan.hub.ip(f"link set {self.cable} down")

    def mend(self):
        self.lan.hub.ip(f"link set {self.cable} up")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Lan:
    def __init__(self):
        self.hosts = []
        self.hub = None

    @staticmethod
    def why_not():
        """Why there can be no Lan here; None when there can."""
        try:
            with Lan() as lan:
                lan.host("probe")
        except (OSError, RuntimeError) as e:
            return str(e)
        return None

    def host(self, name):
        h = Host(self, name, len(self.hosts) + 2, self.hub.inside)
        self.hosts.append(h)
        self.hub.ip(f"link add {h.cable} type veth peer name eth0"
                    f" netns {h.process.pid}",
                    f"link set {h.cable} master lan up")
        h.ip("link set lo up", f"addr add {h.address}/24 dev eth0",
             "link set eth0 up")
        return h

    def __enter__(self):
        self.hub = Host(self, "hub", 1)
        try:
            self.hub.ip("link set lo up", "link add lan type bridge",
                        f"addr add {self.hub.address}/24 dev lan",
                        "link set lan up")
        except RuntimeError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        for host in reversed([self.hub, *self.hosts]):
            host.close()
