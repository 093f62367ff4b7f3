-- Journals of departures (base/departures_apply.c).

-- name: departures_known
select identity, bytes, tail from departures_known()

-- name: departures_apply
select unsubscribed, erased, blocked, returned
from departures_apply($1, $2, $3, $4)

-- name: departure_moment
-- Of this transaction, as the rows that it changes have it.
select (extract(epoch from now()) * 1000000)::bigint as at
