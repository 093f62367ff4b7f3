-- What every connection needs.

-- name: begin
begin

-- name: commit
commit

-- name: rollback
rollback

-- name: schema_version
select coalesce(max(version), 0) as version from tweeluik.schema_version
