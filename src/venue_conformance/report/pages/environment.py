"""Renders a template as one HTML file that needs nothing else and asks nobody for anything.

Whatever comes from a target is made printable and escaped, by the environment and not by each template; a content
security policy forbids any script and style but the two that are named by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from venue_conformance.report.text import cut, moment, one_line, plain, printable

_LARGEST = 64 * 1024
#: What could end a script element or begin a comment, as JSON escapes it.
_ESCAPED = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&"}
#: How much of a text stands in the head of something folded.
_HEAD = 180
#: How much of what a target said stands in a cell of a table.
_CELL = 320


def render_page(template: str, title: str, **values: Any) -> str:
    """One page from a template that extends ``page.html``; its style and its script stand in it."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(template)
    # Our own files, whose hashes the policy names.
    own = {"style": Markup(style), "script": Markup(script)}  # noqa: S704
    return page.render(title=title, policy=policy, **own, **values)


def as_data(value: Any) -> Markup:
    """A value as JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(plain(value), separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_ESCAPED))  # noqa: S704 - no markup is left in it


def _fit(value: object) -> object:
    """What an expression of a template gives, fit to be escaped and shown; what is markup already stays."""
    return value if isinstance(value, Markup) else printable(cut(str(value), _LARGEST))


def _web(address: str | None) -> str:
    """An address that a reader may be led to; nothing for any other."""
    return address if address and address.startswith(("https://", "http://")) else ""


def _first_line(text: str) -> str:
    """The first line of a text, short enough for the head of something folded, without the stop at its end."""
    return one_line(text.strip().partition("\n")[0], _HEAD).removesuffix(".")


def _short(text: str) -> str:
    """A text on one line, as much of it as a cell of a table bears."""
    return one_line(text, _CELL)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("venue_conformance.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_fit,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"web": _web, "first_line": _first_line, "short": _short, "moment": moment}
    return environment


@cache
def _asset(name: str) -> str:
    return (files("venue_conformance.report") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
