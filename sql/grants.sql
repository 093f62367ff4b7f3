-- What each role may do; run by the owner after every migration.
revoke all on all tables in schema tweeluik from public;
revoke all on all functions in schema tweeluik from public;
revoke all on all tables in schema tweeluik from tweeluik_composer,
	tweeluik_schedule, tweeluik_send, tweeluik_mailbox, tweeluik_web;
revoke all on all functions in schema tweeluik from tweeluik_composer,
	tweeluik_schedule, tweeluik_send, tweeluik_mailbox, tweeluik_web;
grant usage on schema tweeluik to tweeluik_composer, tweeluik_schedule,
	tweeluik_send, tweeluik_mailbox, tweeluik_web;

-- Every process checks the schema and says that it lives.
grant select on schema_version to tweeluik_composer, tweeluik_schedule,
	tweeluik_send, tweeluik_mailbox, tweeluik_web;
grant select, insert, update on role_state to tweeluik_composer,
	tweeluik_schedule, tweeluik_send, tweeluik_mailbox, tweeluik_web;
grant execute on function role_seen(text, text, int, text) to
	tweeluik_composer, tweeluik_schedule, tweeluik_send, tweeluik_mailbox,
	tweeluik_web;
grant insert, select on activity to tweeluik_composer, tweeluik_schedule,
	tweeluik_send;
grant execute on function activity_add(text, text, bigint, text, text) to
	tweeluik_composer, tweeluik_schedule, tweeluik_send;

-- People at the command line: everything but the bookkeeping of sending.
grant select, insert, update, delete on all tables in schema tweeluik
	to tweeluik_composer;
revoke insert, update, delete on schema_version, outcome, role_state
	from tweeluik_composer;
grant execute on all functions in schema tweeluik to tweeluik_composer;
grant usage on all sequences in schema tweeluik to tweeluik_composer;

-- schedule: freezes what was approved, tells editors; it can seal an address
-- but reads none.
grant select, insert, update on issue, schedule, mailing, alarm
	to tweeluik_schedule;
grant select, insert on notice, message to tweeluik_schedule;
grant select on schedule_exception, schedule_break, edition, issue_item,
	issue_text, item, item_text, item_side, issue_label, language, topic,
	suppression, ledger, ledger_audit, delivery_outcome, delivery_waiting, notice_due,
	outcome, send_worker, sending_hold to tweeluik_schedule;
grant select (id, address_hash, language, state, paused_until, tags,
	organisation_id) on subscriber to tweeluik_schedule;
grant insert, select on archive_note to tweeluik_schedule;
grant update (state, state_reason, state_at, paused_until)
	on subscriber to tweeluik_schedule;
grant select (id, kind, subscriber_id, organisation_id, language, at,
	written_at) on letter to tweeluik_schedule;
grant insert, select on chunk, consent_event to tweeluik_schedule;
grant insert, select (mailing_id, seq, message_id, subscriber_id)
	on delivery to tweeluik_schedule;
grant insert, delete on issue_item to tweeluik_schedule;
grant insert on issue_text to tweeluik_schedule;
grant delete on edition, archive_issue to tweeluik_schedule;
grant select (issue_id) on archive_issue to tweeluik_schedule;
grant update (state, changed_by, issue_id) on item to tweeluik_schedule;
grant execute on all functions in schema tweeluik to tweeluik_schedule;
revoke execute on function restore_hold(text), retention(timestamptz, int),
	retention_round(timestamptz, int), departures_known(),
	departures_apply(text, bigint, text, text) from tweeluik_schedule;
grant usage on all sequences in schema tweeluik to tweeluik_schedule;

-- send: leases, opens what it leased, appends outcomes.
grant select on mailing, delivery, chunk, message, outcome, suppression,
	issue, delivery_outcome, delivery_waiting, ledger, send_worker, pace,
	schedule, sending_hold to tweeluik_send;
grant select (id, address_hash, address_sealed, language, state)
	on subscriber to tweeluik_send;
grant insert on outcome, chunk to tweeluik_send;
grant update on chunk to tweeluik_send;
grant insert, update, delete on send_worker, pace to tweeluik_send;
grant update (state, state_by, state_reason, state_at, finished_at, probe,
	probe_at, probes) on mailing to tweeluik_send;
grant update (state) on issue to tweeluik_send;
grant execute on function chunk_todo(chunk), chunk_size(chunk),
	chunk_seqs(chunk), chunk_left(chunk), chunk_outcomes(chunk),
	chunk_add(bigint, int, int[], timestamptz),
	chunk_close(chunk, interval, boolean), chunk_presume(chunk, boolean),
	mailing_close(bigint), schedule_zone(), wall_clock(timestamp, text),
	send_awake_since(timestamptz, text),
	send_lease(text, int, int, text, bigint, boolean),
	outcome_known(bigint, int, outcome_result, text, int, text, text, int[]),
	send_record(bigint, int, outcome_result, text, int, text, text, int[]),
	send_finish(bigint, int, text, interval, boolean, int[], interval),
	send_buried(text, boolean, boolean),
	send_beat(text, text, int, int, int, int, real, text, bigint, boolean),
	send_pause(bigint, text, text, boolean), send_probe(), send_resume(text),
	bounce_refused(bigint, int[], boolean), bounce_expired(bigint, int[]),
	departures_known(), departures_apply(text, bigint, text, text)
	to tweeluik_send;
grant usage on sequence activity_id_seq to tweeluik_send;

-- web and mailbox, who listen to strangers: only through functions that are made
-- for them, and which are nobody else's.  What those of web tell is what may be
-- shown to anybody, or to the holder of a valid token, whose number they take;
-- those of mailbox take what came back and give what is to be passed on.  Both
-- are among those who read the journals of departures.
grant execute on function departures_known(),
	departures_apply(text, bigint, text, text)
	to tweeluik_web, tweeluik_mailbox;
do $$
declare
	f regprocedure;
	r text;
begin
	for f, r in select p.oid, x.role from pg_proc p
		join (values ('web_', 'tweeluik_web'),
			('returned_', 'tweeluik_mailbox'),
			('mailbox_', 'tweeluik_mailbox')) x (prefix, role)
			on starts_with(p.proname, x.prefix)
		where p.pronamespace = 'tweeluik'::regnamespace
	loop
		execute format('revoke execute on function %s from'
			' tweeluik_schedule', f);
		execute format('grant execute on function %s to %I', f, r);
	end loop;
end $$;
