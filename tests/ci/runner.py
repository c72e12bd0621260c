"""Runs a script of our CI files as a runner does: bash, an environment, files for outputs and the summary."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.ci.scripts import ROOT

#: Stands for the command where a venue would be judged: its report is the one at ``REPORT``, all else is done really.
JUDGES = f"""
printf '%s\\n' "$@" >> calls
if [ "$1" = run ]; then
  folder=; previous=
  for each in "$@"; do if [ "$previous" = --report-dir ]; then folder=$each; fi; previous=$each; done
  mkdir -p "$folder"
  cp "$REPORT" "$folder/conformance.json"
  echo "a summary" > "$folder/summary.md"
  exit "${{STATUS:-0}}"
fi
exec "{sys.executable}" -m venue_conformance "$@"
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
        self.install(f'exec "{sys.executable}" -m venue_conformance "$@"')
        for name in ("temp/venue-conformance/bin/python", "bin/python3"):
            self.script(name, f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    @property
    def work(self) -> Path:
        """Where the steps stand."""
        return self.folder / "work"

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
                # Steps stand in a folder of their own, in which a relative path would lead elsewhere.
                "PYTHONPATH": os.pathsep.join(os.path.abspath(each) for each in _paths()),
                "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "RUNNER_TEMP": str(self.folder / "temp"),
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
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


def reports(folder: Path) -> tuple[Path, Path]:
    """The report of a run that violates a clause, and that of one before it, which kept it."""
    report = json.loads((ROOT / "reports" / "sample" / "conformance.json").read_text(encoding="utf-8"))
    now, before = folder / "now.json", folder / "before.json"
    now.write_text(json.dumps(report), encoding="utf-8")
    for clause in report["clauses"]:
        clause["verdict"] = "conforms" if clause["verdict"] == "violates" else clause["verdict"]
    before.write_text(json.dumps(report), encoding="utf-8")
    return now, before


def _paths() -> list[str]:
    return [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
