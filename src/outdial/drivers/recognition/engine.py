"""What an engine of recognition is to the part that finds the answers: it is given one utterance and says what it was. When
an utterance begins and ends it is told.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Mapping
from typing import Any, Protocol

from prometheus_client import Counter, Histogram

from outdial.ports import Question, Understood

NOT_UNDERSTOOD = Understood("")

LATE_SECONDS = 5.0
"""An engine that has not understood an utterance so long after its end is not waited for."""

utterances = Counter(
    "outdial_recognition_utterances_total", "Utterances that were understood, or why not", ["engine", "outcome"]
)
understanding_seconds = Histogram(
    "outdial_recognition_understanding_seconds",
    "From the pause that ends an utterance to what it was",
    ["engine"],
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)


class EngineFailed(Exception):
    """The engine could not understand an utterance; the message is a stable word: busy, late, fallen, language;
    and of a service bad_key, forbidden, throttled, refused, unreachable, cut_off, bad_answer, dropped."""


class Utterance(Protocol):
    """One utterance on its way to an engine. Nothing here waits."""

    def feed(self, sound: bytes) -> None:
        """More of it: 8 kHz, mono, 16 bit."""

    def may_be_over(self) -> None:
        """The speaker has paused. They may go on; an engine that takes its time may begin to think."""

    def resumed(self) -> None:
        """They went on."""

    def finish(self) -> Future[Understood]:
        """That was all. The future has what was said, or `EngineFailed`."""

    def drop(self) -> None:
        """Nobody wants to know any more. A second time, or after `finish`, it does nothing."""


class Engine(Protocol):
    """Understands utterances, several at the same time."""

    @property
    def name(self) -> str:
        """As the settings call it."""

    @property
    def dictates(self) -> bool:
        """Whether it writes down whatever it hears, besides what is expected."""

    def start(self) -> None:
        """Begin with what takes so long that the first callee should not wait for it. A second time does nothing."""

    def prepare(self, question: Question) -> None:
        """This question was asked; its answer may come in a moment."""

    def begin(self, question: Question) -> Utterance:
        """An utterance that answers this question begins."""

    async def close(self) -> None:
        """End what it runs; utterances under way come to nothing."""


def understood_of(told: Future[Mapping[str, Any]], answer: Future[Understood]) -> Future[Understood]:
    """`answer`, which what a child tells becomes: `text`, `confidence` and `alternatives`, or `failed`."""

    def settle(done: Future[Mapping[str, Any]]) -> None:
        if answer.done():
            return
        if done.cancelled():
            answer.cancel()
        elif failure := done.exception():
            answer.set_exception(failure)
        elif failed := done.result().get("failed"):
            answer.set_exception(EngineFailed(failed))
        else:
            what = done.result()
            answer.set_result(Understood(what["text"], what["confidence"], tuple(what["alternatives"])))

    told.add_done_callback(settle)
    answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # it may be that nobody asks for it
    return answer
