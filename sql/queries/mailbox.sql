-- What the mailbox role says of its mailboxes.

-- name: mailbox_listed
select mailbox_listed($1::text[])

-- name: mailbox_seen
select mailbox_seen($1, $2)
