"""Who may come in: tokens and keys in the body, the query or the headers, logins, and the tokens of programs.

What a role may do is the house's to say; here it is only asked for, and refused in the vendor's words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from outdial.api import wire
from outdial.api.webitel import shapes
from outdial.api.webitel.documents import milliseconds
from outdial.api.webitel.door import At, Sent
from outdial.api.webitel.errors import (
    DOMAIN_REQUIRED,
    PERMISSION_DENIED,
    Refused,
    bad_credentials,
    not_found,
    refusal,
    reply,
)
from outdial.core.errors import Malformed, NotAuthenticated, TooManyTries
from outdial.core.ids import TenantId
from outdial.operations.domains import ROOT, Admitted, NotAdmitted, Why
from outdial.ports import DomainToken

_SAID = {
    Why.INVALID: "Invalid token",
    Why.EXPIRED: "Token Expired",
    Why.UNKNOWN: "Not found token",
    Why.NO_KEY: "Invalid Token or Key",
    Why.WRONG_KEY: "Invalid User",
}
_ROLE_NUMBERS = {ROOT: 2, "admin": 1}
_TOKENS = "/api/v2/domains/{name}/settings/token"
_LATEST_MS = 253_370_764_800_000
"""The year 9999."""

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


async def known(request: Request, door: At, sent: Sent) -> Admitted:
    """A dependency: whoever asks, whatever they may do. Raises `Refused` 401."""
    return await by_token(request, door, sent if isinstance(sent, dict) else {})


async def by_token(connection: HTTPConnection, door: At, members: Mapping[str, Any]) -> Admitted:
    """Whoever shows a token, in the members of a body, the query or the headers. Raises `Refused` 401."""
    token, key = _shown(connection, members)
    try:
        return await door.operations.domains.admit(token, key)
    except NotAdmitted as error:
        raise Refused(401, _SAID[error.why]) from error


Known = Annotated[Admitted, Depends(known)]


def caller(resource: str, operation: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency: whoever asks, if their role may do the operation (`c`, `r`, `u`, `d`) with the resource.

    An empty resource stands for everybody who is known. Raises `Refused`: 401, 403, and 400 when somebody of no domain
    names none.
    """

    async def found(request: Request, door: At, admitted: Known) -> Caller:
        if resource and not may(admitted, resource, operation):
            raise Refused(403, PERMISSION_DENIED)
        return await in_domain(admitted, door, request.query_params.get("domain", ""))

    return found


def may(admitted: Admitted, resource: str, operation: str) -> bool:
    """Whether somebody's rights include an operation."""
    allowed = admitted.rights.get(resource, ())
    return "*" in allowed or operation in allowed


async def in_domain(admitted: Admitted, door: At, named: str) -> Caller:
    """Somebody as a caller of their own domain, or of the one named if they have none. Raises `Refused` 400."""
    tenant, domain = admitted.tenant, admitted.domain
    if tenant is None:
        domain = named
        tenant = await door.operations.domains.tenant_of(domain) if domain else None
        if tenant is None:
            raise Refused(400, f"Bad request: there is no domain {domain}." if domain else DOMAIN_REQUIRED)
    return Caller(tenant, domain, admitted.id, admitted.role, admitted.tenant is None)


@router.post("/login", summary="Log in")
async def log_in(request: Request, door: At, sent: Sent) -> Response:
    """With `username` (user@domain, or root) and `password`. The token is good only with the key."""
    members = sent if isinstance(sent, dict) else {}
    username, password = members.get("username"), members.get("password")
    if not isinstance(username, str) or not username:
        return bad_credentials()
    try:
        opened = await door.operations.domains.log_in(
            username, password if isinstance(password, str) else "", wire.peer(request)
        )
    except TooManyTries:
        return refusal(429, "Too many login attempts, try again later")
    except NotAuthenticated:
        return refusal(401, "secret incorrect")
    admitted = opened.admitted
    return reply(
        {
            "key": opened.key,
            "domain": admitted.domain or None,
            "username": admitted.id,
            "expires": milliseconds(admitted.expires_at),
            "token": opened.token,
            "role": _ROLE_NUMBERS.get(admitted.role, 0),
            "roleName": admitted.role,
            "acl": admitted.rights,
            "cdr": _NO_RECORDS,
            "verto": {},
        }
    )


@router.post("/logout", summary="Log out")
async def log_out(request: Request, door: At, sent: Sent) -> Response:
    """Ends the session of the token and the key."""
    token, key = _shown(request, sent if isinstance(sent, dict) else {})
    if not token or not key or not await door.operations.domains.log_out(token, key):
        return bad_credentials()
    return reply({"status": "OK", "info": "Successful logout."})


@router.get("/api/v2/whoami", summary="Who is asking")
async def who_am_i(admitted: Known) -> Response:
    """And what they may do."""
    return reply(
        {
            "acl": admitted.rights,
            "id": admitted.id,
            "domain": admitted.domain or None,
            "roleName": admitted.role,
            "expires": milliseconds(admitted.expires_at),
            "cdr": _NO_RECORDS,
            "verto": {},
        }
    )


def _of_domain(operation: str) -> Callable[..., Awaitable[Caller]]:
    """Whoever asks, if they may see to the domain that the path names."""

    async def found(name: str, door: At, admitted: Known) -> Caller:
        if not may(admitted, "domain/item", operation) or admitted.domain not in ("", name):
            raise Refused(403, PERMISSION_DENIED)
        return await in_domain(admitted, door, name)

    return found


@router.get(_TOKENS, summary="List the tokens of programs")
async def list_tokens(door: At, who: Annotated[Caller, Depends(_of_domain("r"))]) -> Response:
    """Without the tokens themselves, which are shown once."""
    return reply(shapes.ok([_token(one) for one in await door.operations.domains.tokens(who.tenant)]))


@router.post(_TOKENS, summary="Make a token for a program")
async def create_token(door: At, sent: Sent, who: Annotated[Caller, Depends(_of_domain("c"))]) -> Response:
    """With `expire` (ms) and `role`: admin or user."""
    members = sent if isinstance(sent, dict) else {}
    expire, role = members.get("expire"), members.get("role") or members.get("roleName")
    if isinstance(expire, bool) or not isinstance(expire, int | float) or not 0 < expire <= _LATEST_MS:
        raise Refused(400, "Bad request: expire is required.")
    if not isinstance(role, str):
        raise Refused(400, "Bad request: role is required.")
    expires_at = datetime.fromtimestamp(expire / 1000, UTC)
    try:
        kept, token = await door.operations.domains.create_token(who.tenant, who.domain, role, expires_at, who.id)
    except Malformed as error:
        raise Refused(400, f"Bad request: {error.message}.") from error
    return reply({**shapes.ok(_token(kept)), "token": token})


@router.patch(_TOKENS + "/{uuid}", summary="Switch a token on or off")
async def change_token(uuid: str, door: At, sent: Sent, who: Annotated[Caller, Depends(_of_domain("u"))]) -> Response:
    """With `enabled`."""
    enabled = sent.get("enabled") if isinstance(sent, dict) else None
    if not isinstance(enabled, bool):
        raise Refused(400, "Bad request: enabled is required.")
    changed = await door.operations.domains.enable_token(who.tenant, uuid, enabled)
    return reply(shapes.updated(changed is not None, bool(changed)))


@router.delete(_TOKENS + "/{uuid}", summary="Forget a token")
async def remove_token(uuid: str, door: At, who: Annotated[Caller, Depends(_of_domain("d"))]) -> Response:
    """It is good for nothing from then on."""
    return reply(shapes.deleted(int(await door.operations.domains.remove_token(who.tenant, uuid))))


elsewhere = APIRouter()
"""Every path that nobody serves; it comes last."""


@elsewhere.api_route(
    "/api/v2/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"], include_in_schema=False
)
async def nowhere(request: Request, _: Known) -> Response:
    """Only those who may come in are told that there is nothing."""
    return not_found(request)


def _shown(connection: HTTPConnection, members: Mapping[str, Any]) -> tuple[str, str]:
    """The token and the key that somebody shows, each empty when there is none."""
    query, headers = connection.query_params, connection.headers
    token = _text(members.get("access_token")) or query.get("access_token") or headers.get("x-access-token", "")
    key = _text(members.get("x_key")) or query.get("x_key") or headers.get("x-key", "")
    return token, key


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _token(token: DomainToken) -> dict[str, Any]:
    return {
        "uuid": token.id,
        "enabled": token.enabled,
        "roleName": token.role,
        "expire": milliseconds(token.expires_at),
        "createdBy": token.created_by,
        "createdOn": milliseconds(token.created_at),
    }


_NO_RECORDS = {"host": "", "useProxy": False}
"""Where the vendor's server keeps recordings of calls; there is no such server here."""
