-- Editions and the messages they are sent as.

-- The same bytes are stored once; updating the digest to itself gives the id of
-- the row that is there, whoever wrote it.
-- name: edition_message
insert into message (digest, kind, edition, subject, bytes, slots)
values ($1, $2, $3, $4, $5, $6)
on conflict (digest) do update set digest = excluded.digest
returning id

-- name: edition_store
insert into edition (issue_id, name, message_id, html, plain)
values ($1, $2, $3, $4, $5)
on conflict (issue_id, name) do update set message_id = excluded.message_id,
	html = excluded.html, plain = excluded.plain
