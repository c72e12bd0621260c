"""The action's steps, run as scripts: what they write, put out, comment and end with."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.forge import GITHUB, TOKEN, Forge, forge
from tests.ci.runner import JUDGES, Runner, reports
from tests.ci.scripts import ROOT, action_steps
from venue_conformance.contract.resources import resources_root

STEPS = action_steps()
DIFF = {
    "VENUE": "bayse",
    "DOCUMENT": "",
    "OLD_DOCUMENT": "",
    "FAIL_ON": "breaking",
    "REPORT_DIR": "out",
    "PAGE": "",
    "OLD_PAGE": "",
}
JUDGE = {"TARGET": "", "BASELINE": "", "ARGUMENTS": "", "COMPARE_WITH": "", "REPORT_DIR": "out"}
COMMENT = {"REPOSITORY": "a/b", "PULL_REQUEST": "7", "VENUE": "bayse", "REPORT_DIR": "out", "TOKEN": TOKEN}
#: Stands for the command: writes a report like run, and what it was called with.
STUB = r"""
printf '%s\n' "$@" >> calls
case $1 in
run)
  mkdir -p out; echo "## bayse: $VERDICT" > out/summary.md
  echo "{\"run\": {\"verdict\": \"$VERDICT\"}, \"target\": {\"venue\": \"bayse\", \"environment\": \"QA 1\"}}" \
    > out/conformance.json
  exit "$STATUS" ;;
esac
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.fixture
def documents(runner: Runner) -> Runner:
    text = (resources_root() / "specs" / "bayse" / "openapi.yaml").read_text(encoding="utf-8")
    (runner.work / "old.yaml").write_text(text, encoding="utf-8")
    (runner.work / "new.yaml").write_text(text.replace("maxItems: 100", "maxItems: 50"), encoding="utf-8")
    return runner


@pytest.fixture
def github() -> Iterator[Forge]:
    """A GitHub with a pull request on which people have said a hundred things."""
    with forge(GITHUB, comments={number: f"a word {number}" for number in range(1, 101)}) as state:
        yield state


def comment(runner: Runner, github: Forge, **environment: str) -> subprocess.CompletedProcess[str]:
    return step(runner, "comment", **{**COMMENT, "GITHUB_API_URL": github.address, **environment})


def step(runner: Runner, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = runner.run(STEPS[name], **environment)
    assert "unbound variable" not in done.stderr
    return done


def test_nothing_to_do_is_no_success_of_a_step_that_failed(runner: Runner) -> None:
    assert step(runner, "verdict", DIFF="0", JUDGE="0").returncode == 0
    assert step(runner, "verdict", DIFF="1", JUDGE="0").returncode == 1
    assert step(runner, "verdict", DIFF="0", JUDGE="3").returncode == 3
    assert step(runner, "verdict", DIFF="", JUDGE="").returncode == 4
    assert step(runner, "verdict", DIFF="", JUDGE="0").returncode == 4


def test_breaking_document(documents: Runner, github: Forge) -> None:
    done = step(documents, "diff", **{**DIFF, "DOCUMENT": "new.yaml", "OLD_DOCUMENT": "old.yaml"})
    assert done.returncode == 0, done.stderr
    assert documents.outputs() == {"class": "breaking", "status": "1"}
    assert "orderIds: maxItems 100 → 50" in documents.summary()
    document = json.loads((documents.work / "out" / "document-changes.json").read_text())
    assert document["class"] == "breaking"
    assert {file.name for file in (documents.work / "out").iterdir()} == {
        "document-changes.json",
        "document-changes.md",
    }

    # The comment is written, brought up to date, and taken away again.
    for _ in range(2):
        assert comment(documents, github).stdout == ""
        [written] = github.written
        assert "**breaking**" in written
    step(documents, "diff", **{**DIFF, "DOCUMENT": "old.yaml", "OLD_DOCUMENT": "old.yaml"})
    assert documents.outputs() == {"class": "unchanged", "status": "0"}
    comment(documents, github)
    assert (github.written, len(github.comments)) == ([], 100)


def test_page_has_a_comment_of_its_own(documents: Runner, github: Forge) -> None:
    (documents.work / "old.md").write_text("Old", encoding="utf-8")
    documents.install(
        'printf "%s\\n" "$@" > calls; echo "<!-- venue-conformance:page:bayse:x -->" > out/page-changes.md; exit 1'
    )
    step(documents, "diff", **{**DIFF, "PAGE": "new.md", "OLD_PAGE": "old.md"})
    called = (documents.work / "calls").read_text().splitlines()
    assert called[:5] == ["diff", "bayse", "--page", "old.md", "new.md"]
    assert documents.outputs() == {"status": "1"}
    (documents.work / "out" / "document-changes.md").write_text("<!-- venue-conformance:diff:bayse:openapi -->")
    comment(documents, github)
    assert len(github.written) == 2
    step(documents, "diff", **{**DIFF, "PAGE": "new.md"})
    assert (documents.work / "calls").read_text().splitlines()[:4] == ["diff", "bayse", "--page", "new.md"]


def test_unreadable_document_fails(documents: Runner) -> None:
    (documents.work / "bad.yaml").write_text("openapi: [")
    done = step(documents, "diff", **{**DIFF, "DOCUMENT": "bad.yaml"})
    assert documents.outputs() == {"status": "2"}
    assert "neither YAML nor JSON" in done.stderr


@pytest.mark.parametrize(("verdict", "status"), [("conforms", "0"), ("violates", "1"), ("partial", "3")])
def test_judging(runner: Runner, verdict: str, status: str) -> None:
    runner.install(STUB)
    environment = {"TARGET": "s t.toml", "BASELINE": "b.toml", "ARGUMENTS": "--clause\nrows.* or\n", "VERDICT": verdict}
    done = step(runner, "judge", **{**JUDGE, **environment, "STATUS": status})
    assert done.returncode == 0, done.stderr
    assert runner.outputs() == {"verdict": verdict, "report": "out/conformance.json", "status": status}
    assert runner.summary() == f"## bayse: {verdict}\n"
    called = (runner.work / "calls").read_text().splitlines()
    assert called == [
        *("run", "--target", "s t.toml", "--report-dir", "out"),
        *("--clause", "rows.* or", "--baseline", "b.toml"),
    ]


def test_no_target_is_not_judged(runner: Runner) -> None:
    runner.install("exit 9")
    assert step(runner, "judge", **JUDGE).returncode == 0
    assert runner.outputs() == {"status": "0"}


def test_comparison_fails_and_is_commented(runner: Runner, github: Forge) -> None:
    now, before = reports(runner.folder)
    runner.install(JUDGES)
    environment = {**JUDGE, "TARGET": "t.toml", "COMPARE_WITH": str(before)}
    step(runner, "judge", **environment, REPORT=str(now))
    assert runner.outputs()["status"] == "1"
    comment(runner, github)
    [written] = github.written
    assert written.startswith("<!-- venue-conformance:bayse:embedded-reference -->")
    assert "#### Worse" in written
    step(runner, "judge", **environment, REPORT=str(before))
    assert runner.outputs()["status"] == "0"
    comment(runner, github)
    assert github.written == []


@pytest.fixture
def changes(documents: Runner) -> Path:
    """What a comparison wrote."""
    (documents.work / "out").mkdir()
    file = documents.work / "out" / "document-changes.md"
    file.write_text("<!-- venue-conformance:diff:bayse:openapi -->")
    return file


@pytest.mark.usefixtures("changes")
def test_comment_that_may_not_be_written_fails_nothing(documents: Runner, github: Forge) -> None:
    done = comment(documents, github, TOKEN="another")
    assert (done.returncode, done.stdout) == (0, "::warning::the comment cannot be written\n")
    assert "401" in done.stderr
    assert "another" not in done.stderr


def test_comment_of_somebody_else_stands_in_nobodys_way(documents: Runner, github: Forge, changes: Path) -> None:
    copied = changes.read_text() + "Nothing to see here."
    github.comments[1], github.foreign = copied, {1}
    for _ in range(2):
        assert comment(documents, github).stdout == ""
        assert github.written == [copied, changes.read_text()]


@pytest.mark.usefixtures("changes")
def test_what_lies_in_the_checkout_does_not_run(documents: Runner, github: Forge) -> None:
    (documents.work / "json.py").write_text("raise SystemExit('taken over')")
    assert "taken over" not in comment(documents, github).stderr
    assert len(github.written) == 1


def test_what_is_given_is_never_run(documents: Runner) -> None:
    evil = '$(touch hacked)"; touch hacked; "`touch hacked`'
    documents.install(STUB)
    step(
        documents,
        "diff",
        **{**DIFF, "VENUE": evil, "DOCUMENT": evil, "OLD_DOCUMENT": evil, "PAGE": evil, "OLD_PAGE": evil},
    )
    given = {**JUDGE, "TARGET": evil, "BASELINE": evil, "ARGUMENTS": evil, "VERDICT": "conforms", "STATUS": "0"}
    step(documents, "judge", **given)
    assert not (documents.work / "hacked").exists()


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def test_inputs_reach_scripts_through_the_environment_alone() -> None:
    for name, script in STEPS.items():
        assert "${{" not in script, name


def test_other_actions_are_pinned_by_commit() -> None:
    used = [each["uses"] for each in action()["runs"]["steps"] if "uses" in each]
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each) for each in used)


def test_reports_are_uploaded_after_a_failure() -> None:
    steps = action()["runs"]["steps"]
    uploads = [each for each in steps if "upload" in each.get("uses", "")]
    assert len(uploads) == 2
    assert all(each["if"].startswith("always()") for each in uploads)
    assert steps[-1]["id"] == "verdict"


def test_every_input_is_used_and_described() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name, each in action()["inputs"].items():
        assert each["description"]
        assert f"inputs.{name}" in text, name


def test_hook_takes_a_venue_and_a_document(documents: Runner) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["language"] == "python"
    assert documents.run(f"{hook['entry']} bayse new.yaml").returncode == 1
    assert re.search(hook["files"], "api/openapi.yaml")
    assert not re.search(hook["files"], "README.md")
