"""The request bodies as the OpenAPI page shows them. They are read raw, so FastAPI cannot know them by itself."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_ID = {"type": "integer", "minimum": 0}
_PERIODS = {
    "type": "object",
    "properties": {"id": {"const": 1}, "title": {"const": "Однократно"}},
    "required": ["id", "title"],
}
_ATTEMPTS = {
    "type": "object",
    "properties": {"id": {"type": "integer", "minimum": 1, "maximum": 5}, "title": {"type": "string", "example": "1"}},
    "required": ["id", "title"],
}
_SCHEDULE = {
    "type": "object",
    "properties": {
        "date": {"type": "string", "format": "date"},
        "start_time": {"type": "string", "example": "09:00"},
        "end_time": {"type": "string", "example": "17:00"},
        "periods": _PERIODS,
        "attempts": _ATTEMPTS,
        "interval": {"oneOf": [_TEXT, {"type": "integer"}], "description": "Minutes between two attempts."},
    },
    "required": ["date", "start_time", "end_time", "periods", "attempts", "interval"],
}
_CAMPAIGN = {
    "type": "object",
    "properties": {
        "project_id": _ID,
        "name": _TEXT,
        "description": _TEXT,
        "start_block_id": _ID,
        "schedule": _SCHEDULE,
        "phone_id": _ID,
        "state": _TEXT,
    },
    "required": ["project_id", "start_block_id", "schedule", "phone_id"],
}
_PERSON = {
    "type": "object",
    "properties": {
        "phone": {"type": "string", "example": "+79999999999"},
        "add_data": {"type": "object", "additionalProperties": {"oneOf": [_TEXT, {"type": "number"}]}},
    },
    "required": ["phone"],
}
_FILTER = {
    "type": "object",
    "properties": {
        "scenario_id": _ID,
        "start_block_id": _ID,
        "outgoing_campaign_id": _ID,
        "date_start": {"type": "string", "format": "date-time"},
        "date_end": {"type": "string", "format": "date-time"},
    },
    "required": ["scenario_id", "start_block_id", "outgoing_campaign_id", "date_start", "date_end"],
}
_FILTER_TYPES = [
    "equal",
    "contains",
    "starts_with",
    "ends_with",
    "is_empty",
    "not_empty",
    "is_true",
    "not_true",
]
_COLUMN = {
    "type": "object",
    "properties": {
        "id": _ID,
        "name": _TEXT,
        "display_name": _TEXT,
        "column_type": {"type": "string", "examples": ["field", "parameter", "variable", "goal"]},
        "data_type": {"type": "string", "enum": ["text", "number", "datetime", "dialog", "goal", "equal"]},
        "filter_type": {"type": "string", "enum": _FILTER_TYPES},
        "filter_value": _TEXT,
        "sorting": {"type": "string", "enum": ["asc", "desc", "equal"]},
    },
    "required": ["name"],
}


def _body(properties: dict[str, Any], required: list[str], **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}, **more}}}


_LOGIN = {"login": _TEXT, "email": _TEXT, "password": _TEXT}
LOGIN_BODY = _body(
    _LOGIN, ["password"], **{"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": _LOGIN}}}
)
CAMPAIGN_BODY = _body({"campaign": _CAMPAIGN, "phones": {"type": "array", "items": _PERSON}}, ["campaign", "phones"])
REPORT_BODY = _body(
    {"analytics_filter": _FILTER, "columns": {"type": "array", "items": _COLUMN}, "limit": _ID, "offset": _ID},
    ["analytics_filter"],
)
