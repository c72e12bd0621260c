"""The scripts inside our CI files; ``python -m tests.ci.scripts`` lints them, and the jobs of the GitLab component."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def action_steps() -> dict[str, str]:
    """The script of each step of the action, by its id."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return {step["id"]: step["run"] for step in action["runs"]["steps"] if "run" in step}


def gitlab_jobs() -> dict[str, dict[str, Any]]:
    """The jobs of the GitLab component, inputs left as they stand."""
    _, jobs = yaml.safe_load_all((ROOT / "templates" / "gitlab.yml").read_text(encoding="utf-8"))
    return {name: jobs[job["extends"]] | job for name, job in jobs.items() if "script" in job}


def jenkins_steps() -> list[str]:
    """The shell scripts of the example Jenkinsfile."""
    text = (ROOT / "examples" / "ci" / "Jenkinsfile").read_text(encoding="utf-8")
    return [long or short for long, short in re.findall(r"sh '''(.*?)'''|sh '([^'\n]+)'", text, flags=re.DOTALL)]


def all_scripts() -> Iterator[tuple[str, str, str]]:
    """Every script: its name, the shell that runs it, its text."""
    for name, script in action_steps().items():
        yield f"action.yml, step {name}", "bash", script
    for name, job in gitlab_jobs().items():
        for part in ("script", "after_script"):
            yield f"templates/gitlab.yml, {part} of {name}", "bash", "\n".join(job.get(part, ()))
    for number, script in enumerate(jenkins_steps(), 1):
        yield f"examples/ci/Jenkinsfile, script {number}", "sh", script
    workflow = yaml.safe_load((ROOT / "examples" / "ci" / "github.yml").read_text(encoding="utf-8"))
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                yield f"examples/ci/github.yml, {step['name']}", "bash", step["run"]


def main() -> int:
    """Lint them; the exit status is 1 where shellcheck or check-jsonschema finds something."""
    shellcheck, check_jsonschema = (Path(sys.executable).with_name(name) for name in ("shellcheck", "check-jsonschema"))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, shell, script in all_scripts():
            file = Path(folder) / "script"
            file.write_text(script, encoding="utf-8")
            done = subprocess.run(
                [shellcheck, "--shell", shell, "--format", "gcc", file], capture_output=True, text=True, check=False
            )
            if done.returncode:
                bad = 1
                sys.stderr.write(f"{name}:\n{done.stdout.replace(str(file), 'line')}{done.stderr}")
        # What the component's inputs are put into is the second document of its file.
        _, jobs = yaml.safe_load_all((ROOT / "templates" / "gitlab.yml").read_text(encoding="utf-8"))
        file = Path(folder) / "gitlab.yml"
        file.write_text(yaml.safe_dump(jobs), encoding="utf-8")
        schema = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
        bad |= subprocess.run([check_jsonschema, *schema, "--quiet", file], check=False).returncode
    return bad


if __name__ == "__main__":
    sys.exit(main())
