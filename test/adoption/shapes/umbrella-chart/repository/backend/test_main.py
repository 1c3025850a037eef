from fastapi.testclient import TestClient

from main import app


def test_has_no_books_at_first() -> None:
    with TestClient(app) as client:
        assert client.get("/books").json() == []
