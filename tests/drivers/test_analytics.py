"""A report has the rows that the same question finds in a list of calls, in the same order, with the same totals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from databases import Databases
from outdial.core.ids import CampaignId, ScriptId, TenantId
from outdial.core.report import TRUE_TEXTS, By, Field, Filter, Kind, Question, Source, Standard, Test, Totals
from outdial.drivers.postgres.analytics import PostgresAnalytics
from outdial.drivers.postgres.pool import open_pool
from written_calls import CALL_DAY, Spoken, write_calls

ZONE = "Asia/Yekaterinburg"
STATUSES = {"answered": "Отвечен", "busy": "Занято", "in_progress": "Идёт"}
PARTIES = {"callee": "Абонент"}
PREFIX = "http://pbx/recordings/"
_SETUP = """
insert into tenants (name, time_zone) values ('site', 'UTC');
insert into scripts (tenant_id, dialect, number, key, name, version, wire)
select id, 'is74', 10, '10', '', 1, '{}' from tenants;
insert into campaigns (tenant_id, dialect, number, key, name, state, lines, calls_per_second, dial_prefix, ring_seconds,
                       attempts, interval_seconds, wire, script_id)
select tenant_id, 'is74', n, n::text, 'c', 'closed', 1, 1, '', 1, 1, 1, '{}', id
from scripts, generate_series(10, 11) n;
"""
WORDS = [
    "",
    "да",
    "Да",
    "нет",
    "1",
    "0",
    "-2.50",
    "10",
    "9",
    "a%b",
    "a_b",
    "' or true --",
    "Ёж",
    "еж",
    "true",
    "x" * 40,
]
CALLS = [
    Spoken(
        at=place * 601.25 if place % 7 else place * 601,
        digits=str(79000000000 + place * 37 % 11),
        ordinal=1 + place % 3,
        state="ended" if place % 9 else "in_script",
        outcome=None if place % 9 == 0 else ("answered", "busy", "no_answer")[place % 3],
        ended_by=(None, "callee", "outdial")[place % 3],
        seconds=None if place % 9 == 0 else place * 1.5,
        talk_seconds=(place % 5) * 0.75,
        variables={} if place % 4 == 0 else {"name": WORDS[place % len(WORDS)], "it's": WORDS[place * 3 % len(WORDS)]},
        collected={} if place % 5 == 0 else {"answer": WORDS[place * 5 % len(WORDS)]},
        goals=[("agreed",), ("completed", "agreed"), (), ("it's",)][place % 4],
        turns=[("outdial", "Здравствуйте", "hello"), ("callee", WORDS[place % len(WORDS)], "hello")][: place % 3],
        recording=None if place % 2 else "/nowhere",
    )
    for place in range(48)
]
FIELDS = [
    *(Field(Source.FIELD, one) for one in Standard),
    *(Field(Source.PARAMETER, name) for name in ("name", "it's", "missing")),
    Field(Source.VARIABLE, "answer"),
    *(Field(Source.GOAL, name) for name in ("agreed", "it's", "never")),
]


class Reference:
    """What the calls say, read off their list."""

    def __init__(self, calls: Sequence[Spoken], ids: Sequence[str]) -> None:
        self._rows = list(zip(calls, ids, strict=True))

    def answer(self, question: Question) -> tuple[Totals, list[tuple[Any, ...]]]:
        def between(call: Spoken) -> bool:
            return question.since <= call.begun <= question.until

        kept = [
            (call, id)
            for call, id in self._rows
            if between(call) and all(_keeps(one, call, id) for one in question.filters)
        ]
        kept.sort(key=lambda row: (row[0].begun, row[1]))
        for by in reversed(question.order):
            kept.sort(key=lambda row, by=by: _key(by, *row), reverse=by.descending)  # type: ignore[misc]
        totals = Totals(len(kept), sum(_value(Field(Source.FIELD, Standard.DURATION), *row) for row in kept))
        until = None if question.limit is None else question.offset + question.limit
        page = kept[question.offset : until]
        return totals, [tuple(_value(field, *row) for field in question.fields) for row in page]


def _value(field: Field, call: Spoken, id: str) -> Any:
    match field.source:
        case Source.PARAMETER:
            return call.variables.get(field.name)
        case Source.VARIABLE:
            return call.collected.get(field.name)
        case Source.GOAL:
            return field.name in call.goals
    match field.name:
        case Standard.PHONE_NUMBER:
            return call.digits
        case Standard.CAMPAIGN_NAME:
            return "Опрос"
        case Standard.CALL_DATE:
            return _moment(call.begun)
        case Standard.CALL_STATUS:
            told = "in_progress" if call.state != "ended" else str(call.outcome)
            return STATUSES.get(told, told)
        case Standard.ATTEMPT:
            return call.ordinal
        case Standard.DURATION:
            return (
                0
                if call.seconds is None and not call.talk_seconds
                else round(max(call.seconds or 0, call.talk_seconds))
            )
        case Standard.TALK_DURATION:
            return round(call.talk_seconds)
        case Standard.HANGUP_BY:
            return PARTIES.get(call.ended_by or "", "")
        case Standard.DIALOG:
            turns = [
                {"who": who, "text": text, "time": _moment(call.begun + timedelta(seconds=at)), "block": block}
                for at, (who, text, block) in enumerate(call.turns, start=1)
            ]
            return turns or None
        case Standard.RECORDING:
            return None if call.recording is None else f"{PREFIX}{id}.wav"
        case _:
            raise AssertionError(field)


def _moment(at: datetime) -> str:
    return at.astimezone(ZoneInfo(ZONE)).isoformat(timespec="seconds")


def _text(field: Field, call: Spoken, id: str) -> str:
    value = _value(field, call, id)
    match field.kind:
        case Kind.DIALOG:
            return "\n".join(text for _, text, _ in call.turns)
        case Kind.GOAL:
            return "true" if value else "false"
        case _:
            return "" if value is None else str(value)


def _keeps(wanted: Filter, call: Spoken, id: str) -> bool:
    value, text = _value(wanted.field, call, id), _text(wanted.field, call, id)
    kind = wanted.field.kind
    filled = bool(value) if kind is Kind.GOAL else text != ""
    true = {Kind.NUMBER: value != 0, Kind.TEXT: text in TRUE_TEXTS}.get(kind, filled)
    return {
        Test.EQUAL: value == wanted.number if kind is Kind.NUMBER else text == wanted.value,
        Test.CONTAINS: wanted.value in text,
        Test.STARTS_WITH: text.startswith(wanted.value),
        Test.ENDS_WITH: text.endswith(wanted.value),
        Test.IS_EMPTY: not filled,
        Test.NOT_EMPTY: filled,
        Test.IS_TRUE: true,
        Test.NOT_TRUE: not true,
    }[wanted.test]


def _key(by: By, call: Spoken, id: str) -> Any:
    value, text = _value(by.field, call, id), _text(by.field, call, id)
    if by.field.kind is Kind.DATETIME:
        return call.begun
    if by.field.kind in (Kind.NUMBER, Kind.GOAL):
        return value
    if by.as_number and by.field.kind is Kind.TEXT:
        plain = text.removeprefix("-").removeprefix("+")
        numeric = plain.replace(".", "", 1).isdecimal() and plain.isascii() and not plain.startswith(".")
        return (True, Decimal(text)) if numeric else (False, Decimal(0))
    return text.encode()


class Asked:
    """Questions to a store with calls in it."""

    def __init__(self, runner: asyncio.Runner, pool: asyncpg.Pool) -> None:
        self._runner = runner
        self._store = PostgresAnalytics(pool)
        self.reference = runner.run(self._fill(pool))

    async def _fill(self, pool: asyncpg.Pool) -> Reference:
        await pool.execute(_SETUP)
        ids = await write_calls(pool, 10, CALLS)
        await write_calls(pool, 11, CALLS[:5])
        return Reference(CALLS, [str(id) for id in ids])

    def answer(self, question: Question) -> tuple[Totals, list[tuple[Any, ...]]]:
        return self._runner.run(self._answer(question))

    async def _answer(self, question: Question) -> tuple[Totals, list[tuple[Any, ...]]]:
        dialogs = [place for place, field in enumerate(question.fields) if field.kind is Kind.DIALOG]
        async with self._store.open(question) as report:
            rows = [list(row) async for batch in report.batches() for row in batch]
            for row in rows:
                for place in dialogs:
                    row[place] = row[place] and json.loads(row[place])
            return report.totals, [tuple(row) for row in rows]


@pytest.fixture(scope="module")
def asked(databases: Databases) -> Iterator[Asked]:
    with databases.fresh() as url, asyncio.Runner() as runner:
        pool = runner.run(open_pool(url, size=1))
        yield Asked(runner, pool)
        runner.run(pool.close())


def question(fields: Sequence[Field] = FIELDS, **members: Any) -> Question:
    return Question(
        **{
            "tenant": TenantId(1),
            "campaign": CampaignId(1),
            "campaign_name": "Опрос",
            "script": ScriptId(1),
            "since": CALL_DAY,
            "until": CALL_DAY + timedelta(days=1),
            "time_zone": ZONE,
            "fields": fields,
            "statuses": STATUSES,
            "parties": PARTIES,
            "recordings": PREFIX,
            **members,
        }
    )


def _filters() -> st.SearchStrategy[Filter]:
    pieces = st.sampled_from(
        [*WORDS, "7900", "00", "2024-08-22T1", "05:00", "Отве", "Занято", "Абонент", "ств", ".wav", "o"]
    )

    def made(field: Field, test: Test, value: str, number: int) -> Filter:
        equal = test is Test.EQUAL and field.kind is Kind.NUMBER
        return Filter(field, test, str(number) if equal else value, Decimal(number) if equal else None)

    return st.builds(made, st.sampled_from(FIELDS), st.sampled_from(Test), pieces, st.integers(0, 30))


QUESTIONS = st.builds(
    question,
    fields=st.lists(st.sampled_from(FIELDS), min_size=1, max_size=6),
    filters=st.lists(_filters(), max_size=2),
    order=st.lists(st.builds(By, st.sampled_from(FIELDS), st.booleans(), as_number=st.booleans()), max_size=3),
    limit=st.none() | st.integers(0, 60),
    offset=st.integers(0, 20),
    since=st.sampled_from([CALL_DAY, CALL_DAY + timedelta(seconds=601), CALL_DAY + timedelta(hours=2)]),
    until=st.sampled_from(
        [CALL_DAY + timedelta(hours=3), CALL_DAY + timedelta(days=1), CALL_DAY + timedelta(seconds=601)]
    ),
)


@given(QUESTIONS)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_a_report_is_what_the_list_of_calls_says(asked: Asked, question: Question) -> None:
    assert asked.answer(question) == asked.reference.answer(question)


@pytest.mark.parametrize("test", Test)
@pytest.mark.parametrize("field", FIELDS, ids=[f"{one.source}-{one.name}" for one in FIELDS])
def test_every_filter_fits_every_field(asked: Asked, field: Field, test: Test) -> None:
    number = Decimal(2) if field.kind is Kind.NUMBER else None
    asked_for = question([field], filters=[Filter(field, test, "2", number)])
    assert asked.answer(asked_for) == asked.reference.answer(asked_for)


def test_a_campaign_that_plays_another_script_has_no_rows(asked: Asked) -> None:
    assert asked.answer(question(script=ScriptId(2))) == (Totals(0, 0), [])


def test_times_are_told_by_the_clock_of_the_report(asked: Asked) -> None:
    _, rows = asked.answer(
        question([Field(Source.FIELD, Standard.CALL_DATE)], limit=1, since=datetime(2024, 1, 1, tzinfo=UTC))
    )
    assert rows == [("2024-08-22T14:00:00+05:00",)]
