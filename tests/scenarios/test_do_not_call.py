"""Numbers that must not be called are not: the switch never sees them, whichever dialect asked."""

from __future__ import annotations

from typing import Any

import pytest

from scenarios.conftest import Floor
from scenarios.polls import SHORT_POLL, number
from scenarios.server import until
from scenarios.test_mailings import CALLER, ask
from scenarios.webitel import Webitel

KEY = {"Authorization": "Bearer demo-key"}


def block(floor: Floor, *numbers: str) -> None:
    answer = floor.server.ask("POST", "/v1/do-not-call", {"numbers": list(numbers)}, KEY)
    assert answer == {"added": len(numbers)}, answer


@pytest.fixture
def floor(sandbox_floor: Floor) -> Floor:
    return sandbox_floor


def test_a_mailing_says_whom_it_does_not_call(floor: Floor) -> None:
    barred, called = number("02", 61), number("02", 62)
    block(floor, barred)
    sent = ask(
        floor,
        "/api/send/",
        settings={"number": CALLER, "message": "Раз."},
        subscribers=[{"phone": barred}, {"phone": called}],
    )
    assert [row.get("description") for row in sent["subscribers"]] == ["Error_Phone_Blocked", None]

    def over() -> Any:
        rows = ask(floor, "/api/get/", request="state", id=sent["id"])["subscribers"]
        return rows if rows[1]["status"] == "Успешно" else None

    assert until(over, "the other one is called")[0]["status"] == "Отменено"
    assert barred not in floor.dialled()


def test_a_number_that_is_barred_between_two_attempts_is_not_called_again(floor: Floor) -> None:
    phone = number("16", 5)
    settings = {"number": CALLER, "message": "Раз.", "attempts": "3", "interval": "10"}
    sent = ask(floor, "/api/send/", settings=settings, subscribers=[{"phone": phone}])

    def row() -> dict[str, Any]:
        (found,) = ask(floor, "/api/get/", request="state", id=sent["id"])["subscribers"]
        return dict(found)

    until(lambda: row()["status"] == "Занято", "it is busy once")
    block(floor, phone)
    until(lambda: row()["status"] == "Отменено", "it is given up")
    assert (row()["attempts"], row()["price"]) == ("1", "0.00")
    assert floor.dialled().count(phone) == 1


def test_a_task_leaves_a_barred_number_out_in_whatever_form_it_is(floor: Floor) -> None:
    barred, called = number("01", 61), number("01", 1)
    block(floor, barred)
    poll = floor.server.data("POST", "/polling", {"crmId": "barred", **SHORT_POLL})["id"]
    body = {
        "name": "barred",
        "innerNum": poll,
        "innerNumType": "polling",
        "maxCountChannels": "1",
        "numbers": [f"8{barred[1:]}", called],
    }
    task = floor.server.data("POST", "/task", body)["id"]
    rows = {row["phone"]: row for row in floor.server.finished(str(task))["results"]}
    assert rows[f"8{barred[1:]}"]["result"] == "FAIL"
    assert not any(one.endswith(barred[1:]) for one in floor.dialled())
    assert called in floor.dialled()


def test_a_member_is_called_at_its_other_number_or_is_over(floor: Floor) -> None:
    webitel = Webitel(floor.server.url)
    barred, alone, other = number("01", 63), number("01", 64), number("02", 65)
    block(floor, barred, alone)
    dialer = webitel.dialer("Voice Broadcasting", _cf=[{"hangup": ""}])
    two = [{"name": "two", "communications": [{"number": barred, "priority": 1}, {"number": other, "priority": 2}]}]
    webitel.ok("POST", f"/api/v2/dialer/{dialer}/members", two)
    webitel.add(dialer, alone)
    webitel.start(dialer)
    members = webitel.finished(dialer)
    assert members[alone]["_endCause"] == "NO_COMMUNICATIONS"
    assert other in floor.dialled()
    assert not {barred, alone} & set(floor.dialled())
