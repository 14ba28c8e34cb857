"""Every setting, read once at start from the command line and from `OUTDIAL_…` environment variables, and checked.

The command line wins over the environment. A wrong value or an unknown `OUTDIAL_…` name is refused with its name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "OUTDIAL_"
_FOR_OTHERS = frozenset({"OUTDIAL_TEST_DATABASE_URL", "OUTDIAL_ASTERISK_PREFIX", "OUTDIAL_DEBIAN_MIRROR"})
"""Names with our prefix that the tests and the tools read."""


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it."""


class StartError(Exception):
    """The settings ask for what is not there; the message says what, and what to do."""


class Settings(BaseSettings):
    """The settings of one process. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", allow_inf_nan=False)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data: Path = Field(Path("data"), description="Folder for the database, prompts and uploaded sounds.")
    database: str = Field("", description="postgresql:// URL; empty: the embedded server in the data folder.")
    database_connections: int = Field(10, ge=2, le=200, description="Most database connections of this process.")
    telephony: str = Field("sandbox", description="sandbox, or ari://USER:PASSWORD@HOST:PORT of an Asterisk.")
    extension_endpoint: str = Field(
        "PJSIP/{number}", description="How the Asterisk dials an extension of its own; {number} stands for it."
    )
    speed: float = Field(1.0, gt=0, le=1_000_000, description="How many times every wait is shortened (sandbox).")
    seed: int = Field(1, description="What the sandbox draws its people from.")
    sandbox_log: Path | None = Field(None, description="File that gets a JSON line for each call the sandbox dials.")
    demo: bool = Field(False, description="Load the demo data at start.")
    drain: float = Field(20.0, ge=0, description="How long calls under way may go on after SIGTERM.")
    language: str = Field("ru-RU", description="Language of a text that names none.")
    time_zone: str = Field("Europe/Moscow", description="Zone of times that name none, such as timeCallAllow.")
    largest_body: int = Field(64 * 1024 * 1024, ge=1024, description="Longest request body that is read.")
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least important line logged.")

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        if not _is_zone(name):
            raise ValueError(f"there is no time zone {name!r}; an example: Europe/Moscow")
        return name

    @field_validator("telephony")
    @classmethod
    def _switch_is_known(cls, address: str) -> str:
        if address != "sandbox" and not address.startswith(("ari://", "aris://")):
            raise ValueError("sandbox, or ari://USER:PASSWORD@HOST:PORT")
        return address

    @field_validator("sms")
    @classmethod
    def _carrier_is_known(cls, address: str) -> str:
        if address not in ("", "sandbox") and not address.startswith(("smpp://", "smpps://")):
            raise ValueError("empty, sandbox, or smpp://SYSTEM_ID:PASSWORD@HOST:PORT")
        return address

    yandex_api_key: SecretStr = Field(
        SecretStr(""), description="Service account's key of Yandex SpeechKit; empty: it is not used."
    )
    yandex_folder_id: str = Field("", description="Folder to bill; not needed with a service account's key.")
    yandex_url: str = Field("https://tts.api.cloud.yandex.net", description="Address of SpeechKit's synthesis.")
    yandex_speed: float = Field(1.0, ge=0.1, le=3.0, description="How fast SpeechKit speaks.")
    yandex_voices: dict[str, str] = Field({}, description='Voices by language, such as {"ru": "marina"}.')
    yandex_recognition_url: str = Field(
        "https://stt.api.cloud.yandex.net", description="Address of SpeechKit's recognition (gRPC)."
    )
    yandex_recognition_seconds: float = Field(
        4.0, gt=0, le=60, description="How long SpeechKit may take after an answer to say what it was."
    )
    yandex_seconds: float = Field(10.0, gt=0, le=60, description="How long SpeechKit may take for one text.")

    assistant_url: str = Field(
        "",
        description="Address before /chat/completions of the language model that answers in dialogues; empty: none does.",
    )
    assistant_model: str = Field("", description="The model's name as its server knows it.")
    assistant_key: SecretStr = Field(SecretStr(""), description="Key of the model's server; empty: it wants none.")
    assistant_extra: dict[str, Any] = Field(
        {}, description='Further fields of each request, such as {"temperature": 0.3}.'
    )
    assistant_tokens_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        "max_tokens", description="What the server calls the most tokens of an answer."
    )
    assistant_connections: int = Field(64, ge=1, le=10_000, description="Answers that are asked for at the same time.")
    recogniser: Literal["pocketsphinx", "vosk", "sherpa", "yandex", "none"] = Field(
        "pocketsphinx", description="Who understands what callees say; none: nobody is listened to."
    )
    recogniser_processes: int = Field(
        1,
        ge=1,
        le=32,
        description="Child processes of pocketsphinx, vosk or sherpa; one of pocketsphinx keeps up with about ten speakers.",
    )
    sherpa_models: dict[str, str] = Field(
        {},
        description='Folders of sherpa-onnx\'s streaming transducers by language, such as {"ru": "/srv/zipformer-ru"}.',
    )
    vosk_models: dict[str, str] = Field(
        {}, description='Folders of vosk\'s models by language, such as {"ru": "/srv/vosk-model-small-ru-0.22"}.'
    )

    mikopbx_calls_per_second: float = Field(
        1.0, description="New calls a second for each task of the MikoPBX dialect; 0: no limit of its own."
    )
    mikopbx_loopback_exempt: bool = Field(
        True, description="Whether callers on the loopback address need no login at the MikoPBX dialect."
    )

    sms: str = Field(
        "",
        description="Carrier of SMS: empty for none, sandbox, smpp://SYSTEM_ID:PASSWORD@HOST:PORT, or smpps:// over TLS.",
    )
    sms_source: str = Field(
        "",
        description="Whom an SMS is from: a number, or a name of at most 11 characters; empty: as the carrier has it.",
    )
    sms_per_second: float = Field(10.0, ge=0, description="Most parts of SMS handed over in a second; 0: no limit.")

    hook_seconds: float = Field(10.0, gt=0, le=50, description="How long the server of a hook may take to answer.")
    webitel_largest_body: int = Field(
        5 * 1024 * 1024, ge=1024, description="Longest request body that is read at the Webitel dialect."
    )
    webitel_root_password: SecretStr = Field(
        SecretStr(""), description="Password of the Webitel user root, who belongs to no domain; empty: there is none."
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def read(given: Mapping[str, Any] | None = None) -> Settings:
    """The settings of this process; `given` comes from the command line, where None stands for "not given".

    Raises `SettingsError` with the name of what is wrong.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _FOR_OTHERS
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(f"{', '.join(unknown)}: there is no such setting")
    try:
        return Settings(**{name: value for name, value in (given or {}).items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise SettingsError(f"{PREFIX}{name.upper()} (--{name.replace('_', '-')}): {first['msg']}") from error
