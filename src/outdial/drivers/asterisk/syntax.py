"""How a value becomes a line of an Asterisk configuration file.

A value that could break out of its line is refused here, so the files' texts need not think about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
HOST = re.compile(r"[A-Za-z0-9_.:\[\]-]+")


def check(field: str, value: str | None, pattern: re.Pattern[str]) -> None:
    """Raise ValueError, naming the field, unless the whole value matches; None passes."""
    if value is not None and not pattern.fullmatch(value):
        raise ValueError(f"{field} {value!r} cannot stand in an Asterisk configuration")


def right_side(text: str) -> str:
    """A free text as the right side of a line: `;` would begin a comment, a control character a new line."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text) or text != text.strip():
        raise ValueError("a value of the Asterisk configuration holds a control character or an outer space")
    return text.replace(";", "\\;")


def section(name: str, options: Iterable[tuple[str, object]]) -> str:
    """A `[name]` with one `key = value` a line, in the given order, and an empty line after it."""
    return f"[{name}]\n" + "".join(f"{key} = {right_side(str(value))}\n" for key, value in options) + "\n"
