"""Settings of the recogniser that cannot be used are refused with their name, and with what to do next."""

from __future__ import annotations

import asyncio
import json
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from outdial.drivers.recognition import choice
from outdial.furnishing import listening_of
from outdial.settings import SettingsError, StartError, read


def refusal(**given: Any) -> str:
    with pytest.raises(StartError) as refused:
        listening_of(read(given))
    return str(refused.value)


def test_the_recogniser_is_built_in_or_none() -> None:
    assert read({}).recogniser == "pocketsphinx"
    assert listening_of(read({})) is not None
    assert listening_of(read({"recogniser": "none"})) is None
    with pytest.raises(SettingsError, match="OUTDIAL_RECOGNISER "):
        read({"recogniser": "somebody"})


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(choice, "find_spec", found)
    for name in ("vosk", "sherpa", "yandex"):
        told = f"OUTDIAL_RECOGNISER={name}: its package is not installed; install outdial[{name}]"
        assert refusal(recogniser=name) == told


def test_models_are_named_and_are_models(tmp_path: Path) -> None:
    assert 'OUTDIAL_VOSK_MODELS=\'{"ru": ' in refusal(recogniser="vosk")
    gone = tmp_path / "gone"
    assert refusal(recogniser="vosk", vosk_models={"ru": str(gone)}) == (
        f"OUTDIAL_VOSK_MODELS: there is no folder {gone} (for 'ru'); unpack a model of vosk's there"
    )
    assert refusal(recogniser="vosk", vosk_models={"ru": str(tmp_path)}).endswith("it has no am/final.mdl")


@pytest.mark.parametrize("layout", ["am/final.mdl conf/mfcc.conf", "final.mdl mfcc.conf"])
def test_a_model_that_refuses_the_telephones_rate_is_refused(
    layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, features = (tmp_path / name for name in layout.split())
    for file in (model, features):
        file.parent.mkdir(exist_ok=True)
        file.write_text("--use-energy=false\n")
    monkeypatch.setenv("OUTDIAL_RECOGNISER", "vosk")
    monkeypatch.setenv("OUTDIAL_VOSK_MODELS", json.dumps({"ru": str(tmp_path)}))
    assert refusal().endswith(f"refuses 8 kHz; add a line --allow-upsample=true to {features}")
    features.write_text("--use-energy=false\n--allow-upsample=true\n")
    assert listening_of(read()) is not None


def test_the_parts_of_a_transducer_are_found_or_named(tmp_path: Path) -> None:
    assert 'OUTDIAL_SHERPA_MODELS=\'{"ru": ' in refusal(recogniser="sherpa")
    models = {"ru": str(tmp_path)}
    for name in ("tokens.txt", "encoder-epoch-99.onnx", "small-decoder.onnx"):
        (tmp_path / name).touch()
    told = refusal(recogniser="sherpa", sherpa_models=models)
    assert told.endswith(f"{tmp_path} (for 'ru') has no streaming transducer: it lacks joiner*.onnx")
    (tmp_path / "joiner.int8.onnx").touch()
    assert listening_of(read({"recogniser": "sherpa", "sherpa_models": models})) is not None
    gone = str(tmp_path / "gone")
    assert f"there is no folder {gone}" in refusal(recogniser="sherpa", sherpa_models={"ru": gone})


def test_speechkit_wants_a_key_and_an_address_that_keeps_it() -> None:
    assert refusal(recogniser="yandex") == (
        "OUTDIAL_RECOGNISER=yandex: there is no key; set OUTDIAL_YANDEX_API_KEY to a service account's"
    )
    told = refusal(recogniser="yandex", yandex_api_key="secret", yandex_recognition_url="http://example.org")
    assert told.startswith("OUTDIAL_YANDEX_…: url must be https://")
    assert "secret" not in told
    with pytest.raises(SettingsError, match="OUTDIAL_YANDEX_RECOGNITION_SECONDS "):
        read({"yandex_recognition_seconds": 0})


def test_speechkit_listens_where_there_is_a_key() -> None:
    async def story() -> None:
        recogniser = listening_of(read({"recogniser": "yandex", "yandex_api_key": "secret"}))
        assert recogniser is not None
        await recogniser.close()

    asyncio.run(story())
