"""Reports as JSON, as CSV and as the cells of a spreadsheet, in pieces; and the words in which they tell how calls went."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence

import msgspec

from outdial.api.is74.asked import Column
from outdial.core.call import Party
from outdial.core.outcome import Outcome
from outdial.core.report import IN_PROGRESS, Field, Kind, Row, Totals
from outdial.ports import OpenReport

STATUSES: dict[str, str] = {
    IN_PROGRESS: "В процессе",
    Outcome.ANSWERED: "Отвечен",
    Outcome.BUSY: "Занято",
    Outcome.NO_ANSWER: "Нет ответа",
    Outcome.REJECTED: "Отклонён",
    Outcome.UNAVAILABLE: "Недоступен",
    Outcome.INVALID_NUMBER: "Неверный номер",
    Outcome.MACHINE: "Автоответчик",
    Outcome.EXPIRED: "Не дозвонились",
    Outcome.CANCELLED: "Отменён",
    Outcome.WITHDRAWN: "Отменён",
    Outcome.ANOTHER_NUMBER: "Отменён",
    Outcome.AGENT_UNREACHED: "Отменён",
    Outcome.TRUNK_FAILED: "Ошибка",
    Outcome.NO_ROUTE: "Ошибка",
    Outcome.NO_SCRIPT: "Ошибка",
    Outcome.INTERRUPTED: "Ошибка",
    Outcome.FAILED: "Ошибка",
}
PARTIES: dict[str, str] = {Party.CALLEE: "Абонент", Party.OUTDIAL: "Робот", Party.EXTENSION: "Оператор"}
_SPEAKERS = {"callee": PARTIES[Party.CALLEE], "outdial": PARTIES[Party.OUTDIAL]}
_BOM = "\ufeff"
_encode = msgspec.json.Encoder().encode


async def as_json(columns: Sequence[Column], report: OpenReport) -> AsyncIterator[bytes]:
    """The answer of the API. Each row has just the members that were asked for."""
    names, dialogs = _names(columns), _dialogs(columns)
    shown = [
        {"field": name, "display_name": one.display_name, "type": one.field.kind}
        for name, one in zip(names, columns, strict=True)
    ]
    yield b'{"columns":' + _encode(shown) + b',"data":['
    comma = b""
    async for batch in report.batches():
        rows = [dict(zip(names, _with_turns(row, dialogs), strict=True)) for row in batch]
        yield comma + _encode(rows)[1:-1]
        comma = b","
    yield b"]," + _encode(_totals(report.totals))[1:]


async def as_csv(columns: Sequence[Column], report: OpenReport) -> AsyncIterator[bytes]:
    """A header and a line a row, in UTF-8 with the mark by which spreadsheet programs know it."""
    dialogs = _dialogs(columns)
    yield (_BOM + _lines([header(columns)])).encode()
    async for batch in report.batches():
        yield _lines([_with_words(row, dialogs) for row in batch]).encode()


async def as_cells(columns: Sequence[Column], batches: AsyncIterator[Sequence[Row]]) -> AsyncIterator[Sequence[Row]]:
    """The rows of a spreadsheet."""
    dialogs = _dialogs(columns)
    async for batch in batches:
        yield [_with_words(row, dialogs) for row in batch] if dialogs else batch


def header(columns: Sequence[Column]) -> list[str]:
    """What stands above the columns."""
    return [one.display_name for one in columns]


def _names(columns: Sequence[Column]) -> list[str]:
    """What the members of a row are called. Where fields of several sources have one name, all but the first have their
    source before it, because an object cannot have a member twice."""
    first: dict[str, Field] = {}
    return [
        one.field.name
        if first.setdefault(one.field.name, one.field) == one.field
        else f"{one.field.source}.{one.field.name}"
        for one in columns
    ]


def _totals(totals: Totals) -> dict[str, int]:
    return {"total_duration": totals.seconds, "avg_duration": totals.average_seconds, "count": totals.count}


def _dialogs(columns: Sequence[Column]) -> list[int]:
    return [place for place, one in enumerate(columns) if one.field.kind is Kind.DIALOG]


def _with_turns(row: Row, dialogs: Sequence[int]) -> Sequence[object]:
    """A call without turns has an empty list of them."""
    if not dialogs:
        return row
    values: list[object] = list(row)
    for place in dialogs:
        values[place] = msgspec.Raw(str(row[place] or "[]").encode())
    return values


def _with_words(row: Row, dialogs: Sequence[int]) -> Row:
    """A dialogue as a text, one turn a line."""
    if not dialogs:
        return row
    values = list(row)
    for place in dialogs:
        turns = msgspec.json.decode(str(row[place] or "[]"))
        values[place] = "\n".join(f"{_SPEAKERS.get(turn['who'], turn['who'])}: {turn['text']}" for turn in turns)
    return values


def _lines(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([str(value).lower() if isinstance(value, bool) else value for value in row] for row in rows)
    return text.getvalue()
