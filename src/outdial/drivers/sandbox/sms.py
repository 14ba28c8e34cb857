"""The sandbox's carrier of SMS: takes every part and delivers it a little later, except as the number plan says.

It has no memory of its own: what it has not delivered when the process ends is never delivered.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from uuid import uuid4

from outdial.drivers.sandbox.log import Witness
from outdial.ports import Accepted, Clock, Postponed, Receipt, Refused, SmsAnswer, SmsPart, TakeReceipt

DELIVERY_SECONDS = 2.0
"""How long a part is on its way to the telephone, as felt."""
TOLD_AGAIN_SECONDS = 5.0
"""A receipt that could not be kept is told again after so long."""
UNKNOWN_NUMBER = "there is no such number"
TOO_BUSY = "the carrier is too busy"
_PLANNED = re.compile(r"7000(?P<kind>[0-9]{2})[0-9]{5}")
_DOES_NOT_EXIST, _OUT_OF_REACH, _BUSY_AT_FIRST = "07", "08", "09"


class SandboxSms:
    """Implements `outdial.ports.Sms`. `log` is the file that witnesses every part that comes in."""

    ready = True

    def __init__(self, clock: Clock, log: Path | None = None) -> None:
        self._clock = clock
        self._witness = None if log is None else Witness(log)
        self._taken: asyncio.Queue[Receipt] = asyncio.Queue()
        self._turned_away: set[tuple[str, int]] = set()

    async def run(self, take: TakeReceipt) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._deliver(await self._taken.get(), take), name="sandbox sms")

    async def submit(self, part: SmsPart) -> SmsAnswer:
        kind = _kind(part.digits)
        if kind == _DOES_NOT_EXIST:
            return Refused(UNKNOWN_NUMBER)
        if kind == _BUSY_AT_FIRST and (part.digits, part.place) not in self._turned_away:
            self._turned_away.add((part.digits, part.place))
            return Postponed(TOO_BUSY)
        if self._witness is not None:
            self._witness.write_sms(self._clock.now(), part)
        reached = kind != _OUT_OF_REACH
        receipt = Receipt(f"sandbox-{uuid4().hex}", delivered=reached, error="" if reached else "UNDELIV")
        self._taken.put_nowait(receipt)
        return Accepted(receipt.message_id)

    def close(self) -> None:
        """Close the log."""
        if self._witness is not None:
            self._witness.close()

    async def _deliver(self, receipt: Receipt, take: TakeReceipt) -> None:
        await self._clock.sleep(DELIVERY_SECONDS)
        while not await take(receipt):
            await self._clock.sleep(TOLD_AGAIN_SECONDS)


def _kind(digits: str) -> str:
    planned = _PLANNED.fullmatch(digits)
    return "" if planned is None else planned["kind"]
