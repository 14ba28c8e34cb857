"""Requests about dialers and members and the replies to them, compared whole. What no request determines is named under
`varies`, and of it only the type has to be right; `remember` names the id that a step before made, and `sql` is what calls
would have left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from api.webitel.entrance import Entrance
from api.webitel.recorded import compare, named, send

GOLDEN = Path(__file__).parents[2] / "golden" / "webitel"
PREFIXES = ("dialers_", "members_")
CASES = [file for file in sorted(GOLDEN.glob("*.json")) if file.stem.startswith(PREFIXES)]


@pytest.mark.parametrize("file", CASES, ids=[file.stem for file in CASES])
def test_recorded_pair(file: Path, at_entrance: Callable[..., None]) -> None:
    recorded = json.loads(file.read_text(encoding="utf-8"))

    async def story(entrance: Entrance) -> None:
        names: dict[str, str] = {}
        for step in recorded.get("before", []):
            if "sql" in step:
                await entrance.house.pool.execute(named(step["sql"], names))
                continue
            reply = await send(entrance, step, names)
            if "remember" in step:
                names[step["remember"]] = reply.json["data"]["insertedIds"][0]
        reply = await send(entrance, recorded["request"], names)
        assert reply.status == recorded["status"], reply.body
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        compare(named(recorded["reply"], names), reply.json, "", recorded.get("varies", []))

    at_entrance(story)
