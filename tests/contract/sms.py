"""What every carrier of SMS must do, whatever it is made of. Numbers behave as the plan of docs/sandbox.md says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from outdial.core.sms import is_gsm, split
from outdial.ports import Accepted, Postponed, Receipt, Refused, Sms, SmsPart

Story = Callable[["Office"], Awaitable[None]]
Play = Callable[[Callable[["Office"], Coroutine[None, None, None]]], None]
SECONDS = 20.0


@dataclass
class Office:
    """A carrier that runs, and the receipts that came."""

    carrier: Sms
    receipts: list[Receipt] = field(default_factory=list)
    turned_away: int = 0
    """How many receipts are still to be refused."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, receipt: Receipt) -> bool:
        if self.turned_away:
            self.turned_away -= 1
            return False
        self.receipts.append(receipt)
        self.heard.set()
        return True

    async def receipt_of(self, message_id: str) -> Receipt:
        async with asyncio.timeout(SECONDS):
            while True:
                for receipt in self.receipts:
                    if receipt.message_id == message_id:
                        return receipt
                self.heard.clear()
                await self.heard.wait()


def part(digits: str, text: str = "Hello") -> SmsPart:
    return SmsPart(digits=digits, text=text, gsm=is_gsm(text))


async def at_work(carrier: Sms, story: Story) -> None:
    """Let a story happen while the carrier runs."""
    office = Office(carrier)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(carrier.run(office.take))
        async with asyncio.timeout(SECONDS):
            while not carrier.ready:  # noqa: ASYNC110 - a carrier says whether it is there, not when
                await asyncio.sleep(0)
        await story(office)
        running.cancel()


class CarrierOfSms:
    """The suite; a subclass has the fixture `play`."""

    def test_a_part_is_taken_and_delivered(self, play: Play) -> None:
        async def story(office: Office) -> None:
            answer = await office.carrier.submit(part("70000100001"))
            assert isinstance(answer, Accepted)
            assert await office.receipt_of(answer.message_id) == Receipt(answer.message_id, delivered=True)

        play(story)

    def test_every_part_has_an_id_of_its_own(self, play: Play) -> None:
        async def story(office: Office) -> None:
            texts = split("Здравствуйте! " * 20)
            answers = []
            for place, text in enumerate(texts, 1):
                wanted = SmsPart(digits="70000100002", text=text, gsm=False, place=place, of=len(texts), reference=7)
                answers.append(await office.carrier.submit(wanted))
            ids = {answer.message_id for answer in answers if isinstance(answer, Accepted)}
            assert len(ids) == len(texts) == 5
            for id in ids:
                assert (await office.receipt_of(id)).delivered

        play(story)

    def test_a_number_that_does_not_exist_is_refused(self, play: Play) -> None:
        async def story(office: Office) -> None:
            answer = await office.carrier.submit(part("70000700000"))
            assert isinstance(answer, Refused)
            assert answer.reason
            assert not office.receipts

        play(story)

    def test_what_cannot_be_delivered_is_said_later(self, play: Play) -> None:
        async def story(office: Office) -> None:
            answer = await office.carrier.submit(part("70000800000"))
            assert isinstance(answer, Accepted)
            receipt = await office.receipt_of(answer.message_id)
            assert not receipt.delivered
            assert receipt.error

        play(story)

    def test_a_carrier_that_is_too_busy_takes_it_later(self, play: Play) -> None:
        async def story(office: Office) -> None:
            assert isinstance(await office.carrier.submit(part("70000900000")), Postponed)
            assert isinstance(await office.carrier.submit(part("70000900000")), Accepted)

        play(story)

    def test_parts_go_side_by_side(self, play: Play) -> None:
        async def story(office: Office) -> None:
            async with asyncio.TaskGroup() as group:
                sent = [
                    group.create_task(office.carrier.submit(part(f"700001{n:05}", f"Number {n}"))) for n in range(200)
                ]
            answers = [task.result() for task in sent]
            ids = {answer.message_id for answer in answers if isinstance(answer, Accepted)}
            assert len(ids) == 200
            for id in ids:
                await office.receipt_of(id)

        play(story)

    def test_a_receipt_that_could_not_be_kept_is_told_again(self, play: Play) -> None:
        async def story(office: Office) -> None:
            office.turned_away = 2
            answer = await office.carrier.submit(part("70000100003"))
            assert isinstance(answer, Accepted)
            assert (await office.receipt_of(answer.message_id)).delivered
            assert office.turned_away == 0

        play(story)
