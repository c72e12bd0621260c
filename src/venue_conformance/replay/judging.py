"""Runs the check of a replay once more, whole, so that its own assertions judge what the target answers today."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from venue_conformance.contract.resources import root_of
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.output import RunOutput
from venue_conformance.preflight.collecting import pytest_arguments
from venue_conformance.report.document import load_report
from venue_conformance.target.guard import FORCE_FLAG


@dataclass(frozen=True)
class NewVerdict:
    """What a check says now: it still violates clauses, it conforms, or nobody can tell; and why, in a sentence."""

    verdict: Literal["violates", "conforms", "cannot tell"]
    told: str
    clauses: tuple[str, ...] = ()


class _Silent(RunOutput):
    """Prints nothing of a run but what went wrong with it: the replay has warned of the target file by now."""

    warns = False

    def show(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Nothing."""

    def written(self, documents: Mapping[str, Mapping[str, Any]], folders: Mapping[str, Path], index: Path) -> None:
        """Nothing."""


def judge_again(check: Mapping[str, Any], document: Mapping[str, Any], options: RunOptions, folder: Path) -> NewVerdict:
    """Run one check of a report against the target of today, with the run's seed, and hand back what it says.

    Its report goes to the replay's ``folder``. Raises ClientFault for a check that is no longer there.
    """
    file, _, name = check["id"].partition("::")
    if file.startswith("load/"):
        return NewVerdict("cannot tell", "a round under load was played again; another load test judges it")
    root = root_of(document["target"]["venue"])
    if not (root / file).is_file():
        raise ClientFault(f"{check['id']}: this version has no such check; replay it with the version of the report")
    profile = "nightly" if document["run"]["profile"] == "nightly" else "ci"
    arguments = [
        *pytest_arguments(root),
        *("--strict-markers", "-q", "--tb=no", "--show-capture=no"),
        *("--report-dir", str(folder), "--check-profile", profile, "--seed", str(document["run"]["seed"])),
        *(() if options.target is None else ("--target", str(options.target))),
        *((FORCE_FLAG,) if options.force_production else ()),
        f"{root / file}::{name}",
    ]
    output = _Silent(quiet=True)
    try:
        pytest.main(arguments, plugins=[output])
    finally:
        output.close()
    try:
        return _new_verdict(check, load_report(folder))
    except ClientFault:
        return NewVerdict("cannot tell", "the check could not be run again")


def _new_verdict(check: Mapping[str, Any], now: Mapping[str, Any]) -> NewVerdict:
    again = next((each for each in now["checks"] if each["id"] == check["id"]), None)
    if again is None:
        return NewVerdict("cannot tell", "the check was not run again")
    if again["outcome"] == "failed":
        broken = tuple(breach["clause"] for breach in again["breaches"])
        before = [breach["clause"] for breach in check["breaches"]]
        first = next((each for each in again["breaches"] if each["clause"] in before), again["breaches"][0])
        return NewVerdict("violates", f"expected {first['expected']}; got {first['actual']}", broken)
    if again["outcome"] == "passed":
        return NewVerdict("conforms", "the check was run again and passed", tuple(check["clauses"]))
    return NewVerdict("cannot tell", str(again["reason"] or "the check did not come to its end"))


def weighed(new: NewVerdict, *, recorded: Collection[str], explores: bool, alike: bool) -> NewVerdict:
    """The verdict in the light of the requests that were sent again.

    ``recorded`` are the clauses that were broken then. An exploration that passes has only drawn other requests where
    those of the record are answered as they were, down to their bodies (``alike``): then nobody can tell.
    """
    if new.verdict == "conforms" and explores and alike and recorded:
        return NewVerdict(
            "cannot tell", "the exploration passed, but the recorded requests were answered as they were then"
        )
    return new
