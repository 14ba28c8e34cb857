"""Sums, dates and numbers in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.prompt import Kind
from outdial.drivers.speech.speller import Speller

RU, EN = "ru-RU", "en-US"


@pytest.mark.parametrize(
    ("kind", "value", "language", "words"),
    [
        (Kind.MONEY, "17.25", RU, "семнадцать рублей двадцать пять копеек"),
        (Kind.MONEY, "3,17", RU, "три рубля семнадцать копеек"),
        (Kind.MONEY, "14.00", RU, "четырнадцать рублей ноль копеек"),
        (Kind.MONEY, "1 001.01", RU, "одна тысяча один рубль одна копейка"),
        (Kind.MONEY, "0.005", RU, "ноль рублей одна копейка"),
        (Kind.MONEY, "-2", RU, "минус два рубля ноль копеек"),
        (Kind.MONEY, "1.01", EN, "one rouble and one kopek"),
        (Kind.DATE, "15.07.2020", RU, "пятнадцатое июля две тысячи двадцатого года"),
        (Kind.DATE, "2020-07-15", RU, "пятнадцатое июля две тысячи двадцатого года"),
        (Kind.DATE, "3/5/99", RU, "третье мая две тысячи девяносто девятого года"),
        (Kind.DATE, "2000-01-01", RU, "первое января двухтысячного года"),
        (Kind.DATE, "15.07.2020", EN, "July fifteenth, twenty twenty"),
        (Kind.MONEY, "17.25", "de-DE", "17.25"),
        (Kind.MONEY, "17.25", "", "семнадцать рублей двадцать пять копеек"),
        (Kind.DATE, "31.02.2020", RU, "31.02.2020"),
        (Kind.DATE, "42", RU, "сорок два"),
        (Kind.NUMBER, "21", RU, "двадцать один"),
        (Kind.NUMBER, "3,50", RU, "три целых пять десятых"),
        (Kind.NUMBER, "15.07.2020", RU, "пятнадцатое июля две тысячи двадцатого года"),
        (Kind.NUMBER, "1e5", RU, "1e5"),
        (Kind.TEXT, " 5 ", RU, "5"),
    ],
)
def test_words(kind: Kind, value: str, language: str, words: str) -> None:
    assert Speller().words(kind, value, language) == words


@given(st.sampled_from(Kind), st.text(max_size=30), st.sampled_from([RU, EN, ""]))
def test_whatever_is_sent_is_put_into_some_words(kind: Kind, value: str, language: str) -> None:
    assert isinstance(Speller().words(kind, value, language), str)


@given(st.decimals(0, 10**9, places=2))
def test_every_sum_is_words_alone(amount: Decimal) -> None:
    said = Speller().words(Kind.MONEY, str(amount), RU)
    assert not any(character.isdigit() for character in said)
    assert "рубл" in said
    assert "копе" in said
