"""ARI's words and ours, as pairs: what was recorded from an Asterisk 22, and the requests that it understands."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from outdial.core.amd import Amd, Verdict
from outdial.core.commands import (
    Classify,
    Dial,
    HangUp,
    Join,
    Play,
    Record,
    RecordCall,
    RecordTalk,
    Ringback,
    Sound,
    StopPlaying,
    StopRecording,
    SwitchCommand,
)
from outdial.core.errors import NotDiallable
from outdial.core.events import Answered, HungUp, KeyPressed, NetworkEvent, PromptEnded, PromptFailed, Ringing
from outdial.core.extension import ExtensionState
from outdial.core.ids import Channel
from outdial.drivers.asterisk.client import AriAnswer, AriDown, AriError, AriRequest, RESTResponse, decode, encode
from outdial.drivers.asterisk.translate import (
    extension_state,
    find_extension,
    heard,
    is_listened_to,
    is_ours,
    recorded,
    requests,
    standing,
    verdict,
)

LEG = Channel("dece9ed1-c642-4ef8-b998-dad0d36f204f")
SECOND = Channel(f"2-{LEG}")

CHANNEL = (
    f'"channel":{{"id":"{LEG}","name":"PJSIP/carrier-00000004","state":"%s","protocol_id":"cb1206f3",'
    '"caller":{"name":"","number":"+74951234567"},"connected":{"name":"","number":"+74951234567"},"accountcode":"",'
    '"dialplan":{"context":"outdial-inbound","exten":"s","priority":1,"app_name":"Stasis","app_data":"outdial"},'
    '"creationtime":"2026-11-20T21:33:46.471+0000","language":"en"}'
)
COMMON = '"timestamp":"2026-11-20T21:33:46.990+0000","asterisk_id":"02:00:00:00:00:01","application":"outdial"'


def event(kind: str, state: str = "Up", extra: str = "") -> str:
    return f'{{"type":"{kind}",{CHANNEL % state},{extra}{COMMON}}}'


def playback(id: str, state: str) -> str:
    return (
        f'{{"type":"PlaybackFinished","playback":{{"id":"{id}","media_uri":"sound:/srv/a","state":"{state}",'
        f'"target_uri":"channel:{LEG}","language":"en"}},{COMMON}}}'
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (event("StasisStart", extra='"args":[],'), Answered(LEG)),
        (event("StasisStart", extra='"args":["amd","HUMAN","HUMAN-805-800"],'), None),
        (f'{{"type":"RecordingFinished","recording":{{"name":"outdial-{LEG}-t1","format":"wav"}},{COMMON}}}', None),
        (event("ChannelStateChange", "Ringing"), Ringing(LEG)),
        (event("ChannelStateChange", "Up"), None),
        (event("ChannelDtmfReceived", extra='"digit":"#","duration_ms":100,'), KeyPressed(LEG, "#")),
        (event("ChannelHangupRequest", extra='"cause":32,"soft":true,'), None),
        (
            event("ChannelDestroyed", "Down", '"cause":17,"cause_txt":"User busy","tech_cause":486,'),
            HungUp(LEG, 486, 17),
        ),
        (event("ChannelDestroyed", extra='"cause":16,"cause_txt":"Normal Clearing",'), HungUp(LEG, 0, 16)),
        (event("ChannelDestroyed", extra='"cause":0,"cause_txt":"Unknown",'), HungUp(LEG, 0, 0)),
        (playback(f"{LEG}-t12", "done"), PromptEnded(LEG, 12)),
        (playback(f"{SECOND}-t3", "done"), PromptEnded(SECOND, 3)),
        (
            playback(f"{LEG}-t12", "failed"),
            PromptFailed(LEG, 12, "Asterisk could not play the file; its log says why"),
        ),
        (playback("a-playback-of-somebody-else", "done"), None),
        (f'{{"type":"ApplicationReplaced",{COMMON}}}', None),
    ],
)
def test_events_are_understood(message: str, expected: NetworkEvent | None) -> None:
    decoded = decode(message)
    assert decoded is not None
    assert not isinstance(decoded, RESTResponse)
    assert heard(decoded) == expected


@pytest.mark.parametrize("message", [event("ChannelVarset"), '{"type":"Dial"}', "{}", "[]", "not json", b"\xff"])
def test_other_messages_are_ignored(message: str | bytes) -> None:
    assert decode(message) is None


def dial(trunk: str = "carrier", number: str = "+79161234567", caller: str = "74951234567", ring: float = 30.0) -> Dial:
    return Dial(LEG, trunk, number, caller, ring)


def dialled(endpoint: str, timeout: str, *caller: str) -> AriRequest:
    query = [("endpoint", endpoint), ("app", "outdial"), ("channelId", LEG), ("timeout", timeout)]
    return AriRequest("POST", "channels", (*query, *(("callerId", each) for each in caller)))


def recording(what: str, name: str, *limits: tuple[str, str]) -> AriRequest:
    query = (("name", name), ("format", "wav"), ("ifExists", "overwrite"), ("beep", "false"), ("terminateOn", "none"))
    return AriRequest("POST", f"{what}/record", (*query, *limits))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (dial(), [dialled("PJSIP/+79161234567@carrier", "30", "<74951234567>")]),
        (dial(ring=0.2, caller=""), [dialled("PJSIP/+79161234567@carrier", "1")]),
        (dial(ring=35.1), [dialled("PJSIP/+79161234567@carrier", "36", "<74951234567>")]),
        (dial("", "101"), [dialled("PJSIP/101@office", "30", "<74951234567>")]),
        (
            Play(LEG, 7, (Sound(Path("/srv/голос, 1/a b.wav"), 1.0), Sound(Path("/srv/b.wav"), 2.0))),
            [
                AriRequest(
                    "POST",
                    f"channels/{LEG}/play/{LEG}-t7",
                    body={"media": ["sound:/srv/голос, 1/a b", "sound:/srv/b"]},
                )
            ],
        ),
        (StopPlaying(LEG, 7), [AriRequest("DELETE", f"playbacks/{LEG}-t7")]),
        (Ringback(LEG), [AriRequest("POST", f"channels/{LEG}/ring")]),
        (
            Join(LEG, SECOND),
            [
                AriRequest("DELETE", f"channels/{LEG}/ring"),
                AriRequest("POST", f"bridges/{LEG}-joint", (("type", "mixing"),)),
                AriRequest("POST", f"bridges/{LEG}-joint/addChannel", (("channel", f"{LEG},{SECOND}"),)),
            ],
        ),
        (
            Classify(LEG, 2, Amd(greeting=1700, max_words=4)),
            [
                AriRequest(
                    "POST",
                    f"channels/{LEG}/variable",
                    (
                        (
                            "variable",
                            "ARRAY(OUTDIAL_APP,AMDSTATUS,AMDCAUSE,AMD_INITIAL_SILENCE,AMD_GREETING,"
                            "AMD_AFTER_GREETING_SILENCE,AMD_TOTAL_ANALYSIS_TIME,AMD_MINIMUM_WORD_LENGTH,"
                            "AMD_BETWEEN_WORDS_SILENCE,AMD_MAXIMUM_NUMBER_OF_WORDS,AMD_SILENCE_THRESHOLD,"
                            "AMD_MAXIMUM_WORD_LENGTH)",
                        ),
                        ("value", "outdial,,,2500,1700,800,5000,100,50,4,256,5000"),
                    ),
                ),
                AriRequest(
                    "POST",
                    f"channels/{LEG}/continue",
                    (("context", "outdial-amd"), ("extension", "s"), ("priority", "1")),
                ),
            ],
        ),
        (
            Record(SECOND, 3, Path("/srv/a.wav"), 0.4),
            [recording(f"channels/{SECOND}", f"outdial-{SECOND}-t3", ("maxDurationSeconds", "1"))],
        ),
        (StopRecording(LEG, 3), [AriRequest("POST", f"recordings/live/outdial-{LEG}-t3/stop")]),
        (RecordTalk(LEG, SECOND, Path("/srv/a.wav")), [recording(f"bridges/{LEG}-joint", f"outdial-{LEG}")]),
        (
            RecordCall(LEG, Path("/srv/a.wav")),
            [AriRequest("POST", f"channels/{LEG}/snoop/{LEG}-tape", (("app", "outdial"), ("spy", "both")))],
        ),
        (HangUp(SECOND), [AriRequest("DELETE", f"channels/{SECOND}")]),
    ],
)
def test_commands_become_requests(command: SwitchCommand, expected: list[AriRequest]) -> None:
    assert list(requests(command, "outdial", "PJSIP/{number}@office")) == expected


@pytest.mark.parametrize(
    "refused",
    [
        dial(number="1@evil"),
        dial(number=""),
        dial(number="100&PJSIP/101"),
        dial("", "{number}"),
        dial(caller='"name" <1>'),
        dial(caller="1\r\n"),
        dial(trunk="carrier/x"),
        dial(trunk="a&PJSIP"),
    ],
)
def test_nothing_but_a_number_reaches_a_dial_string(refused: Dial) -> None:
    with pytest.raises(NotDiallable):
        requests(refused, "outdial")


def test_a_request_is_one_message() -> None:
    request = AriRequest("POST", "channels", (("endpoint", "PJSIP/1@a"),), {"media": ["sound:/ж"]})
    assert msgspec.json.decode(encode(request, "17")) == {
        "type": "RESTRequest",
        "transaction_id": "17",
        "request_id": "17",
        "method": "POST",
        "uri": "channels",
        "query_strings": [{"name": "endpoint", "value": "PJSIP/1@a"}],
        "content_type": "application/json",
        "message_body": '{"media":["sound:/ж"]}',
    }


def test_only_our_legs_stand() -> None:
    stranger = "1763670825.17"
    of_another_app = "8bd9d8b3-6d9f-4f59-a7c7-3a9d3ff8f0b3"
    channels = [
        {"id": LEG, "state": "Up"},
        {"id": SECOND, "state": "Ringing"},
        {"id": stranger, "state": "Up"},
        {"id": of_another_app, "state": "Up"},
    ]
    assert standing(channels, [LEG, SECOND, stranger]) == {LEG: True, SECOND: False}


@pytest.mark.parametrize(
    "id", ["1763670825.17", LEG.upper(), f"3-{LEG}", f"2-2-{LEG}", f"{LEG}-2", LEG[:-1], f"x{LEG}"]
)
def test_other_ids_are_not_ours(id: str) -> None:
    assert not is_ours(id)


@pytest.mark.parametrize(
    ("endpoint", "extension", "device"),
    [
        ("PJSIP/{number}", "101", "PJSIP%2F101"),
        ("PJSIP/{number}@gate", "101", "PJSIP%2F101"),
        ("Local/{number}@internal", "*71", "Local%2F%2A71"),
    ],
)
def test_the_state_of_an_extension_is_that_of_its_device(endpoint: str, extension: str, device: str) -> None:
    assert find_extension(extension, endpoint) == AriRequest("GET", f"deviceStates/{device}")


def test_what_is_no_number_is_no_device() -> None:
    with pytest.raises(NotDiallable):
        find_extension("101/../..")


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("NOT_INUSE", ExtensionState.IDLE),
        ("INUSE", ExtensionState.IN_USE),
        ("BUSY", ExtensionState.BUSY),
        ("RINGING", ExtensionState.RINGING),
        ("RINGINUSE", ExtensionState.RINGING),
        ("ONHOLD", ExtensionState.ON_HOLD),
        ("UNAVAILABLE", ExtensionState.UNAVAILABLE),
        ("INVALID", ExtensionState.UNKNOWN),
        ("UNKNOWN", ExtensionState.UNKNOWN),
    ],
)
def test_an_extension_is_as_asterisk_says(told: str, state: ExtensionState) -> None:
    answer = AriAnswer(200, "OK", f'{{"name":"PJSIP/101","state":"{told}"}}')
    assert extension_state(answer) is state


def test_an_extension_that_asterisk_does_not_speak_of_has_no_state() -> None:
    with pytest.raises(AriError):
        extension_state(AriAnswer(404, "Not Found", ""))
    with pytest.raises(AriDown):
        extension_state(None)


@pytest.mark.parametrize(
    ("status", "cause", "expected"),
    [
        ("HUMAN", "HUMAN-805-800", (Verdict.HUMAN, "HUMAN")),
        ("MACHINE", "INITIALSILENCE-2500-2500", (Verdict.MACHINE, "INITIALSILENCE")),
        ("NOTSURE", "TOOLONG-5000", (Verdict.NOT_SURE, "TOOLONG")),
        ("HANGUP", "", None),
        ("", "", None),
    ],
)
def test_verdicts_are_understood(status: str, cause: str, expected: tuple[Verdict, str] | None) -> None:
    assert verdict(status, cause) == expected


@pytest.mark.parametrize(
    ("dialplan", "expected"),
    [
        ({"context": "outdial-amd", "app_name": "AMD"}, True),
        ({"context": "outdial-amd", "app_name": "Wait"}, True),
        ({"context": "outdial-amd", "app_name": "Stasis"}, False),
        ({"context": "outdial-inbound", "app_name": "Stasis"}, False),
        (None, False),
    ],
)
def test_where_a_channel_is_listened_to(dialplan: dict[str, str] | None, expected: bool) -> None:
    assert is_listened_to({"id": LEG, "dialplan": dialplan}) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (f"my-app-{LEG}-t12", (LEG, 12)),
        (f"my-app-{SECOND}-t3", (SECOND, 3)),
        (f"my-app-{LEG}", (LEG, None)),
        (f"my-{LEG}", None),
        (f"my-app-app-{LEG}", None),
        (f"my-app-{LEG}-t1/../x", None),
        ("my-app-voicemail", None),
    ],
)
def test_recordings_are_told_by_their_names(name: str, expected: tuple[Channel, int | None] | None) -> None:
    assert recorded("my-app", name) == expected
