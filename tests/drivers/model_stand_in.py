"""A language model's server on the loopback address: it streams `chat/completions`, or fails as it is told."""

from __future__ import annotations

import json
from typing import Any

from drivers.stand_in import Move, StandIn, streams
from outdial.drivers.assistant.completions import PATH

BASE = "/v1"
KEY = "sk-the-secret-key"
DONE = b"data: [DONE]\n\n"


class ModelStandIn(StandIn):
    """The server; see `StandIn`. `address` is what the settings want to know."""

    def __init__(self, *moves: Move) -> None:
        super().__init__(BASE + PATH, *moves)

    @property
    def address(self) -> str:
        return self.url + BASE


def event(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> bytes:
    """One event of the stream, with what such servers write around it."""
    choice = {"index": 0, "delta": delta or {}, "logprobs": None, "finish_reason": finish}
    whole = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **more,
    }
    return b"data: " + json.dumps(whole, ensure_ascii=False).encode() + b"\n\n"


def words(*pieces: str) -> bytes:
    """What the model writes, a piece an event."""
    return b"".join(event({"content": piece}) for piece in pieces)


def call(name: str, arguments: Any = "{}", index: int | None = 0) -> bytes:
    """A whole call of a function in one event."""
    function = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return event({"tool_calls": [function if index is None else {"index": index, **function}]})


def call_in_pieces(name: str, *arguments: str) -> bytes:
    """A call as OpenAI streams it: the name first, then the arguments in pieces."""
    begun = call(name, "")
    return begun + b"".join(
        event({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}) for piece in arguments
    )


def answers(*parts: bytes, finish: str = "stop", usage: bool = True) -> Move:
    """A whole answer: an empty beginning, the parts, the reason of its end, the count of tokens, and the last line."""
    tokens = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    counted = event(choices=[], usage=tokens) if usage else b""
    return streams(
        b": ping\n\n", event({"role": "assistant", "content": ""}), *parts, event(finish=finish), counted, DONE
    )


def says(text: str) -> Move:
    """Words alone."""
    return answers(*(words(letter) for letter in text))
