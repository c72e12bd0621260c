"""The GitLab component, the example Jenkinsfile and the image: what is inside of them runs, and does what it says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.ci.forge import GITLAB, TOKEN, Forge, forge
from tests.ci.runner import JUDGES, Runner, reports
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
    given = {"VENUE": "bayse", "DOCUMENT": "api/openapi.yaml", "PAGE": "", "FAIL_ON": "breaking"}
    done = repository.run(script, **given, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD")
    assert done.returncode == 1, done.stderr
    assert "orderIds: maxItems 100 → 50" in done.stdout
    written = (repository.work / "conformance-diff" / "document-changes.md").read_text(encoding="utf-8")
    assert "**breaking**" in written
    repository.install('printf "%s\\n" "$@" > calls')
    lost = repository.run(script, **given, CI_MERGE_REQUEST_DIFF_BASE_SHA="0" * 40)
    assert (lost.returncode, "to compare with is not here" in lost.stderr) == (2, True)
    assert not (repository.work / "calls").exists(), "nothing is new only because the older commit is not there"
    (repository.work / "api" / "openapi.yaml").rename(repository.work / "new.yaml")
    new = {**given, "DOCUMENT": "new.yaml"}
    assert repository.run(script, **new, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD").returncode == 0
    called = (repository.work / "calls").read_text().splitlines()
    assert "--old" not in called, "without an older one it is held against ours"


def test_gitlab_compares_pages_with_those_of_the_target_branch(repository: Runner) -> None:
    (repository.work / "page.md").write_text("New", encoding="utf-8")
    [script] = gitlab_jobs()["venue-conformance-diff"]["script"]
    given = {"VENUE": "bayse", "DOCUMENT": "", "PAGE": "api/openapi.yaml", "FAIL_ON": "breaking"}
    repository.install('printf "%s\\n" "$@" > calls; exit 1')
    called = repository.work / "calls"
    assert repository.run(script, **given, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD").returncode == 1
    arguments = ["diff", "bayse", "--page", "conformance-diff/old-openapi.yaml", "api/openapi.yaml", "--report"]
    assert called.read_text().splitlines()[:6] == arguments
    assert repository.run(script, **{**given, "PAGE": "page.md"}, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD").returncode == 1
    assert called.read_text().splitlines()[:5] == ["diff", "bayse", "--page", "page.md", "--report"]


@pytest.fixture
def gitlab() -> Iterator[Forge]:
    """A GitLab with one merge request, which has a hundred notes of people."""
    with forge(GITLAB, comments={number: f"a word {number}" for number in range(1, 101)}) as state:
        yield state


def known(gitlab: Forge) -> dict[str, str]:
    """What the jobs of a merge request know."""
    return {
        "CI_API_V4_URL": gitlab.address,
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "3",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release/1",
        "CI_JOB_NAME": "venue-conformance-run",
        "VENUE": "bayse",
        "VENUE_CONFORMANCE_GITLAB_TOKEN": TOKEN,
    }


def after(repository: Runner, gitlab: Forge, **environment: str) -> subprocess.CompletedProcess[str]:
    [script] = gitlab_jobs()["venue-conformance-diff"]["after_script"]
    return repository.run(script, **{**known(gitlab), **environment})


def test_gitlab_keeps_one_note_of_each_comparison(repository: Runner, gitlab: Forge) -> None:
    folder = repository.work / "conformance-diff"
    folder.mkdir()
    assert after(repository, gitlab).returncode == 0
    assert gitlab.calls == [], "nothing was compared"
    first, second = (f"<!-- venue-conformance:{kind}:bayse:x -->\nNew" for kind in ("diff", "page"))
    (folder / "document-changes.md").write_text(first)
    (folder / "page-changes.md").write_text(second)
    for _ in range(2):
        done = after(repository, gitlab)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert gitlab.written == [first, second]
    (folder / "document-changes.md").write_text("")
    after(repository, gitlab)
    assert gitlab.written == [second]


def test_gitlab_note_is_written_though_the_job_failed(repository: Runner, gitlab: Forge) -> None:
    """The whole job: a breaking change fails its script, and what follows says it on the merge request."""
    job = gitlab_jobs()["venue-conformance-diff"]
    given = {**known(gitlab), "DOCUMENT": "api/openapi.yaml", "PAGE": "", "FAIL_ON": "breaking"}
    for line, status in ((job["script"][0], 1), (job["after_script"][0], 0)):
        done = repository.run(line, **given, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD")
        assert done.returncode == status, done.stderr
    [note] = gitlab.written
    assert "orderIds: maxItems 100 → 50" in note


def test_gitlab_note_that_cannot_be_written_is_told_and_fails_nothing(repository: Runner, gitlab: Forge) -> None:
    (repository.work / "conformance-diff").mkdir()
    (repository.work / "conformance-diff" / "page-changes.md").write_text("New")
    for missing in ("VENUE_CONFORMANCE_GITLAB_TOKEN", "CI_MERGE_REQUEST_IID"):
        assert after(repository, gitlab, **{missing: ""}).returncode == 0
        assert gitlab.calls == [], "there is no token, or no merge request"
    done = after(repository, gitlab, VENUE_CONFORMANCE_GITLAB_TOKEN="glpat-y")
    assert (done.returncode, done.stdout) == (0, "the note on the merge request cannot be written\n")
    assert "401" in done.stderr
    assert "glpat-y" not in done.stderr + done.stdout


def test_gitlab_note_of_somebody_else_stands_in_nobodys_way(repository: Runner, gitlab: Forge) -> None:
    text = "<!-- venue-conformance:page:bayse:x -->\nNew"
    gitlab.comments[1], gitlab.foreign = f"{text}. Nothing to see here.", {1}
    (repository.work / "conformance-diff").mkdir()
    (repository.work / "conformance-diff" / "page-changes.md").write_text(text)
    (repository.work / "json.py").write_text("raise SystemExit('taken over')")
    for _ in range(2):
        assert after(repository, gitlab).stdout == ""
        assert gitlab.written == [f"{text}. Nothing to see here.", text]


def judge(repository: Runner, **environment: str) -> subprocess.CompletedProcess[str]:
    [script] = gitlab_jobs()["venue-conformance-run"]["script"]
    return repository.run(script, **{"TARGET": "a b.toml", "BASELINE": "", "COMPARE_WITH": "", **environment})


def test_gitlab_judges(repository: Runner) -> None:
    repository.install('printf "%s\\n" "$@" > calls; exit 3')
    assert judge(repository).returncode == 3
    called = (repository.work / "calls").read_text().splitlines()
    assert called == ["run", "--target", "a b.toml", "--report-dir", "conformance-report"]


def test_gitlab_compares_with_a_report_that_is_given(repository: Runner, gitlab: Forge) -> None:
    now, before = reports(repository.folder)
    repository.install(JUDGES)
    given = {**known(gitlab), "COMPARE_WITH": str(before)}
    assert judge(repository, **given, REPORT=str(now)).returncode == 1
    assert gitlab.calls == [], "it is at hand"
    after(repository, gitlab)
    [note] = gitlab.written
    assert note.startswith("<!-- venue-conformance:bayse:embedded-reference -->")
    assert "#### Worse" in note
    assert judge(repository, **given, REPORT=str(before), STATUS="3").returncode == 3
    after(repository, gitlab)
    assert gitlab.written == []


def test_gitlab_compares_with_the_last_run_of_the_target_branch(repository: Runner, gitlab: Forge) -> None:
    now, before = reports(repository.folder)
    repository.install(JUDGES)
    first = judge(repository, **known(gitlab), REPORT=str(now))
    assert first.returncode == 0, first.stderr
    assert "no earlier report of release/1 can be read, so nothing is compared" in first.stdout
    path = "/projects/7/jobs/artifacts/release%2F1/raw/conformance-report/conformance.json"
    gitlab.report, gitlab.report_at = before.read_bytes(), f"{path}?job=venue-conformance-run"
    assert judge(repository, **known(gitlab), REPORT=str(now)).returncode == 1
    assert "#### Worse" in (repository.work / "conformance-report" / "comparison.md").read_text(encoding="utf-8")


def test_gitlab_scripts_take_inputs_through_variables_alone() -> None:
    for name, job in gitlab_jobs().items():
        assert all("$[[" not in script for script in (*job["script"], *job["after_script"])), name
        assert job["artifacts"]["when"] == "always"


@pytest.fixture
def agent(repository: Runner) -> Runner:
    """The same, as the agent of a Jenkins has it: with the target branch, and the command in a folder of its own."""
    (repository.work / ".venv" / "bin").mkdir(parents=True)
    (repository.work / ".venv" / "bin" / "venue-conformance").symlink_to(repository.folder / "bin/venue-conformance")
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=repository.work, check=True)
    return repository


def test_jenkins_compares_with_the_target_branch(agent: Runner) -> None:
    [script] = [each for each in jenkins_steps() if "diff" in each]
    given = {"VENUE": "bayse", "DOCUMENT": "api/openapi.yaml", "PAGE": "", "CHANGE_TARGET": "main"}
    done = agent.run(script, **given)
    assert done.returncode == 1, done.stderr
    assert "1 breaking" in done.stdout
    assert "**breaking**" in (agent.work / "diff" / "document.md").read_text(encoding="utf-8")
    assert (agent.work / "diff" / "document.json").is_file()
    calls = agent.work / "calls"
    agent.install('printf "%s " "$@" >> calls; echo >> calls')
    gone = agent.run(script, **{**given, "CHANGE_TARGET": "no-branch"})
    assert (gone.returncode, calls.exists()) == (2, False)
    assert "origin/no-branch to compare with is not here" in gone.stderr
    new = agent.run(script, **{**given, "DOCUMENT": "new.yaml", "PAGE": "new page.md"})
    assert new.returncode == 0, new.stderr
    assert [line.partition(" --report")[0] for line in calls.read_text().splitlines()] == [
        "diff bayse new.yaml",
        "diff bayse --page new page.md",
    ], "they are held against ours"


def test_jenkins_compares_a_page_with_that_of_the_target_branch(agent: Runner) -> None:
    agent.install('printf "%s\\n" "$@" >> calls; if [ "$3" = --page ]; then exit 1; fi')
    [script] = [each for each in jenkins_steps() if "diff" in each]
    page = "api/openapi.yaml"  # any file will do
    given = {"VENUE": "bayse", "DOCUMENT": "new.yaml", "PAGE": page, "CHANGE_TARGET": "main"}
    assert agent.run(script, **given).returncode == 1
    called = (agent.work / "calls").read_text().splitlines()
    assert called[called.index("--page") :][:3] == ["--page", "diff/old-openapi.yaml", page]


def test_jenkins_judges_and_keeps_the_comparison_whatever_it_found() -> None:
    text = (ROOT / "examples" / "ci" / "Jenkinsfile").read_text(encoding="utf-8")
    assert text.index("catchError") < text.index("venue-conformance diff") < text.index("venue-conformance run")
    assert re.search(r"always \{ archiveArtifacts artifacts: 'report/\*\*, diff/\*\*'", text)


def test_workflow_takes_what_is_new_for_new(repository: Runner) -> None:
    workflow = yaml.safe_load((ROOT / "examples" / "ci" / "github.yml").read_text(encoding="utf-8"))
    [script] = [each["run"] for each in workflow["jobs"]["conformance"]["steps"] if each.get("id") == "old"]
    assert repository.run(script, BASE="HEAD").returncode == 0
    assert repository.outputs() == {"yaml": str(repository.folder / "temp" / "old-openapi.yaml")}
    assert "maxItems: 100" in (repository.folder / "temp" / "old-openapi.yaml").read_text(encoding="utf-8")


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
