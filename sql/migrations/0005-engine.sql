-- The engine: several chunks a lease, outcomes in batches, a ledger that adds
-- up finished chunks instead of walking every delivery, workers on any number
-- of hosts, and a brake that lets go by itself.

-- The two foreign keys cost twice as much as the rows themselves: freezing a
-- million recipients took 9.5 s with them and 3.1 s without.  Deliveries are
-- written by three functions only, and never removed but with their mailing.
alter table delivery drop constraint delivery_mailing_id_fkey,
	drop constraint delivery_message_id_fkey;

-- What became of the recipients for whom this chunk was the last.  A lease
-- that ran out is taken over only after it was seen so for a while: when the
-- database comes back, the owner comes back first.
alter table chunk
	add column accepted int not null default 0,
	add column refused int not null default 0,
	add column expired int not null default 0,
	add column suppressed int not null default 0,
	add column uncertain int not null default 0,
	add column overdue_at timestamptz;
alter table chunk set (fillfactor = 50); -- leasing rewrites in place

-- What the system paused it may resume: when the relay lets us in again
-- (connect), or takes one message (message).  Null waits for a person.
alter table mailing
	add column probe text check (probe in ('connect', 'message')),
	add column probe_at timestamptz,
	add column probes int not null default 0;

-- A worker is one connection loop of a send role.
create table send_worker (
	name text primary key,
	host text not null,
	pid int not null,
	started_at timestamptz not null default now(),
	seen_at timestamptz not null default now(),
	connections int not null default 0,
	in_flight int not null default 0,
	rate real not null default 0, -- accepted a second, lately
	relay text not null default '', -- what is wrong with it, if anything
	relay_since timestamptz,
	relay_size bigint -- largest message it takes (RFC 1870), if it says
);

-- Destinations that a host may not feed at full speed.  A domain can betray an
-- organisation, so it is sealed like an address.  The empty one is the relay.
create table pace (
	host text not null,
	domain_hash bytea not null,
	domain_sealed bytea not null,
	concurrency real not null,
	cool_until timestamptz,
	failures int not null default 0,
	changed_at timestamptz not null default now(),
	primary key (host, domain_hash)
);

create function chunk_size(c chunk) returns int
language sql immutable as $$
	select coalesce(cardinality(c.seqs), c.last_seq - c.first_seq + 1)
$$;

-- Its numbers.
create function chunk_seqs(c chunk) returns int[]
language sql immutable as $$
	select coalesce(c.seqs, array(
		select generate_series(c.first_seq, c.last_seq)))
$$;

-- Outcomes of its deliveries in its attempt.
create function chunk_outcomes(c chunk) returns setof outcome
language sql stable as $$
	select o.* from outcome o
	where o.mailing_id = c.mailing_id
		and o.seq between c.first_seq and c.last_seq
		and o.attempt = c.attempt
		and (c.seqs is null or o.seq = any (c.seqs))
$$;

-- How many of it have none yet.
create function chunk_left(c chunk) returns int
language sql stable as $$
	select chunk_size(c) - count(*)::int from chunk_outcomes(c)
$$;

alter view ledger rename to ledger_audit;
comment on view ledger_audit is 'from every delivery: exact, and slow';

-- Without functions that read tables: those would need a search_path of whoever
-- looks.
create view ledger as
select m.id as mailing_id, m.kind, m.issue_id, m.state, m.planned,
	c.accepted, c.refused, c.expired, c.suppressed, c.uncertain,
	c.waiting, c.deferred,
	m.planned = c.accepted + c.refused + c.expired + c.suppressed
		+ c.uncertain + c.waiting as balanced
from mailing m, lateral (
	select coalesce(sum(x.accepted + o.accepted), 0)::int as accepted,
		coalesce(sum(x.refused + o.refused), 0)::int as refused,
		coalesce(sum(x.expired + o.expired), 0)::int as expired,
		coalesce(sum(x.suppressed + o.suppressed), 0)::int as suppressed,
		coalesce(sum(x.uncertain), 0)::int as uncertain,
		coalesce(sum(o.waiting), 0)::int as waiting,
		coalesce(sum(o.deferred), 0)::int as deferred
	from chunk x, lateral (
		select count(*) filter (where result = 'accepted') as accepted,
			count(*) filter (where result = 'refused') as refused,
			count(*) filter (where result = 'expired') as expired,
			count(*) filter (where result = 'suppressed')
				as suppressed,
			-- Before a first attempt nobody was put off.
			case x.attempt when 1
				then count(*) filter (where result = 'deferred')
				else (select count(*)
					from unnest(chunk_seqs(x)) s
					where exists (select from outcome q
						where q.mailing_id = x.mailing_id
							and q.seq = s
							and q.result = 'deferred')
					and not exists (select from outcome q
						where q.mailing_id = x.mailing_id
							and q.seq = s
							and q.attempt = x.attempt
							and q.result not in
								('deferred',
								'uncertain')))
				end as deferred,
			chunk_size(x) - count(*) filter (where result not in
				('deferred', 'uncertain')) as waiting
		from outcome p where x.done_at is null
			and p.mailing_id = x.mailing_id
			and p.seq between x.first_seq and x.last_seq
			and p.attempt = x.attempt
			and (x.seqs is null or p.seq = any (x.seqs))
		having x.done_at is null
		union all
		select 0, 0, 0, 0, 0, 0 where x.done_at is not null) o
	where x.mailing_id = m.id) c;

-- A mailing is done when no chunk of it is open.
create function mailing_close(the_mailing bigint) returns void
language plpgsql as $$
declare
	the_issue bigint;
	the_kind text;
begin
	perform 1 from mailing where id = the_mailing for update;
	update mailing set state = 'done', state_at = now(), finished_at = now(),
		probe = null, probe_at = null
	where id = the_mailing and state in ('sending', 'paused')
		and not exists (select from chunk
			where mailing_id = the_mailing and done_at is null)
	returning issue_id, kind into the_issue, the_kind;
	if the_kind = 'issue' then
		update issue set state = 'sent' where id = the_issue;
		perform activity_add('send', 'issue', the_issue, 'sent');
	end if;
end $$;

drop function send_finish(bigint, int, text, interval, boolean);
drop function send_lease(text, int);
drop function send_renew(text, int);
drop function send_pause(bigint, text);

-- Every delivery of the chunk has an outcome in its attempt.  What is
-- temporary goes into a new chunk that is due after retry_after; past the end
-- of the mailing it has expired.  Uncertain ones are tried once more unless
-- they are held; that it was only presumed (no stage) does not count as once.
create function chunk_close(c chunk, retry_after interval,
	hold_uncertain boolean) returns void
language plpgsql
set enable_seqscan = off set max_parallel_workers_per_gather = 0 as $$
declare
	again int[];
	lapsed int[] := '{}';
	due timestamptz := now() + retry_after;
	ends timestamptz;
	n record;
begin
	select expires_at into ends from mailing where id = c.mailing_id;
	select count(*) filter (where o.result = 'accepted') as accepted,
		count(*) filter (where o.result = 'refused') as refused,
		count(*) filter (where o.result = 'expired') as expired,
		count(*) filter (where o.result = 'suppressed') as suppressed,
		count(*) filter (where o.result = 'uncertain') as uncertain,
		array_agg(o.seq order by o.seq) filter (where
			o.result = 'deferred') as deferred
	into n from chunk_outcomes(c) o;
	again := coalesce(n.deferred, '{}');
	if due > ends then
		lapsed := again;
		again := '{}';
		insert into outcome (mailing_id, seq, attempt, result)
		select c.mailing_id, s, c.attempt + 1, 'expired'
		from unnest(lapsed) s;
	elsif n.uncertain > 0 and not hold_uncertain then
		again := again || array(
			select o.seq from chunk_outcomes(c) o
			where o.result = 'uncertain' and not exists (select from outcome u
					where u.mailing_id = o.mailing_id
						and u.seq = o.seq
						and u.attempt < o.attempt
						and u.result = 'uncertain'
						and u.stage is not null));
	end if;
	if n.expired + cardinality(lapsed) > 0 then
		perform bounce_expired(c.mailing_id, lapsed || array(
			select o.seq from chunk_outcomes(c) o
			where o.result = 'expired'));
	end if;
	update chunk set done_at = now(), leased_by = null, leased_until = null,
		accepted = n.accepted, refused = n.refused,
		expired = n.expired + cardinality(lapsed),
		suppressed = n.suppressed,
		uncertain = n.uncertain + coalesce(cardinality(n.deferred), 0)
			- cardinality(lapsed) - cardinality(again)
	where mailing_id = c.mailing_id and no = c.no;
	perform chunk_add(c.mailing_id, c.attempt + 1, again, due);
	if not exists (select from chunk where mailing_id = c.mailing_id
		and done_at is null) then
		perform mailing_close(c.mailing_id);
	end if;
end $$;

-- A chunk for single numbers, at the end of the mailing.
create function chunk_add(the_mailing bigint, the_attempt int, the_seqs int[],
	due timestamptz) returns void
language plpgsql as $$
begin
	if cardinality(the_seqs) = 0 then
		return;
	end if;
	perform 1 from mailing where id = the_mailing for update;
	insert into chunk (mailing_id, no, attempt, first_seq, last_seq, seqs,
		due_at)
	select the_mailing, (select max(x.no) + 1 from chunk x
			where x.mailing_id = the_mailing), the_attempt,
		min(s), max(s), array_agg(s order by s), due
	from unnest(the_seqs) s;
end $$;

-- Deliveries of a chunk that have no outcome in its attempt yet.  The range
-- stands in both halves: the planner knows nothing of a table that was empty a
-- second ago, and must not read a whole issue for one chunk of it.
create or replace function chunk_todo(c chunk) returns setof delivery
language sql stable as $$
	select d.* from delivery d
	where d.mailing_id = c.mailing_id
		and d.seq between c.first_seq and c.last_seq
		and (c.seqs is null or d.seq = any (c.seqs))
		and not exists (select from chunk_outcomes(c) o
			where o.seq = d.seq)
$$;

-- Since when mail may leave: null in the quiet hours ("22:00-07:00", "" for
-- none), otherwise their last end.
create function send_awake_since(at timestamptz, quiet_hours text)
returns timestamptz language sql stable as $$
	select case
		when quiet_hours = '' then '-infinity'
		when case when q.begins < q.ends
			then l.at::time >= q.begins and l.at::time < q.ends
			else l.at::time >= q.begins or l.at::time < q.ends end
			then null
		else wall_clock(l.at::date + q.ends - case
			when l.at::time < q.ends then interval '1 day'
			else interval '0' end, schedule_zone())
		end
	from (select at at time zone schedule_zone() as at) l,
	(select nullif(split_part(quiet_hours, '-', 1), '')::time as begins,
		nullif(split_part(quiet_hours, '-', 2), '')::time as ends) q
$$;

-- Lease some chunks and say what is still to do in them.  Single mails go
-- before issues.  Consent is read here, at the last moment: who has left comes
-- out with deliverable = false and without an address, and so does who was
-- erased.  Whoever complained or was blocked gets no mail of any kind.  probing names a paused mailing of which one chunk may be leased
-- nonetheless.
create function send_lease(worker text, seconds int, chunks int,
	quiet_hours text, probing bigint, hold_uncertain boolean)
returns table (mailing_id bigint, chunk_no int, attempt smallint, seq int,
	message_id bigint, subscriber_id bigint, address_sealed bytea,
	deliverable boolean, dated_at bigint)
language plpgsql
set enable_seqscan = off set max_parallel_workers_per_gather = 0 as $$
declare
	c chunk;
	m mailing;
	issues boolean;
	any_found boolean := false;
	quiet boolean := send_awake_since(now(), quiet_hours) is null;
begin
	if exists (select from sending_hold) then
		return;
	end if;
	foreach issues in array array[false, true] loop
		exit when any_found or issues and quiet and probing is null;
		for c in
			select x.* from chunk x join mailing n on n.id = x.mailing_id
			where x.done_at is null and x.due_at <= now()
				and x.leased_by is null
				and (n.kind = 'issue') = issues
				and case when probing is null
					then n.state = 'sending'
					else n.id = probing end
			order by x.due_at, x.mailing_id, x.no
			limit chunks for update of x skip locked
		loop
			any_found := true;
			update chunk x set leased_by = worker,
				leased_until = now() + make_interval(secs => seconds),
				overdue_at = null
			where x.mailing_id = c.mailing_id and x.no = c.no;
			select * into m from mailing n where n.id = c.mailing_id;
			if m.expires_at <= now() then
				insert into outcome (mailing_id, seq, attempt, result)
				select d.mailing_id, d.seq, c.attempt, 'expired'
				from chunk_todo(c) d;
			end if;
			return query
			select d.mailing_id, c.no, c.attempt, d.seq, d.message_id,
				d.subscriber_id,
				case when x.ok then x.sealed end, x.ok,
				extract(epoch from m.dated_at)::bigint
			from chunk_todo(c) d
			left join subscriber s on s.id = d.subscriber_id
			cross join lateral (select
				coalesce(d.address_sealed, s.address_sealed)
					as sealed,
				case m.kind when 'issue'
				then coalesce(s.state = 'active', false)
					and not exists (
						select from suppression p
						where p.address_hash
							= s.address_hash)
				else coalesce(d.address_sealed,
					s.address_sealed) is not null
					and not exists (
						select from suppression p
						where p.address_hash
							= s.address_hash
						and p.reason in ('complaint',
							'blocked')) end
				as ok) x
			order by d.seq;
			if not found then
				-- All was recorded but not the end of the chunk.
				perform chunk_close(c, interval '5 minutes',
					hold_uncertain);
			end if;
		end loop;
	end loop;
end $$;

-- An outcome that was only presumed gives way to a final one that is known: the
-- worker lived after all, or its journal was found.  Where the message is sent
-- once more by now, there are two copies; there the outcome stays uncertain,
-- with the stage and code that were found, so that whoever got two is named.
-- Nothing else changes an outcome.  Says whose needs no further attempt.
create function outcome_known(the_mailing bigint, the_attempt int,
	the_result outcome_result, the_stage text, the_code int, the_status text,
	the_reply text, the_seqs int[]) returns int[]
language sql security definer set search_path from current as $$
	with x as (
		update outcome o set stage = the_stage,
			code = nullif(the_code, 0),
			status = nullif(the_status, ''),
			reply = nullif(the_reply, ''), at = now(),
			result = case when exists (select from outcome p
					where p.mailing_id = the_mailing
						and p.seq = o.seq
						and p.attempt > the_attempt)
				or exists (select from chunk c
					where c.mailing_id = the_mailing
						and c.attempt > the_attempt
						and c.leased_by is not null
						and o.seq = any (c.seqs))
				then 'uncertain' else the_result end
		where mailing_id = the_mailing and attempt = the_attempt
			and seq = any (the_seqs) and result = 'uncertain'
			and stage is null and the_stage is not null
			and the_result in ('accepted', 'refused')
		returning seq, result)
	select array_agg(seq) from x where result <> 'uncertain'
$$;

-- Append one outcome for many.
create function send_record(the_mailing bigint, the_attempt int,
	the_result outcome_result, the_stage text, the_code int, the_status text,
	the_reply text, the_seqs int[]) returns void
language plpgsql as $$
declare
	late int[];
begin
	-- Almost always the numbers are new, and saying so costs half as much.
	begin
		insert into outcome (mailing_id, seq, attempt, result, stage,
			code, status, reply)
		select the_mailing, s, the_attempt, the_result, the_stage,
			nullif(the_code, 0), nullif(the_status, ''),
			nullif(the_reply, '')
		from unnest(the_seqs) s;
		return;
	exception when unique_violation then
		null;
	end;
	insert into outcome (mailing_id, seq, attempt, result, stage, code, status,
		reply)
	select the_mailing, s, the_attempt, the_result, the_stage,
		nullif(the_code, 0), nullif(the_status, ''),
		nullif(the_reply, '')
	from unnest(the_seqs) s on conflict do nothing;
	late := outcome_known(the_mailing, the_attempt, the_result, the_stage,
		the_code, the_status, the_reply, the_seqs);
	if late is null then
		return;
	end if;
	-- Whoever has it by now need not be tried once more.
	insert into outcome (mailing_id, seq, attempt, result, stage, code, status,
		reply)
	select the_mailing, s, x.attempt, the_result, the_stage,
		nullif(the_code, 0), nullif(the_status, ''),
		nullif(the_reply, '')
	from unnest(late) s join chunk x on x.mailing_id = the_mailing
		and x.attempt > the_attempt and s = any (x.seqs)
		and x.done_at is null and x.leased_by is null
	on conflict do nothing;
	-- Where the presumed one was held, its chunk has counted it.
	update chunk c set uncertain = c.uncertain - t.n,
		accepted = c.accepted
			+ case the_result when 'accepted' then t.n else 0 end,
		refused = c.refused
			+ case the_result when 'refused' then t.n else 0 end
	from (select x.no, count(*)::int as n from chunk x
		join unnest(late) s on s between x.first_seq and x.last_seq
			and (x.seqs is null or s = any (x.seqs))
		where x.mailing_id = the_mailing and x.attempt = the_attempt
			and x.done_at is not null
			and not exists (select from chunk y
				where y.mailing_id = the_mailing
					and y.attempt > the_attempt
					and s between y.first_seq and y.last_seq
					and s = any (y.seqs))
		group by x.no) t
	where c.mailing_id = the_mailing and c.no = t.no;
end $$;

-- Give a chunk back: finished when each of its deliveries has an outcome in
-- this attempt, otherwise free for the next lease.  Those in later were not
-- tried because their destination has to wait: they go into a chunk of their
-- own that is due after later_after.
create function send_finish(the_mailing bigint, the_chunk int, worker text,
	retry_after interval, hold_uncertain boolean, later int[],
	later_after interval) returns boolean
language plpgsql
set enable_seqscan = off set max_parallel_workers_per_gather = 0 as $$
declare
	c chunk;
begin
	select * into c from chunk x where x.mailing_id = the_mailing
		and x.no = the_chunk and x.done_at is null and x.leased_by = worker
	for update;
	if not found then
		return false;
	end if;
	if cardinality(later) > 0 then
		c.seqs := array(select s from unnest(chunk_seqs(c)) s
			where s <> all (later));
		if cardinality(c.seqs) = 0 then
			-- None of it could be tried: the chunk itself waits.
			update chunk set leased_by = null, leased_until = null,
				due_at = now() + later_after
			where mailing_id = the_mailing and no = the_chunk;
			return false;
		end if;
		update chunk set seqs = c.seqs
		where mailing_id = the_mailing and no = the_chunk;
		perform chunk_add(the_mailing, c.attempt, later,
			now() + later_after);
	end if;
	if chunk_left(c) > 0 then
		update chunk set leased_by = null, leased_until = null
		where mailing_id = the_mailing and no = the_chunk;
		return false;
	end if;
	perform chunk_close(c, retry_after, hold_uncertain);
	return true;
end $$;

-- Nobody knows what a worker did with a chunk: it died with its journal, or
-- the last of that was lost with the power.  What has no outcome is presumed
-- uncertain, and with that counted.
create function chunk_presume(c chunk, hold_uncertain boolean) returns void
language plpgsql as $$
begin
	insert into outcome (mailing_id, seq, attempt, result, reply)
	select d.mailing_id, d.seq, c.attempt, 'uncertain',
		'The worker was lost'
	from chunk_todo(c) d;
	perform chunk_close(c, interval '0', hold_uncertain);
end $$;

-- The journal of a worker that no longer runs has been put on record.  Unless
-- it is complete, whatever it had leased is presumed.
create function send_buried(worker text, complete boolean,
	hold_uncertain boolean) returns void
language plpgsql as $$
declare
	c chunk;
begin
	if not complete then
		for c in select * from chunk
			where leased_by = worker and done_at is null for update
		loop
			perform chunk_presume(c, hold_uncertain);
		end loop;
	end if;
	for c in update chunk set leased_by = null, leased_until = null,
			overdue_at = null
		where leased_by = worker and done_at is null returning *
	loop
		-- Only the end of it may have been missing.
		if chunk_left(c) = 0 then
			perform chunk_close(c, interval '5 minutes',
				hold_uncertain);
		end if;
	end loop;
	delete from send_worker where name = worker;
	notify tweeluik_send;
end $$;

-- A worker lives, and so do its leases.  It looks after those of the dead as
-- well, and after what was left open.  Says how many workers there are.
create function send_beat(worker text, the_host text, the_pid int,
	seconds int, open_connections int, messages_in_flight int,
	the_rate real, the_relay text, the_size bigint, hold_uncertain boolean)
returns int language plpgsql as $$
declare
	c chunk;
	m bigint;
begin
	insert into send_worker as w (name, host, pid, connections, in_flight,
		rate, relay, relay_since, relay_size)
	values (worker, the_host, the_pid, open_connections,
		messages_in_flight, the_rate, the_relay,
		case when the_relay <> '' then now() end, nullif(the_size, 0))
	on conflict (name) do update set seen_at = now(),
		connections = excluded.connections,
		in_flight = excluded.in_flight, rate = excluded.rate,
		relay = excluded.relay,
		relay_since = case when excluded.relay = '' then null
			else coalesce(w.relay_since, now()) end,
		relay_size = excluded.relay_size;
	delete from send_worker where seen_at < now() - interval '1 day';
	update chunk set leased_until = now() + make_interval(secs => seconds),
		overdue_at = null
	where leased_by = worker and done_at is null;
	update chunk set overdue_at = now()
	where leased_until < now() and done_at is null and overdue_at is null;
	for c in select * from chunk where leased_until < now()
			and done_at is null
			and overdue_at < now() - interval '10 seconds'
		for update skip locked
	loop
		perform chunk_presume(c, hold_uncertain);
	end loop;
	for m in select id from mailing n where state = 'sending'
		and not exists (select from chunk x
			where x.mailing_id = n.id and x.done_at is null)
	loop
		perform mailing_close(m);
	end loop;
	return (select count(*) from send_worker
		where seen_at > now() - interval '1 minute');
end $$;

-- The system's own brake, for one mailing or (null) for all: we or the relay
-- are broken.  With singles, mails to one person wait as well: not even one
-- would get through.
create function send_pause(the_mailing bigint, reason text, the_probe text,
	singles boolean) returns void
language plpgsql as $$
begin
	perform activity_add('send', 'issue', issue_id, 'paused', reason)
	from mailing where state = 'sending' and kind = 'issue'
		and id = coalesce(the_mailing, id);
	update mailing set state = 'paused', state_by = 'system',
		state_reason = reason, state_at = now(), probe = the_probe,
		probe_at = now() + interval '1 minute', probes = 0
	where state = 'sending' and id = coalesce(the_mailing, id)
		and (the_mailing is not null or singles or kind = 'issue');
	notify tweeluik_schedule;
end $$;

-- A paused mailing that may be probed now; the next time is later each time.
create function send_probe() returns table (mailing_id bigint, probe text)
language sql as $$
	update mailing m set probes = m.probes + 1,
		probe_at = now() + least(interval '15 minutes',
			interval '1 minute' * 2 ^ least(m.probes, 4))
	where m.id = (select n.id from mailing n
			where n.state = 'paused' and n.state_by = 'system'
				and n.probe is not null and n.probe_at <= now()
				and (n.probe = 'connect' or exists (
					select from chunk x
					where x.mailing_id = n.id
						and x.done_at is null
						and x.leased_by is null
						and x.due_at <= now()))
			order by n.probe, n.probe_at limit 1
			for update skip locked)
	returning m.id, m.probe
$$;

-- The probe succeeded: what was stopped for the same reason goes on.
create function send_resume(the_probe text) returns void
language plpgsql as $$
begin
	perform activity_add('send', 'issue', issue_id, 'resumed', the_probe)
	from mailing where state = 'paused' and state_by = 'system'
		and probe = the_probe and kind = 'issue';
	update mailing set state = 'sending', state_reason = '',
		state_at = now(), probe = null, probe_at = null
	where state = 'paused' and state_by = 'system' and probe = the_probe;
	notify tweeluik_send;
	notify tweeluik_schedule;
end $$;
