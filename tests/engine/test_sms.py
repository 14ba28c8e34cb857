"""The sender of SMS: no faster than it may be, patient with a store and a carrier that are away, and never twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import pytest

from outdial.drivers.felt_clock import FeltClock
from outdial.engine import sms
from outdial.engine.sms import SmsSender
from outdial.ports import (
    Accepted,
    Postponed,
    Receipt,
    SmsAnswer,
    SmsJob,
    SmsPart,
    StoreDown,
    StoreRefused,
    TakeReceipt,
    Unheard,
)


class Queue:
    """SMS that wait, and what was kept of them. `away`: how often it is not there when answers or receipts come."""

    def __init__(self, *jobs: SmsJob, away: int = 0) -> None:
        self.jobs = list(jobs)
        self.kept: dict[int, Mapping[int, SmsAnswer]] = {}
        self.receipts: list[Receipt] = []
        self.away = away
        self.all_kept = asyncio.Event()
        self.unkeepable = ""
        self._count = len(jobs)

    async def take(self, now: datetime, until: datetime, limit: int) -> list[SmsJob]:
        taken, self.jobs = self.jobs[:limit], self.jobs[limit:]
        return taken

    async def answered(self, id: int, answers: Mapping[int, SmsAnswer], again_at: datetime) -> None:
        self._be_there()
        self.kept[id] = dict(answers)
        if len(self.kept) == self._count:
            self.all_kept.set()

    async def abandoned(self, now: datetime) -> int:
        return 0

    async def receive(self, receipt: Receipt) -> None:
        self._be_there()
        if receipt.message_id == self.unkeepable:
            raise StoreRefused("no column is that wide")
        self.receipts.append(receipt)

    def _be_there(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreDown("away")


class Carrier:
    """Takes everything, after being too busy for so many parts, and notes when each came."""

    def __init__(self, clock: FeltClock, busy: int = 0, silent_at: str = "") -> None:
        self.ready = True
        self.clock = clock
        self.busy = busy
        self.silent_at = silent_at
        self.taken: list[tuple[str, int]] = []
        self.moments: list[float] = []

    async def run(self, take: TakeReceipt) -> None:
        await asyncio.Event().wait()

    async def submit(self, part: SmsPart) -> SmsAnswer:
        if self.busy:
            self.busy -= 1
            return Postponed("too busy")
        self.taken.append((part.digits, part.place))
        self.moments.append(self.clock.monotonic())
        if part.digits == self.silent_at:
            return Unheard("no answer")
        return Accepted(f"{part.digits}-{part.place}")


def job(id: int, parts: int = 1) -> SmsJob:
    return SmsJob(id=id, digits=str(id), parts=dict.fromkeys(range(1, parts + 1), "x"), of=parts, gsm=True)


def send(queue: Queue, carrier: Carrier, per_second: float = 0.0) -> None:
    """Let the sender work until everything is kept."""

    async def story() -> None:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            working = group.create_task(SmsSender(queue, carrier, carrier.clock, per_second).run())
            await queue.all_kept.wait()
            working.cancel()

    asyncio.run(story())


def test_every_part_is_handed_over_once_and_in_order() -> None:
    queue, carrier = Queue(*(job(id, 3) for id in range(40))), Carrier(FeltClock(1000.0))
    send(queue, carrier)
    assert Counter(carrier.taken) == {(str(id), place): 1 for id in range(40) for place in (1, 2, 3)}
    for id in range(40):
        assert [place for digits, place in carrier.taken if digits == str(id)] == [1, 2, 3]


def test_no_more_parts_go_in_a_second_than_may() -> None:
    carrier = Carrier(FeltClock(100.0))
    send(Queue(*(job(id) for id in range(25))), carrier, per_second=10.0)
    assert carrier.moments[-1] - carrier.moments[0] >= 1.4  # ten are there at once, the others come by


def test_a_carrier_that_is_too_busy_is_left_alone_and_loses_nothing() -> None:
    queue, carrier = Queue(*(job(id, 2) for id in range(20))), Carrier(FeltClock(1000.0), busy=15)
    send(queue, carrier)
    assert Counter(carrier.taken) == {(str(id), place): 1 for id in range(20) for place in (1, 2)}
    assert all(isinstance(answer, Accepted) for kept in queue.kept.values() for answer in kept.values())


def test_parts_after_one_that_nobody_heard_of_are_not_handed_over() -> None:
    queue, carrier = Queue(job(1, 3)), Carrier(FeltClock(1000.0), silent_at="1")
    send(queue, carrier)
    assert carrier.taken == [("1", 1)]
    assert queue.kept[1] == {1: Unheard("no answer")}


def test_what_the_carrier_said_is_kept_however_long_the_store_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms, "_STORE_DOWN_REAL_SECONDS", 0.0)
    queue, carrier = Queue(job(1), away=3), Carrier(FeltClock(1000.0))
    send(queue, carrier)
    assert queue.kept == {1: {1: Accepted("1-1")}}
    assert carrier.taken == [("1", 1)]


def test_a_receipt_is_not_taken_while_the_store_is_away() -> None:
    async def story() -> None:
        queue = Queue(away=1)
        sender = SmsSender(queue, Carrier(FeltClock()), FeltClock())
        receipt = Receipt("1", delivered=True)
        assert not await sender.take_receipt(receipt)
        assert await sender.take_receipt(receipt)
        assert queue.receipts == [receipt]

    asyncio.run(story())


def test_a_receipt_that_can_never_be_kept_is_not_told_for_ever() -> None:
    async def story() -> None:
        queue = Queue()
        queue.unkeepable = "1"
        sender = SmsSender(queue, Carrier(FeltClock()), FeltClock())
        assert await sender.take_receipt(Receipt("1", delivered=True))
        assert await sender.take_receipt(Receipt("2", delivered=True))
        assert queue.receipts == [Receipt("2", delivered=True)]

    asyncio.run(story())


def test_a_flood_of_receipts_leaves_the_store_to_others() -> None:
    class Slow(Queue):
        at_once = most = 0

        async def receive(self, receipt: Receipt) -> None:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await asyncio.sleep(0)
            self.at_once -= 1
            await super().receive(receipt)

    async def story() -> None:
        queue = Slow()
        sender = SmsSender(queue, Carrier(FeltClock()), FeltClock())
        async with asyncio.TaskGroup() as group:
            for id in range(1000):
                group.create_task(sender.take_receipt(Receipt(str(id), delivered=True)))
        assert len(queue.receipts) == 1000
        assert 1 < queue.most <= sms.RECEIPTS_AT_ONCE

    asyncio.run(story())
