import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.migrate import migrate
from app.settings import database_location
from tests.conftest import BreakableWay, sql


def start(url: str, wait: str = "60") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.migrate"],
        env={**os.environ, "DATABASE_URL": url, "MIGRATE_WAIT": wait},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_parallel_runs_apply_each_file_once(empty_database: str) -> None:
    runs = [start(empty_database) for _ in range(3)]
    output = "".join(run.communicate()[0] for run in runs)
    assert [run.returncode for run in runs] == [0, 0, 0], output
    assert output.count("applied 0001_tasks.sql") == 1
    assert output.count("is up to date") == 3
    assert sql(empty_database, "SELECT * FROM backend.tasks") == []


def test_a_run_with_nothing_to_do_changes_nothing(database: str) -> None:
    before = sql(database, "SELECT * FROM backend.migrations")
    asyncio.run(migrate(database, wait=0))
    assert before and sql(database, "SELECT * FROM backend.migrations") == before


def test_a_database_that_comes_late_is_waited_for(empty_database: str) -> None:
    way = BreakableWay(empty_database)
    way.close()
    run = start(way.url)
    assert run.poll() is None
    way.open()
    output, _ = run.communicate()
    way.close()
    assert run.returncode == 0, output


def test_a_database_that_never_comes_is_named_without_its_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        run = start(f"postgresql://app:s3cret@127.0.0.1:{port}/app", wait="0.1")
        output, _ = run.communicate()
    assert run.returncode == 1
    assert f"waited 0.1 s for the database at 127.0.0.1:{port}/app" in output
    assert "s3cret" not in output


@pytest.mark.parametrize("password", ["s3/cret", "s3?cret", "s3#cret", "[s3cret", "1/cret"])
def test_a_malformed_url_is_said_without_its_password(password: str) -> None:
    with pytest.raises(SystemExit, match="^DATABASE_URL is not of the form [^3]*$"):
        database_location(f"postgresql://app:{password}@127.0.0.1/app")


def test_a_file_that_fails_takes_the_others_back(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "0001_good.sql").write_text("CREATE TABLE backend.good ();")
    (tmp_path / "0002_bad.sql").write_text("CREATE TABLE backend.bad ();\nSELEC 1;")
    with pytest.raises(SystemExit, match='0002_bad.sql failed, nothing was changed: syntax error at or near "SELEC"'):
        asyncio.run(migrate(empty_database, 0, tmp_path))
    assert sql(empty_database, "SELECT * FROM pg_tables WHERE schemaname = 'backend'") == []
    (tmp_path / "0002_bad.sql").write_text("CREATE TABLE backend.fixed ();")
    asyncio.run(migrate(empty_database, 0, tmp_path))
    assert sql(empty_database, "SELECT * FROM backend.good, backend.fixed") == []


def test_an_applied_file_must_not_change(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE backend.first ();")
    asyncio.run(migrate(empty_database, 0, tmp_path))
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE backend.first (id int);")
    with pytest.raises(SystemExit, match="0001_first.sql was edited"):
        asyncio.run(migrate(empty_database, 0, tmp_path))


def test_an_older_release_runs_on_a_newer_schema(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE backend.first ();")
    (tmp_path / "0002_second.sql").write_text("CREATE TABLE backend.second ();")
    asyncio.run(migrate(empty_database, 0, tmp_path))
    (tmp_path / "0002_second.sql").unlink()
    asyncio.run(migrate(empty_database, 0, tmp_path))
    assert sql(empty_database, "SELECT name FROM backend.migrations ORDER BY name")[1]["name"] == "0002_second.sql"
