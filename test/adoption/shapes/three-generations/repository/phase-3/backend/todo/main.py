import os

from fastapi import FastAPI

VERSION = "version 1"
app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok", "version": VERSION}


@app.get("/tasks")
def tasks() -> list[str]:
    return os.environ.get("TASKS", "").split(",")
