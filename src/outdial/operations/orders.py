"""Campaigns of projects: ordered by a start block, for one day, and handed to whoever dials.

Values that are spoken as sums, dates or numbers are put into words when they are taken in. Long lists are worked on beside
the event loop.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from outdial import ports
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.ids import ScriptId, TenantId
from outdial.core.mailing import worded_slots
from outdial.core.project import Project
from outdial.core.project_campaign import CampaignOrder, Person, distinct
from outdial.core.prompt import worded
from outdial.core.retry import RetryRule
from outdial.operations.caller_numbers import CallerNumbers
from outdial.operations.campaigns import Campaigns
from outdial.operations.means import Means
from outdial.ports import Clock, Speller, StoredStart

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an order stands on, each None where there is none, and the moment at which it was looked up."""

    project: Project | None
    start: StoredStart | None
    """A start block of that project, which its scenario still has."""
    caller: str | None
    """The number to be shown, in digits."""
    now: datetime
    refusal: str = ""
    """Why the start block cannot be ordered although it is there; empty: it can."""


class Orders:
    """The campaigns of a tenant's projects."""

    def __init__(
        self,
        projects: ports.Projects,
        numbers: CallerNumbers,
        campaigns: Campaigns,
        means: Means,
        speller: Speller,
        clock: Clock,
    ) -> None:
        self._means = means
        self._projects = projects
        self._numbers = numbers
        self._campaigns = campaigns
        self._speller = speller
        self._clock = clock

    async def grounds(self, tenant: TenantId, project: int | None, start: int | None, caller: int | None) -> Grounds:
        """What the numbers of a project, a start block and a caller number stand for."""
        found = None if project is None else await self._projects.by_number(tenant, project)
        block = None if start is None else await self._projects.start(tenant, start)
        if block is not None and (block.gone or block.project != project):
            block = None
        shown = None if caller is None else await self._numbers.numbered(tenant, caller)
        lacking = {} if block is None else self._means.lacking([block.start.script])
        return Grounds(found, block, shown, self._clock.now(), next(iter(lacking.values()), ""))

    async def place(self, tenant: TenantId, dialect: str, script: ScriptId, order: CampaignOrder) -> Campaign:
        """Take a campaign on; it dials from its first moment to its last."""
        contacts, names = await asyncio.to_thread(self._contacts, order)
        settings = CampaignSettings(
            name=order.name,
            state=CampaignState.RUNNING,
            script=script,
            lines=order.project.lines,
            calls_per_second=0.0,
            retry=RetryRule(order.attempts, order.interval_seconds),
            window=order.project.hours,
            time_zone=order.project.time_zone,
            caller=order.caller,
            ends_at=order.end_at,
            record=order.project.record,
            wire={"project": order.project.number, "start": order.start.number, "parameters": names},
        )
        campaign, _ = await self._campaigns.save(tenant, dialect, "", None, lambda _: settings, contacts)
        _log.info("campaign.ordered", campaign=campaign.id, people=len(contacts))
        return campaign

    def _contacts(self, order: CampaignOrder) -> tuple[list[NewContact], list[str]]:
        """The contacts, and the names of all variables that they came with."""
        slots = worded_slots(order.start.script)
        names: dict[str, Any] = dict.fromkeys(one.name for one in order.start.parameters)
        contacts = []
        for place, one in enumerate(distinct(order.people), start=1):
            names |= dict.fromkeys(one.variables)
            words = {
                worded(name, kind): self._speller.words(kind, one.variables[name], language)
                for (name, kind), language in slots.items()
                if name in one.variables
            }
            contacts.append(_contact(str(place), one, {**one.variables, **words}, order.start_at))
        return contacts, list(names)


def _contact(key: str, one: Person, variables: dict[str, str], due_at: datetime) -> NewContact:
    return NewContact(key=key, digits=one.digits, due_at=due_at, offset_minutes=one.offset_minutes, variables=variables)
