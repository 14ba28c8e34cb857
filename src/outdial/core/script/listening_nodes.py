"""The nodes at which the callee talks: a question that hears speech and keys, and a talk with the assistant.

A node names the next one by its key; None ends the dialogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outdial.core.intents import NO, YES, Intent, Meaning
from outdial.core.prompt import Prompt
from outdial.core.template import Template

DEFAULT_LISTEN_SECONDS = 6.0
DEFAULT_TRIES = 3
DEFAULT_LONGEST_SPEECH_SECONDS = 15.0
DEFAULT_PAUSE_SECONDS = 0.5
DEFAULT_ASSISTANT_TURNS = 20
DEFAULT_ASSISTANT_TRIES = 2


@dataclass(frozen=True, slots=True)
class Hears:
    """What the callee may mean at a `Listen`, and where that leads."""

    intent: Intent
    next: str | None
    into: str = ""
    """The variable that what was meant is put into; empty: none."""
    value: str = ""
    """What is put there; empty: the value of the intent."""
    keys: str = ""
    """Keys that stand for it, of `0-9*#`; empty: none do. A number is typed as it is, whatever these are."""

    @property
    def by_keys(self) -> str:
        """What the keys put into the variable."""
        match self.intent.meaning:
            case Meaning.CONSENT:
                known = YES
            case Meaning.REFUSAL:
                known = NO
            case Meaning.PHRASES if self.intent.phrases:
                known = self.intent.phrases[0]
            case _:
                known = self.keys
        return self.value or known


@dataclass(frozen=True, slots=True)
class Listen:
    """Play a prompt and hear what the callee says or presses; the first of `answers` that it means is taken.

    Speech stops the prompt where `barge_in` says so, a key always does. What means none of the answers, or silence for
    `wait_seconds`, is answered by `unmatched` or `silence` and the prompt again, `tries` times in all; then the dialogue
    goes to `otherwise`. A noise that stopped the prompt and was no speech costs no try: the callee has not heard the
    question, so it is said once more, and this time nothing but a key stops it. A prompt that cannot be made ends the
    dialogue.
    """

    name: str
    prompt: Prompt
    answers: tuple[Hears, ...]
    language: str
    wait_seconds: float = DEFAULT_LISTEN_SECONDS
    tries: int = DEFAULT_TRIES
    barge_in: bool = True
    unmatched: Prompt = ()
    silence: Prompt = ()
    otherwise: str | None = None
    pause_seconds: float = DEFAULT_PAUSE_SECONDS
    """How long the callee is silent before what was said is taken as the answer."""
    longest_seconds: float = DEFAULT_LONGEST_SPEECH_SECONDS
    """Speech that lasts longer is taken as it is by then."""
    least_confidence: float = 0.0
    """Whatever was heard with less confidence, from 0 to 1, means nothing."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where the assistant may lead the dialogue."""

    to: str
    """The key of the next node."""
    when: str
    """When to go there, in words for the assistant."""
    keys: str = ""
    """The key by which the callee goes there; empty: none."""


@dataclass(frozen=True, slots=True)
class Assist:
    """Let the assistant talk with the callee, turn by turn, until it takes one of the ways.

    What it says is spoken sentence by sentence as it comes. Whatever keeps it from answering, and a callee who is silent or
    not understood `tries` times running, leads to `otherwise`; so does a talk of more than `most_turns`.
    """

    name: str
    instructions: Template
    ways: tuple[Way, ...]
    otherwise: str | None
    language: str
    voice: str = ""
    barge_in: bool = True
    wait_seconds: float = DEFAULT_LISTEN_SECONDS
    tries: int = DEFAULT_ASSISTANT_TRIES
    most_turns: int = DEFAULT_ASSISTANT_TURNS
    most_tokens: int = 200
    longest_seconds: float = 8.0
    first_words_seconds: float = 3.0
    pause_seconds: float = DEFAULT_PAUSE_SECONDS
    longest_speech_seconds: float = DEFAULT_LONGEST_SPEECH_SECONDS


@dataclass(frozen=True, slots=True)
class Set:
    """Give variables values, in the order in which they stand; a later one may use an earlier one."""

    values: Mapping[str, Template]
    next: str | None
