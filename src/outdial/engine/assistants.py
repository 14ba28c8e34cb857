"""Hands turns of calls to the assistant: a task for each question, at most one question a call at a time, and the answer
told to the call sentence by sentence. Who the assistant is, and what a dialogue does with the answer, is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import structlog

from outdial.core.commands import AskAssistant
from outdial.core.events import AssistantDone, AssistantSaid
from outdial.core.ids import AttemptId, attempt_of
from outdial.engine import metrics
from outdial.ports import Assistant, Chosen, Clock, Failed, Sentence, Trouble

_log = structlog.get_logger(__name__)

Tell = Callable[[AssistantSaid | AssistantDone], None]


class Assistants:
    """Every question under way. Felt time stands still from a question to the end of its answer."""

    def __init__(self, assistant: Assistant, clock: Clock) -> None:
        self._assistant = assistant
        self._clock = clock
        self._asked: dict[AttemptId, asyncio.Task[None]] = {}

    def ask(self, group: asyncio.TaskGroup, command: AskAssistant, tell: Tell) -> None:
        """Ask in a task of the group. `tell` hears every sentence in order and then the end, unless the question of the
        same call is dropped, or followed by another one, before that."""
        attempt = attempt_of(command.channel)
        self.drop(attempt)
        self._clock.hold()
        task = group.create_task(self._answer(command, tell), name=f"assistant {attempt} turn {command.turn}")
        task.add_done_callback(lambda done: self._over(attempt, done))
        self._asked[attempt] = task

    def drop(self, attempt: AttemptId) -> None:
        """Nobody waits for the answer any more: the call is told nothing more of it."""
        task = self._asked.pop(attempt, None)
        if task is not None:
            task.cancel()

    def _over(self, attempt: AttemptId, task: asyncio.Task[None]) -> None:
        """In the task's callback, because a task that is cancelled before it began runs none of its own code."""
        self._clock.release()
        if self._asked.get(attempt) is task:
            del self._asked[attempt]

    async def _answer(self, command: AskAssistant, tell: Tell) -> None:
        """The question's own door: whatever goes wrong in here is an answer that the call can go on with."""
        attempt, turn = attempt_of(command.channel), command.turn
        began, sentences, end = asyncio.get_running_loop().time(), 0, AssistantDone(command.channel, turn)
        try:
            async with aclosing(self._assistant.answer(command.brief)) as answer:
                async for item in answer:
                    match item:
                        case Sentence(text):
                            if not sentences:
                                metrics.ASSISTANT_FIRST_WORDS.observe(asyncio.get_running_loop().time() - began)
                            sentences += 1
                            tell(AssistantSaid(command.channel, turn, text))
                        case Chosen(block):
                            end = AssistantDone(command.channel, turn, block=block)
                        case Failed(trouble, detail):
                            end = AssistantDone(command.channel, turn, fault=detail)
                            self._failed(command, trouble, detail)
        except Exception:  # noqa: BLE001 - see above
            _log.exception("assistant.failed", attempt=attempt, turn=turn)
            detail = "the assistant is out of order"
            end = AssistantDone(command.channel, turn, fault=detail)
            self._failed(command, Trouble.OUT_OF_ORDER, detail)
        seconds = asyncio.get_running_loop().time() - began
        metrics.ASSISTANT_DONE.observe(seconds)
        _log.info(
            "assistant.done",
            attempt=attempt,
            turn=turn,
            sentences=sentences,
            block=end.block,
            fault=end.fault,
            seconds=round(seconds, 3),
        )
        tell(end)

    def _failed(self, command: AskAssistant, trouble: Trouble, detail: str) -> None:
        metrics.FAULTS.labels("assistant").inc()
        metrics.ASSISTANT_FAULTS.labels(trouble.value).inc()
        _log.warning(
            "assistant.fault",
            attempt=attempt_of(command.channel),
            turn=command.turn,
            reason=trouble.value,
            detail=detail,
        )
