"""The published requests as they stand, and a request for every code; replies are compared whole, with the order of keys."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.asgi import Reply
from api.mobilgroup.entrance import TEXTING, Door
from outdial.core.outcome import Outcome
from outdial.ports import Accepted, Receipt, Refused

GOLDEN = Path(__file__).parents[2] / "golden" / "mobilgroup"
CASES = sorted(GOLDEN.glob("*.json"))
DATE = re.compile(r'"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"')


@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
def test_pair(file: Path, at_door: Callable[..., None]) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))

    async def story(door: Door) -> None:
        door.house.voice.seconds.update(case.get("seconds", {}))
        for request in case.get("before", []):
            assert (await _sent(door, request)).json["result"] == "ok"
        for calls in case.get("calls", []):
            for call, (outcome, *rest) in zip(await door.reserve(), calls, strict=True):
                await door.ends(call, Outcome(outcome), *rest)
        for said in case.get("texted", []):
            answer = Accepted(said["id"]) if "id" in said else Refused(said["refused"])
            receipts = [Receipt(said["id"], said["delivered"])] if "delivered" in said else []
            await door.texted(answer, *receipts)
        reply = await _sent(door, case["request"])
        assert reply.status == case["status"]
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        assert DATE.sub('"DATE"', _text(reply.json)) == _text(case["reply"])

    at_door(story, **case.get("account", {}), **({"more": TEXTING} if case.get("texting") else {}))


async def _sent(door: Door, request: dict[str, Any]) -> Reply:
    body = request["raw"].encode() if "raw" in request else request["json"]
    return await door.post(request["path"], body, request.get("headers"))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
