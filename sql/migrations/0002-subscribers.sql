-- The list.  An address is stored sealed, with a keyed hash to find it by
-- (base/seal.h); nothing in the database says who is on the list.

create table subscriber (
	id bigint generated always as identity primary key,
	address_hash bytea not null unique check (length(address_hash) = 32),
	address_sealed bytea not null,
	language text not null check (language in ('nl', 'en', 'both')),
	-- How we know: chosen by the reader, from an import, or nobody asked yet.
	language_from text not null check (language_from in
		('chosen', 'import', 'default')),
	state text not null check (state in ('pending', 'active', 'paused',
		'unsubscribed', 'undeliverable', 'blocked')),
	state_reason text not null default '',
	state_at timestamptz not null default now(),
	paused_until date,
	organisation_id bigint references organisation on delete set null,
	tags text[] not null default '{}',
	created_at timestamptz not null default now(),
	-- When they last said themselves that they want it: what a journal of
	-- departures knows from before that is no longer so.
	returned_at timestamptz
);
create index subscriber_mailable on subscriber (language, id)
	where state = 'active';

-- Who must never be mailed again, by hash alone: it outlives the subscriber.
create table suppression (
	address_hash bytea primary key check (length(address_hash) = 32),
	reason text not null check (reason in
		('unsubscribed', 'complaint', 'blocked', 'erased')),
	on_date date not null default current_date
);

-- The words a person agreed to, as they were shown.
create table wording (
	id bigint generated always as identity primary key,
	lang text not null,
	body text not null,
	unique (lang, body)
);

-- Proof of consent and of its withdrawal.
create table consent_event (
	id bigint generated always as identity primary key,
	address_hash bytea not null,
	at timestamptz not null default date_trunc('minute', now()),
	kind text not null check (kind in ('subscribed', 'confirmed', 'imported',
		'language', 'paused', 'resumed', 'unsubscribed', 'undone',
		'blocked', 'undeliverable', 'reactivated')),
	-- page, one-click, mail, command, import, bounce
	way text not null,
	basis text not null default '',
	wording_id bigint references wording,
	issue_id bigint references issue on delete set null
);
create index consent_event_address on consent_event (address_hash, id);

create function subscriber_event(the_hash bytea, kind text, way text,
	basis text default '', the_issue bigint default null) returns void
language plpgsql as $$ -- which keeps its plan from call to call
begin
	insert into consent_event (address_hash, kind, way, basis, issue_id)
	values (the_hash, kind, way, basis,
		(select id from issue where id = the_issue));
end $$;

-- Leave.  True when this changed something.
create function subscriber_leave(the_subscriber bigint, way text,
	the_issue bigint default null) returns boolean
language plpgsql as $$
declare
	h bytea;
begin
	update subscriber set state = 'unsubscribed', state_reason = way,
		state_at = now(), paused_until = null
	where id = the_subscriber and state in
		('pending', 'active', 'paused', 'undeliverable')
	returning address_hash into h;
	if h is null then
		return false;
	end if;
	insert into suppression (address_hash, reason) values (h, 'unsubscribed')
	on conflict do nothing;
	perform subscriber_event(h, 'unsubscribed', way, '', the_issue);
	return true;
end $$;

-- Come back within 30 days, with the same language and tags.
create function subscriber_return(the_subscriber bigint, way text)
returns boolean language plpgsql as $$
declare
	h bytea;
begin
	update subscriber set state = 'active', state_reason = '',
		state_at = now(), returned_at = now()
	where id = the_subscriber and state = 'unsubscribed'
		and state_at > now() - interval '30 days'
	returning address_hash into h;
	if h is null then
		return false;
	end if;
	delete from suppression
	where address_hash = h and reason = 'unsubscribed';
	perform subscriber_event(h, 'undone', way);
	return true;
end $$;

-- Mail does not arrive: a status says why, or a person.  True when this changed
-- something.
create function subscriber_undeliverable(the_subscriber bigint, status text,
	way text default 'bounce', basis text default null) returns boolean
language plpgsql as $$
declare
	h bytea;
begin
	update subscriber set state = 'undeliverable', state_reason = status,
		state_at = now(), paused_until = null
	where id = the_subscriber and state in ('active', 'paused')
	returning address_hash into h;
	if h is null then
		return false;
	end if;
	perform subscriber_event(h, 'undeliverable', way,
		coalesce(basis, status));
	return true;
end $$;

-- What the web role may know about the holder of a valid token.
create function web_subscriber(the_subscriber bigint)
returns table (address_sealed bytea, language text, state text,
	undo_until timestamptz, organisation text)
language sql stable security definer set search_path from current as $$
	select s.address_sealed, s.language, s.state,
		case s.state when 'unsubscribed'
			then s.state_at + interval '30 days' end, null::text
	from subscriber s where s.id = the_subscriber
$$;
create function web_undo(the_subscriber bigint) returns boolean
language sql security definer set search_path from current as $$
	select subscriber_return(the_subscriber, 'page')
$$;
create function web_reason(the_subscriber bigint, reason text) returns void
language sql security definer set search_path from current as $$
	update consent_event set basis = reason
	where reason in ('often', 'language', 'job', 'other') and id = (
		select max(c.id) from consent_event c join subscriber s
			using (address_hash)
		where s.id = the_subscriber and s.state = 'unsubscribed'
			and c.kind = 'unsubscribed')
$$;
create function web_language(the_subscriber bigint, the_language text)
returns boolean
language plpgsql security definer set search_path from current as $$
declare
	h bytea;
begin
	update subscriber set language = the_language, language_from = 'chosen'
	where id = the_subscriber and state in
			('pending', 'active', 'paused', 'undeliverable')
		and (language, language_from) <> (the_language, 'chosen')
	returning address_hash into h;
	if h is null then
		return false;
	end if;
	perform subscriber_event(h, 'language', 'page', the_language);
	return true;
end $$;
