"""``venue-conformance init``: a target file to begin with, and on request a recipe for states and a CI job."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.contract.resources import resources_root
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.sessions import shapes
from venue_conformance.report.text import did_you_mean, one_line
from venue_conformance.target.file import CredentialShape

STATES = ("none", "url", "command", "inventory")
CI = {"github": Path(".github/workflows/conformance.yml"), "gitlab": Path("conformance.gitlab-ci.yml")}
_DEFAULT_FILE = Path("staging.toml")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: What stands for each kind of states until somebody says better.
_STATES_AT = {"url": "http://127.0.0.1:8099", "command": "./states.sh", "inventory": "orders.json"}
#: What is asked where no flag says it: the question, and what an empty answer means.
_QUESTIONS = {
    "venue": ("venue", None),
    "base_url": ("address of the deployment (scheme, host, port)", None),
    "environment": ("what it is called", "staging"),
    "states": (f"how it prepares orders ({', '.join(STATES)})", "none"),
}


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "init",
        description="Writes a commented target file to begin with. Asks for what no flag says, if somebody sits before "
        "it. Secrets are not asked for: the file names environment variables. Replaces no file without --force.",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, default=_DEFAULT_FILE, metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument("--venue", choices=sorted(shapes()), help="which venue it is")
    parser.add_argument("--base-url", metavar="URL", help="scheme, host, port, and a gateway's prefix if there is one")
    parser.add_argument("--environment", metavar="NAME", help="what it is called (default: staging)")
    parser.add_argument(
        "--credential",
        action="append",
        default=[],
        metavar="NAME=VARIABLE",
        help="read this credential from this environment variable (default: VENUE_NAME); repeatable",
    )
    parser.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="write this credential, which is no secret, into the file; repeatable",
    )
    parser.add_argument("--states", choices=STATES, help="how it prepares orders (default: none)")
    parser.add_argument("--states-at", metavar="WHERE", help="the url, the command or the file of the states")
    parser.add_argument(
        "--recipe",
        type=Path,
        metavar="FILE",
        help="write a server of provider states to this file, too; with --states url, which it then is by default",
    )
    parser.add_argument("--ci", choices=sorted(CI), help="write a CI job, too")
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Write what was asked for; nothing of it where a file is there already. Raises ClientFault."""
    _complete(options)
    shape = shapes()[options.venue]
    credentials, variables = _credentials(options, shape)
    files = {options.file: _target_file(options, credentials)}
    if options.recipe is not None:
        files[options.recipe] = (resources_root() / "docs" / "recipes" / "states.py").read_text(encoding="utf-8")
    if options.ci is not None:
        files[CI[options.ci]] = _ci_job(options.ci, options.file, variables)
    there = [str(file) for file in files if file.exists()]
    if there and not options.force:
        raise ClientFault(f"{', '.join(there)}: there already; --force replaces it")
    for file, text in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ClientFault(f"{file}: it cannot be written: {error.strerror or error}") from error
        print(f"{file}: written")
    print("next:")
    if options.recipe is not None:
        print(f"  in {options.recipe}: put what places, cancels and reads an order at your venue in place of my_venue")
        port = urlsplit(options.states_at or _STATES_AT["url"]).port
        print(f"  python {options.recipe}{f' {port}' if port else ''} &")
    if variables:
        print(f"  export {' '.join(f'{name}=…' for name in variables)}")
    print(f"  venue-conformance check {options.file}")
    print(f"  venue-conformance run --target {options.file} --report-dir reports")
    print(f"how to go on: {resources_root() / 'docs' / 'getting-started.md'}")
    return 0


def _complete(options: argparse.Namespace) -> None:
    """Ask for what no flag says, where somebody can answer. Raises ClientFault for what is missing or wrong."""
    asks = sys.stdin.isatty()
    if options.recipe is not None and options.states is None:
        options.states = "url"
    for name, (question, default) in _QUESTIONS.items():
        if getattr(options, name) is None and asks:
            shown = f" ({', '.join(sorted(shapes()))})" if name == "venue" else ""
            hint = f" [{default}]" if default else ""
            answer = input(f"{question}{shown}{hint}: ").strip()
            setattr(options, name, answer or default)
        elif getattr(options, name) is None:
            setattr(options, name, default)
        if getattr(options, name) is None:
            raise ClientFault(f"--{name.replace('_', '-')}: it is required, to write a target file")
    for name, known in (("venue", sorted(shapes())), ("states", STATES)):
        value = getattr(options, name)
        if value not in known:
            raise ClientFault(f"{name}: {one_line(value)} is none of {', '.join(known)}{did_you_mean(value, known)}")
    if options.recipe is not None and options.states != "url":
        raise ClientFault(f"--recipe {options.recipe}: the recipe is a server, which only --states url asks")
    address = urlsplit(options.base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ClientFault(f"--base-url {one_line(options.base_url)}: an address as in https://staging.example:8443")


def _credentials(options: argparse.Namespace, shape: CredentialShape) -> tuple[dict[str, str], list[str]]:
    """Each credential as it stands in the file, and the variables that it names. Raises ClientFault."""
    known = sorted(shape.required | shape.optional)
    values, named = _pairs("--value", options.value, known), _pairs("--credential", options.credential, known)
    if secret := sorted(values.keys() & shape.secret):
        raise ClientFault(f"--value {secret[0]}: this is a secret; name a variable with --credential {secret[0]}=NAME")
    for name, variable in named.items():
        if not _VARIABLE.fullmatch(variable):
            raise ClientFault(f"--credential {name}: {one_line(variable)} is no name of an environment variable")
    found: dict[str, str] = {}
    variables: list[str] = []
    for name in [*sorted(shape.required), *sorted(shape.optional & (values.keys() | named.keys()))]:
        if name in values:
            found[name] = values[name]
        elif name in shape.choices and name not in named:
            found[name] = sorted(shape.choices[name])[-1]
        else:
            variables.append(named.get(name, f"{options.venue}_{name}".upper()))
            found[name] = f"${{{variables[-1]}}}"
    return found, variables


def _pairs(flag: str, given: list[str], known: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not value:
            raise ClientFault(f"{flag} {one_line(each)}: NAME=… is expected")
        if name not in known:
            raise ClientFault(
                f"{flag} {one_line(name)}: the credentials are {', '.join(known)}{did_you_mean(name, known)}"
            )
        pairs[name] = value
    return pairs


def _target_file(options: argparse.Namespace, credentials: dict[str, str]) -> str:
    shape = shapes()[options.venue]
    choices = {name: f"  # {' or '.join(sorted(values))}" for name, values in shape.choices.items()}
    own = "\n".join(f"{name} = {_toml(value)}{choices.get(name, '')}" for name, value in credentials.items())
    where = options.states_at or _STATES_AT.get(options.states, "")
    stated = _command(where) if options.states == "command" else _toml(where)
    states = f"[states]\n{options.states} = {stated}\n"
    if options.states == "none":
        offered = "\n".join(f"# {line}" for line in f'[states]\nurl = "{_STATES_AT["url"]}"'.splitlines())
        states = (
            "# Without states whatever is about an order in some state is not tested: check says how much that is.\n"
            f"{offered}\n"
        )
    return f"""\
# One deployment that venue-conformance judges. Every key is explained in docs/target-file.md; unknown ones are errors.
venue = {_toml(options.venue)}
base_url = {_toml(options.base_url)}
# Free text; "production", "prod" and "live" are refused.
environment = {_toml(options.environment)}

# An account of the deployment. ${{NAME}} is read from the environment, so that no secret stands here.
[credentials]
{own}
# disposable = true  # if any order of this account may be lost: opens the clauses about bodies that name no order

# A second account, whose orders must stay untouched; a third one lets the checks of limits be judged.
# [[accounts]]
{chr(10).join(f"# {name} = {_toml(_other(value))}" for name, value in credentials.items())}

# How the deployment brings orders into a state: url, command or inventory. See docs/provider-states.md.
{states}
# [limits]
# requests_per_second = 10  # a ceiling over everything that is sent
# max_orders = 2000         # a run ends there, with what it has
# settle_seconds = 5        # how long an effect may take to show
"""


def _other(value: str) -> str:
    """The same credential of another account."""
    return f"{value[:-1]}_2}}" if value.startswith("${") else value


def _command(text: str) -> str:
    """An array of a program and its arguments, taken apart as a shell would. Raises ClientFault."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ClientFault(f"--states-at {one_line(text)}: no command: {error}") from error
    return f"[{', '.join(map(_toml, words))}]"


def _toml(text: str) -> str:
    """A basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _ci_job(system: str, target: Path, variables: list[str]) -> str:
    run = f"venue-conformance run --target {target} --report-dir report --allow-untested"
    if system == "gitlab":
        return f"""\
# To be included, or copied into .gitlab-ci.yml. The credentials are masked variables of the project:
# {", ".join(variables) or "none"}
conformance:
  image: python:3.11-slim
  script:
    # Not on a package index yet: until then git+URL of its repository, at a commit.
    - pip install venue-conformance
    - {run}
  artifacts:
    when: always
    paths: [report]
    reports: {{junit: report/junit.xml}}
"""
    environment = "\n".join(f"          {name}: ${{{{ secrets.{name} }}}}" for name in variables)
    return f"""\
# The credentials are secrets of the repository. Baseline, shards and comments: docs/ci.md.
name: conformance
on:
  pull_request:
  schedule: [{{cron: "17 4 * * *"}}]
permissions: {{contents: read}}
jobs:
  conformance:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.11"}}
      # Not on a package index yet: until then git+URL of its repository, at a commit.
      - run: pip install venue-conformance
      - run: {run}
{f"        env:{chr(10)}{environment}" if variables else ""}
      - run: cat report/summary.md >> "$GITHUB_STEP_SUMMARY"
        if: always()
      - uses: actions/upload-artifact@v4
        if: always()
        with: {{name: conformance, path: report}}
"""
