"""Texts cut into sentences as they come: where they end, what nobody can speak, and laws that hold for every text."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outdial.core.sentences import LONGEST_SENTENCE, cut, spoken

PIECES = st.sampled_from(
    [
        *(
            "т. е. ",
            "и т. д. ",
            "г. ",
            "2026 г. ",
            "А. С. ",
            "руб. ",
            "5 p.m. ",
            "3.14",
            "25.11. ",
            "Mr. ",
            "1. ",
            "No. ",
        ),
        *(
            "Да",
            "нет",
            "Мы",
            "они ",
            "word ",
            ". ",
            "... ",
            "?! ",
            "! ",
            "…",
            "\n",
            " ",
            "  ",
            ", ",
            ".",
            ")",
            "»",
            "«",
        ),
        *("**", "*", "- ", "`", "x" * 120, "длинное слово " * 9, "раз, два, " * 12, "😀", "\t\n"),
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=300)


def streamed(text: str, cuts: list[int]) -> list[str]:
    """The sentences of a text that comes in pieces."""
    at = [0, *sorted(index % (len(text) + 1) for index in cuts), len(text)]
    said: list[str] = []
    rest = ""
    for begin, end in zip(at, at[1:], strict=False):
        whole, rest = cut(rest + text[begin:end])
        said += whole
    whole, rest = cut(rest, ended=True)
    assert rest == ""
    return said + whole


def letters(text: str) -> str:
    return "".join(text.split())


@given(TEXTS, st.lists(st.integers(0, 5000), max_size=40))
@example("руб. " + "x" * 300, [4, 5, 6])
@example("x" * 198 + ".) " + "Да", [200, 201, 202])
def test_the_pieces_in_which_a_text_comes_do_not_matter(text: str, cuts: list[int]) -> None:
    assert streamed(text, cuts) == cut(text, ended=True)[0]
    assert streamed(text, list(range(len(text)))) == cut(text, ended=True)[0]


@given(TEXTS)
def test_nothing_is_lost_and_nothing_is_too_long(text: str) -> None:
    sentences, _ = cut(text, ended=True)
    assert letters("".join(sentences)) == letters(text)
    assert all(0 < len(sentence) <= LONGEST_SENTENCE and sentence == sentence.strip() for sentence in sentences)


@given(TEXTS)
def test_a_whole_sentence_is_not_waited_on_for_longer_than_the_longest_one(text: str) -> None:
    _, rest = cut(text)
    # A mark whose meaning depends on what follows it may keep a text waiting, and nothing but spaces follows it then.
    assert len(rest) <= LONGEST_SENTENCE or rest != rest.rstrip()


@given(st.text(max_size=200))
def test_what_is_spoken_is_one_line_with_something_to_say(text: str) -> None:
    words = spoken(text)
    assert words == " ".join(words.split())
    assert not words or any(character.isalnum() for character in words)


@given(st.lists(st.sampled_from(["Да,", "нет.", "5", "%", "№", "ёлка", "it's", "(так)", "«он»", "2*3"]), min_size=1))
def test_plain_words_are_spoken_as_they_stand(words: list[str]) -> None:
    said = " ".join(words)
    assert spoken(said) == (said if any(character.isalnum() for character in said) else "")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Добрый день! Вам удобно говорить?", ["Добрый день!", "Вам удобно говорить?"]),
        ("Число 3.14. Приходите 25.11. Ждём", ["Число 3.14.", "Приходите 25.11.", "Ждём"]),
        ("Мы на ул. Ленина, д. 5, в г. Москва. Да", ["Мы на ул. Ленина, д. 5, в г. Москва.", "Да"]),
        ("Основаны в 2026 г. Работаем и т. д. Всё", ["Основаны в 2026 г.", "Работаем и т. д.", "Всё"]),
        ("А. С. Пушкин, т. е. он. Да", ["А. С. Пушкин, т. е. он.", "Да"]),
        (
            "Цена 500 руб. за штуку. Скидка 5 тыс. руб. Берёте?",
            ["Цена 500 руб. за штуку.", "Скидка 5 тыс. руб.", "Берёте?"],
        ),
        ("Mr. Smith, e.g. John, left. It's 5 p.m. We go.", ["Mr. Smith, e.g. John, left.", "It's 5 p.m.", "We go."]),
        ("No. I won't.", ["No.", "I won't."]),
        ("Ну что?! «Да.» Так…  Вот", ["Ну что?!", "«Да.»", "Так…", "Вот"]),
        ("1. Первый\n2. Второй", ["1. Первый", "2. Второй"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_where_a_speaker_would_stop(text: str, sentences: list[str]) -> None:
    assert cut(text, ended=True)[0] == sentences


def test_a_sentence_is_whole_as_soon_as_the_space_after_it_is_there() -> None:
    assert cut("Добрый день!") == ([], "Добрый день!")
    assert cut("Добрый день! ") == (["Добрый день!"], "")


def test_an_abbreviation_waits_for_what_follows_it() -> None:
    assert cut("Это 5 руб. ") == ([], "Это 5 руб. ")
    assert cut("Это 5 руб. Д") == (["Это 5 руб."], "Д")
    assert cut("Это 5 руб. з") == ([], "Это 5 руб. з")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("слово " * 20 + "раз, " + "слово " * 30, "слово " * 20 + "раз,"),
        ("слово " * 60, ("слово " * 33).strip()),
        ("я" * 500, "я" * LONGEST_SENTENCE),
    ],
)
def test_a_long_sentence_is_cut_at_a_comma_or_between_words_or_anywhere(text: str, first: str) -> None:
    assert cut(text)[0][0] == first


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("**Важно:** нажмите *, потом #.", "Важно: нажмите *, потом #."),
        ("Хорошо 😀👍🏽 5️⃣ 🇷🇺", "Хорошо 5"),
        ("[сайт](http://a.b/c) и ![вид](x.png)", "сайт и вид"),
        ("`код` ~~нет~~ _да_ __да__ snake_case 2*3", "код нет да да snake_case 2*3"),
        ("## Заголовок", "Заголовок"),
        ("- *пункт*", "пункт"),
        ("— Да, конечно", "Да, конечно"),
        ("> цитата", "цитата"),
        ("**Первое.", "Первое."),
        ("Второе.**", "Второе."),
        ("Да<br/>нет, 5 < 7", "Да нет, 5 < 7"),
        ("```json", ""),
        ("№ 5, 20 °C, 5 %", "№ 5, 20 °C, 5 %"),
        ("---", ""),
        ("👍", ""),
        ("...", ""),
    ],
)
def test_nobody_hears_markup_or_emojis(sentence: str, words: str) -> None:
    assert spoken(sentence) == words
