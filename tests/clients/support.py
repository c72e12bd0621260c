"""Runs certifications in this process, with adaptors that are written down in a test."""

from __future__ import annotations

import contextlib
import io
import sys
import textwrap
from pathlib import Path
from typing import Any

import venue_conformance
from tests.command import Ended
from venue_conformance.cli import main
from venue_conformance.clients.certification import Certification, CertifyOptions, certify

SAMPLES = Path(venue_conformance.__file__).parent / "clients" / "samples"
RIGHT = f"{sys.executable} {SAMPLES / 'bayse.py'}"


def certified(adaptor: str, *scenarios: str, **options: Any) -> Certification:
    return certify(CertifyOptions(adaptor, scenarios=scenarios, **{"seed": 7, **options}))


def verdicts(done: Certification) -> dict[str, str]:
    """The verdict on each clause, by topic and rule."""
    return {clause["id"].split(".", 2)[2]: clause["verdict"] for clause in done.document["clauses"]}


def violated(done: Certification) -> set[str]:
    return {rule for rule, verdict in verdicts(done).items() if verdict == "violates"}


def outcomes(done: Certification) -> dict[str, str]:
    """How each scenario ended, by name."""
    return {check["id"].rpartition("::")[2]: check["outcome"] for check in done.document["checks"]}


def reasons(done: Certification) -> str:
    return "\n".join(check["reason"] or "" for check in done.document["checks"])


def client_of(folder: Path, body: str, *, name: str = "client.py", venue: str = "bayse") -> str:
    """The command of an adaptor whose client extends the right one: ``body`` defines ``class Mine(Client)``."""
    source = f"""
import http.client, json, sys, time, uuid
sys.path.insert(0, {str(SAMPLES)!r})
import {venue} as plain
from {venue} import *
{textwrap.dedent(body)}
plain.CAN = globals().get("CAN")  # of those whose adaptor says less than the plain one
plain.main(Mine)
"""
    file = folder / name
    file.write_text(source)
    return f"{sys.executable} {file}"


def script_of(folder: Path, body: str, *, name: str = "adaptor.py") -> str:
    """The command of an adaptor that is a program of its own."""
    file = folder / name
    file.write_text("import json, os, sys, time\n" + textwrap.dedent(body))
    return f"{sys.executable} {file}"


def run_command(folder: Path, *arguments: str) -> Ended:
    """The command in this process, which takes a tenth of the time."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return Ended(status, output.getvalue(), errors.getvalue())
