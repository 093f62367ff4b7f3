"""What the system tests share: a private PostgreSQL and fresh databases.

PostgreSQL refuses to run as root, so as root it is started as user postgres.
Everything lives in one temporary folder and is gone afterwards.
"""
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg2
import pytest

TOP = Path(__file__).resolve().parents[2]
PG_BIN = Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
TEMPLATE = "tweeluik_template"


class Database:
    """A database with the schema of this tree; roles as in production."""

    def __init__(self, host, name):
        self.host, self.name = host, name

    def conninfo(self, role=None):
        """role None: as the configuration file has it, without a user."""
        info = f"host={self.host} dbname={self.name}"
        return f"{info} user={role}" if role else info

    def connect(self, role="postgres", autocommit=True):
        conn = psycopg2.connect(
            self.conninfo(role),
            options="-csearch_path=tweeluik -cTimeZone=UTC")
        conn.autocommit = autocommit
        return conn


@pytest.fixture(scope="session")
def pg():
    """Folder of the socket of a PostgreSQL that trusts its local users."""
    home = Path(tempfile.mkdtemp(prefix="tweeluik-pg-"))
    demote = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(home, user.pw_uid, user.pw_gid)
        demote = {"user": user.pw_uid, "group": user.pw_gid,
                  "extra_groups": []}
    home.chmod(0o755)
    options = (f"-c listen_addresses= -c unix_socket_directories={home} "
               "-c fsync=off -c max_connections=50")

    def run(program, *args):
        subprocess.run([PG_BIN / program, "-D", home / "data", *args],
                       check=True, stdout=subprocess.DEVNULL, cwd="/",
                       **demote)

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync")
        run("pg_ctl", "-w", "-l", home / "log", "-o", options, "start")
        try:
            yield home
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def schema(cur):
    """What `tweeluik db init` does, without the program."""
    cur.execute((TOP / "sql/roles.sql").read_text())
    cur.execute("create schema tweeluik authorization tweeluik_owner;"
                "set role tweeluik_owner; set search_path = tweeluik;"
                "create table schema_version (version int primary key,"
                " name text not null,"
                " applied_at timestamptz not null default now())")
    for file in sorted((TOP / "sql/migrations").glob("*.sql")):
        cur.execute(file.read_text())
        cur.execute("insert into schema_version (version, name)"
                    " values (%s, %s)", (int(file.name[:4]), file.name))
    cur.execute((TOP / "sql/grants.sql").read_text())


@pytest.fixture(scope="session")
def template(pg):
    admin = Database(pg, "postgres").connect()
    admin.cursor().execute(f"create database {TEMPLATE}")
    conn = Database(pg, TEMPLATE).connect()
    schema(conn.cursor())
    conn.close()
    yield admin
    admin.close()


@pytest.fixture
def database(pg, template, request):
    """A fresh Database for one test."""
    database.count = getattr(database, "count", 0) + 1
    name = f"test_{database.count}"
    cur = template.cursor()
    cur.execute(f"create database {name} template {TEMPLATE}")
    yield Database(pg, name)
    cur.execute(f"drop database {name} with (force)")
