"""The request bodies as the OpenAPI page shows them. They are read raw, so FastAPI cannot know them by itself."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_FLAG = {"type": "boolean"}
_TEXTS = {"type": "array", "items": _TEXT}
_OBJECT = {"type": "object"}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_RANGE = _object({"startTime": _NUMBER, "endTime": _NUMBER, "attempts": _NUMBER, "priority": _NUMBER})
_TYPE = _object({"name": _TEXT, "code": _TEXT, "ranges": _list(_RANGE)})
_DESTINATION = _object(
    {
        "gwName": _TEXT,
        "dialString": _TEXT,
        "gwProto": _TEXT,
        "order": _NUMBER,
        "limit": _NUMBER,
        "enabled": _FLAG,
        "callerIdNumber": _TEXT,
    }
)
DIALER_BODY = _body(
    _object(
        {
            "name": _TEXT,
            "description": _TEXT,
            "type": {"type": "string", "enum": ["Predictive Dialer", "Progressive Dialer", "Voice Broadcasting"]},
            "priority": _NUMBER,
            "calendar": _object({"id": _TEXT, "name": _TEXT}, "id"),
            "parameters": _object(
                {
                    "limit": _NUMBER,
                    "minBillSec": _NUMBER,
                    "originateTimeout": _NUMBER,
                    "maxTryCount": _NUMBER,
                    "intervalTryCount": _NUMBER,
                    "wrapUpTime": _NUMBER,
                    "predictAdjust": _NUMBER,
                    "targetPredictiveSilentCalls": _NUMBER,
                    "maxPredictiveSilentCalls": _NUMBER,
                    "waitingForResultStatus": _FLAG,
                    "recordSession": _FLAG,
                    "eternalQueue": _FLAG,
                    "retryAbandoned": _FLAG,
                    "retriesByNumber": _FLAG,
                    "oneDayTask": _FLAG,
                }
            ),
            "amd": _OBJECT,
            "variables": _OBJECT,
            "numberStrategy": {"type": "string", "enum": ["by-priority", "top-down"]},
            "membersStrategy": {"type": "string", "enum": ["next-tries-circuit", "strict-circuit"]},
            "autoResetStats": _FLAG,
            "resources": _list(_object({"dialedNumber": _TEXT, "destinations": _list(_DESTINATION)})),
            "agentParams": _OBJECT,
            "agents": _TEXTS,
            "skills": _TEXTS,
            "agentStrategy": _TEXT,
            "communications": _object({"types": _list(_TYPE)}),
        },
        "name",
        "type",
        "calendar",
    )
)
RESET_BODY = _body(_object(dict.fromkeys(("resetProcess", "resetStats", "resetAgents", "skipActive"), _FLAG)))
AGENTS_BODY = _body(_object({"agents": _TEXTS, "skills": _TEXTS}, "agents", "skills"))
_COMMUNICATION = _object({"number": _TEXT, "priority": _NUMBER, "type": _TEXT, "description": _TEXT}, "number")
_MEMBER = _object(
    {
        "name": _TEXT,
        "priority": _NUMBER,
        "variables": _OBJECT,
        "communications": {**_list(_COMMUNICATION), "minItems": 1},
        "expire": _NUMBER,
    }
)
MEMBER_BODY = _body(_MEMBER)
MEMBERS_BODY = _body({"oneOf": [_MEMBER, _list(_MEMBER)]})
PIPELINE_BODY = _body(_list(_OBJECT))
FILTER_BODY = _body(_OBJECT)
STATUS_BODY = _body(
    _object(
        {
            "success": _FLAG,
            "reset_retries": _FLAG,
            "next_after_sec": _NUMBER,
            "next_communication": _TEXT,
            "stop_communications": {"oneOf": [_TEXT, _TEXTS]},
            "description": _TEXT,
        }
    )
)
