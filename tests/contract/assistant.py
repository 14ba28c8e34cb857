"""What every assistant keeps to, whatever is behind it: the order of what it gives, and the limits of a sentence."""

from __future__ import annotations

from contextlib import aclosing

from outdial.core.assistant import Brief, Line, Path, Speaker
from outdial.core.sentences import LONGEST_SENTENCE
from outdial.ports import Assistant, Chosen, Failed, Sentence

PATHS = (Path("agree", "The person agrees."), Path("Оператор №1", "The person wants to speak with somebody."))


def brief(**changes: object) -> Brief:
    """A turn of a talk that has begun."""
    given = {
        "instructions": "Offer a checkup.",
        "language": "ru-RU",
        "lines": (Line(Speaker.OUTDIAL, "Добрый день!"), Line(Speaker.CALLEE, "Слушаю вас.")),
        "variables": {"name": "Анна"},
        "paths": PATHS,
        "most_tokens": 100,
        "longest_seconds": 20.0,
        "first_words_seconds": 10.0,
    }
    return Brief(**(given | changes))  # type: ignore[arg-type]


async def answer_of(assistant: Assistant, asked: Brief | None = None) -> list[Sentence | Chosen | Failed]:
    """The whole answer, which keeps to the port's contract."""
    asked = asked or brief()
    async with aclosing(assistant.answer(asked)) as answer:
        given = [item async for item in answer]
    assert given, "an answer is not nothing"
    for item in given[:-1]:
        assert isinstance(item, Sentence), "nothing follows the end"
    for item in given:
        match item:
            case Sentence(text):
                assert 0 < len(text) <= LONGEST_SENTENCE
                assert text == " ".join(text.split())
            case Chosen(block):
                assert block in {path.block for path in asked.paths}
            case Failed(_, detail):
                assert detail
    return given
