"""Tasks: made, edited, refused; and their call rows through a whole call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.mikopbx.door import Door
from outdial.core.call import Party, State
from outdial.core.facts import CampaignChanged
from outdial.core.outcome import Outcome

Play = Callable[..., None]
POLLING = {"innerNum": "1", "innerNumType": "polling"}
KEYS = ["id", "crmId", "name", "innerNum", "innerNumType", "maxCountChannels", "state", "dialPrefix"]
ROW = {
    "linkedId": None,
    "result": "",
    "outDialState": None,
    "inDialState": None,
    "state": "CreateTask",
    "verboseCallId": None,
    "cause": None,
    "countTry": None,
    "closeTime": "0",
}


async def poll(door: Door) -> str:
    press = [{"key": "1", "action": "answer", "value": "yes"}]
    made = await door.data("/polling", {"name": "p", "questions": [{"questionText": "Да?", "press": press}]})
    id: str = made["id"]
    return id


async def tasks_stored(door: Door) -> int:
    count: int = await door.house.pool.fetchval("select count(*) from campaigns")
    return count


def test_types_of_a_new_task(at_door: Play) -> None:
    async def story(door: Door) -> None:
        made = await door.data("/task", POLLING)
        assert list(made) == KEYS
        assert made == {
            "id": "1000000001",
            "crmId": "1000000001",
            "name": None,
            "innerNum": "1",
            "innerNumType": "polling",
            "maxCountChannels": "1",
            "state": 0,
            "dialPrefix": "",
        }
        posted = {"crmId": 17, "name": 5, "state": "2", "maxCountChannels": "3", "dialPrefix": 9, "innerNum": 1}
        made = await door.data("/task", {**POLLING, **posted})
        assert {name: made[name] for name in posted} == posted
        read = await door.data("/task/1000000002")
        assert list(read) == [*KEYS, "results", "resultsPoling"]
        assert read["results"] == read["resultsPoling"] == []
        assert {name: read[name] for name in posted} == {name: str(value) for name, value in posted.items()}

    at_door(story)


def test_types_of_an_edited_task(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {**POLLING, "crmId": "A", "name": "n", "maxCountChannels": 4})
        edited = await door.data("/task", {**POLLING, "crmId": "A", "dialPrefix": 8})
        assert edited == {
            "id": "1000000001",
            "crmId": "A",
            "name": "n",
            "innerNum": "1",
            "innerNumType": "polling",
            "maxCountChannels": "4",
            "state": 0,
            "dialPrefix": 8,
        }
        assert (await door.data("/task", {**POLLING, "crmId": "A", "state": 1}))["state"] == 1
        assert (await door.data("/task", {"innerNum": " 1 ", "crmId": "A", "name": None}))["state"] == "1"
        assert (await door.data("/task", {"innerNum": "1", "id": 1000000001, "state": ""}))["state"] == 0
        assert await tasks_stored(door) == 1

    at_door(story)


def test_which_task_is_meant(at_door: Play) -> None:
    async def story(door: Door) -> None:
        first = await door.data("/task", POLLING)
        by_key = await door.data("/task", {**POLLING, "crmId": "1000000001", "id": "999"})
        by_id = await door.data("/task", {**POLLING, "crmId": "", "id": "1000000001"})
        unknown_id = await door.data("/task", {**POLLING, "id": "41"})
        key_before_id = await door.data("/task", {**POLLING, "crmId": "B", "id": "1000000001"})
        ids = [made["id"] for made in (first, by_key, by_id, unknown_id, key_before_id)]
        assert ids == ["1000000001", "1000000001", "1000000001", "1000000002", "1000000003"]

    at_door(story)


def test_a_number_that_is_somebodys_crm_id_is_passed_over(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {**POLLING, "crmId": "1000000002"})
        made = await door.data("/task", POLLING)
        assert made["id"] == made["crmId"] == "1000000003"

    at_door(story)


def test_tasks_are_found_by_internal_id_only(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {**POLLING, "crmId": "77"})
        for id in ["77", "abc", "-1", "1e3", "99999999999999999999", "9" * 300, "%00", "٣"]:
            answer = await door.get(f"/task/{id}")
            assert (answer["result"], answer["data"], answer["messages"]) == (False, [], [])

    at_door(story)


def test_newer_columns_are_shown_on_tasks_that_use_them(at_door: Play) -> None:
    async def story(door: Door) -> None:
        made = await door.data("/task", {**POLLING, "crmId": "A", "maxAttempt": 3, "tryInterval": "30"})
        assert list(made) == [*KEYS, "maxAttempt", "tryInterval"]
        (campaign,) = await door.dialling.running()
        assert (campaign.settings.retry.attempts, campaign.settings.retry.interval_seconds) == (3, 30)
        read = await door.data("/task/1000000001")
        assert (read["maxAttempt"], read["tryInterval"]) == ("3", "30")

    at_door(story)


def test_what_the_engine_is_told(at_door: Play) -> None:
    async def story(door: Door) -> None:
        inner = await poll(door)
        await door.data("/task", {**POLLING, "innerNum": inner, "maxCountChannels": 7, "dialPrefix": "999"})
        (campaign,) = await door.dialling.running()
        assert door.house.bus.heard == [CampaignChanged(campaign.id)]
        settings = campaign.settings
        assert (settings.lines, settings.dial_prefix, settings.ring_seconds) == (7, "999", 45.0)
        assert settings.calls_per_second == 1.0
        assert settings.script is not None
        assert settings.retry.attempts == 1

    at_door(story)


def test_a_task_for_a_poll_that_does_not_exist_is_taken(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for inner in ["41", "poll", 41]:
            await door.data("/task", {"innerNum": inner, "innerNumType": "polling"})
        assert [campaign.settings.script for campaign in await door.dialling.running()] == [None] * 3

    at_door(story)


def test_numbers_in_every_form(at_door: Play) -> None:
    async def story(door: Door) -> None:
        numbers: list[Any] = [
            "79522233446",
            79522233447,
            {"number": "8 (952) 223-34-48", "params": {"speach": "да", "n": 2, "x": [1]}, "clientId": 7},
            {"number": "+79522233449", "params": "", "timeCallAllow": "12.02.2024 9:00:00", "TimeOffset": "5.5"},
            {"number": "204", "params": None, "timeCallAllow": "soon", "TimeOffset": 0},
            {"number": ""},
            {},
            None,
            "  ",
            "89522233446",
            {"number": "7-952-223-34-46", "params": {"second": "loses"}},
        ]
        made = await door.data("/task", {**POLLING, "numbers": numbers})
        rows = (await door.data(f"/task/{made['id']}"))["results"]
        shown = [[row[n] for n in ("phoneId", "phone", "params", "timeCallAllow")] for row in rows]
        params = 'a:3:{s:6:"speach";s:4:"да";s:1:"n";i:2;s:1:"x";a:1:{i:0;i:1;}}'
        assert shown == [
            ["9522233446", "79522233446", "", "0"],
            ["9522233447", "79522233447", "", "0"],
            ["9522233448", "8 (952) 223-34-48", params, "0"],
            ["9522233449", "+79522233449", 's:0:"";', "1707717600"],
            ["204", "204", 's:0:"";', "0"],
        ]
        assert [row["clientId"] for row in rows] == ["", "", "7", "", ""]
        assert [row["timeOffsetMinutes"] for row in rows] == [None, None, None, "330", "0"]
        contacts = await door.house.pool.fetch("select digits, variables, due_at from contacts order by id")
        assert [row["digits"] for row in contacts] == [
            "79522233446",
            "79522233447",
            "89522233448",
            "79522233449",
            "204",
        ]
        assert contacts[2]["variables"] == '{"n": "2", "speach": "да"}'
        assert contacts[3]["due_at"].isoformat() == "2024-02-12T06:00:00+00:00"

    at_door(story)


def test_a_waiting_row(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {**POLLING, "numbers": [{"number": "79522233446"}]})
        (row,) = (await door.data("/task/1000000001"))["results"]
        extras = {"callFile": None, "attemptNumber": "1", "clientId": "", "timeOffsetMinutes": None}
        assert {name: row[name] for name in (*ROW, *extras)} == {**ROW, **extras}
        assert row["taskId"] == "1000000001"

    at_door(story)


def test_editing_the_list(at_door: Play) -> None:
    async def story(door: Door) -> None:
        async def phones() -> list[str]:
            return [row["phone"] for row in (await door.data("/task/1000000001"))["results"]]

        task = {**POLLING, "crmId": "A"}
        await door.data("/task", {**task, "numbers": ["79520000001", "79520000002"]})
        await door.data("/task", task)
        await door.data("/task", {**task, "numbers": None})
        assert await phones() == ["79520000001", "79520000002"]
        await door.data("/task", {**task, "numbers": ["79520000003", {"number": "89520000002", "params": "new"}]})
        assert await phones() == ["89520000002", "79520000003"]
        rows = (await door.data("/task/1000000001"))["results"]
        assert rows[0]["params"] == 's:3:"new";'
        await door.data("/task", {**task, "numbers": []})
        assert await phones() == []

    at_door(story)


def test_a_finished_number_is_never_dialled_again(at_door: Play) -> None:
    async def story(door: Door) -> None:
        task = {**POLLING, "innerNum": await poll(door), "crmId": "A", "numbers": ["79520000001"]}
        await door.data("/task", task)
        (call,) = await door.reserve()
        await door.goes(call, state=State.ENDED, outcome=Outcome.BUSY, sip_code=486)
        (before,) = (await door.data("/task/1000000001"))["results"]
        await door.data("/task", {**task, "numbers": [{"number": "+79520000001", "params": "changed"}]})
        assert (await door.data("/task/1000000001"))["results"] == [before]
        assert await door.reserve() == []

    at_door(story)


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"state": State.RESERVED}, {"state": "CreateCallFile"}),
        ({"state": State.DIALLING}, {"state": "CreateCallFile"}),
        ({"state": State.RINGING}, {"state": "CreateCallFile"}),
        ({"state": State.ENDING, "outcome": Outcome.NO_ANSWER}, {"state": "CreateCallFile"}),
        ({"state": State.IN_SCRIPT, "outcome": Outcome.ANSWERED}, {"state": "EVENT_POLLING"}),
        ({"state": State.ENDING, "outcome": Outcome.ANSWERED}, {"state": "EVENT_POLLING"}),
        (
            {"state": State.TRANSFERRING, "outcome": Outcome.ANSWERED, "goals": ("completed",)},
            {"state": "EVENT_POLLING_END", "result": "SUCCESS_POLLING"},
        ),
        (
            {
                "state": State.ENDED,
                "outcome": Outcome.ANSWERED,
                "goals": ("completed",),
                "sip_code": 200,
                "q850_cause": 16,
            },
            {"state": "EVENT_POLLING_END", "result": "SUCCESS_POLLING"},
        ),
        (
            {"state": State.ENDED, "outcome": Outcome.INTERRUPTED, "goals": ("completed",)},
            {"state": "EVENT_POLLING_END", "result": "SUCCESS_POLLING"},
        ),
        (
            {"state": State.ENDED, "outcome": Outcome.ANSWERED, "ended_by": Party.CALLEE, "q850_cause": 16},
            {"state": "endCall", "result": "FAIL_POLLING", "cause": "Q.850 16"},
        ),
        (
            {"state": State.ENDED, "outcome": Outcome.BUSY, "sip_code": 486, "q850_cause": 17},
            {"state": "failedOriginate", "result": "FAIL", "outDialState": "BUSY", "cause": "SIP 486 Busy Here"},
        ),
        (
            {"state": State.ENDED, "outcome": Outcome.NO_ANSWER, "q850_cause": 19},
            {"state": "failedOriginate", "result": "FAIL", "outDialState": "NOANSWER"},
        ),
        (
            {"state": State.ENDED, "outcome": Outcome.REJECTED, "sip_code": 603},
            {"state": "failedOriginate", "result": "FAIL", "outDialState": "BUSY", "cause": "SIP 603 Decline"},
        ),
        (
            {"state": State.ENDED, "outcome": Outcome.INVALID_NUMBER, "sip_code": 404},
            {"state": "failedOriginate", "result": "FAIL", "outDialState": "CONGESTION", "cause": "SIP 404 Not Found"},
        ),
        (
            {"state": State.ENDED, "outcome": Outcome.TRUNK_FAILED, "sip_code": 503},
            {
                "state": "failedOriginate",
                "result": "FAIL",
                "outDialState": "CONGESTION",
                "cause": "SIP 503 Service Unavailable",
            },
        ),
        (
            {"state": State.ENDED, "outcome": Outcome.TRUNK_FAILED, "q850_cause": 38},
            {"state": "failedOriginate", "result": "FAIL_PROVIDER", "outDialState": "CHANUNAVAIL"},
        ),
        ({"state": State.ENDED, "outcome": Outcome.INTERRUPTED}, {"state": "endCall", "result": "FAIL"}),
    ],
)
def test_a_row_through_a_call(at_door: Play, changes: dict[str, Any], row: dict[str, Any]) -> None:
    async def story(door: Door) -> None:
        task = {**POLLING, "innerNum": await poll(door), "dialPrefix": "999", "numbers": ["79522233446"]}
        await door.data("/task", task)
        (call,) = await door.reserve()
        await door.goes(call, **changes)
        (found,) = (await door.data("/task/1000000001"))["results"]
        assert found["callFile"] == "dialer-1000000001-79522233446-1.call"
        in_call = row["state"] != "CreateCallFile"
        assert (found["linkedId"] is not None) == (found["verboseCallId"] is not None) == in_call
        if in_call:
            name, _, number = found["linkedId"].partition(".")
            assert name.startswith("outdial-")
            assert found["verboseCallId"] == f"[C-{int(number):08x}]"
        assert (found["closeTime"] != "0") == ("result" in row)
        shown = {**ROW, **row}
        assert {n: found[n] for n in shown if n not in ("linkedId", "verboseCallId", "closeTime")} == {
            n: shown[n] for n in shown if n not in ("linkedId", "verboseCallId", "closeTime")
        }

    at_door(story)


@pytest.mark.parametrize(("outcome", "result"), [(Outcome.NO_ROUTE, "FAIL_ROUTE"), (Outcome.NO_SCRIPT, "FAIL")])
def test_a_number_that_was_never_dialled(at_door: Play, outcome: Outcome, result: str) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {**POLLING, "numbers": ["79522233446"]})
        (campaign,) = await door.dialling.running()
        due = await door.dialling.due(campaign.id, door.house.clock.now(), 1)
        await door.dialling.settle_undialled(campaign.id, [one.contact for one in due], outcome)
        (row,) = (await door.data("/task/1000000001"))["results"]
        shown = {name: row[name] for name in ROW if name != "closeTime"}
        wanted = {**ROW, "state": "failedOriginate", "result": result}
        del wanted["closeTime"]
        assert shown == wanted
        assert row["closeTime"] != "0"

    at_door(story)


def test_a_second_attempt_is_a_row_of_its_own(at_door: Play) -> None:
    async def story(door: Door) -> None:
        inner = await poll(door)
        await door.data("/task", {**POLLING, "innerNum": inner, "maxAttempt": 2, "numbers": ["79522233446"]})
        (call,) = await door.reserve()
        retry_at = door.house.clock.now()
        await door.goes(call, state=State.ENDED, outcome=Outcome.BUSY, sip_code=486, retry_at=retry_at)
        first, second = (await door.data("/task/1000000001"))["results"]
        assert (first["attemptNumber"], first["result"]) == ("1", "FAIL")
        assert (second["attemptNumber"], second["result"], second["state"]) == ("2", "", "CreateTask")
        assert second["timeCallAllow"] == str(int(retry_at.timestamp()))
        assert int(second["id"]) > int(first["id"])

    at_door(story)


def test_answers_of_a_task(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {**POLLING, "innerNum": await poll(door), "numbers": ["8 952 223 34 46"]})
        (call,) = await door.reserve()
        answers = [("0", "yes", "1"), ("0", "-", "2")]
        await door.goes(call, answers, state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)
        rows = (await door.data("/task/1000000001"))["resultsPoling"]
        published = ["id", "taskId", "questionCrmId", "pollingId", "phoneId", "phone", "result", "exten", "changeTime"]
        later = ["verboseCallId", "linkedId", "recognizedText", "recognizeLabel"]
        assert [list(row) for row in rows] == [published + later] * 2
        (called,) = (await door.data("/task/1000000001"))["results"]
        for row in rows:
            assert (row["verboseCallId"], row["linkedId"]) == (called["verboseCallId"], called["linkedId"])
            assert (row["recognizedText"], row["recognizeLabel"]) == ("", "")
        assert [(row["result"], row["exten"], row["questionCrmId"]) for row in rows] == [
            ("yes", "1", "0"),
            ("-", "2", "0"),
        ]
        assert {row["phone"] for row in rows} == {"8 952 223 34 46"}

    at_door(story)


def test_an_answer_has_the_label_of_its_press(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {**POLLING, "innerNum": await poll(door), "numbers": ["79522233446"]})
        (call,) = await door.reserve()
        await door.goes(call, [("0", "4", "/data/a.wav", "Квартира")], state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)
        (row,) = (await door.data("/task/1000000001"))["resultsPoling"]
        assert (row["exten"], row["recognizedText"], row["recognizeLabel"]) == ("/data/a.wav", "", "Квартира")

    at_door(story)
