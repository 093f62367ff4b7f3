-- name: web_subscriber
select address_sealed, language,
	state in ('unsubscribed', 'blocked') as left,
	state in ('active', 'paused') as may_pause,
	coalesce(undo_until > now(), false) as may_undo, choices,
	case state when 'paused' then coalesce(paused_until::text, '-')
		else '' end as paused
from web_subscriber($1)

-- name: web_unsubscribe
select web_unsubscribe($1, $2, $3) as changed

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
union all
select metric, label1, label2, value from web_return_metrics($1)

-- name: web_pause
select web_pause($1, $2) as paused

-- What a form was loaded with, language and months; null for as it is.
-- name: web_choose
select web_choose($1, $2, $3, $4) as saved

-- name: web_details_letter
select web_details_letter($1)

-- name: web_details
select address_sealed, wanted_sealed, coalesce(wanted_at, '') as wanted_at, data
from web_details($1, $2, $3)

-- name: web_address_wish
select web_address_wish($1, $2, $3, $4, $5) as result

-- name: web_address
select address_sealed, done from web_address($1, $2)

-- name: web_address_confirm
select web_address_confirm($1, $2) as changed

-- name: web_erase
select changed, address_hash, at from web_erase($1, $2)

-- name: web_check
select sheet, language, used, waiting from web_check($1, $2)

-- name: web_check_correct
select web_check_correct($1, $2)

-- name: web_check_change
select web_check_change($1, $2, $3, $4) as queued

-- name: web_signup
select web_signup($1, $2, $3, $4, $5, $6)

-- name: web_joining
select state, language from web_joining($1, $2)

-- name: web_confirm
select web_confirm($1, $2) as changed

-- name: web_confirm_again
select web_confirm_again($1, $2)

-- name: web_issues
select next, latest from web_issues()

-- name: web_archive
select series, year, number, label, headline, day from web_archive($1)

-- name: web_archive_first
select web_archive_first() as day

-- name: web_archive_issue
select label, headline, document, invitation from web_archive_issue($1, $2, $3, $4)

-- name: web_archive_notes
select day, text from web_archive_notes($1, $2, $3, $4)

-- name: web_archive_search
select series, year, number, label, day, anchor, title, excerpt,
	excerpt_lang
from web_archive_search($1, $2, $3)

-- name: web_archive_feed
select series, year, number, label, document, updated
from web_archive_feed($1, $2)

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

-- name: web_departure
select address_hash, at from web_departure($1)
