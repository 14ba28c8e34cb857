"""Polls from the first request to the results, on the sandbox and over real SIP."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from scenarios.conftest import Floor
from scenarios.polls import SHORT_POLL, number
from scenarios.server import until


def run_task(floor: Floor, poll: dict[str, Any], numbers: list[Any], **fields: Any) -> dict[str, Any]:
    """Post a poll and a task for it, and wait until the task has closed itself."""
    made = floor.server.data("POST", "/polling", poll)
    body = {"innerNum": made["id"], "innerNumType": "polling", "maxCountChannels": 10, "numbers": numbers, **fields}
    task = floor.server.data("POST", "/task", body)
    return floor.server.finished(task["id"], seconds=90)


def by_phone(task: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["phone"]: row for row in task["results"]}


def answers(task: dict[str, Any], phone: str) -> list[tuple[str, str, str]]:
    rows = [row for row in task["resultsPoling"] if row["phone"] == phone]
    return [(row["questionCrmId"], row["exten"], row["result"]) for row in rows]


@pytest.fixture(scope="module")
def every_end(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Filled by the first test that needs it, one task a switch: its numbers run side by side."""
    return {}


ENDS = [
    # behaviour, parameter, result, state, outDialState, cause
    ("01", 13, "SUCCESS_POLLING", "EVENT_POLLING_END", None, None),
    ("01", 2, "SUCCESS_POLLING", "EVENT_POLLING_END", None, None),
    ("03", 13, "SUCCESS_POLLING", "EVENT_POLLING_END", None, None),
    ("04", 0, "FAIL", "failedOriginate", "BUSY", "SIP 486 Busy Here"),
    ("06", 0, "FAIL", "failedOriginate", "BUSY", "SIP 603 Decline"),
    ("07", 0, "FAIL", "failedOriginate", "CONGESTION", "SIP 404 Not Found"),
    ("08", 0, "FAIL", "failedOriginate", "CONGESTION", "SIP 480 Temporarily Unavailable"),
    ("09", 0, "FAIL", "failedOriginate", "CONGESTION", "SIP 503 Service Unavailable"),
    ("02", 2, "FAIL_POLLING", "endCall", None, ...),
    ("11", 100, "FAIL_POLLING", "endCall", None, ...),
]


@pytest.mark.parametrize(("behaviour", "parameter", "result", "state", "out_dial", "cause"), ENDS)
def test_every_way_a_call_can_end_has_its_row(
    floor: Floor,
    every_end: dict[str, Any],
    behaviour: str,
    parameter: int,
    result: str,
    state: str,
    out_dial: str | None,
    cause: Any,
) -> None:
    if floor.switch not in every_end:
        numbers = [number(kind, value) for kind, value, *_ in ENDS]
        every_end[floor.switch] = run_task(floor, SHORT_POLL, numbers)
    row = by_phone(every_end[floor.switch])[number(behaviour, parameter)]
    assert (row["result"], row["state"]) == (result, state)
    assert row["inDialState"] is None
    assert row["closeTime"] == row["changeTime"] != "0"
    if cause is ...:
        assert row["outDialState"] is None
        assert row["cause"]
    else:
        assert (row["outDialState"], row["cause"]) == (out_dial, cause)


ROUTES = """
tenants:
  - name: demo
    time_zone: Europe/Moscow
    trunks:
      - {name: unreachable, lines: 10, calls_per_second: 0}
    routes:
      - {pattern: "0666.*", trunk: unreachable}
      - {pattern: "(?!0555).*", trunk: carrier}
"""
"""Numbers behind 0555 have no way out; those behind 0666 go to a trunk that no switch reaches."""


@pytest.mark.parametrize(
    ("prefix", "result", "out_dial"), [("0555", "FAIL_ROUTE", None), ("0666", "FAIL_PROVIDER", "CHANUNAVAIL")]
)
def test_a_call_that_cannot_leave_the_house(floor: Floor, prefix: str, result: str, out_dial: str | None) -> None:
    floor.server.apply(ROUTES)
    phone = number("01", 13)
    row = by_phone(run_task(floor, SHORT_POLL, [phone], dialPrefix=prefix))[phone]
    assert (row["result"], row["state"]) == (result, "failedOriginate")
    assert (row["outDialState"], row["inDialState"], row["cause"]) == (out_dial, None, None)
    assert prefix + phone not in floor.dialled()


def test_answers_are_recorded_by_question_and_key(floor: Floor) -> None:
    both, thanks, wrong_first = number("01", 13), number("01", 2), number("03", 13)
    task = run_task(floor, SHORT_POLL, [both, thanks, wrong_first])
    assert answers(task, both) == [("1", "1", "yes"), ("2", "3", "three")]
    assert answers(task, thanks) == [("1", "2", "2")]
    assert answers(task, wrong_first) == [("1", "1", "yes"), ("2", "3", "three")]


def test_the_prefix_is_dialled_and_not_shown(floor: Floor) -> None:
    phone = number("04", 77)
    row = by_phone(run_task(floor, SHORT_POLL, [phone], dialPrefix="999"))[phone]
    assert row["phone"] == phone
    assert row["phoneId"] == phone[-10:]
    assert "999" + phone in floor.dialled()


def test_a_key_may_transfer_to_an_extension(floor: Floor) -> None:
    poll = {
        "questions": [
            {
                "questionText": "Press one.",
                "lang": "en-US",
                "press": [{"key": "1", "action": "dial", "value": "107"}],  # 107 rejects
            }
        ]
    }
    phone = number("01", 1)
    task = run_task(floor, poll, [phone])
    assert by_phone(task)[phone]["result"] == "SUCCESS_POLLING"
    assert answers(task, phone) == [("0", "1", "107")]
    assert "107" in floor.dialled()


def test_channels_are_never_more_than_allowed(sandbox_floor: Floor) -> None:
    numbers = [number("12", 100 + index) for index in range(40)]
    before = len(sandbox_floor.dialled())
    task = run_task(sandbox_floor, SHORT_POLL, numbers, maxCountChannels=3)
    assert Counter(sandbox_floor.dialled()[before:]) == Counter(numbers)
    assert {row["result"] for row in task["results"]} == {"FAIL_POLLING"}


def test_a_number_is_dialled_once_however_often_it_is_posted(sandbox_floor: Floor) -> None:
    phone = number("01", 13)
    task = run_task(sandbox_floor, SHORT_POLL, [phone, "+" + phone, "8" + phone[1:]], crmId="posted twice")
    assert [row["phone"] for row in task["results"]] == [phone]
    before = len(sandbox_floor.dialled())
    body = {"crmId": "posted twice", "innerNum": task["innerNum"], "innerNumType": "polling", "state": 0}
    again = sandbox_floor.server.data("POST", "/task", body | {"numbers": [phone]})
    sandbox_floor.server.finished(again["id"])
    assert len(sandbox_floor.dialled()) == before


def test_a_task_that_is_not_open_dials_nobody_and_lets_calls_go_on(floor: Floor) -> None:
    server, seconds = floor.server, 400 if floor.switch == "sandbox" else 4
    talks, waits, late = "41" + number("12", seconds), "41" + number("04"), "42" + number("04", 5)
    poll = server.data("POST", "/polling", SHORT_POLL)["id"]
    body = {"innerNum": poll, "innerNumType": "polling", "crmId": f"pause {floor.switch}", "maxCountChannels": 1}
    id = server.data("POST", "/task", {**body, "numbers": [talks, waits]})["id"]
    until(lambda: by_phone(server.data("GET", f"/task/{id}"))[talks]["state"] == "EVENT_POLLING", "they talk")

    assert server.data("PUT", f"/task/{id}", {"state": 2})["state"] == 2
    ended = until(lambda: (row := by_phone(server.data("GET", f"/task/{id}"))[talks])["result"] and row, "it is over")
    assert (ended["result"], ended["state"]) == ("FAIL_POLLING", "endCall")
    run_task(floor, SHORT_POLL, ["43" + number("04")])
    assert waits not in floor.dialled()

    server.data("PUT", f"/task/{id}", {"state": 0})
    assert by_phone(server.finished(id))[waits]["result"] == "FAIL"
    assert server.data("POST", "/task", {**body, "numbers": [talks, waits, late]})["state"] == "1"
    run_task(floor, SHORT_POLL, ["44" + number("04")])
    assert (floor.dialled().count(talks), floor.dialled().count(waits), floor.dialled().count(late)) == (1, 1, 0)

    server.data("POST", "/task", {**body, "numbers": [talks, waits, late], "state": 0})
    assert by_phone(server.finished(id))[late]["result"] == "FAIL"
    assert [floor.dialled().count(phone) for phone in (talks, waits, late)] == [1, 1, 1]
