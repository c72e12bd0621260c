"""The GitLab component, the example Jenkinsfile and the image: what is inside of them runs, and does what it says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.ci.runner import Runner
from tests.ci.scripts import ROOT, gitlab_jobs, jenkins_steps
from venue_conformance.contract.resources import resources_root


@pytest.fixture
def repository(tmp_path: Path) -> Runner:
    """A repository whose document is changed against its first commit."""
    runner = Runner(tmp_path)
    text = (resources_root() / "specs" / "bayse" / "openapi.yaml").read_text(encoding="utf-8")
    (runner.work / "api").mkdir()
    (runner.work / "api" / "openapi.yaml").write_text(text, encoding="utf-8")
    for command in ("init -q -b main", "add .", "-c user.name=x -c user.email=x@y commit -qm first"):
        subprocess.run(["git", *command.split()], cwd=runner.work, check=True)
    (runner.work / "api" / "openapi.yaml").write_text(text.replace("maxItems: 100", "maxItems: 50"), encoding="utf-8")
    return runner


def test_gitlab_compares_with_the_target_branch(repository: Runner) -> None:
    [script] = gitlab_jobs()["venue-conformance-diff"]["script"]
    given = {"VENUE": "bayse", "DOCUMENT": "api/openapi.yaml", "FAIL_ON": "breaking"}
    done = repository.run(script, **given, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD")
    assert done.returncode == 1, done.stderr
    assert "orderIds: maxItems 100 → 50" in done.stdout
    assert "**breaking**" in (repository.work / "conformance-diff" / "changes.md").read_text(encoding="utf-8")
    repository.install('printf "%s\\n" "$@" > calls')
    assert repository.run(script, **given, CI_MERGE_REQUEST_DIFF_BASE_SHA="0" * 40).returncode == 0
    called = (repository.work / "calls").read_text().splitlines()
    assert "--old" not in called, "without an older one it is held against ours"


def test_gitlab_judges(repository: Runner) -> None:
    repository.install('printf "%s\\n" "$@" > calls; exit 3')
    [script] = gitlab_jobs()["venue-conformance-run"]["script"]
    assert repository.run(script, TARGET="a b.toml", BASELINE="").returncode == 3
    called = (repository.work / "calls").read_text().splitlines()
    assert called == ["run", "--target", "a b.toml", "--report-dir", "conformance-report"]


def test_gitlab_scripts_take_inputs_through_variables_alone() -> None:
    for name, job in gitlab_jobs().items():
        assert all("$[[" not in script for script in job["script"]), name
        assert job["artifacts"]["when"] == "always"


def test_jenkins_compares_with_the_target_branch(repository: Runner) -> None:
    (repository.work / ".venv" / "bin").mkdir(parents=True)
    (repository.work / ".venv" / "bin" / "venue-conformance").symlink_to(repository.folder / "bin/venue-conformance")
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=repository.work, check=True)
    [script] = [each for each in jenkins_steps() if "diff" in each]
    done = repository.run(script, VENUE="bayse", DOCUMENT="api/openapi.yaml", CHANGE_TARGET="main")
    assert done.returncode == 1, done.stderr
    assert "1 breaking" in done.stdout


def test_image_has_two_stages_and_a_user_with_a_number() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert len(re.findall(r"^FROM ", text, flags=re.MULTILINE)) == 2
    user = re.search(r"^USER (\d+):\d+$", text, flags=re.MULTILINE)
    assert user
    assert user[1] != "0"
    copied = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied[0] == "*", "nothing but what is named gets into the image"
    for name in ("src", "specs", "suites", "fixtures", "conftest.py", "pyproject.toml", "README.md", "LICENSE"):
        assert f"!{name}" in copied
        assert (ROOT / name).exists()
