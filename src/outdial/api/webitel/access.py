"""Who may come in: tokens and keys in the body, the query or the headers, and what a role may do with which resource."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request

from outdial.api.webitel.door import At, Sent
from outdial.api.webitel.errors import PERMISSION_DENIED, Refused
from outdial.core.ids import TenantId

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and for which domain. `id` is what this dialect calls them: a user's or a token's name with its domain."""

    tenant: TenantId
    domain: str
    id: str
    role: str
    root: bool
    """Whether the caller belongs to no domain and chose this one."""


def caller(resource: str, operation: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency: whoever asks, if their role may do the operation (`c`, `r`, `u`, `d`) with the resource.

    An empty resource stands for everybody who is known. Raises `Refused`: 401, 403, and 400 when somebody of no domain
    names none.
    """

    async def found(request: Request, door: At, sent: Sent) -> Caller:
        raise Refused(403, PERMISSION_DENIED)

    return found


def may(acl: Any, resource: str, operation: str) -> bool:
    """Whether rights include an operation."""
    allowed = acl.get(resource, ())
    return "*" in allowed or operation in allowed
