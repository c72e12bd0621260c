"""One mistake each, made through the real command: what a user did wrong, and the one line that is to be said of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.command import Ended, environment

CREDENTIALS = {
    "bayse": 'public_key = "pk_1"\nsecret_key = "sk_of_the_test"\n',
    "arcus": f'private_key = "{"11" * 32}"\naddress = "0x{"ab" * 20}"\n',
    "predictstreet": f'api_key = "key.of_the_test"\npartner_kind = "single_wallet"\nwallet = "0x{"cd" * 20}"\n',
}
#: What an earlier run left, which no mistake may take away.
EARLIER = '{"earlier": true}'


@dataclass(frozen=True)
class Mistake:
    """``says`` is searched for, as a regular expression, in the only line that the command says.

    The target file is ``file``, or made of a right one: ``head`` and ``more`` are added at its beginning and its end,
    ``credentials`` and ``base_url`` take the place of right ones. ``files`` lie beside it.
    """

    name: str
    says: str
    venue: str = "bayse"
    base_url: str = "http://127.0.0.1:9"
    head: str = ""
    credentials: str | None = None
    more: str = ""
    file: str | bytes | None = None
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("run", "--target", "target.toml")

    def make(self, folder: Path) -> None:
        """Lay the target file, and what it names, into a folder that an earlier run wrote its report to."""
        usual = (
            f'{self.head}\nvenue = "{self.venue}"\nbase_url = "{self.base_url}"\nenvironment = "test"\n'
            f"[credentials]\n{CREDENTIALS[self.venue] if self.credentials is None else self.credentials}\n{self.more}\n"
        )
        for name, content in {"target.toml": usual if self.file is None else self.file, **self.files}.items():
            written = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(written)
            (folder / name).chmod(0o600)  # what others may read is told in a line of its own
        (folder / "reports").mkdir()
        (folder / "reports" / "conformance.json").write_text(EARLIER)


class Commands:
    """Runs commands one after the other in one process, since to start one takes longer than most mistakes do."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, folder: Path, *arguments: str | Path, variables: Mapping[str, str] | None = None) -> Ended:
        """The command's exit status and what it said."""
        asked = {"folder": str(folder), "arguments": [*map(str, arguments)], "variables": dict(variables or {})}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        return Ended(ended["status"], ended["output"], ended["errors"])


@contextmanager
def commands(home: Path) -> Iterator[Commands]:
    """A process for many commands, ended with the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(home),
        cwd=home,
    ) as process:
        yield Commands(process)
        assert process.stdin is not None
        process.stdin.close()


def is_reported_in_one_line(ended: Ended, mistake: Mistake, folder: Path) -> None:
    """Exit status 2, one line with what is wrong, no traceback, no secret; the earlier report is where it was."""
    said = [line for line in (ended.output + ended.errors).splitlines() if line.strip()]
    assert "Traceback" not in ended.output + ended.errors
    assert (ended.status, len(said)) == (2, 1), said
    assert re.search(mistake.says, said[0]), said[0]
    assert "of_the_test" not in said[0]
    assert (folder / "reports" / "conformance.json").read_text() == EARLIER


def outcomes(document: Mapping[str, Any]) -> dict[str, str]:
    """Each check's outcome, by its own name."""
    return {check["id"].rpartition("::")[2]: check["outcome"] for check in document["checks"]}


def ids(cases: Sequence[Any]) -> list[str]:
    return [case.name for case in cases]


_SERVE = """
import contextlib, io, json, os, sys
from venue_conformance.cli import main

replies, usual = os.fdopen(os.dup(1), "w"), dict(os.environ)
for line in sys.stdin:
    asked = json.loads(line)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(usual, **asked["variables"])
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            status = main(asked["arguments"])
        except SystemExit as left:
            status = left.code
    ended = {"status": status, "output": output.getvalue(), "errors": errors.getvalue()}
    replies.write(json.dumps(ended) + "\\n")
    replies.flush()
"""
