"""Asterisk as a switch: commands become ARI requests, ARI events become the house's.

It remembers the legs that stand, so that each has one end; after a lost connection it compares them with what Asterisk
has. It never waits for an answer: what comes of a request is heard in its place among the events.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, assert_never

import structlog

from outdial.core.amd import Verdict
from outdial.core.commands import (
    Classify,
    Dial,
    HangUp,
    Join,
    Listen,
    Play,
    Record,
    RecordCall,
    RecordTalk,
    Ringback,
    Sound,
    StopListening,
    StopPlaying,
    StopRecording,
    SwitchCommand,
)
from outdial.core.dialstring import is_diallable
from outdial.core.errors import NotDiallable
from outdial.core.events import (
    Answered,
    Classified,
    HungUp,
    NetworkEvent,
    PromptEnded,
    PromptFailed,
    Recorded,
    Ringing,
)
from outdial.core.extension import ExtensionState
from outdial.core.ids import Channel, attempt_of, callee_channel
from outdial.drivers.asterisk import translate
from outdial.drivers.asterisk.client import (
    REQUEST_SECONDS,
    AriAnswer,
    AriClient,
    AriDown,
    AriError,
    AriEvent,
    AriRequest,
    ChannelDestroyed,
    ChannelHangupRequest,
    RecordingFailed,
    RecordingFinished,
    StasisStart,
    Then,
    parse_url,
)
from outdial.drivers.asterisk.ears import Ears
from outdial.drivers.asterisk.recordings import Recordings, Take
from outdial.ports import Recogniser, SwitchDown

log = structlog.get_logger(__name__)

_NOT_FOUND = 404
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class _Listening:
    """Answering-machine detection on a leg: the turn that asked, and the event loop's time when it did."""

    turn: int
    since: float


@dataclass(slots=True, eq=False)
class _Leg:
    """A leg that stands, as far as we have heard."""

    ringing: bool = False
    up: bool = False
    ending: bool = False
    """Somebody is hanging it up: what is played there fails, and nobody heard it out."""
    playing: int | None = None
    """The turn last given to play."""
    joint: Channel | None = None
    """The leg that its joint belongs to."""
    listening: _Listening | None = None
    """It is out of our application until it comes back with a verdict."""
    tape: RecordCall | None = None
    """What it says and hears is recorded, or will be in a moment."""


class AsteriskSwitch:
    """The `Telephony` of an Asterisk 20 or later, reached through ARI.

    `url` is `ari://USER:PASSWORD@HOST[:PORT][/APP]`; one switch at a time may use an APP, and only while its owner is
    in charge of the calls. `extension_endpoint` says how an extension of that Asterisk is dialled. Prompts are files
    that Asterisk reads at the same path; recordings are fetched from it. `recordings` is the folder of those that a
    former process left at Asterisk: `<first two characters of the name>/<name>.wav`, named as the attempt for a talk,
    with `-t<turn>` after that for what a leg said. Without a `recogniser` nobody is listened to.
    Raises `ValueError` for an address or endpoint that cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        extension_endpoint: str = translate.EXTENSION_ENDPOINT,
        recordings: Path | None = None,
        recogniser: Recogniser | None = None,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        if extension_endpoint.count("{number}") != 1:
            raise ValueError("the endpoint of an extension must hold {number} once")
        self._url = parse_url(url)
        self._extension_endpoint = extension_endpoint
        self._client = AriClient(
            self._url, hear=self._hear, up=self._reconcile, down=self._down, request_seconds=request_seconds
        )
        self._recordings = Recordings(self._client, self._url.app, recordings, post=self._post, kept=self._kept)
        self._ears = Ears(self._client, self._url.app, recogniser, post=self._post, announce=self._announce)
        self._legs: dict[Channel, _Leg] = {}
        self._unwanted: set[Channel] = set()
        self._gone_meanwhile: set[str] = set()
        self._met = False
        self._ready = asyncio.Event()
        self._heard: asyncio.Queue[NetworkEvent | None] = asyncio.Queue()

    # ------------------------------------------------------------------------------------------------- life

    async def run(self) -> NoReturn:
        """Keep the connection to Asterisk until cancelled; then the events end. Calls under way stay at Asterisk, and
        so does a recording that is not over, or does not come in a moment.
        """
        self._begin_anew()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._recordings.begin(tasks)
                self._ears.begin(tasks)
                connection = tasks.create_task(self._client.run(), name="ari")
                try:
                    await asyncio.shield(connection)
                finally:
                    self._ears.close_all()
                    await self._recordings.settle()
                    connection.cancel()
        finally:
            self._heard.put_nowait(None)

    def _begin_anew(self) -> None:
        """Between two runs another process may have been in charge: what was known of its calls is worth nothing."""
        self._legs.clear()
        self._unwanted.clear()
        self._gone_meanwhile.clear()
        self._met = False
        while not self._heard.empty():
            self._heard.get_nowait()

    @property
    def ready(self) -> bool:
        """Whether calls can be placed now."""
        return self._ready.is_set()

    async def wait_ready(self) -> None:
        """Wait until calls can be placed."""
        await self._ready.wait()

    async def events(self) -> AsyncIterator[NetworkEvent]:
        """Everything that happens to our channels, since the switch was made; it ends with `run`. One reader."""
        while (event := await self._heard.get()) is not None:
            yield event

    async def standing(self) -> Mapping[Channel, bool]:
        """Our channels that Asterisk has; True for those that are up. Raises `SwitchDown`."""
        if not self.ready:
            raise SwitchDown("Asterisk is away")
        try:
            found = await self._ask_standing()
        except (AriDown, AriError) as error:
            raise SwitchDown(f"Asterisk does not tell its channels: {error}") from error
        return {channel: up for channel, up in found.items() if channel in self._legs}

    async def extension_states(self, extensions: Collection[str]) -> Mapping[str, ExtensionState]:
        """The states of these extensions' devices; UNKNOWN for one that Asterisk does not have. Raises `SwitchDown`."""
        if not self.ready:
            raise SwitchDown("Asterisk is away")
        states = dict.fromkeys(extensions, ExtensionState.UNKNOWN)
        try:
            # All are asked before the first answer is waited for.
            answers = {each: self._answer_about(each) for each in states if is_diallable(each)}
            for each, answer in answers.items():
                states[each] = translate.extension_state(await answer)
        except (AriDown, AriError) as error:
            raise SwitchDown(f"Asterisk does not tell the states of extensions: {error}") from error
        return states

    def _answer_about(self, extension: str) -> asyncio.Future[AriAnswer | None]:
        answered: asyncio.Future[AriAnswer | None] = asyncio.get_running_loop().create_future()
        request = translate.find_extension(extension, self._extension_endpoint)
        self._client.post(request, lambda answer: None if answered.done() else answered.set_result(answer))
        return answered

    # --------------------------------------------------------------------------------------------- commands

    async def perform(self, command: SwitchCommand) -> None:
        """Ask Asterisk to do it, without waiting. Raises `SwitchDown` when Asterisk is away.

        A `HangUp` is kept while Asterisk is away and carried out when it is back.
        """
        if not self.ready and isinstance(command, HangUp):
            self._unwanted.add(command.channel)
            return
        if not self.ready:
            raise SwitchDown("Asterisk is away")
        match command:
            case Dial():
                self._dial(command)
            case Play():
                self._play(command)
            case StopPlaying() | Ringback():
                if command.channel in self._legs:
                    self._request(command)
            case Join():
                self._join(command)
            case Classify():
                self._classify(command)
            case Record():
                self._record(command)
            case StopRecording():
                if self._recordings.get(self._recording_name(command)) is not None:
                    self._request(command)
            case RecordTalk():
                self._record_talk(command)
            case RecordCall():
                self._record_call(command)
            case Listen():
                self._listen(command)
            case StopListening():
                self._ears.stop(command)
            case HangUp():
                self._request(command, partial(self._hang_up_answered, command.channel))
            case _:
                assert_never(command)

    def _request(self, command: SwitchCommand, then: Then | None = None) -> None:
        """Post a command's requests; `then` hears the answer to the last one."""
        *first, last = translate.requests(command, self._url.app, self._extension_endpoint)
        try:
            for request in first:
                self._client.post(request)
            self._client.post(last, then)
        except AriDown as error:
            raise SwitchDown(str(error)) from error

    def _dial(self, dial: Dial) -> None:
        if dial.channel in self._legs:
            return
        try:
            self._request(dial, partial(self._dial_answered, dial))
        except NotDiallable as error:
            log.error("not_dialled", channel=dial.channel, trunk=dial.trunk, reason=error.message)
            self._announce(HungUp(dial.channel, q850_cause=translate.NOT_DIALLABLE_CAUSE))
            return
        self._legs[dial.channel] = _Leg()

    def _play(self, play: Play) -> None:
        leg = self._legs.get(play.channel)
        if leg is None:
            return
        reason = _why_not_playable(leg, play)
        if reason:
            self._announce(PromptFailed(play.channel, play.turn, reason))
            return
        self._request(play, partial(self._play_answered, play))
        leg.playing = play.turn

    def _join(self, join: Join) -> None:
        first, second = self._legs.get(join.first), self._legs.get(join.second)
        if first is None or second is None:
            return
        self._request(join, partial(self._join_answered, join))
        first.joint = second.joint = join.first
        for channel in (join.first, join.second):
            self._ears.close(channel)

    def _classify(self, classify: Classify) -> None:
        leg = self._legs.get(classify.channel)
        if leg is None:
            return
        if leg.listening is not None or not leg.up:
            reason = "BUSY" if leg.listening else "NOTANSWERED"
            self._announce(Classified(classify.channel, classify.turn, Verdict.NOT_SURE, reason, 0.0))
            return
        self._request(classify, partial(self._classify_answered, classify))
        leg.listening = _Listening(classify.turn, asyncio.get_running_loop().time())

    def _listen(self, listen: Listen) -> None:
        leg = self._legs.get(listen.channel)
        if leg is not None and leg.up:
            self._ears.listen(listen)

    def _record(self, record: Record) -> None:
        leg = self._legs.get(record.channel)
        if leg is not None and leg.listening is not None:
            self._announce(Recorded(record.channel, record.turn, None))
        elif leg is not None:
            take = Take(self._recording_name(record), record.path, record.channel, record.turn)
            self._request(record, partial(self._record_answered, take))
            self._recordings.add(take)

    def _record_talk(self, record: RecordTalk) -> None:
        leg = self._legs.get(record.first)
        if leg is not None and leg.joint is not None:
            take = Take(translate.talk_name(self._url.app, record.first), record.path, record.first, None)
            self._request(record, partial(self._record_answered, take))
            self._recordings.add(take)

    def _record_call(self, record: RecordCall) -> None:
        leg = self._legs.get(record.channel)
        if leg is not None and leg.up:
            self._request(record, partial(self._tape_answered, record))
            leg.tape = record

    def _tape_begins(self, channel: Channel) -> None:
        """The channel that hears a leg can be recorded."""
        leg = self._legs.get(channel)
        if leg is not None and leg.tape is not None:
            take = Take(translate.talk_name(self._url.app, channel), leg.tape.path, channel, None)
            self._post(translate.record_tape(self._url.app, channel), partial(self._record_answered, take))
            self._recordings.add(take)

    def _tape_answered(self, record: RecordCall, answer: AriAnswer | None) -> None:
        if answer is not None and not answer.ok:
            log.warning("not_recorded", channel=record.channel, status=answer.status, reason=answer.message)

    def _recording_name(self, command: Record | StopRecording) -> str:
        return translate.recording_name(self._url.app, command.channel, command.turn)

    # ---------------------------------------------------------------------------------------------- answers

    def _dial_answered(self, dial: Dial, answer: AriAnswer | None) -> None:
        # Without an answer the next comparison settles it.
        if answer is None or answer.ok:
            return
        if answer.status == _CONFLICT:
            # Not to be believed: after one conflict Asterisk calls every failure on this connection so.
            self._post(translate.find(dial.channel), partial(self._conflict_looked_into, dial))
            return
        self._refused(dial, answer)

    def _conflict_looked_into(self, dial: Dial, answer: AriAnswer | None) -> None:
        if answer is not None and answer.status == _NOT_FOUND:
            self._refused(dial, answer)

    def _refused(self, dial: Dial, answer: AriAnswer) -> None:
        if dial.trunk:
            advice, cause = "check that the trunk exists at Asterisk: outdial doctor", translate.NOT_PLACED_CAUSE
        else:
            advice, cause = "check that a telephone has registered there", translate.NOBODY_THERE_CAUSE
        log.warning(
            "dial_refused",
            channel=dial.channel,
            trunk=dial.trunk,
            extension="" if dial.trunk else dial.number,
            status=answer.status,
            reason=answer.message,
            advice=advice,
        )
        self._end(dial.channel, HungUp(dial.channel, q850_cause=cause))

    def _play_answered(self, play: Play, answer: AriAnswer | None) -> None:
        leg = self._legs.get(play.channel)
        # A channel that is not found any more is about to be heard of.
        if answer is None or answer.ok or answer.status == _NOT_FOUND or leg is None:
            return
        self._of_leg(leg, PromptFailed(play.channel, play.turn, f"Asterisk: {answer.message}"))

    def _join_answered(self, join: Join, answer: AriAnswer | None) -> None:
        if (answer is not None and answer.ok) or join.second not in self._legs:
            return
        reason = answer.message if answer else "the connection was lost"
        log.warning("not_joined", channel=join.first, second=join.second, reason=reason)
        # Legs that cannot hear each other must not be held for ever; losing the second one ends the call.
        self._hang_up(join.second)

    def _classify_answered(self, classify: Classify, answer: AriAnswer | None) -> None:
        leg = self._legs.get(classify.channel)
        # Without an answer the next comparison settles it. One that is refused may be listened to already.
        if leg is not None and answer is not None and not answer.ok:
            log.warning("not_sent_to_amd", channel=classify.channel, status=answer.status, reason=answer.message)
            self._look_for_verdict(classify.channel, leg)

    def _record_answered(self, take: Take, answer: AriAnswer | None) -> None:
        if answer is None or answer.ok:
            return
        log.warning("not_recorded", recording=take.name, status=answer.status, reason=answer.message)
        # A former process may have begun it.
        self._recordings.look_after(take)

    def _kept(self, take: Take, seconds: float | None) -> None:
        """A recording is in its file, or came to nothing."""
        if take.turn is not None and take.channel in self._legs:
            path = None if seconds is None else take.path
            self._announce(Recorded(take.channel, take.turn, path, seconds or 0.0))

    def _hang_up_answered(self, channel: Channel, answer: AriAnswer | None) -> None:
        if answer is None:
            self._unwanted.add(channel)
        elif not answer.ok and answer.status != _NOT_FOUND:
            log.warning("not_hung_up", channel=channel, status=answer.status, reason=answer.message)

    # ----------------------------------------------------------------------------------------------- events

    def _hear(self, event: AriEvent) -> None:
        if isinstance(event, ChannelDestroyed) and not self.ready:
            self._gone_meanwhile.add(event.channel.id)
        match event:
            case ChannelHangupRequest():
                leg = self._legs.get(Channel(event.channel.id))
                if leg is not None:
                    leg.ending = True
            case RecordingFinished():
                self._recordings.finished(event.recording.name)
            case RecordingFailed():
                self._recordings.failed(event.recording.name)
            case StasisStart() if self._ears.arrived(event.channel.id):
                pass
            case StasisStart() if (taped := translate.leg_of_tape(event.channel.id)) is not None:
                self._tape_begins(taped)
            case StasisStart() if translate.comes_back(event):
                self._back(Channel(event.channel.id), *event.args[1:3])
            case _:
                heard = translate.heard(event)
                if heard is not None:
                    self._happened(heard)

    def _happened(self, heard: NetworkEvent) -> None:
        leg = self._legs.get(heard.channel)
        if leg is not None:
            self._of_leg(leg, heard)
        elif isinstance(heard, Answered | Ringing):
            self._hang_up_stray(heard.channel)

    def _hang_up_stray(self, channel: Channel) -> None:
        if self.ready and translate.is_ours(channel):
            log.warning("stray_channel_hung_up", channel=channel)
            self._hang_up(channel)

    def _back(self, channel: Channel, status: str = "", cause: str = "") -> None:
        """A channel comes back from being listened to."""
        leg, found = self._legs.get(channel), translate.verdict(status, cause)
        if leg is None:
            self._hang_up_stray(channel)
        elif found is not None:
            self._tell_verdict(channel, leg, *found)

    def _tell_verdict(self, channel: Channel, leg: _Leg, verdict: Verdict, cause: str) -> None:
        if leg.listening is not None:
            seconds = asyncio.get_running_loop().time() - leg.listening.since
            self._announce(Classified(channel, leg.listening.turn, verdict, cause, seconds))
            leg.listening = None

    def _of_leg(self, leg: _Leg, heard: NetworkEvent) -> None:
        """Tell what happened on a leg that stands, unless it was told before or nobody was there to hear it."""
        match heard:
            case HungUp():
                self._end(heard.channel, heard)
                return
            case Ringing():
                told, leg.ringing = leg.ringing or leg.up, True
            case Answered():
                told, leg.up = leg.up, True
            case PromptEnded() | PromptFailed():
                told = leg.ending
                if leg.playing == heard.turn:
                    leg.playing = None
            case _:
                told = False
        if not told:
            self._announce(heard)

    def _announce(self, event: NetworkEvent) -> None:
        self._heard.put_nowait(event)

    def _end(self, channel: Channel, event: HungUp) -> None:
        """The one end of a leg; a second one is not told."""
        leg = self._legs.pop(channel, None)
        if leg is None:
            return
        self._unwanted.discard(channel)
        self._ears.close(channel)
        self._announce(event)
        for take in self._recordings.of_leg(channel):
            self._recordings.bring(take)
        if leg.tape is not None:
            self._end_talk(channel, translate.take_away(translate.tape_name(channel)))
        if leg.joint is not None:
            self._end_joint(leg.joint)

    def _end_joint(self, first: Channel) -> None:
        unjoin = translate.unjoin(translate.bridge_id(first))
        leg = self._legs.get(first)
        if leg is not None and leg.tape is not None:
            self._post(unjoin)  # the tape goes on until the leg is gone
        else:
            self._end_talk(first, unjoin)

    def _end_talk(self, first: Channel, source_goes: AriRequest) -> None:
        talk = self._recordings.get(translate.talk_name(self._url.app, first))
        if talk is not None:
            self._post(translate.stop_recording(talk.name))
        self._post(source_goes)
        if talk is not None:
            self._recordings.bring(talk)

    def _hang_up(self, channel: Channel) -> None:
        for request in translate.requests(HangUp(channel), self._url.app):
            self._post(request, partial(self._hang_up_answered, channel))

    def _post(self, request: AriRequest, then: Then | None = None) -> None:
        """Post a request; without a connection its answer is None, and a comparison follows."""
        if self._client.connected:
            self._client.post(request, then)
        elif then is not None:
            then(None)

    # ------------------------------------------------------------------------------------- lost connections

    def _down(self) -> None:
        self._ready.clear()
        self._gone_meanwhile.clear()

    async def _ask_standing(self) -> dict[Channel, bool]:
        app = await self._client.fetch(f"applications/{self._url.app}")
        self._ears.remove_strangers(app["channel_ids"], app["bridge_ids"])
        channels: list[dict[str, Any]] = await self._client.fetch("channels")
        return translate.standing(channels, app["channel_ids"])

    async def _reconcile(self) -> None:
        """Compare the legs that we hold with those that stand; from here on events are complete again."""
        standing = await self._ask_standing()
        # The list may be older than an end that was heard while it was on its way.
        for channel in self._gone_meanwhile & standing.keys():
            del standing[Channel(channel)]
        for channel in self._legs.keys() - standing.keys():
            self._end(channel, HungUp(channel, lost=True))
        for channel, up in standing.items():
            leg = self._legs.get(channel)
            if channel in self._unwanted or (leg is None and self._met):
                # Told as lost before it came to stand, or told to hang up while Asterisk was away.
                self._hang_up(channel)
            elif leg is None:
                # Of a former process: what it was joined with is known by its name only.
                self._legs[channel] = _Leg(ringing=True, up=up, joint=callee_channel(attempt_of(channel)))
            else:
                self._catch_up(channel, leg, up)
        self._unwanted.clear()
        self._met = True
        self._ready.set()
        self._recordings.catch_up()

    def _catch_up(self, channel: Channel, leg: _Leg, up: bool) -> None:
        if up:
            self._of_leg(leg, Answered(channel))
        if leg.listening is not None:
            self._look_for_verdict(channel, leg)
        if leg.playing is not None:
            self._post(
                translate.find_playback(channel, leg.playing), partial(self._playback_found, channel, leg.playing)
            )

    def _look_for_verdict(self, channel: Channel, leg: _Leg) -> None:
        """A verdict may have been missed, or will never come: ask where the channel is, then what was found."""
        asked_for = leg.listening

        def located(answer: AriAnswer | None) -> None:
            if answer is not None and answer.ok and not translate.is_listened_to(answer.value()):
                self._post(translate.find_variable(channel, "AMDSTATUS"), judged)

        def judged(answer: AriAnswer | None) -> None:
            self._post(translate.find_variable(channel, "AMDCAUSE"), partial(explained, _value(answer)))

        def explained(status: str, answer: AriAnswer | None) -> None:
            if answer is not None and self._legs.get(channel) is leg and leg.listening is asked_for:
                found = translate.verdict(status, _value(answer))
                self._tell_verdict(channel, leg, *(found or (Verdict.NOT_SURE, "AWAY")))

        self._post(translate.find(channel), located)

    def _playback_found(self, channel: Channel, turn: int, answer: AriAnswer | None) -> None:
        leg = self._legs.get(channel)
        if leg is not None and leg.playing == turn and answer is not None and answer.status == _NOT_FOUND:
            self._of_leg(leg, PromptEnded(channel, turn))


def _value(answer: AriAnswer | None) -> str:
    return str(answer.value()["value"]) if answer is not None and answer.ok else ""


def _why_not_playable(leg: _Leg, play: Play) -> str:
    """Why Asterisk would say that all was well, and nothing be heard; empty when it can be asked."""
    if leg.listening is not None:
        # What is asked for before the channel has left the application is taken, and forgotten.
        return "it is being listened who picked up"
    if not play.sounds:
        return "there is nothing to play"
    # One of a list that is not found is passed over.
    missing = _missing(play.sounds)
    return f"{missing} does not exist" if missing else ""


def _missing(sounds: tuple[Sound, ...]) -> Path | None:
    return next((sound.path for sound in sounds if not os.path.isfile(sound.path)), None)
