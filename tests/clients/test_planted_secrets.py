"""A client that says its keys wherever an adaptor can say anything: they are found nowhere in what a run leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.clients.support import client_of, run_command
from tests.planted import leaks, leaks_below

#: Each says its secret in another place: as the code of a row, in what it sends, and as its last words.
TALKATIVE = """
import os
NAME = {name!r}
class Mine(Client):
    def __init__(self, base_url, public_key, secret_key, *more):
        super().__init__(base_url, public_key, secret_key, *more)
        with open(NAME, "a") as file:
            file.write(secret_key + "\\n")
        sys.stderr.write(f"key {{secret_key}} {{secret_key.upper()}}\\n")
        sys.stderr.flush()

    def cancel(self, ids):
        sys.stderr.write(f"Traceback: no idea what to do with {{self.secret_key}}\\n")
        sys.stderr.flush()
        {does}
"""
DOES = {
    "as a code": 'return dict.fromkeys(ids, ("not_cancelled", self.secret_key))',
    "as it dies": "os._exit(3)",
    "in a line that is none": "os.write(1, self.secret_key.encode() + b'\\n'); time.sleep(1)",
    "as an order": 'return {self.secret_key: ("cancelled", None)}',
}


@pytest.mark.parametrize("does", DOES.values(), ids=DOES)
def test_nothing_holds_what_a_client_says_of_its_keys(tmp_path: Path, does: str) -> None:
    said = tmp_path / "said" / "keys"
    said.parent.mkdir()
    adaptor = client_of(tmp_path, TALKATIVE.format(name=str(said), does=does))
    done = run_command(tmp_path, "certify", "--adaptor", adaptor, "--scenario", "one-open", "--seed", "3")
    assert done.status in (1, 3), done.output + done.errors
    planted = sorted(set(said.read_text().split()))
    assert all(re.fullmatch(r"sk_test_\w{12,}", each) for each in planted), planted
    assert leaks(done.output + done.errors, planted) == []
    assert leaks_below(tmp_path / "reports", planted) == []
    assert json.loads((tmp_path / "reports" / "conformance.json").read_text())["client"]["scenarios"]
