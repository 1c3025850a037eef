"""The connection pool. Every statement ends within a bounded time, whatever the database does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

TIMEOUT = 5.0

# The database is away, restarting, refusing or too slow: a changed request would not help.
UNAVAILABLE = (
    OSError,  # TimeoutError included
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)


class DatabaseUnavailable(Exception):
    pass


class Database:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def fetch(self, query: str, *arguments: object, timeout: float = TIMEOUT) -> list[asyncpg.Record]:
        try:
            async with asyncio.timeout(timeout), self._pool.acquire(timeout=timeout) as connection:
                return await connection.fetch(query, *arguments)
        except UNAVAILABLE as error:
            raise DatabaseUnavailable(repr(error)) from error


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    # min_size=0: the process starts without the database, and readiness says so.
    pool = await asyncpg.create_pool(url, min_size=0, max_size=10, max_inactive_connection_lifetime=60)
    try:
        yield Database(pool)
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), TIMEOUT)
