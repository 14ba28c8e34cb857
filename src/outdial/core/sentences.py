"""Cuts a text that is still being written into sentences, so that the first can be spoken before the last is there, and
takes from a sentence what nobody can speak. Who writes the text is not known here.

Where a text is cut depends on its letters alone, never on the pieces in which they came. A full stop that may be an
abbreviation's is left in the middle of a sentence: one that is too long is only heard a little later.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_SENTENCE = 200
"""Characters of one sentence; what is longer is cut at a comma, else between words, else anywhere."""

_BEFORE_NAMES = re.compile(
    r"г|ул|пр-т|просп|пер|пл|наб|ш|б-р|им|кв|корп|стр|рис|табл|см|ср|тел|доб|гр|г-н|г-жа|проф|акад|обл|р-н|пос|дер|ст|оф"
    r"|т\.[екнч]|mrs?|ms|dr|prof|st|vs|fig|e\.g|i\.e"
)
"""A name or a number follows these: they never end a sentence."""
_SHORTENED = re.compile(
    r"[тдпчсекнэ]|мин|сек|руб|коп|тыс|млн|млрд|трлн|др|проч|пр|гг|т\.[дп]|н\.э|etc|inc|ltd|corp|approx|dept|ext|[ap]\.m"
)
"""These may end one: they do before anything but a small letter or a digit."""
_END = re.compile(r"(?P<marks>[.!?…]+)[\"'»”’)\]*_`]*(?=\s)|\n")
_WORD_BEFORE = re.compile(r"[^\s(\[«„“\"'*_]*\Z")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_LIST_NUMBER = re.compile(r"[0-9]{1,2}")
_CLAUSE = re.compile(r".*[,;:–—](?=\s)", re.DOTALL)
_WORDS = re.compile(r".*\S(?=\s)", re.DOTALL)

_FENCE = re.compile(r"```\w*")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>\s+|[-*+•‣–—]\s+)+", re.MULTILINE)
_STARS = re.compile(r"(?<!\w)(\*{1,3})(?=[^\s*])([^*]*[^\s*])\1(?!\w)")
_UNDERLINES = re.compile(r"(?<!\w)(_{1,2})(?=[^\s_])(.*?[^\s_])\1(?!\w)")
_LEFT_OVER = re.compile(r"\*\*+|~~+|(?<!\w)__+|__+(?!\w)|`+")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|~-])")
_SPOKEN_SIGNS = frozenset("№°")
"""Signs of the category of emojis that voices have a word for."""


def cut(text: str, *, ended: bool = False) -> tuple[list[str], str]:
    """The sentences that are whole, and the rest, which is to be put before what comes next.

    A sentence has no spaces around it and no more than `LONGEST_SENTENCE` characters. Once the text has `ended`, there is
    no rest.
    """
    sentences: list[str] = []
    rest = text.lstrip()
    while rest and (end := _first_end(rest, ended)):
        sentences.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    if ended and rest:
        sentences.append(rest.rstrip())
        rest = ""
    return sentences, rest


def _first_end(text: str, ended: bool) -> int:
    """Where the first sentence of a text ends; 0: that cannot be told yet, or it is the last one."""
    for found in _END.finditer(text):
        if found.end() > LONGEST_SENTENCE:
            break
        ends = _ends(text, found, ended)
        if ends is None:
            return 0
        if ends:
            return found.end()
    return _end_of_a_long_one(text) if len(text) > LONGEST_SENTENCE else 0


def _ends(text: str, found: re.Match[str], ended: bool) -> bool | None:
    """Whether a mark ends a sentence; None: what comes next decides, and it is not there yet."""
    if found["marks"] != ".":
        return True
    before = _WORD_BEFORE.search(text, 0, found.start())
    assert before is not None  # it may be empty
    word = before[0]
    small = word.lower()
    if before.start() == 0 and _LIST_NUMBER.fullmatch(word):
        return False
    if word.isupper() and _INITIALS.fullmatch(word):
        return False
    if _BEFORE_NAMES.fullmatch(small):
        # 2026 г. ends like a shortened word, г. Москва does not.
        after_digits = small == "г" and text[: before.start()].rstrip()[-1:].isdigit()
        if not after_digits:
            return False
    elif not _SHORTENED.fullmatch(small):
        return True
    following = text[found.end() :].lstrip()[:1]
    if not following:
        return True if ended else None
    return not (following.islower() or following.isdigit())


def _end_of_a_long_one(text: str) -> int:
    for pattern in (_CLAUSE, _WORDS):
        if found := pattern.match(text[: LONGEST_SENTENCE + 1]):
            return found.end()
    return LONGEST_SENTENCE


def spoken(sentence: str) -> str:
    """A sentence without markdown, tags and emojis, on one line; empty where nothing is left to say."""
    text = _LINK.sub(r"\1", _TAG.sub(" ", _FENCE.sub(" ", sentence)))
    text = _LINE_MARK.sub("", text)
    text = _UNDERLINES.sub(r"\2", _STARS.sub(r"\2", text))
    text = _ESCAPED.sub(r"\1", _LEFT_OVER.sub("", text).replace("|", " "))
    text = " ".join("".join(_sounding(character) for character in text).split())
    return text if any(character.isalnum() for character in text) else ""


def _sounding(character: str) -> str:
    if character in _SPOKEN_SIGNS:
        return character
    match unicodedata.category(character):
        case "So" | "Sk" | "Co" | "Cn" | "Cs" | "Cf" | "Me":
            return ""
        case "Mn" if "\ufe00" <= character <= "\ufe0f":
            return ""
        case _:
            return " " if character in "→←⇒⇨" else character
