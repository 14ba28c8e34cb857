"""Requests and the replies to them, compared whole: status, key order, types and values. What no request determines is
named under `varies`, and of it only the type has to be right.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.asgi import Reply
from api.webitel.entrance import Entrance
from api.webitel.recorded import compare, named, send

GOLDEN = Path(__file__).parents[2] / "golden" / "webitel"
PREFIXES = ("access_", "agents_", "calendars_", "hooks_")
CASES = [file for file in sorted(GOLDEN.glob("*.json")) if file.stem.startswith(PREFIXES)]
_HASHES = pytest.mark.slow  # a login costs an argon2 hash


def case(file: Path) -> Any:
    return pytest.param(file, id=file.stem, marks=[_HASHES] if "/login" in file.read_text(encoding="utf-8") else [])


@pytest.mark.parametrize("file", [case(file) for file in CASES])
def test_recorded_pair(file: Path, at_entrance: Callable[..., None]) -> None:
    recorded = json.loads(file.read_text(encoding="utf-8"))

    async def story(entrance: Entrance) -> None:
        names: dict[str, str] = {}
        for request in recorded.get("before", []):
            _remember(names, await send(entrance, request, names))
        reply = await send(entrance, recorded["request"], names)
        assert reply.status == recorded["status"], reply.body
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        compare(named(recorded["reply"], names), reply.json, "", recorded.get("varies", []))

    at_entrance(story)


def _remember(names: dict[str, str], reply: Reply) -> None:
    """What later requests may name."""
    made = reply.json
    data = made.get("data")
    if isinstance(data, dict) and data.get("insertedIds"):
        names["id"] = data["insertedIds"][0]
    if isinstance(data, dict) and "uuid" in data:
        names["uuid"] = data["uuid"]
    names.update({name: made[name] for name in ("key", "token") if name in made})
