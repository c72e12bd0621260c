"""The wheel starts where people start it from: uvx, pipx, and the first step of the action."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.runner import Runner
from tests.ci.scripts import ROOT, action_steps

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.parametrize(
    "command", ["uvx --from {wheel} venue-conformance", "pipx run --spec {wheel} venue-conformance"]
)
def test_wheel_starts(command: str, wheel: Path, tmp_path: Path) -> None:
    words = command.format(wheel=wheel).split()
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run(
        [*words, "clauses", "bayse"], capture_output=True, text=True, timeout=1800, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "idempotency" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_action_installs_what_it_is_pinned_to(tmp_path: Path) -> None:
    runner = Runner(tmp_path, seconds=1800)
    shutil.rmtree(tmp_path / "temp" / "venue-conformance")
    done = runner.run(action_steps()["install"], SOURCE=str(ROOT))
    assert done.returncode == 0, done.stderr
    installed = tmp_path / "temp" / "venue-conformance"
    version = subprocess.run(
        [installed / "bin/venue-conformance", "--version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.startswith("venue-conformance ")
    assert list(installed.glob("lib/*/site-packages/venue_conformance/**/*.pyc"))
