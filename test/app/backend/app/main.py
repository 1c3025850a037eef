"""The application: health, tasks, and what a caller is told while a dependency is away."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from app.auth import KeysUnavailable, Verifier
from app.database import DatabaseUnavailable, open_database
from app.settings import Settings
from app.tasks import router

HEALTH_TIMEOUT = 1.0

log = logging.getLogger("uvicorn.error")


def create_app(settings: Settings) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.verifier = Verifier(settings)
        async with open_database(settings.database_url) as app.state.database:
            yield

    app = FastAPI(title="backend", lifespan=lifespan, openapi_url=None, max_body_size=16_384)
    app.include_router(router)
    app.add_api_route("/health", health)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(DatabaseUnavailable, unavailable("the database is not available"))
    app.add_exception_handler(KeysUnavailable, unavailable("the keys to check tokens with are not available"))
    return app


async def health(request: Request, check: Literal["database"] | None = None) -> dict[str, str]:
    """Without a query about the process alone (liveness), with it about the database too (readiness)."""
    if check == "database":
        await request.app.state.database.fetch("SELECT 1", timeout=HEALTH_TIMEOUT)
    return {"status": "ok"}


async def invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    # FastAPI's own answer quotes the input, which fails on what UTF-8 cannot hold ("\ud800").
    return JSONResponse({"detail": [{key: each[key] for key in ("loc", "msg", "type")} for each in error.errors()]}, 422)


def unavailable(detail: str) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def handler(request: Request, error: Exception) -> JSONResponse:
        log.warning("503: %r", error)
        return JSONResponse({"detail": detail}, 503, {"Retry-After": "1"})

    return handler
