import os

import psycopg
from fastapi import FastAPI

VERSION = "version 1"
app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok", "version": VERSION}


@app.get("/tasks")
def tasks() -> list[str]:
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
        return [title for (title,) in connection.execute("select title from tasks order by id")]
