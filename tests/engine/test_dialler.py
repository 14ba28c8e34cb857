"""The dialler between campaigns: what goes wrong with one is not the others' business."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from engine.agents import TENANT, StandingClock, team
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.ids import CampaignId
from outdial.engine.dialler import Dialler
from outdial.engine.floor import Floor
from outdial.engine.rounds import Plans, Reason, Round
from outdial.ports import NotInCharge, StoreDown, StoreRefused

SETTINGS = CampaignSettings(
    name="c",
    state=CampaignState.RUNNING,
    script=None,
    lines=1,
    calls_per_second=0,
    members=team(1).rules,
)
CAMPAIGN = Campaign(id=CampaignId(1), tenant=TENANT, dialect="webitel", number=1, key="k", settings=SETTINGS)
PLANS = Plans((CAMPAIGN,), {}, {}, 0.0)


class Trouble:
    """A look at a campaign that fails."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    async def dial(self, *asked: Any) -> Round:
        raise self.fault


def look(fault: Exception) -> Round:
    """One look at a campaign in which this happens."""

    async def told() -> Round:
        nothing: Any = None
        looked_at: Any = Trouble(fault)
        clock: Any = StandingClock()
        dialler = Dialler(
            *(nothing, nothing, nothing, Floor(), nothing, looked_at, nothing, clock, asyncio.Event(), Random(1), "")
        )
        async with asyncio.TaskGroup() as group:
            return await dialler._dial_guarded(group, CAMPAIGN, PLANS)

    return asyncio.run(told())


@pytest.mark.parametrize("fault", [StoreRefused("bad regular expression"), ValueError("a fault of ours")])
def test_a_campaign_that_fails_says_so_and_the_others_go_on(fault: Exception) -> None:
    assert look(fault).reason is Reason.FAULT


@pytest.mark.parametrize("fault", [StoreDown("away"), NotInCharge("another one dials")])
def test_what_concerns_all_campaigns_is_not_one_s_own_fault(fault: Exception) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        look(fault)
    assert caught.group_contains(type(fault))
