"""Calling hours and clients with several numbers, as a user meets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios.conftest import Floor
from scenarios.polls import SHORT_POLL, number
from scenarios.server import Server, until

SERVER_ZONE_HOURS = 3
"""Moscow, where the server is unless it is told otherwise; it has no summer time."""
OUTSIDE = "outside its calling hours"


def hours_around(offset_hours: float, width_minutes: int = 60) -> dict[str, int]:
    """A window of the day that is open now where clocks show this offset from UTC, and not an hour and a half away."""
    there = datetime.now(UTC) + timedelta(hours=offset_hours)
    minute = there.hour * 60 + there.minute
    return {"timeStart": (minute - width_minutes) % 1440, "timeEnd": (minute + width_minutes) % 1440}


def post(server: Server, numbers: list[Any], **fields: Any) -> dict[str, Any]:
    """A poll and a task for it: its body, with the id that it got as `crmId`."""
    made = server.data("POST", "/polling", SHORT_POLL)
    body = {"innerNum": made["id"], "innerNumType": "polling", "maxCountChannels": 5, "numbers": numbers, **fields}
    return {**body, "crmId": server.data("POST", "/task", body)["id"]}


def reason(server: Server, task: str) -> str | None:
    """Why the task places no call."""
    said = {str(one["number"]): one["reason"] for one in server.ask("GET", "/v1/health")["waiting"]}
    return said.get(task)


def results(task: dict[str, Any]) -> dict[str, str]:
    return {row["phone"]: row["result"] for row in task["results"]}


def test_a_task_outside_its_hours_waits_and_says_why_until_they_are_changed(sandbox_floor: Floor) -> None:
    server, phone = sandbox_floor.server, number("01", 13901)
    shut = hours_around(SERVER_ZONE_HOURS + 12)
    task = post(server, [phone], **shut)
    id = task["crmId"]
    until(lambda: reason(server, id) == OUTSIDE, "the reason is told")
    waiting = server.data("GET", f"/task/{id}")
    assert (waiting["state"], results(waiting)) == ("0", {phone: ""})
    assert {name: waiting[name] for name in shut} == {name: str(minute) for name, minute in shut.items()}
    assert phone not in sandbox_floor.dialled()

    server.data("POST", "/task", {**task, **hours_around(SERVER_ZONE_HOURS)})
    assert results(server.finished(id)) == {phone: "SUCCESS_POLLING"}
    assert sandbox_floor.dialled().count(phone) == 1
    assert reason(server, id) is None


def test_a_contact_is_called_by_its_own_clock(sandbox_floor: Floor) -> None:
    server = sandbox_floor.server
    there, elsewhere, here = number("01", 13902), number("01", 13903), number("01", 13904)
    numbers: list[Any] = [
        {"number": elsewhere, "TimeOffset": -4},
        here,
        {"number": there, "TimeOffset": "8.5"},
    ]
    task = post(server, numbers, maxCountChannels=1, **hours_around(8.5))
    id = task["crmId"]
    until(lambda: results(server.data("GET", f"/task/{id}"))[there] == "SUCCESS_POLLING", "the open one is called")
    until(lambda: reason(server, id) == OUTSIDE, "the others wait")
    assert results(server.data("GET", f"/task/{id}")) == {elsewhere: "", here: "", there: "SUCCESS_POLLING"}
    assert not {elsewhere, here} & set(sandbox_floor.dialled())

    moved = [{"number": elsewhere, "TimeOffset": 8.5}, {"number": here, "TimeOffset": "8.5"}]
    server.data("POST", "/task", {**task, "numbers": [*moved, numbers[2]]})
    assert set(results(server.finished(id)).values()) == {"SUCCESS_POLLING"}


def test_a_client_is_called_at_one_number_after_the_other_until_it_is_reached(sandbox_floor: Floor) -> None:
    server = sandbox_floor.server
    busy, reached, spared, alone = number("04", 905), number("01", 13906), number("01", 13907), number("01", 13908)
    numbers = [{"number": phone, "clientId": "c-1"} for phone in (busy, reached, spared)] + [{"number": alone}]
    done = server.finished(post(server, numbers)["crmId"])
    assert results(done) == {
        busy: "FAIL",
        reached: "SUCCESS_POLLING",
        spared: "SUCCESS_ANOTHER_PHONE",
        alone: "SUCCESS_POLLING",
    }
    assert spared not in sandbox_floor.dialled()


def test_a_task_may_go_on_after_success(sandbox_floor: Floor) -> None:
    server, phone = sandbox_floor.server, number("01", 13909)
    task = post(server, [phone], attemptUntilSignal=1, maxAttempt=3, tryInterval=1)
    done = server.finished(task["crmId"])
    assert [row["result"] for row in done["results"]] == ["SUCCESS_POLLING"] * 3
    assert sandbox_floor.dialled().count(phone) == 3
