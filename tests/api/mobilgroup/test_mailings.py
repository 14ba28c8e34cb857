"""Stories of mailings: what is kept of an order, when it is dialled, and what a repeated one is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette

from api.asgi import Caller
from api.mobilgroup.entrance import KEY, NUMBER, Door
from outdial.api import mobilgroup, webitel
from outdial.api.phones import phone_digits
from outdial.core.errors import Malformed
from outdial.core.outcome import Outcome
from outdial.operations.accounts import Accounts
from outdial.operations.campaigns import Campaigns
from outdial.ports import StoreDown
from outdial.settings import Settings
from outdial.setup import read

AtDoor = Callable[..., None]
ONE = [{"phone": "79160000001"}]


async def at_once(door: Door, rows: list[Any], order: dict[str, Any]) -> list[Any]:
    """The answers to four callers who send the same order at the same time."""
    async with asyncio.TaskGroup() as callers:
        asked = [callers.create_task(door.send(rows, **order)) for _ in range(4)]
    return [one.result() for one in asked]


def test_a_repeated_order_is_answered_as_it_was_then(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        rows = [*ONE, {"phone": "1"}, {"phone": "79160000002", "message": "Свой"}]
        order: dict[str, Any] = {"headers": {"Idempotency-Key": "order 7"}, "message": "Текст"}
        answers = await at_once(door, rows, order)
        assert answers == [answers[0]] * 4
        left = await door.balance()
        assert await door.send(ONE, **order) == answers[0]
        assert await door.balance() == left == "273,36"
        other = await door.send(rows, headers={"Idempotency-Key": "order 8"}, message="Текст")
        assert other["id"] != answers[0]["id"]

    at_door(story)


def test_a_schedule_is_by_the_account_s_clock(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        moscow = datetime.now(UTC) + timedelta(hours=3 + 2)
        await door.send(ONE, message="Текст", schedule=f"{moscow:%Y-%m-%d %H:%M}")
        assert not await door.reserve(timedelta(minutes=118))
        assert len(await door.reserve(timedelta(minutes=121))) == 1

    at_door(story)


def test_a_campaign_shows_the_sender_s_number_and_tries_as_often_as_wanted(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        for settings, wanted in (
            ({}, (1, 300.0)),
            ({"attempts": "3", "interval": 60}, (3, 3600.0)),
            ({"attempts": 9, "interval": "100"}, (3, 3600.0)),
        ):
            await door.send(ONE, message="Текст", **settings)
            campaign = (await door.dialling.running())[-1]
            assert campaign.settings.caller == NUMBER
            assert (campaign.settings.retry.attempts, campaign.settings.retry.interval_seconds) == wanted

    at_door(story)


def test_subscribers_hear_their_own_text_or_the_common_one(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        long = "о" * 4000
        await door.send([*ONE, {"phone": "79160000002", "message": long}], message="Общий", repeat=1)
        assert set(door.house.voice.spoken) >= {"Общий", long}
        assert [call.plan.variables for call in await door.reserve()] == [{}, {"message": long}]

    at_door(story)


def test_without_a_common_text_everybody_needs_one(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        rows = [{"phone": "79160000001", "message": "Первый"}, {"phone": "79160000002", "message": "Второй"}]
        assert (await door.send(rows))["result"] == "ok"
        assert (await door.send([*rows, {"phone": "79160000003"}]))["error_code"] == "Error_No_Message"

    at_door(story)


def test_values_are_kept_with_their_words(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        await door.send([{"phone": "79160000001", "summa": 17.25, "param1": "15.07.2020", "city": "Тверь"}], script=1)
        (call,) = await door.reserve()
        assert call.plan.variables == {
            "summa": "17.25",
            "param1": "15.07.2020",
            "city": "Тверь",
            "summa as money": "семнадцать рублей двадцать пять копеек",
            "param1 as date": "пятнадцатое июля две тысячи двадцатого года",
        }

    at_door(story)


def test_texts_beyond_the_first_hundred_are_estimated(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        rows = [{"phone": str(79160000000 + n), "message": f"{n:04}" + "а" * 136} for n in range(150)]
        durations = [row["duration"] for row in (await door.send(rows))["subscribers"]]
        assert durations == ["1"] * 100 + ["10"] * 50

    at_door(story)


def test_mailings_of_the_same_words_play_one_script(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        for repeat in (0, 1, 1):
            await door.send(ONE, message="Текст", repeat=repeat)
        kept = await door.house.pool.fetchval("select count(*) from scripts where dialect = 'mobilgroup mailings'")
        assert kept == 2

    at_door(story)


def test_an_order_of_bad_rows_alone_is_taken_and_ends_at_once(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        sent = await door.send([{"phone": "x"}, {"phone": "12"}], message="Текст")
        assert (sent["result"], sent["budget"]) == ("ok", "0,00")
        ids = [campaign.id for campaign in await door.dialling.running()]
        assert await door.dialling.close_finished(ids) == ids
        statuses = [row["status"] for row in (await door.state(sent["id"]))["subscribers"]]
        assert statuses == ["Неверный номер"] * 2

    at_door(story)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.NO_ANSWER, "Нет ответа"),
        (Outcome.REJECTED, "Отклонено"),
        (Outcome.UNAVAILABLE, "Недоступен"),
        (Outcome.INVALID_NUMBER, "Неверный номер"),
        (Outcome.MACHINE, "Автоответчик"),
        (Outcome.CANCELLED, "Отменено"),
        (Outcome.TRUNK_FAILED, "Ошибка"),
    ],
)
def test_outcomes_have_their_words(at_door: AtDoor, outcome: Outcome, status: str) -> None:
    async def story(door: Door) -> None:
        sent = await door.send(ONE, message="Текст")
        (call,) = await door.reserve()
        assert (await door.state(sent["id"]))["subscribers"][0]["status"] == "Вызов"
        await door.ends(call, outcome)
        assert (await door.state(sent["id"]))["subscribers"][0]["status"] == status

    at_door(story)


def test_a_mailing_of_another_account_does_not_exist(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        sent = await door.send(ONE, message="Текст")
        await door.house.pool.execute("update accounts set enabled = true")
        asked = await door.ask("/api/get/", {"request": "state", "id": sent["id"]}, {"Authorization": "other-key"})
        assert asked["error_code"] == "Error_ID_Not_Found"

    at_door(story)


def test_a_body_that_is_too_long_is_refused(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        reply = await door.post("/api/send/", b" " * (4 * 1024 * 1024 + 1))
        assert reply.status == 413
        assert (reply.json["result"], reply.json["error_code"]) == ("error", "Error_Unknown_Request")
        reply = await door.caller.call("GET", "/api/send/", b"", KEY)
        assert (reply.status, reply.json["error_code"]) == (405, "Error_Unknown_Request")

    at_door(story)


def test_the_paths_of_others_below_api_stay_theirs(at_door: AtDoor) -> None:
    async def story(door: Door) -> None:
        operations, settings = door.house.operations, Settings()
        for order in (1, -1):
            doors = [mobilgroup.mounts(operations, settings), webitel.mounts(operations, settings)][::order]
            both = Caller(Starlette(routes=[route for mounts in doors for route in mounts]))
            theirs = await both.call("POST", "/api/v2/dialer", b"{}")
            assert "info" in theirs.json
            assert (await both.call("POST", "/api/set", b"{}")).json["error_code"] == "Error_Authorisation_Failed"
            assert (await both.call("POST", "/api/sender", b"{}")).status == 404

    at_door(story)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("79161234567", "79161234567"),
        ("89161234567", "79161234567"),
        ("+7 (916) 123-45-67", "79161234567"),
        (" 8-916-123-45-67 ", "79161234567"),
        ("+375291234567", "375291234567"),
        ("375291234567", "375291234567"),
        ("9161234567", None),
        ("7916123456", None),
        ("7916123456x", None),
        ("", None),
        ("+++", None),
        ("791612345678901234", None),
    ],
)
def test_phones(written: str, digits: str | None) -> None:
    assert phone_digits(written) == digits


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("scripts: [{id: 1, steps: [{say: a}, {sms: b}]}]", "scripts.0.steps.1.sms: SMS is not configured"),
        ("scripts: [{id: 1, steps: [{transfer: '7495'}, {say: a}]}]", "nothing is done after this step"),
        ("scripts: [{id: 1, steps: [{say: '{a:colour}'}]}]", 'there is no kind "colour"'),
        ("scripts: [{id: 1, steps: []}]", "a list of steps is wanted"),
        ("scripts: [{id: 1, steps: [{transfer: abc}]}]", "is not a phone number"),
        ("scripts: [{id: 1, steps: [{menu: {say: a, keys: {'x': [{say: b}]}}}]}]", "keys are 0-9"),
        ("phrases: [{id: 1}]", "text or audio is wanted"),
        ("phrases: [{id: 1, text: a, colour: red}]", "there is no such member here: colour"),
        ("phrases: [{text: a}]", "the number that requests name it by is wanted"),
        ("attempts: 4", "a whole number from 1 to 3 is wanted"),
        ("time_zone: Mars", "there is no time zone"),
    ],
)
def test_an_apply_file_is_refused_with_the_place_at_fault(section: str, fault: str) -> None:
    with pytest.raises(Malformed, match="mobilgroup") as refused:
        read(f"tenants: [{{name: a, time_zone: UTC, mobilgroup: {{{section}}}}}]")
    assert fault in refused.value.message


async def _not_saved(*_: object) -> None:
    raise StoreDown("the database is away")


def _unanswered(hold_all: Callable[..., Any]) -> Callable[..., Any]:
    async def cut_off(*arguments: Any, **more: Any) -> None:
        await hold_all(*arguments, **more)
        raise StoreDown("the connection broke before the answer came")

    return cut_off


@pytest.mark.parametrize(
    ("owner", "method", "broken"),
    [(Campaigns, "save", _not_saved), (Accounts, "hold_all", _unanswered(Accounts.hold_all))],
    ids=["it could not be saved", "the answer to the hold was lost"],
)
def test_what_was_held_for_a_mailing_that_never_was_is_back_at_once(
    at_door: AtDoor, monkeypatch: pytest.MonkeyPatch, owner: type, method: str, broken: Callable[..., Any]
) -> None:
    async def story(door: Door) -> None:
        before = await door.balance()
        with monkeypatch.context() as patch:
            patch.setattr(owner, method, broken)
            with pytest.raises(StoreDown):
                await door.send(ONE, message="Текст")
        assert await door.balance() == before
        rows = await door.house.pool.fetch("select entry from ledger order by id")
        assert [row["entry"] for row in rows] == ["credit", "hold", "release"]

    at_door(story)


def test_two_hundred_orders_at_once_hold_what_there_is_and_every_kopeck_is_told(at_door: AtDoor) -> None:
    """Four seconds of the message are 0.26: three subscribers are 0.78, and 20 roubles reach for 76 of the 600."""

    async def story(door: Door) -> None:
        door.house.voice.seconds["Текст"] = 4.0
        rows = [{"phone": f"7916000000{place}"} for place in range(3)]
        async with asyncio.TaskGroup() as callers:
            asked = [callers.create_task(door.send(rows, message="Текст")) for _ in range(200)]
        answers = [one.result() for one in asked]
        taken = [answer for answer in answers if answer["result"] == "ok"]
        refused = {answer["error_code"] for answer in answers if answer["result"] == "error"}
        told = [row for answer in taken for row in answer["subscribers"]]
        held = [row for row in told if row["result"] == "ok"]
        assert refused == {"Error_Not_Enough_Credits"}
        assert {row["description"] for row in told if row["result"] == "error"} <= {"Error_Not_Enough_Money"}
        assert (len(held), {row["price"] for row in held}) == (76, {"0,26"})
        assert await door.balance() == "0,24"
        pool = door.house.pool
        assert await pool.fetchval("select min(available) from ledger where available < 20") == Decimal("0.24")
        assert await pool.fetchval("select sum(amount) from ledger") == Decimal("0.24")
        assert await pool.fetchval("select count(*) from contacts where held") == 76
        campaigns = await pool.fetchval("select count(*) from campaigns where dialect = 'mobilgroup'")
        assert campaigns == len(taken)

    at_door(story, opening="20")


def test_what_was_held_under_a_key_waits_for_the_order_to_come_again(
    at_door: AtDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(door: Door) -> None:
        once = {"Idempotency-Key": "1"}
        with monkeypatch.context() as patch:
            patch.setattr(Campaigns, "save", _not_saved)
            with pytest.raises(StoreDown):
                await door.send(ONE, once, message="Текст")
        assert (await door.send(ONE, once, message="Текст"))["result"] == "ok"
        rows = await door.house.pool.fetch("select entry from ledger order by id")
        assert [row["entry"] for row in rows] == ["credit", "hold"]

    at_door(story)
