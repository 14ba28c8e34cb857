"""Where calls go out: trunks with their limits, and the routes that choose one for a number.

Routes are tried in their order; the first whose pattern matches the whole number decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from outdial.core.dialstring import is_diallable
from outdial.core.ids import TrunkId


@dataclass(frozen=True, slots=True)
class Trunk:
    """A way out. `name` is its name at the switch; `lines` and `calls_per_second` are its carrier's limits."""

    id: TrunkId
    name: str
    lines: int
    calls_per_second: float
    caller: str
    """The number shown to those called, when the route gives none."""


@dataclass(frozen=True, slots=True)
class Route:
    """Numbers that match `pattern` (a regular expression over the whole number) leave through a trunk.

    `strip` leading characters are dropped and `prepend` is put in front before dialling.
    """

    pattern: str
    trunk: Trunk
    strip: int = 0
    prepend: str = ""
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A number's way out: the trunk, what it is given to dial, the caller number shown."""

    trunk: Trunk
    dial_string: str
    caller: str


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def way_out(routes: Sequence[Route], number: str) -> Way | None:
    """The way of the first route that matches; None when none does, or when what it makes of the number is no number."""
    for route in routes:
        if _compiled(route.pattern).fullmatch(number):
            dialled = route.prepend + number[route.strip :]
            return Way(route.trunk, dialled, route.caller or route.trunk.caller) if is_diallable(dialled) else None
    return None
