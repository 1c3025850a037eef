"""`python -m app.migrate` brings the schema `backend` up to date: all pending files, in order, or none of them."""

import asyncio
import os
import signal
import sys
from hashlib import sha256
from pathlib import Path
from time import monotonic

import asyncpg

from app.database import UNAVAILABLE
from app.settings import database_location

MIGRATIONS = Path(__file__).parent.parent / "migrations"
LOCK = 0x7461736B73  # any number that nothing else in this database locks


async def migrate(url: str, wait: float, directory: Path = MIGRATIONS) -> None:
    connection = await connect(url, wait)
    try:
        async with connection.transaction():
            # Of parallel runs one works, the others wait and then find nothing left to do.
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            # Statements of serving pods queue behind a waiting ALTER TABLE: rather fail and be run again.
            await connection.execute("SET LOCAL lock_timeout = '5s'")
            await apply_pending(connection, directory)
    finally:
        await connection.close(timeout=5)


async def connect(url: str, wait: float) -> asyncpg.Connection:
    deadline = monotonic() + wait
    while True:
        try:
            return await asyncpg.connect(url, timeout=5)
        except UNAVAILABLE as error:
            if monotonic() > deadline:
                sys.exit(f"waited {wait:g} s for the database at {database_location(url)}: {error!r}")
        await asyncio.sleep(0.5)


async def apply_pending(connection: asyncpg.Connection, directory: Path) -> None:
    await connection.execute("""
        CREATE SCHEMA IF NOT EXISTS backend;
        CREATE TABLE IF NOT EXISTS backend.migrations (
          name text PRIMARY KEY,
          sha256 text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now()
        );
    """)
    applied = dict(await connection.fetch("SELECT name, sha256 FROM backend.migrations"))
    for file in sorted(directory.glob("*.sql")):
        sql = file.read_text()
        digest = sha256(sql.encode()).hexdigest()
        if file.name not in applied:
            try:
                await connection.execute(sql)
            except asyncpg.PostgresError as error:
                sys.exit(f"{file.name} failed, nothing was changed: {error}")
            await connection.execute("INSERT INTO backend.migrations (name, sha256) VALUES ($1, $2)", file.name, digest)
            print(f"applied {file.name}")
        elif applied[file.name] != digest:
            sys.exit(f"{file.name} was edited after it had been applied: put it back, and make the change in a new file")


def main() -> None:
    # As a container's first process Python would ignore SIGTERM.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    url = os.environ.get("DATABASE_URL") or sys.exit("missing in the environment: DATABASE_URL")
    location = database_location(url)
    try:
        asyncio.run(migrate(url, float(os.environ.get("MIGRATE_WAIT", "60"))))
    except asyncpg.PostgresError as error:
        sys.exit(f"{location}: {error}")
    print(f"{location} is up to date")


if __name__ == "__main__":
    main()
