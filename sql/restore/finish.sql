-- The restored database takes the place of the one before.
drop schema if exists tweeluik_before cascade;
