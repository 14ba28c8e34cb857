"""What one look at a campaign came to, and what there is to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from uuid import UUID

from outdial.core.calendar import Calendar
from outdial.core.call import Way
from outdial.core.campaign import Campaign
from outdial.core.ids import AttemptId, CampaignId, ScriptId, TenantId
from outdial.core.pacing import Decision
from outdial.core.script.nodes import Script
from outdial.core.trunk import Route, Trunk, way_out
from outdial.ports import Counters

ROUND_SECONDS = 1.0
"""A running campaign is looked at this often when nothing wakes the dialler."""
LOOK_AHEAD = 50
"""Due contacts read beyond those that can be called, so that one who must wait does not hold up the next."""
LARGEST_ROUND = 400


class Reason(StrEnum):
    """Why a running campaign places no call at the moment."""

    DIALLING = "dialling"
    SWITCH_AWAY = "the switch is away"
    NO_LINES = "it has no lines of its own"
    LINES_BUSY = "all its lines are busy"
    RATE = "its calls per second are used up"
    TRUNK_BUSY = "the trunk's lines or calls per second are used up"
    NO_GATEWAY = "no gateway of its own takes the numbers due, or has a free line"
    NO_SCRIPT = "nothing is there to be played"
    NOBODY_DUE = "nobody is due yet"
    RESULTS = "the results of its last calls are waited for"
    EXPIRED = "its time is over"
    OUTSIDE_HOURS = "outside its calling hours"
    NO_CALENDAR = "its calendar does not exist"
    NOBODY_FREE = "nobody is free at the extension or queue that it connects to"
    NO_AGENT = "no agent is available"
    ENOUGH = "as many calls are in progress as its pacing wants"
    ON_THE_LINE = "the numbers due are on the line already"
    FAULT = "a fault of outdial's own: its log says more"


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at a campaign came to: why it stopped, and felt seconds until another look can change that."""

    reason: Reason
    again_in: float = ROUND_SECONDS
    idle: bool = False
    """Nobody is due: the campaign may be over."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """A campaign that is dialled, as somebody who watches it sees it."""

    campaign: Campaign
    reason: Reason | None
    """None: it has not been looked at yet."""
    calls: int
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Plans:
    """What there is to dial, as last read. A reservation checks again that its campaign still runs."""

    campaigns: Sequence[Campaign]
    scripts: Mapping[ScriptId, tuple[int, Script]]
    routes: Mapping[TenantId, Sequence[Route]]
    read_at: float
    """The event loop's time."""
    trunks: Mapping[TenantId, Mapping[str, Trunk]] = field(default_factory=dict)
    calendars: Mapping[CampaignId, Calendar] = field(default_factory=dict)
    counters: Mapping[CampaignId, Counters] = field(default_factory=dict)

    def script_of(self, campaign: Campaign) -> tuple[int, Script] | None:
        """The version and the form of what a campaign plays; None: it names nothing that exists."""
        id = campaign.settings.script
        return None if id is None else self.scripts.get(id)


def fresh_attempt(chance: Random) -> AttemptId:
    """An id that no other attempt has."""
    return AttemptId(str(UUID(int=chance.getrandbits(128), version=4)))


def ways_outside(campaign: Campaign, script: Script, routes: Sequence[Route]) -> Mapping[str, Way]:
    """How the outside numbers that a script transfers to are rung; one that no route matches is left out."""
    settings = campaign.settings
    found = {number: way_out(routes, settings.dial_prefix + number) for number in script.outside_numbers}
    return {
        number: Way(way.trunk.name, way.dial_string, settings.caller or way.caller)
        for number, way in found.items()
        if way is not None
    }
