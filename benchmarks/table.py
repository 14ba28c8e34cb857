"""A row of the benchmark's table, and how the table is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, our figure, and the limit's in the same run. `ratio` is ours in parts of the limit."""

    what: str
    ours: str
    limit: str
    ratio: str


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table("measured", "ours", "limit beside it", "ours / limit")
    for row in rows:
        table.add_row(row.what, row.ours, row.limit, row.ratio)
    Console(width=150).print(table)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
