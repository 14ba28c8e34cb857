"""Tells hooks what happened, as often as it takes within their limits. Any process does that, each delivery one at a time.

At least once: a delivery is forgotten after it was taken, so one that was cut off between the two is told again. A hook
that nobody answers keeps no other one waiting, because it has only so many of the places.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import structlog

from outdial.core.hook import concerns, request_of
from outdial.engine.metrics import HOOKS
from outdial.ports import Clock, Deliveries, Delivery, StoreDown, StoreRefused, Web

MOST_AT_ONCE = 32
MOST_FOR_ONE_HOOK = 4
LEASE = timedelta(seconds=60)
"""Longer than a delivery can take."""
_NOTICES_AT_ONCE = 500
_POLL_REAL_SECONDS = 1.0
_STORE_DOWN_REAL_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class Messenger:
    """Delivers. `run` goes on for ever; `round` is one look at what is due."""

    def __init__(self, deliveries: Deliveries, web: Web, clock: Clock) -> None:
        self._deliveries = deliveries
        self._web = web
        self._clock = clock
        self._under_way: Counter[int] = Counter()
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Look again whenever a place is free, and every second."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._freed.clear()
                try:
                    busy = await self.round(group)
                except (StoreDown, StoreRefused) as trouble:
                    _log.warning("hooks.store_down", reason=str(trouble))
                    await asyncio.sleep(_STORE_DOWN_REAL_SECONDS)
                    continue
                if not busy:
                    await self._wait()

    async def round(self, group: asyncio.TaskGroup) -> bool:
        """Begin to deliver what is due, as far as there are places, in tasks of a group; whether that was anything.

        Raises `StoreDown`.
        """
        now = self._clock.now()
        spread = await self._deliveries.spread(now, _NOTICES_AT_ONCE)
        places = MOST_AT_ONCE - self._under_way.total()
        busy = [hook for hook, count in self._under_way.items() if count >= MOST_FOR_ONE_HOOK]
        taken = await self._deliveries.take(now, now + LEASE, places, MOST_FOR_ONE_HOOK, busy) if places > 0 else []
        for delivery in taken:
            self._under_way[delivery.hook_id] += 1
            group.create_task(self._deliver(delivery), name=f"hook delivery {delivery.id}")
        return bool(taken or spread)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_POLL_REAL_SECONDS):
                await self._freed.wait()
        except TimeoutError:
            return

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._told(delivery)
        except (StoreDown, StoreRefused) as trouble:  # its lease ends, and it is told again
            _log.warning("hook.not_noted", delivery=delivery.id, hook=delivery.key, reason=str(trouble))
        finally:
            self._under_way[delivery.hook_id] -= 1
            self._under_way += Counter()
            self._freed.set()

    async def _told(self, delivery: Delivery) -> None:
        hook, ids = delivery.hook, {"delivery": delivery.id, "hook": delivery.key, "tenant": delivery.tenant}
        if not concerns(hook, delivery.document):
            await self._deliveries.done(delivery.id)
            return
        answer = await self._web.send(request_of(hook, delivery.document))
        if answer.taken:
            HOOKS.labels("taken").inc()
            _log.info("hook.told", **ids, status=answer.status, tries=delivery.tries)
            await self._deliveries.done(delivery.id)
        elif delivery.tries > hook.retries:
            HOOKS.labels("given up").inc()
            _log.warning("hook.given_up", **ids, status=answer.status, reason=answer.reason, tries=delivery.tries)
            await self._deliveries.done(delivery.id)
        else:
            HOOKS.labels("failed").inc()
            _log.info("hook.failed", **ids, status=answer.status, reason=answer.reason, tries=delivery.tries)
            await self._deliveries.later(delivery.id, self._clock.after(hook.delay_seconds))
