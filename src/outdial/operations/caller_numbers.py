"""The numbers that a tenant may show to those called; `outdial apply` makes them."""

from __future__ import annotations

from outdial import ports
from outdial.core.ids import TenantId
from outdial.core.wanted import WantedCallerNumber


class CallerNumbers:
    """The numbers of a tenant."""

    def __init__(self, store: ports.CallerNumbers) -> None:
        self._store = store

    async def all(self, tenant: TenantId) -> list[WantedCallerNumber]:
        """Every one, oldest first."""
        return await self._store.all(tenant)

    async def owns(self, tenant: TenantId, digits: str) -> bool:
        """Whether the tenant may show this number."""
        return any(number.digits == digits for number in await self._store.all(tenant))

    async def numbered(self, tenant: TenantId, number: int) -> str | None:
        """The digits of the one that callers know by this number."""
        return next((one.digits for one in await self._store.all(tenant) if one.number == number), None)
