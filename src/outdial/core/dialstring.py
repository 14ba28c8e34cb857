"""What may be sent to a switch as a number, and nothing else.

A caller's text becomes digits here, once; after this file only `[0-9*#+]` exists.
"""

from __future__ import annotations

import re

from outdial.core.errors import NotDiallable

_WRITTEN = re.compile(r"\+?[0-9*#\s().\-\u2010-\u2015\u00a0]*")
_DIALLABLE = re.compile(r"\+?[0-9*#]{1,32}")
_PUNCTUATION = re.compile(r"[^0-9*#+]")


def digits_of(written: str) -> str:
    """Digits, `*` and `#` of a number as people write it: spaces, dashes, dots and brackets go, a leading `+` too.

    Raises `NotDiallable` when anything else is in it, or nothing is left.
    """
    text = written.strip()
    digits = _PUNCTUATION.sub("", text).removeprefix("+")
    if not _WRITTEN.fullmatch(text) or not _DIALLABLE.fullmatch(digits):
        shown = written if len(written) <= 40 else written[:40] + "…"
        raise NotDiallable(f'"{shown}" is not a phone number: digits, spaces, dashes and brackets only')
    return digits


def is_diallable(dial_string: str) -> bool:
    """Whether a switch may be given this string."""
    return _DIALLABLE.fullmatch(dial_string) is not None


def check_dial_string(dial_string: str) -> str:
    """The same string, when a switch may be given it; `NotDiallable` otherwise."""
    if not is_diallable(dial_string):
        raise NotDiallable(f"{dial_string!r} may not be dialled")
    return dial_string
