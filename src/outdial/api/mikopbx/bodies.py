"""The request bodies as the OpenAPI page shows them. They are read raw, so FastAPI cannot know them by itself."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_ID = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
_PRESS = {
    "type": "object",
    "properties": {
        "key": _TEXT,
        "action": {
            "type": "string",
            "enum": ["answer", "playback", "playback_record", "dial", "restart", "send_crm", ""],
        },
        "value": _TEXT,
        "valueOptions": {"type": "string", "description": "playback: text or file; playback_record: seconds"},
        "nextQuestion": _TEXT,
        "needRecognize": {"type": "integer", "enum": [0, 1], "default": 0},
        "recognizeLabel": _TEXT,
        "crmResponseTemplate": _TEXT,
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
        "type": {"type": "string", "enum": ["", "confirmation"]},
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
                "TimeOffset": {"type": "number", "minimum": -12, "maximum": 14},
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
_TASK = {
    "crmId": _ID,
    "id": _ID,
    "name": _TEXT,
    "state": {"type": "integer", "enum": [0, 1, 2]},
    "innerNum": _ID,
    "innerNumType": {"type": "string", "enum": ["exten", "polling"], "default": "exten"},
    "maxCountChannels": {"type": "integer", "default": 1},
    "dialPrefix": _TEXT,
    "maxAttempt": {"type": "integer", "default": 1},
    "attemptUntilSignal": {"type": "integer", "enum": [0, 1], "default": 0},
    "timeStart": {"type": "integer", "minimum": 0, "maximum": 1439, "default": 0},
    "timeEnd": {"type": "integer", "minimum": 0, "maximum": 1440, "default": 1440},
    "tryInterval": {"type": "integer", "default": 60},
    "numbers": {"type": "array", "items": _NUMBER},
}
TASK_BODY = _body("application/json", _TASK, ["innerNum"])
TASK_CHANGE_BODY = _body(
    "application/json",
    {name: kind for name, kind in _TASK.items() if name not in ("id", "numbers")},
    [],
)
SIGNAL_BODY = _body("application/json", {"phone": _TEXT, "taskId": _ID}, ["phone"])
_CLIENT = {
    "type": "object",
    "properties": {
        "crmId": _ID,
        "name": _TEXT,
        "phones": {"type": "array", "items": _TEXT},
        "properties": {
            "type": "array",
            "items": {"type": "object", "properties": {"key": _TEXT, "value": _TEXT}},
        },
    },
    "required": ["crmId"],
}
CLIENTS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": _CLIENT}}},
    }
}
AUDIO_BODY = _body("multipart/form-data", {"file": {"type": "string", "format": "binary"}}, ["file"])
LOGIN_BODY = _body("application/x-www-form-urlencoded", {"login": _TEXT, "password": _TEXT}, ["login", "password"])
TOKEN_BODY = _body(
    "application/json",
    {"login": _TEXT, "password": _TEXT, "rememberMe": {"type": "boolean"}},
    ["login", "password"],
)
