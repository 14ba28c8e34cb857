"""Connections to the database, all of them under one application name, by which the feeds recognise our writers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import msgspec

from outdial.ports import StoreDown, StoreRefused

APPLICATION_NAME = "outdial"

encode_text = msgspec.json.Encoder().encode
decode = msgspec.json.decode


def to_json(value: object) -> str:
    """A value as the text of a jsonb parameter."""
    return encode_text(value).decode()


async def open_pool(dsn: str, *, size: int = 10) -> asyncpg.Pool:
    """A pool of at most `size` connections. Nothing of ours leaves a mark on a session, so none is reset between uses:
    that would be another round trip for every statement."""

    async def leave_as_it_is(_: asyncpg.Connection) -> None:
        return

    return await asyncpg.create_pool(
        reset=leave_as_it_is,
        dsn=dsn,
        min_size=1,
        max_size=size,
        server_settings={"application_name": APPLICATION_NAME, "jit": "off"},
    )


_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)


@contextmanager
def asking() -> Iterator[None]:
    """The driver's errors as the port's: `StoreDown` when trying again helps, `StoreRefused` when it does not."""
    try:
        yield
    except asyncpg.DataError as error:  # some of them are interface errors as well
        raise StoreRefused(str(error)) from error
    except _AWAY as error:
        raise StoreDown(str(error) or type(error).__name__) from error
    except asyncpg.PostgresError as error:
        raise StoreRefused(str(error)) from error
