"""The store as the engine sees it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from outdial.core.agent import Agent, Tally
from outdial.core.calendar import EVERYWHERE, Calendar, Openings
from outdial.core.call import Call
from outdial.core.campaign import Campaign
from outdial.core.commands import RecordAnswer
from outdial.core.contact import Due
from outdial.core.ids import AttemptId, CampaignId, ContactId, ScriptId, TenantId
from outdial.core.members import MemberRules
from outdial.core.number import Number, OpenRange
from outdial.core.outcome import Outcome
from outdial.core.retry import RetryRule
from outdial.core.script.nodes import Script
from outdial.core.settlement import Member, Report, Settlement
from outdial.core.transcript import Turn
from outdial.core.trunk import Route, Trunk
from outdial.ports.campaigns import Counters


class StoreDown(Exception):
    """The database cannot be reached; nothing was changed, and trying again later helps."""


class StoreRefused(Exception):
    """The database will not take what it was given; nothing was changed, and trying again does not help."""


class NotInCharge(Exception):
    """Another process dials for this database now; whoever gets this must stop dialling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What is saved before a call is placed."""

    attempt: AttemptId
    contact: ContactId
    trunk: str
    number: str
    caller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal: a call as it is after a step, the answers that step recorded, and what is settled.

    The last entry of an attempt has a call that is ENDED. `retry_at` is the contact's next try; None there means that
    the contact is done.
    """

    call: Call
    answers: tuple[RecordAnswer, ...] = ()
    turns: tuple[Turn, ...] = ()
    """What was said since the entry before."""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_seconds: float = 0.0
    joined_seconds: float = 0.0
    """How long an ended call's callee and the other side heard each other."""
    retry_at: datetime | None = None
    agent: str = ""
    """The key of the agent whom the call was given to last; empty: to none."""
    member: MemberEnd | None = None
    """What an ended call to a member means for it; `retry_at` says nothing then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """An attempt that a former process left open: the call as last saved and its campaign."""

    call: Call
    campaign: CampaignId | None
    tenant: TenantId
    digits: str
    attempts_made: int
    reserved_at: datetime
    answered_at: datetime | None
    retry: RetryRule
    rules: MemberRules | None = None
    """The rules of the member's campaign; None: no member was called."""
    standing: Member | None = None
    position: int = 0


class Dialling(Protocol):
    """The store as the dialling engine sees it. One process at a time is in charge of a database.

    Every method raises `StoreDown` when the database is away; a write raises `StoreRefused` when it is at fault itself.

    Every write is guarded by the fencing number of the charge; a writer that has lost it gets `NotInCharge` and has
    changed nothing.
    """

    async def take_charge(self) -> bool:
        """Become the process that dials; False when another one is."""

    async def charge_lost(self) -> None:
        """Wait for as long as the charge is held."""

    async def yield_charge(self) -> None:
        """Let another process dial."""

    async def running(self) -> list[Campaign]:
        """Campaigns that are to be dialled. One without a dial prefix has the `DEFAULT_DIAL_PREFIX` of its dialect,
        and the variables of each are the `SPOKEN_SETTINGS`."""

    async def scripts_of(self, campaigns: Sequence[Campaign]) -> Mapping[ScriptId, tuple[int, Script]]:
        """The version number and the current form of the scripts that campaigns name; a missing one is left out."""

    async def members(self, tenant: TenantId, target: str) -> Sequence[str]:
        """The extensions of a queue in their order; a number that is no queue stands for itself."""

    async def routes(self, tenant: TenantId) -> list[Route]:
        """A tenant's routes in their order."""

    async def due(self, campaign: CampaignId, now: datetime, limit: int, openings: Openings = EVERYWHERE) -> list[Due]:
        """Waiting contacts that may be called now where it is open, first the one due longest, then in the order they
        came. A contact whose client is on the line at another number is passed over."""

    async def somebody_due(self, campaign: CampaignId, now: datetime, openings: Openings = EVERYWHERE) -> bool:
        """Whether the time of a waiting contact has come where it is open, whoever is on the line."""

    async def reserve(
        self, campaign: Campaign, script: tuple[ScriptId, int] | None, reservations: Sequence[Reservation]
    ) -> set[AttemptId]:
        """Save attempts before they are dialled; those won.

        A contact that is no longer waiting, or whose client is on the line, is not won; nor is anybody when the
        campaign stopped or its hours were changed. Two contacts of one client must not be asked for at once.
        """

    async def settle_undialled(self, campaign: CampaignId, contacts: Sequence[ContactId], outcome: Outcome) -> None:
        """Close waiting contacts that cannot be called, each with an attempt of that outcome."""

    async def save(self, entries: Sequence[Entry]) -> None:
        """Write journal entries in one transaction: calls, answers, turns of the talk, outcomes, the contacts' next tries.

        A turn that is there already, by its position, stays as it is. What a call collected replaces what it had, unless it
        collected nothing as far as the entry knows.

        An ended call that reached its goal closes its client's other contacts that wait, each with an attempt of the
        outcome `ANOTHER_NUMBER`.
        """

    async def close_finished(self, campaigns: Sequence[CampaignId]) -> list[CampaignId]:
        """Close those running campaigns that have nobody left to call and no call under way; those closed."""

    async def open_attempts(self) -> list[OpenAttempt]:
        """Attempts that have no outcome yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMember:
    """A member whose time has come. `seen_at` tells whether it was changed since."""

    contact: ContactId
    numbers: tuple[Number, ...]
    variables: Mapping[str, str]
    standing: Member
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReservation:
    """What is saved before a member is called; `standing` has the attempt counted."""

    attempt: AttemptId
    contact: ContactId
    position: int
    standing: Member
    trunk: str
    number: str
    caller: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEnd:
    """What is known of an ended call to a member besides the call itself."""

    settlement: Settlement
    joined_at: datetime | None = None
    wait_seconds: float = 0.0
    """From the answer to the joining, or to the end."""
    campaign: CampaignId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDue:
    """A member whose call's result has come, or is overdue when `report` is None."""

    contact: ContactId
    tenant: TenantId
    rules: MemberRules
    standing: Member
    position: int
    """The number that was called last."""
    agent: str
    """The key of the agent of its last call; empty: none."""
    due_at: datetime | None
    report: Report | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTally:
    """What an agent of a tenant did in a campaign."""

    campaign: CampaignId
    tenant: TenantId
    key: str
    tally: Tally


class MemberDialling(Protocol):
    """The store as the engine sees campaigns of members and their agents. Only the process in charge writes; every method
    raises `StoreDown` as those of `Dialling` do, and a write `NotInCharge`."""

    async def trunks(self, tenant: TenantId) -> Mapping[str, Trunk]:
        """A tenant's trunks by name."""

    async def calendars(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Calendar]:
        """The calendars that campaigns keep to; a campaign whose calendar does not exist is left out."""

    async def counters(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Counters]:
        """What came of campaigns so far; one that has not begun is left out."""

    async def due(
        self,
        campaign: Campaign,
        now: datetime,
        open: Mapping[str, OpenRange],
        limit: int,
        offset: int = 0,
    ) -> list[DueMember]:
        """Members that may be called now, in the campaign's order. Whether a route is free is not looked at."""

    async def left(self, campaign: CampaignId) -> tuple[int, int, datetime | None]:
        """How many members are unfinished, how many of them are in a call or wait for its result, and when the next of the
        others is due."""

    async def reserve(
        self, campaign: Campaign, script: tuple[ScriptId, int], reservations: Sequence[MemberReservation]
    ) -> set[AttemptId]:
        """Save attempts before they are dialled; those won. A member that was changed since it was read is not."""

    async def settle(
        self, settlements: Mapping[ContactId, Settlement], reason: str, by: str, *, awaited: bool
    ) -> set[ContactId]:
        """Write what was decided about members that wait; those that it still applied to. `awaited`: their results were
        waited for, and still are. Whoever gets an end cause is told of, with the reason and who gave it."""

    async def results_due(self, now: datetime, limit: int) -> list[ResultDue]:
        """Members in no call whose result has come or stayed out."""

    async def expired(self, now: datetime, limit: int) -> Mapping[ContactId, Member]:
        """Waiting members whose own time is over."""

    async def waiting(self, campaign: CampaignId, after: ContactId, limit: int) -> Mapping[ContactId, Member]:
        """Waiting members with an id above `after`, in the order of ids."""

    async def close(self, campaign: CampaignId, cause: str) -> bool:
        """Close a running campaign, and note why; False when it does not run any more."""

    async def note(self, campaign: CampaignId, action: str, value: str) -> None:
        """Write a line of a campaign's history. `QUEUE_HUNTING` also begins its running time."""

    async def aim(self, campaign: CampaignId, adjust: int, target: int) -> None:
        """Keep what a pacer decided."""

    async def learnt(self, campaign: CampaignId) -> Mapping[str, Any]:
        """What a campaign's pacer has learnt, as it was kept last; empty: nothing."""

    async def learn(self, campaign: CampaignId, learnt: Mapping[str, Any]) -> None:
        """Keep what a campaign's pacer has learnt."""

    async def new_day(self, campaign: CampaignId, day: date, *, reset: bool) -> bool:
        """It is this day by the campaign's calendar. When it was another one before, what agents did is counted anew, and
        with `reset` all else; whether it was. The first day that is seen is only noted."""

    async def agents(self) -> list[tuple[TenantId, Agent]]:
        """All agents of all tenants."""

    async def tallies(self, campaigns: Sequence[CampaignId]) -> list[AgentTally]:
        """What agents did in these campaigns."""

    async def save_agents(
        self,
        agents: Sequence[tuple[TenantId, Agent]],
        on_break: Collection[tuple[TenantId, str]],
        tallies: Sequence[AgentTally],
    ) -> None:
        """Write what calls left on agents. What they want (their status) stays, but for those who earned a break."""

    async def free_agents(self, kept: Collection[tuple[TenantId, str]]) -> None:
        """Nobody but these extensions is in a call."""
