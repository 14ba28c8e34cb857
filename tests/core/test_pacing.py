"""How many calls are placed ahead of agents, and that none goes beyond lines, rate, members or what was promised."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.pacing import (
    FixedRatio,
    Ground,
    PredictiveParameters,
    Progressive,
    Situation,
    WebitelPredictive,
    fixed_ratio,
    progressive,
    webitel_predictive,
)

FREELY = PredictiveParameters(max_percent=math.inf)
"""The formula alone, without the brake."""


def floor(available=0, logged_in=0, calls=0, bridged=0, abandoned=0, **more):
    known = {"lines": 999, "active": 0, "members_due": 999, "answered": bridged + abandoned, **more}
    return Situation(
        agents_available=available,
        agents_logged_in=logged_in,
        calls=calls,
        bridged=bridged,
        abandoned=abandoned,
        **known,
    )


# -------------------------------------------------------------------------------------------------- predictive


@pytest.mark.parametrize(
    ("counters", "cap", "adjust", "target"),
    [
        ((4, 10, 300, 100, 6), 1000, 221, 16),
        ((4, 10, 300, 100, 0), 1000, 1000, 37),
        ((4, 10, 300, 100, 0), 1500, 1500, 51),
        ((4, 10, 300, 100, 9), 1000, 6, 11),
        ((4, 10, 300, 100, 12), 1000, 0, 10),
        ((5, 5, 150, 50, 0), 1000, 150, 10),
        ((10, 20, 1000, 400, 25), 1000, 35, 23),
    ],
)
def test_the_formula(counters, cap, adjust, target):
    decision = webitel_predictive(floor(*counters), replace(FREELY, cap=cap), 0)
    assert (decision.adjust, decision.target, decision.launch) == (adjust, target, target)


@pytest.mark.parametrize(("cap", "target"), [(1000, 8), (1500, 12)])
def test_for_a_single_agent_only_one_call_is_placed_whatever_the_target(cap, target):
    decision = webitel_predictive(floor(1, 1, 300, 100, 0), replace(FREELY, cap=cap), 0)
    assert (decision.target, decision.launch) == (target, 1)


def test_until_there_were_enough_talks_there_is_one_call_for_each_agent():
    decision = webitel_predictive(floor(3, 8, 50, 9, 0), FREELY, 0)
    assert (decision.target, decision.launch, decision.adjust) == (8, 8, 0)
    assert webitel_predictive(floor(3, 8, 50, 10, 0), FREELY, 0).target > 8


@pytest.mark.parametrize(
    ("abandoned_percent", "adjust"),
    [(1.5, 1400), (1.75, 557), (2.0, 221), (2.25, 88), (2.5, 35), (2.75, 14), (3.0, 6), (3.5, 1), (3.75, 0), (9.0, 0)],
)
def test_how_far_the_formula_is_believed(abandoned_percent, adjust):
    seen = floor(4, 10, 10_000, 3000, round(abandoned_percent * 100))
    assert webitel_predictive(seen, replace(FREELY, cap=1500), 0).adjust == adjust
    assert webitel_predictive(seen, FREELY, 0).adjust == min(adjust, 1000)


def test_until_there_were_enough_calls_the_stored_adjustment_counts():
    assert webitel_predictive(floor(4, 10, 200, 100, 50), FREELY, 0).adjust == 150
    assert webitel_predictive(floor(4, 10, 200, 100, 50), FREELY, 70).adjust == 70
    assert webitel_predictive(floor(4, 10, 201, 100, 50), FREELY, 70).adjust == 0


def test_two_agents_are_dialled_for_by_whichever_is_more():
    ahead = webitel_predictive(floor(2, 4, 300, 100, 0), FREELY, 0)
    assert ahead.launch == ahead.target > 4
    assert webitel_predictive(floor(2, 4, 300, 100, 12), FREELY, 0).launch == 4


def test_calls_in_progress_are_part_of_the_target():
    assert webitel_predictive(floor(4, 10, 300, 100, 6, active=9), FREELY, 0).launch == 7
    assert webitel_predictive(floor(4, 10, 300, 100, 6, active=16), FREELY, 0).launch == 0
    assert webitel_predictive(floor(4, 10, 300, 100, 6, active=30), FREELY, 0).launch == 0


@pytest.mark.parametrize(
    ("limits", "launch", "ground", "reason"),
    [
        ({}, 16, Ground.WANTED, None),
        ({"lines": 12}, 12, Ground.LIMITED, None),
        ({"members_due": 3}, 3, Ground.LIMITED, None),
        ({"tokens": 2}, 2, Ground.LIMITED, None),
        ({"lines": 0}, 0, Ground.NO_LINE, "no line is free"),
        ({"members_due": 0}, 0, Ground.NO_MEMBER, "no member is due"),
        ({"tokens": 0}, 0, Ground.RATE, "the rate allows no call yet"),
        ({"active": 16}, 0, Ground.ENOUGH, "16 of 16 calls are in progress"),
    ],
)
def test_lines_members_and_rate_limit_what_is_placed_but_not_the_target(limits, launch, ground, reason):
    decision = webitel_predictive(floor(4, 10, 300, 100, 6, **limits), FREELY, 0)
    assert (decision.launch, decision.target, decision.ground) == (launch, 16, ground)
    assert reason is None or decision.reason == reason


def test_without_an_available_agent_nothing_is_placed_and_nothing_is_forgotten():
    decision = webitel_predictive(floor(0, 10, 300, 100, 6), FREELY, 77)
    assert (decision.launch, decision.target, decision.adjust) == (0, 10, 77)


def one_by_one(seen, parameters, stored):
    """Webitel's own way: place one call, look again."""
    placed = 0
    while webitel_predictive(seen, parameters, stored).launch > 0:
        placed += 1
        seen = replace(seen, active=seen.active + 1, members_due=seen.members_due - 1)
        if seen.tokens is not None:
            seen = replace(seen, tokens=seen.tokens - 1)
    return placed


SMALL = st.integers(0, 12)
PARAMETERS = st.builds(
    PredictiveParameters,
    st.integers(0, 1000),
    st.floats(0, 100),
    st.floats(0, 100) | st.just(math.inf),
    st.integers(0, 20),
    st.integers(0, 300),
    st.sampled_from([1000, 1500]),
)
SITUATIONS = st.builds(
    lambda available, busy, **more: Situation(agents_available=available, agents_logged_in=available + busy, **more),
    SMALL,
    SMALL,
    lines=st.integers(0, 40),
    active=st.integers(0, 40),
    members_due=st.integers(0, 40),
    waiting_callees=SMALL,
    calls=st.integers(0, 500),
    answered=st.integers(0, 300),
    bridged=st.integers(0, 200),
    abandoned=st.integers(0, 100),
    tokens=st.none() | st.integers(0, 20),
)


@given(SITUATIONS, PARAMETERS, st.integers(0, 1000))
def test_one_decision_places_what_one_call_at_a_time_would(seen, parameters, stored):
    assert webitel_predictive(seen, parameters, stored).launch == one_by_one(seen, parameters, stored)


@given(SITUATIONS, PARAMETERS, st.integers(0, 1000), st.booleans(), st.floats(0, 5))
def test_no_pacer_goes_beyond_lines_rate_and_members(seen, parameters, stored, braked, ratio):
    for decision in (
        webitel_predictive(seen, parameters, stored, braked),
        progressive(seen),
        fixed_ratio(seen, ratio),
    ):
        assert 0 <= decision.launch <= seen.members_due
        assert decision.launch == 0 or decision.launch + seen.active <= seen.lines
        assert seen.tokens is None or decision.launch <= seen.tokens
        assert decision.launch == 0 or seen.agents_available > 0
        assert decision.reason
        assert (decision.launch > 0) == (decision.ground in (Ground.WANTED, Ground.LIMITED, Ground.ONE_EACH))


@given(SITUATIONS, PARAMETERS, st.integers(0, 1000), st.booleans())
def test_the_adjustment_stays_within_its_cap_and_the_target_covers_busy_agents(seen, parameters, stored, braked):
    decision = webitel_predictive(seen, parameters, stored, braked)
    assert 0 <= decision.adjust <= max(parameters.cap, parameters.adjust, stored)
    assert decision.target >= seen.agents_logged_in


# --------------------------------------------------------------------------------------------------- the brake

BRAKING = PredictiveParameters(target_percent=2.5, max_percent=3.0)


def answered(count, abandoned):
    """Few attempts are abandoned, so that the formula alone would dial far ahead."""
    return floor(4, 10, 100 * count, count - abandoned, abandoned)


def test_too_many_abandoned_of_those_who_answered_stop_dialling_ahead():
    assert webitel_predictive(answered(1000, 29), BRAKING, 0).launch > 10
    braked = webitel_predictive(answered(1000, 30), BRAKING, 0)
    assert (braked.launch, braked.target, braked.braked) == (10, 10, True)
    assert (braked.ground, "3.0 %" in braked.reason) == (Ground.ONE_EACH, True)


def test_until_they_are_below_the_target_again():
    between = answered(1000, 27)
    assert not webitel_predictive(between, BRAKING, 0).braked
    still = webitel_predictive(between, BRAKING, 0, braked=True)
    assert (still.target, still.braked) == (10, True)
    assert webitel_predictive(answered(1000, 25), BRAKING, 0, braked=True).braked
    free = webitel_predictive(answered(1000, 24), BRAKING, 0, braked=True)
    assert not free.braked
    assert free.target > 10


def test_where_nobody_may_be_abandoned_the_first_one_is_too_many():
    strict = PredictiveParameters(target_percent=0.0, max_percent=0.0)
    assert not webitel_predictive(answered(1000, 0), strict, 0, braked=True).braked
    assert webitel_predictive(answered(1000, 1), strict, 0).braked


@given(SITUATIONS, PARAMETERS, st.integers(0, 1000), st.booleans())
def test_a_braked_campaign_has_no_more_calls_than_agents(seen, parameters, stored, braked):
    decision = webitel_predictive(seen, parameters, stored, braked)
    assert not decision.braked or decision.target == seen.agents_logged_in
    assert not decision.braked or decision.launch == 0 or decision.launch + seen.active <= seen.agents_logged_in


# -------------------------------------------------------------------------------------------- one for each agent


def test_progressive_rings_one_callee_for_each_available_agent():
    assert progressive(floor(3, 5, active=2)).launch == 3
    assert progressive(floor(3, 5, active=4)).launch == 1
    assert progressive(floor(3, 5, active=5)).launch == 0
    assert progressive(floor(0, 5)).launch == 0
    assert progressive(floor(3, 5, lines=2)).launch == 2
    assert progressive(floor(3, 5, members_due=1)).launch == 1


@given(SITUATIONS)
def test_progressive_never_has_more_calls_than_agents(seen):
    decision = progressive(seen)
    assert decision.launch <= seen.agents_available
    assert decision.launch == 0 or decision.launch + seen.active <= seen.agents_logged_in


@pytest.mark.parametrize(("ratio", "target"), [(1.0, 10), (1.5, 12), (1.7, 12), (2.0, 14), (0.5, 10)])
def test_a_fixed_ratio_dials_so_many_for_each_available_agent(ratio, target):
    assert fixed_ratio(floor(4, 10), ratio).target == target
    assert fixed_ratio(floor(4, 10, active=6), ratio).launch == target - 6


def test_nobody_is_dialled_for_an_agent_whom_a_callee_waits_for():
    assert fixed_ratio(floor(4, 4, waiting_callees=1, active=1), 2.0).launch == 6
    assert fixed_ratio(floor(4, 4, waiting_callees=4, active=4), 2.0).launch == 0


@given(SITUATIONS, st.floats(0, 1e6))
def test_pacers_decide_as_their_formulas_do(seen, now):
    assert Progressive().decide(seen, now) == progressive(seen)
    assert FixedRatio(2.0).decide(seen, now) == fixed_ratio(seen, 2.0)
    predictive = WebitelPredictive(BRAKING, 70, True)
    assert predictive.decide(seen, now) == webitel_predictive(seen, BRAKING, 70, True)
