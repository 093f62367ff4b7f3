-- The schedule role.

-- name: schedule_round
select subject, number, action, detail
from schedule_round(now(), $1, make_interval(hours => $2), $3)

-- What comes next, for the status line.
-- name: schedule_status
select coalesce(l.number, 0) as number, i.state,
	coalesce(i.held_reason, '') as held_reason,
	to_char(coalesce(i.send_after, i.planned_at) at time zone
		schedule_zone(), 'YYYY-MM-DD HH24:MI') as at,
	schedule_paused(now()) as paused,
	exists (select from sending_hold) as held
from (select) one
left join lateral (select * from issue
	where state in ('open', 'approved', 'sending')
	order by planned_at, id limit 1) i on true
left join issue_label l on l.id = i.id

-- Alarms, reports and holds that nobody was told yet, with the facts of them.
-- name: letters_due
select d.alarm_id, d.key, d.event, d.text, rfc3339(d.since) as since,
	rfc3339(now()) as now, l.number, l.year, l.series, i.held_by as by,
	g.planned, g.accepted, g.refused, g.expired, g.suppressed, g.uncertain
from letters_due(now(), $1) d
left join issue i on i.id = d.the_issue
left join issue_label l on l.id = d.the_issue
left join lateral (select x.* from mailing m
	join ledger x on x.mailing_id = m.id
	where d.key = 'report' and m.issue_id = d.the_issue
		and m.kind = 'issue') g on true

-- name: retention_round
select done, coalesce(counts, '') as counts from retention_today()

-- name: letter_store
select message, mailing from letter_store($1, $2, $3, $4, $5, $6)

-- name: letter_recipient
select mailing_recipient($1, $2, null, $3)

-- name: signup_settle
select settled, waiting from signup_settle($1)

-- Letters to one person that nobody wrote yet.
-- name: postman_due
-- Who waits for a link comes before organisations that are asked something.
select id, kind, language, subscriber_id, organisation_id from letter
where written_at is null order by kind = 'check', id limit $1

-- name: postman_write
select letter_write($1, $2, $3, $4, $5, $6, make_interval(mins => $7))

-- What a letter asks an organisation to check.
-- name: postman_sheet
select organisation_sheet($1) as sheet

-- What the answer to a contribution tells.
-- name: postman_contribution
select outcome, verified, guess, item, title, lang, deadline, left_out
from letter_contribution($1)
