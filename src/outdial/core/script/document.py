"""A script as a document of plain values, the form in which it is stored and written by hand.

`to_document` and `from_document` are each other's inverse. Every fault is reported with the path to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, assert_never

from outdial.core.errors import Malformed
from outdial.core.prompt import LONGEST_VALUE, Kind, Prompt, Recording, Slot, Text
from outdial.core.script.nodes import (
    DEFAULT_ASK_SECONDS,
    DEFAULT_CONNECT_RING_SECONDS,
    DEFAULT_PLAYS,
    DEFAULT_RECORD_SECONDS,
    Ask,
    Choice,
    Connect,
    Goal,
    HangUp,
    Node,
    Record,
    Request,
    Say,
    Script,
    Sms,
    Transfer,
)
from outdial.core.sms import Message

Document = dict[str, Any]
T = TypeVar("T")
Seconds = TypeVar("Seconds", float, None)

_REQUIRED: Any = object()
_LONGEST_SECONDS = 1e9


def to_document(script: Script) -> Document:
    """A script as dictionaries, lists, strings and numbers."""
    return {
        "start": script.start,
        "silent_limit_seconds": script.silent_limit_seconds,
        **({} if script.unanswered is None else {"unanswered": _message_to(script.unanswered)}),
        "nodes": {key: _node_to(node) for key, node in script.nodes.items()},
    }


def from_document(document: object) -> Script:
    """The script that a document describes; `Malformed` with the path when it describes none."""
    fields = _Fields("", document)
    nodes = fields.get("nodes", dict)
    return Script(
        start=fields.get("start", str),
        nodes={str(key): _node_from(_Fields(f"nodes.{key}", node)) for key, node in nodes.items()},
        silent_limit_seconds=fields.seconds("silent_limit_seconds", None),
        unanswered=_message_from(fields, "unanswered") if fields.has("unanswered") else None,
    )


def prompt_to(prompt: Prompt) -> list[Document]:
    """A prompt as a list of documents."""
    return [_piece_to(piece) for piece in prompt]


def _piece_to(piece: Text | Recording) -> Document:
    if isinstance(piece, Recording):
        return {"recording": piece.name}
    return {"text": _message_to(piece.parts), "language": piece.language, "voice": piece.voice}


def _message_to(parts: Message) -> list[str | Document]:
    return [part if isinstance(part, str) else _slot_to(part) for part in parts]


def _slot_to(slot: Slot) -> Document:
    return {"slot": slot.name, "kind": slot.kind.value, "otherwise": slot.otherwise, "longest": slot.longest}


def _node_to(node: Node) -> Document:
    match node:
        case Say():
            return {"node": "say", "prompt": prompt_to(node.prompt), "next": node.next}
        case Ask():
            choices = [{"keys": c.keys, "record": c.record, "next": c.next, "label": c.label} for c in node.choices]
            return {
                "node": "ask",
                "name": node.name,
                "prompt": prompt_to(node.prompt),
                "choices": choices,
                "wait_seconds": node.wait_seconds,
                "plays": node.plays,
                "default_keys": node.default_keys,
                "exhausted": node.exhausted,
            }
        case Record():
            return {
                "node": "record",
                "name": node.name,
                "prompt": prompt_to(node.prompt),
                "next": node.next,
                "wait_seconds": node.wait_seconds,
                "without_keys": node.without_keys,
                "label": node.label,
            }
        case Request():
            return {
                "node": "request",
                "service": node.service,
                "into": node.into,
                "next": node.next,
                "otherwise": node.otherwise,
            }
        case Goal():
            return {"node": "goal", "name": node.name, "next": node.next}
        case Transfer():
            return {"node": "transfer", "extension": node.extension, "outside": node.outside}
        case Connect():
            return {
                "node": "connect",
                "target": node.target,
                "first": node.first,
                "alert": prompt_to(node.alert),
                "confirm_key": node.confirm_key,
                "ring_seconds": node.ring_seconds,
                "wait_seconds": node.wait_seconds,
                "keep_seeking": node.keep_seeking,
                "hold": prompt_to(node.hold),
                "farewell": prompt_to(node.farewell),
            }
        case Sms():
            return {"node": "sms", "name": node.name, "message": _message_to(node.message), "next": node.next}
        case HangUp():
            return {"node": "hang up"}
        case _:
            assert_never(node)


class _Fields:
    """The members of one object of the document, read by name and checked by type."""

    def __init__(self, path: str, value: object) -> None:
        self.path = path
        if not isinstance(value, Mapping):
            raise Malformed(f"{path or 'the script'}: an object is wanted", field=path)
        self._value = value

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def get(self, name: str, kind: type | tuple[type, ...], default: Any = _REQUIRED) -> Any:
        value = self._value.get(name, default)
        if value is _REQUIRED:
            raise Malformed(f"{self.at(name)}: it is missing", field=self.at(name))
        if value is default or (isinstance(value, kind) and not isinstance(value, bool)):
            return value
        raise Malformed(f"{self.at(name)}: {type(value).__name__} is not what is wanted here", field=self.at(name))

    def has(self, name: str) -> bool:
        return name in self._value

    def flag(self, name: str) -> bool:
        value = self._value.get(name, False)
        if isinstance(value, bool):
            return value
        raise Malformed(f"{self.at(name)}: true or false is wanted", field=self.at(name))

    def seconds(self, name: str, default: Seconds) -> float | Seconds:
        value: float | None = self.get(name, (int, float), default)
        if value is None or value is default:
            return default
        if not -_LONGEST_SECONDS <= value <= _LONGEST_SECONDS:
            raise Malformed(f"{self.at(name)}: so many seconds never pass", field=self.at(name))
        return float(value)

    def each(self, name: str, read: Callable[[_Fields], T], default: Any = _REQUIRED) -> tuple[T, ...]:
        values = self.get(name, list, default)
        return tuple(read(_Fields(f"{self.at(name)}.{index}", value)) for index, value in enumerate(values))

    def target(self, name: str) -> str | None:
        value: str | None = self.get(name, (str, type(None)), None)
        return value


def _node_from(fields: _Fields) -> Node:
    kind = fields.get("node", str)
    read = _NODES.get(kind)
    if read is None:
        known = ", ".join(sorted(_NODES))
        raise Malformed(f'{fields.at("node")}: there is no node "{kind}"; known: {known}', field=fields.at("node"))
    return read(fields)


def _ask_from(fields: _Fields) -> Ask:
    return Ask(
        name=fields.get("name", str),
        prompt=_prompt_from(fields),
        choices=fields.each("choices", _choice_from),
        wait_seconds=fields.seconds("wait_seconds", DEFAULT_ASK_SECONDS),
        plays=fields.get("plays", int, DEFAULT_PLAYS),
        default_keys=fields.get("default_keys", str, ""),
        exhausted=fields.target("exhausted"),
    )


def _connect_from(fields: _Fields) -> Connect:
    return Connect(
        target=fields.get("target", str),
        first=fields.flag("first"),
        alert=fields.each("alert", _piece_from, ()),
        confirm_key=fields.get("confirm_key", str, ""),
        ring_seconds=fields.seconds("ring_seconds", DEFAULT_CONNECT_RING_SECONDS),
        wait_seconds=fields.seconds("wait_seconds", 0.0),
        keep_seeking=fields.flag("keep_seeking"),
        hold=fields.each("hold", _piece_from, ()),
        farewell=fields.each("farewell", _piece_from, ()),
    )


def _choice_from(fields: _Fields) -> Choice:
    return Choice(fields.get("keys", str), fields.target("record"), fields.target("next"), fields.get("label", str, ""))


def _record_from(fields: _Fields) -> Record:
    return Record(
        name=fields.get("name", str),
        prompt=_prompt_from(fields),
        next=fields.target("next"),
        wait_seconds=fields.seconds("wait_seconds", DEFAULT_RECORD_SECONDS),
        without_keys=fields.get("without_keys", str, ""),
        label=fields.get("label", str, ""),
    )


def _request_from(fields: _Fields) -> Request:
    return Request(
        service=fields.get("service", str),
        into=fields.get("into", str),
        next=fields.target("next"),
        otherwise=fields.target("otherwise"),
    )


def _prompt_from(fields: _Fields) -> Prompt:
    return fields.each("prompt", _piece_from)


def _piece_from(fields: _Fields) -> Text | Recording:
    recording = fields.get("recording", str, None)
    if recording is not None:
        return Recording(recording)
    return Text(_message_from(fields, "text"), fields.get("language", str), fields.get("voice", str, ""))


def _message_from(fields: _Fields, name: str) -> Message:
    parts = fields.get(name, (str, list))
    listed = [parts] if isinstance(parts, str) else parts
    return tuple(_part_from(part, f"{fields.at(name)}.{index}") for index, part in enumerate(listed))


def _part_from(part: object, path: str) -> str | Slot:
    if isinstance(part, str):
        return part
    slot = _Fields(path, part)
    written: str = slot.get("kind", str, Kind.DIGITS.value if slot.flag("spell_digits") else Kind.TEXT.value)
    if written not in set(Kind):
        known = ", ".join(Kind)
        raise Malformed(f'{slot.at("kind")}: there is no kind "{written}"; known: {known}', field=slot.at("kind"))
    return Slot(
        slot.get("slot", str), Kind(written), slot.get("otherwise", str, ""), slot.get("longest", int, LONGEST_VALUE)
    )


_NODES: dict[str, Callable[[_Fields], Node]] = {
    "say": lambda f: Say(_prompt_from(f), f.target("next")),
    "ask": _ask_from,
    "record": _record_from,
    "request": _request_from,
    "goal": lambda f: Goal(f.get("name", str), f.target("next")),
    "transfer": lambda f: Transfer(f.get("extension", str), f.flag("outside")),
    "connect": _connect_from,
    "sms": lambda f: Sms(f.get("name", str), _message_from(f, "message"), f.target("next")),
    "hang up": lambda f: HangUp(),
}
