"""Clients with their phones and properties, renewable logins and the house's secrets, and the mark of a withdrawn try."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
-- A client is somebody known; its key is its caller's own id. A phone's key is what tells phones apart.
create table clients (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    key       text not null,
    name      text not null,
    unique (tenant_id, key)
);
create table client_phones (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    client_id bigint not null references clients on delete cascade,
    key       text not null,
    phone     text not null
);
create index client_phones_client on client_phones (client_id);
create index client_phones_key on client_phones (tenant_id, key, id);
create table client_properties (
    id        bigint generated always as identity primary key,
    client_id bigint not null references clients on delete cascade,
    name      text not null,
    value     text not null
);
create index client_properties_client on client_properties (client_id);

-- A login that is renewed with a token, which is a new one each time; access tokens name it by its id.
create table logins (
    id         uuid primary key,
    token_hash text not null unique,
    tenant_id  bigint not null references tenants on delete cascade,
    login      text not null,
    expires_at timestamptz not null
);
create table secrets (
    name  text primary key,
    value bytea not null
);

-- Somebody outside said that a number need not be called any more. A call under way goes on and is the last.
alter table contacts add column withdrawn_at timestamptz;
alter table attempts add column withdrawn_at timestamptz;
create index contacts_open_key on contacts (tenant_id, key) where state <> 'done';
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
