-- Letters are written, and people join.
--
-- For the command line:
--
--	subscriber_invite(the_hash bytea, sealed bytea, the_language text,
--		the_language_from text, the_organisation bigint,
--		the_tags text[], actor text, out id bigint, out outcome text)
--
-- mails somebody the question whether they want the newsletter.  outcome:
-- 'confirm' the mail is due; 'waits' they had one today; 'already' they are
-- on the list; 'refused' they complained or are blocked.

-- A letter as mail: message, mailing, recipient and the mark that it is
-- written, together.  The role that writes reads no address, so this copies it.
-- Whose link would be dead on arrival is not sent.
create function letter_write(the_letter bigint, the_digest bytea,
	the_edition text, the_subject text, the_bytes bytea, the_slots bytea,
	worth interval) returns bigint
language plpgsql security definer set search_path from current as $$
declare
	l letter;
	the_message bigint;
	the_mailing bigint;
begin
	-- In the order of who erases: the person, then their letters.
	perform from subscriber s
	where s.id = (select x.subscriber_id from letter x where x.id = the_letter)
	for key share;
	update letter set written_at = now()
	where id = the_letter and written_at is null returning * into l;
	if l.id is null or l.at + worth <= now() then
		return null;
	end if;
	insert into message (digest, kind, edition, subject, bytes, slots)
	values (the_digest, 'system', the_edition, the_subject, the_bytes,
		the_slots)
	on conflict (digest) do nothing;
	select id into the_message from message where digest = the_digest;
	the_mailing := mailing_for('system', null, l.at + worth - now());
	perform mailing_recipient(the_mailing, the_message, l.subscriber_id,
		coalesce(l.address_sealed, (select s.address_sealed
			from subscriber s where s.id = l.subscriber_id)));
	update letter set mailing_id = the_mailing where id = l.id;
	return the_mailing;
end $$;

-- Who leaves by the page gets a last mail, because a forwarded one may have
-- been in other hands; some play with the button, and a few a day are enough.
create or replace function web_unsubscribe(the_subscriber bigint, way text,
	the_mailing bigint) returns boolean
language plpgsql security definer set search_path from current as $$
begin
	if not subscriber_leave(the_subscriber, way, (select issue_id
			from mailing where id = the_mailing)) then
		return false;
	end if;
	if way = 'page' and 3 > (select count(*) from letter
			where kind = 'farewell' and subscriber_id = the_subscriber
				and at > now() - interval '1 day') then
		perform letter_add('farewell', the_subscriber, language)
		from subscriber where id = the_subscriber;
	end if;
	return true;
end $$;

-- What somebody typed as their organisation and the social map does not know.
alter table subscriber add column organisation_said text;

-- Forms as they came in.  The web role adds a row and knows nothing more, so
-- its answer and its time are the same whoever an address belongs to.  A row
-- lives until the schedule role settles it.
create table signup (
	id bigint generated always as identity primary key,
	address_hash bytea not null check (length(address_hash) = 32),
	address_sealed bytea not null,
	language text not null check (language in ('nl', 'en', 'both')),
	organisation text,
	wording_id bigint references wording,
	at timestamptz not null default now()
);

create function web_signup(the_hash bytea, sealed bytea, the_language text,
	the_organisation text, wording_lang text, wording_body text) returns void
language sql security definer set search_path from current as $$
	notify tweeluik_schedule;
	insert into wording (lang, body) values (wording_lang, wording_body)
	on conflict do nothing;
	insert into signup (address_hash, address_sealed, language,
		organisation, wording_id)
	select the_hash, sealed, the_language,
		nullif(one_line(the_organisation), ''), id
	from wording where lang = wording_lang and body = wording_body
$$;

create function is_barred(the_hash bytea) returns boolean
language sql stable as $$
	select exists (select from suppression where address_hash = the_hash
			and reason in ('complaint', 'blocked'))
		or exists (select from subscriber where address_hash = the_hash
			and state = 'blocked')
$$;

-- One letter about joining, a day and person.
create function joining_letter(the_kind text, the_subscriber bigint,
	the_language text) returns boolean
language plpgsql as $$
begin
	if exists (select from letter where subscriber_id = the_subscriber
			and kind in ('confirm', 'already')
			and at > now() - interval '1 day') then
		return false;
	end if;
	perform letter_add(the_kind, the_subscriber, the_language);
	return true;
end $$;

-- Ask an address whether it wants the newsletter.  Who left stays gone until
-- they confirm; who was erased is a stranger again.
create function subscriber_join(the_hash bytea, sealed bytea,
	the_language text, the_language_from text, the_wording bigint, way text,
	out subscriber bigint, out outcome text)
language plpgsql as $$
declare
	s subscriber;
begin
	if is_barred(the_hash) then
		outcome := 'refused';
		return;
	end if;
	insert into subscriber (address_hash, address_sealed, language,
		language_from, state)
	values (the_hash, sealed, the_language, the_language_from, 'pending')
	on conflict (address_hash) do nothing;
	-- Two at once wait for each other here.
	select * into s from subscriber where address_hash = the_hash for update;
	subscriber := s.id;
	if s.state in ('active', 'paused') then
		outcome := 'already';
	elsif not joining_letter('confirm', s.id, the_language) then
		outcome := 'waits';
	else
		outcome := 'confirm';
		update subscriber x set language = the_language,
			language_from = the_language_from, state_at = now()
		where x.id = s.id and x.state = 'pending';
		insert into consent_event (address_hash, kind, way, wording_id)
		values (the_hash, 'subscribed', way, the_wording);
	end if;
end $$;

-- Whom the office asks does not count among those who fill in the form.
alter table letter add column by_office boolean not null default false;

-- Settle the forms: so many letters an hour (0: any number), the rest waits
-- for the next hour, and for a day at most.
create function signup_settle(letters_an_hour int, out settled int,
	out waiting int)
language plpgsql security definer set search_path from current as $$
declare
	u signup;
	j record;
	room int;
begin
	settled := 0;
	delete from signup where at <= now() - interval '1 day';
	select letters_an_hour - count(*) into room from letter
	where kind in ('confirm', 'already') and not by_office
		and at > now() - interval '1 hour';
	for u in select * from signup order by id limit 200
		for update skip locked
	loop
		exit when letters_an_hour > 0 and room <= 0;
		delete from signup where id = u.id;
		settled := settled + 1;
		select * into j from subscriber_join(u.address_hash,
			u.address_sealed, u.language, 'chosen', u.wording_id, 'page');
		if j.outcome = 'confirm' then
			room := room - 1;
			update subscriber s set organisation_id = o.id,
				organisation_said = case when o.id is null
					then u.organisation end
			from (select case count(*) when 1 then min(id) end as id
				from organisation
				where lower(name) = lower(u.organisation)) o
			where s.id = j.subscriber and s.state = 'pending'
				and u.organisation is not null;
		elsif j.outcome = 'already' and joining_letter('already',
				j.subscriber, (select language from subscriber
					where id = j.subscriber)) then
			room := room - 1;
		end if;
	end loop;
	select count(*) into waiting from signup;
end $$;

create function subscriber_invite(the_hash bytea, sealed bytea,
	the_language text, the_language_from text, the_organisation bigint,
	the_tags text[], actor text, out id bigint, out outcome text)
language plpgsql as $$
begin
	select j.subscriber, j.outcome into id, outcome
	from subscriber_join(the_hash, sealed, the_language, the_language_from,
		null, 'command') j;
	if outcome <> 'confirm' then
		return;
	end if;
	update subscriber s set
		organisation_id = coalesce(the_organisation, s.organisation_id),
		tags = array(select distinct t from unnest(s.tags
			|| coalesce(the_tags, '{}')) t order by t)
	where s.id = subscriber_invite.id and s.state = 'pending';
	update letter l set by_office = true
	where l.subscriber_id = subscriber_invite.id and l.kind = 'confirm'
		and l.at = now();
	perform activity_add(actor, 'subscriber', subscriber_invite.id,
		'invited');
end $$;

-- The words that somebody had before them when they filled in the form.
create function joining_words(the_hash bytea) returns bigint
language sql stable as $$
	select wording_id from consent_event
	where address_hash = the_hash and kind = 'subscribed'
	order by id desc limit 1
$$;

-- What a link to confirm leads to: 'open', 'joined' (already), 'expired';
-- nothing for a link that is none.
create function web_joining(the_subscriber bigint, the_mailing bigint)
returns table (state text, language text)
language sql stable security definer set search_path from current as $$
	select case
		when s.state in ('active', 'paused') then 'joined'
		when l.used_at is null and letter_good('confirm', s.id,
			the_mailing, '7 days') is not null then 'open'
		else 'expired' end,
		case when s.state in ('pending', 'active', 'paused')
			then s.language else l.language end
	from subscriber s
	left join letter l on l.kind = 'confirm' and l.subscriber_id = s.id
		and l.mailing_id = the_mailing
	where s.id = the_subscriber and not is_barred(s.address_hash)
		and (l.id is not null or s.state in ('active', 'paused'))
$$;

-- The click that counts; a second one changes nothing.
create function web_confirm(the_subscriber bigint, the_mailing bigint)
returns boolean
language plpgsql security definer set search_path from current as $$
declare
	s subscriber;
	l letter;
begin
	select * into s from subscriber where id = the_subscriber for update;
	if s.state in ('active', 'paused') or is_barred(s.address_hash) then
		return false;
	end if;
	update letter set used_at = now()
	where id = letter_good('confirm', the_subscriber, the_mailing, '7 days')
		and used_at is null
	returning * into l;
	if l.id is null then
		return false;
	end if;
	delete from suppression
	where address_hash = s.address_hash
		and reason in ('unsubscribed', 'erased');
	update subscriber set state = 'active', state_reason = '',
		state_at = now(), paused_until = null, returned_at = now()
	where id = s.id;
	if s.state <> 'pending' then
		update subscriber set language = l.language,
			language_from = 'chosen'
		where id = s.id;
	end if;
	perform subscriber_event(s.address_hash, 'confirmed', 'page');
	update consent_event set wording_id = joining_words(s.address_hash)
	where id = (select max(id) from consent_event
		where address_hash = s.address_hash);
	return true;
end $$;

-- A new letter for one whose link has expired: as if they had filled in the
-- form once more.
create function web_confirm_again(the_subscriber bigint, the_mailing bigint)
returns void
language sql security definer set search_path from current as $$
	notify tweeluik_schedule;
	insert into signup (address_hash, address_sealed, language, wording_id)
	select s.address_hash, s.address_sealed,
		case s.state when 'pending' then s.language else l.language end,
		joining_words(s.address_hash)
	from letter l join subscriber s on s.id = l.subscriber_id
	where l.kind = 'confirm' and l.mailing_id = the_mailing
		and s.id = the_subscriber and s.state not in ('active', 'paused')
		and not exists (select from signup u
			where u.address_hash = s.address_hash)
$$;

-- When the next issue comes, on the clock of the calendar, and the mailing of
-- the latest one.
create function web_issues(out next text, out latest bigint)
language sql stable security definer set search_path from current as $$
	select (select to_char(min(at) at time zone schedule_zone(),
			'YYYY-MM-DD"T"HH24:MI:SS')
		from (select coalesce(send_after, planned_at) as at from issue
			where series = 'regular' and state in ('open', 'approved')
			union all
			select send_at from schedule_next(now())) x
		where at > now() and not schedule_paused(now())),
	(select m.id from mailing m join issue i on i.id = m.issue_id
		where m.kind = 'issue' and i.series = 'regular'
			and m.state in ('sending', 'done')
		order by m.id desc limit 1)
$$;
