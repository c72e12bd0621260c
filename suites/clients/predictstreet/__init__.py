"""What clients of PredictStreet are put through, beside what is shared by all venues."""

from __future__ import annotations

from collections.abc import Mapping

#: Here an answer has no rows: an id stands in one of two parts.
NOT_HERE = ("outcomes.names-the-order",)


def account_for(can: frozenset[str]) -> Mapping[str, str]:
    """A single_wallet key, unless the client says that it acts for multi_wallet partners alone."""
    multi = bool(can & {"multi_wallet", "wallets"})
    return {"partner_kind": "multi_wallet"} if multi and "single_wallet" not in can else {}
