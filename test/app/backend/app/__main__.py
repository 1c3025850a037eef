"""`python -m app` serves until SIGTERM, then finishes what is in flight."""

import os

import uvicorn

from app.main import create_app
from app.settings import Settings

uvicorn.run(
    create_app(Settings.from_environment()),
    host="0.0.0.0",
    port=int(os.environ.get("PORT", "8000")),
    access_log=False,
    server_header=False,
    # Longer than the clients' own, so that never the server closes a connection that one of them is about to use.
    timeout_keep_alive=75,
    timeout_graceful_shutdown=10,
)
