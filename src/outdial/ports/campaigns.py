"""Campaigns, their contacts and members, and how they stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from outdial.core.calendar import Calendar
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.client import Client, NewClient
from outdial.core.contact import NewContact
from outdial.core.documents import Condition, Drop, Keep, Search, Stage
from outdial.core.ids import CampaignId, TenantId
from outdial.core.member import Change, NewMember, StoredMember


class Campaigns(Protocol):
    """Campaigns of a tenant in one dialect, and their contacts."""

    async def save(
        self,
        tenant: TenantId,
        dialect: str,
        existing: CampaignId | None,
        key: str,
        settings: CampaignSettings,
        contacts: Sequence[NewContact] | None,
    ) -> Campaign:
        """Make or edit a campaign and replace its list, in one transaction; nothing is kept when it fails.

        A new campaign with an empty `key` gets its number as key. `contacts`: None keeps the list as it is. Otherwise
        contacts whose key is not in the list are deleted; those that stay and are open take the new variables, client,
        offset and due time, and nothing is ever dialled again because of it; the rest is added. Raises `KeyTaken`.
        """

    async def by_number(self, tenant: TenantId, dialect: str, number: int) -> Campaign | None:
        """The campaign that its dialect knows by this number."""

    async def by_key(self, tenant: TenantId, dialect: str, key: str) -> Campaign | None:
        """The campaign that its caller knows by this key."""

    async def by_ids(self, tenant: TenantId, dialect: str, ids: Collection[CampaignId]) -> list[Campaign]:
        """Those of the campaigns that there are, and that are the tenant's in that dialect."""

    async def all(
        self, tenant: TenantId, dialect: str, state: CampaignState | None, after: int, limit: int | None
    ) -> list[Campaign]:
        """Campaigns with a number above `after`, in the order of their numbers; `None` stands for any."""

    async def edit(
        self, campaign: CampaignId, change: Callable[[Campaign], tuple[str, CampaignSettings]]
    ) -> Campaign | None:
        """Give a campaign the key and the settings that `change` makes of it; None when it is gone.

        Nobody else changes it meanwhile. Raises `KeyTaken`, and whatever `change` raises; nothing is changed then.
        """

    async def remove(self, tenant: TenantId, dialect: str, number: int) -> CampaignId | None:
        """Forget a campaign and its contacts; which it was, or None. Attempts and answers stay."""

    async def withdraw(self, tenant: TenantId, dialect: str, key: str, campaign: CampaignId | None) -> list[CampaignId]:
        """Call the open contacts of this key no more, nor the others of the same client in the same campaign; the
        campaigns concerned. `campaign`: None is all of the dialect.

        A waiting contact is closed with an attempt that ended `WITHDRAWN`. A call under way goes on and is the last.
        """


class Members(Protocol):
    """The members of campaigns: contacts with several numbers.

    A member is read as a document, whose members are those that its caller posted and those of Webitel's engine
    (`_id`, `_probeCount`, `_endCause`, `communications`, `_log` and so on). A question that cannot be answered raises
    `Malformed`. In what came in one call, as in lists without an order, members stand in the order they came.
    """

    async def add(self, campaign: CampaignId, tenant: TenantId, members: Sequence[NewMember]) -> None:
        """Add members, all or none. Raises `NotFound` when the campaign is gone."""

    async def document(self, campaign: CampaignId, key: str) -> dict[str, Any] | None:
        """One member."""

    async def documents(self, campaign: CampaignId, keys: Sequence[str]) -> list[dict[str, Any]]:
        """The members of these keys, in the order they came."""

    async def page(self, campaign: CampaignId, search: Search, shape: Keep | Drop | None) -> list[dict[str, Any]]:
        """A page of members, each as far as the shape leaves it."""

    async def count(self, campaign: CampaignId, condition: Condition) -> int:
        """How many members there are of which it is true."""

    async def aggregate(self, campaign: CampaignId, stages: Sequence[Stage]) -> list[Any]:
        """What the stages make of all members."""

    async def change(
        self, campaign: CampaignId, key: str, decide: Callable[[StoredMember], Change]
    ) -> StoredMember | None:
        """Do to a member what `decide` says; the member as it was, or None when there is none.

        Nobody else changes it meanwhile. What `decide` raises is raised, and nothing is changed then. An end cause that
        a member gets is noted for those who asked to be told (event `engine::dialer_member_end`), in the same write. An
        agent whose call was judged is ready in two seconds.
        """

    async def remove(self, campaign: CampaignId, key: str) -> bool:
        """Forget a member that is not in a call; whether there was one."""

    async def remove_all(self, campaign: CampaignId, condition: Condition) -> int:
        """Forget the members of which it is true and that are not in a call; how many."""

    async def revive(self, campaign: CampaignId, since: datetime, step: str, at: datetime, *, empty_log: bool) -> int:
        """Begin anew with finished members that were made since a moment, were not reached and have a number that was
        not stopped; how many. `step` is noted in the log of each, or is all of it, and in the campaign's history."""

    async def dress(self, campaign: CampaignId, variables: Mapping[str, str]) -> None:
        """Put a campaign's variables on its open members; their own count before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What came of a campaign's calls since its counters were last reset."""

    calls: int = 0
    succeeded: int = 0
    failed: int = 0
    connected: int = 0
    bridged: int = 0
    abandoned: int = 0
    wait_seconds: float = 0.0
    human: int = 0
    machine: int = 0
    not_sure: int = 0
    amd_cut: int = 0
    adjust: int = 0
    target: int = 0
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a campaign stands."""

    domain: str
    """The name of its tenant."""
    cause: str
    """Why it is in its state: '', 'stopped', 'complete', 'nobody' or 'expired'."""
    changed_at: datetime
    calendar: Calendar | None
    """None: it keeps to none, or to one that is missing."""
    counters: Counters
    under_way: Mapping[str, int]
    """Calls in progress by trunk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWork:
    """An agent, and what it did for one campaign. Durations are in seconds."""

    key: str
    domain: str
    state: str
    status: str
    active: bool
    """Whether it is on a call."""
    ready_at: datetime | None = None
    last_bridge_end: datetime | None = None
    last_status_change: datetime | None = None
    calls: int = 0
    missed: int = 0
    bridged: int = 0
    talk_seconds: float = 0.0
    ringing_seconds: float = 0.0
    wrap_seconds: float = 0.0
    idle_seconds: float = 0.0
    break_seconds: float = 0.0
    last_offered_at: datetime | None = None
    since: datetime | None = None


class Standings(Protocol):
    """How campaigns stand, and their being started, stopped and reset."""

    async def of(self, campaigns: Sequence[CampaignId]) -> Mapping[CampaignId, Standing]:
        """How each stands; one that is gone is left out."""

    async def start(self, campaign: CampaignId) -> bool:
        """Let a campaign dial; whether it did not before. One without rules of members, or whose calendar is missing,
        stays as it is. It is written into the history."""

    async def stop(self, campaign: CampaignId) -> bool:
        """Let a campaign dial no more; whether it was not stopped before. It is written into the history."""

    async def forget_counters(self, campaign: CampaignId) -> None:
        """Count from nothing."""

    async def forget_tallies(self, campaign: CampaignId, by: str) -> None:
        """Count its agents from nothing, and free those who are kept for a call that is not there."""

    async def history(self, campaign: CampaignId, search: Search, shape: Keep | Drop | None) -> list[dict[str, Any]]:
        """A page of what happened, oldest first, as documents of `_id`, `dialer`, `createdOn`, `action` and `value`."""

    async def tallies(
        self, tenant: TenantId, campaign: CampaignId, agents: Collection[str], skills: Collection[str]
    ) -> list[AgentWork]:
        """The agents of these keys and those with one of the skills."""


class Clients(Protocol):
    """Clients of a tenant, with their phones and properties."""

    async def save(self, tenant: TenantId, clients: Sequence[NewClient]) -> list[Client]:
        """Make or replace clients, all or none; their keys differ. As stored, in the order given."""

    async def remove(self, tenant: TenantId, key: str) -> None:
        """Forget a client; an unknown one is no error."""

    async def by_phone(self, tenant: TenantId, key: str) -> Client | None:
        """The client with a phone of that key; of several the one saved last."""
