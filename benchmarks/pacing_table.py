"""`make bench-pacing`: the predictive pacer beside its peers, in simulated shifts; the tables go to docs/pacing.md.

The bench itself, a package named pacebench, is not part of this repository: the folder that holds it is named by
OUTDIAL_PACEBENCH, else it is looked for in `../shared` beside the repository. What was measured is kept in .cache, so that
parts may be measured one after the other.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE, KEPT = ROOT / "docs" / "pacing.md", ROOT / ".cache" / "pacing.json"
OURS = "benchmarks.pacing:Production"
CAP_PERCENT = 3.0
GROUPS = (1, 2, 5, 10, 20, 50, 100, 200)
PEERS = (
    *(
        "progressive",
        "ratio1.5",
        "ratio2",
        "ratio3",
        "ratio-tuned",
        "vici-hard",
        "vici-avg",
        "vici-taper",
        "vici-tuned",
    ),
    *("webitel-engine", "webitel-engine-tuned", "webitel-cc", "webitel-cc-tuned", "issabel", "erlang-rate"),
    *("erlang-rate-tuned", "binomial", "binomial-tuned", "eis95"),
)
STRESS_PEERS = ("progressive", "vici-avg", "vici-tuned", "webitel-engine", "webitel-engine-tuned", "binomial-tuned")
STRESS_AGENTS, STRESS_HOURS = 20, 4.0
GOAL = {1: 72.6, 2: 73.2, 5: 78.2, 10: 83.6, 20: 88.2, 50: 93.3, 100: 95.8, 200: 97.6}
"""Utilisation in the base scenario that the pacer is meant to reach, within half a point."""
OPTIMUM = {1: 74.6, 2: 76.3, 5: 80.1, 10: 84.3, 20: 89.1, 50: 94.0, 100: 96.4, 200: 97.9}
"""The exact optimum of the memoryless world at 3 %, as `python -m pacebench.mdp` computes it from known parameters."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One simulated campaign, and what came of it. Shares in percent."""

    part: str
    pacer: str
    scenario: str
    agents: int
    hours: float
    seed: int
    utilisation: float = 0.0
    abandoned_percent: float = 0.0
    worst_quarter_percent: float = 0.0
    """Of the quarters of an hour with at least 20 answers; 0 when there was none."""
    answered: int = 0
    abandoned: int = 0
    decide_ms: float = 0.0
    """Processor time of a decision of ours, on average."""


def simulate(shift: Shift) -> Shift | None:
    """Run one campaign; None when the peer has no settings for so many agents."""
    from pacebench.registry import make
    from pacebench.scenario import preset
    from pacebench.sim import run

    pacer = make(shift.pacer, shift.agents)
    if pacer is None:
        return None
    spent: list[float] = []
    if shift.pacer == OURS:
        pacer.decide = _timed(pacer.decide, spent)
    found = run(preset(shift.scenario, shift.agents, shift.hours), pacer, shift.seed)
    return Shift(
        *(shift.part, shift.pacer, shift.scenario, shift.agents, shift.hours, shift.seed),
        utilisation=100.0 * found.util,
        abandoned_percent=100.0 * found.ab,
        worst_quarter_percent=0.0 if math.isnan(found.ab15) else 100.0 * found.ab15,
        answered=found.answered,
        abandoned=found.abandoned,
        decide_ms=1000.0 * fmean(spent) if spent else 0.0,
    )


def _timed(decide: Callable[[float, Any], Any], spent: list[float]) -> Callable[[float, Any], Any]:
    def timed(now: float, view: Any) -> Any:
        begun = time.thread_time()
        decided = decide(now, view)
        spent.append(time.thread_time() - begun)
        return decided

    return timed


def shifts(parts: Iterable[str], seeds: int, peer_seeds: int, groups: Sequence[int]) -> list[Shift]:
    """All campaigns to be simulated, the longest of ours first."""
    from pacebench.scenario import PRESETS, default_hours

    wanted = []
    for part in parts:
        for pacer in (OURS, *(STRESS_PEERS if part == "stress" else PEERS if part == "base" else ("progressive",))):
            for seed in range(1, 1 + (seeds if pacer == OURS else peer_seeds)):
                if part == "stress":
                    names = [name for name in PRESETS if name != "markov"]
                    wanted += [Shift(part, pacer, name, STRESS_AGENTS, STRESS_HOURS, seed) for name in names]
                else:
                    scenario = "base" if part == "base" else "markov"
                    wanted += [Shift(part, pacer, scenario, size, default_hours(size), seed) for size in groups]
    return sorted(wanted, key=lambda one: (one.pacer != OURS, one.part, -one.agents))


class Kept:
    """What was measured so far, by campaign."""

    def __init__(self, path: Path) -> None:
        self._path = path
        stored = json.loads(path.read_text()) if path.exists() else []
        self._shifts = {self._key(one): one for one in (Shift(**row) for row in stored)}

    @staticmethod
    def _key(shift: Shift) -> tuple[str, str, str, int, float, int]:
        return (shift.part, shift.pacer, shift.scenario, shift.agents, shift.hours, shift.seed)

    def add(self, shift: Shift) -> None:
        """Keep one more, in place of an older one."""
        self._shifts[self._key(shift)] = shift
        self._path.parent.mkdir(exist_ok=True)
        self._path.write_text(json.dumps([asdict(one) for one in self._shifts.values()]))

    def of(self, part: str, pacer: str, agents: int | None = None, scenario: str | None = None) -> list[Shift]:
        """Those of a part and a pacer, of a group's size or a scenario."""
        return [
            one
            for one in self._shifts.values()
            if (one.part, one.pacer) == (part, pacer)
            and agents in (None, one.agents)
            and scenario in (None, one.scenario)
        ]


def cell(found: Sequence[Shift], *, worst: bool = False) -> str:
    """Utilisation (abandoned): the mean, and the share of all campaigns together; † over the cap."""
    if not found:
        return "–"
    share = 100.0 * sum(one.abandoned for one in found) / max(1, sum(one.answered for one in found))
    over = "†" if share > CAP_PERCENT + 0.03 else ""
    quarter = f" [{max(one.worst_quarter_percent for one in found):.0f}]" if worst else ""
    return f"{fmean(one.utilisation for one in found):.1f}{over} ({share:.1f}){quarter}"


def page(kept: Kept) -> str:
    """The page of tables."""
    from pacebench.scenario import PRESETS

    lines = [_HEAD]
    lines += _rows(["pacer", *map(str, GROUPS)], _base_rows(kept))
    lines += [_STRESS]
    lines += _rows(["scenario", "outdial", "worst campaign", *STRESS_PEERS], _stress_rows(kept, list(PRESETS)))
    lines += [_MEMORYLESS]
    lines += _rows(["", *map(str, GROUPS)], _memoryless_rows(kept))
    lines += [_COST]
    costs = [[one.decide_ms for one in kept.of("base", OURS, size)] for size in GROUPS]
    lines += _rows(["", *map(str, GROUPS)], [["ms a decision", *(f"{fmean(ms):.2f}" if ms else "–" for ms in costs)]])
    return "\n".join(lines) + "\n"


def _base_rows(kept: Kept) -> list[list[str]]:
    ours = [kept.of("base", OURS, size) for size in GROUPS]
    rows = [["**outdial**", *map(cell, ours)]]
    worst = [f"{max(one.abandoned_percent for one in found):.1f}" if found else "–" for found in ours]
    quarters = [f"{max(one.worst_quarter_percent for one in found):.0f}" if found else "–" for found in ours]
    rows += [["its worst campaign, abandoned %", *worst], ["its worst quarter of an hour, abandoned %", *quarters]]
    rows += [["campaigns of it", *(str(len(found)) for found in ours)]]
    rows += [["goal", *(f"{GOAL[size]:.1f}" for size in GROUPS)]]
    return rows + [[peer, *(cell(kept.of("base", peer, size)) for size in GROUPS)] for peer in PEERS]


def _stress_rows(kept: Kept, scenarios: Sequence[str]) -> list[list[str]]:
    rows = []
    for name in scenarios:
        ours = kept.of("stress", OURS, scenario=name)
        if ours:
            worst = f"{max(one.abandoned_percent for one in ours):.1f}"
            peers = [cell(kept.of("stress", peer, scenario=name), worst=True) for peer in STRESS_PEERS]
            rows.append([name, cell(ours, worst=True), worst, *peers])
    return rows


def _memoryless_rows(kept: Kept) -> list[list[str]]:
    ours = [kept.of("memoryless", OURS, size) for size in GROUPS]
    parts = [
        f"{100.0 * fmean(one.utilisation for one in found) / OPTIMUM[size]:.1f}" if found else "–"
        for size, found in zip(GROUPS, ours, strict=True)
    ]
    return [
        ["outdial", *map(cell, ours)],
        ["exact optimum at 3 %, parameters known", *(f"{OPTIMUM[size]:.1f}" for size in GROUPS)],
        ["outdial in percent of the optimum", *parts],
        ["progressive", *(cell(kept.of("memoryless", "progressive", size)) for size in GROUPS)],
    ]


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


_HEAD = """# Predictive pacing, measured

`make bench-pacing` writes this page. Each cell is utilisation in percent (abandoned calls in percent of answered ones): talk
and wrap-up in parts of logged-in time, of campaigns that begin with nothing learnt. † is over the cap of 3 %. How the pacer
works is said in `core/pacing/marginal.py` and the files beside it; peers marked *tuned* have their best setting for each
group's size, found beforehand.

## By agents

30 % of calls are answered, after about 10 s of ringing; talks last 120 s (standard deviation 120), wrap-ups 15 s.
"""
_STRESS = f"""
## Under stress

{STRESS_AGENTS} agents, {STRESS_HOURS:g} h. In brackets the worst quarter of an hour; *worst campaign* is the
abandoned share of the worst seed.
"""
_MEMORYLESS = """
## A memoryless world

Ringing, talks and patience are exponential, so the exact optimum is known. It knows its
parameters; the pacer must learn them.
"""
_COST = """
## What a decision costs

Milliseconds of processor time, on the machine that wrote this page.
"""


def find_bench() -> None:
    """Make pacebench importable, or say what to set and leave."""
    named = os.environ.get("OUTDIAL_PACEBENCH")
    folder = Path(named) if named else ROOT.parent / "shared"
    if not (folder / "pacebench" / "__init__.py").is_file():
        sys.exit(f"There is no package pacebench in {folder}. Set OUTDIAL_PACEBENCH to the folder that holds it.")
    for path in (str(ROOT), str(folder.resolve())):
        if path not in sys.path:
            sys.path.insert(0, path)


def main() -> None:
    """Measure what is asked for, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pacing_table", description=__doc__)
    parser.add_argument("parts", nargs="*", help="base, stress, memoryless; all of them when none is named")
    parser.add_argument("--seeds", type=int, default=3, help="campaigns of ours in each cell")
    parser.add_argument("--peer-seeds", type=int, default=2, help="campaigns of each peer in each cell")
    parser.add_argument("--agents", type=int, action="append", help="only groups of this size; may be repeated")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only-ours", action="store_true", help="leave what the peers have reached as it is")
    asked = parser.parse_args()
    parts = asked.parts or ["base", "stress", "memoryless"]
    if wrong := set(parts) - {"base", "stress", "memoryless"}:
        parser.error(f"there is no part {', '.join(sorted(wrong))}")
    find_bench()
    # The matrices are small: threads of the linear algebra would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    kept = Kept(KEPT)
    wanted = shifts(parts, asked.seeds, 0 if asked.only_ours else asked.peer_seeds, asked.agents or GROUPS)
    with ProcessPoolExecutor(asked.jobs) as pool:
        for done, shift in enumerate(pool.map(simulate, wanted), 1):
            if shift is not None:
                kept.add(shift)
                print(
                    f"{done}/{len(wanted)} {shift.part} {shift.pacer} {shift.scenario} {shift.agents}: {cell([shift])}"
                )
    PAGE.write_text(page(kept))
    print(f"{PAGE} is written")


if __name__ == "__main__":
    main()
