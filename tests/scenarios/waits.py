"""Tasks that last for a minute or more at a real telephone. They are begun before anything else happens, or as soon as
their telephone is free, and `test_waits.py` looks at what came of them when nearly everything else is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenarios.polls import SHORT_POLL, SILENT, YES, ask, key, number, to
from scenarios.server import until

if TYPE_CHECKING:
    from scenarios.conftest import Floor

NEVER_ANSWERS = "108"
CALLEE_RINGS_OUT = "callee rings out"
LIMIT_ENDS = "limit ends the call of who gives no answer"
LIMIT_IS_LIFTED = "limit is lifted by an answer"
EMPLOYEE_RINGS_OUT = "employee rings out"

PHONES = {
    CALLEE_RINGS_OUT: "20" + number("05"),
    LIMIT_ENDS: "21" + SILENT,
    LIMIT_IS_LIFTED: "22" + number("01", 1),
    EMPLOYEE_RINGS_OUT: "23" + SILENT,
}
_POLLS: dict[str, dict[str, Any]] = {
    CALLEE_RINGS_OUT: SHORT_POLL,
    # Silence would be an answer after 125 seconds; the call has 120.
    LIMIT_ENDS: {"questions": [ask("q", YES, defPress="1", timeout=125)]},
    LIMIT_IS_LIFTED: {
        "questions": [
            ask("1", key("1", value="yes", **to("2"))),
            ask("2", key("2", value="late"), defPress="2", timeout=125),
        ]
    },
}


def begin_at_once(floor: Floor) -> None:
    """Begin those that stand in nobody's way."""
    for name in _POLLS:
        begin(floor, name)


def begin(floor: Floor, name: str) -> str:
    """The id of a task, which is begun when it is asked for the first time; then everybody that it calls is rung."""
    if name not in floor.begun:
        inner, kind, rung = NEVER_ANSWERS, "exten", NEVER_ANSWERS
        if name in _POLLS:
            inner, kind, rung = floor.server.data("POST", "/polling", _POLLS[name])["id"], "polling", PHONES[name]
        before = floor.dialled().count(rung)
        body = {"name": name, "innerNum": inner, "innerNumType": kind, "numbers": [PHONES[name]]}
        floor.begun[name] = floor.server.data("POST", "/task", body)["id"]
        until(lambda: floor.dialled().count(rung) > before, f"{rung} is rung")
    return floor.begun[name]
