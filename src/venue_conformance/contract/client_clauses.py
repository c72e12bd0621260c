"""What a venue's page asks of its clients: ``client-clauses.yaml``, ids ``client.<venue>.<topic>.<rule>``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from venue_conformance.contract.clauses import Catalogue, Clause
from venue_conformance.contract.resources import resources_root
from venue_conformance.contract.sources import load_pages, read_sources
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import SuiteFault

FILE = "client-clauses.yaml"
#: What a certificate can say of a client beyond that it is right in what it does.
Profile = Literal["core", "retrying", "channel", "multi_wallet", "single_wallet"]
PROFILES: tuple[Profile, ...] = get_args(Profile)


@dataclass(frozen=True)
class ClientClause(Clause):
    """One thing that a client is held to.

    ``when`` is the act or the answer that it is about, in words; None for what every client does. A clause with it is
    judged only of a client of which that came about. ``profile`` is the profile that needs it exercised.
    """

    when: str | None = None
    profile: Profile = "core"

    @property
    def topic(self) -> str:
        """The third part of the id, e.g. ``retry``."""
        return self.id.split(".")[2]

    @property
    def rule(self) -> str:
        """The id without ``client.<venue>.``: what venues share, e.g. ``retry.obeys-retry-after``."""
        return self.id.split(".", 2)[2]


def client_venue_names() -> list[str]:
    """Every venue whose clients can be certified, in alphabetical order."""
    return sorted(file.parent.name for file in (resources_root() / "specs").glob(f"*/{FILE}"))


def load_client_catalogue(venue: str, path: Path | None = None) -> Catalogue:
    """Read what clients of a venue are held to. Raises SuiteFault that names file and entry for what is malformed."""
    file = path or resources_root() / "specs" / venue / FILE
    try:
        entries = read_yaml(file)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SuiteFault(f"{file}: {error}") from error
    worst = best_match(_validator().iter_errors(entries))
    if worst is not None:
        raise SuiteFault(f"{file}, {worst.json_path}: {worst.message}")
    pages = load_pages(
        resources_root() / "specs" / venue / "pages.yaml" if path is None else file.with_name("pages.yaml")
    )
    clauses: list[Clause] = []
    for number, entry in enumerate(cast("list[Mapping[str, Any]]", entries), 1):
        where = f"{file}, entry {number}"
        fields = dict(entry)
        sources = read_sources(fields.pop("source"), pages, where)
        clauses.append(ClientClause(**fields, sources=sources))
        if not clauses[-1].id.startswith(f"client.{venue}."):
            raise SuiteFault(f"{where}: an id is client.{venue}.<topic>.<rule>, not {clauses[-1].id!r}")
    ids = [clause.id for clause in clauses]
    if twice := sorted({clause_id for clause_id in ids if ids.count(clause_id) > 1}):
        raise SuiteFault(f"{file}: {', '.join(twice)} stand there more than once")
    return Catalogue(venue, clauses)


@cache
def _validator() -> Draft202012Validator:
    file = resources_root() / "specs" / "client-clauses.schema.json"
    return Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))
