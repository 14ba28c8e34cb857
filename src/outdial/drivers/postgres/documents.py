"""Questions about documents as SQL: every stage maps a relation of documents to another.

All names and values of the question become parameters; what stands in the text of a statement is written here. A `Source`
says where a document's members come from, so that only those are read that a question asks for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, assert_never

import asyncpg

from outdial.core.documents import (
    AllOf,
    AnyOf,
    At,
    By,
    Compare,
    Condition,
    Constant,
    Count,
    Drop,
    Element,
    Exists,
    Expression,
    Group,
    Keep,
    Like,
    Limit,
    Made,
    Match,
    Not,
    OneOf,
    Order,
    Path,
    Search,
    Skip,
    Sort,
    Stage,
    Total,
    Unwind,
)
from outdial.core.errors import Malformed
from outdial.drivers.postgres.pool import decode, to_json

LONGEST_SECONDS = 20.0
"""A question that takes longer is given up."""
_NULL = "'null'::jsonb"
_WORD_EDGE = {"\\b": "\\y", "\\B": "\\Y"}


class BadQuestion(Malformed):
    """The database cannot answer that: an expression that it cannot read, or one that takes too long."""

    code = "bad_question"


@dataclass(frozen=True, slots=True)
class Elements:
    """An array of objects that lies in rows of its own. `rows` is what follows `from`; it may be narrowed by `and`."""

    rows: str
    scalars: Mapping[str, str]
    others: str


@dataclass(frozen=True, slots=True)
class Source:
    """The members of a document as expressions of SQL, each jsonb; null: missing."""

    others: str
    """An object with all members that are not named here."""
    scalars: Mapping[str, str] = field(default_factory=dict)
    """Members that are neither objects nor arrays."""
    values: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, Elements] = field(default_factory=dict)
    """Arrays of `values` that may also be read row by row."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows with a document each: what follows `from`, their condition, and their natural order."""

    rows: str
    where: str
    natural: str
    id: str
    source: Source
    whole: str
    """The document."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Where reading a path begins: a value, in each of some rows when it has any, and the rest of the path."""

    value: str
    rest: Path
    scalar: bool
    """Whether the value is neither object nor array."""
    rows: str = ""

    @property
    def select(self) -> str:
        return f"select {self.value} from {self.rows}" if self.rows else f"select {self.value}"


class Question:
    """One statement in the making, with its parameters."""

    def __init__(self, *parameters: object) -> None:
        self.parameters = list(parameters)
        self._aliases = 0

    # ------------------------------------------------------------------------------------------------ statements

    def page(self, relation: Relation, search: Search, shape: Keep | Drop | None) -> str:
        """One row `document` for each document of the page, in its order. Of those that are not on it only the members
        are read that decide, and of the others only those that the shape leaves."""
        condition = self.condition(relation.source, search.condition)
        keys, joins = self._order(relation.source, search.order)
        order = ", ".join([*keys, relation.natural])
        limit = "" if search.limit is None else f"limit {self._parameter(search.limit, 'bigint')}"
        skip = f"offset {self._parameter(search.skip, 'bigint')}" if search.skip else ""
        document = self._document(relation, None if shape is None else _roots([shape]))
        return (
            f"with page as materialized (select {relation.id} as id, row_number() over (order by {order}) as n"
            f" from {relation.rows} {joins} where {relation.where} and {condition} order by n {limit} {skip})"
            f" select {self._shaped(document, shape)} as document from {relation.rows}"
            f" join page on page.id = {relation.id} order by page.n"
        )

    def ids(self, relation: Relation, condition: Condition) -> str:
        """One row `id` for each document of which the condition is true."""
        return f"select {relation.id} as id from {relation.rows} where {self._where(relation, condition)}"

    def count(self, relation: Relation, condition: Condition) -> str:
        """One row with the number of documents of which the condition is true."""
        return f"select count(*) from {relation.rows} where {self._where(relation, condition)}"

    def _where(self, relation: Relation, condition: Condition) -> str:
        return f"{relation.where} and {self.condition(relation.source, condition)}"

    def stages(self, relation: Relation, stages: Sequence[Stage]) -> str:
        """One row `document` for each document that the stages lead to, in their order."""
        first = 0
        conditions: list[Condition] = []
        for stage in stages:
            if not isinstance(stage, Match):
                break
            conditions.append(stage.condition)
            first += 1
        condition = self.condition(relation.source, AllOf(tuple(conditions)))
        document = self._document(relation, _roots(stages[first:]))
        parts = [
            f"s0 as (select row_number() over (order by {relation.natural}) as n, {document} as doc"
            f" from {relation.rows} where {relation.where} and {condition})"
        ]
        for place, stage in enumerate(stages[first:], start=1):
            parts.append(f"s{place} as ({self._stage(stage, f's{place - 1}')})")
        return f"with {', '.join(parts)} select doc as document from s{len(parts) - 1} order by n"

    # ------------------------------------------------------------------------------------------------ conditions

    def condition(self, source: Source, condition: Condition) -> str:
        """An expression that is true or false of a row, never null."""
        match condition:
            case AllOf(conditions):
                return self._joined(source, conditions, " and ", "true")
            case AnyOf(conditions):
                return self._joined(source, conditions, " or ", "false")
            case Not(inner):
                return f"not {self.condition(source, inner)}"
            case Exists(path):
                return self._some(source, path, lambda value: f"{value} is not null", leaves=False)
            case Element(path, inner):
                return self._element(source, path, inner)
            case Compare(path):
                return self._some(source, path, lambda value: self._compared(value, condition))
            case OneOf(path, values):
                return self._some(source, path, lambda value: self._one_of(value, values))
            case Like(path):
                pattern = self._parameter(_pattern(condition), "text")
                return self._some(source, path, lambda value: _if(value, "string", f"{_text(value)} ~ {pattern}"))
            case _:
                assert_never(condition)

    def _joined(self, source: Source, conditions: Iterable[Condition], word: str, none: str) -> str:
        return f"({word.join(self.condition(source, one) for one in conditions) or none})"

    def _compared(self, value: str, condition: Compare) -> str:
        wanted, order = condition.value, condition.order
        if wanted is None:
            return f"({value} is null or {value} = {_NULL})" if order in _WITH_EQUAL else "false"
        if order is Order.EQUAL:
            return f"{value} = {self._json(wanted)}"
        if isinstance(wanted, str):
            text = self._parameter(wanted, "text")
            return _if(value, "string", f'{_text(value)} collate "C" {order.value} {text}')
        kind = "boolean" if isinstance(wanted, bool) else "number"
        return _if(value, kind, f"{value} {order.value} {self._json(wanted)}")

    def _one_of(self, value: str, values: Sequence[Any]) -> str:
        some = f"{value} = any (array(select jsonb_array_elements({self._json(list(values))})))"
        return f"({some} or {value} is null)" if None in values else some

    def _element(self, source: Source, path: Path, inner: Condition) -> str:
        if len(path) == 1 and path[0] in source.elements and not _of_the_value(inner):
            rows = source.elements[path[0]]
            condition = self.condition(Source(rows.others, rows.scalars), inner)
            return f"exists (select from {rows.rows} and {condition})"
        start = self._values(source, path)
        array, element = self._alias(), self._alias()
        value = f"{element}.v"
        condition = (
            self.condition(Source("", {"": value}), inner)
            if _of_the_value(inner)
            else f"jsonb_typeof({value}) in ('object', 'array') and {self.condition(Source(value), inner)}"
        )
        return (
            f"exists (select from ({start}) {array}(v)"
            f" cross join lateral jsonb_array_elements({_array_or_empty(f'{array}.v')}) {element}(v) where {condition})"
        )

    def _some(self, source: Source, path: Path, test: Callable[[str], str], *, leaves: bool = True) -> str:
        """Whether one of the values at a path passes a test; an array's elements count, and the array itself."""
        start = self._start(source, path)
        alone = start.scalar and not start.rest
        if alone and not start.rows:
            return f"coalesce({test(start.value)}, false)"
        values, alias = self._walk(start), self._alias()
        if leaves and not alone:
            values = self._leaves(values)
        return f"exists (select from ({values}) {alias}(v) where {test(f'{alias}.v')})"

    def _values(self, source: Source, path: Path) -> str:
        return self._walk(self._start(source, path))

    def _start(self, source: Source, path: Path) -> _Start:
        name, rest = (path[0], path[1:]) if path else ("", ())
        if rest and name in source.elements and not rest[0].isdecimal():
            rows = source.elements[name]
            inner = self._start(Source(rows.others, rows.scalars), rest)
            return replace(inner, rows=rows.rows)
        if name in source.scalars:
            return _Start(source.scalars[name], rest, scalar=True)
        return _Start(source.values.get(name) or self._member(source.others, name), rest, scalar=False)

    def _walk(self, start: _Start) -> str:
        """The values at the end of a path: through an array those of its elements that are objects, and of a place."""
        rows = start.select
        for name in start.rest:
            last, next = self._alias(), self._alias()
            key = self._parameter(name, "text")
            steps = [
                f"select {last}.v -> {key} where jsonb_typeof({last}.v) is distinct from 'array'",
                f"select e.v -> {key} from jsonb_array_elements({_array_or_empty(f'{last}.v')}) e(v)"
                f" where jsonb_typeof(e.v) = 'object'",
            ]
            if name.isdecimal() and name.isascii() and len(name) < 9:
                place = self._parameter(int(name), "integer")
                steps.append(
                    f"select {last}.v -> {place} where jsonb_typeof({last}.v) = 'array' and"
                    f" jsonb_array_length({last}.v) > {place}"
                )
            rows = f"select {next}.v from ({rows}) {last}(v) cross join lateral ({' union all '.join(steps)}) {next}(v)"
        return rows

    def _leaves(self, rows: str, *, arrays: bool = True) -> str:
        """The values, and for an array its elements; `arrays`: and the array itself."""
        value, leaf = self._alias(), self._alias()
        itself = f"select {value}.v" + ("" if arrays else f" where jsonb_typeof({value}.v) is distinct from 'array'")
        elements = f"select e.v from jsonb_array_elements({_array_or_empty(f'{value}.v')}) e(v)"
        return f"select {leaf}.v from ({rows}) {value}(v) cross join lateral ({itself} union all {elements}) {leaf}(v)"

    # ----------------------------------------------------------------------------------------------------- order

    def _order(self, source: Source, order: Sequence[By]) -> tuple[list[str], str]:
        """The expressions to order by, and the joins that make them."""
        keys: list[str] = []
        joins: list[str] = []
        for by in order:
            alias = self._alias()
            start = self._start(source, by.path)
            values = self._walk(start)
            if not start.scalar or start.rest or start.rows:
                leaf, leaves = self._alias(), self._leaves(values, arrays=False)
                first = ", ".join(_order_of(f"{leaf}.v", by.descending))
                values = f"select {leaf}.v from ({leaves}) {leaf}(v) order by {first} limit 1"
            joins.append(f"left join lateral ({values}) {alias}(v) on true")
            keys += _order_of(f"{alias}.v", by.descending)
        return keys, " ".join(joins)

    # ---------------------------------------------------------------------------------------------------- stages

    def _stage(self, stage: Stage, before: str) -> str:
        rows = f"from {before} t"
        source = Source("t.doc")
        match stage:
            case Match(condition):
                return f"select t.n, t.doc {rows} where {self.condition(source, condition)}"
            case Sort(order):
                keys, joins = self._order(source, order)
                place = f"row_number() over (order by {', '.join([*keys, 't.n'])})"
                return f"select {place} as n, t.doc {rows} {joins}"
            case Limit(count):
                return f"select t.n, t.doc {rows} order by t.n limit {self._parameter(count, 'bigint')}"
            case Skip(count):
                return f"select t.n, t.doc {rows} order by t.n offset {self._parameter(count, 'bigint')}"
            case Keep() | Drop():
                return f"select t.n, {self._shaped('t.doc', stage)} as doc {rows}"
            case Unwind():
                return self._unwound(stage, rows)
            case Count(name):
                counted = f"jsonb_build_object({self._parameter(name, 'text')}, count(*))"
                return f"select 1::bigint as n, {counted} as doc {rows} having count(*) > 0"
            case Group():
                return self._grouped(stage, rows)
            case _:
                assert_never(stage)

    def _unwound(self, stage: Unwind, rows: str) -> str:
        path = self._parameter(list(stage.path), "text[]")
        value = f"(t.doc #> {path})"
        many = f"case when jsonb_typeof({value}) = 'array' then {value} else jsonb_build_array({value}) end"
        document = f"jsonb_set(t.doc, {path}, e.v)"
        if stage.keep_empty:
            document = f"case when e.v is null then t.doc #- {path} else {document} end"
        if stage.index:
            place = f"case when jsonb_typeof({value}) = 'array' then e.o - 1 end"
            document = f"{document} || jsonb_build_object({self._parameter(stage.index, 'text')}, {place})"
        there = f"{value} is not null and {value} <> {_NULL}"
        join = "left join" if stage.keep_empty else "join"
        return (
            f"select row_number() over (order by t.n, e.o) as n, {document} as doc {rows}"
            f" {join} lateral jsonb_array_elements({many}) with ordinality e(v, o) on {there}"
        )

    def _grouped(self, stage: Group, rows: str) -> str:
        columns = [f"coalesce({self._expression('t.doc', stage.key)}, {_NULL}) as k"]
        members = ["'_id'", "g.k"]
        for place, (name, (total, expression)) in enumerate(stage.totals.items()):
            columns.append(f"{self._expression('t.doc', expression)} as e{place}")
            members += [self._parameter(name, "text"), _total(total, f"g.e{place}")]
        return (
            f"select row_number() over (order by min(g.n)) as n, jsonb_build_object({', '.join(members)}) as doc"
            f" from (select t.n, {', '.join(columns)} {rows}) g group by g.k"
        )

    # ------------------------------------------------------------------------------------------------ expressions

    def _document(self, relation: Relation, roots: frozenset[str] | None) -> str:
        """The document of a row, with these members only; None: all of them."""
        if roots is None:
            return relation.whole
        source = relation.source
        members: dict[str, str] = {}
        for name in sorted(roots):
            known = source.scalars.get(name) or source.values.get(name)
            members[name] = known or self._member(source.others, name)
        return self._object(members)

    def _shaped(self, document: str, shape: Keep | Drop | None) -> str:
        match shape:
            case None:
                return document
            case Drop(paths):
                return self._dropped(document, _tree(paths))
            case Keep(paths, computed):
                kept = self._kept(document, _tree(paths))
                return kept if not computed else f"{kept} || {self._expression(document, Made(computed))}"
            case _:
                assert_never(shape)

    def _kept(self, value: str, tree: Mapping[str, Any]) -> str:
        members = {}
        for name, below in tree.items():
            member = self._member(value, name)
            members[name] = self._through(member, partial(self._kept_if, below)) if below else member
        return self._object(members)

    def _kept_if(self, tree: Mapping[str, Any], value: str) -> str:
        return _if(value, "object", self._kept(value, tree))

    def _dropped(self, value: str, tree: Mapping[str, Any]) -> str:
        gone = self._parameter([name for name, below in tree.items() if not below], "text[]")
        made = f"{value} - {gone}"
        for name, below in tree.items():
            if below:
                member = self._member(value, name)
                inner = self._through(member, partial(self._dropped_if, below))
                made += f" || {self._object({name: inner})}"
        return f"({made})"

    def _dropped_if(self, tree: Mapping[str, Any], value: str) -> str:
        return f"case when jsonb_typeof({value}) = 'object' then {self._dropped(value, tree)} else {value} end"

    def _expression(self, document: str, expression: Expression) -> str:
        match expression:
            case At(path):
                return self._at(document, path)
            case Constant(value):
                return self._json(value)
            case Made(members):
                return self._object({name: self._expression(document, one) for name, one in members.items()})
            case _:
                assert_never(expression)

    def _at(self, value: str, path: Path) -> str:
        if not path:
            return value
        member = self._member(value, path[0])
        return member if len(path) == 1 else self._through(member, lambda element: self._at(element, path[1:]))

    def _through(self, value: str, make: Callable[[str], str]) -> str:
        """What is made of a value, or the array of what is made of its elements; what comes out missing is left out."""
        one, each, element, made = (self._alias() for _ in range(4))
        many = f"case when jsonb_typeof({one}.v) = 'array' then {one}.v else jsonb_build_array({one}.v) end"
        return (
            f"(select case when jsonb_typeof({one}.v) = 'array' then coalesce({each}.every, '[]'::jsonb)"
            f" else {each}.first end from (select {value}) {one}(v) left join lateral ("
            f"select jsonb_agg({made}.v order by {element}.o) filter (where {made}.v is not null) as every,"
            f" (array_agg({made}.v))[1] as first"
            f" from jsonb_array_elements({many}) with ordinality {element}(v, o)"
            f" cross join lateral (select {make(f'{element}.v')}) {made}(v)) {each} on true)"
        )

    def _object(self, members: Mapping[str, str]) -> str:
        """An object of what is not missing."""
        if not members:
            return "'{}'::jsonb"
        rows = ", ".join(f"({self._parameter(name, 'text')}, {value})" for name, value in members.items())
        alias = self._alias()
        return (
            f"(select coalesce(jsonb_object_agg({alias}.k, {alias}.v), '{{}}'::jsonb)"
            f" from (values {rows}) {alias}(k, v) where {alias}.v is not null)"
        )

    def _member(self, document: str, name: str) -> str:
        return f"({document} -> {self._parameter(name, 'text')})"

    # ------------------------------------------------------------------------------------------------- parameters

    def _json(self, value: object) -> str:
        return self._parameter(to_json(value), "jsonb")

    def _parameter(self, value: object, type: str) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}::{type}"

    def _alias(self) -> str:
        self._aliases += 1
        return f"x{self._aliases}"


async def answer(pool: asyncpg.Pool, statement: str, parameters: Sequence[object]) -> list[Any]:
    """The first column of every row, decoded where it is JSON. Nothing is written. Raises `BadQuestion`."""
    async with pool.acquire() as connection, question_asked(connection, readonly=True):
        rows = await connection.fetch(statement, *parameters)
    return [decode(row[0]) if isinstance(row[0], str) else row[0] for row in rows]


@asynccontextmanager
async def question_asked(connection: asyncpg.Connection, *, readonly: bool = False) -> AsyncIterator[None]:
    """A transaction for one question, which is given up when it takes too long. Raises `BadQuestion`."""
    try:
        async with connection.transaction(readonly=readonly):
            await connection.execute(f"set local statement_timeout = {int(LONGEST_SECONDS * 1000)}")
            yield
    except (*_UNREADABLE, UnicodeEncodeError) as error:
        raise BadQuestion(str(error), field="filter") from error


_UNREADABLE = (
    asyncpg.DataError,
    asyncpg.QueryCanceledError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.StatementTooComplexError,
)
_WITH_EQUAL = frozenset({Order.EQUAL, Order.AT_LEAST, Order.AT_MOST})


def _roots(stages: Sequence[Stage]) -> frozenset[str] | None:
    """The members of a document that stages ask for; None: all of them."""
    needed: set[Path] = set()
    for stage in stages:
        match stage:
            case Match(condition):
                needed |= set(_paths(condition))
            case Sort(order):
                needed |= {by.path for by in order}
            case Unwind(path):
                needed.add(path)
            case Group(key, totals):
                needed |= {path for one in (key, *(e for _, e in totals.values())) for path in _read(one)}
                return None if () in needed else frozenset(path[0] for path in needed)
            case Keep(paths, computed):
                needed |= {*paths, *(path for one in computed.values() for path in _read(one))}
                return None if () in needed else frozenset(path[0] for path in needed)
            case Count():
                return frozenset(path[0] for path in needed)
            case Limit() | Skip() | Drop():
                pass
            case _:
                assert_never(stage)
    return None


def _paths(condition: Condition) -> Iterable[Path]:
    match condition:
        case AllOf(conditions) | AnyOf(conditions):
            for one in conditions:
                yield from _paths(one)
        case Not(inner):
            yield from _paths(inner)
        case Compare() | OneOf() | Like() | Exists() | Element():
            yield condition.path
        case _:
            assert_never(condition)


def _read(expression: Expression) -> Iterable[Path]:
    match expression:
        case At(path):
            yield path
        case Made(members):
            for one in members.values():
                yield from _read(one)
        case Constant():
            pass
        case _:
            assert_never(expression)


def _tree(paths: Iterable[Path]) -> dict[str, Any]:
    """Paths as nested names; a whole member counts more than its parts."""
    tree: dict[str, Any] = {}
    for path in sorted(paths, key=len):
        at = tree
        for name in path[:-1]:
            if name in at and not at[name]:
                break
            at = at.setdefault(name, {})
        else:
            at[path[-1]] = {}
    return tree


def _of_the_value(condition: Condition) -> bool:
    """Whether a condition of an element is about the element itself."""
    return any(not path for path in _paths(condition))


def _order_of(value: str, descending: bool) -> list[str]:
    """Expressions that put values into the order of their kinds."""
    kind = f"jsonb_typeof({value})"
    rank = (
        f"case {kind} when 'number' then 1 when 'string' then 2 when 'object' then 3 when 'array' then 4"
        f" when 'boolean' then 5 else 0 end"
    )
    number = (
        f"case {kind} when 'number' then ({value} #>> '{{}}')::numeric when 'boolean' then ({value}::boolean)::int end"
    )
    text = f"case {kind} when 'string' then {_text(value)} end collate \"C\""
    way = " desc" if descending else ""
    return [f"{rank}{way}", f"{number}{way}", f"{text}{way}"]


def _total(total: Total, value: str) -> str:
    numbers = f"case when jsonb_typeof({value}) = 'number' then ({value} #>> '{{}}')::numeric end"
    there = f"filter (where {value} is not null and {value} <> {_NULL})"
    match total:
        case Total.SUM:
            return f"to_jsonb(coalesce(sum({numbers}), 0))"
        case Total.AVERAGE:
            return f"coalesce(to_jsonb(avg({numbers})), {_NULL})"
        case Total.LEAST | Total.GREATEST:
            order = ", ".join([*_order_of(value, total is Total.GREATEST), value])
            return f"coalesce((array_agg({value} order by {order}) {there})[1], {_NULL})"
        case Total.FIRST:
            return f"coalesce((array_agg({value} order by g.n))[1], {_NULL})"
        case Total.LAST:
            return f"coalesce((array_agg({value} order by g.n desc))[1], {_NULL})"
        case Total.LIST:
            return f"coalesce(jsonb_agg({value} order by g.n) filter (where {value} is not null), '[]'::jsonb)"
        case Total.SET:
            return f"coalesce(jsonb_agg(distinct {value}) filter (where {value} is not null), '[]'::jsonb)"
        case _:
            assert_never(total)


def _pattern(like: Like) -> str:
    """The pattern as PostgreSQL reads it. With options in front nothing in it is taken for a director of another syntax."""
    written = re.sub(r"\\[\s\S]", lambda escape: _WORD_EDGE.get(escape[0], escape[0]), like.pattern)
    newlines = {(False, False): "p", (True, False): "n", (False, True): "s", (True, True): "w"}
    options = newlines[like.many_lines, like.dot_all] + ("i" if like.ignore_case else "c")
    return f"(?{options}){written}"


def _text(value: str) -> str:
    return f"({value} #>> '{{}}')"


def _if(value: str, kind: str, then: str) -> str:
    """Something about a value of a kind; null of any other."""
    return f"case when jsonb_typeof({value}) = '{kind}' then {then} end"


def _array_or_empty(value: str) -> str:
    return f"case when jsonb_typeof({value}) = 'array' then {value} else '[]'::jsonb end"
