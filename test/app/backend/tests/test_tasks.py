import json
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from tests.conftest import BreakableWay, Issuer, bearer, sql


@pytest.fixture
def ada(issuer: Issuer) -> dict[str, str]:
    return bearer(issuer.token(f"ada-{uuid4()}"))


@pytest.fixture
def eve(issuer: Issuer) -> dict[str, str]:
    return bearer(issuer.token(f"eve-{uuid4()}"))


def add(client: TestClient, user: dict[str, str], title: str = "buy milk") -> dict[str, object]:
    answer = client.post("/api/tasks", json={"title": title}, headers=user)
    assert answer.status_code == 201
    return answer.json()


def test_a_task_from_beginning_to_end(client: TestClient, ada: dict[str, str]) -> None:
    task = add(client, ada, "  buy milk ")
    assert task.keys() == {"id", "title", "done", "created_at"}
    assert (task["title"], task["done"]) == ("buy milk", False)
    path = f"/api/tasks/{task['id']}"
    assert client.get(path, headers=ada).json() == task
    assert client.get("/api/tasks", headers=ada).json() == [task]
    assert client.patch(path, json={"done": True}, headers=ada).json() == task | {"done": True}
    renamed = client.patch(path, json={"title": "buy oat milk"}, headers=ada)
    assert renamed.json() == task | {"title": "buy oat milk", "done": True}
    assert client.delete(path, headers=ada).status_code == 204
    assert client.get(path, headers=ada).status_code == 404
    assert client.get("/api/tasks", headers=ada).json() == []


def test_the_newest_task_comes_first(client: TestClient, ada: dict[str, str]) -> None:
    first, second = add(client, ada), add(client, ada)
    assert client.get("/api/tasks", headers=ada).json() == [second, first]


def test_tasks_of_others_do_not_exist(client: TestClient, ada: dict[str, str], eve: dict[str, str]) -> None:
    task = add(client, ada)
    path = f"/api/tasks/{task['id']}"
    assert client.get("/api/tasks", headers=eve).json() == []
    assert client.get(path, headers=eve).status_code == 404
    assert client.patch(path, json={"done": True}, headers=eve).status_code == 404
    assert client.delete(path, headers=eve).status_code == 404
    assert client.get(path, headers=ada).json() == task


@pytest.mark.parametrize(
    "body, wrong",
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"title": 1}, "title"),
        ({"title": "buy milk", "owner": "eve"}, "owner"),
    ],
)
def test_a_task_that_is_none_is_refused(
    client: TestClient, ada: dict[str, str], body: dict[str, object], wrong: str
) -> None:
    json_type = {"Content-Type": "application/json"}
    answer = client.post("/api/tasks", content=json.dumps(body), headers=ada | json_type)
    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [["body", wrong]]
    assert client.get("/api/tasks", headers=ada).json() == []


def test_a_body_without_end_is_refused(client: TestClient, ada: dict[str, str]) -> None:
    assert client.post("/api/tasks", json={"title": "x" * 20_000}, headers=ada).status_code == 413


def test_a_change_with_an_unknown_key_is_refused(client: TestClient, ada: dict[str, str]) -> None:
    path = f"/api/tasks/{add(client, ada)['id']}"
    assert client.patch(path, json={"don": True}, headers=ada).status_code == 422


def test_an_id_that_is_none_is_refused(client: TestClient, ada: dict[str, str]) -> None:
    assert client.get("/api/tasks/1", headers=ada).status_code == 422
    assert client.get(f"/api/tasks/{uuid4()}", headers=ada).status_code == 404


def test_titles_are_data_not_sql(client: TestClient, ada: dict[str, str]) -> None:
    title = "'); DROP TABLE backend.tasks; --"
    assert add(client, ada, title)["title"] == title
    assert len(client.get("/api/tasks", headers=ada).json()) == 1


def test_a_database_that_is_away_is_said_and_overcome(
    client: TestClient, way: BreakableWay, ada: dict[str, str]
) -> None:
    task = add(client, ada)
    way.close()
    answer = client.get("/api/tasks", headers=ada)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    way.open()
    assert client.get("/api/tasks", headers=ada).json() == [task]


def test_connections_that_the_database_ended_are_replaced(
    client: TestClient, database: str, ada: dict[str, str]
) -> None:
    task = add(client, ada)
    ended = sql(
        database,
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert ended
    assert client.get("/api/tasks", headers=ada).json() == [task]


def test_a_statement_that_hangs_is_given_up(
    client: TestClient, way: BreakableWay, ada: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = add(client, ada)
    way.block()
    with monkeypatch.context() as impatient:
        impatient.setattr(Database.fetch, "__kwdefaults__", {"timeout": 0.2})
        assert client.get("/api/tasks", headers=ada).status_code == 503
    way.close()
    way.open()
    assert client.get("/api/tasks", headers=ada).json() == [task]
