"""Accounts on a real store, with mailings whose contacts hold money and are called."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import uuid4

import asyncpg

from outdial.core.call import Call, Plan, State
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.ids import AttemptId, ContactId, TenantId
from outdial.core.money import LedgerEntry, Service, Tariff
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import HangUp, Script
from outdial.core.wanted import WantedAccount
from outdial.drivers.postgres.accounts import PostgresAccounts
from outdial.drivers.postgres.campaigns import PostgresCampaigns
from outdial.drivers.postgres.dialling import PostgresDialling
from outdial.drivers.postgres.pool import APPLICATION_NAME, open_pool
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.accounts import Accounts
from outdial.ports import Entry, Held, HoldRow, Reservation, Row, Used

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PLAN = Plan("carrier", "1", "", 45.0, Script("end", {"end": HangUp()}), {})
TARIFF = Tariff(per_second=Decimal("0.065"), per_sms_part=Decimal("2.50"))
SETTINGS = CampaignSettings(name="m", state=CampaignState.RUNNING, script=None, lines=10, calls_per_second=0)
_NAMES = count(1)


@dataclass(slots=True)
class Books:
    """A tenant with an account, in a store that others may share."""

    pool: asyncpg.Pool
    dialling: PostgresDialling
    tenant: TenantId
    store: PostgresAccounts
    accounts: Accounts
    campaigns: PostgresCampaigns

    async def send(self, key: str, count: int, seconds: float = 14.0) -> list[str]:
        """Hold for a mailing; the keys of the contacts that are held."""
        rows = [HoldRow(f"{key}-{index}", f"7000010{index:04d}", seconds) for index in range(count)]
        answers = await self.accounts.hold_all(self.tenant, key, rows)
        return [one.key for one in answers if isinstance(one, Held)]

    async def save(self, key: str, contacts: Sequence[str], existing: Campaign | None = None) -> Campaign:
        """Save the mailing with its contacts."""
        new = [NewContact(key=contact, digits="70000100001", variables={}) for contact in contacts]
        id = None if existing is None else existing.id
        return await self.campaigns.save(self.tenant, "mobilgroup", id, key, SETTINGS, new)

    async def mail(self, key: str, count: int, seconds: float = 14.0) -> Campaign:
        """Send a mailing and save it."""
        return await self.save(key, await self.send(key, count, seconds))

    async def dial(self, campaign: Campaign) -> list[AttemptId]:
        """Reserve calls to everybody who waits."""
        rows = await self.pool.fetch(
            "select id from contacts where campaign_id = $1 and state = 'waiting' order by id", campaign.id
        )
        wanted = [
            Reservation(
                attempt=AttemptId(str(uuid4())), contact=ContactId(row["id"]), trunk="carrier", number="1", caller=""
            )
            for row in rows
        ]
        won = await self.dialling.reserve(campaign, None, wanted) if wanted else set()
        return [one.attempt for one in wanted if one.attempt in won]

    async def end(self, attempt: AttemptId, talk_seconds: float, *, again: bool = False) -> None:
        """A call is over; `again`: its contact is tried once more."""
        call = Call(attempt, PLAN, State.ENDED, outcome=Outcome.ANSWERED if talk_seconds else Outcome.BUSY)
        retry_at = NOW + timedelta(minutes=1) if again else None
        entry = Entry(call=call, ended_at=NOW, talk_seconds=talk_seconds, retry_at=retry_at)
        await self.dialling.save([entry])

    async def close(self, campaign: Campaign) -> None:
        """Close a campaign, whoever is left in it."""
        closed = replace(SETTINGS, state=CampaignState.CLOSED)
        await self.campaigns.edit(campaign.id, lambda found: (found.key, closed))

    async def sms(self, attempt: AttemptId, parts: int) -> None:
        """A call sent an SMS."""
        await self.store.note([Used(attempt=attempt, service=Service.SMS, digits="70000100001", parts=parts)])

    async def clear(self, *, thorough: bool = True) -> int:
        """What the cashier does."""
        return await self.store.clear(self.tenant, 500, thorough=thorough)

    async def rows(self) -> list[Row]:
        """The whole ledger, the oldest first."""
        return (await self.store.statement(self.tenant, None, 100_000))[::-1]

    async def settle_down(self) -> None:
        """Wait until whoever was cut off has let go of the account."""
        await self.pool.execute("select from accounts where tenant_id = $1 for update", self.tenant)

    async def check(self) -> None:
        """What is always true of a ledger."""
        balance = available = Decimal(0)
        rows = await self.rows()
        for row in rows:
            available += row.amount
            if row.entry not in (LedgerEntry.HOLD, LedgerEntry.RELEASE):
                balance += row.amount
            assert (row.balance, row.available) == (balance, available), row
            assert row.available >= 0, row
        assert len({row.key for row in rows}) == len(rows)
        found = await self.store.balance(self.tenant)
        assert found is not None
        assert (found.amount, found.available) == (balance, available)
        held = "select coalesce(sum(amount), 0) from holds where tenant_id = $1 and cleared_at is null"
        assert balance - available == await self.pool.fetchval(held, self.tenant)


@dataclass(slots=True)
class Crashes:
    """Cuts a connection off after so many statements. None: none is cut off."""

    after: int | None = None

    async def watch(self, connection: asyncpg.Connection) -> None:
        """Look at what a connection does."""

        def count_down(_: object) -> None:
            if self.after is None:
                return
            self.after -= 1
            if self.after <= 0 and not connection.is_closed():
                connection.terminate()

        connection.add_query_logger(count_down)


@dataclass(slots=True)
class Store:
    """A store, and a second way into it whose connections may crash."""

    pool: asyncpg.Pool
    frail: asyncpg.Pool
    crashes: Crashes
    dialling: PostgresDialling

    async def books(self, opening: str = "100.00", tariffs: tuple[Tariff, ...] = (TARIFF,)) -> Books:
        """A new tenant with an account."""
        named = f"tenant {next(_NAMES)}"
        made = "insert into tenants (name, time_zone) values ($1, 'Europe/Moscow') returning id"
        tenant = TenantId(await self.pool.fetchval(made, named))
        async with PostgresSetup(self.pool).transaction(keep=True) as setup:
            await setup.put_account(tenant, WantedAccount(currency="Rub", opening=Decimal(opening), tariffs=tariffs))
        return self._of(tenant, self.pool)

    def frail_books(self, books: Books) -> Books:
        """The same account over connections that may crash."""
        return self._of(books.tenant, self.frail)

    def _of(self, tenant: TenantId, pool: asyncpg.Pool) -> Books:
        store = PostgresAccounts(pool)
        return Books(self.pool, self.dialling, tenant, store, Accounts(store), PostgresCampaigns(pool, {}))


Story = Callable[[Store], Awaitable[None]]


@contextmanager
def stories(dsn: str) -> Iterator[Callable[[Story], None]]:
    """Plays stories on a store, one after the other."""
    with asyncio.Runner() as runner:
        store = runner.run(_opened(dsn))
        try:
            yield lambda story: runner.run(_told(story, store))
        finally:
            runner.run(_closed(store))


def play(dsn: str, story: Story) -> None:
    """Let a story happen on a store."""
    with stories(dsn) as told:
        told(story)


async def _opened(dsn: str) -> Store:
    crashes = Crashes()
    pool = await open_pool(dsn, size=20)
    names = {"application_name": APPLICATION_NAME}
    frail = await asyncpg.create_pool(dsn, min_size=1, max_size=2, init=crashes.watch, server_settings=names)
    dialling = PostgresDialling(dsn, pool)
    assert await dialling.take_charge()
    return Store(pool, frail, crashes, dialling)


async def _told(story: Story, store: Store) -> None:
    await story(store)


async def _closed(store: Store) -> None:
    await store.dialling.yield_charge()
    store.frail.terminate()
    await store.pool.close()
