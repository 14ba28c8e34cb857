"""Campaigns of members and their agents as the dialling engine sees them, in memory.

Each method does what the statement of its name does in the database; none ever waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from outdial.core.agent import Agent, AgentState, AgentStatus
from outdial.core.calendar import Calendar
from outdial.core.campaign import Campaign
from outdial.core.contact import ContactState
from outdial.core.ids import AttemptId, CampaignId, ContactId, ScriptId, TenantId
from outdial.core.members import MemberOrder
from outdial.core.number import OpenRange
from outdial.core.settlement import Member, Settlement
from outdial.core.trunk import Trunk
from outdial.drivers.memory.dialling import MemoryDialling
from outdial.drivers.memory.member_ends import settle
from outdial.drivers.memory.store import Listing, MemoryStore, StoredAttempt, StoredContact, marked
from outdial.ports import AgentTally, Counters, DueMember, MemberReservation, ResultDue


class MemoryMemberDialling:
    """Implements `outdial.ports.MemberDialling`. The charge is that of `MemoryDialling`."""

    def __init__(self, dialling: MemoryDialling, store: MemoryStore) -> None:
        self._charge = dialling.charge
        self._store = store
        self._last_page: dict[ContactId, DueMember] = {}
        """Whom `due` named last; most of them are named again the next time."""

    async def trunks(self, tenant: TenantId) -> Mapping[str, Trunk]:
        return dict(self._store.trunks.get(tenant, {}))

    async def calendars(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Calendar]:
        found = {one.id: self._store.calendars.get((one.tenant, one.settings.calendar)) for one in campaigns}
        return {id: calendar for id, calendar in found.items() if calendar is not None}

    async def counters(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Counters]:
        counted = self._store.counters
        return {one.id: counted[one.id] for one in campaigns if one.id in counted}

    async def due(
        self,
        campaign: Campaign,
        now: datetime,
        open: Mapping[str, OpenRange],
        limit: int,
        offset: int = 0,
    ) -> list[DueMember]:
        assert campaign.settings.members is not None
        found = self._due(campaign.id, now, open, strict=campaign.settings.members.order is MemberOrder.STRICT)
        page = [self._told(one) for one in islice(found, offset, offset + limit)]
        self._last_page = {one.contact: one for one in page}
        return page

    def _told(self, one: StoredContact) -> DueMember:
        known = self._last_page.get(one.id)
        if known is not None and known.seen_at == one.changed_at:  # no two writes have the same moment
            return known
        return DueMember(
            contact=one.id,
            numbers=one.numbers,
            variables=one.variables,
            standing=one.standing,
            seen_at=one.changed_at,
        )

    def _due(
        self, campaign: CampaignId, now: datetime, open: Mapping[str, OpenRange], *, strict: bool
    ) -> Iterator[StoredContact]:
        listing = self._store.listings[campaign]
        for id in listing.called if strict else listing.in_order_of_tries(now):
            one = self._store.contacts[id]
            tried_in_time = one.next_try_at is None or one.next_try_at <= now
            lasts = one.expires_at is None or one.expires_at > now
            if tried_in_time and lasts and _has_a_number(one, open):
                yield one

    async def left(self, campaign: CampaignId) -> tuple[int, int, datetime | None]:
        listing = self._store.listings[campaign]
        return listing.unfinished, listing.in_call + len(listing.results), listing.next_at

    async def reserve(
        self, campaign: Campaign, script: tuple[ScriptId, int], reservations: Sequence[MemberReservation]
    ) -> set[AttemptId]:
        self._charge.check()
        if not self._store.is_running(campaign.id):
            return set()
        won = set()
        for wanted in reservations:
            one = self._store.contacts.get(wanted.contact)
            if one is None or one.campaign != campaign.id or one.state is not ContactState.WAITING:
                continue
            if one.result_until is not None or one.changed_at != wanted.seen_at:
                continue
            chosen = next(number for number in wanted.standing.numbers if number.position == wanted.position)
            self._store.change(
                one,
                state=ContactState.IN_CALL,
                attempts_made=one.attempts_made + 1,
                numbers=marked(one.numbers, wanted.standing.numbers),
            )
            self._store.begin_attempt(
                StoredAttempt(
                    id=wanted.attempt,
                    campaign=campaign.id,
                    tenant=one.tenant,
                    contact=one.id,
                    ordinal=one.attempts_made,
                    digits=chosen.digits,
                    number=wanted.number,
                    trunk=wanted.trunk,
                    caller=wanted.caller,
                    script=script,
                    reserved_at=self._store.clock.now(),
                    position=wanted.position,
                )
            )
            won.add(wanted.attempt)
        return won

    async def barred(self, tenant: TenantId, digits: Collection[str]) -> set[str]:
        return set()

    async def settle(
        self, settlements: Mapping[ContactId, Settlement], reason: str, by: str, *, awaited: bool
    ) -> set[ContactId]:
        if not settlements:
            return set()
        self._charge.check()
        moved = set()
        for contact, made in settlements.items():
            stored = self._store.contacts.get(contact)
            if stored is None or (stored.result_until is not None) != awaited:
                continue
            if settle(self._store, contact, made, ContactState.WAITING, None):
                moved.add(contact)
                if made.end_cause:
                    self._store.ends.append((contact, reason, by))
        return moved

    async def results_due(self, now: datetime, limit: int) -> list[ResultDue]:
        waited_for = (self._store.contacts[id] for listing in self._listings for id in listing.results)
        due = [(one.result_until, one.id, one) for one in waited_for if one.report or _is_past(one.result_until, now)]
        return [self._result(one) for _, _, one in sorted(due, key=lambda each: each[:2])[:limit]]

    @property
    def _listings(self) -> list[Listing]:
        return list(self._store.listings.values())

    def _result(self, one: StoredContact) -> ResultDue:
        rules = self._store.campaigns[one.campaign].settings.members
        assert rules is not None
        last = None if one.last_attempt is None else self._store.attempts[one.last_attempt]
        return ResultDue(
            contact=one.id,
            tenant=one.tenant,
            rules=rules,
            standing=one.standing,
            position=0 if last is None else last.position,
            agent="" if last is None else last.agent,
            due_at=one.next_try_at,
            report=one.report,
        )

    async def expired(self, now: datetime, limit: int) -> Mapping[ContactId, Member]:
        over = sorted(key[-1] for listing in self._listings for key in listing.expiring.up_to(now))
        return {id: self._store.contacts[id].standing for id in over[:limit]}

    async def waiting(self, campaign: CampaignId, after: ContactId, limit: int) -> Mapping[ContactId, Member]:
        later = (id for id in self._store.listings[campaign].members if id > after)
        return {id: self._store.contacts[id].standing for id in islice(later, limit)}

    async def close(self, campaign: CampaignId, cause: str) -> bool:
        if not self._charge.held or not self._store.close_campaign(campaign, cause):
            return False
        self._count(campaign, stopped_at=self._store.clock.now())
        self._store.told(campaign, "QUEUE_STOP", "Stop")
        return True

    async def note(self, campaign: CampaignId, action: str, value: str) -> None:
        self._store.told(campaign, action, value)
        if action == "QUEUE_HUNTING":
            self._count(campaign, started_at=self._store.clock.now())

    async def aim(self, campaign: CampaignId, adjust: int, target: int) -> None:
        self._count(campaign, adjust=adjust, target=target)

    async def learnt(self, campaign: CampaignId) -> Mapping[str, Any]:
        return self._store.learnt.get(campaign, {})

    async def learn(self, campaign: CampaignId, learnt: Mapping[str, Any]) -> None:
        self._store.learnt[campaign] = dict(learnt)

    async def new_day(self, campaign: CampaignId, day: date, *, reset: bool) -> bool:
        before = self._store.counters.get(campaign, Counters())
        self._count(campaign, day=day)
        if before.day is None or before.day == day:
            return False
        if reset:
            fresh = Counters(started_at=before.started_at, stopped_at=before.stopped_at, day=day)
            self._store.counters[campaign] = fresh
        self._store.tallies = {at: tally for at, tally in self._store.tallies.items() if at[0] != campaign}
        return True

    def _count(self, campaign: CampaignId, **changes: object) -> None:
        counters = self._store.counters.get(campaign, Counters())
        self._store.counters[campaign] = replace(counters, **changes)  # type: ignore[arg-type]

    async def agents(self) -> list[tuple[TenantId, Agent]]:
        return [(tenant, agent) for (tenant, _), agent in self._store.agents.items()]

    async def tallies(self, campaigns: Sequence[CampaignId]) -> list[AgentTally]:
        return [
            AgentTally(campaign=campaign, tenant=tenant, key=key, tally=tally)
            for (campaign, tenant, key), tally in self._store.tallies.items()
            if campaign in campaigns
        ]

    async def save_agents(
        self,
        agents: Sequence[tuple[TenantId, Agent]],
        on_break: Collection[tuple[TenantId, str]],
        tallies: Sequence[AgentTally],
    ) -> None:
        now = self._store.clock.now()
        for tenant, agent in agents:
            stored = self._store.agents.get((tenant, agent.key))
            if stored is None:
                continue
            earned = (tenant, agent.key) in on_break
            written = replace(
                agent,
                extension=stored.extension,
                skills=stored.skills,
                rules=stored.rules,
                status=AgentStatus.ON_BREAK if earned else stored.status,
                last_status_change=now if earned else stored.last_status_change,
            )
            self._store.write_agent(tenant, written)
        for one in tallies:
            if one.campaign in self._store.campaigns and (one.tenant, one.key) in self._store.agents:
                self._store.tallies[one.campaign, one.tenant, one.key] = one.tally

    async def free_agents(self, kept: Collection[tuple[TenantId, str]]) -> None:
        for (tenant, _), agent in list(self._store.agents.items()):
            busy = agent.state in (AgentState.RESERVED, AgentState.IN_CALL)
            if busy and (tenant, agent.extension) not in kept:
                self._store.write_agent(tenant, replace(agent, state=AgentState.WAITING))


def _has_a_number(one: StoredContact, open: Mapping[str, OpenRange]) -> bool:
    """Whether a number qualifies its member: it is open, and its type, if it has one, is within hours with attempts left."""
    for number in one.numbers:
        hours = open.get(number.type) if number.type else None
        if number.open and (
            not number.type
            or hours is not None
            and (number.range_id != hours.id or number.range_attempts < hours.attempts)
        ):
            return True
    return False


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
