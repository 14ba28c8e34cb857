"""A script as a document of plain values, the form in which it is stored and written by hand.

`to_document` and `from_document` are each other's inverse. Every fault is reported with the path to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from outdial.core.errors import Malformed
from outdial.core.script import document_of_talk as talk
from outdial.core.script.deciding import Branch
from outdial.core.script.fields import Document, Fields, piece_from, prompt_from, prompt_to, template_from, template_to
from outdial.core.script.listening_nodes import Assist, Listen, Set
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


def to_document(script: Script) -> Document:
    """A script as dictionaries, lists, strings and numbers."""
    return {
        "start": script.start,
        "silent_limit_seconds": script.silent_limit_seconds,
        **({} if script.unanswered is None else {"unanswered": template_to(script.unanswered)}),
        "nodes": {key: _node_to(node) for key, node in script.nodes.items()},
        **({"transcript": True} if script.transcript else {}),
        **({"recorded": True} if script.recorded else {}),
    }


def from_document(document: object) -> Script:
    """The script that a document describes; `Malformed` with the path when it describes none."""
    fields = Fields("", document)
    nodes = fields.get("nodes", dict)
    return Script(
        start=fields.get("start", str),
        nodes={str(key): _node_from(Fields(f"nodes.{key}", node)) for key, node in nodes.items()},
        silent_limit_seconds=fields.seconds("silent_limit_seconds", None),
        unanswered=template_from(fields, "unanswered") if fields.has("unanswered") else None,
        transcript=fields.flag("transcript"),
        recorded=fields.flag("recorded"),
    )


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
                **({} if node.form is None else {"form": talk.form_to(node.form)}),
            }
        case Set() | Branch() | Listen() | Assist():
            return talk.node_to(node)
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
            return {"node": "sms", "name": node.name, "message": template_to(node.message), "next": node.next}
        case HangUp():
            return {"node": "hang up"}
        case _:
            assert_never(node)


def _node_from(fields: Fields) -> Node:
    kind = fields.get("node", str)
    read = _NODES.get(kind)
    if read is None:
        known = ", ".join(sorted(_NODES))
        raise Malformed(f'{fields.at("node")}: there is no node "{kind}"; known: {known}', field=fields.at("node"))
    return read(fields)


def _ask_from(fields: Fields) -> Ask:
    return Ask(
        name=fields.get("name", str),
        prompt=prompt_from(fields),
        choices=fields.each("choices", _choice_from),
        wait_seconds=fields.seconds("wait_seconds", DEFAULT_ASK_SECONDS),
        plays=fields.get("plays", int, DEFAULT_PLAYS),
        default_keys=fields.get("default_keys", str, ""),
        exhausted=fields.target("exhausted"),
    )


def _connect_from(fields: Fields) -> Connect:
    return Connect(
        target=fields.get("target", str),
        first=fields.flag("first"),
        alert=fields.each("alert", piece_from, ()),
        confirm_key=fields.get("confirm_key", str, ""),
        ring_seconds=fields.seconds("ring_seconds", DEFAULT_CONNECT_RING_SECONDS),
        wait_seconds=fields.seconds("wait_seconds", 0.0),
        keep_seeking=fields.flag("keep_seeking"),
        hold=fields.each("hold", piece_from, ()),
        farewell=fields.each("farewell", piece_from, ()),
    )


def _choice_from(fields: Fields) -> Choice:
    return Choice(fields.get("keys", str), fields.target("record"), fields.target("next"), fields.get("label", str, ""))


def _record_from(fields: Fields) -> Record:
    return Record(
        name=fields.get("name", str),
        prompt=prompt_from(fields),
        next=fields.target("next"),
        wait_seconds=fields.seconds("wait_seconds", DEFAULT_RECORD_SECONDS),
        without_keys=fields.get("without_keys", str, ""),
        label=fields.get("label", str, ""),
    )


def _request_from(fields: Fields) -> Request:
    return Request(
        service=fields.get("service", str),
        into=fields.get("into", str),
        next=fields.target("next"),
        otherwise=fields.target("otherwise"),
        form=talk.form_from(fields.part("form")) if fields.has("form") else None,
    )


_NODES: dict[str, Callable[[Fields], Node]] = {
    "say": lambda f: Say(prompt_from(f), f.target("next")),
    "ask": _ask_from,
    "record": _record_from,
    "request": _request_from,
    "goal": lambda f: Goal(f.get("name", str), f.target("next")),
    "transfer": lambda f: Transfer(f.get("extension", str), f.flag("outside")),
    "connect": _connect_from,
    "sms": lambda f: Sms(f.get("name", str), template_from(f, "message"), f.target("next")),
    **talk.NODES,
    "hang up": lambda f: HangUp(),
}
