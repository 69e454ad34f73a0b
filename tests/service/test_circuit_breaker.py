"""The pauses that the circuit breaker of a lane imposes on its calls."""

import asyncio
import time

import pytest

from bot.service.circuit_breaker import LaneCircuitBreaker
from bot.service.rate_limiter import LaneRateLimiter
from tests.service.conftest import service_settings
from tests.service.store_tables import LaneTable


@pytest.fixture
async def limiter(lanes):
    limiter = LaneRateLimiter(settings=service_settings(), lanes=lanes, now=time.time)
    yield limiter
    await limiter.close()


@pytest.fixture
def lanes(database, engine):
    return LaneTable.of(database, engine)


@pytest.fixture
def breaker(lanes, limiter):
    return LaneCircuitBreaker(
        settings=service_settings(longest_poll_pause=0.4),
        lanes=lanes,
        limiter=limiter,
        now=time.time,
        wake_recovery=lambda: None,
    )


@pytest.mark.parametrize("waiting", [True, False], ids=["waits already", "comes later"])
async def test_a_pause_holds_for_every_call(breaker, limiter, waiting):
    served = []

    async def submit():
        await limiter.acquire_submit()
        served.append("submit")

    async def poll():
        await limiter.acquire_poll(due=time.time())
        served.append("poll")

    if waiting:
        limiter.pause(submits_until=time.time() + 0.1)
        early = asyncio.create_task(submit())
        await asyncio.sleep(0)
    ends_at = await breaker.back_off(0.3)
    polling = asyncio.create_task(poll())
    submitting = early if waiting else asyncio.create_task(submit())
    await asyncio.gather(polling, submitting)

    assert served == ["submit", "poll"]
    assert time.time() >= ends_at - 0.005  # the clock of the loop is another one


async def test_a_long_pause_holds_back_submits_but_not_the_polls_of_paid_jobs(breaker, limiter):
    """A quota that is new in five days must not keep finished pictures from their members."""
    await breaker.back_off(5 * 86400.0)

    submitting = asyncio.create_task(limiter.acquire_submit())
    await limiter.acquire_poll(due=time.time())

    assert not submitting.done()
    submitting.cancel()
