"""Apply files: their text into what is wanted, with each dialect's section read by that dialect, and the demo data.

It stands below `app.py`: it knows the dialects and the store, and no rule of either.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

import asyncpg

from outdial.api import wire
from outdial.api.is74.door import DIALECT as IS74
from outdial.api.mikopbx import module, polls, requests
from outdial.api.mikopbx.routes import DIALECT as MIKOPBX
from outdial.api.mobilgroup import account as mobilgroup_account
from outdial.api.mobilgroup.door import DIALECT as MOBILGROUP
from outdial.core import voice_script, wanted
from outdial.core.errors import Malformed
from outdial.core.project import read_projects
from outdial.core.section import Faults, refuse
from outdial.core.voice_script import Prepared, Reading
from outdial.core.wanted import Wanted, WantedDialect, WantedScript
from outdial.drivers.postgres.accounts import PostgresAccounts
from outdial.drivers.postgres.pool import open_pool
from outdial.drivers.postgres.setup import PostgresSetup
from outdial.operations.accounts import Accounts
from outdial.operations.means import NO_MEANS, Means
from outdial.operations.setup import Change, Setup
from outdial.operations.voice_scripts import prepared
from outdial.yaml_text import document_of

DEFAULT_LANGUAGE = "ru-RU"
_DEMO = "demo.yaml"


def read(text: str, language: str = DEFAULT_LANGUAGE, *, means: Means = NO_MEANS) -> Wanted:
    """What an apply file wants; `language` is that of texts that name none, `means` what scripts may need. Raises
    `Malformed` with every fault, blocks that need what is not there among them."""
    try:
        readers = {
            MIKOPBX: lambda section: _mikopbx(section, language),
            MOBILGROUP: lambda section: _mobilgroup(section, language, means),
            IS74: _is74,
        }
        made = wanted.from_document(document_of(text), readers)
    except RecursionError as error:
        raise Malformed("the file holds a value that contains itself, or one nested too deeply") from error
    _refuse_what_is_lacking(made, means)
    return made


def _refuse_what_is_lacking(made: Wanted, means: Means) -> None:
    """Refuse scripts of any form and scenarios that need what this house does not have."""
    faults: Faults = []
    for place, tenant in enumerate(made.tenants):
        for script in tenant.scripts:
            name = f"script {script.dialect} {script.number}"
            faults += [(f"tenants.{place}: {name}, {key}", why) for key, why in means.lacking([script.script]).items()]
        for at, (_, scenarios) in enumerate(tenant.projects):
            for number, scenario in enumerate(scenarios):
                path = f"tenants.{place}.{IS74}.projects.{at}.scenarios.{number}.blocks"
                lacking = means.lacking(start.script for start in scenario.starts)
                faults += [(f"{path}.{key}", why) for key, why in lacking.items()]
    refuse(faults)


def demo_text() -> str:
    """The file of the demo data."""
    return resources.files("outdial").joinpath(_DEMO).read_text(encoding="utf-8")


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Setup]:
    """The set-up of a migrated database, for as long as this lasts."""
    pool = await open_pool(dsn, size=1)
    try:
        yield Setup(PostgresSetup(pool))
    finally:
        await pool.close()


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts of a database, and the tenants they belong to."""

    setup: Setup
    accounts: Accounts


@asynccontextmanager
async def opened_books(dsn: str) -> AsyncIterator[Books]:
    """The accounts of a migrated database, for as long as this lasts."""
    pool = await open_pool(dsn, size=1)
    try:
        yield Books(Setup(PostgresSetup(pool)), Accounts(PostgresAccounts(pool)))
    finally:
        await pool.close()


async def load_demo(pool: asyncpg.Pool) -> list[Change]:
    """Add the demo data that is missing; what was changed since the last time stays as it is."""
    return await Setup(PostgresSetup(pool)).apply(read(demo_text()), only_missing=True)


def _mikopbx(section: object, language: str) -> WantedDialect:
    """The section `mikopbx`: `polls`, each as POST /polling takes it, with the `id` that it is to have; and what the module
    is told."""
    known = ("polls", *module.NAMES)
    if not isinstance(section, dict) or not set(section) <= set(known):
        raise Malformed(f"members with a name are wanted here, and no others than these: {', '.join(known)}")
    listed = section.get("polls") or []
    if not isinstance(listed, list):
        raise Malformed("a list is wanted", field="polls")
    return WantedDialect(
        scripts=tuple(_poll(f"polls.{index}", poll, language) for index, poll in enumerate(listed)),
        settings=module.read_settings(section),
    )


def _poll(path: str, document: object, language: str) -> WantedScript:
    if not isinstance(document, dict):
        raise Malformed("members with a name are wanted", field=path)
    try:
        sent = requests.poll(wire.to_json(document), language)
    except Malformed as error:
        raise Malformed(error.message, field=f"{path}.{error.field}".rstrip(".")) from error
    except (TypeError, UnicodeError) as error:  # YAML knows dates and the like
        raise Malformed(f"it holds what JSON cannot: {error}", field=path) from error
    if not sent.number or sent.number > wanted.LARGEST_NUMBER:
        raise Malformed("the number that tasks name as innerNum is wanted", field=f"{path}.id")
    sounds = polls.references(sent.questions)
    for sound in sounds:
        if "/" in sound or "\\" in sound:
            raise Malformed(f"a sound is named as it was uploaded, without folders: {sound}", field=path)
    return WantedScript(
        dialect=MIKOPBX,
        number=sent.number,
        key=sent.key or str(sent.number),
        name=sent.name,
        script=polls.compile_poll(sent.questions, {sound: sound for sound in sounds}),
        wire={"questions": list(sent.documents)},
        numbered="questions",
    )


def _mobilgroup(section: object, language: str, means: Means) -> WantedDialect:
    """The section `mobilgroup`: the account's defaults, its `phrases` and its `scripts`, each under an `id`."""
    known = ("phrases", "scripts", *mobilgroup_account.NAMES)
    if not isinstance(section, dict) or not set(section) <= set(known):
        raise Malformed(f"members with a name are wanted here, and no others than these: {', '.join(known)}")
    settings = mobilgroup_account.read_settings(section)
    spoken = settings.get("language") or language
    reading = Reading(language=spoken, voice=settings.get("voice", ""), no_sms=means.no_sms)
    kinds = {"phrases": Prepared.PHRASE, "scripts": Prepared.VOICE_SCRIPT}
    return WantedDialect(
        scripts=tuple(
            prepared(kind, voice_script.read(kind, document, reading, f"{name}.{index}"))
            for name, kind in kinds.items()
            for index, document in enumerate(_listed(section, name))
        ),
        settings=settings,
    )


def _is74(section: object) -> WantedDialect:
    """The section `is74`: `projects` with their scenarios."""
    if not isinstance(section, dict) or not set(section) <= {"projects"}:
        raise Malformed("members with a name are wanted here, and no others than these: projects")
    return WantedDialect(projects=read_projects(section.get("projects") or []))


def _listed(section: Mapping[str, Any], name: str) -> list[Any]:
    listed = section.get(name) or []
    if not isinstance(listed, list):
        raise Malformed("a list is wanted", field=name)
    return listed
