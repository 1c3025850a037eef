import json
import time
from base64 import urlsafe_b64encode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from fastapi.testclient import TestClient

from app import auth
from tests.conftest import Issuer, bearer, jwk


def status(client: TestClient, token: str) -> int:
    return client.get("/api/tasks", headers=bearer(token)).status_code


def reason(client: TestClient, token: str) -> str:
    """Why a token is refused; every refusal is a 401 with a challenge."""
    answer = client.get("/api/tasks", headers=bearer(token))
    assert answer.status_code == 401
    start, _, description = answer.headers["WWW-Authenticate"].partition(", error_description=")
    assert start == 'Bearer error="invalid_token"'
    return description.strip('"')


def test_a_token_of_the_issuer_is_accepted(client: TestClient, issuer: Issuer) -> None:
    assert status(client, issuer.token()) == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YWRhOmE="}, {"Authorization": "Bearer"}])
def test_without_a_token_there_is_a_challenge(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.get("/api/tasks", headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("method, path", [("POST", ""), ("GET", "/1"), ("PATCH", "/1"), ("DELETE", "/1")])
def test_no_route_does_without_a_token(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, f"/api/tasks{path}").status_code == 401


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"exp": int(time.time()) - 60}, "ExpiredSignatureError"),
        ({"nbf": int(time.time()) + 3600}, "ImmatureSignatureError"),
        ({"aud": "https://other.example"}, "InvalidAudienceError"),
        ({"iss": "https://other.example"}, "InvalidIssuerError"),
        ({"exp": None}, "MissingRequiredClaimError"),
        ({"aud": None}, "MissingRequiredClaimError"),
        ({"iss": None}, "MissingRequiredClaimError"),
        ({"sub": None}, "MissingRequiredClaimError"),
        ({"sub": ""}, "InvalidSubjectError"),
        ({"sub": 1}, "InvalidSubjectError"),
    ],
)
def test_claims_are_checked(client: TestClient, issuer: Issuer, changes: dict[str, object], why: str) -> None:
    assert reason(client, issuer.token(**changes)) == why


def test_a_signature_of_another_key_is_refused(client: TestClient, issuer: Issuer) -> None:
    forged = jwt.encode(issuer.claims(), Ed25519PrivateKey.generate(), "EdDSA", {"kid": issuer.kid})
    assert reason(client, forged) == "InvalidSignatureError"


def test_claims_changed_after_signing_are_refused(client: TestClient, issuer: Issuer) -> None:
    header, _, signature = issuer.token("eve").split(".")
    claims = issuer.token("ada").split(".")[1]
    assert reason(client, f"{header}.{claims}.{signature}") == "InvalidSignatureError"


def test_unsigned_tokens_are_refused(client: TestClient, issuer: Issuer) -> None:
    assert reason(client, jwt.encode(issuer.claims(), None, "none", {"kid": issuer.kid})) == "InvalidAlgorithmError"


def test_the_public_key_is_no_shared_secret(client: TestClient, issuer: Issuer) -> None:
    public = jwk(issuer.key)["x"].encode()
    assert reason(client, jwt.encode(issuer.claims(), public, "HS256", {"kid": issuer.kid})) == "InvalidAlgorithmError"


def test_a_published_key_of_another_algorithm_is_refused(client: TestClient, issuer: Issuer) -> None:
    key = generate_private_key(65537, 2048)
    public = jwt.get_algorithm_by_name("RS256").to_jwk(key.public_key(), as_dict=True)
    issuer.publish({**jwk(issuer.key), "kid": issuer.kid}, {**public, "kid": "rsa"})
    assert status(client, issuer.token()) == 200
    assert reason(client, jwt.encode(issuer.claims(), key, "RS256", {"kid": "rsa"})) == "InvalidAlgorithmError"
    # Nor does the name of the right algorithm help.
    header = urlsafe_b64encode(json.dumps({"alg": "EdDSA", "kid": "rsa"}).encode()).decode().rstrip("=")
    assert reason(client, f"{header}.{issuer.token().partition('.')[2]}") == "InvalidAlgorithmError"


def test_a_token_without_kid_is_refused(client: TestClient, issuer: Issuer) -> None:
    assert reason(client, jwt.encode(issuer.claims(), issuer.key, "EdDSA")) == "InvalidKeyError"


@pytest.mark.parametrize("token", ["a", "a.b.c", "…", urlsafe_b64encode(b"[" * 40_000).decode() + ".e30."])
def test_what_is_no_token_is_refused(client: TestClient, token: str) -> None:
    answer = client.get("/api/tasks", headers={"Authorization": f"Bearer {token}".encode()})
    assert answer.status_code == 401


def test_keys_are_fetched_once(client: TestClient, issuer: Issuer) -> None:
    for user in ["ada", "eve", "ada"]:
        assert status(client, issuer.token(user)) == 200
    assert issuer.requests == 1


@pytest.mark.usefixtures("no_interval")
def test_a_new_key_is_found_and_the_old_one_gone(client: TestClient, issuer: Issuer) -> None:
    old = issuer.token()
    assert status(client, old) == 200
    issuer.rotate()
    assert status(client, issuer.token()) == 200
    assert reason(client, old) == "InvalidKeyError"


def test_made_up_kids_do_not_hammer_the_issuer(
    client: TestClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "FETCH_INTERVAL", 3600)
    for number in range(50):
        token = jwt.encode(issuer.claims(), issuer.key, "EdDSA", {"kid": f"made-up-{number}"})
        assert reason(client, token) == "InvalidKeyError"
    assert status(client, issuer.token()) == 200
    assert issuer.requests == 1


@pytest.mark.usefixtures("no_interval")
@pytest.mark.parametrize(
    "status_code, document",
    [(500, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b'{"keys": []}'), (200, b'{"keys": [{"kty": "OKP"}]}')],
)
def test_without_keys_nothing_is_said_about_a_token(
    client: TestClient, issuer: Issuer, status_code: int, document: bytes
) -> None:
    keys, issuer.status, issuer.document = issuer.document, status_code, document
    answer = client.get("/api/tasks", headers=bearer(issuer.token()))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    issuer.status, issuer.document = 200, keys
    assert status(client, issuer.token()) == 200


def test_an_issuer_that_is_not_there_is_said(client: TestClient, issuer: Issuer) -> None:
    issuer.close()
    assert status(client, issuer.token()) == 503
    assert client.get("/api/tasks").status_code == 401
    assert reason(client, jwt.encode(issuer.claims(), None, "none", {"kid": issuer.kid})) == "InvalidAlgorithmError"


def test_an_issuer_that_does_not_answer_is_not_waited_for(
    client: TestClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "FETCH_TIMEOUT", 0.2)
    issuer.answering.clear()
    assert status(client, issuer.token()) == 503


@pytest.mark.usefixtures("no_interval")
def test_known_keys_do_while_the_issuer_is_away(
    client: TestClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(client, issuer.token()) == 200
    issuer.status = 500
    monkeypatch.setattr(auth, "REFRESH_AFTER", 0)
    assert status(client, issuer.token()) == 200
    monkeypatch.setattr(auth, "EXPIRE_AFTER", 0)
    assert status(client, issuer.token()) == 503


@pytest.mark.usefixtures("no_interval")
def test_a_key_that_the_issuer_withdrew_is_refused(
    client: TestClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawn = issuer.token()
    assert status(client, withdrawn) == 200
    issuer.rotate()
    assert status(client, withdrawn) == 200
    monkeypatch.setattr(auth, "EXPIRE_AFTER", 0)
    assert reason(client, withdrawn) == "InvalidKeyError"
