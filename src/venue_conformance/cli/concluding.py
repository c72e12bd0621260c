"""The end of a command that judges: its verdict is printed before anything is written, so no full disk hides it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from venue_conformance.cli.faults import print_error
from venue_conformance.cli.output import print_json
from venue_conformance.errors import ClientFault
from venue_conformance.report.console import open_console
from venue_conformance.report.folder import RunFolder
from venue_conformance.report.machine import run_values
from venue_conformance.report.terminal import print_quiet, print_reports
from venue_conformance.report.text import fit_to_print


def conclude(
    documents: Mapping[Path, Mapping[str, Any]],
    folder: RunFolder,
    options: argparse.Namespace,
    write: Callable[[], object],
) -> bool:
    """Print reports as the output options want them, and ``write`` them; whether they could be written.

    ``documents`` are by the folder that each is written to. What goes wrong is told in one line.
    """
    as_json, console = options.format == "json", open_console(color=options.color)
    if not as_json and options.quiet:
        print_quiet(list(documents.values()), console)
    elif not as_json:
        # What a client did wrong is told in full: nothing can be replayed to see it.
        verbose = options.verbose or any(document.get("client") for document in documents.values())
        print_reports(list(documents.values()), console, verbose=verbose)
    written = _written(folder, write)
    if as_json:
        folders = {document["target"]["venue"]: path for path, document in documents.items()} if written else {}
        print_json(run_values({document["target"]["venue"]: document for document in documents.values()}, folders))
    elif written and not options.quiet:
        for path in documents:
            print(fit_to_print(f"report: {path / 'report.html'}"), flush=True)
    return written


def _written(folder: RunFolder, write: Callable[[], object]) -> bool:
    try:
        folder.require_ours()
        write()
    except ClientFault as fault:
        print_error(str(fault))
        return False
    return True
