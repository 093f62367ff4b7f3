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
	schedule_paused(now()) as paused
from (select) one
left join lateral (select * from issue
	where state in ('open', 'approved', 'sending')
	order by planned_at, id limit 1) i on true
left join issue_label l on l.id = i.id
