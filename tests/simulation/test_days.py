"""Days whose figures can be computed by hand, dialled by the production engine in virtual time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outdial.core.agent import AgentStatus
from outdial.core.outcome import Outcome
from outdial.simulation.run import record, words_of
from simulation.studies import EVERYBODY_ANSWERS, made, study


def test_one_agent_s_hour() -> None:
    """The agent's telephone rings for a second, the callee's for another; a minute of talk, ten seconds of wrap-up: 72."""
    day = made()
    # The fifty-first call begins with the last second of the hour and is carried on to its end.
    assert day.attempts in (50, 51)
    assert (day.answered, day.talks, day.reached, day.abandoned) == (day.attempts,) * 3 + (0,)
    assert day.talk_seconds_mean == pytest.approx(60.0, abs=0.01)
    assert day.idle_seconds_mean == pytest.approx(2.0, abs=0.1)
    assert day.utilisation == pytest.approx(70 / 72, abs=0.002)
    assert day.talks_per_agent_hour == pytest.approx(3600 / 72, abs=0.3)
    assert (day.lines_p95, day.lines_most, day.agents_most) == (1, 1, 1)
    # A line is taken for 62 seconds of 72.
    assert day.lines_mean == pytest.approx(62 / 72, abs=0.01)
    assert (day.finished_at, day.left) == (None, 1000 - day.attempts)
    assert [quarter.calls for quarter in day.quarters[:4]] == [13, 12, 13, 12]
    assert all(quarter.utilisation == pytest.approx(70 / 72, abs=0.02) for quarter in day.quarters)


def test_callees_who_are_rung_ahead_wait_for_the_telephone_of_an_agent_only() -> None:
    """The callee rings for a second, and then the agent's telephone: as long in all, but the callee waits for the second."""
    day = made(pacing="webitel")
    assert day.talks == day.answered
    assert day.utilisation == pytest.approx(70 / 72, abs=0.01)


def test_a_list_is_finished_when_its_last_call_is_over() -> None:
    day = made(list=20)
    assert day.finished_at is not None
    # Twenty calls of 62 seconds and nineteen wrap-ups; the dialler looks for the end each second.
    whole = 20 * 62 + 19 * 10
    assert day.finished_at - study().start == pytest.approx(timedelta(seconds=whole), abs=timedelta(seconds=3))
    assert (day.left, day.reached, day.members) == (0, 20, 20)


def test_nobody_who_rings_out_is_reached_and_each_is_tried_as_often_as_wanted() -> None:
    day = made(
        list=10,
        attempts=3,
        interval_minutes=5,
        ring_seconds=20,
        population={**EVERYBODY_ANSWERS, "answered_percent": 0},
    )
    assert (day.attempts, day.answered, day.talks, day.left) == (30, 0, 0, 0)
    assert (day.utilisation, day.abandoned_share, day.idle_seconds_mean, day.worst) == (0.0, 0.0, 0.0, None)


def test_whoever_was_not_in_may_be_in_at_the_next_try() -> None:
    people = {**EVERYBODY_ANSWERS, "answered_percent": 50}
    once = made(list=40, agents=5, ring_seconds=5, population=people)
    often = made(list=40, agents=5, ring_seconds=5, population=people, attempts=8, interval_minutes=1)
    assert once.reached < often.reached
    assert often.reached >= 38


def test_callees_whom_no_agent_takes_are_abandoned() -> None:
    """Ten lines at once, one agent: the formula dials ahead from what the first hours taught, and some wait in vain."""
    day = made(
        list=400,
        agents=3,
        lines=30,
        finish_by="12:00",
        locate_seconds=2,
        least_answers=5,
        pacing={"choice": "webitel", "max_percent": 100, "target_percent": 50, "adjust": 1000, "start_calls": 0},
        population={**EVERYBODY_ANSWERS, "answered_percent": 40, "ring_seconds": 8},
    )
    assert day.abandoned > 0
    assert day.answered == day.talks + day.abandoned
    assert day.worst is not None
    assert day.worst.abandoned_share >= day.abandoned_share
    assert day.lines_most > 3


def test_machines_are_told_from_people_and_are_no_answers() -> None:
    machines = {**EVERYBODY_ANSWERS, "answered_percent": 0, "machines_percent": 100}
    by_ear = made(list=40, agents=2, amd=True, pacing="webitel", population=machines)
    assert by_ear.answered < 12  # one in ten is taken for a person
    unheard = made(list=40, agents=2, pacing="webitel", population=machines)
    assert unheard.answered == 40


def test_agents_come_go_and_have_their_breaks() -> None:
    shifts = [{"from": "09:00", "to": "09:30", "agents": 2}, {"from": "09:15", "to": "10:00", "agents": 1}]
    wanted = study(agents=shifts, breaks=[{"from": "09:20", "to": "09:50", "minutes": 10}])
    (run,) = wanted.runs
    said = [
        (int((word.at - wanted.start).total_seconds() / 60), word.agent, word.status) for word in words_of(wanted, run)
    ]
    assert said == [
        (0, 0, AgentStatus.AVAILABLE),
        (0, 1, AgentStatus.AVAILABLE),
        (15, 2, AgentStatus.AVAILABLE),
        (20, 2, AgentStatus.ON_BREAK),
        (30, 0, AgentStatus.LOGGED_OUT),
        (30, 1, AgentStatus.LOGGED_OUT),
        (30, 2, AgentStatus.AVAILABLE),
    ]
    day = made(agents=shifts, breaks=[{"from": "09:20", "to": "09:50", "minutes": 10}])
    assert (day.agents_most, len(day.quarters)) == (3, 4)
    # Half an hour twice, and 45 minutes less ten; whoever talks at the end of it stays that long.
    assert 95 / 60 <= day.agent_hours <= 100 / 60
    assert [round(quarter.agents) for quarter in day.quarters[:2]] == [2, 2]


def test_calls_are_given_up_when_the_last_agent_goes_home_as_soon_as_the_law_allows() -> None:
    """Nobody answers, so five calls are ringing at half past nine. None is hung up before it has rung for 15 seconds, all
    are before they would ring out, and whoever was called so has lost no attempt by it."""
    people = {**EVERYBODY_ANSWERS, "answered_percent": 0}
    shift = [{"from": "09:00", "to": "09:30", "agents": 5}]
    wanted = study(agents=shift, lines=20, pacing="marginal", ring_seconds=38, population=people)
    (run,) = wanted.runs
    day = record(wanted, run)
    ended = [(one, one.call) for one in day.attempts if one.call is not None and one.ended_at is not None]
    assert len(ended) == len(day.attempts)
    given_up = [one for one, call in ended if call.outcome is Outcome.CANCELLED]
    assert len(given_up) == 5
    for one in given_up:
        assert one.ended_at is not None
        assert one.ended_at >= wanted.start + timedelta(minutes=30)
        assert 15.0 <= (one.ended_at - one.reserved_at).total_seconds() < 20.0
    rung_out = [one for one, call in ended if call.outcome is Outcome.NO_ANSWER]
    assert day.left == 1000 - len(rung_out)


def test_nobody_is_called_outside_the_campaign_s_hours() -> None:
    wanted = study(hours=[{"from": "09:20", "to": "09:40"}])
    (run,) = wanted.runs
    moments = [(one.reserved_at - wanted.start).total_seconds() / 60 for one in record(wanted, run).attempts]
    assert 20 <= min(moments) <= 21
    assert 39 <= max(moments) <= 41


def test_a_rate_and_lines_are_kept_to() -> None:
    slow = made(agents=10, lines=50, calls_per_second=0.1)
    assert slow.attempts <= 362
    narrow = made(agents=10, lines=4)
    assert (narrow.lines_most, narrow.agents_most) == (4, 10)
