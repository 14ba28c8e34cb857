"""What was said in a call, turn by turn, and the variables that its dialogue came by."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = """
-- `position` counts the turns of a call from 1. `who` is outdial or callee; `block` the node of the script. A callee's turn
-- has the keys that were pressed, or how sure the recogniser was and what else it may have been. `gap_seconds` of a turn of
-- ours is from the end of the callee's speech before it to its first sound; null where nobody spoke before it.
create table turns (
    attempt_id   uuid not null references attempts on delete cascade,
    position     integer not null,
    said_at      timestamptz not null,
    who          text not null check (who in ('outdial', 'callee')),
    text         text not null,
    block        text not null,
    keys         text not null default '',
    confidence   real,
    alternatives text[] not null default '{}',
    interrupted  boolean not null default false,
    gap_seconds  real,
    primary key (attempt_id, position)
);
alter table attempts add column collected jsonb not null default '{}';
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
