"""make demo and make run, as a newcomer types them (without the building)."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.embedded import ROOT, free_port, wait_until

PYTHON = "/usr/bin/python3"


def demo(folder):
    return subprocess.Popen([PYTHON, ROOT / "tests/demo/demo.py", folder],
                            stdout=subprocess.PIPE, text=True)


def processes(folder):
    """Of anybody, with the folder in their command line."""
    out = subprocess.run(["ps", "-eo", "args"], capture_output=True,
                         text=True, check=True).stdout
    return [line for line in out.splitlines() if str(folder) in line]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two demos side by side."""
    top = tmp_path_factory.mktemp("demo")
    running = {top / n: demo(top / n) for n in ("one", "two")}
    said = {f: p.communicate(timeout=120)[0] for f, p in running.items()}
    assert [p.returncode for p in running.values()] == [0, 0]
    return said


def test_demo_says_what_it_did(folders):
    for folder, said in folders.items():
        assert len(list((folder / "mail/new").iterdir())) == 58
        report = json.loads((folder / "report.json").read_text())
        assert sum(e["accepted"] for e in report["editions"]) == 58
        assert str(folder) in said and "58 mailed" in said
        to = (folder / "mail/envelopes.tsv").read_text()
        assert "kim.de.boer@" not in to and "post@oude-adressen" not in to
        assert not processes(folder)


def test_run_goes_on_with_it_until_it_is_stopped(folders):
    folder, port = list(folders)[0], free_port()
    running = subprocess.Popen(
        [PYTHON, ROOT / "tests/demo/run.py", folder, str(port)],
        stdout=subprocess.PIPE, text=True)
    assert wait_until(lambda: running.stdout.readline() == "ready\n", 60, 0)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as page:
        assert page.read().strip() == b"ok"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
        assert 'lang="nl"' in page.read().decode()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/nope")
    build = os.environ.get("TWEELUIK_BUILD", "build")
    done = subprocess.run(
        [ROOT / build / "bin/tweeluik", "--config", folder / "tweeluik.conf",
         "status", "--json"], capture_output=True, text=True)
    assert done.returncode == 0 and json.loads(done.stdout)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 0
    assert not processes(folder)
