"""How any word sounds in the phones of an English acoustic model: as espeak-ng's phonemiser says, put into the nearest
English phones.

A few words that are asked for all the time have pronunciations that were measured to do better. Runs in the recogniser's
child process: espeak-ng is a C library with a state of its own.
"""

from __future__ import annotations

import ctypes
import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence

import espeakng_loader

MOST_PRONUNCIATIONS = 6

_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_UTF_8 = 1
_IPA_PARTED_BY_UNDERSCORES = 0x02 | (ord("_") << 8)
_MARKS = re.compile("[ˈˌː̩̪̃̆‿.]")

_MEASURED: Mapping[str, tuple[str, ...]] = {
    "да": ("D AA", "D AH"),
    "нет": ("N Y EH T", "N EH T"),
    "ноль": ("N OW L", "N AO L"),
    "один": ("AH D IY N", "AA D IY N"),
    "одна": ("AH D N AA",),
    "два": ("D V AA",),
    "две": ("D V EH",),
    "три": ("T R IY",),
    "четыре": ("CH IH T IY R IY", "CH EH T IH R EH"),
    "пять": ("P Y AA T", "P AE T"),
    "шесть": ("SH EH S T",),
    "семь": ("S Y EH M", "S EH M"),
    "восемь": ("V OW S IH M", "V AO S EH M"),
    "девять": ("D EH V IH T", "D Y EH V IH T"),
    "конечно": ("K AH N EH SH N AH",),
}

_VOWELS: Mapping[str, str] = {
    "ɑ": "AA", "a": "AA", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ɜ": "ER", "ɚ": "ER", "e": "EH", "ɛ": "EH", "æ": "AE",
    "i": "IY", "ɪ": "IH", "ɨ": "IH", "y": "IH", "ᵻ": "IH", "o": "AO", "ɔ": "AO", "ɒ": "AA", "u": "UW", "ʊ": "UH",
    "ø": "ER", "œ": "ER", "ɯ": "UW", "ɵ": "UH", "ʏ": "IH",
    "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "ɔɪ": "OY", "oʊ": "OW", "əʊ": "OW",
    "ɪə": "IH R", "iə": "IH R", "eə": "EH R", "ʊə": "UH R",
}  # fmt: skip
_CONSONANTS: Mapping[str, str] = {
    "b": "B", "p": "P", "v": "V", "f": "F", "d": "D", "t": "T", "z": "Z", "s": "S", "ʒ": "ZH", "ʃ": "SH", "ʂ": "SH",
    "ʐ": "ZH", "ɕ": "SH", "ɕɕ": "SH", "ʑ": "ZH", "ts": "T S", "tʃ": "CH", "tɕ": "CH", "dʒ": "JH", "dz": "D Z",
    "j": "Y", "k": "K", "ɡ": "G", "g": "G", "ɣ": "G", "x": "HH", "ç": "HH", "χ": "HH", "h": "HH", "ɦ": "HH", "m": "M",
    "n": "N", "ɲ": "N Y", "ŋ": "NG", "l": "L", "ɭ": "L", "ɫ": "L", "ʎ": "L Y", "r": "R", "ɹ": "R", "ɾ": "R", "ʁ": "R",
    "w": "W", "β": "V", "ʋ": "V", "θ": "TH", "ð": "DH", "ʔ": "", "c": "K", "ɟ": "G", "q": "K",
}  # fmt: skip
# A soft consonant has no English phone: what it comes nearest to differs from speaker to speaker.
_SOFT: Mapping[str, tuple[str, ...]] = {
    "n": ("N", "N Y"),
    "t": ("T", "CH"),
    "d": ("D", "JH"),
    "p": ("P Y", "P"),
}


class Phonemiser:
    """libespeak-ng as a dictionary of every word. One in a process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        if (
            self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _DO_NOT_EXIT)
            <= 0
        ):
            raise RuntimeError("espeak-ng has no voice data")

    def pronunciations(self, word: str, language: str) -> list[str]:
        """How a word may sound, the likeliest first; empty when the language or the word cannot be spoken."""
        if word in _MEASURED and language.startswith("ru"):
            return list(_MEASURED[word])
        for code in (language, language.partition("-")[0]):
            if self._library.espeak_SetVoiceByName(code.encode()) == 0:
                return from_ipa(self._ipa(word))
        return []

    def _ipa(self, word: str) -> str:
        text = ctypes.cast(ctypes.c_char_p(word.encode()), ctypes.c_void_p)
        spoken = self._library.espeak_TextToPhonemes(ctypes.byref(text), _UTF_8, _IPA_PARTED_BY_UNDERSCORES)
        return (spoken or b"").decode(errors="replace")


def from_ipa(ipa: str) -> list[str]:
    """A word in IPA, its sounds parted by underscores, in English phones. Sounds that English has nothing for fall out."""
    sounds = [_MARKS.sub("", sound) for sound in re.split(r"[_\s]+", unicodedata.normalize("NFC", ipa))]
    choices = [choice for choice in map(_phones, sounds) if choice]
    several = itertools.islice(itertools.product(*choices), MOST_PRONUNCIATIONS)
    return list(dict.fromkeys(phones for each in several if (phones := " ".join(" ".join(each).split()))))


def _phones(sound: str) -> Sequence[str]:
    plain = sound.removesuffix("ʲ")
    if plain != sound and plain in _SOFT:
        return _SOFT[plain]
    whole = _VOWELS.get(plain) or _CONSONANTS.get(plain)
    if whole is not None:
        return (whole,)
    # Diphthongs and clusters that the table does not have go sound by sound.
    parts = [_VOWELS.get(each) or _CONSONANTS.get(each, "") for each in plain]
    return (" ".join(filter(None, parts)),) if any(parts) else ()
