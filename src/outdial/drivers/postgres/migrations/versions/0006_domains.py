"""The domain that a tenant's users and tokens bear, logins by a signed token with a key, and hooks as core reads them."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = """
-- Null: the tenant's name is its domain.
alter table tenants add column domain text;
create unique index tenants_domain on tenants (coalesce(domain, name));

-- A login whose token is good only with its key. Null tenant: somebody who belongs to none.
create table domain_sessions (
    key        uuid primary key,
    token_hash text not null,
    tenant_id  bigint references tenants on delete cascade,
    login      text not null,
    role       text not null,
    expires_at timestamptz not null
);
create index domain_sessions_over on domain_sessions (expires_at);

-- `document` is the hook as core reads it. A delivery that was taken is due again when its taker must be dead.
alter table hooks add column document jsonb not null default '{}';
create index hook_deliveries_of on hook_deliveries (hook_id, due_at, id);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
