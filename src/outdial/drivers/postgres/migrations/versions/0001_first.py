"""The first schema: tenants and access, trunks and routes, audio, scripts, campaigns, contacts, attempts, answers."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table tenants (
    id          bigint generated always as identity primary key,
    name        text not null unique,
    time_zone   text not null,
    region      text not null default 'RU'
);
create table users (
    id            bigint generated always as identity primary key,
    tenant_id     bigint not null references tenants on delete cascade,
    login         text not null unique,
    password_hash text not null
);
create table api_keys (
    id         bigint generated always as identity primary key,
    tenant_id  bigint not null references tenants on delete cascade,
    name       text not null,
    key_hash   text not null unique,
    unique (tenant_id, name)
);
create table sessions (
    token_hash   text primary key,
    tenant_id    bigint not null references tenants on delete cascade,
    login        text not null,
    idle_seconds double precision not null,
    expires_at   timestamptz not null
);
create table trunks (
    id               bigint generated always as identity primary key,
    tenant_id        bigint not null references tenants on delete cascade,
    name             text not null,
    lines            integer not null,
    calls_per_second double precision not null,
    caller           text not null default '',
    unique (tenant_id, name)
);
create table routes (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    position  integer not null,
    pattern   text not null,
    trunk_id  bigint not null references trunks on delete cascade,
    strip     integer not null default 0,
    prepend   text not null default '',
    caller    text not null default '',
    unique (tenant_id, position)
);
create table queues (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    number    text not null,
    members   text[] not null,
    unique (tenant_id, number)
);
create table audio_files (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    name      text not null,
    path      text not null,
    seconds   double precision not null,
    unique (tenant_id, name)
);

-- A `wire` goes back to its dialect as it came, in the order of its keys: json, not jsonb.
-- Numbers that a dialect shows for its scripts, questions and campaigns: counted per tenant and never given twice.
create table counters (
    tenant_id bigint not null references tenants on delete cascade,
    dialect   text not null,
    kind      text not null,
    value     bigint not null,
    primary key (tenant_id, dialect, kind)
);
create table scripts (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    dialect   text not null,
    number    bigint not null,
    key       text not null,
    name      text,
    version   integer not null,
    wire      json not null,
    unique (tenant_id, dialect, number),
    unique (tenant_id, dialect, key)
);
create table script_versions (
    script_id bigint not null references scripts on delete cascade,
    version   integer not null,
    document  jsonb not null,
    primary key (script_id, version)
);
create table campaigns (
    id               bigint generated always as identity primary key,
    tenant_id        bigint not null references tenants on delete cascade,
    dialect          text not null,
    number           bigint not null,
    key              text not null,
    name             text,
    state            text not null,
    script_id        bigint references scripts on delete set null,
    lines            integer not null,
    calls_per_second double precision not null,
    dial_prefix      text not null,
    ring_seconds     double precision not null,
    attempts         integer not null,
    interval_seconds double precision not null,
    wire             json not null,
    unique (tenant_id, dialect, number),
    unique (tenant_id, dialect, key)
);
create index campaigns_running on campaigns (id) where state = 'running';

-- A try is a line of a report. A waiting contact holds the number of its next one; the attempt takes it over.
create sequence try_numbers;
create table contacts (
    id            bigint generated always as identity primary key,
    tenant_id     bigint not null references tenants on delete cascade,
    campaign_id   bigint not null references campaigns on delete cascade,
    key           text not null,
    digits        text not null,
    state         text not null,
    due_at        timestamptz not null,
    attempts_made integer not null default 0,
    try_number    bigint not null default nextval('try_numbers'),
    variables     jsonb not null,
    wire          json not null,
    changed_at    timestamptz not null default clock_timestamp(),
    unique (campaign_id, key)
);
create index contacts_due on contacts (campaign_id, due_at, id) where state = 'waiting';
create index contacts_open on contacts (campaign_id) where state <> 'done';
create index contacts_waiting_changed on contacts (tenant_id, changed_at) where state = 'waiting';

-- Where a list is received before it replaces a campaign's contacts; a crash may leave rows, which nobody reads.
create unlogged table incoming_contacts (
    batch     uuid not null,
    position  integer not null,
    key       text not null,
    digits    text not null,
    due_at    timestamptz not null,
    variables jsonb not null,
    wire      json not null
);
create index incoming_contacts_batch on incoming_contacts (batch, key);

-- An attempt outlives its contact and its campaign: whom we called is never forgotten.
create table attempts (
    id             uuid primary key,
    tenant_id      bigint not null references tenants on delete cascade,
    campaign_id    bigint references campaigns on delete set null,
    contact_id     bigint references contacts on delete set null,
    try_number     bigint not null,
    ordinal        integer not null,
    state          text not null,
    outcome        text,
    ended_by       text,
    connection     text,
    digits         text not null,
    number         text not null,
    trunk          text not null,
    caller         text not null,
    script_id      bigint,
    script_version integer,
    life           jsonb,
    goals          text[] not null default '{}',
    sip_code       integer not null default 0,
    q850_cause     integer not null default 0,
    reserved_at    timestamptz not null default clock_timestamp(),
    answered_at    timestamptz,
    ended_at       timestamptz,
    talk_seconds   double precision not null default 0,
    changed_at     timestamptz not null default clock_timestamp()
);
create index attempts_open on attempts (id) where state <> 'ended';
create index attempts_contact on attempts (contact_id);
create index attempts_campaign on attempts (campaign_id);
create index attempts_changed on attempts (tenant_id, changed_at);

create table answers (
    id              bigint generated always as identity primary key,
    tenant_id       bigint not null references tenants on delete cascade,
    dialect         text not null,
    campaign_id     bigint not null,
    campaign_number bigint not null,
    script_number   bigint not null,
    attempt_id      uuid not null references attempts on delete cascade,
    contact_key     text not null,
    contact_wire    json not null,
    question        text not null,
    value           text not null,
    keys            text not null,
    changed_at      timestamptz not null default clock_timestamp()
);
create index answers_changed on answers (tenant_id, dialect, changed_at);
create index answers_campaign on answers (campaign_id);

-- Who dials for this database. The lock is an advisory one; the fence tells a former holder that it is over.
create table dialling_charge (
    only_row boolean primary key default true check (only_row),
    fence    bigint not null
);
insert into dialling_charge (fence) values (0);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
