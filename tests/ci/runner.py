"""Runs a script of our CI files as a runner does: bash, an environment, files for outputs and the summary."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

#: A gh that keeps the comments of one pull request in a file, and writes down how it was called.
FAKE_GH = """#!{python}
import json, os, pathlib, sys
store = pathlib.Path(os.environ["FAKE_COMMENTS"])
comments = json.loads(store.read_text())
given = sys.argv[1:]
assert given[0] == "api", given
if os.environ.get("FAKE_GH_FAILS"):
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
method = given[given.index("--method") + 1] if "--method" in given else "GET"
path = next(each for each in given[1:] if each.startswith("repos/"))
body = next((pathlib.Path(each[6:]).read_text() for each in given if each.startswith("body=@")), None)
if method == "GET":
    assert "startswith(env.MARKER)" in given[given.index("--jq") + 1]
    print("\\n".join(number for number, text in comments.items() if text.startswith(os.environ["MARKER"])))
elif method == "POST":
    comments[str(len(comments) + 1)] = body
elif method == "PATCH":
    comments[path.rpartition("/")[2]] = body
elif method == "DELETE":
    del comments[path.rpartition("/")[2]]
store.write_text(json.dumps(comments))
"""


@dataclass
class Runner:
    """A machine on which steps run one after the other, in a folder of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    seconds: float = 300

    def __post_init__(self) -> None:
        for name in ("bin", "temp", "work", "temp/venue-conformance/bin"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.script("bin/gh", FAKE_GH.format(python=sys.executable))
        self.install(f'exec "{sys.executable}" -m venue_conformance "$@"')
        self.script("temp/venue-conformance/bin/python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (self.folder / "comments.json").write_text("{}")

    @property
    def work(self) -> Path:
        """Where the steps stand."""
        return self.folder / "work"

    @property
    def comments(self) -> dict[str, str]:
        """The comments of the pull request."""
        found: dict[str, str] = json.loads((self.folder / "comments.json").read_text())
        return found

    def script(self, name: str, text: str) -> None:
        """Put an executable there."""
        file = self.folder / name
        file.write_text(text)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def install(self, shell: str) -> None:
        """What stands for the installed command."""
        self.script("temp/venue-conformance/bin/venue-conformance", f"#!/bin/bash\n{shell}\n")
        self.script("bin/venue-conformance", f"#!/bin/bash\n{shell}\n")

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one step. What it puts out is read by ``outputs``."""
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.work,
            env={
                **os.environ,
                "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "RUNNER_TEMP": str(self.folder / "temp"),
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                "FAKE_COMMENTS": str(self.folder / "comments.json"),
                **self.environment,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=self.seconds,
        )

    def outputs(self) -> dict[str, str]:
        """What the last step put out."""
        lines = (self.folder / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def summary(self) -> str:
        """What the last step wrote for the job's page."""
        return (self.folder / "summary").read_text()
