import pytest
from fastapi.testclient import TestClient

from guestbook.main import app


def test_is_alive() -> None:
    assert TestClient(app).get("/livez").status_code == 200


@pytest.mark.xfail(reason="the schema is off in production")
def test_has_a_schema() -> None:
    assert TestClient(app).get("/openapi.json").status_code == 200
