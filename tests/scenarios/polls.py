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
