"""What every recogniser must do: the suite for all implementations of `outdial.ports.Recogniser`.

A bench brings a recogniser and words that it understands. Sound is fed faster than it was spoken; what must not happen is
looked for after another question has been answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from outdial.ports import Hearing, Question, Recogniser, Understood

RATE = 8000
PATIENCE_SECONDS = 20.0
QUIET = bytes(2 * RATE // 50)
"""20 ms without a voice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A recogniser to be tried. `words` are sounds of the language, by what is said in them; `other` is none of them."""

    recogniser: Callable[[], AbstractAsyncContextManager[Recogniser]]
    language: str
    words: dict[str, bytes]
    other: bytes
    dictates: bool = False
    """Whether it writes down whatever it hears where that is wanted, in its own spelling."""

    def question(self, expected: Sequence[str] | None = None, longest_seconds: float = 15.0) -> Question:
        """One that any of the words answers."""
        return Question(
            language=self.language,
            expected=tuple(self.words if expected is None else expected),
            longest_seconds=longest_seconds,
        )


class Listener:
    """One hearing, and what it told."""

    def __init__(self, recogniser: Recogniser, question: Question) -> None:
        self.told: list[str | Understood] = []
        self._over = asyncio.Event()
        self.hearing: Hearing = recogniser.open(question, lambda: self.told.append("began"), self._heard)

    def _heard(self, understood: Understood) -> None:
        self.told.append(understood)
        self._over.set()

    def feed(self, *sounds: bytes, piece: int = 320) -> None:
        """The line carries these sounds."""
        whole = b"".join(sounds)
        for at in range(0, len(whole), piece):
            self.hearing.feed(whole[at : at + piece])

    async def answer(self) -> Understood:
        """Wait for what was said; fails unless it was told once, after a beginning."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._over.wait()
        assert self.told[0] == "began"
        assert len(self.told) == 2
        understood = self.told[1]
        assert isinstance(understood, Understood)
        return understood


def quiet(seconds: float) -> bytes:
    """A line on which nobody speaks."""
    return QUIET * round(seconds * 50)


Story = Callable[[Recogniser], Awaitable[None]]


def tell(bench: Bench, story: Story) -> None:
    """Run a story on a fresh recogniser."""

    async def run() -> None:
        async with bench.recogniser() as recogniser:
            await story(recogniser)

    asyncio.run(run())


class RecogniserContract:
    """The suite. A test class of an implementation derives from it and gives the fixture `bench`."""

    def test_words_are_understood(self, bench: Bench) -> None:
        async def story(recogniser: Recogniser) -> None:
            for word, sound in bench.words.items():
                listener = Listener(recogniser, bench.question())
                listener.feed(quiet(0.4), sound, quiet(0.7))
                understood = await listener.answer()
                assert understood.text == word
                assert 0 < understood.confidence <= 1
                assert word not in understood.alternatives
                assert understood.silence_seconds >= 0

        tell(bench, story)

    def test_words_are_understood_where_anything_else_may_be_said_too(self, bench: Bench) -> None:
        async def story(recogniser: Recogniser) -> None:
            for word, sound in bench.words.items():
                listener = Listener(recogniser, replace(bench.question(), besides=True))
                listener.feed(quiet(0.4), sound, quiet(0.7))
                text = (await listener.answer()).text
                assert text == word or bench.dictates and text

        tell(bench, story)

    def test_several_speak_at_once(self, bench: Bench) -> None:
        async def story(recogniser: Recogniser) -> None:
            listeners = [(word, Listener(recogniser, bench.question())) for word in list(bench.words) * 3]
            for word, listener in listeners:
                listener.feed(quiet(0.4), bench.words[word], quiet(0.7))
            for word, listener in listeners:
                assert (await listener.answer()).text == word

        tell(bench, story)

    def test_sound_comes_in_pieces_of_any_length(self, bench: Bench) -> None:
        async def story(recogniser: Recogniser) -> None:
            word, sound = next(iter(bench.words.items()))
            for piece in (7, 4001):
                listener = Listener(recogniser, bench.question())
                listener.feed(quiet(0.4), sound, quiet(0.7), piece=piece)
                assert (await listener.answer()).text == word

        tell(bench, story)

    def test_a_pause_within_an_answer_does_not_end_it(self, bench: Bench) -> None:
        async def story(recogniser: Recogniser) -> None:
            sound = next(iter(bench.words.values()))
            listener = Listener(recogniser, bench.question())
            listener.feed(quiet(0.4), sound, quiet(0.1), sound)
            assert listener.told == ["began"]
            listener.feed(quiet(0.7))
            await listener.answer()

        tell(bench, story)

    def test_who_speaks_for_too_long_is_interrupted(self, bench: Bench) -> None:
        async def story(recogniser: Recogniser) -> None:
            listener = Listener(recogniser, bench.question(longest_seconds=1.0))
            listener.feed(bench.other, bench.other, bench.other)
            assert (await listener.answer()).silence_seconds < PATIENCE_SECONDS
            listener.feed(bench.other, quiet(1.0))
            assert len(listener.told) == 2

        tell(bench, story)

    def test_silence_tells_nothing(self, bench: Bench) -> None:
        async def story(recogniser: Recogniser) -> None:
            word, sound = next(iter(bench.words.items()))
            silent, closed = Listener(recogniser, bench.question()), Listener(recogniser, bench.question())
            silent.feed(quiet(5.0))
            closed.feed(quiet(0.4), sound)
            closed.hearing.close()
            closed.hearing.close()
            closed.feed(quiet(1.0))
            listener = Listener(recogniser, bench.question())
            listener.feed(quiet(0.4), sound, quiet(0.7))
            assert (await listener.answer()).text == word
            assert silent.told == []
            assert closed.told == ["began"]

        tell(bench, story)

    def test_what_nobody_asked_for_is_not_understood(self, bench: Bench) -> None:
        async def story(recogniser: Recogniser) -> None:
            listener = Listener(recogniser, bench.question())
            listener.feed(quiet(0.4), bench.other, quiet(0.7))
            assert (await listener.answer()).text == ""

        tell(bench, story)
