"""What a CRM is told about a poll, and what is made of everything that it may answer."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from api.mikopbx.crm_stand_in import CrmStandIn, Move, answers, hangs_up, never_ends, stalls, stalls_midway
from api.mikopbx.door import Door
from outdial.api.mikopbx.crm import Crm, said
from outdial.core.call import Call, State
from outdial.core.outcome import Outcome
from outdial.core.wanted import Wanted, WantedTenant
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.setup import Setup
from outdial.ports import ConsultationFailed

Play = Callable[..., None]
LIMIT_REAL_SECONDS = 60.0


async def told(door: Door, **settings: str) -> None:
    """What the tenant's module is told."""
    tenant = WantedTenant(name="site", time_zone="Europe/Moscow", region="RU", settings={"mikopbx": settings})
    await Setup(PostgresSetup(door.house.pool)).apply(Wanted((tenant,)))


async def pressed(door: Door) -> Call:
    """A call whose callee gave an answer and then pressed the key of the CRM."""
    press = [{"key": "4", "action": "send_crm", "crmResponseTemplate": "<result>"}]
    made = await door.data("/polling", {"questions": [{"questionText": "Да?", "press": press}]})
    await door.data("/task", {"innerNum": made["id"], "innerNumType": "polling", "numbers": ["+7 952 000-00-01"]})
    (call,) = await door.reserve()
    given = [("1", "12", "/a.wav"), ("2", "4", "4")]
    return await door.goes(call, given, state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)


async def consult(door: Door, call: Call, limit_real_seconds: float = LIMIT_REAL_SECONDS) -> str | None:
    """What the CRM of the door's tenant says about a call."""
    crm = Crm(door.house.operations, limit_real_seconds)
    try:
        return await crm.consult(door.house.tenant, call.attempt)
    finally:
        await crm.close()


def test_the_crm_is_told_the_answers_so_far_and_who_gave_them(at_door: Play) -> None:
    async def story(door: Door) -> None:
        call = await pressed(door)
        async with CrmStandIn(answers('{"result": true, "data": "42"}')) as crm:
            await told(door, crm_url=crm.url, crm_login="оператор", crm_password="p:w")
            assert await consult(door, call) == "42"
        rows = await door.data("/task/1000000001")
        assert crm.bodies == [
            {
                "phone": "+7 952 000-00-01",
                "linkedId": rows["results"][0]["linkedId"],
                "pollingId": "1",
                "results": rows["resultsPoling"],
            }
        ]
        assert [row["result"] for row in crm.bodies[0]["results"]] == ["12", "4"]
        (headers,) = crm.headers
        assert headers["Content-Type"] == "application/json"
        assert headers["Authorization"] == "Basic " + base64.b64encode("оператор:p:w".encode()).decode()

    at_door(story)


def test_a_crm_without_a_login_is_sent_none(at_door: Play) -> None:
    async def story(door: Door) -> None:
        call = await pressed(door)
        async with CrmStandIn(answers('{"data": 7}')) as crm:
            await told(door, crm_url=crm.url)
            assert await consult(door, call) == "7"
        assert "Authorization" not in crm.headers[0]

    at_door(story)


@pytest.mark.parametrize(
    ("move", "why"),
    [
        (answers("", 500), "the CRM answered with status 500"),
        (answers("", 401), "the CRM answered with status 401"),
        (answers("", 302, Location="/elsewhere"), "the CRM answered with status 302"),
        (answers("no JSON"), "the CRM's reply is not JSON"),
        (answers("{}"), "the CRM's reply has no text or number under data"),
        (hangs_up, "the CRM cannot be asked: ServerDisconnectedError"),
        (never_ends, "the CRM's reply is too long"),
    ],
)
def test_a_crm_that_gives_no_answer_is_told_why(at_door: Play, move: Move, why: str) -> None:
    async def story(door: Door) -> None:
        call = await pressed(door)
        async with CrmStandIn(move) as crm:
            await told(door, crm_url=crm.url, crm_password="secret")
            with pytest.raises(ConsultationFailed) as failed:
                await consult(door, call)
            assert len(crm.bodies) == 1, "a refusal is not asked again, and a redirect not followed"
        assert str(failed.value) == why

    at_door(story)


@pytest.mark.parametrize("move", [stalls, stalls_midway])
def test_a_crm_that_stalls_is_given_up(at_door: Play, move: Move) -> None:
    async def story(door: Door) -> None:
        call = await pressed(door)
        async with CrmStandIn(move) as crm:
            await told(door, crm_url=crm.url)
            with pytest.raises(ConsultationFailed, match="the CRM did not answer within 0.05 s"):
                await consult(door, call, 0.05)

    at_door(story)


def test_without_an_address_or_an_answer_nobody_is_asked(at_door: Play) -> None:
    async def story(door: Door) -> None:
        call = await pressed(door)
        with pytest.raises(ConsultationFailed, match="the tenant has no crm_url"):
            await consult(door, call)
        async with CrmStandIn(answers('{"data": 7}')) as crm:
            await told(door, crm_url=crm.url)
            await door.house.pool.execute("delete from answers")
            with pytest.raises(ConsultationFailed, match="the call has no answers"):
                await consult(door, call)
            assert crm.bodies == []

    at_door(story)


def test_nobody_listens_at_the_address(at_door: Play) -> None:
    async def story(door: Door) -> None:
        call = await pressed(door)
        async with CrmStandIn(stalls) as crm:
            await told(door, crm_url=crm.url)
        with pytest.raises(ConsultationFailed, match="the CRM cannot be asked: ClientConnector"):
            await consult(door, call)

    at_door(story)


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('{"data": "Анна"}', "Анна"),
        ('{"data": ""}', ""),
        ('{"data": 5}', "5"),
        ('{"data": 2.50}', "2.5"),
        ('{"data": 3.0}', "3"),
        ('\ufeff{"result": false, "data": "x"}', "x"),
    ],
)
def test_what_a_reply_says(reply: str, value: str) -> None:
    assert said(reply.encode()) == value


@pytest.mark.parametrize(
    "reply",
    ["", "[]", "5", "{", '{"data": null}', '{"data": true}', '{"data": []}', '{"data": {}}', '{"data": "\\u0000"}'],
)
def test_replies_out_of_form(reply: Any) -> None:
    with pytest.raises(ConsultationFailed):
        said(reply.encode())


def test_the_default_prefix_is_dialled_for_tasks_that_have_none(at_door: Play) -> None:
    async def story(door: Door) -> None:
        made = await door.data("/polling", {"questions": [{"questionText": "Да?"}]})
        task = {"innerNum": made["id"], "innerNumType": "polling", "numbers": ["79520000001"]}
        bare = await door.data("/task", task)
        await door.data("/task", {**task, "dialPrefix": "8"})

        async def prefixes() -> list[str]:
            return [campaign.settings.dial_prefix for campaign in await door.dialling.running()]

        assert await prefixes() == ["", "8"]
        await told(door, default_dial_prefix="999")
        assert await prefixes() == ["999", "8"]
        assert (await door.data(f"/task/{bare['id']}"))["dialPrefix"] == ""
        await told(door, default_dial_prefix="")
        assert await prefixes() == ["", "8"]

    at_door(story)
