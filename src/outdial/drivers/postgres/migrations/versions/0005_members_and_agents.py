"""Contacts with several numbers, agents, calendars, counters, and what is told to others about it."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = """
-- `key` is what the calendar's caller knows it by; `document` is the calendar as core reads it.
create table calendars (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    key       text not null,
    name      text not null,
    document  jsonb not null,
    wire      json not null,
    unique (tenant_id, key)
);

-- `members` are the rules of a campaign whose contacts have several numbers; null: its contacts have one each.
-- `cause` says why the campaign is in its state: '', 'stopped', 'complete', 'nobody', 'expired'.
alter table campaigns
    add column members     jsonb,
    add column calendar    text,
    add column cause       text not null default '',
    add column created_at  timestamptz not null default clock_timestamp(),
    add column changed_at  timestamptz not null default clock_timestamp();

-- `next_try_at` is null until a contact has been tried. While `result_until` is set, somebody is to say how the call went;
-- `report` is what was said while the call was still going on.
alter table contacts
    add column priority     integer not null default 0,
    add column expires_at   timestamptz,
    add column next_try_at  timestamptz,
    add column last_call_at timestamptz,
    add column end_cause    text not null default '',
    add column succeeded    boolean not null default false,
    add column successes    integer not null default 0,
    add column result_until timestamptz,
    add column report       jsonb,
    add column log          jsonb not null default '[]',
    add column created_at   timestamptz not null default clock_timestamp();
create index contacts_next_tries on contacts (campaign_id, next_try_at desc nulls last, priority desc, id)
    where state = 'waiting' and result_until is null;
create index contacts_strict on contacts (campaign_id, last_call_at nulls first, priority desc, id)
    where state = 'waiting' and result_until is null;
create index contacts_results on contacts (campaign_id, result_until) where result_until is not null;
create index contacts_expiring on contacts (campaign_id, expires_at) where state = 'waiting' and expires_at is not null;

-- The numbers of a contact that may have several, as core.number has them.
create table numbers (
    contact_id     bigint not null references contacts on delete cascade,
    position       smallint not null,
    raw            text not null,
    type           text,
    priority       integer not null default 0,
    description    text not null default '',
    open           boolean not null default true,
    stopped        boolean not null default false,
    attempts       integer not null default 0,
    last_call_at   timestamptz,
    first_next     boolean not null default false,
    wanted_next    boolean not null default false,
    range_id       text not null default '',
    range_attempts integer not null default 0,
    wire           json not null default '{}',
    primary key (contact_id, position)
);
create index numbers_raw on numbers (raw text_pattern_ops);

alter table attempts
    add column position     smallint,
    add column type         text,
    add column agent        text,
    add column amd_verdict  text,
    add column amd_cause    text,
    add column amd_seconds  double precision,
    add column cause        text,
    add column joined_at    timestamptz,
    add column wait_seconds double precision not null default 0,
    add column recording    text,
    add column succeeded    boolean not null default false,
    add column report       jsonb;
create index attempts_of_contact on attempts (contact_id, reserved_at desc);

-- People at extensions. `rules` are core.agent.AgentRules.
create table agents (
    id                 bigint generated always as identity primary key,
    tenant_id          bigint not null references tenants on delete cascade,
    key                text not null,
    extension          text not null,
    name               text not null default '',
    status             text not null default 'Logged Out',
    state              text not null default 'Waiting',
    skills             text[] not null default '{}',
    rules              jsonb not null default '{}',
    ready_at           timestamptz,
    no_answers         integer not null default 0,
    last_status_change timestamptz,
    last_offered_at    timestamptz,
    last_bridge_start  timestamptz,
    last_bridge_end    timestamptz,
    calls_answered     integer not null default 0,
    talk_seconds       double precision not null default 0,
    unique (tenant_id, key)
);
-- What an agent did for one campaign since its last reset.
create table agent_tallies (
    campaign_id     bigint not null references campaigns on delete cascade,
    agent_id        bigint not null references agents on delete cascade,
    calls           integer not null default 0,
    missed          integer not null default 0,
    bridged         integer not null default 0,
    talk_seconds    double precision not null default 0,
    ringing_seconds double precision not null default 0,
    wrap_seconds    double precision not null default 0,
    idle_seconds    double precision not null default 0,
    break_seconds   double precision not null default 0,
    last_offered_at timestamptz,
    since           timestamptz not null default clock_timestamp(),
    primary key (campaign_id, agent_id)
);
create table campaign_counters (
    campaign_id  bigint primary key references campaigns on delete cascade,
    calls        integer not null default 0,
    succeeded    integer not null default 0,
    failed       integer not null default 0,
    connected    integer not null default 0,
    bridged      integer not null default 0,
    abandoned    integer not null default 0,
    wait_seconds double precision not null default 0,
    human        integer not null default 0,
    machine      integer not null default 0,
    not_sure     integer not null default 0,
    amd_cut      integer not null default 0,
    adjust       integer not null default 0,
    target       integer not null default 0,
    started_at   timestamptz,
    stopped_at   timestamptz,
    day          date
);
create table campaign_history (
    id          bigint generated always as identity primary key,
    campaign_id bigint not null references campaigns on delete cascade,
    at          timestamptz not null default clock_timestamp(),
    action      text not null,
    value       text not null default ''
);
create index campaign_history_of on campaign_history (campaign_id, id);

-- Whom to tell when a contact is over, and what is still to be told: written with what happened, deleted when told.
create table hooks (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    key       text not null,
    event     text not null,
    enabled   boolean not null default true,
    wire      json not null,
    unique (tenant_id, key)
);
create table notices (
    id         bigint generated always as identity primary key,
    tenant_id  bigint not null references tenants on delete cascade,
    event      text not null,
    document   jsonb not null,
    at         timestamptz not null default clock_timestamp()
);
create table hook_deliveries (
    id       bigint generated always as identity primary key,
    hook_id  bigint not null references hooks on delete cascade,
    document jsonb not null,
    tries    integer not null default 0,
    due_at   timestamptz not null default clock_timestamp()
);
create index hook_deliveries_due on hook_deliveries (due_at);

-- A token that a program of a whole tenant shows; it is itself signed, and good while its row is here and enabled.
create table domain_tokens (
    id         uuid primary key,
    tenant_id  bigint not null references tenants on delete cascade,
    role       text not null,
    enabled    boolean not null default true,
    expires_at timestamptz not null,
    created_by text not null default '',
    created_at timestamptz not null default clock_timestamp()
);
alter table users add column role text not null default 'admin';
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
