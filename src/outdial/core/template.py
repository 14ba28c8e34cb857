"""A text with `{{name}}` where a variable is put in: taken apart once, and filled as often as wanted.

Filling puts values in and interprets nothing: what a variable holds is never read as a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from outdial.core.prompt import LONGEST_TEXT, Kind, Slot

NAME = re.compile(r"[^\W\d][\w-]{0,99}")
"""What a variable may be called: letters of any language, digits, underlines and dashes."""

Template = tuple[str | Slot, ...]

_SLOT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


class NotTemplate(ValueError):
    """A text has braces that hold no name; the message says which."""


def parse(text: str, kind_of: Callable[[str], Kind] = lambda name: Kind.TEXT) -> Template:
    """The parts of a text. `kind_of` says how a variable of that name is spoken. Raises `NotTemplate`."""
    pieces = _SLOT.split(text)
    parts: list[str | Slot] = []
    for index, piece in enumerate(pieces):
        if index % 2:
            name = piece.strip()
            if not NAME.fullmatch(name):
                raise NotTemplate(f"{{{{{piece}}}}} does not name a variable")
            parts.append(Slot(name, kind_of(name)))
        elif "{{" in piece or "}}" in piece:
            raise NotTemplate("two braces that open or close a place for a variable have no counterpart")
        elif piece:
            parts.append(piece)
    return tuple(parts)


def names(template: Template) -> Iterator[str]:
    """The variables that are put in."""
    return (part.name for part in template if isinstance(part, Slot))


def filled(template: Template, variables: Mapping[str, str], escaped: Callable[[str], str] = str) -> str:
    """The text with the values as they stand, each `escaped` for the place."""
    made = "".join(
        part if isinstance(part, str) else escaped(variables.get(part.name, part.otherwise)[: part.longest])
        for part in template
    )
    return made[:LONGEST_TEXT]


def unfilled(template: Template) -> str:
    """The text as it is written, with the places of its variables."""
    return "".join(part if isinstance(part, str) else f"{{{{{part.name}}}}}" for part in template)


def with_values(text: str, variables: Mapping[str, str]) -> str:
    """A text that somebody else wrote, with the values of the variables that it names; nothing for one without a value."""
    return _SLOT.sub(lambda place: variables.get(place[1].strip(), ""), text)[:LONGEST_TEXT]
