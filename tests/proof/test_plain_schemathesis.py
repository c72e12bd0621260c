"""Plain ``schemathesis run`` takes the documents: with a hook that signs, all requests get past authentication."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from venue_conformance.contract.resources import resources_root, venue_names
from venue_conformance.plugin.embedded import EmbeddedReference
from venue_conformance.plugin.sessions import shapes
from venue_conformance.target.file import load_target

pytestmark = pytest.mark.proof

EXAMPLES = Path(__file__).parents[2] / "examples" / "schemathesis"
#: The environment that each hook asks for, by the credentials of a target file.
VARIABLES = {
    "bayse": {"BAYSE_PUBLIC_KEY": "public_key", "BAYSE_SECRET_KEY": "secret_key"},
    "predictstreet": {"PREDICTSTREET_API_KEY": "api_key"},
    "arcus": {"ARCUS_PRIVATE_KEY": "private_key", "ARCUS_ADDRESS": "address"},
}


@pytest.mark.parametrize("venue", venue_names())
def test_no_false_alarm_and_every_request_past_authentication(venue: str, tmp_path: Path) -> None:
    running = EmbeddedReference(venue, 1, "--no-rate-limit")
    try:
        target = load_target(running.target_file, shapes())
        credentials = {name: target.credentials[key] for name, key in VARIABLES[venue].items()}
        document = resources_root() / "specs" / venue / "openapi.yaml"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", target.base_url),
                *("--no-color", "--continue-on-failure", "--report", "har", "--report-dir", str(tmp_path)),
            ],
            cwd=EXAMPLES / venue,
            env={**os.environ, **credentials, "PYTHONPATH": os.pathsep.join([str(EXAMPLES / venue), *sys.path])},
            capture_output=True,
            text=True,
            timeout=600,
        )
    finally:
        running.close()

    assert done.returncode == 0, done.stdout[-4000:]
    [har] = tmp_path.glob("har-*")
    entries = json.loads(har.read_text(encoding="utf-8"))["log"]["entries"]
    # A request whose body got lost fails authentication at a venue that signs bodies, as its document says.
    with_body = [entry for entry in entries if entry["request"].get("postData", {}).get("text")]
    statuses = Counter(entry["response"]["status"] for entry in with_body)
    assert sum(statuses.values()) > 30
    assert not {401, 403} & statuses.keys(), statuses
    assert any(200 <= status < 300 for status in statuses), statuses
