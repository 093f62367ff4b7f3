-- The restore failed: everything is as before.
do $$
begin
	drop schema if exists tweeluik cascade;
	if to_regnamespace('tweeluik_before') is not null then
		alter schema tweeluik_before rename to tweeluik;
	end if;
end $$;
