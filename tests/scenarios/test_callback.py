"""Tasks in callback mode: an employee is rung and asked before the client is, on the sandbox and over real SIP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scenarios.conftest import Floor
from scenarios.polls import number

ALERT = {"callback_alert_text": "Вам звонок. Нажмите один."}


@pytest.fixture
def asked(floor: Floor) -> Iterator[Floor]:
    """A tenant whose employees hear something before the client is rung."""
    floor.server.apply(told(ALERT))
    yield floor
    floor.server.apply(told(dict.fromkeys(ALERT, "")))


def told(settings: dict[str, str]) -> str:
    """An apply file with the module's settings."""
    tenant = {"name": "demo", "time_zone": "Europe/Moscow", "domain": "site", "mikopbx": settings}
    return json.dumps({"tenants": [tenant]})


def final_row(floor: Floor, extension: str, phone: str) -> dict[str, Any]:
    """The one row of a callback task that has closed itself."""
    body = {"innerNum": extension, "innerNumType": "exten", "isCallback": 1, "numbers": [phone]}
    task: str = floor.server.data("POST", "/task", body)["id"]
    (row,) = floor.server.finished(task, seconds=90)["results"]
    return dict(row)


def test_the_employee_is_rung_before_the_client(floor: Floor) -> None:
    phone = number("12", 2)
    row = final_row(floor, "104", phone)
    assert (row["result"], row["state"]) == ("SUCCESS", "endCall")
    assert floor.dialled()[-2:] == ["104", phone]


def test_an_employee_who_presses_the_key_is_joined_with_the_client(asked: Floor) -> None:
    phone = number("12", 2)
    row = final_row(asked, "102", phone)
    assert (row["result"], row["state"]) == ("SUCCESS", "endCall")
    assert asked.dialled()[-2:] == ["102", phone]


def test_an_employee_who_presses_another_key_spares_the_client(asked: Floor) -> None:
    row = final_row(asked, "103", number("12", 2))
    assert (row["result"], row["state"]) == ("FAIL_USER_BUSY", "UserCancelCallback")
    assert asked.dialled()[-1] == "103"


def test_an_employee_who_leaves_too_early_is_not_called_back(floor: Floor) -> None:
    row = final_row(floor, "106", number("05"))
    assert (row["result"], row["state"]) == ("FAIL_USER_H_BEFORE_CLIENT_ANSWER", "endCall")


@pytest.mark.parametrize(
    ("extension", "result", "state"),
    [("109", "FAIL_USER_NO_ANSWER", "failedOriginate"), ("107", "FAIL_USER_NO_ANSWER", "failedOriginate")],
    ids=["busy", "rejects"],
)
def test_an_employee_who_is_not_there_spares_the_client(floor: Floor, extension: str, result: str, state: str) -> None:
    row = final_row(floor, extension, number("12", 2))
    assert (row["result"], row["state"]) == (result, state)
    assert floor.dialled()[-1] == extension


def test_a_client_who_is_busy_is_told_of_as_ever(floor: Floor) -> None:
    row = final_row(floor, "104", number("04"))
    assert (row["result"], row["outDialState"], row["cause"]) == ("FAIL", "BUSY", "SIP 486 Busy Here")
