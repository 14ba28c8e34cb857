"""Which of a member's numbers may be called, which is called first, and what attempts, refunds and wishes leave on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.number import (
    Number,
    NumberStrategy,
    NumberType,
    OpenRange,
    Range,
    all_closed,
    begun,
    called,
    choose,
    closed,
    given_back,
    may_be_called,
    merged,
    open_ranges,
    over_today,
    qualifies,
    revived,
    stopped,
    uncounted,
    with_next,
)

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
TODAY = datetime(2026, 1, 15, tzinfo=ZoneInfo("Europe/Moscow"))
PERSONAL = NumberType("1", "Personal", (Range(540, 1080, 2, 10),))
HOME = NumberType("2", "Home", (Range(1080, 1260, 1, 5),))
TYPES = (PERSONAL, HOME)
BY_PRIORITY, TOP_DOWN = NumberStrategy.BY_PRIORITY, NumberStrategy.TOP_DOWN


def at(clock):
    hours, minutes = clock.split(":")
    return TODAY.replace(hour=int(hours), minute=int(minutes))


def anywhere(number):
    return True


def first(numbers, clock="12:00", strategy=BY_PRIORITY, types=TYPES, can_leave=anywhere):
    chosen = choose(numbers, types, open_ranges(types, at(clock)), strategy, can_leave)
    return None if chosen is None else chosen.raw


# ------------------------------------------------------------------------------------------------------ ranges


def test_a_range_opens_with_its_start_and_shuts_at_its_end():
    assert set(open_ranges(TYPES, at("08:59"))) == set()
    assert open_ranges(TYPES, at("09:00")) == {"1": OpenRange("1", "15_540_1080", 2, 10)}
    assert set(open_ranges(TYPES, at("17:59"))) == {"1"}
    assert set(open_ranges(TYPES, at("18:00"))) == {"2"}
    assert set(open_ranges(TYPES, at("21:00"))) == set()


def test_of_overlapping_ranges_the_first_with_attempts_is_taken():
    kind = NumberType("1", "", (Range(540, 1080, 0, 9), Range(600, 700, 3, 8), Range(540, 1080, 4, 7)))
    assert open_ranges((kind,), at("10:00"))["1"] == OpenRange("1", "15_600_700", 3, 8)
    assert open_ranges((kind,), at("12:00"))["1"] == OpenRange("1", "15_540_1080", 4, 7)


def test_the_day_of_a_range_is_that_of_the_clock_it_is_read_from():
    late = NumberType("1", "", (Range(0, 120, 1, 1),))
    moscow_night = datetime(2026, 1, 31, 22, 0, tzinfo=UTC).astimezone(ZoneInfo("Europe/Moscow"))
    assert open_ranges((late,), moscow_night)["1"].id == "1_0_120"


def test_attempts_used_up_in_a_range_come_back_the_next_day():
    number = Number(0, "1", "1", range_id="14_540_1080", range_attempts=2)
    assert may_be_called(number, TYPES, open_ranges(TYPES, at("12:00")))
    used_up = replace(number, range_id="15_540_1080")
    assert not may_be_called(used_up, TYPES, open_ranges(TYPES, at("12:00")))


def test_digits_are_all_that_is_dialled():
    assert Number(0, "+38 (091) 123-45-67;ext=٣").digits == "380911234567"


# --------------------------------------------------------------------------------------------------- eligible


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (Number(0, "1", "1"), True),
        (Number(0, "1", None), True),
        (Number(0, "1", ""), True),
        (Number(0, "1", "2"), False),  # its hours come in the evening
        (Number(0, "1", "9"), False),  # no such type
        (Number(0, "1", "1", open=False), False),
    ],
    ids=["in its hours", "untyped", "empty type", "out of its hours", "unknown type", "shut"],
)
def test_what_qualifies_a_member(number, wanted):
    assert qualifies([number], TYPES, open_ranges(TYPES, at("12:00")), anywhere) is wanted


def test_a_member_waits_for_a_free_route():
    numbers = [Number(0, "7911", "1"), Number(1, "7922")]
    now = open_ranges(TYPES, at("12:00"))
    assert not qualifies(numbers, TYPES, now, lambda number: False)
    assert qualifies(numbers, TYPES, now, lambda number: number.raw == "7922")
    assert first(numbers, can_leave=lambda number: number.raw == "7922") == "7922"


def test_a_number_of_an_unknown_type_is_called_after_a_typed_one_and_beside_an_untyped_one():
    assert first([Number(0, "unknown", "9", 50), Number(1, "typed", "1")]) == "typed"
    assert first([Number(0, "unknown", "9", 50), Number(1, "untyped", None, 1)]) == "unknown"


# ----------------------------------------------------------------------------------------------------- choice


def test_the_sample_of_the_documentation():
    numbers = [Number(0, "380911234567", "1", 5), Number(1, "380921234567", None, 1)]
    assert first(numbers) == "380911234567"
    assert first(numbers, "20:00") == "380921234567"  # type 1 is shut, an untyped number never is


MORNING = NumberType("1", "", (Range(0, 1440, 9, 10),))
SPARE = NumberType("2", "", (Range(0, 1440, 9, 5),))


def test_by_priority_stays_with_the_best_type_and_top_down_goes_round():
    best = Number(0, "best", "1", last_call_at=NOW)
    spare = Number(1, "spare", "2")
    assert first([best, spare], types=(MORNING, SPARE)) == "best"
    assert first([best, spare], strategy=TOP_DOWN, types=(MORNING, SPARE)) == "spare"


@pytest.mark.parametrize("strategy", [BY_PRIORITY, TOP_DOWN])
@pytest.mark.parametrize(
    "numbers",
    [
        [Number(0, "b", "1", last_call_at=NOW), Number(1, "a", "1")],
        [Number(0, "b", "1", last_call_at=NOW), Number(1, "a", "1", last_call_at=NOW - timedelta(hours=1))],
        [Number(0, "b", "1"), Number(1, "a", "1", first_next=True)],
        [Number(0, "b", "1", 1), Number(1, "a", "1", 2)],
        [Number(0, "b", "1", attempts=2), Number(1, "a", "1", attempts=1)],
        [Number(0, "b", None, 99), Number(1, "a", "1", last_call_at=NOW)],
        [Number(5, "a", "1"), Number(2, "b", "1")],
        [Number(0, "b", "1", first_next=True), Number(1, "a", None, last_call_at=NOW, wanted_next=True)],
    ],
    ids=[
        "never called",
        "longest uncalled",
        "first next",
        "priority",
        "attempts",
        "typed",
        "list order",
        "wanted",
    ],
)
def test_what_comes_first(numbers, strategy):
    assert first(numbers, strategy=strategy) == "a"


def test_nothing_to_call():
    assert first([]) is None
    assert first([Number(0, "a", "2")]) is None


# --------------------------------------------------------------------------------------- attempts and refunds

PAIR = (Number(0, "a", "1"), Number(1, "b", "1"), Number(2, "c", "2"), Number(3, "d"))
NOON = open_ranges(TYPES, at("12:00"))


def counters(numbers):
    return [(number.attempts, number.range_attempts) for number in numbers]


def test_attempts_in_a_range_are_counted_for_each_number():
    numbers = begun(PAIR, 0, NOON, NOW, by_number=True)
    assert counters(numbers) == [(1, 1), (0, 0), (0, 0), (0, 0)]
    assert numbers[0].last_call_at == NOW
    assert numbers[0].range_id == "15_540_1080"


def test_or_shared_by_all_numbers_of_a_type():
    numbers = begun(PAIR, 0, NOON, NOW, by_number=False)
    assert counters(numbers) == [(1, 1), (0, 1), (0, 0), (0, 0)]
    numbers = begun(numbers, 1, NOON, NOW, by_number=False)
    assert counters(numbers) == [(1, 2), (1, 2), (0, 0), (0, 0)]
    assert first(numbers) == "d"  # both attempts of type 1 are used up


def test_the_first_attempt_of_a_day_counts_from_one():
    yesterday = tuple(replace(number, range_id="14_540_1080", range_attempts=2) for number in PAIR[:2])
    assert [n.range_attempts for n in begun(yesterday, 0, NOON, NOW, by_number=False)] == [1, 1]
    assert [n.range_attempts for n in begun(yesterday, 0, NOON, NOW, by_number=True)] == [1, 2]


@pytest.mark.parametrize("by_number", [True, False])
@pytest.mark.parametrize("position", range(4))
def test_a_refund_undoes_an_attempt(by_number, position):
    before = begun(PAIR, 0, NOON, NOW, by_number=by_number)
    during = begun(before, position, NOON, NOW + timedelta(hours=1), by_number=by_number)
    after = given_back(during, position, by_number=by_number)
    assert counters(after) == counters(before)
    assert after[position].last_call_at is None
    assert not after[position].first_next
    assert given_back(during, position, by_number=by_number, first_next=True)[position].first_next


KINDS = st.sampled_from([None, "1", "2", "9"])
NUMBERS = st.lists(KINDS, min_size=1, max_size=5).map(
    lambda kinds: tuple(Number(index, str(index), kind) for index, kind in enumerate(kinds))
)
STEPS = st.lists(st.tuples(st.integers(0, 99), st.sampled_from(["12:00", "20:00"]), st.booleans()), max_size=12)


@given(NUMBERS, STEPS, st.booleans())
def test_whatever_is_begun_and_given_back_counters_are_exact_and_never_negative(numbers, steps, by_number):
    kept = dict.fromkeys(range(len(numbers)), 0)
    for pick, clock, refund in steps:
        now, position = open_ranges(TYPES, at(clock)), pick % len(numbers)
        reserved = begun(numbers, position, now, NOW, by_number=by_number)
        if refund:
            after = given_back(reserved, position, by_number=by_number)
            assert [may_be_called(n, TYPES, now) for n in after] == [may_be_called(n, TYPES, now) for n in numbers]
        else:
            after, kept[position] = reserved, kept[position] + 1
        numbers = after
        assert {number.position: number.attempts for number in numbers} == kept
        assert all(number.range_attempts >= 0 for number in numbers)


@given(NUMBERS, STEPS, st.booleans(), st.sampled_from(NumberStrategy))
def test_no_range_takes_more_attempts_than_it_has(numbers, steps, by_number, strategy):
    made = {}
    for _, clock, _ in steps:
        now = open_ranges(TYPES, at(clock))
        chosen = choose(numbers, TYPES, now, strategy, anywhere)
        if chosen is None:
            continue
        numbers = begun(numbers, chosen.position, now, NOW, by_number=by_number)
        if chosen.type in now:
            counted = (chosen.position if by_number else chosen.type, clock)
            made[counted] = made.get(counted, 0) + 1
            assert made[counted] <= now[chosen.type].attempts


@given(NUMBERS, st.integers(0, 4), st.booleans())
def test_too_many_refunds_take_nothing_below_zero(numbers, position, by_number):
    position %= len(numbers)
    after = given_back(given_back(numbers, position, by_number=by_number), position, by_number=by_number)
    assert counters(after) == [(0, 0)] * len(numbers)


# -------------------------------------------------------------------------------------------- shut and opened


def test_numbers_are_shut_one_by_one_or_all_at_once():
    assert [number.open for number in closed(PAIR, 1)] == [True, False, True, True]
    assert not any(number.open for number in all_closed(PAIR))
    assert not any(number.stopped for number in all_closed(PAIR))


def test_stopped_numbers_are_meant_by_their_writing_or_their_digits():
    numbers = (Number(0, "+38 092"), Number(1, "38093"), Number(2, "38094"))
    after = stopped(numbers, frozenset({"38092", "38093", "1"}))
    assert [(number.open, number.stopped) for number in after] == [(False, True), (False, True), (True, False)]
    assert all(number.stopped for number in stopped(numbers, "all"))
    assert stopped(numbers, frozenset()) == numbers


def test_a_member_begins_anew_but_its_stopped_numbers_do_not():
    used = tuple(begun(closed(PAIR, 0), 1, NOON, NOW, by_number=False))
    after = revived(stopped(used, {"c"}))
    assert [number.raw for number in after if number.open] == ["a", "b", "d"]
    assert after[0] == PAIR[0]
    assert after[1] == PAIR[1]
    assert after[2].stopped


def test_forgetting_attempts_opens_nothing():
    after = uncounted(closed(begun(PAIR, 0, NOON, NOW, by_number=False), 0))
    assert counters(after) == [(0, 0)] * 4
    assert [number.open for number in after] == [False, True, True, True]


# ------------------------------------------------------------------------------------------- asked for as next


@pytest.mark.parametrize("strategy", [BY_PRIORITY, TOP_DOWN])
def test_a_new_number_is_the_very_next_choice_although_it_has_no_type(strategy):
    numbers = with_next(PAIR, "380910000000")
    assert len(numbers) == 5
    assert numbers[4].position == 4
    assert (numbers[4].priority, numbers[4].type, numbers[4].open) == (100, None, True)
    assert first(numbers, strategy=strategy) == "380910000000"


@pytest.mark.parametrize("strategy", [BY_PRIORITY, TOP_DOWN])
def test_a_known_number_is_opened_and_preferred_instead_of_added(strategy):
    numbers = (Number(0, "+7 911", "1", 9), Number(1, "7922", "1", range_id="15_540_1080", range_attempts=2))
    numbers = stopped(begun(numbers, 1, NOON, NOW, by_number=True), {"7922"})
    after = with_next(numbers, "+7922")
    assert len(after) == 2
    assert first(after, strategy=strategy) == "7922"
    assert first(called(after, 1, NOW), strategy=strategy) == "+7 911"


def test_one_wish_replaces_another():
    numbers = with_next(with_next(PAIR, "b"), "d")
    assert [number.raw for number in numbers if number.wanted_next] == ["d"]


def test_a_wish_outlives_an_attempt_that_was_given_back():
    numbers = with_next(PAIR, "d")
    numbers = given_back(begun(numbers, 3, NOON, NOW, by_number=False), 3, by_number=False)
    assert first(numbers) == "d"


@given(NUMBERS, st.text("0123456789+ ", max_size=4), st.sampled_from(NumberStrategy), st.sets(st.integers(0, 4)))
def test_a_wanted_number_is_called_next_in_the_hours_of_its_type(numbers, raw, strategy, shut):
    for position in shut:
        numbers = closed(numbers, position)
    numbers = with_next(numbers, raw)
    assert len({number.position for number in numbers}) == len(numbers)
    wanted = next(number for number in numbers if number.wanted_next)
    chosen = choose(numbers, TYPES, NOON, strategy, anywhere)
    assert chosen == wanted or not may_be_called(wanted, TYPES, NOON)
    assert wanted.type != "2" or not may_be_called(wanted, TYPES, NOON)


# ----------------------------------------------------------------------------------------------- one day tasks


@pytest.mark.parametrize(
    ("number", "clock", "over"),
    [
        (Number(0, "a", None), "23:59", False),
        (Number(0, "a", "9"), "23:59", False),
        (Number(0, "a", "1"), "08:00", False),
        (Number(0, "a", "1"), "17:59", False),
        (Number(0, "a", "1"), "18:00", True),
        (Number(0, "a", "1", range_id="15_540_1080", range_attempts=2), "12:00", True),
        (Number(0, "a", "1", range_id="15_540_1080", range_attempts=1), "12:00", False),
        (Number(0, "a", "1", range_id="14_540_1080", range_attempts=2), "12:00", False),
        (Number(0, "a", "0"), "12:00", True),
        (Number(0, "a", "3", range_id="15_540_720", range_attempts=1), "10:00", False),
        (Number(0, "a", "3", range_id="15_540_720", range_attempts=1), "13:00", False),
        (Number(0, "a", "3"), "16:00", True),
    ],
    ids=[
        "untyped",
        "unknown type",
        "still to come",
        "open",
        "past",
        "used up",
        "one left",
        "used up yesterday",
        "no attempts at all",
        "used up, a later range comes",
        "between ranges",
        "after all ranges",
    ],
)
def test_when_a_day_is_over_for_a_number(number, clock, over):
    types = (
        *TYPES,
        NumberType("0", "", (Range(0, 1440, 0, 1),)),
        NumberType("3", "", (Range(840, 960, 1, 1), Range(540, 720, 1, 1))),
    )
    assert over_today([number], types, at(clock)) is over
    assert over_today([number, Number(1, "b", open=False)], types, at(clock)) is over
    assert over_today([number, Number(1, "b")], types, at(clock)) is False


# ------------------------------------------------------------------------------------------------ replacement


def test_a_replaced_list_keeps_what_calls_left_on_its_numbers():
    old = stopped(begun(PAIR, 1, NOON, NOW, by_number=True), {"a"})
    new = (Number(0, "b", "2", 7, "at work"), Number(1, "e", "1"), Number(2, "a"))
    after = merged(old, new)
    assert [number.raw for number in after] == ["b", "e", "a"]
    assert after[0] == replace(old[1], type="2", priority=7, description="at work")
    assert after[1] == Number(4, "e", "1")
    assert after[2].stopped
    assert not after[2].open


def test_a_stopped_number_does_not_come_back_by_being_listed_twice():
    old = stopped((Number(0, "a"),), "all")
    after = merged(old, (Number(0, "a"), Number(1, "a")))
    assert [(number.position, number.stopped, number.open) for number in after] == [(0, True, False), (1, True, False)]


@given(NUMBERS, NUMBERS)
def test_positions_stay_unique_and_those_of_kept_numbers_stay(old, new):
    after = merged(old, tuple(reversed(new)))
    assert len({number.position for number in after}) == len(after) == len(new)
    assert all(number.position == int(number.raw) for number in after if int(number.raw) < len(old))
    assert merged(old, old) == old
