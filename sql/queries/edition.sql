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

-- What approval stored.
-- name: edition_load
select m.subject, m.bytes, m.slots, e.html, e.plain,
	to_char(i.planned_at at time zone 'UTC',
		'Dy, DD Mon YYYY HH24:MI:SS "+0000"') as mail_date
from edition e join message m on m.id = e.message_id
join issue i on i.id = e.issue_id
where e.issue_id = $1 and e.name = $2

-- What the archive shows of an issue in a language.
-- name: archive_issue
insert into archive_issue (issue_id, lang, label, headline, document)
values ($1, $2, $3, $4, $5)

-- name: archive_item
insert into archive_item (issue_id, lang, position, anchor, title, body,
	body_lang)
values ($1, $2, $3, $4, $5, $6, $7)
