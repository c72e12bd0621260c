"""A venue that another package brings: installed, run, checked, judged and mutated without a change anywhere else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .command import environment

PACKAGE = Path(__file__).parents[1] / "examples" / "demo_venue"

pytest.importorskip("hatchling", reason="the package hatchling is needed")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo venue's own wheel, unpacked in a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # From a copy: building leaves things beside the sources.
    source = shutil.copytree(PACKAGE, folder / "source")
    alone = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder / "site"), str(source)]
    subprocess.run([*pip, *alone], check=True, capture_output=True, timeout=120)
    return folder / "site"


def command(site: Path, folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, "-m", "venue_conformance", *map(str, arguments)],
        cwd=folder,
        env={**environment(folder), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_its_reference_conforms(installed: Path, tmp_path: Path) -> None:
    done = command(installed, tmp_path, "run", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "reports/conformance.json").read_text())
    assert {clause["id"]: clause["verdict"] for clause in report["clauses"]} == {
        "demo.batch.cancels-named": "conforms",
        "demo.limits.over-ten-refused": "conforms",
        "demo.market.closed-refused": "conforms",
    }
    assert "suites/demo/test_cancel.py::test_named_open_orders_are_cancelled" in [
        each["id"] for each in report["checks"]
    ]


def test_its_mutants_are_caught_and_its_variant_is_not(installed: Path, tmp_path: Path) -> None:
    mutants = command(installed, tmp_path, "mutants", "demo")
    assert mutants.returncode == 0, mutants.stdout + mutants.stderr
    assert "3 of 3 mutants killed" in mutants.stdout
    variants = command(installed, tmp_path, "mutants", "demo", "--variants")
    assert variants.returncode == 0, variants.stdout + variants.stderr
    assert "1 of 1 variants without a violation" in variants.stdout


def test_it_is_judged_where_a_target_file_names_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(
        'venue = "demo"\nbase_url = "http://127.0.0.1:9"\nenvironment = "nowhere"\n'
        '[credentials]\naccount = "me"\ntoken = "what-nobody-must-read"\n'
    )
    done = command(installed, tmp_path, "run", "--target", "target.toml")
    assert done.returncode == 3, done.stdout + done.stderr
    report = (tmp_path / "reports/conformance.json").read_text()
    assert json.loads(report)["target"]["venue"] == "demo"
    assert "what-nobody-must-read" not in report


def test_our_own_venues_are_judged_without_it(installed: Path, tmp_path: Path) -> None:
    done = command(installed, tmp_path, "run", "demo", "bayse")
    assert done.returncode == 2
    assert "a venue that another package brings is judged in a run of its own" in done.stderr
    assert "demo" not in command(installed, tmp_path, "run", "--embedded", "--plan").stdout


@pytest.mark.parametrize("part", ["specs/demo/openapi.yaml", "specs/demo/clauses.yaml", "suites/demo"])
def test_a_missing_part_is_one_clear_message(installed: Path, tmp_path: Path, part: str) -> None:
    site = shutil.copytree(installed, tmp_path / "site")
    missing = site / "demo_venue/kit" / part
    missing.rename(missing.with_name("elsewhere"))
    done = command(site, tmp_path, "run", "demo")
    assert done.returncode == 2
    assert f"the venue 'demo' has no {part} in " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_module_that_cannot_be_imported_is_one_clear_message(installed: Path, tmp_path: Path) -> None:
    site = shutil.copytree(installed, tmp_path / "site")
    (site / "demo_venue/__init__.py").write_text("from nowhere import VENUE\n")
    done = command(site, tmp_path, "run", "demo")
    assert done.returncode == 2
    assert "demo_venue: the venue 'demo' cannot be loaded: ModuleNotFoundError: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_that_a_target_does_not_offer_leaves_its_clause_untested(installed: Path, tmp_path: Path) -> None:
    site = shutil.copytree(installed, tmp_path / "site")
    venue = site / "demo_venue/reference/venue.py"
    venue.write_text(venue.read_text().replace('"market closed"', '"market shut"'))
    done = command(site, tmp_path, "run", "demo")
    assert done.returncode == 3, done.stdout + done.stderr
    report = json.loads((tmp_path / "reports/conformance.json").read_text())
    [closed] = [clause for clause in report["clauses"] if clause["id"] == "demo.market.closed-refused"]
    assert (closed["verdict"], closed["cause"]) == ("not-tested", "state")
    assert "market closed" in closed["reason"]


def test_a_need_that_the_manifest_leaves_out_is_reported(installed: Path, tmp_path: Path) -> None:
    site = shutil.copytree(installed, tmp_path / "site")
    manifest = site / "demo_venue/kit/specs/demo/manifest.json"
    manifest.write_text(manifest.read_text().replace('"orders with status open"', ""))
    manifest.write_text(manifest.read_text().replace(", ]", "]"))
    done = command(site, tmp_path, "mutants", "demo", "--only", "takes-eleven-ids")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "test_batch_over_the_limit_cancels_nothing needs orders with status open; write it anew" in done.stdout


def test_without_a_manifest_it_says_how_to_make_one(installed: Path, tmp_path: Path) -> None:
    site = shutil.copytree(installed, tmp_path / "site")
    (site / "demo_venue/kit/specs/demo/manifest.json").unlink()
    done = command(site, tmp_path, "clauses", "demo")
    assert done.returncode == 2
    assert "python -m venue_conformance.preflight.manifest demo" in done.stderr
