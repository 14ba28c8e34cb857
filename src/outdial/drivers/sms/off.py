"""What stands in the place of a carrier of SMS when none is configured: every part is refused, with the reason."""

from __future__ import annotations

import asyncio

from outdial.ports import NO_SMS, Refused, SmsAnswer, SmsPart, TakeReceipt


class NoSms:
    """Implements `outdial.ports.Sms`."""

    ready = True

    async def run(self, take: TakeReceipt) -> None:
        await asyncio.Event().wait()

    async def submit(self, part: SmsPart) -> SmsAnswer:
        return Refused(NO_SMS)
