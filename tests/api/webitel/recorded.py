"""A recorded request and the reply to it: sent with the names that earlier steps gave, and compared whole."""

from __future__ import annotations

import json
from typing import Any

from api.asgi import Reply
from api.webitel.entrance import Entrance


async def send(entrance: Entrance, request: dict[str, Any], names: dict[str, str]) -> Reply:
    tokens = {"admin": entrance.admin, "user": entrance.user, "stranger": entrance.stranger, "nobody": ""}
    headers = {name: named(value, names) for name, value in request.get("headers", {}).items()}
    body = request["body"].encode() if "body" in request else named(request.get("json"), names)
    path = named(request["path"], names)
    return await entrance.call(request["method"], path, body, tokens[request.get("as", "admin")], **headers)


def named(value: Any, names: dict[str, str]) -> Any:
    """A value with `<name>` replaced wherever it stands."""
    text = json.dumps(value)
    for name, known in names.items():
        text = text.replace(f"<{name}>", known)
    return json.loads(text)


def compare(wanted: Any, found: Any, at: str, varies: list[str]) -> None:
    if at and at in varies:
        assert type(found) is type(wanted), f"{at}: {found!r} instead of {wanted!r}"
        return
    if isinstance(wanted, dict) and isinstance(found, dict):
        assert list(found) == list(wanted), at
        for name, member in wanted.items():
            compare(member, found[name], f"{at}.{name}".lstrip("."), varies)
    elif isinstance(wanted, list) and isinstance(found, list):
        assert len(found) == len(wanted), f"{at}: {found}"
        for index, element in enumerate(found):
            compare(wanted[index], element, f"{at}.*".lstrip("."), varies)
    else:
        assert found == wanted, at
        assert type(found) is type(wanted), at
