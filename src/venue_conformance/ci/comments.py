"""Brings the comments of this suite on a pull request up to date, one for each comparison; our CI files run it.

    python -P -m venue_conformance.ci.comments github|gitlab

It reads from the environment what the CI says of the request, and what our CI files say of the comparisons. Exit status
1, with the reason, where a comment cannot be read or written.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from venue_conformance.gate.comment import marker

_ALL = 100
_SECONDS = 30
#: Somebody else's comment, or one that is gone.
_NOT_OURS = (403, 404)


@dataclass(frozen=True)
class Comments:
    """The comments on one request: where they are listed and where a single one is, and how one is changed.

    ``token`` is the header that shows the token, by its name; it follows no redirect.
    """

    listed: str
    single: str
    change: str
    token: tuple[str, str]

    def bring_up_to_date(self, file: Path, first_line: str) -> None:
        """Let the comment that begins so read as a file does; an empty file is no comment. Raises OSError, ValueError.

        Nothing is done where there is no file.
        """
        if not file.is_file():
            return
        text = file.read_text(encoding="utf-8")
        for number in [each["id"] for each in self._all() if (each["body"] or "").startswith(first_line)]:
            try:
                self._call(self.change if text else "DELETE", f"{self.single}/{number}", text)
                return
            except urllib.error.HTTPError as error:
                if error.code not in _NOT_OURS:
                    raise
        if text:
            self._call("POST", self.listed, text)

    def _all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) % _ALL == 0:
            page = self._call("GET", f"{self.listed}?per_page={_ALL}&page={len(found) // _ALL + 1}")
            if not page:
                break
            found += page
        return found

    def _call(self, method: str, address: str, text: str = "") -> Any:
        body = json.dumps({"body": text}).encode() if text else None
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        request = urllib.request.Request(address, data=body, headers=headers, method=method)  # noqa: S310 - the CI's own
        request.add_unredirected_header(*self.token)
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
            return json.loads(answer.read() or "null")


def of_github(given: Mapping[str, str]) -> Comments:
    """Those on a pull request; KeyError names a variable that is missing."""
    issues = f"{given['GITHUB_API_URL']}/repos/{given['REPOSITORY']}/issues"
    token = "Authorization", f"Bearer {given['TOKEN']}"
    return Comments(f"{issues}/{given['PULL_REQUEST']}/comments", f"{issues}/comments", "PATCH", token)


def of_gitlab(given: Mapping[str, str]) -> Comments:
    """The notes on a merge request; KeyError names a variable that is missing."""
    project = f"{given['CI_API_V4_URL']}/projects/{given['CI_PROJECT_ID']}"
    notes = f"{project}/merge_requests/{given['CI_MERGE_REQUEST_IID']}/notes"
    return Comments(notes, notes, "PUT", ("PRIVATE-TOKEN", given["VENUE_CONFORMANCE_GITLAB_TOKEN"]))


def main() -> None:
    """Write what ``diff`` and ``compare`` have left in their folders. Raises SystemExit with what went wrong."""
    given = os.environ
    try:
        if sys.argv[1:] == ["github"]:
            comments, changes = of_github(given), Path(given["REPORT_DIR"])
            report = changes
        else:
            comments, changes, report = of_gitlab(given), Path("conformance-diff"), Path("conformance-report")
        for name, kind in (("document-changes.md", "diff"), ("page-changes.md", "page")):
            comments.bring_up_to_date(changes / name, f"<!-- venue-conformance:{kind}:{given['VENUE']}:")
        if (judged := report / "conformance.json").is_file():
            first_line = marker(json.loads(judged.read_text(encoding="utf-8")))
            comments.bring_up_to_date(report / "comparison.md", first_line)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
