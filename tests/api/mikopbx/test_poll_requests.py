"""Polls over HTTP: ids, types, edits, lists."""

from __future__ import annotations

from collections.abc import Callable

from api.mikopbx.door import Door
from outdial.api.mikopbx import API_PREFIX
from outdial.core.call import Call
from outdial.core.prompt import Words, fill
from outdial.core.script.nodes import Ask, Record

Play = Callable[..., None]
QUESTION = {"questionText": "Да?", "press": [{"key": 1, "action": "answer", "value": 2}]}


def test_ids_of_a_new_poll(at_door: Play) -> None:
    async def story(door: Door) -> None:
        assert await door.data("/polling", {"name": "a"}) == {"id": "1", "crmId": 1, "name": "a"}
        assert await door.data("/polling", {"crmId": "", "name": 5}) == {"id": "2", "crmId": 2, "name": 5}
        assert await door.data("/polling", {"crmId": None}) == {"id": "3", "crmId": 3, "name": None}
        assert await door.data("/polling", {"crmId": 40, "name": "b"}) == {"id": "4", "crmId": 40, "name": "b"}
        assert await door.data("/polling", {"crmId": "x"}) == {"id": "5", "crmId": "x", "name": None}
        listed = (await door.data("/polling"))["results"]
        assert [(one["id"], one["crmId"], one["name"]) for one in listed] == [
            ("1", "1", "a"),
            ("2", "2", "5"),
            ("3", "3", None),
            ("4", "40", "b"),
            ("5", "x", None),
        ]

    at_door(story)


def test_an_automatic_id_never_takes_over_another_poll(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/polling", {"crmId": "2", "name": "explicit"})
        made = await door.data("/polling", {"name": "automatic"})
        assert made == {"id": "3", "crmId": 3, "name": "automatic"}

    at_door(story)


def test_editing_replaces_every_question(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/polling", {"crmId": "A", "name": "n", "questions": [QUESTION, QUESTION]})
        edited = await door.data("/polling", {"crmId": "A", "id": "99", "questions": [QUESTION]})
        assert edited == {"id": "1", "crmId": "A", "name": "n"}
        shown = await door.data("/polling/1")
        assert [question["id"] for question in shown["questions"]] == ["3"]
        await door.data("/polling", {"id": 1, "name": "m"})
        assert await door.data("/polling/1") == {"id": "1", "crmId": "A", "name": "m", "questions": []}

    at_door(story)


def test_what_is_given_back(at_door: Play) -> None:
    async def story(door: Door) -> None:
        full = {
            "questionId": "q",
            "questionText": "Код <code> +1",
            "questionFile": "",
            "lang": "kk-KZ",
            "timeout": 9,
            "defPress": "1",
            "type": "",
            "nextQuestion": "z",
            "press": [
                {
                    "key": "A!",
                    "action": "",
                    "value": "",
                    "valueOptions": "file",
                    "nextQuestion": "q",
                    "needRecognize": 1,
                }
            ],
        }
        await door.data("/polling", {"questions": [full, QUESTION, {}]})
        first, second, third = (await door.data("/polling/1"))["questions"]
        assert list(first) == ["id", "questionText", "questionFile", "lang", "press"]
        assert first == {
            "id": "1",
            "questionText": "Код <code> +1",
            "questionFile": "",
            "lang": "kk-KZ",
            "press": [{"key": "A!", "action": "", "value": "", "valueOptions": "file", "nextQuestion": "q"}],
        }
        assert second["press"] == [
            {"key": "1", "action": "answer", "value": "2", "valueOptions": None, "nextQuestion": None}
        ]
        assert third == {"id": "3", "questionText": "", "questionFile": None, "lang": "ru-RU", "press": []}

    at_door(story)


def test_unknown_polls(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/polling", {"crmId": "A"})
        for id in ["2", "A", "99999999999999999999", "-1", "1.0"]:
            answer = await door.get(f"/polling/{id}")
            assert (answer["result"], answer["data"]) == (False, [])

    at_door(story)


def test_the_list_as_a_table(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/polling", {"name": "a"})
        answer = await door.get("/polling?draw=3")
        assert answer["data"] == [{"id": "1", "crmId": "1", "name": "a"}]
        assert list(answer)[6:] == ["draw", "recordsTotal", "recordsFiltered"]
        assert (answer["draw"], answer["recordsTotal"], answer["recordsFiltered"]) == ("3", 1, 0)

    at_door(story)


def test_how_an_answer_is_printed(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/polling", {"name": "Опрос 😀 /"})
        reply = await door.local.call("GET", API_PREFIX + "/polling")
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        assert reply.body.startswith(b'{\n    "result": true,\n    "data": {\n        "results": [\n')
        assert b'"name": "\\u041e\\u043f\\u0440\\u043e\\u0441 \\ud83d\\ude00 /"' in reply.body
        assert b'"messages": [],\n' in reply.body
        assert isinstance(reply.json["pid"], int)

    at_door(story)


def test_a_poll_is_synthesised_before_the_answer_and_saved_when_that_fails(at_door: Play) -> None:
    async def story(door: Door) -> None:
        thanks = {"key": "1", "action": "playback", "value": "Спасибо", "valueOptions": "text"}
        questions = [{"questionText": "Да, <name>?", "press": [thanks]}]
        await door.data("/polling", {"questions": questions})
        assert door.house.voice.spoken == ["Спасибо"]
        await door.data("/polling", {"questions": [{"questionText": "mute"}]})

    at_door(story)


def test_presses_of_newer_releases_are_given_back_in_the_published_form(at_door: Play) -> None:
    async def story(door: Door) -> None:
        record = {"key": "1", "action": "playback_record", "value": "Говорите", "valueOptions": "7", "nextQuestion": ""}
        crm = {"key": "2", "action": "send_crm", "value": None, "valueOptions": None, "nextQuestion": None}
        recognised = {**record, "needRecognize": "1", "recognizeLabel": "Квартира"}
        asks = {**crm, "crmResponseTemplate": "Ваш номер принят"}
        question = {"questionText": "Да?", "type": "confirmation", "press": [recognised, asks]}
        await door.data("/polling", {"questions": [{"questionText": "Да?", "press": [recognised, asks]}, question]})
        shown = (await door.data("/polling/1"))["questions"]
        assert [question["press"] for question in shown] == [[record, crm]] * 2
        assert set(door.house.voice.spoken) == {"Да?", "Говорите", "Ваш номер принят"}

    at_door(story)


def test_each_callee_hears_the_values_that_came_with_the_number(at_door: Play) -> None:
    async def story(door: Door) -> None:
        press = {"key": "1", "action": "playback_record", "value": "<name>, say it"}
        asked = {"questionText": "<b>Good day</b>, <name>! Code <code>, <unknown>sum <sum>.", "press": [press]}
        made = await door.data("/polling", {"questions": [asked]})
        numbers = [
            {"number": "79520000001", "params": {"name": "Ivan", "code": 120, "sum": "12.50"}},
            {"number": "79520000002", "params": {"code": "007", "sum": None}},
        ]
        await door.data("/task", {"innerNum": made["id"], "innerNumType": "polling", "numbers": numbers})
        first, second = sorted(await door.reserve(2), key=lambda call: call.plan.number)
        assert heard(first, "question 0") == "Good day, Ivan! Code 1 2 0, sum 12.50."
        assert heard(first, "question 0 key 1") == "Ivan, say it"
        assert heard(second, "question 0") == "Good day, ! Code 0 0 7, sum ."

    at_door(story)


def heard(call: Call, at: str) -> str:
    """The words of a prompt as this callee hears them."""
    node = call.plan.script.nodes[at]
    assert isinstance(node, Ask | Record)
    (words,) = fill(node.prompt, call.plan.variables)
    assert isinstance(words, Words)
    return words.text
