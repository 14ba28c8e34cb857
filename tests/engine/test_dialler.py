"""The dialler between campaigns: what goes wrong with one is not the others' business."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from engine.agents import START, TENANT, StandingClock, team
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import ContactState, Due, NewContact
from outdial.core.ids import CampaignId, ContactId
from outdial.drivers.memory.dialling import MemoryDialling
from outdial.drivers.memory.store import MemoryStore
from outdial.drivers.virtual_time import VirtualClock
from outdial.engine.dialler import Dialler, _may_be_called
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


ENDING = replace(CAMPAIGN, settings=replace(SETTINGS, members=None, ends_at=START + timedelta(hours=1)))


def test_a_campaign_whose_time_is_over_dials_nobody_and_closes_itself() -> None:
    async def told() -> None:
        store = MemoryStore(VirtualClock(START))
        dialling = MemoryDialling(store)
        assert await dialling.take_charge()
        store.put_campaign(ENDING)
        later = START + timedelta(days=2)
        store.add_contacts(ENDING.id, [NewContact(key=str(at), digits="79000000000", due_at=later) for at in range(3)])
        nothing: Any = None
        clock: Any = StandingClock()
        dialler = Dialler(
            *(dialling, nothing, nothing, Floor(), nothing, nothing, nothing, clock, asyncio.Event(), Random(1), "")
        )
        plans = Plans((ENDING,), {}, {TENANT: ()}, 0.0)
        async with asyncio.TaskGroup() as group:
            before = await dialler._dial_guarded(group, ENDING, plans)
            assert {one.state for one in store.contacts.values()} == {ContactState.WAITING}
            clock.pass_by(3600)
            over, after = [await dialler._dial_guarded(group, ENDING, plans) for _ in range(2)]
        assert (before.reason, over.reason, after) == (
            Reason.NOBODY_DUE,
            Reason.EXPIRED,
            Round(Reason.NOBODY_DUE, idle=True),
        )
        assert {one.state for one in store.contacts.values()} == {ContactState.DONE}
        assert await dialling.close_finished([ENDING.id]) == [ENDING.id]

    asyncio.run(told())


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (3599, True), (3600, False)])
def test_the_last_look_before_a_call_knows_the_end_of_the_campaign(seconds: int, may: bool) -> None:
    due = Due(contact=ContactId(1), digits="7", variables={}, attempts_made=0)
    assert _may_be_called(ENDING, due, START + timedelta(seconds=seconds)) is may
