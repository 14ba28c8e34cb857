"""The list of numbers that a tenant must not call."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from outdial.core.do_not_call import Blocked
from outdial.core.ids import TenantId


class DoNotCall(Protocol):
    """The lists of tenants. Whoever dials looks at them right before a call is saved."""

    async def page(self, tenant: TenantId, after: str, limit: int) -> list[Blocked]:
        """Numbers above `after`, in the order of their digits."""

    async def add(self, tenant: TenantId, numbers: Sequence[Blocked]) -> int:
        """Put numbers on the list; one that is there gets the new note. How many were not there."""

    async def remove(self, tenant: TenantId, digits: str) -> bool:
        """Take a number off; False when it was not there."""

    async def among(self, tenant: TenantId, digits: Collection[str]) -> set[str]:
        """Those of some numbers, in whatever form they are, that are on the list."""
