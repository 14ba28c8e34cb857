"""Yes or no, in the usual forms of Russian and English.

In doubt it is neither, and the callee is asked again: a yes that nobody said costs more than a question. A refusal counts
beside words that only lend it weight (`конечно нет`), and where it comes after a yes (`да нет`); with a plain yes behind it
(`нет, согласен`) nobody knows.
"""

from __future__ import annotations

from outdial.core.intents.words import Words, listed, negated, places, words_of

_IDIOMS_OF_CONSENT = (
    "не против; не возражаю; не возражаем; ничего не имею против; почему бы и нет; почему бы нет; почему нет; нет проблем;"
    " без проблем; не вопрос; нет возражений; no problem; no objections; why not; don't mind; do not mind; not a problem"
)
_IDIOMS_OF_REFUSAL = (
    "ни за что; ни в коем случае; ни в коем разе; не надо; не нужно; не стоит; не сегодня; не сейчас; не сможем;"
    " не могу; не смогу;"
    " no way; not now; not today; not really; of course not; certainly not; no thanks; no thank you"
)
_CONSENT = (
    "да; ага; угу; так точно; согласен; согласна; согласны; верно; правильно; подтверждаю; подтверждаем; разумеется;"
    " естественно; безусловно; обязательно; давайте; давай; удобно; хочу; хотим; буду; будем; приду; придем; смогу; сможем;"
    " готов; готова; готовы; подходит; устраивает; идет; интересно; нужно; надо; интересует; планирую;"
    " yes; yeah; yep; yup; aha; uh huh; i do; i am; i will; agree; agreed; correct; right; confirm; confirmed; absolutely;"
    " definitely; of course; certainly; go ahead; works; fine; interested; i'd love to; it is; that's right"
)
_WEIGHT = (
    "конечно; точно; хорошо; ладно; окей; ок; можно; именно; пожалуйста; отлично; прекрасно; вполне;"
    " sure; ok; okay; good; great; alright; all right; please; perfect"
)
"""Said alone it is a yes; beside a refusal it only lends that weight."""
_REFUSAL = (
    "нет; неа; нету; никак; никогда; нельзя; против; отказываюсь; отказываемся; отказ; неудобно; неинтересно; неверно;"
    " неправильно; отмена; отмените; отменить; хватит; отстаньте;"
    " i don't; i do not; i am not; i won't; i can't;"
    " no; nope; nah; never; negative; refuse; wrong; incorrect; cancel; disagree; decline; uninterested"
)
_USUAL_CONSENT = (
    "да; конечно; хорошо; согласен; согласна; правильно; удобно; yes; yeah; sure; of course; okay; agree; correct"
)
_USUAL_REFUSAL = "нет; не хочу; не могу; неудобно; не согласен; no; nope; no thank you; never"
_ASKING = frozenset(listed("кто что какой какая какие зачем почему откуда куда где who what which why where"))
"""Somebody who asks back has said neither yes nor no."""
_LATER = frozenset(
    listed("потом позже попозже перезвоните перезвони перезвонить некогда занят занята later busy another")
)
"""Somebody who puts it off with a yes, `давайте позже`, has not said yes to it."""


def _phrases(listed: str) -> tuple[Words, ...]:
    return tuple(sorted((words_of(phrase) for phrase in listed.split(";")), key=len, reverse=True))


_GOOD_IDIOMS, _BAD_IDIOMS = _phrases(_IDIOMS_OF_CONSENT), _phrases(_IDIOMS_OF_REFUSAL)
_YES, _WEIGHTS, _NO = _phrases(_CONSENT), _phrases(_WEIGHT), _phrases(_REFUSAL)


def consents(words: Words) -> bool | None:
    """True for a yes, False for a no, None where neither was said or both were."""
    left, good = _without(words, _GOOD_IDIOMS)
    left, bad = _without(left, _BAD_IDIOMS)
    yes, turned = _found(left, _YES)
    weight, turned_weight = _found(left, _WEIGHTS)
    no, _ = _found(left, _NO)
    refusals = [*bad, *no, *turned, *turned_weight]
    consents = [*good, *yes]
    if any(word in _ASKING for word in left):
        return None
    if refusals:
        return None if any(at > max(refusals) for at in consents) else False
    put_off = any(word in _LATER for word in left)
    return True if (consents or weight) and not put_off else None


def forms(*, consent: bool, language: str) -> tuple[str, ...]:
    """What is worth hearing for a yes, or for a no, in a language: a few forms that sound unlike each other.

    A recogniser that chooses among the expected takes a noise or another word for one of them, the sooner the more there
    are, and nearly anything for a little word (`ок`, `буду`, `неа`).
    """
    phrases = (" ".join(words_of(phrase)) for phrase in (_USUAL_CONSENT if consent else _USUAL_REFUSAL).split(";"))
    english = language.lower().startswith("en")
    return tuple(phrase for phrase in phrases if phrase.isascii() == english)


def _without(words: Words, idioms: tuple[Words, ...]) -> tuple[Words, list[int]]:
    """The words with every idiom blanked out, and where there was one."""
    left, found = list(words), list[int]()
    for idiom in idioms:
        for at in places(idiom, tuple(left)):
            if not any(left[at + step] == "" for step in range(len(idiom))):
                found.append(at)
                left[at : at + len(idiom)] = [""] * len(idiom)
    return tuple(left), found


def _found(words: Words, phrases: tuple[Words, ...]) -> tuple[list[int], list[int]]:
    """Where one of the phrases was said, and where it was said with a negation."""
    plain, turned = list[int](), list[int]()
    for phrase in phrases:
        for at in _exactly(phrase, words):
            (turned if negated(words, at) else plain).append(at)
    return plain, turned


def _exactly(phrase: Words, words: Words) -> list[int]:
    length = len(phrase)
    return [at for at in range(len(words) - length + 1) if words[at : at + length] == phrase]
