"""What a tenant's dialects are told: read here, written by `outdial apply`."""

from __future__ import annotations

from collections.abc import Mapping

from outdial import ports
from outdial.core.ids import TenantId


class DialectSettings:
    """Settings by tenant and dialect. What a name means is the dialect's own business."""

    def __init__(self, store: ports.DialectSettings) -> None:
        self._store = store

    async def of(self, tenant: TenantId, dialect: str) -> Mapping[str, str]:
        """Values by name; one that is empty is left out."""
        return await self._store.of(tenant, dialect)
