"""Rows of the database as the values of the core, and back."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec

from outdial.core.agent import Agent, AgentRules, AgentState, AgentStatus
from outdial.core.calendar import Window
from outdial.core.call import Connection, Party, State
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import Answer, ContactStanding, ContactState, Try
from outdial.core.ids import AttemptId, CampaignId, ScriptId, TenantId, TrunkId
from outdial.core.members import MemberRules
from outdial.core.number import Number
from outdial.core.outcome import Outcome
from outdial.core.retry import RetryRule
from outdial.core.script.document import from_document
from outdial.core.sms import SmsStanding, SmsState
from outdial.core.trunk import Route, Trunk
from outdial.drivers.postgres.pool import decode, to_json
from outdial.ports import ScriptRecord


def campaign_from(row: asyncpg.Record) -> Campaign:
    """A row of `campaigns`."""
    settings = CampaignSettings(
        name=row["name"],
        state=CampaignState(row["state"]),
        script=None if row["script_id"] is None else ScriptId(row["script_id"]),
        lines=row["lines"],
        calls_per_second=row["calls_per_second"],
        dial_prefix=row["dial_prefix"],
        ring_seconds=row["ring_seconds"],
        retry=retry_from(row),
        window=Window(row["window_start"], row["window_end"]),
        time_zone=row["time_zone"],
        members=None if row["members"] is None else members_from(row["members"]),
        calendar=row["calendar"] or "",
        caller=row["caller"],
        ends_at=row["ends_at"],
        record=row["record"],
        wire=decode(row["wire"]),
    )
    return Campaign(
        id=CampaignId(row["id"]),
        tenant=TenantId(row["tenant_id"]),
        dialect=row["dialect"],
        number=row["number"],
        key=row["key"],
        settings=settings,
    )


def members_from(document: str) -> MemberRules:
    """The column `members` of `campaigns`."""
    return msgspec.json.decode(document, type=MemberRules)


def agent_from(row: asyncpg.Record) -> Agent:
    """A row of `agents`."""
    return Agent(
        key=row["key"],
        extension=row["extension"],
        status=AgentStatus(row["status"]),
        state=AgentState(row["state"]),
        ready_at=row["ready_at"],
        no_answers=row["no_answers"],
        skills=frozenset(row["skills"]),
        rules=msgspec.json.decode(row["rules"], type=AgentRules),
        last_status_change=row["last_status_change"],
        last_offered_at=row["last_offered_at"],
        last_bridge_start=row["last_bridge_start"],
        last_bridge_end=row["last_bridge_end"],
        calls_answered=row["calls_answered"],
        talk_seconds=row["talk_seconds"],
    )


def number_from(row: asyncpg.Record) -> Number:
    """A row of `numbers`."""
    return Number(
        position=row["position"],
        raw=row["raw"],
        type=row["type"],
        priority=row["priority"],
        description=row["description"],
        open=row["open"],
        stopped=row["stopped"],
        attempts=row["attempts"],
        last_call_at=row["last_call_at"],
        first_next=row["first_next"],
        wanted_next=row["wanted_next"],
        range_id=row["range_id"],
        range_attempts=row["range_attempts"],
    )


def retry_from(row: asyncpg.Record) -> RetryRule:
    """The columns of `campaigns` that say how often a contact is tried."""
    return RetryRule(row["attempts"], row["interval_seconds"], row["until_signal"])


def settings_to(settings: CampaignSettings) -> list[Any]:
    """The columns of `campaigns` from `name` to `record`, in their order."""
    return [
        settings.name,
        settings.state,
        settings.script,
        settings.lines,
        settings.calls_per_second,
        settings.dial_prefix,
        settings.ring_seconds,
        settings.retry.attempts,
        settings.retry.interval_seconds,
        settings.retry.until_signal,
        settings.window.start,
        settings.window.end,
        settings.time_zone,
        None if settings.members is None else msgspec.json.encode(settings.members).decode(),
        settings.calendar or None,
        to_json(settings.wire),
        settings.caller,
        settings.ends_at,
        settings.record,
    ]


def script_from(row: asyncpg.Record) -> ScriptRecord:
    """A row of `scripts` with its current document."""
    return ScriptRecord(
        id=ScriptId(row["id"]),
        tenant=TenantId(row["tenant_id"]),
        dialect=row["dialect"],
        number=row["number"],
        key=row["key"],
        name=row["name"],
        script=from_document(decode(row["document"])),
        wire=decode(row["wire"]),
    )


def route_from(row: asyncpg.Record) -> Route:
    """A row of `routes` with its trunk."""
    trunk = Trunk(TrunkId(row["trunk_id"]), row["name"], row["lines"], row["calls_per_second"], row["trunk_caller"])
    return Route(row["pattern"], trunk, row["strip"], row["prepend"], row["caller"])


def try_from(row: asyncpg.Record) -> Try:
    """A row of the queries of `reports.sql` that list tries."""
    attempt = row["attempt_id"]
    return Try(
        number=row["try_number"],
        campaign=CampaignId(row["campaign_id"]),
        campaign_number=row["campaign_number"],
        contact_key=row["key"],
        contact_wire=decode(row["contact_wire"]),
        campaign_wire=decode(row["campaign_wire"]),
        due_at=row["due_at"],
        changed_at=row["changed_at"],
        ordinal=row["ordinal"],
        attempt=None if attempt is None else AttemptId(attempt),
        state=None if row["state"] is None else State(row["state"]),
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        ended_by=None if row["ended_by"] is None else Party(row["ended_by"]),
        connection=None if row["connection"] is None else Connection(row["connection"]),
        goals=tuple(row["goals"]),
        sip_code=row["sip_code"],
        q850_cause=row["q850_cause"],
        reserved_at=row["reserved_at"],
        ended_at=row["ended_at"],
        reached_at=row["reached_at"],
        withdrawn_at=row["withdrawn_at"],
    )


def standing_from(row: asyncpg.Record) -> ContactStanding:
    """A row of the query of `reports.sql` that lists contacts."""
    return ContactStanding(
        key=row["key"],
        wire=decode(row["wire"]),
        state=ContactState(row["state"]),
        attempts=row["attempts_made"],
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        connection=None if row["connection"] is None else Connection(row["connection"]),
        called_at=row["reserved_at"],
        talk_seconds=row["talk_seconds"],
        transferred_to=row["transferred_to"],
        joined_seconds=row["joined_seconds"],
        sms=None if row["sms_state"] is None else _sms_from(row),
    )


def _sms_from(row: asyncpg.Record) -> SmsStanding:
    return SmsStanding(
        text=row["sms_text"],
        parts=row["sms_parts"],
        state=SmsState(row["sms_state"]),
        sent_at=row["sms_sent_at"],
    )


def answer_from(row: asyncpg.Record) -> Answer:
    """A row of `answers`."""
    return Answer(
        number=row["id"],
        campaign_number=row["campaign_number"],
        script_number=row["script_number"],
        contact_key=row["contact_key"],
        contact_wire=decode(row["contact_wire"]),
        question=row["question"],
        value=row["value"],
        keys=row["keys"],
        label=row["label"],
        attempt=AttemptId(str(row["attempt_id"])),
        try_number=row["try_number"],
        reserved_at=row["reserved_at"],
        changed_at=row["changed_at"],
    )
