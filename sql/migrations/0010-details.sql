-- What readers do with their own subscription: pause it, see what is kept, take
-- that along, move to another address, be forgotten.

alter table consent_event drop constraint consent_event_kind_check;
alter table consent_event add constraint consent_event_kind_check
	check (kind in ('subscribed', 'confirmed', 'imported', 'language',
		'paused', 'resumed', 'unsubscribed', 'undone', 'blocked',
		'undeliverable', 'reactivated', 'address'));

-- What a form about language and pause was loaded with.
create function subscriber_choices(s subscriber) returns text
language sql immutable as $$
	select s.language || case s.state
		when 'paused' then coalesce(' ' || s.paused_until, ' -')
		else '' end
$$;

drop function web_subscriber(bigint);
create function web_subscriber(the_subscriber bigint)
returns table (address_sealed bytea, language text, state text,
	undo_until timestamptz, paused_until date, choices text)
language plpgsql stable security definer set search_path from current as $$
begin -- not SQL: every page asks this, and a plan is kept from call to call
	return query select s.address_sealed, s.language, s.state,
		case s.state when 'unsubscribed'
			then s.state_at + interval '30 days' end,
		case s.state when 'paused' then s.paused_until end,
		subscriber_choices(s)
	from subscriber s where s.id = the_subscriber;
end $$;

-- Pause for one to three months from today, or go on at once (0).  True when
-- that is how it is now.
create function web_pause(the_subscriber bigint, months int) returns boolean
language plpgsql security definer set search_path from current as $$
declare
	until date := schedule_date(now()) + make_interval(months => months);
	h bytea;
begin
	if months not between 0 and 3 then
		return false;
	end if;
	if months = 0 then
		update subscriber set state = 'active', state_reason = '',
			state_at = now(), paused_until = null
		where id = the_subscriber and state = 'paused'
		returning address_hash into h;
	else
		update subscriber set state = 'paused', state_reason = '',
			state_at = now(), paused_until = until
		where id = the_subscriber and (state = 'active'
			or state = 'paused' and paused_until is distinct from until)
		returning address_hash into h;
	end if;
	if h is not null and months = 0 then
		perform subscriber_event(h, 'resumed', 'page');
	elsif h is not null then
		perform subscriber_event(h, 'paused', 'page', until::text);
	end if;
	return exists (select from subscriber where id = the_subscriber
		and case months when 0 then state = 'active'
			else state = 'paused' and paused_until = until end);
end $$;

-- Save what a form says; null leaves as it is.  False when somebody saved
-- something else since the form was loaded.
create function web_choose(the_subscriber bigint, was text, the_language text,
	months int) returns boolean
language plpgsql security definer set search_path from current as $$
declare
	s subscriber;
begin
	select * into s from subscriber where id = the_subscriber for update;
	if subscriber_choices(s) <> was then
		return false;
	end if;
	if the_language is not null then
		perform web_language(the_subscriber, the_language);
	end if;
	if months is not null then
		perform web_pause(the_subscriber, months);
	end if;
	return true;
end $$;

-- A link to the details is good for half an hour, and there is one an hour.
create function details_good(the_subscriber bigint, the_mailing bigint)
returns boolean language sql stable as $$
	select letter_good('details', the_subscriber, the_mailing, '30 minutes')
		is not null
$$;
create function web_details_letter(the_subscriber bigint) returns void
language plpgsql security definer set search_path from current as $$
declare
	s subscriber;
begin
	select * into s from subscriber where id = the_subscriber for update;
	if not is_barred(s.address_hash) and not exists (select from letter
		where kind = 'details' and subscriber_id = s.id
			and at > now() - interval '1 hour') then
		perform letter_add('details', s.id, s.language);
	end if;
end $$;

-- Another address that somebody wants, until it is confirmed from there.  The
-- newest is the one that counts.
create table address_wish (
	subscriber_id bigint references subscriber on delete cascade,
	address_hash bytea check (length(address_hash) = 32),
	address_sealed bytea not null,
	at timestamptz not null default clock_timestamp(),
	letter_id bigint references letter on delete set null,
	primary key (subscriber_id, address_hash)
);
create index address_wish_hash on address_wish (address_hash);
create index address_wish_letter on address_wish (letter_id);

create function address_wish_newest(the_subscriber bigint)
returns address_wish language sql stable as $$
	select * from address_wish where subscriber_id = the_subscriber
		and at > now() - interval '1 day'
	order by at desc limit 1
$$;

-- As people name an issue to the command line.
create function issue_word(l issue_label) returns text
language sql immutable as $$
	select case l.series when 'extra' then 'extra-' else '' end || l.number
		|| '-' || l.year
$$;

-- All that is kept about the holder of a good link, as it is handed out.  What
-- is sealed is beside it.  whole: with all deliveries, which are many.
create function web_details(the_subscriber bigint, the_mailing bigint,
	whole boolean)
returns table (address_sealed bytea, wanted_sealed bytea, wanted_at text,
	data json)
language plpgsql stable security definer set search_path from current as $$
begin -- not SQL: what comes back has its table later (0016)
	return query
	select s.address_sealed, w.address_sealed, w.at::text,
		json_build_object('schema', 'tweeluik.reader-data/1',
		'at', rfc3339(now()), 'address', null, 'wanted_address', null,
		'language', s.language, 'language_from', s.language_from,
		'state', s.state, 'state_at', rfc3339(s.state_at),
		'paused_until', case s.state when 'paused' then s.paused_until end,
		'organisation', coalesce(o.name, s.organisation_said), 'since', rfc3339(s.created_at),
		'consent', (select coalesce(json_agg(json_build_object(
				'at', rfc3339(c.at), 'kind', c.kind, 'way', c.way,
				'basis', c.basis,
				'issue', issue_word(l),
				'wording_language', x.lang, 'wording', x.body)
				order by c.id), '[]')
			from consent_event c
			left join wording x on x.id = c.wording_id
			left join issue_label l on l.id = c.issue_id
			where c.address_hash = s.address_hash),
		'deliveries', case when whole then (select coalesce(json_agg(json_build_object(
				'issue', issue_word(l),
				'at', rfc3339(coalesce(r.at, m.created_at)),
				'result', coalesce(r.result::text, 'waiting'),
				'came_back', coalesce((select b.reason
					from bounce b
					where b.subscriber_id = s.id
						and b.mailing_id = m.id
						and b.class in ('hard', 'soft')
					order by b.id desc limit 1), ''))
				order by m.id, d.seq), '[]')
			from delivery d
			join mailing m on m.id = d.mailing_id and m.kind = 'issue'
			join issue_label l on l.id = m.issue_id
			left join lateral (select * from outcome u
				where u.mailing_id = d.mailing_id
					and u.seq = d.seq
				order by u.attempt desc limit 1) r on true
			where d.subscriber_id = s.id) else '[]' end)
	from subscriber s
	left join organisation o on o.id = s.organisation_id
	left join address_wish_newest(s.id) w on true
	where s.id = the_subscriber
		and details_good(the_subscriber, the_mailing);
end $$;

-- Store a wish for another address: stored, same (it is the address already),
-- changed (there is another wish than the form knew) or expired.  What is
-- answered does not depend on who else has the address.  No mail goes to an
-- address that is on the list or must not be mailed: its owner would be
-- bothered by a change that never happens, and the answer of that owner could
-- tell somebody what we know of it.  An address gets one such mail a day, and a
-- reader may cause three.
create function web_address_wish(the_subscriber bigint, the_mailing bigint,
	was text, the_hash bytea, the_sealed bytea) returns text
language plpgsql security definer set search_path from current as $$
declare
	s subscriber;
	w address_wish;
begin
	select * into s from subscriber where id = the_subscriber for update;
	if not details_good(the_subscriber, the_mailing) then
		return 'expired';
	end if;
	w := address_wish_newest(the_subscriber);
	if the_hash = s.address_hash then
		return 'same';
	elsif coalesce(w.at::text, '') <> was and w.address_hash <> the_hash then
		return 'changed';
	end if;
	delete from address_wish where at < now() - interval '1 day';
	insert into address_wish (subscriber_id, address_hash, address_sealed)
	values (the_subscriber, the_hash, the_sealed)
	on conflict (subscriber_id, address_hash) do update
		set at = clock_timestamp(), address_sealed = the_sealed;
	if s.state not in ('unsubscribed', 'blocked') and not exists (
		select from subscriber where address_hash = the_hash
			and state <> 'pending')
		and not exists (select from suppression
			where address_hash = the_hash)
		and not exists (select from address_wish x
			join letter l on l.id = x.letter_id
			where x.address_hash = the_hash
				and l.at > now() - interval '1 day')
		and 3 > (select count(*) from letter where kind = 'address'
			and subscriber_id = the_subscriber
			and at > now() - interval '1 day') then
		update address_wish set letter_id = letter_add('address',
			the_subscriber, s.language, the_sealed)
		where subscriber_id = the_subscriber and address_hash = the_hash;
	end if;
	return 'stored';
end $$;

-- The wish that a link in a mail to the new address confirms: the newest, while
-- nobody else has that address.  Who signed up with it and did not confirm that
-- has it no more than anybody.
create function address_wish_good(the_subscriber bigint, the_mailing bigint)
returns address_wish language sql stable as $$
	select w.* from address_wish_newest(the_subscriber) w
	where w.letter_id = letter_good('address', the_subscriber, the_mailing,
			'1 day')
		and not exists (select from subscriber s
			where s.address_hash = w.address_hash
				and s.state <> 'pending')
		and not exists (select from suppression x
			where x.address_hash = w.address_hash)
$$;
create function web_address(the_subscriber bigint, the_mailing bigint)
returns table (address_sealed bytea, done boolean)
language sql stable security definer set search_path from current as $$
	select coalesce(w.address_sealed, s.address_sealed),
		l.used_at is not null
	from subscriber s
	join letter l on l.id = letter_good('address', s.id, the_mailing, '1 day')
	left join address_wish_good(s.id, the_mailing) w on true
	where s.id = the_subscriber and (l.used_at is not null
		or w.letter_id is not null
			and s.state not in ('unsubscribed', 'blocked'))
$$;

-- Move to the new address with all that is known; true when that was done.
-- The old address is told, and the links that went there open nothing more.
create function web_address_confirm(the_subscriber bigint, the_mailing bigint)
returns boolean
language plpgsql security definer set search_path from current as $$
declare
	s subscriber;
	w address_wish;
begin
	select * into s from subscriber where id = the_subscriber for update;
	w := address_wish_good(the_subscriber, the_mailing);
	if w.letter_id is null or s.state in ('unsubscribed', 'blocked') then
		return false;
	end if;
	delete from subscriber where address_hash = w.address_hash
		and state = 'pending';
	delete from consent_event where address_hash = w.address_hash;
	update subscriber set address_hash = w.address_hash,
		address_sealed = w.address_sealed
	where id = s.id;
	update consent_event set address_hash = w.address_hash
	where address_hash = s.address_hash;
	perform subscriber_event(w.address_hash, 'address', 'page');
	if s.state = 'undeliverable' then
		update subscriber set state = 'active', state_reason = '',
			state_at = now(), paused_until = null
		where id = s.id;
		perform subscriber_event(w.address_hash, 'reactivated', 'page');
	end if;
	perform letter_add('address-changed', s.id, s.language, s.address_sealed);
	update letter set used_at = now() where id = w.letter_id;
	delete from letter where kind = 'details' and subscriber_id = s.id;
	delete from address_wish where subscriber_id = s.id;
	return true;
exception when unique_violation then
	-- Somebody signed up with it at this very moment.
	return false;
end $$;

-- Who, and when in microseconds, is for the journal of departures.
create function web_erase(the_subscriber bigint, the_mailing bigint,
	out changed boolean, out address_hash bytea, out at bigint)
language plpgsql security definer set search_path from current as $$
begin
	select s.address_hash into address_hash from subscriber s
	where s.id = the_subscriber and details_good(the_subscriber, the_mailing)
	for update;
	at := extract(epoch from now()) * 1000000;
	changed := address_hash is not null
		and subscriber_erase(the_subscriber, 'web') is not null;
end $$;
