"""Reports of real mail systems mean what people found in them."""

import json
import os
import subprocess
from pathlib import Path

import bounce_score
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TWEELUIK_BUILD", ROOT / "build")).resolve()
TWEELUIK = BUILD / "bin/tweeluik"


@pytest.fixture(scope="module")
def score():
    return bounce_score.Score(
        bounce_score.explain(TWEELUIK, bounce_score.files()))


@pytest.mark.parametrize("what,least", [
    ("recall", 99.5), ("precision", 99.5), ("exact", 99), ("class", 99),
    ("complaint", 100), ("unsubscribe", 100), ("harmless", 100),
    ("delayed", 99.5)])
def test_corpus(score, what, least):
    assert score.count[what].of > 0
    assert score.count[what].percent >= least, str(score)


def test_no_warning_is_a_failure(score):
    """What is only delayed is never said to be final."""
    for name, rows in bounce_score.truth().items():
        for row in (r for r in rows if r.perm == "D"):
            for who, kind, delayed in score.said[name]:
                if who in row.names:
                    assert (kind, delayed) == ("soft", True), name


def explain(*args, stdin=b""):
    # Without a configuration, and without a home to find one in.
    return subprocess.run([TWEELUIK, "bounce", "explain", *args], input=stdin,
                          capture_output=True, timeout=60,
                          env={"LC_ALL": "C.UTF-8"})


def test_standard_input_and_json():
    path = bounce_score.CORPUS / "adversarial/files/ctl-01-postfix-lf.eml"
    plain = explain("-", stdin=path.read_bytes())
    assert plain.stdout.decode() == \
        "-\talice@example.com\thard\t5.1.1\tdead\n"
    one = json.loads(explain("--json", path).stdout)["items"][0]
    assert one["kind"] == "report" and one["automatic"]
    assert one["recipients"][0]["class"] == "hard"
    assert one["recipients"][0]["final"]


def test_a_file_that_is_not_there(tmp_path):
    there = tmp_path / "mail"
    there.write_text("From: a@b.example\nSubject: hi\n\nHello\n")
    done = explain(tmp_path / "none", there)
    assert done.returncode == 6
    assert done.stdout.decode().splitlines() == [
        f"{tmp_path}/none\t-\terror\t-\t-", f"{there}\t-\tnone\t-\t-"]


def test_more_files_than_fit_a_line():
    path = bounce_score.CORPUS / "adversarial/files/non-19-headers-only.eml"
    done = explain(*[path] * 5000)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 5000
