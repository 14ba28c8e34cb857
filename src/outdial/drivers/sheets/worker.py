"""The child process that reads a spreadsheet: a file comes in on standard input, rows of text go out as JSON.
It is run by its path, within limits of memory and time that a hostile file cannot lift, and ends after one file.

The answer is `{"rows": [...]}`, or `{"error": "..."}` in words for whoever sent the file.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import sys
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile

import python_calamine

MEMORY_BYTES = 1024 * 1024 * 1024
SECONDS = 30
MOST_CELLS = 1_000_000
COLUMNS = 26
"""From A to Z; what stands further right is not read."""
_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
WORKBOOKS = (_ZIP, _COMPOUND)
"""How files of Excel begin, the newer and the older ones."""
_LONGEST_SAMPLE = 4096

NOT_A_SHEET = "the file is no spreadsheet: xls, xlsx and csv are read"


class Unreadable(Exception):
    """The file cannot be read; the message says why."""


def rows_of(content: bytes) -> list[list[str]]:
    """The rows of the first sheet that is shown, from the first one to the last before a blank one. Raises `Unreadable`."""
    cells = _workbook(content) if content.startswith(WORKBOOKS) else _text(content)
    rows = []
    count = 0
    for row in takewhile(any, ([_written(cell) for cell in islice(row, COLUMNS)] for row in cells)):
        rows.append(row)
        count += sum(map(bool, row))
        if count > MOST_CELLS:
            raise Unreadable(f"the spreadsheet has more than {MOST_CELLS} filled cells")
    return rows


def _workbook(content: bytes) -> Iterator[Iterable[object]]:
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        shown = [sheet.name for sheet in book.sheets_metadata if _is_shown(sheet)]
        if not shown:
            raise Unreadable("the workbook has no sheet that is shown")
        sheet = book.get_sheet_by_name(shown[0])
        if sheet.start is None or sheet.start[0] > 0:
            return iter(())
        return iter(sheet.to_python(skip_empty_area=False))
    except python_calamine.PasswordError as error:
        raise Unreadable("the workbook is protected by a password") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Unreadable(NOT_A_SHEET) from error


def _is_shown(sheet: python_calamine.SheetMetadata) -> bool:
    kinds, seen = python_calamine.SheetTypeEnum, python_calamine.SheetVisibleEnum
    return sheet.typ == kinds.WorkSheet and sheet.visible == seen.Visible


def _text(content: bytes) -> Iterator[list[str]]:
    """Comma-separated values, or such with semicolons or tabs, in UTF-8 or in the Cyrillic code page of Windows."""
    text = _decoded(content)
    if any(ord(character) < 32 and character not in "\t\r\n" for character in text):
        raise Unreadable(NOT_A_SHEET)
    sample = text[:_LONGEST_SAMPLE]
    delimiter = max(",;\t", key=sample.count)
    try:
        yield from csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise Unreadable(f"the file cannot be read as csv: {error}") from error


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(NOT_A_SHEET)


def _written(cell: object) -> str:
    """A cell as text; a phone that the spreadsheet keeps as a number has no fraction."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if isinstance(cell, bool) else str(cell).strip()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, object] = {"rows": rows_of(sys.stdin.buffer.read())}
    except Unreadable as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "the spreadsheet is too large"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
