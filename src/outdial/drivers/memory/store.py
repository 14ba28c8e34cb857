"""The tables: campaigns, contacts with their numbers, attempts, agents and what they did, each as it was last written.

Contacts are kept in the orders in which they are asked for, so that a look at a list of any length costs the same. What a
write means is not decided here; `dialling` and `member_dialling` do what the statements of the database do.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from outdial.core.agent import Agent, AgentStatus, Tally, with_status
from outdial.core.calendar import Calendar
from outdial.core.call import Call, State
from outdial.core.campaign import Campaign, CampaignState
from outdial.core.commands import RecordAnswer
from outdial.core.contact import ContactState, NewContact
from outdial.core.ids import AttemptId, CampaignId, ContactId, ScriptId, TenantId
from outdial.core.member import NewMember
from outdial.core.number import Number
from outdial.core.script.nodes import Script
from outdial.core.settlement import Member, Report
from outdial.core.transcript import Turn
from outdial.core.trunk import Route, Trunk
from outdial.ports import Clock, Counters, MemberEnd, NotInCharge

EPOCH = datetime.fromtimestamp(0, UTC)
_TICK = timedelta(microseconds=1)

Key = tuple[Any, ...]
"""What an order goes by; the contact's id is its last part."""


@dataclass(slots=True, kw_only=True)
class StoredContact:
    """A contact, be it a member or not. Only `MemoryStore.change` writes to one."""

    id: ContactId
    campaign: CampaignId
    tenant: TenantId
    key: str
    is_member: bool
    digits: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    offset_minutes: int | None = None
    client: str = ""
    state: ContactState = ContactState.WAITING
    due_at: datetime = EPOCH
    """For a contact that is no member."""
    attempts_made: int = 0
    changed_at: datetime = EPOCH
    numbers: tuple[Number, ...] = ()
    priority: int = 0
    expires_at: datetime | None = None
    next_try_at: datetime | None = None
    """None: a member that has not been tried."""
    last_call_at: datetime | None = None
    end_cause: str = ""
    succeeded: bool = False
    successes: int = 0
    result_until: datetime | None = None
    report: Report | None = None
    last_attempt: AttemptId | None = None

    @property
    def standing(self) -> Member:
        """The member as the core settles it."""
        return Member(self.attempts_made, self.successes, self.numbers)


@dataclass(slots=True, kw_only=True)
class StoredAttempt:
    """An attempt, from its reservation to its end."""

    id: AttemptId
    campaign: CampaignId
    tenant: TenantId
    contact: ContactId
    ordinal: int
    digits: str
    number: str
    trunk: str
    caller: str
    script: tuple[ScriptId, int] | None
    reserved_at: datetime
    position: int = 0
    call: Call | None = None
    """As it was last saved; None: not since its reservation, or nothing was dialled."""
    client: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_seconds: float = 0.0
    agent: str = ""
    collected: Mapping[str, str] = field(default_factory=dict)
    end: MemberEnd | None = None
    """What the end of a call to a member came to."""

    @property
    def ended(self) -> bool:
        """Whether it has its outcome."""
        return self.ended_at is not None


@dataclass(frozen=True, slots=True)
class AgentWritten:
    """An agent as it was written at a moment."""

    at: datetime
    agent: Agent


class _Order:
    """Contacts in one order."""

    def __init__(self) -> None:
        self._keys: list[Key] = []

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[ContactId]:
        return (key[-1] for key in self._keys)

    def add(self, key: Key) -> None:
        insort(self._keys, key)

    def remove(self, key: Key) -> None:
        del self._keys[bisect_left(self._keys, key)]

    def up_to(self, moment: datetime) -> Sequence[Key]:
        """Those whose key begins with that moment or an earlier one."""
        return self._keys[: bisect_left(self._keys, (moment + _TICK,))]

    @property
    def first(self) -> Key | None:
        return self._keys[0] if self._keys else None


class Listing:
    """The unfinished contacts of one campaign in the orders in which they are asked for."""

    def __init__(self) -> None:
        self.contacts = _Order()
        """Waiting contacts that are no members: due longest first, then as they came."""
        self.fresh = _Order()
        """Waiting members that were never tried: by priority, then as they came."""
        self.retries = _Order()
        """Waiting members that were tried; read backwards, the one due last comes first."""
        self.called = _Order()
        """Waiting members, whoever was not called for longest first."""
        self.members = _Order()
        """Waiting members of whom no result is waited for, as they came."""
        self.expiring = _Order()
        self.results: set[ContactId] = set()
        """Waiting members whose call's result is waited for."""
        self.in_call = 0

    def add(self, one: StoredContact) -> None:
        """Put a contact where its state belongs."""
        self.in_call += one.state is ContactState.IN_CALL
        if one.state is ContactState.WAITING and one.result_until is not None:
            self.results.add(one.id)
        for order, key in self._places(one):
            order.add(key)

    def remove(self, one: StoredContact) -> None:
        """Take a contact out of where its state put it."""
        self.in_call -= one.state is ContactState.IN_CALL
        self.results.discard(one.id)
        for order, key in self._places(one):
            order.remove(key)

    @property
    def unfinished(self) -> int:
        """Contacts that are not done."""
        return len(self.contacts) + len(self.members) + len(self.results) + self.in_call

    @property
    def next_at(self) -> datetime | None:
        """When the next member is due: at once where one was never tried; None when there is none."""
        first = self.retries.first
        return EPOCH if len(self.fresh) else None if first is None else first[0]

    def in_order_of_tries(self, now: datetime) -> Iterator[ContactId]:
        """Due retries, the one due last first, then those never tried."""
        for key in reversed(self.retries.up_to(now)):
            yield key[-1]
        yield from self.fresh

    def _places(self, one: StoredContact) -> Iterable[tuple[_Order, Key]]:
        if one.state is not ContactState.WAITING:
            return
        if not one.is_member:
            yield self.contacts, (one.due_at, one.id)
            return
        if one.result_until is not None:
            return
        yield self.members, (one.id,)
        if one.next_try_at is None:
            yield self.fresh, (-one.priority, one.id)
        else:
            # Backwards, equals go by priority and then as they came, hence the signs.
            yield self.retries, (one.next_try_at, one.priority, -one.id, one.id)
        yield self.called, (one.last_call_at or EPOCH, -one.priority, one.id)
        if one.expires_at is not None:
            yield self.expiring, (one.expires_at, one.id)


class MemoryStore:
    """Everything that several of the drivers here share. The clock says when something was written."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.campaigns: dict[CampaignId, Campaign] = {}
        self.causes: dict[CampaignId, tuple[str, datetime]] = {}
        """Why and when campaigns were closed."""
        self.history: list[tuple[datetime, CampaignId, str, str]] = []
        self.scripts: dict[ScriptId, tuple[int, Script]] = {}
        self.trunks: dict[TenantId, dict[str, Trunk]] = {}
        self.routes: dict[TenantId, list[Route]] = {}
        self.queues: dict[tuple[TenantId, str], Sequence[str]] = {}
        self.calendars: dict[tuple[TenantId, str], Calendar] = {}
        self.dialect_settings: dict[tuple[TenantId, str], Mapping[str, str]] = {}
        self.contacts: dict[ContactId, StoredContact] = {}
        self.listings: defaultdict[CampaignId, Listing] = defaultdict(Listing)
        self.attempts: dict[AttemptId, StoredAttempt] = {}
        """In the order of their reservations."""
        self.open: dict[AttemptId, StoredAttempt] = {}
        """Those of them that have not ended."""
        self.answers: list[tuple[AttemptId, RecordAnswer]] = []
        self.turns: dict[AttemptId, dict[int, Turn]] = {}
        self.clients_on_the_line: Counter[tuple[CampaignId, str]] = Counter()
        self.counters: dict[CampaignId, Counters] = {}
        self.agents: dict[tuple[TenantId, str], Agent] = {}
        self.agents_written: list[tuple[TenantId, AgentWritten]] = []
        self.learnt: dict[CampaignId, dict[str, Any]] = {}
        self.tallies: dict[tuple[CampaignId, TenantId, str], Tally] = {}
        self.ends: list[tuple[ContactId, str, str]] = []
        """Members that are over: who, why, and who said so; both are empty for the end of a call."""
        self.fence = 0
        """The number of the last process that took charge."""
        self.holder: Charge | None = None
        """Which of the processes is in charge."""
        self._ids = 0
        self._changed_at = EPOCH

    # -------------------------------------------------------------------------------------------------- set-up

    def put_campaign(self, campaign: Campaign) -> None:
        """Add a campaign, or put it in the place of the one with its id."""
        self.campaigns[campaign.id] = campaign

    def add_contacts(self, campaign: CampaignId, contacts: Sequence[NewContact]) -> None:
        """Add contacts that have one number each."""
        tenant = self.campaigns[campaign].tenant
        for one in contacts:
            self._add(
                StoredContact(
                    id=self._fresh_id(),
                    campaign=campaign,
                    tenant=tenant,
                    key=one.key,
                    is_member=False,
                    digits=one.digits,
                    variables=one.variables,
                    offset_minutes=one.offset_minutes,
                    client=one.client,
                    due_at=one.due_at or EPOCH,
                )
            )

    def add_members(self, campaign: CampaignId, members: Sequence[NewMember]) -> None:
        """Add members."""
        tenant = self.campaigns[campaign].tenant
        for one in members:
            self._add(
                StoredContact(
                    id=self._fresh_id(),
                    campaign=campaign,
                    tenant=tenant,
                    key=one.key,
                    is_member=True,
                    variables=one.variables,
                    priority=one.priority,
                    expires_at=one.expires_at,
                    numbers=tuple(number for number, _ in one.numbers),
                )
            )

    def put_agent(self, tenant: TenantId, agent: Agent) -> None:
        """Add an agent, or put it in the place of the one with its key."""
        self.agents[tenant, agent.key] = agent
        self.agents = dict(sorted(self.agents.items()))
        self.write_agent(tenant, agent)

    def say(self, tenant: TenantId, key: str, status: AgentStatus) -> None:
        """An agent says what it wants."""
        self.write_agent(tenant, with_status(self.agents[tenant, key], status, self.clock.now()))

    # ------------------------------------------------------------------------------------------------- writing

    def write_agent(self, tenant: TenantId, agent: Agent) -> None:
        """Keep an agent as it is now, and that it was so."""
        self.agents[tenant, agent.key] = agent
        self.agents_written.append((tenant, AgentWritten(self.clock.now(), agent)))

    def change(self, one: StoredContact, **changes: Any) -> None:
        """Write to a contact. No two writes have the same moment, so that whoever read it before can tell."""
        listing = self.listings[one.campaign]
        listing.remove(one)
        for name, value in changes.items():
            setattr(one, name, value)
        one.changed_at = self._moment()
        listing.add(one)

    def begin_attempt(self, attempt: StoredAttempt) -> None:
        """Keep a reserved attempt."""
        self.attempts[attempt.id] = attempt
        if not attempt.ended:
            self.open[attempt.id] = attempt
            if attempt.client:
                self.clients_on_the_line[attempt.campaign, attempt.client] += 1
        self.contacts[attempt.contact].last_attempt = attempt.id

    def end_attempt(self, attempt: StoredAttempt, at: datetime) -> None:
        """An attempt has its outcome."""
        attempt.ended_at = at
        del self.open[attempt.id]
        if attempt.client:
            self.clients_on_the_line[attempt.campaign, attempt.client] -= 1

    def close_campaign(self, campaign: CampaignId, cause: str) -> bool:
        """Close a running campaign; False when it does not run."""
        found = self.campaigns.get(campaign)
        if found is None or found.settings.state is not CampaignState.RUNNING:
            return False
        self.campaigns[campaign] = replace(found, settings=replace(found.settings, state=CampaignState.CLOSED))
        self.causes[campaign] = cause, self.clock.now()
        return True

    def is_running(self, campaign: CampaignId) -> bool:
        """Whether a campaign is to be dialled."""
        found = self.campaigns.get(campaign)
        return found is not None and found.settings.state is CampaignState.RUNNING

    def told(self, campaign: CampaignId, action: str, value: str) -> None:
        """Keep a line of a campaign's history."""
        if campaign in self.campaigns:
            self.history.append((self.clock.now(), campaign, action, value))

    def take_charge_away(self) -> None:
        """Let the charge be lost by whoever holds it, as when its connection breaks."""
        if self.holder is not None:
            self.fence += 1
            self.holder.lost.set()
            self.holder = None

    def fresh_attempt_id(self) -> AttemptId:
        """An id for an attempt that is never dialled; it looks like the others."""
        return AttemptId(f"00000000-0000-4000-8000-{self._fresh_id():012x}")

    def _add(self, one: StoredContact) -> None:
        one.changed_at = self._moment()
        self.contacts[one.id] = one
        self.listings[one.campaign].add(one)

    def _fresh_id(self) -> ContactId:
        self._ids += 1
        return ContactId(self._ids)

    def _moment(self) -> datetime:
        self._changed_at = max(self.clock.now(), self._changed_at + _TICK)
        return self._changed_at


class Charge:
    """A process's part in a store: whether it is the one that dials."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._fence = -1
        self.lost = asyncio.Event()
        """Set while this process is not in charge."""
        self.lost.set()

    def take(self) -> bool:
        """Become the process in charge; False when another one is."""
        if self._store.holder is not None:
            return False
        self._store.holder = self
        self._store.fence += 1
        self._fence = self._store.fence
        self.lost.clear()
        return True

    def give_up(self) -> None:
        """Be it no more."""
        if self._store.holder is self:
            self._store.holder = None
        self._fence = -1
        self.lost.set()

    @property
    def held(self) -> bool:
        """Whether this process is in charge."""
        return self._fence == self._store.fence

    def check(self) -> None:
        """Raise `NotInCharge` unless this process is in charge."""
        if not self.held:
            raise NotInCharge("another process dials for this store now")


def marked(stored: Sequence[Number], written: Collection[Number]) -> tuple[Number, ...]:
    """A member's numbers with what calls left on them. What a number is stays as its caller last wrote it."""
    by_position = {number.position: number for number in stored}
    for number in written:
        known = by_position.get(number.position, number)
        if _as_given(known) != _as_given(number):
            number = replace(
                number, raw=known.raw, type=known.type, priority=known.priority, description=known.description
            )
        by_position[number.position] = number
    return tuple(by_position[position] for position in sorted(by_position))


def _as_given(number: Number) -> tuple[object, ...]:
    """What a caller of the interface writes of a number."""
    return number.raw, number.type, number.priority, number.description


def is_over(call: Call) -> bool:
    """Whether a call has ended."""
    return call.state is State.ENDED
