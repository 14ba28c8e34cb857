"""Other people's servers, and what they are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from outdial.core.hook import Hook, HookRequest
from outdial.core.ids import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRecord:
    """A stored hook. `key` is the id that its caller knows it by."""

    key: str
    hook: Hook
    wire: Mapping[str, Any]
    """What the dialect has to give back as it came."""


class Hooks(Protocol):
    """Hooks of a tenant."""

    async def all(self, tenant: TenantId, offset: int, limit: int) -> list[HookRecord]:
        """Hooks in the order in which they were made."""

    async def by_key(self, tenant: TenantId, key: str) -> HookRecord | None:
        """The hook of that key."""

    async def add(self, tenant: TenantId, record: HookRecord) -> None:
        """Keep a new hook. Raises `KeyTaken`."""

    async def replace(self, tenant: TenantId, record: HookRecord) -> bool:
        """Put a hook in the place of the one of its key; whether there was one."""

    async def remove(self, tenant: TenantId, key: str) -> bool:
        """Forget a hook and what it was still to be told; whether there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that is still to be told to a hook. `tries` counts the one for which it was taken."""

    id: int
    tenant: TenantId
    hook_id: int
    key: str
    """The hook's."""
    hook: Hook
    document: Mapping[str, Any]
    tries: int


class Deliveries(Protocol):
    """What is to be told to hooks; many processes take from it, and no two of them the same at a time.

    Whatever happened is in the table `notices`, written in the same transaction as the happening itself: the tenant, the
    event, and its document. Every method raises `StoreDown` when the database is away.
    """

    async def spread(self, now: datetime, limit: int) -> int:
        """Make deliveries, due now, of at most so many notices for the enabled hooks that wait for them; how many notices
        that were."""

    async def take(
        self, now: datetime, until: datetime, limit: int, each: int, busy: Collection[int]
    ) -> list[Delivery]:
        """At most `limit` deliveries that are due, at most `each` of one hook and none of the busy ones.

        They are nobody else's until a moment; then whoever took them is taken for dead, and they are due again.
        """

    async def done(self, id: int) -> None:
        """Forget a delivery."""

    async def later(self, id: int, due_at: datetime) -> None:
        """Make a delivery due at another time."""


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What came of a request to somebody else's server. `status` 0: no answer came, and `reason` says why."""

    status: int = 0
    reason: str = ""

    @property
    def taken(self) -> bool:
        """Whether the other side took it."""
        return 200 <= self.status < 300


class Web(Protocol):
    """Other people's servers."""

    async def send(self, request: HookRequest) -> WebAnswer:
        """Send a request and wait for the answer, within a time limit. It never fails: see `WebAnswer`."""
