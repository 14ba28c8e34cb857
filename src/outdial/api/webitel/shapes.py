"""The shapes of this dialect's answers and of its ids: 24 hex digits, of which the first eight are the second in which the
id was made.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

_ID = re.compile(r"[0-9a-fA-F]{24}")


def new_id(now: datetime) -> str:
    """A fresh id."""
    return f"{int(now.timestamp()) & 0xFFFFFFFF:08x}{secrets.token_hex(8)}"


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


def ok(data: object) -> dict[str, Any]:
    """An answer with what was asked for."""
    return {"status": "OK", "data": data}


def inserted(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The answer to something that was made."""
    return ok(
        {
            "result": {"ok": 1, "n": len(documents)},
            "ops": list(documents),
            "insertedCount": len(documents),
            "insertedIds": [document["_id"] for document in documents],
        }
    )


def updated(found: bool, changed: bool = True) -> dict[str, Any]:
    """The answer to a change; `changed`: whether what was found is different now."""
    return ok({"ok": 1, "nModified": int(found and changed), "n": int(found)})


def deleted(count: int) -> dict[str, Any]:
    """The answer to a deletion."""
    return ok({"ok": 1, "n": count})


def text_of(value: object) -> str:
    """A value as a text: a text as it stands, anything else as JSON, nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
