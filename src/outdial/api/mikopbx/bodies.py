"""The request bodies as the OpenAPI page shows them. They are read raw, so FastAPI cannot know them by itself."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_ID = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
_PRESS = {
    "type": "object",
    "properties": {
        "key": _TEXT,
        "action": {"type": "string", "enum": ["answer", "playback", "dial", "restart", ""]},
        "value": _TEXT,
        "valueOptions": {"type": "string", "enum": ["text", "file"]},
        "nextQuestion": _TEXT,
    },
}
_QUESTION = {
    "type": "object",
    "properties": {
        "questionId": _TEXT,
        "questionText": _TEXT,
        "questionFile": _TEXT,
        "lang": _TEXT,
        "timeout": {"type": "integer", "default": 5},
        "defPress": _TEXT,
        "nextQuestion": _TEXT,
        "press": {"type": "array", "items": _PRESS},
    },
}
_NUMBER = {
    "oneOf": [
        _TEXT,
        {
            "type": "object",
            "properties": {
                "number": _TEXT,
                "params": {"type": "object"},
                "timeCallAllow": {"type": "string", "description": "d.m.Y H:i:s in the server's time zone"},
                "clientId": _TEXT,
                "TimeOffset": {"type": "number"},
            },
        },
    ]
}


def _body(media_type: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


POLL_BODY = _body(
    "application/json", {"crmId": _ID, "name": _TEXT, "questions": {"type": "array", "items": _QUESTION}}, []
)
TASK_BODY = _body(
    "application/json",
    {
        "crmId": _ID,
        "id": _ID,
        "name": _TEXT,
        "state": {"type": "integer", "enum": [0, 1, 2]},
        "innerNum": _ID,
        "innerNumType": {"type": "string", "enum": ["polling"]},
        "maxCountChannels": {"type": "integer", "default": 1},
        "dialPrefix": _TEXT,
        "maxAttempt": {"type": "integer", "default": 1},
        "tryInterval": {"type": "integer", "default": 60},
        "numbers": {"type": "array", "items": _NUMBER},
    },
    ["innerNum"],
)
AUDIO_BODY = _body("multipart/form-data", {"file": {"type": "string", "format": "binary"}}, ["file"])
LOGIN_BODY = _body("application/x-www-form-urlencoded", {"login": _TEXT, "password": _TEXT}, ["login", "password"])
