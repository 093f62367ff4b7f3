-- The ledger: what was planned for whom, what is being worked on, what became
-- of it.  Nothing updates a row per recipient: outcomes are appended.
--
--	planned = accepted + refused + expired + suppressed + uncertain + waiting

-- One thing to send to a number of recipients.
create table mailing (
	id bigint generated always as identity primary key,
	kind text not null check (kind in ('issue', 'test', 'system')),
	issue_id bigint references issue,
	state text not null default 'sending'
		check (state in ('sending', 'paused', 'stopped', 'done')),
	state_by text not null default '',
	state_reason text not null default '',
	state_at timestamptz not null default now(),
	-- The Date of every message, the same on every retry.
	dated_at timestamptz not null default now(),
	expires_at timestamptz not null,
	planned int not null default 0,
	created_at timestamptz not null default now(),
	finished_at timestamptz,
	-- Once it is long past: the numbers up to which what relays said was
	-- taken out, and up to which deliveries were; then chunks alone count.
	details_to int not null default 0,
	trimmed_to int not null default 0,
	trimmed_at timestamptz
);
create unique index mailing_of_issue on mailing (issue_id)
	where kind = 'issue';

create table delivery (
	mailing_id bigint not null references mailing on delete cascade,
	seq int not null,
	message_id bigint not null references message,
	subscriber_id bigint,
	-- Only where the recipient need not be a subscriber (tests) or has left
	-- by now (the last mail).
	address_sealed bytea,
	primary key (mailing_id, seq)
);
-- Which copies of an address an erasure reaches.  Deliveries of issues have none
-- and are left out: with all of them a million take a second longer to freeze.
create index delivery_sealed on delivery (subscriber_id)
	where address_sealed is not null;

-- A range of deliveries, or those of it named in seqs, to be tried once more.
create table chunk (
	mailing_id bigint not null references mailing on delete cascade,
	no int not null,
	attempt smallint not null default 1,
	first_seq int not null,
	last_seq int not null,
	seqs int[],
	due_at timestamptz not null default now(),
	leased_by text,
	leased_until timestamptz,
	done_at timestamptz,
	primary key (mailing_id, no)
);
create index chunk_due on chunk (due_at, mailing_id, no) where done_at is null;

create type outcome_result as enum ('accepted', 'refused', 'deferred',
	'suppressed', 'uncertain', 'expired');
create table outcome (
	mailing_id bigint not null,
	seq int not null,
	attempt smallint not null,
	result outcome_result not null,
	at timestamptz not null default now(),
	stage text,
	code smallint,
	status text, -- enhanced status code
	reply text, -- without addresses
	primary key (mailing_id, seq, attempt)
);

-- The newest outcome of each delivery that has one.
create view delivery_outcome as
select distinct on (mailing_id, seq) *
from outcome order by mailing_id, seq, attempt desc;

-- Deliveries that an unfinished chunk still has to try.
create view delivery_waiting as
select d.mailing_id, d.seq, c.no as chunk_no, c.attempt, c.due_at
from chunk c
join delivery d on d.mailing_id = c.mailing_id
	and d.seq between c.first_seq and c.last_seq
	and (c.seqs is null or d.seq = any (c.seqs))
where c.done_at is null and not exists (select from outcome o
	where o.mailing_id = d.mailing_id and o.seq = d.seq
		and o.attempt >= c.attempt and o.result <> 'deferred'
		and o.result <> 'uncertain')
	-- Deferred or uncertain in this attempt: still waiting, in the chunk
	-- that follows when this one is done.
;

create view ledger as
select m.id as mailing_id, m.kind, m.issue_id, m.state, m.planned,
	coalesce(o.accepted, 0) as accepted, coalesce(o.refused, 0) as refused,
	coalesce(o.expired, 0) as expired,
	coalesce(o.suppressed, 0) as suppressed,
	coalesce(o.uncertain, 0) as uncertain, coalesce(w.waiting, 0) as waiting,
	coalesce(w.deferred, 0) as deferred,
	m.planned = coalesce(o.settled, 0) + coalesce(w.waiting, 0) as balanced
from mailing m
left join lateral (
	select count(*) filter (where result = 'accepted') as accepted,
		count(*) filter (where result = 'refused') as refused,
		count(*) filter (where result = 'expired') as expired,
		count(*) filter (where result = 'suppressed') as suppressed,
		count(*) filter (where result = 'uncertain') as uncertain,
		count(*) filter (where result <> 'deferred') as settled
	from delivery_outcome d
	where d.mailing_id = m.id and not exists (select from delivery_waiting v
		where v.mailing_id = d.mailing_id and v.seq = d.seq)) o on true
left join lateral (
	select count(*) as waiting, count(*) filter (where exists (
		select from outcome x where x.mailing_id = v.mailing_id
			and x.seq = v.seq and x.result = 'deferred')) as deferred
	from delivery_waiting v where v.mailing_id = m.id) w on true;

-- Create a mailing for one message and recipients outside the list.
-- What the system's brake stopped is tried along with it: nobody resumes a
-- single mail by hand.
create function mailing_for(the_kind text, the_issue bigint,
	expires interval) returns bigint
language sql as $$
	update mailing set state = 'sending', state_reason = '', state_at = now()
	where kind <> 'issue' and state = 'paused' and state_by = 'system';
	insert into mailing (kind, issue_id, expires_at)
	values (the_kind, the_issue, now() + expires) returning id
$$;
create function mailing_recipient(the_mailing bigint, the_message bigint,
	the_subscriber bigint, sealed bytea) returns int
language plpgsql as $$
declare
	n int;
begin
	update mailing set planned = planned + 1 where id = the_mailing
	returning planned into n;
	insert into delivery (mailing_id, seq, message_id, subscriber_id,
		address_sealed)
	values (the_mailing, n, the_message, the_subscriber, sealed);
	insert into chunk (mailing_id, no, first_seq, last_seq)
	values (the_mailing, n, n, n);
	notify tweeluik_send;
	return n;
end $$;

-- The web role knows mailings, which is what a link carries.
create function web_unsubscribe(the_subscriber bigint, way text,
	the_mailing bigint) returns boolean
language sql security definer set search_path from current as $$
	select subscriber_leave(the_subscriber, way,
		(select issue_id from mailing where id = the_mailing))
$$;

-- The complete edition of the issue that a link came with.
create function web_version(the_mailing bigint, the_edition text)
returns table (html text)
language sql stable security definer set search_path from current as $$
	select e.html from mailing m
	join edition e on e.issue_id = m.issue_id and e.name = the_edition
	where m.id = the_mailing and m.kind = 'issue'
$$;

-- Whether a person has to look before mail leaves again.
create function web_held() returns boolean
language sql stable security definer set search_path from current as $$
	select exists (select from mailing
		where state = 'paused' and state_by = 'system')
$$;

-- Cut an approved issue into deliveries and chunks, in one transaction.
create function issue_freeze(the_issue bigint, chunk_size int,
	expires interval) returns bigint
language plpgsql as $$
declare
	i issue;
	m bigint;
	total int;
begin
	update issue set state = 'sending'
	where id = the_issue and state = 'approved' and held_at is null
		and approved_revision = revision
	returning * into i;
	if not found then
		return null;
	end if;
	insert into mailing (kind, issue_id, expires_at)
	values ('issue', the_issue, least(now() + expires,
		issue_ends(the_issue)))
	returning id into m;
	if i.series = 'regular' then
		-- The same as below for everybody; half a second less of a
		-- million.
		insert into delivery (mailing_id, seq, message_id,
			subscriber_id)
		select m, row_number() over (order by e.name, s.id),
			e.message_id, s.id
		from subscriber s
		join edition e on e.issue_id = the_issue
			and e.name = s.language
		where s.state = 'active' and not exists (
			select from suppression x
			where x.address_hash = s.address_hash);
	else
		insert into delivery (mailing_id, seq, message_id,
			subscriber_id)
		select m, row_number() over (order by e.name, a.subscriber_id),
			e.message_id, a.subscriber_id
		from issue_audience(the_issue) a
		join edition e on e.issue_id = the_issue
			and e.name = a.edition;
	end if;
	get diagnostics total = row_count;
	update mailing set planned = total,
		state = case when total = 0 then 'done' else 'sending' end,
		finished_at = case when total = 0 then now() end
	where id = m;
	insert into chunk (mailing_id, no, first_seq, last_seq)
	select m, n, (n - 1) * chunk_size + 1, least(n * chunk_size, total)
	from generate_series(1, (total + chunk_size - 1) / chunk_size) n;
	update item set state = 'sent' where state = 'queued'
		and (kind <> 'event' or starts_at < now())
		and id in (select item_id from issue_item
			where issue_id = the_issue);
	if total = 0 then
		update issue set state = 'sent' where id = the_issue;
	end if;
	perform issue_note_correction(the_issue);
	perform activity_add('schedule', 'issue', the_issue, 'sending',
		total || ' recipients');
	notify tweeluik_send;
	return m;
end $$;

-- Deliveries of a chunk that have no outcome in its attempt yet.
create function chunk_todo(c chunk) returns setof delivery
language sql stable as $$
	select d.* from delivery d
	where d.mailing_id = c.mailing_id
		and d.seq between c.first_seq and c.last_seq
		and (c.seqs is null or d.seq = any (c.seqs))
		and not exists (select from outcome o
			where o.mailing_id = d.mailing_id and o.seq = d.seq
				and o.attempt >= c.attempt)
$$;

-- Lease the next chunk for some seconds and say what is still to do in it.
-- Consent is read here, at the last moment: who has left comes out with
-- deliverable = false.
create function send_lease(worker text, seconds int)
returns table (mailing_id bigint, chunk_no int, attempt smallint, seq int,
	message_id bigint, subscriber_id bigint, address_sealed bytea,
	deliverable boolean, dated_at bigint)
language plpgsql as $$
declare
	c chunk;
	m mailing;
begin
	select x.* into c from chunk x join mailing n on n.id = x.mailing_id
	where x.done_at is null and x.due_at <= now() and n.state = 'sending'
		and (x.leased_until is null or x.leased_until < now())
	order by n.kind = 'issue', x.due_at, x.mailing_id, x.no
	limit 1 for update of x skip locked;
	if not found then
		return;
	end if;
	update chunk x set leased_by = worker,
		leased_until = now() + make_interval(secs => seconds)
	where x.mailing_id = c.mailing_id and x.no = c.no;
	select * into m from mailing n where n.id = c.mailing_id;
	if m.expires_at <= now() then
		insert into outcome (mailing_id, seq, attempt, result)
		select d.mailing_id, d.seq, c.attempt, 'expired'
		from chunk_todo(c) d;
	end if;
	return query
	select d.mailing_id, c.no, c.attempt, d.seq, d.message_id,
		d.subscriber_id, coalesce(d.address_sealed, s.address_sealed),
		coalesce(m.kind <> 'issue' or s.state = 'active' and not exists (
			select from suppression p
			where p.address_hash = s.address_hash), false),
		extract(epoch from m.dated_at)::bigint
	from chunk_todo(c) d left join subscriber s on s.id = d.subscriber_id
	order by d.seq;
	if not found then
		-- Everything was recorded but the end of the chunk was not.
		perform send_finish(c.mailing_id, c.no, worker, null, false);
	end if;
end $$;

-- The process lives, so do its leases.
create function send_renew(process text, seconds int) returns void
language sql as $$
	update chunk set leased_until = now() + make_interval(secs => seconds)
	where leased_by like process || ':%' and done_at is null
$$;

-- Give a chunk back: finished when each of its deliveries has an outcome in
-- this attempt, otherwise free for the next lease.  What is temporary goes
-- into a new chunk that is due after retry_after; past the end of the mailing
-- it has expired.  Uncertain ones are tried once more unless they are held.
create function send_finish(the_mailing bigint, the_chunk int, worker text,
	retry_after interval, hold_uncertain boolean) returns boolean
language plpgsql as $$
declare
	c chunk;
	m mailing;
	again int[];
	due timestamptz := now() + coalesce(retry_after, interval '5 minutes');
begin
	select * into m from mailing where id = the_mailing for update;
	select * into c from chunk x where x.mailing_id = the_mailing
		and x.no = the_chunk and x.done_at is null and x.leased_by = worker
	for update;
	if not found then
		return false;
	end if;
	if exists (select from chunk_todo(c)) then
		update chunk set leased_by = null, leased_until = null
		where mailing_id = the_mailing and no = the_chunk;
		return false;
	end if;
	update chunk set done_at = now(), leased_by = null, leased_until = null
	where mailing_id = the_mailing and no = the_chunk;
	select array_agg(o.seq order by o.seq) into again from outcome o
	where o.mailing_id = the_mailing and o.attempt = c.attempt
		and o.seq between c.first_seq and c.last_seq
		and (c.seqs is null or o.seq = any (c.seqs))
		and (o.result = 'deferred' or o.result = 'uncertain'
			and not hold_uncertain and not exists (select from outcome u
				where u.mailing_id = o.mailing_id and u.seq = o.seq
					and u.attempt < o.attempt
					and u.result = 'uncertain'));
	if again is not null and due > m.expires_at then
		insert into outcome (mailing_id, seq, attempt, result)
		select the_mailing, s, c.attempt + 1, 'expired'
		from unnest(again) s
		join outcome o on o.mailing_id = the_mailing and o.seq = s
			and o.attempt = c.attempt and o.result = 'deferred';
	elsif again is not null then
		insert into chunk (mailing_id, no, attempt, first_seq, last_seq,
			seqs, due_at)
		select the_mailing, max(x.no) + 1, c.attempt + 1, again[1],
			again[array_upper(again, 1)], again, due
		from chunk x where x.mailing_id = the_mailing;
	end if;
	if not exists (select from chunk where mailing_id = the_mailing
		and done_at is null) then
		update mailing set state = 'done', state_at = now(),
			finished_at = now()
		where id = the_mailing;
		if m.kind = 'issue' then
			update issue set state = 'sent' where id = m.issue_id;
			perform activity_add('send', 'issue', m.issue_id, 'sent');
		end if;
	end if;
	return true;
end $$;

-- The system's own brake, for one mailing or (null) for all: we or the relay
-- are broken, and nothing leaves until a person has looked.
create function send_pause(the_mailing bigint, reason text) returns void
language plpgsql as $$
begin
	perform activity_add('send', 'issue', issue_id, 'paused', reason)
	from mailing where state = 'sending' and kind = 'issue'
		and id = coalesce(the_mailing, id);
	update mailing set state = 'paused', state_by = 'system',
		state_reason = reason, state_at = now()
	where state = 'sending' and id = coalesce(the_mailing, id);
end $$;

-- Whether each process lives, and what it says of itself.
create table role_state (
	role text not null,
	host text not null,
	pid int not null,
	started_at timestamptz not null,
	seen_at timestamptz not null,
	status text not null default '',
	primary key (role, host)
);
create function role_seen(the_role text, the_host text, the_pid int,
	the_status text) returns void
language sql as $$
	insert into role_state values (the_role, the_host, the_pid, now(), now(),
		the_status)
	on conflict (role, host) do update set seen_at = now(),
		status = excluded.status, pid = excluded.pid,
		started_at = case when role_state.pid = excluded.pid
			then role_state.started_at else now() end
$$;
