-- One PostgreSQL role a process; run by `tweeluik db init` as a role that may
-- create roles.  The names equal the system users, so that peer
-- authentication works as it stands.
do $$
declare
	r text;
begin
	foreach r in array array['tweeluik_owner', 'tweeluik_composer',
		'tweeluik_schedule', 'tweeluik_send', 'tweeluik_mailbox',
		'tweeluik_web']
	loop
		if not exists (select from pg_roles where rolname = r) then
			execute format('create role %I login', r);
		end if;
	end loop;
	-- A restore makes the schema anew.
	execute format('grant create on database %I to tweeluik_owner',
		current_database());
	-- Only an import needs tables for itself.
	execute format('revoke temporary on database %I from public',
		current_database());
	execute format('grant temporary on database %I to tweeluik_composer',
		current_database());
end $$;
