"""Tasks that connect whoever answers to an employee, on the sandbox and with telephones that ring over real SIP."""

from __future__ import annotations

from typing import Any

import pytest

from scenarios.conftest import Floor
from scenarios.polls import number
from scenarios.server import until
from scenarios.waits import EMPLOYEE_RINGS_OUT, NEVER_ANSWERS, begin


def post(floor: Floor, extension: str, numbers: list[str], **fields: Any) -> str:
    """Post a task for an employee; its id."""
    body = {"innerNum": extension, "innerNumType": "exten", "maxCountChannels": 1, "numbers": numbers, **fields}
    task: str = floor.server.data("POST", "/task", body)["id"]
    return task


def row_of(floor: Floor, task: str) -> dict[str, Any]:
    """The one row of a task as it is now."""
    (row,) = floor.server.data("GET", f"/task/{task}")["results"]
    return dict(row)


def final_row(floor: Floor, task: str) -> dict[str, Any]:
    """The one row of a task that has closed itself."""
    (row,) = floor.server.finished(task, seconds=90)["results"]
    return dict(row)


ENDS = [
    # extension, callee's behaviour and parameter, result, state, outDialState, inDialState
    pytest.param("101", "12", 2, "SUCCESS_CLIENT_H", "endCall", None, None, id="callee_hangs_up"),
    pytest.param("106", "02", 0, "SUCCESS_USER_H", "endCall", None, "ANSWER", id="employee_hangs_up"),
    pytest.param("108", "12", 3, "FAIL_CLIENT_H_BEFORE_ANSWER", "endCall", None, None, id="callee_does_not_wait"),
    pytest.param("109", "02", 0, "FAIL_USER_NO_ANSWER", "endDial", None, "BUSY", id="employee_is_busy_when_rung"),
    pytest.param("102", "04", 0, "FAIL", "failedOriginate", "BUSY", None, id="callee_is_busy"),
    pytest.param("103", "06", 0, "FAIL", "failedOriginate", "BUSY", None, id="callee_rejects"),
]


@pytest.fixture(scope="module")
def tasks() -> dict[tuple[str, str], str]:
    """Filled by the first test that needs it, for each switch and extension a task: they run side by side."""
    return {}


@pytest.mark.parametrize(("extension", "behaviour", "parameter", "result", "state", "out_dial", "in_dial"), ENDS)
def test_every_way_a_call_to_an_employee_can_end_has_its_row(
    floor: Floor,
    tasks: dict[tuple[str, str], str],
    extension: str,
    behaviour: str,
    parameter: int,
    result: str,
    state: str,
    out_dial: str | None,
    in_dial: str | None,
) -> None:
    if (floor.switch, extension) not in tasks:
        for each in ENDS:
            to, kind, amount, *_ = each.values
            tasks[floor.switch, to] = post(floor, to, [number(kind, amount)], name=each.id)
    row = final_row(floor, tasks[floor.switch, extension])
    assert row["phone"] == number(behaviour, parameter)
    assert (row["result"], row["state"]) == (result, state)
    assert (row["outDialState"], row["inDialState"]) == (out_dial, in_dial)
    assert row["closeTime"] == row["changeTime"] != "0"
    assert (row["cause"] is None) == (state == "endDial")
    if behaviour == "04":
        assert row["cause"] == "SIP 486 Busy Here"
    if extension == NEVER_ANSWERS:
        begin(floor, EMPLOYEE_RINGS_OUT)  # nobody else here needs that telephone


def test_an_employee_who_rejects_did_not_answer(floor: Floor) -> None:
    row = final_row(floor, post(floor, "107", [number("02")]))
    assert (row["result"], row["state"]) == ("FAIL_USER_NO_ANSWER", "endDial")
    assert row["inDialState"] != "ANSWER"


def test_an_employee_who_is_busy_by_then_is_not_rung(floor: Floor, request: pytest.FixtureRequest) -> None:
    phone = number("13", 3)
    rung = floor.dialled().count("105")
    task = post(floor, "105", [phone])
    if floor.switch == "asterisk":
        until(lambda: phone in floor.dialled(), "the callee is rung")
        request.getfixturevalue("asterisk").cli("channel originate PJSIP/105 application Wait 8")
        rung += 1
    row = final_row(floor, task)
    assert (row["result"], row["state"]) == ("FAIL_USER_BUSY", "allUserBusy")
    assert (row["outDialState"], row["inDialState"], row["cause"]) == (None, None, None)
    assert floor.dialled().count("105") == rung


def test_the_employee_sees_the_callees_number_without_the_prefix(floor: Floor) -> None:
    phone = number("12", 2)
    row = final_row(floor, post(floor, "104", [phone], dialPrefix="88"))
    assert row["result"] == "SUCCESS_CLIENT_H"
    calls = [(call["number"], call["caller"]) for call in floor.witness()]
    assert calls[-1] == ("104", phone)
    assert calls[-2][0] == "88" + phone


def test_one_employee_talks_to_one_callee_after_another(floor: Floor) -> None:
    numbers = [number("12", 2), number("11", 1500)]
    task = floor.server.finished(post(floor, "100", numbers))
    assert [row["result"] for row in task["results"]] == ["SUCCESS_CLIENT_H"] * 2
    assert [row["phone"] for row in sorted(task["results"], key=lambda row: row["id"])] == numbers


def test_a_queue_is_rung_for_whatever_its_number_is_called(floor: Floor) -> None:
    phone = number("12", 4)
    row = final_row(floor, post(floor, "2000", [phone], innerNumType="queue"))
    assert (row["result"], row["state"]) == ("SUCCESS_CLIENT_H", "endCall")
    assert floor.dialled()[-2:] in ([phone, "101"], [phone, "102"])


def nobody_is_dialled(floor: Floor, extension: str) -> None:
    """A task for this extension waits, while another one is done."""
    waiting = number("02", 4)
    before = floor.dialled().count(waiting)
    task = post(floor, extension, [waiting])
    final_row(floor, post(floor, "100", [number("04", 1)]))
    assert floor.dialled().count(waiting) == before
    row = row_of(floor, task)
    assert (row["state"], row["result"], row["closeTime"]) == ("CreateTask", "", "0")
    assert floor.server.data("GET", f"/task/{task}")["state"] == "0"
    floor.server.data("POST", "/task", {"id": task, "innerNum": extension, "state": 2})


def test_nobody_is_dialled_for_an_extension_that_does_not_exist(floor: Floor) -> None:
    nobody_is_dialled(floor, "555555")


@pytest.mark.asterisk
def test_nobody_is_dialled_for_an_extension_that_has_not_registered(asterisk_floor: Floor) -> None:
    nobody_is_dialled(asterisk_floor, "110")
