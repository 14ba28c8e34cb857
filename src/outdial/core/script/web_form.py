"""A question to the web as a scenario writes it, with places for variables, and how they are filled.

Each value is escaped for where it stands, so that none can change the shape of the question: not its path, not its fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, quote_plus

from outdial.core.template import Template, filled
from outdial.core.web_request import DEFAULT_SECONDS, WebQuestion


class Body(StrEnum):
    """What form the body of a question has."""

    NONE = "none"
    JSON = "json"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class WebForm:
    """A question with places for variables."""

    url: Template
    method: str = "GET"
    headers: Mapping[str, Template] = field(default_factory=dict)
    body: Template = ()
    body_form: Body = Body.NONE
    into: Mapping[str, str] = field(default_factory=dict)
    seconds: float = DEFAULT_SECONDS


_CONTENT_TYPES = {Body.JSON: "application/json", Body.FORM: "application/x-www-form-urlencoded"}


def asked(form: WebForm, variables: Mapping[str, str]) -> WebQuestion:
    """The question with every variable in its place."""
    headers = {name: filled(value, variables, _on_one_line).strip() for name, value in form.headers.items()}
    if form.body_form in _CONTENT_TYPES and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = _CONTENT_TYPES[form.body_form]
    return WebQuestion(
        url=filled(form.url, variables, lambda value: quote(value, safe="")),
        method=form.method,
        headers=headers,
        body=filled(form.body, variables, _ESCAPES[form.body_form]),
        into=form.into,
        seconds=form.seconds,
    )


def _on_one_line(value: str) -> str:
    return "".join(character for character in value if character.isprintable())


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


_ESCAPES: Mapping[Body, Callable[[str], str]] = {Body.NONE: str, Body.JSON: _in_json, Body.FORM: quote_plus}
