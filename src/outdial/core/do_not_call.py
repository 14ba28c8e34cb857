"""Numbers of a tenant that must not be called: how they are written, so that one is found whatever form it is dialled in."""

from __future__ import annotations

from dataclasses import dataclass

from outdial.core.dialstring import digits_of

_NATIONAL_DIGITS = 11
"""A Russian number with its leading 8 is as long as one with its country's 7."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A number that must not be called, in its `canonical` form, and why."""

    digits: str
    note: str = ""


def canonical(digits: str) -> str:
    """The one form of a number: eleven digits that begin with 8 are Russian, and others stand as they are."""
    return f"7{digits[1:]}" if len(digits) == _NATIONAL_DIGITS and digits[0] == "8" else digits


def blocked(written: str, note: str = "") -> Blocked:
    """A number as somebody wrote it. Raises `NotDiallable`."""
    return Blocked(canonical(digits_of(written)), note)
