"""Holds what a run sends and gets against a team's own document, check by check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from venue_conformance.fuzz.own_document import OwnDocument
from venue_conformance.plugin.check import check_of

#: In the report folder.
FILE = "own-document.json"


class OwnDocumentWatcher:
    """A pytest plugin; ``document`` has what was found at the end of the session."""

    def __init__(self, file: Path) -> None:
        self.file, self.document = file, OwnDocument.load(file)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        """Judge what the check has recorded."""
        try:
            return (yield)
        finally:
            check = check_of(item)
            for exchange in check.recorder.exchanges if check is not None else ():
                self.document.judge(exchange)

    def write(self, folder: Path) -> str:
        """Write what was found into the report folder; hands back what to tell."""
        found = [
            {"place": finding.place, "what": finding.what, "times": times}
            for finding, times in sorted(self.document.found.items(), key=lambda each: (each[0].place, each[0].what))
        ]
        written = {"document": self.file.name, "exchanges": self.document.judged, "findings": found}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(f"{json.dumps(written, indent=2)}\n", encoding="utf-8")
        lines = "".join(f"\n  {line}" for line in self.document.in_words())
        return f"{self.file}: {len(found)} differences in {self.document.judged} exchanges{lines}"
