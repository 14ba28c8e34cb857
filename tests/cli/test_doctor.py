"""`outdial doctor` looks at the recogniser beside the Asterisk."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.fetch import ensure
from outdial.cli.main import application

NOBODY = "ari://u:p@127.0.0.1:1"


def doctor(monkeypatch: pytest.MonkeyPatch, **settings: str) -> str:
    for name, value in settings.items():
        monkeypatch.setenv(f"OUTDIAL_{name.upper()}", value)
    result = CliRunner().invoke(application(), ["doctor", "--telephony", NOBODY])
    assert result.exit_code == 1  # there is no Asterisk
    return result.output


def test_it_has_the_recogniser_hear_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ok       recogniser pocketsphinx hears ru-RU" in doctor(monkeypatch)
    assert "ok       nobody is listened to" in doctor(monkeypatch, recogniser="none")


def test_it_says_that_an_assistant_would_hear_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told = doctor(monkeypatch, assistant_url="http://127.0.0.1:1/v1", assistant_model="m")
    assert "warning  the assistant would hear nobody" in told
    assert "OUTDIAL_RECOGNISER=pocketsphinx takes no dictation; choose vosk, sherpa or yandex" in told
    assert "the assistant would hear nobody" in doctor(monkeypatch, recogniser="none")
    told = doctor(
        monkeypatch, recogniser="yandex", yandex_api_key="secret", yandex_recognition_url="http://127.0.0.1:1"
    )
    assert "the assistant would hear nobody" not in told


@pytest.mark.slow
def test_it_says_that_the_language_has_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    models = f'{{"ko": "{ensure()}"}}'
    told = doctor(monkeypatch, recogniser="vosk", vosk_models=models)
    assert "warning  recogniser vosk does not hear ru-RU: language" in told
    assert "ok       recogniser vosk hears ko-KR" in doctor(monkeypatch, language="ko-KR")


def test_it_says_that_a_model_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = doctor(monkeypatch, recogniser="vosk", vosk_models=f'{{"ru": "{tmp_path}"}}')
    assert "error    callees would not be understood" in told
    assert "OUTDIAL_VOSK_MODELS" in told


def test_it_says_that_the_service_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    told = doctor(
        monkeypatch, recogniser="yandex", yandex_api_key="secret", yandex_recognition_url="http://127.0.0.1:1"
    )
    assert "warning  recogniser yandex does not hear ru-RU: unreachable" in told
    assert "secret" not in told
