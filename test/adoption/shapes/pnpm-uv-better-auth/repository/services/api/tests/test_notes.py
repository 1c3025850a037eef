import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient

from notes.main import api, user


@pytest.fixture(scope="session", autouse=True)
def tables() -> None:
    command.upgrade(Config("alembic.ini"), "head")


def test_a_note_is_kept() -> None:
    api.dependency_overrides[user] = lambda: "somebody"
    client = TestClient(api)
    assert client.post("/notes", json={"text": "milk"}).status_code == 201
    assert "milk" in client.get("/notes").json()


def test_a_stranger_is_refused() -> None:
    api.dependency_overrides.clear()
    assert TestClient(api).get("/notes").status_code in (401, 403)
