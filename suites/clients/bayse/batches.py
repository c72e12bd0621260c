"""Scenarios 27 to 39: what only Bayse has."""

from __future__ import annotations

from venue_conformance.clients.scenario import Scene, scenario
from venue_conformance.reference.stage_steps import Step, answer, effect_then

IN_FLIGHT = {
    "error": "idempotency_conflict",
    "message": "A request with this key is still in progress",
    "statusCode": 409,
}
AFTER_409 = "idempotency.after-409 signing.fresh-each-try retry.bounded outcomes.typed-errors"


@scenario(27, "an order that batches do not serve", "outcomes.amm-not-cancelled")
def amm_order(scene: Scene) -> None:
    """An AMM order beside an open one: it fails with UNSUPPORTED_ENGINE."""
    scene.cancel([*scene.open(), *scene.of_engine("AMM")])


@scenario(28, "a first try that is still under way", AFTER_409, seconds=2)
def in_flight(scene: Scene) -> None:
    """409 twice, as if the first try were still being carried out; then the venue's own answer."""
    scene.script(answer(409, IN_FLIGHT).repeated(2))
    scene.cancel(scene.open())


@scenario(29, "the client to give up", AFTER_409, seconds=8)
def in_flight_for_good(scene: Scene) -> None:
    """409 for as long as the client may ask."""
    scene.script(answer(409, IN_FLIGHT).for_good())
    scene.cancel(scene.open())


@scenario(30, "a refusal with 422", "retry.not-after-refusal outcomes.typed-errors", seconds=2)
def key_of_another_body(scene: Scene) -> None:
    """422 to whatever is sent, as to a key that belongs to another body."""
    refusal = {"error": "idempotency_key_reused", "message": "Used with another request", "statusCode": 422}
    scene.script(answer(422, refusal).for_good())
    scene.cancel(scene.open())


@scenario(31, "an answer that is a replay", "outcomes.typed-errors", seconds=2)
def replayed(scene: Scene) -> None:
    """The answer of a lost first try is replayed, marked with Idempotent-Replayed."""
    scene.script(effect_then(500))
    scene.cancel(scene.open(2))


@scenario(
    32,
    "two calls, the second of which names one order more",
    "request.no-other-id idempotency.key-form idempotency.one-key-one-body",
    calls=2,
)
def two_calls(scene: Scene) -> None:
    """Two calls, one after the other, that have an order in common: a key of the first has no place in the second."""
    first, second = scene.open(2)
    scene.cancel([first])
    scene.cancel([first, second])


@scenario(33, "a try that timed out at the venue", "idempotency.retry-same-key outcomes.typed-errors", seconds=2)
def timed_out(scene: Scene) -> None:
    """408, and nothing has happened; then the venue's own answer."""
    scene.script(answer(408, {"error": "request_timeout", "message": "Too slow", "statusCode": 408}))
    scene.cancel(scene.open())


@scenario(34, "a failure whose code is new", "outcomes.unknown-codes outcomes.typed-errors")
def new_failure_code(scene: Scene) -> None:
    """A row fails with a code that no page lists."""
    scene.script(Step("change", change="new failure code").for_good())
    scene.cancel([*scene.open(), *scene.filled()])


@scenario(35, "an error without its message", "outcomes.typed-errors", breaks_page=True)
def error_without_message(scene: Scene) -> None:
    """A row's error has a code and no message."""
    scene.script(Step("change", change="error without message").for_good())
    scene.cancel([*scene.open(), *scene.filled()])


@scenario(36, "an answer that lacks a row", "outcomes.typed-errors", breaks_page=True)
def row_missing(scene: Scene) -> None:
    """The answer has no row for the first order."""
    scene.script(Step("change", change="first row missing").for_good())
    scene.cancel([*scene.filled(), *scene.open(2)])


@scenario(37, "a summary that contradicts the rows", "outcomes.typed-errors", breaks_page=True)
def summary_contradicts(scene: Scene) -> None:
    """The summary says that all succeeded, the rows that one did not."""
    scene.script(Step("change", change="summary contradicts rows").for_good())
    scene.cancel([*scene.open(), *scene.filled()])


@scenario(38, "two calls at once", "idempotency.one-key-one-body")
def two_calls_at_once(scene: Scene) -> None:
    """Two calls at the same time, for different orders."""
    first, second = scene.open(2)
    scene.together([first], [second])


@scenario(
    39,
    "three batches on the budget that is documented",
    "retry.obeys-retry-after",
    rate_limited=True,
    calls=3,
    seconds=12,
)
def three_batches_on_the_budget(scene: Scene) -> None:
    """Three calls of a hundred orders: the documented budget lets one through and then twenty orders a second."""
    for _ in range(3):
        scene.cancel(scene.open(100))
