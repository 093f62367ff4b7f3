-- The send role: lease, deliver, record.

-- name: send_lease
select * from send_lease($1, $2)

-- name: send_renew
select send_renew($1, $2)

-- name: send_release
update chunk set leased_by = null, leased_until = null
where leased_by = $1 and done_at is null

-- name: send_leases
select distinct leased_by from chunk
where leased_by is not null and done_at is null

-- name: send_message
select bytes, slots from message where id = $1

-- name: send_outcome
insert into outcome (mailing_id, seq, attempt, result, stage, code, status,
	reply)
values ($1, $2, $3, $4, $5, nullif($6, 0), nullif($7, ''), nullif($8, ''))
on conflict do nothing

-- name: send_dead
select subscriber_undeliverable($1, $2)

-- name: send_finish
select send_finish($1, $2, $3, make_interval(mins => $4), $5) as finished

-- name: send_pause
select send_pause($1, $2)
