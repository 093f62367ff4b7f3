-- The send role: lease, deliver, record.

-- name: send_lease
select * from send_lease($1, $2, $3, $4, $5, $6)

-- name: send_beat
select send_beat($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as workers

-- name: send_record
select send_record($1, $2, $3, $4, $5, $6, $7, $8)

-- name: send_finish
select send_finish($1, $2, $3, make_interval(mins => $4), $5, $6,
	make_interval(secs => $7)) as finished

-- name: send_buried
select send_buried($1, $2, $3)

-- Workers of this host that gave no sign of life lately.
-- name: send_names
select leased_by as name from chunk
where leased_by like $1 || ':%' and done_at is null
	and not exists (select from send_worker w where w.name = leased_by
		and w.seen_at > now() - interval '15 seconds')
union select name from send_worker
where host = $1 and seen_at < now() - interval '15 seconds'

-- What is leased under a name but not held by it: the answer to a lease was
-- lost.
-- name: send_strays
update chunk c set leased_by = null, leased_until = null
where leased_by = $1 and done_at is null
	and not exists (select from unnest($2::bigint[], $3::int[]) h (m, n)
		where h.m = c.mailing_id and h.n = c.no)

-- name: send_message
select bytes, slots, sealed from message where id = $1

-- Refusals that are on record say something of the readers; dead: of their
-- addresses.
-- name: send_refused
select bounce_refused($1, $2, $3)

-- name: send_pause
select send_pause($1, $2, $3, $4)

-- name: send_probe
select mailing_id, probe from send_probe()

-- name: send_resume
select send_resume($1)

-- name: pace_restore
select domain_sealed, (concurrency * 1000)::int as concurrency_milli,
	failures, greatest(0, extract(epoch from cool_until - now())
		* 1000)::bigint as cool_ms
from pace where host = $1 and changed_at > now() - interval '1 day'

-- name: pace_forget
delete from pace where host = $1

-- name: pace_save
insert into pace (host, domain_hash, domain_sealed, concurrency, cool_until,
	failures)
values ($1, $2, $3, $4::real / 1000,
	case when $5::bigint > 0
		then now() + $5::bigint * interval '1 millisecond' end, $6)
on conflict (host, domain_hash) do update
set concurrency = excluded.concurrency, cool_until = excluded.cool_until,
	failures = excluded.failures, changed_at = now()
