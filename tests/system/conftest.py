"""What the system tests share: a private PostgreSQL, fresh databases, and
whole installations on them."""
import contextlib
import os
import sys
import tempfile
from pathlib import Path

import psycopg2
import psycopg2.extras
import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests/system")]

pytest.register_assert_rewrite("house", "own", "website")

from tests.embedded import Installation, Postgres  # noqa: E402

TEMPLATE = "tweeluik_template"


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: waits for real time to pass;"
                            " left out unless TWEELUIK_SLOW is set")


def pytest_collection_modifyitems(config, items):
    if not os.environ.get("TWEELUIK_SLOW"):
        slow = [i for i in items if i.get_closest_marker("slow")]
        items[:] = [i for i in items if i not in slow]
        config.hook.pytest_deselected(items=slow)


class Database:
    """A database with the schema of this tree; roles as in production."""

    def __init__(self, pg, name):
        self.pg, self.name = pg, name

    def conninfo(self, role=None):
        """role None: as the configuration file has it, without a user."""
        return self.pg.conninfo(self.name, role)

    def connect(self, role="postgres", autocommit=True):
        conn = psycopg2.connect(
            self.conninfo(role),
            options="-csearch_path=tweeluik -cTimeZone=UTC")
        conn.autocommit = autocommit
        return conn

    def rows(self, sql, *values, role="postgres"):
        """The rows of a query as dictionaries; [] for a statement."""
        conn = self.connect(role)
        try:
            with conn.cursor(
                    cursor_factory=psycopg2.extras.RealDictCursor) as cur:
                cur.execute(sql, values)
                return [dict(r) for r in cur] if cur.description else []
        finally:
            conn.close()

    def one(self, sql, *values, role="postgres"):
        row, = self.rows(sql, *values, role=role)
        value, = row.values()
        return value

    def fingerprint(self):
        """A hash of the rows of each table, but for signs of life."""
        names = [r["name"] for r in self.rows(
            "select relname::text as name from pg_class"
            " where relnamespace = 'tweeluik'::regnamespace"
            " and relkind = 'r' order by 1")]
        return {n: self.one("select md5(string_agg(t::text, ',' order by"
                            f" t::text)) from {n} t")
                for n in names if n not in ("role_state", "send_worker")}


@pytest.fixture(scope="session")
def pg():
    with tempfile.TemporaryDirectory(prefix="tweeluik-pg-") as home:
        Path(home).chmod(0o755)
        server = Postgres(Path(home) / "pg")
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


def schema(cur):
    """What `tweeluik db init` does, without the program."""
    cur.execute((TOP / "sql/roles.sql").read_text())
    cur.execute("create schema tweeluik authorization tweeluik_owner;"
                "set role tweeluik_owner; set search_path = tweeluik, pg_temp;"
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


@contextlib.contextmanager
def fresh_database(pg, template):
    fresh_database.count = getattr(fresh_database, "count", 0) + 1
    name = f"test_{fresh_database.count}"
    cur = template.cursor()
    cur.execute(f"create database {name} template {TEMPLATE}")
    yield Database(pg, name)
    cur.execute(f"drop database {name} with (force)")


@pytest.fixture
def database(pg, template):
    """A fresh Database for one test."""
    with fresh_database(pg, template) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def house(pg, template, tmp_path_factory):
    """A newsletter at work, for the tests of one file: an issue was sent to
    readers of three editions, and all roles run."""
    from house import House
    with fresh_database(pg, template) as fresh:
        house = House(tmp_path_factory.mktemp("house"), fresh)
        try:
            yield house.start()
        finally:
            house.stop()


@pytest.fixture(scope="module")
def browser():
    from browser import Browser
    browser = Browser()
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture
def site(pg, database, tmp_path):
    """A Tweeluik of its own: configuration, keys, programs to call."""
    site = Installation(tmp_path / "site", pg, database.name)
    site.db = database
    site.init()
    yield site
    site.stop()
