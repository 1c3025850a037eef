import pytest
from fastapi.testclient import TestClient

from app import main
from tests.conftest import BreakableWay

READY = "/health?check=database"


def test_it_is_healthy_and_ready(client: TestClient) -> None:
    for path in ["/health", READY]:
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_without_the_database_it_is_healthy_but_not_ready(client: TestClient, way: BreakableWay) -> None:
    way.close()
    assert client.get("/health").status_code == 200
    assert client.get(READY).status_code == 503


def test_it_is_ready_again_after_a_restart_of_the_database(client: TestClient, way: BreakableWay) -> None:
    assert client.get(READY).status_code == 200
    way.close()
    assert client.get(READY).status_code == 503
    way.open()
    assert client.get(READY).status_code == 200


def test_a_database_that_does_not_answer_is_not_waited_for(
    client: TestClient, way: BreakableWay, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get(READY).status_code == 200
    way.block()
    monkeypatch.setattr(main, "HEALTH_TIMEOUT", 0.2)
    # The way stays blocked: that there is an answer shows that the wait is bounded.
    assert client.get(READY).status_code == 503
    assert client.get("/health").status_code == 200


def test_an_unknown_check_is_refused(client: TestClient) -> None:
    assert client.get("/health?check=databse").status_code == 422
