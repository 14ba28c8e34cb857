"""What ends a member, what brings it another attempt and when, and what is given back to it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outdial.core.causes import CauseLists
from outdial.core.number import Number, NumberStrategy, NumberType, Range, begun, choose, open_ranges
from outdial.core.retry import INTERRUPTED_REST_SECONDS
from outdial.core.settlement import (
    Ended,
    Member,
    MemberRule,
    Report,
    Settlement,
    barred,
    crashed,
    expired,
    given_up,
    not_dialled,
    reported,
    result_overdue,
    revived,
    settle,
    terminated,
)

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
INTERVAL, REST = timedelta(seconds=180), timedelta(seconds=INTERRUPTED_REST_SECONDS)
TYPES = (NumberType("1", "Personal", (Range(0, 1440, 2, 10),)),)
NOON = open_ranges(TYPES, datetime(2026, 1, 15, 12, 0, tzinfo=ZoneInfo("Europe/Moscow")))

BROADCAST = MemberRule(max_attempts=3, interval_seconds=180.0, min_talk_seconds=10.0)
AGENTS = replace(BROADCAST, needs_agent=True)
RESULTS = replace(AGENTS, result_seconds=60.0)


def in_call(attempts=1, numbers=2, position=0, kind="1"):
    """A member whose attempt at one of its numbers is reserved; earlier attempts are another day's."""
    listed = tuple(Number(index, f"790{index}", kind) for index in range(numbers))
    listed = begun(listed, position, NOON, NOW - timedelta(minutes=1), by_number=False)
    return Member(attempts, 0, listed)


def ended(cause="NORMAL_CLEARING", position=0, answered=False, joined=False, agent=None, talk=0.0, terminated=False):
    took_part = joined if agent is None else agent
    return Ended(cause, position, answered or joined, joined, took_part, talk, terminated)


def goes_on(settlement, *, due, attempts, given_back=False):
    assert (settlement.end_cause, settlement.succeeded) == ("", False)
    assert settlement.due_at == due
    assert (settlement.member.attempts, settlement.given_back) == (attempts, given_back)
    assert any(number.open for number in settlement.member.numbers)


def finished(settlement, end_cause, *, succeeded=False):
    assert (settlement.end_cause, settlement.succeeded) == (end_cause, succeeded)
    assert (settlement.due_at, settlement.result_until, settlement.given_back) == (None, None, False)
    assert not any(number.open for number in settlement.member.numbers)


# ------------------------------------------------------------------------------------------- the end of a call


def test_a_broadcast_that_was_heard_long_enough_is_a_success():
    after = settle(BROADCAST, in_call(), ended(answered=True, talk=10.0), NOW)
    finished(after, "NORMAL_CLEARING", succeeded=True)
    assert after.cause == "NORMAL_CLEARING"
    assert after.member.successes == 1
    assert after.member.numbers[0].last_call_at == NOW


def test_a_broadcast_that_was_cut_short_is_tried_again():
    after = settle(BROADCAST, in_call(), ended(answered=True, talk=9.9), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=1)
    finished(settle(BROADCAST, in_call(3), ended(answered=True, talk=9.9), NOW), "MAX_TRY_COUNT")


def test_a_talk_with_an_agent_is_a_success():
    finished(settle(AGENTS, in_call(), ended(joined=True, talk=10.0), NOW), "NORMAL_CLEARING", succeeded=True)


def test_several_successes_may_be_needed():
    twice = replace(BROADCAST, successes_needed=2)
    after = settle(twice, in_call(), ended(answered=True, talk=60.0), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=1)
    assert after.member.successes == 1
    second = replace(in_call(2), successes=1)
    finished(settle(twice, second, ended(answered=True, talk=60.0), NOW), "NORMAL_CLEARING", succeeded=True)
    finished(settle(twice, in_call(3), ended(answered=True, talk=60.0), NOW), "MAX_TRY_COUNT")


@pytest.mark.parametrize("rule", [AGENTS, RESULTS], ids=["without results", "with results"])
def test_who_was_abandoned_is_finished(rule):
    after = settle(rule, in_call(), ended("LOSE_RACE", answered=True), NOW)
    finished(after, "ABANDONED")
    assert after.cause == "ABANDONED"


@pytest.mark.parametrize("rule", [AGENTS, RESULTS], ids=["without results", "with results"])
def test_unless_the_abandoned_are_called_again(rule):
    after = settle(replace(rule, retry_abandoned=True), in_call(), ended("LOSE_RACE", answered=True), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=1)
    assert after.cause == "ABANDONED"
    assert after.result_until is None
    last = settle(replace(rule, retry_abandoned=True), in_call(3), ended("LOSE_RACE", answered=True), NOW)
    finished(last, "MAX_TRY_COUNT")


def test_the_result_of_a_talk_is_waited_for_even_after_the_last_attempt():
    after = settle(RESULTS, in_call(3), ended(joined=True, talk=0.0), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=3)
    assert after.result_until == NOW + timedelta(seconds=60)


def test_so_is_that_of_a_call_which_only_the_agent_answered():
    after = settle(RESULTS, in_call(), ended("UNALLOCATED_NUMBER", agent=True), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=1)
    assert after.result_until == NOW + timedelta(seconds=60)


def test_no_result_is_waited_for_without_an_agent_or_in_a_broadcast():
    assert settle(RESULTS, in_call(), ended("USER_BUSY"), NOW).result_until is None
    speaking = replace(BROADCAST, result_seconds=60.0)
    finished(settle(speaking, in_call(), ended(answered=True, talk=20.0), NOW), "NORMAL_CLEARING", succeeded=True)


@pytest.mark.parametrize("rule", [BROADCAST, AGENTS, RESULTS])
@pytest.mark.parametrize("cause", ["RECOVERY_ON_TIMER_EXPIRE", "NORMAL_TEMPORARY_FAILURE"])
def test_a_trunks_hiccup_costs_no_attempt(rule, cause):
    after = settle(rule, in_call(3), ended(cause), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=2, given_back=True)
    assert [(n.attempts, n.range_attempts, n.last_call_at) for n in after.member.numbers] == [(0, 0, None)] * 2


@pytest.mark.parametrize("rule", [BROADCAST, AGENTS, RESULTS])
@pytest.mark.parametrize("cause", ["USER_BUSY", "NO_ANSWER", "NORMAL_UNSPECIFIED", "ORIGINATOR_CANCEL", "INTERWORKING"])
def test_other_causes_cost_an_attempt_whether_they_are_listed_or_not(rule, cause):
    after = settle(rule, in_call(2), ended(cause), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=2)
    assert after.cause == cause
    assert after.member.numbers[0].last_call_at == NOW
    assert all(number.open for number in after.member.numbers)
    finished(settle(rule, in_call(3), ended(cause), NOW), "MAX_TRY_COUNT")


def test_no_attempts_are_one_attempt():
    finished(settle(replace(BROADCAST, max_attempts=0), in_call(1), ended("USER_BUSY"), NOW), "MAX_TRY_COUNT")


def test_a_wrong_number_is_shut_and_the_others_go_on():
    after = settle(BROADCAST, in_call(), ended("UNALLOCATED_NUMBER"), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=1)
    assert [number.open for number in after.member.numbers] == [False, True]
    finished(settle(BROADCAST, in_call(3), ended("UNALLOCATED_NUMBER"), NOW), "MAX_TRY_COUNT")


@pytest.mark.parametrize("rule", [BROADCAST, AGENTS, RESULTS])
def test_the_last_wrong_number_ends_its_member_with_its_cause(rule):
    finished(settle(rule, in_call(3, numbers=1), ended("UNALLOCATED_NUMBER"), NOW), "UNALLOCATED_NUMBER")


def test_a_campaigns_own_lists_decide():
    lists = CauseLists.custom(ok=["USER_BUSY"], minus=["NO_ANSWER"], error=["CALL_REJECTED"])
    rule = replace(BROADCAST, causes=lists, min_talk_seconds=0.0)
    finished(settle(rule, in_call(), ended("USER_BUSY"), NOW), "USER_BUSY", succeeded=True)
    goes_on(settle(rule, in_call(), ended("NO_ANSWER"), NOW), due=NOW + INTERVAL, attempts=0, given_back=True)
    # it is in the default list of retries too, which comes first
    goes_on(settle(rule, in_call(), ended("CALL_REJECTED"), NOW), due=NOW + INTERVAL, attempts=1)


def test_whoever_is_taken_out_during_a_call_is_finished_whatever_the_call_was():
    after = settle(RESULTS, in_call(), ended(joined=True, talk=60.0, terminated=True), NOW)
    finished(after, "MANAGER_REQUEST", succeeded=True)
    assert after.cause == "MANAGER_REQUEST"


# --------------------------------------------------------------------------------- what did not come to a call


def test_without_a_route_or_an_agent_the_attempt_is_given_back_and_due_at_once():
    goes_on(not_dialled(AGENTS, in_call(3), 0, NOW), due=NOW, attempts=2, given_back=True)


def test_an_attempt_that_we_gave_up_is_given_back_and_the_callee_has_the_usual_rest():
    rested = NOW + timedelta(seconds=AGENTS.interval_seconds)
    settled = given_up(AGENTS, in_call(3), 0, NOW)
    goes_on(settled, due=rested, attempts=2, given_back=True)
    assert settled.cause == "ORIGINATOR_CANCEL"


def test_a_crash_costs_nothing_unless_somebody_had_answered():
    unanswered = crashed(AGENTS, in_call(2), 0, False, NOW)
    goes_on(unanswered, due=NOW + REST, attempts=1, given_back=True)
    answered = crashed(AGENTS, in_call(2), 0, True, NOW)
    goes_on(answered, due=NOW + REST, attempts=2)
    assert {unanswered.cause, answered.cause} == {"PROCESS_CRASH"}
    finished(crashed(AGENTS, in_call(3), 0, True, NOW), "MAX_TRY_COUNT")
    patient = replace(AGENTS, interval_seconds=7200.0)
    goes_on(crashed(patient, in_call(2), 0, True, NOW), due=NOW + timedelta(hours=2), attempts=2)


@pytest.mark.parametrize("answered", [True, False])
def test_a_strict_crash_finishes(answered):
    finished(crashed(AGENTS, in_call(2), 0, answered, NOW, strict=True), "PROCESS_CRASH")


# ----------------------------------------------------------------------------------------------------- results


def test_a_reported_success_finishes():
    after = reported(RESULTS, in_call(), Report(True, next_number="7999"), NOW)
    finished(after, "NORMAL_CLEARING", succeeded=True)
    assert (after.member.attempts, after.member.successes) == (1, 1)


@pytest.mark.parametrize(
    ("asked", "seconds"), [(3600, 3600), (0, 0), (None, 180), (-1, 180), (math.nan, 180), (0.5, 0.5)]
)
def test_when_an_unsuccessful_member_is_called_again(asked, seconds):
    after = reported(RESULTS, in_call(), Report(False, asked), NOW)
    goes_on(after, due=NOW + timedelta(seconds=seconds), attempts=1)


def test_a_wish_for_the_end_of_time_is_far_away_and_no_error():
    assert reported(RESULTS, in_call(), Report(False, math.inf), NOW).due_at.year > 2100


def test_used_up_attempts_end_a_member_unless_they_are_forgotten():
    finished(reported(RESULTS, in_call(3), Report(False, 3600), NOW), "MAX_TRY_COUNT")
    after = reported(RESULTS, in_call(3), Report(False, reset_retries=True), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=0)
    assert [(number.attempts, number.range_attempts) for number in after.member.numbers] == [(0, 0), (0, 0)]


def test_stopped_numbers_leave_the_others_or_nothing():
    after = reported(RESULTS, in_call(), Report(False, stop=frozenset({"7900"})), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=1)
    assert [number.open for number in after.member.numbers] == [False, True]
    finished(reported(RESULTS, in_call(), Report(False, stop="all"), NOW), "NO_COMMUNICATIONS")
    forgotten = reported(RESULTS, in_call(), Report(False, stop="all", reset_retries=True), NOW)
    finished(forgotten, "NO_COMMUNICATIONS")
    assert not any(number.open for number in revived(forgotten.member).numbers)


@pytest.mark.parametrize("attempts", [1, 3])
@pytest.mark.parametrize("stop", [None, "all"])
def test_a_number_asked_for_keeps_a_member_going(attempts, stop):
    after = reported(RESULTS, in_call(attempts), Report(False, 60, stop, next_number="380910000000"), NOW)
    goes_on(after, due=NOW + timedelta(seconds=60), attempts=attempts)
    chosen = choose(after.member.numbers, TYPES, NOON, NumberStrategy.BY_PRIORITY, lambda number: True)
    assert chosen.raw == "380910000000"


def test_stop_all_but_this_one():
    after = reported(RESULTS, in_call(), Report(False, None, "all", next_number="7901"), NOW)
    goes_on(after, due=NOW + INTERVAL, attempts=1)
    assert [number.raw for number in after.member.numbers if number.open] == ["7901"]


def test_beyond_the_limit_only_the_number_asked_for_is_called_and_only_once():
    after = reported(RESULTS, in_call(3), Report(False, 0, next_number="7999"), NOW).member
    assert [number.raw for number in after.numbers if number.open] == ["7999"]
    calling = Member(4, 0, begun(after.numbers, 2, NOON, NOW, by_number=False))
    finished(settle(RESULTS, calling, ended("USER_BUSY", 2), NOW), "MAX_TRY_COUNT")


def test_a_result_that_stays_out_gives_the_attempt_back_and_keeps_the_due_time():
    waiting = settle(RESULTS, in_call(3), ended(joined=True), NOW)
    later = NOW + timedelta(seconds=61)
    after = result_overdue(RESULTS, waiting.member, 0, later, waiting.due_at)
    goes_on(after, due=NOW + INTERVAL, attempts=2, given_back=True)
    assert [number.first_next for number in after.member.numbers] == [True, False]
    assert [(number.attempts, number.range_attempts) for number in after.member.numbers] == [(0, 0), (0, 0)]


def test_or_it_counts():
    counting = replace(RESULTS, give_back_late_results=False)
    goes_on(result_overdue(counting, in_call(2), 0, NOW, NOW + INTERVAL), due=NOW + INTERVAL, attempts=2)
    finished(result_overdue(counting, in_call(3), 0, NOW, NOW + INTERVAL), "MAX_TRY_COUNT")


# ------------------------------------------------------------------------------------------ out and back again


def test_taken_out_and_expired_members_are_finished():
    finished(terminated(in_call()), "MANAGER_REQUEST", succeeded=True)
    finished(expired(in_call()), "MEMBER_EXPIRED")


def test_a_revived_member_begins_anew():
    done = settle(BROADCAST, in_call(3), ended("USER_BUSY"), NOW).member
    assert revived(done) == Member(0, 0, tuple(Number(index, f"790{index}", "1") for index in range(2)))


# -------------------------------------------------------------------------------------------------------- laws

CAUSES = st.sampled_from(
    ["NORMAL_CLEARING", "USER_BUSY", "UNALLOCATED_NUMBER", "NORMAL_TEMPORARY_FAILURE", "INTERWORKING", "LOSE_RACE"]
)
RULES = st.builds(
    MemberRule,
    max_attempts=st.integers(0, 4),
    interval_seconds=st.floats(0, 1000),
    min_talk_seconds=st.sampled_from([0.0, 10.0]),
    result_seconds=st.sampled_from([None, 60.0]),
    retry_abandoned=st.booleans(),
    by_number=st.booleans(),
    needs_agent=st.booleans(),
    successes_needed=st.integers(1, 2),
    give_back_late_results=st.booleans(),
)
REPORTS = st.builds(
    Report,
    st.sampled_from([False, False, True]),
    st.none() | st.floats(-10, 10000),
    st.sampled_from([None, None, "all", frozenset({"7900"})]),
    st.booleans(),
    st.sampled_from([None, None, "7901", "7999"]),
)
CALLS = st.builds(
    lambda cause, answered, joined, agent, talk: (cause, answered, joined, agent, talk),
    CAUSES,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.0, 60.0]),
)
EVENTS = st.lists(st.tuples(st.sampled_from("ssssnc"), CALLS, st.sampled_from("rro"), REPORTS), max_size=15)


def live(rule, events, seen):
    """A member's life; `seen(before, settlement, wishes)` is shown every settlement, with the member before it began.

    A reset of its attempts begins the counting anew.
    """
    member, wishes = Member(0, 0, tuple(Number(index, f"790{index}", "1" if index else None) for index in range(3))), 0
    for kind, (cause, answered, joined, agent, talk), result, report in events:
        chosen = choose(member.numbers, TYPES, NOON, NumberStrategy.TOP_DOWN, lambda number: True)
        if chosen is None:
            return
        before = member
        numbers = begun(before.numbers, chosen.position, NOON, NOW, by_number=rule.by_number)
        member = Member(before.attempts + 1, before.successes, numbers)
        match kind:
            case "s":
                end = Ended(cause, chosen.position, answered or joined, joined, joined or agent, talk)
                settlement = settle(rule, member, end, NOW)
            case "n":
                settlement = not_dialled(rule, member, chosen.position, NOW)
            case _:
                settlement = crashed(rule, member, chosen.position, answered, NOW)
        seen(before, settlement, wishes)
        if settlement.result_until is not None:
            if result == "r":
                wishes += report.next_number is not None
                settlement = reported(rule, settlement.member, report, NOW)
            else:
                settlement = result_overdue(rule, settlement.member, chosen.position, NOW, settlement.due_at)
            seen(before, settlement, wishes)
        member = settlement.member
        if settlement.end_cause:
            return


@settings(max_examples=300)
@given(RULES, EVENTS)
def test_attempts_never_exceed_the_limit_but_for_numbers_asked_for(rule, events):
    def seen(before, settlement: Settlement, wishes):
        assert 0 <= settlement.member.attempts <= rule.limit + wishes
        going_on = not settlement.end_cause and settlement.result_until is None
        assert not going_on or wishes or settlement.member.attempts < rule.limit

    live(rule, events, seen)


@settings(max_examples=300)
@given(RULES, EVENTS)
def test_a_finished_member_has_no_open_number_and_any_other_has_one_and_a_time(rule, events):
    def seen(before, settlement: Settlement, wishes):
        is_open = any(number.open for number in settlement.member.numbers)
        assert is_open == (settlement.end_cause == "") == (settlement.due_at is not None)
        assert not settlement.succeeded or settlement.end_cause

    live(rule, events, seen)


@settings(max_examples=300)
@given(RULES, EVENTS)
def test_a_refund_is_exact_and_nothing_else_is_one(rule, events):
    def counts(member):
        return member.attempts, [(number.attempts, number.range_attempts) for number in member.numbers]

    def seen(before, settlement: Settlement, wishes):
        assert min(count for pair in counts(settlement.member)[1] for count in pair) >= 0
        if settlement.given_back:
            assert settlement.member.attempts == before.attempts
            assert [n.attempts for n in settlement.member.numbers] == [n.attempts for n in before.numbers]
            # once a number asked for was counted anew, the numbers of its type do not share one count
            assert wishes or counts(settlement.member) == counts(before)

    live(rule, events, seen)


def test_a_number_that_must_not_be_called_is_shut_for_good_and_the_others_go_on():
    two, one = in_call(numbers=2), in_call(numbers=1)
    made = barred(two, {two.numbers[0].digits}, NOW)
    assert [number.open for number in made.member.numbers] == [False, True]
    assert made.member.numbers[0].stopped
    assert made.end_cause == ""
    alone = barred(one, {one.numbers[0].digits}, NOW)
    assert (alone.end_cause, alone.due_at) == ("NO_COMMUNICATIONS", None)
