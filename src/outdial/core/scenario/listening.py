"""Blocks at which the callee talks: `listen`, and `assistant`."""

from __future__ import annotations

import re
from typing import Any

from outdial.core.intents import Intent, Meaning
from outdial.core.intents.numbers import LARGEST
from outdial.core.intents.words import words_of
from outdial.core.scenario.fields import Fields
from outdial.core.script.listening_nodes import (
    DEFAULT_ASSISTANT_TRIES,
    DEFAULT_ASSISTANT_TURNS,
    DEFAULT_LISTEN_SECONDS,
    DEFAULT_LONGEST_SPEECH_SECONDS,
    DEFAULT_PAUSE_SECONDS,
    DEFAULT_TRIES,
    Assist,
    Hears,
    Listen,
    Way,
)
from outdial.core.script.nodes import Node
from outdial.core.section import Section

MOST_TRIES = 20
MOST_ASSISTANT_TURNS = 100
MOST_TOKENS = 4000
LONGEST_WAIT_SECONDS = 120.0
LONGEST_SPEECH_SECONDS = 120.0
LONGEST_PAUSE_SECONDS = 5.0
LONGEST_ASSISTANT_SECONDS = 60.0
MOST_PHRASES = 200

_KEYS = re.compile(r"[0-9*#]{1,20}")
_KEY = re.compile(r"[0-9*#]")
_MEANINGS: dict[object, Meaning] = {
    "consent": Meaning.CONSENT,
    "refusal": Meaning.REFUSAL,
    "number": Meaning.NUMBER,
    "date": Meaning.DATE,
    "anything": Meaning.ANYTHING,
}


def listen(block: Fields) -> Node:
    """A question. An empty list in the place of its prompt listens at once."""
    members = block.members
    answers = tuple(_answer(block.within(one)) for one in members.each("answers"))
    if not answers and members.has("answers"):
        members.fault("answers", "one answer at least is wanted")
    keys = [answer.keys for answer in answers if answer.keys]
    for twice in sorted({one for one in keys if keys.count(one) > 1}):
        members.fault("answers", f"the keys {twice} stand for two answers")
    return Listen(
        name=block.key,
        prompt=() if members.take("listen") == [] else block.prompt("listen"),
        answers=answers,
        language=block.language,
        wait_seconds=block.seconds("wait_seconds", DEFAULT_LISTEN_SECONDS, LONGEST_WAIT_SECONDS, 0.5),
        tries=members.number("tries", 1, MOST_TRIES, DEFAULT_TRIES),
        barge_in=block.flag("barge_in", default=True),
        unmatched=block.prompt("unmatched", ()),
        silence=block.prompt("silence", ()),
        otherwise=block.target("otherwise"),
        pause_seconds=block.seconds("pause_seconds", DEFAULT_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, 0.1),
        longest_seconds=block.seconds("longest_seconds", DEFAULT_LONGEST_SPEECH_SECONDS, LONGEST_SPEECH_SECONDS, 1.0),
        least_confidence=block.seconds("confidence", 0.0, 1.0),
    )


def assistant(block: Fields) -> Node:
    """A talk with the assistant. Where it goes on without one has to be said."""
    members = block.members
    ways = tuple(way for one in members.each("ways", ()) if (way := _way(block.within(one))).to)
    return Assist(
        name=block.key,
        instructions=block.template("assistant", members.take("assistant")),
        ways=ways,
        otherwise=block.needed_target("otherwise", "where the talk goes on when the assistant cannot be asked"),
        language=block.language,
        voice=block.voice,
        barge_in=block.flag("barge_in", default=True),
        wait_seconds=block.seconds("wait_seconds", DEFAULT_LISTEN_SECONDS, LONGEST_WAIT_SECONDS, 0.5),
        tries=members.number("tries", 1, MOST_TRIES, DEFAULT_ASSISTANT_TRIES),
        most_turns=members.number("most_turns", 1, MOST_ASSISTANT_TURNS, DEFAULT_ASSISTANT_TURNS),
        most_tokens=members.number("most_tokens", 1, MOST_TOKENS, 200),
        longest_seconds=block.seconds("longest_seconds", 8.0, LONGEST_ASSISTANT_SECONDS, 0.5),
        first_words_seconds=block.seconds("first_words_seconds", 3.0, LONGEST_ASSISTANT_SECONDS, 0.1),
        pause_seconds=block.seconds("pause_seconds", DEFAULT_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, 0.1),
        longest_speech_seconds=block.seconds(
            "longest_speech_seconds", DEFAULT_LONGEST_SPEECH_SECONDS, LONGEST_SPEECH_SECONDS, 1.0
        ),
    )


def _way(block: Fields) -> Way:
    way = Way(
        to=block.needed_target("to", "the block that this way leads to") or "",
        when=block.members.text("when"),
        keys=block.members.shaped("keys", _KEY, "one key of 0-9, * and #", ""),
    )
    block.members.finish()
    return way


def _answer(block: Fields) -> Hears:
    members = block.members
    members.one_of("is", "says")
    intent = _phrases(members) if members.has("says") else _meaning(members)
    answer = Hears(
        intent=intent,
        next=block.target("next"),
        into=block.name("into", ""),
        value=members.text("value", ""),
        keys=members.shaped("keys", _KEYS, "keys of 0-9, * and #", ""),
    )
    members.finish()
    return answer


def _meaning(members: Section) -> Intent:
    written: Any = members.take("is", None)
    meaning = None if not isinstance(written, str) else _MEANINGS.get(written)
    if meaning is None:
        if written is not None:
            members.fault("is", f"one of {', '.join(map(str, _MEANINGS))} is wanted")
        return Intent(Meaning.ANYTHING)
    if meaning is not Meaning.NUMBER:
        return Intent(meaning)
    least = members.number("from", 0, LARGEST, 0)
    most = members.number("to", 0, LARGEST, LARGEST)
    if least > most:
        members.fault("to", f"a number from {least} on is wanted")
    return Intent(meaning, least=least, most=most)


def _phrases(members: Section) -> Intent:
    written: Any = members.take("says")
    listed = [written] if isinstance(written, str) else written
    sound = isinstance(listed, list) and all(isinstance(one, str) and words_of(one) for one in listed)
    if not sound or not 1 <= len(listed) <= MOST_PHRASES:
        members.fault("says", f"1 to {MOST_PHRASES} words or phrases in quotes are wanted")
        return Intent(Meaning.PHRASES)
    return Intent(Meaning.PHRASES, tuple(listed))
