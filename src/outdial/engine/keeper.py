"""Looks after members while nobody calls them: results that came during a call or stay out, and time that has run out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import structlog

from outdial.core.calendar import Calendar, Opening, opening
from outdial.core.campaign import Campaign
from outdial.core.ids import CampaignId, ContactId
from outdial.core.members import MemberRules
from outdial.core.number import over_today
from outdial.core.settlement import Settlement, expired, reported, result_overdue
from outdial.engine import metrics
from outdial.engine.desk import Desk
from outdial.ports import Clock, MemberDialling, ResultDue, StoreDown

ROUND_SECONDS = 1.0
EXPIRY_SECONDS = 5.0
"""How often it is looked for members whose time is over."""
PAGE = 500
BY_ITSELF = "system"
"""Who ended a member when nobody did."""

_log = structlog.get_logger(__name__)

Running = Callable[[], Sequence[tuple[Campaign, Calendar | None]]]
"""Campaigns that run, with their calendars."""


class Keeper:
    """Settles members between calls. Only the process in charge has one. `changed` is told that members are due again."""

    def __init__(
        self, members: MemberDialling, desk: Desk, clock: Clock, running: Running, changed: Callable[[], None]
    ) -> None:
        self._members = members
        self._desk = desk
        self._clock = clock
        self._running = running
        self._changed = changed
        self._expiry_at: float | None = None

    async def run(self) -> None:
        """Look again from time to time, for ever."""
        while True:
            await self._clock.sleep(ROUND_SECONDS)
            self._clock.hold()
            try:
                await self.look()
            except StoreDown as trouble:
                _log.warning("keeper.store_down", reason=str(trouble))
                metrics.FAULTS.labels("store").inc()
            finally:
                self._clock.release()

    async def look(self) -> None:
        """One look at everything."""
        await self._results()
        now = self._clock.monotonic()
        if self._expiry_at is None or now >= self._expiry_at:
            self._expiry_at = now + EXPIRY_SECONDS
            await self._expire()
            for campaign, calendar in self._running():
                rules = campaign.settings.members
                if rules is not None and rules.one_day and calendar is not None:
                    await self._expire_of_the_day(campaign.id, rules, calendar)

    async def _results(self) -> None:
        while due := await self._members.results_due(self._clock.now(), PAGE):
            told = {one.contact: _settled(one, self._clock) for one in due if one.report is not None}
            late = {one.contact: _settled(one, self._clock) for one in due if one.report is None}
            done = await self._members.settle(told, "callback", "", awaited=True)
            done |= await self._members.settle(late, "callback", BY_ITSELF, awaited=True)
            for one in due:
                if one.report is not None and one.agent:
                    self._desk.result_given(one.tenant, one.agent)
            _log.info("results.settled", reported=len(told), overdue=len(late))
            self._changed()
            if len(due) < PAGE or not done:
                return

    async def _expire(self) -> None:
        while over := await self._members.expired(self._clock.now(), PAGE):
            done = await self._members.settle(
                {id: expired(member) for id, member in over.items()}, "expire", BY_ITSELF, awaited=False
            )
            _log.info("members.expired", members=len(done))
            if len(over) < PAGE or not done:
                return

    async def _expire_of_the_day(self, campaign: CampaignId, rules: MemberRules, calendar: Calendar) -> None:
        now = self._clock.now()
        if opening(calendar, now) is not Opening.OPEN:
            return
        local = now.astimezone(ZoneInfo(calendar.time_zone))
        after = ContactId(0)
        while page := await self._members.waiting(campaign, after, PAGE):
            over: dict[ContactId, Settlement] = {
                id: expired(member) for id, member in page.items() if over_today(member.numbers, rules.types, local)
            }
            await self._members.settle(over, "expire", BY_ITSELF, awaited=False)
            after = max(page)
            if len(page) < PAGE:
                return


def _settled(due: ResultDue, clock: Clock) -> Settlement:
    now = clock.now()
    if due.report is not None:
        return reported(due.rules.rule, due.standing, due.report, now)
    return result_overdue(due.rules.rule, due.standing, due.position, now, due.due_at)
