"""The sink as a context manager.

    with Sink("--rtt", 20, folder=tmp_path) as sink:
        ...                     # sink.port
        sink.counts()           # what it counted so far
    sink.result                 # and at the end
    sink.code, sink.errors      # its exit status, what it said on stderr

With a host (tests/embedded/hosts.py) it listens there.
"""

import json
import os
import pathlib
import signal
import subprocess
import time

from tests.embedded import ROOT, die_with_parent


def templates(folder, messages):
    """Options for comparing with these messages: name, bytes, slots, ..."""
    options = []
    for name, content, slots, *_ in messages:
        file = folder / f"template-{name}"
        file.write_bytes(content)
        file.with_name(file.name + ".slots").write_bytes(slots)
        options += ["--template", file]
    return options


class Sink:
    def __init__(self, *options, folder, build=None, port=0, host=None):
        build = pathlib.Path(
            build or os.environ.get("TWEELUIK_BUILD", ROOT / "build"))
        self.count = pathlib.Path(folder) / "sink.json"
        self.count.unlink(missing_ok=True)
        self.log = pathlib.Path(folder) / "sink.errors"
        self.address = host.address if host else "127.0.0.1"
        self.command = [*(host.inside if host else ()),
                        str(build / "tests/sink"), "--count", str(self.count),
                        *map(str, options), f"{self.address}:{port}"]
        self.process = self.result = self.code = self.errors = None

    def start(self):
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.PIPE, stderr=log, text=True,
                preexec_fn=die_with_parent)
        words = self.process.stdout.readline().split()
        if words[:1] != ["ready"]:
            self.stop()
            raise RuntimeError(f"the sink did not start: {self.errors}")
        self.port = int(words[1])
        return self

    def counts(self, seconds=10):
        self.count.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + seconds
        while not self.count.exists():
            if time.monotonic() > until:
                raise TimeoutError("the sink does not count")
            time.sleep(0.005)
        return json.loads(self.count.read_text())

    def stop(self):
        self.process.terminate()
        self.code = self.process.wait(30)
        self.process.stdout.close()
        self.errors = self.log.read_text()
        if self.count.exists():
            self.result = json.loads(self.count.read_text())

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()
