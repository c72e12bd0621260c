"""What each venue's page asks of a client, as a page for readers: ``docs/client-clauses.md`` is this, rendered.

``python -m venue_conformance.contract.client_clauses_page > docs/client-clauses.md`` renders it again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import cast

from venue_conformance.contract.clauses import LEVELS
from venue_conformance.contract.client_clauses import ClientClause, client_venue_names, load_client_catalogue
from venue_conformance.contract.resources import resources_root
from venue_conformance.contract.sources import Source, in_words
from venue_conformance.contract.yaml_text import read_yaml

_HEAD = """\
# What the pages ask of a client

Rendered from `specs/<venue>/client-clauses.yaml` by `python -m venue_conformance.contract.client_clauses_page`.
[Certify your client](certify-your-client.md) says how a client is held to it.

*must*: the contract page states it of the request that a client makes, or states what an answer means. *should*: the
page advises it, other public documentation says it, or trade custom does; it counts with `--strict` alone. *open*: the
documentation is silent, so it is only observed. What stands behind **if** is judged only of a client of which that came
about, and needed for the profile that is named there.
"""
_MEANING = {
    "must": "Asked by the contract page",
    "should": "Advised, documented elsewhere, or trade custom",
    "open": "Only observed",
}


def render_page() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD, _shared(), *(_venue(venue) for venue in client_venue_names())]
    return "\n".join(parts)


def _clauses(venue: str) -> list[ClientClause]:
    return [cast(ClientClause, clause) for clause in load_client_catalogue(venue).values()]


def _shared() -> str:
    """Which rule holds at which venue, and at which level: what somebody asks who has clients of several."""
    venues = client_venue_names()
    levels: dict[str, dict[str, str]] = {}
    for venue in venues:
        for clause in _clauses(venue):
            levels.setdefault(clause.rule, {})[venue] = clause.level
    head = " | ".join(["rule", *(_title(venue) for venue in venues)])
    rows = [f"| `{rule}` | " + " | ".join(at.get(venue, "–") for venue in venues) + " |" for rule, at in levels.items()]
    return "\n".join(["## At a glance", "", f"| {head} |", "|---" * (len(venues) + 1) + "|", *rows, ""])


def _venue(venue: str) -> str:
    clauses = _clauses(venue)
    profiles = ", ".join(f"`{profile}`" for profile in dict.fromkeys(clause.profile for clause in clauses))
    lines = [f"## {_title(venue)}", "", f"{len(clauses)} clauses; profiles: {profiles}.", ""]
    for level in LEVELS:
        if found := [clause for clause in clauses if clause.level == level]:
            lines += [f"### {_title(venue)}: {_MEANING[level].lower()} ({level})", "", *_entries(found)]
    return "\n".join(lines)


def _entries(clauses: Iterable[ClientClause]) -> Iterator[str]:
    for clause in clauses:
        yield f"- **`{clause.id}`** ({clause.importance}): {clause.promise}"
        if clause.when is not None:
            yield f"  **If** {clause.when}; profile `{clause.profile}`."
        yield f"  *{_place(clause.sources)}*"
    yield ""


def _place(sources: Iterable[Source]) -> str:
    sources = list(sources)
    told = in_words(sources)
    address = next((source.page.url for source in sources if source.page is not None), None)
    return f"{told}. <{address}>" if address else f"{told}."


def _title(venue: str) -> str:
    """A venue as its own description is titled, without what the description is of."""
    api = read_yaml(resources_root() / "specs" / venue / "openapi.yaml")
    return str(api["info"]["title"]).split(" batch")[0].split(" Batch")[0]


if __name__ == "__main__":
    sys.stdout.write(render_page())
