"""The web role under a load of wrk, and a plain libmicrohttpd beside it."""

import contextlib
import dataclasses
import json
import subprocess

from measure import Failed, announced, say
from website import ONE_CLICK

from tests.embedded import answers, die_with_parent, free_port, wait_until

SECONDS = 5
READERS = 60000  # enough for one click each
PAGE, CLICK = 1, 64  # connections


@dataclasses.dataclass
class Load:
    requests: int
    seconds: float
    median_ms: float
    failed: int

    @property
    def rate(self):
        return self.requests / self.seconds

    def say(self):
        say(f" {self.rate:,.0f}/s, median {self.median_ms:.3f} ms")
        return self


class Web:
    def __init__(self, path, folder, build):
        self.path, self.folder, self.build = path, folder, build
        self.bytes = 0

    @contextlib.contextmanager
    def _running(self, port, *command):
        process = subprocess.Popen(
            [str(x) for x in command], env=self.path.site.env(),
            stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        try:
            if not wait_until(lambda: answers(port), 20):
                raise Failed(f"{command[0]} does not listen")
            yield process
        finally:
            process.terminate()
            process.wait()

    def _role(self):
        site = self.path.site
        return self._running(
            site.web_port, self.build / "libexec/tweeluik/tweeluik-web",
            "--config", site.config)

    def _wrk(self, port, connections, *words):
        # The folder has the name of an architecture.
        libraries, = (self.build / "wrk/usr/lib").glob("*-linux-*")
        done = subprocess.run(
            ["env", f"LD_LIBRARY_PATH={libraries}",
             self.build / "wrk/usr/bin/wrk", "-t1",
             f"-c{connections}", f"-d{SECONDS}", "-s", "tests/bench/tokens.lua",
             f"http://127.0.0.1:{port}", "--", *map(str, words)],
            capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"wrk: {done.stderr or done.stdout}")
        load = Load(**json.loads(done.stdout.splitlines()[-1]))
        if load.failed:
            raise Failed(f"{load.failed} requests failed")
        return load.say()

    def _paths(self, n):
        file = self.folder / f"paths-{n}"
        with open(file, "w", encoding="ascii") as f:
            subprocess.run([self.build / "tests/web-keys",
                            self.path.site.settings["keys"], "tokens", "u",
                            str(n)], stdout=f, check=True)
        text = file.read_text()
        file.write_text("".join(f"/u/{t}\n" for t in text.split()))
        return file

    def page(self):
        """The page to unsubscribe, of a thousand readers in turn."""
        return self._page("the page to unsubscribe", self._paths(1000))

    def archive(self):
        number, year = self.path.issue.split("-")
        file = self.folder / "archive"
        file.write_text(f"/archief/{year}/{number}\n")
        return self._page("an issue in the archive", file)

    def _page(self, what, paths):
        port = self.path.site.web_port
        with announced(what), self.path.copy(1000) as name, self._role():
            self.path.rows(name, "update tweeluik.issue set state = 'sent'")
            url = f"http://127.0.0.1:{port}{paths.read_text().split()[0]}"
            self.bytes = len(subprocess.run(
                ["curl", "-sf", url], capture_output=True, check=True).stdout)
            return self._wrk(port, PAGE, "GET", paths)

    def one_click(self):
        """Every request unsubscribes somebody else."""
        paths = self._paths(READERS)
        with announced("one click"), self.path.copy(READERS) as name:
            with self._role():
                load = self._wrk(self.path.site.web_port, CLICK, "POST",
                                 paths, ONE_CLICK)
            (left,), = self.path.rows(name, "select count(*) from tweeluik"
                                      ".suppression")
            # Those under way at the end were not counted by wrk.
            if not load.requests <= left <= load.requests + CLICK:
                raise Failed(f"{load.requests} requests, {left} have left")
        return load

    def hello(self, connections, *words):
        port = free_port()
        with announced("libmicrohttpd alone"), self._running(
                port, self.build / "tests/bench-hello", port, self.bytes):
            return self._wrk(port, connections, words[0], self._paths(1000),
                             *words[1:])
