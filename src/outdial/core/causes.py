"""Why a call ended, in the cause names of FreeSWITCH that callers of the interface store and configure.

A cause is made from our outcome and the network's codes; the SIP status is believed before the Q.850 cause. What a cause
means for a member is said by lists that a campaign may replace. Sources: `switch_call_cause_t` and
`sofia_glue_sip_cause_to_freeswitch` of FreeSWITCH 1.6, which follow RFC 4497 section 8.4.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from outdial.core.outcome import Outcome

NORMAL_CLEARING = "NORMAL_CLEARING"
NORMAL_UNSPECIFIED = "NORMAL_UNSPECIFIED"
"""The cause of a call that was hung up because a machine answered."""
ABANDONED = "ABANDONED"
"""Somebody answered and was given to no agent."""
MAX_TRY_COUNT = "MAX_TRY_COUNT"
NO_COMMUNICATIONS = "NO_COMMUNICATIONS"
"""No number is left that may be called."""
MEMBER_EXPIRED = "MEMBER_EXPIRED"
MANAGER_REQUEST = "MANAGER_REQUEST"
PROCESS_CRASH = "PROCESS_CRASH"
LOSE_RACE = "LOSE_RACE"
"""No agent was found in time for somebody who answered."""
ORIGINATOR_CANCEL = "ORIGINATOR_CANCEL"

_BY_Q850: Mapping[int, str] = {
    1: "UNALLOCATED_NUMBER",
    2: "NO_ROUTE_TRANSIT_NET",
    3: "NO_ROUTE_DESTINATION",
    6: "CHANNEL_UNACCEPTABLE",
    7: "CALL_AWARDED_DELIVERED",
    16: "NORMAL_CLEARING",
    17: "USER_BUSY",
    18: "NO_USER_RESPONSE",
    19: "NO_ANSWER",
    20: "SUBSCRIBER_ABSENT",
    21: "CALL_REJECTED",
    22: "NUMBER_CHANGED",
    23: "REDIRECTION_TO_NEW_DESTINATION",
    25: "EXCHANGE_ROUTING_ERROR",
    27: "DESTINATION_OUT_OF_ORDER",
    28: "INVALID_NUMBER_FORMAT",
    29: "FACILITY_REJECTED",
    30: "RESPONSE_TO_STATUS_ENQUIRY",
    31: "NORMAL_UNSPECIFIED",
    34: "NORMAL_CIRCUIT_CONGESTION",
    38: "NETWORK_OUT_OF_ORDER",
    41: "NORMAL_TEMPORARY_FAILURE",
    42: "SWITCH_CONGESTION",
    43: "ACCESS_INFO_DISCARDED",
    44: "REQUESTED_CHAN_UNAVAIL",
    45: "PRE_EMPTED",
    50: "FACILITY_NOT_SUBSCRIBED",
    52: "OUTGOING_CALL_BARRED",
    54: "INCOMING_CALL_BARRED",
    57: "BEARERCAPABILITY_NOTAUTH",
    58: "BEARERCAPABILITY_NOTAVAIL",
    63: "SERVICE_UNAVAILABLE",
    65: "BEARERCAPABILITY_NOTIMPL",
    66: "CHAN_NOT_IMPLEMENTED",
    69: "FACILITY_NOT_IMPLEMENTED",
    79: "SERVICE_NOT_IMPLEMENTED",
    81: "INVALID_CALL_REFERENCE",
    88: "INCOMPATIBLE_DESTINATION",
    95: "INVALID_MSG_UNSPECIFIED",
    96: "MANDATORY_IE_MISSING",
    97: "MESSAGE_TYPE_NONEXIST",
    98: "WRONG_MESSAGE",
    99: "IE_NONEXIST",
    100: "INVALID_IE_CONTENTS",
    101: "WRONG_CALL_STATE",
    102: "RECOVERY_ON_TIMER_EXPIRE",
    103: "MANDATORY_IE_LENGTH_ERROR",
    111: "PROTOCOL_ERROR",
    127: "INTERWORKING",
}

_BY_SIP: Mapping[int, str] = {
    status: name
    for name, statuses in {
        "CALL_REJECTED": (401, 402, 403, 407, 603),
        "UNALLOCATED_NUMBER": (404,),
        "NO_ROUTE_DESTINATION": (485, 604),
        "RECOVERY_ON_TIMER_EXPIRE": (408, 504),
        "NUMBER_CHANGED": (410,),
        "INTERWORKING": (413, 414, 416, 420, 421, 423, 505, 513),
        "NO_USER_RESPONSE": (480,),
        "NORMAL_TEMPORARY_FAILURE": (400, 481, 500, 503),
        "USER_BUSY": (486, 600),
        "INVALID_NUMBER_FORMAT": (484,),
        "INCOMPATIBLE_DESTINATION": (488, 606),
        "NETWORK_OUT_OF_ORDER": (502,),
        "SERVICE_UNAVAILABLE": (405,),
        "SERVICE_NOT_IMPLEMENTED": (406, 415, 501),
        "EXCHANGE_ROUTING_ERROR": (482, 483),
        "ORIGINATOR_CANCEL": (487,),
    }.items()
    for status in statuses
}


def cause_of(outcome: Outcome, sip_code: int, q850: int) -> str:
    """The cause of a call. Zero stands for a code that is not known. A call that nobody answered never cleared normally."""
    match outcome:
        case Outcome.ANSWERED:
            return NORMAL_CLEARING
        case Outcome.NO_ROUTE:
            return "NO_ROUTE_DESTINATION"
        case Outcome.INTERRUPTED:
            return PROCESS_CRASH
        case Outcome.WITHDRAWN:
            return MANAGER_REQUEST
        case Outcome.MACHINE:
            return NORMAL_UNSPECIFIED
        case Outcome.BLOCKED:
            return "OUTGOING_CALL_BARRED"
        case Outcome.NO_SCRIPT | Outcome.ANOTHER_NUMBER | Outcome.AGENT_UNREACHED | Outcome.CANCELLED | Outcome.EXPIRED:
            return ORIGINATOR_CANCEL
        case Outcome.NO_ANSWER:
            # We cancel a call that rings too long, so its 487 is our own ring limit and nobody else's.
            return "NO_ANSWER" if sip_code in (0, 487) else _of_refusal(sip_code, q850, "NO_ANSWER")
        case Outcome.BUSY:
            return _of_refusal(sip_code, q850, "USER_BUSY")
        case Outcome.REJECTED:
            return _of_refusal(sip_code, q850, "CALL_REJECTED")
        case Outcome.INVALID_NUMBER:
            return _of_refusal(sip_code, q850, "UNALLOCATED_NUMBER")
        case Outcome.UNAVAILABLE:
            return _of_refusal(sip_code, q850, "NO_USER_RESPONSE")
        case Outcome.TRUNK_FAILED:
            return _of_refusal(sip_code, q850, "NORMAL_TEMPORARY_FAILURE")
        case Outcome.FAILED:
            return _of_refusal(sip_code, q850, NORMAL_UNSPECIFIED)
        case _:
            assert_never(outcome)


def _of_refusal(sip_code: int, q850: int, otherwise: str) -> str:
    cause = _BY_SIP.get(sip_code) or _BY_Q850.get(q850, otherwise)
    return otherwise if cause == NORMAL_CLEARING else cause


@dataclass(frozen=True, slots=True)
class CauseLists:
    """What causes mean for a member (the defaults of Webitel engine 3.10). A cause in no list counts as an attempt."""

    ok: frozenset[str] = frozenset({NORMAL_CLEARING})
    """A success, if the talk was long enough."""
    retry: frozenset[str] = frozenset(
        {
            "NO_ROUTE_DESTINATION",
            "DESTINATION_OUT_OF_ORDER",
            "USER_BUSY",
            "CALL_REJECTED",
            "NO_USER_RESPONSE",
            "NO_ANSWER",
            "SUBSCRIBER_ABSENT",
            "NUMBER_CHANGED",
            "NORMAL_UNSPECIFIED",
            "NORMAL_CIRCUIT_CONGESTION",
            "ORIGINATOR_CANCEL",
            "LOSE_RACE",
            "USER_NOT_REGISTERED",
        }
    )
    error: frozenset[str] = frozenset(
        {
            "UNALLOCATED_NUMBER",
            "NO_ROUTE",
            "MEMBER_EXPIRED",
            "INVALID_NUMBER_FORMAT",
            "NETWORK_OUT_OF_ORDER",
            "OUTGOING_CALL_BARRED",
            "SERVICE_UNAVAILABLE",
            "CHAN_NOT_IMPLEMENTED",
            "SERVICE_NOT_IMPLEMENTED",
            "INCOMPATIBLE_DESTINATION",
            "MANDATORY_IE_MISSING",
            "PROGRESS_TIMEOUT",
            "GATEWAY_DOWN",
        }
    )
    """The number is not called any more."""
    minus: frozenset[str] = frozenset({"RECOVERY_ON_TIMER_EXPIRE", "NORMAL_TEMPORARY_FAILURE"})
    """The attempt is given back."""

    @classmethod
    def custom(
        cls,
        *,
        ok: Iterable[str] | None = None,
        retry: Iterable[str] | None = None,
        error: Iterable[str] | None = None,
        minus: Iterable[str] | None = None,
    ) -> CauseLists:
        """A campaign's own lists. Each replaces the default as a whole; None keeps it. Errors get `MAX_TRY_COUNT`."""
        default = cls()
        return cls(
            ok=default.ok if ok is None else frozenset(ok),
            retry=default.retry if retry is None else frozenset(retry),
            error=default.error if error is None else frozenset(error) | {MAX_TRY_COUNT},
            minus=default.minus if minus is None else frozenset(minus),
        )
