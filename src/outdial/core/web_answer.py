"""Takes out of an answer from the web what a dialogue wanted of it. Who answered, and how, is not known here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from outdial.core.prompt import LONGEST_VALUE


class NotInAnswer(ValueError):
    """The answer is no JSON, or does not hold what was wanted; the message says which."""


def wanted_of(body: bytes, into: Mapping[str, str]) -> dict[str, str]:
    """The values of the variables, all of them, each as a text of at most `LONGEST_VALUE` characters.

    A way to a value is names of members and numbers of elements, from 0, with dots between them. Strings are taken as they
    are, numbers as they are written, and true and false as those words; null, an object and an array are no values. Where
    nothing is wanted, nothing is read. Raises `NotInAnswer`.
    """
    if not into:
        return {}
    try:
        # Numbers stay as they are written: 5.50 is no 5.5 when it is spoken.
        answer = json.loads(body, parse_int=str, parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NotInAnswer("the answer is no JSON") from None
    return {name: _text(_at(answer, way), way) for name, way in into.items()}


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _at(value: Any, way: str) -> Any:
    for step in way.split("."):
        match value:
            case dict() if step in value:
                value = value[step]
            case list() if step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(value):
                value = value[int(step)]
            case _:
                raise NotInAnswer(f"the answer has no {way}")
    return value


def _text(value: Any, way: str) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value[:LONGEST_VALUE]
        case _:
            raise NotInAnswer(f"{way} of the answer is no text, number, true or false")
