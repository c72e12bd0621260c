"""Changes of how callers show who they are, and of where they find the venue."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.changes.kinds import operation
from tests.changes.test_kinds import catalogue
from tests.changes.test_others import theirs
from venue_conformance.changes.documents import compare_documents
from venue_conformance.changes.reading import Document

FLOW = {"tokenUrl": "https://id.example.org/token", "scopes": {"orders": "Orders", "admin": "All"}}


def oauth(content: dict[str, Any]) -> dict[str, Any]:
    return content["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]  # type: ignore[no-any-return]


def compared(make: Callable[[dict[str, Any]], object]) -> list[tuple[str, str]]:
    old = copy.deepcopy(theirs("predictstreet").content)
    old["components"]["securitySchemes"]["oauth"] = {"type": "oauth2", "flows": {"clientCredentials": dict(FLOW)}}
    operation(old)["security"] = [{"oauth": ["orders"]}]
    new = copy.deepcopy(old)
    make(new)
    documents = (Document(name, "openapi", content) for name, content in (("new", new), ("old", old)))
    return [
        (each.change.effect, each.change.what)
        for each in compare_documents(catalogue("predictstreet"), *documents).changes
    ]


@pytest.mark.parametrize(
    ("make", "effect", "what"),
    [
        (
            lambda doc: operation(doc).update(security=[{"oauth": ["orders", "admin"]}]),
            "breaking",
            "scopes: orders → admin + orders",
        ),
        (lambda doc: operation(doc).update(security=[{"oauth": []}]), "compatible", "scopes: orders → none"),
        (
            lambda doc: operation(doc).update(security=[{"oauth": ["orders"]}, {"oauth": ["admin"]}]),
            "compatible",
            "scopes: orders → admin or orders",
        ),
        (
            lambda doc: oauth(doc).update(tokenUrl="https://id.example.org/v2/token"),
            "breaking",
            "OAuth 2: tokenUrl https://id.example.org/token → https://id.example.org/v2/token",
        ),
        (
            lambda doc: doc["components"]["securitySchemes"]["oauth"].update(flows={"implicit": {}}),
            "breaking",
            "OAuth 2: the flow clientCredentials is gone",
        ),
        (
            lambda doc: operation(doc).update(security=[{"oauth": ["orders"]}, {}]),
            "compatible",
            "accepted as well: no credentials",
        ),
        (
            lambda doc: doc["components"]["securitySchemes"]["oauth"].update(description="New"),
            "documentation",
            "OAuth 2: the text (description) changed",
        ),
    ],
)
def test_scheme(make: Callable[[dict[str, Any]], object], effect: str, what: str) -> None:
    assert (effect, what) in compared(make)


def servers(*urls: str) -> list[dict[str, str]]:
    return [{"url": url} for url in urls]


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        (servers("https://a.example.org"), servers("https://b.example.org"), "breaking"),
        (servers("https://a.example.org", "https://b.example.org"), servers("https://b.example.org"), "breaking"),
        (servers("https://a.example.org"), servers("https://b.example.org", "https://A.example.org/"), None),
        (servers("https://a.example.org"), servers("https://{region}.example.org"), None),
        (servers("https://a.example.org"), servers("/"), None),
        (servers("{base}"), servers("https://a.example.org"), None),
        (servers("https://a.example.org"), [], None),
    ],
)
def test_host(old: list[dict[str, str]], new: list[dict[str, str]], effect: str | None) -> None:
    before, after = (copy.deepcopy(theirs("predictstreet").content) for _ in range(2))
    before["servers"], after["servers"] = old, new
    documents = Document("new", "openapi", after), Document("old", "openapi", before)
    found = [each.change for each in compare_documents(catalogue("predictstreet"), *documents).changes]
    assert [each.effect for each in found if each.where == "the servers"] == ([effect] if effect else [])
