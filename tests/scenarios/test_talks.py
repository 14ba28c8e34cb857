"""Scenarios that listen, from the order to the report: callees who speak, press, stay silent and interrupt, on the sandbox
and over real SIP, where they are understood by the built-in recogniser."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from outdial.drivers.postgres.embedded import running_dsn
from scenarios.conftest import Floor
from scenarios.polls import number
from scenarios.projects import ask, finished, noon_somewhere, order, question, report

PROJECT = 75
SCENARIO, START, ENGLISH_START = 7500, 750, 751
SITE = """
tenants:
  - name: demo
    time_zone: Europe/Moscow
    domain: site
    caller_numbers:
      - {{id: 75, number: "74951234575"}}
    is74:
      projects:
        - id: 75
          name: "Разговоры"
          time_zone: {zone}
          hours: {{start: "00:00", end: "24:00"}}
          scenarios:
            - id: 7500
              name: "Приём"
              start_blocks:
                - {{id: 750, next: greet, parameters: [{{name: name, required: true}}, {{name: time}}]}}
                - {{id: 751, next: greet_in_english, parameters: [{{name: name, required: true}}]}}
              blocks:
                greet: {{say: "Здравствуйте, {{{{name}}}}!", next: hello}}
                hello:
                  listen: "Вы записаны на {{{{time}}}}. Вы придёте? Скажите, да или нет."
                  answers:
                    - {{is: consent, into: answer, keys: "1", next: agreed}}
                    - {{is: refusal, into: answer, keys: "2", next: refused}}
                  silence: "Вас не слышно."
                  unmatched: "Не понимаю."
                  wait_seconds: 2
                  tries: 2
                  otherwise: lost
                agreed: {{goal: agreed, next: thanks}}
                thanks: {{say: "Спасибо, {{{{name}}}}."}}
                refused: {{goal: refused, next: bye}}
                bye: {{say: "Жаль."}}
                lost: {{set: {{note: "не ответил"}}, next: later}}
                later: {{say: "Мы перезвоним."}}
                greet_in_english: {{say: "Hello, {{{{name}}}}.", language: en-US, next: meet}}
                meet:
                  listen: "Shall we meet?"
                  language: en-US
                  answers:
                    - {{is: consent, into: answer, next: how_many}}
                    - {{is: refusal, into: answer, next: refused}}
                  otherwise: lost
                how_many:
                  listen: "How many of you will come?"
                  language: en-US
                  answers:
                    - {{is: number, from: 1, to: 9, into: guests, next: is_it_many}}
                  otherwise: lost
                is_it_many:
                  branch:
                    - {{if: {{variable: guests, more: 1}}, next: party}}
                  otherwise: agreed
                party: {{goal: party, next: agreed}}
"""
YES, NO, KEY, MUTE = number("14", 1), number("14", 2), number("01", 2), number("02")
INTERRUPTS, IN_ENGLISH = number("14", 91), number("14", 37)
GREETED, ASKED = "Здравствуйте, Иван!", "Вы записаны на 10:00. Вы придёте? Скажите, да или нет."
COLUMNS = ("call_status", "name", "answer", "note", "guests", "agreed", "refused", "party", "hangup_by", "dialog")


@dataclass(frozen=True)
class Turn:
    """A turn as the database has it."""

    who: str
    block: str
    text: str
    keys: str
    confidence: float | None
    alternatives: list[str]
    interrupted: bool
    gap_seconds: float | None


def turns_of(floor: Floor, phone: str) -> list[Turn]:
    """What was written down of the last call to a phone."""

    async def read() -> list[Turn]:
        dsn = running_dsn(floor.server.folder / "postgres")
        assert dsn
        connection = await asyncpg.connect(dsn)
        try:
            rows = await connection.fetch(
                "select who, block, text, keys, confidence, alternatives, interrupted, gap_seconds from turns"
                " where attempt_id = (select id from attempts where digits = $1 order by reserved_at desc limit 1)"
                " order by position",
                phone,
            )
        finally:
            await connection.close()
        return [Turn(**row) for row in rows]

    return asyncio.run(read())


def called(floor: Floor, start: int, phones: list[str], **data: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The phones are called by a campaign; its report by phone, and the question that it answers."""
    zone, _ = noon_somewhere()
    floor.server.apply(SITE.format(zone=zone))
    campaign = order(floor, PROJECT, start, PROJECT, [{"phone": phone, "add_data": data} for phone in phones])
    asked = question(SCENARIO, start, campaign, *COLUMNS)
    rows = finished(floor, PROJECT, asked, len(phones))["data"]
    return {row["phone_number"]: row for row in rows}, asked


def said(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """A dialogue: who said what in which block."""
    return [(turn["who"], turn["block"], turn["text"]) for turn in row["dialog"]]


def told(row: dict[str, Any]) -> list[str]:
    """What we said in a dialogue."""
    return [turn["text"] for turn in row["dialog"] if turn["who"] == "outdial"]


@pytest.fixture(scope="module")
def talks() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Reports by switch."""
    return {}


@pytest.fixture
def talked(floor: Floor, talks: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same campaign for all that look at it: rows by phone, and the question that they answer."""
    if floor.switch not in talks:
        phones = [YES, NO, KEY, MUTE, INTERRUPTS]
        talks[floor.switch] = called(floor, START, phones, name="Иван", time="10:00")
    found: tuple[dict[str, Any], dict[str, Any]] = talks[floor.switch]
    return found


def test_a_yes_and_a_no_go_their_ways(talked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    rows, _ = talked
    values = {phone: [rows[phone][name] for name in COLUMNS[:-1]] for phone in (YES, NO)}
    assert values == {
        YES: ["Отвечен", "Иван", "yes", None, None, True, False, False, "Робот"],
        NO: ["Отвечен", "Иван", "no", None, None, False, True, False, "Робот"],
    }
    first = [("outdial", "greet", GREETED), ("outdial", "hello", ASKED)]
    assert said(rows[YES]) == [*first, ("callee", "hello", "да"), ("outdial", "thanks", "Спасибо, Иван.")]
    assert said(rows[NO]) == [*first, ("callee", "hello", "нет"), ("outdial", "bye", "Жаль.")]


def test_turns_have_what_the_recogniser_knew_and_how_long_the_callee_waited(
    floor: Floor, talked: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    for phone, text in ((YES, "да"), (NO, "нет")):
        _, asked, answer, told = turns_of(floor, phone)
        assert (asked.confidence, asked.gap_seconds, asked.interrupted) == (None, None, False)
        assert (answer.text, answer.keys, answer.gap_seconds) == (text, "", None)
        assert answer.confidence is not None
        assert 0.5 < answer.confidence <= 1
        assert text not in answer.alternatives
        assert told.gap_seconds is not None
        assert 0.5 <= told.gap_seconds < 5


def test_a_key_answers_as_well(floor: Floor, talked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    row = talked[0][KEY]
    assert [row[name] for name in ("answer", "agreed", "refused")] == ["no", False, True]
    assert [turn["text"] for turn in row["dialog"]] == [GREETED, ASKED, "[2]", "Жаль."]
    pressed = turns_of(floor, KEY)[2]
    assert (pressed.who, pressed.keys, pressed.text, pressed.confidence) == ("callee", "2", "", None)


def test_silence_is_asked_again_and_leads_to_the_other_way(talked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    row = talked[0][MUTE]
    assert [row[name] for name in ("call_status", "answer", "note", "agreed")] == ["Отвечен", None, "не ответил", False]
    assert told(row) == [GREETED, ASKED, f"Вас не слышно. {ASKED}", "Мы перезвоним."]


def test_a_voice_stops_the_prompt(floor: Floor, talked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    row = talked[0][INTERRUPTS]
    assert [row[name] for name in ("answer", "agreed")] == ["yes", True]
    _, asked, answer, thanks = turns_of(floor, INTERRUPTS)
    assert (asked.text, asked.interrupted) == (ASKED, True)
    assert (answer.text, thanks.block, thanks.interrupted) == ("да", "thanks", False)


def test_a_report_asks_for_those_who_reached_a_goal(
    floor: Floor, talked: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    _, asked = talked
    columns = [*asked["columns"][:1], {"name": "agreed", "column_type": "goal", "filter_type": "is_true"}]
    found = report(floor, PROJECT, {**asked, "columns": columns})
    assert [row["phone_number"] for row in found["data"]] == sorted([YES, INTERRUPTS])
    assert found["count"] == 2


def test_a_number_is_collected_and_decides(floor: Floor) -> None:
    rows, asked = called(floor, ENGLISH_START, [IN_ENGLISH], name="John")
    row = rows[IN_ENGLISH]
    assert [row[name] for name in ("answer", "guests", "party", "agreed")] == ["yes", "2", True, True]
    assert told(row) == ["Hello, John.", "Shall we meet?", "How many of you will come?", "Спасибо, John."]
    heard = [turn for turn in turns_of(floor, IN_ENGLISH) if turn.who == "callee"]
    assert [turn.block for turn in heard] == ["meet", "how_many"]
    assert heard[1].text == "two"
    assert all(turn.confidence for turn in heard)
    status, sheet = ask(floor, "POST", f"/api/analytics/{PROJECT}/report", asked, Accept="text/csv")
    assert status == 200
    assert "two" in sheet.decode("utf-8-sig")
