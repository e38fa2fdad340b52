-- What candidates said of themselves, voluntarily, for statistics of fairness: sealed, and apart from everything else.
create table demographics (
    interview_id text primary key references interviews (id) on delete cascade,
    document text not null,
    created_at integer not null
) strict;

create index interviews_by_position on interviews (position_id, created_at);
