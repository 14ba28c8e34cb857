"""Hours of a campaign, a contact's own clock, numbers of one client, and trying until a signal comes."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHANGES = """
alter table campaigns
    add column until_signal boolean not null default false,
    add column window_start smallint not null default 0,
    add column window_end smallint not null default 1440,
    add column time_zone text not null default 'UTC';
alter table contacts
    add column offset_minutes smallint,
    add column client text not null default '';
alter table incoming_contacts
    add column offset_minutes smallint,
    add column client text not null default '';

-- A waiting contact lies in one of these two: each offset can be read by itself, whichever of them are shut out.
drop index contacts_due;
create index contacts_due on contacts (campaign_id, due_at, id) where state = 'waiting' and offset_minutes is null;
create index contacts_due_elsewhere on contacts (campaign_id, offset_minutes, due_at, id)
    where state = 'waiting' and offset_minutes is not null;

-- The numbers of one client: those that wait, and the one that is on the line, which may have left the list meanwhile.
alter table attempts add column client text not null default '';
create index contacts_client on contacts (campaign_id, client) where state <> 'done' and client <> '';
create index attempts_client on attempts (campaign_id, client) where state <> 'ended' and client <> '';
"""


def upgrade() -> None:
    for statement in _CHANGES.split(";\n"):
        if statement.strip():
            op.execute(statement)
