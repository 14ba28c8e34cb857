"""Dialling ahead by marginal pricing, told as stories: what the pacer hears, and how many calls it launches; and laws that
hold whatever it hears. Expected values come from queueing theory and from the rules about abandoned calls."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.pacing import (
    Abandoned,
    AgentGone,
    AgentIs,
    AgentState,
    Answered,
    Ended,
    Ending,
    Ground,
    Joined,
    Launched,
    MarginalParameters,
    MarginalPricing,
    Ringing,
    Situation,
)

USUAL = MarginalParameters()


class Shift:
    """A floor on which time passes as the story says. Every `period` seconds of its own a call is answered, or not."""

    def __init__(self, agents: int, pacer: MarginalPricing | None = None, answered: int = 3, lines: int = 500) -> None:
        self.pacer = pacer or MarginalPricing(USUAL)
        self.agents, self.lines, self.members = agents, lines, 100_000
        self.one_in = answered
        self.now = 0.0
        self.free = [str(agent) for agent in range(agents)]
        self.flying: dict[str, tuple[float, bool]] = {}
        self.waiting: list[tuple[str, float]] = []
        self.busy: list[tuple[float, str, AgentIs, str]] = []
        self.calls = self.answered = self.abandoned = self.bridged = self.launched = 0
        self.trunk_works = self.told = True
        for agent in self.free:
            self.hear(AgentState(agent, AgentIs.FREE, 0.0))

    def hear(self, event):
        if self.told:
            self.pacer.observe(event)

    @property
    def situation(self) -> Situation:
        talking = sum(state is AgentIs.TALKING for _, _, state, _ in self.busy)
        return Situation(
            lines=self.lines,
            active=len(self.flying) + len(self.waiting) + talking,
            members_due=self.members,
            agents_available=len(self.free),
            agents_logged_in=self.agents,
            waiting_callees=len(self.waiting),
            calls=self.calls,
            answered=self.answered,
            bridged=self.bridged,
            abandoned=self.abandoned,
        )

    def passes(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += 0.5
            self._calls_end()
            self._agents_turn()
            self._join()
            decision = self.pacer.decide(self.situation, self.now)
            for _ in range(decision.launch):
                self._launch()

    def _launch(self):
        call = f"call {self.launched}"
        answers = self.launched % self.one_in == 0
        self.launched += 1
        self.members -= 1
        # Answers come after 8 to 14 s, time-outs after 25; the seventh and the fifth keep no step with the answers.
        after = 8.0 + (self.launched * 7 % 13) / 2.0 if answers else 25.0
        self.flying[call] = (self.now + (after if self.trunk_works else 1.0), answers and self.trunk_works)
        self.hear(Launched(call, self.now))

    def _calls_end(self):
        for call, (at, answers) in list(self.flying.items()):
            if at > self.now:
                continue
            del self.flying[call]
            if answers:
                self.answered += 1
                self.waiting.append((call, self.now))
                self.hear(Answered(call, self.now, True))
            else:
                self.calls += 1
                how = Ending.NO_ANSWER if self.trunk_works else Ending.TRUNK_FAILURE
                self.hear(Ended(call, self.now, how))

    def _agents_turn(self):
        for one in [one for one in self.busy if one[0] <= self.now]:
            self.busy.remove(one)
            _, agent, state, call = one
            if state is AgentIs.TALKING:
                self.calls += 1
                self.busy.append((self.now + 10.0, agent, AgentIs.WRAP_UP, call))
                self.hear(Ended(call, self.now, Ending.OVER))
                self.hear(AgentState(agent, AgentIs.WRAP_UP, self.now))
            else:
                self.free.append(agent)
                self.hear(AgentState(agent, AgentIs.FREE, self.now))

    def _join(self):
        for call, since in list(self.waiting):
            if self.free:
                self.waiting.remove((call, since))
                agent = self.free.pop(0)
                self.bridged += 1
                talk = 30.0 + 15.0 * (self.bridged * 5 % 11)
                self.busy.append((self.now + talk, agent, AgentIs.TALKING, call))
                self.hear(Joined(call, agent, self.now))
            elif self.now - since >= 2.0:
                self.waiting.remove((call, since))
                self.abandoned += 1
                self.calls += 1
                self.hear(Abandoned(call, self.now))

    @property
    def share(self) -> float:
        return 100.0 * self.abandoned / max(1, self.answered)


def floor(available: int, logged_in: int, **more) -> Situation:
    known = {"lines": 999, "active": 0, "members_due": 999, **more}
    return Situation(agents_available=available, agents_logged_in=logged_in, **known)


# ------------------------------------------------------------------------------------------------------ stories


def test_a_new_campaign_has_one_call_for_each_available_agent():
    pacer = MarginalPricing(USUAL)
    decision = pacer.decide(floor(4, 6), 0.0)
    assert (decision.launch, decision.target) == (4, 4)
    assert decision.reason == "one call for each available agent: until there were 10 talks"
    assert decision.ground is Ground.ONE_EACH


def test_what_is_in_flight_already_counts_for_an_agent_heard_of_or_not():
    pacer = MarginalPricing(USUAL)
    pacer.observe(Launched("a", 0.0))
    assert pacer.decide(floor(4, 4, active=1), 0.1).launch == 3
    assert MarginalPricing(USUAL).decide(floor(4, 4, active=3), 0.1).launch == 1


def test_once_it_knows_enough_it_dials_ahead_of_its_agents_and_keeps_the_cap():
    shift = Shift(20)
    shift.passes(3600.0)
    assert shift.share <= 3.0
    busy = shift.bridged * (30.0 + 15.0 * 5.0 + 10.0) / (20 * 3600.0)
    one_each = 115.0 / (115.0 + 11.0 + 2 * 25.0)
    assert busy > one_each


def test_a_decision_right_after_another_launches_nothing():
    pacer = MarginalPricing(USUAL)
    pacer.decide(floor(2, 2), 10.0)
    assert pacer.decide(floor(2, 2), 10.1).launch == 0
    assert pacer.decide(floor(2, 2), 10.3).launch == 2


def test_the_same_moment_asked_twice_gives_the_same_decision():
    pacer = MarginalPricing(USUAL)
    assert pacer.decide(floor(3, 5), 10.0) == pacer.decide(floor(3, 5), 10.0)


def test_an_outage_of_the_trunk_ends_without_a_burst():
    shift = Shift(20)
    shift.passes(1800.0)
    learnt = shift.pacer.decide(shift.situation, shift.now + 0.3).figures.answered_percent
    in_flight = len(shift.flying)
    shift.trunk_works = False
    shift.passes(120.0)
    figures = shift.pacer.decide(shift.situation, shift.now + 0.3).figures
    assert figures.answered_percent == pytest.approx(learnt, rel=0.25)
    before = shift.abandoned
    shift.trunk_works = True
    shift.passes(5.0)
    # Twenty agents wait by now; at one answer in three they are worth some sixty calls, not hundreds.
    assert len(shift.flying) <= max(60, 3 * in_flight)
    shift.passes(300.0)
    assert shift.abandoned - before <= 4
    assert shift.share <= 3.0


def test_when_events_stop_coming_there_is_one_call_for_each_available_agent():
    shift = Shift(10)
    shift.passes(1800.0)
    shift.told = False
    shift.passes(60.0)
    decision = shift.pacer.decide(shift.situation, shift.now + 1.0)
    assert "nothing is heard of the calls in flight" in decision.reason
    assert decision.launch <= len(shift.free)


def test_lost_events_are_survived():
    shift = Shift(20)
    hear, heard = shift.pacer.observe, 0

    def every_tenth_is_lost(event):
        nonlocal heard
        heard += 1
        if heard % 10:
            hear(event)

    shift.pacer.observe = every_tenth_is_lost
    shift.passes(3600.0)
    assert shift.share <= 3.0
    assert shift.bridged > 300


def test_agents_who_log_out_with_calls_in_flight_are_dialled_for_no_more():
    shift = Shift(10)
    shift.passes(1200.0)
    for agent in range(10):
        shift.hear(AgentGone(str(agent), shift.now))
    shift.agents, shift.free = 0, []
    decision = shift.pacer.decide(shift.situation, shift.now + 1.0)
    assert (decision.launch, decision.reason) == (0, "no agent is logged in")


def test_calls_that_do_not_ring_yet_are_cancelled_when_the_last_agent_leaves():
    pacer = MarginalPricing(USUAL)
    for call in ("quiet", "rings", "rings long"):
        pacer.observe(Launched(call, 0.0))
    pacer.observe(Ringing("rings", 4.0))
    pacer.observe(Ringing("rings long", 0.5))
    assert pacer.decide(floor(0, 0, active=3), 16.0).cancel == ("quiet", "rings long")
    assert pacer.decide(floor(1, 1, active=3), 17.0).cancel == ()


def test_of_calls_that_may_ring_unheard_none_is_cancelled():
    pacer = MarginalPricing(USUAL)
    pacer.observe(Launched("quiet", 0.0))
    assert pacer.decide(floor(0, 0, active=1), 16.0).cancel == ()


def test_an_empty_list_launches_nothing_and_says_so():
    shift = Shift(5)
    shift.passes(1200.0)
    shift.members = 0
    launched = shift.launched
    shift.passes(60.0)
    assert shift.launched == launched
    assert shift.pacer.decide(shift.situation, shift.now + 1.0).reason == "no member is due"


def test_over_the_cap_there_is_one_call_for_each_available_agent():
    shift = Shift(10)
    shift.passes(1200.0)
    over = replace(shift.situation, answered=10_000, bridged=9600, abandoned=400)
    decision = shift.pacer.decide(over, shift.now + 1.0)
    assert decision.braked
    assert decision.reason.startswith("one call for each available agent: 4.0 % of answered calls")
    assert decision.launch <= len(shift.free)


def test_what_the_next_hour_makes_good_is_not_braked_however_long_the_campaign_has_been():
    shift = Shift(10)
    shift.passes(1200.0)
    over = replace(shift.situation, answered=1000, bridged=966, abandoned=34)
    assert not shift.pacer.decide(over, shift.now + 1.0).braked


def test_without_a_cap_nothing_is_braked():
    pacer = MarginalPricing(replace(USUAL, max_percent=math.inf))
    assert not pacer.decide(floor(1, 1, answered=10, bridged=1, abandoned=9), 0.0).braked


def test_the_first_hundred_answers_may_have_three_abandoned_calls():
    pacer = MarginalPricing(USUAL)
    assert not pacer.decide(floor(1, 1, answered=20, bridged=17, abandoned=3), 0.0).braked
    assert pacer.decide(floor(1, 1, answered=20, bridged=16, abandoned=4), 1.0).braked


# --------------------------------------------------------------------------------------- what counts as abandoned


def abandoned_after(*events, now: float = 100.0) -> float:
    pacer = MarginalPricing(USUAL)
    for event in events:
        pacer.observe(event)
    return pacer.decide(floor(0, 1), now).figures.abandoned_percent


@pytest.mark.parametrize(
    ("events", "percent"),
    [
        ((Answered("a", 10.0), Joined("a", "1", 11.9)), 0.0),
        ((Answered("a", 10.0), Joined("a", "1", 12.5)), 100.0),
        ((Answered("a", 10.0), Abandoned("a", 11.0)), 100.0),
        ((Answered("a", 10.0), Abandoned("a", 12.5), Abandoned("a", 12.5), Ended("a", 12.6, Ending.OVER)), 100.0),
        ((Answered("a", 10.0), Ended("a", 11.0, Ending.OVER)), 0.0),
        ((Answered("a", 10.0), Ended("a", 13.0, Ending.OVER)), 100.0),
        ((Answered("a", 10.0),), 100.0),
        ((Answered("a", 10.0, None), Answered("a", 14.0, False)), 0.0),
        ((Answered("a", 10.0, None), Answered("a", 14.0, True), Joined("a", "1", 15.0)), 0.0),
        ((Launched("a", 0.0), Ended("a", 10.0, Ending.NO_ANSWER)), 0.0),
        ((Joined("a", "1", 11.0), Answered("a", 10.0)), 0.0),
    ],
)
def test_abandoned_is_a_human_without_an_agent_within_two_seconds(events, percent):
    assert abandoned_after(*events) == percent


# ---------------------------------------------------------------------------------------------- what is learnt


def test_failures_of_the_trunk_and_cancelled_calls_say_nothing_about_answers():
    def learnt(beside: Sequence[Ending]) -> float:
        """One call in four is answered after 10 s, the others end after 20; and calls of other endings are beside them."""
        pacer = MarginalPricing(USUAL)
        for call in range(600):
            at = call * 25.0
            pacer.observe(Launched(f"{call}", at))
            for index, way in enumerate(beside):
                pacer.observe(Launched(f"{call} {index}", at))
                pacer.observe(Ended(f"{call} {index}", at + 0.5, way))
            pacer.decide(floor(0, 1), at + 5.0)
            end = Answered(f"{call}", at + 10.0) if call % 4 == 0 else Ended(f"{call}", at + 20.0, Ending.NO_ANSWER)
            pacer.observe(end)
            figures = pacer.decide(floor(0, 1), at + 22.0).figures
        return figures.answered_percent

    assert learnt(()) == pytest.approx(25.0, abs=2.0)
    assert learnt((Ending.TRUNK_FAILURE, Ending.CANCELLED)) == pytest.approx(25.0, abs=2.0)
    assert learnt((Ending.BUSY,)) == pytest.approx(12.5, abs=2.0)


def test_breaks_after_wrap_up_are_learnt():
    pacer = MarginalPricing(USUAL)
    for talk in range(400):
        at = talk * 100.0
        pacer.observe(Joined(f"{talk}", "1", at))
        pacer.observe(AgentState("1", AgentIs.WRAP_UP, at + 60.0))
        pacer.observe(AgentState("1", AgentIs.AWAY if talk % 5 == 0 else AgentIs.FREE, at + 80.0))
        figures = pacer.decide(floor(0, 1), at + 90.0).figures
    assert figures.break_percent == pytest.approx(20.0, abs=5.0)
    assert figures.talk_seconds == pytest.approx(60.0, rel=0.15)
    assert figures.wrap_up_seconds == pytest.approx(20.0, rel=0.2)


def test_the_share_of_humans_among_answers_is_learnt_and_waited_for():
    pacer = MarginalPricing(USUAL)
    for call in range(600):
        at = call * 4.0
        pacer.observe(Launched(f"{call}", at))
        pacer.observe(Answered(f"{call}", at + 9.0, None))
        pacer.observe(Answered(f"{call}", at + 11.0, call % 2 == 0))
        if call % 2 == 0:
            pacer.observe(Joined(f"{call}", "1", at + 11.0))
        figures = pacer.decide(floor(1, 1), at + 11.5).figures
    assert figures.answered_percent == pytest.approx(50.0, abs=6.0)
    assert figures.answer_seconds == pytest.approx(11.0, abs=1.5)


def test_what_was_learnt_survives_a_restart_as_plain_values():
    shift = Shift(10)
    shift.passes(2400.0)
    stored = json.loads(json.dumps(shift.pacer.learnt()))
    again = MarginalPricing.from_learnt(USUAL, stored)
    assert again.learnt() == stored
    now = again.decide(floor(10, 10), 0.0)
    assert now.launch > 10
    before = shift.pacer.decide(shift.situation, shift.now + 1.0).figures
    assert now.figures.talk_seconds == pytest.approx(before.talk_seconds, rel=0.05)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["format", "experience", "account", "calls", "lived", "ends", "bank", "human"]), inner
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_was_stored_a_pacer_comes_of_it(stored):
    with_format = {**stored, "format": 1} if isinstance(stored, dict) else stored
    for learnt in (stored, with_format):
        decision = MarginalPricing.from_learnt(USUAL, learnt).decide(floor(2, 2), 0.0)
        assert 0 <= decision.launch <= 18


# ------------------------------------------------------------------------------------------------- predictAdjust


def limit_of(adjust: int, answers: int) -> float:
    pacer = MarginalPricing(replace(USUAL, adjust=adjust))
    for call in range(answers):
        pacer.observe(Joined(f"{call}", "1", call * 10.0))
    return pacer.decide(floor(1, 1), answers * 10.0 + 1.0).figures.price_limit_percent


def test_predict_adjust_is_how_bold_the_first_price_is_within_bounds():
    assert limit_of(50, 0) == pytest.approx(limit_of(150, 0) / 3)
    assert limit_of(300, 0) == pytest.approx(2 * limit_of(150, 0))
    assert limit_of(0, 0) == limit_of(50, 0)
    assert limit_of(1000, 0) == limit_of(300, 0)


def test_predict_adjust_is_forgotten_with_the_answers():
    assert limit_of(300, 100) == pytest.approx(math.sqrt(2) * limit_of(150, 100), rel=0.01)


def test_a_target_that_is_not_below_the_cap_is_taken_just_under_it():
    assert MarginalParameters(target_percent=5.0, max_percent=3.0).target == pytest.approx(0.028)
    assert MarginalParameters(target_percent=2.0, max_percent=3.0).target == pytest.approx(0.02)


# ---------------------------------------------------------------------------------------------------------- laws

CALLS = st.sampled_from([f"c{n}" for n in range(8)])
AGENTS = st.sampled_from([f"a{n}" for n in range(5)])
MOMENTS = st.floats(-10.0, 4000.0) | st.sampled_from([math.nan, math.inf, -math.inf, 1e18])
EVENTS = st.one_of(
    st.builds(Launched, CALLS, MOMENTS),
    st.builds(Ringing, CALLS, MOMENTS),
    st.builds(Answered, CALLS, MOMENTS, st.sampled_from([True, False, None])),
    st.builds(Ended, CALLS, MOMENTS, st.sampled_from(list(Ending))),
    st.builds(Joined, CALLS, AGENTS, MOMENTS),
    st.builds(Abandoned, CALLS, MOMENTS),
    st.builds(AgentState, AGENTS, st.sampled_from(list(AgentIs)), MOMENTS),
    st.builds(AgentGone, AGENTS, MOMENTS),
)
SMALL = st.integers(0, 30)
SITUATIONS = st.builds(
    Situation,
    lines=SMALL,
    active=SMALL,
    members_due=SMALL,
    agents_available=SMALL,
    agents_logged_in=SMALL,
    waiting_callees=st.integers(0, 5),
    answered=st.integers(0, 500),
    bridged=st.integers(0, 500),
    abandoned=st.integers(0, 20),
    tokens=st.none() | SMALL,
)
STEPS = st.lists(EVENTS | st.tuples(SITUATIONS, MOMENTS), max_size=60)


def told(steps: Sequence[object], parameters: MarginalParameters):
    pacer = MarginalPricing(parameters)
    for step in steps:
        if isinstance(step, tuple):
            yield step[0], pacer.decide(*step)
        else:
            pacer.observe(step)


@given(STEPS, st.sampled_from([0, 10]))
def test_whatever_is_heard_no_decision_goes_beyond_lines_members_rate_and_agents(steps, start_talks):
    for situation, decision in told(steps, replace(USUAL, start_talks=start_talks)):
        assert 0 <= decision.launch <= max(0, situation.lines - situation.active)
        assert decision.launch <= situation.members_due
        assert situation.tokens is None or decision.launch <= situation.tokens
        assert situation.agents_logged_in > 0 or decision.launch == 0


@given(STEPS, st.sampled_from([0, 10]))
def test_whatever_is_heard_every_figure_is_a_number(steps, start_talks):
    for _, decision in told(steps, replace(USUAL, start_talks=start_talks)):
        if decision.figures is not None:
            figures = decision.figures
            values = [getattr(figures, name) for name in figures.__slots__]
            assert all(math.isfinite(value) and value >= 0.0 for value in values)


@given(STEPS)
def test_until_enough_was_learnt_there_is_at_most_one_call_for_each_available_agent(steps):
    few = [step for step in steps if not isinstance(step, Joined)]
    for situation, decision in told(few, USUAL):
        assert decision.launch <= min(situation.agents_available, situation.agents_logged_in)


@given(STEPS)
def test_over_the_cap_there_is_at_most_one_call_for_each_available_agent(steps):
    for situation, decision in told(steps, replace(USUAL, start_talks=0, max_percent=0.0)):
        if situation.abandoned > 0:
            assert decision.braked or decision.figures is None
            assert decision.launch <= min(situation.agents_available, situation.agents_logged_in)


@given(STEPS, st.sampled_from([0, 10]))
def test_whatever_is_heard_what_was_learnt_can_be_stored(steps, start_talks):
    pacer = MarginalPricing(replace(USUAL, start_talks=start_talks))
    for step in steps:
        if isinstance(step, tuple):
            pacer.decide(*step)
        else:
            pacer.observe(step)
    stored = json.dumps(pacer.learnt(), allow_nan=False)
    assert MarginalPricing.from_learnt(USUAL, json.loads(stored)).learnt() == json.loads(stored)


def test_numbers_from_numpy_do_not_leak_into_decisions():
    shift = Shift(5)
    shift.passes(900.0)
    decision = shift.pacer.decide(shift.situation, shift.now + 1.0)
    assert type(decision.launch) is int
    assert not any(isinstance(getattr(decision.figures, name), np.generic) for name in decision.figures.__slots__)
