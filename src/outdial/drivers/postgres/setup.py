"""Tenants, users, keys, trunks, routes, agents and scripts as somebody sets them up: in one transaction, one at a time.

Numbers given to scripts by hand raise the counter that gives the next ones, so none is ever given twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import astuple
from typing import Any

import asyncpg

from outdial.core.do_not_call import Blocked
from outdial.core.errors import KeyTaken
from outdial.core.ids import TenantId
from outdial.core.money import NOTHING, LedgerEntry
from outdial.core.project import Project, ProjectScenario
from outdial.core.script.document import to_document
from outdial.core.wanted import (
    WantedAccount,
    WantedAgent,
    WantedCalendar,
    WantedCallerNumber,
    WantedQueue,
    WantedRoute,
    WantedScript,
    WantedTenant,
    WantedTrunk,
    WantedUser,
)
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.accounts import move, tariff_from
from outdial.drivers.postgres.agents import record_from
from outdial.drivers.postgres.calendars import calendar_from
from outdial.drivers.postgres.counters import next_number
from outdial.drivers.postgres.do_not_call import PostgresDoNotCall
from outdial.drivers.postgres.pool import asking, decode, to_json
from outdial.drivers.postgres.projects import project_of, put_project, put_scenario, scenarios_of
from outdial.drivers.postgres.rows import script_from
from outdial.ports import AgentRecord, DomainToken, ScriptRecord

_SQL = statements.load("setup.sql")
_SCRIPTS = statements.load("scripts.sql")
_ACCOUNTS = statements.load("accounts.sql")
_ACCESS = statements.load("access.sql")
_AGENTS = statements.load("agents.sql")
_MAILING = statements.load("mailing.sql")
_DOMAINS = statements.load("domains.sql")


OPENING = "opening"
"""The key of an account's opening credit."""


class PostgresSetup:
    """Implements `outdial.ports.SetupStore`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def transaction(self, *, keep: bool) -> AsyncIterator[PostgresSetupTransaction]:
        with asking():
            async with self._pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    await connection.execute(_SQL["take_turn"])
                    yield PostgresSetupTransaction(connection)
                except BaseException:
                    await transaction.rollback()
                    raise
                await (transaction.commit() if keep else transaction.rollback())


class PostgresSetupTransaction:
    """Implements `outdial.ports.SetupTransaction`."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def tenant_names(self) -> list[str]:
        return [row["name"] for row in await self._connection.fetch(_SQL["tenant_names"])]

    async def tenant(self, name: str) -> tuple[TenantId, WantedTenant] | None:
        row = await self._connection.fetchrow(_SQL["tenant"], name)
        if row is None:
            return None
        tenant = WantedTenant(name=name, time_zone=row["time_zone"], region=row["region"], domain=row["domain"] or "")
        return TenantId(row["id"]), tenant

    async def put_tenant(self, tenant: WantedTenant) -> None:
        domain = tenant.domain or tenant.name
        values = (tenant.name, tenant.time_zone, tenant.region, tenant.domain or None)
        with _unless_taken(f'another tenant has the domain "{domain}"; choose another one'):
            await self._connection.execute(_SQL["put_tenant"], *values)

    async def users(self, tenant: TenantId) -> Mapping[str, WantedUser]:
        rows = await self._connection.fetch(_SQL["users"], tenant)
        return {
            row["login"]: WantedUser(row["login"], password_hash=row["password_hash"], role=row["role"]) for row in rows
        }

    async def put_user(self, tenant: TenantId, user: WantedUser) -> None:
        values = (tenant, user.login, user.password_hash, user.role)
        if await self._connection.fetchval(_SQL["change_user"], *values) is None:
            with _unless_taken(f'the login "{user.login}" belongs to another tenant; choose another one'):
                await self._connection.execute(_SQL["add_user"], *values)

    async def keys(self, tenant: TenantId) -> Mapping[str, str]:
        return dict(await self._connection.fetch(_SQL["keys"], tenant))

    async def put_key(self, tenant: TenantId, name: str, key_hash: str) -> None:
        with _unless_taken(f'the key "{name}" is in use under another name; choose another key'):
            await self._connection.execute(_SQL["put_key"], tenant, name, key_hash)

    async def trunks(self, tenant: TenantId) -> Mapping[str, WantedTrunk]:
        rows = await self._connection.fetch(_SQL["trunks"], tenant)
        return {row["name"]: WantedTrunk(*row) for row in rows}

    async def put_trunk(self, tenant: TenantId, trunk: WantedTrunk) -> None:
        values = (trunk.name, trunk.lines, trunk.calls_per_second, trunk.caller)
        await self._connection.execute(_SQL["put_trunk"], tenant, *values)

    async def routes(self, tenant: TenantId) -> Sequence[WantedRoute]:
        return [WantedRoute(*row) for row in await self._connection.fetch(_SQL["routes"], tenant)]

    async def replace_routes(self, tenant: TenantId, routes: Sequence[WantedRoute]) -> None:
        await self._connection.execute(_SQL["forget_routes"], tenant)
        for position, route in enumerate(routes, start=1):
            values = (route.pattern, route.trunk, route.strip, route.prepend, route.caller)
            await self._connection.execute(_SQL["add_route"], tenant, position, *values)

    async def queues(self, tenant: TenantId) -> Mapping[str, WantedQueue]:
        rows = await self._connection.fetch(_SQL["queues"], tenant)
        return {row["number"]: WantedQueue(row["number"], tuple(row["members"])) for row in rows}

    async def put_queue(self, tenant: TenantId, queue: WantedQueue) -> None:
        await self._connection.execute(_SQL["put_queue"], tenant, queue.number, list(queue.members))

    async def dialect_settings(self, tenant: TenantId, dialect: str) -> Mapping[str, str] | None:
        stored = await self._connection.fetchval(_SQL["dialect_settings"], tenant, dialect)
        return None if stored is None else decode(stored)

    async def put_dialect_settings(self, tenant: TenantId, dialect: str, settings: Mapping[str, str]) -> None:
        await self._connection.execute(_SQL["put_dialect_settings"], tenant, dialect, to_json(settings))

    async def caller_numbers(self, tenant: TenantId) -> Mapping[str, WantedCallerNumber]:
        rows = await self._connection.fetch(_MAILING["caller_numbers"], tenant)
        return {row["digits"]: WantedCallerNumber(*row) for row in rows}

    async def put_caller_number(self, tenant: TenantId, number: WantedCallerNumber) -> None:
        counted = ("", "caller number")
        given = number.number or await next_number(self._connection, tenant, *counted)
        await self._connection.execute(_SQL["give_number"], tenant, *counted, given)
        values = (number.digits, number.description, given)
        with _unless_taken(f"another caller number has the id {given}; choose another one"):
            await self._connection.execute(_MAILING["put_caller_number"], tenant, *values)

    async def project(self, tenant: TenantId, number: int) -> Project | None:
        return await project_of(self._connection, tenant, number)

    async def put_project(self, tenant: TenantId, project: Project) -> None:
        await put_project(self._connection, tenant, project)

    async def scenario(self, tenant: TenantId, number: int) -> ProjectScenario | None:
        return next(iter(await scenarios_of(self._connection, tenant, None, number)), None)

    async def put_scenario(self, tenant: TenantId, scenario: ProjectScenario) -> None:
        await put_scenario(self._connection, tenant, scenario)

    async def do_not_call(self, tenant: TenantId) -> Mapping[str, Blocked]:
        return {one.digits: one for one in await PostgresDoNotCall(self._connection).all(tenant)}

    async def put_do_not_call(self, tenant: TenantId, number: Blocked) -> None:
        await PostgresDoNotCall(self._connection).add(tenant, [number])

    async def calendars(self, tenant: TenantId) -> Mapping[str, WantedCalendar]:
        records = [calendar_from(row) for row in await self._connection.fetch(_SQL["calendars"], tenant)]
        return {record.key: WantedCalendar(record.key, record.name, record.calendar) for record in records}

    async def put_calendar(self, tenant: TenantId, calendar: WantedCalendar) -> None:
        values = (calendar.key, calendar.name, to_json(calendar.calendar))
        await self._connection.execute(_SQL["put_calendar"], tenant, *values)

    async def agents(self, tenant: TenantId) -> Mapping[str, WantedAgent]:
        records = [record_from(row) for row in await self._connection.fetch(_AGENTS["all"], tenant)]
        return {record.agent.key: _wanted(record) for record in records}

    async def put_agent(self, tenant: TenantId, agent: WantedAgent) -> None:
        values = (agent.key, agent.extension, agent.name, list(agent.skills), to_json(agent.rules), agent.status.value)
        await self._connection.execute(_SQL["put_agent"], tenant, *values)

    async def account(self, tenant: TenantId) -> WantedAccount | None:
        row = await self._connection.fetchrow(_ACCOUNTS["account"], tenant)
        if row is None:
            return None
        opened = await self._connection.fetchrow(_ACCOUNTS["movement"], tenant, f"{LedgerEntry.CREDIT.value}:{OPENING}")
        tariffs = await self._connection.fetch(_ACCOUNTS["tariffs"], tenant)
        return WantedAccount(
            currency=row["currency"],
            enabled=row["enabled"],
            opening=NOTHING if opened is None else opened["amount"],
            tariffs=tuple(tariff_from(tariff) for tariff in tariffs),
            credited_by=tuple(row["credited_by"]),
        )

    async def put_account(self, tenant: TenantId, account: WantedAccount) -> None:
        before = await self.account(tenant)
        values = (account.currency, account.enabled, list(account.credited_by))
        await self._connection.execute(_ACCOUNTS["put_account"], tenant, *values)
        stored = () if before is None else before.tariffs
        ended = [tariff.prefix for tariff in stored if tariff not in account.tariffs]
        await self._connection.execute(_ACCOUNTS["end_tariffs"], tenant, ended)
        added = [astuple(tariff) for tariff in account.tariffs if tariff not in stored]
        await self._connection.executemany(_ACCOUNTS["add_tariff"], [(tenant, *tariff) for tariff in added])
        if account.opening and (before is None or not before.opening):
            await move(self._connection, tenant, LedgerEntry.CREDIT, account.opening, OPENING, OPENING)

    async def secret(self, name: str, fresh: bytes) -> bytes:
        await self._connection.execute(_ACCESS["keep_secret"], name, fresh)
        kept: bytes = await self._connection.fetchval(_ACCESS["secret"], name)
        return kept

    async def put_domain_token(self, tenant: TenantId, token: DomainToken) -> None:
        values = (token.id, tenant, token.role, token.expires_at, token.created_by, token.created_at)
        await self._connection.execute(_DOMAINS["add_token"], *values)

    async def script(self, tenant: TenantId, dialect: str, number: int) -> ScriptRecord | None:
        row = await self._connection.fetchrow(_SCRIPTS["by_number"], tenant, dialect, number)
        return None if row is None else script_from(row)

    async def put_script(self, tenant: TenantId, wanted: WantedScript, wire: Mapping[str, Any]) -> None:
        stored = await self.script(tenant, wanted.dialect, wanted.number)
        sent = (wanted.name, to_json(wire), to_json(to_document(wanted.script)))
        with _unless_taken(f'another {wanted.dialect} script has the key "{wanted.key}"; choose another key'):
            if stored is not None:
                await self._connection.execute(_SQL["rename_script_key"], stored.id, wanted.key)
                await self._connection.execute(_SCRIPTS["replace"], stored.id, *sent)
                return
            await self._connection.execute(_SQL["give_number"], tenant, wanted.dialect, "script", wanted.number)
            name, *rest = sent
            place = (tenant, wanted.dialect, wanted.number, wanted.key)
            await self._connection.execute(_SCRIPTS["create"], *place, name, *rest)

    async def part_numbers(self, tenant: TenantId, dialect: str, count: int) -> int:
        return await next_number(self._connection, tenant, dialect, "script part", count=count)


@contextmanager
def _unless_taken(message: str) -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise KeyTaken(message, field="key") from error


def _wanted(record: AgentRecord) -> WantedAgent:
    agent = record.agent
    return WantedAgent(
        key=agent.key,
        extension=agent.extension,
        name=record.name,
        skills=tuple(sorted(agent.skills)),
        rules=agent.rules,
        status=agent.status,
    )
