"""Members of campaigns: brought in by COPY, changed one at a time while they are held, and read as documents.

What a member's document holds stands here and in `members.sql`, once; filters, orders, projections and pages are made of
the same expressions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec

from outdial.core import settlement
from outdial.core.agent import AFTER_RESULT_SECONDS
from outdial.core.contact import ContactState
from outdial.core.documents import EVERYTHING, Condition, Drop, Keep, Search, Stage
from outdial.core.errors import NotFound
from outdial.core.ids import AttemptId, CampaignId, ContactId, TenantId
from outdial.core.member import Change, NewMember, Reported, Rewritten, Said, Settled, StoredMember, TooLate, Wire
from outdial.core.number import Number
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.deadlocks import unlocked
from outdial.drivers.postgres.documents import Elements, Question, Relation, Source, answer, question_asked
from outdial.drivers.postgres.pool import decode, to_json
from outdial.drivers.postgres.rows import number_from

_SQL = statements.load("members.sql")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTACTS = (
    "id",
    "tenant_id",
    "campaign_id",
    "key",
    "digits",
    "state",
    "due_at",
    "priority",
    "expires_at",
    "variables",
    "wire",
)
_NUMBERS = ("contact_id", "position", "raw", "type", "priority", "description", "wire")


def _ms(moment: str) -> str:
    return f"(extract(epoch from {moment}) * 1000)::bigint"


def _json(value: str) -> str:
    """A column as a member that is always there."""
    return f"coalesce(to_jsonb({value}), 'null'::jsonb)"


_SCALARS = {
    "_id": "to_jsonb(c.key)",
    "dialer": "to_jsonb(p.key)",
    "domain": "to_jsonb(coalesce(t.domain, t.name))",
    "createdOn": f"to_jsonb({_ms('c.created_at')})",
    "randomValue": "to_jsonb(round((hashint8(c.id)::numeric + 2147483648) / 4294967296, 6))",
    "_score": "to_jsonb(0)",
    "priority": "to_jsonb(c.priority)",
    "_probeCount": "to_jsonb(c.attempts_made)",
    "_nextTryTime": _json(_ms("c.next_try_at")),
    "lastCall": f"to_jsonb(coalesce({_ms('c.last_call_at')}, 0))",
    "_lock": _json("case when c.state = 'in_call' then 'outdial' end"),
    "_endCause": _json("nullif(c.end_cause, '')"),
    "callSuccessful": "to_jsonb(c.succeeded)",
    "successfulCount": "to_jsonb(c.successes)",
    "_maxTryCount": _json("(p.members #>> '{rule,max_attempts}')::int"),
    "_waitingForResultStatus": _json(_ms("c.result_until")),
    "_waitingForResultStatusCb": _json(
        "case when c.report is null and (c.result_until is not null or c.state = 'in_call'"
        " and p.members #>> '{rule,result_seconds}' is not null and (p.members #>> '{rule,needs_agent}')::boolean)"
        " then 1 end"
    ),
    "_lastSession": _json(_SQL["last_session"]),
    "_lastNumberId": _json(_SQL["last_position"]),
}
_VALUES = {
    "communications": _SQL["communications"],
    "_log": _SQL["log"],
    "_callback": _SQL["callbacks"],
}
_NUMBER_SCALARS = {
    "_id": "to_jsonb(n.position)",
    "number": "to_jsonb(n.raw)",
    "priority": "coalesce(n.wire::jsonb -> 'priority', to_jsonb(n.priority))",
    "state": "to_jsonb(case when n.open then 0 else 2 end)",
    "status": "to_jsonb(0)",
    "_probe": "to_jsonb(n.attempts)",
    "lastCall": f"to_jsonb(case when n.first_next then -1 else coalesce({_ms('n.last_call_at')}, 0) end)",
    "rangeId": _json("nullif(n.range_id, '')"),
    "rangeAttempts": "to_jsonb(n.range_attempts)",
    "stopCommunication": "to_jsonb(n.stopped)",
}
_WIRE = "c.wire::jsonb"
_SOURCE = Source(
    others=_WIRE,
    scalars=_SCALARS,
    values=_VALUES,
    elements={
        "communications": Elements("numbers n where n.contact_id = c.id", _NUMBER_SCALARS, "n.wire::jsonb"),
    },
)
_WHOLE = (
    f"{_WIRE} || jsonb_build_object("
    + ", ".join(f"'{name}', {value}" for name, value in (_SCALARS | _VALUES).items())
    + ")"
)
_MEMBERS = Relation(
    rows="contacts c join campaigns p on p.id = c.campaign_id join tenants t on t.id = c.tenant_id",
    where="c.campaign_id = $1",
    natural="c.id",
    id="c.id",
    source=_SOURCE,
    whole=_WHOLE,
)


class PostgresMembers:
    """Implements `outdial.ports.Members`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, campaign: CampaignId, tenant: TenantId, members: Sequence[NewMember]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            ids: list[int] = [row[0] for row in await connection.fetch(_SQL["fresh_ids"], len(members))]
            contacts, numbers = await asyncio.to_thread(_records, ids, campaign, tenant, members)
            try:
                await connection.copy_records_to_table("contacts", records=contacts, columns=_CONTACTS)
                await connection.copy_records_to_table("numbers", records=numbers, columns=_NUMBERS)
            except asyncpg.ForeignKeyViolationError as error:
                raise NotFound("the campaign was deleted meanwhile") from error

    async def document(self, campaign: CampaignId, key: str) -> dict[str, Any] | None:
        found = await self.documents(campaign, [key])
        return found[0] if found else None

    async def documents(self, campaign: CampaignId, keys: Sequence[str]) -> list[dict[str, Any]]:
        question = Question(campaign, list(keys))
        some = replace(_MEMBERS, where=f"{_MEMBERS.where} and c.key = any ($2::text[])")
        return await answer(self._pool, question.page(some, Search(), None), question.parameters)

    async def page(self, campaign: CampaignId, search: Search, shape: Keep | Drop | None) -> list[dict[str, Any]]:
        question = Question(campaign)
        return await answer(self._pool, question.page(_MEMBERS, search, shape), question.parameters)

    async def count(self, campaign: CampaignId, condition: Condition) -> int:
        if condition == EVERYTHING:
            everybody: int = await self._pool.fetchval(_SQL["count"], campaign)
            return everybody
        question = Question(campaign)
        (found,) = await answer(self._pool, question.count(_MEMBERS, condition), question.parameters)
        return int(found)

    async def aggregate(self, campaign: CampaignId, stages: Sequence[Stage]) -> list[Any]:
        question = Question(campaign)
        return await answer(self._pool, question.stages(_MEMBERS, stages), question.parameters)

    async def change(
        self, campaign: CampaignId, key: str, decide: Callable[[StoredMember], Change]
    ) -> StoredMember | None:
        async def changed() -> StoredMember | None:
            async with self._pool.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(_SQL["hold"], campaign, key)
                if row is None:
                    return None
                before = _stored(row, await connection.fetch(_SQL["numbers_of"], row["id"]))
                await _do(connection, before, decide(before))
            return before

        return await unlocked(changed)

    async def remove(self, campaign: CampaignId, key: str) -> bool:
        done: str = await unlocked(lambda: self._pool.execute(_SQL["remove"], campaign, key))
        return _rows(done) > 0

    async def remove_all(self, campaign: CampaignId, condition: Condition) -> int:
        question = Question(campaign)
        chosen = question.ids(_MEMBERS, condition)
        statement = f"delete from contacts where state <> 'in_call' and id in ({chosen})"

        async def removed() -> int:
            async with self._pool.acquire() as connection, question_asked(connection):
                return _rows(await connection.execute(statement, *question.parameters))

        return await unlocked(removed)

    async def revive(self, campaign: CampaignId, since: datetime, step: str, at: datetime, *, empty_log: bool) -> int:
        note = [{"kind": "emptied" if empty_log else "step", "time": _milliseconds(at), "data": step}]
        asked = (campaign, since, to_json(note), empty_log, step)
        revived: int = await unlocked(lambda: self._pool.fetchval(_SQL["revive"], *asked))
        return revived

    async def dress(self, campaign: CampaignId, variables: Mapping[str, str]) -> None:
        await unlocked(lambda: self._pool.execute(_SQL["dress"], campaign, to_json(variables)))


async def _do(connection: asyncpg.Connection, member: StoredMember, change: Change) -> None:
    match change:
        case Rewritten():
            await connection.execute(
                _SQL["rewrite"],
                member.id,
                change.priority,
                change.expires_at,
                to_json(change.variables),
                to_json(change.wire),
            )
            if change.numbers is not None:
                await _put_numbers(connection, member.id, change.numbers)
        case Settled():
            await _settle(connection, member, change)
        case Reported():
            report = msgspec.to_builtins(change.report) | {"callback": _said(change.said)}
            await connection.execute(_SQL["keep_report"], member.id, to_json(report))
            await _say(connection, member, change.said)
        case TooLate():
            over = member.session is not None and not member.in_call
            entry = {"kind": "callback", **_said(change.said), "timeout": over}
            await connection.execute(_SQL["note"], member.id, to_json([entry]))


async def _settle(connection: asyncpg.Connection, member: StoredMember, change: Settled) -> None:
    made = change.settlement
    await connection.execute(
        _SQL["settle"],
        member.id,
        made.end_cause,
        made.succeeded,
        made.member.successes,
        made.member.attempts,
        made.due_at,
        made.result_until,
    )
    numbers = tuple((number, member.number_wires.get(number.position, {})) for number in made.member.numbers)
    await _put_numbers(connection, member.id, numbers)
    if change.said is not None:
        await _say(connection, member, change.said)
        await connection.execute(_SQL["ready_agent"], member.session, AFTER_RESULT_SECONDS, change.said.at)
    if made.end_cause:
        await connection.execute(_SQL["notice_of_end"], [member.id], change.reason, change.by)


async def _say(connection: asyncpg.Connection, member: StoredMember, said: Said) -> None:
    """Write somebody's word to the last attempt, where the member's log shows it."""
    if member.session is not None:
        await connection.execute(_SQL["say_of_attempt"], member.session, to_json(_said(said)))


async def _put_numbers(
    connection: asyncpg.Connection, contact: ContactId, numbers: Sequence[tuple[Number, Wire]]
) -> None:
    rows = [msgspec.to_builtins(number) | {"wire": wire} for number, wire in numbers]
    await connection.execute(_SQL["drop_numbers"], contact, [number.position for number, _ in numbers])
    await connection.execute(_SQL["put_numbers"], contact, to_json(rows))


def _records(
    ids: Sequence[int], campaign: CampaignId, tenant: TenantId, members: Sequence[NewMember]
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The rows of `contacts` and of `numbers`. A list of thousands takes a while, in which calls must go on."""
    pairs = list(zip(ids, members, strict=True))
    contacts = [_contact(id, campaign, tenant, one) for id, one in pairs]
    return contacts, [_number(id, number, wire) for id, one in pairs for number, wire in one.numbers]


def _contact(id: int, campaign: CampaignId, tenant: TenantId, member: NewMember) -> tuple[object, ...]:
    return (
        id,
        tenant,
        campaign,
        member.key,
        "",
        ContactState.WAITING.value,
        _EPOCH,
        member.priority,
        member.expires_at,
        to_json(member.variables),
        to_json(member.wire),
    )


def _number(contact: int, number: Number, wire: Wire) -> tuple[object, ...]:
    return (
        contact,
        number.position,
        number.raw,
        number.type,
        number.priority,
        number.description,
        to_json(wire),
    )


def _stored(row: asyncpg.Record, numbers: Sequence[asyncpg.Record]) -> StoredMember:
    standing = settlement.Member(row["attempts_made"], row["successes"], tuple(number_from(one) for one in numbers))
    return StoredMember(
        id=ContactId(row["id"]),
        key=row["key"],
        state=ContactState(row["state"]),
        standing=standing,
        number_wires={one["position"]: decode(one["wire"]) for one in numbers},
        priority=row["priority"],
        expires_at=row["expires_at"],
        variables=decode(row["variables"]),
        wire=decode(row["wire"]),
        end_cause=row["end_cause"],
        result_until=row["result_until"],
        reported=row["report"] is not None,
        session=None if row["session"] is None else AttemptId(row["session"]),
    )


def _said(said: Said) -> dict[str, Any]:
    return {"from": said.by, "time": _milliseconds(said.at), "data": said.data}


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _rows(status: str) -> int:
    """How many rows a statement says that it changed."""
    return int(status.rsplit(" ", 1)[-1])
