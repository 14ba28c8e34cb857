"""Questions about documents, as values: which of them, in which order, and what is made of them.

A document is what JSON can say. A path goes through arrays: `communications.number` is the number of each element. Nothing
here knows who asks in which words, or what answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Path = tuple[str, ...]
"""Names from the outside in; empty: the value itself. A name of digits is also a place in an array."""


class Order(StrEnum):
    """How a value lies to another of its kind."""

    EQUAL = "="
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Compare:
    """A value at the path, or an element of an array there, lies so to another. Only values of one kind are greater or
    less than each other; a missing value is equal to null."""

    path: Path
    order: Order
    value: Any


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value at the path, or an element of an array there, is equal to one of these."""

    path: Path
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A text at the path, or one in an array there, holds a match of a regular expression."""

    path: Path
    pattern: str
    ignore_case: bool = False
    many_lines: bool = False
    """Whether ^ and $ match at every line."""
    dot_all: bool = False
    """Whether a dot matches the end of a line."""


@dataclass(frozen=True, slots=True)
class Exists:
    """There is something at the path, if only null."""

    path: Path


@dataclass(frozen=True, slots=True)
class Element:
    """An array at the path has an element of which all this is true. The paths of the condition begin at the element."""

    path: Path
    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of them; nothing at all is true."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of them; nothing at all is false."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    condition: Condition


Condition = Compare | OneOf | Like | Exists | Element | AllOf | AnyOf | Not
EVERYTHING = AllOf(())


@dataclass(frozen=True, slots=True)
class By:
    """One key of an order. Of an array the least element counts, or the greatest when descending.

    What is missing or null comes first, then numbers, texts, objects, arrays, false and true.
    """

    path: Path
    descending: bool = False


@dataclass(frozen=True, slots=True)
class At:
    """The value at a path; through an array, the array of the values of its elements."""

    path: Path


@dataclass(frozen=True, slots=True)
class Constant:
    """A value as it stands."""

    value: Any


@dataclass(frozen=True, slots=True)
class Made:
    """An object whose members are computed; what is missing is left out."""

    members: Mapping[str, Expression]


Expression = At | Constant | Made


class Total(StrEnum):
    """What is made of the values of a group."""

    SUM = "sum"
    AVERAGE = "average"
    LEAST = "least"
    GREATEST = "greatest"
    FIRST = "first"
    LAST = "last"
    LIST = "list"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Match:
    """Keep the documents of which this is true."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Group:
    """One document for each value of the key, with `_id` and the totals."""

    key: Expression
    totals: Mapping[str, tuple[Total, Expression]]


@dataclass(frozen=True, slots=True)
class Sort:
    """Put them into an order; what is equal stays as it was."""

    keys: tuple[By, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """The first so many."""

    count: int


@dataclass(frozen=True, slots=True)
class Skip:
    """All but the first so many."""

    count: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Only these members, in arrays those of each element; `computed` are new ones."""

    paths: tuple[Path, ...]
    computed: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Drop:
    """All members but these."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Unwind:
    """One document for each element of the array at the path, with the element in its place.

    A value that is no array counts as one element. `keep_empty`: a document without elements stays, without the path.
    `index`: a member that receives the element's place, from 0; empty: none.
    """

    path: Path
    keep_empty: bool = False
    index: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """One document with the number of documents, or none when there are none."""

    name: str


Stage = Match | Group | Sort | Limit | Skip | Keep | Drop | Unwind | Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A page of a list: which documents, in which order, and how many after how many."""

    condition: Condition = EVERYTHING
    order: tuple[By, ...] = ()
    """Empty: as they came."""
    skip: int = 0
    limit: int | None = None
