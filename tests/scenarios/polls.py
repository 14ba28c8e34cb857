"""Polls and numbers that the scenarios use."""

from __future__ import annotations

from typing import Any

SHORT_POLL: dict[str, Any] = {
    "name": "Short poll",
    "questions": [
        {
            "questionId": "1",
            "questionText": "Press one.",
            "lang": "en-US",
            "press": [
                {"key": "1", "action": "answer", "value": "yes", "nextQuestion": "2"},
                {"key": "2", "action": "playback", "value": "Thanks.", "valueOptions": "text"},
            ],
        },
        {
            "questionId": "2",
            "questionText": "And again.",
            "lang": "en-US",
            "press": [{"key": "3", "action": "answer", "value": "three"}],
        },
    ],
}


def number(behaviour: str, parameter: int = 0) -> str:
    """A number of the sandbox plan: `7000BBPPPPP`."""
    return f"7000{behaviour}{parameter:05d}"


def ask(name: str, *press: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A question with a text, unless it says otherwise."""
    return {"questionId": name, "questionText": f"Question {name}.", "lang": "en-US", "press": list(press), **members}


def key(keys: str, action: str = "answer", value: Any = None, **members: Any) -> dict[str, Any]:
    return {"key": keys, "action": action, "value": value, **members}


def to(name: str) -> dict[str, str]:
    return {"nextQuestion": name}


YES = key("1", value="yes")
SILENT = number("02")
"""Answers, never presses a key, and stays."""
