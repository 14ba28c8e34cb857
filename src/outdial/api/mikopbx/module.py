"""The settings of the module that a tenant has: read from an apply file, and out of the store.

Each is a text; an empty one is the same as none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from outdial.api.mikopbx.requests import dial_prefix
from outdial.core.errors import Malformed

LONGEST_SETTING = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSettings:
    """What the module is told, in the words of an apply file; the module's own names stand beside."""

    default_dial_prefix: str = ""
    """defDialPrefix: dialled before the numbers of a task that has no prefix."""
    callback_alert_text: str = ""
    """callbackAlertText: said to an employee who is rung before the client."""
    crm_url: str = ""
    crm_login: str = ""
    crm_password: str = field(default="", repr=False)


NAMES = tuple(one.name for one in fields(ModuleSettings))


def settings_from(stored: Mapping[str, str]) -> ModuleSettings:
    """What the store holds; names that are not known any more are left out."""
    return ModuleSettings(**{name: value for name, value in stored.items() if name in NAMES})


def read_settings(section: Mapping[str, Any]) -> dict[str, str]:
    """The settings that a section of an apply file names. Raises `Malformed` with the name of the one at fault."""
    named = {name: _text(name, section[name]) for name in NAMES if section.get(name) is not None}
    if "default_dial_prefix" in named:
        named["default_dial_prefix"] = dial_prefix(named["default_dial_prefix"], "default_dial_prefix")
    if named.get("crm_url"):
        _check_url(named["crm_url"])
    return named


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise Malformed("a text is wanted: put it in quotes", field=name)
    if len(value) > LONGEST_SETTING or not all(character.isprintable() or character == "\n" for character in value):
        raise Malformed(f"a text of at most {LONGEST_SETTING} printable characters is wanted", field=name)
    return value.strip()


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or " " in url:
        raise Malformed("an address such as https://crm.example/poll is wanted", field="crm_url")
    if "@" in parts.netloc:
        raise Malformed("a login has members of its own: crm_login and crm_password", field="crm_url")
