"""Asks a tenant's CRM about a poll that a callee is going through: the answers so far as one JSON object, and `data` of the
reply as what it says.

Whatever the CRM does, the call goes on: within the limit there is an answer, or a reason why there is none. A redirect is
not followed, so that the answers go to the address of the settings and nowhere else.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from outdial.api import wire
from outdial.api.mikopbx import php, replies
from outdial.api.mikopbx.module import ModuleSettings, settings_from
from outdial.api.mikopbx.routes import DIALECT
from outdial.core.contact import Answer
from outdial.core.ids import AttemptId, TenantId
from outdial.operations import Operations
from outdial.ports import ConsultationFailed

LIMIT_REAL_SECONDS = 10.0
LARGEST_REPLY = 64 * 1024
"""Bytes of a reply that are read; a longer one counts as none."""
_CONNECTIONS = 100


class Crm:
    """Implements `outdial.ports.Consultation`. It must be closed."""

    def __init__(self, operations: Operations, limit_real_seconds: float = LIMIT_REAL_SECONDS) -> None:
        self._operations = operations
        self._limit = limit_real_seconds
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    async def consult(self, tenant: TenantId, attempt: AttemptId) -> str | None:
        """What the CRM says; see the port. The limit is that of everything that is done here."""
        try:
            async with asyncio.timeout(self._limit):
                return await self._ask(tenant, attempt)
        except TimeoutError:
            raise ConsultationFailed(f"the CRM did not answer within {self._limit:g} s") from None

    async def _ask(self, tenant: TenantId, attempt: AttemptId) -> str:
        settings = settings_from(await self._operations.dialect_settings.of(tenant, DIALECT))
        if not settings.crm_url:
            raise ConsultationFailed("the tenant has no crm_url")
        answers = await self._operations.reports.answers_of_call(attempt)
        if not answers:
            raise ConsultationFailed("the call has no answers: its number was deleted from the task")
        return said(await self._post(settings, body_of(answers)))

    async def _post(self, settings: ModuleSettings, body: dict[str, Any]) -> bytes:
        try:
            async with self._connected().post(
                settings.crm_url,
                data=wire.to_json(body),
                headers=_headers(settings),
                allow_redirects=False,
            ) as reply:
                if not 200 <= reply.status < 300:
                    raise ConsultationFailed(f"the CRM answered with status {reply.status}")
                return await _content(reply)
        except TimeoutError:
            raise  # of the operating system; it is an OSError as well
        except (aiohttp.ClientError, OSError, ValueError) as trouble:
            # Beware: an error of this library may hold the request's headers, so it is neither shown nor chained.
            raise ConsultationFailed(f"the CRM cannot be asked: {type(trouble).__name__}") from None

    def _connected(self) -> aiohttp.ClientSession:
        """The one session; it is made where there is an event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None),
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def body_of(answers: list[Answer]) -> dict[str, Any]:
    """What the CRM is told; the answers are those of one call, oldest first."""
    last = answers[-1]
    return {
        "phone": last.contact_wire.get("phone"),
        "linkedId": replies.linked_id(last.reserved_at, last.try_number),
        "pollingId": str(last.script_number),
        "results": [replies.answer_row(one) for one in answers],
    }


def said(reply: bytes) -> str:
    """What a reply says: its member `data`, a text or a number. Raises `ConsultationFailed`."""
    try:
        value = wire.from_json(reply)
    except wire.NotJson as error:
        raise ConsultationFailed("the CRM's reply is not JSON") from error
    match value:
        case {"data": bool()}:
            raise ConsultationFailed("the CRM's reply has no text or number under data")
        case {"data": (str() | int() | float()) as data}:
            return php.text(data, "data")
        case _:
            raise ConsultationFailed("the CRM's reply has no text or number under data")


def _headers(settings: ModuleSettings) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if settings.crm_login or settings.crm_password:
        headers["Authorization"] = aiohttp.encode_basic_auth(settings.crm_login, settings.crm_password, "utf-8")
    return headers


async def _content(reply: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in reply.content.iter_any():
        content += chunk
        if len(content) > LARGEST_REPLY:
            raise ConsultationFailed("the CRM's reply is too long")
    return bytes(content)
