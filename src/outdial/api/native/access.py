"""Who calls outdial's own API: whoever sends an API key, or an access token, as `Authorization: Bearer`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from outdial.api import wire
from outdial.core.errors import NotAuthenticated
from outdial.operations import Operations
from outdial.ports import Identity


def operations_of(request: Request) -> Operations:
    """What can be asked."""
    found: Operations = request.app.state.operations
    return found


async def known(request: Request) -> Identity:
    """Whoever asks. Raises `NotAuthenticated`."""
    identity = await operations_of(request).access.by_bearer(wire.bearer(request) or "")
    if identity is None:
        await wire.drain(request.stream())
        raise NotAuthenticated("an API key is wanted: Authorization: Bearer KEY")
    return identity


async def key_known(request: Request) -> Identity:
    """The API key that asks: `login` is its name. An access token will not do. Raises `NotAuthenticated`."""
    identity = await operations_of(request).access.by_key(wire.bearer(request) or "")
    if identity is None:
        await wire.drain(request.stream())
        raise NotAuthenticated("an API key is wanted: Authorization: Bearer KEY")
    return identity


Asked = Annotated[Operations, Depends(operations_of)]
Who = Annotated[Identity, Depends(known)]
WhichKey = Annotated[Identity, Depends(key_known)]
