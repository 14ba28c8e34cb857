"""Members of a body, one at a time: each is read into a value, or a fault is noted and None stands in its place.

The rules and their wording are those of Laravel, in whose notation the API is described: a whole number may come as a text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from outdial.api.is74.errors import Faults

LARGEST = (1 << 53) - 1
_WHOLE = re.compile(r"-?[0-9]{1,16}")


class Members:
    """The members of one object, with the path to it."""

    def __init__(self, path: str, value: object, faults: Faults) -> None:
        self.path = path
        self.faults = faults
        self.values: Mapping[str, Any] = value if isinstance(value, dict) else {}

    def at(self, name: str) -> str:
        """The path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, what: str) -> None:
        """Note a fault."""
        self.faults.add(self.at(name), what)

    def there(self, name: str, *, required: bool = True) -> bool:
        """Whether a member has a value; a missing one that is required is a fault."""
        if self.values.get(name) not in (None, ""):
            return True
        if required:
            self.wrong(name, "field is required.")
        return False

    def whole(self, name: str, least: int = 0, most: int = LARGEST, *, required: bool = True) -> int | None:
        """A whole number."""
        if not self.there(name, required=required):
            return None
        value = self.values[name]
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            value = int(value)
        if type(value) is not int:
            self.wrong(name, "field must be an integer.")
        elif not least <= value <= most:
            self.wrong(name, f"field must be between {least} and {most}.")
        else:
            return value
        return None

    def text(self, name: str, longest: int, *, required: bool = False) -> str | None:
        """A text; None where there is none."""
        if not self.there(name, required=required):
            return None
        value = self.values[name]
        if not isinstance(value, str):
            self.wrong(name, "field must be a string.")
        elif len(value) > longest:
            self.wrong(name, f"field must not be greater than {longest} characters.")
        elif not _is_storable(value):
            self.wrong(name, "field holds characters that cannot be stored.")
        else:
            return value
        return None

    def one_of(self, name: str, known: Collection[str], *, required: bool = False) -> str | None:
        """A text that is one of some."""
        value = self.text(name, 100, required=required)
        if value is not None and value not in known:
            self.wrong(name, f"field must be one of {', '.join(known)}.")
            return None
        return value

    def within(self, name: str) -> Members | None:
        """An object that has to be there."""
        if not self.there(name):
            return None
        if not isinstance(self.values[name], dict):
            self.wrong(name, "field must be an object.")
            return None
        return Members(self.at(name), self.values[name], self.faults)


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
