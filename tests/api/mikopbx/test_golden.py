"""The published requests, sent as they stand; the published replies, compared by key order, JSON types, and every value that
the request determines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.asgi import Reply
from api.mikopbx.door import Door, multipart
from outdial.core.call import State
from outdial.core.outcome import Outcome

GOLDEN = Path(__file__).parents[2] / "golden" / "mikopbx"
CASES = sorted(GOLDEN.glob("*.json"))


@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
def test_published_pair(file: Path, at_door: Callable[..., None]) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))

    async def story(door: Door) -> None:
        names: dict[str, str] = {}
        for request in case.get("before", []):
            made = (await _send(door, request, names)).json
            if isinstance(made["data"], dict) and "id" in made["data"]:
                names["poll"] = names["made"] = made["data"]["id"]
        if case.get("called"):
            names["task"] = await _called(door)
        reply = await _answered(door, case, names)
        assert reply.status == case.get("status", 200)
        _compare(case["reply"], reply.json, "", case)

    at_door(story)


async def _answered(door: Door, case: dict[str, Any], names: dict[str, str]) -> Reply:
    """A feed is asked until it shows what was just written."""
    for _ in range(2000):
        reply = await _send(door, case["request"], names)
        if not case.get("called") or reply.json["data"] != {"results": []}:
            return reply
    raise AssertionError("the feed stayed empty")


async def _send(door: Door, request: dict[str, Any], names: dict[str, str]) -> Reply:
    headers, body = dict(request.get("headers", {})), request.get("body", "").encode()
    if "json" in request:
        body = json.dumps(request["json"]).encode()
    if "file" in request:
        body, headers["Content-Type"] = multipart(request["file"], request.get("content", "sound of one").encode())
    caller = door.caller(request["from"]) if "from" in request else door.local
    return await caller.call(request["method"], request["path"].format(**names), body, headers)


async def _called(door: Door) -> str:
    """A task with one number, whose poll was heard out with one answer."""
    question = {"questionText": "Один?", "press": [{"key": "1", "action": "playback", "valueOptions": "text"}]}
    poll = await door.data("/polling", {"name": "New polling", "questions": [question]})
    task = {
        "name": "New pollingtask",
        "innerNum": poll["id"],
        "innerNumType": "polling",
        "dialPrefix": "999",
        "numbers": [{"number": "79522233446"}],
    }
    made = await door.data("/task", task)
    (call,) = await door.reserve()
    call = await door.goes(call, [("0", "1", "1")], state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)
    await door.goes(call, state=State.ENDED, goals=("completed",))
    await door.data("/task", {"crmId": made["crmId"], "innerNum": poll["id"], "state": "1"})
    id: str = made["id"]
    return id


def _compare(wanted: Any, found: Any, at: str, case: dict[str, Any]) -> None:
    assert type(found) is type(wanted), f"{at}: {found!r} instead of {wanted!r}"
    if at and at in case["determined"]:
        assert found == wanted, at
    if isinstance(wanted, dict):
        keys = list(found)
        if at in case.get("more", []):
            keys = keys[: len(wanted)]
        assert keys == list(wanted), at
        for name, member in wanted.items():
            _compare(member, found[name], f"{at}.{name}".lstrip("."), case)
    if isinstance(wanted, list):
        assert bool(found) == bool(wanted), at
        for index, element in enumerate(found):
            _compare(wanted[min(index, len(wanted) - 1)], element, f"{at}.*", case)
