"""How every command says what went wrong."""

from __future__ import annotations

import sys

from venue_conformance.report.text import fit_to_print
from venue_conformance.wire.redaction import without_secrets


def print_error(text: str) -> None:
    """Print what went wrong, masked, on standard error: a line for each thing; an indented one belongs to the last."""
    sys.stdout.flush()
    lines = fit_to_print(without_secrets(text)).splitlines()
    print("\n".join(line if line.startswith(" ") else f"error: {line}" for line in lines), file=sys.stderr)
