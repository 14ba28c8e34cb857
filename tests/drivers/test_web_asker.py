"""Questions of a dialogue to a server on the web: what is sent, what is taken of the answer, and every way to have none."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from typing import Any

import pytest

from drivers.stand_in import Move, StandIn, babbles, hangs_up, holds, streams
from outdial.core.web_request import LONGEST_SECONDS, WebQuestion
from outdial.drivers.webhooks.asker import LARGEST_ANSWER, WebAsker
from outdial.ports import ConsultationFailed

SLOTS = b'{"slots": [{"time": "10:00"}], "left": 3}'
INTO = {"time": "slots.0.time", "left": "left"}


def asked(*moves: Move, **given: Any) -> tuple[Any, StandIn]:
    """The answer to a question, or the reason why there is none."""

    async def tell() -> tuple[Any, StandIn]:
        async with StandIn("/slots", *moves) as server:
            asker = WebAsker()
            try:
                question = WebQuestion(**{"url": f"{server.url}/slots?phone=79990000000", "into": INTO, **given})
                return await asker.ask(question), server
            except ConsultationFailed as why:
                return str(why).partition(": ")[2], server
            finally:
                await asker.close()

    return asyncio.run(tell())


def test_what_was_wanted_is_taken_of_the_answer() -> None:
    values, server = asked(babbles(SLOTS))
    assert values == {"time": "10:00", "left": "3"}
    assert (server.methods, server.asked) == (["GET"], [""])
    assert server.headers[0]["User-Agent"] == "outdial"


def test_method_headers_and_body_are_sent_as_they_stand() -> None:
    body = json.dumps({"phone": "79990000000"}, ensure_ascii=False)
    headers = {"Content-Type": "application/json", "Authorization": "Bearer x"}
    values, server = asked(babbles(SLOTS, 201), method="POST", headers=headers, body=body)
    assert values == {"time": "10:00", "left": "3"}
    assert (server.methods, server.asked) == (["POST"], [{"phone": "79990000000"}])
    assert {name: server.headers[0][name] for name in headers} == headers


@pytest.mark.parametrize("move", [babbles(b"OK"), babbles(b"", 204), streams(b"x", then=holds)])
def test_where_nothing_is_wanted_nothing_is_read(move: Move) -> None:
    assert asked(move, into={})[0] == {}


def test_an_answer_in_pieces_and_packed_is_one_answer() -> None:
    assert asked(streams(SLOTS[:7], SLOTS[7:], kind="application/json"))[0] == {"time": "10:00", "left": "3"}
    assert asked(babbles(gzip.compress(SLOTS), Content_Encoding="gzip"))[0] == {"time": "10:00", "left": "3"}


@pytest.mark.parametrize(
    ("move", "reason"),
    [
        (babbles(b"sorry", 500), "status 500"),
        (babbles(SLOTS, 404), "status 404"),
        (babbles(b"", 302, Location="/slots"), "status 302"),
        (babbles(b"<html>"), "the answer is no JSON"),
        (babbles(b""), "the answer is no JSON"),
        (babbles(b'{"slots": []}'), "the answer has no slots.0.time"),
        (babbles(b'{"slots": [{"time": null}]}'), "slots.0.time of the answer is no text, number, true or false"),
        (babbles(b'"' + b"x" * LARGEST_ANSWER + b'"'), f"the answer is over {LARGEST_ANSWER} bytes"),
        (
            babbles(gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"),
            f"the answer is over {LARGEST_ANSWER} bytes",
        ),
        (streams(*[b" " * 1000] * 100, then=holds), f"the answer is over {LARGEST_ANSWER} bytes"),
        (hangs_up, "ServerDisconnectedError"),
        (babbles(SLOTS, Content_Encoding="gzip"), "ClientPayloadError"),
    ],
)
def test_any_other_answer_is_none_for_a_reason(move: Move, reason: str) -> None:
    assert asked(move)[0] == reason


@pytest.mark.parametrize("move", [holds, streams(SLOTS[:5], then=holds)])
def test_nobody_is_waited_for_beyond_the_limit(move: Move) -> None:
    assert asked(move, seconds=0.05)[0] == "no answer in 0.05 seconds"


def test_no_question_waits_longer_than_a_dialogue_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outdial.drivers.webhooks.asker.LONGEST_SECONDS", 0.05)
    assert asked(holds, seconds=LONGEST_SECONDS + 1000)[0] == "no answer in 0.05 seconds"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://127.0.0.1/slots", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"),
        ("http://", "InvalidUrlClientError"),
        ("http://[", "ValueError"),
    ],
)
def test_an_address_that_leads_nowhere_is_no_answer(url: str, reason: str) -> None:
    assert asked(holds, url=url)[0] == reason


@pytest.mark.parametrize("step", ["..", ".", "%2e%2E", "%2e."])
def test_a_variable_of_dots_does_not_lead_to_another_path(step: str) -> None:
    async def tell() -> tuple[str, int]:
        async with StandIn("/{rest:.*}", babbles(SLOTS)) as server:
            asker = WebAsker()
            try:
                with pytest.raises(ConsultationFailed) as caught:
                    await asker.ask(WebQuestion(f"{server.url}/clients/{step}/slots"))
                assert await asker.ask(WebQuestion(f"{server.url}/clients/..a/slots?x=../..", into=INTO))
                return str(caught.value).partition(": ")[2], len(server.asked)
            finally:
                await asker.close()

    assert asyncio.run(tell()) == ("the address leads elsewhere", 1)


def test_a_server_that_is_not_there_is_no_answer_and_the_reason_names_the_host_alone() -> None:
    async def tell(url: str) -> str:
        asker = WebAsker()
        try:
            with pytest.raises(ConsultationFailed) as caught:
                await asker.ask(WebQuestion(url, headers={"X-Key": "secret"}))
            assert caught.value.__cause__ is None
            return str(caught.value)
        finally:
            await asker.close()

    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        assert (
            asyncio.run(tell(f"http://u:p@127.0.0.1:{port}/?phone=7999")) == f"127.0.0.1:{port}: ClientConnectorError"
        )
