"""Projects and scenarios of a tenant. A start block is a script of the dialect is74, whose wire form says whose it is.

A scenario changes together with its start blocks. One that it loses stays as a script, because campaigns name it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg

from outdial.core.calendar import Window
from outdial.core.errors import KeyTaken
from outdial.core.ids import TenantId
from outdial.core.project import Project, ProjectScenario, Start
from outdial.core.prompt import Kind
from outdial.core.scenario import Parameter
from outdial.core.script.document import to_document
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.pool import decode, to_json
from outdial.drivers.postgres.rows import script_from
from outdial.ports import StoredStart

DIALECT = "is74"
_SQL = statements.load("projects.sql")
_SCRIPTS = statements.load("scripts.sql")
_SETUP = statements.load("setup.sql")

Connection: TypeAlias = asyncpg.Pool | asyncpg.Connection


class PostgresProjects:
    """Implements `outdial.ports.Projects`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self, tenant: TenantId) -> list[Project]:
        return [_project(row) for row in await self._pool.fetch(_SQL["all"], tenant, None)]

    async def by_number(self, tenant: TenantId, number: int) -> Project | None:
        return await project_of(self._pool, tenant, number)

    async def save(self, tenant: TenantId, project: Project) -> None:
        await put_project(self._pool, tenant, project)

    async def scenarios(self, tenant: TenantId, project: int) -> list[ProjectScenario]:
        return await scenarios_of(self._pool, tenant, project, None)

    async def scenario(self, tenant: TenantId, number: int) -> ProjectScenario | None:
        return next(iter(await scenarios_of(self._pool, tenant, None, number)), None)

    async def save_scenario(self, tenant: TenantId, scenario: ProjectScenario) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SETUP["take_turn"])
            await put_scenario(connection, tenant, scenario)

    async def start(self, tenant: TenantId, number: int) -> StoredStart | None:
        return next(iter(await _starts(self._pool, tenant, number, None)), None)

    async def starts(self, tenant: TenantId, scenario: int) -> Sequence[StoredStart]:
        return await _starts(self._pool, tenant, None, scenario)


async def project_of(connection: Connection, tenant: TenantId, number: int) -> Project | None:
    """The project of that number."""
    row = await connection.fetchrow(_SQL["all"], tenant, number)
    return None if row is None else _project(row)


async def put_project(connection: Connection, tenant: TenantId, project: Project) -> None:
    """Add a project or change one."""
    values = (
        project.number,
        project.name,
        project.time_zone,
        project.hours.start,
        project.hours.end,
        project.lines,
        project.record,
    )
    await connection.execute(_SQL["put"], tenant, *values)


async def scenarios_of(
    connection: Connection, tenant: TenantId, project: int | None, number: int | None
) -> list[ProjectScenario]:
    """Scenarios with the start blocks that they have now; None stands for any."""
    found = []
    for row in await connection.fetch(_SQL["scenarios"], tenant, project, number):
        starts = await _starts(connection, tenant, None, row["number"])
        found.append(
            ProjectScenario(
                project=row["project"],
                number=row["number"],
                name=row["name"],
                document=decode(row["document"]),
                starts=tuple(start.start for start in starts if not start.gone),
            )
        )
    return found


async def put_scenario(connection: asyncpg.Connection, tenant: TenantId, scenario: ProjectScenario) -> None:
    """Add a scenario or change one, within a transaction in which nobody else does. Raises `KeyTaken`."""
    values = (scenario.project, scenario.number, scenario.name, to_json(scenario.document))
    if await connection.fetchval(_SQL["put_scenario"], tenant, *values) is None:
        raise KeyTaken(f"scenario {scenario.number} belongs to another project; choose another number", field="id")
    kept = {block.number for block in scenario.starts}
    for start in await _starts(connection, tenant, None, scenario.number):
        if start.start.number not in kept and not start.gone:
            await connection.execute(_SQL["leave_out"], start.script)
    for block in scenario.starts:
        await _put_start(connection, tenant, scenario, block)


async def _put_start(connection: asyncpg.Connection, tenant: TenantId, scenario: ProjectScenario, block: Start) -> None:
    stored = next(iter(await _starts(connection, tenant, block.number, None)), None)
    sent = (block.name, to_json(_wire(scenario, block)), to_json(to_document(block.script)))
    if stored is None:
        place = (tenant, DIALECT, block.number, str(block.number))
        await connection.execute(_SETUP["give_number"], tenant, DIALECT, "script", block.number)
        await connection.execute(_SCRIPTS["create"], *place, *sent)
        return
    if (stored.project, stored.scenario) != (scenario.project, scenario.number):
        raise KeyTaken(
            f"start block {block.number} belongs to scenario {stored.scenario}; choose another number", field="id"
        )
    if stored.start != block or stored.gone:
        await connection.execute(_SCRIPTS["replace"], stored.script, *sent)


async def _starts(
    connection: Connection, tenant: TenantId, number: int | None, scenario: int | None
) -> list[StoredStart]:
    return [_start(row) for row in await connection.fetch(_SQL["starts"], tenant, DIALECT, number, scenario)]


def _project(row: asyncpg.Record) -> Project:
    return Project(
        number=row["number"],
        name=row["name"],
        time_zone=row["time_zone"],
        hours=Window(row["window_start"], row["window_end"]),
        lines=row["lines"],
        record=row["record"],
    )


def _wire(scenario: ProjectScenario, block: Start) -> dict[str, Any]:
    return {
        "project": scenario.project,
        "scenario": scenario.number,
        "parameters": [
            {"name": one.name, "required": one.required, "kind": one.kind, "description": one.description}
            for one in block.parameters
        ],
        "variables": list(block.variables),
        "goals": list(block.goals),
    }


def _start(row: asyncpg.Record) -> StoredStart:
    record = script_from(row)
    wire: Mapping[str, Any] = record.wire
    block = Start(
        number=record.number,
        name=record.name or "",
        script=record.script,
        parameters=tuple(
            Parameter(one["name"], one["required"], Kind(one["kind"]), one["description"])
            for one in wire.get("parameters", ())
        ),
        variables=tuple(wire.get("variables", ())),
        goals=tuple(wire.get("goals", ())),
    )
    return StoredStart(record.id, wire.get("project", 0), wire.get("scenario", 0), block, wire.get("gone", False))
