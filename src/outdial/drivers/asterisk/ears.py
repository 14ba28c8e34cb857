"""Lends an ear to legs: what their far ends say comes from Asterisk over a media WebSocket and goes to the recogniser.

A snoop on the leg hears only its far end, also while a prompt is played to it; a bridge carries that to a channel whose
sound is a WebSocket of ours. An ear opens with the first question and stays until the leg ends or is joined, so that the
next question is heard from its first moment. What sound means is not known here.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Collection
from functools import partial

import aiohttp
import structlog
from prometheus_client import Counter

from outdial.core.commands import Listen, StopListening
from outdial.core.events import Heard, NetworkEvent, SpeechBegan
from outdial.core.ids import Channel
from outdial.drivers.asterisk import translate
from outdial.drivers.asterisk.client import AriClient, AriDown, AriError, AriRequest
from outdial.ports import Hearing, Question, Recogniser, Understood

log = structlog.get_logger(__name__)

DEAF = Counter("outdial_deaf_legs_total", "Legs that were to be listened to and could not be", ["reason"])

OPENING_SECONDS = 5.0
"""An Asterisk that takes longer to bring sound brings none."""
_REMEMBERED_FRAMES = 15
"""What was heard before a question and belongs to its answer: of 20 ms each, or as Asterisk parts them."""


class _Ear:
    """The ear of one leg. `name` tells it from others that the leg had."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.name = secrets.token_hex(4)
        self.turn: int | None = None
        self.hearing: Hearing | None = None
        self.remembered: deque[bytes] = deque(maxlen=_REMEMBERED_FRAMES)
        self.awaited = {translate.snoop_name(channel, self.name), translate.media_name(channel, self.name)}
        self.arrived = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """What is asked for is not wanted any more."""
        hearing, self.hearing, self.turn = self.hearing, None, None
        if hearing is not None:
            hearing.close()

    def hear(self, sound: bytes) -> None:
        """A piece of the line."""
        if self.hearing is not None:
            self.hearing.feed(sound)
        else:
            self.remembered.append(sound)


class Ears:
    """The ears of one application. `announce` is told what was heard; `post` sends a request that needs no answer.

    Without a recogniser nobody is heard.
    """

    def __init__(
        self,
        client: AriClient,
        app: str,
        recogniser: Recogniser | None,
        *,
        post: Callable[[AriRequest], None],
        announce: Callable[[NetworkEvent], None],
    ) -> None:
        self._client = client
        self._app = app
        self._recogniser = recogniser
        self._post = post
        self._announce = announce
        self._ears: dict[Channel, _Ear] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Have no ears, and do the work in these tasks."""
        self._tasks = tasks
        self._ears.clear()

    def listen(self, listen: Listen) -> None:
        """Hear what a leg that is up says; a question that it was asked before is not waited for any more."""
        if self._recogniser is None or self._tasks is None:
            DEAF.labels("no_recogniser").inc()
            log.warning("not_listened", channel=listen.channel, reason="no recogniser is set: OUTDIAL_RECOGNISER")
            return
        ear = self._ears.get(listen.channel)
        if ear is None:
            ear = self._ears[listen.channel] = _Ear(listen.channel)
            ear.task = self._tasks.create_task(self._keep(ear), name=f"ear {listen.channel}")
        ear.stop()
        question = Question(
            language=listen.language,
            expected=listen.expected,
            pause_seconds=listen.pause_seconds,
            longest_seconds=listen.longest_seconds,
            besides=listen.besides,
        )
        ear.turn = listen.turn
        ear.hearing = self._recogniser.open(
            question, partial(self._began, ear, listen.turn), partial(self._understood, ear, listen.turn)
        )
        # An answer that was begun a moment before the question is heard from its beginning.
        remembered = b"".join(ear.remembered)
        ear.remembered.clear()
        ear.hearing.feed(remembered)

    def stop(self, stop: StopListening) -> None:
        """What this turn asked for does not matter any more."""
        ear = self._ears.get(stop.channel)
        if ear is not None and ear.turn == stop.turn:
            ear.stop()

    def close(self, channel: Channel) -> None:
        """The leg is gone, or speaks with somebody else."""
        ear = self._ears.pop(channel, None)
        if ear is not None:
            ear.stop()
            if ear.task is not None:
                ear.task.cancel()

    def close_all(self) -> None:
        """We go."""
        for channel in list(self._ears):
            self.close(channel)

    def arrived(self, channel_id: str) -> bool:
        """A channel entered our application; whether it belongs to an ear."""
        leg = translate.leg_of_ear(channel_id)
        if leg is None:
            return False
        ear = self._ears.get(leg)
        if ear is not None:
            # Asterisk joins neither of the two before it is here, and either may come first.
            ear.awaited.discard(channel_id)
            if not ear.awaited:
                ear.arrived.set()
        return True

    def remove_strangers(self, channels: Collection[str], bridges: Collection[str]) -> None:
        """Take away the ears that a former process left in our application."""
        ours = {
            name(ear.channel, ear.name)
            for ear in self._ears.values()
            for name in (translate.snoop_name, translate.media_name, translate.ear_bridge_name)
        }
        for each in bridges:
            if translate.leg_of_ear(each) is not None and each not in ours:
                self._post(translate.unjoin(each))
        for each in channels:
            if translate.leg_of_ear(each) is not None and each not in ours:
                self._post(translate.take_away(each))

    async def _keep(self, ear: _Ear) -> None:
        try:
            async with asyncio.timeout(OPENING_SECONDS) as opening:
                await self._client.ask(translate.snoop(ear.channel, ear.name, self._app))
                media = await self._client.ask(translate.external_media(ear.channel, ear.name, self._app))
                async with self._client.media(translate.media_connection(media)) as socket:
                    await ear.arrived.wait()
                    for request in translate.join_ear(ear.channel, ear.name):
                        await self._client.ask(request)
                    opening.reschedule(None)
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.BINARY:
                            ear.hear(message.data)
        except (AriDown, AriError, aiohttp.ClientError, OSError, TimeoutError) as error:
            if self._ears.get(ear.channel) is ear:
                DEAF.labels("no_media").inc()
                log.warning("leg_not_heard", channel=ear.channel, reason=str(error) or type(error).__name__)
        finally:
            if self._ears.get(ear.channel) is ear:
                # The leg stands: the next question tries anew.
                del self._ears[ear.channel]
                ear.stop()
            for request in translate.part_ear(ear.channel, ear.name):
                self._post(request)

    def _began(self, ear: _Ear, turn: int) -> None:
        self._announce(SpeechBegan(ear.channel, turn))

    def _understood(self, ear: _Ear, turn: int, understood: Understood) -> None:
        ear.hearing, ear.turn = None, None
        self._announce(
            Heard(
                ear.channel,
                turn,
                understood.text,
                understood.confidence,
                understood.alternatives,
                understood.silence_seconds,
            )
        )
