"""Pacers by name, and VICIdial's adaptive dialling as its manual describes it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.pacing import (
    DEFAULT_PACER,
    Adapt,
    Adaptive,
    AdaptiveParameters,
    AgentIs,
    AgentState,
    ChoiceParameters,
    FixedRatio,
    Learner,
    Listener,
    MarginalPricing,
    PacerName,
    PredictiveParameters,
    Progressive,
    Situation,
    WebitelPredictive,
    pacer,
    tell,
)


def floor(available: int, logged_in: int, **more) -> Situation:
    return Situation(
        agents_available=available, agents_logged_in=logged_in, **{"lines": 999, "members_due": 999, "active": 0} | more
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("marginal", MarginalPricing),
        ("webitel", WebitelPredictive),
        ("vicidial", Adaptive),
        ("ratio", FixedRatio),
        ("progressive", Progressive),
    ],
)
def test_every_name_has_its_pacer(name, kind):
    made = pacer(PacerName(name), ChoiceParameters())
    assert isinstance(made, kind)
    assert made.decide(floor(2, 3), 0.0).launch >= 2


def test_marginal_pricing_is_the_default():
    assert DEFAULT_PACER is PacerName.MARGINAL


@pytest.mark.parametrize("name", list(PacerName))
def test_what_a_pacer_learnt_is_given_back_to_it(name):
    made = pacer(name, ChoiceParameters())
    made.decide(floor(2, 3), 0.0)
    if isinstance(made, Learner):
        again = pacer(name, ChoiceParameters(), made.learnt())
        assert isinstance(again, Learner)
        assert again.learnt() == made.learnt()


@pytest.mark.parametrize("name", list(PacerName))
def test_events_may_be_told_to_every_pacer(name):
    made = pacer(name, ChoiceParameters())
    tell(made, [AgentState("1", AgentIs.FREE, 0.0)])
    assert isinstance(made, Listener) == (name is PacerName.MARGINAL)


def test_a_campaigns_settings_reach_its_pacer():
    settled = PredictiveParameters(target_percent=1.0, max_percent=2.0, adjust=50, start_bridged=0)
    figures = pacer(PacerName.MARGINAL, ChoiceParameters(predictive=settled)).decide(floor(1, 1), 0.0).figures
    assert (figures.target_percent, figures.cap_percent) == (pytest.approx(1.0), pytest.approx(2.0))


# ------------------------------------------------------------------------------------------------------ vicidial


def waited(made: Adaptive, seconds: int, *seen: Situation) -> float:
    """The level after so many seconds with a decision in each."""
    for second in range(seconds + 1):
        made.decide(seen[second % len(seen)], float(second))
    return made.learnt()["level"]


def test_the_level_grows_by_the_share_of_agents_who_wait():
    assert waited(Adaptive(AdaptiveParameters()), 15, floor(4, 10)) == pytest.approx(1.4)


def test_the_level_falls_by_the_share_of_callees_who_wait_but_not_below_one_line():
    assert waited(Adaptive(AdaptiveParameters(), 2.0), 15, floor(0, 10, waiting_callees=2)) == pytest.approx(1.6)
    assert waited(Adaptive(AdaptiveParameters(), 1.1), 15, floor(0, 10, waiting_callees=5)) == 1.0


def test_the_level_has_a_ceiling():
    assert waited(Adaptive(AdaptiveParameters(most_level=1.2)), 15, floor(10, 10)) == 1.2


def test_intensity_makes_it_bolder_upwards_and_less_so_downwards():
    bold = AdaptiveParameters(intensity=40.0)
    assert waited(Adaptive(bold), 15, floor(5, 10)) == pytest.approx(1.7)
    assert waited(Adaptive(bold, 2.0), 15, floor(0, 10, waiting_callees=5)) == pytest.approx(1.4)


DROPPED = {"calls": 100, "answered": 50, "bridged": 45, "abandoned": 5}


def test_over_its_limit_the_hard_limit_dials_one_line_for_each_agent_at_once():
    hard = Adaptive(AdaptiveParameters(method=Adapt.HARD_LIMIT), 2.5)
    decision = hard.decide(floor(4, 10, active=6, **DROPPED), 0.0)
    assert (decision.target, decision.launch, decision.braked) == (10, 4, True)


def test_over_its_limit_the_average_halves_the_level_each_time_it_looks():
    assert waited(Adaptive(AdaptiveParameters(), 3.0), 15, floor(0, 10, active=10, **DROPPED)) == 1.5


def test_calls_are_the_level_times_the_agents_available_or_talking():
    # Ten agents: four wait, five talk, one is in wrap-up and is not dialled for.
    assert Adaptive(AdaptiveParameters(), 2.0).decide(floor(4, 10, active=5), 0.0).target == 18


@given(
    st.lists(
        st.builds(floor, st.integers(0, 20), st.integers(0, 20), active=st.integers(0, 50), lines=st.integers(0, 50))
    ),
    st.sampled_from(list(Adapt)),
    st.sampled_from([1.0, 20.0, -5.0, math.nan]),
)
def test_whatever_it_sees_it_keeps_to_lines_and_to_agents(seen, method, step):
    made, now = Adaptive(AdaptiveParameters(method=method)), 0.0
    for situation in seen:
        decision = made.decide(situation, now)
        assert 0 <= decision.launch <= max(0, situation.lines - situation.active)
        assert situation.agents_logged_in > 0 or decision.launch == 0
        assert 1.0 <= made.learnt()["level"] <= 3.0
        now += step
