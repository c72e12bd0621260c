"""Adaptor for the published SDK bayse-markets (PyPI, Python 3.12 or newer). Translates, and never mends.

    python3.12 -m venv sdk && sdk/bin/pip install bayse-markets
    venue-conformance certify --adaptor "sdk/bin/python examples/adaptor_bayse_markets.py"

With ``--keys`` each call gets an Idempotency-Key, which the SDK leaves to its user.
"""

import asyncio
import json
import sys
import uuid
from importlib.metadata import version

from bayse_markets import BayseClient
from bayse_markets import exceptions as errors

KINDS = (
    (errors.RateLimitError, "rate_limited"),
    (errors.InvalidSignatureError, "auth"),
    (errors.TimestampExpiredError, "auth"),
    (errors.UnauthorizedError, "auth"),
    (errors.ValidationError, "refused"),
    (errors.NotFoundError, "refused"),
    (errors.InternalServerError, "venue"),
    (errors.NetworkError, "transport"),
)
NAME = {"name": "bayse-markets", "version": version("bayse-markets"), "language": "Python"}


def kind_of(error):
    """What the SDK raised, in the protocol's words."""
    for raised, kind in KINDS:
        if isinstance(error, raised):
            return kind
    if error.status_code == 409:
        return "conflict"
    return "refused" if error.status_code < 500 else "venue"


def row_of(result):
    """What the SDK says of one order."""
    code = result.error.code if result.error else None
    outcome = "cancelled" if result.success else "not_found" if code == "ORDER_NOT_FOUND" else "refused"
    return {"orderId": result.order_id, "outcome": outcome, "code": code}


async def cancel(client, asked):
    """One call of the SDK."""
    body = {"orderIds": [order["orderId"] for order in asked["orders"]]}
    key = str(uuid.uuid4()) if "--keys" in sys.argv else None
    try:
        response = await client.batch_cancel_orders(body=body, idempotency_key=key)
        return {"rows": [row_of(result) for result in response.data.results]}
    except errors.BayseError as error:
        return {"rows": [], "error": {"kind": kind_of(error), "status": error.status_code or None}}
    except Exception as error:
        return {"rows": [], "error": {"kind": "crash", "text": f"{type(error).__name__}: {error}"[:200]}}


async def main():
    """A JSON object a line, until the input ends."""
    client, loop = None, asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked, answer = json.loads(line), {}
        match asked["op"]:
            case "hello":
                answer = {"protocol": 1, "venue": "bayse", "client": NAME, "can": ["timeout", "idempotency"]}
            case "open":
                keys = asked["credentials"]
                client = BayseClient(keys["public_key"], keys["secret_key"], timeout=asked["timeout_seconds"])
                client._base_url = asked["base_url"]  # the SDK has no option for another host
                await client.__aenter__()
            case "cancel":
                answer = await cancel(client, asked)
            case "close":
                await client.__aexit__(None, None, None)
            case _:
                answer = {"error": {"kind": "unsupported"}}
        print(json.dumps({"id": asked["id"], **answer}), flush=True)


asyncio.run(main())
