"""Ours into the wire: a dialer with what is known of it at the moment, and what agents did for it."""

from __future__ import annotations

from typing import Any

from outdial.api.webitel.documents import milliseconds
from outdial.core.campaign import Campaign, CampaignState
from outdial.operations.standings import Stands
from outdial.ports import AgentWork, Standing

IDLE, WORK, SLEEP, PROCESS_STOP, END = 0, 1, 2, 3, 4
_CLOSED_BY = {"complete": "QUEUE_COMPLETE", "nobody": "NOT_FOUND_MEMBER", "expired": "QUEUE_EXPIRE"}


def dialer(campaign: Campaign, stands: Stands) -> dict[str, Any]:
    """What was posted, and what only the server says."""
    state, cause = state_of(campaign, stands)
    standing = stands.standing
    asleep = stands.opens_at if stands.asleep else None
    return {
        "_id": campaign.key,
        **campaign.settings.wire,
        "domain": standing.domain,
        "state": state,
        "_cause": cause,
        "active": campaign.settings.state is CampaignState.RUNNING,
        "nextTick": milliseconds(asleep),
        "lastModified": milliseconds(standing.changed_at),
        "stats": _stats(campaign, stands),
    }


def state_of(campaign: Campaign, stands: Stands) -> tuple[int, str | None]:
    """The number of its state, and the word for why it is in it."""
    match campaign.settings.state:
        case CampaignState.RUNNING:
            return (SLEEP, "QUEUE_SLEEP") if stands.asleep else (WORK, "QUEUE_HUNTING")
        case CampaignState.PAUSED:
            return (PROCESS_STOP, "QUEUE_STOP") if stands.standing.cause == "stopped" else (IDLE, None)
        case CampaignState.CLOSED:
            return END, _CLOSED_BY.get(stands.standing.cause, "QUEUE_COMPLETE")


def _stats(campaign: Campaign, stands: Stands) -> dict[str, Any]:
    counters = stands.standing.counters
    return {
        "active": stands.calls,
        "resource": _by_destination(campaign, stands.standing),
        "callCount": counters.calls,
        "successCall": counters.succeeded,
        "errorCall": counters.failed,
        "connectedCall": counters.connected,
        "bridgedCall": counters.bridged,
        "predictAbandoned": counters.abandoned,
        "predictAdjust": counters.adjust,
        "queueLimit": counters.target,
        "waitSec": round(counters.wait_seconds),
        "amd": {
            "HUMAN": counters.human,
            "MACHINE": counters.machine,
            "NOTSURE": counters.not_sure,
            "CANCEL": counters.amd_cut,
        },
        "process": [],
        "readyOn": milliseconds(counters.started_at),
        "stopOn": milliseconds(counters.stopped_at),
        "lockStatsRange": None if counters.day is None else counters.day.timetuple().tm_yday,
    }


def _by_destination(campaign: Campaign, standing: Standing) -> dict[str, int]:
    """Calls in progress by destination. Of destinations with one gateway the first shows its calls."""
    left = dict(standing.under_way)
    rules = campaign.settings.members
    gateways = () if rules is None else (gateway for one in rules.resources for gateway in one.gateways)
    return {gateway.id: left.pop(gateway.trunk, 0) for gateway in gateways}


def agent(tally: AgentWork) -> dict[str, Any]:
    """A row of the agents' statistics. Moments are in milliseconds, durations in seconds."""
    return {
        "name": tally.key if "@" in tally.key else f"{tally.key}@{tally.domain}",
        "ready_time": milliseconds(tally.ready_at),
        "wrap_up_time": round(tally.wrap_seconds),
        "last_bridge_end": milliseconds(tally.last_bridge_end),
        "state": tally.state,
        "status": tally.status,
        "logged_in": tally.status not in ("Logged Out", "On Break"),
        "logged_out": tally.status == "Logged Out",
        "last_set_stats": milliseconds(tally.since),
        "call_count": tally.calls,
        "missed_call": tally.missed,
        "call_time_sec": round(tally.talk_seconds),
        "connected_time_sec": round(tally.ringing_seconds),
        "idle_sec": round(tally.idle_seconds),
        "on_break_sec": round(tally.break_seconds),
        "wrap_time_sec": round(tally.wrap_seconds),
        "active": tally.active,
        "bridged_count": tally.bridged,
        "last_offered_call": milliseconds(tally.last_offered_at),
    }
