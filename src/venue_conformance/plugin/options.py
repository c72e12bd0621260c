"""The options that a run takes; ``venue-conformance run`` gives them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import pytest

from venue_conformance.contract.clauses import IMPORTANCES, LEVELS
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.splitting import read_shard
from venue_conformance.report.forms import Wanted, read_forms
from venue_conformance.target.guard import FORCE_FLAG

Profile = Literal["smoke", "ci", "nightly"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
DEFAULT_REPORT_DIR = Path("reports")
DEFAULT_BASELINE = Path("venue-conformance-baseline.toml")


@dataclass(frozen=True)
class Selection:
    """Which clauses a run is about, and which checks pytest's own -k and -m leave; empty means all of them."""

    clauses: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    importances: tuple[str, ...] = ()
    keyword: str = ""
    markers: str = ""

    def to_dict(self) -> dict[str, list[str]]:
        """The selection for the report, by option; {} when nothing was left out."""
        given = {
            "--clause": self.clauses,
            "--level": self.levels,
            "--importance": self.importances,
            "-k": (self.keyword,),
            "-m": (self.markers,),
        }
        return {option: list(values) for option, values in given.items() if any(values)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Sequence[str]]) -> Selection:
        """The selection again, from a report or a journal."""
        given = {option: tuple(map(str, chosen)) for option, chosen in values.items()}
        keyword, markers = (next(iter(given.get(option, ())), "") for option in ("-k", "-m"))
        clauses, levels, importances = (given.get(name, ()) for name in ("--clause", "--level", "--importance"))
        return cls(clauses, levels, importances, keyword, markers)


@dataclass(frozen=True)
class RunOptions:
    """What a run was asked to do."""

    target: Path | None = None
    report_dir: Path = DEFAULT_REPORT_DIR
    profile: Profile = "ci"
    seed: int | None = None
    selection: Selection = field(default_factory=Selection)
    strict: bool = False
    allow_untested: bool = False
    max_minutes: float | None = None
    probe: bool = True
    force_production: bool = False
    baseline: Path | None = None
    baseline_update: bool = False
    shard: tuple[int, int] | None = None
    reports: tuple[Wanted, ...] = ()
    keep_bodies: bool = False
    sarif_location: Path | None = None

    @property
    def smoke(self) -> bool:
        """Whether clauses are judged by their smoke checks alone."""
        return self.profile == "smoke"


def add_options(parser: pytest.Parser) -> None:
    """Declare the options with pytest."""
    group = parser.getgroup("venue-conformance", "venue conformance")
    group.addoption("--target", type=Path, metavar="FILE", help="target file; without it the reference venue is judged")
    group.addoption(
        "--report-dir",
        type=Path,
        metavar="DIR",
        default=DEFAULT_REPORT_DIR,
        help="report folder, created if missing (default: reports)",
    )
    group.addoption("--seed", type=int, metavar="N", help="repeat the random choices of an earlier run")
    group.addoption("--check-profile", choices=PROFILES, default="ci", help="how much is tried (default: ci)")
    group.addoption(
        "--clause", action="append", default=[], metavar="GLOB", help="judge only clauses whose id matches; repeatable"
    )
    group.addoption("--check-level", action="append", default=[], choices=LEVELS, help="judge only this level")
    group.addoption(
        "--check-importance", action="append", default=[], choices=IMPORTANCES, help="judge only this importance"
    )
    group.addoption("--strict-levels", action="store_true", help='count clauses of level "should" for the verdict, too')
    group.addoption(
        "--allow-untested", action="store_true", help="do not fail for what cannot be tested at this target"
    )
    group.addoption("--no-probe", action="store_false", dest="probe", help="send no valid request before the checks")
    group.addoption("--max-minutes", type=float, metavar="N", help="start no further check after so many minutes")
    group.addoption("--baseline", type=Path, metavar="FILE", help="breaches that are accepted for a time")
    group.addoption(
        "--baseline-update", action="store_true", help=f"update the baseline (default FILE: {DEFAULT_BASELINE})"
    )
    group.addoption("--shard", metavar="K/N", help="run part K of N; the command merge combines their reports")
    group.addoption(
        "--report-form",
        action="append",
        default=[],
        metavar="FORM[=FILE]",
        help="write the report in this form, too",
    )
    group.addoption("--keep-bodies", action="store_true", help="keep headers and bodies of checks that passed, too")
    group.addoption("--sarif-location", type=Path, metavar="FILE", help="the file that SARIF results point to")
    group.addoption(FORCE_FLAG, action="store_true", dest="force_production", help="allow a production host")


def read_options(config: pytest.Config) -> RunOptions:
    """The options that were given. Raises ClientFault for one that makes no sense."""
    value = config.getoption
    minutes = value("--max-minutes")
    if minutes is not None and not minutes > 0:  # NaN neither
        raise ClientFault(f"--max-minutes {minutes:g}: must be more than 0")
    return RunOptions(
        target=value("--target"),
        report_dir=value("--report-dir"),
        profile=value("--check-profile"),
        seed=value("--seed"),
        selection=Selection(
            tuple(value("--clause")),
            tuple(value("--check-level")),
            tuple(value("--check-importance")),
            value("keyword") or "",
            value("markexpr") or "",
        ),
        strict=value("--strict-levels"),
        allow_untested=value("--allow-untested"),
        max_minutes=minutes,
        probe=value("probe"),
        force_production=value("force_production"),
        baseline=value("--baseline") or (DEFAULT_BASELINE if value("--baseline-update") else None),
        baseline_update=value("--baseline-update"),
        shard=read_shard(value("--shard")),
        reports=read_forms(value("--report-form")),
        keep_bodies=value("--keep-bodies"),
        sarif_location=value("--sarif-location"),
    )
