#!/usr/bin/python3
"""picture.py FOLDER PNG - the top of a mail in both languages that the demo
sent, as a mail program shows it (make picture)."""

import email
import email.policy
import pathlib
import subprocess
import sys
import tempfile

folder, png = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
for path in sorted((folder / "mail/new").iterdir()):
    message = email.message_from_bytes(path.read_bytes(),
                                       policy=email.policy.default)
    if message["content-language"] == "nl, en":
        break
with tempfile.TemporaryDirectory() as home:
    page = pathlib.Path(home) / "mail.html"
    page.write_text(message.get_body(("html",)).get_content(),
                    encoding="utf-8")
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
         "--hide-scrollbars", "--no-first-run", "--disable-sync",
         "--disable-background-networking", f"--user-data-dir={home}/profile",
         "--window-size=680,1180", f"--screenshot={png}", page.as_uri()],
        check=True, stderr=subprocess.DEVNULL)
