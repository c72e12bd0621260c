"""``venue-conformance certificate verify``: whether a certificate holds, without asking anybody."""

from __future__ import annotations

import argparse
import hashlib
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from venue_conformance.changes.certified_pages import changes_against
from venue_conformance.cli.faults import print_error
from venue_conformance.contract.digests import clauses_digest
from venue_conformance.contract.page_changes import PageChange
from venue_conformance.errors import ClientFault, NotGenuine
from venue_conformance.report.certificate import (
    Subject,
    Verified,
    read_revoked,
    statement_of,
    verify_certificate,
    why_not,
    write_certificate,
)
from venue_conformance.report.document import REPORT, load_report
from venue_conformance.report.dsse import load_private_key, load_public_key
from venue_conformance.report.text import fit_to_print, one_line

REFUSED = 1


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "certificate", description="What certify --sign and run --sign have signed."
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser(
        "verify",
        description="Tells whether a certificate holds: signed by a key that you know, not expired, not revoked, about "
        "the contract pages that this suite knows. Exit status 0 where it does, 1 where it does not.",
    )
    verify.add_argument("file", type=Path, metavar="FILE", help="the certificate")
    verify.add_argument(
        "--key", type=Path, action="append", required=True, metavar="PUBLIC_KEY", help="may be repeated"
    )
    verify.add_argument("--report", type=Path, metavar="FILE", help="check that the certificate is about this report")
    verify.add_argument("--subject", type=Path, metavar="FILE", help="check that the certificate is about this file")
    verify.add_argument("--seed", type=int, metavar="N", help="check that the run used this seed, which you gave out")
    verify.add_argument("--at", type=_moment, metavar="TIME", help="hold it against this time (ISO 8601); default: now")
    verify.add_argument("--revoked", type=Path, metavar="FILE", help="a list of revoked certificates and keys")
    verify.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="it must hold before this version of the contract page (text, Markdown or HTML); where it does not, the "
        "sentences are named",
    )
    verify.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Verify one certificate."""
    if options.seed is not None and options.report is None:
        raise ClientFault("--seed needs --report: it is held against what the run recorded")
    keys = [load_public_key(file) for file in options.key]
    report = options.report / REPORT if options.report and options.report.is_dir() else options.report
    try:
        verified = verify_certificate(
            _read(options.file),
            keys,
            at=options.at or datetime.now(UTC),
            revoked=read_revoked(options.revoked) if options.revoked else frozenset(),
            report=_read(report) if report else None,
            subject=_read(options.subject) if options.subject else None,
        )
        if options.seed is not None:
            _require_seed(verified.certificate, report, options.seed)
        beside = _require_page(verified, options.page) if options.page else ""
    except _PageChanged as changed:
        print(f"{options.file}: REFUSED: {changed}")
        print(fit_to_print("\n".join(changed.lines)))
        return REFUSED
    except NotGenuine as reason:
        print(f"{options.file}: REFUSED: {one_line(str(reason), 500)}")
        return REFUSED
    predicate, certificate = verified.statement["predicate"], verified.certificate
    subject = verified.statement["subject"][0]
    facts = {
        "subject": f"{subject['name']}, sha256 {subject['digest']['sha256']}",
        "result": f"{predicate['result']}: {len(predicate['passedTests'])} clauses kept"
        + (f", {len(predicate['warnedTests'])} with a warning" if predicate["warnedTests"] else ""),
        "profiles": ", ".join(certificate["profiles"]) or "none",
        "not earned": ", ".join(certificate["profilesNotEarned"]),
        "not exercised": ", ".join(certificate["notExercised"]) or "nothing",
        "selection": certificate.get("selection", ""),
        "witness": certificate["witness"],
        "valid": f"{certificate['issued']} to {certificate['expires']}",
        "signed by": verified.signer,
        "digest": verified.digest,
        "held against": ", ".join(
            [
                "the contract pages",
                *(["the report"] if report else []),
                *(["the file"] if options.subject else []),
                *(["the seed"] if options.seed is not None else []),
                *(["the page"] if options.page else []),
            ]
        ),
        "the page": beside,
    }
    print(f"{options.file}: VALID, {certificate['venue']}")
    for name, fact in facts.items():
        if fact:
            print(f"  {name:<14} {one_line(str(fact), 1000)}")
    return 0


class _PageChanged(NotGenuine):
    """The page says something else than when it was certified; ``lines`` name the sentences."""

    def __init__(self, page: str, changes: Sequence[PageChange]) -> None:
        number = f"{len(changes)} place{'' if len(changes) == 1 else 's'}"
        super().__init__(f"the page {page} says something else in {number} that it rests on")
        self.lines = [line for change in changes for line in _sentences(change)]


def _sentences(change: PageChange) -> list[str]:
    kind = {"added": "new beside", "removed": "gone"}.get(change.kind, change.kind)
    lines = [f"  {kind:<14} {', '.join(change.locators)}"]
    lines += [f"    now          {one_line(change.new, 300)}"] if change.new else []
    return [*lines, f"    rests on it  {', '.join(change.clauses)}"]


def _require_page(verified: Verified, page: Path) -> str:
    """What differs on a newer page and touches nothing, in words. Raises NotGenuine where something certified does."""
    predicate = verified.statement["predicate"]
    certified = {*predicate["passedTests"], *predicate["warnedTests"]}
    known, against, others = changes_against(verified.certificate["venue"], certified, page)
    if against:
        raise _PageChanged(known, against)
    if not others:
        return f"{known}: every sentence reads as it did"
    places = ", ".join(locator for change in others for locator in change.locators)
    return f"{known}: nothing that it rests on differs; elsewhere: {places}"


def _require_seed(certificate: Mapping[str, Any], report: Path, seed: int) -> None:
    """Raise NotGenuine unless a certified run of a client used a seed."""
    from venue_conformance.clients.seeds import strays_from_seed

    document = load_report(report)
    if certificate["seed"] != str(seed) or "client" not in document:
        raise NotGenuine(f"it is not about a client's run of seed {seed}, but of {certificate['seed']}")
    if stray := strays_from_seed(document, seed):
        raise NotGenuine(stray)


def sign_written(directory: Path, document: Mapping[str, Any], key_file: Path, **about: Any) -> bool:
    """As ``sign_run``, at the end of a command whose verdict is told: what cannot be written is told in one line."""
    try:
        return sign_run(directory, document, key_file, **about)
    except ClientFault as fault:
        print_error(str(fault))
        return False


def sign_run(
    directory: Path,
    document: Mapping[str, Any],
    key_file: Path,
    *,
    subject: Path | None = None,
    clauses_and_scripts: str | None = None,
    witness: str = "self",
) -> bool:
    """Sign the report in a folder, and say so; whether it could be. Raises ClientFault for a key that is none."""
    key = load_private_key(key_file)
    if reason := why_not(document):
        print(f"no certificate: {one_line(reason, 1000)}")
        return False
    client = document.get("client")
    adaptor = adaptor_digest(client["adaptor"]) if client else None
    report = _read(directory / REPORT)
    statement = statement_of(
        document,
        report,
        _subject(document, subject, adaptor),
        clauses_and_scripts=clauses_and_scripts or clauses_digest(document["target"]["venue"]),
        adaptor=adaptor,
        witness=witness,
        issued=datetime.now(UTC),
    )
    file = write_certificate(directory, statement, key)
    print(
        f"{file}: signed, {statement['predicate']['result']}, until {statement['predicate']['certificate']['expires']}"
    )
    return True


def adaptor_digest(adaptor: str) -> str:
    """The SHA-256 of an adaptor: of its command or address, and of every file that the command names."""
    digest = hashlib.sha256(adaptor.encode())
    words = [] if adaptor.startswith("http://") else shlex.split(adaptor)
    for file in map(Path, words):
        if file.is_file():
            data = file.read_bytes()
            digest.update(f"\0{file.name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def _subject(document: Mapping[str, Any], file: Path | None, adaptor: str | None) -> Subject:
    client = document.get("client")
    name = f"{client['name']} {client['version']}".strip() if client else document["target"]["base_url"] or "reference"
    if file is not None:
        return Subject(name, hashlib.sha256(_read(file)).hexdigest())
    # A venue is no file; what names it is its address.
    return Subject(name, adaptor or hashlib.sha256(name.encode()).hexdigest(), bound=False)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ClientFault(f"{file}: {error.strerror or error}") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time, as in 2026-11-30T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
