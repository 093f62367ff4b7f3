-- What an operator asks for while an issue is sent, and afterwards.

-- Those of an issue whose sending is over who did not get it, and why.  gets:
-- they would now.  Who has left while the sending was stopped is still waiting
-- in the ledger, and so is who was erased; the lease, which reads consent,
-- settles that.  A subscriber
-- who is undeliverable is not active, so no dead address comes back.
create function issue_missing(the_issue bigint)
returns table (seq int, reason text, gets boolean, next_attempt int)
language sql stable as $$
	select d.seq, case when o.result is null or o.result = 'deferred'
			then 'unsent' else o.result::text end,
		coalesce(s.state = 'active', false) and not exists (select
			from suppression x
			where x.address_hash = s.address_hash),
		coalesce(o.attempt, 0) + 1
	from mailing m
	join delivery d on d.mailing_id = m.id
	left join subscriber s on s.id = d.subscriber_id
	left join delivery_outcome o on o.mailing_id = d.mailing_id
		and o.seq = d.seq
	where m.kind = 'issue' and m.issue_id = the_issue
		and m.state in ('done', 'stopped')
		and o.result is distinct from 'accepted'
$$;

-- Those who would get an issue now and were never planned for it.
create function issue_newcomers(the_issue bigint)
returns table (subscriber_id bigint, edition text, message_id bigint)
language sql stable as $$
	select s.id, e.name, e.message_id
	from subscriber s
	join edition e on e.issue_id = the_issue and e.name = s.language
	where s.state = 'active' and not exists (select from suppression x
			where x.address_hash = s.address_hash)
		and not exists (select from mailing m
			join delivery d on d.mailing_id = m.id
			where m.kind = 'issue' and m.issue_id = the_issue
				and d.subscriber_id = s.id)
$$;

-- End a chunk of a sending that was stopped; who has no end yet is counted
-- nowhere and has to go into another one.
create function chunk_abandon(c chunk) returns void
language sql as $$
	update chunk x set done_at = now(), leased_by = null,
		leased_until = null, accepted = t.accepted, refused = t.refused,
		expired = t.expired, suppressed = t.suppressed,
		uncertain = t.uncertain
	from (select count(*) filter (where o.result = 'accepted') as accepted,
			count(*) filter (where o.result = 'refused') as refused,
			count(*) filter (where o.result = 'expired') as expired,
			count(*) filter (where o.result = 'suppressed')
				as suppressed,
			count(*) filter (where o.result = 'uncertain')
				as uncertain
		from unnest(chunk_seqs(c)) s
		cross join lateral (select y.result from outcome y
			where y.mailing_id = c.mailing_id and y.seq = s
			order by y.attempt desc limit 1) o) t
	where x.mailing_id = c.mailing_id and x.no = c.no
$$;

-- Send an issue to those who did not get it, in new chunks of its mailing;
-- says how many, or null when its sending is not over.  Uncertain ones may
-- have it already, newcomers were never planned: only when asked for.
create function issue_send_missing(the_issue bigint, actor text,
	chunk_size int, expires interval, with_uncertain boolean,
	with_newcomers boolean) returns int
language plpgsql as $$
declare
	m mailing;
	c chunk;
	n int;
	fresh int := 0;
	last_no int;
begin
	select * into m from mailing where kind = 'issue'
		and issue_id = the_issue and state in ('done', 'stopped')
		and trimmed_at is null
	for update;
	-- What a worker still has in hand may be accepted yet.
	if not found or exists (select from chunk where mailing_id = m.id
			and done_at is null and leased_until > now()) then
		return null;
	end if;
	for c in select * from chunk where mailing_id = m.id and done_at is null
	loop
		perform chunk_abandon(c);
	end loop;
	-- Those who are tried anew are no longer counted where they ended.
	update chunk x set refused = x.refused - t.refused,
		expired = x.expired - t.expired,
		suppressed = x.suppressed - t.suppressed,
		uncertain = x.uncertain - t.uncertain
	from (select h.no, count(*) filter (where y.reason = 'refused') as refused,
			count(*) filter (where y.reason = 'expired') as expired,
			count(*) filter (where y.reason = 'suppressed')
				as suppressed,
			count(*) filter (where y.reason = 'uncertain')
				as uncertain
		from issue_missing(the_issue) y
		cross join lateral (select k.no from chunk k
			where k.mailing_id = m.id and k.done_at is not null
				and y.seq between k.first_seq and k.last_seq
				and (k.seqs is null or y.seq = any (k.seqs))
			order by k.attempt desc, k.no desc limit 1) h
		where y.reason <> 'unsent' and y.gets
			and (y.reason <> 'uncertain' or with_uncertain)
		group by h.no) t
	where x.mailing_id = m.id and x.no = t.no;
	select coalesce(max(no), 0) into last_no from chunk
	where mailing_id = m.id;
	with missing as (
		select *, (row_number() over (partition by x.next_attempt
			order by x.seq) - 1) / chunk_size as part
		from issue_missing(the_issue) x
		where x.reason = 'unsent' or x.gets
			and (x.reason <> 'uncertain' or with_uncertain)
	), cut as (
		insert into chunk (mailing_id, no, attempt, first_seq, last_seq,
			seqs)
		select m.id, last_no + row_number() over (
				order by x.next_attempt, x.part),
			x.next_attempt, min(x.seq), max(x.seq),
			array_agg(x.seq order by x.seq)
		from missing x group by x.next_attempt, x.part
	)
	select count(*) into n from missing where gets;
	if with_newcomers then
		insert into delivery (mailing_id, seq, message_id, subscriber_id)
		select m.id, m.planned + row_number() over (
				order by x.edition, x.subscriber_id),
			x.message_id, x.subscriber_id
		from issue_newcomers(the_issue) x;
		get diagnostics fresh = row_count;
		select coalesce(max(no), 0) into last_no from chunk
		where mailing_id = m.id;
		insert into chunk (mailing_id, no, first_seq, last_seq)
		select m.id, last_no + k, m.planned + (k - 1) * chunk_size + 1,
			m.planned + least(k * chunk_size, fresh)
		from generate_series(1, (fresh + chunk_size - 1) / chunk_size) k;
	end if;
	update mailing set planned = planned + fresh, state = 'sending',
		state_by = actor, state_reason = '', state_at = now(),
		finished_at = null,
		expires_at = greatest(expires_at, least(now() + expires,
			issue_ends(the_issue)))
	where id = m.id;
	update issue set state = 'sending' where id = the_issue;
	perform activity_add(actor, 'issue', the_issue, 'send-missing',
		n + fresh || ' recipients');
	notify tweeluik_send;
	return n + fresh;
end $$;
