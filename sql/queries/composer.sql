-- What every command of the composer may need.

-- name: set_actor
select set_config('tweeluik.actor', $1, false);

-- name: activity_add
select activity_add($1, $2, $3, $4, $5);
