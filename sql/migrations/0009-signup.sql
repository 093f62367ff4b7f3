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
