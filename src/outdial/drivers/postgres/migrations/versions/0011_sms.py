"""SMS that were asked for, their parts, receipts that came early, and the numbers that must not be called."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = """
-- An attempt asks for one SMS of each name. `taken_until` is when whoever took it is taken for dead.
create table sms (
    id          bigint generated always as identity primary key,
    tenant_id   bigint not null references tenants on delete cascade,
    campaign_id bigint,
    contact_id  bigint references contacts on delete set null,
    attempt_id  uuid not null,
    hold_id     bigint references holds,
    name        text not null,
    digits      text not null,
    body        text not null,
    parts       integer not null check (parts > 0),
    state       text not null default 'queued'
        check (state in ('queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'lost')),
    error       text not null default '',
    asked_at    timestamptz not null default clock_timestamp(),
    due_at      timestamptz not null default clock_timestamp(),
    taken_until timestamptz,
    sent_at     timestamptz,
    unique (attempt_id, name)
);
create index sms_queued on sms (due_at, id) where state = 'queued';
create index sms_taken on sms (taken_until) where state = 'sending';
create index sms_unpaid on sms (hold_id) where state in ('queued', 'sending');
create index sms_of_contact on sms (contact_id) where contact_id is not null;

create table sms_parts (
    sms_id     bigint not null references sms on delete cascade,
    part       integer not null,
    state      text not null default 'waiting'
        check (state in ('waiting', 'sending', 'accepted', 'delivered', 'undelivered', 'refused', 'lost')),
    message_id text not null default '',
    primary key (sms_id, part)
);
create index sms_parts_message on sms_parts (message_id, sms_id) where message_id <> '';

-- Of parts whose message ids nobody knows yet.
create table sms_receipts (
    message_id text primary key,
    delivered  boolean not null,
    error      text not null,
    heard_at   timestamptz not null default clock_timestamp()
);

-- An SMS is told from every other one of its attempt by its own id.
alter table uses alter column ordinal type bigint;

-- E.164 without +.
create table blocked_numbers (
    tenant_id bigint not null references tenants on delete cascade,
    digits    text not null,
    note      text not null default '',
    added_at  timestamptz not null default clock_timestamp(),
    primary key (tenant_id, digits)
)
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
