"""Campaigns of the Webitel door in their three modes, with ten agents, on the sandbox and with telephones over real SIP."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterator
from typing import Any

import pytest

from scenarios.conftest import Floor
from scenarios.polls import number
from scenarios.server import until
from scenarios.webitel import Webitel

ANSWER = ["100", "101", "102", "103", "104", "105"]
"""Agents who answer and stay."""
AMD = {
    "enabled": True,
    "allowNotSure": True,
    "maximumWordLength": 5000,
    "maximumNumberOfWords": 3,
    "betweenWordsSilence": 50,
    "minWordLength": 100,
    "totalAnalysisTime": 5000,
    "silenceThreshold": 256,
    "afterGreetingSilence": 800,
    "greeting": 1500,
    "initialSilence": 2500,
}


@pytest.fixture
def webitel(floor: Floor) -> Iterator[Webitel]:
    """A client; when the story is over nobody is at work any more."""
    client = Webitel(floor.server.url)
    yield client
    client.agents("Logged Out")


def log_of(member: dict[str, Any]) -> dict[str, Any]:
    """The last call of a member."""
    return dict(member["_log"][0])


def test_a_predictive_campaign_brings_every_callee_to_an_agent(floor: Floor, webitel: Webitel) -> None:
    talkers = [number("12", seconds) for seconds in (2, 3, 4, 5)]
    humans = [*talkers, number("11", 8000), number("02", 9)]
    busy, silent, unknown = number("04"), number("05"), number("07")
    dialer = webitel.dialer(
        "Predictive Dialer", parameters={"maxLocateAgentSec": 60, "recordSession": True, "originateTimeout": 5}
    )
    webitel.add(dialer, *humans, busy, silent, unknown)
    webitel.agents("Available")
    webitel.start(dialer)
    members = webitel.finished(dialer)
    for callee in humans:
        assert members[callee]["_endCause"] == "NORMAL_CLEARING", members[callee]
        assert members[callee]["callSuccessful"] is True
        call = log_of(members[callee])
        assert call["agentId"].removesuffix("@site") in [*ANSWER, "106"]
        assert call["bridgedTime"] >= call["connectedTime"]
    assert (members[busy]["_endCause"], log_of(members[busy])["cause"]) == ("MAX_TRY_COUNT", "USER_BUSY")
    assert (members[silent]["_endCause"], log_of(members[silent])["cause"]) == ("MAX_TRY_COUNT", "NO_ANSWER")
    assert (members[unknown]["_endCause"], log_of(members[unknown])["cause"]) == (
        "UNALLOCATED_NUMBER",
        "UNALLOCATED_NUMBER",
    )
    stats = webitel.of(dialer)["stats"]
    assert (stats["callCount"], stats["bridgedCall"], stats["predictAbandoned"], stats["active"]) == (9, 6, 0, 0)
    assert stats["successCall"] == 6
    assert until(lambda: {webitel.agent(each)["state"] for each in ANSWER} == {"Waiting"}, "every agent is free again")


def test_the_recording_of_a_talk_holds_both_voices(floor: Floor, webitel: Webitel) -> None:
    callee = number("12", 4)  # talks without a pause, then hangs up
    dialer = webitel.dialer("Predictive Dialer", agents=["104"], parameters={"recordSession": True})  # 104 hums
    webitel.add(dialer, callee)
    webitel.agents("Available", "104")
    webitel.start(dialer)
    call = log_of(webitel.finished(dialer)[callee])
    path = floor.server.folder / "recordings" / call["session"][:2] / f"{call['session']}.wav"
    until(path.exists, "the recording is there")
    with wave.open(str(path)) as recording:
        frames = recording.readframes(recording.getnframes())
        assert (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) == (8000, 1, 2)
        assert recording.getnframes() > 8000
    if floor.switch == "asterisk":
        samples = memoryview(frames).cast("h")
        hum = amplitude(samples, 440)
        everything = math.sqrt(sum(sample * sample for sample in samples) / len(samples))
        speech = math.sqrt(max(0.0, everything**2 - hum**2 / 2))
        assert hum > 1000
        assert speech > 300


def amplitude(samples: Any, hertz: float) -> float:
    """How loud one tone is among the samples (Goertzel)."""
    turn = 2 * math.pi * hertz / 8000
    real = sum(sample * math.cos(turn * index) for index, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(turn * index) for index, sample in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / len(samples)


def test_a_progressive_campaign_rings_the_agent_first(floor: Floor, webitel: Webitel) -> None:
    callee, busy = number("12", 2), number("04", 21)
    dialer = webitel.dialer("Progressive Dialer", agents=["101"])
    webitel.add(dialer, callee, busy)
    webitel.agents("Available", "101")
    webitel.start(dialer)
    members = webitel.finished(dialer)
    dialled = [each for each in floor.dialled() if each in ("101", callee, busy)]
    assert dialled[-4:] in (["101", callee, "101", busy], ["101", busy, "101", callee])
    assert (members[callee]["_endCause"], log_of(members[callee])["agentId"]) == ("NORMAL_CLEARING", "101@site")
    assert members[busy]["_endCause"] == "MAX_TRY_COUNT"
    assert int(webitel.agent("101")["calls_answered"]) >= 1


def test_an_agent_who_does_not_answer_gives_the_attempt_back(floor: Floor, webitel: Webitel) -> None:
    callee = number("12", 2)
    agents = {"callTimeout": 1, "maxNoAnswer": 2, "noAnswerDelayTime": 0}
    dialer = webitel.dialer("Progressive Dialer", agents=["108"], agentParams=agents)
    webitel.add(dialer, callee)
    webitel.agents("Available", "108")
    webitel.start(dialer)
    until(lambda: webitel.agent("108")["status"] == "On Break", "who misses two calls is sent on a break")
    member = until(lambda: free(webitel, dialer, callee), "the member is free again")
    assert (member["_probeCount"], member["_endCause"]) == (0, None)
    assert callee not in floor.dialled()[-2:]
    webitel.stop(dialer)


def free(webitel: Webitel, dialer: str, callee: str) -> dict[str, Any] | None:
    """The member once it is in no call."""
    member = webitel.members(dialer)[callee]
    return member if member["_lock"] is None else None


def test_whoever_waits_too_long_for_an_agent_is_abandoned(floor: Floor, webitel: Webitel) -> None:
    callee = number("02", 60)
    dialer = webitel.dialer(
        "Predictive Dialer", agents=["108"], parameters={"maxLocateAgentSec": 2}, agentParams={"callTimeout": 10}
    )
    webitel.add(dialer, callee)
    webitel.agents("Available", "108")
    webitel.start(dialer)
    member = webitel.finished(dialer)[callee]
    assert (member["_endCause"], log_of(member)["cause"]) == ("ABANDONED", "ABANDONED")
    assert webitel.of(dialer)["stats"]["predictAbandoned"] == 1


def test_a_broadcast_hangs_up_on_machines_and_speaks_to_people(floor: Floor, webitel: Webitel) -> None:
    human, machine, fax = number("14", 1), number("10"), number("15")
    scenario = [{"answer": ""}, {"tts": {"text": "Your parcel has arrived.", "language": "en-US"}}, {"hangup": ""}]
    dialer = webitel.dialer("Voice Broadcasting", agents=[], amd=AMD, _cf=scenario)
    webitel.add(dialer, human, machine, fax)
    webitel.start(dialer)
    members = webitel.finished(dialer)
    verdicts = {callee: log_of(members[callee])["amdResult"] for callee in (human, machine, fax)}
    assert verdicts == {human: "HUMAN", machine: "MACHINE", fax: "MACHINE"}
    assert members[human]["_endCause"] == "NORMAL_CLEARING"
    for callee in (machine, fax):
        assert (members[callee]["_endCause"], log_of(members[callee])["cause"]) == (
            "MAX_TRY_COUNT",
            "NORMAL_UNSPECIFIED",
        )
    stats = webitel.of(dialer)["stats"]
    assert (stats["amd"]["HUMAN"], stats["amd"]["MACHINE"]) == (1, 2)


def test_a_gateway_that_fails_is_followed_by_the_next_one(floor: Floor, webitel: Webitel) -> None:
    callee, busy = number("09", 31), number("04", 31)
    ways = [
        {"gwName": "carrier", "gwProto": "sip", "dialString": string, "limit": 5, "enabled": True, "order": order}
        for order, string in enumerate(("$1", "8$1"))
    ]
    resources = [{"dialedNumber": r"^\+?(7\d{10})$", "destinations": ways}]
    causes = {"causesMinus": [], "causesRetry": ["NORMAL_TEMPORARY_FAILURE", "USER_BUSY"]}
    dialer = webitel.dialer("Voice Broadcasting", agents=[], resources=resources, **causes)
    webitel.add(dialer, callee, busy)
    webitel.start(dialer)
    webitel.finished(dialer)
    dialled = [each for each in floor.dialled() if each.endswith(callee) or each.endswith(busy)]
    assert sorted(dialled) == sorted([callee, f"8{callee}", busy])


def test_the_result_of_a_call_is_what_the_crm_says_it_is(floor: Floor, webitel: Webitel) -> None:
    told, late = number("12", 6), number("12", 5)
    # The next try rests so long that the attempt can be seen given back before it is counted anew.
    parameters = {"waitingForResultStatus": True, "wrapUpTime": 3, "maxTryCount": 3, "intervalTryCount": 30}
    dialer = webitel.dialer("Predictive Dialer", agents=["100", "101"], parameters=parameters)
    ids = dict(zip((told, late), webitel.add(dialer, told, late), strict=True))
    webitel.agents("Available", "100", "101")
    webitel.start(dialer)
    path = f"/api/v2/dialer/{dialer}/members/{ids[told]}/status"
    until(lambda: webitel.ask("PUT", path, {"success": True, "description": "sold"})[0] == 200, "it is taken")
    done = until(lambda: webitel.members(dialer)[told]["_endCause"], "the member is finished")
    assert done == "NORMAL_CLEARING"
    member = until(lambda: given_back(webitel, dialer, late), "a result that stays out gives the attempt back")
    assert member["_endCause"] is None
    webitel.stop(dialer)


def given_back(webitel: Webitel, dialer: str, callee: str) -> dict[str, Any] | None:
    """A member that has been called and has no attempt counted."""
    member = webitel.members(dialer)[callee]
    return member if member["_log"] and member["_probeCount"] == 0 else None
