-- The calendar: first date + n times 14 days at a time on the wall clock of a
-- named zone.  A rule, never an interval in seconds.
--
-- What depends on the time takes it as a parameter, so that tests can live
-- through a year in a second.

create table schedule (
	single boolean primary key default true check (single),
	first_date date not null,
	send_time time not null default '10:00',
	zone text not null default 'Europe/Amsterdam',
	every_days int not null default 14 check (every_days between 1 and 366),
	minimum_items int not null default 3 check (minimum_items >= 0),
	grace interval not null default '72 hours',
	late interval not null default '6 hours',
	paused boolean not null default false,
	paused_until date,
	changed_at timestamptz not null default now(),
	changed_by text not null
);
create table schedule_exception (
	occurrence date primary key,
	action text not null check (action in ('skip', 'move')),
	moved_to timestamptz,
	reason text not null default '',
	check ((action = 'move') = (moved_to is not null))
);
create table schedule_break (
	id bigint generated always as identity primary key,
	first_day date not null,
	last_day date not null check (last_day >= first_day),
	name text not null
);

create function schedule_zone() returns text
language sql stable as $$
	select coalesce((select zone from schedule), 'Europe/Amsterdam')
$$;

create function schedule_date(at timestamptz) returns date
language sql stable as $$
	select (at at time zone schedule_zone())::date
$$;

-- The moment at which a clock in a zone shows a local time: in a gap by the
-- offset before it, in an overlap the first of the two (RFC 5545, 3.3.5).
-- PostgreSQL does the former but takes the second of the two, so the offset
-- of the day before is tried and kept if the clock agrees.
create function wall_clock(local timestamp, zone text) returns timestamptz
language sql stable as $$
	select case when first at time zone zone = local
		then least(first, t) else t end
	from (select t, (local at time zone 'UTC') - (
			((t - interval '24 hours') at time zone zone)
			- ((t - interval '24 hours') at time zone 'UTC')) as first
		from (select local at time zone zone as t) x) y
$$;

-- A moment on the newsletter's wall clock, RFC 3339 with offset.  Called for
-- every row of long lists; in SQL, which plans anew each time, it is five times
-- slower.
create function rfc3339(at timestamptz) returns text
language plpgsql stable as $$
declare
	l timestamp := at at time zone schedule_zone();
	o interval := l - (at at time zone 'UTC');
begin
	return to_char(l, 'YYYY-MM-DD"T"HH24:MI:SS')
		|| case when o < interval '0' then '-' else '+' end
		|| to_char(case when o < interval '0' then -o else o end, 'HH24:MI');
end $$;

-- Easter Sunday (Meeus, Jones, Butcher; Gregorian calendar).
create function easter(y int) returns date
language plpgsql immutable as $$
declare
	a int := y % 19;
	b int := y / 100;
	c int := y % 100;
	h int := (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
	l int := (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
	m int := (a + 11 * h + 22 * l) / 451;
	n int := h + l - 7 * m + 114;
begin
	return make_date(y, n / 31, n % 31 + 1);
end $$;

-- Days on which a send date needs a second look: public holidays (Algemene
-- termijnenwet, article 3), days put on a par with them by decree, and the
-- two evenings before a feast, which are working days (rest is false).
create function dutch_holidays(y int)
returns table (day date, nl text, en text, rest boolean)
language sql immutable as $$
	select h.* from (select easter(y) as e, make_date(y, 4, 27) as k) x,
	lateral (values
		(make_date(y, 1, 1), 'nieuwjaarsdag', 'New Year''s Day', true),
		(e - 2, 'Goede Vrijdag', 'Good Friday', true),
		(e, 'eerste paasdag', 'Easter Sunday', true),
		(e + 1, 'tweede paasdag', 'Easter Monday', true),
		(case extract(isodow from k) when 7 then k - 1 else k end,
			'Koningsdag', 'King''s Day', true),
		(make_date(y, 5, 5), 'Bevrijdingsdag', 'Liberation Day', true),
		(e + 39, 'Hemelvaartsdag', 'Ascension Day', true),
		(e + 49, 'eerste pinksterdag', 'Whit Sunday', true),
		(e + 50, 'tweede pinksterdag', 'Whit Monday', true),
		(make_date(y, 12, 24), 'kerstavond', 'Christmas Eve', false),
		(make_date(y, 12, 25), 'eerste kerstdag', 'Christmas Day', true),
		(make_date(y, 12, 26), 'tweede kerstdag', 'Boxing Day', true),
		(make_date(y, 12, 31), 'oudjaarsdag', 'New Year''s Eve', false))
		h (day, nl, en, rest)
	union all
	select d, 'gelijkgesteld met een feestdag',
		'treated as a public holiday', true
	from unnest(array['2026-01-02', '2026-05-15', '2027-05-07',
		'2028-04-28', '2028-05-26']::date[]) d
	where extract(year from d) = y
$$;

create function dutch_holiday(the_day date, lang text default 'nl')
returns text language sql immutable as $$
	select coalesce((select case lang when 'nl' then nl else en end
		from dutch_holidays(extract(year from the_day)::int)
		where day = the_day order by rest desc, nl limit 1), '')
$$;

create function working_day(the_day date) returns boolean
language sql immutable as $$
	select extract(isodow from the_day) < 6 and not exists (
		select from dutch_holidays(extract(year from the_day)::int)
		where day = the_day and rest)
$$;

create function working_days_before(the_day date, n int) returns date
language sql immutable as $$
	select the_day - k from generate_series(1, 3 * n + 14) k
	where working_day(the_day - k) order by k offset n - 1 limit 1
$$;

-- The next n dates of the series from a day on, with what became of them.  A
-- holiday is named, never avoided: that is for a person to decide.
create function schedule_moments(from_date date, n int,
	lang text default 'nl')
returns table (occurrence date, send_at timestamptz, local_iso text,
	skipped boolean, moved boolean, note text)
language sql stable as $$
	select o.day, m.at, rfc3339(m.at),
		coalesce(x.action = 'skip', b.name is not null),
		coalesce(x.action = 'move', false),
		coalesce(case when x.action is null then b.name end,
			dutch_holiday(schedule_date(m.at), lang))
	from schedule s,
	lateral generate_series(0, n - 1) k,
	lateral (select s.first_date + s.every_days * (k + greatest(0,
		(from_date - s.first_date + s.every_days - 1) / s.every_days))
		as day) o
	left join schedule_exception x on x.occurrence = o.day
	left join lateral (select name from schedule_break
		where o.day between first_day and last_day
		order by first_day limit 1) b on true,
	lateral (select coalesce(x.moved_to,
		wall_clock(o.day + s.send_time, s.zone)) as at) m
	order by o.day
$$;

-- The first date to come that will be sent and has no issue yet.  It may be
-- one that lies behind us but was moved ahead.
create function schedule_next(at timestamptz)
returns table (occurrence date, send_at timestamptz, local_iso text)
language sql stable as $$
	select m.occurrence, m.send_at, m.local_iso
	from schedule s, schedule_moments(schedule_date(at) - 2 * s.every_days,
		400) m
	where not m.skipped and m.send_at > at and not exists (
		select from issue i where i.occurrence = m.occurrence)
	order by m.send_at limit 1
$$;

-- The first send time on a working day: when what was late leaves after all.
create function schedule_next_working(at timestamptz) returns timestamptz
language sql stable as $$
	select t from generate_series(0, 21) k,
	lateral (select schedule_date(at) + k as day) d,
	lateral (select wall_clock(day + coalesce((select send_time
		from schedule), '10:00'), schedule_zone()) as t) m
	where working_day(day) and t > at order by k limit 1
$$;

-- While it has its row nothing is opened, frozen or sent, not even a single
-- mail: after a restore a person has to look first (schedule resume).
create table sending_hold (
	single boolean primary key default true check (single),
	reason text not null,
	since timestamptz not null default now()
);

create function schedule_paused(at timestamptz) returns boolean
language sql stable as $$
	select coalesce((select paused and (paused_until is null
		or paused_until > schedule_date(at)) from schedule), false)
		or exists (select from sending_hold)
$$;

-- Change the rule; null leaves a setting as it is.
create function schedule_set(actor text, new_first_date date,
	new_send_time time, new_zone text, new_every_days int,
	new_minimum_items int, new_grace interval, new_late interval)
returns void language plpgsql as $$
begin
	-- An unknown zone fails here and not at ten o'clock.
	perform now() at time zone new_zone;
	insert into schedule (first_date, changed_by)
	select new_first_date, actor where not exists (select from schedule);
	update schedule set first_date = coalesce(new_first_date, first_date),
		send_time = coalesce(new_send_time, send_time),
		zone = coalesce(new_zone, zone),
		every_days = coalesce(new_every_days, every_days),
		minimum_items = coalesce(new_minimum_items, minimum_items),
		grace = coalesce(new_grace, grace),
		late = coalesce(new_late, late),
		changed_at = now(), changed_by = actor;
	perform activity_add(actor, 'schedule', null, 'set');
end $$;

-- The moments of one cycle, counted back in working days.  An issue that was
-- opened after its own copy deadline takes items until it is due.
create function issue_deadlines(the_issue bigint)
returns table (reminder timestamptz, copy timestamptz,
	translation timestamptz, approval_request timestamptz,
	approval timestamptz, last_call timestamptz)
language sql stable as $$
	select wall_clock(working_days_before(d, 4) + time '09:00', z),
		case when c < i.created_at then i.planned_at else c end,
		wall_clock(working_days_before(d, 2) + time '17:00', z),
		wall_clock(working_days_before(d, 1) + time '12:00', z),
		wall_clock(working_days_before(d, 1) + time '17:00', z),
		i.planned_at - interval '1 hour'
	from issue i,
	lateral (select schedule_date(i.planned_at) as d,
		schedule_zone() as z) s,
	lateral (select wall_clock(working_days_before(d, 3)
		+ time '17:00', z) as c) t
	where i.id = the_issue
$$;

-- The issue that an item flows into by itself: the first that is not approved
-- yet and whose copy deadline had not passed when its first side was ready.
create function item_flows_into(the_item bigint) returns bigint
language sql stable as $$
	select n.id from issue n
	where n.series = 'regular' and n.state = 'open'
		and (select copy from issue_deadlines(n.id)) >= (
			select coalesce(min(t.ready_at), min(i.created_at))
			from item i left join item_text t
				on t.item_id = i.id and t.state = 'ready'
			where i.id = the_item)
	order by n.planned_at, n.id limit 1
$$;

-- The items of an issue in the order of its sections.  Approval fixed them;
-- before it they are whatever is ready.
create function issue_content(the_issue bigint)
returns table (n int, section text, item_id bigint)
language sql stable as $$
	select x.position, x.section, x.item_id
	from issue_item x where x.issue_id = the_issue
	union all
	select (row_number() over (order by s.rank, s.at, i.position nulls last,
		i.id))::int, s.section, i.id
	from issue n
	join item i on i.state = 'queued'
		and n.id = coalesce(i.issue_id, item_flows_into(i.id))
		and (i.not_after is null
			or i.not_after >= schedule_date(n.planned_at))
		and i.visibility <> 'office'
		and (i.kind <> 'news' or i.topic_id is not null)
		and exists (select from item_text t where t.item_id = i.id
			and t.state = 'ready'
			and (t.body <> '' or i.kind in ('event', 'organisation')))
	left join topic t on t.id = i.topic_id
	cross join lateral (select
		case i.kind when 'news' then t.slug else i.kind end as section,
		case i.kind when 'news' then t.position when 'announcement' then 100
			when 'event' then 101 when 'organisation' then 102
			else 103 end as rank,
		case i.kind when 'event' then i.starts_at end as at) s
	where n.id = the_issue and n.state = 'open'
$$;

-- One at a time looks at the calendar and acts on it.
create function schedule_lock() returns void
language sql as $$
	select pg_advisory_xact_lock(hashtext('tweeluik.schedule'))
$$;

-- Open the issue of the next date once the one before it is past.
create function issue_open_due(at timestamptz) returns bigint
language plpgsql as $$
declare
	m record;
	i bigint;
begin
	perform schedule_lock();
	if schedule_paused(at) or exists (select from issue
		where series = 'regular' and state in ('open', 'approved')
			and planned_at > at) then
		return null;
	end if;
	select * into m from schedule_next(at);
	if not found then
		return null;
	end if;
	insert into issue (occurrence, planned_at, created_at)
	values (m.occurrence, m.send_at, at) returning id into i;
	insert into issue_text (issue_id, lang) select i, code from language;
	perform activity_add('schedule', 'issue', i, 'opened', m.local_iso);
	return i;
end $$;

-- An issue that does not go out; its items move to the next one.
create function issue_skip(the_issue bigint, actor text, reason text)
returns boolean language plpgsql as $$
begin
	perform issue_revoke(the_issue, actor, reason);
	update issue set state = 'skipped', held_at = null, held_by = null,
		held_reason = null, number = null, year = null
	where id = the_issue and state = 'open';
	if not found then
		return false;
	end if;
	update item set issue_id = null, changed_by = actor
	where issue_id = the_issue and state = 'queued';
	perform activity_add(actor, 'issue', the_issue, 'skipped', reason);
	return true;
end $$;

create function issue_hold(the_issue bigint, actor text, reason text,
	at timestamptz) returns boolean
language plpgsql as $$
begin
	update issue set held_at = at, held_by = actor, held_reason = reason
	where id = the_issue and state in ('open', 'approved')
		and held_at is null;
	if found then
		perform activity_add(actor, 'issue', the_issue, 'held', reason);
	end if;
	return found;
end $$;

-- What was held may go.  An approved issue whose time has passed leaves at
-- begin, or at the next working-day send time.
create function issue_release(the_issue bigint, actor text, at timestamptz,
	begin_at timestamptz default null) returns boolean
language plpgsql as $$
begin
	update issue set held_at = null, held_by = null, held_reason = null,
		send_after = case
		when state = 'open' then null
		when begin_at is not null then begin_at
		when at_once then at + issue_call_off()
		when planned_at <= at then schedule_next_working(at)
		else send_after end
	where id = the_issue and state in ('open', 'approved')
		and held_at is not null;
	if found then
		perform activity_add(actor, 'issue', the_issue, 'released');
	end if;
	return found;
end $$;

-- Move one date, and the issue of it.
create function issue_move(the_issue bigint, actor text, to_at timestamptz,
	reason text) returns boolean
language plpgsql as $$
declare
	o date;
begin
	update issue set planned_at = to_at, at_once = false
	where id = the_issue and state in ('open', 'approved')
	returning occurrence into o;
	if not found then
		return false;
	end if;
	insert into schedule_exception
	select o, 'move', to_at, reason where o is not null
	on conflict (occurrence) do update set action = 'move',
		moved_to = excluded.moved_to, reason = excluded.reason;
	-- The date stands in the issue.
	perform issue_touch(the_issue, actor, 'moved');
	perform activity_add(actor, 'issue', the_issue, 'moved',
		rfc3339(to_at));
	return true;
end $$;

-- Issues already open follow a calendar that was changed since.
create function issue_follow(at timestamptz) returns void
language plpgsql as $$
declare
	i issue;
	m record;
begin
	for i in select * from issue where occurrence is not null
		and state in ('open', 'approved') and planned_at > at
		order by planned_at for update
	loop
		select x.* into m from schedule_moments(i.occurrence, 1) x
		where x.occurrence = i.occurrence;
		if not found then
			-- No date of the series any more: the next one takes over.
			select * into m from schedule_next(at);
			continue when not found;
			update issue set occurrence = m.occurrence,
				planned_at = m.send_at where id = i.id;
			perform issue_touch(i.id, 'schedule', 'moved');
			perform activity_add('schedule', 'issue', i.id, 'moved',
				m.local_iso);
		elsif m.skipped then
			perform issue_skip(i.id, 'schedule',
				'taken out of the calendar');
		elsif m.send_at <> i.planned_at then
			update issue set planned_at = m.send_at where id = i.id;
			perform issue_touch(i.id, 'schedule', 'moved');
			perform activity_add('schedule', 'issue', i.id, 'moved',
				m.local_iso);
		end if;
	end loop;
end $$;

-- An approved issue whose moment has come.
create function issue_due_approved(i issue, at timestamptz, late interval,
	chunk_size int, expires interval) returns void
language plpgsql as $$
begin
	if i.held_by = 'schedule' and i.approved_at > i.held_at then
		-- The approval is the answer to the question of the hold.
		update issue set held_at = null, held_by = null,
			held_reason = null
		where id = i.id;
	elsif i.held_at is not null then
		return;
	end if;
	if i.send_after is null and i.approved_at > i.planned_at then
		i.send_after := schedule_next_working(i.approved_at);
		update issue set send_after = i.send_after where id = i.id;
		perform activity_add('schedule', 'issue', i.id, 'rescheduled',
			rfc3339(i.send_after));
		if i.send_after > at then
			return;
		end if;
	end if;
	if at - coalesce(i.send_after, i.planned_at) > late then
		perform issue_hold(i.id, 'schedule', 'missed', at);
	elsif not exists (select from mailing m join issue o on o.id = m.issue_id
		where m.kind = 'issue' and 'extra' in (o.series, i.series)
			and m.created_at between at - interval '1 hour' and at) then
		-- A special edition never shares an hour with another issue.
		perform issue_freeze(i.id, chunk_size, expires);
	end if;
end $$;

-- An issue whose moment has come without approval: silence means hold.
create function issue_due_open(i issue, at timestamptz, grace interval)
returns void language plpgsql as $$
begin
	if i.held_at is null then
		if i.series = 'extra'
			or exists (select from issue_content(i.id)) then
			perform issue_hold(i.id, 'schedule',
				'not approved in time', at);
		else
			perform issue_skip(i.id, 'schedule', 'no items');
		end if;
	elsif i.held_by = 'schedule' and i.series = 'regular'
		and at >= i.held_at + grace then
		perform issue_skip(i.id, 'schedule',
			'not approved within the grace time');
	end if;
end $$;

create function issue_due(at timestamptz, chunk_size int, expires interval)
returns void language plpgsql as $$
declare
	i issue;
	grace interval;
	late interval;
begin
	select coalesce(max(s.grace), '72 hours'), coalesce(max(s.late), '6 hours')
	into grace, late from schedule s;
	for i in select * from issue where state in ('open', 'approved')
		and coalesce(send_after, planned_at) <= at
		and not (state = 'open' and at_once)
		order by planned_at, id for update
	loop
		if i.state = 'approved' then
			perform issue_due_approved(i, at, late, chunk_size, expires);
		else
			perform issue_due_open(i, at, grace);
		end if;
	end loop;
end $$;

-- Pauses that have passed, of readers and of the series itself.
create function schedule_resume_due(at timestamptz) returns void
language plpgsql as $$
declare
	h bytea;
	n int := 0;
begin
	update schedule set paused = false, paused_until = null
	where paused and paused_until <= schedule_date(at);
	if found then
		perform activity_add('schedule', 'schedule', null, 'resumed');
	end if;
	for h in update subscriber set state = 'active', state_reason = '',
			state_at = at, paused_until = null
		where state = 'paused' and paused_until <= schedule_date(at)
		returning address_hash
	loop
		perform subscriber_event(h, 'resumed', 'schedule');
		n := n + 1;
	end loop;
	if n > 0 then
		perform activity_add('schedule', 'subscriber', null, 'resumed',
			n::text);
	end if;
end $$;

-- All that is due at a moment, as one transaction; says what was done.  With
-- hold nothing is sent, held or skipped.
create function schedule_round(at timestamptz, chunk_size int,
	expires interval, hold boolean default false)
returns table (subject text, number text, action text, detail text)
language plpgsql as $$
declare
	before bigint;
begin
	perform schedule_lock();
	perform set_config('tweeluik.actor', 'schedule', true);
	select coalesce(max(id), 0) into before from activity;
	perform schedule_resume_due(at);
	if not schedule_paused(at) then
		perform issue_follow(at);
		perform issue_open_due(at);
		if not hold then
			perform issue_due(at, chunk_size, expires);
		end if;
	end if;
	return query select a.subject,
		coalesce(case l.series when 'extra' then 'extra-' else '' end
			|| l.number || '-' || l.year, ''), a.action, a.detail
	from activity a
	left join issue_label l on a.subject = 'issue' and l.id = a.subject_id
	where a.id > before and a.actor = 'schedule'
	order by a.id;
end $$;

-- A change that may make something due wakes the schedule role.
create function schedule_wake() returns trigger language plpgsql as $$
begin
	notify tweeluik_schedule;
	return null;
end $$;
create trigger schedule_wake after insert or update or delete on schedule
	for each row execute function schedule_wake();
create trigger schedule_wake
	after insert or update or delete on schedule_exception
	for each row execute function schedule_wake();
create trigger schedule_wake after insert or update or delete on schedule_break
	for each row execute function schedule_wake();
create trigger schedule_wake after insert or update of state, held_at,
	send_after, planned_at on issue
	for each row execute function schedule_wake();
