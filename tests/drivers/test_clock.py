"""The clocks: the machine's own, and the one whose durations shrink with its speed and stand still while it is held."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from outdial.drivers.clock import SystemClock
from outdial.drivers.felt_clock import MAXIMUM_SPEED, FeltClock
from outdial.ports import Clock

MakeClock = Callable[[], Clock]
EVERY_CLOCK = pytest.mark.parametrize(
    "make", [SystemClock, FeltClock, lambda: FeltClock(MAXIMUM_SPEED)], ids=["system", "felt", "felt_at_full_speed"]
)


# ------------------------------------------------------------------------------------------------ every clock


@EVERY_CLOCK
def test_the_time_of_day_is_aware_and_never_sped_up(make: MakeClock) -> None:
    before = datetime.now(UTC)
    told = make().now()
    assert told.tzinfo is UTC
    assert before <= told <= datetime.now(UTC)


@EVERY_CLOCK
def test_monotonic_time_never_goes_back(make: MakeClock) -> None:
    clock = make()
    told = [clock.monotonic() for _ in range(100)]
    assert told == sorted(told)


@EVERY_CLOCK
@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e-9])
def test_even_a_vanishing_sleep_lets_others_work(make: MakeClock, seconds: float) -> None:
    async def run() -> list[str]:
        heard: list[str] = []
        asyncio.get_running_loop().call_soon(heard.append, "other")
        await make().sleep(seconds)
        return heard

    assert asyncio.run(run()) == ["other"]


@EVERY_CLOCK
def test_an_appointment_is_kept_later_and_a_cancelled_one_never(make: MakeClock) -> None:
    async def run() -> list[str]:
        clock = make()
        kept: list[str] = []
        over = asyncio.Event()
        clock.call_after(0.001, lambda: kept.append("cancelled")).cancel()
        clock.call_after(0.002, lambda: kept.append("kept"))
        clock.call_after(0.003, over.set)
        assert kept == []
        async with asyncio.timeout(5):
            await over.wait()
        return kept

    assert asyncio.run(run()) == ["kept"]


@EVERY_CLOCK
def test_cancelling_too_late_is_no_error(make: MakeClock) -> None:
    async def run() -> None:
        over = asyncio.Event()
        appointment = make().call_after(0.0, over.set)
        async with asyncio.timeout(5):
            await over.wait()
        appointment.cancel()

    asyncio.run(run())


@EVERY_CLOCK
def test_holds_end_with_as_many_releases(make: MakeClock) -> None:
    async def run() -> None:
        clock = make()
        over = asyncio.Event()
        clock.hold()
        clock.hold()
        clock.call_after(0.0, over.set)
        clock.release()
        clock.release()
        async with asyncio.timeout(5):
            await over.wait()

    asyncio.run(run())


# --------------------------------------------------------------------------------------- the machine's clock


def test_the_machines_clock_tells_when_a_wait_is_over() -> None:
    before = datetime.now(UTC)
    told = SystemClock().after(60)
    assert before + timedelta(minutes=1) <= told <= datetime.now(UTC) + timedelta(minutes=1)


# --------------------------------------------------------------------------------------------- the felt clock


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan, math.inf, MAXIMUM_SPEED * 2])
def test_a_speed_that_makes_no_sense_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        FeltClock(speed)


def test_felt_seconds_pass_as_much_faster_as_the_speed_says() -> None:
    clock = FeltClock(1000.0)
    real_before, felt_before = time.monotonic(), clock.monotonic()
    felt, real_after = clock.monotonic() - felt_before, time.monotonic()
    assert 0 <= felt <= (real_after - real_before) * 1000 + 1e-3


def test_the_end_of_a_felt_wait_is_told_in_real_time() -> None:
    before = datetime.now(UTC)
    told = FeltClock(60.0).after(3600)
    assert before + timedelta(minutes=1) <= told <= datetime.now(UTC) + timedelta(minutes=1)


@pytest.mark.parametrize("speed", [1000.0, MAXIMUM_SPEED])
def test_an_appointment_is_kept_at_its_very_moment(speed: float) -> None:
    async def run() -> float:
        clock = FeltClock(speed)
        over = asyncio.Event()
        kept_at: list[float] = []

        def keep() -> None:
            kept_at.append(clock.monotonic())
            over.set()

        clock.hold()
        before = clock.monotonic()
        clock.call_after(5.0, keep)
        clock.release()
        async with asyncio.timeout(5):
            await over.wait()
        return kept_at[0] - before

    assert asyncio.run(run()) == pytest.approx(5.0)


def test_a_held_clock_stands_still_and_keeps_no_appointment() -> None:
    async def run() -> None:
        clock = FeltClock(MAXIMUM_SPEED)
        kept: list[str] = []
        clock.hold()
        before = clock.monotonic()
        clock.call_after(0.001, lambda: kept.append("kept"))
        for _ in range(50):
            await asyncio.sleep(0)
        assert clock.monotonic() == before
        assert kept == []
        clock.release()
        async with asyncio.timeout(5):
            await clock.sleep(1.0)
        assert kept == ["kept"]

    asyncio.run(run())


def test_appointments_are_kept_in_the_order_of_their_times_and_then_of_their_making() -> None:
    async def run() -> list[str]:
        clock = FeltClock(MAXIMUM_SPEED)
        kept: list[str] = []
        clock.hold()
        for name, seconds in (("c", 3.0), ("a", 1.0), ("b", 1.0), ("d", 3.0)):
            clock.call_after(seconds, lambda name=name: kept.append(name))  # type: ignore[misc]
        clock.release()
        async with asyncio.timeout(5):
            await clock.sleep(10.0)
        return kept

    assert asyncio.run(run()) == ["a", "b", "c", "d"]


def test_felt_time_does_not_pass_an_appointment_that_has_not_been_kept() -> None:
    async def run() -> None:
        clock = FeltClock(MAXIMUM_SPEED)
        clock.hold()
        due = clock.monotonic() + 1.0
        over = asyncio.Event()
        clock.call_after(1.0, over.set)
        clock.release()
        real_end = time.monotonic() + 0.001  # a thousand felt seconds in which the loop gets no turn
        while time.monotonic() < real_end:
            assert clock.monotonic() <= due
        async with asyncio.timeout(5):
            await over.wait()

    asyncio.run(run())


def test_cancelled_appointments_do_not_pile_up_in_the_way_of_others() -> None:
    async def run() -> list[str]:
        clock = FeltClock(MAXIMUM_SPEED)
        kept: list[str] = []
        for _ in range(5000):
            clock.call_after(1.0, lambda: kept.append("cancelled")).cancel()
        clock.call_after(0.5, lambda: kept.append("kept"))
        async with asyncio.timeout(5):
            await clock.sleep(2.0)
        return kept

    assert asyncio.run(run()) == ["kept"]
