-- The list from a table of people.  One transaction checks and writes: the rows
-- come in batches into a table of its own, are held against the list there, and
-- go on the list from there.  An address is a hash and a seal there as well.

create function import_begin() returns void language plpgsql as $$
begin
	create temporary table import_row (
		no int primary key, -- of the row in the file
		hash bytea not null unique,
		sealed bytea not null,
		organisation_id bigint,
		language text not null, -- "" for unknown
		tags text[] not null,
		state text not null, -- as the file says, "" for nothing
		until date,
		fate text not null
	) on commit drop;
end $$;

-- Rows in the order of the file, as arrays; what would become of each (left_how:
-- reason or state of who left).  The
-- first of the same addresses counts, the others are duplicates of it.  Nothing
-- in a file changes the state of somebody on the list, but that they left.
-- A generic plan looks each row up by index, whatever the statistics say of a
-- list that has just grown.
create function import_add(nos int[], hashes bytea[], seals bytea[],
	organisations text[], languages text[], all_tags text[], states text[],
	untils date[])
returns table (fate text, left_how text, duplicate_of int,
	unknown_organisation boolean)
language plpgsql set plan_cache_mode = 'force_generic_plan' as $$
begin
	return query
	with given as (
		select *
		from unnest(nos, hashes, seals, organisations, languages,
			all_tags, states, untils) g (no, hash, sealed,
			organisation, language, tag_list, state, until)
	), judged as materialized (
		select g.*, string_to_array(g.tag_list, ',') as tags,
			o.id as organisation_id, first_value(g.no)
				over (partition by g.hash order by g.no) as first_no,
			case when x.address_hash is not null
				or s.state in ('unsubscribed', 'blocked')
				then 'left'
			when g.state in ('unsubscribed', 'blocked')
				then 'suppressed'
			when s.id is null then 'new'
			when s.organisation_id is null and o.id is not null
				or not s.tags @> string_to_array(g.tag_list, ',')
				or s.language_from = 'default' and g.language <> ''
				then 'completed'
			else 'same' end as verdict,
			coalesce(x.reason, s.state) as how
		from given g
		left join subscriber s on s.address_hash = g.hash
		left join suppression x on x.address_hash = g.hash
		left join lateral (select id from organisation
			where lower(name) = lower(g.organisation)
			order by id limit 1) o on true
	), kept as (
		insert into import_row
		select j.no, j.hash, j.sealed, j.organisation_id, j.language,
			j.tags, j.state, j.until, j.verdict
		from judged j where j.no = j.first_no order by j.no
		on conflict (hash) do nothing
		returning no
	)
	select j.verdict, j.how, case when k.no is null then coalesce(
			(select r.no from import_row r where r.hash = j.hash),
			j.first_no) end,
		j.organisation <> '' and j.organisation_id is null
	from judged j left join kept k on k.no = j.no
	order by j.no;
end $$;

-- Write the rows of a part of the file; says how many of each fate, and of who
-- was added how many get issues now and how many are asked.  With ask, new ones
-- get the mail that asks for their consent, unless the file says that none
-- arrives; without it, those who according to the file did not confirm yet.
create function import_apply(from_no int, to_no int, basis text, ask boolean,
	actor text)
returns table (added int, activated int, asked int, completed int,
	suppressed int)
language plpgsql as $$
begin
	with invitation as (
		select i.hash, subscriber_invite(i.hash, i.sealed,
			coalesce(nullif(i.language, ''), 'both'),
			case i.language when '' then 'default' else 'import' end,
			i.organisation_id, i.tags, import_apply.actor) as invited
		from import_row i
		where i.no between from_no and to_no and i.fate = 'new'
			and (i.state = 'pending'
				or ask and i.state <> 'undeliverable')
	), fresh as (
		insert into subscriber (address_hash, address_sealed, language,
			language_from, state, state_reason, paused_until,
			organisation_id, tags)
		select i.hash, i.sealed, coalesce(nullif(i.language, ''), 'both'),
			case i.language when '' then 'default' else 'import' end,
			coalesce(nullif(i.state, ''), 'active'),
			case i.state when 'undeliverable' then 'import' else '' end,
			i.until, i.organisation_id,
			case when cardinality(i.tags) < 2 then i.tags
			else array(select distinct t from unnest(i.tags) t
				order by t) end
		from import_row i
		where i.no between from_no and to_no and i.fate = 'new'
			and i.state <> 'pending'
			and not (ask and i.state <> 'undeliverable')
		order by i.no
		on conflict (address_hash) do nothing
		returning address_hash, state
	), joined as (
		select * from fresh
		union all
		select n.hash, 'pending' from invitation n
		where (n.invited).outcome in ('confirm', 'waits')
	), told as (
		insert into consent_event (address_hash, kind, way, basis)
		select j.address_hash, 'imported', 'import', import_apply.basis
		from joined j)
	select count(*), count(*) filter (where j.state = 'active'),
		count(*) filter (where j.state = 'pending')
	into added, activated, asked from joined j;

	-- What the file knows more; never a language that somebody chose.
	with known as (
		update subscriber s set
			organisation_id = coalesce(s.organisation_id,
				i.organisation_id),
			tags = array(select distinct t
				from unnest(s.tags || i.tags) t order by t),
			language = case when s.language_from = 'default'
				and i.language <> '' then i.language
				else s.language end,
			language_from = case when s.language_from = 'default'
				and i.language <> '' then 'import'
				else s.language_from end
		from import_row i, subscriber was
		where i.no between from_no and to_no and i.fate = 'completed'
			and s.address_hash = i.hash and was.id = s.id
		returning s.address_hash, was.language_from = 'default'
			and i.language <> '' as language_known),
	told as (
		insert into consent_event (address_hash, kind, way, basis)
		select k.address_hash, 'language', 'import', import_apply.basis
		from known k where k.language_known)
	select count(*) into completed from known;

	with gone as (
		select i.hash, i.state from import_row i
		where i.no between from_no and to_no and i.fate = 'suppressed'),
	off as (
		update subscriber s set state = g.state, state_reason = 'import',
			state_at = now(), paused_until = null
		from gone g where s.address_hash = g.hash),
	kept as (
		insert into suppression (address_hash, reason)
		select g.hash, g.state from gone g
		on conflict (address_hash) do nothing
		returning address_hash)
	insert into consent_event (address_hash, kind, way, basis)
	select g.hash, g.state, 'import', import_apply.basis
	from gone g join kept k on k.address_hash = g.hash;
	get diagnostics suppressed = row_count;
	return next;
end $$;

-- Whether somebody left while the table was being written.
create function import_overtaken() returns boolean
language plpgsql as $$
begin
	return exists (select from import_row i
		join suppression x on x.address_hash = i.hash
		where i.fate = 'new');
end $$;

-- Whom an import keeps off the list, a page of them after a row, for the
-- journal of departures.  The moment is in microseconds since 1970.
create function import_departed(after int, most int)
returns table (no int, hash bytea, state text, at bigint)
language plpgsql as $$
begin
	return query select i.no, i.hash, i.state,
		(extract(epoch from now()) * 1000000)::bigint
	from import_row i where i.fate = 'suppressed' and i.no > after
	order by i.no limit most;
end $$;
