"""What the web role's database user can see: everything, from the catalog."""
import itertools
import math
import random

import psycopg2
import pytest
from own import fill, mailed
from website import watched_site


@pytest.fixture
def site(database, tmp_path):
    with watched_site(database, tmp_path / "site") as site:
        yield site


def web_functions(site):
    return site.sql(
        "select p.proname, p.oid::regprocedure::text,"
        " array(select format_type(t, null) from unnest(p.proargtypes) t)"
        " from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where n.nspname = 'tweeluik' and p.prokind = 'f'"
        " and has_function_privilege('tweeluik_web', p.oid, 'execute')"
        " order by 1")


PLAUSIBLE = {
    "bigint": ["null", "0", "-1", "1", "999999"],
    "integer": ["null", "0", "1", "500"],
    "text": ["null", "''", "'nl'", "'%'", "'page'"],
    "bytea": ["null", "''", "sha256('x')"],
    "interval": ["'1 hour'"],
    "boolean": ["true", "false"],
    "date": ["current_date"], "timestamp with time zone": ["now()"],
    "jsonb": ["'{}'"], "text[]": ["'{}'"], "bigint[]": ["'{1}'"],
}


def tries_of(types, mailing, most=3000):
    """Arguments for a function: all together, or so many of them."""
    values = [PLAUSIBLE.get(t, ["null"])
              + [str(mailing)] * (t == "bigint") for t in types]
    if math.prod(map(len, values)) <= most:
        return list(itertools.product(*values))
    dice = random.Random(1)
    return [tuple(map(dice.choice, values)) for _ in range(most)]


def answers(web, name, types, args):
    """The rows that a call gives, as text; what it changes is taken back."""
    cur = web.cursor()
    try:
        cur.execute(f"select x::text from {name}(" + ", ".join(
            f"{a}::{t}" for a, t in zip(args, types)) + ") x")
        return "\n".join(r or "" for r, in cur)
    except psycopg2.Error:
        return ""
    finally:
        web.rollback()


@pytest.fixture
def readers(site):
    """Sealed addresses by number; the first has a past and a letter."""
    for n in range(5):
        site.reader(f"jansen{n}@lezers.example")
    first, = site.sql("select min(id) from subscriber")[0]
    fill(site, first)
    mailed(site, first, "details")
    return {i: bytes(s).hex() for i, s in site.sql(
        "select id, address_sealed from subscriber")}


def test_no_table_or_view_can_be_read(site, database, readers):
    web = database.connect("tweeluik_web")
    cur = web.cursor()
    readable = set()
    for table, columns in site.sql(
            "select c.relname, array_agg(a.attname::text) from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
            " and not a.attisdropped where c.relnamespace ="
            " 'tweeluik'::regnamespace and c.relkind in ('r', 'v', 'm', 'p')"
            " group by 1"):
        for column in ["*", *(f'"{c}"' for c in columns)]:
            try:
                cur.execute(f"select {column} from {table}")
                readable.add(table)
            except psycopg2.errors.InsufficientPrivilege:
                pass
    # Its own sign of life and the version of the schema; of nothing else what
    # the server gathered about the values in it.
    assert readable == {"schema_version", "role_state"}
    site.sql("analyze")
    cur.execute("select distinct tablename from pg_stats"
                " where schemaname = 'tweeluik'")
    assert {t for t, in cur} <= readable
    web.close()


def test_functions_give_no_address_and_nobody_but_who_is_named(
        site, database, readers):
    functions = web_functions(site)
    assert {"web_details", "web_subscriber"} <= {f for f, _, _ in functions}
    mailing, = site.sql("select max(id) from mailing")[0]
    hashes = [bytes(h).hex() for h, in site.sql(
        "select address_hash from subscriber")]
    web = database.connect("tweeluik_web", autocommit=False)
    opened = set()
    for name, signature, types in functions:
        assert name.startswith("web_") or name in (
            "role_seen", "departures_known", "departures_apply"), signature
        for args in tries_of(types, mailing):
            text = answers(web, name, types, args)
            assert "jansen" not in text and "lezers" not in text, signature
            # Whom it erased is for the journal of departures.
            assert (name == "web_erase"
                    or not any(h in text for h in hashes)), signature
            found = {i for i, s in readers.items() if s in text}
            assert found <= {int(a) for a in args if a.isdigit()}, signature
            opened |= {name for _ in found}
    web.close()
    assert {"web_details", "web_subscriber"} <= opened
