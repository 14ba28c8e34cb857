"""The list of numbers that a tenant must not call, in any campaign: an order that names one is told so, and a contact that
has one is ended right before it would be dialled."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from outdial import ports
from outdial.core.do_not_call import Blocked, blocked
from outdial.core.ids import TenantId

MOST_ROWS = 10_000
"""A page has no more, and no more are added at once."""
_log = structlog.get_logger(__name__)


class DoNotCall:
    """The list of a tenant."""

    def __init__(self, store: ports.DoNotCall) -> None:
        self._store = store

    async def page(self, tenant: TenantId, after: str = "", limit: int = 1000) -> Sequence[Blocked]:
        """Numbers above `after`, in the order of their digits."""
        return await self._store.page(tenant, after, max(1, min(limit, MOST_ROWS)))

    async def add(self, tenant: TenantId, numbers: Sequence[Blocked]) -> int:
        """Put numbers on the list; how many were not there."""
        added = await self._store.add(tenant, numbers)
        _log.info("do_not_call.added", tenant=tenant, numbers=len(numbers), fresh=added)
        return added

    async def remove(self, tenant: TenantId, written: str) -> bool:
        """Take a number off, in whatever form it is written; False when it was not there. Raises `NotDiallable`."""
        removed = await self._store.remove(tenant, blocked(written).digits)
        if removed:
            _log.info("do_not_call.removed", tenant=tenant)
        return removed

    async def among(self, tenant: TenantId, digits: Collection[str]) -> set[str]:
        """Those of some numbers that are on the list."""
        return await self._store.among(tenant, digits)
