"""A repository with an API document and a documentation page, and what ``diff`` says of its working copy."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from venue_conformance.cli import main
from venue_conformance.contract.pages import fingerprint, segments
from venue_conformance.contract.resources import resources_root

PAGE = """Cancel orders
Up to 100 ids. Duplicates count once.
A key is 1-255 characters of [A-Za-z0-9_-]. Another body is rejected with 422.
"""
#: What rests on the last sentence of the page.
_CLAUSES = ["bayse.idempotency.changed-body", "bayse.idempotency.body-comparison"]


@dataclass(frozen=True)
class Step:
    """What a command ended with, and the comment it would leave on a pull request."""

    status: int
    comment: str


class Repository:
    """One in a folder. The page is ours, so that its words may stand here; what is known of it are its fingerprints."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        document = (resources_root() / "specs" / "bayse" / "openapi.yaml").read_text(encoding="utf-8")
        (folder / "openapi.yaml").write_text(document, encoding="utf-8")
        (folder / "page.md").write_text(PAGE, encoding="utf-8")
        sources = [
            {"locator": f"page/{number}", "fingerprints": [fingerprint(text)], "clauses": ["bayse.page.presentation"]}
            for number, text in enumerate(segments(PAGE), 1)
        ]
        sources[-1]["clauses"] = _CLAUSES
        monkeypatch.setattr("venue_conformance.cli.diff.read_yaml", lambda _: sources)
        monkeypatch.setattr("venue_conformance.cli.diff.checks_by_clause", lambda _: {})
        self._git("init", "--quiet", "--initial-branch", "main")

    def commit(self, message: str) -> None:
        """Keep the working copy."""
        self._git("add", "openapi.yaml", "page.md")
        self._git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--message", message)

    def change(self, name: str, before: str, after: str) -> None:
        """Put other words into a file."""
        file = self._folder / name
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")

    def take_back(self) -> None:
        """Forget what is not committed."""
        self._git("checkout", "--quiet", "--", "openapi.yaml", "page.md")

    def diff_document(self, *arguments: str) -> Step:
        """The document against that of the last commit."""
        return self._diff("--old", self._committed("openapi.yaml"), str(self._folder / "openapi.yaml"), *arguments)

    def diff_page(self) -> Step:
        """The page against that of the last commit."""
        return self._diff("--page", self._committed("page.md"), str(self._folder / "page.md"))

    def _diff(self, *arguments: str) -> Step:
        comment = self._folder / "comment.md"
        comment.unlink(missing_ok=True)
        status = main(["diff", "bayse", *arguments, "--report", f"markdown={comment}"])
        return Step(status, comment.read_text(encoding="utf-8") if comment.exists() else "")

    def _committed(self, name: str) -> str:
        file = self._folder / f"committed-{name}"
        file.write_text(self._git("show", f"HEAD:{name}"), encoding="utf-8")
        return str(file)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self._folder, capture_output=True, text=True, check=True)
        return done.stdout
