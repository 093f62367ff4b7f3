"""What a reader's own subscription looks like to a test: letters with links,
a past, forms, and what is handed out."""
import html
import re

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"


def message(db, kind="issue"):
    """One that nobody reads; its number."""
    return db.one(
        "insert into message (digest, kind, edition, subject, bytes, slots)"
        " values (sha256(random()::text::bytea), %s, 'nl', 's', 'x', '')"
        " returning id", kind)


def mailing(db, readers, what=None, issue=None):
    """It is under way to these readers, in this order; its number."""
    number = db.one("insert into mailing (kind, issue_id, expires_at,"
                    " planned) values ('issue', %s, now() + interval '1 day',"
                    " %s) returning id", issue, len(readers))
    db.rows("insert into delivery select %s, n, %s, id from"
            " unnest(%s::bigint[]) with ordinality r (id, n)", number,
            what or message(db), list(readers))
    db.rows("insert into chunk (mailing_id, no, first_seq, last_seq)"
            " values (%s, 1, 1, %s)", number, len(readers))
    return number


def mailed(site, reader, kind, age="0 minutes", letter=None):
    """The token in a letter, as when the schedule role has written it."""
    mailing = site.sql("insert into mailing (kind, expires_at)"
                       " values ('system', now()) returning id")[0][0]
    if letter is None:
        letter = site.sql("select letter_add(%s, %s, 'nl')", kind,
                          reader)[0][0]
    site.sql("update letter set written_at = now(), mailing_id = %s,"
             " at = now() - %s::interval where id = %s", mailing, age, letter)
    return site.token({"details": "d", "address": "a"}[kind], reader, mailing)


def kinds(site):
    return [k for k, in site.sql("select kind from letter order by id")]


def happened(site):
    return [(kind, basis) for kind, _, basis in site.events()]


def status(answer):
    return re.findall(r'role="status"[^>]*>(.*?)</p>', answer.body)


def field(answer, name):
    """What the form has in a hidden field."""
    return html.unescape(re.search(
        f'<input type="hidden" name="{name}" value="([^"]*)"',
        answer.body).group(1))


def in_months(site, n):
    return str(site.sql("select schedule_date(now()) + make_interval("
                        "months => %s)", n)[0][0].date())


def fill(site, reader):
    """A past: an agreement in words, a change, issues."""
    site.sql("update subscriber set organisation_id = (select id from"
             " organisation limit 1), tags = '{noord}' where id = %s", reader)
    wording = site.sql("insert into wording (lang, body) values ('nl',"
                       " 'Ja, <b>mail</b> mij & de rest') returning id")[0][0]
    site.sql("insert into consent_event (address_hash, kind, way, basis,"
             " wording_id) select address_hash, 'subscribed', 'page', '', %s"
             " from subscriber where id = %s", wording, reader)
    site.post(f"/t/{site.token('t', reader)}/en")
    site.post(f"/t/{site.token('t', reader)}/nl")
    what = message(site.db)
    for n, result in enumerate(("accepted", "deferred", None), 1):
        issue = site.sql(
            "insert into issue (series, planned_at, state, number, year)"
            " values ('regular', now() - make_interval(days => %s), 'sent', %s,"
            " 2026) returning id", 100 - 10 * n, n)[0][0]
        mailing = site.sql("insert into mailing (kind, issue_id, expires_at,"
                           " planned) values ('issue', %s, now(), 1)"
                           " returning id", issue)[0][0]
        site.sql("insert into delivery values (%s, 1, %s, %s)", mailing, what,
                 reader)
        if result:
            site.sql("insert into outcome (mailing_id, seq, attempt, result)"
                     " values (%s, 1, 1, %s)", mailing, result)
        if n == 1:
            site.sql("insert into bounce (subscriber_id, mailing_id, source,"
                     " class, final, reason, effect) values (%s, %s,"
                     " 'report', 'soft', true, 'full', 'counted')", reader,
                     mailing)


SCHEMA = {
    "schema", "at", "address", "wanted_address", "language", "language_from",
    "state", "state_at", "paused_until", "organisation", "since", "consent",
    "deliveries"}


def validate(data):
    """As tweeluik.reader-data/1 says, and nothing besides."""
    assert data["schema"] == "tweeluik.reader-data/1"
    assert set(data) == SCHEMA
    assert data["language"] in ("nl", "en", "both")
    assert data["language_from"] in ("chosen", "import", "default")
    for name in "at", "since", "state_at":
        assert re.fullmatch(STAMP, data[name])
    for event in data["consent"]:
        assert set(event) == {"at", "kind", "way", "basis", "issue",
                              "wording_language", "wording"}
        assert re.fullmatch(STAMP, event["at"])
    for delivery in data["deliveries"]:
        assert set(delivery) == {"issue", "at", "result", "came_back"}
        assert re.fullmatch(STAMP, delivery["at"])
        assert re.fullmatch(r"\d+-\d{4}", delivery["issue"])


def ask_address(site, path, address, **more):
    body = "&".join(f"{k}={v}" for k, v in {"address": address,
                                            **more}.items())
    return site.post(path + "/address", body)


def newest_letter(site):
    return site.sql("select max(id) from letter where kind = 'address'")[0][0]
