#!/usr/bin/python3
"""layers.py - the floors of the house, as they stand in the include lines.

Everything flows down: base knows nothing of newsletters, the composer nothing
of the daemon, a role nothing of another role.  Protocol and format code does
no I/O.  Prints one line a violation; exits 1 when there is one.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# folder: what it may include besides itself
COMPOSER = ["composer/template", "composer/message", "composer/letter",
            "composer/edition", "composer/list", "composer/item",
            "composer/issue"]
FLOORS = {
    "base": [],
    "base/bounce": ["base"],
    "composer/template": ["base"],
    "composer/message": ["base"],
    "composer/letter": ["base", "composer/template", "composer/message"],
    "composer/edition": ["base", "composer/template", "composer/message"],
    "composer/list": ["base"],
    "composer/inbox": ["base", "composer/item"],
    "composer/item": ["base"],
    "composer/issue": ["base", "composer/edition", "composer/item",
                       "composer/message"],
    "composer/cli": ["base", "base/bounce", *COMPOSER],
    "daemon": ["base", "daemon/role"],
    "daemon/role": ["base"],
    "daemon/schedule": ["base", "daemon/role", "composer/letter",
                        "composer/list", "composer/template"],
    "daemon/send": ["base", "daemon/role"],
    "daemon/mailbox": ["base", "base/bounce", "daemon/role", "composer/inbox",
                       "composer/item", "composer/letter", "composer/template"],
    "daemon/web": ["base", "daemon/role", *COMPOSER],
}
# Bytes in, answers out: these see no socket, no database, no network library.
PURE = """
base/address base/arena base/bounce/addresses base/bounce/bounce
base/bounce/content base/bounce/decode base/bounce/delivery
base/bounce/evidence base/bounce/feedback base/bounce/fields base/bounce/fold
base/bounce/html base/bounce/mail base/bounce/notice base/bounce/pattern
base/bounce/phrases base/bounce/reply_code base/bounce/scrub base/bounce/slice
base/bounce/trace base/bounce/wording base/bounce/wording_kind
base/bounce/words base/buf base/datefmt base/day base/err base/personal
base/slot base/splice base/text composer/edition/content_rules
composer/edition/markdown composer/item/diff composer/item/item_form
composer/item/item_key composer/inbox/mail_auth composer/inbox/mail_html
composer/inbox/mail_item composer/inbox/mail_lang composer/inbox/mail_look
composer/inbox/mail_part composer/inbox/mail_quote composer/inbox/mail_text
composer/inbox/mail_url composer/inbox/mail_writer composer/item/privacy composer/list/csv
composer/list/csv_scan composer/list/csv_stream composer/list/org_csv
composer/list/org_field composer/list/org_form composer/list/org_sheet
composer/list/subscriber_rows composer/list/typo composer/message/header
composer/letter/alarm_words composer/letter/letter
composer/message/enclosed composer/message/message composer/message/packed composer/message/qp
composer/message/vet
composer/template/plaintext composer/template/sentence
composer/template/template composer/template/template_text
composer/template/textflow composer/template/theme daemon/send/classify
daemon/send/journal_line daemon/send/pace daemon/send/pace_table
daemon/send/smtp_ehlo daemon/send/smtp_machine daemon/send/smtp_message
daemon/send/smtp_reply daemon/send/smtp_result daemon/send/smtp_status
daemon/send/smtp_transaction
daemon/mailbox/verdict daemon/web/form daemon/web/framing daemon/web/limit daemon/web/route
daemon/web/signup_form daemon/web/webversion
""".split()
IMPURE = re.compile(r"sys/socket\.h|netinet/|netdb\.h|poll\.h|libpq|curl/"
                    r"|microhttpd|libetpan|gnutls|base/database\.h")
BANNED = re.compile(r"\b(gets|strcpy|strcat|sprintf|vsprintf|strtok|tmpnam"
                    r"|system|popen|alloca|atoi|atol)\s*\(")
# Only who decides writes to the log or ends the process.
DECIDES = re.compile(r"(^|/)main\.c$|^daemon/|^base/log\.[ch]$|^composer/cli/")
LOGS = re.compile(r"\b(log_event|exit|_exit)\s*\(")


def code(text):
    """Without comments and strings, with the same line numbers."""
    blank = lambda m: re.sub(r"[^\n]", " ", m.group())  # noqa: E731
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def floor_of(path):
    return path.parent.relative_to(ROOT).as_posix()


def check(path):
    name = path.relative_to(ROOT).as_posix()
    floor, text = floor_of(path), path.read_text()
    for n, line in enumerate(text.splitlines(), 1):
        m = re.match(r'#include ["<]([^">]+)[">]', line)
        if not m:
            continue
        where = pathlib.PurePath(m[1]).parent.as_posix()
        if where in FLOORS and where != floor and \
                where not in FLOORS[floor]:
            yield f"{name}:{n}: {floor}/ may not include {m[1]}"
        if name.rsplit(".", 1)[0] in PURE and IMPURE.search(m[1]):
            yield f"{name}:{n}: does no I/O, so it may not include {m[1]}"
    for n, line in enumerate(code(text).splitlines(), 1):
        if BANNED.search(line):
            yield f"{name}:{n}: banned: {BANNED.search(line)[1]}()"
        if not DECIDES.search(name) and LOGS.search(line):
            yield f"{name}:{n}: a library neither logs nor exits"
    first = re.search(r'#include "([^"]+)"', text)
    header = path.with_suffix(".h")
    if path.suffix == ".c" and header.exists() and (
            not first or not first[1].startswith(name[:-2])):
        yield f"{name}: includes its own header first"
    if path.suffix == ".h" and not text.startswith("/*\n * "):
        yield f"{name}: opens with a comment that says what it is"
    if re.search(r"\b(select|insert into|update|delete from)\b.*\b(from|set|"
                 r"values|where)\b", re.sub(r"/\*.*?\*/", "", text, flags=re.S),
                 re.I) and path.suffix == ".c" and '"' in text:
        for n, line in enumerate(text.splitlines(), 1):
            if re.search(r'"(select|insert into|delete from) ', line, re.I):
                yield f"{name}:{n}: SQL text belongs in sql/"


def main():
    found = 0
    for floor in FLOORS:
        for path in sorted((ROOT / floor).glob("*.[ch]")):
            for line in check(path):
                print(line)
                found += 1
    for pure in PURE:
        if not (ROOT / f"{pure}.c").exists():
            print(f"{pure}: named in layers.py, but not there")
            found += 1
    return 1 if found else 0


sys.exit(main())
