"""Every assertion that can accuse a venue names the kind of breach, at the place where it stands.

By the clause and the kind a fault is known again in another run, so that a baseline outlives new wordings and seeds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from venue_conformance.contract.fingerprints import fingerprint
from venue_conformance.contract.resources import resources_root

ROOT = resources_root()
CHECKS = ("suites", "fixtures")
JUDGING = (*CHECKS, *(f"src/venue_conformance/{room}" for room in ("fuzz", "venues", "wire")))
KIND = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: Hands on the kind of whoever calls it.
HANDING_ON = "kind"


def trees(folders: tuple[str, ...] = JUDGING) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))


def named(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_narrowing(statement: ast.Assert) -> bool:
    """Whether an assertion is about our own program: it tells a type checker what is known, and says so in words."""
    return isinstance(statement.msg, ast.Constant) and " " in str(statement.msg.value)


def test_every_violation_names_its_kind() -> None:
    wrong = []
    for file, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and named(node) in ("Violation", "expect"):
                [kind] = [word.value for word in node.keywords if word.arg == "kind"] or [None]
                fits = isinstance(kind, ast.Constant) and KIND.fullmatch(str(kind.value))
                if not fits and not (isinstance(kind, ast.Name) and kind.id == HANDING_ON):
                    wrong.append(f"{file}:{node.lineno}")
    assert wrong == []


def test_every_assertion_of_a_check_names_its_kind() -> None:
    wrong = []
    for file, tree in trees(CHECKS):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and not is_narrowing(node):
                kind = node.msg.value if isinstance(node.msg, ast.Constant) else None
                if not (isinstance(kind, str) and KIND.fullmatch(kind)):
                    wrong.append(f"{file}:{node.lineno}")
    assert wrong == []


def test_a_fingerprint_is_the_same_for_ever() -> None:
    """Baselines hold them: another one would make every accepted breach a new one."""
    assert fingerprint("bayse.rows.summary", "other-counts") == "a382ed3e21"
    assert fingerprint("bayse.rows.engine", "other-engine") == "421ab7a74e"
