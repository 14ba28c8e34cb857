"""Between the house's words and ARI's: what an event means, and which requests carry a command out.

Everything here is a pure function. It does not know which channels stand, nor what became of a request.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, assert_never
from urllib.parse import quote

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
    StopListening,
    StopPlaying,
    StopRecording,
    SwitchCommand,
)
from outdial.core.dialstring import check_dial_string
from outdial.core.errors import NotDiallable
from outdial.core.events import Answered, HungUp, KeyPressed, NetworkEvent, PromptEnded, PromptFailed, Ringing
from outdial.core.extension import ExtensionState
from outdial.core.ids import Channel
from outdial.drivers.asterisk.client import (
    ApplicationReplaced,
    AriAnswer,
    AriDown,
    AriEvent,
    AriRequest,
    ChannelDestroyed,
    ChannelDtmfReceived,
    ChannelHangupRequest,
    ChannelStateChange,
    PlaybackFinished,
    RecordingFailed,
    RecordingFinished,
    StasisStart,
)
from outdial.drivers.asterisk.configuration import AMD_CONTEXT, APP_VARIABLE, amd_variables

EXTENSION_ENDPOINT = "PJSIP/{number}"
"""How an extension of the Asterisk itself is dialled; `{number}` stands for it."""

NOT_PLACED_CAUSE = 38
"""Q.850: network out of order. For a call that Asterisk would not place: no such trunk, no room for a channel."""
NOBODY_THERE_CAUSE = 20
"""Q.850: subscriber absent. For an extension that Asterisk would not ring: it is unknown, or has not registered."""
NOT_DIALLABLE_CAUSE = 28
"""Q.850: invalid number format. For a number that may not reach a dial string."""

_OURS = re.compile(r"(?:2-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RECORDING = re.compile(rf"(?P<channel>{_OURS.pattern})(?:-t(?P<turn>[0-9]+))?")
_TAPE = "-tape"
_EAR = re.compile(rf"(?P<leg>{_OURS.pattern})-(?:ear|media|hears)-[0-9a-f]{{8}}")
_PLAYBACK = re.compile(r"(?P<channel>.+)-t(?P<turn>[0-9]+)")
_TRUNK = re.compile(r"[A-Za-z0-9_.-]+")
_LISTENED = ("amd",)
_CALLER = re.compile(r"[A-Za-z0-9_.*#+-]{0,64}")


def is_ours(channel_id: str) -> bool:
    """Whether a channel at the switch looks like a leg of ours."""
    return _OURS.fullmatch(channel_id) is not None


# --------------------------------------------------------------------------------------------------------- events


def heard(event: AriEvent) -> NetworkEvent | None:
    """What an ARI event says to a call; None when it says nothing."""
    match event:
        case StasisStart():
            return None if event.args[:1] == _LISTENED else Answered(Channel(event.channel.id))
        case ChannelStateChange():
            return Ringing(Channel(event.channel.id)) if event.channel.state == "Ringing" else None
        case ChannelDtmfReceived():
            return KeyPressed(Channel(event.channel.id), event.digit)
        case PlaybackFinished():
            return _playback_over(event)
        case ChannelDestroyed():
            return HungUp(Channel(event.channel.id), event.tech_cause, event.cause)
        case RecordingFinished() | RecordingFailed() | ChannelHangupRequest() | ApplicationReplaced():
            return None
        case _:
            assert_never(event)


def _playback_over(event: PlaybackFinished) -> PromptEnded | PromptFailed | None:
    named = _PLAYBACK.fullmatch(event.playback.id)
    if named is None:
        return None
    channel, turn = Channel(named["channel"]), int(named["turn"])
    if event.playback.state == "done":
        return PromptEnded(channel, turn)
    return PromptFailed(channel, turn, "Asterisk could not play the file; its log says why")


_VERDICTS: Mapping[str, Verdict] = {
    "HUMAN": Verdict.HUMAN,
    "MACHINE": Verdict.MACHINE,
    "NOTSURE": Verdict.NOT_SURE,
}


def comes_back(event: StasisStart) -> bool:
    """Whether a channel comes back from being listened to."""
    return event.args[:1] == _LISTENED


def verdict(status: str, cause: str) -> tuple[Verdict, str] | None:
    """What AMDSTATUS and AMDCAUSE say; None when they say that nobody is there any more, or nothing."""
    # The cause goes on with what was measured: HUMAN-805-800.
    return (_VERDICTS[status], cause.partition("-")[0]) if status in _VERDICTS else None


def is_listened_to(channel: Mapping[str, Any]) -> bool:
    """Whether a channel of `GET /channels` is with answering-machine detection, or on its way back."""
    place = channel.get("dialplan") or {}
    return place.get("context") == AMD_CONTEXT and place.get("app_name") != "Stasis"


def standing(channels: Sequence[Mapping[str, Any]], subscribed: Sequence[str]) -> dict[Channel, bool]:
    """Our channels among those of `GET /channels`, True for those that are up.

    `subscribed` are the channels of our application (`GET /applications/…`): until a call is answered nothing in the
    list itself tells whose it is.
    """
    of_our_app = set(subscribed)
    return {
        Channel(each["id"]): each["state"] == "Up"
        for each in channels
        if each["id"] in of_our_app and is_ours(each["id"])
    }


# ----------------------------------------------------------------------------------------------------- extensions

# An endpoint that the Asterisk does not have is INVALID; one that nobody registered for is UNAVAILABLE.
_EXTENSION_STATES: Mapping[str, ExtensionState] = {
    "NOT_INUSE": ExtensionState.IDLE,
    "INUSE": ExtensionState.IN_USE,
    "BUSY": ExtensionState.BUSY,
    "RINGING": ExtensionState.RINGING,
    "RINGINUSE": ExtensionState.RINGING,
    "ONHOLD": ExtensionState.ON_HOLD,
    "UNAVAILABLE": ExtensionState.UNAVAILABLE,
}


def find_extension(extension: str, extension_endpoint: str = EXTENSION_ENDPOINT) -> AriRequest:
    """Ask for the state of the device that an extension is. Raises `NotDiallable` for what is no number."""
    device = extension_endpoint.partition("@")[0].replace("{number}", check_dial_string(extension))
    return AriRequest("GET", f"deviceStates/{quote(device, safe='')}")


def extension_state(answer: AriAnswer | None) -> ExtensionState:
    """What the answer to `find_extension` says. Raises `AriError` when it is refused and `AriDown` without one."""
    if answer is None:
        raise AriDown("the connection was lost")
    return _EXTENSION_STATES.get(answer.value()["state"], ExtensionState.UNKNOWN)


# ------------------------------------------------------------------------------------------------------- commands


def requests(command: SwitchCommand, app: str, extension_endpoint: str = EXTENSION_ENDPOINT) -> tuple[AriRequest, ...]:
    """The requests that carry a command out, in their order.

    Raises `NotDiallable` for a number, caller or trunk that must not reach a dial string.
    """
    match command:
        case Dial():
            return (_dial(command, app, extension_endpoint),)
        case Play():
            # As a body: a comma in a query value would part one file's name in two.
            body = {"media": [_media(sound.path) for sound in command.sounds]}
            path = f"channels/{command.channel}/play/{playback_id(command.channel, command.turn)}"
            return (AriRequest("POST", path, body=body),)
        case StopPlaying():
            return (AriRequest("DELETE", f"playbacks/{playback_id(command.channel, command.turn)}"),)
        case Ringback():
            return (AriRequest("POST", f"channels/{command.channel}/ring"),)
        case Join():
            bridge = bridge_id(command.first)
            # A ringing tone that still runs would keep the other leg's voice out.
            return (
                AriRequest("DELETE", f"channels/{command.first}/ring"),
                AriRequest("POST", f"bridges/{bridge}", (("type", "mixing"),)),
                AriRequest("POST", f"bridges/{bridge}/addChannel", (("channel", f"{command.first},{command.second}"),)),
            )
        case Classify():
            return _classify(command, app)
        case Record():
            limit = str(max(1, math.ceil(command.longest_seconds)))
            name = recording_name(app, command.channel, command.turn)
            return (_record(f"channels/{command.channel}", name, ("maxDurationSeconds", limit)),)
        case StopRecording():
            return (stop_recording(recording_name(app, command.channel, command.turn)),)
        case RecordTalk():
            return (_record(f"bridges/{bridge_id(command.first)}", talk_name(app, command.first)),)
        case RecordCall():
            return (_tape(command.channel, app),)  # what it hears is recorded once it is there: see telephony
        case Listen() | StopListening():
            return ()  # of several steps that wait for one another: see ears
        case HangUp():
            return (AriRequest("DELETE", f"channels/{command.channel}"),)
        case _:
            assert_never(command)


def _dial(dial: Dial, app: str, extension_endpoint: str) -> AriRequest:
    number = check_dial_string(dial.number)
    if not _CALLER.fullmatch(dial.caller):
        raise NotDiallable(f"{dial.caller!r} may not be shown as the caller's number")
    if dial.trunk and not _TRUNK.fullmatch(dial.trunk):
        raise NotDiallable(f"{dial.trunk!r} is no name of a trunk")
    endpoint = f"PJSIP/{number}@{dial.trunk}" if dial.trunk else extension_endpoint.replace("{number}", number)
    query = [
        ("endpoint", endpoint),
        ("app", app),
        ("channelId", dial.channel),
        ("timeout", str(max(1, math.ceil(dial.ring_seconds)))),
    ]
    if dial.caller:
        # In angle brackets, or Asterisk may take it for a name.
        query.append(("callerId", f"<{dial.caller}>"))
    # No `formats`: the trunk's own list of codecs decides, as its carrier wants it.
    return AriRequest("POST", "channels", tuple(query))


def _classify(classify: Classify, app: str) -> tuple[AriRequest, ...]:
    # One request sets all the variables. The former verdict goes, so that one that is there later is of this turn.
    variables: dict[str, object] = {APP_VARIABLE: app, "AMDSTATUS": "", "AMDCAUSE": "", **amd_variables(classify.amd)}
    settings = (("variable", f"ARRAY({','.join(variables)})"), ("value", ",".join(map(str, variables.values()))))
    detour = (("context", AMD_CONTEXT), ("extension", "s"), ("priority", "1"))
    return (
        AriRequest("POST", f"channels/{classify.channel}/variable", settings),
        AriRequest("POST", f"channels/{classify.channel}/continue", detour),
    )


def _record(what: str, name: str, *limits: tuple[str, str]) -> AriRequest:
    query = (("name", name), ("format", "wav"), ("ifExists", "overwrite"), ("beep", "false"), ("terminateOn", "none"))
    return AriRequest("POST", f"{what}/record", (*query, *limits))


def recording_name(app: str, channel: Channel, turn: int) -> str:
    """The name of what a turn records, told apart from those of other applications on the same Asterisk."""
    return f"{app}-{channel}-t{turn}"


def talk_name(app: str, first: Channel) -> str:
    """The name of the recording of a joint."""
    return f"{app}-{first}"


def tape_name(leg: Channel) -> str:
    """The name of the channel that hears both sides of a leg."""
    return f"{leg}{_TAPE}"


def leg_of_tape(name: str) -> Channel | None:
    """The leg whose both sides a channel hears; None for any other."""
    return Channel(name.removesuffix(_TAPE)) if name.endswith(_TAPE) else None


def record_tape(app: str, leg: Channel) -> AriRequest:
    """Record what that channel hears, under the name of the leg's talk."""
    return _record(f"channels/{tape_name(leg)}", talk_name(app, leg))


def _tape(leg: Channel, app: str) -> AriRequest:
    return AriRequest("POST", f"channels/{leg}/snoop/{tape_name(leg)}", (("app", app), ("spy", "both")))


def recorded(app: str, name: str) -> tuple[Channel, int | None] | None:
    """The channel and the turn that a recording was named after, no turn for a talk; None for one of somebody else."""
    named = _RECORDING.fullmatch(name.removeprefix(f"{app}-")) if name.startswith(f"{app}-") else None
    if named is None:
        return None
    return Channel(named["channel"]), int(named["turn"]) if named["turn"] else None


def stop_recording(name: str) -> AriRequest:
    """End a recording and keep it."""
    return AriRequest("POST", f"recordings/live/{name}/stop")


def find_recording(name: str) -> AriRequest:
    """Ask whether a recording is still being made."""
    return AriRequest("GET", f"recordings/live/{name}")


def forget_recording(name: str) -> AriRequest:
    """Take a stored recording away."""
    return AriRequest("DELETE", f"recordings/stored/{name}")


def playback_id(channel: Channel, turn: int) -> str:
    """The name of what a turn plays."""
    return f"{channel}-t{turn}"


def bridge_id(first: Channel) -> str:
    """The name of the bridge that a leg's joint belongs to."""
    return f"{first}-joint"


def unjoin(bridge: str) -> AriRequest:
    """Take a bridge away; legs in it stay."""
    return AriRequest("DELETE", f"bridges/{bridge}")


# ----------------------------------------------------------------------------------------------------------- ears


def snoop_name(leg: Channel, ear: str) -> str:
    """The name of the channel that hears what a leg says."""
    return f"{leg}-ear-{ear}"


def media_name(leg: Channel, ear: str) -> str:
    """The name of the channel whose sound is a WebSocket."""
    return f"{leg}-media-{ear}"


def ear_bridge_name(leg: Channel, ear: str) -> str:
    """The name of the bridge that carries sound from the one to the other."""
    return f"{leg}-hears-{ear}"


def leg_of_ear(name: str) -> Channel | None:
    """The leg that a channel or bridge of an ear belongs to; None for any other."""
    named = _EAR.fullmatch(name)
    return Channel(named["leg"]) if named else None


def snoop(leg: Channel, ear: str, app: str) -> AriRequest:
    """Hear the far end of a leg, and nothing of what is played to it."""
    return AriRequest("POST", f"channels/{leg}/snoop/{snoop_name(leg, ear)}", (("app", app), ("spy", "in")))


def external_media(leg: Channel, ear: str, app: str) -> AriRequest:
    """Make a channel that waits for us to fetch its sound, 8 kHz and 16 bit, at Asterisk's own HTTP port."""
    query = (
        ("channelId", media_name(leg, ear)),
        ("app", app),
        ("external_host", "INCOMING"),
        ("transport", "websocket"),
        ("connection_type", "server"),
        ("encapsulation", "none"),
        ("format", "slin"),
    )
    return AriRequest("POST", "channels/externalMedia", query)


def media_connection(channel: Mapping[str, Any]) -> str:
    """Where the sound of such a channel is fetched. Raises `AriDown` for an Asterisk that does not tell."""
    told = (channel.get("channelvars") or {}).get("MEDIA_WEBSOCKET_CONNECTION_ID")
    if not told:
        raise AriDown("Asterisk does not tell where the sound of a leg is to be had: chan_websocket is too old")
    return str(told)


def join_ear(leg: Channel, ear: str) -> tuple[AriRequest, ...]:
    """Carry what the snoop hears to the WebSocket. Asterisk takes the second channel only once it is connected."""
    bridge, channels = ear_bridge_name(leg, ear), f"{snoop_name(leg, ear)},{media_name(leg, ear)}"
    return (
        AriRequest("POST", f"bridges/{bridge}", (("type", "mixing"),)),
        AriRequest("POST", f"bridges/{bridge}/addChannel", (("channel", channels),)),
    )


def part_ear(leg: Channel, ear: str) -> tuple[AriRequest, ...]:
    """Take all of an ear away; parts that are gone already are no error."""
    return (
        unjoin(ear_bridge_name(leg, ear)),
        take_away(media_name(leg, ear)),
        take_away(snoop_name(leg, ear)),
    )


def take_away(channel_id: str) -> AriRequest:
    """End a channel that is no leg."""
    return AriRequest("DELETE", f"channels/{channel_id}")


# ------------------------------------------------------------------------------------------------------ questions


def find(channel: Channel) -> AriRequest:
    """Ask whether a channel stands."""
    return AriRequest("GET", f"channels/{channel}")


def find_variable(channel: Channel, name: str) -> AriRequest:
    """Ask for a variable of a channel."""
    return AriRequest("GET", f"channels/{channel}/variable", (("variable", name),))


def find_playback(channel: Channel, turn: int) -> AriRequest:
    """Ask whether a turn is being played still."""
    return AriRequest("GET", f"playbacks/{playback_id(channel, turn)}")


def _media(path: Path) -> str:
    # Asterisk adds the suffix of a format that it can read; a name with the suffix is not found.
    return f"sound:{path.absolute().with_suffix('')}"
