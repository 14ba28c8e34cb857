"""Accounts, their tariffs, the ledger of rows that never change, and the holds for contacts that are going to be called."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = """
-- `credited_by` are the names of the API keys that may credit the account.
create table accounts (
    tenant_id   bigint primary key references tenants on delete cascade,
    currency    text not null,
    enabled     boolean not null default true,
    credited_by text[] not null default '{}'
);
-- A tariff is never changed: a new row takes its place, because holds go on naming the one that they were made by.
create table tariffs (
    id                 bigint generated always as identity primary key,
    tenant_id          bigint not null references accounts on delete cascade,
    prefix             text not null,
    per_second         numeric not null check (per_second >= 0),
    first_step_seconds integer not null check (first_step_seconds > 0),
    step_seconds       integer not null check (step_seconds > 0),
    per_sms_part       numeric not null check (per_sms_part >= 0),
    connection         numeric not null check (connection >= 0),
    current            boolean not null default true
);
create unique index tariffs_current on tariffs (tenant_id, prefix) where current;

-- Money set aside for a contact. It is made before its contact, which takes it up; null later: the contact was deleted.
create table holds (
    id           bigint generated always as identity primary key,
    tenant_id    bigint not null references accounts,
    dialect      text not null,
    campaign_key text not null,
    contact_key  text not null,
    amount       numeric(14, 2) not null check (amount >= 0),
    tariff_id    bigint not null references tariffs,
    campaign_id  bigint,
    contact_id   bigint references contacts on delete set null,
    held_at      timestamptz not null default clock_timestamp(),
    cleared_at   timestamptz
);
create unique index holds_open on holds (tenant_id, dialect, campaign_key, contact_key) where cleared_at is null;
create index holds_contact on holds (contact_id) where contact_id is not null;
create index holds_loose on holds (tenant_id, held_at) where cleared_at is null and contact_id is null;
create index holds_campaign on holds (campaign_id) where campaign_id is not null;

-- `balance` and `available` are what the account has after the row: of all rows up to it, the sum of those that are neither
-- holds nor releases, and the sum of all. Whoever writes has the row of `accounts` locked, so ids are in the order of time.
create table ledger (
    id         bigint generated always as identity primary key,
    tenant_id  bigint not null references accounts,
    entry      text not null check (entry in ('credit', 'hold', 'release', 'charge', 'written_off', 'correction')),
    amount     numeric(14, 2) not null check (amount <> 0),
    balance    numeric(14, 2) not null,
    available  numeric(14, 2) not null check (entry <> 'hold' or available >= 0),
    key        text not null,
    hold_id    bigint references holds,
    attempt_id uuid,
    service    text,
    note       text not null default '',
    made_at    timestamptz not null default clock_timestamp(),
    unique (tenant_id, key)
);
create index ledger_of_account on ledger (tenant_id, id);
create index ledger_of_hold on ledger (hold_id) where hold_id is not null;
create function refuse_to_change_the_ledger() returns trigger language plpgsql as
    $$ begin raise exception 'rows of the ledger are never changed' using errcode = 'restrict_violation'; end $$;
create trigger ledger_stands before update or delete on ledger
    for each row execute function refuse_to_change_the_ledger();
create trigger ledger_is_kept before truncate on ledger
    for each statement execute function refuse_to_change_the_ledger();

-- What calls used besides their own talk, as long as it is needed for their charges and after.
create table uses (
    id         bigint generated always as identity primary key,
    tenant_id  bigint not null references accounts,
    hold_id    bigint not null references holds,
    attempt_id uuid not null,
    service    text not null check (service in ('transfer', 'sms')),
    ordinal    integer not null,
    digits     text not null,
    seconds    double precision not null,
    parts      integer not null,
    charged    boolean not null default false,
    unique (attempt_id, service, ordinal)
);
create index uses_uncharged on uses (hold_id) where not charged;

-- `hold_id` is the latest hold of a contact, `held` whether it is still to be cleared.
alter table contacts
    add column hold_id bigint,
    add column held    boolean not null default false;
create index contacts_to_clear on contacts (tenant_id, id) where held and state = 'done';
create index contacts_held on contacts (campaign_id) where held;

alter table attempts
    add column hold_id bigint references holds,
    add column charged boolean not null default false;
create index attempts_uncharged on attempts (hold_id) where hold_id is not null and not charged;
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
