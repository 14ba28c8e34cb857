"""What answers are called, when a call was a success, what a try waited for, and what a tenant's dialects are told."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CHANGES = """
alter table answers add column label text not null default '';
create index answers_attempt on answers (attempt_id);

-- From `reached_at` on a try is reported as it is then, whatever its call still goes through.
alter table attempts
    add column reached_at timestamptz,
    add column due_at timestamptz;

create table dialect_settings (
    tenant_id bigint not null references tenants on delete cascade,
    dialect   text not null,
    settings  jsonb not null,
    primary key (tenant_id, dialect)
);
"""


def upgrade() -> None:
    for statement in _CHANGES.split(";\n"):
        if statement.strip():
            op.execute(statement)
