-- What comes back (base/bounce/returned.c).

-- name: returned_known
select returned_known($1, $2, $3) as known

-- name: returned_aside
select returned_aside($1, $2, $3, $4, $5)

-- name: returned_take
select effect, left_hash, left_id, left_way, at
from returned_take($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
	$15, $16, $17, $18, $19, $20)


-- name: returned_forward_next
select id, raw_sealed, from_sealed, subject_sealed, more
from returned_forward_next()

-- name: returned_forwarded
select returned_forwarded($1, $2, $3, $4, $5)

-- name: returned_kept
select returned_kept($1, $2)

-- A mail for the contributions address (daemon/mailbox/contribution.c).
-- name: returned_contribution
select returned_contribution($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
	$13, $14, $15, $16, $17, $18) as effect
