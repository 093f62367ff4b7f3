"""The public pages: the real role program on a real PostgreSQL."""
import re
import socket
import time

import psycopg2
import pytest
from newsletter import LEASE
from own import mailing, message
from website import ADDRESS, ONE_CLICK, Page, Website, check_page, follow

MULTIPART = ('--frontier\r\nContent-Disposition: form-data; '
             'name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--frontier--\r\n')
MULTIPART_TYPE = "multipart/form-data; boundary=frontier"
ALPHABET = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
            "0123456789-_")


@pytest.fixture
def site(database, tmp_path):
    site = Website(database, tmp_path / "site")
    try:
        yield site.start()
    finally:
        site.stop()
        log = site.log.read_text()
        assert "Sanitizer" not in log, log
        assert "jansen" not in log and "organisatie" not in log


def letters(site):
    return site.sql("select kind, subscriber_id, language from letter"
                    " order by id")


def test_unsubscribe_page_says_all_in_both_languages(site):
    reader = site.reader()
    token = site.token("u", reader)
    page = check_page(site.get(f"/u/{token}"))
    assert page.title == "Afmelden voor de nieuwsbrief"
    assert page.forms == [f"/u/{token}", f"/u/{token}/pause"] * 2
    assert page.buttons == ["Ja, meld dit adres af", "Pauzeer 2 maanden",
                            "Yes, unsubscribe this address",
                            "Pause for 2 months"]
    assert {"/aanmelden", "/en/subscribe"} <= set(page.links)
    body = site.get(f"/u/{token}").body
    assert "j•••@organisatie.example" in body and ADDRESS not in body
    assert "Kreeg u deze mail doorgestuurd?" in body
    english = site.reader("smith@organisation.example", "en")
    page = check_page(site.get(f"/u/{site.token('u', english)}"), "en")
    assert page.buttons[0] == "Yes, unsubscribe this address"


def test_every_answer_has_the_headers(site):
    token = site.token("u", site.reader())
    paths = [f"/u/{token}", "/nope", "/u/x", "/healthz", f"/t/{token}/en"]
    answers = [site.get(p) for p in paths]
    answers += [site.ask("OPTIONS", paths[0]), site.ask("PUT", paths[0]),
                site.post(paths[0], "x=1"), site.ask("HEAD", paths[0])]
    for a in answers:
        h = a.headers
        assert h["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'")
        assert h["X-Content-Type-Options"] == "nosniff"
        assert h["Referrer-Policy"] == "no-referrer"
        assert h["Cache-Control"] == "no-store"
        assert h["X-Robots-Tag"] == "noindex"
        assert h["Cross-Origin-Opener-Policy"] == "same-origin"
        assert h["Strict-Transport-Security"].startswith("max-age=")
        assert "camera=()" in h["Permissions-Policy"]
        assert h["Set-Cookie"] is None and h["Server"] is None
    style = site.get("/style.css")
    assert style.status == 200
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "prefers-color-scheme: dark" in style.body


def test_looking_changes_nothing(site):
    reader = site.reader()
    u, t, v, m, o = (site.token(p, reader) for p in "utvmo")
    paths = [f"/u/{u}", f"/u/{u}/done", f"/u/{u}/undo", f"/u/{o}/undo",
             f"/u/{u}/thanks", f"/u/{u}/undone", f"/t/{t}/en",
             f"/t/{t}/both/done", f"/v/{v}", f"/v/{v}/done", f"/m/{m}/nl"]
    before = site.dump()
    for n in range(100):
        method = ("GET", "HEAD", "OPTIONS")[n % 3]
        answer = site.ask(method, paths[n % len(paths)], headers={
            "User-Agent": "Mozilla/5.0 (compatible; LinkScanner/1.0)"})
        assert answer.status in (200, 204, 404)
        assert method == "GET" or answer.body == ""
    assert site.dump() == before


@pytest.mark.parametrize("body, kind", [
    (ONE_CLICK, "application/x-www-form-urlencoded"),
    (MULTIPART, MULTIPART_TYPE),
])
def test_one_click_is_one_line_and_no_mail(site, body, kind):
    reader = site.reader()
    path = f"/u/{site.token('u', reader)}"
    for _ in range(2):
        answer = site.post(path, body, kind)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.body.count("\n") == 1
        assert answer.headers["Location"] is None
        assert answer.headers["Set-Cookie"] is None
    assert site.state(reader) == "unsubscribed"
    assert site.events() == [("unsubscribed", "one-click", "")]
    assert letters(site) == []
    assert site.sql("select count(*) from suppression") == [(1,)]


def test_one_click_is_never_throttled(site):
    path = f"/u/{site.token('u', site.reader())}"
    assert {site.post(path, ONE_CLICK).status for _ in range(500)} == {200}


def test_one_click_in_chunks_and_in_pieces(site):
    reader = site.reader()
    token = site.token("u", reader)
    head = (f"POST /u/{token} HTTP/1.1\r\nHost: x\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n").encode()
    with socket.create_connection(("127.0.0.1", site.port)) as s:
        s.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for c in ONE_CLICK.encode():
            s.sendall(b"1\r\n%c\r\n" % c)
        s.sendall(b"0\r\n\r\n")
        assert s.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert site.state(reader) == "unsubscribed"


@pytest.mark.parametrize("language", ["nl", "en", "both"])
def test_page_unsubscribes_and_makes_one_letter_due(site, language):
    reader = site.reader(language=language)
    path = f"/u/{site.token('u', reader)}"
    answer = follow(site, site.post(path, "confirm=yes"))
    page = check_page(answer, "en" if language == "en" else "nl")
    assert page.title == ("Done: you are unsubscribed" if language == "en"
                          else "Gelukt: u bent afgemeld")
    assert page.forms[:2] == [path + "/undo", path + "/reason"]
    follow(site, site.post(path, ""))
    assert site.state(reader) == "unsubscribed"
    assert site.events() == [("unsubscribed", "page", "")]
    assert letters(site) == [("farewell", reader, language)]
    page = check_page(site.get(path), "en" if language == "en" else "nl")
    assert not page.title.startswith(("Gelukt:", "Done:"))


def test_leaving_and_its_letter_are_one_transaction(site):
    reader = site.reader()
    site.sql("alter table letter add constraint full_up check (false)")
    answer = site.post(f"/u/{site.token('u', reader)}", "confirm=yes")
    assert answer.status == 503
    assert site.state(reader) == "active" and site.events() == []


def test_letters_of_farewell_are_few(site, database):
    reader = site.reader()
    u = site.token("u", reader)
    for _ in range(5):
        site.post(f"/u/{u}", "")
        site.post(f"/u/{u}/undo")
    assert letters(site) == [("farewell", reader, "nl")] * 3
    web = database.connect("tweeluik_web")
    cur = web.cursor()
    for table in "subscriber", "message", "mailing", "delivery", "letter":
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cur.execute(f"select * from {table}")
    web.close()


def test_leaving_takes_effect_within_a_running_send(site):
    readers = [site.reader(f"a{n}@b.example") for n in range(3)]
    issue = make_issue(site, readers)
    site.post(f"/u/{site.token('u', readers[1], issue.mailing)}", ONE_CLICK)
    assert site.sql("select subscriber_id, deliverable"
                    f" from ({LEASE}) x") == [
        (readers[0], True), (readers[1], False), (readers[2], True)]
    assert site.sql("select issue_id from consent_event") == [(issue.id,)]


def test_undo_from_the_page_and_from_the_mail(site):
    reader = site.reader(language="en")
    site.sql("update subscriber set tags = '{north}'")
    for purpose in "uo":
        site.post(f"/u/{site.token('u', reader)}", "")
        path = f"/u/{site.token(purpose, reader)}/undo"
        page = check_page(site.get(path), "en")
        assert page.forms == [path] * 2
        page = check_page(follow(site, site.post(path)), "en")
        assert page.title == "Done: you get the newsletter again"
        assert site.sql("select state, language, tags from subscriber") == [
            ("active", "en", ["north"])]
        assert site.sql("select count(*) from suppression") == [(0,)]
        assert not check_page(site.get(path), "en").forms
    assert [e[0] for e in site.events()] == ["unsubscribed", "undone"] * 2
    # The link of the last mail undoes, it does not unsubscribe.
    assert site.get(f"/u/{site.token('o', reader)}").status == 404


def test_undo_ends_after_thirty_days(site):
    reader = site.reader()
    path = f"/u/{site.token('u', reader)}"
    site.post(path, "")
    site.sql("update subscriber set state_at = now() - interval '31 days'")
    for where in path, path + "/undo":
        page = check_page(site.get(where))
        assert path + "/undo" not in page.forms
        assert {"/aanmelden", "/en/subscribe"} <= set(page.links)
    site.post(path + "/undo")
    assert site.state(reader) == "unsubscribed"


def test_who_is_blocked_is_not_asked_to_leave(site):
    reader = site.reader(state="blocked")
    path = f"/u/{site.token('u', reader)}"
    for answer in site.get(path), follow(site, site.post(path)):
        assert path not in check_page(answer).forms
    site.post(path + "/undo")
    assert site.state(reader) == "blocked" and site.events() == []


def test_reason_is_optional_and_one_of_four(site):
    reader = site.reader()
    path = f"/u/{site.token('u', reader)}"
    site.post(path + "/reason", "reason=often")
    assert site.events() == []
    site.post(path, "")
    for bad in "", "reason=", "reason=<b>", "other=1":
        assert site.post(path + "/reason", bad).status == 303
        assert site.events() == [("unsubscribed", "page", "")]
    thanks = follow(site, site.post(path + "/reason", "reason=job"))
    assert "Dank u dat u ons vertelt waarom." in thanks.body
    more = f"/v/{site.token('v', reader)}/link"
    assert check_page(thanks).forms == [path + "/undo", more] * 2
    assert site.events() == [("unsubscribed", "page", "job")]


def test_language_is_chosen(site):
    reader = site.reader()
    token = site.token("t", reader)
    page = check_page(site.get(f"/t/{token}/en"), "en")
    assert page.title == "Read the newsletter in English from now on?"
    assert page.buttons == ["Yes, in English", "Ja, in het Engels"]
    done = check_page(follow(site, site.post(f"/t/{token}/en")), "en")
    assert done.title == "Done: your choice is saved"
    assert f"/t/{token}/nl" in done.links
    site.post(f"/t/{token}/en")
    assert site.sql("select language, language_from from subscriber") == [
        ("en", "chosen")]
    assert site.events() == [("language", "page", "en")]
    check_page(follow(site, site.post(f"/t/{token}/both")))
    assert "This is how you get it now" in site.get(f"/t/{token}/both").body
    assert site.get(f"/t/{token}/fr").status == 404
    assert site.post(f"/t/{token}/fr").status == 404
    site.sql("select subscriber_leave(%s, 'page')", reader)
    assert "al afgemeld" in site.get(f"/t/{token}/en").body
    site.post(f"/t/{token}/en")
    assert site.sql("select language from subscriber") == [("both",)]


def test_preferences_change_the_language(site):
    reader = site.reader()
    path = f"/v/{site.token('v', reader)}"
    answer = site.get(path)
    page = check_page(answer)
    assert page.forms == [path, path + "/link"] * 2
    assert f"/u/{site.token('u', reader)}" in page.links
    assert answer.body.count('checked="checked"') == 4
    done = check_page(follow(site, site.post(path, "language=en")), "en")
    assert done.title == "Done: your choice is saved"
    for bad in "", "language=", "language=fr", "language=en%00":
        assert site.post(path, bad).status in (303, 400)
    assert site.events() == [("language", "page", "en")]


class Issue:
    pass


EDITION = """<!DOCTYPE html>
<html lang="{0}"><head><title>Nieuwsbrief 1</title>
<style>p {{ margin: 0 }}</style></head><body style="margin:0">
<p id="web"><a href="https://nieuws.voorbeeld.example/m/\ue005/en">English</a></p>
<h1>Tandarts in nood &amp; meer</h1>
<p>Alleen in de mail: <a href="https://a.example/">een hulpvraag</a>.</p>
<div id="foot"><p><a href="https://nieuws.voorbeeld.example/u/\ue003">Afmelden</a>
| <a href="https://nieuws.voorbeeld.example/t/\ue004/en">In English</a></p></div>
<p>Vragen? Ga naar <a href="https://nieuws.voorbeeld.example/v/\ue006">uw gegevens</a>.</p>
</body></html>"""


def make_issue(site, readers):
    issue = Issue()
    issue.id = site.sql("insert into issue (planned_at) values (now())"
                        " returning id")[0][0]
    issue.message = message(site.db)
    for name in "nl", "en":
        site.sql("insert into edition values (%s, %s, %s, %s, '')", issue.id,
                 name, issue.message, EDITION.format(name))
    issue.mailing = mailing(site.db, readers, issue.message, issue.id)
    return issue


def test_web_version_is_the_whole_edition_without_personal_links(site):
    reader = site.reader()
    issue = make_issue(site, [reader])
    token = site.token("m", reader, issue.mailing)
    answer = site.get(f"/m/{token}/nl")
    assert answer.status == 200
    assert "Alleen in de mail" in answer.body
    assert "Tandarts in nood &amp; meer" in answer.body
    assert answer.headers["X-Robots-Tag"] == "noindex"
    policy = answer.headers["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy
    links = Page(answer.body).links
    assert links == [f"https://nieuws.voorbeeld.example/m/{token}/en",
                     "https://a.example/"]
    assert 'id="foot"' not in answer.body and "Afmelden" not in answer.body
    assert not re.search("[\ue000-\uf8ff]", answer.body)
    assert site.get(f"/m/{token}/en").status == 200
    for path in f"/m/{token}/both", f"/m/{token}/fr":
        assert site.get(path).status == 404


def unknown_tokens(site):
    """Of no one, erased, of another purpose, broken off, and no token."""
    reader = site.reader()
    token = site.token("u", reader)
    erased = site.token("u", 999999)
    flipped = [token[:i] + ALPHABET[(ALPHABET.index(c) + 1) % 64]
               + token[i + 1:] for i, c in enumerate(token)]
    return reader, [*flipped, erased, site.token("t", reader), token[:-1],
                    token + "A", token.lower(), "x", "-" * 40, "A" * 128]


def test_unknown_links_all_look_alike(site):
    reader, tokens = unknown_tokens(site)
    first = site.get(f"/u/{tokens[0]}")
    check_page(first, status=404)
    assert "Deze link kennen we niet" in first.body
    assert "mailto:afmelden@nieuws.voorbeeld.example" in first.body

    def shape(a):
        return (a.status, a.body, [h for h in a.headers.items()
                                   if h[0] != "Date"])

    expected = shape(first)
    for token in tokens:
        assert shape(site.get(f"/u/{token}")) == expected
        assert shape(site.post(f"/u/{token}", ONE_CLICK)) == expected
        assert shape(site.post(f"/u/{token}", "confirm=yes")) == expected
        assert shape(site.get(f"/v/{token}")) == expected
    assert site.state(reader) == "active" and site.events() == []


def test_links_of_a_test_say_so(site):
    answer = site.get(f"/u/{site.token('u', 0, 3)}")
    check_page(answer, status=404)
    assert "Deze mail was een proef" in answer.body


def test_started_without_a_database(database, tmp_path):
    """Unsubscribing must never be impossible: it is written down."""
    site = Website(database, tmp_path / "site")
    token = site.token("u", site.reader())
    there = site.place.settings["database"]
    site.place.write_config(database=f"host={tmp_path} dbname=x")
    site.start()
    try:
        assert check_page(site.get(f"/u/{token}")).forms
        assert site.post(f"/u/{token}", ONE_CLICK)[::2] == (200, "noted\n")
        answer = site.get(f"/u/{token}/undo")
        assert answer.status == 503 and answer.headers["Retry-After"]
        assert "afmelden@nieuws.voorbeeld.example" in answer.body
        assert site.get("/healthz")[::2] == (503, "db\n")
        assert site.get("/").status == 200
    finally:
        site.place.write_config(database=there)
        site.stop()


def test_unknown_paths_and_methods(site):
    token = site.token("u", site.reader())
    for path in "/x", "/u/", "/u", f"/u/{token}/", f"/U/{token}":
        page = check_page(site.get(path), status=404)
        assert page.title == "Deze pagina bestaat niet"
    for method in "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND":
        answer = site.ask(method, f"/u/{token}")
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert site.post("/healthz").status == 405
    assert site.get(f"/u/{token}/reason").status == 405
    options = site.ask("OPTIONS", f"/u/{token}")
    assert options.status == 204
    assert options.headers["Access-Control-Allow-Origin"] is None


def test_health_is_one_word(site):
    assert site.get("/healthz")[::2] == (200, "ok\n")
    site.sql("insert into mailing (kind, state, state_by, expires_at)"
             " values ('issue', 'paused', 'system', now())")
    assert site.get("/healthz")[::2] == (503, "held\n")
    site.sql("delete from mailing")
    site.sql("insert into schema_version (version, name) values (99, 'x')")
    site.sql("select pg_terminate_backend(pid) from pg_stat_activity"
             " where application_name = 'tweeluik_web'")
    seen = {site.get("/healthz").body for _ in range(20)}
    assert seen <= {"ok\n", "schema\n", "db\n"} and "schema\n" in seen


def test_database_away_and_back(site, database):
    reader = site.reader()
    path = f"/u/{site.token('u', reader)}"
    assert site.get(path).status == 200
    name = database.name
    admin = psycopg2.connect(database.pg.conninfo("postgres", "postgres"))
    admin.autocommit = True
    cur = admin.cursor()
    cur.execute(f"alter database {name} with allow_connections false")
    cur.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = %s", (name,))
    for answer in (site.get(path + "/undo"), site.post(path + "/undo"),
                   site.get(path + "/done")):
        check_page(answer, status=503)
        assert int(answer.headers["Retry-After"]) > 0
        assert "mailto:afmelden@nieuws.voorbeeld.example" in answer.body
    assert site.get("/healthz")[::2] == (503, "db\n")
    assert site.get("/nowhere").status == 404
    cur.execute(f"alter database {name} with allow_connections true")
    admin.close()
    site.conn = database.connect()
    # Who was told that it is away believes it for a second.
    time.sleep(1.1)
    for _ in range(8):
        assert site.get(path + "/undo").status == 200
    assert site.post(path, ONE_CLICK).body == "unsubscribed\n"
    assert site.state(reader) == "unsubscribed"


def test_a_lost_connection_is_not_noticed(site):
    path = f"/u/{site.token('u', site.reader())}"
    for _ in range(8):
        site.get(path)
    site.sql("select pg_terminate_backend(pid) from pg_stat_activity"
             " where application_name = 'tweeluik_web'")
    assert {site.get(path).status for _ in range(8)} == {200}


FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def test_what_is_large_is_refused(site):
    path = f"/u/{site.token('u', site.reader())}"
    long_header, closed = site.raw(
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40000 + b"\r\n\r\n")
    assert b" 431 " in long_header[:20] and closed
    assert site.post(path, "a=" + "b" * 70000).status == 413
    assert site.post(path, "a=" + "b" * 60000).status == 303
    assert site.post(path, "&".join(["a=1"] * 65)).status == 413
    assert site.post(path, "&".join(["a=1"] * 64)).status == 303
    assert site.post(path, "n" * 100 + "=1").status == 413
    chunk = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
    answer, closed = site.raw(
        f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode() + FORM +
        b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3 + b"0\r\n\r\n")
    assert b" 413 " in answer[:20] and closed
    assert site.raw(
        f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode() + FORM +
        b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 40)[1]


def test_what_is_no_form_is_refused(site):
    reader = site.reader()
    path = f"/u/{site.token('u', reader)}"
    assert site.post(path, "{}", "application/json").status == 415
    assert site.post(path, "x", "multipart/form-data").status == 415
    assert site.post(path, "a=%00").status == 400
    assert site.post(path, "a=%ff").status == 400
    assert site.post(path, "a=%01").status == 400
    assert site.state(reader) == "active"


def test_pipelined_requests_are_answered_in_order(site):
    answer, _ = site.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
                         b"GET /nowhere HTTP/1.1\r\nHost: x\r\n"
                         b"Connection: close\r\n\r\n")
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"404"]


def test_no_token_in_the_log(site):
    reader = site.reader()
    token = site.token("u", reader)
    site.sql("alter table letter add constraint full_up check (false)")
    for path in f"/u/{token}", f"/u/{token}/nothing", f"/u/{token}%00":
        site.get(path)
        site.post(path, ONE_CLICK.lower())
    log = site.log.read_text()
    assert "page-failed page=/u/:" in log
    assert token not in log and token[:12] not in log
