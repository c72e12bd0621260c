"""The wheel holds all resources, and runs from wherever its user stands without leaving anything but its report there.

It is installed without its dependencies into a new environment, which borrows those of this one through a .pth file:
no index is needed, and it takes a second. The package itself is not borrowed: this environment knows it through a .pth
file of its own, which Python does not follow from there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[1]
BORROWED = sysconfig.get_path("purelib")
#: Exit status by verdict, as the documentation has it.
STATUS = {"conforms": 0, "violates": 1, "partial": 3, "inconclusive": 3}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("build") is None or importlib.util.find_spec("hatchling") is None,
    reason="the packages build and hatchling are needed",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@dataclass
class Installed:
    """An environment with the wheel; ``before`` is what its site-packages held when nothing had been run."""

    command: Path
    site_packages: Path
    before: dict[str, str]

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        temporary = folder.parent / f"{folder.name}-temporary"
        temporary.mkdir(exist_ok=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
        done = subprocess.run(
            [str(self.command), *arguments],
            cwd=folder,
            env={**kept, "TMPDIR": str(temporary), "HOME": str(temporary)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert listing(temporary) == {}, "what was laid down for a moment is taken away again"
        return done


def listing(folder: Path) -> dict[str, str]:
    """Every file below the folder with a digest of what it holds."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    paths = sysconfig.get_paths("venv", {"base": str(home), "platbase": str(home)})
    site_packages, python = Path(paths["purelib"]), Path(paths["scripts"]) / "python"
    (site_packages / "borrowed.pth").write_text(f"{BORROWED}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    return Installed(Path(paths["scripts"]) / "venue-conformance", site_packages, listing(site_packages))


def files_of(folder: str) -> set[str]:
    found = (ROOT / folder).rglob("*")
    return {str(file.relative_to(ROOT)) for file in found if file.is_file() and "__pycache__" not in file.parts}


@pytest.mark.parametrize("folder", ["specs", "suites", "fixtures", "docs", "reports/sample"])
def test_all_resources_are_inside(contents: set[str], folder: str) -> None:
    expected = {f"venue_conformance/_kit/{name}" for name in files_of(folder)}
    assert {name for name in contents if name.startswith(f"venue_conformance/_kit/{folder}/")} == expected
    assert expected


@pytest.mark.parametrize(
    "name",
    [
        "_kit/conftest.py",
        "_kit/specs/conformance.schema.json",
        "_kit/specs/bayse/clauses.yaml",
        "_kit/fixtures/vectors/bayse.json",
        "report/assets/report.css",
        "report/assets/report.js",
        "py.typed",
    ],
)
def test_what_a_run_needs_is_inside(contents: set[str], name: str) -> None:
    assert f"venue_conformance/{name}" in contents


def test_nothing_else_is_put_on_the_path(contents: set[str]) -> None:
    tops = {name.split("/")[0] for name in contents}
    (metadata,) = tops - {"venue_conformance"}
    assert metadata.endswith(".dist-info")
    assert [name for name in contents if name.endswith(".pyc") or "__pycache__" in name or "/tests/" in name] == []


def require_report(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    file = folder / "conformance.json"
    assert file.is_file(), done.stdout + done.stderr
    report = json.loads(file.read_text("utf-8"))
    schema = json.loads((ROOT / "specs" / "conformance.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    ended = {check["outcome"] for check in report["checks"]}
    assert "passed" in ended
    assert not ended & {"failed", "error", "inconclusive"}
    assert done.returncode == STATUS[report["run"]["verdict"]]
    assert report["target"]["venue"] == "bayse"
    assert report["run"]["requests"] > 0


def test_it_runs_in_an_empty_folder_and_leaves_its_report(installed: Installed, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    done = installed.run(folder, "run", "--venue", "bayse", "--profile", "smoke", "--report-dir", "out")
    require_report(done, folder / "out")
    assert [entry.name for entry in folder.iterdir()] == ["out"]
    assert listing(installed.site_packages) == installed.before


def test_what_lies_where_the_user_stands_makes_no_difference(installed: Installed, tmp_path: Path) -> None:
    folder = tmp_path / "busy"
    broken = "raise RuntimeError('this is not yours')\n"
    for name in (
        "conftest.py",
        "suites/__init__.py",
        "suites/conftest.py",
        "suites/bayse/__init__.py",
        "suites/bayse/test_broken.py",
        "suites/shared/__init__.py",
        "fixtures/__init__.py",
        "fixtures/callers.py",
        "specs/bayse/clauses.yaml",
        "venue_conformance/__init__.py",
        "yaml.py",
        "uvicorn.py",
        "secrets.py",
        "sitecustomize.py",
    ):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(broken)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (folder / "pyproject.toml").write_text("this is no TOML")
    (folder / "schemathesis.toml").write_text("this is no TOML")
    before = listing(folder)
    done = installed.run(folder, "run", "--venue", "bayse", "--profile", "smoke", "--report-dir", "out")
    require_report(done, folder / "out")
    assert {name: digest for name, digest in listing(folder).items() if not name.startswith("out/")} == before
    assert listing(installed.site_packages) == installed.before


def test_bad_usage_leaves_nothing(installed: Installed, tmp_path: Path) -> None:
    folder = tmp_path / "wrong"
    folder.mkdir()
    done = installed.run(folder, "run", "--venue", "baise", "--report-dir", "out")
    assert done.returncode == 2
    assert "bayse" in done.stderr
    assert list(folder.iterdir()) == []
    assert installed.run(folder, "--version").stdout.startswith("venue-conformance ")
