-- Issues: from plan to report.

-- name: issue_find
-- $1 series, $2 number, or null for the next one, $3 year or null; or $4 id
select i.id, i.series = 'extra' as extra, l.number, l.year,
	case i.series when 'extra' then 'extra-' else '' end
		|| l.number || '-' || l.year as name,
	i.kind, i.at_once, i.audience,
	array_to_string(i.audience_tags, ', ') as tags, (select case w.series when 'extra' then 'extra-' else ''
			end || w.number || '-' || w.year
		from issue w where w.id = i.corrects_issue_id) as corrects,
	i.state, i.revision, rfc3339(i.planned_at) as planned_at,
	rfc3339(issue_begins(i)) as goes_at, rfc3339(i.held_at) as held_at, i.held_by, i.held_reason,
	rfc3339(i.approved_at) as approved_at, i.approved_by,
	i.approved_revision
from issue i join issue_label l using (id)
where case when $4::bigint is not null then i.id = $4
	when $2::int is null then i.id = coalesce(issue_next(), (
		select id from issue where series = 'regular'
			and state = 'approved' order by planned_at, id limit 1))
	else i.series = $1 and l.number = $2
		and ($3::int is null or l.year = $3) end
order by l.year desc limit 1

-- name: issue_list
-- $1 state, $2 year, each may be null
select case i.series when 'extra' then 'extra-' else '' end
		|| l.number || '-' || l.year as name,
	i.series, i.kind, l.number, l.year, i.state,
	i.held_at is not null as held, rfc3339(issue_begins(i)) as goes_at,
	(select count(*) from issue_content(i.id)) as items,
	coalesce((select headline from issue_text t join language g
		on g.code = t.lang where t.issue_id = i.id and headline <> ''
		order by g.position limit 1), '') as headline, i.revision
from issue i join issue_label l using (id)
where ($1::text is null or i.state = $1)
	and ($2::int is null or l.year = $2)
order by i.planned_at desc, i.id desc

-- name: issue_show
select l.number, l.year, i.series,
	case i.series when 'extra' then 'extra-' else '' end
		|| l.number || '-' || l.year as name,
	i.kind, i.at_once, case when i.series = 'extra' then jsonb_build_object(
		'for', i.audience, 'tags', i.audience_tags, 'corrects', (
			select case w.series when 'extra' then 'extra-' else ''
				end || w.number || '-' || w.year
			from issue w where w.id = i.corrects_issue_id))
		end as meant,
	i.state, i.revision, rfc3339(i.planned_at) as planned_at,
	rfc3339(issue_begins(i)) as goes_at,
	(select rfc3339(d.copy) from issue_deadlines(i.id) d)
		as copy_deadline,
	coalesce((select d.copy < now() from issue_deadlines(i.id) d)
		and i.state = 'open' and i.series = 'regular', false)
		as copy_closed,
	case when i.held_at is not null then jsonb_build_object(
		'at', rfc3339(i.held_at), 'by', i.held_by,
		'reason', i.held_reason, 'automatic', i.held_by = 'schedule',
		'until', case when i.held_by = 'schedule' and i.state = 'open'
			then rfc3339(i.held_at + coalesce((
				select grace from schedule), '72 hours')) end)
		end as held,
	case when i.approved_at is not null then jsonb_build_object(
		'at', rfc3339(i.approved_at), 'by', i.approved_by,
		'revision', i.approved_revision) end as approved,
	(select jsonb_object_agg(t.lang, jsonb_build_object(
		'headline', t.headline, 'preheader', t.preheader,
		'opening', t.opening))
	from issue_text t where t.issue_id = i.id) as texts,
	coalesce((select jsonb_agg(jsonb_build_object('n', c.n,
		'section', c.section, 'item', c.item_id, 'kind', m.kind,
		'title', s.title, 'status', s.status) order by c.n)
	from issue_content(i.id) c join item m on m.id = c.item_id
	cross join lateral (select jsonb_object_agg(x.lang, x.status) as status,
		(array_agg(x.title order by x.lang_position)
			filter (where x.title <> ''))[1] as title
		from item_side x where x.item_id = c.item_id) s),
	'[]') as contents,
	(select jsonb_build_object(
		'nl', count(*) filter (where a.edition = 'nl'),
		'en', count(*) filter (where a.edition = 'en'),
		'both', count(*) filter (where a.edition = 'both'))
	from issue_audience(i.id) a) as audience,
	(select jsonb_build_object('state', m.state, 'by', m.state_by,
		'reason', m.state_reason, 'at', rfc3339(m.state_at),
		'expires_at', rfc3339(m.expires_at), 'planned', g.planned,
		'accepted', g.accepted, 'refused', g.refused,
		'expired', g.expired, 'suppressed', g.suppressed,
		'uncertain', g.uncertain, 'waiting', g.waiting,
		'deferred', g.deferred)
	from mailing m join ledger g on g.mailing_id = m.id
	where m.issue_id = i.id and m.kind = 'issue') as mailing
from issue i join issue_label l using (id) where i.id = $1

-- name: issue_open_next
select issue_open_due(now()) as id

-- Why there is no next issue.
-- name: issue_why_none
select not exists (select from schedule) as unset,
	schedule_paused(now()) as paused,
	exists (select from issue where series = 'regular'
		and state = 'approved') as approved

-- name: issue_lock
select id from issue where id = $1 for update

-- name: issue_set_text
-- A null leaves what there is.
insert into issue_text (issue_id, lang, headline, preheader, opening)
values ($1, $2, coalesce($3, ''), coalesce($4, ''), coalesce($5, ''))
on conflict (issue_id, lang) do update set
	headline = coalesce($3, issue_text.headline),
	preheader = coalesce($4, issue_text.preheader),
	opening = coalesce($5, issue_text.opening)

-- name: issue_moment
-- A local time on the newsletter's clock.
select rfc3339(m) as moment, m <= now() as past
from (select wall_clock($1::timestamp, schedule_zone()) as m) x

-- name: issue_move
select issue_move($1, $2, $3::timestamptz, '')

-- name: issue_hold
select issue_hold($1, $2, $3, now()) as changed

-- name: issue_release
select issue_release($1, $2, now()) as changed

-- name: issue_send_now
update issue set send_after = now() + make_interval(secs => $2::int)
where id = $1 and state = 'approved' and held_at is null
	and approved_revision = revision
returning rfc3339(send_after) as begins_at

-- Whether what may send does so now.
-- name: issue_sending_possible
select schedule_paused(now()) as paused, exists (select from role_state
	where role = 'schedule' and seen_at > now() - interval '1 minute')
	as alive

-- Who took the last approval back, and what for.
-- name: issue_revoked
select actor, rfc3339(at) as at, detail from activity
where subject = 'issue' and subject_id = $1 and action = 'approval-revoked'
order by id desc limit 1

-- name: mailing_pause
update mailing set state = 'paused', state_by = $2, state_reason = $3,
	state_at = now(), probe = null, probe_at = null
where issue_id = $1 and kind = 'issue' and state = 'sending' returning id

-- name: mailing_resume
with others as (
	-- A person says that the cause is gone; it stopped the rest as well.
	update mailing set state = 'sending', state_by = $2, state_reason = '',
		state_at = now(), probe = null, probe_at = null
	where kind <> 'issue' and state = 'paused' and state_by = 'system'
)
update mailing set state = 'sending', state_by = $2, state_reason = '',
	state_at = now(), probe = null, probe_at = null
where issue_id = $1 and kind = 'issue' and state = 'paused' returning id

-- name: mailing_stop
with m as (
	update mailing set state = 'stopped', state_by = $2, state_reason = $3,
		state_at = now(), finished_at = now()
	where issue_id = $1 and kind = 'issue'
		and state in ('sending', 'paused')
	returning issue_id
)
update issue set state = 'stopped'
where id = (select issue_id from m) returning id

-- name: mailing_wake
notify tweeluik_send

-- name: mailing_state
select m.state, m.state_by, m.state_reason, rfc3339(m.state_at) as state_at,
	g.planned, g.accepted, g.waiting
from mailing m join ledger g on g.mailing_id = m.id
where m.issue_id = $1 and m.kind = 'issue'

-- name: report_editions
select e.name as edition, count(d.seq) as planned,
	count(*) filter (where o.result = 'accepted') as accepted,
	count(*) filter (where o.result = 'refused') as refused,
	count(*) filter (where w.seq is not null and o.result = 'deferred')
		as deferred,
	count(*) filter (where o.result = 'expired') as expired,
	count(*) filter (where o.result = 'suppressed') as suppressed,
	count(*) filter (where o.result = 'uncertain' and w.seq is null)
		as uncertain,
	count(w.seq) as waiting
from edition e
left join mailing m on m.issue_id = e.issue_id and m.kind = 'issue'
left join delivery d on d.mailing_id = m.id and d.message_id = e.message_id
left join delivery_outcome o on o.mailing_id = d.mailing_id and o.seq = d.seq
left join delivery_waiting w on w.mailing_id = d.mailing_id and w.seq = d.seq
where e.issue_id = $1
group by e.name
order by array_position(array['nl', 'en', 'both'], e.name)

-- name: report_reasons
-- What servers said most, refusing or putting off.
select o.result::text as result, o.code, o.status, o.reply, count(*) as n
from mailing m join delivery_outcome o on o.mailing_id = m.id
where m.issue_id = $1 and m.kind = 'issue'
	and o.result in ('refused', 'deferred')
group by o.result, o.code, o.status, o.reply
order by n desc, o.code, o.status, o.reply limit 5

-- name: report_readers
-- What readers did with this issue; the rows say nothing of who.
select count(*) filter (where kind = 'unsubscribed') as unsubscribed,
	count(*) filter (where kind = 'language') as language_changes
from consent_event where issue_id = $1

-- name: report_mailing
select m.state, m.state_by, m.state_reason, rfc3339(m.created_at) as began_at,
	rfc3339(m.finished_at) as finished_at, g.planned, g.accepted, g.refused,
	g.expired, g.suppressed, g.uncertain, g.waiting, g.deferred, g.balanced
from mailing m join ledger g on g.mailing_id = m.id
where m.issue_id = $1 and m.kind = 'issue'

-- name: check_items
-- The contents of an issue with every side.
select c.n, c.item_id, i.kind, i.visibility = 'office' as office, i.link,
	i.sign_up, s.lang, s.title, s.body, s.status, s.absence,
	coalesce(coalesce(i.ends_at, i.starts_at)
		< n.planned_at at time zone schedule_zone(), false) as past
from issue n, issue_content(n.id) c
join item i on i.id = c.item_id
join item_side s on s.item_id = i.id
where n.id = $1
order by c.n, s.lang_position

-- name: check_texts
select l.code as lang, coalesce(t.headline, '') as headline,
	coalesce(t.preheader, '') as preheader,
	coalesce(t.opening, '') as opening
from language l left join issue_text t on t.lang = l.code and t.issue_id = $1
order by l.position

-- Values of the social map that may not be in a mail.  The name of a person
-- may be an ordinary word elsewhere, so it counts for what is in the issue.
-- name: check_hidden
select o.name, f.value from organisation o
cross join lateral (values ('contact', o.contact), ('phone', o.phone),
	('email', o.email), ('website', o.website),
	('postal_address', o.postal_address)) f (field, value)
where length(f.value) > 5
	and (field_visibility(o.field_visibility, f.field) = 'office'
		or o.secret and f.field = 'postal_address')
	and (f.field <> 'contact' or exists (select from issue_content($1) c
		join item i on i.id = c.item_id
		where i.organisation_id = o.id))
	and not exists (select from organisation_mail v where f.value in
		(v.phone, v.email, v.website, v.postal_address))

-- Items with a title or link that one of the last issues had too.
-- name: check_duplicates
with recent as (
	select id from issue where state in ('sending', 'sent') and id <> $1
	order by planned_at desc limit 6
), here as (
	select i.id, i.link, lower(s.title) as title
	from issue_content($1) c join item i on i.id = c.item_id
	join item_side s on s.item_id = i.id
)
select distinct on (h.id) h.id as item_id, l.number || '-' || l.year as name
from here h
join (issue_item x join recent r on r.id = x.issue_id
	join item o on o.id = x.item_id
	join item_side t on t.item_id = o.id
	join issue_label l on l.id = x.issue_id)
	on o.id <> h.id and (o.link = h.link
		or h.title <> '' and lower(t.title) = h.title)
order by h.id, l.year desc, l.number desc

-- Whether a test of this revision was sent, and how few items are too few.
-- name: check_facts
select exists (select from activity a where a.subject = 'issue'
		and a.subject_id = i.id and a.action = 'tested'
		and a.detail = 'revision ' || i.revision) as tested,
	case when i.series = 'regular' then coalesce((
			select minimum_items from schedule), 3)
		when i.kind = 'correction' then 0 else 1 end as minimum
from issue i where i.id = $1

-- What there is to say of when and to whom it goes.
-- name: check_surroundings
select (select case o.series when 'extra' then 'extra-' else '' end
			|| l.number || '-' || l.year
		from issue o join issue_label l using (id)
		where o.id <> i.id
			and o.state in ('open', 'approved', 'sending', 'sent')
			and schedule_date(issue_begins(o))
				= schedule_date(issue_begins(i))
		order by o.planned_at, o.id limit 1) as same_day,
	u.id is not null as urgent_before, 'extra-' || u.number || '-' || u.year
		as urgent_name,
	exists (select from issue_content(i.id) c
		join item t on t.id = c.item_id and t.kind = 'event') as event,
	exists (select from issue w where w.id = i.corrects_issue_id
		and w.state = 'sending') as still_sending,
	a.nl, a.en, a."both"
from issue i left join issue u on u.id = issue_urgent_before(i.id)
left join lateral (select count(*) filter (where edition = 'nl') as nl,
		count(*) filter (where edition = 'en') as en,
		count(*) filter (where edition = 'both') as "both"
	from issue_audience(i.id)) a on i.series = 'extra'
where i.id = $1

-- before: what comes first in the series and waits for approval.
-- name: approve_possible
select revision, (select l.number || '-' || l.year
	from issue o join issue_label l using (id)
	where i.series = 'regular' and o.series = 'regular' and o.state = 'open'
		and (o.planned_at, o.id) < (i.planned_at, i.id)
	order by o.planned_at, o.id limit 1) as before
from issue i where id = $1

-- name: approve_number
update issue i set number = l.number, year = l.year, planned_at = case
	when i.at_once then issue_begins(i) else i.planned_at end
from issue_label l where i.id = $1 and l.id = i.id

-- name: approve_items
insert into issue_item (issue_id, position, section, item_id)
select $1, n, section, item_id from issue_content($1)

-- name: approve_done
-- A hold for want of approval ends here; one by a person stays.
update issue set state = 'approved', approved_at = now(), approved_by = $2,
	approved_revision = revision,
	send_after = case when planned_at <= now()
		then schedule_next_working(now()) end,
	held_at = case when held_by = 'schedule' then null else held_at end,
	held_reason = case when held_by = 'schedule' then null
		else held_reason end,
	held_by = case when held_by = 'schedule' then null else held_by end
where id = $1 and state = 'open'

-- name: approve_facts
with c as (
	select m.* from issue_content($1) x join item m on m.id = x.item_id
)
select extract(epoch from issue_begins(i) - now())::bigint
		as seconds, -- what is late goes on the next working day
	rfc3339(case when issue_begins(i) > now() then issue_begins(i)
		else schedule_next_working(now()) end) as goes_at,
	(select 'extra-' || u.number || '-' || u.year from issue u
		where u.id = issue_urgent_before(i.id)) as urgent_before,
	(select string_agg(distinct t.changed_by, ', ') from c
		join item_text t on t.item_id = c.id
		and t.lang = c.source_lang) as writers,
	(select string_agg(distinct t.changed_by, ', ') from c
		join item_text t on t.item_id = c.id
		and t.lang <> c.source_lang and t.body <> '') as translators,
	(select rfc3339(max(a.at)) from activity a where a.subject = 'issue'
		and a.subject_id = i.id and a.action = 'tested') as tested_at,
	(select count(*) from c where kind = 'news') as news,
	(select count(*) from c where kind = 'event') as events,
	(select count(*) from c where kind = 'organisation') as organisations,
	(select count(*) from c where kind = 'question') as questions,
	(select count(*) from c where kind = 'announcement') as announcements,
	s.nl, s.en, s."both",
	coalesce((select bool_and(t.changed_by = $2) from c
		join item_text t on t.item_id = c.id), false) as alone
from issue i
cross join lateral (select count(*) filter (where edition = 'nl') as nl,
		count(*) filter (where edition = 'en') as en,
		count(*) filter (where edition = 'both') as "both"
	from issue_audience(i.id)) s
where i.id = $1

-- Who changed an item of the issue last.
-- name: approve_changed
select t.item_id, t.changed_by, rfc3339(t.changed_at) as changed_at
from issue_content($1) c join item_text t using (item_id)
order by t.changed_at desc limit 1

-- name: test_clock
select to_char(now() at time zone schedule_zone(), 'HH24:MI') as clock

-- name: test_mailing
select mailing_for('test', $1, interval '1 day') as id

-- name: test_recipient
select mailing_recipient($1, $2, null, $3)

-- The edition a subscriber gets, or would if the issue were for them.
-- name: render_reader
select coalesce((select a.edition from issue_audience(i.id) a
		where a.subscriber_id = s.id), case i.kind
		when 'invitation' then 'both' else s.language end) as edition
from subscriber s, issue i where s.address_hash = $1 and i.id = $2

-- Make a special edition: kind, who does it, when, for whom, tags, of which
-- issue.
-- name: special_plan
select issue_plan_special($1, $2, $3::timestamptz, $4, $5::text[], $6) as id

-- name: special_skip
select issue_skip($1, $2, $3) as skipped
