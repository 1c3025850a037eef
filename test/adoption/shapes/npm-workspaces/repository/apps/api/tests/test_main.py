from fastapi.testclient import TestClient

from src.main import app


def test_forecast() -> None:
    assert TestClient(app).get("/forecast").json() == {"fahrenheit": 68}
