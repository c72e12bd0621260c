"""``venue-conformance replay`` at PredictStreet: a broken promise shows again, under other keys and other wallets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.command import Ended, report_of, run_command
from venue_conformance.reference import load
from venue_conformance.reference.server import RunningServer, serve_in_thread

WALLET = re.compile(r"0x[0-9a-f]{40}")
#: Mutants by what has to be right again to show their lie: a clause, a check, and the wrong answer.
MUTANTS: dict[str, tuple[str, str, str]] = {
    # the secret of another account of today
    "takes-the-secret-of-any-key": (
        "authentication.wrong-secret-refused",
        "test_secret_of_another_key_is_rejected",
        r"200 \{",
    ),
    # the own secret of today, changed in the same way
    "ignores-the-case-of-the-secret": (
        "authentication.wrong-secret-refused",
        "test_invalid_key_is_rejected[secret in other letter case]",
        r"200 \{",
    ),
    "compares-the-start-of-the-secret": (
        "authentication.wrong-secret-refused",
        "test_invalid_key_is_rejected[secret altered near its end]",
        r"200 \{",
    ),
    # another wallet in the same spelling
    "takes-an-upper-case-prefix": ("wallet.pattern", "test_malformed_wallet_is_rejected[0X]", r"200 \{"),
    "refuses-upper-case-digits": ("wallet.lower-cased", "test_wallet_is_case_insensitive[upper]", "401 "),
    # a wallet left out, after a request that had it
    "remembers-the-wallet": (
        "wallet.not-remembered",
        "test_wallet_must_be_declared_in_every_request",
        r"200 \{",
    ),
    # somebody else's wallet, with orders of both
    "obeys-the-wallet-of-a-single-wallet-key": (
        "wallet.ignored",
        "test_another_accounts_wallet_is_ignored_for_a_single_wallet_key",
        r'200 \{"cancelled": ?\["[^"]+"\], ?"notCancelled": ?\{"[^"]+": ?"not_found", ?"[^"]+": ?"not_found"',
    ),
    # the fourth of five batches
    "reports-every-third-try": (
        "lifecycle.re-cancel",
        "test_batch_sent_again_reports_its_orders_as_already_terminal",
        r'200 \{"cancelled": ?\["[^"]',
    ),
}


def replayed(folder: Path, server: RunningServer, check: str) -> Ended:
    (folder / "target.toml").write_text(server.target_file)
    return run_command(folder, "replay", "reports", check, "--target", "target.toml")


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_fault_shows_again_and_is_gone_with_its_cause(tmp_path: Path, mutant: str) -> None:
    clause, check, wrong = MUTANTS[mutant]
    with serve_in_thread(load("predictstreet").find(mutant=mutant)()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        chosen = ["--clause", f"predictstreet.{clause}", "--", "-k", check.partition("[")[0]]
        assert run_command(tmp_path, "run", "--target", "target.toml", *chosen).status == 1
        again = replayed(tmp_path, server, check)
    assert again.status == 1, again.output + again.errors
    recorded, now = answers(again, "recorded"), answers(again, "now")
    assert statuses(recorded) == statuses(now)
    shown = [number for number, answer in enumerate(recorded) if re.match(wrong, answer)]
    assert shown
    assert [number for number, answer in enumerate(now) if re.match(wrong, answer)] == shown
    assert not senders(again) & set(WALLET.findall(json.dumps(report_of(tmp_path / "reports")["exchanges"])))

    with serve_in_thread(load("predictstreet").venue_class(seed=1)) as server:
        right = replayed(tmp_path, server, check)
    reported = answers(right, "now")
    assert right.status == 0, right.output + right.errors
    assert not all(re.match(wrong, reported[number]) for number in shown)


def answers(done: Ended, which: str) -> list[str]:
    """The answers of a replay, then or now, in order, without their headers."""
    lines = [line.split(maxsplit=1)[1] for line in done.output.splitlines() if re.match(rf" +{which} +\d", line)]
    return [re.sub(r"^(\d+) .*? · (?=[{\[])", r"\1 ", line) for line in lines]


def statuses(reported: list[str]) -> list[str]:
    return [answer.partition(" ")[0] for answer in reported]


def senders(done: Ended) -> set[str]:
    """The wallets whose keys, and for which, requests were sent by now."""
    return set(WALLET.findall("".join(line for line in done.output.splitlines() if line.startswith("#"))))
