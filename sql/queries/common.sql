-- What every connection needs.

-- name: begin
begin

-- name: commit
commit

-- name: rollback
rollback

-- name: schema_version
select coalesce(max(version), 0) as version from tweeluik.schema_version

-- A restore has put what was there aside and is not done, or was cut off.
-- name: schema_aside
select to_regnamespace('tweeluik_before') is not null as aside
