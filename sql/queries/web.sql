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

-- name: web_departure
select address_hash, at from web_departure($1)

-- name: web_departures_known
select identity, bytes, tail from web_departures_known()

-- name: web_departures_apply
select unsubscribed, erased, blocked, returned
from web_departures_apply($1, $2, $3, $4)
