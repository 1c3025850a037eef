"""`python -m app`, the process of the image."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import httpx2

from app.migrate import migrate
from tests.conftest import Issuer, bearer, sql


def start(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app"],
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def until(condition: Callable[[], object], server: subprocess.Popen[str]) -> None:
    while not condition():
        assert server.poll() is None, server.communicate()[0]
        time.sleep(0.02)


def accepts(port: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(port))).close()
    except ConnectionRefusedError:
        return False
    return True


def test_sigterm_finishes_the_request_in_flight_and_takes_no_new_one(empty_database: str, issuer: Issuer) -> None:
    asyncio.run(migrate(empty_database, wait=0))
    port = free_port()
    server = start(
        DATABASE_URL=empty_database,
        JWKS_URL=issuer.jwks_url,
        JWT_ISSUER=issuer.url,
        JWT_AUDIENCE=issuer.url,
        PORT=port,
    )
    until(lambda: accepts(port), server)
    url = f"http://127.0.0.1:{port}"
    assert httpx2.get(f"{url}/health").status_code == 200

    with asyncio.Runner() as runner, ThreadPoolExecutor() as threads:
        holder = runner.run(asyncpg.connect(empty_database))
        runner.run(holder.execute("BEGIN; LOCK TABLE backend.tasks"))
        request = threads.submit(httpx2.get, f"{url}/api/tasks", headers=bearer(issuer.token()))
        until(lambda: sql(empty_database, "SELECT FROM pg_locks WHERE NOT granted"), server)
        server.send_signal(signal.SIGTERM)
        until(lambda: not accepts(port), server)
        assert not request.done()
        runner.run(holder.close())
        answer = request.result()
    assert (answer.status_code, answer.json()) == (200, [])
    output, _ = server.communicate()
    assert server.returncode in (0, -signal.SIGTERM), output
    assert "Application shutdown complete" in output
    assert "/health" not in output


def test_what_is_missing_in_the_environment_is_named() -> None:
    server = start(JWT_ISSUER="https://shop.example")
    output, _ = server.communicate()
    assert server.returncode == 1
    assert output == "missing in the environment: DATABASE_URL, JWKS_URL, JWT_AUDIENCE\n"
