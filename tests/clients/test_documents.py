"""What is written for partners says what the program does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from tests.clients.right_clients import RIGHT_CLIENTS
from tests.clients.support import SAMPLES
from venue_conformance.clients.faulty import names_of
from venue_conformance.clients.protocol import ABILITIES, ERROR_KINDS, LONGEST_LINE, OUTCOMES, PROTOCOL
from venue_conformance.clients.scenario import load_suite
from venue_conformance.contract.client_clauses_page import render_page
from venue_conformance.reference.stage_server import MOST_CONNECTIONS
from venue_conformance.reference.stage_steps import Doing

DOCS = Path(__file__).parents[2] / "docs"
PROTOCOL_PAGE = (DOCS / "adaptor-protocol.md").read_text("utf-8")
GUIDE = (DOCS / "certify-your-client.md").read_text("utf-8")


def words_of(table_head: str) -> set[str]:
    """The words in the first column of the table with that head."""
    table = PROTOCOL_PAGE[PROTOCOL_PAGE.index(f"| {table_head} |") :].split("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


def test_the_recipe_is_the_right_client() -> None:
    assert (DOCS / "recipes" / "bayse_client.py").read_bytes() == (SAMPLES / "bayse.py").read_bytes()


def test_the_example_for_predictstreet_is_its_right_client() -> None:
    example = DOCS.parent / "examples" / "adaptor_predictstreet.py"
    assert example.read_bytes() == (SAMPLES / "predictstreet.py").read_bytes()


def test_the_page_of_client_clauses_is_up_to_date() -> None:
    """Render it again with ``python -m venue_conformance.contract.client_clauses_page``."""
    assert (DOCS / "client-clauses.md").read_text("utf-8") == render_page()


def test_the_protocols_words_are_those_of_the_program() -> None:
    assert f"# The adaptor protocol, version {PROTOCOL}" in PROTOCOL_PAGE
    assert words_of("outcome") == set(OUTCOMES)
    assert words_of("kind") == set(ERROR_KINDS)
    assert words_of("word") == ABILITIES
    assert words_of("op") == {"hello", "open", "cancel", "settle", "close"}
    assert f"larger than {LONGEST_LINE // 2**20} MiB" in PROTOCOL_PAGE
    assert f"more than {MOST_CONNECTIONS} connections" in PROTOCOL_PAGE


def test_the_guide_counts_right() -> None:
    assert f"All {len(load_suite('bayse').scenarios)} scenarios" in GUIDE
    assert f"plays {len(names_of('bayse'))} faulty clients" in GUIDE
    assert {11: "twelve"}[len(RIGHT_CLIENTS)] in GUIDE
    assert f"{len(load_suite('predictstreet').scenarios)} scenarios" in GUIDE
    assert f"{len(names_of('predictstreet'))} of PredictStreet" in GUIDE
    for doing in get_args(Doing):
        assert f"`{doing}`" in GUIDE


def test_links_lead_somewhere() -> None:
    for page in (PROTOCOL_PAGE, GUIDE):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page):
            assert (DOCS / target).exists(), target
