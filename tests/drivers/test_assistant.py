"""The language model that answers in dialogues: what it is told, what comes of its answer, and every way of it to fail."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.assistant import answer_of, brief
from drivers.model_stand_in import (
    DONE,
    KEY,
    ModelStandIn,
    answers,
    call,
    call_in_pieces,
    event,
    says,
    words,
)
from drivers.stand_in import Move, babbles, hangs_up, holds, streams
from outdial.core.assistant import Brief, Line, Path, Speaker
from outdial.drivers.assistant.absent import AbsentAssistant
from outdial.drivers.assistant.completions import CompletionsAssistant, CompletionsSettings
from outdial.drivers.assistant.prompting import DATA, MOST_TRANSCRIPT, functions_of, request_of
from outdial.drivers.assistant.reading import LARGEST_ANSWER, LARGEST_LINE, LETTERS_A_TOKEN, NoAnswer, Reading
from outdial.ports import NO_ASSISTANT, Chosen, Failed, Sentence, Trouble

Result = TypeVar("Result")
SOON = {"first_words_seconds": 0.05, "longest_seconds": 3600.0}
"""Limits for servers that never come to an end."""


def told(
    story: Callable[[ModelStandIn, CompletionsAssistant], Awaitable[Result]], *moves: Move, **given: Any
) -> tuple[Result, ModelStandIn]:
    """What a story comes to with an assistant before a server that makes these moves."""

    async def tell() -> tuple[Result, ModelStandIn]:
        async with ModelStandIn(*moves) as server:
            assistant = CompletionsAssistant(CompletionsSettings(**{"url": server.address, "model": "m", **given}))
            try:
                return await story(server, assistant), server
            finally:
                await assistant.close()

    return asyncio.run(tell())


def answered(*moves: Move, asked: Brief | None = None, **given: Any) -> tuple[list[Any], ModelStandIn]:
    return told(lambda _, assistant: answer_of(assistant, asked), *moves, **given)


def failed(*moves: Move, asked: Brief | None = None) -> tuple[Trouble, list[str]]:
    """The trouble, and what was said before it. The key is in none of it."""
    given, _ = answered(*moves, asked=asked, key=KEY)
    *said, failure = given
    assert isinstance(failure, Failed)
    assert KEY not in failure.detail
    return failure.trouble, [sentence.text for sentence in said]


# ------------------------------------------------------------------------------------------------------- answers


def test_sentences_come_in_order_and_then_the_callee_is_to_answer() -> None:
    given, server = answered(says("Добрый день, **Анна**! Вам удобно говорить? 😀"))
    assert given == [Sentence("Добрый день, Анна!"), Sentence("Вам удобно говорить?")]
    assert server.methods == ["POST"]
    assert "Authorization" not in server.headers[0]


def test_the_first_sentence_is_there_while_the_model_still_writes() -> None:
    async def story(server: ModelStandIn, assistant: CompletionsAssistant) -> list[Any]:
        async with aclosing(assistant.answer(brief())) as answer:
            first = await anext(answer)
            await server.holding.wait()
        return [first]

    given, _ = told(story, streams(words("Да. ", "Ещё"), then=holds))
    assert given == [Sentence("Да.")]


@pytest.mark.parametrize(
    "choice",
    [
        call("go_to_agree"),
        call("go_to_agree", ""),
        call("go_to_agree", None),
        call("go_to_agree", {}),
        call("go_to_agree", '{"why": "так"}'),
        call("go_to_agree", index=None),
        call_in_pieces("go_to_agree", "{", "}"),
        call("go_to_agree") + call("go_to_agree", index=1),
        call("go_to_agree") + words(" \n"),
    ],
)
def test_a_way_on_is_taken(choice: bytes) -> None:
    assert answered(answers(choice, finish="tool_calls"))[0] == [Chosen("agree")]


def test_words_before_a_way_on_are_said_first_even_without_a_full_stop() -> None:
    given, _ = answered(answers(words("Хорошо. ", "Соединяю"), call("path_2"), finish="tool_calls"))
    assert given == [Sentence("Хорошо."), Sentence("Соединяю"), Chosen("Оператор №1")]


@pytest.mark.parametrize(
    "parts",
    [
        (words("<think>\nОн согласен. ", "Значит", "</think>", "\nДа."), event(finish="stop"), DONE),
        (words("<thi", "nk>Так.</th", "ink>Да."), event(finish="stop"), DONE),
        (words("Да."), event(finish="stop")),
        (words("Да."), DONE),
        (words("Да."), event(finish="eos"), b"garbage after the end\n"),
        (words("Да.").replace(b"\n", b"\r\n"), b"event: message\r\nid: 5\r\nretry: 7\r\n", DONE),
        (words("Да.").replace(b"data: ", b"data:"), DONE),
        (event({"reasoning_content": "Так. "}) + words("Да."), DONE),
    ],
)
def test_what_servers_add_to_an_answer_is_not_said(parts: tuple[bytes, ...]) -> None:
    assert answered(streams(*parts))[0] == [Sentence("Да.")]


def test_a_connection_is_used_again() -> None:
    async def story(_: ModelStandIn, assistant: CompletionsAssistant) -> list[Any]:
        return [await answer_of(assistant), await answer_of(assistant)]

    given, server = told(story, says("Да."))
    assert given == [[Sentence("Да.")], [Sentence("Да.")]]
    assert server.connections == 1


def test_a_connection_that_the_server_gave_up_meanwhile_is_no_failure() -> None:
    async def story(_: ModelStandIn, assistant: CompletionsAssistant) -> list[Any]:
        return [await answer_of(assistant), await answer_of(assistant)]

    given, server = told(story, says("Да."), hangs_up, says("Нет."))
    assert given == [[Sentence("Да.")], [Sentence("Нет.")]]
    assert (server.connections, len(server.asked)) == (2, 3)


def test_a_server_that_hangs_up_on_a_new_connection_is_not_asked_again() -> None:
    ((failure,), server) = answered(hangs_up, says("Да."))
    assert (failure.trouble, len(server.asked)) == (Trouble.UNREACHABLE, 1)


def test_the_address_may_be_given_whole() -> None:
    async def story(server: ModelStandIn, _: CompletionsAssistant) -> list[Any]:
        assistant = CompletionsAssistant(CompletionsSettings(f"{server.address}/chat/completions/", "m"))
        try:
            return await answer_of(assistant)
        finally:
            await assistant.close()

    assert told(story, says("Да."))[0] == [Sentence("Да.")]


def test_whoever_stops_reading_ends_the_question() -> None:
    async def story(server: ModelStandIn, assistant: CompletionsAssistant) -> None:
        async def reads() -> None:
            async with aclosing(assistant.answer(brief())) as answer:
                async for _ in answer:
                    pass

        async with asyncio.TaskGroup() as group:
            reading = group.create_task(reads())
            await server.holding.wait()
            reading.cancel()
        assert reading.cancelled()

    told(story, streams(words("Да. "), then=holds))


# ------------------------------------------------------------------------------------------------------ failures


@pytest.mark.parametrize(
    ("moves", "trouble", "said"),
    [
        (answers(call("go_to_refuse")), Trouble.UNKNOWN_PATH, []),
        (answers(call("agree")), Trouble.UNKNOWN_PATH, []),
        (answers(call("")), Trouble.UNKNOWN_PATH, []),
        (answers(call_in_pieces("go_to_agree", '{"why": ')), Trouble.BROKEN_ARGUMENTS, []),
        (answers(call("go_to_agree", "[1]")), Trouble.BROKEN_ARGUMENTS, []),
        (answers(call("go_to_agree"), call("path_2", index=1)), Trouble.MIXED, []),
        (answers(words("Да. "), call("go_to_agree"), words("Нет.")), Trouble.MIXED, ["Да."]),
        (answers(), Trouble.EMPTY, []),
        (answers(words(" \n", "😀", " ---")), Trouble.EMPTY, []),
        (answers(words("<think>Так и так.")), Trouble.EMPTY, []),
        (answers(words("Да. А ещё"), finish="length"), Trouble.TOO_LONG, ["Да."]),
        (answers(words("я" * (100 * LETTERS_A_TOKEN + 1))), Trouble.TOO_LONG, []),
        (answers(words("Да. Т"), finish="content_filter"), Trouble.REFUSED, ["Да."]),
        (answers(event({"refusal": "I cannot"})), Trouble.REFUSED, []),
        (answers(words("Да. "), finish="error"), Trouble.UNAVAILABLE, ["Да."]),
        (streams(words("Да. "), b'data: {"error": {"message": "out of memory"}}\n\n'), Trouble.UNAVAILABLE, ["Да."]),
        (says('{"name": "go_to_agree", "arguments": {}}'), Trouble.NOT_SPEECH, []),
        (says('Хорошо. <tool_call>{"name": "go_to_agree"}</tool_call>'), Trouble.NOT_SPEECH, ["Хорошо."]),
        (says('```json\n{"block": "agree"}\n```'), Trouble.NOT_SPEECH, []),
        (says("[TOOL_CALLS]go_to_agree"), Trouble.NOT_SPEECH, []),
        (says("Да. <|im_end|>"), Trouble.NOT_SPEECH, ["Да."]),
        (streams(words("Да. "), then=hangs_up), Trouble.CUT_OFF, ["Да."]),
        (streams(words("Да. "), call("go_to_agree")), Trouble.CUT_OFF, ["Да."]),
        (streams(words("Да. "), b"data: {not json}\n\n"), Trouble.GARBAGE, ["Да."]),
        (streams(words("Да. ")[:40], b"\xff\xfe\n"), Trouble.GARBAGE, []),
        (streams(b'data: {"choices": "none"}\n'), Trouble.GARBAGE, []),
        (streams(b"data: " + b"[" * 5000 + b"\n"), Trouble.GARBAGE, []),
        (babbles(b'{"choices": [{"message": {"content": "a whole answer"}}]}\n'), Trouble.GARBAGE, []),
        (babbles(b"<html>\n<body>Sign in</body>"), Trouble.GARBAGE, []),
        (babbles(b""), Trouble.CUT_OFF, []),
        (streams(b"data: " + b"x" * LARGEST_LINE), Trouble.TOO_LARGE, []),
        (
            streams(words("Да. "), *[b": " + b"x" * 8000 + b"\n"] * (LARGEST_ANSWER // 8000 + 1)),
            Trouble.TOO_LARGE,
            ["Да."],
        ),
        (babbles(b'{"error": {"message": "Incorrect API key sk-the-secret-key"}}', 401), Trouble.FORBIDDEN, []),
        (babbles(b"", 403), Trouble.FORBIDDEN, []),
        (babbles(b'{"error": "model not found"}', 404), Trouble.REJECTED, []),
        (babbles(b'{"error": "roles must alternate"}', 400), Trouble.REJECTED, []),
        (babbles(b"slow down", 429), Trouble.THROTTLED, []),
        (babbles(b"loading the model", 503), Trouble.UNAVAILABLE, []),
        (babbles(b"", 307, Location="/v1/chat/completions"), Trouble.REJECTED, []),
        (hangs_up, Trouble.UNREACHABLE, []),
    ],
)
def test_an_answer_that_is_none_has_a_reason_and_what_was_said_stays_said(
    moves: Move, trouble: Trouble, said: list[str]
) -> None:
    assert failed(moves) == (trouble, said)


@pytest.mark.parametrize(
    "move",
    [
        holds,
        streams(event({"role": "assistant", "content": ""}), then=holds),
        streams(words("Добрый"), then=holds),
        streams(words("<think>Дай подумать. "), then=holds),
    ],
)
def test_first_words_are_not_waited_for_beyond_their_limit(move: Move) -> None:
    assert failed(move, asked=brief(**SOON)) == (Trouble.SLOW, [])


def test_first_words_have_no_longer_than_the_whole_answer() -> None:
    assert failed(holds, asked=brief(first_words_seconds=3600.0, longest_seconds=0.05)) == (Trouble.SLOW, [])


class LeapingLoop(asyncio.SelectorEventLoop):
    """A loop whose time can be moved on."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


@pytest.mark.parametrize("parts", [words("Да. ", "А"), words("Да. ") + call("go_to_agree")])
def test_an_answer_that_begins_is_not_waited_for_for_ever(parts: bytes) -> None:
    async def tell() -> list[Any]:
        async with ModelStandIn(streams(parts, then=holds)) as server:
            assistant = CompletionsAssistant(CompletionsSettings(server.address, "m"))
            given = []
            try:
                async with aclosing(assistant.answer(brief(longest_seconds=3600.0))) as answer:
                    async for item in answer:
                        given.append(item)
                        await server.holding.wait()
                        asyncio.get_running_loop().ahead += 3600  # type: ignore[attr-defined]
            finally:
                await assistant.close()
            return given

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        said, failure = runner.run(tell())
    assert said == Sentence("Да.")
    assert isinstance(failure, Failed)
    assert failure.trouble is Trouble.STALLED


def test_a_way_on_is_worth_waiting_on_for() -> None:
    reading = Reading(functions_of(brief().paths), 100)
    assert list(reading.take(event({"role": "assistant"}))) == []
    assert not reading.begun
    assert list(reading.take(call("go_to_agree"))) == []
    assert reading.begun


def test_words_before_a_way_on_are_not_kept_until_it_is_whole() -> None:
    reading = Reading(functions_of(brief().paths), 100)
    assert list(reading.take(words("Соеди", "няю"))) == []
    assert list(reading.take(call("go_to_agree", ""))) == ["Соединяю"]


def test_the_end_of_the_stream_is_not_waited_for_once_the_answer_is_whole() -> None:
    given, _ = answered(streams(words("Да."), event(finish="stop"), then=holds), asked=brief(longest_seconds=3600.0))
    assert given == [Sentence("Да.")]


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"
        ((failure,), _) = answered(says("Да."), url=url)
    assert failure.trouble is Trouble.UNREACHABLE


def test_answers_beyond_the_places_wait_within_their_limits() -> None:
    async def story(server: ModelStandIn, assistant: CompletionsAssistant) -> tuple[list[Any], int]:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(answer_of(assistant))
            await server.holding.wait()
            waiting = await answer_of(assistant, brief(**SOON))
            first.cancel()
        return waiting, len(server.asked)

    ((failure,), asked), _ = told(story, holds, connections=1)
    assert (failure.trouble, asked) == (Trouble.SLOW, 1)


def test_a_closed_assistant_says_so() -> None:
    async def story(_: ModelStandIn, assistant: CompletionsAssistant) -> list[Any]:
        await answer_of(assistant)
        await assistant.close()
        return await answer_of(assistant)

    ((failure,), _) = told(story, says("Да."))
    assert failure.trouble is Trouble.UNREACHABLE


def test_a_house_without_an_assistant_says_what_is_missing() -> None:
    given = asyncio.run(answer_of(AbsentAssistant()))
    assert given == [Failed(Trouble.ABSENT, NO_ASSISTANT)]


def read(stream: bytes, cuts: list[int]) -> tuple[list[str], str]:
    """The sentences and the end of a stream that comes in pieces."""
    reading = Reading(functions_of(brief().paths), 100)
    at = [0, *sorted(index % (len(stream) + 1) for index in cuts), len(stream)]
    said: list[str] = []
    try:
        for begin, end in zip(at, at[1:], strict=False):
            for sentence in reading.take(stream[begin:end]):
                said.append(sentence)
        return said, reading.end()
    except NoAnswer as failure:
        return said, failure.failed.trouble


PARTS = st.sampled_from(
    [
        *(words("Да. ", "нет"), words("<think>"), words("</think>Так"), words("**Важно** 5 руб. "), words('{"a": 1}')),
        *(call("go_to_agree"), call("path_2", "{"), call("x"), event(finish="stop"), event(finish="length"), DONE),
        *(b": ping\n", b"\n", b"garbage\n", b"data: 5\n", event({"refusal": "no"}), b'data: {"error": 1}\n', b"\xff"),
    ]
)


@settings(max_examples=200)
@given(st.lists(PARTS, max_size=8).map(b"".join), st.lists(st.integers(0, 5000), max_size=30))
def test_the_pieces_in_which_a_stream_comes_do_not_matter(stream: bytes, cuts: list[int]) -> None:
    assert read(stream, cuts) == read(stream, [])


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(stream: bytes) -> None:
    said, end = read(stream, [])
    assert (said, isinstance(end, Trouble)) == ([], True)


# ------------------------------------------------------------------------------------------- what the model is told


def test_the_request_as_a_model_gets_it() -> None:
    _, server = answered(says("Да."), key=KEY, extra={"temperature": 0.3, "tool_choice": None})
    (body,) = server.asked
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert {name: body[name] for name in body if name != "messages"} == {
        "model": "m",
        "stream": True,
        "max_tokens": 100,
        "temperature": 0.3,
        "tools": [
            {
                "type": "function",
                "function": {"name": name, "description": when, "parameters": {"type": "object", "properties": {}}},
            }
            for name, when in [
                ("go_to_agree", "The person agrees."),
                ("path_2", "The person wants to speak with somebody."),
            ]
        ],
    }
    system, *talk = body["messages"]
    assert system["role"] == "system"
    assert "Speak Russian (ru-RU)" in system["content"]
    assert system["content"].endswith("\n\nYour instructions:\nOffer a checkup.")
    assert talk == [
        {"role": "user", "content": f'{DATA}{{"name": "Анна"}}\n(Человек снял трубку.)'},
        {"role": "assistant", "content": "Добрый день!"},
        {"role": "user", "content": "Слушаю вас."},
    ]


def test_without_ways_on_there_are_no_functions() -> None:
    body = request_of(brief(paths=(), language="en-US"), "m", "max_completion_tokens", {})
    assert body["max_completion_tokens"] == 100
    assert not {"tools", "tool_choice", "max_tokens"} & body.keys()
    assert "function" not in body["messages"][0]["content"]
    assert "Speak English (en-US)" in body["messages"][0]["content"]


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60), min_size=1, max_size=5), st.text(max_size=60))
def test_variables_and_words_are_data_and_never_part_of_the_instructions(variables: dict[str, str], said: str) -> None:
    asked = brief(variables=variables, lines=(Line(Speaker.CALLEE, said),))
    system, *talk = request_of(asked, "m", "max_tokens", {})["messages"]
    assert system == request_of(brief(), "m", "max_tokens", {})["messages"][0]
    assert [message["role"] for message in talk] == ["user"]
    data, _, words = talk[0]["content"].partition("\n")
    assert json.loads(data.removeprefix(DATA)) == variables
    assert words == (said if said.strip() else "(Человек снял трубку.)")


def test_a_model_that_names_a_variable_has_its_place_kept_for_whoever_knows_it() -> None:
    given, _ = answered(says("{{name}}, добрый день! Вам {{age}}?"))
    assert given == [Sentence("{{name}}, добрый день!"), Sentence("Вам {{age}}?")]


SPEAKERS = st.sampled_from(list(Speaker))


@given(st.lists(st.builds(Line, SPEAKERS, st.sampled_from(["да", " ", "", "нет, " * 50])), max_size=60))
def test_messages_alternate_and_begin_and_end_with_the_callee(lines: list[Line]) -> None:
    talk = request_of(brief(lines=tuple(lines)), "m", "max_tokens", {})["messages"][1:]
    roles = [message["role"] for message in talk]
    assert roles[0] == roles[-1] == "user"
    assert all(one != other for one, other in zip(roles, roles[1:], strict=False))
    assert sum(len(message["content"]) for message in talk) <= MOST_TRANSCRIPT + len(lines) + 200


def test_the_oldest_turns_are_left_out_of_a_long_talk() -> None:
    lines = tuple(Line(Speaker.CALLEE if at % 2 else Speaker.OUTDIAL, f"{at} " + "я" * 996) for at in range(20))
    talk = request_of(brief(lines=lines), "m", "max_tokens", {})["messages"][1:]
    assert talk[0]["content"].endswith("\n(Человек снял трубку.)")
    assert [message["content"].split()[0] for message in talk[1:]] == [str(at) for at in range(12, 20)]


def test_a_talk_that_waits_for_the_model_says_that_the_callee_is_silent() -> None:
    said = (Line(Speaker.OUTDIAL, "Алло?"),)
    talk = request_of(brief(lines=said, variables={}), "m", "max_tokens", {})["messages"][1:]
    assert [message["content"] for message in talk] == [
        "(Человек снял трубку.)",
        "Алло?",
        "(Человек молчит и слушает.)",
    ]
    assert request_of(brief(lines=(), language="de", variables={}), "m", "max_tokens", {})["messages"][1:] == [
        {"role": "user", "content": "(The person has picked up.)"}
    ]


@given(st.lists(st.builds(Path, st.text(max_size=60), st.just("when")), max_size=20, unique_by=lambda path: path.block))
def test_every_way_on_has_a_name_that_servers_take(paths: list[Path]) -> None:
    functions = functions_of(tuple(paths))
    assert sorted(path.block for path in functions.values()) == sorted(path.block for path in paths)
    assert all(name.isascii() and len(name) <= 64 and name.replace("-", "_").isidentifier() for name in functions)


# ------------------------------------------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"url": "ftp://a/v1"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://user:word@a/v1"}, "url"),
        ({"url": "http://a/v1?key=5"}, "url"),
        ({"url": "http://a:99999/v1"}, "url"),
        ({"model": " "}, "model"),
        ({"key": f"{KEY}\n"}, "key"),
        ({"key": f"{KEY} x"}, "key"),
        ({"tokens_field": "tokens"}, "tokens_field"),
        ({"extra": {"stream": False}}, "extra"),
        ({"connections": 0}, "connections"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name_and_the_key_is_not_repeated(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named) as caught:
        CompletionsSettings(**{"url": "http://127.0.0.1:1/v1", "model": "m", **given})
    assert KEY not in str(caught.value)
    assert KEY not in repr(CompletionsSettings("http://a/v1", "m", KEY))
