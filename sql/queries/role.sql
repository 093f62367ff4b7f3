-- What every role program says of itself.

-- name: role_seen
select role_seen($1, $2, $3, $4)
