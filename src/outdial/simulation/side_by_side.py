"""The runs of a study side by side: as many processes as there are cores, each simulating runs from the same values.

A run gives the same figures wherever it is made, so the results are in the order of the study, whoever was done first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from outdial.simulation.figures import Figures, figures
from outdial.simulation.run import record
from outdial.simulation.study import Run, Study

_LOOK_SECONDS = 0.2

Progress = Callable[[int, float], None]
"""Is told how much of which run is done, from 0 to 1."""

_News = SimpleQueue[tuple[int, float]]
_news: _News | None = None
"""Where this process, when it is one of several, says how far it is."""


@dataclass(frozen=True, slots=True)
class Result:
    """A run and its figures."""

    run: Run
    figures: Figures
    sufficient: bool
    """The list was finished in time, and not too many were abandoned."""


def results(
    study: Study, progress: Progress, prepare: Callable[[], None], processes: int | None = None
) -> list[Result]:
    """Simulate every run. `prepare` is called first in each process that is started; without a number there are as many
    of them as this one may use cores."""
    runs = study.runs
    wanted = min(len(runs), processes or len(os.sched_getaffinity(0)))
    if wanted == 1:
        made = [_figures(study, run, partial(progress, index)) for index, run in enumerate(runs)]
    else:
        made = _in_processes(study, runs, progress, prepare, wanted)
    return [Result(run, each, is_sufficient(study, each)) for run, each in zip(runs, made, strict=True)]


def is_sufficient(study: Study, made: Figures) -> bool:
    """Whether the list was finished in time, and no more were abandoned than may be."""
    in_time = made.finished_at is not None and made.finished_at <= study.finish_by
    return in_time and 100 * made.abandoned_share <= study.most_abandoned_percent


def smallest(results: list[Result]) -> list[Result]:
    """For each pacing, in their order, the sufficient combination with the fewest agents, and of those the fewest lines;
    a pacing without one is missing."""
    found: dict[str, Result] = {}
    for one in results:
        best = found.get(one.run.pacing.name)
        if one.sufficient and (best is None or _size(one) < _size(best)):
            found[one.run.pacing.name] = one
    return list(found.values())


def _size(result: Result) -> tuple[int, int]:
    return result.run.crew.agents, result.run.lines


def _figures(study: Study, run: Run, progress: Callable[[float], None]) -> Figures:
    made = figures(record(study, run, progress), study.least_answers)
    progress(1.0)
    return made


# ------------------------------------------------------------------------------------------------ the processes


def _in_processes(
    study: Study, runs: list[Run], progress: Progress, prepare: Callable[[], None], processes: int
) -> list[Figures]:
    context = get_context("spawn")
    news: _News = context.SimpleQueue()
    pool = ProcessPoolExecutor(processes, context, _begin, (news, prepare))
    try:
        made = [pool.submit(_one, study, index) for index in range(len(runs))]
        waiting: set[Future[Figures]] = set(made)
        while waiting:
            _, waiting = wait(waiting, _LOOK_SECONDS, FIRST_COMPLETED)
            while not news.empty():
                progress(*news.get())
        return [each.result() for each in made]
    finally:
        pool.shutdown(cancel_futures=True)
        news.close()


def _begin(news: _News, prepare: Callable[[], None]) -> None:
    global _news
    _news = news
    prepare()


def _one(study: Study, index: int) -> Figures:
    news = _news
    assert news is not None
    return _figures(study, study.runs[index], lambda done: news.put((index, done)))
