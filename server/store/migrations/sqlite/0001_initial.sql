-- Times are unix milliseconds. Documents are JSON of the types in viva-core; the columns beside them are what
-- queries need.
create table positions (
    id text primary key,
    external_id text not null unique,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table interviews (
    id text primary key,
    position_id text not null references positions (id),
    external_id text,
    -- SHA-256 of the candidate's link token; the token itself is nowhere.
    token_hash blob not null unique,
    state text not null,
    document text not null,
    -- When the state machine wants to be woken; null when nothing is pending.
    next_deadline integer,
    sequence integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index interviews_by_deadline on interviews (next_deadline) where next_deadline is not null;
create index interviews_by_age on interviews (created_at);

-- Every change of state, in the same transaction as the change.
create table audit (
    id integer primary key,
    interview_id text,
    at integer not null,
    actor text not null,
    action text not null,
    detail text
) strict;
create index audit_by_interview on audit (interview_id);

create table api_keys (
    hash blob primary key,
    name text not null,
    created_at integer not null
) strict;

create table idempotency (
    key text primary key,
    -- SHA-256 of the request: the same key with another body is a mistake of the caller.
    request_hash blob not null,
    response text not null,
    created_at integer not null
) strict;

-- What analysis found, per answer or per interview.
create table results (
    interview_id text not null references interviews (id) on delete cascade,
    -- Question id, or empty for the whole interview.
    question_id text not null,
    kind text not null,
    document text not null,
    created_at integer not null,
    primary key (interview_id, question_id, kind)
) strict;

create table jobs (
    id text primary key,
    kind text not null,
    payload text not null,
    -- At most one live job per key.
    dedupe_key text,
    interview_id text,
    state text not null check (state in ('ready', 'running', 'done', 'dead')),
    attempts integer not null default 0,
    max_attempts integer not null,
    run_at integer not null,
    -- Fences completion: a worker that lost its lease cannot write results.
    lease_token text,
    lease_until integer,
    last_error text,
    created_at integer not null,
    finished_at integer
) strict;
create unique index jobs_live on jobs (dedupe_key) where dedupe_key is not null and state in ('ready', 'running');
create index jobs_ready on jobs (kind, run_at) where state = 'ready';
create index jobs_leased on jobs (lease_until) where state = 'running';

create table endpoints (
    id text primary key,
    url text not null,
    description text not null,
    -- JSON arrays: event types (empty means all), and secrets, newest first, with the time at which each ends.
    events text not null,
    secrets text not null,
    thin integer not null,
    enabled integer not null,
    disabled_reason text,
    created_at integer not null
) strict;

create table events (
    id text primary key,
    type text not null,
    interview_id text,
    body text not null,
    created_at integer not null
) strict;
create index events_by_age on events (created_at);

create table deliveries (
    id text primary key,
    event_id text not null references events (id) on delete cascade,
    endpoint_id text not null references endpoints (id) on delete cascade,
    status text not null check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    next_attempt_at integer,
    last_status integer,
    last_error text,
    created_at integer not null,
    delivered_at integer
) strict;
create index deliveries_by_age on deliveries (created_at);
