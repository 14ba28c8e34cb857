"""Whether a human or a machine picked up: what the switch is to listen for, and what it made of it.

The measures are those of Asterisk's AMD() and FreeSWITCH's mod_amd, which hear pauses and lengths and understand nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Who picked up, as far as can be heard."""

    HUMAN = "human"
    MACHINE = "machine"
    NOT_SURE = "not_sure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amd:
    """How answering machines are told from people. Times are in milliseconds."""

    allow_not_sure: bool = True
    """Whether a call goes on when nobody can tell; otherwise it is hung up as a machine's is."""
    initial_silence: int = 2500
    """Silence before the greeting that is longer than this means a machine."""
    greeting: int = 1500
    """A greeting that is longer than this means a machine."""
    after_greeting_silence: int = 800
    """Silence after a greeting that is longer than this means a human."""
    total_analysis: int = 5000
    min_word: int = 100
    """A sound that is shorter than this is no word."""
    max_word: int = 5000
    """A word that is longer than this means a machine."""
    between_words_silence: int = 50
    max_words: int = 3
    """More words than this mean a machine."""
    silence_threshold: int = 256
    """The energy (0 to 32767) below which it is silent."""
