"""Spreadsheets of phones, and files that are none."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.asgi import Reply
from api.mikopbx.door import Door, multipart
from outdial.api.mikopbx import API_PREFIX
from outdial.api.mikopbx.imports import from_base64

Play = Callable[..., None]
XLS = (Path(__file__).parent / "sheets" / "phones.xls").read_bytes()
WANTED = [
    {"number": "79520000001", "clientId": "1"},
    {"number": "+7 952 000-00-02", "clientId": "1"},
    {"number": "79520000003", "clientId": "2"},
]
CSV = "79520000001;+7 952 000-00-02;\r\n;;79520000003\r\n;;\r\n79520000009;;\r\n"


def xlsx(sheet: str, hidden: str = "") -> bytes:
    """A workbook whose last sheet holds these rows; a hidden one may stand before it."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    rows = [*([hidden] if hidden else []), sheet]
    states = ["hidden", "visible"][-len(rows) :]
    sheets = "".join(
        f'<sheet name="s{n}" sheetId="{n}" state="{state}" r:id="r{n}"/>' for n, state in enumerate(states, 1)
    )
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(rows) + 1)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
        f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{relations}</Relationships>',
    }
    for n, held in enumerate(rows, 1):
        files[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{main}"><sheetData>{held}</sheetData></worksheet>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def cell(place: str, value: str, *, text: bool = False) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>' if text else f'<c r="{place}"><v>{value}</v></c>'


PHONES = (
    f'<row r="1">{cell("A1", "79520000001")}{cell("B1", "+7 952 000-00-02", text=True)}</row>'
    f'<row r="2">{cell("C2", "79520000003")}{cell("AA2", "79520000008")}</row>'
    f'<row r="4">{cell("A4", "79520000009")}</row>'
)


async def upload(door: Door, content: bytes, name: str = "phones.xlsx") -> Reply:
    body, kind = multipart(name, content)
    reply = await door.local.call("POST", API_PREFIX + "/upload-xls", body, {"Content-Type": kind})
    assert reply.status == 200
    return reply


def test_spreadsheets_of_every_kind(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for content in (
            XLS,
            xlsx(PHONES),
            xlsx(PHONES, hidden=PHONES * 2),
            CSV.encode(),
            b"\xef\xbb\xbf" + CSV.encode(),
        ):
            assert (await upload(door, content)).json == WANTED
            assert (await upload(door, base64.encodebytes(content))).json == WANTED
        for delimiter in ",\t":
            assert (await upload(door, CSV.replace(";", delimiter).encode(), "phones.csv")).json == WANTED
        cyrillic = (await upload(door, "Иванов;79520000001".encode("cp1251"), "phones.csv")).json
        assert [row["number"] for row in cyrillic] == ["Иванов", "79520000001"]
        assert (await upload(door, xlsx(f'<row r="2">{cell("A2", "1")}</row>'))).json == []
        assert (await upload(door, xlsx(""))).json == []

    at_door(story)


def test_what_is_read_is_what_a_task_takes(at_door: Play) -> None:
    async def story(door: Door) -> None:
        numbers = (await upload(door, XLS)).json
        made = await door.data("/task", {"innerNum": "1", "innerNumType": "polling", "numbers": numbers})
        rows = (await door.data(f"/task/{made['id']}"))["results"]
        assert [(row["phone"], row["clientId"]) for row in rows] == [tuple(one.values()) for one in WANTED]

    at_door(story)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"79520000001\n79520000002", True),
        (b"795200000012", True),
        (b"abc", True),
        (b"phones", True),
        (base64.b64encode(b"79520000001\n"), False),
        (base64.b64encode(b"\x00\x01\x02"), True),
    ],
)
def test_what_counts_as_base64(content: bytes, kept: bool) -> None:
    assert (from_base64(content) == content) is kept


def test_files_that_are_no_spreadsheets(at_door: Play) -> None:
    async def story(door: Door) -> None:
        no_sheet = "no spreadsheet"
        empty = "error upload file: file is empty"
        for content, message in (
            (b"", empty),
            (b" \r\n", empty),
            (b"\x89PNG\r\n\x1a\n\x00\x00", no_sheet),
            (b"\x00" * 100, no_sheet),
            (b"PK\x03\x04broken", no_sheet),
            (b"\xd0\xcf\x11\xe0broken", no_sheet),
            (XLS[:1500], "read"),
            (b'"79520000001', "csv"),
            (xlsx(f'<row r="1">{cell("A1", "1")}</row><row r="1048576">{cell("XFD1048576", "1")}</row>'), "read"),
        ):
            answer = (await upload(door, content)).json
            assert list(answer) == ["result", "data", "messages", "function", "processor", "pid"]
            assert (answer["result"], answer["data"]) == (False, [])
            assert message in answer["messages"][0], content[:20]

    at_door(story)


def test_uploads_that_are_no_uploads(at_door: Play) -> None:
    async def story(door: Door) -> None:
        kind = {"Content-Type": "multipart/form-data; boundary=edge"}
        for body, headers in ((b"", {}), (b"phones", {}), (b"--edge--\r\n", kind), (b"nothing", kind)):
            reply = await door.local.call("POST", API_PREFIX + "/upload-xls", body, headers)
            assert (reply.status, reply.json["result"]) == (200, False)
        reply = await door.local.call("POST", API_PREFIX + "/upload-xls", [b" " * 65536] * 40, kind)
        assert (reply.status, reply.json["result"], door.local.left) == (200, False, 0)
        answer = (await upload(door, b"7" * 300_000, "phones.csv")).json
        assert (answer["result"], "longer" in answer["messages"][0]) == (False, True)

    at_door(story)


def test_whether_anybody_is_there(at_door: Play) -> None:
    async def story(door: Door) -> None:
        reply = await door.local.call("POST", API_PREFIX + "/crm-test", json.dumps({"any": "thing"}).encode())
        answer: dict[str, Any] = reply.json
        assert list(answer) == ["result", "data"]
        assert answer["result"] is True
        assert answer["data"].isdigit()
        assert (await door.caller("203.0.113.7").call("POST", API_PREFIX + "/crm-test")).status == 401

    at_door(story)
