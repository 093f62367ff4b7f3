-- What people see of the return path, and what they decide about it.

-- Whose mail came back again, of an issue or since a moment (each or null), for
-- the third issue in a row and more.  To look at a row takes a millisecond, so
-- only those who have three are looked at.
create function bounce_again(the_issue bigint, since timestamptz)
returns table (subscriber_id bigint, issues int)
language sql stable as $$
	with three as materialized (
		select x.subscriber_id from (
			select distinct b.subscriber_id from bounce b
			where b.effect = 'counted'
				and (the_issue is null or b.issue_id = the_issue)
				and (since is null or b.at >= since)) x
		where 3 <= (select count(distinct c.mailing_id) from bounce c
			where c.subscriber_id = x.subscriber_id
				and c.effect = 'counted'))
	select s.id, k.issues from three t
	join subscriber s on s.id = t.subscriber_id
		and s.state in ('active', 'paused')
	cross join lateral bounce_streak(s.id) k where k.issues >= 3
$$;

-- A mailbox that nobody reads is an alarm like those of sending.
create function unread_conditions(at timestamptz)
returns table (key text, issue_id bigint, text text, since timestamptz)
language sql stable security definer set search_path from current as $$
	select 'mailbox', null::bigint,
		one_line(string_agg(m.name, ', ' order by m.name)),
		min(coalesce(m.last_read_at, m.failing_since))
	from mailbox m
	where coalesce(m.last_read_at, m.failing_since) <= $1 - interval '1 day'
	having count(*) > 0
$$;
-- All that is wrong.
create function alarm_conditions(at timestamptz, quiet_hours text)
returns table (key text, issue_id bigint, text text, since timestamptz)
language sql stable as $$
	select * from issue_conditions(at, quiet_hours)
	union all select * from blocked_conditions(at)
	union all select * from unread_conditions(at)
$$;

-- More samples for Prometheus: what came back in the last 30 days.  A reader is
-- counted, never named.
create function web_return_metrics(quiet_hours text)
returns table (metric text, label1 text, label2 text, value double precision)
language sql stable security definer set search_path from current as $$
	select 'tweeluik_alarm', k, null, (select count(*)
		from alarm_conditions(now(), quiet_hours) c where c.key = k)
	from unnest('{blocked,mailbox}'::text[]) k
	union all
	select 'tweeluik_bounces', b.class, b.reason, count(*) from bounce b
	where b.at > now() - interval '30 days' group by b.class, b.reason
	union all
	select 'tweeluik_returned', r.kind, null, count(*) from returned r
	where r.at > now() - interval '30 days' group by r.kind
	union all
	select 'tweeluik_returned_waiting', null, null, count(*) from returned
	where state in ('review', 'aside')
	union all
	select 'tweeluik_mailbox_last_read_seconds', m.name, null,
		extract(epoch from now() - m.last_read_at)
	from mailbox m where m.last_read_at is not null
$$;
