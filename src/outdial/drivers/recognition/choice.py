"""Which recogniser the settings choose, and whether all that it needs is there: a package, the user's models, a key. It
opens no connection and loads no model.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import assert_never

from outdial.drivers.recognition.engine import Engine
from outdial.drivers.recognition.sherpa import sherpa
from outdial.drivers.recognition.sphinx import Sphinx
from outdial.drivers.recognition.vosk import vosk
from outdial.settings import Settings


def engine_of(settings: Settings) -> Engine | None:
    """The engine that understands callees; None: nobody is listened to.

    Raises `ValueError`, which names the setting and what to do next.
    """
    match settings.recogniser:
        case "pocketsphinx":
            return Sphinx(settings.recogniser_processes)
        case "vosk":
            _installed("vosk", "vosk", "vosk")
            try:
                return vosk(_models("vosk", settings.vosk_models), settings.recogniser_processes)
            except ValueError as why:
                raise ValueError(f"OUTDIAL_VOSK_MODELS: {why}") from why
        case "sherpa":
            _installed("sherpa", "sherpa_onnx", "sherpa")
            try:
                return sherpa(_models("sherpa", settings.sherpa_models), settings.recogniser_processes)
            except ValueError as why:
                raise ValueError(f"OUTDIAL_SHERPA_MODELS: {why}") from why
        case "yandex":
            return _speechkit(settings)
        case "none":
            return None
        case _:
            assert_never(settings.recogniser)


def _speechkit(settings: Settings) -> Engine:
    _installed("yandex", "grpc", "yandex")
    _installed("yandex", "google.protobuf", "yandex")
    key = settings.yandex_api_key.get_secret_value()
    if not key:
        raise ValueError(
            "OUTDIAL_RECOGNISER=yandex: there is no key; set OUTDIAL_YANDEX_API_KEY to a service account's"
        )
    # Only whoever chooses it has its packages.
    from outdial.drivers.recognition.speechkit import SpeechKit, SpeechKitSettings

    try:
        return SpeechKit(
            SpeechKitSettings(
                key, settings.yandex_folder_id, settings.yandex_recognition_url, settings.yandex_recognition_seconds
            )
        )
    except ValueError as why:
        raise ValueError(f"OUTDIAL_YANDEX_…: {why}") from why


def _installed(name: str, package: str, extra: str) -> None:
    try:
        there = find_spec(package) is not None
    except ModuleNotFoundError:  # of a package within one that is not there
        there = False
    if not there:
        raise ValueError(f"OUTDIAL_RECOGNISER={name}: its package is not installed; install outdial[{extra}]")


def _models(name: str, models: dict[str, str]) -> dict[str, str]:
    if not models:
        example = f'OUTDIAL_{name.upper()}_MODELS=\'{{"ru": "/srv/models/ru"}}\''
        raise ValueError(f"no model is named: nothing is downloaded, name the folder of yours, such as {example}")
    return models
