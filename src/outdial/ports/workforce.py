"""Agents, and the calendars that they and campaigns keep to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from outdial.core.agent import Agent
from outdial.core.calendar import Calendar
from outdial.core.ids import CampaignId, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRecord:
    """A stored calendar. `key` is the id that its caller and campaigns know it by."""

    key: str
    name: str
    calendar: Calendar
    wire: Mapping[str, Any] = field(default_factory=dict)
    """What the dialect has to give back as it came; empty: it was not made by one."""


class Calendars(Protocol):
    """Calendars of a tenant."""

    async def all(self, tenant: TenantId, offset: int, limit: int) -> list[CalendarRecord]:
        """Calendars in the order in which they were made."""

    async def by_key(self, tenant: TenantId, key: str) -> CalendarRecord | None:
        """The calendar of that key."""

    async def add(self, tenant: TenantId, record: CalendarRecord) -> None:
        """Keep a new calendar. Raises `KeyTaken`."""

    async def replace(self, tenant: TenantId, record: CalendarRecord) -> bool:
        """Put a calendar in the place of the one of its key; whether there was one."""

    async def remove(self, tenant: TenantId, key: str) -> bool:
        """Forget a calendar; whether there was one. Campaigns go on naming it."""

    async def users_of(self, tenant: TenantId, key: str) -> list[CampaignId]:
        """Running campaigns that name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """A stored agent and what people call it."""

    name: str
    agent: Agent


class Agents(Protocol):
    """Agents of a tenant."""

    async def all(self, tenant: TenantId) -> list[AgentRecord]:
        """Every agent, in the order in which they were made."""

    async def by_key(self, tenant: TenantId, key: str) -> AgentRecord | None:
        """The agent of that key."""

    async def declare(self, tenant: TenantId, key: str, change: Callable[[Agent], Agent]) -> AgentRecord | None:
        """Keep status, state, missed offers in a row and the time of the last change as `change` makes them, and nothing
        else of the agent; None when there is none. Nobody else changes it meanwhile."""
