"""What of a target file must never be written, and what a user is to be told about that."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterator
from functools import cache

from venue_conformance.contract.resources import resources_root, root_of
from venue_conformance.target.model import Target
from venue_conformance.wire.redaction import OF_THE_PROCESS, Redaction
from venue_conformance.wire.secret_finder import SHORTEST

_WORD = re.compile(r"[a-z][a-z_-]*")
#: Others in the group, or anybody on the machine.
_OTHERS = stat.S_IRGRP | stat.S_IROTH


def redaction_of(target: Target) -> Redaction:
    """What masks the secrets of a target, and lets the whole process know them.

    Words of which reports are made (those of the contract, of the report's schema, of the target's own name) are masked
    in their own headers and fields alone.
    """
    common = _contract_words(target.venue) | _words(f"{target.venue} {target.environment} {target.base_url}")
    return Redaction(target.secrets, target.headers, common=common, finder=OF_THE_PROCESS)


def warnings_of(target: Target) -> list[str]:
    """What a user should know of a target file's secrets, a line each: who can read them, what cannot be masked."""
    places = dict(_places(target))
    warnings = []
    if target.path is not None:
        mode = target.path.stat().st_mode
        literal = [place for place, value in places.items() if value in _texts(target)]
        if mode & _OTHERS and literal:
            warnings.append(
                f"{target.path}: others on this machine may read it (mode {stat.S_IMODE(mode):o}), and it holds "
                f"{', '.join(literal)}; chmod 600, or read them from the environment: ${{NAME}}"
            )
    redaction = redaction_of(target)
    for place, value in places.items():
        header = place.startswith("[headers]")
        if redaction.text(value) != value or (header and len(value) < SHORTEST):
            continue
        kind = f"shorter than {SHORTEST} characters" if len(value) < SHORTEST else "a word that every report contains"
        warnings.append(
            f"{target.path or 'the target'}: {place} is {kind}; "
            f"it is masked in its own {'header' if header else 'field'} only"
        )
    return warnings


def _places(target: Target) -> Iterator[tuple[str, str]]:
    """Where in the file a secret stands, and what it is."""
    for number, account in enumerate((target.credentials, *target.accounts)):
        where = "[credentials]" if number == 0 else f"[[accounts]] number {number}"
        yield from ((f"{where} {key}", value) for key, value in account.items() if value in account.secrets)
    if target.states is not None and target.states.token:
        yield "[states] token", target.states.token
    yield from ((f"[headers] {name}", value) for name, value in target.headers.items())


def _texts(target: Target) -> set[str]:
    """Every text in the file, as it stands there."""

    def below(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from below(item)

    assert target.path is not None, "asked of a target that was read from a file"
    return set(below(tomllib.loads(target.path.read_text("utf-8-sig"))))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


@cache
def _contract_words(venue: str) -> frozenset[str]:
    specs = root_of(venue) / "specs" / venue
    schema = resources_root() / "specs" / "conformance.schema.json"
    files = (specs / "clauses.yaml", specs / "openapi.yaml", schema)
    return frozenset().union(*(_words(file.read_text("utf-8")) for file in files if file.is_file()))
