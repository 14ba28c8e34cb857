"""When an agent is free, what calls and missed offers leave on it, and who is offered the next call."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.agent import (
    Agent,
    AgentRules,
    AgentState,
    AgentStatus,
    AgentStrategy,
    Offer,
    Tally,
    after,
    is_available,
    is_logged_in,
    ordered,
    reserved,
    result_given,
    serves,
    strategy_of,
    tallied,
    with_state,
    with_status,
)

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
SAMPLE = AgentRules(20, 40, 2, 11, 12, 13)
"""Rings 20 s, rests 40 s after a talk, 11 s after busy, 12 s after a rejection, 13 s after no answer; two misses a break."""
MISSED = [Offer.NO_ANSWER, Offer.BUSY, Offer.REJECTED, Offer.UNREACHABLE]


def seconds(count):
    return NOW + timedelta(seconds=count)


def agent(status=AgentStatus.AVAILABLE, state=AgentState.WAITING, **more):
    return Agent("100", "100", status, state, **more)


def on_a_call(**more):
    return reserved(agent(**more), NOW)


# -------------------------------------------------------------------------------------------------------- free


@pytest.mark.parametrize("status", AgentStatus)
@pytest.mark.parametrize("state", AgentState)
def test_who_is_free(status, state):
    works = status in (AgentStatus.AVAILABLE, AgentStatus.ON_DEMAND)
    assert is_available(agent(status, state), NOW) == (works and state is AgentState.WAITING)
    assert is_logged_in(agent(status, state)) == works


def test_nobody_is_free_before_being_ready():
    assert not is_available(agent(ready_at=seconds(1)), NOW)
    assert is_available(agent(ready_at=seconds(1)), seconds(1))


def test_after_a_talk_elsewhere_the_agents_own_wrap_up_time_counts():
    resting = agent(last_bridge_end=NOW, rules=AgentRules(wrap_up_seconds=30), ready_at=seconds(-100))
    assert not is_available(resting, seconds(29))
    assert is_available(resting, seconds(30))


def test_a_reserved_agent_is_offered_nothing_else():
    assert not is_available(on_a_call(), NOW)
    assert on_a_call().last_offered_at == NOW


# ------------------------------------------------------------------------------------------- after an offer


def test_after_a_talk_it_rests_and_its_misses_are_forgotten():
    rested = after(replace(on_a_call(no_answers=1), calls_answered=4), Offer.TALKED, SAMPLE, NOW, 90.0)
    assert (rested.state, rested.ready_at) == (AgentState.WAITING, seconds(40))
    assert (rested.no_answers, rested.calls_answered, rested.talk_seconds) == (0, 5, 90.0)
    assert (rested.last_bridge_start, rested.last_bridge_end) == (seconds(-90), NOW)
    assert not is_available(rested, seconds(39))
    assert is_available(rested, seconds(40))


def test_a_campaign_may_want_a_shorter_rest_than_the_agent():
    rested = after(on_a_call(rules=AgentRules(wrap_up_seconds=100)), Offer.TALKED, SAMPLE, NOW, 90.0)
    assert is_available(rested, seconds(40))


def test_while_a_result_is_waited_for_it_rests_until_then_or_until_just_after_the_result():
    waiting = after(on_a_call(), Offer.TALKED, SAMPLE, NOW, 90.0, hold_until=seconds(60))
    assert waiting.ready_at == seconds(60)
    assert result_given(waiting, seconds(10)).ready_at == seconds(12)
    assert result_given(waiting, seconds(59)).ready_at == seconds(60)
    assert is_available(result_given(waiting, seconds(10)), seconds(12))


def test_a_result_that_comes_during_a_call_changes_nothing():
    talking = on_a_call(ready_at=seconds(50))
    assert result_given(talking, NOW) == talking
    assert result_given(agent(), NOW) == agent()


@pytest.mark.parametrize(
    ("offer", "rest"),
    [(Offer.NO_ANSWER, 13), (Offer.BUSY, 11), (Offer.REJECTED, 12), (Offer.UNREACHABLE, 12)],
)
def test_after_a_missed_offer_it_rests_and_the_second_one_is_a_break(offer, rest):
    once = after(on_a_call(), offer, SAMPLE, NOW)
    assert (once.status, once.state) == (AgentStatus.AVAILABLE, AgentState.WAITING)
    assert (once.no_answers, once.ready_at) == (1, seconds(rest))
    twice = after(reserved(once, seconds(60)), offer, SAMPLE, seconds(70))
    assert (twice.status, twice.state) == (AgentStatus.ON_BREAK, AgentState.WAITING)
    assert twice.last_status_change == seconds(70)


def test_without_a_limit_misses_are_no_break():
    missing = on_a_call(no_answers=99)
    assert after(missing, Offer.NO_ANSWER, AgentRules(), NOW).status is AgentStatus.AVAILABLE


def test_a_cancelled_offer_is_nobodys_fault():
    cancelled = after(on_a_call(no_answers=1), Offer.CANCELLED, SAMPLE, NOW)
    assert cancelled.no_answers == 1
    assert is_available(cancelled, NOW)


def test_an_agent_on_demand_returns_by_itself():
    idle = after(on_a_call(status=AgentStatus.ON_DEMAND), Offer.TALKED, AgentRules(), NOW, 5.0)
    assert idle.state is AgentState.IDLE
    assert not is_available(idle, seconds(10_000))
    assert is_available(with_state(idle, AgentState.WAITING), NOW)
    assert is_available(with_status(idle, AgentStatus.ON_DEMAND, NOW), NOW)


def test_an_agent_that_left_during_a_call_stays_away():
    leaving = with_status(on_a_call(), AgentStatus.LOGGED_OUT, NOW)
    assert leaving.state is AgentState.RESERVED
    gone = after(leaving, Offer.NO_ANSWER, replace(SAMPLE, most_no_answers=1), seconds(9))
    assert (gone.status, gone.state) == (AgentStatus.LOGGED_OUT, AgentState.WAITING)


def test_back_from_the_break_misses_are_forgotten():
    back = with_status(agent(AgentStatus.ON_BREAK, no_answers=2), AgentStatus.AVAILABLE, NOW)
    assert (back.no_answers, back.last_status_change) == (0, NOW)
    assert is_available(back, NOW)


RULES = st.builds(
    AgentRules,
    st.floats(1, 100),
    st.floats(0, 1000),
    st.integers(0, 3),
    st.floats(0, 1000),
    st.floats(0, 1000),
    st.floats(0, 1000),
)
OFFERS = st.lists(st.sampled_from(Offer), min_size=1, max_size=8)


@given(RULES, RULES, OFFERS)
def test_who_keeps_its_status_is_free_again_in_time_and_too_many_misses_are_a_break(own, rules, offers):
    one, now = agent(rules=own), NOW
    for offer in offers:
        one = after(reserved(one, now), offer, rules, now, 10.0)
        if rules.most_no_answers and one.no_answers >= rules.most_no_answers:
            assert one.status is AgentStatus.ON_BREAK
            return
        assert one.status is AgentStatus.AVAILABLE
        now += timedelta(seconds=1000)
        assert is_available(one, now)


# ------------------------------------------------------------------------------------------------------- rules


def test_a_campaign_overrides_what_it_gives():
    own = AgentRules(wrap_up_seconds=10, most_no_answers=5)
    params = {"ring_seconds": 20, "wrap_up_seconds": None, "busy_delay_seconds": math.nan, "most_no_answers": 2.0}
    assert AgentRules.over(own, params) == AgentRules(ring_seconds=20, wrap_up_seconds=10, most_no_answers=2)
    assert AgentRules.over(own, {}) == own
    assert AgentRules.over(own, {"wrap_up_seconds": 0}).wrap_up_seconds == 0
    assert AgentRules.over(own, {"wrap_up_seconds": -5}).wrap_up_seconds == 0


# ------------------------------------------------------------------------------------------------------- order

TALLIES = {
    "new": Tally(),
    "old": Tally(9, 1, 8, 900.0, 90.0, 10.0, 500.0, 0.0, seconds(-10)),
    "few": Tally(2, 0, 2, 950.0, 20.0, 10.0, 100.0, 0.0, seconds(-300)),
    "lazy": Tally(5, 4, 1, 10.0, 100.0, 5.0, 5000.0, 0.0, seconds(-900)),
}
TEAM = [(Agent(key, key, AgentStatus.AVAILABLE, AgentState.WAITING), tally) for key, tally in TALLIES.items()]


def test_utilisation_counts_talking_ringing_and_resting():
    shares = {
        "a": Tally(1, talk_seconds=60.0, idle_seconds=40.0),
        "b": Tally(1, ringing_seconds=55.0, idle_seconds=45.0),
        "c": Tally(1, wrap_seconds=50.0, idle_seconds=50.0),
        "d": Tally(1, talk_seconds=20.0, ringing_seconds=15.0, wrap_seconds=10.0, idle_seconds=55.0),
        "e": Tally(1),
    }
    team = [(replace(agent(), key=key), tally) for key, tally in shares.items()]
    order = ordered(team, AgentStrategy.LEAST_UTILISATION, nobody_draws)
    assert [one.key for one in order] == ["e", "d", "c", "b", "a"]


def nobody_draws():
    raise AssertionError("only the random strategy draws")


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        (AgentStrategy.FEWEST_CALLS, ["new", "few", "lazy", "old"]),
        (AgentStrategy.LEAST_TALK_TIME, ["new", "lazy", "old", "few"]),
        (AgentStrategy.LONGEST_IDLE, ["new", "lazy", "old", "few"]),
        (AgentStrategy.LEAST_UTILISATION, ["new", "lazy", "old", "few"]),
        (AgentStrategy.HIGHEST_WAITING_TIME, ["new", "lazy", "few", "old"]),
    ],
)
def test_who_comes_first(strategy, order):
    assert [one.key for one in ordered(TEAM, strategy, nobody_draws)] == order
    assert [one.key for one in ordered(TEAM[::-1], strategy, nobody_draws)] == order


@given(st.sampled_from(AgentStrategy), st.lists(st.floats(0, 1, exclude_max=True), min_size=4, max_size=4))
def test_everybody_comes_once_and_the_same_draw_gives_the_same_order(strategy, drawn):
    first = ordered(TEAM, strategy, iter(drawn).__next__)
    assert sorted(one.key for one in first) == sorted(TALLIES)
    assert first == ordered(TEAM[::-1], strategy, iter(drawn).__next__)


def test_chance_reaches_every_order():
    team = TEAM[:3]
    draws = [(a / 6, b / 6) for a in range(6) for b in range(6)]
    orders = {tuple(one.key for one in ordered(team, AgentStrategy.RANDOM, iter(pair).__next__)) for pair in draws}
    assert len(orders) == 6


@pytest.mark.parametrize(
    ("text", "strategy"),
    [
        ("random", AgentStrategy.RANDOM),
        ("longest_idle_agent", AgentStrategy.LONGEST_IDLE),
        ("longest-idle-agent", AgentStrategy.LONGEST_IDLE),
        ("agent-with-fewest-calls", AgentStrategy.FEWEST_CALLS),
        ("with_fewest_calls", AgentStrategy.FEWEST_CALLS),
        ("agent-with-least-talk-time", AgentStrategy.LEAST_TALK_TIME),
        ("agent_with_least_talk_time", AgentStrategy.LEAST_TALK_TIME),
        ("with_least_utilization", AgentStrategy.LEAST_UTILISATION),
        ("with_highest_waiting_time", AgentStrategy.HIGHEST_WAITING_TIME),
        ("top-down", AgentStrategy.FEWEST_CALLS),
        ("", AgentStrategy.FEWEST_CALLS),
        (None, AgentStrategy.FEWEST_CALLS),
        ("whatever", AgentStrategy.FEWEST_CALLS),
    ],
)
def test_spellings_of_strategies(text, strategy):
    assert strategy_of(text) is strategy


def test_agents_serve_by_name_or_by_a_skill():
    speaking = agent(skills=frozenset({"english"}))
    assert serves(speaking, ["100"], [])
    assert serves(speaking, ["200"], ["german", "english"])
    assert not serves(speaking, ["200"], ["german"])
    assert not serves(agent(), [], [])


def test_a_tally_counts_offers_misses_and_talks():
    tally = tallied(Tally(), Offer.TALKED, NOW, ringing_seconds=5.0, talk_seconds=60.0, wrap_seconds=10.0)
    assert tally == Tally(1, 0, 1, 60.0, 5.0, 10.0, last_offered_at=NOW)
    tally = tallied(tally, Offer.NO_ANSWER, seconds(100), ringing_seconds=20.0, wrap_seconds=10.0)
    assert tally == Tally(2, 1, 1, 60.0, 25.0, 10.0, last_offered_at=seconds(100))
    assert tallied(tally, Offer.CANCELLED, seconds(200)).missed == 1
