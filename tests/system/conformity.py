"""What a message must satisfy, held against its bytes.

Each function yields a sentence for each violation; none looks at how the
message was made.  The rules are those of RFC 5321, 5322, 2045 to 2047, 2369,
2919, 8058 and of the mailbox providers, and of WCAG for what is in it.
"""

import email
import email.policy
import email.utils
import re
import socket

import lxml.html

SINGLE = """date from to reply-to subject message-id mime-version content-type
content-language list-id list-unsubscribe list-unsubscribe-post list-help
list-owner list-post list-archive archived-at precedence auto-submitted
x-auto-response-suppress content-transfer-encoding""".split()
REQUIRED = """date from to reply-to subject message-id mime-version list-id
list-unsubscribe list-unsubscribe-post list-help list-post
content-language content-type""".split()
FORBIDDEN = """cc bcc return-path disposition-notification-to
return-receipt-to x-mailer user-agent x-originating-ip received feedback-id
x-csa-complaints bimi-selector auto-submitted references in-reply-to
sender""".split()


def bytes_and_lines(raw):
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        yield "a bare CR or LF"
    if not raw.endswith(b"\r\n"):
        yield "does not end in CRLF"
    if b"\0" in raw:
        yield "a NUL"
    if re.search(rb"[\x80-\xff]", raw):
        yield "a byte above 7 bits"
    for n, line in enumerate(raw.split(b"\r\n"), 1):
        if len(line) > 998:
            yield f"line {n} has {len(line)} octets"
        if line.startswith(b"."):
            yield f"line {n} starts with a dot"
        if line.startswith(b"From "):
            yield f"line {n} starts with 'From '"


def header_lines(raw):
    """(name, value as it stands) pairs, unfolded."""
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    return [(m[1], m[2]) for m in re.finditer(
        r"^([!-9;-~]+):(.*(?:\r\n[ \t].*)*)", head, re.M)]


def headers(raw):
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    for line in head.split("\r\n"):
        if not re.match(r"[!-9;-~]+:|[ \t]+\S", line):
            yield f"header syntax: {line!r}"
        if "=?" in line and len(line) > 76:
            yield f"a header line with an encoded-word has {len(line)} octets"
    names = [n.lower() for n, _ in header_lines(raw)]
    for name in SINGLE:
        if names.count(name) > 1:
            yield f"{name} stands {names.count(name)} times"
    for name in REQUIRED:
        if name not in names:
            yield f"{name} is missing"
    for name in FORBIDDEN:
        if name in names:
            yield f"{name} is there"
    for _, value in header_lines(raw):
        for word in re.findall(r"=\?[^?]*\?[^?]*\?[^?]*\?=", value):
            if len(word) > 75:
                yield "an encoded-word of more than 75 characters"
            try:
                email.header.make_header(email.header.decode_header(word))
            except UnicodeDecodeError:
                yield "a character split between encoded-words"
        if re.search(r'"[^"]*=\?[^"]*"|<[^>]*=\?', value):
            yield "an encoded-word where none may be"


def fields(raw):
    m = email.message_from_bytes(raw, policy=email.policy.default)
    if len(m["from"].addresses) != 1 or len(m["to"].addresses) != 1:
        yield "From and To need exactly one address each"
    if "noreply" in str(m["reply-to"]).lower():
        yield "Reply-To is nobody"
    date = dict(header_lines(raw))["Date"].strip()
    at = email.utils.parsedate_to_datetime(date)
    if not re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} "
                        r"\d\d:\d\d:\d\d [+-]\d{4}", date) or \
            date[:3] != at.strftime("%a"):
        yield f"Date is {date!r}"
    mid = "".join(dict(header_lines(raw))["Message-ID"].split())
    if not re.fullmatch(r"<[a-z2-7]{26,}@[a-z0-9.-]+>", mid):
        yield f"Message-ID is {mid}"
    if m["mime-version"] != "1.0":
        yield "MIME-Version is not 1.0"
    if not re.fullmatch(r'.*<[a-z0-9-]+(\.[a-z0-9-]+)+>', m["list-id"]):
        yield "List-Id has another form"
    unsubscribe = "".join(str(m["list-unsubscribe"]).split())
    uris = re.findall(r"<([^>]*)>", unsubscribe)
    https = [u for u in uris if u.startswith("https://")]
    if len(https) != 1 or len(uris) != 2 or not uris[1].startswith("mailto:"):
        yield f"List-Unsubscribe needs one https and one mailto: {uris}"
    if m["list-unsubscribe-post"] != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is another"
    if m["list-post"] != "NO":
        yield "List-Post is not NO"
    if m["x-auto-response-suppress"] != "OOF, AutoReply":
        yield "X-Auto-Response-Suppress is another"
    if m["content-language"] not in ("nl", "en", "nl, en", "en, nl"):
        yield "Content-Language is another"
    token = https[0].rsplit("/", 1)[1] if https else ""
    if len(token) < 22 + 1:
        yield "the token has less than 128 bits"
    host = socket.gethostname().encode()
    if len(host) > 3 and host in raw:
        yield "the host name is in the message"
    local = m["to"].addresses[0].username
    for name, value in header_lines(raw):
        if name.lower() != "to" and len(local) > 4 and local in value:
            yield f"the address is in {name}"
    if m["subject"].defects or m["from"].defects or m["to"].defects:
        yield "Python finds a defect in an address or the subject"


def qp(body, part):
    for line in body.split(b"\r\n"):
        if len(line) > 76:
            yield f"{part}: a quoted-printable line of {len(line)} octets"
        if line[-1:] in (b" ", b"\t"):
            yield f"{part}: a line ends in a blank"
        if re.search(rb"=(?![0-9A-F]{2}|$)", line):
            yield f"{part}: = without two upper-case digits"


def parts(raw):
    plain = email.message_from_bytes(raw)
    m = email.message_from_bytes(raw, policy=email.policy.default)
    for part in m.walk():
        for defect in part.defects:
            yield f"Python finds {defect!r}"
    boundary = plain.get_boundary()
    if m.get_content_type() != "multipart/alternative":
        yield f"the message is {m.get_content_type()}"
        return
    if len(boundary) > 70 or boundary.endswith(" "):
        yield "boundary"
    if plain.get("content-transfer-encoding", "7bit").lower() not in (
            "7bit", "8bit", "binary"):
        yield "multipart with a transfer encoding"
    kinds = [p.get_content_type() for p in m.iter_parts()]
    if kinds != ["text/plain", "text/html"]:
        yield f"parts are {kinds}"
    pieces = re.split(rb"\r\n--" + re.escape(boundary.encode()) + rb"(?:--)?",
                      raw)
    if len(pieces) != 4 or not raw.rstrip(b"\r\n").endswith(
            b"--" + boundary.encode() + b"--"):
        yield "boundaries do not close"
    for part, piece in zip(m.iter_parts(), pieces[1:]):
        kind = part.get_content_type()
        if part.get_content_charset() != "utf-8":
            yield f"{kind}: charset"
        if "content-language" not in part:
            yield f"{kind}: no Content-Language"
        if part["content-transfer-encoding"] != "quoted-printable":
            yield f"{kind}: not quoted-printable"
        else:
            yield from qp(piece.split(b"\r\n\r\n", 1)[1], kind)
        if "\ufffd" in part.get_content():
            yield f"{kind}: does not decode"
        if re.search("[\ue000-\uf8ff]", part.get_content()):
            yield f"{kind}: a place for a personal value is left over"
        if re.search(r"\bt:[a-z]+=|\{\{|\$\{|\{[a-z_]+\}|\bTK\b|\bXXX\b",
                     part.get_content()):
            yield f"{kind}: a marker is left over"


def texts(raw):
    m = email.message_from_bytes(raw, policy=email.policy.default)
    plain, html = (p.get_content() for p in m.iter_parts())
    return plain.replace("\r\n", "\n"), html.replace("\r\n", "\n")


def words(text):
    return set(re.findall(r"\w{3,}", text.lower()))


def same_words(raw):
    plain, html = texts(raw)
    root = lxml.html.fromstring(html)
    for gone in root.xpath("//style|//title"):
        gone.drop_tree()
    a, b = words(plain), words(root.text_content() + " " + " ".join(
        root.xpath("//a/@href[not(starts-with(., '#'))]")))
    share = len(a & b) / max(1, len(a | b))
    if share < 0.9:
        yield (f"text and HTML share {share:.0%} of their words; only in one: "
               f"{sorted(a ^ b)[:40]}")
    unsubscribe = [u for u in root.xpath("//a/@href") if "/u/" in u]
    if not unsubscribe:
        yield "no unsubscribe link in the HTML"
    for url in root.xpath("//a/@href[starts-with(., 'https:')]"):
        if url not in plain:
            yield f"the text part lacks {url.split('/')[2]}/..."
    for n, line in enumerate(plain.split("\n"), 1):
        if len(line) > 72 and "https://" not in line and "@" not in line:
            yield f"text line {n} has {len(line)} columns"


def html_rules(raw):
    _, html = texts(raw)
    root = lxml.html.document_fromstring(html)
    if not html.startswith("<!DOCTYPE html>"):
        yield "no doctype"
    if not root.get("lang"):
        yield "no lang on html"
    bad = root.xpath("//script|//img|//iframe|//object|//form|//input|//link"
                     "|//base|//svg|//video|//main|//nav|//header|//footer"
                     "|//section")
    for e in bad:
        yield f"<{e.tag}> is in the HTML"
    for e in root.xpath("//*[@href or @src or @background]"):
        url = e.get("href") or e.get("src") or e.get("background")
        if not re.match(r"https://|mailto:|#", url):
            yield f"a URL of another kind: {url[:30]}"
        if e.get("target"):
            yield "a target attribute"
    for e in root.xpath("//*[@style]"):
        style = e.get("style").replace(" ", "").lower()
        if re.search(r"display:none|visibility:hidden|opacity:0[;.]|"
                     r"font-size:[01]p|mso-hide|max-height:0|position:|"
                     r"background-image|url\(", style):
            yield f"hidden or remote style on <{e.tag}>"
        if "background" in style and "background:transparent" not in style \
                and not re.search(r"(^|;)color:", style) and e.tag != "hr" \
                and (e.text_content() or "").strip() and e.tag != "body":
            yield f"<{e.tag}> has a background without a colour of its own"
    levels = [int(e.tag[1]) for e in root.xpath("//h1|//h2|//h3|//h4|//h5")]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings: {levels}"
    for before, after in zip(levels, levels[1:]):
        if after > before + 1:
            yield f"a heading level is skipped: h{before} h{after}"
    for e in root.xpath("//a[@href]"):
        if not e.text_content().strip():
            yield "a link without text"
        if re.fullmatch(r"(lees meer|klik hier|read more|click here|hier)",
                        e.text_content().strip().lower()):
            yield f"a link says only {e.text_content()!r}"
    for href in root.xpath("//a/@href[starts-with(., '#')]"):
        if not root.xpath(f"//*[@id='{href[1:]}']"):
            yield f"an anchor leads nowhere: {href}"
    ids = root.xpath("//@id")
    if len(ids) != len(set(ids)):
        yield "an id stands twice"
    if len(html.encode()) > 100_000:
        yield f"HTML of {len(html.encode())} bytes"


# Words that one language has and the other has not.
DUTCH = set("""de het een en van voor met naar bij niet zijn wordt worden ook
maar aan dat deze zij haar hun geen als kunt kan moet onze ons uit nog heeft
hebben waar wie hoe wij u uw om te""".split())
ENGLISH = set("""the and for with to from not are be will also but that this
these they their no about if can must our out still has have where who how you
your by on at who help which it an""".split())


BLOCKS = """p li h1 h2 h3 h4 h5 h6 blockquote dt dd td th caption legend label
button summary figcaption div section option""".split()


def language_of_parts(raw):
    _, html = texts(raw)
    yield from language_of_html(html)


def language_of_html(html):
    """WCAG 3.1.2: every sentence in the language its element says."""
    root = lxml.html.document_fromstring(html)
    for e in root.xpath("//title|//body//*"):
        if e.tag not in (*BLOCKS, "title") or \
                any(x.tag in BLOCKS for x in e.iterdescendants()):
            continue
        for lang, text in runs(e):
            found = re.findall(r"[a-zA-Zë]+", text.lower())
            nl = sum(w in DUTCH for w in found)
            en = sum(w in ENGLISH for w in found)
            if len(found) >= 5 and abs(nl - en) >= 2 and \
                    ("nl" if nl > en else "en") != lang:
                yield f"marked {lang}, but reads otherwise: {text[:70]!r}"


def runs(element):
    """(language, text) of an element, split where lang changes."""
    def lang_of(e):
        return next(iter(e.xpath("ancestor-or-self::*[@lang][1]/@lang")),
                    None)

    out = []

    def walk(e):
        out.append((lang_of(e), e.text or ""))
        for child in e:
            if isinstance(child.tag, str):
                walk(child)
            out.append((lang_of(e), child.tail or ""))

    walk(element)
    joined = {}
    for lang, text in out:
        joined[lang] = joined.get(lang, "") + " " + text
    return [(k, " ".join(v.split())) for k, v in joined.items() if v.strip()]


def letter_violations(raw):
    """A system mail goes to one person and not to the list."""
    for check in (bytes_and_lines, headers, parts, same_words, html_rules,
                  language_of_parts):
        for sentence in check(raw):
            if not re.match(r"(list-|auto-submitted is there"
                            r"|no unsubscribe link)", sentence):
                yield sentence


def violations(raw):
    for check in (bytes_and_lines, headers, fields, parts, same_words,
                  html_rules, language_of_parts):
        yield from check(raw)
