-- The calendar: first date + n times 14 days at a time on the wall clock of a
-- named zone.  A rule, never an interval in seconds.

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

-- A moment on the newsletter's wall clock, RFC 3339 with offset.
create function rfc3339(at timestamptz) returns text
language sql stable as $$
	select to_char(l, 'YYYY-MM-DD"T"HH24:MI:SS')
		|| case when o < interval '0' then '-' else '+' end
		|| to_char(case when o < interval '0' then -o else o end, 'HH24:MI')
	from (select at at time zone z as l,
		(at at time zone z) - (at at time zone 'UTC') as o
		from (select coalesce((select zone from schedule),
			'Europe/Amsterdam') as z) s) x
$$;
