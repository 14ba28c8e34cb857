"""Reports: what is asked for, counted by hand, in every form, and whose they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import python_calamine

from api.is74.entrance import BEARER, Door, asked, campaign
from written_calls import Spoken, write_calls

Play = Callable[..., None]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CALLS = [
    Spoken(
        at=1,
        digits="79000000001",
        ended_by="callee",
        seconds=70,
        talk_seconds=60,
        variables={"name": "Иванов", "time": "10:00", "phone": "123456"},
        goals=["completed", "agreed"],
        turns=[("outdial", "Здравствуйте, Иванов!", "hello"), ("callee", "да", "hello")],
    ),
    Spoken(at=2, digits="79000000002", outcome="busy", seconds=5, variables={"name": "Петров", "time": "9:00"}),
    Spoken(at=3, digits="79000000002", ordinal=2, seconds=31, talk_seconds=20, ended_by="outdial", goals=["completed"]),
    Spoken(at=4, digits="78000000003", outcome=None, state="in_script", seconds=None),
]


def column(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, **members}


async def written(door: Door, calls: list[Spoken] = CALLS) -> int:
    body = campaign([{"phone": "79000000009", "add_data": {"name": "А", "phone": 1}}], schedule={"date": "2024-08-25"})
    number = await door.order(body)
    await write_calls(door.house.pool, number, calls)
    return number


def test_a_report_without_columns_has_all_of_them(at_door: Play) -> None:
    async def story(door: Door) -> None:
        reply = await door.report(asked(await written(door)))
        assert reply.status == 200
        assert [one["field"] for one in reply.json["columns"]] == [
            *("phone_number", "campaign_name", "call_date", "call_status", "attempt"),
            *("duration", "talk_duration", "hangup_by", "dialog", "recording"),
            *("name", "time", "phone", "agreed"),
        ]
        assert list(reply.json) == ["columns", "data", "total_duration", "avg_duration", "count"]
        assert reply.json["data"][0] == {
            "phone_number": "79000000001",
            "campaign_name": "Обзвон клиентов",
            "call_date": "2024-08-22T12:00:01+03:00",
            "call_status": "Отвечен",
            "attempt": 1,
            "duration": 70,
            "talk_duration": 60,
            "hangup_by": "Абонент",
            "dialog": [
                {
                    "who": "outdial",
                    "text": "Здравствуйте, Иванов!",
                    "time": "2024-08-22T12:00:02+03:00",
                    "block": "hello",
                },
                {"who": "callee", "text": "да", "time": "2024-08-22T12:00:03+03:00", "block": "hello"},
            ],
            "recording": None,
            "name": "Иванов",
            "time": "10:00",
            "phone": "123456",
            "agreed": True,
        }
        assert [row["call_status"] for row in reply.json["data"]] == ["Отвечен", "Занято", "Отвечен", "В процессе"]
        assert [row["dialog"] for row in reply.json["data"][1:]] == [[], [], []]
        # By hand: 70 + 5 + 31 + 0 seconds in 4 calls.
        assert [reply.json[name] for name in ("total_duration", "avg_duration", "count")] == [106, 26, 4]

    at_door(story)


def test_keys_are_told_as_keys(at_door: Play) -> None:
    async def story(door: Door) -> None:
        number = await written(door, CALLS[:1])
        await door.house.pool.execute("update turns set text = '', keys = '12' where who = 'callee'")
        reply = await door.report(asked(number, [column("dialog", filter_type="contains", filter_value="[12]")]))
        assert [turn["text"] for turn in reply.json["data"][0]["dialog"]] == ["Здравствуйте, Иванов!", "[12]"]
        sheet = await door.report(asked(number, [column("dialog")]), {"Accept": "text/csv"})
        assert "Абонент: [12]" in sheet.body.decode()

    at_door(story)


def test_totals_are_those_of_the_rows_that_keep_every_filter_whatever_page_is_asked_for(at_door: Play) -> None:
    columns = [
        column("phone_number", filter_type="starts_with", filter_value="7900", sorting="desc"),
        column("duration", sorting="asc", filter_type="not_true"),
    ]

    async def story(door: Door) -> None:
        number = await written(door)
        columns[1]["filter_type"] = "is_true"
        reply = await door.report(asked(number, columns, limit=1, offset=1))
        assert reply.json["data"] == [{"phone_number": "79000000002", "duration": 31}]
        # By hand: 70 + 5 + 31 seconds in 3 calls.
        assert [reply.json[name] for name in ("total_duration", "avg_duration", "count")] == [106, 35, 3]
        past = await door.report(asked(number, columns, offset=9))
        assert (past.json["data"], past.json["count"]) == ([], 3)
        none = await door.report(asked(number, columns, limit=0))
        assert (none.json["data"], none.json["count"]) == ([], 3)

    at_door(story)


def test_parameters_variables_and_goals_are_columns(at_door: Play) -> None:
    columns = [
        column("name", display_name="Клиент", column_type="parameter", data_type="text"),
        column("phone", column_type="parameter"),
        column("agreed", data_type="goal", filter_type="is_true"),
    ]

    async def story(door: Door) -> None:
        reply = await door.report(asked(await written(door), columns))
        assert reply.json["columns"] == [
            {"field": "name", "display_name": "Клиент", "type": "text"},
            {"field": "phone", "display_name": "phone", "type": "text"},
            {"field": "agreed", "display_name": "agreed", "type": "goal"},
        ]
        assert reply.json["data"] == [{"name": "Иванов", "phone": "123456", "agreed": True}]

    at_door(story)


def test_columns_of_one_name_do_not_hide_each_other(at_door: Play) -> None:
    columns = [
        column("phone_number"),
        column("agreed", column_type="goal"),
        column("agreed", column_type="parameter", display_name="Было"),
        column("agreed", column_type="parameter"),
    ]

    async def story(door: Door) -> None:
        phones = [{"phone": "79000000009", "add_data": {"name": "А", "agreed": "x"}}]
        number = await door.order(campaign(phones, schedule={"date": "2024-08-25"}))
        await write_calls(door.house.pool, number, [Spoken(variables={"agreed": "no"}, goals=["agreed"])])
        reply = await door.report(asked(number, columns))
        assert [(one["field"], one["display_name"]) for one in reply.json["columns"]] == [
            ("phone_number", "phone_number"),
            ("agreed", "agreed"),
            ("parameter.agreed", "Было"),
            ("parameter.agreed", "agreed"),
        ]
        assert reply.json["data"] == [{"phone_number": "79000000000", "agreed": True, "parameter.agreed": "no"}]

    at_door(story)


def test_an_order_by_number_puts_nine_before_ten(at_door: Play) -> None:
    async def story(door: Door) -> None:
        number = await written(
            door, [Spoken(at=at, variables={"name": name}) for at, name in enumerate(("10", "9", "x"))]
        )
        for data_type, order in (("text", ["10", "9", "x"]), ("number", ["x", "9", "10"])):
            reply = await door.report(asked(number, [column("name", data_type=data_type, sorting="asc")]))
            assert [row["name"] for row in reply.json["data"]] == order

    at_door(story)


def test_the_word_equal_of_the_published_page_sets_nothing(at_door: Play) -> None:
    async def story(door: Door) -> None:
        skeleton = column(
            "phone_number", id=0, data_type="equal", filter_type="equal", filter_value="", sorting="equal"
        )
        reply = await door.report(asked(await written(door), [skeleton]))
        assert (reply.status, reply.json["count"]) == (200, 4)

    at_door(story)


def test_times_are_with_a_zone_or_by_the_clock_of_the_project(at_door: Play) -> None:
    async def story(door: Door) -> None:
        number = await written(door)
        for since, until, count in (
            ("2024-08-22T09:00:02Z", "2024-08-22T09:00:03Z", 2),
            ("2024-08-22T12:00:02", "2024-08-22T12:00:03", 2),
            ("2024-08-22T14:00:02.000+05:00", "2024-08-22T14:00:03+05:00", 2),
            ("2024-08-22", "2024-08-22", 4),
            ("2024-08-21", "2024-08-21", 0),
        ):
            body = asked(number)
            body["analytics_filter"] |= {"date_start": since, "date_end": until}
            assert (await door.report(body)).json["count"] == count

    at_door(story)


def test_the_same_report_as_csv_and_as_a_spreadsheet(at_door: Play, tmp_path: Path) -> None:
    columns = [
        column("phone_number", display_name="Телефон"),
        column("name", display_name="Телефон"),
        column("duration"),
        column("agreed"),
        column("dialog"),
    ]
    rows = [
        ["79000000001", "Иванов", "70", "true", "Робот: Здравствуйте, Иванов!\nАбонент: да"],
        ["79000000002", "Петров", "5", "false", ""],
        ["79000000002", "", "31", "false", ""],
        ["78000000003", "", "0", "false", ""],
    ]

    async def story(door: Door) -> None:
        body = asked(await written(door), columns)
        written_as = await door.report(body, {"Accept": "text/csv"})
        assert written_as.headers["content-type"] == "text/csv; charset=utf-8"
        assert 'filename="report.csv"' in written_as.headers["content-disposition"]
        lines = list(csv.reader(io.StringIO(written_as.body.decode("utf-8-sig"), newline="")))
        assert lines == [["Телефон", "Телефон", "duration", "agreed", "dialog"], *rows]

        book = await door.report(body, {"Accept": XLSX})
        assert book.headers["content-type"] == XLSX
        sheet = python_calamine.load_workbook(io.BytesIO(book.body)).get_sheet_by_index(0).to_python()
        assert sheet[0] == ["Телефон", "Телефон (2)", "duration", "agreed", "dialog"]
        told = [[*row[:2], str(int(float(str(row[2])))), str(row[3]).lower(), row[4]] for row in sheet[1:]]
        assert told == rows
        assert list((tmp_path / "reports").iterdir()) == []

        nobody = asked(1, columns)
        nobody["analytics_filter"] |= {"date_start": "2020-01-01", "date_end": "2020-01-01"}
        empty = await door.report(nobody, {"Accept": XLSX})
        only = python_calamine.load_workbook(io.BytesIO(empty.body)).get_sheet_by_index(0).to_python()
        assert only == [["Телефон", "Телефон (2)", "duration", "agreed", "dialog"]]

    at_door(story)


def test_a_recording_is_served_to_its_tenant_and_to_nobody_else(at_door: Play, tmp_path: Path) -> None:
    async def story(door: Door) -> None:
        folder = tmp_path / "recordings"
        folder.mkdir()
        (folder / "talk.wav").write_bytes(b"RIFF talk")
        (tmp_path / "secret.wav").write_bytes(b"secret")
        calls = [
            Spoken(recording=str(path)) for path in (folder / "talk.wav", tmp_path / "secret.wav", folder / "gone.wav")
        ]
        number = await written(door, calls)
        reply = await door.report(asked(number, [column("recording")]), {"Host": "pbx.example:8080"})
        urls = {row["recording"] for row in reply.json["data"]}
        assert all(url.startswith("http://pbx.example:8080/api/analytics/1/recordings/") for url in urls)
        paths = [url.removeprefix("http://pbx.example:8080") for url in urls]
        answers = [await door.caller.call("GET", path, b"", BEARER) for path in paths]
        assert sorted((one.status, one.body) for one in answers if one.status == 200) == [(200, b"RIFF talk")]
        assert sorted(one.status for one in answers) == [200, 404, 404]
        assert {(await door.caller.call("GET", path)).status for path in paths} == {401}
        assert (await door.caller.call("GET", "/api/analytics/1/recordings/..%2fx.wav", b"", BEARER)).status == 404

    at_door(story)


FAULTY: list[tuple[str, Callable[[dict[str, Any]], None], dict[str, str]]] = [
    ("nothing", lambda body: body.clear(), {"analytics_filter": "required"}),
    (
        "an empty filter",
        lambda body: body.update(analytics_filter={"date_start": "soon"}),
        {
            "analytics_filter.date_start": "a time as in",
            "analytics_filter.date_end": "required",
            "analytics_filter.scenario_id": "required",
            "analytics_filter.start_block_id": "required",
            "analytics_filter.outgoing_campaign_id": "required",
        },
    ),
    (
        "numbers of nothing, and columns",
        lambda body: body.update(
            analytics_filter=body["analytics_filter"]
            | {"scenario_id": 1, "start_block_id": 2, "outgoing_campaign_id": 3},
            columns=[{"name": "colour", "data_type": "x", "filter_type": "like", "sorting": "up"}, 5, {}],
            limit=-1,
            offset="x",
        ),
        {
            "analytics_filter.scenario_id": "nothing that exists",
            "analytics_filter.start_block_id": "nothing that exists",
            "analytics_filter.outgoing_campaign_id": "nothing that exists",
            "columns.0.name": "no column",
            "columns.0.data_type": "one of",
            "columns.0.filter_type": "one of",
            "columns.0.sorting": "one of",
            "columns.1": "an object",
            "columns.2.name": "required",
            "limit": "between 0",
            "offset": "an integer",
        },
    ),
    (
        "a start block of another scenario",
        lambda body: body["analytics_filter"].update(start_block_id=11),
        {"analytics_filter.start_block_id": "in this scenario"},
    ),
    (
        "the wrong words of a known column",
        lambda body: body.update(
            columns=[
                {"name": "duration", "data_type": "x", "filter_type": "equal", "filter_value": "long", "sorting": "up"},
                {"name": "phone_number", "filter_type": "like"},
                {"name": "phone_number", "filter_type": "contains", "filter_value": ["7"]},
            ]
        ),
        {
            "columns.0.data_type": "one of",
            "columns.0.filter_value": "a number",
            "columns.0.sorting": "one of",
            "columns.1.filter_type": "one of",
            "columns.2.filter_value": "a string",
        },
    ),
    (
        "an end before the start",
        lambda body: body["analytics_filter"].update(date_end="2024-08-21"),
        {"analytics_filter.date_end": "after date_start"},
    ),
]


@pytest.mark.parametrize(("spoil", "faults"), [case[1:] for case in FAULTY], ids=[case[0] for case in FAULTY])
def test_every_fault_of_a_question_is_told_at_once(
    at_door: Play, spoil: Callable[[dict[str, Any]], None], faults: dict[str, str]
) -> None:
    async def story(door: Door) -> None:
        body = asked(await written(door))
        spoil(body)
        reply = await door.report(body)
        assert reply.status == 422
        found = reply.json["errors"]
        assert set(found) == set(faults)
        assert {path for path, wrong in faults.items() if wrong not in found[path][0]} == set()

    at_door(story)


def test_a_project_of_somebody_else_has_no_reports(at_door: Play) -> None:
    async def story(door: Door) -> None:
        body = asked(await written(door))
        for project in ("2", "77", "x", "1e3", "-1"):
            reply = await door.post(f"/api/analytics/{project}/report", body)
            assert (reply.status, set(reply.json)) == (404, {"message"})
        elsewhere = await door.post("/api/analytics/3/report", body)
        assert set(elsewhere.json["errors"]) == {
            "analytics_filter.scenario_id",
            "analytics_filter.start_block_id",
            "analytics_filter.outgoing_campaign_id",
        }

    at_door(story)
