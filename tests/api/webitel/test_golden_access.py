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
            _remember(names, await _send(entrance, request, names))
        reply = await _send(entrance, recorded["request"], names)
        assert reply.status == recorded["status"], reply.body
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        _compare(_named(recorded["reply"], names), reply.json, "", recorded.get("varies", []))

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


async def _send(entrance: Entrance, request: dict[str, Any], names: dict[str, str]) -> Reply:
    tokens = {"admin": entrance.admin, "user": entrance.user, "stranger": entrance.stranger, "nobody": ""}
    headers = {name: _named(value, names) for name, value in request.get("headers", {}).items()}
    body = request["body"].encode() if "body" in request else _named(request.get("json"), names)
    path = _named(request["path"], names)
    return await entrance.call(request["method"], path, body, tokens[request.get("as", "admin")], **headers)


def _named(value: Any, names: dict[str, str]) -> Any:
    """A value with `<name>` replaced wherever it stands."""
    text = json.dumps(value)
    for name, known in names.items():
        text = text.replace(f"<{name}>", known)
    return json.loads(text)


def _compare(wanted: Any, found: Any, at: str, varies: list[str]) -> None:
    if at and at in varies:
        assert type(found) is type(wanted), f"{at}: {found!r} instead of {wanted!r}"
        return
    if isinstance(wanted, dict) and isinstance(found, dict):
        assert list(found) == list(wanted), at
        for name, member in wanted.items():
            _compare(member, found[name], f"{at}.{name}".lstrip("."), varies)
    elif isinstance(wanted, list) and isinstance(found, list):
        assert len(found) == len(wanted), f"{at}: {found}"
        for index, element in enumerate(found):
            _compare(wanted[index], element, f"{at}.*".lstrip("."), varies)
    else:
        assert found == wanted, at
        assert type(found) is type(wanted), at
