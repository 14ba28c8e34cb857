"""The wire into ours: dialers and members as they were posted, and what they mean.

The body of a dialer is kept as it was sent; what is understood of it is compiled. A value of a wrong type counts as one
that was not sent, because the vendor's server takes everything; only what makes no dialer or no member at all is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec

from outdial.api.webitel.errors import Refused
from outdial.core.agent import strategy_of
from outdial.core.amd import Amd
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.causes import CauseLists
from outdial.core.ids import ScriptId
from outdial.core.member import NewMember, Rewritten, StoredMember
from outdial.core.members import Crew, Gateway, MemberOrder, MemberRules, Mode, Resource
from outdial.core.number import Number, NumberStrategy, NumberType, Range, merged
from outdial.core.pacing import PredictiveParameters
from outdial.core.pacing.choices import DEFAULT_PACER, PacerName
from outdial.core.settlement import MemberRule, Report

MODES = {
    "Predictive Dialer": Mode.PREDICTIVE,
    "Progressive Dialer": Mode.PROGRESSIVE,
    "Voice Broadcasting": Mode.BROADCAST,
}
"""Another type is kept and never dials."""
MOST_LINES = 100_000
LONGEST_SECONDS = 366 * 24 * 3600
LONGEST_NAME = 500
_OURS = frozenset({"_id", "domain", "stats", "active", "state", "_cause", "nextTick", "lastModified"})
"""Members of a dialer that its caller cannot set."""
_MEMBER_OURS = frozenset(
    {
        "_id", "dialer", "domain", "createdOn", "randomValue", "_score", "_probeCount", "_nextTryTime", "lastCall", "_lock",
        "_endCause", "callSuccessful", "successfulCount", "_lastNumberId", "_lastSession", "_lastMinusProbe",
        "_maxTryCount", "_waitingForResultStatus", "_waitingForResultStatusCb", "_callback", "_log",
    }
)  # fmt: skip
"""Members of a member that its caller cannot set."""
_NUMBER_OURS = frozenset(
    {
        "_id", "number", "state", "status", "_probe", "lastCall", "rangeId", "rangeAttempts", "_score", "checkResult",
        "stopCommunication",
    }
)  # fmt: skip
_AMD = {
    "initialSilence": "initial_silence",
    "greeting": "greeting",
    "afterGreetingSilence": "after_greeting_silence",
    "totalAnalysisTime": "total_analysis",
    "minWordLength": "min_word",
    "maximumWordLength": "max_word",
    "betweenWordsSilence": "between_words_silence",
    "maximumNumberOfWords": "max_words",
    "silenceThreshold": "silence_threshold",
}
_AGENT_PARAMS = {
    "callTimeout": "ring_seconds",
    "wrapUpTime": "wrap_up_seconds",
    "maxNoAnswer": "most_no_answers",
    "busyDelayTime": "busy_delay_seconds",
    "rejectDelayTime": "reject_delay_seconds",
    "noAnswerDelayTime": "no_answer_delay_seconds",
}
_CALLER = re.compile(r"\+?[0-9*#]{1,40}")
_SETTINGS_OF_A_LEG = re.compile(r"^(?:\{[^}]*\}|\[[^\]]*\]|<[^>]*>)+")
_GATEWAY = re.compile(r"sofia/gateway/([^/@\s]+)/(\S+)", re.IGNORECASE)
_AT = re.compile(r"(?:PJSIP/|SIP/|sofia/[^/@\s]+/|sips?:)?(?:sips?:)?([^/@\s]+)@([^/@;\s]+)(?:;\S*)?", re.IGNORECASE)
_LARGEST_INT = (1 << 31) - 1
_LATEST_MS = 253_370_764_800_000
"""The year 9999."""


@dataclass(frozen=True, slots=True)
class DialerRequest:
    """A dialer as it was posted, without what is not its caller's to say."""

    sent: Mapping[str, Any]

    def document(self, before: Campaign | None) -> dict[str, Any]:
        """What is kept: what was sent over what was there, member by member. Each destination has its uuid."""
        document = {**({} if before is None else before.settings.wire), **self.sent}
        document.setdefault("agents", [])
        if isinstance(document.get("resources"), list):
            document["resources"] = [_with_ids(one) for one in document["resources"]]
        return document


def new_dialer(body: object) -> DialerRequest:
    """The body of POST /dialer. Raises `Refused`."""
    sent = _object(body)
    if not isinstance(sent.get("name"), str) or not sent["name"].strip():
        raise Refused(400, "Name is required")
    if not isinstance(sent.get("type"), str) or not sent["type"]:
        raise Refused(400, "Type is required")
    if not calendar_of(sent):
        raise Refused(400, "Calendar is required")
    return DialerRequest(_without(sent, _OURS))


def changed_dialer(body: object) -> DialerRequest:
    """The body of PUT /dialer/{id}."""
    return DialerRequest(_without(_object(body), _OURS))


def calendar_of(document: Mapping[str, Any]) -> str:
    """The key of a dialer's calendar; empty when it names none."""
    key = _dict(document.get("calendar")).get("id")
    return key if isinstance(key, str) else ""


def mode_of(document: Mapping[str, Any]) -> Mode | None:
    """How a dialer dials; None for a type that nobody knows."""
    kind = document.get("type")
    return MODES.get(kind) if isinstance(kind, str) else None


def settings(document: Mapping[str, Any], before: Campaign | None, script: ScriptId | None) -> CampaignSettings:
    """What a dialer means."""
    mode = mode_of(document)
    parameters = _dict(document.get("parameters"))
    state = CampaignState.PAUSED if before is None or mode is None else before.settings.state
    name = document.get("name")
    return CampaignSettings(
        name=name[:LONGEST_NAME] if isinstance(name, str) else None,
        state=state,
        script=script,
        lines=_whole(parameters.get("limit"), 999, 0, MOST_LINES),
        calls_per_second=0.0 if mode is Mode.PROGRESSIVE else max(0.0, _number(parameters.get("cps"), 0.0)),
        ring_seconds=_number(parameters.get("originateTimeout"), 60.0, 1.0, 3600.0),
        members=None if mode is None else _rules(document, parameters, mode),
        calendar=calendar_of(document),
        wire=document,
    )


def variables_of(document: Mapping[str, Any], domain: str) -> dict[str, str]:
    """The variables of every call of a dialer."""
    return {**texts(document.get("variables")), "domain_name": domain}


def _rules(document: Mapping[str, Any], parameters: Mapping[str, Any], mode: Mode) -> MemberRules:
    locate = _number(parameters.get("maxLocateAgentSec"), 10.0)
    return MemberRules(
        mode=mode,
        rule=_member_rule(document, parameters, mode),
        types=_types(_dict(document.get("communications"))),
        number_strategy=_one_of(NumberStrategy, document.get("numberStrategy"), NumberStrategy.BY_PRIORITY),
        order=_one_of(MemberOrder, document.get("membersStrategy"), MemberOrder.NEXT_TRIES),
        resources=tuple(_resource(one) for one in _dicts(document.get("resources"))),
        crew=Crew(
            agents=frozenset(local_name(agent) for agent in _texts(document.get("agents"))),
            skills=frozenset(_texts(document.get("skills"))),
            strategy=strategy_of(_text(document.get("agentStrategy"))),
            overrides=_numbers(_dict(document.get("agentParams")), _AGENT_PARAMS),
        ),
        amd=None if mode is Mode.PROGRESSIVE else _amd(_dict(document.get("amd"))),
        record=parameters.get("recordSession") is not False,
        locate_seconds=locate if 1 <= locate <= 300 else 10.0,
        predictive=PredictiveParameters(
            adjust=_whole(parameters.get("predictAdjust"), 150, 0, 1000),
            target_percent=_number(parameters.get("targetPredictiveSilentCalls"), 2.5, 0.0, 100.0),
            max_percent=_number(parameters.get("maxPredictiveSilentCalls"), 3.0, 0.0, 100.0),
            start_bridged=_whole(parameters.get("predictStartBridgedCount"), 10, 0, _LARGEST_INT),
            start_calls=_whole(parameters.get("predictStartCallCount"), 200, 0, _LARGEST_INT),
        ),
        pacer=_one_of(PacerName, parameters.get("pacer"), DEFAULT_PACER),
        ratio=_number(parameters.get("ratio"), 1.5, 1.0, 100.0),
        eternal=parameters.get("eternalQueue") is True,
        one_day=parameters.get("oneDayTask") is True,
        reset_daily=document.get("autoResetStats") is True,
        priority=_whole(document.get("priority"), 0, -_LARGEST_INT, _LARGEST_INT),
    )


def _member_rule(document: Mapping[str, Any], parameters: Mapping[str, Any], mode: Mode) -> MemberRule:
    result_seconds = _number(parameters.get("wrapUpTime"), 60.0, 0.0, LONGEST_SECONDS)
    return MemberRule(
        max_attempts=_whole(parameters.get("maxTryCount"), 5, 0, _LARGEST_INT),
        interval_seconds=_number(parameters.get("intervalTryCount"), 5.0, 0.0, LONGEST_SECONDS),
        min_talk_seconds=_number(parameters.get("minBillSec"), 0.0, 0.0, LONGEST_SECONDS),
        result_seconds=result_seconds if parameters.get("waitingForResultStatus") is True else None,
        retry_abandoned=parameters.get("retryAbandoned") is True,
        by_number=parameters.get("retriesByNumber") is True,
        needs_agent=mode is not Mode.BROADCAST,
        causes=CauseLists.custom(
            ok=_causes(document, "causesOK"),
            retry=_causes(document, "causesRetry"),
            error=_causes(document, "causesError"),
            minus=_causes(document, "causesMinus"),
        ),
        successes_needed=_whole(_dict(document.get("variables")).get("cc_min_count"), 1, 1, _LARGEST_INT),
    )


def _causes(document: Mapping[str, Any], name: str) -> list[str] | None:
    """A list of causes, which is also looked for among the communications; None: the dialer has none of its own."""
    for holder in (document, _dict(document.get("communications"))):
        if isinstance(holder.get(name), list):
            return _texts(holder[name])
    return None


def _types(communications: Mapping[str, Any]) -> tuple[NumberType, ...]:
    return tuple(
        NumberType(_text(one.get("code")), _text(one.get("name")), tuple(map(_range, _dicts(one.get("ranges")))))
        for one in _dicts(communications.get("types"))
        if _text(one.get("code"))
    )


def _range(hours: Mapping[str, Any]) -> Range:
    return Range(
        start=_whole(hours.get("startTime"), 0, 0, 1440),
        end=_whole(hours.get("endTime"), 0, 0, 1440),
        attempts=_whole(hours.get("attempts"), 0, 0, _LARGEST_INT),
        priority=_whole(hours.get("priority"), 0, -_LARGEST_INT, _LARGEST_INT),
    )


def _resource(resource: Mapping[str, Any]) -> Resource:
    destinations = sorted(_dicts(resource.get("destinations")), key=lambda one: _number(one.get("order"), 0.0))
    return Resource(
        pattern=_text(resource.get("dialedNumber")),
        gateways=tuple(_gateway(one) for one in destinations),
        enabled=resource.get("disabled") is not True,
        random=resource.get("strategy") == "random",
    )


def _gateway(destination: Mapping[str, Any]) -> Gateway:
    trunk, template = way_of(destination)
    several = _text(destination.get("callerIdNumbers")).split("\n")
    callers = [one.strip() for one in several if one.strip()] or [_text(destination.get("callerIdNumber")).strip()]
    return Gateway(
        id=_text(destination.get("uuid")),
        trunk=trunk,
        template=template,
        limit=_whole(destination.get("limit"), 0, 0, MOST_LINES),
        enabled=destination.get("enabled") is True,
        callers=tuple(one for one in callers if _CALLER.fullmatch(one)),
    )


def way_of(destination: Mapping[str, Any]) -> tuple[str, str]:
    """The trunk of a destination, and what is dialled through it; no trunk when the endpoint is of an unknown kind."""
    name, dialled = _text(destination.get("gwName")), _text(destination.get("dialString"))
    if destination.get("gwProto") == "sip" or ("gwProto" not in destination and name):
        return name, dialled
    endpoint = _SETTINGS_OF_A_LEG.sub("", dialled.strip())
    if gateway := _GATEWAY.fullmatch(endpoint):
        return gateway[1], gateway[2]
    if at := _AT.fullmatch(endpoint):
        return at[2], at[1]
    return "", dialled


def _with_ids(resource: Any) -> Any:
    """A resource whose destinations have their uuids."""
    if not isinstance(resource, dict) or not isinstance(resource.get("destinations"), list):
        return resource
    return {**resource, "destinations": [_with_id(one) for one in resource["destinations"]]}


def _with_id(destination: Any) -> Any:
    if not isinstance(destination, dict) or (isinstance(destination.get("uuid"), str) and destination["uuid"]):
        return destination
    return {**destination, "uuid": str(uuid4())}


def _amd(amd: Mapping[str, Any]) -> Amd | None:
    if amd.get("enabled") is not True:
        return None
    measures = {name: int(value) for name, value in _numbers(amd, _AMD).items() if 0 <= value <= _LARGEST_INT}
    return Amd(allow_not_sure=amd.get("allowNotSure") is True, **measures)


def local_name(agent: str) -> str:
    """An agent as its own domain knows it."""
    return agent.partition("@")[0]


# ---------------------------------------------------------------------------------------------------- members


@dataclass(frozen=True, slots=True)
class MemberRequest:
    """A member as it was posted; `numbers` None: none were."""

    sent: Mapping[str, Any]
    numbers: tuple[tuple[Number, Mapping[str, Any]], ...] | None

    def new(self, key: str, campaign_variables: Mapping[str, str]) -> NewMember:
        """The member to add."""
        return NewMember(
            key=key,
            priority=self._priority(self.sent),
            expires_at=moment_of(self.sent.get("expire")),
            variables={**campaign_variables, **texts(self.sent.get("variables"))},
            numbers=self.numbers or (),
            wire=self.sent,
        )

    def over(self, member: StoredMember, campaign_variables: Mapping[str, str]) -> Rewritten:
        """What a member becomes: what was sent over what it was. A number that it has keeps what calls left on it."""
        wire = {**member.wire, **self.sent}
        numbers = None
        if self.numbers is not None:
            wires = _wires_by_number(self.numbers)
            kept = merged(member.standing.numbers, [number for number, _ in self.numbers])
            numbers = tuple((number, wires[number.raw].pop(0)) for number in kept)
        return Rewritten(
            priority=self._priority(wire),
            expires_at=moment_of(wire.get("expire")),
            variables={**campaign_variables, **texts(wire.get("variables"))},
            wire=wire,
            numbers=numbers,
        )

    @staticmethod
    def _priority(wire: Mapping[str, Any]) -> int:
        return _whole(wire.get("priority"), 0, -_LARGEST_INT, _LARGEST_INT)


def new_members(body: object) -> list[MemberRequest]:
    """The body of POST …/members: one or an array. Raises `Refused`."""
    return [_member(one, new=True) for one in (body if isinstance(body, list) else [body])]


def changed_member(body: object) -> MemberRequest:
    """The body of PUT …/members/{id}. Raises `Refused`."""
    return _member(body, new=False)


def _member(value: object, *, new: bool) -> MemberRequest:
    sent = dict(_object(value))
    numbers = None
    if new or "communications" in sent:
        numbers = _communications(sent.pop("communications", None))
    return MemberRequest(_without(sent, _MEMBER_OURS), numbers)


def _communications(value: object) -> tuple[tuple[Number, Mapping[str, Any]], ...]:
    if not isinstance(value, list) or not value:
        raise Refused(400, "Bad communications (must array)")
    if len(value) > 1000:
        raise Refused(400, "Bad communications (too many)")
    return tuple(_communication(place, one) for place, one in enumerate(value))


def _communication(place: int, value: object) -> tuple[Number, Mapping[str, Any]]:
    if not isinstance(value, dict) or not isinstance(value.get("number"), str) or not value["number"].strip():
        raise Refused(400, "Bad communication number")
    kind = value.get("type")
    number = Number(
        position=place,
        raw=value["number"],
        type=None if kind is None else _text(kind) or None,
        priority=_whole(value.get("priority"), 0, -_LARGEST_INT, _LARGEST_INT),
        description=_text(value.get("description")),
    )
    return number, _without(value, _NUMBER_OURS)


def _wires_by_number(
    numbers: Sequence[tuple[Number, Mapping[str, Any]]],
) -> dict[str, list[Mapping[str, Any]]]:
    wires: dict[str, list[Mapping[str, Any]]] = {}
    for number, wire in numbers:
        wires.setdefault(number.raw, []).append(wire)
    return wires


def report_of(body: object) -> Report:
    """The body of PUT …/status. Raises `Refused`."""
    if not isinstance(body, dict) or not body:
        raise Refused(400, "Bad callback options")
    wait, stop, next_number = (
        body.get("next_after_sec"),
        body.get("stop_communications"),
        body.get("next_communication"),
    )
    return Report(
        success=body.get("success") is True,
        next_after_seconds=None if wait is None else _number(wait, math.nan),
        stop=_stop(stop),
        reset_retries=body.get("reset_retries") is True,
        next_number=next_number if isinstance(next_number, str) and next_number.strip() else None,
    )


def _stop(value: object) -> Any:
    if value == "all":
        return "all"
    if isinstance(value, str):
        return frozenset({value}) if value else None
    return frozenset(_texts(value)) if isinstance(value, list) else None


# ------------------------------------------------------------------------------------------------------ values


def texts(variables: object) -> dict[str, str]:
    """Variables as a call knows them."""
    return {name: _as_text(value) for name, value in _dict(variables).items() if value is not None}


def moment_of(value: object) -> datetime | None:
    """A moment in milliseconds; None for what is none, and for 0."""
    milliseconds = _number(value, 0.0)
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if 0 < milliseconds <= _LATEST_MS else None


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _object(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Refused(400, "Bad request: an object is required.")
    return body


def _without(value: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name not in names}


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    """A text, or a number as one; anything else is none."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _texts(value: object) -> list[str]:
    return [text for one in value if (text := _text(one))] if isinstance(value, list) else []


def _number(value: object, default: float, least: float = -math.inf, most: float = math.inf) -> float:
    """A number, also one that was sent as a text; what is none counts as not sent."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    try:
        number = float(value)
    except OverflowError:
        return default
    return min(max(number, least), most) if math.isfinite(number) else default


def _whole(value: object, default: int, least: int, most: int) -> int:
    return int(_number(value, float(default), float(least), float(most)))


def _numbers(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, float]:
    """Those members of an object that are numbers, by names of ours."""
    found = {ours: _number(value.get(theirs), math.nan) for theirs, ours in names.items()}
    return {name: number for name, number in found.items() if not math.isnan(number)}


def _one_of(kind: Any, value: object, default: Any) -> Any:
    return next((one for one in kind if one == value), default)


def unknown_parts(document: Mapping[str, Any]) -> Iterable[str]:
    """What of a dialer is kept and not understood, in words for whoever wonders why it does not dial."""
    if mode_of(document) is None:
        yield f'type "{_text(document.get("type"))}" is unknown: it never dials'
    for resource in _dicts(document.get("resources")):
        try:
            re.compile(_text(resource.get("dialedNumber")))
        except re.error as error:
            yield f'dialedNumber "{resource.get("dialedNumber")}" is no expression: {error}'
        for destination in _dicts(resource.get("destinations")):
            if not way_of(destination)[0]:
                yield f'dialString "{destination.get("dialString")}" names no gateway'
