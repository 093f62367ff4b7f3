-- What stands in the database goes out of the way.  If it is already, an
-- earlier restore was cut off, and what stands there now is a part of a backup.
do $$
begin
	if to_regnamespace('tweeluik_before') is not null then
		drop schema if exists tweeluik cascade;
	elsif to_regnamespace('tweeluik') is not null then
		alter schema tweeluik rename to tweeluik_before;
	end if;
end $$;
