"""Mailings: the numbers that a tenant may show to those called, templates of texts, the number that a campaign shows, and
whom an answered call was transferred to in the outside world."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = """
create table caller_numbers (
    id          bigint generated always as identity primary key,
    tenant_id   bigint not null references tenants on delete cascade,
    digits      text not null,
    description text not null,
    unique (tenant_id, digits)
);

-- `number` is what callers know a template by; `account` is whose it is in the caller's own words.
create table templates (
    id        bigint generated always as identity primary key,
    tenant_id bigint not null references tenants on delete cascade,
    number    bigint not null,
    account   text not null,
    name      text not null,
    message   text not null,
    unique (tenant_id, number)
);
create index templates_account on templates (tenant_id, account, number);

alter table campaigns add column caller text not null default '';
alter table attempts
    add column transferred_to text not null default '',
    add column joined_seconds double precision not null default 0;
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
