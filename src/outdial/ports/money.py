"""Accounts, holds, charges and the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from outdial.core.ids import AttemptId, CampaignId, TenantId
from outdial.core.money import NOTHING, LedgerEntry, Money, Service, Tariff

PREPAID_DIALECT = "mobilgroup"
"""The dialect whose campaigns are paid for from an account, where nobody names another."""


@dataclass(frozen=True, slots=True)
class HoldRow:
    """Somebody who is to be called: the key that the contact will have in its campaign, the number (E.164 without +), and
    what is to be held for: a call of so many seconds with an SMS of so many parts, or, where that is dearer, the SMS that
    follows when nobody answers."""

    key: str
    digits: str
    seconds: float
    parts: int = 0
    parts_unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """Money is set aside for a contact. `price` is what an answered call costs; more may be held."""

    key: str
    price: Money


@dataclass(frozen=True, slots=True)
class NotEnough:
    """Nothing is set aside for a contact. `price` is what it would take; None: no tariff is for its number."""

    key: str
    price: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account has. `available` is `amount` less what is held. A tenant without an account has nothing, in no
    currency, and is charged nothing."""

    amount: Decimal
    currency: str
    available: Decimal
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a contact cost its account, less what was written off."""

    call: Money = NOTHING
    transfer: Money = NOTHING
    sms: Money = NOTHING

    @property
    def total(self) -> Money:
        """All of it."""
        return self.call + self.transfer + self.sms


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the ledger: what it moved, and what the account had after it. Texts that do not apply are empty."""

    id: int
    entry: LedgerEntry
    amount: Money
    balance: Money
    available: Money
    key: str
    """Tells the movement from every other one of the account."""
    dialect: str
    campaign: str
    """The campaign's key."""
    contact: str
    """The contact's key."""
    attempt: AttemptId | None
    service: Service | None
    note: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFor:
    """A hold to be made: the price of a contact, by which tariff."""

    key: str
    price: Money
    tariff: int


class Accounts(Protocol):
    """Accounts of tenants: a ledger of rows that never change, and the holds that are open.

    What is available is the sum of all rows of an account; the balance is the sum of those that are neither `HOLD` nor
    `RELEASE`. Every method that moves money does so in one transaction that has the account to itself, and a movement
    whose key is there already is not made again.
    """

    async def balance(self, tenant: TenantId) -> Balance | None:
        """What an account has; None when the tenant has none."""

    async def may_credit(self, tenant: TenantId, api_key: str) -> bool:
        """Whether the API key of that name may credit the account."""

    async def tariffs(self, tenant: TenantId) -> Mapping[int, Tariff]:
        """The tariffs in force, by their ids."""

    async def move(self, tenant: TenantId, entry: LedgerEntry, amount: Money, note: str, key: str) -> Row | None:
        """Write a credit or a correction; the row, also when it had been written before. None: there is no account.

        Raises `KeyTaken` when the key is that of another amount or entry.
        """

    async def hold(self, tenant: TenantId, dialect: str, campaign: str, rows: Sequence[HoldFor]) -> Mapping[str, Money]:
        """Hold for as many contacts as the account reaches, from the beginning of the list; what is held now, by this call
        or by one before, by the keys of the contacts. Raises `NotFound` and `AccountDisabled`."""

    async def give_back(self, tenant: TenantId, dialect: str, campaign: str) -> int:
        """Release the holds of a campaign that no contact took up; how many."""

    async def clear(self, tenant: TenantId, limit: int) -> int:
        """Put the real charges in the place of at most so many holds whose contacts are over; how many holds that were."""

    async def charges(self, tenant: TenantId, campaign: CampaignId) -> Mapping[str, Charge]:
        """What the contacts of a campaign cost so far, by their keys; those that cost nothing are left out."""

    async def statement(self, tenant: TenantId, before: int | None, limit: int) -> list[Row]:
        """Rows below an id, the latest first; None: from the latest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a call used besides its own talk: a leg to an outside number, an SMS. `ordinal` tells those of one kind in a
    call apart."""

    attempt: AttemptId
    service: Service
    digits: str
    seconds: float = 0.0
    parts: int = 0
    ordinal: int = 1


class Clearing(Protocol):
    """The ledger as the engine sees it. Every method raises `StoreDown` when the database is away."""

    async def overdue(self, *, thorough: bool) -> Sequence[TenantId]:
        """Whose holds wait to be cleared; `thorough`: everybody who has an account."""

    async def clear(self, tenant: TenantId, limit: int, *, thorough: bool) -> int:
        """As `Accounts.clear`. `thorough` also finds what takes a search: contacts left in campaigns that were closed, and
        calls that were placed after their hold was cleared."""

    async def note(self, used: Sequence[Used]) -> None:
        """Keep what calls used, to be charged. A use that is known already, or whose call nobody pays for, is
        passed over."""
