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
                hello: {{say: "Привет, {{{{name}}}}.", next: agreed}}
                agreed: {{goal: agreed}}
"""


def post(floor: Floor, path: str, body: Any, **headers: str) -> tuple[int, bytes]:
    """One request with the key of the demo tenant."""
    target = urlsplit(floor.server.url)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
    try:
        connection.request("POST", path, json.dumps(body).encode(), {"Authorization": "Bearer demo-key", **headers})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def noon_somewhere(now: datetime) -> tuple[str, str]:
    """A zone in which it is about noon, so that the ends of its day are far away, and the date there."""
    ahead = (NOON - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}", f"{now + timedelta(hours=ahead):%Y-%m-%d}"


def test_a_campaign_is_dialled_and_its_report_says_how_it_went(floor: Floor) -> None:
    now = datetime.now(UTC)
    zone, day = noon_somewhere(now)
    floor.server.apply(SITE.format(zone=zone))
    answering, busy = number("12", 3), number("04")
    body = {
        "campaign": {
            "project_id": 74,
            "start_block_id": 740,
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
        "phones": [
            {"phone": answering, "add_data": {"name": "Иван", "order": 17}},
            {"phone": busy, "add_data": {"name": "Пётр"}},
        ],
    }
    status, answer = post(floor, "/api/campaigns", body)
    assert status == 200, answer
    campaign = json.loads(answer)["campaign"]["id"]
    assert type(campaign) is int
    names = ("phone_number", "call_status", "attempt", "order", "agreed", "hangup_by")
    question = {
        "analytics_filter": {
            "scenario_id": 7400,
            "start_block_id": 740,
            "outgoing_campaign_id": campaign,
            "date_start": (now - timedelta(minutes=1)).isoformat(),
            "date_end": (now + timedelta(hours=1)).isoformat(),
        },
        "columns": [{"name": name, "sorting": "asc"} if name == "phone_number" else {"name": name} for name in names],
    }

    def over() -> Any:
        status, answer = post(floor, "/api/analytics/74/report", question)
        assert status == 200, answer
        report = json.loads(answer)
        ended = [row for row in report["data"] if row["call_status"] != "В процессе"]
        return report if len(ended) == 2 else None

    report = until(over, "both calls are over")
    rows = {
        answering: [answering, "Отвечен", 1, "17", True, "Робот"],
        busy: [busy, "Занято", 1, None, False, ""],
    }
    assert [list(row.values()) for row in report["data"]] == [rows[phone] for phone in sorted(rows)]
    assert report["count"] == 2
    assert {call["caller"] for call in floor.witness() if call["number"] in rows} == {"74951234574"}

    status, content = post(floor, "/api/analytics/74/report", question, Accept="text/csv")
    assert status == 200
    header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header == list(names)
    assert {tuple(line) for line in lines} == {
        (answering, "Отвечен", "1", "17", "true", "Робот"),
        (busy, "Занято", "1", "", "false", ""),
    }
