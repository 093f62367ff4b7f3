-- What comes back (base/bounce/returned.c).

-- name: returned_known
select returned_known($1, $2, $3) as known

-- name: returned_aside
select returned_aside($1, $2, $3, $4, $5)

-- name: returned_take
select effect, left_hash, left_id, left_way, at
from returned_take($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
	$15, $16, $17, $18, $19, $20)
