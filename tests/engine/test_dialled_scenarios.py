"""A scenario from its document to what is kept of its calls: the engine dials it through the sandbox in virtual time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from contract.telephony import seconds_in
from outdial.core.assistant import Speaker
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.commands import Listen, SwitchCommand
from outdial.core.contact import NewContact
from outdial.core.events import Heard, SpeechBegan
from outdial.core.facts import CampaignChanged, Fact
from outdial.core.ids import CampaignId, ScriptId, TenantId
from outdial.core.outcome import Outcome
from outdial.core.scenario import read
from outdial.core.section import Faults
from outdial.core.trunk import Route, Trunk, TrunkId
from outdial.drivers.assistant.absent import AbsentAssistant
from outdial.drivers.memory.dialling import MemoryDialling
from outdial.drivers.memory.member_dialling import MemoryMemberDialling
from outdial.drivers.memory.quiet import MemoryBus, NoLibrary, NoWeb
from outdial.drivers.memory.store import MemoryStore, StoredAttempt
from outdial.drivers.sandbox.switch import SandboxSwitch
from outdial.drivers.virtual_time import VirtualClock, VirtualLoop
from outdial.engine.engine import Engine
from outdial.engine.prompts import Prompts
from outdial.ports import RenderedPrompt

NOW = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
"""It is the 22nd in Moscow."""
TENANT, CAMPAIGN, SCRIPT = TenantId(1), CampaignId(1), ScriptId(1)
DOCUMENT = {
    "id": 951,
    "name": "Приём",
    "start_blocks": [{"id": 10, "next": "ask", "parameters": [{"name": "name", "required": True}]}],
    "blocks": {
        "ask": {
            "listen": "{{name}}, вам удобно?",
            "answers": [
                {"is": "consent", "keys": "1", "into": "answer", "next": "agreed"},
                {"is": "refusal", "keys": "2", "into": "answer", "next": "when"},
            ],
            "unmatched": "Не понял.",
            "silence": "Не слышу.",
            "tries": 2,
            "otherwise": "lost",
        },
        "agreed": {"goal": "agreed", "next": "thanks"},
        "thanks": {"say": "Спасибо!"},
        "when": {"listen": "Когда?", "answers": [{"is": "date", "into": "day", "next": "told"}], "otherwise": "lost"},
        "told": {"say": "Ждём {{day}}."},
        "lost": {"say": "До свидания."},
    },
}
PRESSES_1, PRESSES_9_THEN_1, SILENT = (
    "70000100001",
    "70000300001",
    "70000200000",
)


class Voice:
    """Speaks every text in two seconds. The sandbox wants the file to be there, and does not look into it."""

    async def render(self, text: str, language: str, voice: str = "", *, personal: bool = False) -> RenderedPrompt:
        return RenderedPrompt(Path(__file__), 2.0)


class TalkativeSandbox(SandboxSwitch):
    """The sandbox with people who say what they are given to say, each time somebody listens to them, two and a half seconds
    after the listening began; half a second of silence ends a turn."""

    def __init__(self, clock: VirtualClock, says: list[str]) -> None:
        super().__init__(clock, 1)
        self._says = says
        self._felt = clock

    async def perform(self, command: SwitchCommand) -> None:
        if isinstance(command, Listen) and self._says:
            self._felt.call_after(2.5, lambda: self._announce(SpeechBegan(command.channel, command.turn)))
            self._felt.call_after(3.5, lambda: self._say(command))
            return
        await super().perform(command)

    def _say(self, command: Listen) -> None:
        if self._says:
            text = self._says.pop(0)
            self._announce(Heard(command.channel, command.turn, text, 0.9, silence_seconds=0.5))


def dialled(
    number: str, says: list[str] | None = None, recordings: Path | None = None
) -> tuple[StoredAttempt, list[str]]:
    """The attempt to a number once the campaign is over, and what was said: theirs with > before it, what was cut with …."""

    async def told() -> MemoryStore:
        clock, bus = VirtualClock(NOW), MemoryBus()
        store = MemoryStore(clock)
        faults: Faults = []
        store.scripts[SCRIPT] = (
            1,
            read({**DOCUMENT, "record": recordings is not None}, "scenario", faults).start_blocks[10].script,
        )
        assert not faults
        trunk = Trunk(TrunkId(1), "carrier", 10, 0.0, "")
        store.trunks[TENANT], store.routes[TENANT] = {"carrier": trunk}, [Route(".*", trunk)]
        settings = CampaignSettings(
            name="c",
            state=CampaignState.RUNNING,
            script=SCRIPT,
            lines=10,
            calls_per_second=0,
            time_zone="Europe/Moscow",
        )
        store.put_campaign(Campaign(id=CAMPAIGN, tenant=TENANT, dialect="is74", number=1, key="k", settings=settings))
        store.add_contacts(CAMPAIGN, [NewContact(key="a", digits=number, variables={"name": "Анна"})])
        dialling = MemoryDialling(store)
        switch = TalkativeSandbox(clock, says) if says else SandboxSwitch(clock, 1)
        engine = Engine(
            dialling,
            MemoryMemberDialling(dialling, store),
            switch,
            Prompts(Voice(), NoLibrary()),
            bus,
            clock,
            5.0,
            str(recordings or ""),
            {},
            NoWeb(),
            AbsentAssistant(),
            Random(1),
        )

        def heard(fact: Fact) -> None:
            if isinstance(fact, CampaignChanged) and not store.is_running(CAMPAIGN):
                engine.stop()

        bus.listen(heard)
        await engine.run()
        return store

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        store = runner.run(told())
    (attempt,) = store.attempts.values()
    turns = store.turns[attempt.id].values()
    assert [turn.position for turn in turns] == list(range(1, len(turns) + 1))
    marks = {Speaker.OUTDIAL: "", Speaker.CALLEE: "> "}
    said = [f"{marks[one.who]}{one.text or one.keys}{'…' if one.interrupted else ''}" for one in turns]
    return attempt, said


def test_a_dialogue_that_is_recorded_is_kept_whole(tmp_path: Path) -> None:
    attempt, said = dialled(PRESSES_1, recordings=tmp_path)
    assert len(said) == 3
    assert attempt.call.kept_sound is not None
    assert seconds_in(Path(attempt.call.kept_sound)) == pytest.approx(attempt.talk_seconds, abs=0.1)
    assert dialled(PRESSES_1)[0].call.kept_sound is None


def test_a_callee_who_presses_a_key_has_answered() -> None:
    attempt, said = dialled(PRESSES_1)
    assert attempt.call is not None
    assert (attempt.call.outcome, attempt.call.goals) == (Outcome.ANSWERED, ("agreed",))
    assert said == ["Анна, вам удобно?", "> 1", "Спасибо!"]
    assert attempt.collected == {"answer": "yes"}


def test_a_callee_who_presses_a_wrong_key_first_is_asked_again() -> None:
    attempt, said = dialled(PRESSES_9_THEN_1)
    assert said == ["Анна, вам удобно?", "> 9", "Не понял. Анна, вам удобно?", "> 1", "Спасибо!"]
    assert attempt.collected == {"answer": "yes"}


def test_a_callee_who_is_silent_is_asked_again_and_then_left() -> None:
    attempt, said = dialled(SILENT)
    assert said == ["Анна, вам удобно?", "Не слышу. Анна, вам удобно?", "До свидания."]
    assert not attempt.collected
    assert attempt.call is not None
    assert not attempt.call.goals


def test_a_callee_who_speaks_has_answered_by_the_day_where_it_lives() -> None:
    attempt, said = dialled(SILENT, ["нет, что вы", "не удобно", "завтра"])
    assert said[:2] == ["Анна, вам удобно?", "> нет, что вы"]
    assert said[2:] == [
        "Не понял. Анна, вам удобно?…",
        "> не удобно",
        "Когда?",
        "> завтра",
        "Ждём двадцать третьего ноября.",
    ]
    assert attempt.collected == {"answer": "no", "day": "2026-11-23"}


def test_speech_that_is_not_understood_has_the_question_asked_again() -> None:
    _, said = dialled(SILENT, ["", "да"])
    assert said == ["Анна, вам удобно?", "> ", "Не понял. Анна, вам удобно?…", "> да", "Спасибо!"]
