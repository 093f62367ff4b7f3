-- name: web_subscriber
select address_sealed, language,
	state in ('unsubscribed', 'blocked') as left,
	coalesce(undo_until > now(), false) as may_undo
from web_subscriber($1)

-- name: web_unsubscribe
select web_unsubscribe($1, $2, $3) as changed

-- name: web_farewell
select web_farewell($1, $2, $3, $4, $5, $6) as queued

-- name: web_undo
select web_undo($1) as changed

-- name: web_reason
select web_reason($1, $2)

-- name: web_language
select web_language($1, $2) as changed

-- name: web_version
select html from web_version($1, $2)

-- name: web_health
select web_health($1) as word

-- name: web_metrics
select metric, label1, label2, value from web_metrics($1)

-- name: web_event
-- A whole day when no hour is given; an end is the first moment after it.
select $1::bigint as id, e.title,
	coalesce(e.place, case when e.online then 'Online' end) as place,
	e.sign_up, a.all_day, e.revision as sequence,
	to_char(e.changed_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"')
		as stamp,
	case when a.all_day then to_char(e.starts, 'YYYYMMDD')
		else to_char(e.starts_at at time zone 'UTC',
			'YYYYMMDD"T"HH24MISS"Z"') end as starts,
	case when e.ends <= e.starts then null
		when a.all_day then to_char(e.ends, 'YYYYMMDD')
		else to_char(e.ends_at at time zone 'UTC',
			'YYYYMMDD"T"HH24MISS"Z"') end as ends
from web_event($1, $2) e
cross join lateral (select e.starts::time = '00:00'
	and coalesce(e.ends::time, '00:00') = '00:00' as all_day) a

-- name: web_invitation
select html from web_invitation($1, $2)
