"""Issues that were sent, and what came back of them, as tests want it."""

MESSAGE = ("insert into message (digest, kind, edition, subject, bytes, slots)"
           " values (sha256('returns'), 'issue', 'nl', 's', 'x', '')"
           " on conflict (digest) do update set edition = 'nl' returning id")


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
