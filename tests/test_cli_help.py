"""The command's own help: it says what each command says of itself, and loads none of them for it."""

import argparse
import subprocess
import sys
from importlib import import_module

import pytest

from venue_conformance.cli import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_module_of_its_name(name: str) -> None:
    commands = argparse.ArgumentParser().add_subparsers()
    import_module(f"venue_conformance.cli.{name}").add_command(commands)
    assert list(commands.choices) == [name]
    assert commands._choices_actions == [], "what a command does in a few words is said once, in the list of them"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_no_command(option: str) -> None:
    code = f"""
import sys
from venue_conformance.cli import main
try:
    main([{option!r}])
finally:
    loaded = {{"httpx", "pytest", "hypothesis", "schemathesis", "rich", "yaml"}} & sys.modules.keys()
    print("loaded:", *sorted(loaded), file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.split() == ["loaded:"]
    assert "venue-conformance" in ran.stdout


def test_unknown_command_names_those_there_are() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "venue_conformance", "rum"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert all(name in ran.stderr for name in COMMANDS)
