"""Mailings: a script for a list of subscribers, measured, paid for in advance, and handed to whoever dials.

Every distinct text is really spoken before its price is told; of texts that only one subscriber hears, the first hundred
are, and the length of further ones is estimated, because nobody would wait for thousands. What a call really costs is
settled when it is over, so an estimate is only ever a hold.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import uuid4

import msgspec
import structlog

from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import ContactStanding, NewContact
from outdial.core.errors import AccountDisabled, NotEnoughMoney, OutdialError
from outdial.core.ids import TenantId
from outdial.core.mailing import (
    MailingRefused,
    Order,
    Refusal,
    Row,
    RowFault,
    Sent,
    Subscriber,
    compiled,
    estimated_seconds,
    heard,
    texted,
    whole_seconds,
    worded_slots,
)
from outdial.core.prompt import Filled, Kind, Prompt, Recording, Words, fill, worded
from outdial.core.retry import RetryRule
from outdial.core.script.document import to_document
from outdial.core.script.nodes import Script
from outdial.core.sms import sms_parts, written
from outdial.core.template import Template
from outdial.operations.accounts import Accounts
from outdial.operations.caller_numbers import CallerNumbers
from outdial.operations.campaigns import Campaigns
from outdial.operations.do_not_call import DoNotCall
from outdial.operations.reports import Reports
from outdial.operations.scripts import ScriptDraft, Scripts
from outdial.ports import Charge, Held, HoldRow, Library, NotEnough, ScriptRecord, Speech, SpeechFailed, Speller

MOST_MEASURED = 100
"""Personal texts of one order that are spoken before its price is told."""
_AT_ONCE = 8
_NO_CALLER = "the caller's number is missing, or none"
_TYPICAL = {Kind.MONEY: "1234.56", Kind.DATE: "2020-07-15", Kind.NUMBER: "123", Kind.DIGITS: "1234", Kind.TEXT: "слово"}
"""What a slot holds where the length of a script is told without a subscriber."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MailingState:
    """How a mailing stands: its rows in the order in which it was sent. A row that is not called has no standing."""

    number: int
    rows: tuple[tuple[Row, ContactStanding | None, Charge], ...]

    @property
    def spent(self) -> Decimal:
        """What it has cost so far."""
        return sum((charge.total for _, _, charge in self.rows), Decimal("0.00"))


class Mailings:
    """The mailings of a tenant in one dialect."""

    def __init__(
        self,
        campaigns: Campaigns,
        scripts: Scripts,
        reports: Reports,
        accounts: Accounts,
        numbers: CallerNumbers,
        speech: Speech,
        library: Library,
        speller: Speller,
        do_not_call: DoNotCall,
    ) -> None:
        self._campaigns = campaigns
        self._scripts = scripts
        self._reports = reports
        self._accounts = accounts
        self._numbers = numbers
        self._speller = speller
        self._do_not_call = do_not_call
        self._measure = _Measure(speech, library)

    async def sent(self, tenant: TenantId, dialect: str, key: str) -> Sent | None:
        """What came of the order of that key; None: there was none yet."""
        found = await self._campaigns.find(tenant, dialect, key, None) if key else None
        return None if found is None else await self._remembered(found)

    async def send(self, tenant: TenantId, dialect: str, order: Order) -> Sent:
        """Take an order on. One whose key was taken on before is answered as it was then, and nothing is done.

        Raises `MailingRefused`, `AccountDisabled`.
        """
        before = await self.sent(tenant, dialect, order.key)
        if before is not None:
            return before
        if not await self._numbers.owns(tenant, order.caller):
            named = f"{order.caller} is none of the account's numbers" if order.caller else _NO_CALLER
            raise MailingRefused(Refusal.NOT_OUR_NUMBER, named, field="number")
        if not order.subscribers:
            raise MailingRefused(Refusal.NOBODY, "there are no subscribers", field="subscribers")
        script = compiled(order.script, order.repeats, order.language, order.voice)
        phones = {one.digits for one in order.subscribers if one.digits is not None}
        barred = await self._do_not_call.among(tenant, phones)
        subscribers = await asyncio.to_thread(self._worded, order, barred)
        rows = await self._measured(tenant, heard(order.script), subscribers)
        key = order.key or uuid4().hex
        try:
            rows = await self._held(tenant, dialect, key, order.script, subscribers, rows)
            campaign = await self._saved(tenant, dialect, key, order, script, subscribers, rows)
        except _SentBefore as twin:
            return await self._remembered(twin.campaign)
        except (MailingRefused, AccountDisabled):  # nothing was held
            raise
        except BaseException:
            if not order.key:  # whoever asks again with the key takes the hold up, and a twin may be about to
                await self._give_back(tenant, dialect, key)
            raise
        _log.info("mailing.sent", campaign=campaign.id, subscribers=len(rows))
        return Sent(campaign.number, rows)

    async def _saved(
        self,
        tenant: TenantId,
        dialect: str,
        key: str,
        order: Order,
        script: Script,
        subscribers: Sequence[Subscriber],
        rows: Sequence[Row],
    ) -> Campaign:
        """The mailing as a campaign. Raises `_SentBefore` when an order of the same key was saved meanwhile."""
        record = await self._kept_script(tenant, dialect, script)
        contacts = await asyncio.to_thread(_contacts, order, subscribers, rows)

        def settings(existing: Campaign | None) -> CampaignSettings:
            if existing is not None:
                raise _SentBefore(existing)
            return _settings(order, record, rows)

        campaign, _ = await self._campaigns.save(tenant, dialect, key, None, settings, contacts)
        return campaign

    async def _give_back(self, tenant: TenantId, dialect: str, key: str) -> None:
        """What was held, perhaps, for a mailing that could not be saved. Should that fail too, the cashier finds it an hour
        later; had it been saved after all, its contacts keep their holds."""
        try:
            await asyncio.shield(self._accounts.give_back(tenant, key, dialect=dialect))
        except Exception:  # noqa: BLE001 - the error that led here is the one to be told
            _log.exception("mailing.hold_not_given_back", tenant=tenant, campaign=key)

    async def state(self, tenant: TenantId, dialect: str, number: int) -> MailingState | None:
        """How the mailing of that number stands; None: there is none."""
        campaign = await self._campaigns.by_number(tenant, dialect, number)
        if campaign is None:
            return None
        standings = await self._reports.contacts_of(campaign.id)
        charges = await self._accounts.charges(tenant, campaign.id)  # the later: what is over has its price
        return await asyncio.to_thread(_state, campaign, standings, charges)

    async def seconds(self, tenant: TenantId, script: Script) -> int | None:
        """About how long a callee who presses nothing hears a script, with typical values; None: it cannot be heard."""
        variables = {
            part.name: _TYPICAL[part.kind]
            for piece in heard(script)
            if not isinstance(piece, Recording)
            for part in piece.parts
            if not isinstance(part, str)
        }
        for (name, kind), language in worded_slots(script).items():
            variables[worded(name, kind)] = self._speller.words(kind, _TYPICAL[kind], language)
        pieces = [replace(p, personal=False) if isinstance(p, Words) else p for p in fill(heard(script), variables)]
        try:
            lengths = await self._measure.common(tenant, pieces)
        except MailingRefused:
            return None
        return whole_seconds(sum(lengths.values()))

    def _worded(self, order: Order, barred: Collection[str]) -> tuple[Subscriber, ...]:
        """The subscribers, each with the words of its values, and a fault where a number is there twice or is barred."""
        slots = worded_slots(order.script)
        seen: set[str] = set()
        made: list[Subscriber] = []
        for one in order.subscribers:
            fault = one.fault
            if one.digits is None:
                fault = RowFault.BAD_PHONE
            elif one.digits in seen:
                fault = RowFault.REPEATED
            elif one.digits in barred:
                fault = RowFault.BLOCKED
            elif fault is None:
                seen.add(one.digits)
            words = {
                worded(name, kind): self._speller.words(kind, one.variables[name], language)
                for (name, kind), language in slots.items()
                if name in one.variables and fault is None
            }
            made.append(replace(one, variables={**one.variables, **words}, fault=fault))
        return tuple(made)

    async def _measured(self, tenant: TenantId, prompt: Prompt, subscribers: Sequence[Subscriber]) -> tuple[Row, ...]:
        filled = await asyncio.to_thread(lambda: [fill(prompt, one.variables) for one in subscribers])
        wanted = [pieces for pieces, one in zip(filled, subscribers, strict=True) if one.fault is None]
        common, personal = await asyncio.to_thread(_distinct, wanted)
        lengths: dict[Words | Recording, float | None] = {**await self._measure.common(tenant, common)}
        lengths |= await self._measure.personal(personal)
        return await asyncio.to_thread(
            lambda: tuple(_row(one, pieces, lengths) for one, pieces in zip(subscribers, filled, strict=True))
        )

    async def _held(
        self,
        tenant: TenantId,
        dialect: str,
        key: str,
        script: Script,
        subscribers: Sequence[Subscriber],
        rows: Sequence[Row],
    ) -> tuple[Row, ...]:
        wanted = await asyncio.to_thread(_hold_rows, script, subscribers, rows)
        try:
            held = await self._accounts.hold_all(tenant, key, wanted, dialect=dialect) if wanted else []
        except NotEnoughMoney as error:
            raise MailingRefused(Refusal.NO_MONEY, error.message) from error
        return await asyncio.to_thread(_priced, subscribers, rows, held)

    async def _kept_script(self, tenant: TenantId, dialect: str, script: Script) -> ScriptRecord:
        """The script under the hash of its document: however many mailings play it, there is one."""
        place = f"{dialect} mailings"
        document = msgspec.json.encode(to_document(script), order="deterministic")
        key = hashlib.sha256(document).hexdigest()
        found = await self._scripts.find(tenant, place, key, None)
        if found is None:
            found, _ = await self._scripts.save(tenant, place, key, None, lambda _: ScriptDraft(None, script, {}))
        return found

    async def _remembered(self, campaign: Campaign) -> Sent:
        standings = await self._reports.contacts_of(campaign.id)
        state = await asyncio.to_thread(_state, campaign, standings, {})
        return Sent(campaign.number, tuple(row for row, _, _ in state.rows))


class _SentBefore(OutdialError):
    """An order of the same key was taken on meanwhile."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__("the order was taken on before")
        self.campaign = campaign


class _Measure:
    """How long pieces of prompts are."""

    def __init__(self, speech: Speech, library: Library) -> None:
        self._speech = speech
        self._library = library

    async def common(self, tenant: TenantId, pieces: Collection[Words | Recording]) -> dict[Words | Recording, float]:
        """Of pieces that cannot do without a sound. Raises `MailingRefused`."""
        lengths: dict[Words | Recording, float] = {}
        for piece in pieces:
            match piece:
                case Recording():
                    lengths[piece] = await self._recorded(tenant, piece)
                case Words():
                    try:
                        lengths[piece] = await self._spoken(piece)
                    except SpeechFailed as failure:
                        raise MailingRefused(Refusal.NOT_SPOKEN, str(failure), field="message") from failure
        return lengths

    async def personal(self, pieces: Collection[Words]) -> dict[Words | Recording, float | None]:
        """Of texts that one subscriber hears: the first are spoken, the others estimated; None: no voice speaks it."""
        lengths: dict[Words | Recording, float | None] = {}
        places = asyncio.Semaphore(_AT_ONCE)

        async def measured(words: Words) -> None:
            async with places:
                try:
                    lengths[words] = await self._spoken(words)
                except SpeechFailed:
                    lengths[words] = None

        listed = list(pieces)
        async with asyncio.TaskGroup() as group:
            for words in listed[:MOST_MEASURED]:
                group.create_task(measured(words), name="measure a text")
        return lengths | {words: estimated_seconds(words.text) for words in listed[MOST_MEASURED:]}

    async def _recorded(self, tenant: TenantId, piece: Recording) -> float:
        file = await self._library.named(tenant, piece.name)
        if file is None or not await asyncio.to_thread(file.path.is_file):
            raise MailingRefused(Refusal.NO_SOUND, f'there is no audio "{piece.name}"', field="phrase")
        return file.seconds

    async def _spoken(self, words: Words) -> float:
        if not words.text.strip():
            return 0.0
        made = await self._speech.render(words.text, words.language, words.voice, personal=words.personal)
        return made.duration_seconds


def _distinct(wanted: Iterable[Filled]) -> tuple[list[Words | Recording], list[Words]]:
    """Each piece once: those that everybody may hear, and personal ones, both in the order of the list."""
    pieces = dict.fromkeys(piece for filled in wanted for piece in filled)
    personal = [piece for piece in pieces if isinstance(piece, Words) and piece.personal]
    return [piece for piece in pieces if not (isinstance(piece, Words) and piece.personal)], personal


def _row(one: Subscriber, pieces: Filled, lengths: Mapping[Words | Recording, float | None]) -> Row:
    if one.fault is not None:
        return Row(one.phone, one.fault)
    if not any(isinstance(piece, Recording) or piece.text.strip() for piece in pieces):
        return Row(one.phone, RowFault.NOTHING_TO_SAY)
    known = [lengths[piece] for piece in pieces]
    if any(length is None for length in known):
        return Row(one.phone, RowFault.NOT_SPOKEN)
    return Row(one.phone, None, whole_seconds(sum(length or 0.0 for length in known)))


def _hold_rows(script: Script, subscribers: Sequence[Subscriber], rows: Sequence[Row]) -> list[HoldRow]:
    answered = texted(script)
    missed = () if script.unanswered is None else (script.unanswered,)
    return [
        HoldRow(one.digits, one.digits, row.seconds, _parts(answered, one), _parts(missed, one))
        for one, row in zip(subscribers, rows, strict=True)
        if row.fault is None and one.digits is not None
    ]


def _parts(messages: Sequence[Template], one: Subscriber) -> int:
    texts = (written(message, one.variables) for message in messages)
    return sum(sms_parts(text) for text in texts if text.strip())


def _priced(
    subscribers: Sequence[Subscriber], rows: Sequence[Row], held: Sequence[Held | NotEnough]
) -> tuple[Row, ...]:
    prices = {one.key: one.price for one in held if isinstance(one, Held)}

    def priced(one: Subscriber, row: Row) -> Row:
        if row.fault is not None or one.digits is None:
            return row
        price = prices.get(one.digits)
        return Row(row.phone, RowFault.NO_MONEY) if price is None else replace(row, price=price)

    return tuple(priced(one, row) for one, row in zip(subscribers, rows, strict=True))


def _settings(order: Order, record: ScriptRecord, rows: Sequence[Row]) -> CampaignSettings:
    refused = [[place, row.phone, row.fault.value] for place, row in enumerate(rows) if row.fault is not None]
    return CampaignSettings(
        name=None,
        state=CampaignState.RUNNING,
        script=record.id,
        lines=order.lines,
        calls_per_second=0.0,
        retry=RetryRule(order.attempts, order.interval_seconds),
        caller=order.caller,
        wire={"phones": len(rows), "refused": refused},
    )


def _contacts(order: Order, subscribers: Sequence[Subscriber], rows: Sequence[Row]) -> list[NewContact]:
    return [
        NewContact(
            key=one.digits,
            digits=one.digits,
            due_at=order.due_at,
            variables=one.variables,
            wire={"place": place, "phone": one.phone, "seconds": row.seconds, "price": str(row.price)},
        )
        for place, (one, row) in enumerate(zip(subscribers, rows, strict=True))
        if row.fault is None and one.digits is not None
    ]


def _state(campaign: Campaign, standings: Sequence[ContactStanding], charges: Mapping[str, Charge]) -> MailingState:
    rows: dict[int, tuple[Row, ContactStanding | None, Charge]] = {
        place: (Row(phone, RowFault(fault)), None, Charge())
        for place, phone, fault in campaign.settings.wire["refused"]
    }
    for one in standings:
        row = Row(one.wire["phone"], None, one.wire["seconds"], Decimal(one.wire["price"]))
        rows[one.wire["place"]] = row, one, charges.get(one.key, Charge())
    return MailingState(campaign.number, tuple(rows[place] for place in sorted(rows)))
