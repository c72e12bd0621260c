"""``venue-conformance completion``: what makes a shell complete commands, options, venues and clause ids."""

from __future__ import annotations

import argparse
from typing import Any

import shtab

from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.contract.resources import venue_names

SHELLS = ("bash", "zsh")


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "completion",
        description="Prints a script that makes bash or zsh complete commands, options, files, venues and clause ids. "
        'For bash: eval "$(venue-conformance completion bash)"; for zsh, write it to a file _venue-conformance in a '
        "folder of $fpath.",
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=" or ".join(SHELLS))
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print the script."""
    from venue_conformance.cli import COMMANDS, parser_of

    parser = parser_of(COMMANDS)
    venues = venue_names()
    clauses = [clause for venue in venues for clause in load_catalogue(venue)]
    _suggest(parser, venues, clauses)
    print(shtab.complete(parser, shell=options.shell))
    return 0


def _suggest(parser: argparse.ArgumentParser, venues: list[str], clauses: list[str]) -> None:
    """Say of each argument what may stand there; the parser is for completion alone."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                _suggest(each, venues, clauses)
        elif action.choices is not None:
            continue
        elif action.dest in ("venue", "venues"):
            action.choices = venues
        elif action.dest == "wanted":
            action.choices = [*venues, *clauses]
        elif "--clause" in action.option_strings:
            action.choices = clauses
        elif action.metavar in ("DIR", "FOLDER"):
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.metavar is not None and action.nargs != 0:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
