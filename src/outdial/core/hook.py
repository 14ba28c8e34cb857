"""Hooks: whom to tell of an event, when, and in which words. What is told is made of the event's document here; sending it
is for others.

A text with `${field}` in it is filled in from the document. Where the text is JSON, a value keeps it JSON: inside of a
string it is escaped, outside it is a JSON value itself.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never
from urllib.parse import quote_plus, urlencode

MEMBER_ENDED = "engine::dialer_member_end"
"""A contact is over."""
DEFAULT_DELAY_SECONDS = 60.0

_FIELD = re.compile(r"\$\{([^{}]*)\}")
_JSON_LITERAL = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_CONTENT_TYPE = "content-type"
_ALIASES = {"dlr_id": "dialerId", "member_id": "id"}
"""Names under which the vendor's own examples ask for fields."""


class Comparison(StrEnum):
    """How a field is compared with a value."""

    EQUAL = "=="
    UNEQUAL = "!="
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    MATCHES = "reg"
    """A regular expression is found in it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a field of the document has to be."""

    field: str
    comparison: Comparison
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Whom to tell, and what. `event` is without a class in front (`CUSTOM->`)."""

    event: str
    url: str
    method: str = "POST"
    enabled: bool = True
    conditions: tuple[Condition, ...] = ()
    """All of them have to hold."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Fields to tell, each under another name."""
    fields: tuple[str, ...] = ()
    """Fields to tell; with none here and none under another name, all are."""
    headers: Mapping[str, str] = field(default_factory=dict)
    template: str | None = None
    """The body as a text to be filled in, instead of the fields."""
    retries: int = 0
    """How often it is told again when nobody took it."""
    delay_seconds: float = DEFAULT_DELAY_SECONDS
    """How long lies between two tries."""


@dataclass(frozen=True, slots=True)
class HookRequest:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def concerns(hook: Hook, document: Mapping[str, Any]) -> bool:
    """Whether an event is told to a hook that waits for its kind."""
    return hook.enabled and all(_holds(condition, document) for condition in hook.conditions)


def request_of(hook: Hook, document: Mapping[str, Any]) -> HookRequest:
    """What is sent to tell an event. With GET the fields go into the query."""
    headers = dict(hook.headers)
    kind = next((value for name, value in headers.items() if name.lower() == _CONTENT_TYPE), "").partition(";")[0]
    kind = kind.strip().lower()
    if hook.template is not None:
        body = filled(hook.template, document, kind or _JSON).encode("utf-8", "replace")
        return HookRequest(hook.method, hook.url, _typed(headers, kind), body)
    told = _told(hook, document)
    if hook.method == "GET":
        joint = "&" if "?" in hook.url else "?"
        query = urlencode({name: _plain(value) for name, value in told.items()}, errors="replace")
        return HookRequest(hook.method, f"{hook.url}{joint}{query}" if query else hook.url, headers, b"")
    if kind == _FORM:
        form = urlencode({name: _plain(value) for name, value in told.items()}, errors="replace")
        return HookRequest(hook.method, hook.url, headers, form.encode())
    return HookRequest(hook.method, hook.url, _typed(headers, kind), _json(told).encode("utf-8", "replace"))


def filled(template: str, document: Mapping[str, Any], kind: str = _JSON) -> str:
    """A text with every `${field}` replaced by the document's value; a field that is not there leaves nothing, or null
    where a JSON value stands."""
    if kind == _FORM:
        return _FIELD.sub(lambda found: quote_plus(_plain(_value(document, found[1])), errors="replace"), template)
    if not kind.endswith("json"):
        return _FIELD.sub(lambda found: _plain(_value(document, found[1])), template)
    return "".join(_filled_json(template, document))


def _filled_json(template: str, document: Mapping[str, Any]) -> Iterator[str]:
    inside = False
    at = 0
    for found in _FIELD.finditer(template):
        before = template[at : found.start()]
        inside = _inside_string(before, inside)
        yield before
        value = _value(document, found[1])
        yield _json(_plain(value))[1:-1] if inside else _json_value(value)
        at = found.end()
    yield template[at:]


def _inside_string(text: str, inside: bool) -> bool:
    """Whether a JSON string is open at the end of a text, if one was or was not at its beginning."""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = inside
        elif character == '"':
            inside = not inside
    return inside


def _json_value(value: Any) -> str:
    """A value where JSON wants one; a text that is a number, true, false or null stands as it is."""
    if isinstance(value, str) and _JSON_LITERAL.fullmatch(value):
        return value
    return _json(value)


def _told(hook: Hook, document: Mapping[str, Any]) -> dict[str, Any]:
    if not hook.names and not hook.fields:
        return dict(document)
    told = {name: _value(document, name) for name in hook.fields if name not in hook.names}
    return told | {name: _value(document, source) for source, name in hook.names.items()}


def _value(document: Mapping[str, Any], name: str) -> Any:
    value = document.get(name)
    return document.get(_ALIASES[name]) if value is None and name in _ALIASES else value


def _holds(condition: Condition, document: Mapping[str, Any]) -> bool:
    value = _value(document, condition.field)
    match condition.comparison:
        case Comparison.EQUAL:
            return _plain(value) == condition.value
        case Comparison.UNEQUAL:
            return _plain(value) != condition.value
        case Comparison.GREATER:
            return _compares(operator.gt, value, condition.value)
        case Comparison.AT_LEAST:
            return _compares(operator.ge, value, condition.value)
        case Comparison.LESS:
            return _compares(operator.lt, value, condition.value)
        case Comparison.AT_MOST:
            return _compares(operator.le, value, condition.value)
        case Comparison.MATCHES:
            return re.search(condition.value, _plain(value)) is not None
        case _:
            assert_never(condition.comparison)


def _compares(compare: Callable[[Any, Any], bool], value: Any, with_what: str) -> bool:
    """Numbers as numbers, and anything else as texts."""
    text = _plain(value)
    try:
        return compare(float(text), float(with_what))
    except ValueError:
        return compare(text, with_what)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _typed(headers: dict[str, str], kind: str) -> dict[str, str]:
    return headers if kind else {**headers, "Content-Type": _JSON}
