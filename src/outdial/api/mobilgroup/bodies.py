"""The request bodies as the OpenAPI page shows them. They are read raw, so FastAPI cannot know them by itself."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_NUMBER = {"oneOf": [{"type": "string"}, {"type": "number"}]}
_SECURITY = {"type": "object", "properties": {"login": _TEXT, "password": _TEXT, "apiKey": _TEXT}}
_SETTINGS = {
    "type": "object",
    "properties": {
        "number": _NUMBER,
        "schedule": {"type": "string", "description": "2020-07-15 14:05, by the account's clock"},
        "attempts": _NUMBER,
        "interval": _NUMBER,
        "repeat": _NUMBER,
        "message": {"type": "string", "maxLength": 5000},
        "phrase": _NUMBER,
        "script": _NUMBER,
    },
    "required": ["number"],
}
_SUBSCRIBER = {
    "type": "object",
    "properties": {
        "phone": _NUMBER,
        "message": _TEXT,
        **dict.fromkeys(("summa", "param1", "param2", "param3"), _NUMBER),
    },
    "required": ["phone"],
}
_TEMPLATE = {"type": "object", "properties": {"id": _NUMBER, "name": _TEXT, "message": _TEXT}}


def _body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"security": _SECURITY, **properties}, "required": required}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


SEND_BODY = _body(
    {"settings": _SETTINGS, "subscribers": {"type": "array", "items": _SUBSCRIBER}}, ["settings", "subscribers"]
)
_WHAT = {"type": "string", "enum": ["state", "balance", "scripts", "phrases", "numbers", "templates"]}
GET_BODY = _body({"request": _WHAT, "id": _NUMBER, "account": _NUMBER}, ["request"])
SET_BODY = _body(
    {"request": _TEXT, "account": _NUMBER, "templates": {"type": "array", "items": _TEMPLATE}},
    ["request", "account", "templates"],
)
