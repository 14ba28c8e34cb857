"""What the body of a dialer means, value by value; and that no body of whatever shape is more than refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outdial.api.webitel import requests, scenarios
from outdial.api.webitel.errors import Refused
from outdial.core.agent import AgentStrategy
from outdial.core.amd import Amd
from outdial.core.campaign import CampaignSettings, CampaignState
from outdial.core.causes import MAX_TRY_COUNT
from outdial.core.members import Crew, Gateway, MemberOrder, MemberRules, Mode, Resource
from outdial.core.number import NumberStrategy, NumberType, Range
from outdial.core.pacing import PredictiveParameters
from outdial.core.prompt import Recording, Slot, Text
from outdial.core.script.check import faults
from outdial.core.script.nodes import COMPLETED, Connect, Goal, HangUp, Say
from outdial.core.settlement import MemberRule, Report

T = TypeVar("T")
GOLDEN = Path(__file__).parents[2] / "golden" / "webitel"
SEED = json.loads((GOLDEN / "dialers_create_seed.json").read_text(encoding="utf-8"))["request"]["json"]
SMALL = {"name": "d", "type": "Predictive Dialer", "calendar": {"id": "c"}}


def compiled(**members: Any) -> CampaignSettings:
    document = requests.new_dialer(SMALL | members).document(None)
    return requests.settings(document, None, None)


def rules(**members: Any) -> MemberRules:
    made = compiled(**members).members
    assert made is not None
    return made


def test_the_published_dialer() -> None:
    document = requests.new_dialer(SEED).document(None)
    made = requests.settings(document, None, None)
    assert (made.name, made.state, made.lines, made.ring_seconds) == (
        "myPredictiveDialer",
        CampaignState.PAUSED,
        20,
        40.0,
    )
    assert (made.calls_per_second, made.calendar) == (0.0, "594225b53c1956000b41db7b")
    uuid = document["resources"][0]["destinations"][0]["uuid"]
    assert made.members == MemberRules(
        mode=Mode.PREDICTIVE,
        rule=MemberRule(
            max_attempts=0,
            interval_seconds=180.0,
            min_talk_seconds=10.0,
            result_seconds=60.0,
            by_number=True,
            needs_agent=True,
        ),
        types=(
            NumberType("1", "Personal", (Range(540, 1080, 2, 10),)),
            NumberType("2", "Home", (Range(1080, 1260, 1, 5),)),
        ),
        number_strategy=NumberStrategy.BY_PRIORITY,
        order=MemberOrder.NEXT_TRIES,
        resources=(
            Resource(
                pattern=r"^\+?60(\d{8,11})$",
                gateways=(Gateway(id=uuid, trunk="testDialer", template="0$1", limit=10, callers=("000000000",)),),
            ),
        ),
        crew=Crew(
            agents=frozenset({"100", "200"}),
            skills=frozenset({"english"}),
            strategy=AgentStrategy.LONGEST_IDLE,
            overrides={
                "ring_seconds": 20.0,
                "wrap_up_seconds": 40.0,
                "most_no_answers": 2.0,
                "busy_delay_seconds": 10.0,
                "reject_delay_seconds": 10.0,
                "no_answer_delay_seconds": 10.0,
            },
        ),
        amd=Amd(),
        record=True,
        predictive=PredictiveParameters(adjust=150, target_percent=2.5, max_percent=3.0),
        eternal=True,
        reset_daily=True,
        priority=1,
    )
    assert requests.variables_of(document, "site") == {"myVar": "10", "domain_name": "site"}
    assert list(requests.unknown_parts(document)) == []


def test_what_was_not_sent_has_the_vendors_defaults() -> None:
    made = compiled()
    assert (made.lines, made.ring_seconds, made.calls_per_second) == (999, 60.0, 0.0)
    assert made.members == MemberRules(
        mode=Mode.PREDICTIVE, rule=MemberRule(max_attempts=5, interval_seconds=5.0, needs_agent=True)
    )


def test_values_of_other_types_count_as_not_sent() -> None:
    sent = {
        "limit": "7",
        "maxTryCount": True,
        "intervalTryCount": "soon",
        "eternalQueue": 1,
        "waitingForResultStatus": "true",
    }
    made = compiled(parameters=sent)
    assert made.members is not None
    rule = made.members.rule
    assert (made.lines, rule.max_attempts, rule.interval_seconds) == (7, 5, 5.0)
    assert (made.members.eternal, rule.result_seconds) == (False, None)


@pytest.mark.parametrize(("sent", "seconds"), [(0, 10.0), (1, 1.0), (300, 300.0), (301, 10.0), ("x", 10.0)])
def test_the_time_to_find_an_agent_is_kept_within_limits(sent: Any, seconds: float) -> None:
    assert rules(parameters={"maxLocateAgentSec": sent}).locate_seconds == seconds


def test_only_a_progressive_dialer_ignores_calls_per_second_and_machines() -> None:
    sent = {"parameters": {"cps": 3}, "amd": {"enabled": True, "greeting": 900}}
    assert compiled(**sent).calls_per_second == 3.0
    assert rules(**sent).amd == Amd(allow_not_sure=False, greeting=900)
    progressive = compiled(type="Progressive Dialer", **sent)
    assert progressive.members is not None
    assert (progressive.calls_per_second, progressive.members.amd) == (0.0, None)


def test_cause_lists_replace_the_defaults() -> None:
    causes = rules(causesOK=["A"], causesError=["B"], communications={"causesMinus": []}).rule.causes
    assert (causes.ok, causes.error, causes.minus) == ({"A"}, {"B", MAX_TRY_COUNT}, set())
    assert "USER_BUSY" in causes.retry


@pytest.mark.parametrize(
    ("destination", "way"),
    [
        ({"gwProto": "sip", "gwName": "g", "dialString": "0$1"}, ("g", "0$1")),
        ({"gwName": "g", "dialString": "0$1"}, ("g", "0$1")),
        ({"gwProto": "sipUri", "gwName": "g", "dialString": "sofia/gateway/h/0$1"}, ("h", "0$1")),
        ({"gwProto": "sipUri", "dialString": "{a=b,c=d}sofia/gateway/h/$&"}, ("h", "$&")),
        ({"gwProto": "sipUri", "dialString": "sofia/external/$1@10.0.0.1:5080"}, ("10.0.0.1:5080", "$1")),
        ({"gwProto": "sipUri", "dialString": "PJSIP/9$1@trunk"}, ("trunk", "9$1")),
        ({"gwProto": "sipUri", "dialString": "sip:$1@trunk;transport=tcp"}, ("trunk", "$1")),
        ({"gwProto": "sipUri", "dialString": "PJSIP/sip:$1@trunk"}, ("trunk", "$1")),
        ({"gwProto": "sipUri", "dialString": "$1@trunk"}, ("trunk", "$1")),
        ({"gwProto": "sipUri", "dialString": "loopback/$1"}, ("", "loopback/$1")),
    ],
)
def test_ways_out(destination: dict[str, Any], way: tuple[str, str]) -> None:
    assert requests.way_of(destination) == way


def test_destinations_go_by_order_and_place_and_numbers_are_shown_at_random() -> None:
    several = {"callerIdNumbers": "1\n+2\nx;y\n\n", "callerIdNumber": "9"}
    destinations: list[Any] = [
        {"gwName": "c", "order": 2},
        {"gwName": "a", **several},
        {"gwName": "b", "order": 0},
        "x",
    ]
    (resource,) = rules(resources=[{"dialedNumber": ".", "destinations": destinations, "strategy": "random"}]).resources
    assert [gateway.trunk for gateway in resource.gateways] == ["a", "b", "c"]
    assert resource.gateways[0].callers == ("1", "+2")
    assert (resource.random, resource.gateways[0].enabled, resource.gateways[0].limit) == (True, False, 0)


def test_parts_that_are_not_understood_are_named() -> None:
    destination = {"gwProto": "sipUri", "dialString": "loopback/1"}
    document = SMALL | {"type": "Fax", "resources": [{"dialedNumber": "(", "destinations": [destination]}]}
    kind, pattern, gateway = requests.unknown_parts(document)
    assert kind == 'type "Fax" is unknown: it never dials'
    assert pattern.startswith('dialedNumber "(" is no expression')
    assert gateway == 'dialString "loopback/1" names no gateway'


# ------------------------------------------------------------------------------------------------- scenarios


def drafted(recordings: dict[str, str] | None = None, **members: Any) -> Any:
    document = SMALL | members
    made = requests.settings(document, None, None).members
    draft = scenarios.draft(document, made, recordings or {}, "ru-RU", [])
    assert faults(draft.script) == []
    return draft


def test_agents_are_found_by_the_dialers_kind() -> None:
    hold = drafted(
        {"music": "music"}, playbackFile={"uri": "/recordings/music.wav"}, parameters={"maxLocateAgentSec": 7}
    )
    assert hold.script.nodes["connect"] == Connect("", wait_seconds=7.0, keep_seeking=True, hold=(Recording("music"),))
    assert drafted(type="Progressive Dialer").script.nodes["connect"] == Connect("", first=True)
    assert drafted(type="Fax").script.nodes == {"end": HangUp()}


def test_whoever_gets_no_agent_hears_the_dialer_s_message() -> None:
    message = [{"tts": {"text": "Sorry, ${name}.", "language": "en-US"}}, {"playback": "bye.wav"}, {"bridge": "x"}]
    made = drafted({"bye": "bye"}, abandonedMessage=message)
    connect = made.script.nodes["connect"]
    assert connect.farewell == (Text(("Sorry, ", Slot("name"), "."), "en-US"), Recording("bye"))
    assert made.wire["warnings"] == ['step "bridge" of the scenario is left out']


def test_a_scenario_is_played_as_far_as_it_is_understood() -> None:
    scenario = [
        {"answer": ""},
        {"setVar": ["a=b"]},
        {"playback": {"name": "hello.wav", "type": "wav"}, "tag": "x"},
        {"sleep": "1000"},
        {"tts": {"text": "Dear ${name}!", "language": "en-US"}},
        {"playback": {"files": [{"name": "a.mp3"}, {"name": "b.mp3"}]}},
        {"hangup": "USER_BUSY"},
        {"playback": "never.wav"},
    ]
    draft = drafted({"hello": "hello"}, type="Voice Broadcasting", _cf=scenario)
    nodes = list(draft.script.nodes.values())
    assert [node.prompt for node in nodes if isinstance(node, Say)] == [
        (Recording("hello"),),
        (Text(("Dear ", Slot("name"), "!"), "en-US"),),
        (Recording("a.mp3"),),
        (Recording("b.mp3"),),
    ]
    assert nodes[-2:] == [Goal(COMPLETED, "end"), HangUp()]
    assert draft.wire["warnings"] == [
        'step "setVar" of the scenario is left out',
        'step "sleep" of the scenario is left out',
    ]
    assert drafted(type="Voice Broadcasting").script.start == "reached"


# --------------------------------------------------------------------------------------------------- results


@pytest.mark.parametrize(
    ("body", "report"),
    [
        ({"success": True}, Report(True)),
        ({"success": "true"}, Report(False)),
        ({"next_after_sec": 0}, Report(False, 0.0)),
        ({"next_after_sec": None}, Report(False)),
        ({"stop_communications": "all"}, Report(False, stop="all")),
        ({"stop_communications": "38"}, Report(False, stop=frozenset({"38"}))),
        ({"stop_communications": ["38", 49]}, Report(False, stop=frozenset({"38", "49"}))),
        ({"reset_retries": 1, "next_communication": " "}, Report(False)),
        ({"reset_retries": True, "next_communication": "38"}, Report(False, reset_retries=True, next_number="38")),
    ],
)
def test_results_of_calls(body: Any, report: Report) -> None:
    assert requests.report_of(body) == report


# ------------------------------------------------------------------------------------------------------ laws

JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
NAMES = [*SEED, "_cf", "playbackFile", "causesOK", "causesError", "_id", "state"]
INNER = [*SEED["parameters"], *SEED["amd"], "types", "id", "uri", "ranges"]
STEPS = ["destinations", "dialedNumber", "playback", "tts"]
PARTS = st.dictionaries(
    st.sampled_from(NAMES),
    st.one_of(
        JSON,
        st.dictionaries(
            st.sampled_from([*SEED["parameters"], *SEED["amd"], "types", "id", "uri", "ranges"]), JSON, max_size=4
        ),
        st.lists(
            st.dictionaries(st.sampled_from(["destinations", "dialedNumber", "playback", "tts"]), JSON, max_size=3)
        ),
    ),
)


def read(reader: Callable[[Any], T], body: Any) -> T | None:
    """What a body is read as; None when it is refused."""
    try:
        return reader(body)
    except Refused:
        return None


@given(PARTS)
@settings(max_examples=300, deadline=None)
def test_every_dialer_is_kept_or_refused(parts: dict[str, Any]) -> None:
    request = read(requests.new_dialer, SMALL | parts)
    if request is None:
        return
    document = request.document(None)
    made = requests.settings(document, None, None)
    draft = scenarios.draft(document, made.members, {}, "ru-RU", list(requests.unknown_parts(document)))
    assert faults(draft.script) == []
    assert made.lines >= 0
    assert made.ring_seconds >= 1
    assert set(parts) - {"_id", "state"} <= set(document)
    requests.variables_of(document, "site")


@given(st.one_of(JSON, st.dictionaries(st.sampled_from(["communications", "priority", "expire", "variables"]), JSON)))
@settings(max_examples=300, deadline=None)
def test_every_member_is_kept_or_refused(body: Any) -> None:
    for member in read(requests.new_members, body) or []:
        made = member.new("k", {})
        assert all(number.raw for number, _ in made.numbers)
        assert all(isinstance(value, str) for value in made.variables.values())


@given(JSON)
def test_every_result_is_read_or_refused(body: Any) -> None:
    read(requests.report_of, body)
