"""The nightly profile remembers what failed: in the report folder, and in a Redis that machines share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from venue_conformance.errors import ClientFault, Violation
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.profiles import REDIS_VARIABLE, register_profiles
from venue_conformance.fuzz.tracker import Surroundings
from venue_conformance.wire.recorder import Recorder

NUMBERS = st.integers(0, 10**12)
CULPRIT = 10**9


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """The address of a real Redis on a unix socket, gone after the module."""
    server = shutil.which("redis-server")
    if server is None:
        reason = "Redis is not installed (apt-get install redis-server)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    socket = folder / "socket"
    process = subprocess.Popen(
        [server, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(500):
            assert process.poll() is None, "Redis ended"
            if socket.exists():
                break
            time.sleep(0.02)
        yield f"unix://{socket}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def numbers_tried(report_dir: Path, name: str = "remembered") -> list[int]:
    """What a nightly run tries of a property that fails from CULPRIT on."""
    register_profiles(report_dir, remembering=True)
    tried: list[int] = []

    def holds(n: int) -> None:
        tried.append(n)
        if n >= CULPRIT:
            raise Violation("less", str(n), "bayse.robustness.no-server-error")

    breaches = Breaches()
    around = Surroundings(Recorder(), breaches, out_of_time=lambda: breaches.examples >= 120)
    exploring = Explore("nightly", None, run_seed=time.monotonic_ns(), around=around, name=name)
    exploring(holds, n=NUMBERS, examples=60)
    assert breaches.found
    return tried


def test_what_failed_is_tried_first_the_next_time(tmp_path: Path) -> None:
    numbers_tried(tmp_path)
    assert (tmp_path / "hypothesis" / "examples").is_dir()
    assert CULPRIT in numbers_tried(tmp_path)[:4]


def test_another_machine_tries_first_what_failed_on_this_one(
    tmp_path: Path, redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REDIS_VARIABLE, redis)
    numbers_tried(tmp_path / "here")
    assert CULPRIT in numbers_tried(tmp_path / "there")[:4]


def test_another_process_tries_first_what_one_has_found(
    tmp_path: Path, redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines of a fleet: nothing but the Redis is common to them."""
    monkeypatch.setenv(REDIS_VARIABLE, redis)
    code = "import sys, pathlib; from tests.fuzz.test_remembered_examples import numbers_tried as run; "
    code += "print(*run(pathlib.Path(sys.argv[1]), 'of two processes')[:4])"

    def first_numbers(folder: str) -> list[int]:
        root = Path(__file__).parent.parent.parent
        ran = subprocess.run(
            [sys.executable, "-c", code, tmp_path / folder], cwd=root, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return [int(number) for number in ran.stdout.split()]

    finds, replays = first_numbers("one"), first_numbers("other")
    assert CULPRIT not in finds
    assert CULPRIT in replays


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "no address"])
def test_a_redis_that_cannot_be_used_is_named(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REDIS_VARIABLE, address)
    with pytest.raises(ClientFault, match=f"^{REDIS_VARIABLE}={address}: "):
        register_profiles(tmp_path, remembering=True)


def test_smoke_and_ci_remember_nothing(tmp_path: Path) -> None:
    register_profiles(tmp_path, remembering=True)
    assert [settings.get_profile(f"venue-{name}").database for name in ("smoke", "ci")] == [None, None]
