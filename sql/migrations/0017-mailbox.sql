-- The mailboxes that are read, as the mailbox role last found them.

create table mailbox (
	name text primary key,
	last_read_at timestamptz, -- to its end
	-- Since when it cannot be read, and why.
	failing_since timestamptz,
	last_error text not null default ''
);

-- The configuration has these.
create function mailbox_listed(names text[]) returns void
language sql security definer set search_path from current as $$
	delete from mailbox where name <> all (names);
	insert into mailbox (name) select unnest(names) on conflict do nothing
$$;

-- why '': it was read.
create function mailbox_seen(the_name text, why text) returns void
language sql security definer set search_path from current as $$
	insert into mailbox as m (name, last_read_at, failing_since, last_error)
	values (the_name, case when why = '' then now() end,
		case when why <> '' then now() end, why)
	on conflict (name) do update set
		last_read_at = coalesce(excluded.last_read_at, m.last_read_at),
		failing_since = case when why <> '' then
			coalesce(m.failing_since, now()) end,
		last_error = why
$$;
