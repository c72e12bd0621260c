"""What a run is asked for: by flags, then by the environment, then by the file in the working folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_command
from venue_conformance.cli import run
from venue_conformance.cli.configuration import FILE, SETTINGS, configure
from venue_conformance.errors import ClientFault


@pytest.fixture
def configured(tmp_path: Path) -> Any:
    """The options of ``run`` with flags, variables and a file."""

    def parse(*flags: str, file: str | None = None, **variables: str) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        run.add_command(parser.add_subparsers())
        options = parser.parse_args(["run", *flags])
        if file is not None:
            (tmp_path / FILE).write_text(f"[run]\n{file}")
        told = configure(
            options, {f"VENUE_CONFORMANCE_{key}": value for key, value in variables.items()}, tmp_path / FILE
        )
        options.told = told
        return options

    return parse


def test_nothing_said_is_as_it_always_was(configured: Any) -> None:
    options = configured()
    assert (options.profile, options.report_dir, options.venues, options.clause) == ("ci", Path("reports"), [], [])
    assert (options.strict, options.probe, options.seed, options.target, options.told) == (False, True, None, None, [])


def test_a_flag_comes_before_the_environment_and_that_before_the_file(configured: Any) -> None:
    file = 'profile = "nightly"\nseed = 1\nclause = ["rows.*"]\nmax_minutes = 5'
    options = configured("--profile", "smoke", file=file, PROFILE="ci", SEED="2")
    assert (options.profile, options.seed, options.clause, options.max_minutes) == ("smoke", 2, ["rows.*"], 5.0)
    assert options.told == [
        "seed from the environment",
        f"clause, max_minutes from {options.told[1].split(' from ')[1]}",
    ]


def test_a_list_of_one_place_stands_for_all_of_it(configured: Any) -> None:
    assert configured("--clause", "a.*", file='clause = ["b.*"]').clause == ["a.*"]
    assert configured(CLAUSE="a.*, b.*", LEVEL="must should").clause == ["a.*", "b.*"]


@pytest.mark.parametrize("flags", [["bayse"], ["--embedded"], ["--target", "mine.toml"]])
def test_who_says_what_is_judged_says_all_of_it(configured: Any, flags: list[str]) -> None:
    options = configured(*flags, file='target = "theirs.toml"\nstrict = true')
    assert (options.strict, options.target) == (True, Path("mine.toml") if "mine.toml" in flags else None)
    assert configured(file="embedded = true", TARGET="theirs.toml").embedded is False


@pytest.mark.parametrize("word", ["true", "1", "YES"])
def test_a_variable_says_yes_in_the_usual_words(configured: Any, word: str) -> None:
    assert configured(STRICT=word).strict is True
    assert configured(PROBE="no", file="strict = true").probe is False


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("stict = true", "[run] stict: unknown; did you mean strict?"),
        ("report-dir = 1", "report-dir: unknown; did you mean report_dir?"),
        ("seed = true", "a number is expected"),
        ("seed = 1.5", "a whole number is expected"),
        ("strict = 2", "true or false is expected"),
        ('profile = "nightl"', "did you mean nightly?"),
        ("clause = 1", "a list is expected"),
        ("target = 1", "a text is expected"),
        ("force_production = true", "only the flag sets this"),
        ("baseline_update = true", "only the flag sets this"),
        ("[rum]", "rum: unknown; did you mean run?"),
        ("= 1", "this is no TOML"),
    ],
)
def test_what_is_not_known_in_the_file_is_an_error(configured: Any, file: str, complaint: str) -> None:
    with pytest.raises(ClientFault) as refused:
        configured(file=file)
    assert complaint in str(refused.value)


def test_what_is_nearly_a_variable_is_an_error(configured: Any) -> None:
    with pytest.raises(ClientFault, match=r"TARGTE: unknown; did you mean VENUE_CONFORMANCE_TARGET\?"):
        configured(TARGTE="x")
    with pytest.raises(ClientFault, match="only the flag sets this"):
        configured(FORCE_PRODUCTION="1")
    assert configured(REDIS="redis://x", VERSION="1.2").told == []


def test_every_setting_is_an_option_of_run(configured: Any) -> None:
    assert SETTINGS.keys() <= vars(configured()).keys()


def test_the_command_reads_the_file_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[run]\nvenues = ["bayse"]\nclause = ["limits.one-accepted"]\nreport_dir = "out"\n')
    done = run_command(tmp_path, "run")
    assert (done.status, done.errors) == (0, "")
    assert f"configured: clause, report_dir, venues from {FILE}" in done.output
    assert (tmp_path / "out" / "conformance.json").exists()
    (tmp_path / FILE).write_text('[run]\nvenus = ["bayse"]\n')
    wrong = run_command(tmp_path, "run")
    assert (wrong.status, "did you mean venues?" in wrong.errors) == (2, True)
