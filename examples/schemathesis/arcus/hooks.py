"""Signs what Schemathesis sends to Arcus. Set ARCUS_PRIVATE_KEY (64 hexadecimal digits) and ARCUS_ADDRESS."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import schemathesis
from hypothesis import strategies as st
from nacl.signing import SigningKey

# Made from their patterns, these take longer than all else; whatever they are, the signer writes its own over them.
schemathesis.openapi.format("ed25519-signature", st.just("ab" * 64))
schemathesis.openapi.format("ed25519-public-key", st.just("ab" * 32))
schemathesis.openapi.format("eth-address", st.just("0x" + "ab" * 20))
schemathesis.openapi.format("unix-nanoseconds", st.just("1790000000123456791"))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - the signature is Schemathesis' own
    """Say who sends the request, and sign each element of it."""
    key, address = SigningKey(bytes.fromhex(os.environ["ARCUS_PRIVATE_KEY"])), os.environ["ARCUS_ADDRESS"].lower()
    stamp = time.time_ns()
    case.headers.update(
        {"X-API-Key": key.verify_key.encode().hex(), "X-Timestamp": str(stamp), "X-Signature": "ab" * 64}
    )
    case.query["address"] = address
    cancels = case.body.get("cancels") if isinstance(case.body, dict) else None
    for element in cancels if isinstance(cancels, list) else ():
        if not isinstance(element, dict) or not isinstance(element.get("marketId"), int | float):
            continue
        element |= {"address": address, "marketId": int(element["marketId"]), "accountIndex": 0}
        if "timestamp" in element:
            element["timestamp"] = stamp
        said = {"ad": address, "ai": 0, "c": element.get("clientId"), "ct": stamp, "id": element.get("orderId")}
        said |= {"m": element["marketId"], "op": 2, "v": 1}
        members = {name: value for name, value in sorted(said.items()) if value is not None}
        payload = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")
        element["signature"] = key.sign(payload).signature.hex()
