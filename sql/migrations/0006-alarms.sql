-- Who is told what: alarms for as long as something is wrong, and a letter
-- each time an issue is done or held.
--
-- What is wrong is never stored as such: alarm_conditions() looks, for the
-- mails, the command line, /healthz and the metrics alike.

-- One row from the first mail about a condition to the mail that it is over.
create table alarm (
	id bigint generated always as identity primary key,
	key text not null,
	issue_id bigint references issue on delete cascade,
	since timestamptz not null,
	text text not null default '',
	told_at timestamptz not null,
	mailing_id bigint references mailing on delete set null,
	ended_at timestamptz
);
create unique index alarm_lasting on alarm (key, coalesce(issue_id, 0))
	where ended_at is null;

-- What is told once: that an issue is done ('report'), that a person holds it
-- ('held').
create table notice (
	key text not null check (key in ('report', 'held')),
	issue_id bigint not null references issue on delete cascade,
	at timestamptz not null,
	primary key (key, issue_id, at)
);

create view notice_due as
select 'report' as key, issue_id, finished_at as at from mailing
where kind = 'issue' and state = 'done'
union all
select 'held', id, held_at from issue
where held_by <> 'schedule' and state in ('open', 'approved');

-- What happened before there were such mails is no news.
insert into notice select key, issue_id, at from notice_due;

-- For a subject and a line of text: no control characters, none that stand
-- for a slot of a message, no address, not too long.
create function one_line(t text) returns text
language sql immutable as $$
	select left(regexp_replace(regexp_replace(t,
		'[\u0001-\u0020\u007f-\u00a0\ue000-\uf8ff]+', ' ', 'g'),
		'[^\s<>"'']+@[^\s<>"'',;:]+', '...', 'g'), 200)
$$;

-- What is wrong at a moment, and since when.
--
--	late	approved and due for 15 minutes, and not being sent
--	paused	the system paused it: we or the relay are broken
--	worker	mail is due and no worker was seen for 5 minutes
--	relay	workers cannot write their journal or reach the relay, for 15
--		minutes
--	stalled	mail is due and for 15 minutes nothing came of any of it, for
--		none of the reasons above
--	held	its moment came without approval, or was missed
--
-- Only newsletters and tests count: an alarm must not cause the next one.
create function alarm_conditions(at timestamptz, quiet_hours text)
returns table (key text, issue_id bigint, text text, since timestamptz)
language sql stable as $$
	with due as materialized (
		select m.id, m.kind, m.issue_id,
			greatest(min(c.due_at), m.state_at) as since
		from mailing m join chunk c on c.mailing_id = m.id
			and c.done_at is null
		where m.state = 'sending' and m.kind <> 'system'
			and not exists (select from sending_hold)
			and send_awake_since(at, quiet_hours) is not null
		group by m.id having min(c.due_at) <= at
	), still as materialized (
		-- Only what is leased can have had an outcome since the last
		-- chunk was finished.
		select d.id, d.kind, d.issue_id, greatest(d.since,
			send_awake_since(at, quiet_hours),
			(select max(c.done_at) from chunk c
				where c.mailing_id = d.id),
			(select max(o.at) from chunk c join outcome o
				on o.mailing_id = c.mailing_id and o.seq
					between c.first_seq and c.last_seq
				where c.mailing_id = d.id and c.done_at is null
					and c.leased_by is not null)) as since
		from due d
	), worker as (
		select greatest(s.since, w.seen_at) as since
		from (select min(s.since) as since from still s) s,
		(select max(w.seen_at) as seen_at from send_worker w) w
		where greatest(s.since, w.seen_at) <= at - interval '5 minutes'
			and s.since is not null
	), relay as (
		select string_agg(distinct w.relay, '; ') as text,
			min(w.relay_since) as since
		from send_worker w
		where w.relay <> '' and w.seen_at > at - interval '1 minute'
	)
	select 'late', i.id, '', coalesce(i.send_after, i.planned_at)
	from issue i
	where i.state = 'approved' and i.held_at is null
		and coalesce(i.send_after, i.planned_at)
			<= at - interval '15 minutes'
		and not schedule_paused(at)
		-- Approved after its moment: the schedule finds another one.
		and (i.send_after is not null or i.approved_at <= i.planned_at)
		-- Another issue has the hour.
		and not exists (select from mailing m
			join issue o on o.id = m.issue_id
			where m.kind = 'issue' and 'extra' in (o.series, i.series)
				and m.created_at between at - interval '1 hour'
					and at)
	union all
	select 'paused', m.issue_id, one_line(m.state_reason), m.state_at
	from mailing m
	where m.kind = 'issue' and m.state = 'paused' and m.state_by = 'system'
	union all
	select 'worker', null, '', w.since from worker w
	union all
	select 'relay', null, one_line(r.text), r.since from relay r
	where r.since <= at - interval '15 minutes'
	union all
	select 'stalled', s.issue_id, '', s.since from still s
	where s.kind = 'issue' and s.since <= at - interval '15 minutes'
		and not exists (select from worker)
		and (select r.since from relay r) is null
	union all
	select 'held', i.id, one_line(i.held_reason), i.held_at from issue i
	where i.held_by = 'schedule' and i.state in ('open', 'approved')
$$;

-- What there is to tell now, each thing once however many ask: the rows are
-- marked as told in the transaction that asks, which is the one that must
-- store the mails.  An alarm that lasts is told again every day.
create function letters_due(at timestamptz, quiet_hours text)
returns table (alarm_id bigint, key text, event text, the_issue bigint,
	text text, since timestamptz)
language plpgsql as $$
declare
	c record;
	a alarm;
	lasting bigint[] := '{}';
begin
	perform schedule_lock();
	for c in select * from alarm_conditions(at, quiet_hours) loop
		event := null;
		select * into a from alarm x where x.key = c.key
			and x.issue_id is not distinct from c.issue_id
			and x.ended_at is null;
		if not found then
			insert into alarm (key, issue_id, since, text, told_at)
			values (c.key, c.issue_id, c.since, c.text, at)
			returning * into a;
			event := 'raised';
		elsif a.told_at <= at - interval '1 day' then
			update alarm x set told_at = at, text = c.text
			where x.id = a.id returning * into a;
			event := 'again';
		end if;
		lasting := lasting || a.id;
		if event is not null then
			alarm_id := a.id; key := a.key; the_issue := a.issue_id;
			text := a.text; since := a.since;
			return next;
		end if;
	end loop;
	for a in update alarm x set ended_at = at
		where x.ended_at is null and x.id <> all (lasting) returning *
	loop
		-- Who could not be told meanwhile hears only how it ended.
		update mailing m set state = 'stopped', state_by = 'schedule',
			state_reason = 'over', state_at = at, finished_at = at
		where m.id = a.mailing_id and m.state in ('sending', 'paused');
		alarm_id := a.id; key := a.key; event := 'over';
		the_issue := a.issue_id; text := a.text; since := a.since;
		return next;
	end loop;
	for c in insert into notice as n
		select d.key, d.issue_id, d.at from notice_due d
		on conflict do nothing returning n.key, n.issue_id, n.at
	loop
		alarm_id := null; key := c.key; event := 'raised';
		the_issue := c.issue_id; since := c.at;
		select coalesce(one_line(i.held_reason), '') into text
		from issue i where i.id = c.issue_id;
		return next;
	end loop;
end $$;

-- A letter and its mailing, without recipients yet.  An alarm that lasts is
-- told anew the day after, so its mail need not live longer.
create function letter_store(the_digest bytea, the_edition text,
	the_subject text, the_bytes bytea, the_slots bytea, the_alarm bigint,
	out message bigint, out mailing bigint)
language plpgsql as $$
begin
	insert into message (digest, kind, edition, subject, bytes, slots)
	values (the_digest, 'system', the_edition, the_subject, the_bytes,
		the_slots)
	on conflict (digest) do nothing;
	select m.id into message from message m where m.digest = the_digest;
	mailing := mailing_for('system', null, case
		when the_alarm is null then interval '3 days'
		else interval '1 day' end);
	update alarm a set mailing_id = mailing where a.id = the_alarm;
end $$;

-- One word for /healthz: the first of these that is true.
drop function web_held();
create function web_health(quiet_hours text) returns text
language sql stable security definer set search_path from current as $$
	select case
	when c.keys && '{paused,held}' or exists (select from mailing
		where state = 'paused' and state_by = 'system') then 'held'
	when c.keys && '{relay}' then 'relay'
	when c.keys && '{late,stalled,worker}' then 'late'
	else 'ok' end
	from (select array(select key
		from alarm_conditions(now(), quiet_hours)) as keys) c
$$;

-- Samples for Prometheus, by metric in the order of daemon/web/metrics.c.
-- Counts only: no label says anything of a reader.
create function web_metrics(quiet_hours text)
returns table (metric text, label1 text, label2 text, value double precision)
language sql stable security definer set search_path from current as $$
	with newest as materialized (
		select g.*, case i.series when 'extra' then 'extra-' else '' end
			|| i.number || '-' || i.year as issue
		from (select id from mailing where kind = 'issue'
			order by created_at desc limit 3) m
		join ledger g on g.mailing_id = m.id
		join issue i on i.id = g.issue_id
	), lives as (
		select * from send_worker
		where seen_at > now() - interval '1 minute'
	), conditions as materialized (
		select key from alarm_conditions(now(), quiet_hours)
	)
	select 'tweeluik_ledger', n.issue, o.outcome, o.n
	from newest n cross join lateral (values
		('accepted', n.accepted),
		('refused', n.refused), ('expired', n.expired),
		('suppressed', n.suppressed), ('uncertain', n.uncertain),
		('waiting', n.waiting)) o (outcome, n)
	union all
	select 'tweeluik_ledger_planned', n.issue, null, n.planned
	from newest n
	union all
	select 'tweeluik_ledger_balanced', n.issue, null, n.balanced::int
	from newest n
	union all
	select 'tweeluik_alarm', k, null, (select count(*) from conditions c
		where c.key = k)
	from unnest('{late,paused,worker,relay,stalled,held}'::text[]) k
	union all
	select 'tweeluik_send_workers', null, null, count(*) from lives
	union all
	select 'tweeluik_send_rate', null, null, coalesce(sum(rate), 0)
	from lives
	union all
	select 'tweeluik_relay_up', null, null, bool_and(relay = '')::int
	from lives having count(*) > 0
	union all
	select 'tweeluik_subscribers', s.state, null, count(x.id)
	from unnest('{pending,active,paused,unsubscribed,undeliverable,blocked}'
		::text[]) s (state)
	left join subscriber x on x.state = s.state
	group by s.state
	union all
	select 'tweeluik_role_last_seen_seconds', role, null,
		extract(epoch from now() - max(seen_at))
	from role_state group by role
$$;
