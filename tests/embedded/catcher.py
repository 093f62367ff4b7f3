#!/usr/bin/python3
"""catcher.py PORT FOLDER - an SMTP server that keeps what it gets (Maildir).

The file is the message as it came, to the byte; the envelope goes into
envelopes.tsv beside it (name, sender, recipient).
"""

import asyncio
import os
import pathlib
import signal
import sys

from aiosmtpd.smtp import SMTP


class Catcher:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        for sub in ("tmp", "new", "cur"):
            (folder / sub).mkdir(parents=True, exist_ok=True)
        self.count = len(list((folder / "new").iterdir()))

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = f"{self.count:06}.{os.getpid()}.eml"
        path = self.folder / "tmp" / name
        path.write_bytes(envelope.original_content)
        with open(self.folder / "envelopes.tsv", "a", encoding="ascii") as f:
            for recipient in envelope.rcpt_tos:
                f.write(f"{name}\t{envelope.mail_from}\t{recipient}\n")
        os.rename(path, self.folder / "new" / name)
        return "250 2.0.0 Caught"


async def main():
    handler = Catcher(pathlib.Path(sys.argv[2]))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="catcher.example", loop=loop,
                     data_size_limit=2**22),
        "127.0.0.1", int(sys.argv[1]))
    stop = asyncio.Event()
    for s in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(s, stop.set)
    print("ready", flush=True)
    await stop.wait()
    server.close()


asyncio.run(main())
