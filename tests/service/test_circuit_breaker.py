"""The pauses that the circuit breaker of a lane imposes on its calls."""

import asyncio
import time

import pytest

from bot.service.answers_first import AnswersFirst
from bot.service.circuit_breaker import LaneCircuitBreaker
from bot.service.rate_limiter import LaneRateLimiter

DAY = 86400.0  # seconds


@pytest.fixture
def build(app):
    """Build the two parts, which share a clock."""

    def build(now):
        limiter = LaneRateLimiter(
            settings=app.settings, lanes=app.lanes, give_way=AnswersFirst().give_way, now=now
        )
        breaker = LaneCircuitBreaker(
            settings=app.settings,
            lanes=app.lanes,
            queue=app.queue,
            limiter=limiter,
            now=now,
            wake_recovery=lambda: None,
        )
        return limiter, breaker

    return build


@pytest.mark.parametrize("waiting", [True, False], ids=["waits already", "comes later"])
async def test_a_pause_holds_for_every_call(build, waiting):
    limiter, breaker = build(time.time)
    served = []

    async def submit():
        await limiter.acquire_submit()
        served.append("submit")

    async def poll():
        await limiter.acquire_poll(due=time.time())
        served.append("poll")

    calls = []
    if waiting:
        limiter.pause_submits(until=time.time() + 0.1)
        calls.append(asyncio.create_task(submit()))
        await asyncio.sleep(0)  # it waits now
    ends_at = await breaker.back_off(0.3)
    calls.append(asyncio.create_task(poll()))
    if not waiting:
        calls.append(asyncio.create_task(submit()))
    await asyncio.gather(*calls)
    await limiter.close()

    assert served == ["submit", "poll"]
    assert time.time() >= ends_at - 0.005  # the clock of the loop is another one


async def test_a_long_pause_delays_the_polls_of_paid_jobs_by_a_minute_only(app, build):
    """A quota that is new in five days must not keep finished pictures from their members."""
    limiter, breaker = build(app.clock)
    await breaker.back_off(5 * DAY)
    polling = asyncio.create_task(limiter.acquire_poll(due=app.clock()))
    await asyncio.sleep(0)

    app.clock.now += 61
    async with asyncio.timeout(5):
        await limiter.acquire_poll(due=app.clock())
        await polling
    await limiter.close()
