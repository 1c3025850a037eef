"""The signed-in user's own tasks. What belongs to others does not exist here."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from app.auth import User
from app.database import Database

COLUMNS = "id, title, done, created_at"

# PostgreSQL's text holds everything but NUL.
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]

def get_database(request: Request) -> Database:
    return request.app.state.database


AppDatabase = Annotated[Database, Depends(get_database)]


class NewTask(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Title


class TaskChange(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Title | None = None
    done: bool | None = None


class Task(BaseModel):
    id: UUID
    title: str
    done: bool
    created_at: datetime


router = APIRouter(prefix="/api/tasks")


@router.get("")
async def list_tasks(user: User, database: AppDatabase) -> list[Task]:
    query = f"SELECT {COLUMNS} FROM backend.tasks WHERE owner = $1 ORDER BY created_at DESC, id LIMIT 500"
    return [Task(**row) for row in await database.fetch(query, user)]


@router.post("", status_code=201)
async def add_task(user: User, task: NewTask, database: AppDatabase) -> Task:
    query = f"INSERT INTO backend.tasks (owner, title) VALUES ($1, $2) RETURNING {COLUMNS}"
    return only_task(await database.fetch(query, user, task.title))


@router.get("/{task_id}")
async def get_task(user: User, task_id: UUID, database: AppDatabase) -> Task:
    query = f"SELECT {COLUMNS} FROM backend.tasks WHERE owner = $1 AND id = $2"
    return only_task(await database.fetch(query, user, task_id))


@router.patch("/{task_id}")
async def change_task(user: User, task_id: UUID, change: TaskChange, database: AppDatabase) -> Task:
    query = f"""
        UPDATE backend.tasks SET title = coalesce($3, title), done = coalesce($4, done)
        WHERE owner = $1 AND id = $2 RETURNING {COLUMNS}
    """
    return only_task(await database.fetch(query, user, task_id, change.title, change.done))


@router.delete("/{task_id}", status_code=204)
async def delete_task(user: User, task_id: UUID, database: AppDatabase) -> None:
    query = f"DELETE FROM backend.tasks WHERE owner = $1 AND id = $2 RETURNING {COLUMNS}"
    only_task(await database.fetch(query, user, task_id))


def only_task(rows: list[asyncpg.Record]) -> Task:
    if not rows:
        raise HTTPException(404, "no such task")
    return Task(**rows[0])
