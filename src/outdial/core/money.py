"""Money: what a call and an SMS cost, how far an account reaches, and what becomes of money held for a contact.

Amounts are `Decimal` with two places. Every price is rounded half up to the hundredth (kopeck) once, where it becomes a row
of the ledger; sums are of rounded amounts and are never rounded again. How rows are stored is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum

Money = Decimal
"""An amount in the currency of its account, with two places."""

NOTHING = Decimal("0.00")
LARGEST = Decimal("1000000000")
"""No single amount is as large."""

_PLACES = Decimal("0.01")
_MILLISECOND = Decimal("0.001")


class LedgerEntry(StrEnum):
    """Why money moved."""

    CREDIT = "credit"
    """Money came in."""
    HOLD = "hold"
    """Set aside for a contact that is going to be called."""
    RELEASE = "release"
    """A hold is over; all of it comes back, and what was used is charged."""
    CHARGE = "charge"
    """A call, a transfer or an SMS, at its full price."""
    WRITTEN_OFF = "written_off"
    """What of a charge neither the hold nor the account could pay."""
    CORRECTION = "correction"
    """Somebody put something right, either way."""


HOLDING = (LedgerEntry.HOLD, LedgerEntry.RELEASE)
"""Entries that set money aside and do not move it: they count for what is available, not for the balance."""


class Service(StrEnum):
    """What is charged for."""

    CALL = "call"
    TRANSFER = "transfer"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What numbers beginning with `prefix` cost (E.164 without +; empty: all). Prices are not rounded.

    A call is charged by its talk time: `connection` once it was answered, then `per_second` for at least
    `first_step_seconds`, and after those in whole steps of `step_seconds`.
    """

    prefix: str = ""
    per_second: Decimal = NOTHING
    first_step_seconds: int = 1
    step_seconds: int = 1
    per_sms_part: Decimal = NOTHING
    connection: Decimal = NOTHING


def rounded(amount: Decimal) -> Money:
    """An amount to the hundredth, half up: 0.905 is 0.91."""
    return amount.quantize(_PLACES, ROUND_HALF_UP)


def tariff_for(tariffs: Iterable[Tariff], digits: str) -> Tariff | None:
    """The tariff with the longest prefix of a number; None when there is none for it."""
    matching = (tariff for tariff in tariffs if digits.startswith(tariff.prefix))
    return max(matching, key=lambda tariff: len(tariff.prefix), default=None)


def billed_seconds(tariff: Tariff, seconds: float) -> Decimal:
    """The seconds that a talk counts as. Less than half a millisecond is none."""
    talked = Decimal(repr(seconds)).quantize(_MILLISECOND, ROUND_HALF_UP)
    if talked <= 0:
        return Decimal(0)
    first, step = Decimal(tariff.first_step_seconds), Decimal(tariff.step_seconds)
    further = max(Decimal(0), talked - first)
    return first + (further / step).to_integral_value(ROUND_CEILING) * step


def price_of_call(tariff: Tariff, seconds: float) -> Money:
    """What so many seconds of talk cost; a call that nobody answered costs nothing."""
    billed = billed_seconds(tariff, seconds)
    return rounded(tariff.connection + tariff.per_second * billed) if billed else NOTHING


def price_of_sms(tariff: Tariff, parts: int) -> Money:
    """What an SMS of so many parts costs."""
    return rounded(tariff.per_sms_part * parts)


# ------------------------------------------------------------------------------------------- holds and their end


def affordable(available: Money, prices: Sequence[Money]) -> int:
    """How many of a list, from its beginning, can be held: from the first that cannot, the rest is refused."""
    left = available
    for count, price in enumerate(prices):
        left -= price
        if left < 0:
            return count
    return len(prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Something that was used and has a price; `key` tells it from every other use."""

    key: str
    service: Service
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A row to be: `amount` is what it adds to the account. `use` None: it belongs to the hold as a whole."""

    entry: LedgerEntry
    amount: Money
    use: Use | None = None


def clearing(held: Money, available: Money, uses: Sequence[Use]) -> list[Movement]:
    """What becomes of a hold whose contact is over: it is released, and what was used is charged, each in full.

    `available` is what the account has beside this hold. What was used is paid from the hold first, then from what is
    available; the rest is written off, so that what is available is not brought below zero. A write-off comes before its
    charge, and the release before both, so that no row leaves the account with less than nothing.
    """
    movements = [Movement(entry=LedgerEntry.RELEASE, amount=held)] if held else []
    cover = held + max(NOTHING, available)
    for use in uses:
        if not use.price:
            continue
        paid = min(use.price, cover)
        cover -= paid
        if paid < use.price:
            movements.append(Movement(entry=LedgerEntry.WRITTEN_OFF, amount=use.price - paid, use=use))
        movements.append(Movement(entry=LedgerEntry.CHARGE, amount=-use.price, use=use))
    return movements
