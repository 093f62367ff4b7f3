"""Roles, grants, queries and migrations."""

import re
import threading

import psycopg2
import pytest

from tests.embedded import ROOT, Installation

QUERIES = ROOT / "sql/queries"
# Which role runs which file of queries.
ROLES = {"schedule": ["schedule"], "send": ["send"], "web": ["web"],
         "composer": [p.stem for p in QUERIES.glob("*.sql") if p.stem not in
                      ("schedule", "send", "web", "role", "common",
                       "migrate")]}


def queries(stem):
    text = (QUERIES / f"{stem}.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("role", ROLES)
def test_every_query_can_be_prepared_by_its_role(database, role):
    conn = database.connect(f"tweeluik_{role}")
    cur = conn.cursor()
    for stem in ["common", "role", *ROLES[role]]:
        for name, sql in queries(stem):
            if re.match(r"(begin|commit|rollback|set|notify|listen)\b",
                        sql.strip(), re.I):
                continue
            cur.execute(f"prepare q as {sql}")
            # Preparing checks names, explaining checks rights as well.
            cur.execute("deallocate q")
    conn.close()


def test_names_of_queries_are_unique():
    names = [n for p in QUERIES.glob("*.sql") for n, _ in queries(p.stem)]
    assert len(names) == len(set(names))


def tables(database):
    return [r["relname"] for r in database.rows(
        "select relname from pg_class c join pg_namespace n on n.oid ="
        " relnamespace where nspname = 'tweeluik' and relkind in ('r', 'v')")]


def refused(database, role, sql):
    conn = database.connect(role)
    try:
        conn.cursor().execute(sql)
        return False
    except psycopg2.errors.InsufficientPrivilege:
        return True
    finally:
        conn.close()


def test_web_reads_no_table_of_readers(database):
    for table in ("subscriber", "suppression", "consent_event", "delivery",
                  "outcome", "item", "item_text", "organisation", "chunk"):
        assert refused(database, "tweeluik_web",
                       f"select * from {table}"), table


def test_schedule_reads_no_address(database):
    assert refused(database, "tweeluik_schedule",
                   "select address_sealed from subscriber")
    assert refused(database, "tweeluik_schedule", "select * from subscriber")


def test_send_changes_no_content(database):
    for table in ("item", "item_text", "edition", "organisation", "schedule"):
        assert refused(database, "tweeluik_send",
                       f"delete from {table}"), table
    assert refused(database, "tweeluik_send", "delete from outcome")
    assert refused(database, "tweeluik_send",
                   "update outcome set result = 'accepted'")


def test_nobody_but_the_owner_changes_the_schema(database):
    for role in ("composer", "schedule", "send", "web"):
        assert refused(database, f"tweeluik_{role}",
                       "create table tweeluik.x (a int)")
        assert refused(database, f"tweeluik_{role}",
                       "update tweeluik.schema_version set version = 0")


def test_init_and_migrate_can_run_again_and_at_once(pg, tmp_path):
    site = Installation(tmp_path / "site", pg, "twice")
    pg.create("twice")
    results = []
    admin = pg.conninfo("twice", "postgres")
    site.tweeluik("db", "init", "--admin", admin, check=True)
    threads = [threading.Thread(target=lambda: results.append(
        site.tweeluik("db", "migrate", "--admin", admin).returncode))
        for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [0, 0, 0, 0]
    assert site.tweeluik("db", "status").returncode == 0
    assert site.tweeluik("db", "check").returncode == 0


def test_a_migration_that_fails_changes_nothing(pg, tmp_path, database):
    before = database.rows("select * from schema_version")
    conn = database.connect("tweeluik_owner", autocommit=False)
    with pytest.raises(psycopg2.Error):
        cur = conn.cursor()
        cur.execute("create table half (a int); select 1/0")
    conn.rollback()
    conn.close()
    assert database.rows("select * from schema_version") == before
    assert "half" not in tables(database)


def test_where_the_database_is_away_the_command_says_so(site):
    site.write_config(database="host=/nonexistent dbname=x")
    done = site.tweeluik("status")
    assert done.returncode == 75
    assert site.tweeluik("status", "--json").stderr.startswith('{"error"')
