-- Mail to one person: what is due, and what the links in it are good for.  Who
-- makes a letter due stores a row in the transaction that is the reason for it;
-- the schedule role writes the letter and queues it like any other mail.

create table letter (
	id bigint generated always as identity primary key,
	kind text not null check (kind in ('confirm', 'already', 'farewell',
		'details', 'address', 'address-changed', 'check',
		'contribution', 'probe')),
	-- Who it is about; a check goes to an organisation.
	subscriber_id bigint references subscriber on delete cascade,
	organisation_id bigint references organisation on delete cascade,
	-- Where it goes, when that is not where the subscriber is.
	address_sealed bytea,
	language text not null check (language in ('nl', 'en', 'both')),
	at timestamptz not null default now(),
	-- Once it is written: the mailing, which its links name.
	written_at timestamptz,
	mailing_id bigint references mailing on delete set null,
	-- When its link did what it is for.
	used_at timestamptz,
	check (num_nonnulls(subscriber_id, organisation_id) = 1)
);
create index letter_due on letter (id) where written_at is null;
create index letter_of on letter (subscriber_id, mailing_id);

create function letter_add(the_kind text, the_subscriber bigint,
	the_language text, sealed bytea default null,
	the_organisation bigint default null) returns bigint
language sql as $$
	notify tweeluik_schedule;
	insert into letter (kind, subscriber_id, organisation_id, address_sealed,
		language)
	values (the_kind, the_subscriber, the_organisation, sealed, the_language)
	returning id
$$;

-- The letter that a link came in, while it is good; null when it is not.
create function letter_good(the_kind text, the_subscriber bigint,
	the_mailing bigint, period interval) returns bigint
language sql stable as $$
	select id from letter
	where kind = the_kind and subscriber_id = the_subscriber
		and mailing_id = the_mailing and at > now() - period
$$;

-- Forget a person, who may have left so long ago that only the hash knows them;
-- what is left is that hash, which keeps them from being mailed, and deliveries
-- that name a number which belongs to nobody any more.  What other tables know
-- of a subscriber goes with the row (on delete cascade).  Says what went, by
-- name and number.
create function address_erase(h bytea, way text)
returns jsonb language plpgsql as $$
declare
	the_subscriber bigint;
	events int;
	copies int;
	letters int;
	lines int;
	people int;
	came_back int;
begin
	select id into the_subscriber from subscriber
	where address_hash = h for update;
	delete from signup where address_hash = h;
	update delivery set address_sealed = null
	where subscriber_id = the_subscriber and address_sealed is not null;
	get diagnostics copies = row_count;
	delete from consent_event where address_hash = h;
	get diagnostics events = row_count;
	delete from letter where subscriber_id = the_subscriber;
	get diagnostics letters = row_count;
	delete from returned where subscriber_id = the_subscriber
		or from_hash = h;
	get diagnostics came_back = row_count;
	update activity set subject_id = null
	where subject = 'subscriber' and subject_id = the_subscriber;
	get diagnostics lines = row_count;
	delete from subscriber where id = the_subscriber;
	get diagnostics people = row_count;
	-- A complaint or a block stays what it is.
	insert into suppression (address_hash, reason) values (h, 'erased')
	on conflict (address_hash) do update
		set reason = 'erased', on_date = excluded.on_date
		where suppression.reason = 'unsubscribed';
	perform activity_add(way, 'subscriber', null, 'erased');
	return jsonb_build_object('subscriber', people, 'events', events,
		'letters', letters, 'copies', copies, 'activity', lines,
		'returned', came_back);
end $$;

-- The same for a subscriber; null when there is nobody.  No lock here: the row
-- is gone by the time this would ask for it.
create function subscriber_erase(the_subscriber bigint, way text)
returns jsonb language sql as $$
	select address_erase(address_hash, way) from subscriber
	where id = the_subscriber
$$;
