"""The store as the dialling engine sees it, in memory: the charge, what is due, reservations, the journal.

Each method does what the statement of its name does in the database; none ever waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from outdial.core.calendar import EVERYWHERE, Openings
from outdial.core.call import Call, Plan, State
from outdial.core.campaign import Campaign, CampaignState
from outdial.core.contact import ContactState, Due
from outdial.core.ids import AttemptId, CampaignId, ContactId, ScriptId, TenantId
from outdial.core.members import Mode
from outdial.core.outcome import Outcome
from outdial.core.retry import RetryRule
from outdial.core.script.nodes import COMPLETED, HangUp, Script
from outdial.core.trunk import Route
from outdial.drivers.memory.member_ends import save_end
from outdial.drivers.memory.store import Charge, MemoryStore, StoredAttempt, StoredContact, is_over
from outdial.ports import DEFAULT_DIAL_PREFIX, SPOKEN_SETTINGS, Entry, OpenAttempt, Reservation

_NO_SCRIPT = Script("end", {"end": HangUp()})


class MemoryDialling:
    """Implements `outdial.ports.Dialling` for one of the processes that share a store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.charge = Charge(store)

    async def take_charge(self) -> bool:
        return self.charge.take()

    async def charge_lost(self) -> None:
        await self.charge.lost.wait()

    async def yield_charge(self) -> None:
        self.charge.give_up()

    async def running(self) -> list[Campaign]:
        campaigns = (one for one in self._store.campaigns.values() if one.settings.state is CampaignState.RUNNING)
        return [self._told(one) for one in sorted(campaigns, key=lambda one: one.id)]

    def _told(self, campaign: Campaign) -> Campaign:
        told = self._store.dialect_settings.get((campaign.tenant, campaign.dialect), {})
        if not told:
            return campaign
        prefix = campaign.settings.dial_prefix or told.get(DEFAULT_DIAL_PREFIX, "")
        return replace(
            campaign,
            variables={name: told[name] for name in SPOKEN_SETTINGS if name in told},
            settings=replace(campaign.settings, dial_prefix=prefix),
        )

    async def scripts_of(self, campaigns: Sequence[Campaign]) -> Mapping[ScriptId, tuple[int, Script]]:
        named = (campaign.settings.script for campaign in campaigns)
        return {id: self._store.scripts[id] for id in named if id is not None and id in self._store.scripts}

    async def members(self, tenant: TenantId, target: str) -> Sequence[str]:
        return self._store.queues.get((tenant, target), [target])

    async def routes(self, tenant: TenantId) -> list[Route]:
        return list(self._store.routes.get(tenant, ()))

    async def barred(self, tenant: TenantId, digits: Collection[str]) -> set[str]:
        return set()

    async def due(self, campaign: CampaignId, now: datetime, limit: int, openings: Openings = EVERYWHERE) -> list[Due]:
        found: list[Due] = []
        for id in self._store.listings[campaign].contacts:
            one = self._store.contacts[id]
            if one.due_at > now or len(found) == limit:
                break
            if _is_open(one, openings) and not self._client_is_on_the_line(one):
                found.append(_due(one))
        return found

    async def somebody_due(self, campaign: CampaignId, now: datetime, openings: Openings = EVERYWHERE) -> bool:
        for id in self._store.listings[campaign].contacts:
            one = self._store.contacts[id]
            if one.due_at > now:
                return False
            if _is_open(one, openings):
                return True
        return False

    def _client_is_on_the_line(self, one: StoredContact) -> bool:
        return bool(one.client) and self._store.clients_on_the_line[one.campaign, one.client] > 0

    async def reserve(
        self, campaign: Campaign, script: tuple[ScriptId, int] | None, reservations: Sequence[Reservation]
    ) -> set[AttemptId]:
        self.charge.check()
        if not self._is_as_it_was(campaign):
            return set()
        won = set()
        for wanted in reservations:
            one = self._store.contacts.get(wanted.contact)
            if one is None or one.campaign != campaign.id or one.state is not ContactState.WAITING:
                continue
            if self._client_is_on_the_line(one):
                continue
            self._store.change(one, state=ContactState.IN_CALL, attempts_made=one.attempts_made + 1)
            self._store.begin_attempt(
                StoredAttempt(
                    id=wanted.attempt,
                    campaign=campaign.id,
                    tenant=one.tenant,
                    contact=one.id,
                    ordinal=one.attempts_made,
                    digits=one.digits,
                    client=one.client,
                    number=wanted.number,
                    trunk=wanted.trunk,
                    caller=wanted.caller,
                    script=script,
                    reserved_at=self._store.clock.now(),
                )
            )
            won.add(wanted.attempt)
        return won

    def _is_as_it_was(self, campaign: Campaign) -> bool:
        """Whether a campaign runs, by the hours that whoever dials has looked at."""
        now, seen = self._store.campaigns.get(campaign.id), campaign.settings
        return (
            now is not None
            and self._store.is_running(campaign.id)
            and (now.settings.window, now.settings.time_zone) == (seen.window, seen.time_zone)
        )

    async def settle_undialled(self, campaign: CampaignId, contacts: Sequence[ContactId], outcome: Outcome) -> None:
        self.charge.check()
        for id in contacts:
            one = self._store.contacts.get(id)
            if one is not None and one.campaign == campaign and one.state is ContactState.WAITING:
                self._close_undialled(one, outcome)

    def _close_undialled(self, one: StoredContact, outcome: Outcome) -> None:
        self._store.change(one, state=ContactState.DONE)
        now = self._store.clock.now()
        attempt = StoredAttempt(
            id=self._store.fresh_attempt_id(),
            campaign=one.campaign,
            tenant=one.tenant,
            contact=one.id,
            ordinal=one.attempts_made + 1,
            digits=one.digits,
            number="",
            trunk="",
            caller="",
            script=None,
            reserved_at=now,
            ended_at=now,
        )
        plan = Plan("", "", "", 0.0, _NO_SCRIPT, {})
        attempt.call = Call(attempt.id, plan, state=State.ENDED, outcome=outcome)
        self._store.begin_attempt(attempt)

    async def save(self, entries: Sequence[Entry]) -> None:
        self.charge.check()
        for entry in entries:
            self._store.answers += [(entry.call.attempt, answer) for answer in entry.answers]
            attempt = self._store.open.get(entry.call.attempt)
            if attempt is not None:
                self._save(attempt, entry)
        for entry in entries:
            if entry.member is not None:
                save_end(self._store, entry)

    def _save(self, attempt: StoredAttempt, entry: Entry) -> None:
        attempt.call = entry.call
        attempt.answered_at = entry.answered_at
        attempt.talk_seconds = entry.talk_seconds
        attempt.collected = entry.call.collected or attempt.collected
        if entry.turns:
            kept = self._store.turns.setdefault(attempt.id, {})
            for turn in entry.turns:
                kept.setdefault(turn.position, turn)
        attempt.agent = entry.agent or attempt.agent
        if not is_over(entry.call):
            return
        self._store.end_attempt(attempt, entry.ended_at or self._store.clock.now())
        one = self._store.contacts[attempt.contact]
        if one.state is ContactState.IN_CALL and entry.member is None:
            if entry.retry_at is None:
                self._store.change(one, state=ContactState.DONE)
            else:
                self._store.change(one, state=ContactState.WAITING, due_at=entry.retry_at)
        if one.client and COMPLETED in entry.call.goals:
            self._spare(one)

    def _spare(self, reached: StoredContact) -> None:
        """A client was reached: its other numbers need not be called."""
        others = [self._store.contacts[id] for id in self._store.listings[reached.campaign].contacts]
        for other in others:
            if other.client == reached.client and other.id != reached.id:
                self._close_undialled(other, Outcome.ANOTHER_NUMBER)

    async def close_finished(self, campaigns: Sequence[CampaignId]) -> list[CampaignId]:
        if not self.charge.held:
            return []
        idle = (id for id in campaigns if not self._store.listings[id].unfinished)
        return [id for id in idle if self._store.close_campaign(id, "")]

    async def open_attempts(self) -> list[OpenAttempt]:
        return [self._open_attempt(one) for _, one in sorted(self._store.open.items())]

    def _open_attempt(self, attempt: StoredAttempt) -> OpenAttempt:
        one = self._store.contacts[attempt.contact]
        settings = self._store.campaigns[attempt.campaign].settings
        rules = settings.members
        _, script = (0, None) if attempt.script is None else self._store.scripts.get(attempt.script[0], (0, None))
        plan = Plan(
            trunk=attempt.trunk,
            number=attempt.number,
            caller=attempt.caller,
            ring_seconds=settings.ring_seconds,
            script=script or _NO_SCRIPT,
            variables=one.variables,
            callee=attempt.digits,
            amd=None if rules is None or rules.mode is Mode.PROGRESSIVE else rules.amd,
            record=rules.record if rules else settings.record,
        )
        return OpenAttempt(
            call=attempt.call or Call(attempt.id, plan),
            campaign=attempt.campaign,
            tenant=attempt.tenant,
            digits=attempt.digits,
            attempts_made=attempt.ordinal,
            reserved_at=attempt.reserved_at,
            answered_at=attempt.answered_at,
            retry=settings.retry if settings.members is None else RetryRule(),
            rules=rules,
            standing=one.standing,
            position=attempt.position,
        )


def _due(one: StoredContact) -> Due:
    return Due(
        contact=one.id,
        digits=one.digits,
        variables=one.variables,
        attempts_made=one.attempts_made,
        offset_minutes=one.offset_minutes,
        client=one.client,
    )


def _is_open(one: StoredContact, openings: Openings) -> bool:
    if one.offset_minutes is None:
        return openings.home
    return openings.offsets is None or one.offset_minutes in openings.offsets
