-- The social map.

-- name: org_list
-- $5: not checked since this day, or ever; $6 one organisation.
select o.id, o.name, o.place, o.secret, o.region,
	array_to_string(o.languages, ' ') as languages,
	(select string_agg(t.slug, ' ' order by t.position)
		from organisation_topic x join topic t on t.id = x.topic_id
		where x.organisation_id = o.id) as topics,
	o.capacity_date, o.checked_on, o.announce,
	organisation_issue(o.id) as issue,
	(select count(*) from organisation_change c
		where c.organisation_id = o.id) as changes
from organisation o
where ($1::text is null or exists (select from organisation_topic x
		join topic t on t.id = x.topic_id
		where x.organisation_id = o.id and t.slug = $1))
	and ($2::text is null or strpos(lower(concat_ws(' ', o.name, o.place,
		o.contact)), lower($2)) > 0)
	and ($3::text is null or lower(o.region) = lower($3))
	and ($4::boolean is not true or o.announce)
	and ($5::date is null or o.checked_on is null or o.checked_on < $5)
	and ($6::bigint is null or o.id = $6)
order by lower(o.name), o.id

-- name: org_day_before
select (schedule_date(now()) - $1::interval)::date as day

-- name: org_find
select id from organisation
where id::text = $1 or lower(name) = lower($1)
	or lower(name || ', ' || place) = lower($1)
order by id

-- name: org_show
-- subscribers: how many, never who.
select o.id, o.name, o.secret, o.announce,
	(select string_agg(t.slug, ' ' order by t.position)
		from organisation_topic x join topic t on t.id = x.topic_id
		where x.organisation_id = o.id) as topics,
	array_to_string(o.languages, ' ') as languages, o.capacity_date,
	o.contact_language, o.contact_agreed_on, o.contact_agreed_by,
	o.checked_on, o.revision, rfc3339(o.changed_at) as changed_at,
	organisation_issue(o.id) as issue,
	(select count(*) from subscriber s where s.organisation_id = o.id)
		as subscribers,
	(select count(*) from organisation_change c
		where c.organisation_id = o.id) as changes
from organisation o where o.id = $1

-- name: org_fields
-- Each field with who may see it.
select f.field, f.value, case when o.secret
		and f.field in ('place', 'postal_address', 'region')
	then 'office' else field_visibility(o.field_visibility, f.field)
	end as visibility
from organisation o
cross join lateral (values (1, 'place', o.place),
	(2, 'postal_address', o.postal_address), (3, 'region', o.region),
	(4, 'contact', o.contact), (5, 'phone', o.phone), (6, 'email', o.email),
	(7, 'website', o.website)) f (n, field, value)
where o.id = $1 and f.value is not null
order by f.n

-- name: org_texts
select lang, aim, capacity from organisation_text
where organisation_id = $1 order by lang desc

-- name: org_history
select rfc3339(at) as at, actor, action, detail from activity
where subject = 'organisation' and subject_id = $1
order by id desc limit 20

-- name: org_values
select organisation_fields(o.id) as fields, o.revision
from organisation o where o.id = $1

-- name: org_values_all
select organisation_fields(o.id) as fields from organisation o
order by lower(o.name), o.id

-- name: org_put
select id, outcome, differs from organisation_put($1, $2, $3)

-- name: org_match
select organisation_match($1, $2) as id

-- name: org_linked
-- What would lose an organisation that is removed.
select (select count(*) from subscriber where organisation_id = $1)
		as subscribers,
	coalesce((select string_agg(id::text, ', ' order by id) from item
		where organisation_id = $1 and kind = 'organisation'
			and state in ('queued', 'parked')), '') as unsent,
	(select count(*) from item where organisation_id = $1
		and state = 'sent') as sent

-- name: org_remove
select organisation_remove($1) as removed

-- name: org_unchecked
-- Those to be asked: one, or those not checked since a day.
select id, name, email, contact_language from organisation
where id = $1 or $2::date is not null
	and (checked_on is null or checked_on < $2)
order by lower(name), id

-- name: org_unaskable
select organisation_unaskable($1, $2) as reason

-- name: org_ask
select organisation_ask($1, $2, $3) as asked

-- name: org_changes
-- One change, those of one organisation, or all; with what the fields are now.
select c.id, c.organisation_id, o.name as organisation, o.revision,
	rfc3339(c.at) as at, c.fields, c.remark, (
		select coalesce(jsonb_object_agg(k, organisation_fields(o.id)
			-> k), '{}') from jsonb_object_keys(c.fields) k) as was
from organisation_change c join organisation o on o.id = c.organisation_id
where ($1::bigint is null or c.id = $1)
	and ($2::bigint is null or o.id = $2)
order by c.id

-- name: org_accept
select outcome from organisation_accept($1, $2)

-- name: org_refuse
select organisation_refuse($1) as refused

-- name: org_waiting
select count(*) as n from organisation_change
