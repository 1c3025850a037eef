from fastapi.testclient import TestClient

from prices.app import app


def test_converts() -> None:
    assert TestClient(app).get("/api/v1/price", params={"amount": 2, "currency": "USD"}).json() == 2.16


def test_knows_no_other_currency() -> None:
    assert TestClient(app).get("/api/v1/price", params={"amount": 2, "currency": "XXX"}).status_code == 404
