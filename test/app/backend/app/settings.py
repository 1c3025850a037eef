"""What differs between environments, from environment variables."""

import os
import sys
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    database_url: str = field(repr=False)
    jwks_url: str
    jwt_issuer: str
    jwt_audience: str

    @classmethod
    def from_environment(cls) -> "Settings":
        names = ["DATABASE_URL", "JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"]
        if missing := [name for name in names if not os.environ.get(name)]:
            sys.exit(f"missing in the environment: {', '.join(missing)}")
        database_location(os.environ["DATABASE_URL"])
        return cls(**{name.lower(): os.environ[name] for name in names})


def database_location(url: str) -> str:
    """host:port/name: the part of a database URL that may be shown."""
    try:
        parts = urlsplit(url)
        # An unescaped "/", "?" or "#" in a password shifts everything after it.
        if parts.scheme not in ("postgresql", "postgres") or "@" in parts.path + parts.query + parts.fragment:
            raise ValueError
        return f"{parts.hostname}:{parts.port or 5432}{parts.path}"
    except ValueError:
        sys.exit(
            "DATABASE_URL is not of the form postgresql://user:password@host:port/name"
            " (special characters of the password are percent-encoded)"
        )
