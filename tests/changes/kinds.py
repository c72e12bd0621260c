"""Kinds of change, each made to one of our documents, with what it means for callers and what it touches."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from venue_conformance.changes.change import Effect
from venue_conformance.changes.documents import our_document

Content = dict[str, Any]
BREAKING: Effect = "breaking"
COMPATIBLE: Effect = "compatible"
WORDS: Effect = "documentation"


@dataclass(frozen=True)
class Kind:
    """A change: of which document, what it is, and which clause it touches at least (None for none at all)."""

    name: str
    venue: str
    effect: Effect | None
    touches: str | None
    make: Callable[[Content], None]


KINDS: dict[str, Kind] = {}


def kind(name: str, venue: str, effect: Effect | None, touches: str | None) -> Callable[[Any], Any]:
    def register(make: Callable[[Content], None]) -> Callable[[Content], None]:
        assert name not in KINDS
        KINDS[name] = Kind(name, venue, effect, f"{venue}.{touches}" if touches else None, make)
        return make

    return register


@cache
def _ours(venue: str) -> Content:
    return our_document(venue).content


def ours(venue: str) -> Content:
    """A copy of our document, to be changed."""
    return copy.deepcopy(_ours(venue))


def changed(one: Kind) -> Content:
    content = ours(one.venue)
    one.make(content)
    return content


def schemas(content: Content) -> Content:
    return content["components"]["schemas"]  # type: ignore[no-any-return]


def operation(content: Content) -> Content:
    [item] = content["paths"].values()
    [found] = [each for key, each in item.items() if key in ("delete", "post")]
    return found  # type: ignore[no-any-return]


def ids(content: Content) -> Content:
    """The property of the request that has the orders."""
    return schemas(content)["CancelBatch"]["properties"]["orderIds"]  # type: ignore[no-any-return]


def key_schema(content: Content) -> Content:
    return content["components"]["parameters"]["IdempotencyKey"]["schema"]  # type: ignore[no-any-return]


def _set(place: Mapping[str, Any], **values: Any) -> None:
    dict.update(place, values)  # type: ignore[arg-type]


# What the venue answers.


@kind("a required property is gone", "bayse", BREAKING, "rows.summary")
def _(content: Content) -> None:
    schemas(content)["Summary"]["properties"].pop("failed")
    schemas(content)["Summary"]["required"].remove("failed")


@kind("an optional property is gone", "arcus", BREAKING, "rows.sizes-when-final")
def _(content: Content) -> None:
    schemas(content)["Row"]["properties"].pop("filledSize")


@kind("a property is new", "bayse", COMPATIBLE, "rows.extra-fields")
def _(content: Content) -> None:
    schemas(content)["Summary"]["properties"]["skipped"] = {"type": "integer"}


@kind("an answered list may be longer", "predictstreet", BREAKING, "response.shape")
def _(content: Content) -> None:
    schemas(content)["CancelBatchResponse"]["properties"]["cancelled"]["maxItems"] = 200


@kind("an answered list is shorter", "predictstreet", COMPATIBLE, "response.shape")
def _(content: Content) -> None:
    schemas(content)["CancelBatchResponse"]["properties"]["cancelled"]["maxItems"] = 50


@kind("an answered pattern is another", "arcus", BREAKING, "address.answers-lower-case")
def _(content: Content) -> None:
    schemas(content)["NormalAddress"]["pattern"] = "^[0-9a-f]{40}$"


@kind("an answered value is new", "predictstreet", BREAKING, "outcomes.reasons")
def _(content: Content) -> None:
    schemas(content)["Reason"]["enum"].append("market_halted")


@kind("an answered value is gone", "predictstreet", COMPATIBLE, "outcomes.reasons")
def _(content: Content) -> None:
    schemas(content)["Reason"]["enum"].remove("unknown")


@kind("an answered type is another", "bayse", BREAKING, "rows.summary")
def _(content: Content) -> None:
    schemas(content)["Summary"]["properties"]["total"]["type"] = "string"


@kind("an answer may be null", "bayse", BREAKING, "rows.engine")
def _(content: Content) -> None:
    _set(schemas(content)["BatchOutcome"]["properties"]["engine"], type=["string", "null"], enum=["CLOB", None])


@kind("an answered number may be a text", "bayse", BREAKING, "rows.summary")
def _(content: Content) -> None:
    total = schemas(content)["Summary"]["properties"]
    total["total"] = {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}


@kind("an answered number is always the same", "bayse", COMPATIBLE, "rows.summary")
def _(content: Content) -> None:
    schemas(content)["Summary"]["properties"]["succeeded"] = {"type": "integer", "const": 1}


@kind("an answered header is of another type", "bayse", BREAKING, "idempotency.replay-marked")
def _(content: Content) -> None:
    content["components"]["headers"]["IdempotentReplayed"]["schema"] = {"type": "boolean"}


@kind("an answered number is a small one", "arcus", COMPATIBLE, "rate-limit.after-charging")
def _(content: Content) -> None:
    schemas(content)["RateLimit"]["properties"]["remaining"]["format"] = "int32"


@kind("exactly one form of error is answered", "bayse", COMPATIBLE, "errors.envelope")
def _(content: Content) -> None:
    schemas(content)["Error"]["oneOf"] = schemas(content)["Error"].pop("anyOf")


@kind("an answer is never null any more", "arcus", COMPATIBLE, "rows.sizes-when-final")
def _(content: Content) -> None:
    schemas(content)["Row"]["properties"]["filledSize"]["type"] = "string"


@kind("an answered property may be missing", "bayse", BREAKING, "rows.summary")
def _(content: Content) -> None:
    schemas(content)["BatchOutcome"]["required"].remove("summary")


@kind("an answered property is always there", "arcus", COMPATIBLE, "rate-limit.omitted")
def _(content: Content) -> None:
    schemas(content)["BatchCancelResponse"]["required"].append("rateLimit")


@kind("an answered object is closed", "bayse", COMPATIBLE, "rows.extra-fields")
def _(content: Content) -> None:
    schemas(content)["Summary"]["additionalProperties"] = False


@kind("a further form of row is answered", "bayse", BREAKING, "rows.success-flag")
def _(content: Content) -> None:
    row = {"type": "object", "required": ["orderId", "pending"], "properties": {"pending": {"const": True}}}
    schemas(content)["Row"]["oneOf"].append(row)


@kind("a bound of an answered number is gone", "bayse", BREAKING, "rows.summary")
def _(content: Content) -> None:
    schemas(content)["Summary"]["properties"]["failed"].pop("minimum")


@kind("a status is gone", "bayse", BREAKING, "idempotency.in-flight")
def _(content: Content) -> None:
    operation(content)["responses"].pop("409")


@kind("the status of success is another", "bayse", BREAKING, "rows.status-200")
def _(content: Content) -> None:
    responses = operation(content)["responses"]
    responses["202"] = responses.pop("200")


@kind("a status of refusal is new", "bayse", COMPATIBLE, "authentication.signed-request-accepted")
def _(content: Content) -> None:
    operation(content)["responses"]["403"] = {"description": "No."}


@kind("a success is documented that the range had", "predictstreet", None, None)
def _(content: Content) -> None:
    operation(content)["responses"]["201"] = {"$ref": "#/components/responses/Outcome"}


@kind("an answered header is gone", "bayse", BREAKING, "idempotency.replay-marked")
def _(content: Content) -> None:
    content["components"]["responses"]["BatchProcessed"].pop("headers")


@kind("an answered header is new", "bayse", COMPATIBLE, "idempotency.conflict-retry-after")
def _(content: Content) -> None:
    content["components"]["responses"]["InFlight"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}


@kind("an answered header is spelled in lower case", "bayse", None, None)
def _(content: Content) -> None:
    headers = content["components"]["responses"]["BatchProcessed"]["headers"]
    headers["idempotent-replayed"] = headers.pop("Idempotent-Replayed")


@kind("an answered header has another form", "bayse", BREAKING, "rate-limit.retry-after")
def _(content: Content) -> None:
    content["components"]["headers"]["RetryAfter"]["schema"] = {"type": "string"}


@kind("the media type of an answer is another", "bayse", BREAKING, "rows.status-200")
def _(content: Content) -> None:
    bodies = content["components"]["responses"]["BatchProcessed"]["content"]
    bodies["application/xml"] = bodies.pop("application/json")


@kind("the media type of an answer names its charset", "bayse", None, None)
def _(content: Content) -> None:
    bodies = content["components"]["responses"]["BatchProcessed"]["content"]
    bodies["application/json; charset=utf-8"] = bodies.pop("application/json")


# What the client sends.


@kind("a required property is new", "bayse", BREAKING, "limits.list-required")
def _(content: Content) -> None:
    schemas(content)["CancelBatch"]["properties"]["reason"] = {"type": "string"}
    schemas(content)["CancelBatch"]["required"].append("reason")


@kind("an optional property may be sent", "bayse", COMPATIBLE, "limits.list-required")
def _(content: Content) -> None:
    schemas(content)["CancelBatch"]["properties"]["reason"] = {"type": "string"}


@kind("a property is no longer read", "arcus", BREAKING, "target.valid-until")
def _(content: Content) -> None:
    schemas(content)["CancelByOrderId"]["properties"].pop("validUntil")


@kind("fewer ids are accepted", "bayse", BREAKING, "limits.hundred-accepted")
def _(content: Content) -> None:
    ids(content)["maxItems"] = 50


@kind("more ids are accepted", "bayse", COMPATIBLE, "limits.over-hundred-refused")
def _(content: Content) -> None:
    ids(content)["maxItems"] = 200


@kind("any number of ids is accepted", "bayse", COMPATIBLE, "limits.over-hundred-refused")
def _(content: Content) -> None:
    ids(content).pop("maxItems")


@kind("at least two ids are needed", "bayse", BREAKING, "limits.one-accepted")
def _(content: Content) -> None:
    ids(content)["minItems"] = 2


@kind("repeats are refused", "predictstreet", BREAKING, "duplicates.any-spread")
def _(content: Content) -> None:
    schemas(content)["CancelBatchRequest"]["properties"]["orderIds"]["uniqueItems"] = True


@kind("the pattern of a key is narrower", "bayse", BREAKING, "idempotency.key-alphabet-accepted")
def _(content: Content) -> None:
    key_schema(content)["pattern"] = "^[a-f0-9-]{36}$"


@kind("one character of the pattern of a key is gone", "bayse", BREAKING, "idempotency.key-alphabet-accepted")
def _(content: Content) -> None:
    key_schema(content)["pattern"] = "^[A-Za-z0-9-]{1,255}$"


@kind("the pattern of a key is gone", "bayse", COMPATIBLE, "idempotency.key-alphabet-refused")
def _(content: Content) -> None:
    key_schema(content).pop("pattern")


@kind("a key may be shorter than it could be", "bayse", BREAKING, "idempotency.longest-key")
def _(content: Content) -> None:
    key_schema(content)["maxLength"] = 64


@kind("a further value is accepted", "arcus", COMPATIBLE, "target.kind-disagrees")
def _(content: Content) -> None:
    schemas(content)["CancelByOrderId"]["properties"]["kind"]["enum"].append("oid")


@kind("a value is no longer accepted", "arcus", BREAKING, "target.kind-disagrees")
def _(content: Content) -> None:
    schemas(content)["CancelByOrderId"]["properties"]["kind"]["enum"] = ["oid"]


@kind("the type of a property is another", "arcus", BREAKING, "limits.field-wrong-type")
def _(content: Content) -> None:
    schemas(content)["CancelByOrderId"]["properties"]["marketId"] = {"type": "string"}


@kind("a further type is accepted", "arcus", COMPATIBLE, "limits.field-wrong-type")
def _(content: Content) -> None:
    market = schemas(content)["CancelByOrderId"]["properties"]["marketId"]
    schemas(content)["CancelByOrderId"]["properties"]["marketId"] = {**market, "type": ["integer", "string"]}


@kind("a format is demanded", "arcus", BREAKING, "target.order-id-alone")
def _(content: Content) -> None:
    schemas(content)["CancelByOrderId"]["properties"]["orderId"] = {"type": "string", "format": "uuid", "minLength": 1}


@kind("a format is no longer demanded", "bayse", COMPATIBLE, "limits.malformed-id")
def _(content: Content) -> None:
    ids(content)["items"].pop("format")


@kind("a default is new", "bayse", COMPATIBLE, "limits.wrong-type-refused")
def _(content: Content) -> None:
    ids(content)["default"] = []


@kind("a number that is sent is a small one", "arcus", BREAKING, "timestamp.element-repeats-header")
def _(content: Content) -> None:
    for name in ("CancelByOrderId", "CancelByClientId"):
        schemas(content)[name]["properties"]["timestamp"]["format"] = "int32"


@kind("a property is never sent", "bayse", BREAKING, "limits.one-accepted")
def _(content: Content) -> None:
    ids(content)["readOnly"] = True


@kind("a property that is never sent is required", "bayse", None, None)
def _(content: Content) -> None:
    schemas(content)["CancelBatch"]["properties"]["batchId"] = {"type": "string", "readOnly": True}
    schemas(content)["CancelBatch"]["required"].append("batchId")


@kind("how a header is written is spelled out", "bayse", None, None)
def _(content: Content) -> None:
    key = content["components"]["parameters"]["IdempotencyKey"]
    _set(key, style="simple", explode=False, deprecated=False)


@kind("an optional property is required", "arcus", BREAKING, "timestamp.element-omitted")
def _(content: Content) -> None:
    schemas(content)["CancelByOrderId"]["required"].append("timestamp")
    schemas(content)["CancelByClientId"]["required"].append("timestamp")


@kind("a required property is optional", "arcus", COMPATIBLE, "target.neither-id")
def _(content: Content) -> None:
    schemas(content)["CancelByOrderId"]["required"].remove("accountIndex")


@kind("further properties are refused", "bayse", BREAKING, "limits.list-required")
def _(content: Content) -> None:
    schemas(content)["CancelBatch"]["additionalProperties"] = False


@kind("the media type of a request is another", "bayse", BREAKING, "authentication.signed-request-accepted")
def _(content: Content) -> None:
    bodies = operation(content)["requestBody"]["content"]
    bodies["application/vnd.bayse+json"] = bodies.pop("application/json")


@kind("a form of element is no longer accepted", "arcus", BREAKING, "target.client-id-alone")
def _(content: Content) -> None:
    schemas(content)["Cancel"]["oneOf"].pop()
    schemas(content)["Cancel"]["discriminator"]["mapping"].pop("clientId")


@kind("a body may be left out", "bayse", COMPATIBLE, "limits.list-required")
def _(content: Content) -> None:
    operation(content)["requestBody"]["required"] = False


@kind("a header is required", "bayse", BREAKING, "idempotency.optional")
def _(content: Content) -> None:
    content["components"]["parameters"]["IdempotencyKey"]["required"] = True


@kind("a further header is required", "bayse", BREAKING, "authentication.signed-request-accepted")
def _(content: Content) -> None:
    nonce = {"name": "X-Nonce", "in": "header", "required": True, "schema": {"type": "string"}}
    operation(content)["parameters"].append(nonce)


@kind("a further header may be sent", "bayse", COMPATIBLE, "authentication.signed-request-accepted")
def _(content: Content) -> None:
    operation(content)["parameters"].append({"name": "X-Trace-Id", "in": "header", "schema": {"type": "string"}})


@kind("a header is no longer read", "bayse", BREAKING, "idempotency.replay-same-answer")
def _(content: Content) -> None:
    operation(content)["parameters"] = []


@kind("a query parameter is optional", "arcus", COMPATIBLE, "address.missing")
def _(content: Content) -> None:
    content["components"]["parameters"]["Address"]["required"] = False


@kind("a query parameter has another name", "arcus", BREAKING, "address.missing")
def _(content: Content) -> None:
    content["components"]["parameters"]["Address"]["name"] = "wallet"


# How a caller shows who he is.


@kind("a further credential is needed", "predictstreet", BREAKING, "authentication.key-required")
def _(content: Content) -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "X-Signature"}
    content["components"]["securitySchemes"]["Signature"] = scheme
    content["security"] = [{"ApiKey": [], "Signature": []}]


@kind("the header of the credential is another", "predictstreet", BREAKING, "authentication.key-required")
def _(content: Content) -> None:
    content["components"]["securitySchemes"]["ApiKey"]["name"] = "Authorization"


@kind("a further way to authenticate", "predictstreet", COMPATIBLE, "authentication.key-required")
def _(content: Content) -> None:
    content["components"]["securitySchemes"]["OAuth"] = {"type": "http", "scheme": "bearer"}
    content["security"].append({"OAuth": []})


@kind("a credential is no longer needed", "bayse", BREAKING, "authentication.signature-required")
def _(content: Content) -> None:
    operation(content)["security"] = [{"publicKey": [], "timestamp": []}]


@kind("how a credential is made", "bayse", WORDS, "authentication.signature-covers-body")
def _(content: Content) -> None:
    content["components"]["securitySchemes"]["signature"]["description"] = "HMAC-SHA512 of the body."


# The operation itself.


@kind("the path is another", "bayse", BREAKING, "authentication.signature-covers-path")
def _(content: Content) -> None:
    content["paths"]["/v2/pm/orders/batch"] = content["paths"].pop("/v1/pm/orders/batch")


@kind("the method is another", "bayse", BREAKING, "authentication.signature-covers-method")
def _(content: Content) -> None:
    item = content["paths"]["/v1/pm/orders/batch"]
    item["post"] = item.pop("delete")


@kind("the server's path is another", "bayse", BREAKING, "authentication.signature-covers-path")
def _(content: Content) -> None:
    content["servers"] = [{"url": "https://bayse.invalid/gateway"}]


@kind("the server's path takes over the beginning", "bayse", None, None)
def _(content: Content) -> None:
    content["servers"] = [{"url": "https://bayse.invalid/v1/"}]
    content["paths"]["/pm/orders/batch"] = content["paths"].pop("/v1/pm/orders/batch")


# Nothing but words, or nothing at all.


@kind("the text of a property", "bayse", WORDS, "limits.repeats-over-the-limit")
def _(content: Content) -> None:
    ids(content)["description"] = "Ids. Repeats count."


@kind("the text of the operation", "bayse", WORDS, "authentication.signed-request-accepted")
def _(content: Content) -> None:
    operation(content)["description"] = "Each batch costs one token."


@kind("the text of a status", "bayse", WORDS, "idempotency.in-flight")
def _(content: Content) -> None:
    content["components"]["responses"]["InFlight"]["description"] = "Wait."


@kind("an example", "bayse", WORDS, "rate-limit.retry-after")
def _(content: Content) -> None:
    content["components"]["headers"]["RetryAfter"]["example"] = 30


@kind("the version and the title", "bayse", WORDS, None)
def _(content: Content) -> None:
    _set(content["info"], version="1.1.0", title="X")


@kind("a part that is written in its place", "bayse", None, None)
def _(content: Content) -> None:
    schemas(content)["BatchOutcome"]["properties"]["summary"] = copy.deepcopy(schemas(content)["Summary"])


@kind("a part that has another name", "bayse", None, None)
def _(content: Content) -> None:
    schemas(content)["Totals"] = schemas(content).pop("Summary")
    schemas(content)["BatchOutcome"]["properties"]["summary"] = {"$ref": "#/components/schemas/Totals"}


@kind("the order of required properties", "bayse", None, None)
def _(content: Content) -> None:
    schemas(content)["Summary"]["required"].reverse()


@kind("the order of alternatives", "bayse", None, None)
def _(content: Content) -> None:
    schemas(content)["Row"]["oneOf"].reverse()


@kind("an alternative of one", "bayse", None, None)
def _(content: Content) -> None:
    schemas(content)["BatchOutcome"]["properties"]["summary"] = {"allOf": [{"$ref": "#/components/schemas/Summary"}]}


@kind("another operation beside it", "bayse", None, None)
def _(content: Content) -> None:
    content["paths"]["/v1/pm/markets"] = {"get": {"responses": {"200": {"description": "Markets"}}}}


@kind("what is permitted anyway is spelled out", "bayse", WORDS, "rows.extra-fields")
def _(content: Content) -> None:
    schemas(content)["Summary"]["additionalProperties"] = True


@kind("an extension", "bayse", WORDS, None)
def _(content: Content) -> None:
    schemas(content)["Summary"]["x-owner"] = "orders"
