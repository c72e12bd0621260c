"""Every sentence of a page has its clauses, every clause its checks or a reason, and every check its clause."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis.configuration
import pytest
import yaml

from venue_conformance.contract.clauses import Catalogue, Clause, load_catalogue
from venue_conformance.contract.resources import resources_root, venue_names
from venue_conformance.contract.sources import load_pages
from venue_conformance.plugin.hooks import MARKERS
from venue_conformance.preflight.collecting import CollectedCheck, collect

VENUES = venue_names()
ID = re.compile(r"[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*){2}")
LOCATOR = re.compile(r"[a-z-]+(/[a-z0-9]+([-._][a-z0-9]+)*)+", re.IGNORECASE)

every_venue = pytest.mark.parametrize("venue", VENUES)


@cache
def catalogue_of(venue: str) -> Catalogue:
    return load_catalogue(venue)


@cache
def sources_of(venue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(
        (resources_root() / "specs" / venue / "sources.yaml").read_text("utf-8")
    )
    return found


@cache
def checks_of(venue: str) -> list[CollectedCheck]:
    # Collecting is a pytest session of its own, which leaves its settings behind in this process.
    terminated, home = signal.getsignal(signal.SIGTERM), hypothesis.configuration.storage_directory().path
    try:
        return collect(venue)
    finally:
        signal.signal(signal.SIGTERM, terminated)
        hypothesis.configuration.set_hypothesis_home_dir(home)


def repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def test_there_are_venues() -> None:
    assert "bayse" in VENUES


@every_venue
def test_ids_are_well_formed(venue: str) -> None:
    assert [clause_id for clause_id in catalogue_of(venue) if not ID.fullmatch(clause_id)] == []


@every_venue
def test_every_promise_is_a_sentence_of_its_own(venue: str) -> None:
    clauses = list(catalogue_of(venue).values())
    assert repeated(clause.promise for clause in clauses) == []
    assert [clause.id for clause in clauses if not clause.promise.rstrip().endswith((".", "?"))] == []
    assert [clause.id for clause in clauses if not clause.source.strip()] == []


def test_one_promise_has_one_id_and_one_importance() -> None:
    found: dict[str, list[Clause]] = {}
    for venue in VENUES:
        for clause in catalogue_of(venue).values():
            found.setdefault(clause.id.removeprefix(f"{venue}."), []).append(clause)
    shared = {rule: clauses for rule, clauses in found.items() if len(clauses) > 1}
    assert len(shared) >= 25
    assert [rule for rule, clauses in shared.items() if len({each.importance for each in clauses}) > 1] == []
    assert [rule for rule, clauses in shared.items() if len({each.invariant for each in clauses}) > 1] == []


def test_the_requirements_of_the_first_release_are_its_clauses() -> None:
    first = json.loads((resources_root() / "specs" / "requirements" / "1.json").read_text("utf-8"))
    assert first["clauses"] == sorted(clause for venue in VENUES for clause in catalogue_of(venue))


@every_venue
def test_an_exclusion_has_a_written_reason(venue: str) -> None:
    excluded = [clause for clause in catalogue_of(venue).values() if clause.excluded is not None]
    assert [clause.id for clause in excluded if len(clause.excluded or "") < 20] == []


@every_venue
def test_every_sentence_stands_there_once(venue: str) -> None:
    locators = [source["locator"] for source in sources_of(venue)]
    assert repeated(locators) == []
    assert [locator for locator in locators if not LOCATOR.fullmatch(locator)] == []
    pages = load_pages(resources_root() / "specs" / venue / "pages.yaml")
    assert {locator.partition("/")[0] for locator in locators} <= pages.keys()


@every_venue
def test_only_what_no_page_says_has_no_page(venue: str) -> None:
    clauses = catalogue_of(venue).values()
    assert [clause.id for clause in clauses if clause.source_url is None and clause.level != "open"] == []
    cited = {source.page.id for clause in clauses for source in clause.sources if source.page}
    assert load_pages(resources_root() / "specs" / venue / "pages.yaml").keys() - cited == set()


@every_venue
def test_every_sentence_leads_to_clauses_that_exist(venue: str) -> None:
    for source in sources_of(venue):
        assert source.keys() == {"locator", "gist", "fingerprints", "clauses"}, source
        assert source["clauses"], source
        assert repeated(source["clauses"]) == [], source
        assert [clause for clause in source["clauses"] if clause not in catalogue_of(venue)] == [], source


@every_venue
def test_every_must_clause_comes_from_a_sentence(venue: str) -> None:
    reached = {clause for source in sources_of(venue) for clause in source["clauses"]}
    must = {clause.id for clause in catalogue_of(venue).values() if clause.level == "must"}
    assert must - reached == set()


@every_venue
def test_every_clause_has_a_check_or_a_reason(venue: str) -> None:
    checked = {clause for check in checks_of(venue) for clause in check.clauses}
    wanted = {clause.id for clause in catalogue_of(venue).values() if clause.excluded is None}
    assert wanted - checked == set()


@every_venue
def test_every_id_that_is_written_out_is_a_clause(venue: str) -> None:
    catalogue = catalogue_of(venue)
    topics = {clause.topic for clause in catalogue.values()}
    written = re.compile(rf"(?<![\w.]){venue}\.({'|'.join(topics)})\.[a-z0-9]+(-[a-z0-9]+)*(?![\w{{*.-])")
    found = {
        match[0]
        for folder in ("src", "suites", "fixtures", "bench", "docs", "specs")
        for file in (Path(__file__).parents[2] / folder).rglob("*")
        if file.suffix in (".py", ".md", ".yaml", ".json", ".txt")
        for match in written.finditer(file.read_text("utf-8"))
    }
    assert found - catalogue.keys() == set()


@every_venue
def test_every_check_has_a_clause_that_is_judged(venue: str) -> None:
    catalogue = catalogue_of(venue)
    for check in checks_of(venue):
        assert check.clauses, f"{check.id} names no clause"
        assert repeated(check.clauses) == [], check.id
        unknown = [clause for clause in check.clauses if clause not in catalogue]
        assert unknown == [], f"{check.id}: did you mean {catalogue.closest(unknown[0])}?"
        assert [clause for clause in check.clauses if catalogue[clause].excluded] == [], check.id


@every_venue
def test_no_promise_is_judged_by_explorations_alone(venue: str) -> None:
    """Each has a written example that is required; should one ever have none, it is listed here with the reason."""
    required = {clause for check in checks_of(venue) if check.required for clause in check.clauses}
    promised = {
        clause.id for clause in catalogue_of(venue).values() if clause.excluded is None and clause.level != "open"
    }
    assert promised - required == set()


@every_venue
def test_node_ids_are_unique(venue: str) -> None:
    ids = [check.id for check in checks_of(venue)]
    assert repeated(ids) == []
    assert [name for name in ids if not name.startswith(f"suites/{venue}/test_")] == []


@every_venue
def test_every_check_says_what_it_is_about(venue: str) -> None:
    unsaid = [check.id for check in checks_of(venue) if not (getattr(check.item, "obj", None).__doc__ or "").strip()]
    assert unsaid == []


@every_venue
def test_the_smoke_profile_runs_a_few_checks(venue: str) -> None:
    smoke = [check for check in checks_of(venue) if "smoke" in check.markers]
    assert 1 <= len(smoke) <= len(checks_of(venue)) / 2


@every_venue
def test_markers_are_those_that_pytest_is_told_of(venue: str) -> None:
    known = {marker.split("(")[0].split(":")[0] for marker in MARKERS}
    used = {marker for check in checks_of(venue) for marker in check.markers}
    assert used - known <= {"parametrize", "usefixtures", "skipif", "filterwarnings"}
