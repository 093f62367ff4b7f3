"""Issues that were sent, and what came back of them, as tests want it."""
import itertools
import subprocess

MESSAGE = ("insert into message (digest, kind, edition, subject, bytes, slots)"
           " values (sha256('returns'), 'issue', 'nl', 's', 'x', '')"
           " on conflict (digest) do update set edition = 'nl' returning id")

numbers = itertools.count(1)


def sent(site, number, days, *readers):
    """Issue `number` of so many days ago, which a server took for the readers
    given by number; the mailing."""
    message = site.db.one(MESSAGE)
    issue = site.db.one(
        "insert into issue (series, planned_at, state, number, year)"
        " values ('regular', now() - make_interval(days => %s), 'sent', %s,"
        " 2026) returning id", days, number)
    mailing = site.db.one(
        "insert into mailing (kind, issue_id, state, created_at, finished_at,"
        " expires_at, planned) values ('issue', %s, 'done',"
        " now() - make_interval(days => %s), now(), now(), %s) returning id",
        issue, days, len(readers))
    for seq, reader in enumerate(readers, 1):
        site.db.rows("insert into delivery values (%s, %s, %s, %s)", mailing,
                     seq, message, reader)
        site.db.rows(
            "insert into outcome (mailing_id, seq, attempt, result, at)"
            " values (%s, %s, 1, 'accepted', now() - make_interval(days =>"
            " %s))", mailing, seq, days)
    site.db.rows("insert into chunk (mailing_id, no, first_seq, last_seq,"
                 " due_at, done_at, accepted) values (%s, 1, 1, %s, now(),"
                 " now(), %s)", mailing, len(readers), len(readers))
    return mailing


def back(site, mailing, reader, reason="full", status="4.2.2", words="",
         hard=None, source="report", returned=None):
    """What a report says of it; the effect."""
    hard = reason == "dead" if hard is None else hard
    effect = site.db.one(
        "select bounce_add(%s, %s, %s, %s, %s, %s, %s, %s, 'test', %s)",
        returned, reader, mailing, source, "hard" if hard else "soft", hard,
        status, reason, words)
    site.db.rows("update bounce b set at = m.created_at + interval '1 hour'"
                 " from mailing m where m.id = b.mailing_id")
    return effect


def token(site, reader, mailing):
    """Of the link to leave, as it stands in a mail that was sent."""
    return subprocess.run(
        [site.build / "tests/web-keys", site.settings["keys"], "token", "u",
         str(reader), str(mailing)], check=True, capture_output=True,
        text=True).stdout.strip()


def original(site, reader, mailing):
    """Headers of the mail that came back."""
    return ("From: Nieuwsbrief <nieuws@organisatie.example>\n"
            "Subject: Nieuwsbrief 11\n"
            "Message-ID: <x@nieuws.organisatie.example>\n"
            "List-Unsubscribe: <https://nieuws.organisatie.example/u/"
            f"{token(site, reader, mailing)}>\n")


def dsn(original, status="5.1.1", action="failed",
        words="550 5.1.1 <weg@lezers.example>: no such user",
        to="bounce@organisatie.example", who="weg@lezers.example"):
    """A report of delivery (RFC 3464)."""
    return f"""\
Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.lezers.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <{next(numbers)}@mx.lezers.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.lezers.example

Final-Recipient: rfc822; {who}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--b
Content-Type: text/rfc822-headers

{original}
--b--
"""


def feedback(original, to="bounce@organisatie.example"):
    """That somebody called it spam (RFC 5965)."""
    return f"""\
From: feedback@mail.lezers.example
To: {to}
Subject: FW: Nieuwsbrief 11
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <{next(numbers)}@mail.lezers.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Mailbox/1.0
Version: 1

--b
Content-Type: message/rfc822

{original}
Words.

--b--
"""


def report(site, reader, mailing, *words, **more):
    return dsn(original(site, reader, mailing), *words, **more)


def complaint(site, reader, mailing):
    return feedback(original(site, reader, mailing))


def person(subject="Vraag", words="Kunt u mij helpen?", who="Anna Smit"):
    return f"""\
From: {who} <anna.smit@voorbeeldhuis.example>
To: bounce@organisatie.example
Subject: {subject}
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <{abs(hash((subject, words)))}@voorbeeldhuis.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{words}
"""
