-- The social map: one way to write it, what is announced in the newsletter,
-- and what organisations say of themselves.

-- Who acts, as the command line says it.
create function acting() returns text
language sql stable as $$
	select coalesce(nullif(current_setting('tweeluik.actor', true), ''),
		session_user::text)
$$;

alter table organisation
	add revision int not null default 1,
	-- In which their mail is written.
	add contact_language text not null default 'both'
		check (contact_language in ('nl', 'en', 'both')),
	-- When and how a person agreed to be named outside the office.
	add contact_agreed_on date,
	add contact_agreed_by text;
update organisation set contact_agreed_on = schedule_date(changed_at)
where field_visibility(field_visibility, 'contact') > 'office';
alter table organisation add constraint organisation_contact_agreed check (
	contact_agreed_on is not null
	or field_visibility(field_visibility, 'contact') = 'office');

-- Items outlive the organisation they were about.
alter table item drop constraint item_organisation_id_fkey,
	add foreign key (organisation_id) references organisation
		on delete set null;

-- What organisations ask to change; nothing of it holds before the office
-- accepts it.
create table organisation_change (
	id bigint generated always as identity primary key,
	organisation_id bigint not null references organisation
		on delete cascade,
	-- The request it answers.  A second answer takes the place of the first,
	-- under a number of its own: nobody accepts what they did not see.
	letter_id bigint unique references letter on delete set null,
	at timestamptz not null default now(),
	fields jsonb not null,
	remark text not null default ''
);
create index organisation_change_of on organisation_change (organisation_id);

-- What is given, by its name and as text: the form of organisation_put(),
-- files and the command line alike.  Null when there is no such organisation.
create function organisation_fields(the_organisation bigint) returns jsonb
language sql stable as $$
	select jsonb_strip_nulls(jsonb_build_object('name', o.name,
		'place', o.place, 'postal_address', o.postal_address,
		'region', o.region, 'contact', o.contact,
		'contact_agreed_on', o.contact_agreed_on,
		'contact_agreed_by', o.contact_agreed_by,
		'contact_language', o.contact_language,
		'phone', o.phone, 'email', o.email, 'website', o.website,
		'aim_nl', nl.aim, 'aim_en', en.aim,
		'capacity_nl', nl.capacity, 'capacity_en', en.capacity,
		'capacity_date', o.capacity_date,
		'topics', (select string_agg(t.slug, ' ' order by t.position)
			from organisation_topic x
			join topic t on t.id = x.topic_id
			where x.organisation_id = o.id),
		'languages', nullif(array_to_string(o.languages, ' '), ''),
		'secret', case when o.secret then 'yes' else 'no' end,
		'announce', case when o.announce then 'yes' else 'no' end,
		'checked_on', o.checked_on,
		'visibility', (select string_agg(f || '='
				|| field_visibility(o.field_visibility, f), ' '
				order by n)
			from unnest('{place,postal_address,region,contact,phone,'
				'email,website}'::text[])
				with ordinality v (f, n))))
	from organisation o
	left join organisation_text nl
		on nl.organisation_id = o.id and nl.lang = 'nl'
	left join organisation_text en
		on en.organisation_id = o.id and en.lang = 'en'
	where o.id = the_organisation
$$;

-- "phone=mail place=office"
create function visibility_of(words text) returns jsonb
language sql immutable as $$
	select coalesce(jsonb_object_agg(split_part(w, '=', 1),
		split_part(w, '=', 2)), '{}')
	from regexp_split_to_table(words, ' +') w where w <> ''
$$;

-- The fields in which two states of an organisation differ.
create function organisation_differs(a jsonb, b jsonb) returns text
language sql immutable as $$
	select coalesce(string_agg(k, ' ' order by k), '')
	from (select jsonb_object_keys(a || b)) x (k)
	where a ->> k is distinct from b ->> k
$$;

-- What a person agreed to holds for that person.
create function organisation_agreement(was jsonb, f jsonb, stored jsonb)
returns jsonb language plpgsql stable as $$
declare
	m jsonb := was || f;
	chosen jsonb := visibility_of(coalesce(f ->> 'visibility', ''));
	shown boolean := coalesce(f ->> 'contact_public', '') = 'yes';
begin
	if m ->> 'contact' is distinct from was ->> 'contact'
		and not f ? 'contact_agreed_on' then
		m := m - '{contact_agreed_on,contact_agreed_by}'::text[];
		stored := stored - 'contact';
	end if;
	if shown and coalesce(m ->> 'contact_agreed_on', '') = '' then
		m := m || jsonb_build_object(
			'contact_agreed_on', schedule_date(now()),
			'contact_agreed_by', acting());
	end if;
	if f ->> 'contact_public' = 'no' then
		stored := stored || '{"contact": "office"}';
	elsif coalesce(m ->> 'contact_agreed_on', '') = '' then
		stored := stored - 'contact';
	elsif (shown or coalesce(f ->> 'contact_agreed_on', '') <> '')
		and field_visibility(stored, 'contact') = 'office' then
		stored := stored || '{"contact": "mail"}';
	end if;
	return m || jsonb_build_object('stored', stored || chosen);
end $$;

-- Insert an organisation, or change what is there: a field that is not given
-- stays, an empty one is cleared.  One way for hand, file and answer alike.
--
-- outcome: new, changed or same; missing; stale when it is not at the revision
-- seen (0: any); taken when there is one of that name and place; not-agreed
-- when the contact would be named without having agreed.
create function organisation_put(the_organisation bigint, f jsonb, seen int,
	out id bigint, out outcome text, out differs text)
language plpgsql as $$
declare
	was jsonb := coalesce(organisation_fields(the_organisation), '{}');
	old organisation;
	m jsonb;
	l text;
begin
	id := the_organisation;
	select * into old from organisation o where o.id = the_organisation
	for update;
	if the_organisation is not null and not found then
		outcome := 'missing';
		return;
	elsif seen not in (0, old.revision) then
		outcome := 'stale';
		return;
	end if;
	m := organisation_agreement(was, f, coalesce(old.field_visibility, '{}'));
	if exists (select from organisation o
		where o.id is distinct from the_organisation
			and lower(o.name) = lower(m ->> 'name')
			and coalesce(o.place, '') = coalesce(m ->> 'place', '')) then
		outcome := 'taken';
		return;
	elsif coalesce(m ->> 'contact_agreed_on', '') = ''
		and field_visibility(m -> 'stored', 'contact') > 'office' then
		outcome := 'not-agreed';
		return;
	end if;
	if id is null then
		insert into organisation (name, place)
		values (m ->> 'name', nullif(m ->> 'place', ''))
		returning organisation.id into organisation_put.id;
	end if;
	for l in select code from language loop
		insert into organisation_text as t
			(organisation_id, lang, aim, capacity)
		values (organisation_put.id, l, nullif(m ->> ('aim_' || l), ''),
			nullif(m ->> ('capacity_' || l), ''))
		on conflict (organisation_id, lang) do update
			set aim = excluded.aim, capacity = excluded.capacity
			where (t.aim, t.capacity)
				is distinct from (excluded.aim, excluded.capacity);
	end loop;
	delete from organisation_topic x using topic t
	where x.organisation_id = organisation_put.id and t.id = x.topic_id
		and t.slug <> all (string_to_array(
			coalesce(m ->> 'topics', ''), ' '));
	insert into organisation_topic (organisation_id, topic_id)
	select organisation_put.id, t.id from topic t
	where t.slug = any (string_to_array(m ->> 'topics', ' '))
	on conflict do nothing;
	update organisation o set name = m ->> 'name',
		place = nullif(m ->> 'place', ''),
		postal_address = nullif(m ->> 'postal_address', ''),
		region = nullif(m ->> 'region', ''),
		contact = nullif(m ->> 'contact', ''),
		contact_agreed_on = nullif(m ->> 'contact_agreed_on', '')::date,
		contact_agreed_by = nullif(m ->> 'contact_agreed_by', ''),
		contact_language = coalesce(
			nullif(m ->> 'contact_language', ''), 'both'),
		phone = nullif(m ->> 'phone', ''),
		email = nullif(m ->> 'email', ''),
		website = nullif(m ->> 'website', ''),
		capacity_date = nullif(m ->> 'capacity_date', '')::date,
		languages = coalesce(string_to_array(
			nullif(m ->> 'languages', ''), ' '), '{}'),
		secret = coalesce(m ->> 'secret', '') = 'yes',
		announce = coalesce(m ->> 'announce', '') = 'yes',
		checked_on = nullif(m ->> 'checked_on', '')::date,
		field_visibility = m -> 'stored'
	where o.id = organisation_put.id;
	differs := organisation_differs(was, organisation_fields(
		organisation_put.id));
	outcome := case when the_organisation is null then 'new'
		when differs = '' then 'same' else 'changed' end;
	if outcome <> 'same' then
		update organisation o set changed_at = now(),
			revision = revision + (outcome = 'changed')::int
		where o.id = organisation_put.id;
		perform activity_add(acting(), 'organisation', id,
			case outcome when 'new' then 'added' else outcome end,
			case outcome when 'new' then '' else differs end);
	end if;
end $$;

-- The organisation that a line of a file is about.  The place of a secret
-- address is in no file.
create function organisation_match(the_name text, the_place text)
returns bigint language sql stable as $$
	select id from organisation
	where lower(name) = lower(the_name)
		and (coalesce(place, '') = coalesce(the_place, '')
			or secret and coalesce(the_place, '') = '')
	order by coalesce(place, '') = coalesce(the_place, '') desc, id limit 1
$$;

-- A secret address stays in the office whatever is chosen for its parts, also
-- when it is secret no longer, until somebody chooses again.
create function organisation_hide() returns trigger language plpgsql as $$
begin
	if new.secret then
		new.field_visibility := new.field_visibility || '{"place":
			"office", "postal_address": "office", "region": "office"}';
	end if;
	return new;
end $$;
create trigger organisation_hide before insert or update on organisation
	for each row execute function organisation_hide();

-- Only what an edition may show is a change of the issue it is in.
drop trigger organisation_text_changed on organisation_text;
create or replace function organisation_changed() returns trigger
language plpgsql as $$
declare
	unseen constant text[] := '{announce,checked_on,changed_at,revision,'
		'contact_language,contact_agreed_on,contact_agreed_by}';
	-- Of either table.
	o jsonb := to_jsonb(new);
	i bigint;
begin
	if tg_op = 'UPDATE' and o - unseen = to_jsonb(old) - unseen then
		return null;
	end if;
	for i in select id from item
		where organisation_id
			= coalesce(o ->> 'organisation_id', o ->> 'id')::bigint
		and state = 'queued'
	loop
		perform item_touch(i, acting());
	end loop;
	return null;
end $$;
create trigger organisation_text_changed after insert or update
	on organisation_text
	for each row execute function organisation_changed();

--
-- New in the network
--

-- A title has 90 characters at most.
create function organisation_title(the_name text) returns text
language sql immutable as $$
	select left(the_name, 90)
$$;

create function item_announce(the_organisation bigint, the_name text)
returns void language plpgsql as $$
declare
	i bigint;
	first text := (select code from language order by position limit 1);
begin
	insert into item (kind, organisation_id, source_lang, changed_by)
	values ('organisation', the_organisation, first, acting())
	returning id into i;
	insert into item_text (item_id, lang, title, state, based_on, ready_at,
		changed_by)
	select i, code, organisation_title(the_name), 'ready',
		case when code <> first then 1 end, now(), acting()
	from language;
	insert into item_text_revision (item_id, lang, revision, title, body,
		small, by)
	select i, code, 1, organisation_title(the_name), '', false, acting()
	from language;
	perform activity_add(acting(), 'item', i, 'added');
end $$;

-- Whoever marks an organisation gets an item in the next issue, and whoever
-- takes the mark away takes back what was not sent yet.
create function organisation_announced() returns trigger language plpgsql as $$
declare
	marked boolean := new.announce;
	was_marked boolean := false;
begin
	if tg_op = 'UPDATE' then
		was_marked := old.announce;
		update item_text t set title = organisation_title(new.name),
			revision = t.revision + 1, changed_at = now(),
			changed_by = acting()
		from item i
		where new.name <> old.name and t.item_id = i.id
			and t.title = organisation_title(old.name)
			and i.organisation_id = new.id
			and i.kind = 'organisation'
			and i.state in ('queued', 'parked');
	end if;
	if marked = was_marked then
		return null;
	end if;
	update item set state = case when marked then 'queued' else 'dropped' end,
		revision = revision + 1, changed_at = now(),
		changed_by = acting()
	where organisation_id = new.id and kind = 'organisation'
		and state in ('queued', 'parked');
	if marked and not found then
		perform item_announce(new.id, new.name);
	end if;
	return null;
end $$;
create trigger organisation_announced after insert or update on organisation
	for each row execute function organisation_announced();

-- An organisation is announced once: a text that somebody wrote takes the place
-- of the bare item, and the mark goes with the last item, sent or dropped.
-- Freezing an issue, which may not write the social map, is what sends it.
create function item_announces() returns trigger language plpgsql
security definer set search_path from current as $$
begin
	if new.kind = 'organisation' and new.state = 'queued' then
		update item i set state = 'dropped', revision = revision + 1,
			changed_at = now(), changed_by = new.changed_by
		where i.organisation_id = new.organisation_id and i.id <> new.id
			and i.kind = 'organisation' and i.state = 'queued'
			and not exists (select from item_text t
				where t.item_id = i.id and t.body <> '');
	end if;
	if tg_op = 'UPDATE' and old.kind = 'organisation'
		and old.state in ('queued', 'parked') then
		update organisation o set announce = false,
			revision = revision + 1
		where o.id = old.organisation_id and o.announce
			and not exists (select from item i
				where i.organisation_id = o.id
					and i.kind = 'organisation'
					and i.state in ('queued', 'parked'));
	end if;
	return null;
end $$;
create trigger item_announces after insert or update of kind, state,
	organisation_id on item for each row execute function item_announces();

-- "3, 2026": the issue that announced it last.
create function organisation_issue(the_organisation bigint) returns text
language sql stable as $$
	select case n.series when 'extra' then 'extra ' else '' end
		|| n.number || ', ' || n.year
	from issue_item x join item i on i.id = x.item_id
	join issue n on n.id = x.issue_id
		and n.state in ('sending', 'sent', 'stopped')
	where i.organisation_id = the_organisation and i.kind = 'organisation'
	order by n.planned_at desc limit 1
$$;

-- Its subscribers stay; its items stay too, but what was not sent is dropped.
create function organisation_remove(the_organisation bigint) returns boolean
language plpgsql as $$
declare
	the_name text;
begin
	update item set state = 'dropped', revision = revision + 1,
		changed_at = now(), changed_by = acting()
	where organisation_id = the_organisation and kind = 'organisation'
		and state in ('queued', 'parked');
	delete from organisation where id = the_organisation
	returning name into the_name;
	if the_name is null then
		return false;
	end if;
	perform activity_add(acting(), 'organisation', the_organisation,
		'removed', the_name);
	return true;
end $$;

--
-- Is this still right?
--

-- Why an organisation cannot be asked now; null when it can.  hash: of its
-- address, since who complained or was erased gets no mail at all.
create function organisation_unaskable(the_organisation bigint, hash bytea)
returns text language sql stable as $$
	select case when o.email is null then 'no-address'
	when exists (select from suppression s where s.address_hash = hash
		and s.reason <> 'unsubscribed') then 'suppressed'
	when exists (select from letter l where l.organisation_id = o.id
		and l.kind = 'check' and l.at > now() - interval '30 days')
		then 'asked' end
	from organisation o where o.id = the_organisation
$$;

-- False when it cannot be asked (any more).
create function organisation_ask(the_organisation bigint, hash bytea,
	sealed bytea) returns boolean
language plpgsql as $$
declare
	o organisation;
begin
	select * into o from organisation where id = the_organisation for update;
	if not found or organisation_unaskable(o.id, hash) is not null then
		return false;
	end if;
	perform letter_add('check', null, o.contact_language, sealed, o.id);
	perform activity_add(acting(), 'organisation', o.id, 'asked');
	return true;
end $$;

-- Whoever no longer speaks for an organisation has no link either.
create function organisation_moved() returns trigger language plpgsql as $$
begin
	delete from letter where organisation_id = new.id and kind = 'check';
	return null;
end $$;
create trigger organisation_moved after update of email on organisation
	for each row when (old.email is distinct from new.email)
	execute function organisation_moved();

-- An organisation as it may go through other hands: a mail that may be
-- forwarded, and the page behind its link.  Nothing that says where a secret
-- address is, and no mail address.
create function organisation_sheet(the_organisation bigint) returns jsonb
language sql stable security definer set search_path from current as $$
	select (s.f - '{visibility,announce,contact_agreed_on,contact_agreed_by,'
		'contact_language,topics,email}'::text[]
		- case when o.secret then '{place,postal_address,region}'::text[]
			else '{}' end)
		|| jsonb_strip_nulls(jsonb_build_object('email',
			regexp_replace(o.email, '^(.).*@', '\1•••@')))
		|| coalesce((select jsonb_object_agg('topics_' || t.lang, t.names)
			from (select n.lang, string_agg(n.name, '; '
					order by t.position) as names
				from organisation_topic x
				join topic t on t.id = x.topic_id
				join topic_name n on n.topic_id = t.id
				where x.organisation_id = o.id
				group by n.lang) t), '{}')
	from organisation o
	cross join lateral (select organisation_fields(o.id) as f) s
	where o.id = the_organisation
$$;

-- Whether the link of a letter still says something, locking nothing.
create function check_good(the_organisation bigint, the_letter bigint)
returns boolean language sql stable as $$
	select exists (select from letter where id = the_letter
		and kind = 'check' and organisation_id = the_organisation
		and at > now() - interval '60 days')
$$;

-- The page behind the link; no row when it is not good.
create function web_check(the_organisation bigint, the_letter bigint)
returns table (sheet jsonb, language text, used boolean, waiting boolean)
language sql stable security definer set search_path from current as $$
	select organisation_sheet(the_organisation), l.language,
		l.used_at is not null, exists (select from organisation_change
			where letter_id = the_letter)
	from letter l
	where l.id = the_letter and check_good(the_organisation, the_letter)
$$;

-- "All of this is right."  Once for a letter, and not after a change was asked.
create function web_check_correct(the_organisation bigint, the_letter bigint)
returns boolean
language plpgsql security definer set search_path from current as $$
begin
	update letter set used_at = now()
	where id = the_letter and used_at is null
		and check_good(the_organisation, the_letter);
	if not found then
		return false;
	end if;
	update organisation set checked_on = schedule_date(now()),
		revision = revision + 1
	where id = the_organisation;
	perform activity_add('web', 'organisation', the_organisation, 'checked');
	return true;
end $$;

-- "This has changed": kept for the office.  Only what differs counts, and of a
-- secret address nothing is taken.  False when nothing was kept.
create function web_check_change(the_organisation bigint, the_letter bigint,
	f jsonb, the_remark text) returns boolean
language plpgsql security definer set search_path from current as $$
declare
	now_is jsonb := organisation_fields(the_organisation);
	asked jsonb;
begin
	perform from letter where id = the_letter for update;
	if not check_good(the_organisation, the_letter) then
		return false;
	end if;
	select coalesce(jsonb_object_agg(key, value), '{}') into asked
	from jsonb_each_text(f)
	where key = any ('{name,place,postal_address,region,contact,phone,email,'
			'website,aim_nl,aim_en,capacity_nl,capacity_en}')
		and (now_is ->> 'secret' = 'no'
			or key not in ('place', 'postal_address', 'region'))
		and value <> coalesce(now_is ->> key, '');
	if asked = '{}' and the_remark = '' then
		return false;
	end if;
	delete from organisation_change where letter_id = the_letter;
	insert into organisation_change (organisation_id, letter_id, fields,
		remark)
	values (the_organisation, the_letter, asked, the_remark);
	update letter set used_at = coalesce(used_at, now())
	where id = the_letter;
	perform activity_add('web', 'organisation', the_organisation,
		'change-asked', organisation_differs('{}', asked));
	return true;
end $$;

-- Store what was asked; outcomes of organisation_put(), and missing when there
-- is no such change any more.
create function organisation_accept(the_change bigint, seen int,
	out outcome text, out differs text) language plpgsql as $$
declare
	c organisation_change;
begin
	select * into c from organisation_change where id = the_change
	for update;
	if not found then
		outcome := 'missing';
		return;
	end if;
	select p.outcome, p.differs into outcome, differs
	from organisation_put(c.organisation_id, c.fields
		|| jsonb_build_object('checked_on', schedule_date(c.at)), seen) p;
	if outcome in ('changed', 'same') then
		delete from organisation_change where id = the_change;
		perform activity_add(acting(), 'organisation', c.organisation_id,
			'change-accepted');
	end if;
end $$;

create function organisation_refuse(the_change bigint) returns boolean
language plpgsql as $$
declare
	o bigint;
begin
	delete from organisation_change where id = the_change
	returning organisation_id into o;
	if o is null then
		return false;
	end if;
	perform activity_add(acting(), 'organisation', o, 'change-refused');
	return true;
end $$;
