"""Mails that come back, from the mailbox to what they change: whom they are
about, who leaves by them, and what goes on to the help desk."""
import email
import email.policy
import re
import subprocess

import pytest
from returns import dsn, feedback, numbers, sent
from smtpd import CatchingServer
from website import Website

from tests.embedded import wait_until

DOMAIN = "terug.voorbeeld.example"
HELP_DESK = "loket@voorbeeld.example"
QUOTED = ("From: Nieuwsbrief <nieuws@voorbeeld.example>\n"
          "Subject: Nieuwsbrief\n")


class Post(Website):
    """A newsletter with readers, whose return mailbox is a Maildir."""

    def __init__(self, database, folder):
        super().__init__(database, folder)
        self.db = database
        self.folder = self.place.folder / "post"
        for part in "new", "cur", "tmp":
            (self.folder / part).mkdir(parents=True)
        self.place.write_config(
            more=f'mailbox "return" {{\n    kind = maildir\n'
                 f'    path = "{self.folder}"\n}}\n')

    def mail_token(self, purpose, subscriber, mailing=0):
        return self.run_keys("mail", purpose, subscriber, mailing)[0]

    def verp(self, subscriber, mailing):
        return f"b+{self.mail_token('r', subscriber, mailing)}@{DOMAIN}"

    def deliver(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        (self.folder / "new" / str(next(numbers))).write_bytes(data)

    def read(self, *texts):
        """What becomes of these, as the database has it."""
        before = self.db.one("select coalesce(max(id), 0) from returned")
        for text in texts:
            self.deliver(text)
        done = subprocess.run(
            [self.place.build / "libexec/tweeluik/tweeluik-mailbox",
             "--config", self.place.config, "--once"],
            env=self.place.env(), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert "jansen" not in done.stderr and "@" not in done.stderr, \
            done.stderr
        assert not list((self.folder / "new").iterdir())
        return self.db.rows("select * from returned where id > %s"
                            " order by id", before)

    def lines(self):
        """Of the journal of departures of this role."""
        return [line.split() for f in sorted(
                    (self.place.folder / "departures").glob("mailbox.*"))
                for line in f.read_text().splitlines()[1:]]

    def effects(self):
        return [r["effect"] for r in self.db.rows(
            "select effect from bounce order by id")]


@pytest.fixture
def post(database, tmp_path):
    post = Post(database, tmp_path / "post")
    post.one = post.reader()
    post.two = post.reader("smit@huis.example")
    post.sql("update subscriber set state_at = now() - interval '1 year',"
             " created_at = now() - interval '1 year'")
    post.issue = sent(post, 1, 1, post.one)
    try:
        yield post
    finally:
        post.stop()


def report(to=f"bounce@{DOMAIN}", status="5.1.1", original="",
           words="550 5.1.1 <jansen@organisatie.example>: user jansen unknown",
           action="failed"):
    return dsn(f"{QUOTED}{original}", status, action, words, to,
               "jansen@organisatie.example")


def complaint(original):
    return feedback(f"{QUOTED}{original}", f"klacht@{DOMAIN}")


def written(words, subject="Vraag", who="anna@zorg.example",
            to=f"bounce@{DOMAIN}", more=""):
    return f"""\
From: Anna Bakker <{who}>
To: {to}
Subject: {subject}
Message-ID: <{next(numbers)}@zorg.example>
MIME-Version: 1.0
{more}Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{words}
"""


# Whom it is about.

def places(post, reader, mailing):
    """Each place where a token of ours comes back, alone."""
    return {
        "envelope": report(post.verp(reader, mailing)),
        "capitals": report(post.verp(reader, mailing).upper()),
        "message-id": report(original="Message-ID: <"
                             + post.mail_token("i", reader, mailing)
                             + "@nieuws.voorbeeld.example>\n"),
        "mailto": report(
            original="List-Unsubscribe: <mailto:afmelden+"
            + post.mail_token("x", reader, mailing)
            + "@nieuws.voorbeeld.example>\n"),
        "link": report(
            original="List-Unsubscribe: <https://nieuws.voorbeeld.example/u/"
            + post.token("u", reader, mailing) + ">\n"),
    }


def test_the_token_in_each_place(post):
    second = sent(post, 2, 0, post.one)
    for n, (place, text) in enumerate(places(post, post.one,
                                             post.issue).items()):
        row, = post.read(text)
        assert (row["kind"], row["subscriber_id"], row["mailing_id"]) == (
            "report", post.one, post.issue), place
        assert post.effects() == ["counted"] + ["none"] * n, place
    row, = post.read(report(post.verp(post.one, second)))
    assert post.effects()[-1] == "dead"
    assert post.state(post.one) == "undeliverable"
    assert post.state(post.two) == "active"


def test_nobody_without_a_token(post):
    """Forged, of another purpose, of a mail that never was; an address in the
    text condemns nobody."""
    second = sent(post, 2, 0, post.two)
    token = post.mail_token("r", post.one, post.issue)
    bad = [report(), report(original="Message-ID: <x@voorbeeld.example>\n"),
           report(f"b+{'a' * 48}@{DOMAIN}"),
           report(f"b+{token[:-1]}{'b' if token[-1] == 'a' else 'a'}"
                  f"@{DOMAIN}"),
           report(f"b+{post.mail_token('i', post.one, post.issue)}@{DOMAIN}"),
           report(post.verp(post.one, second)),  # was not sent to them
           report(post.verp(post.one, 0)),
           report(post.verp(post.one, 4711)),
           report(post.verp(4711, post.issue)),
           report(post.verp(0, post.issue))]
    rows = post.read(*bad)
    assert len(rows) == len(bad)
    assert {(r["kind"], r["state"], r["reason"], r["subscriber_id"])
            for r in rows} == {("report", "handled", "nobody", None)}
    assert post.effects() == [] and post.lines() == []
    assert post.sql("select count(*) from subscriber where state <> 'active'"
                    )[0][0] == 0


def test_the_same_report_again(post):
    """From another mailbox, or once more from this one, it is known."""
    text = report(post.verp(post.one, post.issue))
    assert len(post.read(text)) == 1
    assert post.read(text, text) == []
    command = post.place.tweeluik("bounce", "process", "--file", "-",
                                  stdin=text, check=True)
    assert command.stdout or command.stderr
    assert post.effects() == ["counted"]


def test_a_report_of_an_issue_long_past(post):
    post.sql("update mailing set created_at = now() - interval '100 days',"
             " finished_at = now() - interval '100 days'")
    post.db.rows("select * from retention(now())")
    assert post.sql("select count(*) from delivery")[0][0] == 0
    post.read(report(post.verp(post.one, post.issue)))
    assert post.effects() == []
    # Leaving is good for ever.
    post.read(written("", to="afmelden+" + post.mail_token(
        "x", post.one, post.issue) + "@nieuws.voorbeeld.example"))
    assert post.state(post.one) == "unsubscribed"


@pytest.mark.parametrize("head,words,kind", [
    ("Auto-Submitted: auto-generated\n", "Ihre Nachricht ist angekommen.",
     "other"),
    ("", "Dank voor de leuke nieuwsbrief", "person"),
    ("Precedence: bulk\n", "Koop nu!", "other")])
def test_only_the_address_for_leaving_is_one(post, head, words, kind):
    """That mail comes back to, or is answered at, the envelope sender."""
    row, = post.read(written(words, to=post.verp(post.one, post.issue),
                             more=head))
    assert row["kind"] == kind
    assert post.state(post.one) == "active" and post.lines() == []


@pytest.mark.parametrize("head,subject,words,leaves", [
    ("", "", "", True), ("", "Re: Nieuws", "Hallo", True),
    ("Auto-Submitted: auto-generated\n", "unsubscribe", "", True),
    ("Auto-Submitted: auto-replied\n", "Automatisch antwoord", "Ik ben weg",
     False)])
def test_whatever_stands_in_a_mail_to_it(post, head, subject, words, leaves):
    post.read(written(words, subject, "iemand@elders.example",
                      "afmelden+" + post.mail_token("x", post.one, post.issue)
                      + "@nieuws.voorbeeld.example", head))
    assert post.state(post.one) == ("unsubscribed" if leaves else "active")


def test_several_recipients_of_one_mail(post):
    """An address that stands for others is dead when all of them are."""
    def two(first, second):
        text = report(post.verp(post.one, post.issue), status=first)
        return text.replace("\n--b\nContent-Type: text/rfc822-headers", f"""
Final-Recipient: rfc822; kamer2@organisatie.example
Action: {'delivered' if second[0] == '2' else 'failed'}
Status: {second}

--b
Content-Type: text/rfc822-headers""")
    post.read(two("5.1.1", "2.1.5"))
    post.read(two("5.1.1", "4.2.2"))
    post.read(two("5.1.1", "5.1.1"))
    assert [(r["class"], r["effect"]) for r in post.db.rows(
        "select * from bounce order by id")] == [
        ("delivered", "none"), ("soft", "counted"), ("hard", "counted")]


def test_what_was_said_names_nobody(post):
    """In the database there is no address outside of what is sealed."""
    words = ("550 5.1.1 <Jansen@Organisatie.Example>: user jansen of"
             " organisatie.example unknown, see postmaster@organisatie.example")
    post.read(report(post.verp(post.one, post.issue), words=words))
    said = post.db.one("select diagnostic from bounce")
    assert "unknown" in said and "<...>" in said
    dump = subprocess.run(
        ["pg_dump", post.db.conninfo("postgres")], check=True,
        capture_output=True, text=True).stdout.lower()
    assert "insert" in dump or "copy" in dump
    for name in ("jansen", "organisatie.example", "mailer-daemon",
                 "undelivered mail"):
        assert name not in dump, name
    assert post.db.one("select length(raw_sealed) from returned") > 500


# Who leaves.

def test_a_complaint(post):
    row, = post.read(complaint("Message-ID: <" + post.mail_token(
        "i", post.one, post.issue) + "@nieuws.voorbeeld.example>\n"))
    assert (row["kind"], row["state"]) == ("complaint", "handled")
    assert post.state(post.one) == "blocked"
    assert post.sql("select reason from suppression") == [("complaint",)]
    hashed, = post.sql("select encode(address_hash, 'hex') from subscriber"
                       " where id = %s", post.one)
    (word, at, who, subscriber, mailing, way, _), = post.lines()
    assert (word, who, subscriber, mailing, way) == (
        "c", hashed[0], str(post.one), str(post.issue), "complaint")
    (kind, event_way, _), = post.events()
    assert (kind, event_way) == ("blocked", "complaint")
    # No mail to who never wants one, and no way back by the page.
    assert post.sql("select count(*) from letter")[0][0] == 0
    assert post.sql("select web_undo(%s)", post.one)[0][0] is False
    # The journal and the database agree.
    before = post.dump()
    post.place.tweeluik("db", "reconcile", check=True)
    assert post.dump() == before
    # A second one changes nothing.
    post.read(complaint("List-Unsubscribe: <https://nieuws.voorbeeld.example"
                        "/u/" + post.token("u", post.one, post.issue) + ">\n"))
    assert post.dump() == before and len(post.lines()) == 1


def test_a_complaint_of_before_they_came_back(post):
    text = complaint("Message-ID: <" + post.mail_token(
        "i", post.one, post.issue) + "@nieuws.voorbeeld.example>\n")
    post.sql("update subscriber set returned_at = now() - interval '1 hour'"
             " where id = %s", post.one)
    post.read(text)
    assert post.state(post.one) == "active" and post.lines() == []
    later = sent(post, 2, 0, post.one)
    post.read(complaint("Message-ID: <" + post.mail_token(
        "i", post.one, later) + "@nieuws.voorbeeld.example>\n"))
    assert post.state(post.one) == "blocked"


def test_a_complaint_about_nobody_waits(post):
    row, = post.read(complaint("Message-ID: <x@voorbeeld.example>\n"))
    assert (row["state"], row["reason"]) == ("review", "nobody")
    assert post.lines() == []


def test_unsubscribe_by_the_address_of_a_mail(post):
    to = ("afmelden+" + post.mail_token("x", post.one, post.issue)
          + "@nieuws.voorbeeld.example")
    # From wherever they write: the token says who it is.
    row, = post.read(written("", "unsubscribe", "smit@huis.example", to))
    assert (row["kind"], row["state"], row["subscriber_id"]) == (
        "unsubscribe", "handled", post.one)
    assert post.state(post.one) == "unsubscribed"
    assert post.state(post.two) == "active"
    assert post.sql("select reason from suppression") == [("unsubscribed",)]
    (word, _, _, subscriber, mailing, way, _), = post.lines()
    assert (word, subscriber, mailing, way) == (
        "u", str(post.one), str(post.issue), "mail")
    assert post.events() == [("unsubscribed", "mail", "")]
    assert post.sql("select count(*) from letter")[0][0] == 0
    assert len(post.read(written("", "unsubscribe", to=to))) == 1
    assert len(post.lines()) == 1
    assert post.sql("select web_undo(%s)", post.one)[0][0] is True


@pytest.mark.parametrize("subject,words", [
    ("Afmelden", "Ik wil de nieuwsbrief niet meer ontvangen."),
    ("unsubscribe", "Please remove me from your list."),
    ("Re: Nieuwsbrief 11, 2026", "Graag uitschrijven, dank u.")])
def test_unsubscribe_in_words(post, subject, words):
    row, = post.read(written(words, subject, "Smit@Huis.example"))
    assert (row["kind"], row["state"], row["subscriber_id"]) == (
        "unsubscribe", "handled", post.two)
    assert post.state(post.two) == "unsubscribed"
    assert post.state(post.one) == "active"
    # A From can be anybody's, so its owner hears of it and can undo it.
    assert post.sql("select kind, subscriber_id from letter") == [
        ("farewell", post.two)]
    (word, _, _, subscriber, _, way, _), = post.lines()
    assert (word, subscriber, way) == ("u", str(post.two), "mail")


def test_unsubscribe_in_words_of_somebody_unknown(post):
    row, = post.read(written("Ik wil de nieuwsbrief niet meer ontvangen.",
                             "Afmelden", "iemand@elders.example"))
    assert (row["kind"], row["state"], row["reason"]) == (
        "unsubscribe", "review", "nobody")
    assert post.lines() == []


def test_unsubscribe_in_words_about_a_mail_that_was_passed_on(post):
    """Who wrote leaves; not the reader whose mail they quote."""
    post.read(written(
        "Please unsubscribe me.", "unsubscribe", "smit@huis.example",
        more="In-Reply-To: <" + post.mail_token("i", post.one, post.issue)
        + "@nieuws.voorbeeld.example>\n"))
    assert post.state(post.two) == "unsubscribed"
    assert post.state(post.one) == "active"


def test_a_full_disk_keeps_the_mail(post):
    """Without its line in the journal nobody leaves, and the mail waits."""
    folder = post.place.folder / "departures"
    folder.write_text("in the way")
    text = complaint("Message-ID: <" + post.mail_token(
        "i", post.one, post.issue) + "@nieuws.voorbeeld.example>\n")
    post.deliver(text)
    program = post.place.build / "libexec/tweeluik/tweeluik-mailbox"
    done = subprocess.run([program, "--config", post.place.config, "--once"],
                          env=post.place.env(), capture_output=True, text=True)
    assert done.returncode != 0
    assert len(list((post.folder / "new").iterdir())
               + list((post.folder / "cur").iterdir())) == 1
    assert post.state(post.one) == "active"
    assert post.sql("select count(*) from returned")[0][0] == 0
    folder.unlink()
    assert len(post.read()) == 1
    assert post.state(post.one) == "blocked" and len(post.lines()) == 1


# What is no report.

def receipt():
    return f"""\
From: anna@zorg.example
To: nieuwsbrief@nieuws.voorbeeld.example
Subject: Gelezen: Nieuwsbrief
Message-ID: <{next(numbers)}@zorg.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification;
 boundary="b"

--b
Content-Type: text/plain

Your message was read.

--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; anna@zorg.example
Disposition: manual-action/MDN-sent-manually; displayed

--b--
"""


def absent(post):
    return written(
        "Ik ben afwezig tot 1 januari.", "Afwezig: Nieuwsbrief",
        "jansen@organisatie.example", post.verp(post.one, post.issue),
        "Auto-Submitted: auto-replied\n")


def test_a_thousand_answers_of_machines(post):
    """No mail goes out, nobody is marked, and of receipts nothing is kept."""
    rows = post.read(*[receipt() for _ in range(500)],
                     *[absent(post) for _ in range(500)])
    assert sorted({r["kind"] for r in rows}) == ["autoreply", "receipt"]
    assert len(rows) == 1000
    assert {r["state"] for r in rows} == {"handled"}
    for r in rows:
        assert r["subscriber_id"] is None and r["from_hash"] is None
        assert (r["raw_sealed"] is None) == (r["kind"] == "receipt")
        if r["kind"] == "receipt":
            assert r["from_sealed"] is None and r["subject_sealed"] is None
    assert post.sql("select count(*) from mailing where kind = 'system'"
                    )[0][0] == 0
    assert post.sql("select count(*) from letter")[0][0] == 0
    assert post.effects() == []


# What goes to the help desk.

def system_mails(post):
    return post.sql("select count(*) from mailing where kind = 'system'"
                    )[0][0]


def test_a_person_is_passed_on(post):
    text = written("Mijn buurvrouw zit vast en heeft hulp nodig.\n\nAnna",
                   "Dringende vraag").replace("8bit", "7bit")
    row, = post.read(text)
    assert (row["kind"], row["state"], row["forward"]) == ("person",
                                                           "forwarded", True)
    dump = subprocess.run(
        ["pg_dump", post.db.conninfo("postgres")], check=True,
        capture_output=True, text=True).stdout
    for name in ("zorg.example", "buurvrouw", "Dringende", HELP_DESK):
        assert name not in dump, name
    with CatchingServer() as server:
        post.place.write_config(relay="127.0.0.1", smtp_port=server.port)
        post.place.start_daemon()
        assert wait_until(lambda: server.envelopes, 30)
        post.place.stop_daemon()
    envelope, = server.envelopes
    assert envelope.rcpt_tos == [HELP_DESK]
    raw = envelope.original_content
    m = email.message_from_bytes(raw, policy=email.policy.default)
    assert m["From"].addresses[0].addr_spec == \
        "nieuwsbrief@nieuws.voorbeeld.example"
    assert m["To"].addresses[0].addr_spec == HELP_DESK
    assert m["Reply-To"].addresses[0].addr_spec == "anna@zorg.example"
    assert m["Subject"] == "Fwd: Dringende vraag"
    assert m["Auto-Submitted"] == "auto-forwarded"
    cover, other = m.iter_parts()
    words = cover.get_content()
    dutch, english = (w.strip() for w in words.split("\r\n\r\n")
                      if w.strip())
    assert "bijlage" in dutch and "attached" in english
    assert other.get_content_type() == "message/rfc822"
    kept = other.get_payload(0).as_bytes(policy=email.policy.SMTP)
    assert kept.decode() == text.replace("\n", "\r\n")
    # It is a mail like any other: once, and in balance.
    assert system_mails(post) == 1
    assert post.db.one("select bool_and(balanced) from ledger")


@pytest.mark.parametrize("what,change", [
    ("eight bits", lambda t: t.replace("Anna\n", "Zoë\n")),
    ("a line with a dot", lambda t: t.replace("Anna\n", "...\n")),
    ("a long line", lambda t: t.replace("Anna\n", "x" * 1200 + "\n")),
    ("a bare CR", lambda t: t.replace("Anna\n", "a\rb\n")),
])
def test_what_does_not_fit_the_wire(post, what, change):
    """Goes on all the same, to the byte."""
    text = change(written("Een vraag.\n\nAnna\n"))
    row, = post.read(text)
    assert row["state"] == "forwarded", what
    with CatchingServer() as server:
        post.place.write_config(relay="127.0.0.1", smtp_port=server.port)
        post.place.start_daemon()
        assert wait_until(lambda: server.envelopes, 30)
        post.place.stop_daemon()
    m = email.message_from_bytes(server.envelopes[0].original_content,
                                 policy=email.policy.default)
    _, other = m.iter_parts()
    assert other.get_filename() == "message.eml"
    assert other.get_payload(decode=True) == text.encode()


@pytest.mark.parametrize("who", [
    "nieuwsbrief@nieuws.voorbeeld.example", "Loket@voorbeeld.example",
    "afmelden@nieuws.voorbeeld.example", f"b+x@{DOMAIN}", "geen adres"])
def test_no_loops(post, who):
    row, = post.read(written("Een vraag van mij.", who=who))
    assert not row["forward"] and row["state"] == "review", row
    assert system_mails(post) == 0


def test_an_answer_to_what_was_passed_on(post):
    """Comes back to a number that is no reader's, and waits for a person."""
    post.read(written("Kunt u mij bellen?"))
    mailing = post.db.one("select max(id) from mailing")
    row, = post.read(written("Uw bericht is ontvangen, nummer 12.",
                             who="tickets@voorbeeld.example",
                             to=post.verp(0, mailing)))
    assert row["state"] == "review" and not row["forward"]
    assert system_mails(post) == 1


def test_twenty_an_hour(post):
    rows = post.read(*[written(f"Vraag {n} aan u.") for n in range(25)])
    assert len(rows) == 25
    states = [r["state"] for r in rows]
    assert states.count("forwarded") == 20 and states.count("review") == 5
    assert system_mails(post) == 20
    assert post.read() == [] and system_mails(post) == 20
    # The last one of the hour says that there are more.
    with CatchingServer() as server:
        post.place.write_config(relay="127.0.0.1", smtp_port=server.port)
        post.place.start_daemon()
        assert wait_until(lambda: len(server.envelopes) == 20, 60)
        post.place.stop_daemon()
    more = [e for e in server.envelopes
            if b"tweeluik bounce list" in re.sub(rb"=\r\n", b"",
                                                 e.original_content)]
    assert len(more) == 1
    # In the next hour the rest follows.
    post.sql("update returned set forwarded_at = now() - interval '1 hour'"
             " where forwarded_at is not null")
    post.read()
    assert system_mails(post) == 25
    assert post.sql("select count(*) from returned where state = 'review'"
                    )[0][0] == 0
