-- The social map.

-- name: org_list
select o.id, o.name, o.place, o.secret, o.region,
	array_to_string(o.languages, ' ') as languages,
	(select string_agg(t.slug, ' ' order by t.position)
		from organisation_topic x join topic t on t.id = x.topic_id
		where x.organisation_id = o.id) as topics,
	o.capacity_date, o.checked_on, o.announce
from organisation o
where ($1::text is null or exists (select from organisation_topic x
		join topic t on t.id = x.topic_id
		where x.organisation_id = o.id and t.slug = $1))
	and ($2::text is null or strpos(lower(o.name || ' '
		|| coalesce(o.place, '')), lower($2)) > 0)
order by lower(o.name), o.id

-- name: org_find
select id from organisation
where id::text = $1 or lower(name) = lower($1)
	or lower(name || ', ' || place) = lower($1)
order by id

-- name: org_show
select o.id, o.name, o.secret, o.announce,
	(select string_agg(t.slug, ' ' order by t.position)
		from organisation_topic x join topic t on t.id = x.topic_id
		where x.organisation_id = o.id) as topics,
	array_to_string(o.languages, ' ') as languages, o.capacity_date,
	o.checked_on, rfc3339(o.changed_at) as changed_at
from organisation o where o.id = $1

-- name: org_fields
-- Each field with who may see it.
select f.field, f.value, case when o.secret
		and f.field in ('place', 'postal_address', 'region')
	then 'office' else field_visibility(o.field_visibility, f.field)
	end as visibility
from organisation o
cross join lateral (values ('place', o.place),
	('postal_address', o.postal_address), ('contact', o.contact),
	('phone', o.phone), ('email', o.email), ('website', o.website),
	('region', o.region)) f (field, value)
where o.id = $1 and f.value is not null

-- name: org_texts
select lang, aim, capacity from organisation_text
where organisation_id = $1 order by lang desc

-- name: org_put
-- Insert, or bring what is there up to date; "same" when it already was.
-- $13: whether the contact agreed to be named in the mail.
with new as (
	select $1::text as name, nullif($2, '') as place,
		nullif($3, '') as postal_address, nullif($4, '') as contact,
		nullif($5, '') as phone, nullif($6, '') as email,
		nullif($7, '') as website, nullif($8, '') as region,
		string_to_array(nullif($9, ''), ' ') as languages,
		$10::boolean as secret, $11::boolean as announce,
		nullif($12, '')::date as capacity_date,
		jsonb_build_object('contact', case when $13::boolean
			then 'mail' else 'office' end)
		|| case when $10::boolean then '{"place": "office",
			"postal_address": "office", "region": "office"}'::jsonb
		else '{}'::jsonb end as field_visibility
), old as (
	select o.* from organisation o, new
	where lower(o.name) = lower(new.name)
		and coalesce(o.place, '') = coalesce(new.place, '')
), put as (
	insert into organisation (name, place, postal_address, contact, phone,
		email, website, region, languages, secret, announce,
		capacity_date, field_visibility)
	select name, place, postal_address, contact, phone, email, website,
		region, coalesce(languages, '{}'), secret, announce,
		capacity_date, field_visibility
	from new
	on conflict (lower(name), coalesce(place, '')) do update set
		name = excluded.name, postal_address = excluded.postal_address,
		contact = excluded.contact, phone = excluded.phone,
		email = excluded.email, website = excluded.website,
		region = excluded.region, languages = excluded.languages,
		secret = excluded.secret, announce = excluded.announce,
		capacity_date = excluded.capacity_date,
		-- What was decided about other fields stays.
		field_visibility = (case when excluded.secret
			then organisation.field_visibility
			else organisation.field_visibility - 'place'
				- 'postal_address' - 'region' end)
			|| excluded.field_visibility,
		changed_at = now()
	returning *
)
select put.id, case when old.id is null then 'new'
	when to_jsonb(put) - 'changed_at' = to_jsonb(old) - 'changed_at'
	then 'same' else 'changed' end as outcome
from put left join old on old.id = put.id

-- name: org_put_text
insert into organisation_text as t (organisation_id, lang, aim, capacity)
values ($1, $2, nullif($3, ''), nullif($4, ''))
on conflict (organisation_id, lang) do update set aim = excluded.aim,
	capacity = excluded.capacity
where (t.aim, t.capacity) is distinct from (excluded.aim, excluded.capacity)
returning organisation_id

-- name: org_put_topics
-- Exactly these topics, slugs with a blank between them.
with wanted as (
	select id from topic where slug = any (string_to_array($2, ' '))
), gone as (
	delete from organisation_topic where organisation_id = $1
		and topic_id not in (select id from wanted) returning topic_id
), added as (
	insert into organisation_topic (organisation_id, topic_id)
	select $1, id from wanted on conflict do nothing returning topic_id
)
select count(*)::int as n from (select from gone union all select from added) x
