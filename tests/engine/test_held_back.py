"""Why a campaign of members places no call, said by what its pacer decided."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from engine.agents import TENANT, StandingClock, team
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.ids import CampaignId
from outdial.core.pacing import Decision, Ground, Situation
from outdial.engine.floor import Floor
from outdial.engine.member_dialler import MemberDialler
from outdial.engine.rounds import Reason, Round

SETTINGS = CampaignSettings(
    name="c", state=CampaignState.RUNNING, script=None, lines=4, calls_per_second=2, members=team(1).rules
)
CAMPAIGN = Campaign(id=CampaignId(1), tenant=TENANT, dialect="webitel", number=1, key="k", settings=SETTINGS)


def held_back(ground: Ground, *, lines: int = 4, active: int = 0, available: int = 0) -> Round:
    """What is said of a campaign whose pacer placed nothing."""
    nothing: Any = None
    clock: Any = StandingClock()
    floor = Floor()
    floor.campaign_rate(CAMPAIGN, clock.monotonic())
    dialler = MemberDialler(*(nothing, nothing, floor, nothing, nothing, nothing, clock, Random(1), ""))
    situation = Situation(
        lines=lines, active=active, members_due=9, agents_available=available, agents_logged_in=5, tokens=0
    )
    return dialler._held_back(CAMPAIGN, situation, Decision(0, 5, 0, ground, "why"))


@pytest.mark.parametrize(
    ("ground", "more", "reason"),
    [
        (Ground.PRICE, {"lines": 0}, Reason.NO_LINES),
        (Ground.NO_AGENT, {"active": 4}, Reason.NO_AGENT),
        (Ground.ONE_EACH, {}, Reason.NO_AGENT),
        (Ground.ONE_EACH, {"available": 2}, Reason.ENOUGH),
        # All agents are busy, and calls are placed ahead of them all the same: what holds it back is the price.
        (Ground.PRICE, {}, Reason.ENOUGH),
        (Ground.PRICE, {"active": 4}, Reason.LINES_BUSY),
        (Ground.NO_LINE, {"active": 4}, Reason.LINES_BUSY),
        (Ground.ENOUGH, {}, Reason.ENOUGH),
    ],
)
def test_the_ground_of_the_decision_is_what_is_said(ground: Ground, more: dict[str, int], reason: Reason) -> None:
    assert held_back(ground, **more).reason is reason


def test_a_rate_says_when_it_allows_the_next_call() -> None:
    waits = held_back(Ground.RATE)
    assert waits.reason is Reason.RATE
    assert 0 <= waits.again_in <= 0.5
