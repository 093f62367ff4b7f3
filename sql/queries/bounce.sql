-- What people see of the return path.  Addresses pass as seals.

-- name: bounce_span
-- The issue that was sent last.
select rfc3339(m.created_at) as since, l.number || '-' || l.year as issue
from mailing m join issue_label l on l.id = m.issue_id
where m.kind = 'issue' order by m.created_at desc limit 1

-- name: bounce_readers
-- Readers of whom a person may have to judge, with the last thing that came
-- back: of an issue, since a moment, each or null.  Those who are dead are
-- judged only when the address looks like a slip.
with last as (
	select distinct on (b.subscriber_id) b.* from bounce b
	where b.class in ('hard', 'soft')
		and ($1::bigint is null or b.issue_id = $1)
		and ($2::timestamptz is null or b.at >= $2)
	order by b.subscriber_id, b.at desc, b.id desc)
select s.address_sealed, s.id as subscriber, s.state, rfc3339(b.at) as at,
	l.number || '-' || l.year as issue, b.class, b.status, b.reason,
	coalesce(k.issues, 0) as in_a_row, k.issues is not null as again
from last b join subscriber s on s.id = b.subscriber_id
	and s.state in ('active', 'paused', 'undeliverable')
left join issue_label l on l.id = b.issue_id
left join bounce_judged j on j.subscriber_id = s.id
left join bounce_again($1, $2) k on k.subscriber_id = s.id
where (j.at is null or j.at < b.at)
	and (b.reason = 'dead' or k.issues is not null)
order by in_a_row desc, b.at desc, s.id

-- name: bounce_mails
-- Messages that wait for a person.
select r.id, rfc3339(r.at) as at, r.mailbox, r.kind, r.state, r.reason as why,
	r.forward, r.from_sealed, r.subject_sealed,
	r.raw_sealed is not null as raw
from returned r
where r.state in ('review', 'aside') and ($1::bigint is null or r.mailing_id in
	(select m.id from mailing m where m.issue_id = $1))
order by r.id

-- name: bounce_counts
-- What was done by itself.
select x.what, x.kind, x.reason, count(*) as n from (
	select b.effect as what, 'report' as kind, b.reason from bounce b
	where b.class in ('hard', 'soft')
		and ($1::bigint is null or b.issue_id = $1)
		and ($2::timestamptz is null or b.at >= $2)
	union all
	select case r.state when 'handled' then r.kind else r.state end, r.kind,
		''
	from returned r where r.kind <> 'report'
		and r.state in ('handled', 'forwarded', 'dismissed')
		and ($1::bigint is null or r.mailing_id in
			(select m.id from mailing m where m.issue_id = $1))
		and ($2::timestamptz is null or r.at >= $2)) x
group by x.what, x.kind, x.reason order by n desc, x.what, x.kind, x.reason

-- name: bounce_message
select r.id, rfc3339(r.at) as at, r.mailbox, r.kind, r.rule, r.state,
	r.reason as why, r.by, rfc3339(r.changed_at) as changed_at,
	r.from_sealed, r.subject_sealed, r.raw_sealed is not null as raw,
	s.address_sealed, r.subscriber_id as subscriber,
	l.number || '-' || l.year as issue
from returned r
left join subscriber s on s.id = r.subscriber_id
left join mailing m on m.id = r.mailing_id
left join issue_label l on l.id = m.issue_id
where r.id = $1

-- name: bounce_raw
select raw_sealed from returned where id = $1 and raw_sealed is not null

-- name: bounce_of
-- Of a message or of a reader, each or null; the newest first.
select rfc3339(b.at) as at, b.source, b.class, b.final, b.status, b.reason,
	b.rule, b.diagnostic, b.effect, b.returned_id as returned,
	l.number || '-' || l.year as issue
from bounce b left join issue_label l on l.id = b.issue_id
where b.returned_id = $1 or b.subscriber_id = $2
order by b.at desc, b.id desc limit 100

-- name: bounce_streak
select issues, dead from bounce_streak($1)

-- name: bounce_reactivate
-- With one mail that checks the address.  No row, as in the next one: they are
-- in another state by now.
select letter_add('probe', s.id, s.language) as letter from subscriber s
where s.id = $1 and subscriber_reactivate(s.id, $2, $3)

-- name: bounce_suppress
select 1 as done where subscriber_suppress($1, $2, $3)

-- name: bounce_keep
with kept as (
	insert into bounce_judged as j (subscriber_id, by) values ($1, $3)
	on conflict (subscriber_id) do update
		set at = now(), by = excluded.by
	returning subscriber_id)
select activity_add($3, 'subscriber', subscriber_id, 'kept', $2) from kept

-- name: bounce_dismiss
-- No row: it does not wait.
update returned set state = 'dismissed', by = $2, changed_at = now(),
	forward = false
where id = $1 and state in ('review', 'aside') returning id

-- name: bounce_forward
-- As if nobody had to be asked.
update returned set state = 'review', forward = true, by = $2,
	changed_at = now()
where id = $1 and state in ('review', 'aside') and raw_sealed is not null
returning id

-- name: bounce_passing
select count(*) as n from returned where state = 'review' and forward

-- name: subscriber_returns
-- How mail to a subscriber fails lately, and what came back last.
select k.issues as in_a_row, k.dead, b.*
from bounce_streak($1) k
left join lateral (select rfc3339(x.at) as at, x.status, x.reason
	from bounce x where x.subscriber_id = $1 and x.class in ('hard', 'soft')
	order by x.at desc, x.id desc limit 1) b on true

-- name: why_returns
select rfc3339(at) as at, class, status, reason, diagnostic, effect
from bounce where subscriber_id = $1 and mailing_id = $2
	and source = 'report' and class in ('hard', 'soft')
order by id

-- name: report_returned
-- Of an issue that a server had taken at first, by reason.
select b.reason, count(distinct b.subscriber_id) as n
from bounce b where b.issue_id = $1 and b.source = 'report'
	and b.class in ('hard', 'soft')
group by b.reason order by n desc, b.reason

-- name: report_answers
-- What else came by mail about an issue.
select count(*) filter (where r.kind = 'complaint') as complaints,
	count(*) filter (where r.kind = 'unsubscribe') as unsubscribed,
	count(*) filter (where r.kind = 'autoreply') as absent,
	count(*) filter (where r.kind in ('person', 'moved', 'challenge'))
		as people
from returned r join mailing m on m.id = r.mailing_id
where m.issue_id = $1

-- name: status_returns
-- What waits for a person: mails, and readers who fail again and again.
select (select count(*) from returned where state in ('review', 'aside')
		and not forward) as mails,
	(select count(*) from bounce_again(null, (select max(created_at)
		from mailing where kind = 'issue'))) as readers

-- name: status_mailboxes
-- Unread: for a day.
select m.name, rfc3339(m.last_read_at) as last_read_at,
	rfc3339(m.failing_since) as failing_since, m.last_error,
	coalesce(extract(day from now() - x.since)::int, 0) as days,
	coalesce(x.since <= now() - interval '1 day', false) as unread
from mailbox m,
lateral (select coalesce(m.last_read_at, m.failing_since) as since) x
order by m.name
