"""The block `request`: a question to a server on the web, whose answer becomes variables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlsplit

from outdial.core.commands import WEB
from outdial.core.scenario.fields import WORDS, Fields
from outdial.core.script.nodes import Node, Request
from outdial.core.script.web_form import Body, WebForm
from outdial.core.section import Section
from outdial.core.template import NAME, Template
from outdial.core.web_request import DEFAULT_SECONDS, LONGEST_SECONDS, METHODS

LARGEST_BODY = 5000

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_PATH = re.compile(r"[^.\s]+(?:\.[^.\s]+)*")
_SLOT = re.compile(r"(\{\{.*?\}\})")


def request(block: Fields) -> Node:
    """Ask, and go on with the answer, or without one at `otherwise`."""
    asked = block.within(Section(block.members.at("request"), block.members.take("request"), block.members.faults))
    form = _form(asked)
    asked.members.finish()
    without = block.needed_target("otherwise", "where the dialogue goes on without an answer")
    return Request(WEB, "", block.target("next"), without, form)


def _form(asked: Fields) -> WebForm:
    members = asked.members
    method = members.text("method", "POST" if members.has("json") or members.has("form") else "GET")
    if method not in METHODS:
        members.fault("method", f"one of {', '.join(METHODS)} is wanted")
    body, body_form = _body(asked)
    return WebForm(
        url=_url(asked),
        method=method,
        headers=_headers(asked),
        body=body,
        body_form=body_form,
        into=_into(members),
        seconds=asked.seconds("seconds", DEFAULT_SECONDS, LONGEST_SECONDS, 0.1),
    )


def _url(asked: Fields) -> Template:
    """The host is what is written here: a variable can stand behind it alone."""
    written = asked.members.text("url", longest=2000)
    template = asked.template("url", written)
    if not written:
        return template
    begun = template[0] if template and isinstance(template[0], str) else ""
    try:
        parts = urlsplit(begun)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    whole = len(template) == 1 or any(sign in begun[len("https://") :] for sign in "/?#")
    named = parts.scheme in ("http", "https") and parts.hostname and (port is None or port > 0)
    if not named or not whole or parts.username is not None:
        asked.members.fault("url", "an address such as https://example.com/path is wanted, its host without variables")
    return template


def _headers(asked: Fields) -> Mapping[str, Template]:
    headers = asked.members.mapping("headers")
    made: dict[str, Template] = {}
    for name, section in _members(asked.members, "headers", headers):
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            section.fault(name, "this is no header that a scenario may set")
        made[name] = asked.within(section).template(name, section.text(name))
    return made


def _body(asked: Fields) -> tuple[Template, Body]:
    members = asked.members
    if members.has("json"):
        if members.has("form"):
            members.fault("form", "json or form is wanted, and not both")
        return _bounded(asked, "json", _as_json(members)), Body.JSON
    if not members.has("form"):
        return (), Body.NONE
    fields = [
        f"{quote_plus(name)}={_escaped(str(section.take(name)))}"
        for name, section in _members(members, "form", members.mapping("form"))
    ]
    return _bounded(asked, "form", "&".join(fields)), Body.FORM


def _as_json(members: Section) -> str:
    try:
        return json.dumps(members.take("json"), ensure_ascii=False, indent=0)  # no two braces side by side
    except (TypeError, ValueError):
        members.fault("json", "this cannot be written as JSON; dates, for one, need quotes")
        return ""


def _escaped(text: str) -> str:
    """The text of a field of a form; places for variables stay, their values are escaped when they are known."""
    return "".join(piece if index % 2 else quote_plus(piece) for index, piece in enumerate(_SLOT.split(text)))


def _bounded(asked: Fields, name: str, body: str) -> Template:
    if len(body) > LARGEST_BODY:
        asked.members.fault(name, f"at most {LARGEST_BODY} characters are sent")
        return ()
    return asked.template(name, body)


def _into(members: Section) -> Mapping[str, str]:
    made: dict[str, str] = {}
    for name, section in _members(members, "into", members.mapping("into")):
        if not NAME.fullmatch(name):
            section.fault(name, f"a name of {WORDS} is wanted")
        made[name] = section.shaped(name, _PATH, "a way such as slots.0.time")
    return made


def _members(members: Section, name: str, section: Section | None) -> list[tuple[str, Section]]:
    """The names in a mapping, each with the mapping itself."""
    written: Any = members.take(name, {})
    if section is None or not isinstance(written, Mapping):
        return []
    return [(str(key), section) for key in written]
