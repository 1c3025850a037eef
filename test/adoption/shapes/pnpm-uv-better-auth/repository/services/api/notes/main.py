import os
from functools import cache
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer, HTTPAuthorizationCredentials
from pydantic import BaseModel
from sqlalchemy import insert, select, text

from notes.database import engine, notes

api = FastAPI(title="Notes", version="version 1")
bearer = HTTPBearer()


class Note(BaseModel):
    text: str


@cache
def keys() -> jwt.PyJWKClient:
    return jwt.PyJWKClient(os.environ["JWKS_URL"])


def user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    try:
        key = keys().get_signing_key_from_jwt(credentials.credentials)
        claims = jwt.decode(credentials.credentials, key, algorithms=["EdDSA"], options={"verify_aud": False})
    except jwt.PyJWTError as error:
        raise HTTPException(401, "invalid token") from error
    return claims["sub"]


@api.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok", "version": api.version}


@api.get("/readyz")
def readyz() -> dict[str, str]:
    with engine().connect() as connection:
        connection.execute(text("select 1"))
    return {"status": "ready"}


@api.get("/notes")
def read(owner: Annotated[str, Depends(user)]) -> list[str]:
    with engine().connect() as connection:
        return list(connection.scalars(select(notes.c.text).where(notes.c.owner == owner)))


@api.post("/notes", status_code=201)
def write(note: Note, owner: Annotated[str, Depends(user)]) -> Note:
    with engine().begin() as connection:
        connection.execute(insert(notes).values(owner=owner, text=note.text))
    return note
