"""Puts what calls really cost in the place of what was held for them. Any process does that; the account's own lock keeps
two from clearing one hold, and a hold that was cut off while it was cleared is found open again.
"""

from __future__ import annotations

import asyncio

import structlog

from outdial.engine import metrics
from outdial.ports import Clearing, StoreDown, StoreRefused

AT_ONCE = 200
"""Holds in one transaction: nobody else can send from the account for about a tenth of a second."""
_POLL_REAL_SECONDS = 1.0
_ROUNDS_BETWEEN_SEARCHES = 30
_STORE_DOWN_REAL_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class Cashier:
    """Clears holds. `run` goes on for ever; `round` is one look at what waits."""

    def __init__(self, ledger: Clearing) -> None:
        self._ledger = ledger

    async def run(self) -> None:
        """Look every second, and thoroughly at the start and every half minute."""
        rounds = 0
        while True:
            try:
                await self.round(thorough=rounds % _ROUNDS_BETWEEN_SEARCHES == 0)
            except (StoreDown, StoreRefused) as trouble:
                _log.warning("cashier.store_down", reason=str(trouble))
                metrics.FAULTS.labels("store").inc()
                await asyncio.sleep(_STORE_DOWN_REAL_SECONDS)
                continue
            rounds += 1
            await asyncio.sleep(_POLL_REAL_SECONDS)

    async def round(self, *, thorough: bool) -> int:
        """Clear every hold whose contact is over; how many those were. Raises `StoreDown`."""
        total = 0
        for tenant in await self._ledger.overdue(thorough=thorough):
            while cleared := await self._ledger.clear(tenant, AT_ONCE, thorough=thorough):
                total += cleared
                _log.info("holds.cleared", tenant=tenant, holds=cleared)
                if cleared < AT_ONCE:
                    break
        return total
