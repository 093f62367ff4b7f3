-- What the mailbox role says of its mailboxes.

-- name: mailbox_listed
select mailbox_listed($1::text[])

-- name: mailbox_seen
select mailbox_seen($1, $2)

-- What is passed on to the help desk (composer/letter/forward.c).

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
