"""What short answers mean: phrases, yes and no, numbers and days, in Russian and English; and what is left in doubt."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from outdial.core.intents import Intent, Meaning, expected, meant, spoken
from outdial.core.intents.dates import date_in

TODAY = date(2026, 11, 21)
"""A Saturday."""
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def hears(meaning: Meaning, text: str, *phrases: str) -> str | None:
    """The value of a text for an intent."""
    return meant(Intent(meaning, phrases), text, TODAY)


# ---------------------------------------------------------------------------------------------------- phrases


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("хочу", "Да, хочу!"),
        ("перезвоните", "перезвоните мне позже, пожалуйста"),
        ("ёлка", "про елку расскажите"),
        ("договор", "насчёт договоров"),
        ("не хочу", "нет, не хочу ничего"),
        ("call back", "please, call me or call back"),
        ("operators", "Operator"),
    ],
)
def test_a_phrase_is_found_whatever_its_case_ending_and_punctuation(phrase, text):
    assert hears(Meaning.PHRASES, text, phrase) == phrase


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("хочу", "не хочу"),
        ("хочу", "не очень хочу"),
        ("interested", "I am not interested"),
        ("want", "I don't really want"),
        ("хочу", "захочу"),
        ("перезвоните позже", "позже перезвоните"),
        ("да", "дача"),
        ("да", ""),
    ],
)
def test_a_phrase_that_is_negated_or_only_looks_alike_is_not(phrase, text):
    assert hears(Meaning.PHRASES, text, phrase) is None


def test_the_first_phrase_that_was_said_is_the_value():
    assert hears(Meaning.PHRASES, "переведите на оператора", "человек", "оператор") == "оператор"


# --------------------------------------------------------------------------------------------------- yes and no

YES = (
    "да; Да, конечно!; ага; угу; конечно; хорошо; согласна; давайте; не против; не возражаю; нет проблем; почему бы и нет;"
    " да да да; ну да; удобно; верно; так точно; yes; yeah; Sure; of course; okay; why not; no problem; I don't mind;"
    " yes, please"
)
NO = (
    "нет; неа; да нет; нет, конечно; конечно нет; не хочу; не надо; не удобно; неудобно; не очень удобно; не согласен;"
    " ни в коем случае; никогда; нет, спасибо; нет, позже;"
    " no; nope; no, thank you; I don't; I do not agree; not now;"
    " of course not; never"
)
NEITHER = (
    "давайте позже; да, перезвоните; хорошо, потом; yes, but later;"
    " алло; алло, кто это; да кто это; нет, согласен; что вы сказали; hello; who is this; мяу; "
)


@pytest.mark.parametrize("text", YES.split(";"))
def test_a_yes_is_heard(text):
    assert (hears(Meaning.CONSENT, text), hears(Meaning.REFUSAL, text)) == ("yes", None)


@pytest.mark.parametrize("text", NO.split(";"))
def test_a_no_is_heard(text):
    assert (hears(Meaning.CONSENT, text), hears(Meaning.REFUSAL, text)) == (None, "no")


@pytest.mark.parametrize("text", NEITHER.split(";"))
def test_what_is_in_doubt_is_neither(text):
    assert (hears(Meaning.CONSENT, text), hears(Meaning.REFUSAL, text)) == (None, None)


# ------------------------------------------------------------------------------------------------------ numbers


@given(st.integers(0, 999_999), st.sampled_from(["ru", "en"]))
def test_every_number_in_words_is_read_back(number, language):
    assert hears(Meaning.NUMBER, num2words(number, lang=language)) == str(number)


@given(st.integers(0, 999_999), st.sampled_from(["{}", "мне {} лет", "{} please", "number {}"]))
def test_every_number_in_digits_is_read_back_from_among_words(number, sentence):
    assert hears(Meaning.NUMBER, sentence.format(number)) == str(number)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=10), st.sampled_from(["ru", "en"]))
def test_digits_that_are_said_one_by_one_are_put_together(digits, language):
    text = " ".join(num2words(digit, lang=language) for digit in digits)
    assert hears(Meaning.NUMBER, text) == "".join(map(str, digits))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("двадцати пяти", "25"),
        ("Тысяча двести", "1200"),
        ("2 тысячи 500", "2500"),
        ("10 000 рублей", "10000"),
        ("two hundred and five", "205"),
        ("twenty-five", "25"),
        ("двадцать пять или тридцать", None),
        ("from five to six", None),
        ("не пять", None),
        ("много", None),
        ("9" * 13, None),
    ],
)
def test_numbers_in_other_forms_and_what_is_none(text, number):
    assert hears(Meaning.NUMBER, text) == number


def test_a_number_outside_its_limits_is_not_understood():
    ages = Intent(Meaning.NUMBER, least=18, most=99)
    assert [meant(ages, text, None) for text in ("семнадцать", "восемнадцать", "99", "сто")] == [None, "18", "99", None]


# --------------------------------------------------------------------------------------------------------- days


@given(DAYS, st.integers(0, 364))
def test_every_day_of_the_coming_year_in_words_is_read_back(today, ahead):
    day = today + timedelta(ahead)
    if (day.month, day.day) != (2, 29):
        assert date_in(spoken.day(day, "ru-RU"), today) == day
        assert date_in(f"on {spoken.day(day, 'en-US')}, please", today) == day


@given(DAYS, DAYS)
def test_every_day_in_figures_is_read_back(day, today):
    for text in (f"{day:%d.%m.%Y}", f"{day.day}.{day.month}.{day.year}", day.isoformat(), f"давайте {day:%d.%m.%y}"):
        assert date_in(text, today) == day


@given(DAYS, DAYS)
def test_every_day_with_its_year_in_words_is_read_back(day, today):
    assert date_in(f"{spoken.day(day, 'ru')} {day.year} года", today) == day
    assert date_in(f"the {day.day}th of {day:%B} {num2words(day.year)}", today) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("сегодня", "2026-11-21"),
        ("давайте завтра", "2026-11-22"),
        ("послезавтра", "2026-11-23"),
        ("day after tomorrow", "2026-11-23"),
        ("вчера", "2026-11-20"),
        ("on monday", "2026-11-23"),
        ("в субботу", "2026-11-28"),
        ("в следующий вторник", "2026-11-24"),
        ("через неделю", "2026-11-28"),
        ("через две недели", "2026-12-05"),
        ("in 3 days", "2026-11-24"),
        ("двадцать пятого", "2026-11-25"),
        ("25-го", "2026-11-25"),
        ("the 5th", "2026-12-05"),
        ("10 числа", "2026-12-10"),
        ("31.12", "2026-12-31"),
        ("12/31/2026", "2026-12-31"),
        ("двадцать шестого июня двадцать восьмого года", "2028-06-26"),
        ("june 26 twenty twenty eight", "2028-06-26"),
        ("29 февраля", "2028-02-29"),
        ("в понедельник двадцать третьего ноября", "2026-11-23"),
        ("тридцать первого февраля", None),
        ("в понедельник или во вторник", None),
        ("не завтра", None),
        ("пятнадцать", None),
        ("мая", None),
        ("когда-нибудь", None),
    ],
)
def test_days_as_they_are_said(text, day):
    assert hears(Meaning.DATE, text) == day


def test_without_knowing_what_day_today_is_no_day_is_understood():
    assert meant(Intent(Meaning.DATE), "завтра", None) is None


# ---------------------------------------------------------------------------------------- all, and what is expected


@given(st.sampled_from(Meaning), st.text(max_size=60), DAYS)
def test_nothing_that_is_heard_makes_an_intent_fall_over(meaning, text, today):
    value = meant(Intent(meaning, ("да", "", text)), text, today)
    assert value is None or isinstance(value, str)


def test_anything_is_taken_as_it_was_said():
    assert hears(Meaning.ANYTHING, " Хочу Поговорить ") == "Хочу Поговорить"
    assert hears(Meaning.ANYTHING, "  ") is None


@pytest.mark.parametrize("language", ["ru-RU", "en-US"])
@pytest.mark.parametrize("meaning", [Meaning.CONSENT, Meaning.REFUSAL, Meaning.DATE])
def test_what_is_expected_for_a_meaning_means_it(language, meaning):
    for phrase in expected((Intent(meaning),), language):
        assert hears(meaning, phrase) is not None, phrase


@pytest.mark.parametrize(("language", "usual"), [("ru-RU", {"да", "нет"}), ("en-US", {"yes", "no"})])
def test_a_yes_and_a_no_are_listened_for_in_few_forms_without_little_words(language, usual):
    phrases = expected((Intent(Meaning.CONSENT), Intent(Meaning.REFUSAL)), language)
    assert usual <= set(phrases)
    assert len(phrases) <= 16
    assert not {"ок", "ага", "угу", "буду", "идет", "неа", "нету", "ok", "aha", "nah"} & set(phrases)


def test_expected_numbers_of_a_small_range_are_whole_and_of_a_large_one_in_their_words():
    assert expected((Intent(Meaning.NUMBER, least=19, most=22),), "ru-RU") == (
        "девятнадцать",
        "двадцать",
        "двадцать один",
        "двадцать два",
    )
    assert "hundred" in expected((Intent(Meaning.NUMBER),), "en-US")


@given(st.integers(0, 999), st.sampled_from(["ru", "en"]))
def test_a_number_in_words_of_ours_is_read_back(value, language):
    assert hears(Meaning.NUMBER, spoken.number(value, language)) == str(value)


def test_where_anything_may_be_said_the_other_answers_are_expected_all_the_same():
    answers = (Intent(Meaning.ANYTHING), Intent(Meaning.CONSENT))
    assert expected(answers, "ru-RU") == expected(answers[1:], "ru-RU") != ()
    assert expected(answers[:1], "ru-RU") == ()
