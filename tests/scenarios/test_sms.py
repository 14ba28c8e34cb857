"""SMS from the order of a mailing to the telephone: the whole program, a carrier over SMPP that somebody else wrote, and
calls on the sandbox and over real SIP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scenarios.conftest import SANDBOX_SPEED, Floor, with_sms
from scenarios.polls import number
from scenarios.server import Server, until
from scenarios.test_mailings import CALLER, OPEN, ask
from smsc.smsc import Smsc

BILL = "Мы не дозвонились. К оплате 17.25 руб. до 15.07.2020, подробности в личном кабинете."
SCRIPTS = """
tenants:
  - name: demo
    time_zone: Europe/Moscow
    domain: site
    mobilgroup:
      scripts:
        - id: 41
          name: "SMS"
          unanswered_sms: "Мы не дозвонились. К оплате {summa} руб. до {param1}, подробности в личном кабинете."
          steps:
            - menu:
                say: "Один."
                keys:
                  "1":
                    - sms: "Your code is 40817, {summa}"
                    - say: "Отправлено."
"""
OVER = {"Доставлено", "Не доставлено", "Ошибка"}


@pytest.fixture(scope="module")
def smsc(smsc_of_session: Smsc) -> Smsc:
    return smsc_of_session


@pytest.fixture(scope="module")
def sandbox_texts(sandbox_floor: Floor) -> Floor:
    sandbox_floor.server.apply(SCRIPTS)
    return sandbox_floor


@pytest.fixture(scope="module")
def asterisk_texts(asterisk_floor: Floor) -> Floor:
    asterisk_floor.server.apply(SCRIPTS)
    return asterisk_floor


@pytest.fixture(params=["sandbox", pytest.param("asterisk", marks=pytest.mark.asterisk)])
def floor(request: pytest.FixtureRequest) -> Floor:
    found: Floor = request.getfixturevalue(f"{request.param}_texts")
    return found


def own(floor: Floor, behaviour: str) -> str:
    """A number that is called by one switch only: the carrier of SMS is the same for both."""
    return number(behaviour, 1 if floor.switch == "sandbox" else 2)


def is_over(row: dict[str, Any]) -> bool:
    """An SMS may be delivered while the call that asked for it goes on."""
    return row["status"] not in OPEN and row.get("sms", {}).get("status") in OVER


def texted(floor: Floor, *phones: str, **settings: Any) -> tuple[str, list[dict[str, Any]]]:
    """Send a mailing, and wait until every call has ended and the carrier has said what became of every SMS; its id and
    its rows."""
    subscribers = [{"phone": phone, "summa": "17.25", "param1": "15.07.2020"} for phone in phones]
    sent = ask(floor, "/api/send/", settings={"number": CALLER, "script": "41", **settings}, subscribers=subscribers)
    assert sent["result"] == "ok", sent

    def over() -> list[dict[str, Any]] | None:
        rows: list[dict[str, Any]] = ask(floor, "/api/get/", request="state", id=sent["id"])["subscribers"]
        return rows if all(is_over(row) for row in rows) else None

    return sent["id"], until(over, "every call and SMS is over", 90)


def test_who_does_not_answer_is_sent_an_sms(floor: Floor, smsc: Smsc) -> None:
    busy, rejects = own(floor, "04"), own(floor, "06")
    _, rows = texted(floor, busy, rejects)
    assert [(row["status"], row["sms"]["status"], row["sms"]["message"]) for row in rows] == [
        ("Занято", "Доставлено", BILL),
        ("Отклонено", "Доставлено", BILL),
    ]
    assert [(row["sms"]["partition"], row["sms"]["price"], row["price"]) for row in rows] == [("2", "5.00", "5.00")] * 2
    for phone in (busy, rejects):
        assert "".join(one["text"] for one in smsc.seen("taken", phone)) == BILL


def test_who_asks_for_it_by_a_key_is_sent_an_sms_and_pays_for_both(floor: Floor, smsc: Smsc) -> None:
    phone = own(floor, "13")
    _, (row,) = texted(floor, phone)
    assert (row["status"], row["sms"]["status"]) == ("Успешно", "Доставлено")
    assert row["sms"]["message"] == "Your code is 40817, 17.25"
    assert (row["sms"]["partition"], row["sms"]["price"]) == ("1", "2.50")
    assert float(row["price"]) > 2.5
    (taken,) = smsc.seen("taken", phone)
    assert (taken["coding"], taken["from"]) == (0, "Outdial")


def test_health_says_whether_the_carrier_is_there(sandbox_texts: Floor, smsc: Smsc) -> None:
    def told() -> object:
        return sandbox_texts.server.ask("GET", "/v1/health")["sms"]

    until(lambda: told() is True, "the carrier is there")
    smsc.ask(letIn=False, drop=True)
    until(lambda: told() is False, "the carrier is gone")
    smsc.ask(letIn=True)
    until(lambda: told() is True, "the carrier is back")


def test_who_is_out_of_reach_pays_and_a_number_that_is_none_does_not(sandbox_texts: Floor) -> None:
    _, (row,) = texted(sandbox_texts, number("08"))
    assert (row["status"], row["sms"]["status"], row["price"]) == ("Недоступен", "Не доставлено", "5.00")
    sent = ask(
        sandbox_texts,
        "/api/send/",
        settings={"number": CALLER, "script": "41"},
        subscribers=[{"phone": number("07"), "summa": "1"}],
    )

    def called() -> dict[str, Any] | None:
        (row,) = ask(sandbox_texts, "/api/get/", request="state", id=sent["id"])["subscribers"]
        return row if row["status"] == "Неверный номер" else None

    row = until(called, "the number is called")
    assert ("sms" in row, row["price"]) == (False, "0.00")


def test_a_killed_program_sends_nothing_twice(tmp_path: Path, smsc: Smsc) -> None:
    """The carrier never answers to the first SMS: it is on its way when the program is killed. Another waits meanwhile."""
    on_its_way, waits = "70002000777", number("04")
    options = ("--demo", "--speed", SANDBOX_SPEED)
    server = Server(tmp_path / "data", *options, environment=with_sms(smsc))
    server.apply(SCRIPTS.replace("- menu:", '- sms: "once"\n            - menu:'))
    floor = Floor(server, "sandbox", list)
    settings = {"number": CALLER, "script": "41"}
    ask(floor, "/api/send/", settings=settings, subscribers=[{"phone": on_its_way, "summa": "1"}])
    smsc.wait(lambda: smsc.events("taken", on_its_way), "the carrier has it")
    server.kill()
    again = Server(tmp_path / "data", *options, environment=with_sms(smsc))
    try:
        texted(Floor(again, "sandbox", list), waits)
        assert len(smsc.seen("taken", on_its_way)) == 1
    finally:
        assert again.stop() == 0
