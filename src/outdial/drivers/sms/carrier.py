"""A carrier of SMS over SMPP: one session after another, for as long as it runs.

While there is no session, parts are postponed: nothing of them was sent.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import structlog

from outdial.drivers.sms.pdus import sender
from outdial.drivers.sms.session import Session, SessionOver
from outdial.ports import Postponed, SmsAnswer, SmsPart, TakeReceipt

SMPP_PORT, SMPPS_PORT = 2775, 3550
CONNECT_SECONDS = 10.0
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 60.0
"""Between two tries to come to a session; each is twice as long as the one before."""
_LONGEST_SYSTEM_ID, _LONGEST_PASSWORD = 15, 8
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppAddress:
    """Where a carrier is, and as whom we come."""

    host: str
    port: int
    system_id: str
    password: str
    tls: bool = False
    source: str = ""
    """Whom an SMS is from."""
    system_type: str = ""


def address_from(url: str, source: str = "") -> SmppAddress:
    """`smpp://SYSTEM_ID:PASSWORD@HOST:PORT`, or `smpps://` over TLS, with %-escapes. Raises `ValueError`, without the
    password."""
    parts = urlsplit(url)
    if parts.scheme not in ("smpp", "smpps") or not parts.hostname or not parts.username:
        raise ValueError("smpp://SYSTEM_ID:PASSWORD@HOST:PORT, or smpps:// over TLS")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("smpp://SYSTEM_ID:PASSWORD@HOST:PORT has nothing after the port")
    system_id, password = unquote(parts.username), unquote(parts.password or "")
    if len(system_id) > _LONGEST_SYSTEM_ID or len(password) > _LONGEST_PASSWORD:
        raise ValueError(
            f"SMPP has system ids of at most {_LONGEST_SYSTEM_ID} characters and passwords of {_LONGEST_PASSWORD}"
        )
    if not (system_id + password).isascii():
        raise ValueError("the system id and the password are of ASCII characters")
    sender(source)
    tls = parts.scheme == "smpps"
    port = parts.port or (SMPPS_PORT if tls else SMPP_PORT)
    return SmppAddress(host=parts.hostname, port=port, system_id=system_id, password=password, tls=tls, source=source)


class SmppSms:
    """Implements `outdial.ports.Sms`. `tls` is how a server of smpps is checked; None: by the machine's own certificates."""

    def __init__(self, address: SmppAddress, tls: ssl.SSLContext | None = None) -> None:
        self._address = address
        self._tls = (tls or ssl.create_default_context()) if address.tls else None
        self._session: Session | None = None
        self._wait = FIRST_WAIT_SECONDS

    @property
    def ready(self) -> bool:
        return self._session is not None

    async def submit(self, part: SmsPart) -> SmsAnswer:
        session = self._session
        return Postponed("the carrier is away") if session is None else await session.submit(part)

    async def run(self, take: TakeReceipt) -> None:
        while True:
            try:
                await self._one_session(take)
            except (SessionOver, OSError, TimeoutError) as trouble:
                where = f"{self._address.host}:{self._address.port}"
                _log.warning("sms.carrier_away", carrier=where, reason=str(trouble) or type(trouble).__name__)
            await asyncio.sleep(self._wait)
            self._wait = min(2 * self._wait, LONGEST_WAIT_SECONDS)

    async def _one_session(self, take: TakeReceipt) -> None:
        address = self._address
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(address.host, address.port, ssl=self._tls)
        session = Session(reader, writer, address.source, take)
        try:
            await session.open(address.system_id, address.password, address.system_type)
            _log.info("sms.carrier_there", carrier=f"{address.host}:{address.port}")
            self._session, self._wait = session, FIRST_WAIT_SECONDS
            await session.run()
        finally:
            self._session = None
            await session.close()
