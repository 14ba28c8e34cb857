"""Calls that talk with a language model on the switchboard: its server streams, fails and stalls, the callee hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from drivers.model_stand_in import ModelStandIn, answers, call, says, words
from drivers.stand_in import Move, StandIn, babbles, hangs_up, holds, streams
from engine.outside import SEAT, Outside, board_before
from engine.test_assistants import Scripted
from outdial.core.call import Call, Plan
from outdial.core.commands import HangUp, Listen, Play
from outdial.core.events import Answered, Heard, HungUp, KeyPressed, Placed, PromptEnded, SpeechBegan
from outdial.core.ids import AttemptId
from outdial.core.prompt import Slot, Text
from outdial.core.retry import RetryRule
from outdial.core.script.listening_nodes import Assist, Way
from outdial.core.script.nodes import Request, Say, Script
from outdial.core.script.web_form import WebForm
from outdial.drivers.assistant.completions import CompletionsAssistant, CompletionsSettings
from outdial.drivers.webhooks.asker import WebAsker
from outdial.engine.switchboard import Switchboard
from outdial.ports import Sentence

INSTRUCTIONS = "Offer a checkup."


class Talk:
    """A call under way and what its callee does."""

    def __init__(self, board: Switchboard, channel: str, outside: Outside, model: ModelStandIn) -> None:
        self.board, self.channel, self.outside, self.model = board, channel, outside, model

    def all_of(self, kind: type) -> list[object]:
        """What was asked of the switch so far."""
        return [one for one in self.outside.noted if isinstance(one, kind)]

    async def hears_out(self, prompt: int) -> None:
        """Listen to a prompt, counted from 1, to its end."""
        await self.outside.until(lambda _: len(self.all_of(Play)) >= prompt)
        played = self.all_of(Play)[prompt - 1]
        assert isinstance(played, Play)
        self.board.post(PromptEnded(played.channel, played.turn))

    async def says(self, text: str) -> None:
        """Speak to whoever listens."""
        await self.outside.until(lambda one: isinstance(one, Listen))
        listens = self.all_of(Listen)[-1]
        assert isinstance(listens, Listen)
        self.board.post(SpeechBegan(listens.channel, listens.turn))
        self.board.post(Heard(listens.channel, listens.turn, text))

    async def is_hung_up(self) -> None:
        """Stay until the end."""
        await self.outside.until(lambda one: isinstance(one, HangUp))
        self.hangs_up()

    def hangs_up(self) -> None:
        self.board.post(HungUp(self.channel))  # type: ignore[arg-type]


def played(story: Callable[[Talk], Awaitable[None]], *moves: Move) -> tuple[list[str], ModelStandIn]:
    """What the callee heard in a story, and the model's server."""

    async def tell() -> tuple[list[str], ModelStandIn]:
        async with ModelStandIn(*moves) as model, StandIn("/slots", babbles(b'{"slots": [{"time": "10:30"}]}')) as crm:
            assistant, web, outside = (
                CompletionsAssistant(CompletionsSettings(model.address, "m")),
                WebAsker(),
                Outside(),
            )
            board, journal = board_before(outside, assistant=assistant, web=web)
            made = Call(
                AttemptId(str(uuid4())), Plan("carrier", "79990000000", "", 45.0, script(crm.url), {"name": "Анна"})
            )
            try:
                async with asyncio.timeout(30), asyncio.TaskGroup() as group:
                    writing = group.create_task(journal.run())
                    board.open(group, made, SEAT, RetryRule(), 1, Placed(made.channel))
                    board.post(Answered(made.channel))
                    await story(Talk(board, made.channel, outside, model))
                    await board.idle()
                    writing.cancel()
            finally:
                await assistant.close()
                await web.close()
            # A sentence may be made before its turn has come, and is spoken later.
            return list(dict.fromkeys(one for one in outside.noted if isinstance(one, str))), model

    return asyncio.run(tell())


def script(crm: str) -> Script:
    """The model talks until the callee agrees; then a CRM is asked for a time."""
    way = Way("slots", "The person agrees.")
    form = WebForm((f"{crm}/slots",), into={"time": "slots.0.time"})
    return Script(
        "talk",
        {
            "talk": Assist("talk", (INSTRUCTIONS,), (way,), "sorry", "ru-RU"),
            "slots": Request("web", "", "told", "sorry", form),
            "told": Say((Text(("Ждём вас в ", Slot("time")), "ru-RU"),), None),
            "sorry": Say((Text(("Мы перезвоним.",), "ru-RU"),), None),
        },
        transcript=True,
    )


def test_a_talk_leads_to_the_block_that_the_model_chose_and_its_question_to_the_web_is_answered() -> None:
    async def story(talk: Talk) -> None:
        await talk.hears_out(1)
        await talk.hears_out(2)
        await talk.says("да, удобно")
        await talk.hears_out(3)
        await talk.hears_out(4)
        await talk.is_hung_up()

    agreed = answers(words("Отлично."), call("go_to_slots"), finish="tool_calls")
    heard, model = played(story, says("Здравствуйте! Вам удобно?"), agreed)
    assert heard == ["Здравствуйте!", "Вам удобно?", "Отлично.", "Ждём вас в 10:30"]
    first, second = [body["messages"] for body in model.asked]
    assert INSTRUCTIONS in first[0]["content"]
    assert '"name": "Анна"' in first[1]["content"]
    assert second[2:] == [
        {"role": "assistant", "content": "Здравствуйте! Вам удобно?"},
        {"role": "user", "content": "да, удобно"},
    ]


@pytest.mark.parametrize(
    ("move", "heard"),
    [
        (babbles(b"loading the model", 503), ["Мы перезвоним."]),
        (answers(call("go_to_nowhere")), ["Мы перезвоним."]),
        (answers(), ["Мы перезвоним."]),
        (streams(b"garbage\n"), ["Мы перезвоним."]),
    ],
)
def test_an_answer_that_is_none_leads_to_the_fallback(move: Move, heard: list[str]) -> None:
    async def story(talk: Talk) -> None:
        await talk.hears_out(1)
        await talk.is_hung_up()

    assert played(story, move)[0] == heard


def test_what_was_spoken_before_a_failure_is_heard_and_then_the_fallback() -> None:
    broken = asyncio.Event()

    async def breaks(server: StandIn, request: object, body: object) -> object:
        await broken.wait()
        return await hangs_up(server, request, body)  # type: ignore[arg-type]

    async def story(talk: Talk) -> None:
        await talk.hears_out(1)
        broken.set()
        await talk.hears_out(2)
        await talk.is_hung_up()

    heard, _ = played(story, streams(words("Добрый день! ", "Мы"), then=breaks))  # type: ignore[arg-type]
    assert heard == ["Добрый день!", "Мы перезвоним."]


def test_a_callee_who_hangs_up_ends_the_question() -> None:
    async def story(talk: Talk) -> None:
        await talk.hears_out(1)
        await talk.model.holding.wait()
        talk.hangs_up()

    heard, _ = played(story, streams(words("Добрый день! ", "Мы"), then=holds))
    assert heard == ["Добрый день!"]


def test_a_callee_who_interrupts_ends_the_answer_and_is_answered_anew() -> None:
    async def story(talk: Talk) -> None:
        await talk.model.holding.wait()
        await talk.says("кто это?")
        await talk.hears_out(2)
        await talk.hears_out(3)
        await talk.is_hung_up()

    held = streams(words("Добрый день! ", "Мы"), then=holds)
    heard, model = played(story, held, answers(words("Клиника."), call("go_to_slots")))
    assert heard == ["Добрый день!", "Клиника.", "Ждём вас в 10:30"]
    assert model.asked[1]["messages"][-1] == {"role": "user", "content": "кто это?"}


def test_a_key_that_leaves_the_block_ends_the_question_while_the_call_goes_on() -> None:
    assistant, outside = Scripted(Sentence("Добрый день!"), Sentence("Мы")), Outside()
    talk = Assist("talk", (INSTRUCTIONS,), (Way("sorry", "Never.", "0"),), "sorry", "ru-RU")
    sorry = Say((Text(("Мы перезвоним.",), "ru-RU"),), None)
    plan = Plan("carrier", "79990000000", "", 45.0, Script("talk", {"talk": talk, "sorry": sorry}), {})
    made = Call(AttemptId(str(uuid4())), plan)

    async def story() -> None:
        board, journal = board_before(outside, assistant=assistant)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            writing = group.create_task(journal.run())
            board.open(group, made, SEAT, RetryRule(), 1, Placed(made.channel))
            board.post(Answered(made.channel))
            await outside.until(lambda one: isinstance(one, Play))
            await assistant.waits.wait()
            board.post(KeyPressed(made.channel, "0"))
            await outside.until(lambda one: one == "Мы перезвоним.")
            await assistant.over.wait()
            assert board.calls == 1
            board.post(HungUp(made.channel))
            await board.idle()
            writing.cancel()

    asyncio.run(story())
