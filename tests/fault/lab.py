"""A frozen issue to a few thousand readers, as often as a round needs one."""

import contextlib
import subprocess

import psycopg2
from newsletter import approve, fill, plan, send_now

from tests.embedded import Installation, Postgres
from tests.sink import templates

FROZEN = "frozen"


class Lab:
    """A PostgreSQL of its own, with the frozen issue as a template."""

    def __init__(self, folder, build, readers):
        self.folder, self.build, self.readers = folder, build, readers
        self.pg = Postgres(folder / "pg")
        self.copies = 0

    def __enter__(self):
        try:
            self._prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        self.pg.stop("immediate")

    def _prepare(self):
        self.pg.start()
        self.site = Installation(self.folder / "site", self.pg, FROZEN,
                                 build=self.build)
        self.site.init()
        plan(self.site, "01*.item")
        self.issue = approve(self.site)
        fill(self.site, self.readers)
        self.templates = templates(self.folder, self.rows(
            FROZEN, "select name, bytes, slots from edition"
            " join message on message_id = message.id"))
        self.certificate = self._certificate()

    def _certificate(self):
        pem, key = self.folder / "sink.pem", self.folder / "sink.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=sink", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
             key, "-out", pem], check=True, capture_output=True)
        return pem, key

    def freeze(self, chunk_size):
        """A database in which the issue is about to be sent; its name."""
        self.copies += 1
        name = f"round{self.copies}"
        self.pg.create(name, FROZEN)
        site = Installation(
            self.folder / "freezing", self.pg, name, build=self.build,
            send_more=f"    chunk_size = {chunk_size}\n")
        site.write_config(keys=self.site.settings["keys"])
        send_now(site, self.issue)
        site.once("schedule")
        return name

    def connect(self, database):
        conn = psycopg2.connect(
            self.pg.conninfo(database, "postgres"), connect_timeout=5,
            options="-csearch_path=tweeluik -cTimeZone=UTC")
        conn.autocommit = True
        return conn

    def rows(self, database, sql, *values):
        with contextlib.closing(self.connect(database)) as conn:
            with conn.cursor() as cur:
                cur.execute(sql, values)
                return cur.fetchall() if cur.description else []

    def drop(self, name):
        self.rows("postgres", f"drop database {name} with (force)")
