"""Prices, the parts of an SMS, how far an account reaches, and the end of a hold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.money import (
    LedgerEntry,
    Service,
    Tariff,
    Use,
    affordable,
    billed_seconds,
    clearing,
    price_of_call,
    price_of_sms,
    rounded,
    tariff_for,
)
from outdial.core.sms import sms_parts

DEMO = Tariff(per_second=Decimal("0.065"), per_sms_part=Decimal("2.50"))
AMOUNTS = st.decimals(0, 1000, places=2)
TARIFFS = st.builds(
    Tariff,
    prefix=st.sampled_from(["", "7", "79", "7916"]),
    per_second=st.decimals(0, 5, places=4),
    first_step_seconds=st.integers(1, 120),
    step_seconds=st.integers(1, 120),
    per_sms_part=st.decimals(0, 5, places=3),
    connection=st.decimals(0, 5, places=2),
)
SECONDS = st.floats(0, 10_000, allow_nan=False)


def test_the_tariff_of_the_vendor_s_example() -> None:
    assert price_of_call(DEMO, 14) == Decimal("0.91")
    assert price_of_call(DEMO, 13.2) == Decimal("0.91")
    assert price_of_sms(DEMO, 1) == Decimal("2.50")


@pytest.mark.parametrize(
    ("seconds", "billed"), [(0, 0), (0.0004, 0), (0.3, 60), (60, 60), (60.0001, 60), (60.2, 66), (66, 66), (67, 72)]
)
def test_a_first_step_and_the_steps_after_it(seconds: float, billed: int) -> None:
    assert billed_seconds(Tariff(first_step_seconds=60, step_seconds=6), seconds) == billed


def test_a_connection_is_charged_once_somebody_answered() -> None:
    tariff = Tariff(per_second=Decimal("0.01"), connection=Decimal("1.50"))
    assert price_of_call(tariff, 0) == 0
    assert price_of_call(tariff, 10) == Decimal("1.60")


def test_half_a_kopeck_is_a_kopeck() -> None:
    assert [rounded(Decimal(text)) for text in ("0.004", "0.005", "0.015", "-0.005")] == [
        Decimal(text) for text in ("0.00", "0.01", "0.02", "-0.01")
    ]


@given(TARIFFS, SECONDS, SECONDS)
def test_a_longer_talk_is_never_cheaper(tariff: Tariff, one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert price_of_call(tariff, shorter) <= price_of_call(tariff, longer)


@given(TARIFFS, SECONDS)
def test_what_is_billed_covers_the_talk_by_less_than_a_step(tariff: Tariff, seconds: float) -> None:
    billed = billed_seconds(tariff, seconds)
    talked = Decimal(repr(seconds))
    if billed:
        assert billed >= talked - Decimal("0.0005")
        assert billed - talked < max(tariff.first_step_seconds, tariff.step_seconds) + Decimal("0.0005")
    price = price_of_call(tariff, seconds)
    assert price == rounded(price)


@given(st.lists(TARIFFS), st.text("0123456789", max_size=6))
def test_the_longest_prefix_decides(tariffs: list[Tariff], digits: str) -> None:
    found = tariff_for(tariffs, digits)
    matching = [tariff for tariff in tariffs if digits.startswith(tariff.prefix)]
    assert (found is None) == (not matching)
    if found is not None:
        assert len(found.prefix) == max(len(tariff.prefix) for tariff in matching)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 152, 2),  # 76 to a part: the 153rd septet cannot be half a character
        ("€" * 153, 3),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
        ("a" * 69 + "я", 1),
        ("Hello\n{world}", 1),
    ],
)
def test_parts_of_an_sms(text: str, parts: int) -> None:
    assert sms_parts(text) == parts


@given(st.text(max_size=400), st.characters())
def test_more_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert sms_parts(text) <= sms_parts(text + more)


@given(AMOUNTS, st.lists(AMOUNTS))
def test_holds_reach_as_far_as_the_money_and_no_further(available: Decimal, prices: list[Decimal]) -> None:
    count = affordable(available, prices)
    assert sum(prices[:count]) <= available
    assert count == len(prices) or sum(prices[: count + 1]) > available


def test_the_vendor_s_list_of_three_ends_at_the_third() -> None:
    assert affordable(Decimal("2.00"), [Decimal("0.91")] * 3) == 2


USES = st.lists(st.builds(Use, key=st.uuids().map(str), service=st.sampled_from(Service), price=AMOUNTS))


@given(AMOUNTS, st.decimals(-100, 1000, places=2), USES)
def test_a_hold_ends_with_every_kopeck_explained(held: Decimal, available: Decimal, uses: list[Use]) -> None:
    movements = clearing(held, available, uses)
    charged = {one.use: -one.amount for one in movements if one.entry is LedgerEntry.CHARGE}
    assert charged == {use: use.price for use in uses if use.price}
    assert sum(one.amount for one in movements if one.entry is LedgerEntry.RELEASE) == held
    written_off = sum((one.amount for one in movements if one.entry is LedgerEntry.WRITTEN_OFF), Decimal(0))
    cost = sum((use.price for use in uses), Decimal(0))
    assert written_off == max(Decimal(0), cost - held - max(Decimal(0), available))
    standing = available
    for movement in movements:
        assert movement.amount
        standing += movement.amount
        assert standing >= min(Decimal(0), available)
