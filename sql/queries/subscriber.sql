-- Queries of subscriber.  Addresses pass as hashes and seals only.

-- name: subscriber_find
-- Always one row: somebody who is no subscriber may have left for good.
select s.id, s.state, s.state_reason, rfc3339(s.state_at) as state_at,
	s.language, s.language_from, s.paused_until, to_jsonb(s.tags) as tags,
	o.name as organisation, s.organisation_said,
	rfc3339(s.created_at) as since, x.reason as suppressed,
	x.on_date as suppressed_on
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
	s.language_from, s.state,
	case s.state when 'paused' then s.paused_until end as paused_until,
	to_jsonb(s.tags) as tags,
	array_to_string(s.tags, ',') as tag_list, rfc3339(s.created_at) as since
from subscriber s left join organisation o on o.id = s.organisation_id
where s.id > $4::bigint and ($1::text is null or s.language = $1)
	and ($2::text is null or s.state = $2)
	and ($3::text is null or $3 = any (s.tags))
order by s.id limit 5000

-- name: subscriber_count
select count(*) as n from subscriber s
where ($1::text is null or s.language = $1)
	and ($2::text is null or s.state = $2)
	and ($3::text is null or $3 = any (s.tags))

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

-- name: import_begin
select import_begin()

-- name: import_add
select * from import_add($1, $2, $3, $4, $5, $6, $7, $8)

-- name: import_apply
select * from import_apply($1, $2, $3, $4, $5)

-- name: import_overtaken
select import_overtaken() as overtaken

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

-- name: in_months
select (schedule_date(now()) + make_interval(months => $1::int))::date as day

-- name: subscriber_add
-- With proof that they agreed; no row when they left meanwhile.
with added as (
	insert into subscriber (address_hash, address_sealed, language,
		language_from, state, organisation_id, tags)
	select $1::bytea, $2::bytea, coalesce($3, 'both'),
		case when $3::text is null then 'default' else 'chosen' end,
		'active', (select id from organisation
			where lower(name) = lower($4) order by id limit 1),
		array(select distinct t from unnest($5::text[]) t order by t)
	where not exists (select from suppression where address_hash = $1)
	returning address_hash),
proof as (
	insert into consent_event (address_hash, kind, way, basis)
	select address_hash, 'subscribed', 'command', $7::text from added)
select 'added' as outcome, activity_add($6, 'subscriber', null, 'added')
from added

-- name: subscriber_invite
-- The same for who is asked first; $7 is for the other one.
select i.outcome
from subscriber_invite($1, $2, coalesce($3, 'both'),
	case when $3::text is null then 'default' else 'chosen' end,
	(select id from organisation where lower(name) = lower($4)
		order by id limit 1), $5::text[], $6) i
where $7::text is null

-- name: subscriber_mails
-- The newest mails to a subscriber and what became of them; issues that were
-- not planned for them are left out.
with mail as (
	(select m.id, null::text as letter from mailing m
	where m.kind = 'issue' order by m.created_at desc limit 5)
	union all
	(select t.mailing_id, t.kind from letter t
	where t.subscriber_id = $1 and t.mailing_id is not null
	order by t.id desc limit 5)
)
select rfc3339(coalesce(o.at, m.created_at)) as at, mail.letter,
	l.number || '-' || l.year as issue, d.edition,
	coalesce(o.result::text, 'waiting') as result, o.code, o.status, o.stage,
	b.reason as came_back, b.status as came_back_status
from mail
join mailing m on m.id = mail.id
cross join lateral (select x.seq, g.edition from delivery x
	join message g on g.id = x.message_id
	where x.mailing_id = m.id and x.subscriber_id = $1
	order by x.seq desc limit 1) d
left join lateral (select * from outcome y
	where y.mailing_id = m.id and y.seq = d.seq
	order by y.attempt desc limit 1) o on true
left join lateral (select x.reason, x.status from bounce x
	where x.subscriber_id = $1 and x.mailing_id = m.id
		and x.source = 'report' and x.class in ('hard', 'soft')
	order by x.id desc limit 1) b on true
left join issue_label l on l.id = m.issue_id
order by coalesce(o.at, m.created_at) desc limit 6

-- name: address_erase
select address_erase($1, 'command') as removed

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

-- name: import_departed
select no, hash, state, at from import_departed($1, $2)
