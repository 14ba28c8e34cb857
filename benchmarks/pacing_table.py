"""`make bench-pacing`: the predictive pacer beside its peers, in simulated shifts; the tables go to docs/pacing.md.

The bench itself, a package named pacebench, is not part of this repository: the folder that holds it is named by
OUTDIAL_PACEBENCH, else it is looked for in `../shared` beside the repository. Each campaign is kept in .cache as soon as it
is measured, under what it was measured with, and none is measured twice: a run that was broken off goes on where it
stopped. The page is written of complete tables only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE, KEPT = ROOT / "docs" / "pacing.md", ROOT / ".cache" / "pacing.jsonl"
OURS = "benchmarks.pacing:Production"
PARTS = ("base", "stress", "memoryless")
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
STRESS_PEERS = (
    *("progressive", "ratio-tuned", "vici-avg", "vici-tuned", "webitel-engine", "webitel-engine-tuned", "webitel-cc"),
    "binomial-tuned",
)
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
    worst_quarter_percent: float | None = None
    """Of the quarters of an hour with at least 20 answers; None: there was none."""
    answered: int = 0
    abandoned: int = 0
    decide_ms: float = 0.0
    """Processor time of a decision of ours, on average."""
    version: str = ""
    """Of what it was measured with: the bench, and our pacer's sources when it is ours."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """How many campaigns there are in each cell."""

    groups: int
    """Of ours, in the tables by agents."""
    stress: int
    """Of ours, under stress."""
    peers: int


def simulate(shift: Shift) -> Shift:
    """Run one campaign."""
    from pacebench.registry import make
    from pacebench.scenario import preset
    from pacebench.sim import run

    pacer = make(shift.pacer, shift.agents)
    spent: list[float] = []
    if shift.pacer == OURS:
        pacer.decide = _timed(pacer.decide, spent)
    found = run(preset(shift.scenario, shift.agents, shift.hours), pacer, shift.seed)
    return Shift(
        *(shift.part, shift.pacer, shift.scenario, shift.agents, shift.hours, shift.seed),
        utilisation=100.0 * found.util,
        abandoned_percent=100.0 * found.ab,
        worst_quarter_percent=None if math.isnan(found.ab15) else 100.0 * found.ab15,
        answered=found.answered,
        abandoned=found.abandoned,
        decide_ms=1000.0 * fmean(spent) if spent else 0.0,
        version=version(shift.pacer),
    )


@cache
def version(pacer: str) -> str:
    """What tells figures of a pacer from those that it reached before it, or the bench, was changed."""
    import pacebench

    bench = Path(str(pacebench.__file__)).parent
    sources = sorted(bench.rglob("*.py")) + sorted(bench.rglob("*.json"))
    if pacer == OURS:
        sources += sorted((ROOT / "src" / "outdial" / "core" / "pacing").glob("*.py")) + [
            ROOT / "benchmarks" / "pacing.py"
        ]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _timed(decide: Callable[[float, Any], Any], spent: list[float]) -> Callable[[float, Any], Any]:
    def timed(now: float, view: Any) -> Any:
        begun = time.thread_time()
        decided = decide(now, view)
        spent.append(time.thread_time() - begun)
        return decided

    return timed


def shifts(parts: Iterable[str], seeds: Seeds, groups: Sequence[int]) -> list[Shift]:
    """All campaigns to be simulated, ours first."""
    from pacebench.scenario import PRESETS, default_hours

    wanted = []
    for part in parts:
        for pacer in (OURS, *(STRESS_PEERS if part == "stress" else PEERS if part == "base" else ("progressive",))):
            count = seeds.peers if pacer != OURS else seeds.stress if part == "stress" else seeds.groups
            if part == "stress":
                names = [name for name in PRESETS if name != "markov"]
                wanted += [
                    Shift(part, pacer, name, STRESS_AGENTS, STRESS_HOURS, seed)
                    for name in names
                    for seed in range(1, 1 + count)
                ]
                continue
            scenario = "base" if part == "base" else "markov"
            wanted += [
                Shift(part, pacer, scenario, size, default_hours(size), seed)
                for size in groups
                for seed in range(1, 1 + count)
            ]
    return sorted(wanted, key=lambda one: (one.pacer != OURS, one.part, -one.agents))


class Kept:
    """What was measured so far, by campaign: a JSON line for each. What was measured with other sources is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        stored = [Shift(**json.loads(line)) for line in lines if line.endswith("}")]
        self._shifts = {_key(one): one for one in stored if one.version == version(one.pacer)}

    def add(self, shift: Shift) -> None:
        """Keep one more."""
        self._shifts[_key(shift)] = shift
        self._path.parent.mkdir(exist_ok=True)
        with self._path.open("a") as kept:
            kept.write(json.dumps(asdict(shift)) + "\n")

    def lacks(self, wanted: Iterable[Shift]) -> list[Shift]:
        """Those that were not measured yet."""
        return [one for one in wanted if _key(one) not in self._shifts]

    def all(self) -> Measured:
        """What came of every campaign, also of those that another call asked for."""
        return Measured(list(self._shifts.values()))


def _key(shift: Shift) -> tuple[str, str, str, int, float, int]:
    return (shift.part, shift.pacer, shift.scenario, shift.agents, shift.hours, shift.seed)


@dataclass(frozen=True, slots=True)
class Measured:
    """All that the page is made of."""

    shifts: Sequence[Shift]

    def of(self, part: str, pacer: str, agents: int | None = None, scenario: str | None = None) -> list[Shift]:
        """Those of a part and a pacer, of a group's size or a scenario."""
        return [
            one
            for one in self.shifts
            if (one.part, one.pacer) == (part, pacer)
            and agents in (None, one.agents)
            and scenario in (None, one.scenario)
        ]


def cell(found: Sequence[Shift], *, worst: bool = False) -> str:
    """Utilisation (abandoned): the mean, and the share of all campaigns together; † over the cap."""
    share = 100.0 * sum(one.abandoned for one in found) / max(1, sum(one.answered for one in found))
    over = "†" if share > CAP_PERCENT else ""
    quarter = f" [{_worst_quarter(found)}]" if worst else ""
    return f"{fmean(one.utilisation for one in found):.1f}{over} ({share:.1f}){quarter}"


def _worst_quarter(found: Iterable[Shift]) -> str:
    percents = [one.worst_quarter_percent for one in found if one.worst_quarter_percent is not None]
    return f"{max(percents):.0f}" if percents else "too few"


def page(measured: Measured) -> str:
    """The page of tables."""
    from pacebench.scenario import PRESETS

    costs = [measured.of("base", OURS, size) for size in GROUPS]
    lines = [_HEAD]
    lines += _rows(["pacer", *map(str, GROUPS)], _base_rows(measured))
    lines += [_STRESS]
    lines += _rows(
        ["scenario", "outdial", "worst campaign", "campaigns", *STRESS_PEERS], _stress_rows(measured, list(PRESETS))
    )
    lines += [_MEMORYLESS]
    lines += _rows(["", *map(str, GROUPS)], _memoryless_rows(measured))
    lines += [_COST]
    lines += _rows(
        ["", *map(str, GROUPS)],
        [["ms a decision", *(f"{fmean(one.decide_ms for one in found):.2f}" for found in costs)]],
    )
    return "\n".join(lines) + "\n"


def _base_rows(measured: Measured) -> list[list[str]]:
    ours = [measured.of("base", OURS, size) for size in GROUPS]
    return [
        ["**outdial**", *map(cell, ours)],
        ["its worst campaign, abandoned %", *map(_worst_campaign, ours)],
        ["its worst quarter of an hour, abandoned %", *map(_worst_quarter, ours)],
        ["campaigns of it", *(str(len(found)) for found in ours)],
        ["goal", *(f"{GOAL[size]:.1f}" for size in GROUPS)],
        *([peer, *(cell(measured.of("base", peer, size)) for size in GROUPS)] for peer in PEERS),
    ]


def _worst_campaign(found: Iterable[Shift]) -> str:
    return f"{max(one.abandoned_percent for one in found):.1f}"


def _stress_rows(measured: Measured, scenarios: Sequence[str]) -> list[list[str]]:
    rows = []
    for name in scenarios:
        ours = measured.of("stress", OURS, scenario=name)
        if ours:
            peers = [cell(measured.of("stress", peer, scenario=name), worst=True) for peer in STRESS_PEERS]
            rows.append([name, cell(ours, worst=True), _worst_campaign(ours), str(len(ours)), *peers])
    return rows


def _memoryless_rows(measured: Measured) -> list[list[str]]:
    ours = [measured.of("memoryless", OURS, size) for size in GROUPS]
    parts = [
        f"{100.0 * fmean(one.utilisation for one in found) / OPTIMUM[size]:.1f}"
        for size, found in zip(GROUPS, ours, strict=True)
    ]
    return [
        ["outdial", *map(cell, ours)],
        ["exact optimum at 3 %, parameters known", *(f"{OPTIMUM[size]:.1f}" for size in GROUPS)],
        ["outdial in percent of the optimum", *parts],
        ["campaigns of it", *(str(len(found)) for found in ours)],
        ["progressive", *(cell(measured.of("memoryless", "progressive", size)) for size in GROUPS)],
    ]


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


_HEAD = """# Predictive pacing, measured

`make bench-pacing` writes this page. Each cell is utilisation in percent (abandoned calls in percent of answered ones): talk
and wrap-up in parts of logged-in time, of campaigns that begin with nothing learnt. † is over the cap of 3 %; a worst
quarter of an hour has at least 20 answers. How the pacer works is said in `core/pacing/marginal.py` and the files beside
it; peers marked *tuned* have their best setting for each group's size, found beforehand.

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

Ringing, talks and patience are exponential, so the exact optimum is known. It knows its parameters; the pacer must learn
them. Patience is two seconds on average, and only those who leave are abandoned.
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
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; all of them when none is named")
    parser.add_argument("--seeds", type=int, default=2, help="campaigns of ours in each cell of the tables by agents")
    parser.add_argument("--stress-seeds", type=int, default=2, help="campaigns of ours in each stress scenario")
    parser.add_argument("--peer-seeds", type=int, default=2, help="campaigns of each peer in each cell")
    parser.add_argument("--agents", type=int, action="append", help="only groups of this size; may be repeated")
    parser.add_argument("--only", choices=("ours", "peers"), help="measure no others now")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="campaigns at once")
    asked = parser.parse_args()
    if wrong := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(wrong))}")
    find_bench()
    # The matrices are small: threads of the linear algebra would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    kept = Kept(KEPT)
    seeds = Seeds(asked.seeds, asked.stress_seeds, asked.peer_seeds)
    wanted = [
        one
        for one in kept.lacks(shifts(asked.parts or PARTS, seeds, asked.agents or GROUPS))
        if asked.only is None or (one.pacer == OURS) == (asked.only == "ours")
    ]
    with ProcessPoolExecutor(asked.jobs) as pool:
        running = [pool.submit(simulate, shift) for shift in wanted]
        for done, one in enumerate(as_completed(running), 1):
            shift = one.result()
            kept.add(shift)
            where = f"{shift.part} {shift.pacer} {shift.scenario} {shift.agents}"
            print(f"{done}/{len(wanted)} {where}: {cell([shift])}", flush=True)
    whole = shifts(PARTS, seeds, GROUPS)
    if lacking := kept.lacks(whole):
        print(f"{len(lacking)} campaigns of the page are not measured yet; it is left as it is")
        return
    PAGE.write_text(page(kept.all()))
    print(f"{PAGE} is written")


if __name__ == "__main__":
    main()
