-- What the send role says of itself and of destinations.

alter table mailing add probe text check (probe in ('connect', 'message')),
	add probe_at timestamptz;

create table send_worker (
	name text primary key,
	host text not null,
	pid int not null,
	started_at timestamptz not null default now(),
	seen_at timestamptz not null default now(),
	connections int not null default 0,
	in_flight int not null default 0,
	rate real not null default 0,
	relay text not null default '',
	relay_since timestamptz
);

create table pace (
	host text not null,
	domain_hash bytea not null,
	domain_sealed bytea not null,
	concurrency real not null,
	cool_until timestamptz,
	failures int not null default 0,
	changed_at timestamptz not null default now(),
	primary key (host, domain_hash)
);
