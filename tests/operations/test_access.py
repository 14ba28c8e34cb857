"""Who is asking, and how often a stranger may guess."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.house import KEY, LOGIN, PASSWORD, House, house
from outdial.core.errors import NotAuthenticated, TooManyTries
from outdial.operations import throttle
from outdial.operations.access import hash_secret, new_token
from outdial.operations.throttle import Throttle

pytestmark = pytest.mark.slow  # each login costs an argon2 hash

NOW = datetime(2024, 8, 21, tzinfo=UTC)


def test_a_session_belongs_to_who_logged_in(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            access = made.operations.access
            identity, token = await access.log_in(LOGIN, PASSWORD, "10.0.0.1")
            assert (identity.tenant, identity.login) == (made.tenant, LOGIN)
            assert await access.by_session(token) == identity
            assert await access.by_session(token + "x") is None
            assert await access.by_session("\ud800") is None
            stored = await made.pool.fetchval("select token_hash from sessions")
            assert stored == hash_secret(token) != token

    asyncio.run(story())


def test_keys_and_loopback(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            access = made.operations.access
            owner = await access.by_key(KEY)
            assert owner is not None
            assert (owner.tenant, owner.login) == (made.tenant, "demo")
            assert await access.by_key(KEY + "x") is None
            assert await access.by_key("") is None
            local = await access.by_loopback()
            assert local is not None
            assert local.tenant == made.tenant
            await made.pool.execute("delete from tenants")
            assert await access.by_loopback() is None

    asyncio.run(story())


async def _fail(made: House, peer: str) -> type[Exception] | None:
    try:
        await made.operations.access.log_in(LOGIN, "wrong", peer)
    except NotAuthenticated as error:
        return type(error)
    return None


def test_many_guesses_at_once_are_counted_one_by_one(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made, asyncio.TaskGroup() as group:
            guesses = [group.create_task(_fail(made, "10.0.0.1")) for _ in range(25)]
            results = [await guess for guess in guesses]
            assert results.count(NotAuthenticated) == 10
            assert results.count(TooManyTries) == 15

    asyncio.run(story())


def test_the_right_password_counts_for_nothing(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            for _ in range(12):
                await made.operations.access.log_in(LOGIN, PASSWORD, "10.0.0.1")
            for _ in range(10):
                assert await _fail(made, "10.0.0.1") is NotAuthenticated
            with pytest.raises(TooManyTries):
                await made.operations.access.log_in(LOGIN, PASSWORD, "10.0.0.1")

    asyncio.run(story())


def test_a_throttle_forgets_with_time() -> None:
    door = Throttle(2, timedelta(seconds=300))
    assert door.enter("a", NOW)
    assert door.enter("a", NOW + timedelta(seconds=200))
    assert not door.enter("a", NOW + timedelta(seconds=299))
    assert door.enter("a", NOW + timedelta(seconds=300))
    assert not door.enter("a", NOW + timedelta(seconds=301))
    assert door.enter("b", NOW + timedelta(seconds=301))


def test_a_throttle_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MOST_ADDRESSES", 3)
    door = Throttle(1, timedelta(seconds=300))
    for address in "abcd":
        assert door.enter(address, NOW)
    assert not door.enter("d", NOW)
    assert door.enter("a", NOW)
    door.succeeded("nobody", NOW)


def test_tokens_differ() -> None:
    assert new_token() != new_token()
    assert len(hash_secret("x")) == 64
