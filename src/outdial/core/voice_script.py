"""Phrases and voice scripts as their documents are written: steps that say, ask for a key, send an SMS, transfer, hang up.

A text may hold substitutions in curly brackets, with the kind after a colon: `{summa:money}`, `{param1:date}`. Without one
`summa` is money, `param1` to `param3` are dates or numbers, and others are spoken as they stand. In an SMS every value
stands as it was sent. Where documents come from and where they are kept is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from outdial.core.dialstring import digits_of
from outdial.core.errors import Malformed, NotDiallable
from outdial.core.prompt import Kind, Prompt, Recording, Slot, Text
from outdial.core.script import check
from outdial.core.script.nodes import Ask, Choice, HangUp, Node, Say, Script, Sms, Transfer
from outdial.core.sms import MOST_PARTS, sms_parts
from outdial.core.template import Template
from outdial.core.wanted import LARGEST_NUMBER

MENU_SECONDS, MENU_PLAYS, MOST_PLAYS = 7.0, 2, 10
LONGEST_NAME, LONGEST_VOICE = 500, 100

_SLOT = re.compile(r"\{([A-Za-z0-9_]{1,100})(?::([a-z]+))?\}")
_KEYS = re.compile(r"[0-9*#]{1,10}")
_OF_ALL = ("id", "name", "language", "voice")
"""Members of every document."""
_KINDS = {"summa": Kind.MONEY, "param1": Kind.DATE, "param2": Kind.DATE, "param3": Kind.DATE}


class Prepared(StrEnum):
    """What can be prepared for mailings; the value is its place among the scripts of a tenant."""

    PHRASE = "mobilgroup phrases"
    """It says one thing: a text or a sound."""
    VOICE_SCRIPT = "mobilgroup"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceScript:
    """A phrase or a voice script: its document as it was written, and what that means."""

    number: int
    name: str
    script: Script
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document does not say itself."""

    language: str
    """Of texts, where the document names no language."""
    voice: str = ""
    no_sms: str = ""
    """Why no SMS can be sent; empty: they can."""


def read(kind: Prepared, document: object, reading: Reading, path: str = "") -> VoiceScript:
    """A phrase or a voice script. Raises `Malformed` with the path of what is wrong.

    The document is kept as JSON would, so that it is the same when it comes back from a store.
    """
    try:
        return _read(kind, document, reading)
    except Malformed as error:
        raise Malformed(error.message, field=f"{path}.{error.field}".strip(".")) from error


def _read(kind: Prepared, document: object, reading: Reading) -> VoiceScript:
    """Paths are those in the document: they become names in the script, which must not change with the document's place."""
    if not isinstance(document, Mapping):
        raise Malformed("members with a name are wanted")
    number, name = document.get("id"), _text(document, "name", LONGEST_NAME)
    if type(number) is not int or not 0 < number <= LARGEST_NUMBER:
        raise Malformed("the number that requests name it by is wanted", field="id")
    language = _text(document, "language", LONGEST_VOICE).strip() or reading.language
    voice = _text(document, "voice", LONGEST_VOICE).strip() or reading.voice
    if kind is Prepared.PHRASE:
        script = _phrase(document, language, voice)
    else:
        script = _script(document, _Writer(language, voice, reading.no_sms))
    for found in check.faults(script):
        raise Malformed(found.message)
    try:
        stored = json.loads(json.dumps(document))
    except (TypeError, ValueError) as error:  # YAML knows dates and the like
        raise Malformed(f"it holds what JSON cannot: {error}") from error
    return VoiceScript(number=number, name=name, script=script, document=stored)


def _phrase(document: Mapping[str, Any], language: str, voice: str) -> Script:
    spoken = {name: value for name, value in document.items() if name not in _OF_ALL}
    return Script("message", {"message": Say(_prompt("", spoken, "text", language, voice), None)})


def _script(document: Mapping[str, Any], writer: _Writer) -> Script:
    _only("", document, "steps", "unanswered_sms", *_OF_ALL)
    start = writer.steps("steps", document.get("steps"))
    after = document.get("unanswered_sms")
    unanswered = None if after is None else writer.message("unanswered_sms", after)
    return Script(start, writer.nodes, unanswered=unanswered)


def _text(document: Mapping[str, Any], name: str, longest: int) -> str:
    value = document.get(name) or ""
    if not isinstance(value, str) or not value.isprintable() or len(value) > longest:
        raise Malformed(f"a text of at most {longest} printable characters is wanted", field=name)
    return value


class _Writer:
    """Makes nodes of steps, each after those that it leads to."""

    def __init__(self, language: str, voice: str, no_sms: str) -> None:
        self._language = language
        self._voice = voice
        self._no_sms = no_sms
        self.nodes: dict[str, Node] = {}

    def steps(self, path: str, listed: object) -> str:
        """The key of the first node."""
        if not isinstance(listed, list) or not listed:
            raise Malformed("a list of steps is wanted", field=path)
        following: str | None = None
        for index in reversed(range(len(listed))):
            place = f"{path}.{index}"
            last = index == len(listed) - 1
            following = self._step(place, listed[index], following, last=last)
        assert following is not None
        return following

    def _step(self, path: str, step: object, following: str | None, *, last: bool) -> str:
        if not isinstance(step, Mapping):
            raise Malformed("members with a name are wanted", field=path)
        node: Node
        if "sms" in step:
            _only(path, step, "sms")
            node = Sms(path, self.message(f"{path}.sms", step["sms"]), following)
        elif "menu" in step:
            node = self._menu(f"{path}.menu", step["menu"], following)
        elif "transfer" in step:
            _only(path, step, "transfer")
            node = Transfer(_number(f"{path}.transfer", step["transfer"]), outside=True)
        elif "hang_up" in step:
            _only(path, step, "hang_up")
            node = HangUp()
        else:
            node = Say(_prompt(path, step, "say", self._language, self._voice), following)
        if isinstance(node, Transfer | HangUp) and not last:
            raise Malformed("nothing is done after this step", field=path)
        key = f"step {len(self.nodes) + 1}"
        self.nodes[key] = node
        return key

    def message(self, path: str, written: object) -> Template:
        """The words of an SMS. Raises `Malformed`, also where no SMS can be sent."""
        if self._no_sms:
            raise Malformed(self._no_sms, field=path)
        if not isinstance(written, str) or not written.strip():
            raise Malformed("a text is wanted", field=path)
        message = _parts(path, written)
        if sms_parts("".join(part for part in message if isinstance(part, str))) > MOST_PARTS:
            raise Malformed(f"an SMS has at most {MOST_PARTS} parts", field=path)
        return message

    def _menu(self, path: str, menu: object, following: str | None) -> Ask:
        if not isinstance(menu, Mapping) or not isinstance(menu.get("keys"), Mapping) or not menu["keys"]:
            raise Malformed("a text or audio, and keys with their steps, are wanted", field=path)
        choices = []
        for keys, steps in menu["keys"].items():
            if not isinstance(keys, str) or not _KEYS.fullmatch(keys):
                raise Malformed("keys are 0-9, * and #, in quotes", field=f"{path}.keys")
            choices.append(Choice(keys, keys, self.steps(f"{path}.keys.{keys}", steps)))
        seconds, plays = menu.get("seconds", MENU_SECONDS), menu.get("plays", MENU_PLAYS)
        if type(seconds) not in (int, float) or not 1 <= seconds <= 60:
            raise Malformed("a number of seconds from 1 to 60 is wanted", field=f"{path}.seconds")
        if type(plays) is not int or not 1 <= plays <= MOST_PLAYS:
            raise Malformed(f"a whole number from 1 to {MOST_PLAYS} is wanted", field=f"{path}.plays")
        asked = {name: value for name, value in menu.items() if name not in ("keys", "seconds", "plays")}
        prompt = _prompt(path, asked, "say", self._language, self._voice)
        return Ask(path, prompt, tuple(choices), wait_seconds=float(seconds), plays=plays, exhausted=following)


def _prompt(path: str, members: Mapping[str, Any], text: str, language: str, voice: str) -> Prompt:
    """What is heard: a text under that name, or `audio`."""
    written, audio = members.get(text), members.get("audio")
    if (written is None) == (audio is None):
        raise Malformed(f"{text} or audio is wanted, and not both", field=path)
    _only(path, members, text if audio is None else "audio")
    if audio is not None:
        if not isinstance(audio, str) or not audio or "/" in audio or "\\" in audio:
            raise Malformed("a sound is named as it was uploaded, without folders", field=f"{path}.audio".strip("."))
        return (Recording(audio),)
    if not isinstance(written, str) or not written.strip():
        raise Malformed("a text is wanted", field=f"{path}.{text}".strip("."))
    return (Text(_parts(f"{path}.{text}".strip("."), written), language, voice),)


def _parts(path: str, text: str) -> tuple[str | Slot, ...]:
    parts: list[str | Slot] = []
    end = 0
    for found in _SLOT.finditer(text):
        name, kind = found[1], found[2]
        if kind is not None and kind not in set(Kind):
            raise Malformed(f'there is no kind "{kind}"; known: {", ".join(Kind)}', field=path)
        parts += [text[end : found.start()]] if found.start() > end else []
        parts.append(Slot(name, _KINDS.get(name, Kind.TEXT) if kind is None else Kind(kind)))
        end = found.end()
    return (*parts, text[end:]) if end < len(text) else tuple(parts)


def _number(path: str, value: object) -> str:
    if not isinstance(value, str):
        raise Malformed("a phone number in quotes is wanted", field=path)
    try:
        return digits_of(value)
    except NotDiallable as error:
        raise Malformed(error.message, field=path) from error


def _only(path: str, members: Mapping[str, Any], *known: str) -> None:
    unknown = [str(name) for name in members if name not in known]
    if unknown:
        raise Malformed(f"there is no such member here: {', '.join(unknown)}", field=path)
