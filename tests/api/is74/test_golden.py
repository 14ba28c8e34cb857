"""The published requests as they stand, and a request for every answer; replies are compared whole, keys in their order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.asgi import Reply
from api.is74.entrance import BEARER, Door
from written_calls import Spoken, write_calls

GOLDEN = Path(__file__).parents[2] / "golden" / "is74"
CASES = sorted(GOLDEN.glob("*.json"))


@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
def test_pair(file: Path, at_door: Callable[..., None]) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))

    async def story(door: Door) -> None:
        for request in case.get("before", []):
            assert (await _sent(door, request)).status == 200
        if calls := case.get("calls"):
            await write_calls(door.house.pool, 1, [Spoken(**call) for call in calls])
        reply = await _sent(door, case["request"])
        assert reply.status == case["status"]
        assert reply.headers["content-type"] == case.get("type", "application/json")
        if "text" in case:
            assert reply.body.decode() == case["text"]
        else:
            assert _text(reply.json) == _text(case["reply"])

    at_door(story)


async def _sent(door: Door, request: dict[str, Any]) -> Reply:
    body = request["raw"].encode() if "raw" in request else request["json"]
    return await door.post(request["path"], body, {**BEARER, **request.get("headers", {})})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
