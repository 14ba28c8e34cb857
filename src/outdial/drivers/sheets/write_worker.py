"""The child process that writes a spreadsheet: rows come in on standard input as JSON, one a line, after a line that says
what stands above the columns and how many rows there are. It is run by its path with that of the file, and ends after one
file.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from rustpy_xlsxwriter import write_worksheets

MOST_ROWS = (1 << 20) - 1
"""Rows of a sheet below its header."""
LONGEST_TEXT = 32_767
"""Characters of a cell; what follows is cut off."""


def titles(header: Iterable[str]) -> list[str]:
    """What stands above the columns, each made another where one is there twice."""
    seen: Counter[str] = Counter()
    made: list[str] = []
    for title in header:
        seen[title] += 1
        made.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return made


def records(names: list[str], lines: Iterator[bytes], rows: int) -> Iterator[dict[str, Any]]:
    """So many rows. A sheet without any has an empty one, because the header stands in the first row's names."""
    if not rows:
        yield dict.fromkeys(names)
    for line in islice(lines, rows):
        yield dict(zip(names, (_cell(value) for value in json.loads(line)), strict=True))


def _cell(value: Any) -> Any:
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def main() -> None:
    lines = iter(sys.stdin.buffer)
    wanted = json.loads(next(lines))
    names, rows = titles(wanted["header"]), wanted["rows"]
    starts = range(0, max(rows, 1), MOST_ROWS)
    sheets: list[tuple[str, Any]] = [
        ("Report" if len(starts) == 1 else f"Report {place}", records(names, lines, min(MOST_ROWS, rows - start)))
        for place, start in enumerate(starts, start=1)
    ]
    write_worksheets(sheets, sys.argv[1])


if __name__ == "__main__":
    main()
