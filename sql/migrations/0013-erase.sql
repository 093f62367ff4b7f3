-- Forgetting: who left while the database did not know (the journals of
-- base/departures.h), what a restore means, and what is kept how long.

create index subscriber_passing on subscriber (state_at)
	where state in ('pending', 'unsubscribed', 'blocked');
create index consent_event_at on consent_event (at);
create index letter_mailing on letter (mailing_id);

-- How far each journal of departures was read, and what stood in front of
-- there: a power cut may have taken the end of a file, and other lines came.
create table departure_read (
	identity text primary key,
	bytes bigint not null,
	tail text not null,
	at timestamptz not null default now()
);

-- A database that was set back would give numbers once more that stand in
-- links and Message-IDs already sent.
create function numbers_skip() returns void
language sql set search_path from current as $$
	select setval(s, nextval(s) + n) from (values
		(pg_get_serial_sequence('subscriber', 'id')::regclass, 1000000),
		(pg_get_serial_sequence('mailing', 'id')::regclass, 100000),
		(pg_get_serial_sequence('letter', 'id')::regclass, 100000)) x (s, n)
$$;

-- Who a line of a journal speaks of.  One without a hash was written while the
-- database was away, and knows the numbers of a link only: they are of this
-- person if they existed by then, and before the mail that the link came in.
-- An hour is for clocks that differ.
create function departure_hash(the_subscriber bigint, the_mailing bigint,
	moment timestamptz) returns bytea
language sql stable as $$
	select s.address_hash from subscriber s
	left join mailing m on m.id = the_mailing
	where s.id = the_subscriber
		and s.created_at <= moment + interval '1 hour'
		and case when m.id is null
			-- No such mail: it is long gone, or of a future that
			-- was lost.
			then s.created_at <= moment - interval '1 day'
				or the_mailing = 0
			else m.created_at between s.created_at
				and moment + interval '1 hour' end
$$;

-- What one departure changes: a word for it, or null.
create function departure_apply(word text, moment timestamptz, h bytea,
	way text, the_issue bigint, noted boolean) returns text
language plpgsql as $$
declare
	s subscriber;
	the_state text := case word when 'u' then 'unsubscribed' else 'blocked' end;
	the_reason text := case word when 'u' then 'unsubscribed'
		when 'e' then 'erased' when 'c' then 'complaint'
		else 'blocked' end;
	changed boolean;
begin
	select * into s from subscriber x where x.address_hash = h for update;
	if word = 'r' then
		if s.id is null or s.returned_at >= moment then
			return null;
		end if;
		update subscriber x set returned_at = moment where x.id = s.id;
		if s.state <> 'unsubscribed' or s.state_at >= moment then
			return null;
		end if;
		update subscriber x set state = 'active', state_reason = '',
			state_at = moment
		where x.id = s.id;
		delete from suppression x
		where x.address_hash = h and x.reason = 'unsubscribed';
		insert into consent_event (address_hash, at, kind, way)
		values (h, date_trunc('minute', moment), 'undone', way);
		return 'returned';
	end if;
	if s.returned_at >= moment then
		return null;
	end if;
	insert into suppression as x (address_hash, reason, on_date)
	values (h, the_reason, schedule_date(moment))
	on conflict (address_hash) do update set reason = excluded.reason,
		on_date = excluded.on_date
	-- A block stays one whatever comes later.
	where array_position('{unsubscribed,erased,complaint,blocked}',
			x.reason)
		< array_position('{unsubscribed,erased,complaint,blocked}',
			excluded.reason);
	changed := found;
	if word = 'e' then
		if not changed and s.id is null and not exists (
				select from consent_event where address_hash = h)
		then
			return null;
		end if;
		perform address_erase(h, way);
		return 'erased';
	end if;
	update subscriber x set state = the_state, state_reason = way,
		state_at = moment, paused_until = null
	where x.id = s.id and x.state <> 'blocked' and x.state <> the_state;
	if found then
		insert into consent_event (address_hash, at, kind, way, issue_id)
		values (h, date_trunc('minute', moment), the_state, way,
			(select id from issue where id = the_issue));
		changed := true;
		-- The page could not say goodbye then.
		if noted and way = 'page' then
			perform letter_add('farewell', s.id, s.language);
		end if;
	end if;
	return case when changed then the_state end;
end $$;

create function departures_known()
returns table (identity text, bytes bigint, tail text)
language sql stable security definer set search_path from current as $$
	select identity, bytes, tail from departure_read
$$;

-- Lines of a journal up to a byte of it.  The last word about a person counts,
-- and of two of the same moment that they left.  Says what changed, which is
-- nothing as long as the database was neither away nor set back.
create function departures_apply(journal text, upto bigint, the_tail text,
	lines text, out unsubscribed int, out erased int, out blocked int,
	out returned int)
language plpgsql security definer set search_path from current as $$
declare
	d record;
	did text;
begin
	perform pg_advisory_xact_lock(hashtext('tweeluik.departures'));
	unsubscribed := 0; erased := 0; blocked := 0; returned := 0;
	for d in
		select distinct on (z.h) z.* from (
			-- Who moved to another address since is known by number
			-- under the one before, and leaves that as well.
			select y.word, y.moment, y.way, m.issue_id,
				y.hash is null as noted, who.h
			from (select x[1] as word, timestamptz 'epoch'
					+ x[2]::bigint * interval '1 microsecond'
					as moment,
				case when x[3] <> '-'
					then decode(x[3], 'hex') end as hash,
				x[4]::bigint as subscriber,
				x[5]::bigint as mailing, x[6] as way
			from string_to_table(lines, E'\n') l
			cross join lateral string_to_array(l, ' ') x) y
			left join mailing m on m.id = y.mailing
			cross join lateral (select y.hash as h union
				select departure_hash(y.subscriber, y.mailing,
					y.moment)
				where y.subscriber > 0 and y.word <> 'r') who
			where y.word in ('u', 'e', 'b', 'c', 'r')) z
		where z.h is not null
		order by z.h, z.moment desc, z.word = 'r'
	loop
		did := departure_apply(d.word, d.moment, d.h, d.way, d.issue_id,
			d.noted);
		unsubscribed := unsubscribed + (did is not distinct from 'unsubscribed')::int;
		erased := erased + (did is not distinct from 'erased')::int;
		blocked := blocked + (did is not distinct from 'blocked')::int;
		returned := returned + (did is not distinct from 'returned')::int;
	end loop;
	insert into departure_read (identity, bytes, tail)
	values (journal, upto, the_tail)
	on conflict (identity) do update
		set bytes = excluded.bytes, tail = excluded.tail, at = now();
	if unsubscribed + erased + blocked + returned > 0 then
		perform numbers_skip();
		perform activity_add('journal', 'subscriber', null, 'departures',
			format('%s unsubscribed, %s erased, %s blocked,'
				' %s returned', unsubscribed, erased, blocked,
				returned));
	end if;
end $$;

-- For the journal: who left or came back in this very transaction, and when.
create function web_departure(the_subscriber bigint)
returns table (address_hash bytea, at bigint)
language sql stable security definer set search_path from current as $$
	select s.address_hash, (extract(epoch from now()) * 1000000)::bigint
	from subscriber s where s.id = the_subscriber and s.state_at = now()
$$;

-- After a restore.  What was leased when the backup was made may have been sent:
-- its leases run out, and so it counts as uncertain.
create function restore_hold(actor text) returns void
language plpgsql security definer set search_path from current as $$
begin
	insert into sending_hold (reason) values ('restore')
	on conflict (single) do update set since = now();
	perform numbers_skip();
	perform activity_add(actor, 'database', null, 'restored');
end $$;
create function sending_release(actor text) returns boolean
language plpgsql as $$
begin
	delete from sending_hold;
	if not found then
		return false;
	end if;
	perform activity_add(actor, 'database', null, 'released');
	notify tweeluik_send;
	notify tweeluik_schedule;
	return true;
end $$;

-- Of what was trimmed the chunks alone can tell.
alter view ledger_audit rename to ledger_deliveries;
create view ledger_audit as
select a.* from ledger_deliveries a
join mailing m on m.id = a.mailing_id and m.trimmed_at is null
union all
select l.mailing_id, l.kind, l.issue_id, l.state, l.planned, l.accepted,
	l.refused, l.expired, l.suppressed, l.uncertain, l.waiting, l.deferred,
	l.balanced
from ledger l join mailing m on m.id = l.mailing_id
	and m.trimmed_at is not null;
comment on view ledger_audit is 'from every delivery: exact, and slow';

-- What is kept how long.  A mailing is over when it is done or was stopped.
create view mailing_over as
select id, kind, planned, details_to, trimmed_to,
	coalesce(finished_at, state_at) as over_at
from mailing where state in ('done', 'stopped');

-- The kinds, in the order in which they go.
create function retention_kinds() returns text[]
language sql immutable as $$
	select '{pending,left,proof,events,copies,details,deliveries,mails,'
		'messages,letters,activity,pace,raw,returned,bounces,'
		'forwards}'::text[]
$$;

-- People: who never confirmed, and the address of who left.
create function retention_people(the_kind text, moment timestamptz, batch int)
returns bigint language plpgsql as $$
declare
	n bigint;
begin
	if the_kind = 'pending' then
		with gone as (
			delete from subscriber where id in (
				select x.id from subscriber x
				where x.state = 'pending' and x.state_at
					<= moment - interval '7 days'
				order by x.state_at limit batch
				for update skip locked)
			returning address_hash, created_at
		), events as (
			delete from consent_event c using gone g
			where c.address_hash = g.address_hash
				and c.at >= date_trunc('minute', g.created_at))
		select count(*) into n from gone;
	elsif the_kind = 'left' then
		with gone as (
			delete from subscriber where id in (
				select x.id from subscriber x
				where x.state in ('unsubscribed', 'blocked')
					and x.state_at
						<= moment - interval '30 days'
					-- Who wants to come back has a week.
					and not exists (select from letter l
						where l.kind = 'confirm'
							and l.subscriber_id
								= x.id
							and l.used_at is null
							and l.at > moment
								- interval '7 days')
				order by x.state_at limit batch
				for update skip locked)
			returning address_hash, state
		), kept as (
			insert into suppression (address_hash, reason)
			select address_hash, state from gone
			on conflict do nothing)
		select count(*) into n from gone;
	elsif the_kind = 'proof' then
		delete from consent_event where id in (
			select c.id from consent_event c
			where c.at <= moment - interval '2 years'
				and not exists (select from subscriber s
					where s.address_hash = c.address_hash)
				and not exists (select from consent_event d
					where d.address_hash = c.address_hash
						and d.at > moment
							- interval '2 years')
			limit batch);
		get diagnostics n = row_count;
	else
		delete from consent_event where id in (
			select c.id from consent_event c
			where c.at <= moment - interval '12 months'
				and c.kind in ('language', 'paused', 'resumed',
					'undeliverable', 'reactivated')
			limit batch);
		get diagnostics n = row_count;
	end if;
	return n;
end $$;

-- A stopped sending has chunks that nobody will finish; whoever is left in
-- them gets nothing any more.
create function chunks_expire(the_mailing bigint) returns void
language plpgsql as $$
declare
	c chunk;
begin
	for c in select * from chunk
		where mailing_id = the_mailing and done_at is null
	loop
		perform chunk_abandon(c);
		update chunk x set expired = x.expired + chunk_size(c)
			- x.accepted - x.refused - x.expired - x.suppressed
			- x.uncertain
		where x.mailing_id = c.mailing_id and x.no = c.no;
	end loop;
end $$;

-- Deliveries of long ago, by their numbers: no row is looked at twice.
create function retention_deliveries(the_kind text, moment timestamptz,
	batch int) returns bigint
language plpgsql as $$
declare
	m mailing_over;
begin
	if the_kind = 'details' then
		-- Other mail goes as a whole by then.
		select * into m from mailing_over x
		where x.kind = 'issue'
			and x.over_at <= moment - interval '30 days'
			and x.details_to < x.planned
		order by x.id limit 1;
		if m.id is null then
			return 0;
		end if;
		update outcome set code = null, status = null, reply = null
		where mailing_id = m.id and seq > m.details_to
			and seq <= m.details_to + batch;
		update mailing set details_to = least(planned, m.details_to + batch)
		where id = m.id;
	else
		select * into m from mailing_over x
		where x.kind = 'issue' and x.trimmed_to < x.planned
			and x.over_at <= moment - interval '90 days'
		order by x.id limit 1;
		if m.id is null then
			return 0;
		end if;
		if m.trimmed_to = 0 then
			perform chunks_expire(m.id);
		end if;
		delete from outcome where mailing_id = m.id
			and seq > m.trimmed_to and seq <= m.trimmed_to + batch;
		delete from delivery where mailing_id = m.id
			and seq > m.trimmed_to and seq <= m.trimmed_to + batch;
		update mailing set trimmed_at = coalesce(trimmed_at, moment),
			trimmed_to = least(planned, m.trimmed_to + batch)
		where id = m.id;
	end if;
	return least(batch, m.planned - case the_kind
		when 'details' then m.details_to else m.trimmed_to end);
end $$;

-- Mail to one person, and the words in it.
create function retention_mails(the_kind text, moment timestamptz, batch int)
returns bigint language plpgsql as $$
declare
	n bigint;
	them bigint[];
begin
	if the_kind = 'copies' then
		delete from address_wish where at <= moment - interval '1 day';
		update letter set address_sealed = null
		where address_sealed is not null
			and written_at <= moment - interval '7 days';
		update delivery d set address_sealed = null
		from (select x.mailing_id, x.seq from delivery x
			join mailing_over m on m.id = x.mailing_id
			where x.address_sealed is not null
				and m.over_at <= moment - interval '7 days'
			limit batch) x
		where d.mailing_id = x.mailing_id and d.seq = x.seq;
		get diagnostics n = row_count;
	elsif the_kind = 'mails' then
		them := array(select x.id from mailing_over x
			where x.kind <> 'issue'
				and x.over_at <= moment - interval '30 days'
			order by x.id limit batch);
		delete from outcome where mailing_id = any (them);
		delete from delivery where mailing_id = any (them);
		delete from mailing where id = any (them);
		n := cardinality(them);
	elsif the_kind = 'messages' then
		-- Who is about to use one stores it first, and then waits here.
		lock table message in share row exclusive mode;
		delete from message x where x.kind in ('test', 'system')
			and x.created_at <= moment - interval '30 days'
			and not exists (select from edition e
				where e.message_id = x.id)
			and not exists (select from mailing m
				join delivery d on d.mailing_id = m.id
				where m.kind <> 'issue' and d.message_id = x.id);
		get diagnostics n = row_count;
	else
		-- An organisation has longer to answer.
		delete from letter where id in (select x.id from letter x
			where x.at <= moment - case x.kind when 'check'
				then interval '60 days'
				else interval '30 days' end
			limit batch);
		get diagnostics n = row_count;
	end if;
	return n;
end $$;

-- One batch of a kind; says how much of it went.  Less than a batch: that was
-- all.
create function retention_batch(the_kind text, moment timestamptz, batch int)
returns bigint language plpgsql as $$
declare
	n bigint;
begin
	if the_kind in ('pending', 'left', 'proof', 'events') then
		return retention_people(the_kind, moment, batch);
	elsif the_kind in ('details', 'deliveries') then
		return retention_deliveries(the_kind, moment, batch);
	elsif the_kind in ('copies', 'mails', 'messages', 'letters') then
		return retention_mails(the_kind, moment, batch);
	elsif the_kind in ('raw', 'returned', 'bounces', 'forwards') then
		return retention_returned(the_kind, moment, batch);
	elsif the_kind = 'activity' then
		delete from activity where id in (select x.id from activity x
			where x.at <= moment - interval '12 months' limit batch);
	else
		delete from pace where changed_at <= moment - interval '30 days';
	end if;
	get diagnostics n = row_count;
	return n;
end $$;

-- Everything that is due at a moment, at once.
create function retention(moment timestamptz, batch int default 5000)
returns table (kind text, n bigint) language plpgsql as $$
declare
	did bigint;
begin
	foreach kind in array retention_kinds() loop
		n := 0;
		loop
			did := retention_batch(kind, moment, batch);
			n := n + did;
			-- A mailing ends within a batch, and there may be
			-- another one.
			exit when did = 0 or did < batch
				and kind not in ('details', 'deliveries');
		end loop;
		return next;
	end loop;
end $$;

-- Once a day from three o'clock on, or as soon as somebody is there, and in
-- pieces that lock nothing for long.
create table retention_day (
	day date primary key,
	-- How many kinds are done.
	kinds int not null default 0,
	counts jsonb not null default '{}',
	done_at timestamptz
);

-- A piece of what is due today.  No row: nothing is.
create function retention_round(moment timestamptz, batch int default 5000)
returns table (done boolean, counts text) language plpgsql as $$
declare
	today date := schedule_date(moment - interval '3 hours');
	r retention_day;
	the_kind text;
	did bigint;
begin
	insert into retention_day (day) values (today) on conflict do nothing;
	select * into r from retention_day x
	where x.day = today and x.done_at is null for update skip locked;
	if not found then
		return;
	end if;
	the_kind := (retention_kinds())[r.kinds + 1];
	did := retention_batch(the_kind, moment, batch);
	if did > 0 then
		r.counts := r.counts || jsonb_build_object(the_kind,
			coalesce((r.counts ->> the_kind)::bigint, 0) + did);
	end if;
	if did = 0 or did < batch and the_kind not in ('details', 'deliveries')
	then
		r.kinds := r.kinds + 1;
	end if;
	done := r.kinds = cardinality(retention_kinds());
	counts := (select string_agg(value || ' ' || key, ', ')
		from jsonb_each_text(r.counts));
	update retention_day x set kinds = r.kinds, counts = r.counts,
		done_at = case when done then now() end
	where x.day = today;
	if done then
		delete from retention_day x where x.day < today - 400;
		if counts is not null then
			perform activity_add('schedule', 'retention', null,
				'removed', counts);
		end if;
	end if;
	return next;
end $$;

-- Nobody but the clock decides what day it is.
create function retention_today() returns table (done boolean, counts text)
language sql security definer set search_path from current as $$
	select done, counts from retention_round(now())
$$;
