-- The same job was asked for while it ran: what it had read by then may be out of date, so it runs once more.
alter table jobs add column asked_again integer not null default 0 check (asked_again in (0, 1));
