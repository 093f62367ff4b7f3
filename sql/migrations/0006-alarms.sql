-- Alarms.
select;
