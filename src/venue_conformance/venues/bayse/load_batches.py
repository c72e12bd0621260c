"""The batches of a load test at Bayse: how they are sent, and what their answers say happened to orders."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from venue_conformance.client.under_load import Done, RoundPart, UserGroup, operations_of
from venue_conformance.client.wording import listed
from venue_conformance.errors import Violation
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse import history, model, oracle
from venue_conformance.venues.bayse.answer import FLAG, BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller

ROWS = (oracle.ONE_PER_ID, oracle.IN_ORDER, oracle.SUMMARY, FLAG)
ENDS = (history.BLAME.twice, history.BLAME.kept_open, history.BLAME.reported)
OVERLAP = "bayse.lifecycle.overlap-both-succeed"
#: Orders of a batch.
SIZE = 3


def told_by(group: UserGroup, dones: Sequence[Done]) -> list[Operation]:
    """What batches without a key and fills say happened to their orders."""

    def judge(done: Done) -> None:
        judge_rows(group, done)
        group.assess.expect(
            not done.result.replayed,
            "no replay in answer to a request without a key",
            done.result.header_text("Idempotent-Replayed"),
            model.OPTIONAL,
            kind="marked-as-replay",
        )

    return operations_of(dones, lambda answer, batch: history.events(answer, batch, group.assess), judge)


def judge_rows(group: UserGroup, done: Done) -> None:
    """The rows of an answer are those of its batch, in its order, and the summary counts them."""
    answer: BatchAnswer = done.result
    with suppress(Violation):  # what cannot be read was told of where the rows were read
        if sorted(answer.ids) == sorted(done.batch):
            came = f"{answer.ids}"
            group.assess.expect(
                answer.ids == list(done.batch),
                f"rows in the order {listed(done.batch)}",
                came,
                oracle.IN_ORDER,
                kind="other-order",
            )
    try:
        oracle.judge_summary(answer, group.assess, oracle.SUMMARY)
    except Violation as violation:
        group.assess.report(violation)


def cancel(
    group: UserGroup, name: str, batch: Sequence[ProvisionedOrder], key: str | None = None, *, retry: bool = False
) -> RoundPart:
    """A batch of the group's own account, with or without a key."""
    ids = [order.order_id for order in batch]
    return cancel_ids(group, name, ids, key, retry=retry)


def cancel_ids(
    group: UserGroup, name: str, ids: Sequence[str], key: str | None = None, *, retry: bool = False
) -> RoundPart:
    """The same, by the ids of orders."""
    caller = own(group)

    def call() -> BatchAnswer:
        return caller.cancel_batch(ids, idempotency_key=key, limit_asked=True, retry=retry)

    return RoundPart(name, call, caller.name, len(ids), tuple(ids))


def named_in(dones: Sequence[Done]) -> set[str]:
    """The ids of every batch that was answered."""
    return {order_id for done in dones if done.answered for order_id in done.batch}


def own(group: UserGroup) -> BayseCaller:
    """The group's own account."""
    caller = group.caller
    assert isinstance(caller, BayseCaller), "a group at Bayse"
    return caller
