"""A mailing: a script that is played to a list of subscribers, with a price for each of them before anybody is called.

What an order holds, why one is refused and what became of each subscriber are values here, as is what a callee hears who
presses nothing, by which a mailing is measured. Who speaks, who counts the money and who dials is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import ceil

from outdial.core.errors import OutdialError
from outdial.core.prompt import LONGEST_TEXT, WORDED, Kind, Prompt, Recording, Slot, Text
from outdial.core.script.listening_nodes import Listen, Set
from outdial.core.script.nodes import COMPLETED, Ask, Goal, Node, Record, Request, Say, Script, Sms
from outdial.core.script.repeats import with_repeats
from outdial.core.template import Template

MESSAGE = "message"
"""The variable that holds a subscriber's own text."""
CHARACTERS_PER_SECOND = 14.0
"""How fast a text that nobody has spoken yet is taken to be spoken: somewhat slower than espeak-ng speaks Russian."""

_OFFERS = {
    "ru": "Чтобы прослушать сообщение ещё раз, нажмите один.",
    "en": "To hear this message again, press one.",
    "be": "Каб праслухаць паведамленне яшчэ раз, націсніце адзін.",
    "de": "Um die Nachricht noch einmal zu hören, drücken Sie die Eins.",
    "es": "Para volver a escuchar este mensaje, pulse uno.",
    "fr": "Pour réécouter ce message, appuyez sur un.",
    "it": "Per riascoltare il messaggio, premere uno.",
    "kk": "Хабарламаны қайта тыңдау үшін бірді басыңыз.",
    "pl": "Aby odsłuchać wiadomość jeszcze raz, naciśnij jeden.",
    "tr": "Bu mesajı tekrar dinlemek için biri tuşlayın.",
    "uk": "Щоб прослухати повідомлення ще раз, натисніть один.",
    "uz": "Xabarni qayta eshitish uchun birni bosing.",
}
_OFFER_OF_OTHERS = "en"
"""Messages of every other language are offered in this one."""
_ANSWERED = "answered"


class Refusal(StrEnum):
    """Why a whole order is refused."""

    NOT_OUR_NUMBER = "the caller's number is none of the account's"
    NOTHING_TO_SAY = "nothing is there to be said"
    NOBODY = "nobody is there to be called"
    NO_SOUND = "a sound does not exist"
    NOT_SPOKEN = "no voice speaks the text"
    TOO_LONG = "the text is too long"
    NO_MONEY = "not even one subscriber can be paid for"


class RowFault(StrEnum):
    """Why one subscriber of an order is not called."""

    BAD_PHONE = "bad_phone"
    REPEATED = "repeated"
    BLOCKED = "blocked"
    """The number must not be called."""
    TOO_LONG = "too_long"
    NOTHING_TO_SAY = "nothing_to_say"
    NOT_SPOKEN = "not_spoken"
    NO_MONEY = "no_money"


class MailingRefused(OutdialError):
    """A mailing that cannot be; nothing of it was stored."""

    code = "mailing_refused"

    def __init__(self, why: Refusal, message: str, *, field: str = "") -> None:
        super().__init__(message, field=field)
        self.why = why


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One who is to hear it. `phone` is the number as it was sent, `digits` what is dialled; None: it is no number."""

    phone: str
    digits: str | None
    variables: Mapping[str, str] = field(default_factory=dict)
    fault: RowFault | None = None
    """Known from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A mailing as it is wanted."""

    key: str
    """Tells the orders of a caller apart; empty: every one is another."""
    caller: str
    script: Script
    language: str
    voice: str
    """Language and voice of the offer to hear it again, where the script says nothing in words."""
    subscribers: tuple[Subscriber, ...]
    due_at: datetime | None
    attempts: int
    interval_seconds: float
    repeats: int
    lines: int
    """Calls at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one subscriber of an order: a fault, or the seconds to hear and their price."""

    phone: str
    fault: RowFault | None = None
    seconds: int = 0
    price: Decimal = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Sent:
    """A mailing that was taken on. Rows are in the order of its subscribers."""

    number: int
    rows: tuple[Row, ...]

    @property
    def budget(self) -> Decimal:
        """What the calls would cost if every one of them were heard out once."""
        return sum((row.price for row in self.rows), Decimal("0.00"))


def message_script(common: str, language: str, voice: str, *, individual: bool) -> Script:
    """A text that is said; `individual`: subscribers may have one of their own in the variable MESSAGE."""
    part = Slot(MESSAGE, otherwise=common, longest=LONGEST_TEXT) if individual else common
    return Script("message", {"message": Say((Text((part,), language, voice),), None)})


def compiled(script: Script, repeats: int, language: str, voice: str = "") -> Script:
    """What a call of a mailing goes through: the answer is what it is for, then comes the script, so often as wanted. The
    offer is spoken as the first text of the script is; `language` and `voice` are for one that has none."""
    said = next((piece for piece in heard(script) if isinstance(piece, Text)), Text((), language, voice))
    offered = with_repeats(script, repeats, (_offer(said.language, said.voice),))
    return replace(offered, start=_ANSWERED, nodes={_ANSWERED: Goal(COMPLETED, script.start), **offered.nodes})


def heard(script: Script) -> Prompt:
    """What a callee who presses nothing hears, each prompt once."""
    prompts = (node.prompt for node in _unpressed(script) if isinstance(node, Say | Ask | Record | Listen))
    return tuple(piece for prompt in prompts for piece in prompt)


def texted(script: Script) -> tuple[Template, ...]:
    """The SMS that a callee who presses nothing is sent."""
    return tuple(node.message for node in _unpressed(script) if isinstance(node, Sms))


def sounds(script: Script) -> tuple[str, ...]:
    """The prepared sounds that it may play, each once."""
    prompts = (piece for node in script.nodes.values() for piece in _said(node))
    return tuple(dict.fromkeys(piece.name for piece in prompts if isinstance(piece, Recording)))


def worded_slots(script: Script) -> dict[tuple[str, Kind], str]:
    """The slots whose values have to be put into words, each with the language of the first text that has it."""
    return {
        (part.name, part.kind): text.language
        for text in reversed(list(_texts(script)))
        for part in text.parts
        if isinstance(part, Slot) and part.kind in WORDED
    }


def estimated_seconds(text: str) -> float:
    """About how long a text takes to be spoken."""
    return len(text) / CHARACTERS_PER_SECOND


def whole_seconds(seconds: float) -> int:
    """Seconds as they are charged for and told: rounded up, at least one."""
    return max(1, ceil(round(seconds, 3)))


def _unpressed(script: Script) -> Iterator[Node]:
    """The way of a callee who presses nothing, each node once."""
    seen: set[str] = set()
    key: str | None = script.start
    while key is not None and key not in seen:
        seen.add(key)
        yield script.nodes[key]
        key = _onward(script.nodes[key])


def _onward(node: Node) -> str | None:
    match node:
        case Say() | Goal() | Set() | Record() | Request() | Sms():
            return node.next
        case Ask():
            taken = node.choice(node.default_keys)
            return node.exhausted if taken is None else taken.next
        case _:
            return None


def _texts(script: Script) -> Iterator[Text]:
    for node in script.nodes.values():
        yield from (piece for piece in _said(node) if isinstance(piece, Text))


def _said(node: Node) -> Prompt:
    """All that a node may say before the call is somebody else's."""
    match node:
        case Listen():
            return (*node.prompt, *node.unmatched, *node.silence)
        case Say() | Ask() | Record():
            return node.prompt
        case _:
            return ()


def _offer(language: str, voice: str) -> Text:
    """The offer to hear it again. A text without a language is Russian."""
    plain = language.strip().lower().replace("_", "-").partition("-")[0] or "ru"
    if plain in _OFFERS:
        return Text((_OFFERS[plain],), language, voice)
    return Text((_OFFERS[_OFFER_OF_OTHERS],), _OFFER_OF_OTHERS)
