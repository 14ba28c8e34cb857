"""Reads one streamed answer of `chat/completions`: bytes of server-sent events go in, sentences and at the end the chosen
way come out, or the reason why it is no answer. It knows neither the connection nor the clock.

What comes out depends on the bytes alone, not on the pieces in which they arrive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from outdial.core.assistant import Path
from outdial.core.sentences import cut, spoken
from outdial.ports import Failed, Trouble

LARGEST_LINE = 64 * 1024
"""Bytes of one event."""
LARGEST_ANSWER = 1024 * 1024
"""Bytes of one answer, with everything that a server says around it."""
LETTERS_A_TOKEN = 16
"""More than any token has; a server that lets a model go on beyond its tokens is stopped by this."""

_THOUGHT, _END_OF_THOUGHT = "<think>", "</think>"
_FOR_MACHINES = re.compile(r"\A\s*(?:\{(?!\{)|\[\s*\{)|\[TOOL_CALLS\]|<\|?/?(?:tool|function|think|python)|<\||\{\s*\"")


class NoAnswer(Exception):
    """What came cannot be an answer, or no more of one."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(detail)
        self.failed = Failed(trouble, detail)


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _Call(msgspec.Struct):
    index: int | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Event).decode


@dataclass(slots=True)
class _Chosen:
    """A call of a function as far as it has come."""

    index: int | None
    name: str = ""
    arguments: str = ""


class Reading:
    """One answer as it comes. `functions` are the ways on by the names that the model was told."""

    def __init__(self, functions: Mapping[str, Path], most_tokens: int) -> None:
        self._functions = functions
        self._letters_left = most_tokens * LETTERS_A_TOKEN
        self._most_tokens = most_tokens
        self._bytes_left = LARGEST_ANSWER
        self._line = b""
        self._words = ""
        self._thinking = True
        """Whether what was written so far may be a thought, which some models write before their answer."""
        self._said = False
        self._calls: list[_Chosen] = []
        self.finished = False
        """The model has written everything; what may still come says nothing."""

    @property
    def begun(self) -> bool:
        """Whether anything came that is worth waiting on for: a sentence, or a way on."""
        return self._said or bool(self._calls) or self.finished

    def take(self, chunk: bytes) -> Iterator[str]:
        """The sentences that are whole with this chunk. Raises `NoAnswer` after those that came before the trouble."""
        self._bytes_left -= len(chunk)
        if self._bytes_left < 0:
            raise NoAnswer(Trouble.TOO_LARGE, f"over {LARGEST_ANSWER} bytes came")
        *lines, self._line = (self._line + chunk).split(b"\n")
        for line in lines:
            yield from self._take_line(line)
        if len(self._line) > LARGEST_LINE:
            raise NoAnswer(Trouble.TOO_LARGE, f"a line of over {LARGEST_LINE} bytes came")

    def end(self) -> str:
        """Nothing more comes: the block of the way that is taken, empty where the callee is to answer. Raises `NoAnswer`."""
        if not self.finished:
            raise NoAnswer(Trouble.CUT_OFF, "the answer broke off")
        blocks = {self._block_of(call) for call in self._calls}
        if len(blocks) > 1:
            raise NoAnswer(Trouble.MIXED, f"{len(blocks)} ways on were taken: {', '.join(sorted(blocks))}"[:200])
        if not blocks and not self._said:
            raise NoAnswer(Trouble.EMPTY, "the answer has neither words nor a way on")
        return next(iter(blocks), "")

    def _take_line(self, line: bytes) -> Iterator[str]:
        if len(line) > LARGEST_LINE:
            raise NoAnswer(Trouble.TOO_LARGE, f"a line of over {LARGEST_LINE} bytes came")
        name, _, value = line.rstrip(b"\r").partition(b":")
        if self.finished or name in (b"", b"event", b"id", b"retry"):
            return
        if name != b"data":
            raise _garbage(line)
        if value.strip() == b"[DONE]":
            yield from self._finish()
            return
        try:
            event = _decode(value)
        except (msgspec.DecodeError, RecursionError):
            raise _garbage(line) from None
        if event.error is not None:
            raise NoAnswer(Trouble.UNAVAILABLE, f"the model's server says: {str(event.error)[:200]}")
        for choice in (event.choices or [])[:1]:
            yield from self._take_choice(choice)

    def _take_choice(self, choice: _Choice) -> Iterator[str]:
        delta = choice.delta or _Delta()
        if delta.refusal:
            raise NoAnswer(Trouble.REFUSED, "the model refused to answer")
        if delta.content:
            yield from self._hear(delta.content)
        for call in delta.tool_calls or ():
            # Words before a way on are over, even without a full stop.
            yield from self._sentences(ended=True)
            self._add(call)
        match choice.finish_reason:
            case None | "":
                return
            case "length":
                raise NoAnswer(Trouble.TOO_LONG, f"the answer was not over after {self._most_tokens} tokens")
            case "content_filter":
                raise NoAnswer(Trouble.REFUSED, "a filter of the model's server stopped the answer")
            case "error":
                raise NoAnswer(Trouble.UNAVAILABLE, "the model's server stopped the answer with an error")
            case _:
                yield from self._finish()

    def _finish(self) -> Iterator[str]:
        yield from self._sentences(ended=True)
        self.finished = True

    def _hear(self, content: str) -> Iterator[str]:
        self._letters_left -= len(content)
        if self._letters_left < 0:
            raise NoAnswer(Trouble.TOO_LONG, f"the answer is longer than {self._most_tokens} tokens can be")
        if self._calls and content.strip():
            raise NoAnswer(Trouble.MIXED, "words came after a way on was taken")
        self._words += content
        yield from self._sentences(ended=False)

    def _sentences(self, *, ended: bool) -> Iterator[str]:
        if self._thinking:
            self._leave_thoughts_out(ended)
            if self._thinking:
                return
        sentences, self._words = cut(self._words, ended=ended)
        for sentence in sentences:
            if _FOR_MACHINES.search(sentence):
                raise NoAnswer(Trouble.NOT_SPEECH, f"the model wrote for a machine: {_shown(sentence)}")
            if words := spoken(sentence):
                self._said = True
                yield words

    def _leave_thoughts_out(self, ended: bool) -> None:
        begun = self._words.lstrip()
        if begun.startswith(_THOUGHT):
            _, over, after = begun.partition(_END_OF_THOUGHT)
            if over or ended:
                self._words, self._thinking = after, False
        elif ended or not _THOUGHT.startswith(begun):
            self._thinking = False

    def _add(self, call: _Call) -> None:
        function = call.function or _Function()
        last = self._calls[-1] if self._calls else None
        # A server that counts no calls begins another one with a name.
        if last is None or (bool(function.name) if call.index is None else call.index != last.index):
            last = _Chosen(call.index)
            self._calls.append(last)
        if function.name and function.name != last.name:
            last.name += function.name
        given = function.arguments
        if given is not None:
            last.arguments += given if isinstance(given, str) else msgspec.json.encode(given).decode()

    def _block_of(self, call: _Chosen) -> str:
        path = self._functions.get(call.name)
        if path is None:
            raise NoAnswer(Trouble.UNKNOWN_PATH, f"there is no way on named {_shown(call.name)}")
        try:
            # No way on has parameters, so an empty text and null are as good as an empty object.
            msgspec.json.decode(call.arguments or "{}", type=dict[str, Any] | None)
        except (msgspec.DecodeError, RecursionError):
            detail = f"the arguments of {call.name} are no JSON object: {_shown(call.arguments)}"
            raise NoAnswer(Trouble.BROKEN_ARGUMENTS, detail) from None
        return path.block


def _garbage(line: bytes) -> NoAnswer:
    shown = _shown(line.decode(errors="replace"))
    return NoAnswer(Trouble.GARBAGE, f"the model's server streams no events of chat/completions: {shown}")


def _shown(text: str) -> str:
    return repr(text[:80])
