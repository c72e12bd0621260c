"""Right PredictStreet targets that are set up unusually: the suite, run as its users do, accuses none of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.command import report_of, run_command, verdicts
from venue_conformance.reference import load
from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.reference.predictstreet.orders import PartnerKind
from venue_conformance.reference.server import serve_in_thread

REFERENCE: Any = load("predictstreet").venue_class


def judged(venue: Any, folder: Path, *clauses: str, more: str = "") -> Mapping[str, str]:
    """The verdicts of a run over some clauses against a venue; ``more`` ends its target file."""
    with serve_in_thread(venue) as server:
        file = folder / "target.toml"
        file.write_text(server.target_file + more)
        chosen = [argument for clause in clauses for argument in ("--clause", f"predictstreet.{clause}")]
        ended = run_command(folder, "run", "--target", file, "--report-dir", folder / "report", *chosen)
    found = verdicts(report_of(folder / "report"))
    assert "Traceback" not in ended.errors
    return {clause: found[f"predictstreet.{clause}"] for clause in clauses}


class _MakesNoAccounts(REFERENCE):  # type: ignore[misc]
    """Offers every state but `caller`."""

    async def handle(self, request: Request) -> Response:
        if request.path == "/_states" and json.loads(request.body)["state"] == "caller":
            return json_response(501, {"message": "not offered"})
        response: Response = await super().handle(request)
        return response


class SharesAKey(_MakesNoAccounts):
    """Has two accounts of one partner, whose wallets share the partner's key."""

    def target_file(self, base_url: str) -> str:
        partner = self.first_account = self.open_account(PartnerKind.MULTI_WALLET)
        other = {**self.credentials(partner), "wallet": self.open_account().wallet}
        account = "".join(f"{name} = {json.dumps(value)}\n" for name, value in other.items())
        return f"{super().target_file(base_url)}\n[[accounts]]\n{account}"


class IsASandbox(REFERENCE):  # type: ignore[misc]
    """Issues keys for a sandbox, with digits for a secret, and takes them in the documented form as well."""

    def open_account(self, *kinds: PartnerKind) -> Any:
        account = super().open_account(*kinds)
        account.secret = "".join(str(ord(character) % 10) for character in account.secret)
        return account

    def credentials(self, account: Any) -> Any:
        return {**super().credentials(account), "api_key": account.api_key.replace("ps_live_", "ps_test_")}

    def read_key(self, api_key: str) -> Any:
        return super().read_key(api_key.replace("ps_test_", "ps_live_", 1))


def test_a_sandbox_whose_secrets_are_digits(tmp_path: Path) -> None:
    rules = ("malformed-key-refused", "wrong-secret-refused", "refused-cancels-nothing")
    assert judged(IsASandbox(seed=5), tmp_path, *(f"authentication.{rule}" for rule in rules)) == {
        "authentication.malformed-key-refused": "conforms",
        # A secret without letters has no other letter case, which deepens it.
        "authentication.wrong-secret-refused": "conforms",
        "authentication.refused-cancels-nothing": "conforms",
    }


class SharesItsAddress(load("predictstreet").variants["has-a-budget-for-each-address-as-well"]):  # type: ignore[misc]
    """Has others behind the suite's address who have left it 12 requests of the minute's thousand."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._left = 12

    most = 1000


def test_an_address_that_is_shared(tmp_path: Path) -> None:
    clause = "rate-limit.below-never-refused"
    assert judged(SharesItsAddress(seed=5), tmp_path, clause) == {clause: "not-tested"}


def test_accounts_that_share_a_key(tmp_path: Path) -> None:
    assert judged(SharesAKey(seed=5), tmp_path, "authentication.wrong-secret-refused", "authentication.status-401") == {
        "authentication.wrong-secret-refused": "conforms",
        "authentication.status-401": "conforms",
    }


def test_batches_that_never_overlap_show_nothing(tmp_path: Path) -> None:
    clause = "atomicity.serial"
    ceiling = "[limits]\nrequests_per_second = 20\n"
    assert judged(REFERENCE(seed=5), tmp_path, clause, more=ceiling) == {clause: "not-tested"}
