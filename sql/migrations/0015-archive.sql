-- What anybody may read: of each issue, per language, what its items and its
-- organisations let out, as approval found it.

-- An organisation as the archive may show it.
create view organisation_public as
select o.id, o.name, o.secret,
	case when not o.secret and field_visibility(o.field_visibility, 'place')
		= 'public' then o.place end as place,
	case when field_visibility(o.field_visibility, 'contact') = 'public'
		then o.contact end as contact,
	case when field_visibility(o.field_visibility, 'phone') = 'public'
		then o.phone end as phone,
	case when field_visibility(o.field_visibility, 'email') = 'public'
		then o.email end as email,
	case when field_visibility(o.field_visibility, 'website') = 'public'
		then o.website end as website,
	case when not o.secret and field_visibility(o.field_visibility, 'region')
		= 'public' then o.region end as region,
	case when not o.secret and
		field_visibility(o.field_visibility, 'postal_address') = 'public'
		then o.postal_address end as postal_address,
	o.capacity_date
from organisation o;

-- It comes with an approval, and goes with one that is taken back.
create table archive_issue (
	issue_id bigint not null references issue on delete cascade,
	lang text not null references language,
	label text not null, -- "Nieuwsbrief 12"
	headline text not null,
	document text not null, -- XML of composer/edition/content.h
	primary key (issue_id, lang)
);
create table archive_item (
	issue_id bigint not null,
	lang text not null,
	position int not null,
	anchor text not null, -- of the item in the mail
	title text not null,
	body text not null,
	-- Of the body, when it is there in the other language only.
	body_lang text references language,
	words tsvector not null generated always as (case lang when 'nl' then
		setweight(to_tsvector('dutch'::regconfig, title), 'A')
			|| to_tsvector('dutch'::regconfig, body)
		else
		setweight(to_tsvector('english'::regconfig, title), 'A')
			|| to_tsvector('english'::regconfig, body)
		end) stored,
	primary key (issue_id, lang, position),
	foreign key (issue_id, lang) references archive_issue on delete cascade
);
create index archive_item_words on archive_item using gin (words);

-- What was wrong in an issue, shown above it.
create table archive_note (
	id bigint generated always as identity primary key,
	issue_id bigint not null references issue on delete cascade,
	lang text not null references language,
	at timestamptz not null default now(),
	text text not null
);

create function archive_note_add(the_issue bigint, the_lang text,
	the_text text) returns bigint
language sql as $$
	insert into archive_note (issue_id, lang, text)
	values (the_issue, the_lang, the_text) returning id
$$;

-- What the world may see, nothing else is there.
create view archive_shown as
select a.issue_id, a.lang, a.label, a.headline, a.document, i.series, i.kind, i.year,
	i.number, i.planned_at,
	to_char(i.planned_at at time zone schedule_zone(), 'YYYY-MM-DD') as day
from archive_issue a join issue i on i.id = a.issue_id
where issue_is_public(i);

create function web_archive(the_lang text)
returns table (series text, year int, number int, label text, headline text,
	day text)
language sql stable security definer set search_path from current as $$
	select series, year, number, label, headline, day from archive_shown
	where lang = the_lang
	order by year desc, planned_at desc, issue_id desc
$$;

-- The day the first issue will appear.
create function web_archive_first() returns text
language sql stable security definer set search_path from current as $$
	select to_char(min(planned_at) at time zone schedule_zone(), 'YYYY-MM-DD')
	from issue where series = 'regular' and state in ('open', 'approved')
		and planned_at > now()
$$;

create function web_archive_issue(the_series text, the_year int,
	the_number int, the_lang text)
returns table (label text, headline text, document text, invitation boolean)
language sql stable security definer set search_path from current as $$
	select label, headline, document, kind is not distinct from 'invitation'
	from archive_shown
	where series = the_series and year = the_year and number = the_number
		and lang = the_lang
$$;

create function web_archive_notes(the_series text, the_year int,
	the_number int, the_lang text)
returns table (day text, text text)
language sql stable security definer set search_path from current as $$
	select to_char(n.at at time zone schedule_zone(), 'YYYY-MM-DD'), n.text
	from archive_shown s join archive_note n using (issue_id, lang)
	where s.series = the_series and s.year = the_year
		and s.number = the_number and s.lang = the_lang
	order by n.at, n.id
$$;

-- Words as people type them, and longer ones that begin like them: Dutch puts
-- words together.
create function archive_query(config regconfig, the_words text)
returns tsquery language plpgsql stable as $$
begin
	return regexp_replace(websearch_to_tsquery(config, the_words)::text,
		'(''(?:[^'']|'''')+'')', '\1:*', 'g')::tsquery;
exception when others then
	-- It gives up on thirty minus signs in a row, with an internal error.
	return plainto_tsquery(config, the_words);
end $$;

-- Hits stand between two control characters, which no text has.
create function web_archive_search(the_words text, the_lang text, most int)
returns table (series text, year int, number int, label text, day text,
	anchor text, title text, excerpt text, excerpt_lang text)
language sql stable security definer set search_path from current as $$
	with q as materialized (
		select c.config, archive_query(c.config, the_words) as query
		from (select case the_lang when 'nl' then 'dutch'::regconfig
			else 'english'::regconfig end as config) c
	), hit as materialized (
		select s.series, s.year, s.number, s.label, s.day, i.anchor, i.title,
			i.body, i.body_lang, ts_rank(i.words, q.query) as rank, s.planned_at,
			i.position
		from q cross join archive_item i
		join archive_shown s using (issue_id, lang)
		where lang = the_lang and i.words @@ q.query
		order by rank desc, s.planned_at desc, i.position limit most
	)
	select h.series, h.year, h.number, h.label, h.day, h.anchor, h.title,
		ts_headline(q.config, h.body, q.query, 'MaxFragments=2, MaxWords=25,'
			' MinWords=10, FragmentDelimiter=" … ", StartSel=' || chr(2)
			|| ', StopSel=' || chr(3)), h.body_lang
	from q cross join hit h order by h.rank desc, h.planned_at desc, h.position
$$;

-- The newest issues, whole, for the feed.
create function web_archive_feed(the_lang text, most int)
returns table (series text, year int, number int, label text, document text,
	updated text)
language sql stable security definer set search_path from current as $$
	select s.series, s.year, s.number, s.label, s.document,
		to_char(coalesce(m.dated_at, s.planned_at) at time zone 'UTC',
			'YYYY-MM-DD"T"HH24:MI:SS"Z"')
	from archive_shown s
	left join mailing m on m.issue_id = s.issue_id and m.kind = 'issue'
	where s.lang = the_lang
	order by s.planned_at desc, s.issue_id desc limit most
$$;
