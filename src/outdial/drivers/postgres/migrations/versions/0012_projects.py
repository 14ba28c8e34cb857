"""Projects with their scenarios, ids of caller numbers, campaigns that end, and calls in the order of a report."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_CHANGES = """
-- `number` is what callers know a project by. Minutes of the day are by each contact's own clock, `lines` calls at once.
create table projects (
    id           bigint generated always as identity primary key,
    tenant_id    bigint not null references tenants on delete cascade,
    number       bigint not null,
    name         text not null,
    time_zone    text not null,
    window_start smallint not null,
    window_end   smallint not null,
    lines        integer not null,
    record       boolean not null,
    unique (tenant_id, number)
);
-- Its start blocks are scripts of the dialect is74, whose `wire` names the scenario; `document` is the scenario as it came.
create table scenarios (
    id         bigint generated always as identity primary key,
    tenant_id  bigint not null references tenants on delete cascade,
    project_id bigint not null references projects on delete cascade,
    number     bigint not null,
    name       text not null,
    document   json not null,
    unique (tenant_id, number)
);
create index scenarios_of_project on scenarios (project_id);

-- What callers know a caller number by.
alter table caller_numbers add column number bigint;
update caller_numbers c set number = counted.number
    from (select id, row_number() over (partition by tenant_id order by id) as number from caller_numbers) counted
    where counted.id = c.id;
alter table caller_numbers alter column number set not null;
create unique index caller_numbers_number on caller_numbers (tenant_id, number);
insert into counters (tenant_id, dialect, kind, value)
    select tenant_id, '', 'caller number', max(number) from caller_numbers group by tenant_id;

-- From this moment on nobody is called; null: the campaign has no end.
alter table campaigns add column ends_at timestamptz;
-- Whether talks of callees with those whom they are joined with are kept.
alter table campaigns add column record boolean not null default false;

-- A report reads the calls of one campaign in the order of time.
create index attempts_report on attempts (campaign_id, reserved_at, id);
drop index attempts_campaign;
"""


def upgrade() -> None:
    for statement in _CHANGES.split(";\n"):
        if statement.strip():
            op.execute(statement)
