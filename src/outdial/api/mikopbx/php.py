"""How PHP writes values as text: its string conversion, its idea of empty, and `serialize()`.

Sources: the PHP manual, "Strings: converting to string" and "serialize"; floats as with serialize_precision = -1.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from outdial.core.errors import Malformed

DEEPEST = 64
"""Levels of nesting that are serialised."""
_INT64 = 1 << 63
_MOST_DIGITS = 17
_WHOLE_KEY = re.compile(r"0|-?[1-9][0-9]{0,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{0,30})?")


def text(value: object, field: str) -> str:
    """A scalar as a string; null is an empty one. Raises `Malformed` for a list or an object."""
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case str():
            return value
        case int():
            return str(value)
        case float():
            return float_text(value)
        case _:
            raise Malformed(f'Field "{field}" must be a string or a number', field=field)


def optional_text(value: object, field: str) -> str | None:
    """As `text`, where null stays null."""
    return None if value is None else text(value, field)


def whole(value: object, field: str) -> int:
    """A number, also written as a string; a fraction is cut off. Raises `Malformed`."""
    written = text(value, field).strip()
    if not _NUMBER.fullmatch(written):
        raise Malformed(f'Field "{field}" must be a number', field=field)
    return int(Decimal(written))


def is_empty(value: object) -> bool:
    """What PHP's `empty()` says: null, false, 0, "", "0" and lists without elements."""
    return not value or value == "0"


def serialize(value: Any, depth: int = 0) -> str:
    """PHP's `serialize()` of a JSON value; strings count their UTF-8 bytes. Raises `Malformed` when it is too deep."""
    if depth > DEEPEST:
        raise Malformed('Field "params" is nested too deeply', field="params")
    match value:
        case None:
            return "N;"
        case bool():
            return f"b:{int(value)};"
        case int() if -_INT64 <= value < _INT64:
            return f"i:{value};"
        case int() | float():
            return f"d:{float_text(float(value))};"
        case str():
            return f's:{len(value.encode())}:"{value}";'
        case list():
            return _array(list(enumerate(value)), depth)
        case dict():
            return _array(list({_key(key): member for key, member in value.items()}.items()), depth)
        case _:
            raise AssertionError(f"{type(value).__name__} is not a JSON value")


def float_text(value: float) -> str:
    """A float with the fewest digits that give it back, as PHP prints it."""
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    minus = "-" if sign else ""
    point = len(digits) + exponent  # the digits before the decimal point
    written = "".join(map(str, digits))
    if point < -3 or point > _MOST_DIGITS:
        return f"{minus}{written[0]}.{written[1:] or '0'}E{point - 1:+d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{written}"
    if point >= len(written):
        return minus + written.ljust(point, "0")
    return f"{minus}{written[:point]}.{written[point:]}"


def _array(members: list[tuple[int | str, Any]], depth: int) -> str:
    inner = "".join(serialize(key) + serialize(member, depth + 1) for key, member in members)
    return f"a:{len(members)}:{{{inner}}}"


def _key(key: str) -> int | str:
    """An array's key: PHP keeps a decimal integer as a number."""
    return int(key) if _WHOLE_KEY.fullmatch(key) and -_INT64 <= int(key) < _INT64 else key
