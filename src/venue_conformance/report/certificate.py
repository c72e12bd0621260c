"""Certificates: a report, put into an in-toto test-result statement, signed, and verified without asking anybody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from nacl.signing import SigningKey, VerifyKey

from venue_conformance import __version__
from venue_conformance.contract.digests import package_digest, page_digests
from venue_conformance.contract.resources import resources_root
from venue_conformance.errors import ClientFault, NotGenuine
from venue_conformance.report.dsse import open_envelope, sign
from venue_conformance.report.run_verdict import scope_words
from venue_conformance.report.text import one_line

CERTIFICATE = "certificate.json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
VALID_DAYS = 90
#: Clocks of two machines may differ.
_SKEW = timedelta(minutes=5)
PROVES_NOT = (
    "This does not prove that the build that was tested is the one that runs in production, nor anything about what "
    "was not exercised."
)


@dataclass(frozen=True)
class Subject:
    """What was certified: a name, and the SHA-256 of its file; of the adaptor's where it is not ``bound`` to one."""

    name: str
    sha256: str
    bound: bool = True


def why_not(document: Mapping[str, Any]) -> str | None:
    """Why a run cannot be certified, None where it can.

    Of a client neither a selection nor a must clause that is violated, or was not judged, is borne. Of a venue a
    selection is, and violations that were accepted; the certificate says so.
    """
    run, is_client = document["run"], "client" in document
    if run["interrupted"] or run["errors"] or any(check["outcome"] == "error" for check in document["checks"]):
        return "the run did not come to its end, or the suite itself failed"
    if document.get("baseline", {}).get("problems"):
        return "the baseline does not fit"
    if is_client and run["selection"]:
        return "only some scenarios were selected"
    good = ("conforms", "not-exercised") if is_client else ("conforms", "excluded", "not-tested")
    bad = [
        clause
        for clause in document["clauses"]
        if clause["level"] == "must" and clause["verdict"] not in good and not clause.get("forgiven")
    ]
    if bad:
        named = ", ".join(f"{clause['id']} ({clause['verdict']})" for clause in bad[:3])
        word = "clause was" if len(bad) == 1 else "clauses were"
        return f"the must {word} not seen to be kept: {named}{f' and {len(bad) - 3} more' if len(bad) > 3 else ''}"
    if not any(clause["verdict"] == "conforms" for clause in document["clauses"]):
        return "nothing was judged"
    return None


def statement_of(
    document: Mapping[str, Any],
    report: bytes,
    subject: Subject,
    *,
    clauses_and_scripts: str,
    adaptor: str | None,
    witness: str,
    issued: datetime,
) -> dict[str, Any]:
    """The statement about a run. ``clauses_and_scripts`` and ``adaptor`` are digests.

    Raises ClientFault where the run cannot be certified.
    """
    if reason := why_not(document):
        raise ClientFault(f"no certificate: {reason}")
    venue, client = document["target"]["venue"], document.get("client")
    clauses = document["clauses"]
    warned = [each["id"] for each in clauses if each["verdict"] == "violates" or each.get("forgiven")]
    scope = scope_words(document)
    untested = [each["id"] for each in clauses if each["verdict"] == "not-tested" and each["level"] == "must"]
    certificate = {
        "venue": venue,
        "profiles": client["profiles"] if client else [],
        "profilesNotEarned": client["profiles_not_earned"] if client else [],
        "notExercised": client["not_exercised"] if client else untested,
        "seed": str(document["run"]["seed"]),
        "witness": witness,
        "issued": _written(issued),
        "expires": _written(issued + timedelta(days=VALID_DAYS)),
        "run": document["run"]["id"],
        "about": "client" if client else "venue",
        "subjectBound": subject.bound,
        "provesNot": PROVES_NOT,
        **({"selection": scope} if scope else {}),
    }
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": subject.name, "digest": {"sha256": subject.sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": "WARNED" if warned or scope or (untested and not client) else "PASSED",
            "passedTests": [each["id"] for each in clauses if each["verdict"] == "conforms"],
            "warnedTests": warned,
            "failedTests": [],
            "configuration": [
                _descriptor(f"suite {__version__}", package_digest()),
                _descriptor("clauses and scripts", clauses_and_scripts),
                *(_descriptor(f"page {page}", digest) for page, digest in page_digests(venue).items()),
                *([_descriptor("adaptor", adaptor)] if adaptor is not None else []),
                _descriptor("report", hashlib.sha256(report).hexdigest()),
            ],
            "certificate": certificate,
        },
    }


def _descriptor(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}}


def write_certificate(directory: Path, statement: Mapping[str, Any], key: SigningKey) -> Path:
    """Sign a statement and put it into a report folder. Raises ClientFault when it cannot be written."""
    file = directory / CERTIFICATE
    try:
        file.write_bytes(sign(statement, key))
    except OSError as error:
        raise ClientFault(f"{file}: {error.strerror or error}") from error
    return file


@dataclass(frozen=True)
class Verified:
    """A certificate that holds: its statement, the key that signed it, and by what it can be revoked."""

    statement: Mapping[str, Any]
    signer: str
    digest: str

    @property
    def certificate(self) -> Mapping[str, Any]:
        """What it says about itself."""
        found: Mapping[str, Any] = self.statement["predicate"]["certificate"]
        return found


def verify_certificate(
    data: bytes,
    keys: Iterable[VerifyKey],
    *,
    at: datetime,
    revoked: frozenset[str] = frozenset(),
    report: bytes | None = None,
    subject: bytes | None = None,
) -> Verified:
    """Verify a certificate without asking anybody. Raises NotGenuine with the reason for which it does not hold."""
    statement, payload, signer = open_envelope(data, keys)
    digest = hashlib.sha256(payload).hexdigest()
    if worst := best_match(_validator().iter_errors(statement)):
        raise NotGenuine(f"the statement is no certificate: {worst.json_path}: {one_line(worst.message, 200)}")
    certificate = statement["predicate"]["certificate"]
    for name, what in ((digest, "the certificate"), (signer, "the key that signed it")):
        if name in revoked:
            raise NotGenuine(f"{what} was revoked")
    issued, expires = _read_time(certificate["issued"]), _read_time(certificate["expires"])
    if at < issued - _SKEW:
        raise NotGenuine(f"it is not valid yet: it was issued at {certificate['issued']}")
    if at >= expires or expires - issued > timedelta(days=VALID_DAYS):
        raise NotGenuine(f"it has expired: {certificate['expires']}")
    digests = {each["name"]: each["digest"]["sha256"] for each in statement["predicate"]["configuration"]}
    _require_pages(certificate["venue"], digests)
    if report is not None and digests["report"] != hashlib.sha256(report).hexdigest():
        raise NotGenuine("the report is not the one that was certified")
    if subject is not None and statement["subject"][0]["digest"]["sha256"] != hashlib.sha256(subject).hexdigest():
        raise NotGenuine("the file is not the one that was certified")
    return Verified(statement, signer, digest)


def _require_pages(venue: str, digests: Mapping[str, str]) -> None:
    try:
        installed = page_digests(venue)
    except (OSError, ClientFault):
        raise NotGenuine(f"{one_line(venue, 50)} is no venue of this suite") from None
    certified = {name.removeprefix("page "): digest for name, digest in digests.items() if name.startswith("page ")}
    for page in {**installed, **certified}:
        if installed.get(page) != certified.get(page):
            raise NotGenuine(f"the contract page {one_line(page, 80)} has changed since")


def read_revoked(file: Path) -> frozenset[str]:
    """A revocation list: a certificate's digest or a key's id a line, with anything behind it as a remark.

    Raises ClientFault when it cannot be read, or when a line is none of both.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ClientFault(f"{file}: the revocation list cannot be read: {error}") from error
    names = [line.split()[0] for line in lines if line.strip() and not line.lstrip().startswith("#")]
    for name in names:
        if len(name) != 64 or set(name) - set("0123456789abcdef"):
            raise ClientFault(f"{file}: a line begins with 64 hex digits, not {one_line(name, 80)!r}")
    return frozenset(names)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise NotGenuine(f"{one_line(text, 50)} is no time of a certificate") from None


@cache
def _validator() -> Draft202012Validator:
    file = resources_root() / "specs" / "certificate.schema.json"
    return Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))
