"""Reports over the calls of a campaign: totals in the database, rows through a cursor.

A question's names and values become parameters; what stands in the text of a statement is written here. A report is read in
a transaction of its own under another application name, so that the feeds, which wait for our writers, do not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import asyncpg

from outdial.core.errors import Malformed
from outdial.core.ids import AttemptId, TenantId
from outdial.core.report import (
    IN_PROGRESS,
    TRUE_TEXTS,
    By,
    Field,
    Filter,
    Kind,
    Question,
    Row,
    Source,
    Standard,
    Test,
    Totals,
)
from outdial.drivers.postgres.pool import APPLICATION_NAME, to_json
from outdial.drivers.postgres.projects import DIALECT

LONGEST_SECONDS = 60
"""A statement of a report that takes longer is given up."""
AT_ONCE = 3
"""Reports that are read at the same time; the others wait, so that they leave connections to everybody else."""
BATCH = 500
_SETTINGS = """
select set_config('application_name', $1, true), set_config('TimeZone', $2, true), set_config('statement_timeout', $3, true)
"""
_RECORDING = """
select a.recording
from attempts a
join campaigns p on p.id = a.campaign_id
join scripts s on s.id = p.script_id
where a.id = $1 and a.tenant_id = $2 and p.dialect = $3 and (s.wire ->> 'project')::bigint = $4
"""
_NUMERIC = "'^[+-]?[0-9]{1,30}([.][0-9]{1,30})?$'"
_SAID = "case t.keys when '' then t.text else '[' || t.keys || ']' end"
_DIALOG = f"""
(select json_agg(json_build_object('who', t.who, 'text', {_SAID},
                                   'time', to_char(t.said_at, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM'), 'block', t.block)
                 order by t.position)::text
 from turns t where t.attempt_id = a.id)"""
_DIALOG_TEXT = rf"(select string_agg({_SAID}, E'\n' order by t.position) from turns t where t.attempt_id = a.id)"


class PostgresAnalytics:
    """Implements `outdial.ports.Analytics`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._turn = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def open(self, question: Question) -> AsyncIterator[PostgresReport]:
        settings = (f"{APPLICATION_NAME} report", question.time_zone, str(LONGEST_SECONDS * 1000))
        async with self._turn, self._pool.acquire() as connection:
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    await connection.execute(_SETTINGS, *settings)
                    totals, arguments = _totals(question)
                    row = await connection.fetchrow(totals, *arguments)
                    yield PostgresReport(connection, question, Totals(row["count"], row["seconds"]))
            except asyncpg.QueryCanceledError as error:
                message = (
                    f"the report takes longer than {LONGEST_SECONDS} s: ask for a shorter time, or for fewer columns"
                )
                raise Malformed(message, field="analytics_filter") from error

    async def recording(self, tenant: TenantId, project: int, attempt: AttemptId) -> Path | None:
        kept = await self._pool.fetchval(_RECORDING, attempt, tenant, DIALECT, project)
        return None if kept is None else Path(kept)


@dataclass(frozen=True, slots=True)
class PostgresReport:
    """Implements `outdial.ports.OpenReport`."""

    connection: asyncpg.Connection
    question: Question
    totals: Totals

    async def batches(self) -> AsyncIterator[Sequence[Row]]:
        statement, arguments = _rows(self.question)
        cursor = await self.connection.cursor(statement, *arguments)
        while batch := await cursor.fetch(BATCH):
            yield [tuple(row) for row in batch]


def _totals(question: Question) -> tuple[str, Sequence[object]]:
    work = _Work(question)
    rows = work.rows([one.field for one in question.filters])
    duration = work.value(Field(Source.FIELD, Standard.DURATION))
    return f"select count(*) as count, coalesce(sum({duration}), 0)::bigint as seconds {rows}", work.parameters


def _rows(question: Question) -> tuple[str, Sequence[object]]:
    work = _Work(question)
    filtered, ordered = [one.field for one in question.filters], [one.field for one in question.order]
    rows = work.rows([*question.fields, *filtered, *ordered])
    columns = ", ".join(work.value(field) for field in question.fields)
    order = ", ".join([*(work.by(one) for one in question.order), "a.reserved_at", "a.id"])
    limit = "" if question.limit is None else f" limit {work.add(question.limit)}"
    offset = f" offset {work.add(question.offset)}" if question.offset else ""
    return f"select {columns} {rows} order by {order}{limit}{offset}", work.parameters


class _Work:
    """One statement in the making."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.parameters: list[object] = []

    def add(self, value: object) -> str:
        """The place of a parameter."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def rows(self, named: Sequence[Field]) -> str:
        """From `from` to the end of the condition. Contacts are only read for what they came with."""
        asked = self._question
        campaign = self.add(asked.campaign)
        joined = " left join contacts c on c.id = a.contact_id" if _need_contacts(named) else ""
        conditions = [
            f"a.campaign_id = {campaign}",
            f"a.reserved_at between {self.add(asked.since)} and {self.add(asked.until)}",
            f"(select p.script_id from campaigns p where p.id = {campaign}) = {self.add(asked.script)}",
            *(self._condition(one) for one in asked.filters),
        ]
        return f"from attempts a{joined} where {' and '.join(conditions)}"

    def value(self, field: Field) -> str:
        """The value of a field, as it is told."""
        match field.source:
            case Source.FIELD:
                return self._standard(Standard(field.name))
            case Source.PARAMETER:
                return f"(c.variables ->> {self.add(field.name)})"
            case Source.VARIABLE:
                return f"(a.collected ->> {self.add(field.name)})"
            case Source.GOAL:
                return f"({self.add(field.name)} = any (a.goals))"
            case _:
                assert_never(field.source)

    def by(self, wanted: By) -> str:
        """A part of `order by`."""
        match wanted.field.kind:
            case Kind.DATETIME:
                value = "a.reserved_at"
            case Kind.NUMBER | Kind.GOAL:
                value = self.value(wanted.field)
            case Kind.TEXT if wanted.as_number:
                text = self.value(wanted.field)
                value = f"case when {text} ~ {_NUMERIC} then {text}::numeric end"
            case _:
                value = f'{self._text(wanted.field)} collate "C"'
        return f"{value} {'desc nulls last' if wanted.descending else 'asc nulls first'}"

    def _text(self, field: Field) -> str:
        """What filters look at; never null."""
        match field.kind:
            case Kind.DIALOG:
                return f"coalesce({_DIALOG_TEXT}, '')"
            case Kind.NUMBER:
                return f"({self.value(field)})::text"
            case Kind.GOAL:
                return f"case when {self.value(field)} then 'true' else 'false' end"
            case _:
                return f"coalesce({self.value(field)}, '')"

    def _condition(self, wanted: Filter) -> str:
        field, kind = wanted.field, wanted.field.kind
        match wanted.test:
            case Test.EQUAL if kind is Kind.NUMBER:
                return f"{self.value(field)} = {self.add(wanted.number)}::numeric"
            case Test.EQUAL:
                return f"{self._text(field)} = {self.add(wanted.value)}"
            case Test.CONTAINS:
                return f"strpos({self._text(field)}, {self.add(wanted.value)}) > 0"
            case Test.STARTS_WITH:
                return f"starts_with({self._text(field)}, {self.add(wanted.value)})"
            case Test.ENDS_WITH:
                value = self.add(wanted.value)
                return f"right({self._text(field)}, length({value}::text)) = {value}"
            case Test.IS_EMPTY:
                return f"not {self._filled(field)}"
            case Test.NOT_EMPTY:
                return self._filled(field)
            case Test.IS_TRUE:
                return self._true(field)
            case Test.NOT_TRUE:
                return f"not {self._true(field)}"
            case _:
                assert_never(wanted.test)

    def _filled(self, field: Field) -> str:
        return self.value(field) if field.kind is Kind.GOAL else f"({self._text(field)} <> '')"

    def _true(self, field: Field) -> str:
        match field.kind:
            case Kind.NUMBER:
                return f"({self.value(field)} <> 0)"
            case Kind.TEXT:
                return f"({self._text(field)} = any ({self.add(list(TRUE_TEXTS))}::text[]))"
            case _:
                return self._filled(field)

    def _standard(self, field: Standard) -> str:
        asked = self._question
        match field:
            case Standard.PHONE_NUMBER:
                return "a.digits"
            case Standard.CAMPAIGN_NAME:
                return f"{self.add(asked.campaign_name)}::text"
            case Standard.CALL_DATE:
                return """to_char(a.reserved_at, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM')"""
            case Standard.CALL_STATUS:
                outcome = f"case when a.state = 'ended' then coalesce(a.outcome, '') else '{IN_PROGRESS}' end"
                return f"coalesce({self.add(to_json(asked.statuses))}::jsonb ->> ({outcome}), {outcome})"
            case Standard.ATTEMPT:
                return "a.ordinal"
            case Standard.DURATION:
                lasted = "extract(epoch from a.ended_at - a.reserved_at)::double precision"
                return f"coalesce(round(greatest({lasted}, a.talk_seconds)), 0)::bigint"
            case Standard.TALK_DURATION:
                return "round(a.talk_seconds)::bigint"
            case Standard.HANGUP_BY:
                return f"coalesce({self.add(to_json(asked.parties))}::jsonb ->> a.ended_by, '')"
            case Standard.DIALOG:
                return _DIALOG
            case Standard.RECORDING:
                return (
                    f"case when a.recording is not null then {self.add(asked.recordings)}::text || a.id || '.wav' end"
                )
            case _:
                assert_never(field)


def _need_contacts(named: Sequence[Field]) -> bool:
    return any(field.source is Source.PARAMETER for field in named)
