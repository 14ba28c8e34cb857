"""Mailings from the order to their state, on the sandbox and over real SIP."""

from __future__ import annotations

import http.client
import io
import json
import struct
import wave
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scenarios.conftest import Floor
from scenarios.polls import number
from scenarios.server import Server, until

CALLER = "74951234567"
OPERATOR = "74950000012"
TRANSFERRING = """
tenants:
  - name: demo
    time_zone: Europe/Moscow
    domain: site
    mobilgroup:
      scripts:
        - id: 3
          name: "Скрипт 3"
          steps:
            - menu:
                say: "Один."
                keys:
                  "1":
                    - transfer: "{operator}"
"""
RHYME = "Раз два три четыре пять, вышел зайчик погулять. Вдруг охотник выбегает, прямо в зайчика стреляет."
ENTRIES = ("credit", "hold", "release", "charge")
OPEN = {"Ожидание", "Вызов"}


def tone(seconds: float) -> bytes:
    """A wav file of 16 kHz with a tone of so many seconds."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(b"".join(struct.pack("<h", 9000 * (-1) ** (at // 20)) for at in range(int(16_000 * seconds))))
    return file.getvalue()


def ask(floor: Floor, path: str, **body: Any) -> dict[str, Any]:
    """One request of the demo account."""
    target = urlsplit(floor.server.url)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
    try:
        sent = json.dumps({"security": {"login": "demo", "password": "demo"}, **body})
        connection.request("POST", path, sent.encode(), {"Content-Type": "application/json"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()


def finished(floor: Floor, subscribers: list[dict[str, Any]], **settings: Any) -> dict[str, dict[str, Any]]:
    """Send a mailing and wait until everybody was called; the rows of its state by phone."""
    sent = ask(floor, "/api/send/", settings={"number": CALLER, **settings}, subscribers=subscribers)
    assert sent["result"] == "ok", sent

    attempts = int(settings.get("attempts", "1"))

    def waits(row: dict[str, Any]) -> bool:
        """A row between two attempts shows what came of the last one."""
        return row["status"] in OPEN or (row["status"] == "Занято" and int(row["attempts"]) < attempts)

    def over() -> dict[str, Any] | None:
        state = ask(floor, "/api/get/", request="state", id=sent["id"])
        return None if any(waits(row) for row in state["subscribers"]) else state

    state = until(over, f"mailing {sent['id']} ends", 120)
    spent = sum(round(float(row["price"]) * 100) for row in state["subscribers"])
    assert round(float(state["budget"]) * 100) == spent
    return {row["phone"]: row for row in state["subscribers"]}


def test_a_message_is_heard_again_at_a_key(floor: Floor) -> None:
    """The message is longer than the offer, so that whoever heard it once and the offer was sooner gone."""
    again, once, busy = number("01", 1), number("02"), number("04")
    ordered = {"number": CALLER, "message": RHYME, "schedule": "2099-01-01 00:00"}
    rows = finished(
        floor,
        [{"phone": again}, {"phone": once}, {"phone": busy}],
        message=RHYME,
        repeat="1",
    )
    length = int(
        ask(floor, "/api/send/", settings=ordered, subscribers=[{"phone": busy}])["subscribers"][0]["duration"]
    )
    assert [rows[phone]["status"] for phone in (again, once, busy)] == ["Успешно", "Успешно", "Занято"]
    assert length >= 6
    assert int(rows[again]["duration"]) >= 2 * length
    assert (rows[busy]["duration"], rows[busy]["price"]) == ("0", "0.00")
    assert float(rows[once]["price"]) > 0
    shown = [call.get("caller") for call in floor.witness() if call["number"] in (again, once)]
    assert CALLER in shown or floor.switch == "asterisk"


def test_a_phrase_of_an_uploaded_file_is_played_and_is_as_long_as_the_file(floor: Floor) -> None:
    key = {"Authorization": "Bearer demo-key"}
    uploaded = floor.server.ask("PUT", "/v1/audio/beep", tone(2.4), key)
    assert (uploaded["name"], round(uploaded["seconds"], 1)) == ("beep", 2.4)
    made = floor.server.ask("POST", "/v1/phrases", {"name": "Гудок", "audio": "beep"}, key)
    assert made["duration"] == 3
    phrases = ask(floor, "/api/get/", request="phrases")["data"]
    assert {"id": str(made["id"]), "name": "Гудок", "duration": "3"} in phrases
    phone = number("02")
    row = finished(floor, [{"phone": phone}], phrase=str(made["id"]))[phone]
    assert row["status"] == "Успешно"
    assert 2 <= int(row["duration"]) <= 5


def test_a_phrase_is_played(floor: Floor) -> None:
    phone = number("02")
    row = finished(floor, [{"phone": phone}], phrase="2")[phone]
    assert (row["status"], row["attempts"]) == ("Успешно", "1")
    phrases = ask(floor, "/api/get/", request="phrases")["data"]
    length = next(int(one["duration"]) for one in phrases if one["id"] == "2")
    assert length - 1 <= int(row["duration"]) <= length + 2


def test_a_script_speaks_sums_and_dates(floor: Floor) -> None:
    phone = number("02")
    row = finished(floor, [{"phone": phone, "summa": "17.25", "param1": "15.07.2020"}], script="1")[phone]
    assert row["status"] == "Успешно"
    assert int(row["duration"]) >= 7


def test_a_script_transfers_to_an_outside_number(floor: Floor) -> None:
    wants, silent = number("01", 1), number("11", 900)
    rows = finished(floor, [{"phone": wants}, {"phone": silent}], script="2")
    assert rows[wants]["status"] == rows[silent]["status"] == "Успешно"
    assert (rows[wants]["transfer"]["number"], rows[wants]["transfer"]["status"]) == (OPERATOR, "Успешно")
    assert OPERATOR in floor.dialled()
    assert "transfer" not in rows[silent]


def test_whoever_is_transferred_pays_for_both_calls(floor: Floor) -> None:
    talks = number("12", 3)
    floor.server.apply(TRANSFERRING.format(operator=talks))
    phone = number("01", 1)
    row = finished(floor, [{"phone": phone}], script="3")[phone]
    transfer = row["transfer"]
    assert (row["status"], transfer["number"], transfer["status"]) == ("Успешно", talks, "Успешно")
    assert 2 <= int(transfer["duration"]) <= 6
    assert float(row["price"]) > float(transfer["price"]) > 0
    assert talks in floor.dialled()


def test_an_operator_who_is_busy_is_told_and_costs_nothing(floor: Floor) -> None:
    operator = number("04", 99)
    floor.server.apply(TRANSFERRING.format(operator=operator))
    phone = number("01", 1)
    row = finished(floor, [{"phone": phone}], script="3")[phone]
    assert row["status"] == "Успешно"
    assert row["transfer"] == {"number": operator, "duration": "0", "price": "0.00", "status": "Занято"}


def test_who_does_not_answer_is_tried_again(sandbox_floor: Floor) -> None:
    phone = number("16", 1)
    row = finished(sandbox_floor, [{"phone": phone}], message="Привет", attempts="2", interval="1")[phone]
    assert (row["status"], row["attempts"]) == ("Успешно", "2")


def test_after_a_kill_in_the_middle_every_kopeck_is_explained(tmp_path: Path) -> None:
    """Calls are under way, others are over and not yet settled, and most are waiting when the program is killed."""
    options = ("--demo", "--speed", "20")
    killed = Server(tmp_path / "data", *options)
    phones = [number("02", talk) for talk in range(1, 91)] + [number("04", each) for each in range(30)]
    settings = {"number": CALLER, "message": RHYME}
    floor = Floor(killed, "sandbox", list)
    sent = ask(floor, "/api/send/", settings=settings, subscribers=[{"phone": phone} for phone in phones])

    def statuses() -> list[str]:
        return [row["status"] for row in ask(floor, "/api/get/", request="state", id=sent["id"])["subscribers"]]

    until(lambda: {"Успешно", "Вызов", "Ожидание"} <= set(statuses()), "it is in the middle")
    killed.kill()
    again = Server(tmp_path / "data", *options)
    try:
        floor = Floor(again, "sandbox", list)
        until(lambda: not OPEN & set(statuses()), "the mailing ends")
        spent = Decimal(ask(floor, "/api/get/", request="state", id=sent["id"])["budget"])
        key = {"Authorization": "Bearer demo-key"}
        account = again.ask("GET", "/v1/account", None, key)
        rows = again.ask("GET", "/v1/account/statement?limit=1000", None, key)["rows"]
        sums = {kind: sum(Decimal(row["amount"]) for row in rows if row["entry"] == kind) for kind in ENTRIES}
        assert {row["entry"] for row in rows} <= set(ENTRIES)
        assert Decimal(account["balance"]) == Decimal(account["available"]) == sums["credit"] - spent
        assert (sums["hold"], sums["charge"]) == (-sums["release"], -spent)
        assert spent > 0
        assert len({row["attempt"] for row in rows if row["entry"] == "charge"}) == sum(
            row["entry"] == "charge" for row in rows
        )
    finally:
        assert again.stop() == 0
