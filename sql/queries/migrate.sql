-- `tweeluik db`: set up and migrate.

-- name: migrate_lock
select pg_advisory_xact_lock(hashtext('tweeluik.migrate'))

-- name: migrate_as_owner
set local role tweeluik_owner

-- name: migrate_owner_for_me
grant tweeluik_owner to current_user

-- name: migrate_search_path
-- pg_temp last: else a table that somebody made for themselves would come first,
-- also in the functions that keep this path.
set local search_path to tweeluik, pg_temp

-- name: migrate_schema
create schema if not exists tweeluik authorization tweeluik_owner

-- name: migrate_version_table
create table if not exists tweeluik.schema_version (
	version int primary key,
	name text not null,
	applied_at timestamptz not null default now()
)

-- name: migrate_done
insert into tweeluik.schema_version (version, name) values ($1, $2)

-- name: database_facts
select current_database() as database, current_user as role,
	split_part(version(), ' ', 2) as server,
	pg_size_pretty(pg_database_size(current_database())) as size,
	current_setting('synchronous_commit') as synchronous_commit

-- name: restore_hold
select restore_hold($1)

-- name: restore_running
-- Issues that were on their way when the backup was made.
select count(*) as n from mailing
where kind = 'issue' and state in ('sending', 'paused')
