"""The GitLab component, the example Jenkinsfile and the image: what is inside of them runs, and does what it says."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
    given = {"VENUE": "bayse", "DOCUMENT": "api/openapi.yaml", "PAGE": "", "FAIL_ON": "breaking"}
    done = repository.run(script, **given, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD")
    assert done.returncode == 1, done.stderr
    assert "orderIds: maxItems 100 → 50" in done.stdout
    written = (repository.work / "conformance-diff" / "document-changes.md").read_text(encoding="utf-8")
    assert "**breaking**" in written
    repository.install('printf "%s\\n" "$@" > calls')
    assert repository.run(script, **given, CI_MERGE_REQUEST_DIFF_BASE_SHA="0" * 40).returncode == 2
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


class Notes(BaseHTTPRequestHandler):
    """The notes of one merge request, as GitLab keeps them."""

    kept: dict[int, str]
    calls: list[str]

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "{}").get("body", "")
        path, _, query = self.path.partition("?")
        number = path.removeprefix("/api/v4/projects/7/merge_requests/3/notes").strip("/")
        self.calls.append(self.command)
        if self.headers["PRIVATE-TOKEN"] != "glpat-x":
            self.send_error(401)
            return
        if self.command == "POST":
            self.kept[max(self.kept, default=0) + 1] = body
        elif self.command == "PUT":
            self.kept[int(number)] = body
        elif self.command == "DELETE":
            del self.kept[int(number)]
        page = int(re.findall(r"\bpage=(\d+)", query)[0]) if query else 1
        listed = [{"id": key, "body": text} for key, text in self.kept.items()][100 * (page - 1) : 100 * page]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(listed if self.command == "GET" else {}).encode())

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gitlab() -> Iterator[tuple[type[Notes], dict[str, str]]]:
    """A GitLab with one merge request, which has a hundred notes of people, and what its jobs know of it."""
    notes = type("KeptNotes", (Notes,), {"kept": {key: f"a word {key}" for key in range(1, 101)}, "calls": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), notes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield (
            notes,
            {
                "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}/api/v4",
                "CI_PROJECT_ID": "7",
                "CI_MERGE_REQUEST_IID": "3",
                "VENUE": "bayse",
                "VENUE_CONFORMANCE_GITLAB_TOKEN": "glpat-x",
            },
        )
        server.shutdown()


def test_gitlab_keeps_one_note_of_each_comparison(
    repository: Runner, gitlab: tuple[type[Notes], dict[str, str]]
) -> None:
    notes, known = gitlab
    [script] = gitlab_jobs()["venue-conformance-diff"]["after_script"]
    folder = repository.work / "conformance-diff"
    folder.mkdir()
    assert repository.run(script, **known).returncode == 0
    assert notes.calls == [], "nothing was compared"
    first, second = (f"<!-- venue-conformance:{kind}:bayse:x -->\nNew" for kind in ("diff", "page"))
    (folder / "document-changes.md").write_text(first)
    (folder / "page-changes.md").write_text(second)
    for _ in range(2):
        done = repository.run(script, **known)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert [text for key, text in notes.kept.items() if key > 100] == [first, second]
    (folder / "document-changes.md").write_text("")
    repository.run(script, **known)
    assert [text for key, text in notes.kept.items() if key > 100] == [second]


def test_gitlab_note_that_cannot_be_written_is_told_and_fails_nothing(
    repository: Runner, gitlab: tuple[type[Notes], dict[str, str]]
) -> None:
    notes, known = gitlab
    [script] = gitlab_jobs()["venue-conformance-diff"]["after_script"]
    (repository.work / "conformance-diff").mkdir()
    (repository.work / "conformance-diff" / "page-changes.md").write_text("New")
    assert repository.run(script, **{**known, "VENUE_CONFORMANCE_GITLAB_TOKEN": ""}).returncode == 0
    assert notes.calls == [], "there is no token"
    done = repository.run(script, **{**known, "VENUE_CONFORMANCE_GITLAB_TOKEN": "glpat-y"})
    assert (done.returncode, done.stdout) == (0, "the note on the merge request cannot be written\n")
    assert "401" in done.stderr
    assert "glpat-y" not in done.stderr + done.stdout


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
    assert "**breaking**" in (repository.work / "diff" / "changes.md").read_text(encoding="utf-8")
    repository.install('printf "%s\\n" "$@" > calls')
    gone = repository.run(script, VENUE="bayse", DOCUMENT="api/openapi.yaml", CHANGE_TARGET="no-branch")
    assert (gone.returncode, (repository.work / "calls").exists()) == (2, False)
    new = repository.run(script, VENUE="bayse", DOCUMENT="new.yaml", CHANGE_TARGET="main")
    assert new.returncode == 0, new.stderr
    assert "--old" not in (repository.work / "calls").read_text().splitlines(), "it is held against ours"


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
