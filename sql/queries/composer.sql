-- What every command of the composer may need.

-- name: set_actor
-- And plans for the values at hand, as most commands run a query once and many
-- have parameters that may be null.
select set_config('tweeluik.actor', $1, false),
	set_config('plan_cache_mode', 'force_custom_plan', false);

-- name: activity_add
select activity_add($1, $2, $3, $4, $5);

-- name: ledger_unbalanced
-- From every delivery; and what chunks add up to has to be the same.
select mailing_id, kind, planned, accepted, refused, expired, suppressed,
	uncertain, waiting
from ledger_audit a where not balanced or not exists (select from ledger l
	where l.mailing_id = a.mailing_id and (l.accepted, l.refused, l.expired,
		l.suppressed, l.uncertain, l.waiting) = (a.accepted, a.refused,
		a.expired, a.suppressed, a.uncertain, a.waiting))
order by mailing_id

-- name: address_sample
select id, address_sealed from subscriber order by random() limit 20

-- name: role_states
select role, host, pid, rfc3339(started_at) as started_at,
	rfc3339(seen_at) as seen_at, seen_at > now() - interval '30 seconds'
	as alive, status
from role_state where role <> 'composer' order by role, host
