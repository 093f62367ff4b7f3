-- What an operator asks about sending.  Addresses pass as hashes and seals.

-- The issue whose sending began last.
-- name: why_last
select issue_id as id from mailing where kind = 'issue'
order by created_at desc, id desc limit 1

-- name: why_delivery
-- What was planned in an issue for a subscriber, and whether it still waits.
-- No index leads from a subscriber to deliveries, because it would make
-- freezing a million recipients a second slower; reading them takes 0.1 s.
select m.id as mailing_id, m.state, m.state_by, m.state_reason,
	rfc3339(m.state_at) as state_at, rfc3339(m.created_at) as frozen_at,
	rfc3339(m.expires_at) as expires_at, m.planned, d.seq,
	g.edition, w.attempt as next_attempt, rfc3339(w.due_at) as due_at,
	w.due_at <= now() as due
from mailing m
left join lateral (select x.seq, x.message_id from delivery x
	where x.mailing_id = m.id and x.subscriber_id = $2 limit 1) d on true
left join message g on g.id = d.message_id
left join lateral (select v.attempt, v.due_at from delivery_waiting v
	where v.mailing_id = m.id and v.seq = d.seq limit 1) w on true
where m.kind = 'issue' and m.issue_id = $1

-- name: why_attempts
select attempt, rfc3339(at) as at, result::text as result, stage, code, status,
	reply
from outcome where mailing_id = $1 and seq = $2 order by attempt

-- name: why_then
-- The state of somebody when an issue was frozen.
select case when s.created_at > m.created_at then 'later'
	when s.state_at <= m.created_at then s.state
	else coalesce((select case
			-- Whoever was asked was no reader before they said yes.
			when e.kind in ('subscribed', 'imported') then
				case when (select n.kind from consent_event n
					where n.address_hash = s.address_hash
						and n.id > e.id and n.kind in
						('confirmed', 'unsubscribed',
						'blocked')
					order by n.id limit 1) = 'confirmed'
				then 'pending' else 'active' end
			when e.kind = 'paused' then 'paused'
			when e.kind = 'unsubscribed' then 'unsubscribed'
			when e.kind = 'blocked' then 'blocked'
			when e.kind = 'undeliverable' then 'undeliverable'
			else 'active' end
		from consent_event e where e.address_hash = s.address_hash
			and e.kind <> 'language' and e.at <= m.created_at
			-- The last one made the state that is now.
			and e.id < (select max(l.id) from consent_event l
				where l.address_hash = s.address_hash
					and l.kind <> 'language')
		order by e.id desc limit 1), 'unknown') end as was,
	rfc3339(s.created_at) as since,
	coalesce((select x.on_date <= schedule_date(m.created_at)
		from suppression x where x.address_hash = s.address_hash), false)
		as suppressed,
	i.audience, array_to_string(i.audience_tags, ', ') as tags
from subscriber s, mailing m, issue i where s.id = $2 and i.id = m.issue_id
	and m.kind = 'issue' and m.issue_id = $1

-- name: why_future
-- The edition a reader gets as things are now, and who the issue is for.
select i.audience, array_to_string(i.audience_tags, ', ') as tags,
	(select a.edition from issue_audience(i.id) a
		where a.subscriber_id = $2) as edition
from issue i where i.id = $1

-- name: missing_possible
-- busy: a worker has messages of it in hand.
select m.state, exists (select from chunk c where c.mailing_id = m.id
	and c.done_at is null and c.leased_until > now()) as busy
from mailing m where m.kind = 'issue' and m.issue_id = $1

-- name: missing_counts
select count(*) filter (where gets and reason = 'refused') as refused,
	count(*) filter (where gets and reason = 'expired') as expired,
	count(*) filter (where gets and reason = 'suppressed') as returned,
	count(*) filter (where gets and reason = 'unsent') as unsent,
	count(*) filter (where gets and reason = 'uncertain') as uncertain,
	(select count(*) from issue_newcomers($1)) as newcomers
from issue_missing($1)

-- name: missing_send
select issue_send_missing($1, $2, $3, make_interval(hours => $4), $5, $6) as n,
	exists (select from role_state where role = 'send'
		and seen_at > now() - interval '1 minute') as alive

-- name: rehearse_facts
-- How many there are, when it is dated, what the relay takes, and how fast it
-- went: now, or with the last issue.
select (select count(*) from issue_audience(i.id)) as recipients,
	extract(epoch from issue_begins(i))::bigint as dated_at,
	(select min(relay_size) from send_worker
		where seen_at > now() - interval '1 minute') as relay_size,
	coalesce(w.rate, l.rate, 0)::float8 as rate,
	case when w.rate is not null then 'workers'
		when l.rate is not null then 'last' end as rate_from
from issue i
left join lateral (select sum(rate) as rate from send_worker
	where seen_at > now() - interval '1 minute' having sum(rate) > 0) w
	on true
left join lateral (select count(*)
		/ greatest(extract(epoch from max(o.at) - min(o.at)), 1) as rate
	from outcome o where o.attempt = 1 and o.result = 'accepted'
		and o.mailing_id = (select m.id from mailing m
			where m.kind = 'issue' and m.state = 'done'
			order by m.finished_at desc limit 1)
	having count(*) > 0) l on w.rate is null
where i.id = $1

-- name: rehearse_quiet
-- Seconds from when an issue is sent, at the earliest now, to the next begin
-- and end of the quiet hours, and how long those are.
select mod(86400 + extract(epoch from q.ends - q.begins)::int, 86400) as length,
	mod(86400 + extract(epoch from q.begins - q.at)::int, 86400)
		as until_begin,
	mod(86400 + extract(epoch from q.ends - q.at)::int, 86400) as until_end
from (select (greatest(now(), to_timestamp($1))
		at time zone schedule_zone())::time as at,
	split_part($2, '-', 1)::time as begins,
	split_part($2, '-', 2)::time as ends) q

-- name: rehearse_page
-- Those who would be frozen now, the next ones after a key.
select a.key, s.id, s.address_sealed, a.edition
from issue_audience($1, $2, 5000) a join subscriber s on s.id = a.subscriber_id
order by a.key

-- name: watch_state
select i.state, coalesce(m.state, '') as mailing,
	coalesce(m.state_by, '') as state_by,
	coalesce(m.state_reason, '') as state_reason,
	rfc3339(m.state_at) as state_at, coalesce(m.probe, '') as probe,
	coalesce(g.planned, 0) as planned, coalesce(g.waiting, 0) as waiting,
	coalesce(g.accepted, 0) as accepted,
	coalesce(g.deferred, 0) as deferred,
	coalesce(g.refused, 0) as refused, coalesce(g.expired, 0) as expired,
	coalesce(g.suppressed, 0) as suppressed,
	coalesce(g.uncertain, 0) as uncertain,
	rfc3339(now() + make_interval(secs => $2::int)) as done_at,
	coalesce(m.state = 'sending', i.state = 'approved')
		and send_awake_since(now(), $3) is null as quiet
from issue i
left join mailing m on m.issue_id = i.id and m.kind = 'issue'
left join ledger g on g.mailing_id = m.id
where i.id = $1

-- name: watch_workers
select name, host, connections, in_flight, rate::float8 as rate, relay,
	rfc3339(relay_since) as relay_since
from send_worker where seen_at > now() - interval '1 minute' order by name

-- name: watch_deferred
-- Those that wait for another try, with what the server said; total counts
-- what the limit leaves out.  Only retries are looked at, which name theirs.
select s.address_sealed, o.code, o.status, o.reply, t.total
from (select c.attempt, unnest(c.seqs) as seq from mailing m
	join chunk c on c.mailing_id = m.id and c.done_at is null
		and c.seqs is not null
	where m.kind = 'issue' and m.issue_id = $1 limit $2) c
join mailing m on m.kind = 'issue' and m.issue_id = $1
join delivery d on d.mailing_id = m.id and d.seq = c.seq
join subscriber s on s.id = d.subscriber_id
join outcome o on o.mailing_id = m.id and o.seq = c.seq
	and o.attempt = c.attempt - 1 and o.result = 'deferred',
(select coalesce(sum(cardinality(c.seqs)), 0) as total from mailing m
	join chunk c on c.mailing_id = m.id and c.done_at is null
	where m.kind = 'issue' and m.issue_id = $1) t

-- name: watch_pace
select host, domain_sealed, concurrency::float8 as concurrency,
	rfc3339(cool_until) as cool_until,
	coalesce(cool_until > now(), false) as cooling, failures
from pace order by cooling desc, cool_until desc nulls last, changed_at desc
limit 100
