"""Whatever somebody sends to the paths of dialers and members, the answer is one of this dialect, and never a fault."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from api.webitel.conftest import Play
from api.webitel.entrance import CALENDAR, Entrance
from outdial.drivers.postgres.documents import LONGEST_SECONDS

VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "x", "'; drop table contacts; --", "\U0001f642", "\u2028", [], {}, [[]], [{}],
    {"": ""}, {"$": 1}, {"a.b": 1}, {"_id": None}, [{"$match": None}], {"number": 1}, "a" * 5000,
]  # fmt: skip
MEMBERS = [
    "name", "type", "calendar", "parameters", "resources", "communications", "variables", "agents", "skills", "priority",
    "expire", "_cf", "amd", "agentParams", "success", "next_after_sec", "stop_communications", "next_communication",
]  # fmt: skip
RAW = [
    b"\xff",
    b"[" * 5000,
    b"{",
    b"nul",
    b'"x"',
    b"1",
    b'{"a": "\\u0000"}',
    b'{"a": "\\ud800"}',
    b"1" * 5000,
    b"[1e999]",
]
WHOLE_DIALER = {"name": "d", "type": "Voice Broadcasting", "calendar": {"id": CALENDAR}}
WHOLE_MEMBER = {"name": "m", "communications": [{"number": "1"}]}


def bodies() -> list[bytes]:
    made: list[Any] = [*VALUES]
    for name in MEMBERS:
        for value in VALUES:
            made += [WHOLE_DIALER | WHOLE_MEMBER | {name: value}]
    for value in VALUES:
        made += [WHOLE_MEMBER | {"communications": [value, {"number": "1", "type": value, "priority": value}]}]
    return [*RAW, *(json.dumps(one).encode() for one in made)]


def test_no_body_is_a_fault(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = (await entrance.data("POST", "/api/v2/dialer", WHOLE_DIALER))["insertedIds"][0]
        path = f"/api/v2/dialer/{dialer}"
        member = (await entrance.data("POST", path + "/members", WHOLE_MEMBER))["insertedIds"][0]
        one = f"{path}/members/{member}"
        targets = [
            ("POST", "/api/v2/dialer"),
            ("PUT", path),
            ("PUT", path + "/reset"),
            ("POST", path + "/agents/stats"),
            ("POST", path + "/members"),
            ("POST", path + "/members/aggregate"),
            ("PUT", one),
            ("PUT", one + "/status"),
        ]
        for place, body in enumerate(bodies()):
            method, target = targets[place % len(targets)]
            reply = await entrance.call(method, target, body)
            assert reply.status in (200, 400, 404, 406), (method, target, body, reply.body)
            assert reply.json["status"] in ("OK", "error")
        assert (await entrance.call("GET", path)).status == 200
        assert (await entrance.call("GET", one)).status == 200

    at_entrance(story)


def test_no_query_is_a_fault(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = (await entrance.data("POST", "/api/v2/dialer", WHOLE_DIALER))["insertedIds"][0]
        path = f"/api/v2/dialer/{dialer}"
        await entrance.data("POST", path + "/members", WHOLE_MEMBER)
        texts = [
            *(json.dumps(value) for value in VALUES),
            "{",
            "%",
            "\x00",
            '{"a":"\\u0000"}',
            '{"a":{"$regex":"\\ud800"}}',
        ]
        texts += [
            json.dumps({name: {operator: value}})
            for name in ("name", "communications.x", "_log.0.state")
            for operator in ("$gt", "$in", "$regex", "$exists", "$elemMatch", "$not")
            for value in VALUES
        ]
        for place, text in enumerate(texts):
            part = ("filter", "sort", "columns", "limit", "page", "from")[place % 6] if place < 60 else "filter"
            target = (path + "/members", path + "/members/count", path + "/history")[place % 3]
            reply = await entrance.call("GET", f"{target}?{part}={quote(text)}")
            assert reply.status in (200, 400), (target, part, text, reply.body)

    at_entrance(story)


def test_an_expression_that_never_ends_is_given_up(at_entrance: Play) -> None:
    assert LONGEST_SECONDS <= 30

    async def story(entrance: Entrance) -> None:
        dialer = (await entrance.data("POST", "/api/v2/dialer", WHOLE_DIALER))["insertedIds"][0]
        path = f"/api/v2/dialer/{dialer}/members"
        await entrance.data("POST", path, WHOLE_MEMBER | {"name": "a" * 3000})
        pattern = quote(json.dumps({"name": {"$regex": "^(a|aa)+b" + "(x{1,200}){1,200}"}}))
        assert (await entrance.call("GET", f"{path}?filter={pattern}")).status in (200, 400)

    at_entrance(story)
