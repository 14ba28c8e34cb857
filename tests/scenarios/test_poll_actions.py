"""Keys of a poll that keep what the callee says or ask the CRM, and the settings of the module."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scenarios.conftest import Floor
from scenarios.polls import number
from scenarios.server import until
from scenarios.test_polls import answers, by_phone, run_task


def poll(press: dict[str, Any], **question: Any) -> dict[str, Any]:
    """A poll of one question with one key."""
    asked = {"questionId": "q", "questionText": "Press a key.", "lang": "en-US", "press": [press], **question}
    return {"questions": [asked]}


def recordings(floor: Floor) -> set[Path]:
    return set((floor.server.folder / "recordings").glob("*/*.wav"))


@contextmanager
def told(floor: Floor, **settings: str) -> Iterator[None]:
    """What the module is told for as long as this lasts, and nothing afterwards."""
    tenant: dict[str, Any] = {"name": "demo", "time_zone": "Europe/Moscow"}
    floor.server.apply(json.dumps({"tenants": [{**tenant, "mikopbx": settings}]}))
    try:
        yield
    finally:
        cleared = dict.fromkeys(settings, "")
        floor.server.apply(json.dumps({"tenants": [{**tenant, "mikopbx": cleared}]}))


@contextmanager
def crm(status: int, reply: bytes) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A CRM that always gives the same reply; its address, and what it is asked."""
    asked: list[dict[str, Any]] = []

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            """It says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/poll", asked
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def test_what_a_callee_says_and_types_is_kept(floor: Floor) -> None:
    asked = {"key": "1", "action": "playback_record", "value": "Ваш номер?", "valueOptions": "2"}
    phone = number("01", 13)
    task = run_task(floor, poll(asked), [phone])
    assert by_phone(task)[phone]["result"] == "SUCCESS_POLLING"
    ((question, path, result),) = answers(task, phone)
    assert (question, result) == ("q", "3")
    assert Path(path).parent.parent == (floor.server.folder / "recordings").absolute()
    sound = until(lambda: Path(path).is_file() and Path(path).read_bytes(), "the recording is in its file")
    assert sound[:4] == b"RIFF"


def test_whoever_hangs_up_while_being_recorded_leaves_the_file_and_no_row(floor: Floor) -> None:
    asked = {"key": "1", "action": "playback_record", "value": "Говорите", "valueOptions": "60"}
    phone = number("02", 6)
    before = recordings(floor)
    task = run_task(floor, poll(asked, questionText="", defPress="1"), [phone])
    assert by_phone(task)[phone]["result"] == "FAIL_POLLING"
    assert answers(task, phone) == []
    until(lambda: recordings(floor) - before, "the recording is in its file")


@pytest.mark.parametrize(("status", "reply"), [(200, b'{"data": "42"}'), (500, b"")])
def test_the_crm_is_asked_and_the_poll_ends_well_whatever_it_says(floor: Floor, status: int, reply: bytes) -> None:
    phone = number("01", 4)
    press = {"key": "4", "action": "send_crm", "crmResponseTemplate": "Your order is <result>."}
    with crm(status, reply) as (url, asked), told(floor, crm_url=url):
        task = run_task(floor, poll(press), [phone])
    row = by_phone(task)[phone]
    assert row["result"] == "SUCCESS_POLLING"
    assert answers(task, phone) == [("q", "4", "4")]
    assert asked == [
        {
            "phone": phone,
            "linkedId": row["linkedId"],
            "pollingId": task["innerNum"],
            "results": task["resultsPoling"],
        }
    ]


def test_without_a_crm_the_poll_ends_well(floor: Floor) -> None:
    phone = number("01", 4)
    task = run_task(floor, poll({"key": "4", "action": "send_crm", "crmResponseTemplate": "<result>"}), [phone])
    assert by_phone(task)[phone]["result"] == "SUCCESS_POLLING"
    assert answers(task, phone) == [("q", "4", "4")]


def test_a_task_without_a_prefix_dials_the_default_one(floor: Floor) -> None:
    bare, own = number("04", 81), number("04", 82)
    press = {"key": "1", "action": "answer", "value": "yes"}
    with told(floor, default_dial_prefix="998"):
        task = run_task(floor, poll(press), [bare])
        run_task(floor, poll(press), [own], dialPrefix="999")
    assert task["dialPrefix"] == ""
    assert {"998" + bare, "999" + own} <= set(floor.dialled())
