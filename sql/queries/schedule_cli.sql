-- Queries of the commands about the calendar, and of `tweeluik status`.

-- name: schedule_show
select first_date, to_char(send_time, 'HH24:MI') as send_time, zone,
	every_days, minimum_items,
	(extract(epoch from grace) / 3600)::int as grace_hours,
	(extract(epoch from late) / 3600)::int as late_hours,
	schedule_paused(now()) as paused, paused_until,
	rfc3339(changed_at) as changed_at, changed_by
from schedule

-- name: schedule_moments
select m.occurrence, m.local_iso as send_at, m.skipped, m.moved, m.note
from schedule_moments(coalesce($1::date, schedule_date(now())), $2::int, $3)
	m

-- name: schedule_moments_with_issue
select m.occurrence, m.local_iso as send_at, m.skipped, m.moved, m.note,
	l.number || '-' || l.year as issue
from schedule_moments(coalesce($1::date, schedule_date(now())), $2::int, $3)
	m
left join issue i on i.occurrence = m.occurrence
left join issue_label l on l.id = i.id
order by m.occurrence

-- name: schedule_breaks
select name, first_day, last_day from schedule_break
where last_day >= schedule_date(now()) order by first_day

-- name: schedule_zone_known
select exists (select from pg_timezone_names where name = $1) as known

-- name: schedule_set
select schedule_set($1, $2::date, $3::time, $4, $5::int, $6::int,
	$7::int * interval '1 hour', $8::int * interval '1 hour')

-- name: schedule_lock
select schedule_lock()

-- name: schedule_follow
-- Issues that are open already go along with the calendar.
select issue_follow(now())

-- name: schedule_occurrence
-- A date of the series, and whether it is still to come.
select m.occurrence, m.local_iso as send_at, m.skipped, m.moved,
	m.send_at > now() as ahead, i.state as issue_state
from schedule_moments($1::date, 1) m
left join issue i on i.occurrence = m.occurrence

-- name: schedule_skip
insert into schedule_exception (occurrence, action) values ($1::date, 'skip')
on conflict (occurrence) do update set action = 'skip', moved_to = null

-- name: schedule_move
insert into schedule_exception (occurrence, action, moved_to)
values ($1::date, 'move', wall_clock($2::timestamp, schedule_zone()))
on conflict (occurrence) do update set action = 'move',
	moved_to = excluded.moved_to

-- name: schedule_moment_ahead
select wall_clock($1::timestamp, schedule_zone()) > now() as ahead

-- name: schedule_restore
with gone as (delete from schedule_exception where occurrence = $1::date
	returning occurrence)
update issue i set state = 'open' from gone
where i.occurrence = gone.occurrence and i.state = 'skipped'
	and i.planned_at > now()

-- name: schedule_break_add
insert into schedule_break (first_day, last_day, name)
values ($1::date, $2::date, $3)

-- name: schedule_break_remove
delete from schedule_break where lower(name) = lower($1)
	and last_day >= schedule_date(now())
returning id

-- name: schedule_pause
update schedule set paused = true, paused_until = $1::date,
	changed_at = now(), changed_by = $2

-- name: sending_release
select sending_release($1) as released

-- name: schedule_resume
update schedule set paused = false, paused_until = null,
	changed_at = now(), changed_by = $1
where paused returning single

-- name: status_issues
-- What is being made or sent, the nearest first.
select i.id, l.number, l.year, i.series, i.state,
	i.kind, i.audience, array_to_string(i.audience_tags, ', ') as tags,
	(select case w.series when 'extra' then 'extra-' else '' end
			|| w.number || '-' || w.year
		from issue w where w.id = i.corrects_issue_id) as corrects,
	case when i.series = 'extra' and i.state <> 'sending' then (
		select count(*) from issue_audience(i.id)) end as readers,
	rfc3339(issue_begins(i)) as planned_at,
	schedule_date(issue_begins(i)) - schedule_date(now()) as days,
	i.held_at is not null as held, i.held_by, i.held_reason,
	g.state as mailing_state, g.state_reason as mailing_reason,
	g.state_by as mailing_by, g.planned, g.accepted, g.refused, g.waiting
from issue i join issue_label l on l.id = i.id
left join lateral (select m.state, m.state_reason, m.state_by, x.planned,
		x.accepted, x.refused, x.waiting
	from mailing m join ledger x on x.mailing_id = m.id
	where m.issue_id = i.id and m.kind = 'issue') g on true
where i.state in ('open', 'approved', 'sending')
order by issue_begins(i), i.id limit 10

-- name: status_sides
-- Of what the issue would carry: how far each language is.
select s.lang, count(*) as items,
	count(*) filter (where s.status = 'ready') as ready,
	count(*) filter (where s.status = 'outdated') as outdated,
	count(*) filter (where s.status = 'draft') as draft,
	count(*) filter (where s.status = 'empty') as empty
from issue_content($1) c join item_side s on s.item_id = c.item_id
group by s.lang, s.lang_position order by s.lang_position

-- name: status_schedule
select exists (select from schedule) as known,
	schedule_paused(now()) as paused, (select paused_until from schedule),
	(select rfc3339(since) from sending_hold) as held_since,
	n.local_iso as next_at, n.occurrence as next_date,
	schedule_date(n.send_at) - schedule_date(now()) as days
from (select) x left join schedule_next(now()) n on true

-- name: status_alarms
-- What is wrong now, whoever was told of it.
select c.key, l.series, l.number, l.year, c.text, rfc3339(c.since) as since
from alarm_conditions(now(), $1) c left join issue_label l on l.id = c.issue_id
order by c.since, c.key

-- name: status_workers
-- Who sends; a worker that was silent for a minute is gone.
select count(*) as workers, count(distinct host) as hosts,
	coalesce(sum(in_flight), 0)::int as in_flight,
	coalesce(round(sum(rate)), 0)::int as rate,
	one_line(coalesce(string_agg(distinct nullif(relay, ''), '; '), ''))
		as relay,
	rfc3339(min(relay_since) filter (where relay <> '')) as relay_since,
	send_awake_since(now(), $1) is null as quiet,
	exists (select from mailing
		where kind = 'issue' and state = 'sending') as sending
from send_worker where seen_at > now() - interval '1 minute'
