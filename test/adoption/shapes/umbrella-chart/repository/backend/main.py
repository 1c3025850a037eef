from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Base, Book, engine

VERSION = "version 1"


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    Base.metadata.create_all(engine)
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
def about() -> dict[str, str]:
    return {"name": "library", "version": VERSION}


@app.get("/books")
def books() -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(Book.title).order_by(Book.id)))
