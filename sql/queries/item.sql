-- Items: the queue, their sides and their history.

-- name: item_langs
select code from language order by position

-- name: item_topics
select slug from topic order by position

-- name: item_today
select to_char(now() at time zone coalesce((select zone from schedule),
	'Europe/Amsterdam'), 'YYYY-MM-DD') as today

-- name: item_list
-- $1 one item or null; $2 open, parked, dropped, sent, expired, all;
-- $3 topic, $4 number of an issue
-- or next, $5 words; each may be null
with clock as (
	select now() at time zone coalesce((select zone from schedule),
		'Europe/Amsterdam') as local
), side as (
	select s.item_id, jsonb_object_agg(s.lang, s.status) as status,
		(array_agg(s.title order by s.lang_position)
			filter (where s.title <> ''))[1] as title,
		string_agg(lower(s.title || ' ' || s.body), ' ') as words
	from item_side s where $1::bigint is null or s.item_id = $1
	group by s.item_id
), queue as (
	select i.*, case when i.state = 'queued' and (i.not_after < local::date
			or i.kind = 'event'
				and coalesce(i.ends_at, i.starts_at) < local
			or i.answer_by < local::date)
		then 'expired' else i.state end as state_now,
		case when i.state = 'sent' then (
			select x.issue_id from issue_item x
			where x.item_id = i.id order by x.issue_id desc limit 1)
		when i.state = 'queued' then coalesce(i.issue_id, item_flows_into(i.id))
		else i.issue_id end as in_issue
	from item i, clock where $1::bigint is null or i.id = $1
)
select q.id, coalesce(s.title, '') as title, q.kind, t.slug as topic, s.status,
	l.number as issue, l.year as issue_year, l.series as issue_series,
	q.state_now as state,
	q.visibility, q.revision, rfc3339(q.changed_at) as changed_at,
	q.changed_by, case when c.id is null then 'desk' else 'mail' end
		as origin, c.verified
from queue q
join side s on s.item_id = q.id
left join contribution c on c.item_id = q.id
left join topic t on t.id = q.topic_id
left join issue_label l on l.id = q.in_issue
cross join lateral (select case l.series when 'extra' then 'extra-' else '' end
	|| l.number as name) n
where case $2::text when 'all' then true
		when 'open' then q.state_now in ('queued', 'expired', 'parked')
		else q.state_now = $2 end
	and ($3::text is null or t.slug = $3)
	and ($4::text is null or $4 in (n.name, n.name || '-' || l.year)
		or $4 = 'next' and q.in_issue = issue_next())
	and ($5::text is null or strpos(s.words, lower($5)) > 0)
order by q.id

-- name: item_get
-- The fields as an item file has them.
select i.id, i.kind, i.state, i.revision, i.source_lang, t.slug as topic,
	i.visibility, case l.series when 'extra'
		then 'extra-' || l.number || '-' || l.year
		else l.number::text end as issue, i.link, i.link_lang, i.not_after,
	to_char(i.starts_at, 'YYYY-MM-DD"T"HH24:MI') as starts_at,
	to_char(i.ends_at, 'YYYY-MM-DD"T"HH24:MI') as ends_at, i.place,
	case when i.kind = 'event' then
		case when i.online then 'yes' else 'no' end end as online,
	i.sign_up,
	case when i.kind = 'event' then
		case when i.may_forward then 'yes' else 'no' end end
		as may_forward,
	case when o.id is null then null when (select count(*) from organisation
		where lower(name) = lower(o.name)) = 1 then o.name
		else o.name || ', ' || o.place end as organisation,
	i.region, i.answer_by, i.reference, i.note
from item i
left join topic t on t.id = i.topic_id
left join organisation o on o.id = i.organisation_id
left join issue_label l on l.id = i.issue_id
where i.id = $1

-- name: item_mail
-- How it came by mail, if it did.
select rfc3339(at) as at, sender_sealed, verified, language,
	to_jsonb(left_out) as left_out
from contribution where item_id = $1

-- name: item_sides
-- With the source as it was when the side was last translated.
select s.lang, s.status, s.title, s.body, t.state, s.absence, s.revision,
	rfc3339(s.changed_at) as changed_at, s.changed_by, i.source_lang,
	was.title as was_title, was.body as was_body
from item_side s
join item i on i.id = s.item_id
left join item_text t on t.item_id = s.item_id and t.lang = s.lang
left join lateral (
	select r.title, r.body from item_text_revision r
	where s.status = 'outdated' and r.item_id = i.id
		and r.lang = i.source_lang and r.revision >= s.based_on
		and not exists (select from item_text_revision m
			where m.item_id = r.item_id and m.lang = r.lang
				and m.revision > s.based_on
				and m.revision <= r.revision and not m.small)
	order by r.revision desc limit 1) was on true
where s.item_id = $1 order by s.lang_position

-- name: item_lock
select kind, state, source_lang, revision, changed_by
from item where id = $1 for update

-- name: item_insert
insert into item (kind, visibility, revision, changed_by, reference)
select k.kind, coalesce(nullif($2, '')::visibility,
	case k.kind when 'question' then 'mail' else 'public' end::visibility),
	0, $3, case k.kind when 'question'
		then nextval('question_reference')::int end
from (select coalesce(nullif($1, ''), 'news') as kind) k
returning id

-- name: item_update
-- A null leaves what there is, an empty text clears it.
update item i set
	kind = k.kind,
	topic_id = case when k.kind <> 'news' then null
		when $4::text is null then topic_id
		else (select id from topic where slug = $4) end,
	visibility = case
		when $5 <> '' then $5::visibility
		when k.kind = 'question' and visibility = 'public' then 'mail'
		else visibility end,
	issue_id = case when $6::text is null then issue_id
		else nullif($6, '')::bigint end,
	link = case when $7::text is null then link else nullif($7, '') end,
	link_lang = case when $8::text is null then link_lang
		else nullif($8, '') end,
	not_after = case when $9::text is null then not_after
		else nullif($9, '')::date end,
	starts_at = case when $10::text is null then starts_at
		else nullif($10, '')::timestamp end,
	ends_at = case when $11::text is null then ends_at
		else nullif($11, '')::timestamp end,
	place = case when $12::text is null then place
		else nullif($12, '') end,
	online = case when $13::text is null then online else $13 = 'yes' end,
	sign_up = case when $14::text is null then sign_up
		else nullif($14, '') end,
	may_forward = case when $15::text is null then may_forward
		else $15 = 'yes' end,
	organisation_id = case when $16::text is null then organisation_id
		else nullif($16, '')::bigint end,
	region = case when $17::text is null then region
		else nullif($17, '') end,
	answer_by = case when $18::text is null then answer_by
		else nullif($18, '')::date end,
	note = case when $19::text is null then note else nullif($19, '') end,
	reference = case when k.kind = 'question'
		then coalesce(reference, nextval('question_reference')::int) end,
	revision = revision + 1, changed_at = now(), changed_by = $2
from (select coalesce(nullif($3::text, ''), kind) as kind
	from item where id = $1) k
where i.id = $1

-- name: item_set_state
update item set state = $2, revision = revision + 1, changed_at = now(),
	changed_by = $3
where id = $1

-- name: item_set_source
update item set source_lang = $2, changed_by = $3
where id = $1 and source_lang is null

-- name: item_side_get
select title, body, state, absence, revision, meaning, based_on
from item_text where item_id = $1 and lang = $2

-- name: item_side_put
insert into item_text as t (item_id, lang, title, body, state, absence,
	revision, meaning, based_on, changed_by, ready_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
	case when $5 = 'ready' then now() end)
on conflict (item_id, lang) do update set title = excluded.title,
	body = excluded.body, state = excluded.state,
	absence = excluded.absence, revision = excluded.revision,
	meaning = excluded.meaning, based_on = excluded.based_on,
	changed_by = excluded.changed_by, changed_at = now(),
	ready_at = case when excluded.state = 'ready'
		and (t.state <> 'ready' or t.based_on is distinct from
			excluded.based_on) then now()
		when excluded.state = 'ready' then t.ready_at end

-- name: item_side_history
insert into item_text_revision (item_id, lang, revision, title, body, small, by)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: item_source_meaning
select t.meaning from item i
join item_text t on t.item_id = i.id and t.lang = i.source_lang
where i.id = $1

-- name: item_translations_valid
-- The changes of the source so far were small: what was translated stands.
update item_text t set based_on = s.meaning, changed_by = $2
from item i join item_text s on s.item_id = i.id and s.lang = i.source_lang
where i.id = $1 and t.item_id = i.id and t.lang <> i.source_lang
	and t.based_on < s.meaning

-- name: item_defect
-- What keeps the item from being what its sides say: the first one.
select d.lang, d.defect, d.length from (
	select 0 as rank, null as lang, 'no-title' as defect, 0 as length
	from item i where i.id = $1 and not exists (select from item_text
		where item_id = i.id and title <> '')
	union all
	select r.rank, t.lang, r.defect, char_length(t.title)
	from item i join item_text t on t.item_id = i.id and t.state = 'ready'
	cross join lateral (values
		(1, 'no-topic', i.kind = 'news' and i.topic_id is null),
		(2, 'no-start', i.kind = 'event' and i.starts_at is null),
		(3, 'no-organisation', i.kind = 'organisation'
			and i.organisation_id is null),
		(4, 'no-title-ready', t.title = ''),
		(5, 'long-title', char_length(t.title) > $2::int),
		(6, 'no-text', t.body = '' and t.absence is null
			and i.kind not in ('event', 'organisation')))
		r (rank, defect, found)
	where i.id = $1 and r.found) d
order by d.rank, d.lang limit 1

-- name: item_issue_by_name
-- 12, 12-2026, extra-3 or extra-3-2026
select n.id from issue n join issue_label l using (id),
lateral (select case n.series when 'extra' then 'extra-' else '' end
	|| l.number as name) s
where n.state = 'open' and $1 in (s.name, s.name || '-' || l.year)
order by n.planned_at limit 1

-- name: item_organisation_by_name
select id from organisation
where lower(name) = lower($1) or lower(name || ', ' || place) = lower($1)

-- name: item_duplicates
-- The same title or link, waiting or in one of the last six issues.
select o.id, coalesce((select title from item_text where item_id = o.id
	and title <> '' order by lang desc limit 1), '') as title
from item i join item o on o.id <> i.id and o.state <> 'dropped'
where i.id = $1 and (o.link = i.link or exists (
		select from item_text a join item_text b
			on lower(a.title) = lower(b.title) and a.title <> ''
		where a.item_id = i.id and b.item_id = o.id))
	and (o.state <> 'sent' or exists (select from issue_item x
		where x.item_id = o.id and x.issue_id in (
			select id from issue where state in ('sending', 'sent')
			order by planned_at desc limit 6)))
order by o.id

-- name: item_to_translate
-- Sides to write, most urgent first; $1 one item, $2 one language or null.
select s.item_id, s.lang from item i
join item_side s on s.item_id = i.id and s.lang <> i.source_lang
join item_side o on o.item_id = i.id and o.lang = i.source_lang
	and o.status = 'ready'
left join issue n on n.id = coalesce(i.issue_id, item_flows_into(i.id))
where i.state in ('queued', 'parked') and s.status <> 'ready'
	and s.absence is distinct from 'speakers'
	and ($1::bigint is null or i.id = $1)
	and ($2::text is null or s.lang = $2)
order by i.state = 'parked', n.planned_at, i.id, s.lang_position
