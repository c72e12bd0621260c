"""Several references are judged side by side, each by a process of its own, and nothing is lost by that."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import COMMAND, environment, run_command
from venue_conformance.plugin.looking_again import CHECK
from venue_conformance.report.exit_status import CONFORMS, INTERRUPTED

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core judges one reference after the other")

SMOKE = ("--profile", "smoke")


def documents(folder: Path) -> dict[str, dict[str, Any]]:
    return {file.parent.name: json.loads(file.read_text()) for file in folder.glob("*/conformance.json")}


def facts(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(check["id"], check["outcome"]) for check in document["checks"]}


def test_references_judged_side_by_side_get_the_same_verdicts(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    together = run_command(tmp_path, "run", "bayse", "predictstreet", *SMOKE, "--report-dir", "together")
    assert together.status == CONFORMS, together.output + together.errors
    assert "2 venues: 2 conform" in together.output
    found = documents(tmp_path / "together")
    assert set(found) == {"bayse", "predictstreet"}
    for venue, document in found.items():
        alone = run_command(tmp_path, "run", venue, *SMOKE, "--report-dir", venue)
        assert alone.status == CONFORMS, alone.output + alone.errors
        assert facts(json.loads((tmp_path / venue / "conformance.json").read_text())) == facts(document)
        # Orders of a reference that ends with its worker process are read once more before it ends.
        assert CHECK in {check["id"] for check in document["checks"]}


def test_interrupted_side_by_side_run_tells_what_it_has(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    with (tmp_path / "output").open("w+") as output:
        command = [*COMMAND, "run", "--embedded", "--report-dir", "out"]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path), stdout=output, stderr=output)
        journals = [tmp_path / "out" / venue / "journal.jsonl" for venue in ("arcus", "bayse", "predictstreet")]
        try:
            while process.poll() is None and not any(each.exists() and each.stat().st_size > 5000 for each in journals):
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == INTERRUPTED
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        text = output.read()
    assert "exit status 130: interrupted" in text
    assert "Traceback" not in text
