"""Calls that a language model holds, from the order to the report, on the sandbox and over real SIP: it streams, goes on to
a block, is talked to, and stalls."""

from __future__ import annotations

from typing import Any

from drivers.model_stand_in import ModelStandIn, answers, call, says, words
from drivers.stand_in import Move, holds, streams
from scenarios.conftest import Floor
from scenarios.polls import number
from scenarios.projects import finished, noon_somewhere, order, question

PROJECT, SCENARIO, START = 76, 7600, 760
SITE = """
tenants:
  - name: demo
    time_zone: Europe/Moscow
    domain: site
    caller_numbers:
      - {{id: 76, number: "74951234576"}}
    is74:
      projects:
        - id: 76
          name: "Помощник"
          time_zone: {zone}
          hours: {{start: "00:00", end: "24:00"}}
          scenarios:
            - id: 7600
              name: "Помощник"
              start_blocks: [{{id: 760, next: talk, parameters: [{{name: name, required: true}}]}}]
              blocks:
                talk:
                  assistant: "Узнай, придёт ли человек."
                  ways: [{{to: agreed, when: "человек придёт", keys: "5"}}]
                  otherwise: sorry
                  longest_seconds: 1.5
                  first_words_seconds: 1.5
                agreed: {{goal: agreed, next: thanks}}
                thanks: {{say: "Спасибо."}}
                sorry: {{say: "Мы перезвоним."}}
"""
MUTE, SPEAKS, PRESSES = number("02"), number("14", 1), number("01", 5)
COMES = answers(words("Ждём вас, Иван."), call("go_to_agreed"), finish="tool_calls")


def talked(floor: Floor, model: ModelStandIn, phone: str, *moves: Move) -> dict[str, Any]:
    """A call of somebody with a model that answers so; its row in the report."""
    model.moves, model.asked = list(moves), []
    zone, _ = noon_somewhere()
    floor.server.apply(SITE.format(zone=zone))
    campaign = order(floor, PROJECT, START, PROJECT, [{"phone": phone, "add_data": {"name": "Иван"}}])
    asked = question(SCENARIO, START, campaign, "call_status", "agreed", "dialog")
    (row,) = finished(floor, PROJECT, asked, 1)["data"]
    found: dict[str, Any] = row
    return found


def told(row: dict[str, Any]) -> list[tuple[str, str]]:
    """What we said, and in which block."""
    return [(turn["block"], turn["text"]) for turn in row["dialog"] if turn["who"] == "outdial"]


def test_what_is_streamed_is_spoken_and_leads_on(floor: Floor, model: ModelStandIn) -> None:
    row = talked(floor, model, MUTE, answers(words("Здравст", "вуйте! Ждём ", "вас."), call("go_to_agreed")))
    assert told(row) == [("talk", "Здравствуйте! Ждём вас."), ("thanks", "Спасибо.")]
    assert (row["call_status"], row["agreed"]) == ("Отвечен", True)
    (asked,) = model.asked
    rules, first = asked["messages"]
    assert (rules["role"], first["role"]) == ("system", "user")
    assert "Узнай, придёт ли человек." in rules["content"]
    assert '"name": "Иван"' in first["content"]
    assert "Иван" not in rules["content"]


def test_who_answers_the_model_is_answered_by_it(floor: Floor, model: ModelStandIn) -> None:
    row = talked(floor, model, SPEAKS, says("Здравствуйте! Вы придёте?"), COMES)
    assert told(row) == [("talk", "Здравствуйте! Вы придёте?"), ("talk", "Ждём вас, Иван."), ("thanks", "Спасибо.")]
    assert row["agreed"] is True
    ours, theirs = model.asked[1]["messages"][-2:]
    assert ours == {"role": "assistant", "content": "Здравствуйте! Вы придёте?"}
    assert theirs["role"] == "user"
    # The built-in recogniser takes no dictation: the model is told that nothing was understood.
    said = [turn["text"] for turn in row["dialog"] if turn["who"] == "callee"]
    assert (said, theirs["content"] == "да") == ((["да"], True) if floor.switch == "sandbox" else ([], False))


def test_a_key_takes_its_way(floor: Floor, model: ModelStandIn) -> None:
    row = talked(floor, model, PRESSES, says("Если придёте, нажмите пять."))
    assert told(row) == [("talk", "Если придёте, нажмите пять."), ("thanks", "Спасибо.")]
    assert row["agreed"] is True


def test_a_model_that_stalls_is_left_for_the_other_way(floor: Floor, model: ModelStandIn) -> None:
    row = talked(floor, model, MUTE, streams(words("Добрый день! ", "Мы"), then=holds))
    assert told(row) == [("talk", "Добрый день!"), ("sorry", "Мы перезвоним.")]
    assert (row["call_status"], row["agreed"]) == ("Отвечен", False)


def test_a_model_that_never_begins_is_left_as_well(floor: Floor, model: ModelStandIn) -> None:
    row = talked(floor, model, MUTE, holds)
    assert told(row) == [("sorry", "Мы перезвоним.")]
