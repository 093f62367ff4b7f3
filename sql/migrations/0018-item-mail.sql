-- Items that people send by mail: who sent what, what became of it, and the one
-- answer they get.

create table contribution (
	id bigint generated always as identity primary key,
	returned_id bigint references returned on delete set null,
	-- The same mail in two mailboxes is one.
	message_hash bytea unique,
	at timestamptz not null default now(),
	-- Who sent it, for as long as the mail itself is on record.
	sender_hash bytea,
	sender_sealed bytea,
	-- Our mail server vouches that it is theirs.
	verified boolean not null,
	outcome text not null check (outcome in ('item', 'empty', 'too-long')),
	item_id bigint unique references item on delete cascade,
	language text references language, -- a guess; null: none could be made
	left_out text[] not null default '{}', -- 'folder.pdf (120 kB)'
	check ((outcome = 'item') = (item_id is not null))
);
create index contribution_sender on contribution (sender_hash);
create index contribution_returned on contribution (returned_id);

alter table letter add column contribution_id bigint references contribution
	on delete cascade;
alter table letter drop constraint letter_check, add constraint letter_check
	check (num_nonnulls(subscriber_id, organisation_id, contribution_id) = 1);

-- Who is forgotten as a reader is forgotten here as well.
create function contribution_forget() returns trigger
language plpgsql security definer set search_path from current as $$
begin
	if tg_table_name = 'subscriber' then
		update contribution set sender_hash = null, sender_sealed = null
		where sender_hash = old.address_hash;
	else
		update contribution set sender_hash = null, sender_sealed = null
		where returned_id = old.id;
	end if;
	return old;
end $$;
create trigger contribution_forget before delete on subscriber
	for each row execute function contribution_forget();
create trigger contribution_forget before delete on returned
	for each row execute function contribution_forget();

-- A draft.  What nobody vouches for is parked, so that a person looks first.
create function contribution_item(is_verified boolean, lang text, title text,
	body text, note text) returns bigint
language plpgsql as $$
declare
	i bigint;
begin
	insert into item (state, note, changed_by)
	values (case when is_verified then 'queued' else 'parked' end,
		nullif(note, ''), 'mail')
	returning id into i;
	insert into item_text (item_id, lang, title, body, changed_by)
	values (i, lang, title, body, 'mail');
	insert into item_text_revision (item_id, lang, revision, title, body,
		small, by)
	values (i, lang, 1, title, body, false, 'mail');
	perform activity_add('mail', 'item', i, 'added', lang);
	return i;
end $$;

-- A mail for the contributions address, put on record and acted upon, once.
--
-- way: item, empty, too-long: from somebody who may contribute; automatic: from
-- a machine; unknown: from somebody else, for a person to look at.  In answer one
-- mail leaves, ten a day to one sender at most; none to a machine or a stranger.
-- Says item, refused, nothing or review.
create function returned_contribution(the_mailbox text, the_key text,
	the_digest bytea, the_kind text, way text, the_message bytea,
	the_from bytea, from_seal bytea, subject_seal bytea, raw bytea,
	is_verified boolean, lang text, guess text, title text, body text,
	note text, the_left_out jsonb, answer_in text) returns text
language plpgsql security definer set search_path from current as $$
declare
	i bigint;
	c bigint;
begin
	insert into returned (mailbox, key, digest, kind, rule, raw_sealed,
		from_sealed, subject_sealed, from_hash, state, reason)
	values (the_mailbox, the_key, the_digest, the_kind, 'contribution', raw,
		from_seal, subject_seal, the_from,
		case way when 'unknown' then 'review' else 'handled' end,
		case way when 'unknown' then 'unknown-sender' else '' end)
	on conflict do nothing returning id into i;
	if i is null or way = 'automatic' then
		return 'nothing';
	elsif way = 'unknown' then
		return 'review';
	end if;
	perform pg_advisory_xact_lock(hashtext('tweeluik.contribution'));
	if exists (select from contribution where message_hash = the_message) then
		return 'nothing';
	end if;
	insert into contribution (returned_id, message_hash, sender_hash,
		sender_sealed, verified, outcome, item_id, language, left_out)
	values (i, the_message, the_from, from_seal, is_verified, way,
		case way when 'item' then contribution_item(is_verified, lang,
			title, body, note) end, guess,
		array(select jsonb_array_elements_text(the_left_out)))
	returning id into c;
	if 10 > (select count(*) from letter l
			join contribution x on x.id = l.contribution_id
			where x.sender_hash = the_from
				and l.at > now() - interval '1 day') then
		notify tweeluik_schedule;
		insert into letter (kind, contribution_id, address_sealed, language)
		values ('contribution', c, from_seal, answer_in);
	end if;
	return case way when 'item' then 'item' else 'refused' end;
end $$;

-- What the answer tells: the fields of a contribution, and until when items
-- for the next issue may come.
create function letter_contribution(the_letter bigint)
returns table (outcome text, verified boolean, guess text, item bigint,
	title text, lang text, deadline text, left_out jsonb)
language sql stable security definer set search_path from current as $$
	select c.outcome, c.verified, c.language, c.item_id,
		coalesce(t.title, ''), coalesce(t.lang, ''),
		(select rfc3339(d.copy) from issue_deadlines(issue_next()) d
			where d.copy > now()), to_jsonb(c.left_out)
	from letter l join contribution c on c.id = l.contribution_id
	left join lateral (select x.title, x.lang from item_text x
		where x.item_id = c.item_id order by x.changed_at limit 1) t
		on true
	where l.id = the_letter
$$;
