"""A fresh, migrated database for each test that asks for `database_url`: a copy of a template, made in milliseconds.

The server is `OUTDIAL_TEST_DATABASE_URL` where that is set (its role must be allowed to create databases), else an
embedded one for the session, which trades safety against power cuts for speed. A `conftest.py` imports the fixtures.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from outdial.drivers.postgres.embedded import EmbeddedPostgres, EmbeddedSettings

Migrate = Callable[[str], Awaitable[None]]


class Databases:
    """Makes and drops databases on one server, over one connection that stays open between the tests."""

    def __init__(self, runner: asyncio.Runner, url: str, migrate: Migrate) -> None:
        self._runner = runner
        self._url = url
        self._migrate = migrate
        self._connection = runner.run(asyncpg.connect(url))
        self._template = ""

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a migrated database without rows, dropped in the end with whatever is still connected to it."""
        name = f"outdial_test_{secrets.token_hex(6)}"
        self._execute(f"create database {name} template {self._migrated()} strategy file_copy")
        try:
            yield self._url_of(name)
        finally:
            self._drop(name)

    def close(self) -> None:
        """Drop the template and leave the server."""
        if self._template:
            self._drop(self._template)
        self._runner.run(self._connection.close())

    def _migrated(self) -> str:
        if not self._template:
            name = f"outdial_template_{secrets.token_hex(6)}"
            self._execute(f"create database {name}")
            self._template = name
            self._runner.run(_awaited(self._migrate(self._url_of(name))))
        return self._template

    def _drop(self, name: str) -> None:
        """Our role may not end a process of the server's own, such as autovacuum, which goes when it is done."""
        while True:
            try:
                self._execute(f"drop database {name} with (force)")
            except asyncpg.InsufficientPrivilegeError:
                continue
            return

    def _execute(self, statement: str) -> None:
        self._runner.run(self._connection.execute(statement))

    def _url_of(self, name: str) -> str:
        return urlsplit(self._url)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The maker of databases of this session."""
    from outdial.drivers.postgres.migrate import upgrade

    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        given = os.environ.get("OUTDIAL_TEST_DATABASE_URL")
        server = EmbeddedPostgres(Path(folder) / "postgres", EmbeddedSettings(durable=False))
        try:
            maker = Databases(runner, given or runner.run(server.start()), upgrade)
            yield maker
            maker.close()
        finally:
            runner.run(server.stop())


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    with databases.fresh() as url:
        yield url


async def _awaited(work: Awaitable[None]) -> None:
    await work
