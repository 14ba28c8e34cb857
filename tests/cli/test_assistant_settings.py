"""The assistant that the settings name: none, one, or a refusal at the start."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from outdial.drivers.assistant.absent import AbsentAssistant
from outdial.drivers.assistant.completions import CompletionsAssistant
from outdial.furnishing import assistant_of
from outdial.settings import SettingsError, StartError, read


async def made() -> object:
    async with AsyncExitStack() as closing:
        return assistant_of(read(), closing)


def test_without_an_address_there_is_no_assistant() -> None:
    assert isinstance(asyncio.run(made()), AbsentAssistant)


def test_settings_name_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTDIAL_ASSISTANT_URL", "http://127.0.0.1:11434/v1")
    monkeypatch.setenv("OUTDIAL_ASSISTANT_MODEL", "m")
    monkeypatch.setenv("OUTDIAL_ASSISTANT_KEY", "sk-secret")
    monkeypatch.setenv("OUTDIAL_ASSISTANT_EXTRA", '{"temperature": 0.3}')
    assert isinstance(asyncio.run(made()), CompletionsAssistant)
    assert "sk-secret" not in repr(read())


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MODEL", "", "OUTDIAL_ASSISTANT_…: model must name"),
        ("URL", "127.0.0.1:11434", "OUTDIAL_ASSISTANT_…: url must be"),
        ("EXTRA", '{"messages": []}', "OUTDIAL_ASSISTANT_…: extra cannot set messages"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv("OUTDIAL_ASSISTANT_URL", "http://127.0.0.1:11434/v1")
    monkeypatch.setenv("OUTDIAL_ASSISTANT_MODEL", "m")
    monkeypatch.setenv(f"OUTDIAL_ASSISTANT_{name}", value)
    with pytest.raises(StartError, match=told):
        asyncio.run(made())


def test_a_setting_of_the_wrong_form_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTDIAL_ASSISTANT_TOKENS_FIELD", "tokens")
    with pytest.raises(SettingsError, match="OUTDIAL_ASSISTANT_TOKENS_FIELD"):
        read()
