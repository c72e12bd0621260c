"""Where the resources are: beside the package in a wheel, at the top of a checkout, or nowhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import venue_conformance.errors
from venue_conformance.contract.resources import resources_root, venue_names

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of what finds the resources, taken out of the checkout."""
    copy = tmp_path / "lib" / "python" / "venue_conformance"
    shutil.copytree(Path(venue_conformance.errors.__file__).parent / "contract", copy / "contract")
    shutil.copy(venue_conformance.errors.__file__, copy / "errors.py")
    (copy / "__init__.py").touch()
    return copy


def ask(package: Path, expression: str) -> subprocess.CompletedProcess[str]:
    code = f"from venue_conformance.contract import resources; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def lay_out(resources: Path, *folders: str) -> None:
    for folder in folders:
        (resources / folder).mkdir(parents=True)


def test_in_a_checkout_it_is_the_top() -> None:
    assert resources_root() == ROOT
    assert (resources_root() / "conftest.py").is_file()


def test_venues_have_a_contract_and_a_suite() -> None:
    names = venue_names()
    assert names == sorted(names)
    assert "bayse" in names
    assert "shared" not in names
    for name in names:
        assert (ROOT / "specs" / name / "clauses.yaml").is_file()
        assert list((ROOT / "suites" / name).glob("test_*.py"))


def test_in_a_wheel_they_lie_in_the_package(package: Path) -> None:
    lay_out(package / "_kit", "specs", "suites")
    # What happens to lie two folders above site-packages is somebody else's.
    lay_out(package.parents[1], "specs", "suites")
    assert ask(package, "resources.resources_root()").stdout.strip() == str(package / "_kit")


def test_a_venue_without_a_suite_or_a_contract_is_none(package: Path) -> None:
    lay_out(package / "_kit", "specs/alpha", "specs/beta", "specs/gamma", "suites/alpha", "suites/gamma", "suites/x")
    for venue in ("alpha", "beta"):
        (package / "_kit" / "specs" / venue / "clauses.yaml").touch()
    (package / "_kit" / "specs" / "conformance.schema.json").touch()
    assert ask(package, "resources.venue_names()").stdout.strip() == "['alpha']"


def test_when_it_is_nowhere_both_places_are_named(package: Path) -> None:
    answer = ask(package, "resources.resources_root()")
    assert answer.returncode == 1
    assert f"neither {package / '_kit'} nor {package.parents[1]} holds the suites" in answer.stderr
