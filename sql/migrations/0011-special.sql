-- Special editions: a series of its own, outside the fortnight, each for an
-- audience.
--
--	invitation	to be passed on: in both languages for everybody
--	report		of a meeting, per language
--	urgent		leaves as soon as it is approved, translated or not
--	correction	to exactly those who got what was wrong, as they got it

alter table issue
	add column kind text check (kind in ('invitation', 'report', 'urgent',
		'correction')),
	-- Who it is for; got: those who got the issue that it corrects.
	add column audience text not null default 'all' check (audience in
		('all', 'tags', 'organisations', 'got')),
	add column audience_tags text[] not null default '{}',
	add column corrects_issue_id bigint references issue,
	-- No moment was chosen: it leaves once it has been approved for as long
	-- as issue_call_off() says.
	add column at_once boolean not null default false,
	add check ((series = 'extra') = (kind is not null)),
	add check ((audience = 'tags') = (audience_tags <> '{}')),
	add check ((kind = 'correction') = (corrects_issue_id is not null)),
	add check (kind <> 'correction' or audience = 'got'),
	add check (kind <> 'urgent' or at_once);

-- The time in which what leaves at once can still be called off.
create function issue_call_off() returns interval
language sql immutable as $$
	select interval '10 minutes'
$$;

-- When an issue leaves, as things are now.
create function issue_begins(i issue) returns timestamptz
language sql stable as $$
	select case when i.at_once and i.state = 'open'
		then now() + issue_call_off()
		else coalesce(i.send_after, i.planned_at) end
$$;

-- Of a regular issue nothing is tried any more once the next one is due.
create function issue_ends(the_issue bigint) returns timestamptz
language sql stable as $$
	select min(n.planned_at) from issue i join issue n
		on n.series = 'regular' and n.state in ('open', 'approved')
		and n.planned_at > now()
	where i.id = the_issue and i.series = 'regular'
$$;

-- Who would get an issue now, and in which edition: all of them, or those of
-- one page, in the order of key, after one.
create function issue_audience(the_issue bigint, after bigint default 0,
	at_most int default null)
returns table (key bigint, subscriber_id bigint, edition text)
language plpgsql stable as $$
declare
	i issue;
begin
	select * into i from issue where id = the_issue;
	if i.audience = 'got' then
		-- Uncertain ones may have it, so they are told as well.
		return query
		select d.seq::bigint, s.id, g.edition
		from mailing m
		join delivery d on d.mailing_id = m.id
		join message g on g.id = d.message_id
		join subscriber s on s.id = d.subscriber_id
		where m.kind = 'issue' and m.issue_id = i.corrects_issue_id
			and d.seq > after and s.state = 'active'
			and not exists (select from suppression x
				where x.address_hash = s.address_hash)
			and exists (select from outcome o
				where o.mailing_id = d.mailing_id
					and o.seq = d.seq
					and o.result in ('accepted', 'uncertain'))
		order by d.seq limit at_most;
	else
		return query
		select s.id, s.id, case i.kind when 'invitation' then 'both'
			else s.language end
		from subscriber s
		where s.id > after and s.state = 'active'
			and not exists (select from suppression x
				where x.address_hash = s.address_hash)
			and case i.audience when 'tags'
				then s.tags && i.audience_tags
				when 'organisations'
				then s.organisation_id is not null
				else true end
		order by s.id limit at_most;
	end if;
end $$;

create or replace function issue_newcomers(the_issue bigint)
returns table (subscriber_id bigint, edition text, message_id bigint)
language sql stable as $$
	select a.subscriber_id, e.name, e.message_id
	from issue_audience(the_issue) a
	join edition e on e.issue_id = the_issue and e.name = a.edition
	where not exists (select from mailing m
			join delivery d on d.mailing_id = m.id
			where m.kind = 'issue' and m.issue_id = the_issue
				and d.subscriber_id = a.subscriber_id)
$$;

-- Make one.  Its number is given now: it is named while it is being made, and
-- the order in which special editions leave is nobody's promise.
create function issue_plan_special(the_kind text, actor text,
	at timestamptz, the_audience text, tags text[], the_corrects bigint)
returns bigint language plpgsql as $$
declare
	y int := extract(year from schedule_date(coalesce(at, now())));
	i bigint;
begin
	perform schedule_lock();
	insert into issue (series, kind, planned_at, at_once, audience,
		audience_tags, corrects_issue_id, year, number)
	values ('extra', the_kind, coalesce(at, now()), at is null,
		the_audience, tags, the_corrects, y, (
		select coalesce(max(number), 0) + 1 from issue
		where series = 'extra' and year = y))
	returning id into i;
	insert into issue_text (issue_id, lang) select i, code from language;
	perform activity_add(actor, 'issue', i, 'opened', the_kind);
	return i;
end $$;

-- The urgent edition that went, or is about to go, in the week before one.
create function issue_urgent_before(the_issue bigint) returns bigint
language sql stable as $$
	select o.id from issue i
	join issue o on o.kind = 'urgent' and o.id <> i.id
		and o.state in ('approved', 'sending', 'sent', 'stopped')
		and issue_begins(o) > issue_begins(i) - interval '7 days'
	where i.id = the_issue and i.kind = 'urgent'
	order by issue_begins(o) desc limit 1
$$;

create function issue_note_correction(the_issue bigint) returns void
language plpgsql as $$
begin
	perform archive_note_add(i.corrects_issue_id, t.lang, t.opening)
	from issue i join issue_text t on t.issue_id = i.id
	where i.id = the_issue and i.corrects_issue_id is not null
		and t.opening <> '';
end $$;

-- Whether the world may see it: once it leaves, and an invitation, whose pages
-- are passed on, from its approval on.
create function issue_is_public(i issue) returns boolean
language sql stable as $$
	select i.state in ('sending', 'sent', 'stopped') or i.kind = 'invitation'
		and i.state = 'approved' and i.held_at is null
$$;

-- An event that is open to all.
create function web_event(the_item bigint, the_lang text)
returns table (title text, place text, online boolean, sign_up text,
	starts timestamp, ends timestamp, starts_at timestamptz,
	ends_at timestamptz, changed_at timestamptz, revision int)
language sql stable security definer set search_path from current as $$
	select coalesce(nullif(s.title, ''), (select o.title from item_side o
			where o.item_id = i.id and o.title <> ''
			order by o.lang_position limit 1), ''),
		i.place, i.online, i.sign_up, i.starts_at, i.ends_at,
		wall_clock(i.starts_at, schedule_zone()),
		wall_clock(i.ends_at, schedule_zone()), i.changed_at, i.revision
	from item i join item_side s on s.item_id = i.id and s.lang = the_lang
	where i.id = the_item and i.kind = 'event' and i.visibility = 'public'
		and i.starts_at is not null
		and exists (select from issue_item x
			join issue n on n.id = x.issue_id
			where x.item_id = i.id and issue_is_public(n))
$$;
