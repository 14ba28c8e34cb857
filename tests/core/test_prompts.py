"""Filling a prompt puts values into slots and does nothing else with them: whatever a value looks like, it is
only words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.generated import PROMPTS
from outdial.core.prompt import LONGEST_TEXT, LONGEST_VALUE, Kind, Recording, Slot, Text, Words, fill

HOSTILE = ["{{ 7*7 }}", "{0.__class__}", "%s%(x)s", "<name>", "$(reboot)", "\\1", "`id`", "{name}", "\x00\n"]


def spoken(*parts: str | Slot, **variables: str) -> str:
    """The words of one text."""
    (words,) = fill((Text(parts, "ru-RU"),), variables)
    assert isinstance(words, Words)
    return words.text


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_spoken_as_it_is(value):
    assert spoken("Hello ", Slot("name"), "!", name=value) == f"Hello {value}!"


@pytest.mark.parametrize("literal", HOSTILE)
def test_a_literal_part_is_spoken_as_it_is(literal):
    assert spoken(literal, name="Anna", x="y") == literal


def test_an_unknown_variable_leaves_its_place_empty():
    assert fill((Text(("a", Slot("nobody"), "b"), "ru-RU"),), {}) == (Words("ab", "ru-RU", "", personal=False),)


def test_words_with_a_callees_variable_are_personal():
    text = Text((Slot("name"),), "ru-RU", "alena")
    assert fill((text,), {"name": ""}) == (Words("", "ru-RU", "alena", personal=True),)


@pytest.mark.parametrize(
    ("value", "said"),
    [("123", "1 2 3"), ("7", "7"), ("12a", "12a"), ("1 2", "1 2"), ("", ""), ("-5", "-5"), ("½", "½")],
)
def test_digits_alone_are_spelt_where_the_slot_says_so(value, said):
    assert spoken(Slot("n", Kind.DIGITS), n=value) == said
    assert spoken(Slot("n"), n=value) == value


def test_long_values_and_long_texts_are_cut():
    assert spoken(Slot("n"), n="x" * (LONGEST_VALUE + 1)) == "x" * LONGEST_VALUE
    assert len(spoken(*[Slot("n")] * 20, n="x" * LONGEST_VALUE)) == LONGEST_TEXT


@given(PROMPTS, st.dictionaries(st.text("abcde", max_size=2), st.text(max_size=2 * LONGEST_VALUE), max_size=3))
def test_a_filled_prompt_keeps_its_pieces_languages_and_limits(prompt, variables):
    filled = fill(prompt, variables)
    assert len(filled) == len(prompt)
    for piece, done in zip(prompt, filled, strict=True):
        if isinstance(piece, Recording):
            assert done is piece
        else:
            assert isinstance(done, Words)
            assert (done.language, done.voice) == (piece.language, piece.voice)
            assert len(done.text) <= LONGEST_TEXT
            assert done.personal == any(isinstance(part, Slot) and part.name in variables for part in piece.parts)


@given(st.text(max_size=50), st.text(max_size=50))
def test_what_stands_around_a_slot_is_never_touched(before, after):
    assert spoken(before, Slot("n"), after, n="v") == f"{before}v{after}"
