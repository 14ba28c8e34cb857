"""What takes a minute or more: ringing in vain, and the limit of a call in which nobody answers a question."""

from __future__ import annotations

from typing import Any

import pytest

from scenarios.conftest import Floor
from scenarios.test_polls import answers
from scenarios.waits import (
    CALLEE_RINGS_OUT,
    EMPLOYEE_RINGS_OUT,
    LIMIT_ENDS,
    LIMIT_IS_LIFTED,
    NEVER_ANSWERS,
    PHONES,
    begin,
)

ENDS: list[Any] = [
    # name, result, state, outDialState, inDialState, answers
    (EMPLOYEE_RINGS_OUT, "FAIL_USER_NO_ANSWER", "endDial", None, "NOANSWER", []),
    (CALLEE_RINGS_OUT, "FAIL", "failedOriginate", "NOANSWER", None, []),
    (LIMIT_ENDS, "FAIL_POLLING", "endCall", None, None, []),
    (LIMIT_IS_LIFTED, "SUCCESS_POLLING", "EVENT_POLLING_END", None, None, [("1", "1", "yes"), ("2", "2", "late")]),
]


@pytest.mark.parametrize(("name", "result", "state", "out_dial", "in_dial", "rows"), ENDS)
def test_what_takes_long(
    floor: Floor, name: str, result: str, state: str, out_dial: str | None, in_dial: str | None, rows: list[Any]
) -> None:
    for each, *_ in ENDS:
        begin(floor, each)
    task = floor.server.finished(begin(floor, name), seconds=180)
    (row,) = task["results"]
    assert (row["result"], row["state"]) == (result, state)
    assert (row["outDialState"], row["inDialState"]) == (out_dial, in_dial)
    assert row["closeTime"] == row["changeTime"] != "0"
    assert answers(task, PHONES[name]) == rows
    assert floor.dialled().count(PHONES[name]) == 1


def test_a_ring_ends_in_its_own_time(asterisk_floor: Floor) -> None:
    """A callee is rung for 45 seconds and an employee for 60; a callee who is silent has 120."""
    calls = asterisk_floor.witness()
    for name, rung, seconds in (
        (CALLEE_RINGS_OUT, PHONES[CALLEE_RINGS_OUT], 45),
        (EMPLOYEE_RINGS_OUT, NEVER_ANSWERS, 60),
        (LIMIT_ENDS, PHONES[LIMIT_ENDS], 120),
    ):
        (row,) = asterisk_floor.server.finished(begin(asterisk_floor, name), seconds=180)["results"]
        begun = max(call["time"] for call in calls if call["number"] == rung)
        assert seconds - 2 <= int(row["closeTime"]) - begun <= seconds + 8
