"""Members of campaigns: brought in, changed, asked about, told about by whoever knows how a call went, and taken out.

Whoever dials hears of a change by the fact announced after it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

import structlog

from outdial import ports
from outdial.core import settlement
from outdial.core.campaign import Campaign
from outdial.core.documents import EVERYTHING, Condition, Drop, Keep, Search, Stage
from outdial.core.errors import OutdialError
from outdial.core.facts import CampaignChanged
from outdial.core.member import Change, NewMember, Reported, Rewritten, Said, Settled, StoredMember, TooLate
from outdial.core.settlement import Report, Settlement
from outdial.ports import Bus, Clock

BY_REPORT, BY_MANAGER = "callback", "terminate"
"""Why a member is over, when no call's end made it so."""
_PLACES = 1 << 24
_log = structlog.get_logger(__name__)


class InCall(OutdialError):
    """Somebody is calling this member; it can be changed when the call is over."""

    code = "in_call"


class Over(OutdialError):
    """The member is over, in a call, or waits for a result."""

    code = "over"


class Heard(Enum):
    """What became of a reported result."""

    NOBODY = "nobody"
    """There is no such member."""
    TAKEN = "taken"
    NOT_WANTED = "not wanted"
    """No result of this member is waited for."""


@dataclass(frozen=True, slots=True)
class _Word:
    """What is said of a member, and by whom."""

    report: Report
    said: Said


def keys_for(count: int, now: datetime) -> list[str]:
    """Fresh keys of 24 hex digits in ascending order: the second, ten digits of chance, and the place in the list."""
    head = f"{int(now.timestamp()) & 0xFFFFFFFF:08x}{secrets.token_hex(5)}"
    first = secrets.randbelow(max(1, _PLACES - count))
    return [f"{head}{first + place:06x}" for place in range(count)]


class Members:
    """The members of campaigns."""

    def __init__(self, store: ports.Members, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock

    async def add(
        self, campaign: Campaign, make: Callable[[Sequence[str]], Sequence[NewMember]], count: int
    ) -> list[str]:
        """Add so many members, all or none, and give their keys. `make` is given a key for each, in their order."""
        keys = keys_for(count, self._clock.now())
        await self._store.add(campaign.id, campaign.tenant, await asyncio.to_thread(make, keys))
        _log.info("members.added", campaign=campaign.id, count=count)
        await self._announce(campaign)
        return keys

    async def document(self, campaign: Campaign, key: str) -> dict[str, Any] | None:
        """One member."""
        return await self._store.document(campaign.id, key)

    async def documents(self, campaign: Campaign, keys: Sequence[str]) -> list[dict[str, Any]]:
        """The members of these keys, in the order they came."""
        return await self._store.documents(campaign.id, keys)

    async def page(self, campaign: Campaign, search: Search, shape: Keep | Drop | None = None) -> list[dict[str, Any]]:
        """A page of members. Raises `Malformed` for a question that cannot be answered; so do `count`, `aggregate` and
        `remove_all`."""
        return await self._store.page(campaign.id, search, shape)

    async def count(self, campaign: Campaign, condition: Condition = EVERYTHING) -> int:
        """How many members there are of which it is true."""
        return await self._store.count(campaign.id, condition)

    async def aggregate(self, campaign: Campaign, stages: Sequence[Stage]) -> list[Any]:
        """What the stages make of all members."""
        return await self._store.aggregate(campaign.id, stages)

    async def rewrite(self, campaign: Campaign, key: str, change: Callable[[StoredMember], Rewritten]) -> bool:
        """Change a member; whether there is one. Raises `InCall`."""

        def decide(member: StoredMember) -> Change:
            if member.in_call:
                raise InCall("the member is in a call")
            return change(member)

        return await self._changed(campaign, key, decide) is not None

    async def report(self, campaign: Campaign, key: str, report: Report, by: str, data: Any) -> Heard:
        """Take a call's result. During the call it is kept, and settled at the call's end. One that nobody waits for is
        noted with the member and changes nothing. `data` is what the member's log shows."""
        now = self._clock.now()
        word = _Word(report, Said(by=by, at=now, data=data))
        rules = campaign.settings.members
        heard = Heard.NOBODY

        def decide(member: StoredMember) -> Change:
            nonlocal heard
            waits = rules is not None and rules.rule.waits_for_results
            heard = Heard.TAKEN
            if rules is not None and member.result_until is not None and not member.reported:
                settled = settlement.reported(rules.rule, member.standing, word.report, now)
                return Settled(settlement=self._felt(settled, now), reason=BY_REPORT, by=by, said=word.said)
            if waits and member.in_call and not member.reported:
                return Reported(report=word.report, said=word.said)
            heard = Heard.NOT_WANTED
            return TooLate(said=word.said)

        await self._changed(campaign, key, decide)
        return heard

    async def terminate(self, campaign: Campaign, key: str, by: str) -> bool:
        """Take a member out without forgetting it; whether there is one. Raises `Over`."""

        def decide(member: StoredMember) -> Change:
            if member.end_cause or member.in_call or member.result_until is not None:
                raise Over("the member is over, in a call, or waits for a result")
            return Settled(settlement=settlement.terminated(member.standing), reason=BY_MANAGER, by=by)

        return await self._changed(campaign, key, decide) is not None

    async def remove(self, campaign: Campaign, key: str) -> bool:
        """Forget a member that is not in a call; whether there was one."""
        removed = await self._store.remove(campaign.id, key)
        if removed:
            await self._announce(campaign)
        return removed

    async def remove_all(self, campaign: Campaign, condition: Condition) -> int:
        """Forget the members of which it is true and that are not in a call; how many."""
        removed = await self._store.remove_all(campaign.id, condition)
        _log.info("members.removed", campaign=campaign.id, count=removed)
        await self._announce(campaign)
        return removed

    async def revive(self, campaign: Campaign, since: datetime, by: str, *, empty_log: bool) -> int:
        """Begin anew with finished members that were made since a moment, were not reached and may still be called; how
        many. Who did it stands in their logs, which are emptied before if that is wanted."""
        step = f"Reset by {by}"
        revived = await self._store.revive(campaign.id, since, step, self._clock.now(), empty_log=empty_log)
        await self._announce(campaign)
        return revived

    async def dress(self, campaign: Campaign, variables: Mapping[str, str]) -> None:
        """Put a campaign's variables on its open members; their own count before them."""
        await self._store.dress(campaign.id, variables)

    def _felt(self, settled: Settlement, now: datetime) -> Settlement:
        """The same with its wait as callees feel it."""
        if settled.due_at is None:
            return settled
        return replace(settled, due_at=self._clock.after((settled.due_at - now).total_seconds()))

    async def _changed(
        self, campaign: Campaign, key: str, decide: Callable[[StoredMember], Change]
    ) -> StoredMember | None:
        before = await self._store.change(campaign.id, key, decide)
        if before is not None:
            await self._announce(campaign)
        return before

    async def _announce(self, campaign: Campaign) -> None:
        await self._bus.announce(CampaignChanged(campaign.id))
