"""One session with a carrier: bound from its beginning to its end, requests answered in any order, receipts handed over.

A request that was on its way when the session ended is unheard: nobody knows what became of it. It opens nothing anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from itertools import cycle

import structlog
from aiosmpplib import SmppCommand

from outdial.drivers.sms import pdus
from outdial.drivers.sms.pdus import Header, NotSmpp
from outdial.ports import Accepted, Postponed, Refused, SmsAnswer, SmsPart, TakeReceipt, Unheard

ANSWER_SECONDS = 30.0
"""How long the carrier may take to answer."""
ENQUIRE_SECONDS = 30.0
"""How often a carrier that says nothing is asked whether it is there."""
PARTING_SECONDS = 1.0
LARGEST_SEQUENCE = 0x7FFFFFFF
_log = structlog.get_logger(__name__)


class SessionOver(Exception):
    """The carrier does not let us in, or is gone; the message says why."""


class Session:
    """A session on an open connection. `open` binds, `run` listens until it is over; `submit` works in between."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, source: str, take: TakeReceipt
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._source = source
        self._take = take
        self._sequences = cycle(range(1, LARGEST_SEQUENCE))
        self._waiting: dict[int, asyncio.Future[tuple[Header, bytes] | None]] = {}
        self._bound = False

    async def open(self, system_id: str, password: str, system_type: str) -> None:
        """Bind as a transceiver. Raises `SessionOver`."""
        sequence = next(self._sequences)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._writer.write(pdus.bind(sequence, system_id, password, system_type))
                header, _ = await self._read()
        except TimeoutError as error:
            raise SessionOver(f"no answer to the bind in {ANSWER_SECONDS:g} seconds") from error
        except (OSError, asyncio.IncompleteReadError, NotSmpp) as error:
            raise SessionOver(f"it went away during the bind: {error}") from error
        if header.command != SmppCommand.BIND_TRANSCEIVER_RESP or header.status != pdus.OK:
            raise SessionOver(f"it does not let us in: {pdus.status_name(header.status)}")
        self._bound = True

    async def run(self) -> None:
        """Read what comes for as long as the session stands. Raises `SessionOver`."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ask_whether_there(), name="smpp enquire link")
                while True:
                    header, body = await self._read()
                    self._heard(group, header, body)
                    if header.command == SmppCommand.UNBIND:
                        raise SessionOver("it ended the session")
        except* (OSError, asyncio.IncompleteReadError, NotSmpp) as gone:
            self._end()
            raise SessionOver(f"it is gone: {gone.exceptions[0]!r}") from None
        except* SessionOver as over:
            self._end()
            raise SessionOver(str(over.exceptions[0])) from None

    async def close(self) -> None:
        """Say that we leave, where the session still stands, and leave."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PARTING_SECONDS):
                if self._bound:
                    self._writer.write(pdus.unbind(next(self._sequences)))
                    await self._writer.drain()
                self._end()
                await self._writer.wait_closed()
        self._end()

    async def submit(self, part: SmsPart) -> SmsAnswer:
        """Hand a part over."""
        if not self._bound:
            return Postponed("the carrier is away")
        try:
            heard = await self._request(lambda sequence: pdus.submit(sequence, self._source, part))
        except ValueError as error:  # it cannot be put into a PDU
            return Refused(str(error))
        if heard is None:
            return Unheard("the carrier gave no answer")
        header, body = heard
        if header.status == pdus.OK and header.command == SmppCommand.SUBMIT_SM_RESP:
            return Accepted(pdus.message_id_from(body))
        name = pdus.status_name(header.status)
        return Postponed(name) if header.status in pdus.THROTTLED else Refused(name)

    async def _request(self, made: Callable[[int], bytes]) -> tuple[Header, bytes] | None:
        """The answer to a request; None: none came. Raises `ValueError` before anything was written."""
        sequence = next(self._sequences)
        pdu = made(sequence)
        answered: asyncio.Future[tuple[Header, bytes] | None] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = answered
        try:
            self._writer.write(pdu)
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._writer.drain()
                return await answered
        except (OSError, TimeoutError):
            return None
        finally:
            self._waiting.pop(sequence, None)

    async def _read(self) -> tuple[Header, bytes]:
        header = pdus.header_from(await self._reader.readexactly(pdus.HEADER_BYTES))
        return header, await self._reader.readexactly(header.length - pdus.HEADER_BYTES)

    def _heard(self, group: asyncio.TaskGroup, header: Header, body: bytes) -> None:
        if header.command == SmppCommand.DELIVER_SM:
            group.create_task(self._delivered(header, body), name="sms receipt")
        elif header.command & pdus.ANSWER:
            waiting = self._waiting.get(header.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result((header, body))
        elif (answer := pdus.answer(header)) is not None:
            self._writer.write(answer)

    async def _delivered(self, header: Header, body: bytes) -> None:
        """A receipt is answered when it is kept; what is none is answered and forgotten."""
        receipt = pdus.receipt_from(body)
        taken = receipt is None or await self._take(receipt)
        if receipt is None:
            _log.info("sms.not_a_receipt", bytes=len(body))
        answer = pdus.answer(header, taken=taken)
        assert answer is not None
        self._writer.write(answer)

    async def _ask_whether_there(self) -> None:
        while True:
            await asyncio.sleep(ENQUIRE_SECONDS)
            if await self._request(pdus.enquire_link) is None:
                raise SessionOver(f"it gave no sign of life in {ANSWER_SECONDS:g} seconds")

    def _end(self) -> None:
        self._bound = False
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(None)
        self._writer.close()
