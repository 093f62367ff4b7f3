-- Topics, items with a text per language, issues and their editions.

create table language (
	code text primary key check (code ~ '^[a-z]{2}$'),
	position smallint not null unique,
	name text not null
);
insert into language values ('nl', 1, 'Nederlands'), ('en', 2, 'English');

create table topic (
	id smallint generated always as identity primary key,
	slug text not null unique,
	position smallint not null unique
);
create table topic_name (
	topic_id smallint not null references topic,
	lang text not null references language,
	name text not null,
	primary key (topic_id, lang)
);
insert into topic (slug, position) values
	('medical-care', 1), ('shelter', 2), ('social-security', 3),
	('family-life', 4), ('work', 5), ('checks', 6), ('eu-citizens', 7);
insert into topic_name (topic_id, lang, name)
select t.id, n.lang, n.name from topic t join (values
	('medical-care', 'nl', 'Medische zorg'),
	('medical-care', 'en', 'Medical care'),
	('shelter', 'nl', 'Opvang'),
	('shelter', 'en', 'Shelter'),
	('social-security', 'nl', 'Sociale zekerheid'),
	('social-security', 'en', 'Social security'),
	('family-life', 'nl', 'Gezinsleven en verblijf'),
	('family-life', 'en', 'Family life and residence'),
	('work', 'nl', 'Werk en uitbuiting'),
	('work', 'en', 'Work and exploitation'),
	('checks', 'nl', 'Controle en detentie'),
	('checks', 'en', 'Checks and detention'),
	('eu-citizens', 'nl', 'Rechten van EU-burgers'),
	('eu-citizens', 'en', 'Rights of EU citizens'))
	n (slug, lang, name) using (slug);

-- public: everywhere; mail: only in the mail; office: never leaves.
create type visibility as enum ('office', 'mail', 'public');

-- The social map.  What may leave the office is decided per field, in
-- field_visibility; a secret address overrides it (see organisation_mail).
create table organisation (
	id bigint generated always as identity primary key,
	name text not null check (name <> ''),
	place text,
	postal_address text,
	contact text,
	phone text,
	email text,
	website text check (website ~ '^https?://'),
	region text,
	languages text[] not null default '{}',
	secret boolean not null default false,
	announce boolean not null default false,
	capacity_date date,
	checked_on date,
	field_visibility jsonb not null default '{}',
	changed_at timestamptz not null default now()
);
create unique index organisation_name on organisation (lower(name),
	coalesce(place, ''));
create table organisation_text (
	organisation_id bigint not null references organisation
		on delete cascade,
	lang text not null references language,
	aim text,
	capacity text,
	primary key (organisation_id, lang)
);
create table organisation_topic (
	organisation_id bigint not null references organisation
		on delete cascade,
	topic_id smallint not null references topic,
	primary key (organisation_id, topic_id)
);

-- Visibility of a field: what was chosen, or a careful default.
create function field_visibility(chosen jsonb, field text) returns visibility
language sql immutable
-- A constraint asks it, also while a backup is being put back.
set search_path from current as $$
	select coalesce((chosen ->> field)::visibility, case field
		when 'place' then 'public' when 'website' then 'public'
		when 'region' then 'public' when 'phone' then 'mail'
		when 'email' then 'mail' else 'office' end::visibility)
$$;

-- An organisation as an edition may show it.  There is no other way from the
-- social map into a rendering.
create view organisation_mail as
select o.id, o.name, o.secret,
	case when not o.secret and field_visibility(o.field_visibility, 'place')
		>= 'mail' then o.place end as place,
	case when field_visibility(o.field_visibility, 'contact') >= 'mail'
		then o.contact end as contact,
	case when field_visibility(o.field_visibility, 'phone') >= 'mail'
		then o.phone end as phone,
	case when field_visibility(o.field_visibility, 'email') >= 'mail'
		then o.email end as email,
	case when field_visibility(o.field_visibility, 'website') >= 'mail'
		then o.website end as website,
	case when not o.secret and field_visibility(o.field_visibility, 'region')
		>= 'mail' then o.region end as region,
	case when not o.secret and
		field_visibility(o.field_visibility, 'postal_address') >= 'mail'
		then o.postal_address end as postal_address,
	o.capacity_date
from organisation o;

create table issue (
	id bigint generated always as identity primary key,
	series text not null default 'regular'
		check (series in ('regular', 'extra')),
	-- Which date of the fortnight this is; null outside the series.
	occurrence date unique,
	planned_at timestamptz not null,
	-- Given at approval, so that a skipped date leaves no gap.
	year int,
	number int check (number > 0),
	state text not null default 'open' check (state in
		('open', 'approved', 'sending', 'sent', 'skipped', 'stopped')),
	held_at timestamptz,
	held_by text,
	held_reason text,
	-- Grows with every change of what would be sent.
	revision int not null default 1,
	approved_at timestamptz,
	approved_by text,
	approved_revision int,
	-- `issue send --now`: begin then instead of at planned_at.
	send_after timestamptz,
	created_at timestamptz not null default now(),
	unique (series, year, number),
	check ((number is null) = (year is null)),
	check ((held_at is null) = (held_reason is null))
);
create table issue_text (
	issue_id bigint not null references issue on delete cascade,
	lang text not null references language,
	headline text not null default '',
	preheader text not null default '', -- empty: made from the contents
	opening text not null default '',
	primary key (issue_id, lang)
);

create sequence question_reference start 101;

create table item (
	id bigint generated always as identity primary key,
	kind text not null default 'news' check (kind in
		('news', 'event', 'organisation', 'question', 'announcement')),
	topic_id smallint references topic,
	state text not null default 'queued' check (state in
		('queued', 'parked', 'dropped', 'sent')),
	visibility visibility not null default 'public',
	issue_id bigint references issue, -- null: the next one
	position int, -- null: in order of arrival
	link text check (link ~ '^(https://|mailto:)'),
	link_lang text references language,
	not_after date,
	note text, -- for colleagues, never sent
	-- The side that was ready first; the other one is its translation.
	source_lang text references language,
	-- Events live by the wall clock of the place they are held at.
	starts_at timestamp,
	ends_at timestamp,
	place text,
	online boolean not null default false,
	sign_up text check (sign_up ~ '^(https://|mailto:)'),
	may_forward boolean not null default false,
	organisation_id bigint references organisation,
	region text,
	answer_by date,
	reference int unique,
	created_at timestamptz not null default now(),
	changed_at timestamptz not null default now(),
	changed_by text not null,
	revision int not null default 1,
	check (kind <> 'question' or visibility <> 'public'),
	check (ends_at is null or ends_at >= starts_at)
);
create table item_text (
	item_id bigint not null references item on delete cascade,
	lang text not null references language,
	title text not null default '',
	body text not null default '',
	state text not null default 'draft' check (state in ('draft', 'ready')),
	-- Why the body is missing: a translation follows, or it is of use to
	-- speakers of the other language only.
	absence text check (absence in ('follows', 'speakers')),
	revision int not null default 1, -- of this side
	meaning int not null default 1, -- last revision that was more than a
	                                -- small correction
	based_on int, -- meaning of the source side that this translates
	ready_at timestamptz,
	changed_at timestamptz not null default now(),
	changed_by text not null,
	primary key (item_id, lang)
);
create table item_text_revision (
	item_id bigint not null,
	lang text not null,
	revision int not null,
	title text not null,
	body text not null,
	small boolean not null,
	at timestamptz not null default now(),
	by text not null,
	primary key (item_id, lang, revision),
	foreign key (item_id, lang) references item_text on delete cascade
);

-- Each item has a side in every language, written or not.
create view item_side as
select i.id as item_id, l.code as lang, l.position as lang_position,
	coalesce(t.title, '') as title, coalesce(t.body, '') as body,
	t.absence, t.revision, t.meaning, t.based_on, t.changed_at,
	t.changed_by, t.ready_at,
	case
	when t.item_id is null then 'empty'
	when t.body = '' and i.kind not in ('event', 'organisation')
		then case when t.title = '' or t.absence is not null
		or t.state = 'ready' then 'empty' else 'draft' end
	when t.state = 'draft' then 'draft'
	when l.code <> i.source_lang and t.based_on < s.meaning then 'outdated'
	else 'ready' end as status
from item i cross join language l
left join item_text t on t.item_id = i.id and t.lang = l.code
left join item_text s on s.item_id = i.id and s.lang = i.source_lang;

-- What approval fixed.
create table issue_item (
	issue_id bigint not null references issue on delete cascade,
	position int not null,
	section text not null, -- a topic's slug, or a kind of item
	item_id bigint not null references item,
	primary key (issue_id, position),
	unique (issue_id, item_id)
);

-- A message encoded once, with the places where a recipient's own values go
-- (base/slot.h).  Never changed; the same bytes are stored once.
create table message (
	id bigint generated always as identity primary key,
	digest bytea not null unique check (length(digest) = 32),
	kind text not null check (kind in ('issue', 'test', 'system')),
	edition text not null check (edition in ('nl', 'en', 'both')),
	subject text not null,
	bytes bytea not null,
	slots bytea not null,
	created_at timestamptz not null default now()
);
create table edition (
	issue_id bigint not null references issue on delete cascade,
	name text not null check (name in ('nl', 'en', 'both')),
	message_id bigint not null references message,
	html text not null,
	plain text not null,
	primary key (issue_id, name)
);

-- Who did what, as a line a person can read.  Never an address.
create table activity (
	id bigint generated always as identity primary key,
	at timestamptz not null default now(),
	actor text not null,
	subject text not null, -- 'item', 'issue', 'subscriber', 'schedule', ...
	subject_id bigint,
	action text not null,
	detail text not null default ''
);
create index activity_subject on activity (subject, subject_id, id);

create function activity_add(actor text, subject text, subject_id bigint,
	action text, detail text default '') returns void
language sql as $$
	insert into activity (actor, subject, subject_id, action, detail)
	values (actor, subject, subject_id, action, detail)
$$;

-- The issue that ready items flow into: the first that is not approved yet.
create function issue_next() returns bigint
language sql stable as $$
	select id from issue where series = 'regular' and state = 'open'
	order by planned_at, id limit 1
$$;

-- Numbers as people use them: given ones, and for open issues the number they
-- would get if all before them are approved.
create view issue_label as
select i.id, i.series,
	coalesce(i.year, extract(year from i.planned_at)::int) as year,
	coalesce(i.number, case when i.state = 'open' then (
		select coalesce(max(g.number), 0) from issue g
		where g.series = i.series
			and g.year = extract(year from i.planned_at)::int)
		+ row_number() over (partition by i.series, i.state,
			i.number is null, extract(year from i.planned_at)
			order by i.planned_at, i.id) end)::int as number
from issue i;

-- Take an approval back because what would be sent has changed.
create function issue_revoke(the_issue bigint, actor text, reason text)
returns void language plpgsql as $$
begin
	update issue set state = 'open', approved_at = null, approved_by = null,
		approved_revision = null, send_after = null,
		-- A special edition has its number from the start.
		number = case series when 'extra' then number end,
		year = case series when 'extra' then year end
	where id = the_issue and state = 'approved';
	if found then
		delete from edition where issue_id = the_issue;
		delete from archive_issue where issue_id = the_issue;
		delete from issue_item where issue_id = the_issue;
		perform activity_add(actor, 'issue', the_issue,
			'approval-revoked', reason);
	end if;
end $$;

-- Every change of what an issue would send counts its revision up, wherever
-- the change comes from; that is why this is a trigger.
create function issue_touch(the_issue bigint, actor text, reason text)
returns void language plpgsql as $$
begin
	update issue set revision = revision + 1
	where id = the_issue and state in ('open', 'approved');
	perform issue_revoke(the_issue, actor, reason);
end $$;

create function item_touch(the_item bigint, actor text)
returns void language plpgsql as $$
declare
	i bigint;
begin
	for i in
		select x.issue_id from issue_item x join issue n on n.id = x.issue_id
		where x.item_id = the_item and n.state = 'approved'
		union
		select n.id from item t join issue n on n.state = 'open'
			and n.id = coalesce(t.issue_id, item_flows_into(t.id))
		where t.id = the_item
			and exists (select from item_text s
				where s.item_id = the_item and s.state = 'ready')
	loop
		perform issue_touch(i, actor, 'item ' || the_item);
	end loop;
end $$;

create function item_changed() returns trigger language plpgsql as $$
declare
	before item := old;
begin
	-- A note for colleagues, and who wrote it when, is never sent.
	before.note := new.note;
	before.changed_at := new.changed_at;
	before.changed_by := new.changed_by;
	before.revision := new.revision;
	if before is distinct from new then
		if old.issue_id is distinct from new.issue_id
			and old.issue_id is not null then
			perform issue_touch(old.issue_id, new.changed_by,
				'item ' || old.id);
		end if;
		-- Being sent is no change of content.
		if new.state <> 'sent' then
			perform item_touch(new.id, new.changed_by);
		end if;
	end if;
	return null;
end $$;
create trigger item_changed after update on item
	for each row execute function item_changed();

create function item_text_changed() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' or new is distinct from old then
		perform item_touch(new.item_id, new.changed_by);
	end if;
	return null;
end $$;
create trigger item_text_changed after insert or update on item_text
	for each row execute function item_text_changed();

create function issue_text_changed() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' or new is distinct from old then
		perform issue_touch(new.issue_id,
			coalesce(nullif(current_setting('tweeluik.actor', true), ''),
			session_user::text), 'headline or opening');
	end if;
	return null;
end $$;
create trigger issue_text_changed after insert or update on issue_text
	for each row execute function issue_text_changed();

create function organisation_changed() returns trigger language plpgsql as $$
declare
	i bigint;
	who bigint;
begin
	if tg_op = 'INSERT' then
		return null;
	end if;
	who := case when tg_table_name = 'organisation' then new.id end;
	if who is null then
		who := (to_jsonb(new) ->> 'organisation_id')::bigint;
	end if;
	for i in select id from item where organisation_id = who
		and state = 'queued'
	loop
		perform item_touch(i, coalesce(nullif(
			current_setting('tweeluik.actor', true), ''),
			session_user::text));
	end loop;
	return null;
end $$;
create trigger organisation_changed after update on organisation
	for each row execute function organisation_changed();
create trigger organisation_text_changed after update on organisation_text
	for each row execute function organisation_changed();
