"""A day drawn as one SVG: utilisation, abandoned share and lines used by the quarter of an hour, a curve a run.

It is written here, because one picture has three panels over one axis of time and has to come out the same for the same
figures; the chart libraries draw one panel a file and number their parts by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from outdial.simulation.figures import QUARTER, Quarter
from outdial.simulation.report import answer, clock
from outdial.simulation.side_by_side import Result
from outdial.simulation.study import Study

_WIDTH, _LEFT, _RIGHT = 960, 64, 24
_PANEL, _GAP, _TOP, _LINE = 150, 46, 60, 18
_COLOURS = ("#1f6fb4", "#d95f02", "#2a8f5a", "#8a4fb0", "#b8860b", "#c2335b", "#4d4d4d", "#17a2b0")
_DASHES = ("", "6 3", "2 3")
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600}"
    ".panel{font-weight:600}.axis{fill:#666}.grid{stroke:#e3e3e3}.base{stroke:#999}"
    ".limit{stroke:#b00020;stroke-dasharray:4 4}.curve{fill:none;stroke-width:1.8}"
)


@dataclass(frozen=True, slots=True)
class _Panel:
    """One of the pictures: what it shows of a quarter of an hour, and where its scale ends at least."""

    title: str
    value: Callable[[Quarter], float]
    least_top: float
    limit: float | None = None


def drawing(study: Study, results: Sequence[Result]) -> str:
    """The text of an SVG file."""
    quarters = [quarter for each in results for quarter in each.figures.quarters]
    first = min(quarter.start for quarter in quarters)
    last = max(quarter.start for quarter in quarters) + QUARTER
    whole = (last - first).total_seconds()

    def across(quarter: Quarter) -> float:
        middle = (quarter.start - first + QUARTER / 2).total_seconds()
        return _LEFT + middle / whole * (_WIDTH - _LEFT - _RIGHT)

    panels = (
        _Panel("Utilisation, %", lambda quarter: 100 * quarter.utilisation, 100),
        _Panel(
            "Abandoned, % of answered",
            lambda quarter: 100 * quarter.abandoned_share,
            2 * study.most_abandoned_percent or 1,
            study.most_abandoned_percent,
        ),
        _Panel("Lines used, on average", lambda quarter: quarter.lines_mean, 10),
    )
    begin = _TOP + _LINE * len(results)
    height = begin + len(panels) * (_PANEL + _GAP) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        ' role="img">',
        f"<title>{escape(study.name or 'Simulation')}</title>",
        f"<desc>{escape('. '.join(answer(study, results)))}</desc>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(_LEFT, 28, study.name or "Simulation", "title"),
        *_legend(results),
    ]
    for place, panel in enumerate(panels):
        top = begin + place * (_PANEL + _GAP)
        parts += _drawn(panel, top, study, results, across)
    return "\n".join([*parts, "</svg>", ""])


def _legend(results: Sequence[Result]) -> Iterable[str]:
    for place, each in enumerate(results):
        y = 48 + _LINE * place
        yield f'<line x1="{_LEFT}" x2="{_LEFT + 28}" y1="{y - 4}" y2="{y - 4}" {_stroke(place)}/>'
        yield _text(_LEFT + 36, y, each.run.name)


def _drawn(
    panel: _Panel,
    top: int,
    study: Study,
    results: Sequence[Result],
    across: Callable[[Quarter], float],
) -> list[str]:
    highest = max(panel.value(quarter) for each in results for quarter in each.figures.quarters)
    step = _step(max(highest, panel.least_top))
    scale = step * ceil(max(highest, panel.least_top) / step)
    bottom = top + _PANEL

    def up(value: float) -> float:
        return bottom - value / scale * _PANEL

    parts = [_text(_LEFT, top - 8, panel.title, "panel")]
    for count in range(round(scale / step) + 1):
        y = up(count * step)
        parts.append(f'<line class="{"grid" if count else "base"}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" {_at(y)}/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{count * step:g}", "axis", "end"))
    parts += _hours(results, study, across, bottom)
    if panel.limit is not None:
        parts.append(f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" {_at(up(panel.limit))}/>')
    for place, each in enumerate(results):
        points = " ".join(f"{across(one):.1f},{up(panel.value(one)):.1f}" for one in each.figures.quarters)
        parts.append(f'<polyline class="curve" {_stroke(place)} points="{points}"/>')
    return parts


def _hours(results: Sequence[Result], study: Study, across: Callable[[Quarter], float], bottom: int) -> list[str]:
    """The full hours below a panel, not more of them than there is room for."""
    longest = max((each.figures.quarters for each in results), key=len)
    half = across(longest[1]) - across(longest[0]) if len(longest) > 1 else 0.0
    full = [one for one in longest if one.start.astimezone(study.zone).minute == 0]
    every = max(1, ceil(len(full) / 14))
    return [
        _text(across(one) - half / 2, bottom + 16, clock(one.start, study.zone), "axis", "middle")
        for one in full[::every]
    ]


def _step(top: float) -> float:
    """A round distance between the lines of a scale, about five to the whole."""
    rough = top / 5
    power = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)


def _stroke(place: int) -> str:
    dash = _DASHES[place // len(_COLOURS) % len(_DASHES)]
    return f'stroke="{_COLOURS[place % len(_COLOURS)]}" stroke-width="1.8"' + (
        f' stroke-dasharray="{dash}"' if dash else ""
    )


def _at(y: float) -> str:
    return f'y1="{y:.1f}" y2="{y:.1f}"'


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'
