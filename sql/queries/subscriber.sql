-- Queries of subscriber.  Addresses pass as hashes and seals only.

-- name: subscriber_find
-- Always one row: somebody who is no subscriber may have left for good.
select s.id, s.state, s.state_reason, rfc3339(s.state_at) as state_at,
	s.language, s.language_from, s.paused_until, to_jsonb(s.tags) as tags,
	o.name as organisation, rfc3339(s.created_at) as since,
	x.reason as suppressed, x.on_date as suppressed_on
from (select $1::bytea as hash) q
left join subscriber s on s.address_hash = q.hash
left join organisation o on o.id = s.organisation_id
left join suppression x on x.address_hash = q.hash

-- name: subscriber_events
select rfc3339(e.at) as at, e.kind, e.way, e.basis, w.body as wording,
	l.number || '-' || l.year as issue
from consent_event e
left join wording w on w.id = e.wording_id
left join issue_label l on l.id = e.issue_id
where e.address_hash = $1::bytea order by e.id

-- name: subscriber_page
-- Language, state and tag, each or null; the next ones after an id.
select s.id, s.address_sealed, o.name as organisation, s.language,
	s.language_from, s.state, s.paused_until, to_jsonb(s.tags) as tags,
	rfc3339(s.created_at) as since
from subscriber s left join organisation o on o.id = s.organisation_id
where s.id > $4::bigint and ($1::text is null or s.language = $1)
	and ($2::text is null or s.state = $2)
	and ($3::text is null or $3 = any (s.tags))
order by s.id limit 5000

-- name: subscriber_counts
select count(*) filter (where state = 'active') as active,
	count(*) filter (where state = 'active' and language = 'nl') as nl,
	count(*) filter (where state = 'active' and language = 'en') as en,
	count(*) filter (where state = 'active' and language = 'both') as both,
	count(*) filter (where state = 'active' and language = 'both'
		and language_from = 'default') as never_chose,
	count(*) filter (where state = 'pending') as pending,
	count(*) filter (where state = 'paused') as paused,
	count(*) filter (where state = 'unsubscribed') as unsubscribed,
	count(*) filter (where state = 'undeliverable') as undeliverable,
	count(*) filter (where state = 'blocked') as blocked
from subscriber

-- name: subscribers_look
-- What an import would do with each: hashes, organisations, languages and
-- tags ("a,b") as arrays; "" for none.
select case
	when x.address_hash is not null or s.state in ('unsubscribed', 'blocked')
		then 'left'
	when s.id is null then 'new'
	when s.organisation_id is null and o.id is not null
		or not s.tags @> string_to_array(i.tags, ',')
		or s.language_from = 'default' and i.language <> ''
		then 'completed'
	else 'same' end as fate,
	i.organisation <> '' and o.id is null as unknown_organisation
from unnest($1::bytea[], $2::text[], $3::text[], $4::text[])
	with ordinality i (hash, organisation, language, tags, n)
left join subscriber s on s.address_hash = i.hash
left join suppression x on x.address_hash = i.hash
left join lateral (select id from organisation
	where lower(name) = lower(i.organisation) order by id limit 1) o on true
order by i.n

-- name: subscribers_insert
-- New ones with the proof that they agreed: kind, way and basis.  Nobody who
-- left meanwhile.
with added as (
	insert into subscriber (address_hash, address_sealed, language,
		language_from, state, organisation_id, tags)
	select i.hash, i.sealed, coalesce(nullif(i.language, ''), 'both'),
		case when i.language = '' then 'default' else $9 end,
		'active', o.id, array(select distinct t
			from unnest(string_to_array(i.tags, ',')) t order by t)
	from unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[],
		$5::text[]) i (hash, sealed, organisation, language, tags)
	left join lateral (select id from organisation
		where lower(name) = lower(i.organisation)
		order by id limit 1) o on true
	where not exists (select from suppression x
		where x.address_hash = i.hash)
	returning address_hash)
insert into consent_event (address_hash, kind, way, basis)
select address_hash, $6::text, $7::text, $8::text from added

-- name: subscribers_complete
-- What an import knows more about subscribers; never a state, never a
-- language that somebody chose.
with i as (
	select s.id, s.address_hash, o.id as organisation_id, n.tags,
		case when s.language_from = 'default'
			then nullif(n.language, '') end as language
	from unnest($1::bytea[], $2::text[], $3::text[], $4::text[])
		n (hash, organisation, language, tags)
	join subscriber s on s.address_hash = n.hash
	left join lateral (select id from organisation
		where lower(name) = lower(n.organisation)
		order by id limit 1) o on true),
done as (
	update subscriber s set
		organisation_id = coalesce(s.organisation_id, i.organisation_id),
		tags = array(select distinct t from unnest(s.tags
			|| string_to_array(i.tags, ',')) t order by t),
		language = coalesce(i.language, s.language),
		language_from = case when i.language is null
			then s.language_from else 'import' end
	from i where s.id = i.id)
insert into consent_event (address_hash, kind, way, basis)
select address_hash, 'language', 'import', $5 from i where language is not null

-- name: subscriber_leave
select subscriber_leave($1, 'command') as changed

-- name: subscriber_language
with done as (
	update subscriber set language = $2, language_from = 'chosen'
	where id = $1 and (language, language_from) is distinct from ($2, 'chosen')
	returning address_hash)
select subscriber_event(address_hash, 'language', 'command', $2) from done

-- name: subscriber_activate
-- Not those who left: they come back by themselves or not at all.
with old as (select id, state from subscriber where id = $1
	and state in ('paused', 'undeliverable') for update),
done as (
	update subscriber s set state = 'active', state_reason = '',
		state_at = now(), paused_until = null
	from old where s.id = old.id returning s.address_hash, old.state as was)
select subscriber_event(address_hash, case was when 'paused' then 'resumed'
	else 'reactivated' end, 'command') from done

-- name: subscriber_pause
with done as (
	update subscriber set state = 'paused', state_reason = '',
		state_at = now(), paused_until = $2::date
	where id = $1 and state in ('active', 'paused')
	returning address_hash)
select subscriber_event(address_hash, 'paused', 'command',
	coalesce($2::text, '')) from done

-- name: subscriber_block
with done as (
	update subscriber set state = 'blocked', state_reason = 'command',
		state_at = now(), paused_until = null
	where id = $1 and state <> 'blocked' returning address_hash),
kept as (
	insert into suppression (address_hash, reason)
	select address_hash, 'blocked' from done
	on conflict (address_hash) do update set reason = 'blocked')
select subscriber_event(address_hash, 'blocked', 'command') from done

-- name: subscriber_details
-- Tags to add and to take away; an organisation, null for as it is, "" for
-- none.
update subscriber set
	tags = array(select distinct t from unnest(tags || $2::text[]) t
		where t <> all ($3::text[]) order by t),
	organisation_id = case when $4::text is null then organisation_id
		else (select id from organisation where lower(name) = lower($4)
			order by id limit 1) end
where id = $1

-- name: organisation_known
select exists (select from organisation where lower(name) = lower($1)) as known

-- name: today
select schedule_date(now()) as today

-- name: subscriber_erase
select subscriber_erase($1, 'command') as removed

-- name: sealed_copies
-- Every sealed address that is not of a subscriber, few as they are.
select 0::bigint as letter, mailing_id as mailing, seq, address_sealed
from delivery where address_sealed is not null
union all
select id, 0, 0, address_sealed from letter where address_sealed is not null

-- name: sealed_copy_erase
with gone as (delete from letter where id = $1::bigint)
update delivery set address_sealed = null
where mailing_id = $2::bigint and seq = $3::int
