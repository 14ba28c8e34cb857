"""The ARI client, and the switch on top of it, with a small server that stands in for Asterisk: it answers, stalls,
drops the connection, and forgets channels when told to.
"""

from __future__ import annotations

import asyncio
import io
import json
import uuid
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, encode_basic_auth, web

from outdial.core.amd import Amd, Verdict
from outdial.core.commands import (
    Classify,
    Dial,
    HangUp,
    Join,
    Play,
    Record,
    RecordTalk,
    Sound,
    StopRecording,
)
from outdial.core.events import (
    Answered,
    Classified,
    HungUp,
    KeyPressed,
    NetworkEvent,
    PromptEnded,
    PromptFailed,
    Recorded,
    Ringing,
)
from outdial.core.ids import Channel
from outdial.drivers.asterisk.client import (
    AriClient,
    AriDown,
    AriError,
    AriEvent,
    AriRequest,
    AriUrl,
    ChannelDtmfReceived,
    parse_url,
)
from outdial.drivers.asterisk.doctor import (
    Level,
    dialplan_finding,
    examine,
    module_findings,
    prompts_finding,
    trunk_finding,
    version_finding,
)
from outdial.drivers.asterisk.telephony import AsteriskSwitch
from outdial.ports import SwitchDown

PATIENCE_SECONDS = 10.0
Reply = tuple[int, Any] | None


class Standin:
    """An Asterisk of a few requests. `replies` overrides what `METHOD path` is answered; None is no answer at all."""

    def __init__(self) -> None:
        self.channels: dict[str, str] = {}
        self.playbacks: set[str] = set()
        self.variables: dict[str, str] = {}
        self.dialplan = {"context": "outdial-inbound", "app_name": "Stasis"}
        self.recordings: dict[str, bytes] = {}
        self.being_made: set[str] = set()
        self.replies: dict[str, Reply] = {}
        self.refuse_connections_with: list[int] = []
        self.asked: list[str] = []
        self.arrived: asyncio.Queue[str] = asyncio.Queue()
        self.connections = 0
        self.url = ""
        self._socket: web.WebSocketResponse | None = None

    async def events(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == encode_basic_auth("outdial", "pass/word")
        assert dict(request.query) == {"app": "outdial", "subscribeAll": "false"}
        if self.refuse_connections_with:
            return web.Response(status=self.refuse_connections_with.pop())
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._socket = socket
        self.connections += 1
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            await self._answer(socket, message.json())
        return socket

    async def get(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == encode_basic_auth("outdial", "pass/word")
        asked = {"method": "GET", "uri": request.path.removeprefix("/ari/")}
        what = f"GET {asked['uri']}"
        self.asked.append(what)
        self.arrived.put_nowait(what)
        name = asked["uri"].removeprefix("recordings/stored/").removesuffix("/file")
        if what not in self.replies and asked["uri"].endswith("/file") and name in self.recordings:
            return web.Response(body=self.recordings[name], content_type="audio/wav")
        reply = self.replies[what] if what in self.replies else self._usual(asked)
        if reply is None:
            await asyncio.Event().wait()
        assert reply is not None
        return web.json_response(reply[1], status=reply[0])

    async def _answer(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        assert asked["type"] == "RESTRequest"
        what = f"{asked['method']} {asked['uri']}"
        self.asked.append(what)
        self.arrived.put_nowait(what)
        reply = self.replies[what] if what in self.replies else self._usual(asked)
        if reply is not None:
            status, body = reply
            response = {"type": "RESTResponse", "status_code": status, "reason_phrase": "Reason", "uri": asked["uri"]}
            response |= {"request_id": asked["request_id"], "transaction_id": asked["transaction_id"]}
            if body is not None:
                response |= {"content_type": "application/json", "message_body": json.dumps(body)}
            await socket.send_json(response)

    def _usual(self, asked: dict[str, Any]) -> Reply:
        match asked["method"], asked["uri"].split("/"):
            case "GET", ["channels"]:
                return 200, [{"id": id, "state": state, "name": "PJSIP/x"} for id, state in self.channels.items()]
            case "GET", ["applications", "outdial"]:
                return 200, {"name": "outdial", "channel_ids": list(self.channels), "bridge_ids": []}
            case "POST", ["channels"]:
                query = {each["name"]: each["value"] for each in asked["query_strings"]}
                self.channels[query["channelId"]] = "Down"
                return 200, {"id": query["channelId"]}
            case "DELETE", ["channels", id]:
                return (204, None) if self.channels.pop(id, None) else (404, {"message": "Channel not found"})
            case "GET", ["channels", id]:
                return 200, {"id": id, "dialplan": self.dialplan}
            case "GET", ["channels", _, "variable"]:
                (named,) = asked["query_strings"]
                return 200, {"value": self.variables[named["value"]]}
            case "GET", ["recordings", "stored"]:
                return 200, [{"name": name, "format": "wav"} for name in self.recordings]
            case "GET", ["recordings", "live", name]:
                return (200, {}) if name in self.being_made else (404, {"message": "Recording not found"})
            case "GET", ["recordings", "stored", *_]:
                return 404, {"message": "Recording not found"}
            case "DELETE", ["recordings", "stored", name]:
                return (204, None) if self.recordings.pop(name, None) else (404, {"message": "Recording not found"})
            case "GET", ["playbacks", id] if id not in self.playbacks:
                return 404, {"message": "Playback not found"}
            case _:
                return 200, {}

    async def say(self, kind: str, channel: str = "", **more: Any) -> None:
        """Send one event."""
        assert self._socket is not None
        await self._socket.send_json({"type": kind, "channel": {"id": channel, **more.pop("of", {})}, **more})

    async def say_text(self, text: str) -> None:
        assert self._socket is not None
        await self._socket.send_str(text)

    async def drop(self) -> None:
        """End the connection."""
        assert self._socket is not None
        await self._socket.close()

    async def until_asked(self, *what: str) -> None:
        """Return when all of this was asked, not counting what was waited for before."""
        wanted = set(what)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while wanted:
                wanted.discard(await self.arrived.get())


@asynccontextmanager
async def standing_in() -> AsyncIterator[Standin]:
    standin = Standin()
    app = web.Application()
    app.router.add_get("/ari/events", standin.events)
    app.router.add_get("/ari/{rest:.*}", standin.get)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        standin.url = f"ari://outdial:pass%2Fword@127.0.0.1:{runner.addresses[0][1]}"
        yield standin
    finally:
        await runner.cleanup()


class Listener:
    """What a client tells its owner."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[AriEvent] = asyncio.Queue()
        self.life: asyncio.Queue[str] = asyncio.Queue()
        self.fail_up: list[Exception] = []

    async def up(self) -> None:
        if self.fail_up:
            raise self.fail_up.pop()
        self.life.put_nowait("up")

    def down(self) -> None:
        self.life.put_nowait("down")

    async def lives(self) -> str:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.life.get()


ClientStory = Callable[[Standin, AriClient, Listener], Awaitable[None]]


def tell_client(
    story: ClientStory, *, request_seconds: float = PATIENCE_SECONDS, refuse: list[int] | None = None
) -> None:
    async def run() -> None:
        listener = Listener()
        async with standing_in() as standin, asyncio.TaskGroup() as tasks:
            standin.refuse_connections_with = refuse or []
            client = AriClient(
                parse_url(standin.url),
                hear=listener.events.put_nowait,
                up=listener.up,
                down=listener.down,
                request_seconds=request_seconds,
                first_pause_seconds=0.01,
            )
            running = tasks.create_task(client.run())
            await story(standin, client, listener)
            running.cancel()

    asyncio.run(run())


FILTER = "PUT applications/outdial/eventFilter"


def test_answers_and_errors_find_their_requests() -> None:
    async def story(standin: Standin, client: AriClient, listener: Listener) -> None:
        assert await listener.lives() == "up"
        assert standin.asked == [FILTER]
        standin.replies = {
            "GET asterisk/ping": (200, {"ping": "pong"}),
            "DELETE channels/x": (404, {"message": "none"}),
        }
        standin.replies |= {"POST channels": (500, {"error": "Allocation failed"}), "POST odd": (409, None)}
        assert await client.ask(AriRequest("GET", "asterisk/ping")) == {"ping": "pong"}
        for request, status, message in (
            (AriRequest("DELETE", "channels/x"), 404, "none"),
            (AriRequest("POST", "channels"), 500, "Allocation failed"),
            (AriRequest("POST", "odd"), 409, "Reason"),
        ):
            with pytest.raises(AriError) as refused:
                await client.ask(request)
            assert (refused.value.status, refused.value.message) == (status, message)

    tell_client(story)


def test_long_answers_come_by_http() -> None:
    async def story(standin: Standin, client: AriClient, listener: Listener) -> None:
        with pytest.raises(AriDown):
            await client.fetch("channels")
        await listener.lives()
        standin.channels = {"a": "Up"}
        assert [each["id"] for each in await client.fetch("channels")] == ["a"]
        standin.replies = {"GET channels": (500, {"message": "no memory"}), "GET slow": None}
        with pytest.raises(AriError, match="500 no memory"):
            await client.fetch("channels")
        with pytest.raises(AriDown):
            await client.fetch("slow")

    tell_client(story, request_seconds=0.2)


def test_events_come_in_order_and_what_is_not_understood_is_passed_over() -> None:
    async def story(standin: Standin, client: AriClient, listener: Listener) -> None:
        await listener.lives()
        for text in ("not json", '{"type":"Unheard","channel":1}', '{"type":"StasisStart"}', "[]"):
            await standin.say_text(text)
        for digit in "123":
            await standin.say("ChannelDtmfReceived", "a", digit=digit, duration_ms=80, unknown_field=[1])
        async with asyncio.timeout(PATIENCE_SECONDS):
            heard = [await listener.events.get() for _ in range(3)]
        assert [event.digit for event in heard if isinstance(event, ChannelDtmfReceived)] == ["1", "2", "3"]
        assert standin.connections == 1

    tell_client(story)


def test_a_dropped_connection_is_opened_again_and_filtered_again() -> None:
    async def story(standin: Standin, client: AriClient, listener: Listener) -> None:
        for turn in range(1, 4):
            assert await listener.lives() == "up"
            assert standin.connections == turn
            assert standin.asked == [FILTER] * turn
            await standin.drop()
            assert await listener.lives() == "down"
            assert not client.connected

    tell_client(story)


def test_a_request_without_an_answer_ends_the_connection() -> None:
    async def story(standin: Standin, client: AriClient, listener: Listener) -> None:
        await listener.lives()
        standin.replies["GET slow"] = None
        answers: list[object] = []
        client.post(AriRequest("GET", "slow"), answers.append)
        with pytest.raises(AriDown):
            await client.ask(AriRequest("GET", "slow"))
        assert answers == [None]
        assert [await listener.lives() for _ in range(2)] == ["down", "up"]
        assert standin.connections == 2

    tell_client(story, request_seconds=0.2)


def test_a_connection_that_does_not_begin_well_is_tried_again() -> None:
    async def story(standin: Standin, client: AriClient, listener: Listener) -> None:
        listener.fail_up = [AriError(500, "later"), AriDown("lost")]
        assert [await listener.lives() for _ in range(3)] == ["down", "down", "up"]

    tell_client(story, refuse=[401, 404, 503])


def test_nothing_is_posted_without_a_connection() -> None:
    async def story(standin: Standin, client: AriClient, listener: Listener) -> None:
        with pytest.raises(AriDown):
            client.post(AriRequest("GET", "asterisk/ping"))
        await listener.lives()

    tell_client(story)


def test_an_application_taken_over_is_not_taken_back_at_once() -> None:
    async def story(standin: Standin, client: AriClient, listener: Listener) -> None:
        await listener.lives()
        await standin.say("ApplicationReplaced", application="outdial")
        assert await listener.lives() == "down"

    tell_client(story)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ari://u:p@pbx", AriUrl("pbx", 8088, "u", "p")),
        ("ari://u:p@pbx:88/", AriUrl("pbx", 88, "u", "p")),
        ("aris://u:p@pbx/dialer-2", AriUrl("pbx", 8089, "u", "p", "dialer-2", True)),
        ("ari://us%40er:p%3A%2F@[::1]:1/x", AriUrl("::1", 1, "us@er", "p:/", "x")),
    ],
)
def test_an_address_is_read(text: str, expected: AriUrl) -> None:
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://u:secret@pbx",
        "ari://pbx:8088",
        "ari://u@pbx",
        "ari://u:secret@pbx:port",
        "ari://u:secret@pbx/a/b",
        "ari://u:secret@pbx/a,b",
        "ari://u:secret@pbx/a?x=1",
    ],
)
def test_a_wrong_address_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(ValueError, match="ari://USER") as refused:
        parse_url(text)
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(AriUrl("h", 1, "u", "secret"))


def test_addresses_of_requests() -> None:
    assert AriUrl("::1", 1, "u", "p", secure=True).http == "https://[::1]:1/ari"


# --------------------------------------------------------------------------------------------------------- switch

SwitchStory = Callable[[Standin, AsteriskSwitch, "Heard"], Awaitable[None]]


class Heard:
    """The events of a switch."""

    def __init__(self, switch: AsteriskSwitch) -> None:
        self._events = switch.events()

    async def next(self) -> NetworkEvent:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await anext(self._events)


def tell(
    story: SwitchStory,
    *,
    former: dict[str, str] | None = None,
    stored: dict[str, bytes] | None = None,
    being_made: set[str] | None = None,
    recordings: Path | None = None,
) -> None:
    async def run() -> None:
        async with standing_in() as standin, asyncio.TaskGroup() as tasks:
            standin.channels = dict(former or {})
            standin.recordings, standin.being_made = dict(stored or {}), being_made or set()
            switch = AsteriskSwitch(standin.url, recordings=recordings)
            assert not switch.ready
            running = tasks.create_task(switch.run())
            await switch.wait_ready()
            await story(standin, switch, Heard(switch))
            running.cancel()

    asyncio.run(run())


def leg() -> Channel:
    return Channel(str(uuid.uuid4()))


def to(channel: Channel, number: str = "79161234567") -> Dial:
    return Dial(channel, "carrier", number, "74951234567", 30.0)


async def answered(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> Channel:
    channel = leg()
    await switch.perform(to(channel))
    await standin.until_asked("POST channels")
    standin.channels[channel] = "Up"
    await standin.say("StasisStart", channel, args=[])
    assert await heard.next() == Answered(channel)
    return channel


def test_a_refused_dial_ends_once() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        standin.replies["POST channels"] = (500, {"error": "Allocation failed"})
        channel = leg()
        await switch.perform(to(channel))
        assert await heard.next() == HungUp(channel, q850_cause=38)
        await standin.say("ChannelDestroyed", channel, cause=16)
        standin.replies.clear()
        await answered(standin, switch, heard)

    tell(story)


def test_a_conflict_is_believed_only_when_the_channel_stands() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        standin.replies["POST channels"] = (409, {"message": "Channel with given unique ID already exists"})
        gone, stands = leg(), leg()
        standin.replies[f"GET channels/{gone}"] = (404, {"message": "Channel not found"})
        await switch.perform(to(gone))
        assert await heard.next() == HungUp(gone, q850_cause=38)
        await switch.perform(to(stands))
        await standin.until_asked(f"GET channels/{stands}")
        await standin.say("ChannelDestroyed", stands, cause=17, tech_cause=486)
        assert await heard.next() == HungUp(stands, 486, 17)

    tell(story)


def test_a_number_that_may_not_be_dialled_never_reaches_asterisk() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = leg()
        await switch.perform(to(channel, "1@other"))
        assert await heard.next() == HungUp(channel, q850_cause=28)
        await switch.perform(HangUp(channel))
        await standin.until_asked(f"DELETE channels/{channel}")
        assert "POST channels" not in standin.asked

    tell(story)


def test_a_prompt_cut_by_the_end_of_the_call_is_not_told() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        await switch.perform(Play(channel, 1, (Sound(Path(__file__), 1.0),)))
        await standin.until_asked(f"POST channels/{channel}/play/{channel}-t1")
        await standin.say("ChannelHangupRequest", channel, cause=16)
        await standin.say("PlaybackFinished", playback={"id": f"{channel}-t1", "state": "failed"})
        await standin.say("ChannelDestroyed", channel, cause=16)
        await standin.say("ChannelDestroyed", channel, cause=16)
        assert await heard.next() == HungUp(channel, q850_cause=16)
        await answered(standin, switch, heard)

    tell(story)


def test_prompts_that_cannot_be_played_fail() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        sound = Sound(Path(__file__), 1.0)
        await switch.perform(Play(channel, 1, (sound, Sound(Path("/nowhere/x.wav"), 1.0))))
        assert await heard.next() == PromptFailed(channel, 1, "/nowhere/x.wav does not exist")
        await switch.perform(Play(channel, 2, ()))
        assert await heard.next() == PromptFailed(channel, 2, "there is nothing to play")
        standin.replies[f"POST channels/{channel}/play/{channel}-t3"] = (409, {"message": "not in Stasis"})
        await switch.perform(Play(channel, 3, (sound,)))
        assert await heard.next() == PromptFailed(channel, 3, "Asterisk: not in Stasis")

    tell(story)


def test_legs_that_cannot_be_joined_are_not_held() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        first, second = [await answered(standin, switch, heard) for _ in range(2)]
        standin.replies[f"POST bridges/{first}-joint/addChannel"] = (400, {"message": "Channel not found"})
        await switch.perform(Join(first, second))
        await standin.until_asked(f"DELETE channels/{second}")

    tell(story)


def test_a_joint_goes_with_either_leg() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        first, second = [await answered(standin, switch, heard) for _ in range(2)]
        await switch.perform(Join(first, second))
        await standin.say("ChannelDestroyed", second, cause=16)
        await standin.until_asked(f"DELETE bridges/{first}-joint")

    tell(story)


def test_channels_of_a_former_process_are_carried_on() -> None:
    ringing, up, stranger = leg(), leg(), "1763670825.17"

    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        assert await switch.standing() == {ringing: False, up: True}
        await standin.say("StasisStart", ringing, args=[])
        assert await heard.next() == Answered(ringing)
        await standin.say("ChannelDtmfReceived", up, digit="1", duration_ms=80)
        assert await heard.next() == KeyPressed(up, "1")
        await standin.say("ChannelDestroyed", stranger, cause=16)
        await standin.say("ChannelDestroyed", up, cause=16)
        assert await heard.next() == HungUp(up, q850_cause=16)

    tell(story, former={ringing: "Ringing", up: "Up", stranger: "Up"})


def test_after_a_lost_connection_legs_are_compared() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        vanished, stays = [await answered(standin, switch, heard) for _ in range(2)]
        picked_up, stray = leg(), leg()
        await switch.perform(to(picked_up))
        await standin.until_asked("POST channels")
        await standin.say("ChannelStateChange", picked_up, of={"state": "Ringing"})
        assert await heard.next() == Ringing(picked_up)
        for turn, channel in enumerate((vanished, stays), start=1):
            await switch.perform(Play(channel, turn, (Sound(Path(__file__), 1.0),)))
            await standin.until_asked(f"POST channels/{channel}/play/{channel}-t{turn}")
        del standin.channels[vanished]
        standin.channels |= {picked_up: "Up", stray: "Up"}
        await standin.drop()
        assert await heard.next() == HungUp(vanished, lost=True)
        assert {await heard.next(), await heard.next()} == {Answered(picked_up), PromptEnded(stays, 2)}
        await standin.until_asked(f"DELETE channels/{stray}")
        assert await switch.standing() == {stays: True, picked_up: True}

    tell(story)


def test_while_asterisk_is_away_nothing_is_dialled_and_a_hang_up_is_kept() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        standin.replies["GET channels"] = None
        await standin.drop()
        await standin.until_asked("GET channels")
        assert not switch.ready
        for command in (to(leg()), Play(channel, 1, ())):
            with pytest.raises(SwitchDown):
                await switch.perform(command)
        with pytest.raises(SwitchDown):
            await switch.standing()
        await switch.perform(HangUp(channel))
        standin.replies.clear()
        await standin.drop()
        await standin.until_asked(f"DELETE channels/{channel}")

    tell(story)


def test_a_call_lost_and_found_is_not_left_standing() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        del standin.channels[channel]
        await standin.drop()
        assert await heard.next() == HungUp(channel, lost=True)
        await switch.wait_ready()
        standin.channels[channel] = "Up"
        await standin.say("StasisStart", channel, args=[])
        await standin.until_asked(f"DELETE channels/{channel}")

    tell(story)


# ------------------------------------------------------------------------------------------- people and machines


def test_a_channel_comes_back_with_its_verdict() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        await switch.perform(Classify(channel, 3, Amd()))
        await standin.until_asked(f"POST channels/{channel}/continue")
        await switch.perform(Play(channel, 4, (Sound(Path(__file__), 1.0),)))
        assert isinstance(await heard.next(), PromptFailed)
        await standin.say("StasisStart", channel, args=["amd", "MACHINE", "MAXWORDS-4-3"])
        told = await heard.next()
        assert isinstance(told, Classified)
        assert (told.turn, told.verdict, told.cause) == (3, Verdict.MACHINE, "MAXWORDS")
        await standin.say("StasisStart", channel, args=["amd", "HUMAN", "HUMAN-1-2"])
        await standin.say("ChannelDestroyed", channel, cause=16)
        assert await heard.next() == HungUp(channel, q850_cause=16)

    tell(story)


def test_who_hung_up_has_no_verdict() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        await switch.perform(Classify(channel, 3, Amd()))
        await standin.say("StasisStart", channel, args=["amd", "HANGUP", ""])
        await standin.say("ChannelDestroyed", channel, cause=16)
        assert await heard.next() == HungUp(channel, q850_cause=16)
        await standin.say("StasisStart", channel, args=["amd", "HUMAN", "HUMAN-1-2"])
        await standin.until_asked(f"DELETE channels/{channel}")

    tell(story)


@pytest.mark.parametrize(
    ("status", "expected"), [("HUMAN", (Verdict.HUMAN, "HUMAN")), ("", (Verdict.NOT_SURE, "AWAY"))]
)
def test_a_verdict_that_was_missed_is_asked_for(status: str, expected: tuple[Verdict, str]) -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        await switch.perform(Classify(channel, 3, Amd()))
        await standin.until_asked(f"POST channels/{channel}/continue")
        standin.variables = {"AMDSTATUS": status, "AMDCAUSE": "HUMAN-805-800"}
        await standin.drop()
        told = await heard.next()
        assert isinstance(told, Classified)
        assert (told.turn, told.verdict, told.cause) == (3, *expected)
        assert await switch.standing() == {channel: True}

    tell(story)


def test_a_channel_that_is_listened_to_while_the_connection_is_lost_is_waited_for() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        await switch.perform(Classify(channel, 3, Amd()))
        await standin.until_asked(f"POST channels/{channel}/continue")
        standin.dialplan = {"context": "outdial-amd", "app_name": "AMD"}
        await standin.drop()
        await standin.until_asked(f"GET channels/{channel}")
        await standin.say("StasisStart", channel, args=["amd", "NOTSURE", "TOOLONG-5000"])
        told = await heard.next()
        assert isinstance(told, Classified)
        assert (told.turn, told.verdict, told.cause) == (3, Verdict.NOT_SURE, "TOOLONG")

    tell(story)


def test_a_channel_that_cannot_be_listened_to_is_answered_all_the_same() -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        standin.replies[f"POST channels/{channel}/continue"] = (409, {"message": "Channel not in Stasis application"})
        standin.variables = {"AMDSTATUS": "", "AMDCAUSE": ""}
        await switch.perform(Classify(channel, 3, Amd()))
        told = await heard.next()
        assert isinstance(told, Classified)
        assert (told.turn, told.verdict) == (3, Verdict.NOT_SURE)

    tell(story)


# ------------------------------------------------------------------------------------------------------ recordings


def wav(frames: int, *, whole: bool = True) -> bytes:
    """A telephony wav file; one that is not whole has no length in its header, as an Asterisk that was killed left it."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * frames))
    content = made.getvalue()
    return content if whole else content[:40] + bytes(4) + content[44:]


def test_a_recording_is_brought_and_forgotten(tmp_path: Path) -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        name, path = f"outdial-{channel}-t2", tmp_path / "ab" / "said.wav"
        await switch.perform(Record(channel, 2, path, 5.0))
        await switch.perform(StopRecording(channel, 2))
        await standin.until_asked(f"POST recordings/live/{name}/stop")
        standin.recordings = {name: wav(4000), "somebody-elses": wav(1)}
        await standin.say("RecordingFinished", recording={"name": "somebody-elses"})
        await standin.say("RecordingFinished", recording={"name": name})
        assert await heard.next() == Recorded(channel, 2, path, 0.5)
        await standin.until_asked(f"DELETE recordings/stored/{name}")
        assert path.read_bytes() == wav(4000)
        assert list(standin.recordings) == ["somebody-elses"]

    tell(story, recordings=tmp_path)


@pytest.mark.parametrize("says", ["RecordingFailed", "RecordingFinished"])
def test_a_recording_that_came_to_nothing_is_told(tmp_path: Path, says: str) -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        await switch.perform(Record(channel, 2, tmp_path / "new" / "said.wav", 5.0))
        await standin.say(says, recording={"name": f"outdial-{channel}-t2"})
        assert await heard.next() == Recorded(channel, 2, None)

    tell(story)
    assert not list(tmp_path.iterdir())


def test_a_recording_that_is_refused_is_told_unless_it_is_being_made(tmp_path: Path) -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        standin.replies[f"POST channels/{channel}/record"] = (409, {"message": "in progress"})
        name = f"outdial-{channel}-t3"
        standin.being_made = {name}
        await switch.perform(Record(channel, 2, tmp_path / "2.wav", 5.0))
        await switch.perform(Record(channel, 3, tmp_path / "3.wav", 5.0))
        assert await heard.next() == Recorded(channel, 2, None)
        standin.recordings[name] = wav(8000)
        await standin.say("RecordingFinished", recording={"name": name})
        assert await heard.next() == Recorded(channel, 3, tmp_path / "3.wav", 1.0)

    tell(story)


def test_a_file_that_does_not_come_is_asked_for_again_and_delays_nothing(tmp_path: Path) -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        name, path = f"outdial-{channel}-t2", tmp_path / "said.wav"
        file = f"GET recordings/stored/{name}/file"
        standin.recordings[name] = wav(8000, whole=False)
        standin.replies[file] = (500, {"message": "not now"})
        await switch.perform(Record(channel, 2, path, 5.0))
        await standin.say("RecordingFinished", recording={"name": name})
        await standin.until_asked(file)
        await standin.say("ChannelDtmfReceived", channel, digit="1")
        assert await heard.next() == KeyPressed(channel, "1")
        await standin.until_asked(file)
        del standin.replies[file]
        assert await heard.next() == Recorded(channel, 2, path, 1.0)
        assert path.read_bytes() == wav(8000)

    tell(story)


def test_an_end_of_a_recording_that_was_missed_is_found_out(tmp_path: Path) -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        channel = await answered(standin, switch, heard)
        goes_on, over = f"outdial-{channel}-t3", f"outdial-{channel}-t2"
        for turn in (2, 3):
            await switch.perform(Record(channel, turn, tmp_path / f"{turn}.wav", 5.0))
        standin.recordings = {over: wav(8000), goes_on: wav(0)}
        standin.being_made = {goes_on}
        await standin.drop()
        assert await heard.next() == Recorded(channel, 2, tmp_path / "2.wav", 1.0)
        standin.recordings[goes_on], standin.being_made = wav(16000), set()
        await standin.say("RecordingFinished", recording={"name": goes_on})
        assert await heard.next() == Recorded(channel, 3, tmp_path / "3.wav", 2.0)

    tell(story, recordings=tmp_path)


def test_a_file_is_brought_after_the_leg_has_ended_and_nothing_is_told(tmp_path: Path) -> None:
    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        first, second = [await answered(standin, switch, heard) for _ in range(2)]
        said, talk = f"outdial-{first}-t2", f"outdial-{first}"
        await switch.perform(Record(first, 2, tmp_path / "said.wav", 5.0))
        await switch.perform(Join(first, second))
        await switch.perform(RecordTalk(first, second, tmp_path / "talk.wav"))
        await standin.until_asked(f"POST bridges/{first}-joint/record")
        standin.recordings = {said: wav(8000), talk: wav(8000)}
        standin.being_made = {talk}
        await standin.say("ChannelDestroyed", first, cause=16)
        assert await heard.next() == HungUp(first, q850_cause=16)
        await standin.until_asked(f"POST recordings/live/{talk}/stop")
        await standin.until_asked(f"DELETE bridges/{first}-joint")
        await standin.until_asked(f"DELETE recordings/stored/{said}")
        assert talk in standin.recordings
        standin.being_made.clear()
        await standin.until_asked(f"DELETE recordings/stored/{talk}")
        assert [(tmp_path / f"{each}.wav").read_bytes() for each in ("said", "talk")] == [wav(8000)] * 2
        await standin.say("ChannelDestroyed", second, cause=16)
        assert await heard.next() == HungUp(second, q850_cause=16)

    tell(story)


def test_a_file_that_is_on_its_way_is_waited_for_at_the_end(tmp_path: Path) -> None:
    async def run() -> None:
        async with standing_in() as standin, asyncio.TaskGroup() as tasks:
            switch = AsteriskSwitch(standin.url)
            running = tasks.create_task(switch.run())
            await switch.wait_ready()
            channel = await answered(standin, switch, Heard(switch))
            name = f"outdial-{channel}-t2"
            standin.recordings[name] = wav(8000)
            standin.replies[f"GET recordings/stored/{name}/file"] = (500, {"message": "not now"})
            await switch.perform(Record(channel, 2, tmp_path / "said.wav", 5.0))
            await standin.say("RecordingFinished", recording={"name": name})
            await standin.until_asked(f"GET recordings/stored/{name}/file")
            running.cancel()
            standin.replies.clear()

    asyncio.run(run())
    assert (tmp_path / "said.wav").read_bytes() == wav(8000)


def test_recordings_of_a_former_process_are_brought_home(tmp_path: Path) -> None:
    talk, said, going_on = leg(), leg(), leg()
    stored = {
        f"outdial-{talk}": wav(8000),
        f"outdial-{said}-t4": wav(4000),
        f"outdial-{going_on}-t5": wav(0),
        f"other-{leg()}": wav(8000),
        "greeting": wav(8000),
    }

    async def story(standin: Standin, switch: AsteriskSwitch, heard: Heard) -> None:
        names = (f"outdial-{talk}", f"outdial-{said}-t4")
        await standin.until_asked(*(f"DELETE recordings/stored/{name}" for name in names))
        assert (tmp_path / talk[:2] / f"{talk}.wav").read_bytes() == wav(8000)
        assert (tmp_path / said[:2] / f"{said}-t4.wav").read_bytes() == wav(4000)
        standin.being_made.clear()
        standin.recordings[f"outdial-{going_on}-t5"] = wav(16000)
        await standin.say("RecordingFinished", recording={"name": f"outdial-{going_on}-t5"})
        await standin.until_asked(f"DELETE recordings/stored/outdial-{going_on}-t5")
        assert (tmp_path / going_on[:2] / f"{going_on}-t5.wav").read_bytes() == wav(16000)
        assert len(standin.recordings) == 2
        await standin.say("ChannelDestroyed", going_on, cause=16)
        assert await heard.next() == HungUp(going_on, q850_cause=16)

    tell(
        story,
        former={going_on: "Up"},
        stored=stored,
        being_made={f"outdial-{going_on}-t5"},
        recordings=tmp_path,
    )


def test_an_endpoint_of_extensions_names_the_number() -> None:
    with pytest.raises(ValueError, match="number"):
        AsteriskSwitch("ari://u:p@h", extension_endpoint="PJSIP/100")


# --------------------------------------------------------------------------------------------------------- doctor


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("22.10.1+dfsg+~cs6.17", Level.OK),
        ("23.1.0", Level.OK),
        ("certified-20.7-cert5", Level.WARNING),
        ("20.14.0", Level.WARNING),
        ("18.9-cert1", Level.ERROR),
        ("GIT-master-1234", Level.WARNING),
    ],
)
def test_the_doctor_judges_versions(version: str, level: Level) -> None:
    assert version_finding({"system": {"version": version}}).level is level


def test_the_doctor_names_missing_modules() -> None:
    assert [finding.level for finding in module_findings(None)].count(Level.ERROR) >= 10
    running = ["chan_pjsip", "res_pjsip_sdp_rtp", "res_rtp_asterisk", "res_ari_channels", "res_ari_playbacks"]
    running += ["res_stasis_playback", "res_ari_bridges", "res_ari_applications", "res_timing_pthread", "codec_alaw"]
    running += ["bridge_simple", "res_pjsip_dtmf_info", "res_ari_device_states", "app_amd", "app_stasis"]
    running += ["func_strings", "res_stasis_recording", "res_ari_recordings", "chan_bridge_media"]
    running += ["res_stasis_snoop", "chan_websocket", "res_http_websocket"]
    modules = [{"name": f"{name}.so", "status": "Running"} for name in running]
    modules.append({"name": "format_wav.so", "status": "Not Running"})
    (finding,) = module_findings(modules)
    assert finding.level is Level.ERROR
    assert "format_wav" in finding.what
    assert "format_wav" in finding.next_step


def test_the_doctor_looks_for_our_dialplan() -> None:
    assert dialplan_finding({"value": "outdial"}).level is Level.OK
    for missing in ({"value": ""}, None):
        assert dialplan_finding(missing).level is Level.WARNING
        assert "extensions.conf" in dialplan_finding(missing).next_step


@pytest.mark.parametrize(
    ("endpoint", "level"),
    [({"state": "online"}, Level.OK), ({"state": "offline"}, Level.WARNING), ({}, Level.WARNING), (None, Level.ERROR)],
)
def test_the_doctor_looks_at_trunks(endpoint: dict[str, str] | None, level: Level) -> None:
    finding = trunk_finding("carrier", endpoint)
    assert finding.level is level
    assert bool(finding.next_step) is (level is not Level.OK)


def test_the_doctor_sees_a_folder_that_others_cannot_enter(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir(mode=0o700)
    info = {"config": {"setid": {"user": "asterisk", "group": "asterisk"}}}
    closed = prompts_finding(tmp_path / "prompts", "127.0.0.1", info)
    assert closed.level is Level.WARNING
    assert "the user asterisk" in closed.next_step
    away = prompts_finding(tmp_path, "192.0.2.1", info)
    assert away.level is Level.WARNING
    assert "another machine" in away.what


def test_the_doctor_says_that_nobody_answers() -> None:
    (finding,) = asyncio.run(examine("ari://u:p@127.0.0.1:1", ["carrier"]))
    assert finding.level is Level.ERROR
    assert finding.next_step
