"""A real PostgreSQL (DATABASE_URL) by a way that can break, and an issuer of tokens that can change its keys."""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from app import auth, main
from app.migrate import migrate
from app.settings import Settings


def sql(url: str, statement: str) -> list[asyncpg.Record]:
    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.fixture
def empty_database() -> Iterator[str]:
    yield from temporary_database()


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    for url in temporary_database():
        asyncio.run(migrate(url, wait=0))
        yield url


def temporary_database() -> Iterator[str]:
    server = os.environ["DATABASE_URL"]
    name = f"test_{uuid4().hex}"
    sql(server, f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    sql(server, f"DROP DATABASE {name} WITH (FORCE)")


class BreakableWay:
    """A TCP way to the database that can be closed, opened again, and blocked."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port or 5432)
        self._sockets: list[socket.socket] = []
        self._flowing = threading.Event()
        self._flowing.set()
        self._port = 0
        self.open()
        user, at, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{self._port}"))

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def close(self) -> None:
        self._flowing.set()
        for each in [self._listener, *self._sockets]:
            shut(each)
        self._sockets.clear()

    def block(self) -> None:
        self._flowing.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            self._sockets += [near, far]
            for source, sink in [(near, far), (far, near)]:
                threading.Thread(target=self._pump, args=[source, sink], daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        except OSError:
            pass
        shut(sink)


def shut(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    each.close()


@pytest.fixture
def way(database: str) -> Iterator[BreakableWay]:
    with closing(BreakableWay(database)) as way:
        yield way


class Issuer:
    """Signs tokens as Better Auth does, and serves its public keys over HTTP."""

    url = "https://shop.example"

    def __init__(self) -> None:
        self.requests = 0
        self.answering = threading.Event()
        self.answering.set()
        self.status = 200
        self.rotate()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests += 1
                issuer.answering.wait()
                self.send_response(issuer.status)
                self.end_headers()
                self.wfile.write(issuer.document)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.jwks_url = f"http://127.0.0.1:{self._server.server_port}/api/auth/jwks"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def rotate(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.kid = uuid4().hex
        self.publish({**jwk(self.key), "kid": self.kid})

    def publish(self, *keys: dict[str, str]) -> None:
        self.document = json.dumps({"keys": keys}).encode()

    def claims(self, user: str = "ada", **changes: object) -> dict[str, object]:
        now = int(time.time())
        claims = {"sub": user, "iss": self.url, "aud": self.url, "iat": now, "exp": now + 900, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, user: str = "ada", **changes: object) -> str:
        return jwt.encode(self.claims(user, **changes), self.key, "EdDSA", {"kid": self.kid})

    def close(self) -> None:
        self.answering.set()
        self._server.shutdown()
        self._server.server_close()


def jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    return {**jwt.get_algorithm_by_name("EdDSA").to_jwk(key.public_key(), as_dict=True), "alg": "EdDSA"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with closing(Issuer()) as issuer:
        yield issuer


@pytest.fixture
def no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "FETCH_INTERVAL", 0)


@pytest.fixture
def client(way: BreakableWay, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    # That the machine is busy is no failure; what tests time-outs sets its own.
    monkeypatch.setattr(main, "HEALTH_TIMEOUT", 60)
    settings = Settings(way.url, issuer.jwks_url, issuer.url, issuer.url)
    with TestClient(main.create_app(settings)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
