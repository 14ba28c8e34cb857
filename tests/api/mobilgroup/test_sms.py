"""SMS of a mailing: asked for with the end of a call, sent once whatever happens, paid for by what the carrier took."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from api.mobilgroup.entrance import TEXTING, WITH_CARRIER, Door
from outdial.core.errors import Malformed
from outdial.core.outcome import Outcome
from outdial.core.sms import Asked
from outdial.drivers.felt_clock import FeltClock
from outdial.drivers.postgres.sms import PostgresSmsQueue
from outdial.drivers.sandbox.sms import SandboxSms
from outdial.drivers.sms.off import NoSms
from outdial.engine.sms import SmsSender
from outdial.ports import Accepted, Entry, Postponed, Receipt, Refused, Sms, Unheard
from outdial.setup import read

Play = Callable[..., None]
PHONE = "79160000001"
TEXT = "Мы не дозвонились. К оплате 3 руб."


async def missed(door: Door, *phones: str) -> str:
    """A mailing of which nobody answered; its id."""
    sent = await door.send([{"phone": phone, "summa": "3"} for phone in phones or (PHONE,)], script="4")
    for call in await door.reserve():
        await door.ends(call, Outcome.NO_ANSWER)
    return str(sent["id"])


async def row_of(door: Door, id: str, place: int = 0) -> Any:
    return (await door.state(id))["subscribers"][place]


async def moved(door: Door) -> list[tuple[str, str]]:
    """The account's rows since it was opened, the first first."""
    rows = await door.house.pool.fetch("select entry, amount from ledger where entry <> 'credit' order by id")
    return [(row["entry"], str(row["amount"])) for row in rows]


def test_the_dearer_of_call_and_sms_is_held_and_the_call_is_told(at_door: Play) -> None:
    async def story(door: Door) -> None:
        door.house.voice.seconds.update(dict.fromkeys(["К оплате три рубля ноль копеек.", "Чтобы"], 5.0))
        sent = await door.send([{"phone": PHONE, "summa": "3"}], script="4")
        (row,) = sent["subscribers"]
        price = Decimal(row["price"].replace(",", "."))
        assert 0 < price < Decimal("2.50")
        assert await moved(door) == [("hold", "-2.50")]

    at_door(story, more=TEXTING)


def test_the_hold_stands_until_it_is_known_what_the_carrier_took(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await missed(door)
        assert "sms" not in await row_of(door, id)
        assert await moved(door) == [("hold", "-2.50")]
        await door.texted(Accepted("1"))
        assert (await row_of(door, id))["sms"]["status"] == "Отправлено"
        assert await moved(door) == [("hold", "-2.50"), ("release", "2.50"), ("charge", "-2.50")]
        await door.texted(Accepted("1"), Receipt("1", delivered=True))
        assert (await row_of(door, id))["sms"]["status"] == "Доставлено"
        assert len(await moved(door)) == 3

    at_door(story, more=TEXTING)


def test_what_was_refused_costs_nothing(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await missed(door)
        await door.texted(Refused("ESME_RINVDSTADR"))
        row = await row_of(door, id)
        assert (row["price"], row["sms"]["status"], row["sms"]["price"]) == ("0.00", "Ошибка", "0.00")
        assert await moved(door) == [("hold", "-2.50"), ("release", "2.50")]

    at_door(story, more=TEXTING)


def test_one_that_nobody_heard_of_is_not_sent_again(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await missed(door)
        assert len(await door.texted(Unheard("the carrier gave no answer"))) == 1
        assert await door.texted(Accepted("2")) == []
        assert (await row_of(door, id))["sms"]["status"] == "Ошибка"
        assert await moved(door) == [("hold", "-2.50"), ("release", "2.50")]

    at_door(story, more=TEXTING)


def test_one_whose_sender_died_is_not_sent_again_and_what_it_says_later_counts(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await missed(door)
        queue, now = PostgresSmsQueue(door.house.pool), datetime.now(UTC)
        (job,) = await queue.take(now, now + timedelta(minutes=1), 10)
        assert await queue.abandoned(now) == 0
        assert await queue.abandoned(now + timedelta(minutes=2)) == 1
        assert await queue.take(now + timedelta(minutes=2), now + timedelta(minutes=3), 10) == []
        assert (await row_of(door, id))["sms"]["status"] == "Ошибка"
        await queue.answered(job.id, {1: Accepted("9")}, now)
        assert (await row_of(door, id))["sms"]["status"] == "Отправлено"
        assert (await moved(door))[-1] == ("charge", "-2.50")

    at_door(story, more=TEXTING)


def test_one_that_was_postponed_is_due_again_with_the_parts_that_are_left(at_door: Play) -> None:
    long = TEXTING.replace("Мы не дозвонились.", "Мы не дозвонились. " * 6)

    async def story(door: Door) -> None:
        id = await missed(door)
        queue, now = PostgresSmsQueue(door.house.pool), datetime.now(UTC)
        later = now + timedelta(minutes=1)
        (job,) = await queue.take(now, later, 10)
        assert (job.of, sorted(job.parts), job.gsm) == (2, [1, 2], False)
        await queue.answered(job.id, {1: Accepted("1"), 2: Postponed("busy")}, later)
        assert await queue.take(now, later, 10) == []
        (job,) = await queue.take(later, later, 10)
        assert sorted(job.parts) == [2]
        await queue.answered(job.id, {2: Accepted("2")}, later)
        row = await row_of(door, id)
        assert (row["price"], row["sms"]["partition"], row["sms"]["status"]) == ("5.00", "2", "Отправлено")
        for message in ("1", "2"):
            await queue.receive(Receipt(message, delivered=True))
        assert (await row_of(door, id))["sms"]["status"] == "Доставлено"

    at_door(story, more=long)


def test_a_receipt_may_come_before_the_answer(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await missed(door)
        await PostgresSmsQueue(door.house.pool).receive(Receipt("7", delivered=False, error="UNDELIV"))
        await door.texted(Accepted("7"))
        assert (await row_of(door, id))["sms"]["status"] == "Не доставлено"

    at_door(story, more=TEXTING)


def test_an_sms_is_asked_for_once_and_to_an_international_number_however_often_its_call_is_saved(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.send([{"phone": PHONE, "summa": "3"}], script="4")
        (call,) = await door.reserve()
        await door.house.pool.execute("update attempts set digits = $1", f"8{PHONE[1:]}")  # as other dialects keep it
        asked = Asked("scripts.3.steps.1", "one")
        for _ in range(2):
            await door.dialling.save([Entry(call=call, messages=(asked, replace(asked, name="another")))])
        assert [job.digits for job in await door.texted(Accepted("1"))] == [PHONE] * 2

    at_door(story, more=TEXTING)


def test_nobody_is_sent_an_sms_who_is_called_again(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.send([{"phone": PHONE, "summa": "3"}], script="4", attempts="2")
        (call,) = await door.reserve()
        await door.ends(call, Outcome.NO_ANSWER, again=True)
        assert await door.texted(Accepted("1")) == []
        (call,) = await door.reserve(timedelta(minutes=1))
        await door.ends(call, Outcome.BUSY)
        assert [job.parts for job in await door.texted(Accepted("2"))] == [{1: TEXT}]

    at_door(story, more=TEXTING)


def test_one_that_nobody_took_for_a_day_is_given_up(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await missed(door)
        tomorrow = datetime.now(UTC) + timedelta(hours=25)
        assert await PostgresSmsQueue(door.house.pool).take(tomorrow, tomorrow, 10) == []
        assert (await row_of(door, id))["sms"]["status"] == "Ошибка"

    at_door(story, more=TEXTING)


async def _until_over(door: Door, id: str, carrier: Sms) -> Any:
    """Let a sender work until every row of the mailing has what became of its SMS."""
    sender = SmsSender(PostgresSmsQueue(door.house.pool), carrier, FeltClock(1000.0))
    over = {"Доставлено", "Не доставлено", "Ошибка"}
    async with asyncio.TaskGroup() as group, asyncio.timeout(30):
        working = group.create_task(sender.run())
        while True:
            state = await door.state(id)
            if all(row.get("sms", {}).get("status") in over for row in state["subscribers"]):
                working.cancel()
                return state


def test_a_sender_sends_what_waits(at_door: Play) -> None:
    async def story(door: Door) -> None:
        phones = [f"7000{kind}000{n:02}" for n in range(15) for kind in ("05", "07", "08", "09")]
        id = await missed(door, *phones)
        state = await _until_over(door, id, SandboxSms(FeltClock(1000.0)))
        told = {row["phone"]: row["sms"]["status"] for row in state["subscribers"]}
        wanted = {"05": "Доставлено", "07": "Ошибка", "08": "Не доставлено", "09": "Доставлено"}
        assert told == {phone: wanted[phone[4:6]] for phone in phones}
        assert state["budget"] == f"{45 * 2.5:.2f}"

    at_door(story, more=TEXTING)


def test_without_a_carrier_every_sms_fails_with_the_reason(at_door: Play) -> None:
    async def story(door: Door) -> None:
        id = await missed(door)
        state = await _until_over(door, id, NoSms())
        assert state["budget"] == "0.00"
        assert "OUTDIAL_SMS" in await door.house.pool.fetchval("select error from sms")

    at_door(story, more=TEXTING)


@pytest.mark.parametrize("part", ["unanswered_sms", "sms"])
def test_without_a_carrier_a_script_with_sms_is_refused(part: str) -> None:
    steps = {"unanswered_sms": '{id: 4, unanswered_sms: "a", steps: [say: b]}', "sms": "{id: 4, steps: [sms: a]}"}
    file = f"tenants: [{{name: a, time_zone: Europe/Moscow, mobilgroup: {{scripts: [{steps[part]}]}}}}]"
    with pytest.raises(Malformed, match="SMS is not configured: OUTDIAL_SMS names no carrier"):
        read(file)
    assert read(file, means=WITH_CARRIER)


def test_so_is_one_that_is_written_as_a_document() -> None:
    document = "{start: s, nodes: {s: {node: sms, name: s, message: [Hi], next: null}}}"
    script = f"{{dialect: native, number: 1, name: a, script: {document}}}"
    file = f"tenants: [{{name: a, time_zone: Europe/Moscow, scripts: [{script}]}}]"
    with pytest.raises(Malformed, match="script native 1, s: SMS is not configured"):
        read(file)
    assert read(file, means=WITH_CARRIER)


def test_an_sms_of_too_many_parts_is_refused() -> None:
    script = f"{{id: 4, steps: [sms: '{'я' * 671}']}}"
    file = f"tenants: [{{name: a, time_zone: Europe/Moscow, mobilgroup: {{scripts: [{script}]}}}}]"
    with pytest.raises(Malformed, match="at most 10 parts"):
        read(file, means=WITH_CARRIER)
