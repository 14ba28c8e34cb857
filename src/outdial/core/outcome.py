"""How an attempt may end, and what the network's codes mean in those words.

The SIP status is believed before the Q.850 cause, because several SIP answers share one cause.
Sources: RFC 3261 section 21, RFC 3398 section 8.2.6.1, ITU-T Q.850 table 1.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The end of an attempt."""

    ANSWERED = "answered"
    """The callee answered and the call went its way."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    """It rang until the ring time ran out."""
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    UNAVAILABLE = "unavailable"
    TRUNK_FAILED = "trunk_failed"
    """The carrier could not take the call; it says nothing about the callee."""
    MACHINE = "machine"
    """An answering machine picked up, as far as can be heard, and was hung up."""
    AGENT_UNREACHED = "agent_unreached"
    """Whoever was to be rung first did not answer or did not want to, so the callee was not dialled."""
    CANCELLED = "cancelled"
    """It was hung up from our side before the callee answered."""
    NO_ROUTE = "no_route"
    """No route of ours matches the number, so nothing was dialled."""
    NO_SCRIPT = "no_script"
    """The campaign names a script that does not exist, so nothing was dialled."""
    ANOTHER_NUMBER = "another_number"
    """The client was reached at another number, so nothing was dialled."""
    WITHDRAWN = "withdrawn"
    """Somebody outside said that this number need not be called any more, so nothing was dialled."""
    BLOCKED = "blocked"
    """The number is on the tenant's list of those that must not be called, so nothing was dialled."""
    EXPIRED = "expired"
    """The campaign's time was over before anybody called, so nothing was dialled."""
    INTERRUPTED = "interrupted"
    """The call's fate is unknown: we or the switch went away in the middle of it."""
    FAILED = "failed"


_BY_SIP = {
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    603: Outcome.REJECTED,
    607: Outcome.REJECTED,
    403: Outcome.REJECTED,
    404: Outcome.INVALID_NUMBER,
    410: Outcome.INVALID_NUMBER,
    484: Outcome.INVALID_NUMBER,
    604: Outcome.INVALID_NUMBER,
    480: Outcome.UNAVAILABLE,
    408: Outcome.NO_ANSWER,
    487: Outcome.NO_ANSWER,
    401: Outcome.TRUNK_FAILED,
    407: Outcome.TRUNK_FAILED,
    488: Outcome.TRUNK_FAILED,
}

_BY_Q850 = {
    1: Outcome.INVALID_NUMBER,
    17: Outcome.BUSY,
    18: Outcome.NO_ANSWER,
    19: Outcome.NO_ANSWER,
    20: Outcome.UNAVAILABLE,
    21: Outcome.REJECTED,
    22: Outcome.INVALID_NUMBER,
    28: Outcome.INVALID_NUMBER,
    27: Outcome.TRUNK_FAILED,
    34: Outcome.TRUNK_FAILED,
    38: Outcome.TRUNK_FAILED,
    41: Outcome.TRUNK_FAILED,
    42: Outcome.TRUNK_FAILED,
    58: Outcome.TRUNK_FAILED,
    102: Outcome.TRUNK_FAILED,
}

_SIP_SERVER_ERRORS = range(500, 600)

_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    480: "Temporarily Unavailable",
    484: "Address Incomplete",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    607: "Unwanted",
}


def outcome_of_refusal(sip_code: int, q850_cause: int) -> Outcome:
    """What a call that was never answered ended in. Zero stands for a code that is not known."""
    if sip_code in _BY_SIP:
        return _BY_SIP[sip_code]
    if sip_code in _SIP_SERVER_ERRORS:
        return Outcome.TRUNK_FAILED
    return _BY_Q850.get(q850_cause, Outcome.FAILED)


def sip_phrase(sip_code: int) -> str:
    """The reason phrase of RFC 3261 for a final status, or an empty string."""
    return _REASONS.get(sip_code, "")
