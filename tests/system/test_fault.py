"""The short fault run: every kind of fault, fewer of each (make fault)."""

import os
import random
import sys
import tempfile
from pathlib import Path

import pytest

from tests.embedded import ROOT

sys.path.append(str(ROOT / "tests/fault"))
from fault import SEED_STEP, Run  # noqa: E402
from lab import Lab  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

READERS = 600
BUILD = Path(os.environ.get("TWEELUIK_BUILD", ROOT / "build")).resolve()


@pytest.fixture(scope="module")
def run():
    # Kept when a round goes wrong, so not pytest's.
    folder = Path(tempfile.mkdtemp(prefix="tweeluik-fault-", dir="/var/tmp"))
    folder.chmod(0o755)
    with Lab(folder, BUILD, READERS) as lab:
        run = Run(lab, folder, brief=True)
        yield run
    if not run.failed:
        run.remove()


@pytest.mark.parametrize("number", [
    pytest.param(i, id=s.__name__)
    for i, (s, _, short, _) in enumerate(SCENARIOS) if short])
def test_everybody_gets_it_whatever_fails(run, number):
    seed = random.SystemRandom().randrange(10**6) * SEED_STEP + number
    assert run.round(seed), run.rounds[-1]
    assert run.rounds[-1]["faults"] > 0
