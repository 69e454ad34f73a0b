"""Processes that share the shards by lease: on a real store, in time that a test makes."""

from itertools import pairwise
from typing import Any

import pytest

from bot.domain.shard_leases import LEASE, SETTLED, ShardMember
from bot.service.port_errors import StoreUnavailable
from bot.service.shard_keeper import ASK_EVERY, EVERY, STALLED, STEP_BACK, ShardKeeper
from bot.store.shard_leases import ShardLeases
from tests.samples import NOW

SPACING = 5.5


class Process:
    """A process of the bot: its connections, its budget of starts, its way to the store."""

    def __init__(self, world, name, count):
        self.world, self.name, self.count = world, name, count
        self.ids, self.up, self.begun = set(), set(), set()
        self.known = False
        self.away = self.dead = self.offline = False
        self.plenty = True
        self.loaded = []
        adapters: Any = self
        self.keeper = ShardKeeper(
            "bot",
            ShardMember(name, count, world.now, world.now),
            store=adapters,
            connections=adapters,
            starts=adapters,
            prepare=self.prepare,
            now=lambda: world.now,
        )

    async def assign(self, shard_ids):
        self.known, self.ids = shard_ids is not None, set(shard_ids or ())
        self.up &= self.ids
        self.begun &= self.ids

    async def foreign(self):
        if self.world.discord_away:
            return None
        return 0.0, sum(owner != self.name for _, owner, _ in self.world.starts)

    async def prepare(self, shards):
        if self.away:
            raise StoreUnavailable
        self.loaded += sorted(shards.ids)

    async def _call(self, method, *arguments, **options):
        if self.away:
            raise StoreUnavailable
        return await getattr(self.world.store, method)(*arguments, **options)

    async def renew(self, *arguments, **options):
        return await self._call("renew", *arguments, **options)

    async def release(self, *arguments):
        assert not self.ids.intersection(arguments[-1])  # it is closed before another has it
        await self._call("release", *arguments)

    async def leave(self, *arguments):
        assert not self.ids
        await self._call("leave", *arguments)


class World:
    """Discord, which lets one session start in five seconds, and the processes."""

    def __init__(self, database):
        self.now = NOW
        self.store = ShardLeases(database)
        self.processes = []
        self.starts = []  # when, by whom, shard
        self.discord_away = False

    def process(self, name, count=4):
        self.processes.append(process := Process(self, name, count))
        return process

    async def run(self, seconds):
        """Let time pass: each process renews in its turn, and each shard starts in its turn."""
        for _ in range(int(seconds)):
            self.now += 1
            for place, one in enumerate(self.processes):
                if not one.dead and (self.now + place) % EVERY == 0:
                    await one.keeper.renew()
            self._start()

    def _start(self):
        wanting = [
            (one, shard_id)
            for one in self.processes
            for shard_id in sorted(one.ids - one.up)
            if not (one.dead or one.offline)
        ]
        if wanting and self.now - max((at for at, *_ in self.starts), default=0.0) >= SPACING:
            one, shard_id = wanting[0]
            one.begun.add(shard_id)
            one.up.add(shard_id)
            self.starts.append((self.now, one.name, shard_id))

    def answering(self, count=4):
        """Return by whom each shard is answered, as letters; ``.`` for nobody."""
        alive = [one for one in self.processes if not one.dead and one.count == count]
        return "".join(
            "".join(one.name for one in alive if shard_id in one.up) or "."
            for shard_id in range(count)
        )


@pytest.fixture
def world(database):
    return World(database)


async def test_processes_that_start_together_share_without_a_move(world):
    one, other = world.process("a"), world.process("b")
    await world.run(60)

    assert world.answering().count("a") == world.answering().count("b") == 2
    assert sorted(shard_id for *_, shard_id in world.starts) == [0, 1, 2, 3]
    assert all(process.up <= set(process.loaded) for process in (one, other))


async def test_what_a_dead_process_had_is_answered_by_others_within_a_minute(world):
    world.process("a")
    dead = world.process("b")
    await world.run(60)
    dead.dead, before = True, len(world.starts)

    await world.run(60)

    assert world.answering() == "aaaa"
    assert len(world.starts) == before + 2
    assert world.starts[-1][0] - world.starts[before - 1][0] < 100
    assert world.starts[before + 1][0] <= NOW + 60 + LEASE + EVERY + 2 * SPACING + 1


async def test_a_process_that_joins_gets_its_share_one_by_one_and_then_nothing_moves(world):
    first = world.process("a")
    await world.run(60)
    before = len(world.starts)
    world.process("b")
    gaps = 0
    for _ in range(90):
        await world.run(1)
        gaps = max(gaps, world.answering().count("."))

    assert sorted(world.answering()) == ["a", "a", "b", "b"]
    assert gaps == 1
    moved = world.starts[before:]
    assert len(moved) == 2
    assert moved[0][0] >= NOW + 60 + SETTLED
    await world.run(600)
    assert len(world.starts) == before + 2
    assert first.known


async def test_with_few_starts_left_nothing_is_moved_but_what_is_free_is_taken(world):
    first = world.process("a")
    await world.run(60)
    first.plenty = False
    second = world.process("b")
    await world.run(120)
    assert world.answering() == "aaaa"
    assert second.known

    first.dead = True
    await world.run(60)

    assert world.answering() == "bbbb"


async def test_who_stops_in_order_leaves_its_shards_at_once(world):
    leaving = world.process("a")
    world.process("b")
    await world.run(60)
    await leaving.keeper.leave()
    await leaving.keeper.renew()  # which does nothing any more

    await world.run(EVERY + 2 * SPACING)

    assert world.answering() == "bbbb"


async def test_who_comes_back_after_its_lease_finds_its_shards_taken_and_closes_them(world):
    """As a process that was stopped or whose network was away."""
    asleep = world.process("a")
    world.process("b")
    await world.run(60)
    asleep.dead = True
    await world.run(60)
    asleep.dead = False
    had = len(asleep.up)
    await world.run(EVERY)

    assert (had, asleep.up) == (2, set())
    await world.run(120)
    assert sorted(world.answering()) == ["a", "a", "b", "b"]


async def test_while_the_store_is_away_for_all_shards_stay_connected_and_none_moves(world):
    one, other = world.process("a"), world.process("b")
    await world.run(60)
    before, starts = world.answering(), len(world.starts)
    one.away = other.away = True
    await world.run(300)
    assert world.answering() == before

    one.away = False  # it must not take what the other had no time to renew
    await world.run(LEASE - 2)
    other.away = False
    await world.run(120)

    assert world.answering() == before
    assert len(world.starts) == starts


@pytest.mark.parametrize("discord_away", [False, True])
async def test_who_alone_does_not_reach_the_store_gives_up_what_others_take(world, discord_away):
    cut_off = world.process("a")
    world.process("b")
    await world.run(60)
    world.discord_away = discord_away
    cut_off.away = True

    await world.run(LEASE + 2 * EVERY + ASK_EVERY + SPACING)

    assert cut_off.up == set()
    assert not cut_off.known
    await world.run(3 * SPACING)
    assert world.answering() == "bbbb"


async def test_who_alone_does_not_reach_discord_lets_the_others_answer_for_a_while(world):
    offline = world.process("a")
    world.process("b")
    await world.run(60)
    offline.offline = True
    offline.up.clear()
    await world.run(STALLED + 4 * SPACING)
    assert world.answering() == "bbbb"
    starts = len(world.starts)
    await world.run(STEP_BACK - 60)
    assert len(world.starts) == starts

    offline.offline = False
    await world.run(120)

    assert sorted(world.answering()) == ["a", "a", "b", "b"]


async def test_who_has_no_shard_connected_keeps_them_while_nobody_else_has_any(world):
    """As when Discord is away for all."""
    both = world.process("a"), world.process("b")
    await world.run(60)
    for one in both:
        one.offline = True
        one.up.clear()
    await world.run(300)

    assert [len(one.ids) for one in both] == [2, 2]


async def test_another_number_of_shards_comes_in_by_a_rolling_restart_without_a_gap(world):
    old = [world.process("a"), world.process("b")]
    await world.run(60)
    gaps = [0]

    async def run(seconds):
        for _ in range(seconds):
            await world.run(1)
            both = world.answering(4), world.answering(8)
            gaps.append(min(shown.count(".") for shown in both))

    await old[0].keeper.leave()
    old[0].dead = True
    world.process("c", 8)
    await world.run(12)  # until the other old one has taken over
    await run(100)
    assert world.answering(8) == "cccccccc"
    assert world.answering(4) == "...."
    await old[1].keeper.leave()
    old[1].dead = True
    world.process("d", 8)
    await run(120)

    assert sorted(world.answering(8)) == [*"ccccdddd"]
    assert max(gaps) <= 1
    assert all(b - a >= SPACING - 1 for (a, *_), (b, *_) in pairwise(world.starts))
    view = await world.store.view("bot", now=world.now)
    assert {lease.count for lease in view.leases} == {8}
