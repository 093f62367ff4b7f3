-- What an edition is made of.

-- name: content_issue
select i.series, l.year, l.number, i.kind, w.series as wrong_series,
	w.number as wrong_number, w.year as wrong_year,
	to_char(p.at at time zone schedule_zone(),
		'YYYY-MM-DD"T"HH24:MI:SS') as planned,
	to_char(p.at at time zone 'UTC',
		'Dy, DD Mon YYYY HH24:MI:SS "+0000"') as mail_date
from issue i join issue_label l using (id)
cross join lateral (select case when i.at_once and i.state = 'open'
	then issue_begins(i) else i.planned_at end as at) p
left join issue w on w.id = i.corrects_issue_id
where i.id = $1

-- name: content_texts
select lang, headline, preheader, opening from issue_text where issue_id = $1

-- A row an item and language.  Of an organisation only what may be in the mail,
-- or with $2 what anybody may read.
-- name: content_items
select c.item_id, c.section, i.kind, i.link, i.link_lang,
	to_char(i.starts_at, 'YYYY-MM-DD"T"HH24:MI:SS') as starts,
	to_char(i.ends_at, 'YYYY-MM-DD"T"HH24:MI:SS') as ends,
	i.place, i.online, i.sign_up, i.may_forward, i.region,
	i.answer_by::text as answer_by, i.reference,
	i.visibility = 'public' and i.kind <> 'question' as public,
	s.lang, s.title, s.body, s.absence,
	s.status in ('ready', 'outdated') as ready, n.name as topic,
	o.id is not null as has_organisation, o.place as org_place,
	o.postal_address as org_address, o.contact as org_contact,
	o.phone as org_phone, o.email as org_email,
	o.website as org_website, o.capacity_date::text as org_capacity_date,
	x.aim, x.capacity
from issue_content($1) c
join item i on i.id = c.item_id
join item_side s on s.item_id = c.item_id
left join topic t on t.slug = c.section
left join topic_name n on n.topic_id = t.id and n.lang = s.lang
left join (select * from organisation_mail where not $2::boolean
	union all select * from organisation_public where $2::boolean) o
	on o.id = i.organisation_id
left join organisation_text x on x.organisation_id = o.id and x.lang = s.lang
order by c.n, c.item_id, s.lang_position
