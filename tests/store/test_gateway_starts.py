"""Starts at the gateway, recorded for all processes with the same token."""

import asyncio

import pytest

from bot.domain.gateway_starts import DAY, GatewayStart, Permit
from bot.store.gateway_starts import GatewayStarts
from tests.samples import NOW

BOT = "bot"


@pytest.fixture
def starts(database):
    return GatewayStarts(database)


def after_the_last(recorded):
    return Permit(at=max((start.at for start in recorded), default=NOW - 5) + 5)


async def test_processes_take_turns(starts, other_database):
    both = (starts, GatewayStarts(other_database))

    await asyncio.gather(
        *(
            who.reserve(BOT, shard, after_the_last, now=NOW, ahead=100)
            for shard in range(4)
            for who in both
        )
    )

    recorded = await starts.recent(BOT, now=NOW)
    assert sorted(start.at for start in recorded) == [NOW + 5 * number for number in range(8)]


async def test_one_that_is_too_far_ahead_is_not_recorded(starts):
    permit = Permit(at=NOW + 11)

    assert await starts.reserve(BOT, 0, lambda _: permit, now=NOW, ahead=10) == permit
    assert await starts.recent(BOT, now=NOW) == []


async def test_a_lasting_session_is_marked_and_yesterday_forgotten(starts):
    for at in (NOW - DAY - 1, NOW - 60):
        await starts.reserve(BOT, 3, lambda _, at=at: Permit(at=at), now=at, ahead=0)
    await starts.reserve("another", 3, after_the_last, now=NOW, ahead=0)
    await starts.mark_steady(BOT, 3, started_at=NOW - 60, now=NOW)
    await starts.reserve(BOT, 3, after_the_last, now=NOW, ahead=100)
    await starts.mark_failed(BOT, 3, started_at=NOW - 55)

    assert await starts.recent(BOT, now=NOW) == [
        GatewayStart(at=NOW - 60, shard_id=3, steady_at=NOW),
        GatewayStart(at=NOW - 55, shard_id=3, failed=True),
    ]
    assert len(await starts.recent(BOT, now=NOW - DAY)) == 2  # the older one was deleted
