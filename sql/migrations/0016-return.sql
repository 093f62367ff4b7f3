-- What comes back: what each message was, what it says of a reader, and what
-- follows from that.  A relay that refuses a reader and a report that comes
-- later go the same way (bounce_add).

-- A message that came back, once, wherever it was read.
create table returned (
	id bigint generated always as identity primary key,
	mailbox text not null,
	key text not null, -- what the mailbox calls it
	digest bytea not null unique check (length(digest) = 32),
	at timestamptz not null default now(),
	kind text not null, -- bounce_kind_word(), or 'unread'
	rule text not null default '',
	subscriber_id bigint references subscriber on delete cascade,
	mailing_id bigint,
	-- Gone after seven days.
	raw_sealed bytea,
	from_sealed bytea,
	subject_sealed bytea,
	-- The same of whoever wrote, so that an erasure reaches it.
	from_hash bytea,
	state text not null check (state in
		('handled', 'review', 'aside', 'forwarded', 'dismissed')),
	reason text not null default '',
	by text not null default '',
	changed_at timestamptz not null default now(),
	-- To be passed on to the help desk as it is, and when that was done.
	forward boolean not null default false,
	forwarded_at timestamptz,
	unique (mailbox, key)
);
create index returned_of on returned (subscriber_id)
	where subscriber_id is not null;
create index returned_from on returned (from_hash)
	where from_hash is not null;
create index returned_at on returned (at);
create index returned_open on returned (id) where state in ('review', 'aside');
create index returned_forwarded on returned (forwarded_at)
	where forwarded_at is not null;

-- What became of one mail to one reader, as a report or the relay said.
create table bounce (
	id bigint generated always as identity primary key,
	returned_id bigint references returned on delete set null,
	subscriber_id bigint not null references subscriber on delete cascade,
	mailing_id bigint not null,
	issue_id bigint references issue on delete set null,
	at timestamptz not null default now(),
	source text not null check (source in ('report', 'smtp')),
	class text not null check (class in
		('hard', 'soft', 'delayed', 'delivered')),
	final boolean not null,
	status text not null default '',
	reason text not null, -- bounce_reason_word()
	rule text not null default '',
	diagnostic text not null default '', -- without addresses
	-- dead: this one made them undeliverable; counted: it is one of the
	-- failures that add up to that; blocked: it says nothing of the reader.
	effect text not null check (effect in
		('dead', 'counted', 'none', 'blocked'))
);
create index bounce_of on bounce (subscriber_id, mailing_id);
create index bounce_at on bounce (at);
create index bounce_returned on bounce (returned_id);
-- A relay answers once about a mail, however often that is put on record.
create unique index bounce_smtp on bounce (mailing_id, subscriber_id)
	where source = 'smtp';

alter table message add column sealed boolean not null default false;

-- A person looked at what came back of a reader: it is settled until something
-- comes back again.
create table bounce_judged (
	subscriber_id bigint primary key references subscriber on delete cascade,
	at timestamptz not null default now(),
	by text not null
);

-- From when on mail that fails counts against a reader: since they became
-- active (again), since they have this address, and since a person looked.
-- Events know the minute.
create function bounce_since(s subscriber) returns timestamptz
language sql stable as $$
	select greatest(case when s.state in ('active', 'paused')
			then s.state_at end,
		(select max(e.at) + interval '1 minute' from consent_event e
			where e.address_hash = s.address_hash
				and e.kind = 'address'),
		(select j.at from bounce_judged j where j.subscriber_id = s.id))
$$;

-- How mail to a reader has failed lately.
--
-- An issue has failed when the relay refused it for the reader, or a report
-- says that it did not arrive, for a reason that is theirs; however many say
-- so, it is one issue, and dead when one of them says that the address is.  An
-- issue has succeeded when the relay accepted it for them, a fortnight has
-- passed, and nothing came back of it.  What came back for a reason that is
-- ours, what is younger and what was never accepted says neither.
--
-- Counted are the issues that failed after the last one that succeeded: how
-- many, how many of them dead, and over what time.
create function bounce_streak(the_subscriber bigint, out issues int,
	out dead int, out lasts interval)
language plpgsql stable security definer set search_path from current as $$
declare
	since timestamptz;
	last timestamptz;
	newer timestamptz := 'infinity';
	f record;
begin
	select coalesce(bounce_since(s), '-infinity') into since
	from subscriber s where s.id = the_subscriber;
	issues := 0; dead := 0; lasts := '0';
	for f in
		select m.created_at, bool_or(b.class = 'hard') as hard
		from bounce b join mailing m on m.id = b.mailing_id
		where b.subscriber_id = the_subscriber
			and b.effect in ('counted', 'dead')
			and m.kind = 'issue' and m.created_at > since
		group by m.id order by m.created_at desc
	loop
		exit when bounce_success(the_subscriber, f.created_at, newer);
		newer := f.created_at;
		last := coalesce(last, f.created_at);
		issues := issues + 1;
		dead := dead + f.hard::int;
		lasts := last - f.created_at;
	end loop;
end $$;

-- What was planned in a mailing for a reader.  No index leads there, for it
-- would make freezing slower (0007); but freezing sorts by edition and number,
-- so the ends of a chunk tell whether somebody is in it.
create function delivery_of(the_mailing bigint, the_subscriber bigint)
returns setof delivery
language sql stable rows 1 set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off set enable_bitmapscan = off as $$
	select distinct d.* from chunk c
	join delivery a on a.mailing_id = c.mailing_id and a.seq = c.first_seq
	join delivery z on z.mailing_id = c.mailing_id and z.seq = c.last_seq
	cross join lateral (select * from delivery x
		where x.mailing_id = c.mailing_id
			and x.seq between c.first_seq and c.last_seq
			and x.subscriber_id = the_subscriber
		offset 0) d -- the chunk first, then into it
	where c.mailing_id = the_mailing and (a.message_id <> z.message_id
		or the_subscriber between a.subscriber_id and z.subscriber_id)
$$;

-- Whether an issue that was frozen between two moments has succeeded.
create function bounce_success(the_subscriber bigint, after timestamptz,
	before timestamptz) returns boolean
language sql stable as $$
	select exists (select from mailing m
		cross join lateral delivery_of(m.id, the_subscriber) d
		join outcome o on o.mailing_id = d.mailing_id and o.seq = d.seq
			and o.result = 'accepted'
		where m.kind = 'issue' and m.created_at > after
			and m.created_at < before
			and o.at <= now() - interval '14 days'
			and not exists (select from bounce b
				where b.subscriber_id = the_subscriber
					and b.mailing_id = m.id
					and b.class in ('hard', 'soft')))
$$;

-- What is said about one mail to one reader, put on record and acted upon.  A
-- dead address is done with as soon as a relay says so, and by reports once two
-- issues were dead; whatever else is theirs, after five issues or ten weeks of
-- nothing but failure.
create function bounce_add(the_returned bigint, the_subscriber bigint,
	the_mailing bigint, the_source text, the_class text, is_final boolean,
	the_status text, the_reason text, the_rule text, the_words text)
returns text language plpgsql as $$
declare
	s subscriber;
	m mailing;
	streak record;
	did text := 'none';
	b bigint;
begin
	select * into s from subscriber x where x.id = the_subscriber for update;
	select * into m from mailing x where x.id = the_mailing;
	if s.id is null or m.id is null then
		return did;
	end if;
	if the_class = 'soft' and the_reason in
		('blocked', 'authentication', 'too-large', 'content') then
		did := 'blocked';
	elsif the_class in ('delayed', 'delivered')
		or s.state not in ('active', 'paused')
		-- Not where they are: an address that they want, or left.
		or exists (select from letter x where x.subscriber_id = s.id
			and x.mailing_id = m.id
			and x.kind in ('address', 'address-changed')) then
		did := 'none';
	elsif the_source = 'smtp' and the_class = 'hard' then
		did := 'dead';
	elsif m.kind = 'issue' and m.created_at > bounce_since(s)
		and not exists (select from bounce x
			where x.subscriber_id = s.id and x.mailing_id = m.id
				and x.effect = 'counted'
				and (x.class = 'hard' or the_class = 'soft'))
	then
		did := 'counted';
	end if;
	insert into bounce as x (returned_id, subscriber_id, mailing_id,
		issue_id, source, class, final, status, reason, rule, diagnostic,
		effect)
	values (the_returned, s.id, m.id, m.issue_id, the_source, the_class,
		is_final, the_status, the_reason, the_rule, the_words, did)
	on conflict (mailing_id, subscriber_id) where x.source = 'smtp'
	do nothing returning x.id into b;
	if b is null then
		return 'none';
	end if;
	if did = 'counted' then
		select * into streak from bounce_streak(s.id);
		if streak.dead >= 2 or streak.issues >= 5
			or streak.lasts >= interval '70 days' then
			did := 'dead';
			update bounce x set effect = did where x.id = b;
		end if;
	end if;
	if did = 'dead' then
		perform subscriber_undeliverable(s.id,
			coalesce(nullif(the_status, ''), the_reason));
	end if;
	return did;
end $$;

-- What a relay said last to readers.  Mail about somebody may go to another
-- address, of which it says nothing.
create function relay_said(the_mailing bigint, the_seqs int[],
	the_result outcome_result)
returns table (subscriber_id bigint, status text, words text)
language sql stable as $$
	select s.id, coalesce(o.status, ''), coalesce(o.code || ' ' || o.reply, '')
	from delivery d
	join subscriber s on s.id = d.subscriber_id and s.address_sealed
		= coalesce(d.address_sealed, s.address_sealed)
	cross join lateral (select * from outcome x
		where x.mailing_id = d.mailing_id and x.seq = d.seq
			and x.result = the_result
		order by x.attempt desc limit 1) o
	where d.mailing_id = the_mailing and d.seq = any (the_seqs)
$$;

-- A relay refused readers for good: for what is theirs, as classify.c has it.
create function bounce_refused(the_mailing bigint, the_seqs int[],
	dead boolean) returns void
language sql security definer set search_path from current as $$
	select bounce_add(null, r.subscriber_id, the_mailing, 'smtp',
		case when dead then 'hard' else 'soft' end, true, r.status,
		case when dead then 'dead' when r.status like '%.2.2' then 'full'
			when r.status like '%.2.1' then 'inactive'
			when r.status like '%.2.3' or r.status like '%.3.4'
				then 'too-large'
			else 'unknown' end,
		'smtp', r.words)
	from relay_said(the_mailing, the_seqs, 'refused') r
$$;

-- A relay put readers off until their mail was given up.  Of what it said last,
-- x.1 and x.2 are about the address and the mailbox, x.7 is about us; anything
-- else may be the relay's own trouble.
create function bounce_expired(the_mailing bigint, the_seqs int[])
returns void
language sql security definer set search_path from current as $$
	select bounce_add(null, r.subscriber_id, the_mailing, 'smtp', 'soft',
		false, r.status,
		case when r.status like '_.7.%' then 'blocked'
			when r.status like '_.2.2' then 'full'
			else 'temporary' end,
		'smtp', r.words)
	from relay_said(the_mailing, the_seqs, 'deferred') r
	where r.status like '_.1.%' or r.status like '_.2.%'
		or r.status like '_.7.%'
$$;

-- Whether a message was dealt with before.
create function returned_known(the_mailbox text, the_key text,
	the_digest bytea) returns boolean
language sql stable security definer set search_path from current as $$
	select exists (select from returned
			where mailbox = the_mailbox and key = the_key)
		or exists (select from returned where digest = the_digest)
$$;

-- One that could not be read; a person may look at it.
create function returned_aside(the_mailbox text, the_key text,
	the_digest bytea, raw bytea, why text) returns void
language sql security definer set search_path from current as $$
	insert into returned (mailbox, key, digest, kind, raw_sealed, state,
		reason)
	values (the_mailbox, the_key, the_digest, 'unread', raw, 'aside', why)
	on conflict do nothing
$$;

-- Whether a token of ours speaks of a mail that there was.  Of what is long
-- past nobody can tell; then it does for leaving, if the reader is older.
create function returned_token_good(the_subscriber bigint, the_mailing bigint,
	for_leaving boolean) returns boolean
language sql stable as $$
	select exists (select from delivery_of(the_mailing, the_subscriber))
		or for_leaving and exists (select from subscriber s
			left join mailing m on m.id = the_mailing
			where s.id = the_subscriber
				and case when m.id is null then s.created_at
						< now() - interval '30 days'
					else m.trimmed_at is not null
						and s.created_at <= m.created_at
					end)
$$;

-- Somebody leaves: by a complaint for good, else as by a link or in words of
-- their own, which may be somebody else's, so they are told.  True when this
-- changed something.
create function returned_leave(s subscriber, the_mailing bigint, way text,
	in_words boolean) returns boolean
language plpgsql as $$
declare
	the_issue bigint := (select issue_id from mailing
		where id = the_mailing);
begin
	if way = 'complaint' then
		-- Of a time before they came back, it is settled.
		return not exists (select from mailing m where m.id = the_mailing
				and m.created_at < s.returned_at)
			and departure_apply('c', now(), s.address_hash, way,
				the_issue, false) is not null;
	end if;
	if not subscriber_leave(s.id, way, the_issue) then
		return false;
	end if;
	if in_words and 3 > (select count(*) from letter x
			where x.kind = 'farewell' and x.subscriber_id = s.id
				and x.at > now() - interval '1 day') then
		perform letter_add('farewell', s.id, s.language);
	end if;
	return true;
end $$;

-- What a message that came back means, put on record and acted upon, once:
-- nothing, counted, dead, left, blocked, review, forwarded.  the_subscriber and
-- the_mailing are those of a token that we made, if there is one; from_hash is
-- whoever wrote, which counts only for who asks in words to leave.  The journal
-- of departures needs to know whom and when before this is committed.
create function returned_take(the_mailbox text, the_key text,
	the_digest bytea, the_kind text, the_rule text, the_subscriber bigint,
	the_mailing bigint, by_link boolean, passed_on boolean, the_from bytea,
	from_seal bytea, subject_seal bytea, raw bytea, actor text,
	the_class text, is_final boolean, the_status text, the_reason text,
	what_said text, the_words text,
	out effect text, out left_hash bytea, out left_id bigint,
	out left_way text, out at bigint)
language plpgsql security definer set search_path from current as $$
declare
	r returned;
	s subscriber;
	leaves boolean := the_kind in ('complaint', 'unsubscribe');
begin
	effect := 'nothing';
	at := extract(epoch from now()) * 1000000;
	r.state := 'handled';
	r.reason := '';
	insert into returned (mailbox, key, digest, kind, rule, raw_sealed,
		from_sealed, subject_sealed, from_hash, state, by)
	values (the_mailbox, the_key, the_digest, the_kind, the_rule, raw,
		from_seal, subject_seal, the_from, 'handled', actor)
	on conflict do nothing returning id into r.id;
	if r.id is null then
		return;
	end if;
	-- Who asks in words is who wrote, not who got what they quote.
	if the_kind = 'unsubscribe' and not by_link then
		select * into s from subscriber x where x.address_hash = the_from;
	end if;
	if s.id is not null then
		r.subscriber_id := s.id;
	elsif returned_token_good(the_subscriber, the_mailing, leaves) then
		select * into s from subscriber x where x.id = the_subscriber;
		r.subscriber_id := s.id;
		r.mailing_id := the_mailing;
	end if;
	if leaves and s.id is null then
		effect := 'review';
		r.reason := 'nobody';
	elsif leaves then
		left_way := case the_kind when 'complaint' then 'complaint'
			else 'mail' end;
		if returned_leave(s, r.mailing_id, left_way, not by_link) then
			effect := 'left';
			left_hash := s.address_hash;
			left_id := s.id;
		end if;
	elsif the_kind = 'report' and the_class is null then
		effect := 'review';
		r.reason := 'nothing-said';
	elsif the_kind = 'report' and s.id is null then
		r.reason := 'nobody';
	elsif the_kind = 'report' then
		effect := bounce_add(r.id, s.id, r.mailing_id, 'report',
			the_class, is_final, the_status, the_reason, what_said,
			the_words);
		effect := case effect when 'none' then 'nothing' else effect end;
	elsif passed_on then
		effect := 'forwarded';
	elsif the_kind in ('person', 'moved', 'challenge') then
		effect := 'review';
		r.reason := the_kind;
	end if;
	if effect in ('review', 'forwarded') then
		r.state := 'review';
	end if;
	update returned x set subscriber_id = r.subscriber_id,
		mailing_id = r.mailing_id, state = r.state, reason = r.reason,
		forward = passed_on and effect = 'forwarded'
	where x.id = r.id;
end $$;

-- The next message that the help desk is to have as it is: twenty an hour in
-- all, so that no flood of mail becomes one of ours; more: others have to wait.
create function returned_forward_next()
returns table (id bigint, raw_sealed bytea, from_sealed bytea,
	subject_sealed bytea, more boolean)
language plpgsql security definer set search_path from current as $$
declare
	room int;
begin
	perform pg_advisory_xact_lock(hashtext('tweeluik.forward'));
	select 20 - count(*) into room from returned r
	where r.forwarded_at > now() - interval '1 hour';
	return query
	select r.id, r.raw_sealed, r.from_sealed, r.subject_sealed,
		room = 1 and count(*) over () > 1
	from returned r
	where r.forward and r.state = 'review' and r.raw_sealed is not null
		and room > 0
	order by r.id limit 1;
end $$;

-- It is on its way, sealed, to an address that is sealed as well.
create function returned_forwarded(the_returned bigint, the_digest bytea,
	the_bytes bytea, the_slots bytea, sealed_to bytea) returns void
language plpgsql security definer set search_path from current as $$
declare
	the_message bigint;
begin
	update returned set state = 'forwarded', forwarded_at = now(),
		changed_at = now()
	where id = the_returned;
	insert into message (digest, kind, edition, subject, bytes, slots, sealed)
	values (the_digest, 'system', 'both', '', the_bytes, the_slots, true)
	returning id into the_message;
	perform mailing_recipient(mailing_for('system', null, interval '3 days'),
		the_message, null, sealed_to);
end $$;

-- It cannot be: a person has to look, and see why.
create function returned_kept(the_returned bigint, why text) returns void
language sql security definer set search_path from current as $$
	update returned set forward = false, reason = why, changed_at = now()
	where id = the_returned
$$;

-- People decide: an undeliverable reader gets mail again, or one gets none any
-- more.  False when the reader is not in such a state.
create function subscriber_reactivate(the_subscriber bigint, why text, by text)
returns boolean language plpgsql as $$
declare
	h bytea;
begin
	update subscriber s set state = 'active', state_reason = '',
		state_at = now()
	where s.id = the_subscriber and s.state = 'undeliverable'
		and not exists (select from suppression x
			where x.address_hash = s.address_hash)
	returning s.address_hash into h;
	if h is null then
		return false;
	end if;
	perform subscriber_event(h, 'reactivated', 'command', why);
	perform activity_add(by, 'subscriber', the_subscriber, 'reactivated',
		why);
	return true;
end $$;
create function subscriber_suppress(the_subscriber bigint, why text, by text)
returns boolean language plpgsql as $$
begin
	if not subscriber_undeliverable(the_subscriber, 'by-hand', 'command',
			why) then
		return false;
	end if;
	perform activity_add(by, 'subscriber', the_subscriber, 'undeliverable',
		why);
	return true;
end $$;

-- What came back: as it was and from whom for seven days, what it meant for as
-- long as deliveries; and what was passed on of it, once that is over.
create function retention_returned(the_kind text, moment timestamptz,
	batch int) returns bigint language plpgsql as $$
declare
	n bigint;
	them bigint[];
begin
	if the_kind = 'raw' then
		update returned set raw_sealed = null, from_sealed = null,
			subject_sealed = null
		where id in (select x.id from returned x
			where x.at <= moment - interval '7 days'
				and num_nonnulls(x.raw_sealed, x.from_sealed,
					x.subject_sealed) > 0
			limit batch);
	elsif the_kind = 'returned' then
		delete from returned where id in (select x.id from returned x
			where x.at <= moment - interval '90 days' limit batch);
	elsif the_kind = 'bounces' then
		delete from bounce where id in (select x.id from bounce x
			where x.at <= moment - interval '90 days' limit batch);
	else
		them := array(select distinct d.message_id from message x
			join delivery d on d.message_id = x.id
			join mailing_over m on m.id = d.mailing_id
			where x.sealed and m.over_at <= moment - interval '7 days'
			limit batch);
		delete from outcome o using delivery d
		where o.mailing_id = d.mailing_id and d.message_id = any (them);
		with gone as (
			delete from delivery where message_id = any (them)
			returning mailing_id)
		delete from mailing where id in (select mailing_id from gone);
		delete from message where id = any (them);
	end if;
	get diagnostics n = row_count;
	return n;
end $$;

-- What is wrong with our mail in the eyes of those who refuse it: of an issue,
-- in three days, three readers for the same reason, with the status that was
-- most given for it.  Readers can do nothing about it.
create function blocked_conditions(at timestamptz)
returns table (key text, issue_id bigint, text text, since timestamptz)
language sql stable security definer set search_path from current as $$
	select 'blocked', x.issue_id,
		string_agg(trim(x.reason || ' ' || x.status) || ': ' || x.n, ', '
			order by x.n desc, x.reason), min(x.since)
	from (select b.issue_id, b.reason,
			count(distinct b.subscriber_id) as n,
			coalesce(mode() within group (order by b.status)
				filter (where b.status <> ''), '') as status,
			min(b.at) as since
		from bounce b
		join mailing m on m.id = b.mailing_id and m.kind = 'issue'
		where b.effect = 'blocked' and b.at <= $1
			and b.at > $1 - interval '3 days'
		group by b.issue_id, b.reason) x
	where x.n >= 3
	group by x.issue_id
$$;
alter function alarm_conditions(timestamptz, text)
	rename to issue_conditions;
