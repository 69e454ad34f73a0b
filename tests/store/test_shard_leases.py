"""Shards that processes take by lease: each has one owner, whatever happens at the same time."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.shard_leases import LEASE, ShardLease, ShardMember, ShardPlan, plan
from bot.store.shard_leases import ShardLeases
from tests.samples import NOW

BOT = "bot"
US, THEM = (ShardMember(owner, 4, NOW, NOW + LEASE) for owner in ("us", "them"))


@pytest.fixture
def shards(database):
    return ShardLeases(database)


@pytest.fixture
def others(other_database):
    return ShardLeases(other_database)


async def renew(shards, me, *, now=NOW, up=(), take=None, give=()):
    """Renew a lease, and do what is planned unless the test says what."""

    def decide(view):
        return plan(view, me, now=now) if take is None else ShardPlan(take=take, give=give)

    view, _ = await shards.renew(BOT, replace(me, until=now + LEASE), decide, up=up, now=now)
    return view


async def test_of_two_processes_that_want_all_shards_each_gets_others(shards, others):
    await asyncio.gather(
        *(renew(who, me) for _ in range(3) for who, me in ((shards, US), (others, THEM)))
    )

    view = await shards.view(BOT, now=NOW)
    owned = [set(view.held(one.owner)) for one in (US, THEM)]
    assert set.union(*owned) == {0, 1, 2, 3}
    assert not set.intersection(*owned)
    assert all(lease.epoch == 1 for lease in view.leases)


async def test_a_shard_is_held_while_its_owners_lease_lasts_and_then_taken(shards, others):
    await renew(shards, US)
    assert (await renew(others, THEM, now=NOW + LEASE - 1)).held("them") == {}

    view = await renew(others, THEM, now=NOW + LEASE + 1)

    assert view.held("them") == dict.fromkeys(range(4), 2)
    assert [member.owner for member in view.members] == ["them"]
    # The first one is back, and has nothing; what it would free is another's.
    assert (await renew(shards, US, now=NOW + LEASE + 2)).held("us") == {}
    await shards.release(BOT, US, range(4))
    assert (await shards.view(BOT, now=NOW)).held("them") == dict.fromkeys(range(4), 2)


async def test_a_process_whose_lease_lapsed_keeps_what_nobody_took(shards):
    await renew(shards, US)

    assert (await renew(shards, US, now=NOW + 90)).held("us") == dict.fromkeys(range(4), 1)


async def test_what_is_given_up_is_marked_at_once_and_free_when_it_is_released(shards):
    await renew(shards, US)
    view = await renew(shards, US, up=range(4), take=(), give=[3])
    assert view.leases[2:] == [ShardLease(4, 2, "us", 1, up=True), ShardLease(4, 3, "us", 1)]

    await shards.release(BOT, US, [3])

    assert (await shards.view(BOT, now=NOW)).leases[3] == ShardLease(4, 3, None, 1)


async def test_who_leaves_is_no_member_and_frees_all(shards):
    await renew(shards, US, up=[0])
    await shards.leave(BOT, "us")

    view = await shards.view(BOT, now=NOW)
    assert view.members == []
    assert {(lease.owner, lease.up) for lease in view.leases} == {(None, False)}


async def test_shards_of_another_number_are_others_until_nobody_has_them(shards):
    await renew(shards, US)
    more = ShardMember("more", 8, NOW + 1, NOW + LEASE)
    view = await renew(shards, more)
    assert (view.newest, len(view.held("more")), len(view.held("us"))) == (8, 8, 4)

    await shards.leave(BOT, "us")
    view = await renew(shards, more)

    assert {lease.count for lease in view.leases} == {8}
    assert (await shards.view("another", now=NOW)).leases == []
