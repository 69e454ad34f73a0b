"""What the operator's supervisor is told."""

import json
from dataclasses import replace

import pytest

from bot.domain.lane import REFUSES, ClosedReason
from bot.service.health import Readiness
from bot.web import health

ALL_WELL = Readiness(gateway=True, store=True, closed=None)
WELL = {
    "ready": True,
    "gateway": True,
    "store": True,
    "lane": "open",
    "descriptors": "ok",
    "status_calls": "ok",
}


@pytest.fixture
def ask(serve):
    """Ask a bot that stands like this for one of its pages; return the status and the answer."""

    async def ask(path, *, readiness=ALL_WELL):
        async def look():
            return readiness

        call = await serve(health.routes(look))
        status, answer = await call("GET", path)
        return status, json.loads(answer)

    return ask


async def test_who_can_take_orders_is_ready(ask):
    status, answer = await ask("/readyz")

    assert (status, answer) == (200, WELL)
    troubled = replace(ALL_WELL, descriptors_low=True, status_calls_rejected=True)
    assert await ask("/readyz", readiness=troubled) == (
        200,
        {**WELL, "descriptors": "low", "status_calls": "rejected"},
    )


@pytest.mark.parametrize(
    ("readiness", "told"),
    [
        (Readiness(gateway=False, store=True, closed=None), {"gateway": False, "lane": "open"}),
        (Readiness(gateway=True, store=False, closed=None), {"store": False, "lane": None}),
        (replace(ALL_WELL, draining=True), {"draining": True}),
        *(
            (Readiness(gateway=True, store=True, closed=reason), {"lane": reason.value})
            for reason in sorted(REFUSES)
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_who_cannot_says_what_is_in_the_way(ask, readiness, told):
    """No restart mends any of it, so the process is alive all the same."""
    status, answer = await ask("/readyz", readiness=readiness)

    assert (status, answer) == (503, {**WELL, "ready": False, **told})
    assert await ask("/healthz", readiness=readiness) == (200, {"alive": True})


@pytest.mark.parametrize("reason", sorted(set(ClosedReason) - REFUSES))
async def test_who_keeps_orders_waiting_is_ready_and_says_why(ask, reason):
    readiness = Readiness(gateway=True, store=True, closed=reason)
    status, answer = await ask("/readyz", readiness=readiness)

    assert (status, answer["ready"], answer["lane"]) == (200, True, reason.value)


@pytest.mark.parametrize("reason", sorted(REFUSES))
async def test_a_balancer_leaves_out_no_process_that_tells_members_why_the_lane_is_closed(
    ask, reason
):
    closed, page = replace(ALL_WELL, closed=reason), "/readyz?exclude=lane"

    assert await ask(page, readiness=closed) == (200, {**WELL, "lane": reason.value})
    for unable in (
        replace(closed, gateway=False),
        replace(closed, store=False),
        replace(closed, draining=True),
    ):
        assert (await ask(page, readiness=unable))[0] == 503
