"""Which gateways take a member's number, what each of them is given to dial, and in which order they are tried.

A resource's pattern is a regular expression that is looked for in the number as it was given, and then again in its digits,
whose match the gateway's template replaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from outdial.core.dialstring import is_diallable
from outdial.core.members import Gateway, Resource
from outdial.core.number import Number

_GROUP = re.compile(r"\$([1-9&])")


@dataclass(frozen=True, slots=True)
class Exit:
    """A gateway and what it is given to dial."""

    gateway: Gateway
    dial_string: str


def exits(
    resources: Sequence[Resource],
    number: Number,
    has_room: Callable[[Gateway], bool],
    draw: Callable[[], float],
) -> list[Exit]:
    """Every usable way out for a number, the first to be tried first; empty: none is free.

    Resources go in their order, and so do the gateways of one unless it wants them at random; `draw` gives a number in
    [0, 1), anew each time. A pattern that is no regular expression matches nothing.
    """
    found = []
    for resource in resources:
        pattern = _compiled(resource.pattern)
        if not resource.enabled or pattern is None or pattern.search(number.raw) is None:
            continue
        usable = [gateway for gateway in resource.gateways if gateway.enabled and has_room(gateway)]
        if resource.random:
            usable.sort(key=lambda _: draw())
        found += [Exit(gateway, _expanded(pattern, gateway.template, number.digits)) for gateway in usable]
    return [one for one in found if is_diallable(one.dial_string)]


def caller_of(gateway: Gateway, draw: Callable[[], float]) -> str:
    """The number that a gateway shows: one of its own, or none."""
    return gateway.callers[int(draw() * len(gateway.callers))] if gateway.callers else ""


def _expanded(pattern: re.Pattern[str], template: str, digits: str) -> str:
    """What the template makes of the first match in the digits; the rest of them stays, and so do all without a match."""

    def group(match: re.Match[str]) -> str:
        def of(reference: re.Match[str]) -> str:
            name = reference[1]
            if name == "&":
                return match[0]
            return (match[int(name)] or "") if int(name) <= (match.re.groups) else ""

        return _GROUP.sub(of, template)

    return pattern.sub(group, digits, count=1)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None
