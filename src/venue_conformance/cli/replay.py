"""``venue-conformance replay``."""

from __future__ import annotations

import argparse
from typing import Any


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser("replay", help="to come")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """To come."""
    raise NotImplementedError
