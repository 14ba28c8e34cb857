"""Campaigns of a project from the order to the report, on the sandbox and over real SIP."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlsplit

from scenarios.conftest import Floor
from scenarios.polls import number
from scenarios.projects import ask, finished, noon_somewhere, order, question
from scenarios.server import until

PROJECT = 74
EXTENSION = "103"
CALLER = "74951234574"
SITE = """
tenants:
  - name: demo
    time_zone: Europe/Moscow
    domain: site
    caller_numbers:
      - {{id: 74, number: "74951234574"}}
    is74:
      projects:
        - id: 74
          name: "Проверка"
          time_zone: {zone}
          hours: {{start: "00:00", end: "24:00"}}
          scenarios:
            - id: 7400
              name: "Проверка"
              start_blocks:
                - id: 740
                  next: hello
                  parameters: [{{name: name, required: true}}]
              blocks:
                hello:
                  listen: "Привет, {{{{name}}}}. Да или нет?"
                  answers:
                    - {{is: consent, keys: "1", into: answer, next: agreed}}
                    - {{is: refusal, keys: "2", into: answer, next: bye}}
                  otherwise: bye
                agreed: {{goal: agreed, next: bye}}
                bye: {{say: "Пока."}}
            - id: 7401
              name: "Оператор"
              start_blocks: [{{id: 741, next: person}}]
              blocks:
                person: {{transfer: "{extension}", wait_seconds: 20}}
"""


def ordered(floor: Floor, start: int, phones: list[dict[str, Any]]) -> int:
    """A campaign of the project; its number."""
    zone, _ = noon_somewhere()
    floor.server.apply(SITE.format(zone=zone, extension=EXTENSION))
    return order(floor, PROJECT, start, PROJECT, phones)


def test_a_campaign_is_dialled_and_its_report_says_how_it_went(floor: Floor) -> None:
    answering, busy = number("01", 1), number("04")
    phones = [
        {"phone": answering, "add_data": {"name": "Иван", "order": 17}},
        {"phone": busy, "add_data": {"name": "Пётр"}},
    ]
    names = ("call_status", "attempt", "order", "agreed", "answer", "hangup_by", "dialog")
    before = len(floor.witness())
    asked = question(7400, 740, ordered(floor, 740, phones), *names)
    report = finished(floor, PROJECT, asked, 2)
    rows = {
        answering: [answering, "Отвечен", 1, "17", True, "yes", "Робот"],
        busy: [busy, "Занято", 1, None, False, None, ""],
    }
    dialogs = {row["phone_number"]: row.pop("dialog") for row in report["data"]}
    assert [list(row.values()) for row in report["data"]] == [rows[phone] for phone in sorted(rows)]
    spoken = [(turn["who"], turn["block"], turn["text"]) for turn in dialogs[answering]]
    assert [one for one in spoken if one[0] == "outdial"] == [
        ("outdial", "hello", "Привет, Иван. Да или нет?"),
        ("outdial", "bye", "Пока."),
    ]
    assert [one[:2] for one in spoken] == [("outdial", "hello"), ("callee", "hello"), ("outdial", "bye")]
    assert dialogs[busy] == []
    assert report["count"] == 2
    assert {call["caller"] for call in floor.witness()[before:] if call["number"] in rows} == {CALLER}

    status, content = ask(floor, "POST", "/api/analytics/74/report", asked, Accept="text/csv")
    assert status == 200
    header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header == ["phone_number", *names]
    assert {tuple(line[:-1]) for line in lines} == {
        (answering, "Отвечен", "1", "17", "true", "yes", "Робот"),
        (busy, "Занято", "1", "", "false", "", ""),
    }


def test_a_talk_with_a_person_is_recorded_and_served(floor: Floor) -> None:
    phone = number("12", 5)
    asked = question(7401, 741, ordered(floor, 741, [{"phone": phone}]), "call_status", "recording")
    (row,) = finished(floor, PROJECT, asked, 1)["data"]
    assert (row["phone_number"], row["call_status"]) == (phone, "Отвечен")
    url = urlsplit(row["recording"])
    assert f"{url.scheme}://{url.netloc}" == floor.server.url

    def fetched() -> bytes | None:
        status, sound = ask(floor, "GET", url.path)
        return sound if status == 200 else None

    sound = until(fetched, "the recording is there")
    assert sound.startswith(b"RIFF")
    assert len(sound) > 8000
