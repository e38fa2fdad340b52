-- The key of each interview, wrapped by the node's master key. A destroyed one leaves a row, so that no second key is
-- ever made for what was erased.
create table data_keys (
    interview_id text primary key,
    wrapped blob,
    created_at integer not null,
    destroyed_at integer,
    check ((wrapped is null) = (destroyed_at is not null))
) strict;

-- What was destroyed, when, and at whose request: all that is left of an erased interview.
create table deletion_certificates (
    interview_id text primary key,
    certificate text not null,
    created_at integer not null
) strict;
