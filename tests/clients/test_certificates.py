"""Certificates: what is signed, by whose code it can be verified, and everything for which one is refused."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from nacl.signing import SigningKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from tests.clients.support import RIGHT, certified, run_command
from tests.command import run_command as run_in_a_process
from venue_conformance.contract.digests import page_digests
from venue_conformance.errors import ClientFault, NotGenuine
from venue_conformance.report.certificate import Subject, statement_of, verify_certificate, why_not
from venue_conformance.report.document import write_report
from venue_conformance.report.dsse import (
    PAYLOAD_TYPE,
    key_id,
    load_private_key,
    load_public_key,
    pre_authentication_encoding,
    private_pem,
    public_pem,
    sign,
)

ISSUED = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEY = SigningKey(bytes(range(32)))
A_DIGEST = hashlib.sha256(b"x").hexdigest()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """A run in which everything conforms, as if every scenario had been played."""
    played: dict[str, Any] = certified(RIGHT, "one-open").document
    played["run"]["selection"] = {}
    for clause in played["clauses"]:
        if clause["level"] != "open":
            clause["verdict"], clause["cause"] = "conforms", None
    return played


@pytest.fixture(scope="module")
def report(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_report(tmp_path_factory.mktemp("report"), document).read_bytes()


def stated(document: dict[str, Any], report: bytes, **options: Any) -> dict[str, Any]:
    return statement_of(
        document,
        report,
        Subject("acme-client 2.1.0", A_DIGEST),
        **{"clauses_and_scripts": A_DIGEST, "adaptor": A_DIGEST, "witness": "self", "issued": ISSUED, **options},
    )


@pytest.fixture(scope="module")
def certificate(document: dict[str, Any], report: bytes) -> bytes:
    return sign(stated(document, report), KEY)


def verify(data: bytes, **options: Any) -> Any:
    keys = options.pop("keys", [KEY.verify_key])
    return verify_certificate(data, keys, **{"at": ISSUED + timedelta(days=1), **options})


def resigned(certificate: bytes, change: Any) -> bytes:
    """A certificate of the same key with something else inside."""
    statement = json.loads(base64.b64decode(json.loads(certificate)["payload"]))
    change(statement)
    return sign(statement, KEY)


def test_it_holds(certificate: bytes, report: bytes) -> None:
    verified = verify(certificate, report=report, subject=b"x")
    assert verified.signer == key_id(KEY.verify_key)
    predicate = verified.statement["predicate"]
    assert predicate["result"] == "PASSED"
    assert "client.bayse.signing.over-sent-bytes" in predicate["passedTests"]
    names = [each["name"] for each in predicate["configuration"]]
    assert names[0].startswith("suite ")
    assert names[1:] == ["clauses and scripts", "page batch-cancel", "adaptor", "report"]
    certificate_part = predicate["certificate"]
    assert certificate_part["expires"] == "2027-02-28T12:00:00Z"
    assert (certificate_part["venue"], certificate_part["witness"]) == ("bayse", "self")


def test_others_verify_it(certificate: bytes) -> None:
    envelope = Envelope.from_dict(json.loads(certificate))
    public = public_pem(KEY.verify_key)
    key = SSlibKey(key_id(KEY.verify_key), "ed25519", "ed25519", {"public": bytes(KEY.verify_key).hex()})
    assert envelope.verify([key], 1)
    assert envelope.payload_type == PAYLOAD_TYPE
    assert "BEGIN PUBLIC KEY" in public


def test_plain_openssl_verifies_it(certificate: bytes, tmp_path: Path) -> None:
    envelope = json.loads(certificate)
    (tmp_path / "key.pub").write_text(public_pem(KEY.verify_key))
    (tmp_path / "signed").write_bytes(pre_authentication_encoding(base64.b64decode(envelope["payload"])))
    (tmp_path / "signature").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    command = "openssl pkeyutl -verify -pubin -inkey key.pub -rawin -in signed -sigfile signature"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Signature Verified Successfully" in done.stdout + done.stderr


def test_openssl_reads_the_private_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(private_pem(KEY))
    done = subprocess.run(
        ["openssl", "pkey", "-in", "key", "-pubout"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == public_pem(KEY.verify_key)


def test_the_payload_is_canonical(certificate: bytes) -> None:
    payload = base64.b64decode(json.loads(certificate)["payload"])
    assert rfc8785.dumps(json.loads(payload)) == payload


def test_every_changed_byte_is_refused(certificate: bytes) -> None:
    for place in range(len(certificate)):
        changed = bytearray(certificate)
        changed[place] ^= 1 << place % 7
        with pytest.raises(NotGenuine):
            verify(bytes(changed))
    for changed_bytes in (certificate + b"\n", certificate[:-1], b" " + certificate, b"", b"{}", b"[]"):
        with pytest.raises(NotGenuine):
            verify(changed_bytes)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"keys": [SigningKey(bytes(32)).verify_key]}, "signed by another key"),
        ({"keys": []}, "signed by another key"),
        ({"at": ISSUED + timedelta(days=90)}, "expired: 2027-02-28"),
        ({"at": ISSUED - timedelta(hours=1)}, "not valid yet"),
        ({"report": b"{}"}, "the report is not the one"),
        ({"subject": b"y"}, "the file is not the one"),
        ({"revoked": frozenset({key_id(KEY.verify_key)})}, "the key that signed it was revoked"),
    ],
)
def test_it_is_refused_with_its_reason(certificate: bytes, options: dict[str, Any], says: str) -> None:
    with pytest.raises(NotGenuine, match=says):
        verify(certificate, **options)


def test_a_revoked_certificate_is_refused(certificate: bytes) -> None:
    digest = verify(certificate).digest
    with pytest.raises(NotGenuine, match="the certificate was revoked"):
        verify(certificate, revoked=frozenset({digest}))


def change_page(statement: dict[str, Any]) -> None:
    for each in statement["predicate"]["configuration"]:
        if each["name"] == "page batch-cancel":
            each["digest"]["sha256"] = A_DIGEST


def no_page(statement: dict[str, Any]) -> None:
    statement["predicate"]["configuration"] = [
        each for each in statement["predicate"]["configuration"] if not each["name"].startswith("page ")
    ]


def longer(statement: dict[str, Any]) -> None:
    statement["predicate"]["certificate"]["expires"] = "2036-02-28T12:00:00Z"


def failed(statement: dict[str, Any]) -> None:
    statement["predicate"]["failedTests"] = ["client.bayse.request.schema"]


def other_type(statement: dict[str, Any]) -> None:
    statement["predicateType"] = "https://slsa.dev/provenance/v1"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (change_page, "the contract page batch-cancel has changed"),
        (no_page, "the statement is no certificate"),
        (longer, "expired"),
        (failed, "no certificate"),
        (other_type, "no certificate"),
        (lambda statement: statement["predicate"]["certificate"].update(venue="nowhere"), "no venue of this suite"),
        (lambda statement: statement["predicate"]["certificate"].update(issued="soon"), "no time of a certificate"),
        (lambda statement: statement.clear(), "no certificate"),
    ],
)
def test_what_a_key_should_not_have_signed_is_refused(certificate: bytes, change: Any, says: str) -> None:
    with pytest.raises(NotGenuine, match=says):
        verify(resigned(certificate, change))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["run"].update(selection={"--scenario": ["one"]}), "only some scenarios"),
        (lambda d: d["run"].update(interrupted=True), "did not come to its end"),
        (lambda d: d["clauses"][0].update(verdict="violates"), "client.bayse.request.schema .violates."),
        (lambda d: d["clauses"][0].update(verdict="inconclusive"), "inconclusive"),
        (lambda d: d["clauses"][0].update(verdict="not-tested"), "not-tested"),
        (lambda d: d["checks"][0].update(outcome="error"), "suite itself failed"),
        (lambda d: d.update(baseline={"problems": [{}]}), "baseline does not fit"),
    ],
)
def test_such_a_run_is_not_certified(document: dict[str, Any], report: bytes, change: Any, says: str) -> None:
    changed = copy.deepcopy(document)
    change(changed)
    with pytest.raises(ClientFault, match=f"no certificate: .*{says}"):
        stated(changed, report)


def test_violated_advice_is_a_warning_and_what_was_not_exercised_is_named(
    document: dict[str, Any], report: bytes
) -> None:
    changed = copy.deepcopy(document)
    by_id = {clause["id"]: clause for clause in changed["clauses"]}
    by_id["client.bayse.headers.content-type"]["verdict"] = "violates"
    by_id["client.bayse.idempotency.key-form"]["verdict"] = "not-exercised"
    changed["client"]["profiles_not_earned"] = ["retrying"]
    changed["client"]["not_exercised"] = ["client.bayse.idempotency.key-form"]
    predicate = stated(changed, report)["predicate"]
    assert predicate["result"] == "WARNED"
    assert predicate["warnedTests"] == ["client.bayse.headers.content-type"]
    assert predicate["certificate"]["notExercised"] == ["client.bayse.idempotency.key-form"]
    assert predicate["certificate"]["profilesNotEarned"] == ["retrying"]
    assert why_not(changed) is None


def test_a_venue_whose_run_was_narrowed_is_certified_with_a_warning(document: dict[str, Any], report: bytes) -> None:
    changed = copy.deepcopy(document)
    del changed["client"]
    changed["run"]["selection"] = {"--clause": ["rows.*"]}
    predicate = stated(changed, report)["predicate"]
    assert predicate["result"] == "WARNED"
    assert "clauses selected: --clause rows.*" in predicate["certificate"]["selection"]
    changed["run"]["selection"] = {}
    changed["clauses"][0] |= {"verdict": "violates", "forgiven": {"how": "accepted"}}
    assert stated(changed, report)["predicate"]["warnedTests"] == [changed["clauses"][0]["id"]]


def test_a_page_has_one_digest_however_often_it_is_read() -> None:
    assert page_digests("bayse") == page_digests("bayse")
    assert list(page_digests("bayse")) == ["batch-cancel"]


@pytest.mark.parametrize("file", [".", "folder", "folder/"])
def test_a_folder_is_no_key(tmp_path: Path, file: str) -> None:
    (tmp_path / "folder").mkdir()
    ended = run_command(tmp_path, "keygen", file)
    assert ended.status == 2
    assert "this is a folder" in ended.errors


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    made = run_command(tmp_path, "keygen", "my.key")
    assert made.status == 0, made.errors
    assert stat.S_IMODE((tmp_path / "my.key").stat().st_mode) == 0o600
    private, public = load_private_key(tmp_path / "my.key"), load_public_key(tmp_path / "my.key.pub")
    assert private.verify_key == public
    assert key_id(public) in made.output
    again = run_command(tmp_path, "keygen", "my.key")
    assert again.status == 2
    assert "it is there already" in again.errors
    (tmp_path / "my.key").chmod(0o644)
    with pytest.raises(ClientFault, match="others may read"):
        load_private_key(tmp_path / "my.key")


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----", private_pem(KEY)])
def test_what_is_no_public_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(ClientFault, match="key"):
        load_public_key(tmp_path / "key")


def test_the_command_verifies_and_refuses(certificate: bytes, report: bytes, tmp_path: Path) -> None:
    (tmp_path / "certificate.json").write_bytes(certificate)
    (tmp_path / "key.pub").write_text(public_pem(KEY.verify_key))
    (tmp_path / "conformance.json").write_bytes(report)
    arguments = ["certificate", "verify", "certificate.json", "--key", "key.pub", "--report", "."]
    good = run_command(tmp_path, *arguments, "--at", "2026-12-01")
    assert good.status == 0, good.output + good.errors
    assert "VALID, bayse" in good.output
    assert "the report" in good.output
    late = run_command(tmp_path, *arguments, "--at", "2027-12-01")
    assert late.status == 1
    assert "REFUSED: it has expired" in late.output
    (tmp_path / "revoked").write_text(f"# lost\n{key_id(KEY.verify_key)} the key of a colleague\n")
    revoked = run_command(tmp_path, *arguments, "--at", "2026-12-01", "--revoked", "revoked")
    assert revoked.status == 1
    assert "revoked" in revoked.output
    (tmp_path / "revoked").write_text("nonsense\n")
    assert run_command(tmp_path, *arguments, "--revoked", "revoked").status == 2
    assert run_command(tmp_path, *arguments, "--at", "yesterday").status == 2


def test_a_narrowed_certification_is_not_signed(tmp_path: Path) -> None:
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text(private_pem(KEY))
    ended = run_command(tmp_path, "certify", "--adaptor", RIGHT, "--scenario", "one-open", "--sign", "key", "--quiet")
    assert ended.status == 2
    assert "--sign certifies every scenario; leave --scenario out" in ended.errors
    assert not (tmp_path / "reports" / "certificate.json").exists()


@pytest.mark.proof
def test_a_venues_own_run_is_signed(tmp_path: Path) -> None:
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text(private_pem(KEY))
    (tmp_path / "key.pub").write_text(public_pem(KEY.verify_key))
    ended = run_in_a_process(tmp_path, "run", "bayse", "--clause", "engine.*", "--sign", "key", seconds=120)
    assert ended.status == 0, ended.output + ended.errors
    good = run_command(
        tmp_path, "certificate", "verify", "reports/certificate.json", "--key", "key.pub", "--report", "reports"
    )
    assert good.status == 0, good.output
    assert "WARNED" in good.output
    assert "--clause engine.*" in good.output
