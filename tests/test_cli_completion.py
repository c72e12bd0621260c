"""``completion SHELL``: the shells themselves take the script, and complete what we say."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess

import pytest

from venue_conformance.cli import COMMANDS, main


@pytest.fixture(scope="module")
def bash() -> str:

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["completion", "bash"]) == 0
    return printed.getvalue()


def completed(script: str, *words: str) -> set[str]:
    """What bash offers behind these words; the last of them is being typed."""
    line = f"""{script}
COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
$(complete -p venue-conformance | sed 's/.*-F \\([^ ]*\\).*/\\1/') venue-conformance "${{COMP_WORDS[COMP_CWORD]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    return {each.strip() for each in done.stdout.splitlines() if each.strip()}


def test_commands_are_completed(bash: str) -> None:
    assert completed(bash, "venue-conformance", "") >= set(COMMANDS)
    assert completed(bash, "venue-conformance", "comp") == {"compare", "completion"}


def test_venues_are_completed(bash: str) -> None:
    assert completed(bash, "venue-conformance", "diff", "b") == {"bayse"}
    assert completed(bash, "venue-conformance", "clauses", "") >= {"arcus", "bayse", "predictstreet"}


def test_clause_ids_are_completed(bash: str) -> None:
    offered = completed(bash, "venue-conformance", "run", "--clause", "bayse.idempotency.changed")
    assert offered == {"bayse.idempotency.changed-body", "bayse.idempotency.changed-body-for-24-hours"}


def test_options_and_their_choices_are_completed(bash: str) -> None:
    assert "--fail-on" in completed(bash, "venue-conformance", "diff", "--f")
    assert completed(bash, "venue-conformance", "diff", "--fail-on", "") == {"breaking", "clause", "any"}


def test_zsh_takes_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh"]) == 0
    script = capsys.readouterr().out
    assert script.startswith("#compdef venue-conformance")
    assert "bayse.idempotency.changed-body" in script
    if shutil.which("zsh"):
        subprocess.run(["zsh", "-n"], input=script, text=True, check=True)


def test_other_shells_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["completion", "fish"])
    assert "invalid choice: 'fish'" in capsys.readouterr().err
