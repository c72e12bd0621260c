"""Values in sentences that a person reads."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from venue_conformance.client.wording import as_json, drawn, listed


@dataclass(frozen=True)
class _Made:
    number: int


class _Told:
    def __str__(self) -> str:
        return "signed with another key"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("open", "open"),
        (None, "null"),
        ({"success": True, "error": None}, '{"success": true, "error": null}'),
        ([{"total": 1}], '[{"total": 1}]'),
    ],
)
def test_a_value_reads_as_json_has_it(value: object, words: str) -> None:
    assert as_json(value) == words


def test_many_ids_are_told_by_the_first() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([]) == "none"
    assert listed(map(str, range(12))) == "0, 1, 2, 3, 4, 5, 6, 7 and 4 more"


def test_what_was_drawn_is_told_by_name() -> None:
    given = {"kinds": ["open", "amm"], "at_once": True, "between": [], "times": 3, "how": _Told(), "case": _Made(1)}
    assert drawn(given) == "kinds: open, amm; at once: yes; between: nothing; times: 3; how: signed with another key"
