"""What is refused, how it is said, and that nothing of it is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from api.mikopbx.door import LARGEST_BODY, Door
from outdial.api.mikopbx import API_PREFIX

Play = Callable[..., None]
POLLING = {"innerNum": "1", "innerNumType": "polling"}
ENVELOPE = ["result", "data", "messages", "function", "processor", "pid"]


async def stored(door: Door) -> list[int]:
    tables = ("campaigns", "contacts", "incoming_contacts", "scripts", "audio_files")
    return [await door.house.pool.fetchval(f"select count(*) from {table}") for table in tables]


NOT_JSON = [
    b"",
    b"{",
    b"null",
    b"1",
    b'"text"',
    b"[]",
    b"\xff\xfe",
    b'{"name":"\xd0"}',
    b'{name: "New pollingtask", "innerNum": 9}',
    b"[" * 100_000,
    b'{"innerNum":"1","innerNumType":"polling","name":"a\\u0000b"}',
    b'{"innerNum":"1","innerNumType":"polling","name":"\\ud800"}',
    b"login=admin&password=x",
    b"json=%7B%7D",
]


@pytest.mark.parametrize("path", ["/task", "/polling"])
def test_invalid_json(at_door: Play, path: str) -> None:
    async def story(door: Door) -> None:
        for body in NOT_JSON:
            reply = await door.local.call("POST", API_PREFIX + path, body)
            assert reply.status == 200
            assert list(reply.json) == ENVELOPE
            said = (reply.json["result"], reply.json["data"], reply.json["messages"])
            assert said == (False, [], ["Invalid JSON request body"]), body[:40]
            assert await stored(door) == [0] * 5

    at_door(story)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("/task", {}, 'Field "innerNum" is required and cannot be empty'),
    ("/task", {"innerNum": " ", "innerNumType": "polling"}, 'Field "innerNum" is required and cannot be empty'),
    ("/task", {"innerNum": None, "innerNumType": "polling"}, 'Field "innerNum" is required and cannot be empty'),
    ("/task", {"innerNum": "204", "innerNumType": ["polling"]}, "innerNumType"),
    ("/task", {"innerNum": {"a": 1}, "innerNumType": "polling"}, "innerNum"),
    ("/task", {**POLLING, "crmId": ["a"]}, "crmId"),
    ("/task", {**POLLING, "crmId": "a" * 501}, "crmId"),
    ("/task", {**POLLING, "id": {"a": 1}, "name": {}}, "name"),
    ("/task", {**POLLING, "state": 3}, "state"),
    ("/task", {**POLLING, "state": "open"}, "state"),
    ("/task", {**POLLING, "maxCountChannels": "many"}, "maxCountChannels"),
    ("/task", {**POLLING, "maxCountChannels": [1]}, "maxCountChannels"),
    ("/task", {**POLLING, "dialPrefix": "9&SIP/evil"}, "dialPrefix"),
    ("/task", {**POLLING, "dialPrefix": "9" * 33}, "dialPrefix"),
    ("/task", {**POLLING, "numbers": "79522233446"}, "numbers"),
    ("/task", {**POLLING, "numbers": {"number": "79522233446"}}, "numbers"),
    ("/task", {**POLLING, "timeStart": 1440}, "timeStart"),
    ("/task", {**POLLING, "timeStart": -1}, "timeStart"),
    ("/task", {**POLLING, "timeStart": "9:00"}, "timeStart"),
    ("/task", {**POLLING, "timeEnd": "1441"}, "timeEnd"),
    ("/task", {**POLLING, "timeEnd": [1080]}, "timeEnd"),
    ("/task", {**POLLING, "isCallback": 2}, "isCallback"),
    ("/task", {**POLLING, "isCallback": "yes"}, "isCallback"),
    ("/task", {**POLLING, "attemptUntilSignal": 2}, "attemptUntilSignal"),
    ("/task", {**POLLING, "attemptUntilSignal": "yes"}, "attemptUntilSignal"),
    ("/polling", {"questions": "one"}, "questions"),
    ("/polling", {"questions": ["one"]}, "questions"),
    ("/polling", {"questions": [{"press": {"key": 1}}]}, "press"),
    ("/polling", {"questions": [{"press": [1]}]}, "press"),
    ("/polling", {"questions": [{"questionText": ["a"]}]}, "questionText"),
    ("/polling", {"questions": [{"timeout": "long"}]}, "timeout"),
    ("/polling", {"questions": [{"press": [{"key": [1]}]}]}, "key"),
    ("/polling", {"name": {"a": 1}}, "name"),
    ("/polling", {"crmId": {}}, "crmId"),
]


def test_refused(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for path, body, message in REFUSED:
            answer = await door.post(path, body)
            assert list(answer) == ENVELOPE
            assert (answer["result"], answer["data"]) == (False, []), body
            assert message in answer["messages"][0]
            assert await stored(door) == [0] * 5
            assert door.house.bus.heard == []

    at_door(story)


NUMBERS: list[tuple[Any, str]] = [
    ("7999&SIP/evil", "7999&SIP/evil"),
    ("79990000000,120", "79990000000,120"),
    ("call me", "call me"),
    ("7999000000١", "7999000000١"),
    ("7999\n0000000;rm", "7999\n0000000;rm"),
    ("+", "+"),
    ("1" * 33, "1" * 33),
    (True, ""),
    (["79990000000"], ""),
    (1e30, "1.0E+30"),
]


def test_hostile_numbers_refuse_the_whole_list(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/task", {**POLLING, "crmId": "A", "name": "before", "numbers": ["79520000001"]})
        before = await stored(door)
        for number, phone in NUMBERS:
            for element in (number, {"number": number}):
                task = {**POLLING, "crmId": "A", "name": "after", "numbers": ["79520000002", element]}
                answer = await door.post("/task", task)
                assert answer["result"] is False, number
                assert list(answer["data"]) == ["error", "phone"]
                assert answer["data"]["phone"] == phone
                assert answer["messages"] == [answer["data"]["error"]]
                assert await stored(door) == before
        kept = await door.data("/task/1000000001")
        assert (kept["name"], [row["phone"] for row in kept["results"]]) == ("before", ["79520000001"])

    at_door(story)


def test_time_offsets(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for offset in ["abc", -13, 15, 5.01, True, [5], "5,5", "1e1", {"h": 5}]:
            task = {**POLLING, "numbers": [{"number": "79520000001", "TimeOffset": offset}]}
            answer = await door.post("/task", task)
            assert answer["result"] is False, offset
            assert answer["data"]["phone"] == "79520000001"
            said = "Invalid TimeOffset for phone 79520000001: hours from -12 to 14 in whole minutes are wanted"
            assert (answer["data"]["error"], answer["messages"]) == (said, [said])
            assert await stored(door) == [0] * 5

    at_door(story)


def test_params_without_a_bottom(at_door: Play) -> None:
    async def story(door: Door) -> None:
        deep: Any = "x"
        for _ in range(100):
            deep = {"a": deep}
        answer = await door.post("/task", {**POLLING, "numbers": [{"number": "79520000001", "params": deep}]})
        assert answer["data"]["phone"] == "79520000001"

    at_door(story)


def test_lenient_bodies(at_door: Play) -> None:
    async def story(door: Door) -> None:
        bom = b"\xef\xbb\xbf" + json.dumps(POLLING).encode()
        for body, kind in [
            (bom, "application/x-www-form-urlencoded"),
            (bom, "text/plain; charset=utf-8"),
            (json.dumps({**POLLING, "unknown": {"a": [1]}}).encode(), "application/json"),
        ]:
            reply = await door.local.call("POST", API_PREFIX + "/task", body, {"Content-Type": kind})
            assert reply.json["result"] is True
        reply = await door.local.call("POST", API_PREFIX + "/task", [bom[:5], bom[5:9], bom[9:]])
        assert reply.json["result"] is True

    at_door(story)


def test_a_body_over_the_limit_is_read_out_and_refused(at_door: Play) -> None:
    async def story(door: Door) -> None:
        chunks = [b" " * 65536] * 40
        for path in ("/task", "/audio"):
            headers = {"Content-Type": "multipart/form-data; boundary=edge"} if path == "/audio" else {}
            reply = await door.local.call("POST", API_PREFIX + path, chunks, headers)
            assert reply.status == 200
            assert reply.json["result"] is False
            assert door.local.left == 0
            if path == "/task":
                assert str(LARGEST_BODY) in reply.json["messages"][0]
        assert await stored(door) == [0] * 5

    at_door(story)


def test_a_caller_who_goes_away_while_sending_stores_nothing(at_door: Play) -> None:
    async def story(door: Door) -> None:
        whole = json.dumps(POLLING).encode()
        sent = [whole[:4]]

        async def receive() -> dict[str, Any]:
            more = {"type": "http.request", "body": sent.pop(), "more_body": True} if sent else None
            return more or {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            pass

        await door.application(door.local._scope("POST", API_PREFIX + "/task", {}), receive, send)
        assert await stored(door) == [0] * 5

    at_door(story)


UNKNOWN = [
    ("GET", "/nothing"),
    ("GET", "/task/1/start"),
    ("POST", "/task/"),
    ("GET", "/polling/"),
    ("PATCH", "/task"),
    ("POST", "/results/0"),
    ("DELETE", "/audio/a%2Fb"),
    ("GET", "/test"),
    ("GET", "/"),
]


def test_unknown_routes(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for method, path in UNKNOWN:
            reply = await door.local.call(method, API_PREFIX + path)
            assert reply.status == 404, path
            assert list(reply.json) == [*ENVELOPE, "errors"]
            assert reply.json["messages"] == {"error": ["404 (Not Found)"]}
            assert reply.json["errors"] == ["404 (Not Found)"]

    at_door(story)


def test_a_fault_is_an_envelope(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.house.pool.execute("alter table campaigns rename to lost")
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": json.dumps(POLLING).encode(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        with pytest.raises(Exception, match="campaigns"):
            await door.application(door.local._scope("POST", API_PREFIX + "/task", {}), receive, send)
        answer = json.loads(sent[1]["body"])
        assert sent[0]["status"] == 200
        assert list(answer) == ENVELOPE
        assert (answer["result"], answer["data"]) == (False, [])
        assert "campaigns" not in answer["messages"][0]

    at_door(story)
