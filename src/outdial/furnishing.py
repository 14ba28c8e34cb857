"""What the settings choose among: the voices, who listens, the carrier of SMS, the assistant; and what scripts may need.

Each is made from its settings alone, and closed with the stack that it is given. Who uses it is not known here.
"""

from __future__ import annotations

import contextlib
from contextlib import AsyncExitStack

from outdial.drivers.assistant.absent import AbsentAssistant
from outdial.drivers.assistant.completions import CompletionsAssistant, CompletionsSettings
from outdial.drivers.recognition.choice import engine_of
from outdial.drivers.recognition.turns import TurnTaker
from outdial.drivers.sandbox.sms import SandboxSms
from outdial.drivers.sms.carrier import SmppSms, address_from
from outdial.drivers.sms.off import NoSms
from outdial.drivers.speech.espeak import Espeak, EspeakSettings
from outdial.drivers.speech.synthesiser import Synthesiser
from outdial.drivers.speech.yandex import YandexSettings, YandexSpeech
from outdial.operations.means import Means
from outdial.ports import Clock, Sms
from outdial.settings import Settings, StartError

_FIRST_CHUNK_SECONDS = 4.0


def means_of(settings: Settings) -> Means:
    """What the settings provide for scripts."""
    return Means(assistant=bool(settings.assistant_url), sms=bool(settings.sms))


def assistant_of(settings: Settings, closing: AsyncExitStack) -> CompletionsAssistant | AbsentAssistant:
    """The language model of the settings, where they name one. Raises `StartError`."""
    if not settings.assistant_url:
        return AbsentAssistant()
    try:
        wanted = CompletionsSettings(
            settings.assistant_url,
            settings.assistant_model,
            settings.assistant_key.get_secret_value(),
            settings.assistant_extra,
            settings.assistant_tokens_field,
            settings.assistant_connections,
        )
    except ValueError as error:
        raise StartError(f"OUTDIAL_ASSISTANT_…: {error}") from error
    assistant = CompletionsAssistant(wanted)
    closing.push_async_callback(assistant.close)
    return assistant


def listening_of(settings: Settings) -> TurnTaker | None:
    """Who understands what callees say; None: nobody is listened to. Raises `StartError`."""
    try:
        engine = engine_of(settings)
    except ValueError as error:
        raise StartError(str(error)) from error
    return None if engine is None else TurnTaker(engine)


def deafness_of(settings: Settings, recogniser: TurnTaker | None) -> str:
    """Why the assistant would be told that every callee is silent; empty: it would not, or there is none."""
    if not settings.assistant_url or (recogniser is not None and recogniser.dictates):
        return ""
    return f"OUTDIAL_RECOGNISER={settings.recogniser} takes no dictation; choose vosk, sherpa or yandex"


def speech_engines(settings: Settings, closing: AsyncExitStack) -> list[Synthesiser]:
    """SpeechKit where there is a key for it, and espeak-ng, which is always there, when it fails or is not wanted. Raises
    `StartError`."""
    espeak = closing.enter_context(contextlib.closing(Espeak(EspeakSettings(fallback_language=settings.language))))
    key = settings.yandex_api_key.get_secret_value()
    if not key:
        return [espeak]
    try:
        wanted = YandexSettings(
            key,
            settings.yandex_folder_id,
            settings.yandex_url,
            speed=settings.yandex_speed,
            voices=settings.yandex_voices,
            total_seconds=settings.yandex_seconds,
            first_chunk_seconds=min(_FIRST_CHUNK_SECONDS, settings.yandex_seconds),
        )
    except ValueError as error:
        raise StartError(f"OUTDIAL_YANDEX_…: {error}") from error
    yandex = YandexSpeech(wanted)
    closing.push_async_callback(yandex.close)
    return [yandex, espeak]


def carrier_of_sms(settings: Settings, clock: Clock, closing: AsyncExitStack) -> Sms:
    """Who takes SMS; one that refuses each where there is no carrier. Raises `StartError`."""
    match settings.sms:
        case "":
            return NoSms()
        case "sandbox":
            sandbox = SandboxSms(clock, settings.sandbox_log)
            closing.callback(sandbox.close)
            return sandbox
        case url:
            try:
                return SmppSms(address_from(url, settings.sms_source))
            except ValueError as error:
                raise StartError(f"OUTDIAL_SMS (--sms): {error}") from error
