"""Who is asking: a JWT of Better Auth, checked with the keys that its JWKS endpoint publishes."""

import asyncio
import json
import logging
from http.client import HTTPException as HTTPFailure
from time import monotonic
from typing import Annotated
from urllib.request import urlopen

import jwt
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jwt.exceptions import InvalidSubjectError

from app.settings import Settings

ALGORITHMS = ["EdDSA"]
CLOCK_SKEW = 5.0

# Whatever kids callers make up, keys are fetched at most once in FETCH_INTERVAL.
FETCH_TIMEOUT = 3.0
FETCH_INTERVAL = 1.0
# Known keys are asked for again after REFRESH_AFTER; without an answer they do until EXPIRE_AFTER.
REFRESH_AFTER = 300.0
EXPIRE_AFTER = 3600.0

log = logging.getLogger("uvicorn.error")


class KeysUnavailable(Exception):
    """The JWKS endpoint does not answer, which says nothing about the token."""


class Keys:
    """The issuer's public keys by kid."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._failed = False
        self._lock = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    async def get(self, kid: str) -> jwt.PyJWK | None:
        age = monotonic() - self._fetched
        if kid in self._keys and age < EXPIRE_AFTER:
            if age > REFRESH_AFTER and not self._lock.locked():
                self._background = asyncio.create_task(self._refresh())
            return self._keys[kid]
        await self._refresh()
        if self._failed:
            raise KeysUnavailable
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        async with self._lock:
            if monotonic() - self._tried < FETCH_INTERVAL:
                return
            self._failed = True
            try:
                # The socket's time-out ends the thread, this one the wait for a slow name resolution too.
                async with asyncio.timeout(FETCH_TIMEOUT):
                    document = await asyncio.to_thread(self._fetch)
                self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(document).keys if key.key_id}
                self._fetched = monotonic()
                self._failed = False
            except (OSError, HTTPFailure, ValueError, AttributeError, jwt.PyJWTError) as error:
                log.warning("no keys from %s: %r", self._url, error)
            finally:
                self._tried = monotonic()

    def _fetch(self) -> dict[str, object]:
        with urlopen(self._url, timeout=FETCH_TIMEOUT) as response:
            return json.loads(response.read(1_000_000))


class Verifier:
    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._keys = Keys(settings.jwks_url)

    async def subject(self, token: str) -> str:
        """The user's id, if the token is valid."""
        header = jwt.get_unverified_header(token)
        if header["alg"] not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        key = await self._keys.get(header.get("kid", ""))
        if key is None:
            raise jwt.InvalidKeyError
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self._issuer,
            audience=self._audience,
            leeway=CLOCK_SKEW,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        if not claims["sub"]:
            raise InvalidSubjectError
        return claims["sub"]


async def current_user(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> str:
    if credentials is None:
        raise HTTPException(401, "a bearer token is required", {"WWW-Authenticate": "Bearer"})
    try:
        return await request.app.state.verifier.subject(credentials.credentials)
    except jwt.PyJWTError as error:
        # The kind of error alone: its text may quote the token.
        challenge = f'Bearer error="invalid_token", error_description="{type(error).__name__}"'
        raise HTTPException(401, "the token is not valid", {"WWW-Authenticate": challenge}) from error


User = Annotated[str, Depends(current_user)]
