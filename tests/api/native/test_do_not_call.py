"""The list of numbers that must not be called, at outdial's own door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api.native.test_account import Counter, play
from outdial.operations.access import hash_secret

Play = Callable[[Callable[[Counter], Awaitable[None]]], None]
PATH = "/v1/do-not-call"


@pytest.fixture
def at_door(database_url: str, tmp_path: Path) -> Play:
    return lambda story: play(database_url, tmp_path, story)


def test_numbers_are_put_on_listed_and_taken_off_in_any_form(at_door: Play) -> None:
    async def story(counter: Counter) -> None:
        wanted = ["8 (916) 000-00-01", {"number": "+79160000002", "note": "asked us to"}, "79160000001"]
        assert (await counter.ask("POST", PATH, {"numbers": wanted})).json == {"added": 2}
        assert (await counter.ask("POST", PATH, {"numbers": wanted})).json == {"added": 0}
        listed = (await counter.ask("GET", PATH)).json
        shown = [{"number": "79160000001", "note": ""}, {"number": "79160000002", "note": "asked us to"}]
        assert listed == {"numbers": shown, "next": None}
        page = (await counter.ask("GET", f"{PATH}?limit=1")).json
        assert page == {"numbers": shown[:1], "next": "79160000001"}
        assert (await counter.ask("GET", f"{PATH}?limit=1&after=79160000001")).json["numbers"] == shown[1:]
        assert (await counter.ask("DELETE", f"{PATH}/89160000001")).json == {"removed": True}
        gone = await counter.ask("DELETE", f"{PATH}/79160000001")
        assert (gone.status, gone.json["code"]) == (404, "not_found")

    at_door(story)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "numbers"),
        ({"numbers": []}, "numbers"),
        ({"numbers": ["1"], "more": 1}, "numbers"),
        ({"numbers": ["79160000001", "abc"]}, "numbers.1"),
        ({"numbers": [79160000001]}, "numbers.0"),
        ({"numbers": [{"number": "7916", "why": "x"}]}, "numbers.0"),
        ({"numbers": [{"number": "7916", "note": "\n"}]}, "numbers.0.note"),
    ],
)
def test_a_list_with_a_fault_adds_nothing(at_door: Play, body: Any, field: str) -> None:
    async def story(counter: Counter) -> None:
        refused = await counter.ask("POST", PATH, body)
        assert (refused.status, refused.json["field"]) == (400, field)
        assert (await counter.ask("GET", PATH)).json["numbers"] == []

    at_door(story)


def test_a_tenant_sees_its_own_list_and_nobody_without_a_key_sees_any(at_door: Play) -> None:
    async def story(counter: Counter) -> None:
        key = "insert into api_keys (tenant_id, name, key_hash) values ($1, 'other', $2)"
        await counter.house.pool.execute(key, counter.house.other_tenant, hash_secret("theirs"))
        await counter.ask("POST", PATH, {"numbers": ["79160000001"]})
        assert (await counter.ask("GET", PATH, key="theirs")).json["numbers"] == []
        assert (await counter.ask("DELETE", f"{PATH}/79160000001", key="theirs")).status == 404
        for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", f"{PATH}/79160000001")):
            assert (await counter.ask(method, path, {"numbers": ["1"]}, key="nobody's")).status == 401

    at_door(story)
