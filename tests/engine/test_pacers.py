"""Pacers in the engine: they hear what happens, decide, and keep what they learnt."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.agents import StandingClock, team
from outdial.core.ids import CampaignId
from outdial.core.members import MemberRules
from outdial.core.pacing import Situation
from outdial.core.pacing.choices import PacerName
from outdial.core.pacing.events import AgentIs, Answered, Ended, Ending, Joined, Launched
from outdial.engine.metrics import DECISIONS, PACING
from outdial.engine.pacers import SAVE_SECONDS, Pacers

CAMPAIGN = CampaignId(1)
RULES = team(1, "100", "101").rules


class Store:
    """Where pacers keep what they learnt."""

    def __init__(self) -> None:
        self.kept: dict[CampaignId, Mapping[str, Any]] = {}

    async def learnt(self, campaign: CampaignId) -> Mapping[str, Any]:
        return self.kept.get(campaign, {})

    async def learn(self, campaign: CampaignId, learnt: Mapping[str, Any]) -> None:
        self.kept[campaign] = learnt


def situation(available: int, logged_in: int = 2, **more: int) -> Situation:
    """A campaign with so many agents and all the lines that it wants."""
    return Situation(lines=50, active=0, members_due=50, agents_available=available, agents_logged_in=logged_in, **more)


def pacers(store: Store, clock: StandingClock) -> Pacers:
    return Pacers(store, clock)  # type: ignore[arg-type]


async def decided(of: Pacers, rules: MemberRules, available: int) -> int:
    """How many calls are to be placed."""
    doing = {str(100 + place): AgentIs.FREE for place in range(available)}
    return (await of.decide(CAMPAIGN, rules, situation(available), doing, 0)).launch


def test_a_campaign_begins_with_one_call_for_each_agent() -> None:
    async def story() -> None:
        desk = pacers(Store(), StandingClock())
        assert await decided(desk, RULES, 2) == 2
        assert desk.decision(CAMPAIGN) is not None
        assert await decided(pacers(Store(), StandingClock()), RULES, 0) == 0

    asyncio.run(story())


def test_the_pacer_is_the_one_that_the_campaign_chose_and_follows_a_change() -> None:
    async def story() -> None:
        clock = StandingClock()
        desk = pacers(Store(), clock)
        assert await decided(desk, replace(RULES, pacer=PacerName.RATIO, ratio=3.0), 2) == 6
        clock.pass_by(5)
        assert await decided(desk, replace(RULES, pacer=PacerName.PROGRESSIVE), 2) == 2
        clock.pass_by(5)
        assert await decided(desk, replace(RULES, pacer=PacerName.WEBITEL), 1) == 2

    asyncio.run(story())


def test_a_pacer_that_decided_a_moment_ago_rests_until_the_campaign_chooses_another() -> None:
    async def story() -> None:
        clock = StandingClock()
        desk = pacers(Store(), clock)
        assert not desk.rests(CAMPAIGN, RULES)
        await decided(desk, RULES, 2)
        clock.pass_by(0.1)
        assert desk.rests(CAMPAIGN, RULES)
        assert not desk.rests(CAMPAIGN, replace(RULES, pacer=PacerName.PROGRESSIVE))
        clock.pass_by(0.2)
        assert not desk.rests(CAMPAIGN, RULES)
        ratio = replace(RULES, pacer=PacerName.RATIO)
        await decided(desk, ratio, 2)
        clock.pass_by(0.1)
        assert not desk.rests(CAMPAIGN, ratio)

    asyncio.run(story())


def shown() -> dict[str, float]:
    """What metrics say of the campaign, by figure."""
    samples = (sample for metric in PACING.collect() for sample in metric.samples)
    return {one.labels["figure"]: one.value for one in samples if one.labels["campaign"] == str(CAMPAIGN)}


def counted() -> dict[str, float]:
    """The decisions about the campaign that metrics have counted, by ground."""
    samples = [sample for metric in DECISIONS.collect() for sample in metric.samples if sample.name.endswith("_total")]
    return {one.labels["ground"]: one.value for one in samples if one.labels["campaign"] == str(CAMPAIGN)}


def test_metrics_count_decisions_by_their_ground_for_as_long_as_the_campaign_runs() -> None:
    async def story() -> None:
        clock = StandingClock()
        desk = pacers(Store(), clock)
        for available in (2, 2, 0):
            clock.pass_by(5)
            logged_in = 2 if available else 0
            await desk.decide(CAMPAIGN, RULES, situation(available, logged_in), {}, 0)
        assert counted() == {"one_each": 2, "no_agent": 1}
        await desk.keep_only(set())
        assert counted() == {}

    asyncio.run(story())


def test_metrics_show_what_is_seen_and_decided_and_of_a_pacer_with_a_forecast_its_grounds() -> None:
    async def story() -> None:
        clock = StandingClock()
        desk = pacers(Store(), clock)
        await decided(desk, RULES, 2)
        first = shown()
        assert (first["launch"], first["target"], first["cap_percent"], first["price_percent"]) == (2, 2, 3, 0)
        clock.pass_by(0.1)
        await decided(desk, RULES, 2)  # too soon: nothing is launched, and the grounds are those of before
        assert shown() == first | {"launch": 0, "target": 0}
        clock.pass_by(5)
        lost = situation(1, answered=100, abandoned=2)
        ratio = replace(RULES, pacer=PacerName.RATIO, ratio=3.0)
        made = await desk.decide(CAMPAIGN, ratio, lost, {"100": AgentIs.FREE}, 0)
        assert shown() == {"launch": made.launch, "target": made.target, "braked": 0, "abandoned_percent": 2}
        await desk.keep_only(set())
        assert shown() == {}

    asyncio.run(story())


def test_what_was_learnt_survives_a_restart() -> None:
    async def story() -> None:
        store, clock = Store(), StandingClock()
        desk = pacers(store, clock)
        await decided(desk, RULES, 2)
        for call in range(40):
            for event in (
                Launched(str(call), clock.monotonic()),
                Answered(str(call), clock.monotonic() + 4),
                Joined(str(call), "100", clock.monotonic() + 5),
                Ended(str(call), clock.monotonic() + 65, Ending.OVER),
            ):
                desk.observe(CAMPAIGN, event)
            clock.pass_by(80)
            await decided(desk, RULES, 2)
        assert clock.monotonic() > SAVE_SECONDS
        first = desk.decision(CAMPAIGN)
        await desk.save_all()
        again = pacers(store, clock)
        await decided(again, RULES, 2)
        second = again.decision(CAMPAIGN)
        assert first is not None
        assert second is not None
        assert first.figures is not None
        assert second.figures is not None
        assert second.figures.calls_learnt == first.figures.calls_learnt > 0
        assert abs(second.figures.talk_seconds - first.figures.talk_seconds) < 5

    asyncio.run(story())


def test_a_campaign_that_ends_is_kept_and_forgotten() -> None:
    async def story() -> None:
        store = Store()
        desk = pacers(store, StandingClock())
        await decided(desk, RULES, 2)
        await desk.keep_only(set())
        assert desk.decision(CAMPAIGN) is None
        assert store.kept[CAMPAIGN]
        desk.observe(CAMPAIGN, Launched("late", 1.0))

    asyncio.run(story())
