"""The command ``venue-conformance``. Thin: each command lies in a file of its name, loaded only when it is called."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import traceback
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from types import FrameType
from typing import IO, Any, NoReturn, cast

from venue_conformance import __version__
from venue_conformance.cli.faults import print_error
from venue_conformance.errors import ClientFault, ConformanceError
from venue_conformance.report.exit_status import BAD_USAGE, INTERRUPTED, SUITE_FAILED
from venue_conformance.report.text import did_you_mean, fit_to_print
from venue_conformance.report.unread import Unread
from venue_conformance.wire.quiet import quiet_clients
from venue_conformance.wire.redaction import without_secrets

#: By name, what each command does in a few words; said here alone, so that none is loaded for the list of them.
COMMANDS: Mapping[str, str] = {
    "init": "write a target file to begin with",
    "run": "judge a target clause by clause",
    "check": "show what can be tested at a target, without judging it",
    "load": "judge a target while many users press it",
    "serve": "serve a reference venue",
    "mutants": "test the checks against faulty implementations",
    "clauses": "list the clauses",
    "replay": "send the requests of a check again",
    "report": "rebuild the reports of a run, even of one that was killed",
    "compare": "say what got worse between two reports",
    "merge": "make one report of the shards of a run",
    "diff": "say which clauses a changed document or page touches",
    "cleanup": "undo what a killed run left open at its target",
    "certify": "judge a client of a venue",
    "certificate": "verify a certificate",
    "keygen": "make a pair of keys for certificates",
    "completion": "print a script that makes a shell complete this command",
}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line as every other mistake is said."""

    def error(self, message: str) -> NoReturn:
        """Say it and exit with 2."""
        see = f" See {self.prog} --help" if message.endswith("?") else f"; see {self.prog} --help"
        self.exit(BAD_USAGE, fit_to_print(without_secrets(f"error: {message}{see}")) + "\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as wrong:
            wrong.message += did_you_mean(str(value), map(str, action.choices or ()))
            raise

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Say which arguments it does not know, what may have been meant, and exit with 2."""
        shown = [action for action in self._actions if action.help != argparse.SUPPRESS]
        known = [name for action in shown for name in action.option_strings if name.startswith("--")]
        command = self.prog.rpartition(" ")[2]
        for each in unknown:
            if "--target" in known and not each.startswith("-") and os.path.isfile(each):
                self.error(f"{each} is a file: {command} --target {each}")
        # Without their dashes, which make short names look alike.
        names = [each.removeprefix("--") for each in known]
        options = (each.partition("=")[0].lstrip("-") for each in unknown if each.startswith("-"))
        hints = (did_you_mean(each, names).replace("mean ", "mean --") for each in options)
        self.error(f"unrecognized arguments: {' '.join(unknown)}{next(filter(None, hints), '')}")


class _Commands(argparse._SubParsersAction):  # type: ignore[type-arg]
    """The commands, each with its line in the list of them."""

    def add_parser(self, name: str, **settings: Any) -> Any:
        """Declare one."""
        parser = super().add_parser(name, **{**settings, "help": COMMANDS[name]})
        parser.set_defaults(parser=parser)
        return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and hand back its exit status.

    0 conforms, 1 violates, 2 bad usage or configuration, 3 not fully judged, 4 the suite failed, 130 interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    out, errors = Unread(sys.stdout), Unread(sys.stderr)
    with redirect_stdout(cast(IO[str], out)), redirect_stderr(cast(IO[str], errors)):
        try:
            return _run(given)
        finally:
            out.flush()
            errors.flush()


def _run(given: list[str]) -> int:
    try:
        options = _options(given)
        quiet_clients()
        with _terminated_as_interrupted():
            return int(options.execute(options))
    except ClientFault as fault:
        print_error(str(fault))
        return BAD_USAGE
    except ConformanceError as error:
        print_error(f"{type(error).__name__}: {error}")
        return SUITE_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # a bug of ours: Python's own exit status 1 would say that the target violates a clause
        print(fit_to_print(without_secrets(traceback.format_exc())), end="", file=sys.stderr)
        return SUITE_FAILED


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does, so that it gives back what it has asked of a target."""
    before = signal.getsignal(signal.SIGTERM)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is Python's
    raise KeyboardInterrupt


def _options(given: list[str]) -> argparse.Namespace:
    """What a command line says. Loads the command that it calls."""
    called = next((each for each in given if not each.startswith("-")), None)
    parser = parser_of([called] if called else [])
    # What stands behind a lone -- is pytest's; argparse would hand it to the last positional argument.
    rest = given[given.index("--") + 1 :] if "--" in given else []
    options, unknown = parser.parse_known_args(given[: given.index("--")] if "--" in given else given)
    called_parser: _Parser = getattr(options, "parser", parser)
    if unknown:
        called_parser.refuse(unknown)
    if called_parser is parser:
        parser.error("the following arguments are required: COMMAND")
    options.rest = rest
    if rest and called != "run":
        parser.error("only the command run accepts pytest arguments after --")
    return options


def parser_of(loaded: Container[str]) -> _Parser:
    """The parser of the whole command line, in which the commands that are ``loaded`` know their arguments."""
    parser = _Parser(
        prog="venue-conformance",
        description="Tells, clause by clause, whether a trading venue keeps its documented batch-cancel promises.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(action=_Commands, title="commands", metavar="COMMAND")
    for name in COMMANDS:
        if name in loaded:
            import_module(f"venue_conformance.cli.{name}").add_command(commands)
        else:
            commands.add_parser(name)
    return parser
