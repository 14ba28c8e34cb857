"""Accounts, the ledger and the holds. Whoever moves money locks the row of the account first, in a statement of its own, so
that the next one sees every row before it; the lock lasts for a few statements and never for a wait.

A hold is cleared in one transaction: its release, its charges and the mark that it is over are there together or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import asyncpg

from outdial.core.errors import AccountDisabled, KeyTaken, NotFound
from outdial.core.ids import AttemptId, CampaignId, TenantId
from outdial.core.money import (
    HOLDING,
    NOTHING,
    LedgerEntry,
    Money,
    Movement,
    Service,
    Tariff,
    Use,
    clearing,
    price_of_call,
    price_of_sms,
    tariff_for,
)
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.deadlocks import unlocked
from outdial.drivers.postgres.pool import asking
from outdial.ports import Balance, Charge, HoldFor, Row, Used

NOT_TAKEN_UP_SECONDS = 3600.0
"""How long a hold waits for its contact to be saved."""
_SQL = statements.load("accounts.sql")


class PostgresAccounts:
    """Implements `outdial.ports.Accounts` and `outdial.ports.Clearing`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def balance(self, tenant: TenantId) -> Balance | None:
        account = await self._pool.fetchrow(_SQL["account"], tenant)
        if account is None:
            return None
        amount, available = await _standing(self._pool, tenant)
        return Balance(amount=amount, currency=account["currency"], available=available, enabled=account["enabled"])

    async def may_credit(self, tenant: TenantId, api_key: str) -> bool:
        account = await self._pool.fetchrow(_SQL["account"], tenant)
        return account is not None and api_key in account["credited_by"]

    async def tariffs(self, tenant: TenantId) -> Mapping[int, Tariff]:
        return {row["id"]: tariff_from(row) for row in await self._pool.fetch(_SQL["tariffs"], tenant)}

    async def move(self, tenant: TenantId, entry: LedgerEntry, amount: Money, note: str, key: str) -> Row | None:
        async with self._pool.acquire() as connection, connection.transaction():
            return await move(connection, tenant, entry, amount, note, key)

    async def hold(self, tenant: TenantId, dialect: str, campaign: str, rows: Sequence[HoldFor]) -> Mapping[str, Money]:
        columns = ([row.key for row in rows], [row.price for row in rows], [row.tariff for row in rows])
        async with self._pool.acquire() as connection, connection.transaction():
            account = await connection.fetchrow(_SQL["take_account"], tenant)
            if account is None:
                raise NotFound("the tenant has no account", field="tenant")
            if not account["enabled"]:
                raise AccountDisabled("the account is disabled")
            return dict(await connection.fetch(_SQL["hold"], tenant, dialect, campaign, *columns))

    async def give_back(self, tenant: TenantId, dialect: str, campaign: str) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.fetchrow(_SQL["take_account"], tenant)
            ids = [row["id"] for row in await connection.fetch(_SQL["loose_of"], tenant, dialect, campaign)]
            if ids:
                await _clear(connection, tenant, ids)
        return len(ids)

    async def overdue(self, *, thorough: bool) -> Sequence[TenantId]:
        with asking():
            rows = await (
                self._pool.fetch(_SQL["accounts"])
                if thorough
                else self._pool.fetch(_SQL["overdue"], NOT_TAKEN_UP_SECONDS)
            )
        return [TenantId(row["tenant_id"]) for row in rows]

    async def clear(self, tenant: TenantId, limit: int, *, thorough: bool = False) -> int:
        """Nobody is kept waiting for the account while nothing is there to be cleared."""

        async def cleared() -> int:
            async with self._pool.acquire() as connection, connection.transaction():
                if await connection.fetchrow(_SQL["take_account"], tenant) is None:
                    return 0
                ids = await _to_clear(connection, tenant, limit, thorough)
                if ids:
                    await _clear(connection, tenant, ids)
                return len(ids)

        with asking():
            if not thorough and not await self._pool.fetchval(_SQL["anything_over"], tenant, NOT_TAKEN_UP_SECONDS):
                return 0
            return await unlocked(cleared)

    async def note(self, used: Sequence[Used]) -> None:
        columns = (
            [one.attempt for one in used],
            [one.service.value for one in used],
            [one.ordinal for one in used],
            [one.digits for one in used],
            [one.seconds for one in used],
            [one.parts for one in used],
        )
        with asking():
            await self._pool.execute(_SQL["note"], *columns)

    async def charges(self, tenant: TenantId, campaign: CampaignId) -> Mapping[str, Charge]:
        found: dict[str, dict[str, Money]] = {}
        for row in await self._pool.fetch(_SQL["charges"], tenant, campaign):
            found.setdefault(row["contact_key"], {})[row["service"]] = row["amount"]
        return {key: Charge(**each) for key, each in found.items() if any(each.values())}

    async def statement(self, tenant: TenantId, before: int | None, limit: int) -> list[Row]:
        return [_row(row) for row in await self._pool.fetch(_SQL["statement"], tenant, before, limit)]


async def move(
    connection: asyncpg.Connection, tenant: TenantId, entry: LedgerEntry, amount: Money, note: str, key: str
) -> Row | None:
    """Write a credit or a correction, in the caller's transaction; as `outdial.ports.Accounts.move`."""
    if await connection.fetchrow(_SQL["take_account"], tenant) is None:
        return None
    named = f"{entry.value}:{key}"
    row = await connection.fetchrow(_SQL["movement"], tenant, named)
    if row is None:
        balance, available = await _standing(connection, tenant)
        values = (entry.value, amount, balance + amount, available + amount, named, note)
        await connection.execute(_SQL["move"], tenant, *values)
        row = await connection.fetchrow(_SQL["movement"], tenant, named)
    elif row["amount"] != amount:
        raise KeyTaken(f'a {entry.value} of another amount has the key "{key}"', field="key")
    return _row(row)


def tariff_from(row: asyncpg.Record) -> Tariff:
    """A row of `tariffs`."""
    return Tariff(
        prefix=row["prefix"],
        per_second=row["per_second"],
        first_step_seconds=row["first_step_seconds"],
        step_seconds=row["step_seconds"],
        per_sms_part=row["per_sms_part"],
        connection=row["connection"],
    )


async def _standing(connection: asyncpg.Connection | asyncpg.Pool, tenant: TenantId) -> tuple[Money, Money]:
    """The balance, and what is available."""
    last = await connection.fetchrow(_SQL["standing"], tenant)
    return (NOTHING, NOTHING) if last is None else (last["balance"], last["available"])


async def _to_clear(connection: asyncpg.Connection, tenant: TenantId, limit: int, thorough: bool) -> list[int]:
    found: dict[int, None] = {}
    searches = [("contacts_over",), ("holds_loose", NOT_TAKEN_UP_SECONDS), ("used_late",)]
    if thorough:
        searches += [("of_closed_campaigns",), ("called_late",)]
    for name, *more in searches:
        if len(found) < limit:
            rows = await connection.fetch(_SQL[str(name)], tenant, limit - len(found), *more)
            found |= dict.fromkeys(row["id"] for row in rows)
    return list(found)


async def _clear(connection: asyncpg.Connection, tenant: TenantId, ids: Collection[int]) -> None:
    holds = await connection.fetch(_SQL["holds_to_clear"], ids)
    rows = await connection.fetch(_SQL["tariffs_of"], tenant)
    by_id = {row["id"]: tariff_from(row) for row in rows}
    now = [by_id[row["id"]] for row in rows if row["current"]]
    of = {hold["id"]: by_id[hold["tariff_id"]] for hold in holds}
    uses: dict[int, list[tuple[str, Use]]] = {hold["id"]: [] for hold in holds}
    for row in await connection.fetch(_SQL["calls_of"], tenant, ids):
        price = price_of_call(of[row["hold_id"]], row["talk_seconds"])
        use = Use(key=f"call:{row['attempt']}", service=Service.CALL, price=price)
        uses[row["hold_id"]].append((row["attempt"], use))
    for row in await connection.fetch(_SQL["uses_of"], tenant, ids):
        uses[row["hold_id"]].append((row["attempt"], _use(row, of[row["hold_id"]], now)))
    balance, available = await _standing(connection, tenant)
    written = []
    for hold in holds:
        attempts = {use.key: attempt for attempt, use in uses[hold["id"]]}
        held = hold["amount"] if hold["open"] else NOTHING
        for movement in clearing(held, available, [use for _, use in uses[hold["id"]]]):
            available += movement.amount
            balance += NOTHING if movement.entry in HOLDING else movement.amount
            written.append((movement, balance, available, hold["id"], attempts))
    if written:
        await connection.execute(_SQL["write"], tenant, *_columns(written))
    await connection.execute(_SQL["mark_cleared"], ids)


def _use(row: asyncpg.Record, tariff: Tariff, tariffs: Iterable[Tariff]) -> Use:
    """An SMS goes to the number that the hold was for; a transfer to another one, by that one's tariff of now."""
    service = Service(row["service"])
    if service is Service.SMS:
        price = price_of_sms(tariff, row["parts"])
    else:
        price = price_of_call(tariff_for(tariffs, row["digits"]) or tariff, row["seconds"])
    return Use(key=f"{service.value}:{row['attempt']}:{row['ordinal']}", service=service, price=price)


def _columns(written: Sequence[tuple[Movement, Money, Money, int, Mapping[str, str]]]) -> list[list[object]]:
    """The arguments of the statement `write`, column by column."""
    rows = []
    for movement, balance, available, hold, attempts in written:
        use = movement.use
        row = (
            movement.entry.value,
            movement.amount,
            balance,
            available,
            _key(movement, hold),
            hold,
            None if use is None else attempts[use.key],
            None if use is None else use.service.value,
        )
        rows.append(row)
    return [list(column) for column in zip(*rows, strict=True)]


def _key(movement: Movement, hold: int) -> str:
    if movement.use is None:
        return f"{movement.entry.value}:{hold}"
    written_off = movement.entry is LedgerEntry.WRITTEN_OFF
    return f"written_off:{movement.use.key}" if written_off else movement.use.key


def _row(row: asyncpg.Record) -> Row:
    return Row(
        id=row["id"],
        entry=LedgerEntry(row["entry"]),
        amount=row["amount"],
        balance=row["balance"],
        available=row["available"],
        key=row["key"],
        dialect=row["dialect"] or "",
        campaign=row["campaign_key"] or "",
        contact=row["contact_key"] or "",
        attempt=None if row["attempt_id"] is None else AttemptId(str(row["attempt_id"])),
        service=None if row["service"] is None else Service(row["service"]),
        note=row["note"],
        made_at=row["made_at"],
    )
