"""A campaign: what to dial, how fast, and what happens on answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from outdial.core.calendar import ALWAYS, Window
from outdial.core.ids import CampaignId, ScriptId, TenantId
from outdial.core.members import MemberRules
from outdial.core.retry import RetryRule


class CampaignState(StrEnum):
    """Whether a campaign dials. Every change between them is allowed; a campaign with nobody left closes itself."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSettings:
    """What a caller decides about a campaign."""

    name: str | None
    state: CampaignState
    script: ScriptId | None
    """What is played on answer; None: the script that was asked for does not exist."""
    lines: int
    """Calls at once; 0 or less: it never dials."""
    calls_per_second: float
    """New calls a second; 0 or less: no limit of its own."""
    dial_prefix: str = ""
    ring_seconds: float = 45.0
    retry: RetryRule = field(default_factory=RetryRule)
    window: Window = ALWAYS
    """When contacts may be called, in each contact's own time."""
    time_zone: str = "UTC"
    """The IANA name of the zone of contacts that have no offset of their own."""
    caller: str = ""
    """The number shown to those called; empty: that of the route."""
    members: MemberRules | None = None
    """The rules of a campaign whose contacts have several numbers; None: they have one each."""
    calendar: str = ""
    """The key of the calendar that the campaign keeps to; empty: none but its window."""
    ends_at: datetime | None = None
    """From this moment on nobody is called, and who was not reached is done (UTC); None: no end."""
    record: bool = False
    """Whether what a callee and whom they are joined with say to each other is kept; a campaign of members has that in its
    rules."""
    wire: Mapping[str, Any] = field(default_factory=dict)
    """What the caller's own dialect has to give back as it came, and the house has no use for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A stored campaign. `number` and `key` are the ids that its dialect and its caller know it by."""

    id: CampaignId
    tenant: TenantId
    dialect: str
    number: int
    key: str
    settings: CampaignSettings
    variables: Mapping[str, str] = field(default_factory=dict)
    """What its script may say besides what each contact has; only known of campaigns that are dialled."""
