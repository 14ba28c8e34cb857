"""Accounts: what a tenant has, what is held for contacts that are going to be called, and what they cost in the end.

A tenant without an account is charged nothing: everything is held for it at a price of nothing. What finished contacts
cost is put in the place of their holds before it is told, so a caller never sees a finished contact without its price.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import structlog

from outdial import ports
from outdial.core.errors import AccountDisabled, Malformed, NotEnoughMoney, NotFound
from outdial.core.ids import CampaignId, TenantId
from outdial.core.money import (
    LARGEST,
    NOTHING,
    LedgerEntry,
    Money,
    Tariff,
    price_of_call,
    price_of_sms,
    rounded,
    tariff_for,
)
from outdial.ports import PREPAID_DIALECT, Balance, Charge, Held, HoldFor, HoldRow, NotEnough, Row

MOST_ROWS = 1000
"""A page of a statement has no more."""
LONGEST_NOTE = 500
CLEARED_AT_ONCE = 200
"""As many as the cashier clears in one transaction."""
_log = structlog.get_logger(__name__)


class Accounts:
    """The account of a tenant."""

    def __init__(self, store: ports.Accounts) -> None:
        self._store = store

    async def balance(self, tenant: TenantId) -> Balance:
        """What the account has, after what finished contacts cost."""
        await self._clear(tenant)
        found = await self._store.balance(tenant)
        return found or Balance(amount=NOTHING, currency="", available=NOTHING)

    async def quote(self, tenant: TenantId, rows: Sequence[HoldRow]) -> Sequence[Money | None]:
        """What holding for each row would take, in their order; None where no tariff is for the number."""
        if await self._store.balance(tenant) is None:
            return [NOTHING for _ in rows]
        tariffs = (await self._store.tariffs(tenant)).values()
        priced = [(row, tariff_for(tariffs, row.digits)) for row in rows]
        return [None if tariff is None else _to_hold(row, tariff) for row, tariff in priced]

    async def hold_all(
        self, tenant: TenantId, campaign_key: str, rows: Sequence[HoldRow], *, dialect: str = PREPAID_DIALECT
    ) -> Sequence[Held | NotEnough]:
        """Set aside what calling each contact costs, in the order of the list: from the first that the account does not
        reach for, the rest is refused. The answers stand in the order of the rows, whose keys differ.

        The campaign has that key in the dialect, whether it exists already or is made within an hour; contacts that are
        saved in it take up the holds of their keys. Asking again for the same campaign holds nothing twice. Raises
        `NotEnoughMoney` when not one row can be held, `AccountDisabled`, and `Malformed` for a repeated key.
        """
        if len({row.key for row in rows}) < len(rows):
            raise Malformed("each contact is there once", field="rows")
        balance = await self._store.balance(tenant)
        if balance is None:
            return [Held(row.key, NOTHING) for row in rows]
        if not balance.enabled:
            raise AccountDisabled("the account is disabled")
        tariffs = await self._store.tariffs(tenant)
        priced = await asyncio.to_thread(_all_priced, rows, tariffs)
        wanted = [one.hold for one in priced.values() if one is not None]
        held = await self._store.hold(tenant, dialect, campaign_key, wanted)
        if rows and not held:
            raise NotEnoughMoney("the account does not reach for a single one of the contacts")
        _log.info("account.held", tenant=tenant, campaign=campaign_key, rows=len(rows), held=len(held))
        return await asyncio.to_thread(lambda: [_answer(row.key, priced[row.key], held) for row in rows])

    async def give_back(self, tenant: TenantId, campaign_key: str, *, dialect: str = PREPAID_DIALECT) -> None:
        """Release what was held for a campaign that is not going to be saved; contacts that were saved keep their holds."""
        released = await self._store.give_back(tenant, dialect, campaign_key)
        _log.info("account.given_back", tenant=tenant, campaign=campaign_key, holds=released)

    async def charges(self, tenant: TenantId, campaign: CampaignId) -> Mapping[str, Charge]:
        """What the contacts of a campaign cost so far, by their keys; those that cost nothing are left out."""
        await self._clear(tenant)
        return await self._store.charges(tenant, campaign)

    async def may_credit(self, tenant: TenantId, api_key: str) -> bool:
        """Whether the API key of that name may credit the account of its tenant: those that the account names."""
        return await self._store.may_credit(tenant, api_key)

    async def credit(self, tenant: TenantId, amount: Decimal, note: str, key: str) -> Row:
        """Money came in; the row of it. A key that was used before credits nothing a second time.

        Raises `Malformed` for an amount that is not above zero or has more than two places, `NotFound` when the tenant
        has no account, and `KeyTaken` when the key is that of another movement.
        """
        if _checked(amount) <= 0:
            raise Malformed("an amount above zero is wanted", field="amount")
        return await self._move(tenant, LedgerEntry.CREDIT, amount, note, key)

    async def correct(self, tenant: TenantId, amount: Decimal, note: str, key: str) -> Row:
        """Put something right, either way; a correction may leave an account with less than nothing. Raises as `credit`."""
        if not _checked(amount):
            raise Malformed("an amount other than zero is wanted", field="amount")
        return await self._move(tenant, LedgerEntry.CORRECTION, amount, note, key)

    async def statement(self, tenant: TenantId, before: int | None = None, limit: int = 100) -> Sequence[Row]:
        """Rows of the ledger with ids below `before`, the latest first; at most `MOST_ROWS`."""
        await self._clear(tenant)
        return await self._store.statement(tenant, before, max(1, min(limit, MOST_ROWS)))

    async def _move(self, tenant: TenantId, entry: LedgerEntry, amount: Decimal, note: str, key: str) -> Row:
        if not key or len(note) > LONGEST_NOTE or not (note + key).isprintable():
            raise Malformed("a key, and a note of printable characters, are wanted", field="key")
        row = await self._store.move(tenant, entry, rounded(amount), note, key)
        if row is None:
            raise NotFound("the tenant has no account; outdial apply makes one", field="tenant")
        _log.info("account.moved", tenant=tenant, entry=entry.value, amount=str(amount), key=key)
        return row

    async def _clear(self, tenant: TenantId) -> None:
        while await self._store.clear(tenant, CLEARED_AT_ONCE) == CLEARED_AT_ONCE:
            continue


def _checked(amount: Decimal) -> Decimal:
    """An amount that can be a row of the ledger. Raises `Malformed`."""
    if not amount.is_finite() or abs(amount) >= LARGEST or rounded(amount) != amount:
        raise Malformed("an amount with at most two places is wanted", field="amount")
    return amount


@dataclass(frozen=True, slots=True)
class _Priced:
    """What is to be held for a contact, and what it costs when it answers."""

    hold: HoldFor
    answered: Money


def _all_priced(rows: Sequence[HoldRow], tariffs: Mapping[int, Tariff]) -> dict[str, _Priced | None]:
    """A list of thousands takes longer than the event loop can be spared."""
    ids = {tariff: id for id, tariff in tariffs.items()}
    return {row.key: _priced(row, ids, tariff_for(tariffs.values(), row.digits)) for row in rows}


def _priced(row: HoldRow, ids: Mapping[Tariff, int], tariff: Tariff | None) -> _Priced | None:
    if tariff is None:
        return None
    return _Priced(HoldFor(key=row.key, price=_to_hold(row, tariff), tariff=ids[tariff]), _answered(row, tariff))


def _answered(row: HoldRow, tariff: Tariff) -> Money:
    """What a contact costs that answers and hears it out."""
    return price_of_call(tariff, row.seconds) + price_of_sms(tariff, row.parts)


def _to_hold(row: HoldRow, tariff: Tariff) -> Money:
    return max(_answered(row, tariff), price_of_sms(tariff, row.parts_unanswered))


def _answer(key: str, wanted: _Priced | None, held: Mapping[str, Money]) -> Held | NotEnough:
    if wanted is None:
        return NotEnough(key, None)
    return Held(key, wanted.answered) if key in held else NotEnough(key, wanted.hold.price)
