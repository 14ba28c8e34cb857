"""Filters, orders and pipelines in SQL mean what they mean in MongoDB: the same as a small reference, for any documents, and
whatever names and texts somebody sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mongo_reference import matches
from outdial.api.webitel import mongo
from outdial.core.documents import EVERYTHING, Search
from outdial.core.errors import Malformed
from outdial.drivers.postgres.documents import BadQuestion, Question, Relation, Source, answer
from outdial.drivers.postgres.pool import open_pool, to_json

RELATION = Relation(
    rows="(select e.v as doc, e.o as id from jsonb_array_elements($1::jsonb) with ordinality e(v, o)) d",
    where="true",
    natural="d.id",
    id="d.id",
    source=Source("d.doc"),
    whole="d.doc",
)
HOSTILE = ["'", "';drop table contacts;--", "$1", "{", "}", "%s", "\\", '"', "a'b", "x1.v", "::jsonb", "\n", "é", "🙂"]


class Asked:
    """A database that is asked about documents."""

    def __init__(self, runner: asyncio.Runner, pool: asyncpg.Pool) -> None:
        self._runner = runner
        self._pool = pool

    def found(self, documents: list[Any], filter: Any) -> list[Any]:
        return self.page(documents, filter)

    def page(self, documents: list[Any], filter: Any, sort: Any = None, shape: Any = None, **window: int) -> list[Any]:
        question = Question(to_json(documents))
        condition = mongo.condition(filter) if filter else EVERYTHING
        search = Search(condition=condition, order=mongo.order(sort) if sort else (), **window)
        return self._answer(question, question.page(RELATION, search, mongo.shape(shape)))

    def stages(self, documents: list[Any], *stages: Any) -> list[Any]:
        question = Question(to_json(documents))
        return self._answer(question, question.stages(RELATION, mongo.pipeline(list(stages))))

    def _answer(self, question: Question, statement: str) -> list[Any]:
        return self._runner.run(answer(self._pool, statement, question.parameters))


@pytest.fixture(scope="module")
def asked(databases: Any) -> Iterator[Asked]:
    with databases.fresh() as url, asyncio.Runner() as runner:
        pool = runner.run(open_pool(url, size=1))
        yield Asked(runner, pool)
        runner.run(pool.close())


# ---------------------------------------------------------------------------------------------------- the laws

NAMES = st.sampled_from(["a", "b", "0", "1", "c'--"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, 1.0, 2.5]),
    st.sampled_from(["", "a", "A", "b", *HOSTILE]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
DOCUMENTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=6)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
COMPARABLE = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["a", "b", "'"]))
OPERATORS = st.one_of(
    st.fixed_dictionaries({"$eq": VALUES}),
    st.fixed_dictionaries({"$ne": VALUES}),
    st.sampled_from(["$gt", "$gte", "$lt", "$lte"]).flatmap(lambda name: st.fixed_dictionaries({name: COMPARABLE})),
    st.fixed_dictionaries({"$in": st.lists(VALUES, max_size=3)}),
    st.fixed_dictionaries({"$nin": st.lists(VALUES, max_size=3)}),
    st.fixed_dictionaries({"$exists": st.booleans()}),
    st.fixed_dictionaries({"$regex": st.sampled_from(["^a", "b$", "", "a|b", "[ab]", r"\w'"])}),
)
CONDITIONS = st.recursive(
    st.dictionaries(PATHS, st.one_of(OPERATORS, SCALARS), max_size=2),
    lambda inner: st.one_of(
        st.sampled_from(["$and", "$or", "$nor"]).flatmap(
            lambda name: st.fixed_dictionaries({name: st.lists(inner, min_size=1, max_size=2)})
        ),
        st.dictionaries(PATHS, st.fixed_dictionaries({"$not": OPERATORS}), min_size=1, max_size=1),
        st.dictionaries(
            PATHS, st.fixed_dictionaries({"$elemMatch": st.one_of(inner, OPERATORS)}), min_size=1, max_size=1
        ),
    ),
    max_leaves=4,
)
LAW = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(DOCUMENTS, CONDITIONS)
@LAW
def test_a_filter_finds_what_mongodb_finds(asked: Asked, documents: list[Any], filter: dict[str, Any]) -> None:
    assert asked.found(documents, filter) == [one for one in documents if matches(one, filter)]


@given(st.lists(st.fixed_dictionaries({"a": st.one_of(st.integers(-3, 3), st.text("ab'", max_size=2))}), max_size=6))
@LAW
def test_an_order_goes_by_kind_and_value(asked: Asked, documents: list[Any]) -> None:
    numbered = [one | {"n": place} for place, one in enumerate(documents)]

    def key(one: dict[str, Any]) -> tuple[bool, Any]:
        return isinstance(one["a"], str), one["a"]

    assert asked.page(numbered, None, {"a": 1}) == sorted(numbered, key=key)
    downwards = sorted(numbered, key=key, reverse=True)
    assert asked.page(numbered, None, {"a": -1}, skip=1, limit=2) == downwards[1:3]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_texts_are_only_names_and_texts(asked: Asked, text: str) -> None:
    name = text.replace(".", "").lstrip("$") or "name"
    documents = [{"_id": 1, name: text, "list": [{name: text}]}, {"_id": 2}]
    assert asked.found(documents, {name: text}) == documents[:1]
    assert asked.found(documents, {f"list.{name}": {"$in": [text]}}) == documents[:1]
    assert asked.page(documents, None, {name: -1}, {name: 1}) == [{"_id": 1, name: text}, {"_id": 2}]
    group = {"$group": {"_id": f"${name}", name: {"$sum": 1}}}
    assert asked.stages(documents, group, {"$sort": {name: 1, "_id": 1}}) == [
        {"_id": None, name: 1},
        {"_id": text, name: 1},
    ]


# ------------------------------------------------------------------------------------------------- the pipelines

MEMBERS = [
    {"_id": "1", "cause": "OK", "talk": 5, "numbers": [{"n": "38", "p": 2}, {"n": "49", "p": 7}]},
    {"_id": "2", "cause": "OK", "talk": 10, "numbers": [{"n": "49", "p": 1}]},
    {"_id": "3", "cause": "BUSY", "talk": "?", "numbers": []},
    {"_id": "4"},
]


def test_groups(asked: Asked) -> None:
    stage = {
        "_id": "$cause",
        "count": {"$sum": 1},
        "talk": {"$sum": "$talk"},
        "mean": {"$avg": "$talk"},
        "least": {"$min": "$talk"},
        "most": {"$max": "$talk"},
        "first": {"$first": "$_id"},
        "last": {"$last": "$_id"},
        "all": {"$push": "$_id"},
    }
    rows = asked.stages(MEMBERS, {"$group": stage}, {"$sort": {"count": -1, "_id": 1}})
    assert rows == [
        {
            "_id": "OK", "count": 2, "talk": 15, "mean": 7.5, "least": 5, "most": 10, "first": "1", "last": "2",
            "all": ["1", "2"],
        },
        {
            "_id": None, "count": 1, "talk": 0, "mean": None, "least": None, "most": None, "first": "4", "last": "4",
            "all": ["4"],
        },
        {
            "_id": "BUSY", "count": 1, "talk": 0, "mean": None, "least": "?", "most": "?", "first": "3", "last": "3",
            "all": ["3"],
        },
    ]  # fmt: skip


def test_arrays_are_unwound(asked: Asked) -> None:
    group = {"$group": {"_id": {"n": "$numbers.n"}, "p": {"$sum": "$numbers.p"}}}
    assert asked.stages(MEMBERS, {"$unwind": "$numbers"}, group, {"$sort": {"p": -1}}) == [
        {"_id": {"n": "49"}, "p": 8},
        {"_id": {"n": "38"}, "p": 2},
    ]
    kept = {"$unwind": {"path": "$numbers", "preserveNullAndEmptyArrays": True, "includeArrayIndex": "at"}}
    assert asked.stages(MEMBERS, kept, {"$project": {"at": 1, "n": "$numbers.n"}}) == [
        {"_id": "1", "at": 0, "n": "38"},
        {"_id": "1", "at": 1, "n": "49"},
        {"_id": "2", "at": 0, "n": "49"},
        {"_id": "3", "at": None},
        {"_id": "4", "at": None},
    ]


def test_projections_go_through_arrays(asked: Asked) -> None:
    assert asked.page(MEMBERS, {"_id": "1"}, None, {"numbers.n": 1}) == [
        {"_id": "1", "numbers": [{"n": "38"}, {"n": "49"}]}
    ]
    assert asked.page(MEMBERS, {"_id": "1"}, None, {"numbers.n": 0, "talk": 0}) == [
        {"_id": "1", "cause": "OK", "numbers": [{"p": 2}, {"p": 7}]}
    ]
    assert asked.page(MEMBERS, {"_id": "4"}, None, {"numbers": 1, "_id": 0}) == [{}]
    assert asked.stages(MEMBERS, {"$match": {"_id": "1"}}, {"$project": {"_id": 0, "all": "$numbers.n"}}) == [
        {"all": ["38", "49"]}
    ]


def test_pages_and_counts(asked: Asked) -> None:
    assert [one["_id"] for one in asked.stages(MEMBERS, {"$skip": 1}, {"$limit": 2})] == ["2", "3"]
    assert asked.stages(MEMBERS, {"$match": {"numbers.n": "49"}}, {"$count": "n"}) == [{"n": 2}]
    assert asked.stages(MEMBERS, {"$match": {"numbers.n": "0"}}, {"$count": "n"}) == []
    assert [one["_id"] for one in asked.page(MEMBERS, None, {"numbers.p": -1, "_id": 1})] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("pattern", ["(", "[", "a{2,1}", "***=x", "*a", "\\"])
def test_an_expression_that_cannot_be_read_is_refused(asked: Asked, pattern: str) -> None:
    with pytest.raises(BadQuestion):
        asked.found(MEMBERS, {"cause": {"$regex": pattern}})


@pytest.mark.parametrize(
    ("pattern", "options", "text", "found"),
    [
        (r"\bok\b", "i", "it is OK", True),
        (r"^b", "", "a\nb", False),
        (r"^b", "m", "a\nb", True),
        ("a.b", "", "a\nb", False),
        ("a.b", "s", "a\nb", True),
        ("(?i)ab", "", "AB", True),
        (r"^38\d+$", "", "380911", True),
    ],
)
def test_expressions_are_those_of_mongodb(asked: Asked, pattern: str, options: str, text: str, found: bool) -> None:
    assert bool(asked.found([{"a": text}], {"a": {"$regex": pattern, "$options": options}})) is found


REFUSED: list[Callable[[], object]] = [
    lambda: mongo.condition({"$where": "sleep(1)"}),
    lambda: mongo.condition({"a": {"$size": 1}}),
    lambda: mongo.condition({"a": {"$gt": {}}}),
    lambda: mongo.condition({"$or": []}),
    lambda: mongo.condition({"a": {"$in": 1}}),
    lambda: mongo.condition({"a": {"$not": 1}}),
    lambda: mongo.condition({"a": {"$regex": 1}}),
    lambda: mongo.condition({"a": {"$regex": "a", "$options": "x"}}),
    lambda: mongo.condition({"a..b": 1}),
    lambda: mongo.condition([]),
    lambda: mongo.condition({"$and": [{"$and": [{"a": 1}] * 300}, {"$or": [{"a": 1}] * 300}]}),
    lambda: mongo.order({"a": 2}),
    lambda: mongo.order([]),
    lambda: mongo.shape({"a": 1, "b": 0}),
    lambda: mongo.pipeline({}),
    lambda: mongo.pipeline([{"$lookup": {}}]),
    lambda: mongo.pipeline([{"$out": "x"}]),
    lambda: mongo.pipeline([{"$match": {}, "$limit": 1}]),
    lambda: mongo.pipeline([{"$limit": 0}]),
    lambda: mongo.pipeline([{"$skip": -1}]),
    lambda: mongo.pipeline([{"$group": {"n": {"$sum": 1}}}]),
    lambda: mongo.pipeline([{"$group": {"_id": None, "n": {"$function": 1}}}]),
    lambda: mongo.pipeline([{"$group": {"_id": None, "a.b": {"$sum": 1}}}]),
    lambda: mongo.pipeline([{"$project": {"a": {"$add": [1, 2]}}}]),
    lambda: mongo.pipeline([{"$project": {"a": "$$NOW"}}]),
    lambda: mongo.pipeline([{"$unwind": "a"}]),
    lambda: mongo.pipeline([{"$count": "$a"}]),
    lambda: mongo.pipeline([{"$limit": 1}] * 31),
]


@pytest.mark.parametrize("ask", REFUSED)
def test_what_is_not_on_the_list_is_refused(ask: Callable[[], object]) -> None:
    with pytest.raises(Malformed):
        ask()
