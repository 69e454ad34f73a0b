"""Back-off between the attempts of a call."""

import asyncio
from itertools import islice

import pytest

from bot.retry import JITTER, Backoff, WakeUp, retry, wait_at_most


def test_delays_double_up_to_the_most_with_jitter():
    delays = list(islice(Backoff(first=1.0, most=5.0).delays(), 6))

    for delay, doubled in zip(delays, [1, 2, 4, 5, 5, 5], strict=True):
        assert doubled * (1 - JITTER) <= delay <= doubled * (1 + JITTER)


def test_two_clients_do_not_retry_at_the_same_moments():
    backoff = Backoff(first=1.0, most=5.0)

    assert list(islice(backoff.delays(), 5)) != list(islice(backoff.delays(), 5))


async def test_a_call_is_repeated_until_it_succeeds():
    errors = [OSError("first"), OSError("second")]
    seen: list[Exception] = []

    async def call() -> str:
        if errors:
            raise errors.pop(0)
        return "done"

    result = await retry(call, on=OSError, backoff=Backoff(first=0.0, most=0.0), failed=seen.append)

    assert result == "done"
    assert [str(error) for error in seen] == ["first", "second"]


async def test_another_error_is_raised_at_once():
    async def call() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await retry(call, on=OSError, backoff=Backoff(first=0.0, most=0.0))


async def test_a_wait_ends_with_its_event_or_after_its_time():
    event = asyncio.Event()

    await wait_at_most(event, 0.001)
    event.set()
    async with asyncio.timeout(5.0):
        await wait_at_most(event, 3600.0)


async def test_a_task_is_woken_now_or_as_soon_as_it_waits():
    wake = WakeUp()
    await wake.wait_at_most(0.001)
    assert not wake.is_set()

    waiting = asyncio.create_task(wake.wait_at_most(3600.0))
    await asyncio.sleep(0)
    wake.set()
    wake.set()
    async with asyncio.timeout(5.0):
        await waiting
        await wake.wait_at_most(3600.0)  # it is still set
    wake.clear()
    await wake.wait_at_most(-1.0)

    waiting = asyncio.create_task(wake.wait_at_most(3600.0))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    wake.set()  # wakes nobody
