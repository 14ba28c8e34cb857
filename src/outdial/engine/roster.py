"""Who may be connected: extensions that the switch calls idle and that no other call of ours is being given.

The switch is believed about its telephones; what is kept here is only what it cannot know yet: an extension that was
found for a call and is about to be rung.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from outdial.core.dialstring import is_diallable
from outdial.core.extension import ExtensionState
from outdial.core.ids import AttemptId, TenantId
from outdial.ports import Dialling, SwitchDown, Telephony

Resting = Callable[[TenantId], Awaitable[Collection[str]]]
"""The extensions of a tenant's agents who want no call now, whatever their telephones say."""


class Roster:
    """Extensions kept for calls. Only the process in charge has one."""

    def __init__(self, telephony: Telephony, dialling: Dialling, resting: Resting) -> None:
        self._dialling = dialling
        self._telephony = telephony
        self._resting = resting
        self._kept: dict[str, AttemptId] = {}

    async def anybody_free(self, tenant: TenantId, target: str) -> bool:
        """Whether somebody at `target` could be connected now. A switch that is away has nobody."""
        return await self._first_free(tenant, target) is not None

    async def find(self, tenant: TenantId, target: str, attempt: AttemptId) -> str | None:
        """A free extension at `target`, kept for this call until `release`; None when there is none."""
        extension = await self._first_free(tenant, target)
        if extension is not None:
            self._kept[extension] = attempt
        return extension

    def keep(self, extension: str, attempt: AttemptId) -> None:
        """An extension belongs to a call that was taken up after a restart."""
        self._kept[extension] = attempt

    def is_kept(self, extension: str) -> bool:
        """Whether an extension is kept for some call."""
        return extension in self._kept

    def release(self, attempt: AttemptId) -> None:
        """The call is over: nothing is kept for it."""
        self._kept = {extension: holder for extension, holder in self._kept.items() if holder != attempt}

    async def _first_free(self, tenant: TenantId, target: str) -> str | None:
        """No other call can be given the extension between the answer of the switch and the return from here."""
        resting = await self._resting(tenant)
        members = [
            one for one in await self._dialling.members(tenant, target) if is_diallable(one) and one not in resting
        ]
        try:
            states = await self._telephony.extension_states(members)
        except SwitchDown:
            return None
        free = (one for one in members if states[one] is ExtensionState.IDLE and one not in self._kept)
        return next(free, None)
