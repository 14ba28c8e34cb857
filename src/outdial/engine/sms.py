"""Sends the SMS that were asked for, each once, and keeps what the carrier says of them. Any process does that.

An SMS is taken in the store, which says that it may be sent from then on, before any of it is handed over; what the carrier
answered is kept in one write. One that is cut off between the two is never sent again: see `SmsQueue`. A carrier that is
too busy is left alone for a while, by every SMS of this process.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from outdial.core.rate import Rate
from outdial.engine import metrics
from outdial.ports import (
    Accepted,
    Clock,
    Postponed,
    Receipt,
    Sms,
    SmsAnswer,
    SmsJob,
    SmsPart,
    SmsQueue,
    StoreDown,
    StoreRefused,
    job_parts,
)

MOST_AT_ONCE = 10
"""SMS in hand: as many may be lost when the process is killed."""
LEASE = timedelta(minutes=15)
"""Longer than the parts of an SMS can take."""
LONGEST_IN_HAND_REAL_SECONDS = 240.0
"""For so long an SMS of which a part was postponed is held on to; then it goes back into the queue."""
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 1.0, 30.0
"""How long a carrier that is too busy is left alone; each time twice as long, until it takes something."""
RECEIPTS_AT_ONCE = 4
"""Receipts that are being kept; a carrier that comes back may tell thousands, and others want the store as well."""
SHORTEST_WAIT_SECONDS = 0.001
"""A clock may not tell shorter times apart."""
PARTING_REAL_SECONDS = 5.0
"""How long the answers to what is in hand are waited for at the end."""
_POLL_REAL_SECONDS = 1.0
_STORE_DOWN_REAL_SECONDS = 2.0
_ROUNDS_BETWEEN_SEARCHES = 30
_AGAIN_SECONDS = 30.0

_log = structlog.get_logger(__name__)


class SmsSender:
    """Sends, at most `per_second` parts; 0: no limit. `run` goes on for ever; `round` is one look at what is due."""

    def __init__(self, queue: SmsQueue, carrier: Sms, clock: Clock, per_second: float = 0.0) -> None:
        self._queue = queue
        self._carrier = carrier
        self._clock = clock
        self._rate = Rate(per_second)
        self._rest = FIRST_REST_SECONDS
        self._rested = asyncio.Event()
        self._rested.set()
        self._keeping = asyncio.Semaphore(RECEIPTS_AT_ONCE)
        self._in_hand: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Look again whenever a place is free, and every second."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carrier.run(self.take_receipt), name="carrier of sms")
            rounds = 0
            try:
                while True:
                    self._freed.clear()
                    try:
                        if rounds % _ROUNDS_BETWEEN_SEARCHES == 0:
                            await self.settle_abandoned()
                        busy = await self.round(group)
                    except (StoreDown, StoreRefused) as trouble:
                        _log.warning("sms.store_down", reason=str(trouble))
                        metrics.FAULTS.labels("store").inc()
                        await asyncio.sleep(_STORE_DOWN_REAL_SECONDS)
                        continue
                    rounds += 1
                    if not busy:
                        await self._wait()
            finally:
                if self._in_hand:
                    await asyncio.wait(self._in_hand, timeout=PARTING_REAL_SECONDS)

    async def round(self, group: asyncio.TaskGroup) -> bool:
        """Begin to send what is due, as far as there are places, in tasks of a group; whether that was anything."""
        places = MOST_AT_ONCE - len(self._in_hand)
        if places <= 0 or not self._carrier.ready or not self._rested.is_set():
            return False
        now = self._clock.now()
        jobs = await self._queue.take(now, now + LEASE, places)
        for job in jobs:
            task = group.create_task(self._send(job), name=f"sms {job.id}")
            self._in_hand.add(task)
            task.add_done_callback(self._done)
        return bool(jobs)

    async def settle_abandoned(self) -> None:
        """What others left in the middle is lost."""
        if lost := await self._queue.abandoned(self._clock.now()):
            _log.warning("sms.lost", messages=lost)
            metrics.SMS.labels("lost").inc(lost)

    async def take_receipt(self, receipt: Receipt) -> bool:
        """Keep a receipt; False when the store is away. One that can never be kept is taken, or it would come for ever."""
        try:
            async with self._keeping:
                await self._queue.receive(receipt)
        except StoreDown as trouble:
            _log.warning("sms.receipt_not_kept", message=receipt.message_id, reason=str(trouble))
            return False
        except StoreRefused as refusal:
            _log.error("sms.receipt_refused", message=receipt.message_id[:100], reason=str(refusal))
            metrics.FAULTS.labels("store").inc()
            return True
        metrics.SMS.labels("delivered" if receipt.delivered else "undelivered").inc()
        return True

    async def _send(self, job: SmsJob) -> None:
        answers: dict[int, SmsAnswer] = {}
        until = asyncio.get_running_loop().time() + LONGEST_IN_HAND_REAL_SECONDS
        for place, part in job_parts(job):
            answer = await self._answer(part, until)
            answers[place] = answer
            metrics.SMS.labels(type(answer).__name__.lower()).inc()
            if not isinstance(answer, Accepted):
                _log.info("sms.not_taken", sms=job.id, part=place, answer=type(answer).__name__, reason=answer.reason)
                break
        await self._keep(job, answers)

    async def _answer(self, part: SmsPart, until: float) -> SmsAnswer:
        """What the carrier says to a part; one that it is too busy for is handed over again, for a while."""
        loop = asyncio.get_running_loop()
        while True:
            await self._rested.wait()
            await self._take_turn()
            answer = await self._carrier.submit(part)
            if not isinstance(answer, Postponed):
                self._rest = FIRST_REST_SECONDS
                return answer
            if not self._carrier.ready or loop.time() + self._rest > until:
                return answer
            await self._leave_alone(answer.reason)

    async def _take_turn(self) -> None:
        """Wait until another part may go."""
        while True:
            self._rate = self._rate.at(self._clock.monotonic())
            if self._rate.available() != 0:
                self._rate = self._rate.take(1)
                return
            await self._clock.sleep(max(SHORTEST_WAIT_SECONDS, self._rate.seconds_to_next()))

    async def _leave_alone(self, reason: str) -> None:
        if not self._rested.is_set():  # another part was told so before
            return
        self._rested.clear()
        seconds, self._rest = self._rest, min(2 * self._rest, LONGEST_REST_SECONDS)
        _log.info("sms.carrier_busy", reason=reason, seconds=seconds)
        try:
            await self._clock.sleep(seconds)
        finally:
            self._rested.set()

    async def _keep(self, job: SmsJob, answers: dict[int, SmsAnswer]) -> None:
        """Keep what the carrier said, however long the store is away: nobody else knows it."""
        while True:
            try:
                return await self._queue.answered(job.id, answers, self._clock.after(_AGAIN_SECONDS))
            except StoreDown as trouble:
                _log.warning("sms.answers_wait", sms=job.id, reason=str(trouble))
                metrics.FAULTS.labels("store").inc()
                await asyncio.sleep(_STORE_DOWN_REAL_SECONDS)
            except StoreRefused as refusal:
                _log.error("sms.answers_refused", sms=job.id, reason=str(refusal))
                metrics.FAULTS.labels("store").inc()
                return None

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._freed.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_POLL_REAL_SECONDS):
                await self._freed.wait()
        except TimeoutError:
            return
