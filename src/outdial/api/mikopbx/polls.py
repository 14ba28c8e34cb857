"""A poll as a script: each question becomes a node that asks, each key a choice, each thing to play or to dial a node of its
own. Nothing here knows HTTP or the store.

Questions that nobody leads to are common in polls and left out. The call is a success when the poll's end is reached, and
what is played on the way there has to be heard first; a transfer counts as soon as its key is pressed. Nothing that callees
say is recognised, so a question that has them confirm it is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote_plus

from outdial.core.dialstring import check_dial_string
from outdial.core.errors import NotDiallable
from outdial.core.prompt import Kind, Prompt, Recording, Slot, Text
from outdial.core.script.nodes import (
    COMPLETED,
    Ask,
    Choice,
    Goal,
    HangUp,
    Node,
    Record,
    Request,
    Say,
    Script,
    Transfer,
)

SILENT_LIMIT_SECONDS = 120.0
PLAYS = 3
DEFAULT_WAIT_SECONDS = 5
DEFAULT_RECORD_SECONDS = 10
LONGEST_WAIT_SECONDS = 3600
RECORD_LANGUAGE = "ru-RU"
"""What is said before a recording is always in this language."""
NO_RESULT = "-"
"""Recorded where a press has no value of its own."""
CRM = "mikopbx crm"
"""The name under which scripts know the CRM of the module's settings."""
CRM_RESULT = "result"
"""The placeholder that stands for what the CRM said."""
CONFIRMATION = "confirmation"
"""The type of a question that repeats what was recognised."""

_KEYS = re.compile(r"[0-9*#]+")
_TAG = re.compile(r"<([^<>]*)>")
_SECONDS = re.compile(r"[0-9]{1,9}")
_END = "end"
_UNHEARD = "0"
"""A key that nobody is asked to press."""


@dataclass(frozen=True, slots=True)
class Press:
    """What happens at a key."""

    key: str | None
    action: str | None
    value: str | None
    value_options: str | None
    next_question: str | None
    label: str = ""
    """What the answer is called where it is confirmed."""
    response: str = ""
    """What is said when the CRM has answered."""

    @property
    def plays_file(self) -> bool:
        """Whether the value names a sound instead of being spoken."""
        return self.action == "playback" and self.value_options != "text"


@dataclass(frozen=True, slots=True)
class Question:
    """A question under the name that answers and other questions know it by."""

    name: str
    text: str
    file: str | None
    language: str
    wait_seconds: int
    default_press: str
    presses: tuple[Press, ...]
    next_question: str
    kind: str = ""


def references(questions: Sequence[Question]) -> set[str]:
    """What the poll calls sounds by, for the caller to look up."""
    files = {question.file for question in questions}
    files |= {press.value for question in questions for press in question.presses if press.plays_file}
    return {file for file in files if file}


def compile_poll(questions: Sequence[Question], recordings: Mapping[str, str]) -> Script:
    """The script of a poll. `recordings` are the names of the sounds found for `references`.

    A poll without questions is a call that is answered and hung up.
    """
    if not questions:
        return Script(_END, {_END: HangUp()}, SILENT_LIMIT_SECONDS)
    compiler = _Compiler(questions, recordings)
    nodes: dict[str, Node] = {}
    waiting = [_at(0)]
    while waiting:
        at = waiting.pop(0)
        if at not in nodes:
            made = compiler.nodes(at)
            nodes |= made
            waiting += [target for node in made.values() for target in _targets(node) if target not in nodes]
    return Script(_at(0), nodes, SILENT_LIMIT_SECONDS)


def spoken(text: str, language: str) -> Prompt:
    """A text to say; `<key>` is a place for a variable, and a tag that is no variable's name is not spoken.

    `%XX` and `+` are decoded as in a URL, because clients of this dialect send them so; a text whose escapes are not
    UTF-8 is left as it is. Values of variables are spoken as they are.
    """
    pieces = _TAG.split(text)
    parts = [Slot(piece, Kind.DIGITS) if index % 2 else _decoded(piece) for index, piece in enumerate(pieces)]
    kept = tuple(part for part in parts if part)
    return (Text(kept, language),) if text.strip() else ()


class _Compiler:
    """Makes the nodes of one question at a time."""

    def __init__(self, questions: Sequence[Question], recordings: Mapping[str, str]) -> None:
        self._questions = {_at(index): question for index, question in enumerate(questions)}
        self._recordings = recordings
        self._by_name: dict[str, str] = {}
        for at, question in self._questions.items():
            self._by_name.setdefault(question.name, at)

    def nodes(self, at: str) -> dict[str, Node]:
        """The nodes that belong to a place of the script: a question with its presses, or the end."""
        if at == COMPLETED:
            return {COMPLETED: Goal(COMPLETED, _END), _END: HangUp()}
        question = self._questions[at]
        nodes: dict[str, Node] = {}
        choices: dict[str, Choice] = {}
        for press in question.presses:
            if press.key is not None and _KEYS.fullmatch(press.key) and press.key not in choices:
                choices[press.key] = self._choice(at, question, press, press.key, nodes)
        ask = Ask(
            name=question.name,
            prompt=self._prompt(question),
            choices=tuple(choices.values()),
            wait_seconds=float(question.wait_seconds),
            plays=PLAYS,
            default_keys=question.default_press if question.default_press in choices else "",
        )
        return {at: self._passed_over(ask, question) if question.kind == CONFIRMATION else ask, **nodes}

    def _passed_over(self, ask: Ask, question: Question) -> Ask:
        """A question that is not heard: its default press is taken at once; without one it leads on and records nothing."""
        if ask.default_keys:
            return replace(ask, prompt=())
        onward = Choice(_UNHEARD, None, self._named(question.next_question))
        return Ask(name=ask.name, prompt=(), choices=(onward,), default_keys=_UNHEARD)

    def _choice(self, at: str, question: Question, press: Press, key: str, nodes: dict[str, Node]) -> Choice:
        """The choice of a press; what it plays or dials is added to `nodes`."""
        here = f"{at} key {key}"
        match press.action:
            case "answer":
                return Choice(key, press.value or NO_RESULT, self._next(question, press), press.label)
            case "restart":
                target = self._by_name.get(press.next_question or "", _at(0))
                return Choice(key, press.value or NO_RESULT, target, press.label)
            case "playback":
                sound = self._playback(question, press)
                if not sound:
                    return Choice(key, key, self._next(question, press), press.label)
                nodes[here] = Say(sound, self._next(question, press))
                return Choice(key, key, here, press.label)
            case "dial":
                return Choice(key, press.value or NO_RESULT, _dial(here, press, nodes), press.label)
            case "playback_record":
                nodes[here] = Record(
                    name=question.name,
                    prompt=spoken(press.value or "", RECORD_LANGUAGE),
                    next=self._next(question, press),
                    wait_seconds=float(_record_seconds(press)),
                    without_keys=NO_RESULT,
                    label=press.label,
                )
                return Choice(key, None, here)
            case "send_crm":
                return Choice(key, key, _send_crm(here, question, press, nodes), press.label)
            case _:
                return Choice(key, None, self._next(question, press))

    def _next(self, question: Question, press: Press) -> str:
        """Where a press leads: its own next question, else the question's; an unknown one is the poll's end."""
        return self._named(question.next_question if press.next_question is None else press.next_question)

    def _named(self, question: str) -> str:
        return self._by_name.get(question, COMPLETED) if question else COMPLETED

    def _prompt(self, question: Question) -> Prompt:
        name = self._recordings.get(question.file or "")
        return spoken(question.text, question.language) if name is None else (Recording(name),)

    def _playback(self, question: Question, press: Press) -> Prompt:
        """What a press plays; a sound that does not exist is silence."""
        if not press.plays_file:
            return spoken(press.value or "", question.language)
        name = self._recordings.get(press.value or "")
        return () if name is None else (Recording(name),)


def _dial(here: str, press: Press, nodes: dict[str, Node]) -> str:
    """Count the poll as done, then ring the extension; one that no switch can dial ends the call there."""
    try:
        extension = check_dial_string((press.value or "").strip())
    except NotDiallable:
        return COMPLETED
    nodes[here] = Goal(COMPLETED, f"{here} transfer")
    nodes[f"{here} transfer"] = Transfer(extension)
    return here


def _send_crm(here: str, question: Question, press: Press, nodes: dict[str, Node]) -> str:
    """Ask the CRM and say what it answered, where there is something to say; then the poll is at its end."""
    said = spoken(press.response, question.language)
    told = f"{here} answer" if said else COMPLETED
    nodes[here] = Request(CRM, CRM_RESULT, told, COMPLETED)
    if said:
        nodes[told] = Say(said, COMPLETED)
    return here


def _record_seconds(press: Press) -> int:
    """How long a recording goes on after the last key; what is no number of seconds stands for the default."""
    written = (press.value_options or "").strip()
    seconds = int(written) if _SECONDS.fullmatch(written) else 0
    return min(seconds, LONGEST_WAIT_SECONDS) or DEFAULT_RECORD_SECONDS


def _at(index: int) -> str:
    return f"question {index}"


def _targets(node: Node) -> Iterator[str]:
    match node:
        case Ask():
            yield from (choice.next for choice in node.choices if choice.next is not None)
        case Say() | Goal() | Record() if node.next is not None:
            yield node.next
        case Request():
            yield from (target for target in (node.next, node.otherwise) if target is not None)
        case _:
            return


def _decoded(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        return text
