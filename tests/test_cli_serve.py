"""``venue-conformance serve --store``: a reference venue on a real database, and what is said when that cannot be."""

from __future__ import annotations

import http.client
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.support import run_command as run_here
from tests.command import run_command, start_command
from tests.reference.postgres import PrivatePostgres, private_postgres
from tests.reference.predictstreet import Partner
from venue_conformance.target.file import load_target
from venue_conformance.venues.predictstreet import VENUE

SECRET = "s3cr3t"


@pytest.fixture(scope="module")
def database() -> Iterator[PrivatePostgres]:
    with private_postgres() as running:
        yield running


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Partner]:
    """A venue that the command serves, until it is asked to end; it has to end well."""
    file = folder / "target.toml"
    serving = start_command(folder, "serve", "predictstreet", *options, "--write-target", file)
    try:
        deadline = time.monotonic() + 20
        while not file.exists() and serving.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert file.exists(), serving.communicate()
        target = load_target(file, {"predictstreet": VENUE.credentials})
        with httpx.Client(base_url=target.base_url, trust_env=False, timeout=20) as http:
            yield Partner(http, dict(target.credentials))
        serving.send_signal(signal.SIGTERM)
        output, errors = serving.communicate(timeout=20)
        assert (serving.returncode, errors) == (0, "")
        assert SECRET not in output
    finally:
        serving.kill()
        serving.wait()


def ask(database: PrivatePostgres, statement: str) -> list[tuple[Any, ...]]:
    """What a statement answers; there is a database, so its driver is there as well."""
    import psycopg

    with psycopg.connect(database.address, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def schemas(database: PrivatePostgres) -> list[str]:
    return [name for (name,) in ask(database, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'predictstreet%'")]


def test_orders_are_kept_in_the_database_while_it_serves(tmp_path: Path, database: PrivatePostgres) -> None:
    with served(tmp_path, "--store", database.address) as partner:
        orders = partner.orders(3)
        assert partner.cancel(orders[:2]).json() == {"cancelled": orders[:2], "notCancelled": {}}
        [schema] = schemas(database)
        kept = ask(database, f"SELECT id, status FROM {schema}.orders ORDER BY number")  # noqa: S608
        assert kept == list(zip(orders, ["CANCELLED", "CANCELLED", "OPEN"], strict=True))
    assert schemas(database) == []


def test_a_mutant_is_served_on_the_database_as_well(tmp_path: Path, database: PrivatePostgres) -> None:
    with served(tmp_path, "--store", database.address, "--mutant", "commits-each-id") as partner:
        orders = partner.orders(2)
        before = len(database.statements())
        assert partner.cancel(orders).json()["cancelled"] == orders
        assert database.statements()[before:].count("COMMIT") == 2


def test_memory_is_the_default_and_can_be_named(tmp_path: Path) -> None:
    with served(tmp_path, "--store", "memory") as partner:
        assert partner.cancel(partner.orders(1)).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (("bayse", "--store", f"postgresql://me:{SECRET}@localhost/db"), "bayse keeps its orders in memory"),
        (("arcus", "--store", "memory"), "arcus keeps its orders in memory"),
        (("predictstreet", "--store", f"mysql://me:{SECRET}@localhost/db"), "postgresql://"),
        (("predictstreet", "--store", f"postgresql://me:{SECRET}@127.0.0.1:1/db"), "Connection refused"),
        (("predictstreet", "--store", "postgresql://me@/db?host=/nonexistent"), "No such file or directory"),
        # What is not written as an address wants it is taken for something else, and must not be told for that.
        (("predictstreet", "--store", f"postgresql://me:a@{SECRET}@127.0.0.1:1/db"), "%40"),
        (("predictstreet", "--store", f"postgresql://me:a/{SECRET}@127.0.0.1:1/db"), "%2F"),
        (("predictstreet", "--store", f"postgresql://me:{SECRET}%zz@127.0.0.1:1/db"), "%25"),
        (("predictstreet", "--store", f"postgresql://me:{SECRET}/db"), "cannot be read"),
    ],
)
@pytest.mark.usefixtures("database")
def test_a_store_that_cannot_be_is_told_in_one_line(tmp_path: Path, arguments: tuple[str, ...], reported: str) -> None:
    done = run_command(tmp_path, "serve", *arguments)
    assert done.status == 2
    assert done.output == ""
    assert done.errors.count("\n") == 1
    assert done.errors.startswith("error: --store: ")
    assert reported in done.errors
    assert SECRET not in done.errors


def test_a_database_in_which_nothing_may_be_made(tmp_path: Path, database: PrivatePostgres) -> None:
    ask(database, "CREATE ROLE reader LOGIN")
    done = run_command(tmp_path, "serve", "predictstreet", "--store", database.address.replace("postgres@", "reader@"))
    assert done.status == 2
    assert done.errors.count("\n") == 1
    assert "permission denied" in done.errors


def test_a_driver_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('not here')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = run_command(tmp_path, "serve", "predictstreet", "--store", "postgresql://localhost/db")
    assert done.status == 2
    assert done.errors.count("\n") == 1
    assert "venue-conformance[postgres]" in done.errors


def test_the_help_says_where_orders_can_be_kept(tmp_path: Path) -> None:
    assert "--store ADDRESS" in run_command(tmp_path, "serve", "--help").output


def test_a_staged_venue_is_served_by_hand(tmp_path: Path) -> None:
    (tmp_path / "steps.yaml").write_text("- do: answer\n  status: 503\n")
    process = start_command(
        tmp_path, "serve", "bayse", "--step", "steps.yaml", "--explain", "--write-target", tmp_path / "target.toml"
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert "staged: answer 503" in first
        address = first.split()[2].rstrip(",").removeprefix("http://")
        statuses = []
        for _ in range(2):
            connection = http.client.HTTPConnection(address, timeout=5)
            connection.request("DELETE", "/v1/pm/orders/batch", b"{}")
            statuses.append(connection.getresponse().status)
            connection.close()
        assert statuses == [503, 401]
        process.terminate()
        told, _ = process.communicate(timeout=10)
        assert "the script: answer 503" in told
        assert "header x-public-key is missing" in told
        assert process.returncode == 0
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bayse", "--step", "{do: explode}"], "do is one of"),
        (["bayse", "--step", "3"], "a list of steps is expected"),
        (["bayse", "--step", "{do: pass, events: [CANCELED]}"], "belong to do: channel"),
        (["bayse", "--step", "{do: channel}"], "this venue has no channel"),
        (["arcus", "--step", "{do: channel, events: [{order: 0}]}"], "the status of an event is one of"),
    ],
)
def test_what_cannot_be_staged_is_named(tmp_path: Path, arguments: list[str], says: str) -> None:
    ended = run_here(tmp_path, "serve", *arguments)
    assert ended.status == 2
    assert says in ended.errors
