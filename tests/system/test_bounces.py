"""Reports of real mail systems mean what people found in them."""

import json
import os
import subprocess
from pathlib import Path

import bounce_score
import hostile_mail
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


def passed_on(path):
    """A report as a person sends it on: attached, inline, as their own."""
    report = path.read_bytes()
    subject = b"Fwd: " + path.name.encode()
    head = (b"Return-Path: <piet@shop.example>\n"
            b"From: Piet <piet@shop.example>\nTo: news@news.example\n"
            b"Subject: " + subject + b"\n")
    yield (head + b"Content-Type: multipart/mixed; boundary=out\n\n--out\n\n"
           b"What is this?\n--out\nContent-Type: message/rfc822\n\n" + report +
           b"\n--out--\n")
    yield head + b"\nWhat is this?\n\n--- Forwarded ---\n" + report
    yield head + b"\n" + report.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    yield head + b"\nWhat?\n\n" + b"".join(
        b"> " + line + b"\n" for line in report.splitlines())


def test_passed_on_by_a_person(tmp_path):
    wrong = []
    for path in bounce_score.files():
        if path.stat().st_size < 500_000:
            for n, mail in enumerate(passed_on(path)):
                (tmp_path / f"{path.name}-{n}").write_bytes(mail)
    paths = sorted(tmp_path.iterdir())
    assert len(paths) > 1500
    for name, said in bounce_score.explain(TWEELUIK, paths).items():
        wrong += [(name, who, kind) for who, kind, _ in said
                  if kind in ("hard", "soft", "complaint", "bounce")]
    assert not wrong


ASAN = "asan" in BUILD.name  # wants much more of both


@pytest.mark.parametrize("shape", hostile_mail.HOSTILE)
def test_hostile(shape, tmp_path):
    """No input of any shape takes over 64 MB, nor a time that grows faster than
    it does.  How long it takes is in the bench."""
    hostile_mail.write(tmp_path / "mail", shape)
    assert hostile_mail.cost(TWEELUIK, tmp_path / "mail", not ASAN) < (
        2.5 if ASAN else 0.25)
