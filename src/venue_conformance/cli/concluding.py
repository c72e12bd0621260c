"""The end of a command that judges: its verdict is printed before anything is written, so no full disk hides it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from venue_conformance.errors import ClientFault
from venue_conformance.report.console import open_console
from venue_conformance.report.document import write_report
from venue_conformance.report.folder import RunFolder
from venue_conformance.report.terminal import print_report
from venue_conformance.report.text import fit_to_print
from venue_conformance.wire.redaction import without_secrets


def conclude(
    document: Mapping[str, Any], directory: Path, folder: RunFolder, before: Callable[[], None] = lambda: None
) -> bool:
    """Print a report and then write it; whether it could be. What goes wrong is told in one line.

    ``before`` is called when the folder is known to be ours still.
    """
    print_report(document, open_console())
    try:
        folder.require_ours()
        before()
        write_report(directory, document)
    except ClientFault as fault:
        sys.stdout.flush()
        print(fit_to_print(without_secrets(f"error: {fault}")), file=sys.stderr)
        return False
    print(fit_to_print(f"report: {directory / 'report.html'}"), flush=True)
    return True
