"""`make bench`: runs every benchmark and prints one table. Machines are noisy: read the ratios."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from pathlib import Path

import structlog
from rich.console import Console

from benchmarks import answer_to_prompt, answer_understood, reports, sandbox_calls
from benchmarks.table import Row, show


def main() -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    rows: list[Row] = []
    console = Console(stderr=True)
    for benchmark in (sandbox_calls, answer_to_prompt, answer_understood, reports):
        with tempfile.TemporaryDirectory(prefix="outdial-bench-") as folder:
            console.print(f"{benchmark.__name__} …")
            rows += asyncio.run(benchmark.measure(Path(folder)))
    show(rows)


main()
