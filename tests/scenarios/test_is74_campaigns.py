"""Campaigns of a project from the order to the report, on the sandbox and over real SIP."""

from __future__ import annotations

import csv
import http.client
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scenarios.conftest import Floor
from scenarios.polls import number
from scenarios.server import until

NOON = 12
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


def ask(floor: Floor, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
    """One request with the key of the demo tenant."""
    target = urlsplit(floor.server.url)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
    try:
        connection.request(method, path, json.dumps(body).encode(), {"Authorization": "Bearer demo-key", **headers})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def noon_somewhere(now: datetime) -> tuple[str, str]:
    """A zone in which it is about noon, so that the ends of its day are far away, and the date there."""
    ahead = (NOON - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}", f"{now + timedelta(hours=ahead):%Y-%m-%d}"


def order(floor: Floor, start: int, phones: list[dict[str, Any]]) -> int:
    """A campaign for a day that is far from over; its number."""
    zone, day = noon_somewhere(datetime.now(UTC))
    floor.server.apply(SITE.format(zone=zone, extension=EXTENSION))
    body = {
        "campaign": {
            "project_id": 74,
            "start_block_id": start,
            "schedule": {
                "date": day,
                "start_time": "00:01",
                "end_time": "23:59",
                "periods": {"id": 1, "title": "Однократно"},
                "attempts": {"id": 1, "title": "1"},
                "interval": "5",
            },
            "phone_id": 74,
        },
        "phones": phones,
    }
    status, answer = ask(floor, "POST", "/api/campaigns", body)
    assert status == 200, answer
    campaign = json.loads(answer)["campaign"]["id"]
    assert type(campaign) is int
    return campaign


def question(scenario: int, start: int, campaign: int, *columns: str) -> dict[str, Any]:
    """A report on the last minutes, in the order of phones."""
    now = datetime.now(UTC)
    return {
        "analytics_filter": {
            "scenario_id": scenario,
            "start_block_id": start,
            "outgoing_campaign_id": campaign,
            "date_start": (now - timedelta(minutes=10)).isoformat(),
            "date_end": (now + timedelta(hours=1)).isoformat(),
        },
        "columns": [{"name": "phone_number", "sorting": "asc"}, *({"name": name} for name in columns)],
    }


def finished(floor: Floor, asked: dict[str, Any], calls: int) -> Any:
    """The report once so many calls are over."""

    def over() -> Any:
        status, answer = ask(floor, "POST", "/api/analytics/74/report", asked)
        assert status == 200, answer
        report = json.loads(answer)
        ended = [row for row in report["data"] if row["call_status"] != "В процессе"]
        return report if len(ended) == calls else None

    return until(over, f"{calls} calls are over")


def test_a_campaign_is_dialled_and_its_report_says_how_it_went(floor: Floor) -> None:
    answering, busy = number("01", 1), number("04")
    phones = [
        {"phone": answering, "add_data": {"name": "Иван", "order": 17}},
        {"phone": busy, "add_data": {"name": "Пётр"}},
    ]
    names = ("call_status", "attempt", "order", "agreed", "answer", "hangup_by", "dialog")
    asked = question(7400, 740, order(floor, 740, phones), *names)
    report = finished(floor, asked, 2)
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
    assert {call["caller"] for call in floor.witness() if call["number"] in rows} == {CALLER}

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
    asked = question(7401, 741, order(floor, 741, [{"phone": phone}]), "call_status", "recording")
    (row,) = finished(floor, asked, 1)["data"]
    assert (row["phone_number"], row["call_status"]) == (phone, "Отвечен")
    url = urlsplit(row["recording"])
    assert f"{url.scheme}://{url.netloc}" == floor.server.url

    def fetched() -> bytes | None:
        status, sound = ask(floor, "GET", url.path)
        return sound if status == 200 else None

    sound = until(fetched, "the recording is there")
    assert sound.startswith(b"RIFF")
    assert len(sound) > 8000
