"""Special editions: who gets what, who does not, and in which edition."""
import collections
import email
import email.policy
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from newsletter import DEMO, approve, as_json, items, ok, readers, send_now
from smtpd import CatchingServer
from website import Visitor

from tests.demo.dates import today
from tests.embedded import BASE, answers, wait_until

URL = re.compile(r"https?://[^\s\"<>]+")


def extra(site, kind, *more):
    """Plan one; its name."""
    return as_json(site, "issue", "plan", "--extra", "--kind", kind,
                   *more)["name"]


def item(site, name, text):
    path = site.folder / "extra.item"
    path.write_text(text, encoding="utf-8")
    ok(site, "item", "add", "--file", path, "--ready", "--issue", name)


NEWS = """Kind: news
Topic: checks
Visibility: public

--- nl
Title: Controles in bussen
State: ready

Er zijn controles.
"""
ENGLISH = """
--- en
Title: Checks on buses
State: ready

There are checks.
"""
EVENT = """Kind: event
Visibility: {visibility}
Start: {start}
End: {end}
Place: Buurthuis De Brugwacht, Waterveen
Sign-up: https://voorbeeld.example/netwerkdag

--- nl
Title: {title}
State: ready

Wij nodigen u uit, met een warme lunch.

--- en
Title: National network day
State: ready

You are invited, with a hot lunch.
"""


def event(start="+45d 10:00", end="+45d 16:30", visibility="public",
          title="Landelijke netwerkdag"):
    return EVENT.format(start=start, end=end, visibility=visibility,
                        title=title)


def headlines(site, name, nl="controles in bussen", en="checks on buses"):
    ok(site, "issue", "plan", name, "--headline-nl", nl, "--headline-en", en)


def confirm(site, name, *more):
    ok(site, "issue", "approve", name, "--confirm", name, *more)


def hour_passes(site):
    """No other issue has this hour any more."""
    site.db.rows("update mailing set created_at = created_at"
                 " - interval '2 hours'")


def leave(site, name):
    """Send it; the messages by recipient, one each."""
    hour_passes(site)
    with CatchingServer() as server:
        site.write_config(smtp_port=server.port)
        send_now(site, name)
        site.start_daemon()
        try:
            assert wait_until(lambda: as_json(
                site, "issue", "show", name)["state"] == "sent", 60)
        finally:
            site.stop_daemon()
    got = collections.defaultdict(list)
    for e in server.envelopes:
        if e.rcpt_tos[0].endswith("@lezers.example"):
            got[e.rcpt_tos[0].split("@")[0]].append(email.message_from_bytes(
                e.original_content, policy=email.policy.default))
    assert {len(m) for m in got.values()} <= {1}
    return {who: m[0] for who, m in got.items()}


def subjects(got):
    return {who: m["Subject"] for who, m in got.items()}


def body(message, kind="html"):
    return message.get_body((kind,)).get_content()


def numbers(site, name):
    """How many of each edition there are, as show and approve say."""
    return as_json(site, "issue", "show", name)["audience"]


@pytest.fixture
def list_of_six(site):
    """lezer0 nl, lezer1 en, lezer2 both, and so on."""
    ok(site, "schedule", "set", "--first-date",
       (today() + timedelta(20)).isoformat())
    readers(site, 6)
    return site


def tag(site, who, *words):
    ok(site, "subscriber", "set", f"{who}@lezers.example", *words)


def test_invitation(list_of_six):
    """In both languages for everybody, made to be passed on."""
    site = list_of_six
    name = extra(site, "invitation", "--at", "+3d 10:00")
    year = name.removeprefix("extra-1-")
    headlines(site, name, "landelijke netwerkdag 14 januari",
              "national network day")
    item(site, name, NEWS + ENGLISH)
    refused = site.tweeluik("issue", "approve", name, "--confirm", name)
    assert refused.returncode == 4  # what is it an invitation to?
    item(site, name, event())
    assert numbers(site, name) == {"nl": 0, "en": 0, "both": 6}
    assert site.tweeluik("issue", "render", name, "--edition",
                         "nl").returncode != 0
    assert as_json(site, "issue", "test", name, "--to",
                   "proef@voorbeeld.example")["messages"] == 1
    confirm(site, name)
    got = leave(site, name)
    assert set(subjects(got).values()) == {
        "Uitnodiging: landelijke netwerkdag 14 januari"
        " | Invitation: national network day"}
    assert set(got) == {f"lezer{k}" for k in range(6)}
    for kind in ("html", "plain"):
        bodies = {body(m, kind) for m in got.values()}
        links = [set(URL.findall(b)) for b in bodies]
        assert len(bodies) == 6
        # All the same but for the way out, which is one's own.
        own = [u - set.intersection(*links) for u in links]
        assert all(re.fullmatch(rf"{BASE}/u/[\w-]{{40}}", u.pop())
                   and not u for u in own)
        assert len({re.sub(r"/u/[\w-]{40}", "/u/", b)
                    for b in bodies}) == 1
        text = bodies.pop()
        assert "U mag deze uitnodiging doorsturen." in text
        assert f"{BASE}/archief/extra/{year}/1" in text
        assert not re.search(r"/[tmvd]/", " ".join(URL.findall(text)))
        first = text.index("Buurthuis De Brugwacht")
        assert first < text.index("Wij nodigen u uit")
        assert text.index("voorbeeld.example/netwerkdag") < text.index(
            "Wij nodigen u uit")
    for m in got.values():
        assert m["List-Unsubscribe"]
        assert [p.get_content_type() for p in m.walk()] == [
            "multipart/alternative", "text/plain", "text/html"]


def test_report_to_a_tag(list_of_six):
    """Those who have the tag when it leaves, each in an own language."""
    site = list_of_six
    for who in ("lezer0", "lezer1", "lezer2"):
        tag(site, who, "--tag", "netwerkdag-2027")
    name = extra(site, "report", "--tag", "netwerkdag-2027", "--at",
                 "+3d 10:00")
    item(site, name, NEWS + ENGLISH)
    headlines(site, name, "netwerkdag 14 januari", "the network day")
    shown = as_json(site, "issue", "show", name)
    assert (shown["kind"], shown["meant"]["tags"]) == (
        "report", ["netwerkdag-2027"])
    assert numbers(site, name) == {"nl": 1, "en": 1, "both": 1}
    out = site.tweeluik("issue", "show", name).stdout
    assert "netwerkdag-2027" in out and "verslag" in out
    confirm(site, name)
    # Between approval and freezing one leaves the tag and one gets it.
    tag(site, "lezer0", "--no-tag", "netwerkdag-2027")
    tag(site, "lezer3", "--tag", "netwerkdag-2027", "--tag", "other")
    assert numbers(site, name) == {"nl": 1, "en": 1, "both": 1}
    got = leave(site, name)
    assert subjects(got) == {
        "lezer1": "Report of the network day",
        "lezer2": "Verslag netwerkdag 14 januari | Report of the network day",
        "lezer3": "Verslag netwerkdag 14 januari"}
    why = site.tweeluik("why", "lezer0@lezers.example", name).stdout
    assert "netwerkdag-2027" in why and "niet gepland" in why
    # Who comes into the audience afterwards is a newcomer; who is not, not.
    tag(site, "lezer4", "--tag", "netwerkdag-2027")
    missing = as_json(site, "issue", "send", name, "--missing", "--dry-run")
    assert (missing["newcomers"], missing["together"]) == (1, 0)


def test_organisations(list_of_six):
    site = list_of_six
    ok(site, "org", "import", DEMO / "organisations.csv", "--apply")
    org = site.db.one("select name from organisation order by id limit 1")
    tag(site, "lezer1", "--organisation", org)
    name = extra(site, "report", "--organisations", "--at", "+3d 10:00")
    item(site, name, NEWS + ENGLISH)
    headlines(site, name)
    assert numbers(site, name) == {"nl": 0, "en": 1, "both": 0}
    rehearsal = as_json(site, "issue", "rehearse", name)
    assert rehearsal["recipients"] == 1
    confirm(site, name)
    assert set(leave(site, name)) == {"lezer1"}


def test_urgent(list_of_six):
    """Untranslated, ten minutes after approval, and rarely."""
    site = list_of_six
    name = extra(site, "urgent")
    assert site.tweeluik("issue", "plan", name, "--at",
                         "+1d 10:00").returncode == 2
    item(site, name, NEWS)
    ok(site, "issue", "plan", name, "--headline-nl", "controles in bussen")
    # Being open for a while is no reason to hold it.
    site.db.rows("update issue set planned_at = now() - interval '3 days'")
    site.start_daemon()
    confirm(site, name)
    row, = site.db.rows("select planned_at - approved_at as wait, held_at,"
                        " send_after from issue where kind = 'urgent'")
    assert row == {"wait": timedelta(minutes=10), "held_at": None,
                   "send_after": None}
    ok(site, "issue", "hold", name, "--reason", "toch niet")
    ok(site, "issue", "release", name)
    later, = site.db.rows("select send_after - now() as wait from issue"
                          " where kind = 'urgent'")
    assert timedelta(minutes=9) < later["wait"] <= timedelta(minutes=10)
    site.stop_daemon()
    assert site.db.rows("select from mailing") == []
    got = leave(site, name)
    assert subjects(got) == {
        f"lezer{k}": ("Spoed: controles in bussen",
                      "Urgent: controles in bussen",
                      "Spoed: controles in bussen"
                      " | Urgent: controles in bussen")[k % 3]
        for k in range(6)}
    assert "Only available in Dutch" in body(got["lezer1"], "plain")
    assert "Er zijn controles." in body(got["lezer1"], "plain")

    again = extra(site, "urgent")
    item(site, again, NEWS)
    ok(site, "issue", "plan", again, "--headline-nl", "meer controles")
    once = site.tweeluik("issue", "approve", again, "--confirm", again)
    assert once.returncode == 2 and as_json(
        site, "issue", "show", again)["state"] == "open"
    wrong = site.tweeluik("issue", "approve", again, "--confirm", again,
                          "--confirm-second", again)
    assert wrong.returncode == 2
    confirm(site, again, "--confirm-second", name)
    assert as_json(site, "issue", "show", again)["state"] == "approved"
    site.db.rows("update issue set planned_at = planned_at"
                 " - interval '8 days' where state = 'sent'")
    site.db.rows("update issue set send_after = planned_at"
                 " where state = 'sent'")
    ok(site, "issue", "plan", again, "--headline-nl", "nog meer controles")
    confirm(site, again)  # a week is over


def test_correction(list_of_six):
    """Exactly those who got what was wrong, as they got it."""
    site = list_of_six
    items(site, "0[1-4]*.item")
    ok(site, "issue", "plan", "next", "--headline-nl", "kop", "--headline-en",
       "head")
    early = site.tweeluik("issue", "plan", "--extra", "--kind", "correction",
                          "--of", "1")
    assert early.returncode == 4  # nobody got it
    wrong = approve(site)
    ids = [r["id"] for r in site.db.rows(
        "select id from subscriber order by id")]
    site.db.rows("update subscriber set state = 'paused' where id = %s",
                 ids[5])
    assert set(leave(site, wrong)) == {f"lezer{k}" for k in range(5)}

    site.db.rows("select subscriber_leave(%s, 'page')", ids[3])
    site.db.rows("update subscriber set state = 'active' where id = %s",
                 ids[5])
    tag(site, "lezer0", "--language", "en")  # and yet it was Dutch that was wrong
    readers(site, 3, "nieuw")
    # One never got it: the relay would not have it.
    site.db.rows(
        "update outcome o set result = 'refused' from delivery d, mailing m"
        " where m.kind = 'issue' and d.mailing_id = m.id"
        " and d.subscriber_id = %s and (o.mailing_id, o.seq) = (m.id, d.seq)",
        ids[1])
    name = extra(site, "correction", "--of", wrong)
    refused = site.tweeluik("issue", "approve", name, "--confirm", name)
    assert refused.returncode == 4  # what was wrong, and what is right?
    ok(site, "issue", "plan", name, "--opening-nl",
       "Het telefoonnummer was fout. Goed is **099 000 31 00**.",
       "--opening-en", "The telephone number was wrong.")
    checked = as_json(site, "issue", "check", name)
    assert checked["blocking"] == 0
    confirm(site, name)
    got = leave(site, name)
    number = wrong.split("-")[0]
    assert subjects(got) == {
        "lezer0": f"Rectificatie nieuwsbrief {number}",
        "lezer2": f"Rectificatie nieuwsbrief {number}"
                  f" | Correction newsletter {number}",
        "lezer4": f"Correction newsletter {number}"}
    plain = body(got["lezer0"], "plain")
    assert "Het telefoonnummer was fout." in plain
    assert "IN DIT NUMMER" not in plain and "VAN DE REDACTIE" not in plain
    notes = site.db.rows(
        "select n.lang, n.text from archive_note n join issue i"
        " on i.id = n.issue_id where i.series = 'regular' order by lang")
    assert [n["lang"] for n in notes] == ["en", "nl"]
    assert notes[1]["text"].startswith("Het telefoonnummer was fout.")


def test_only_what_is_assigned(list_of_six):
    """A special edition neither takes from the regular one nor moves it."""
    site = list_of_six
    items(site, "0[1-4]*.item")
    regular = as_json(site, "issue", "plan", "next")
    name = extra(site, "report", "--at", "+3d 10:00")
    item(site, name, NEWS + ENGLISH)
    now = as_json(site, "issue", "show", "next")
    assert (now["name"], now["goes_at"], len(now["contents"])) == (
        regular["name"], regular["goes_at"], 4)
    assert len(as_json(site, "issue", "show", name)["contents"]) == 1
    assert {(i["issue_series"], i["issue"]) for i in as_json(
        site, "item", "list")["items"]} == {("regular", regular["number"]),
                                            ("extra", 1)}
    listed = as_json(site, "item", "list", "--issue", "extra-1")["items"]
    assert [i["title"] for i in listed] == ["Controles in bussen"]
    status = as_json(site, "status")
    assert [i["name"] for i in status["issues"]] == [name, regular["name"]]
    # Dropping it gives its items back, and its number.
    ok(site, "issue", "skip", name, "--yes")
    assert len(as_json(site, "issue", "show", "next")["contents"]) == 5
    assert extra(site, "report", "--at", "+3d 10:00") == name
    stop = site.tweeluik("issue", "skip", regular["name"], "--yes")
    assert stop.returncode == 4 and "schedule skip" in stop.stderr


def test_two_on_one_day_and_never_in_one_hour(list_of_six):
    site = list_of_six
    names = []
    for k in range(2):
        names.append(extra(site, "report", "--at", f"+3d 1{k}:00"))
        item(site, names[k], NEWS + ENGLISH)
        headlines(site, names[k])
    for k in range(2):
        found = as_json(site, "issue", "check", names[k])["findings"]
        assert [names[1 - k] in f["text"] for f in found
                if f["slug"] == "same-day"] == [True]
        confirm(site, names[k])
    for name in names:
        send_now(site, name)
    for expected in (1, 1):
        site.once("schedule")
        assert site.db.one("select count(*) from mailing") == expected
    assert site.db.rows("select from alarm_conditions(now()"
                        " + interval '30 minutes', '')"
                        " where key = 'late'") == []
    hour_passes(site)
    site.once("schedule")
    assert site.db.one("select count(*) from mailing") == 2


@pytest.mark.parametrize("words, code", [
    ((), 2), (("--kind", "party"), 2), (("--kind", "correction"), 2),
    (("--kind", "urgent", "--at", "+1d 10:00"), 2),
    (("--kind", "report", "--of", "1"), 3),
    (("--kind", "report", "--tag", "a", "--organisations"), 2),
    (("--kind", "report", "--tag", "a;b"), 2),
    (("--kind", "report", "--at", "2020-01-01 10:00"), 2),
    (("12", "--kind", "report"), 2)])
def test_what_does_not_go_together(site, words, code):
    done = site.tweeluik("issue", "plan", "--extra", *words)
    assert done.returncode == code, done.stderr
    assert site.db.rows("select from issue") == []
    assert site.tweeluik("issue", "plan", "next", "--tag",
                         "a").returncode == 2


def start(site):
    """The daemon, once its web role answers."""
    site.start_daemon()
    assert wait_until(lambda: answers(site.web_port), 30)


def get(site, path):
    return Visitor(site.web_port).get(path)


def parse_ics(text):
    """RFC 5545, 3.1: lines of at most 75 octets, each of whole characters."""
    data = text.encode()
    assert data.endswith(b"\r\n") and b"\n" not in data.replace(b"\r\n", b"")
    lines = []
    for line in data[:-2].split(b"\r\n"):
        assert 0 < len(line) <= 75
        text = line.decode()  # no character is split
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text)
        if text[0] == " ":
            lines[-1] += text[1:]
        else:
            lines.append(text)
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0",
                         "PRODID:-//Tweeluik//Tweeluik//NL"]
    assert lines[3] == "BEGIN:VEVENT"
    assert lines[-2:] == ["END:VEVENT", "END:VCALENDAR"]
    found = dict(line.split(":", 1) for line in lines[4:-2])
    assert len(found) == len(lines) - 6  # nothing twice
    assert {"UID", "DTSTAMP", "SUMMARY"} <= set(found)
    return found


def unescaped(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), text)


def moment(local):
    """What a clock in Amsterdam shows, as the file should have it."""
    at = datetime.fromisoformat(local).replace(
        tzinfo=ZoneInfo("Europe/Amsterdam"))
    return at.astimezone(ZoneInfo("UTC")).strftime("%Y%m%dT%H%M%SZ")


TITLE = ("Één dag, twee zalen; café \\ thé \u2013 met Zoë, Çiğdem, Łukasz en "
         "\U0001f469\u200d\U0001f91d\u200d\U0001f469 uit het hele land")
WHEN = [  # winter, summer, over the night the clock goes back, whole days
    ("2027-01-14 10:00", "2027-01-14 16:30"),
    ("2027-07-01 10:00", "2027-07-01 16:30"),
    ("2027-10-30 20:00", "2027-10-31 04:00"),
    ("2027-10-31 02:30", "2027-10-31 03:30"),
    ("2027-03-27 20:00", "2027-03-28 03:30"),
]


def test_events_for_calendars(list_of_six):
    site = list_of_six
    name = extra(site, "report", "--at", "+3d 10:00")
    for begins, ends in WHEN:
        item(site, name, event(begins, ends, title=TITLE))
    item(site, name, event("2027-05-05 00:00", "2027-05-07 00:00",
                           title="Hele dagen"))
    item(site, name, event("2027-05-06 12:00", "2027-05-06 13:00", "mail",
                           title="Alleen in de mail"))
    item(site, name, NEWS + ENGLISH)
    headlines(site, name)
    ids = [r["id"] for r in site.db.rows("select id from item order by id")]
    confirm(site, name)
    start(site)
    assert get(site, f"/agenda/{ids[0]}.ics").status == 404  # not sent
    hour_passes(site)
    send_now(site, name)
    assert wait_until(
        lambda: get(site, f"/agenda/{ids[0]}.ics").status == 200, 30)
    for i, (begins, ends) in zip(ids, WHEN):
        status, headers, data = get(site, f"/agenda/{i}.ics")
        assert headers["Content-Type"] == "text/calendar; charset=utf-8"
        e = parse_ics(data)
        assert (e["DTSTART"], e["DTEND"]) == (moment(begins), moment(ends))
        assert unescaped(e["SUMMARY"]) == TITLE
        assert e["SUMMARY"].count("\\,") == TITLE.count(",")
        assert unescaped(e["LOCATION"]) == ("Buurthuis De Brugwacht,"
                                            " Waterveen")
        assert e["URL"] == "https://voorbeeld.example/netwerkdag"
        assert re.fullmatch(r"\d{8}T\d{6}Z", e["DTSTAMP"])
        assert data == get(site, f"/agenda/{i}.ics").body
        english = parse_ics(get(site, f"/events/{i}.ics").body)
        assert english.pop("SUMMARY") == "National network day"
        e.pop("SUMMARY")
        assert english == e
    e = parse_ics(get(site, f"/agenda/{ids[5]}.ics").body)
    assert (e["DTSTART;VALUE=DATE"], e["DTEND;VALUE=DATE"]) == ("20270505",
                                                                "20270507")
    assert len({parse_ics(get(site, f"/agenda/{i}.ics").body)["UID"]
                for i in ids[:6]}) == 6
    for path in ([f"/agenda/{i}.ics" for i in ids[6:]] + [
            "/agenda/0.ics", "/agenda/-1.ics", "/agenda/1", "/agenda/ics",
            f"/agenda/{'9' * 18}.ics", f"/agenda/{'9' * 40}.ics",
            f"/agenda/{ids[0]}.icsx", f"/agenda/%31.ics", "/agenda/.ics"]):
        assert get(site, path).status == 404, path
    html = site.db.one("select html from edition where name = 'nl'")
    starts = dict(zip(ids, [w[0] for w in WHEN] + ["2027-05-05"]))
    assert re.findall(r"/agenda/(\d+)\.ics", html) == [
        str(i) for i in sorted(starts, key=starts.get)]
    site.stop_daemon()


def test_page_of_an_invitation(list_of_six):
    """There from the approval on; and whoever opens it has no address."""
    site = list_of_six
    name = extra(site, "invitation", "--at", "+3d 10:00")
    item(site, name, event())
    headlines(site, name)
    year = name.removeprefix("extra-1-")
    path, english = f"/archief/extra/{year}/1", f"/en/archive/extra/{year}/1"
    calendar = f"/agenda/{site.db.one('select id from item')}.ics"
    start(site)
    assert get(site, path).status == get(site, calendar).status == 404
    confirm(site, name)
    status, _, page = get(site, path)
    assert status == 200 and "Landelijke netwerkdag" in page
    assert calendar in page and english in page
    page = get(site, english).body
    assert "National network day" in page
    assert f"/events{calendar[7:]}" in page
    assert "/u/" not in page and "\ue003" not in page
    assert get(site, calendar).status == 200
    ok(site, "issue", "hold", name, "--reason", "nog niet")
    assert get(site, path).status == get(site, calendar).status == 404
    ok(site, "issue", "release", name)
    assert get(site, path).status == 200
    site.stop_daemon()
    report = extra(site, "report", "--at", "+4d 10:00")
    item(site, report, NEWS + ENGLISH)
    headlines(site, report)
    confirm(site, report)
    leave(site, report)
    site.config.write_text(site.config.read_text().replace(
        "newsletter {", "newsletter {\n    archive = false"))
    start(site)
    assert get(site, path).status == 200
    assert get(site, f"/archief/extra/{year}/2").status == 404
    site.stop_daemon()
