"""The gateway's rules, with plain frames: close codes, heartbeats, IDENTIFY, RESUME."""

import asyncio

import pytest

IDENTIFY = "identify"


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([(IDENTIFY, {"token": "wrong"})], 4004),
        ([(IDENTIFY, {"intents": 1 << 15})], 4014),
        ([(IDENTIFY, {"intents": 1 << 17})], 4013),
        ([(IDENTIFY, {"intents": -1})], 4013),
        ([(IDENTIFY, {"shard": [2, 2]})], 4010),
        ([(IDENTIFY, {"shard": [0, 0]})], 4010),
        ([(IDENTIFY, {}), (IDENTIFY, {})], 4005),
        ([(IDENTIFY, {}), (6, {})], 4005),
        ([(2, "nothing")], 4002),
        ([(IDENTIFY, {"intents": None})], 4002),
        ([(IDENTIFY, {"properties": None})], 4002),
        ([(IDENTIFY, {"shard": ["x", 1]})], 4002),
        ([(8, {})], 4003),
        ([(0, {})], 4003),
        ([(IDENTIFY, {}), (10, {})], 4001),
        ([(99, None)], 4001),
        ([(None, None)], 4001),
        ([([], None)], 4002),
    ],
)
async def test_wrong_frames_close_the_connection(dial, frames, code):
    wire = await dial()
    for op, data in frames:
        await (wire.identify(**data) if op is IDENTIFY else wire.send(op, data))
    assert await wire.closed() == code


async def test_a_shard_takes_no_more_than_2500_guilds(stand_in, dial, monkeypatch):
    monkeypatch.setattr("sandbox.discord.gateway.MAX_GUILDS", 1)
    wire = await dial()
    await wire.identify()
    assert await wire.closed() == 4011


async def test_more_than_120_frames_a_minute_are_too_many(dial):
    wire = await dial()
    for _ in range(120):
        await wire.send(1)
    for _ in range(120):
        await wire.next(11)
    await wire.send(1)
    assert await wire.closed() == 4008


async def test_heartbeats_are_acknowledged_and_requested(stand_in, dial):
    wire = await dial()
    assert (await wire.next(10))["d"] == {"heartbeat_interval": 41250}
    await wire.send(1)
    await wire.next(11)
    stand_in.gateway.request_heartbeat()
    await wire.next(1)


@pytest.mark.parametrize("identified", [False, True])
async def test_a_client_without_heartbeats_is_disconnected(stand_in, dial, identified):
    stand_in.world.heartbeat_interval = 0.2
    wire = await dial()
    for _ in range(3):
        await asyncio.sleep(0.15)
        await wire.send(1, 3)
    session = (await wire.ready())["session_id"] if identified else ""

    assert await wire.closed() == 4009
    assert (session in stand_in.gateway.sessions) is identified  # it can be resumed


async def test_without_acknowledgements_a_connection_looks_dead(stand_in, dial):
    stand_in.gateway.acknowledges = False
    wire = await dial()
    await wire.send(1)
    await wire.ready()
    stand_in.gateway.end_troubles()
    await wire.send(1)
    assert (await wire.next(11, 1))["op"] == 11


# IDENTIFY


async def test_a_bucket_of_shards_takes_one_identify_in_five_seconds(stand_in, dial):
    """The refused connection stays open, and its IDENTIFY counts."""
    stand_in.world.be_strict()
    stand_in.world.starts.max_concurrency = 2
    first, same, other = await dial(), await dial(), await dial()

    await first.identify(shard=[0, 4])
    await first.next("READY")
    await same.identify(shard=[2, 4])
    assert (await same.next(9))["d"] is False
    await other.identify(shard=[1, 4])
    await other.next("READY")

    stand_in.world.starts.spacing = 0.01
    await asyncio.sleep(0.02)
    await same.identify(shard=[2, 4])
    await same.next("READY")
    assert stand_in.world.starts.remaining == 996


async def test_starts_are_counted_down_until_the_token_is_reset(stand_in, dial, api):
    starts = stand_in.world.starts
    starts.total = starts.remaining = 2
    wires = [await dial() for _ in range(3)]
    for wire in wires[:2]:
        await wire.ready()
    _, body = await api("GET", "/gateway/bot")
    limit = body["session_start_limit"]
    assert (limit["total"], limit["remaining"], limit["max_concurrency"]) == (2, 0, 1)
    assert 86_000_000 < limit["reset_after"] <= 86_400_000

    old = stand_in.world.bot_token
    await wires[2].identify()

    assert [await wire.closed() for wire in wires] == [4004] * 3
    assert not stand_in.gateway.reachable
    assert (await api("GET", "/gateway/bot", token=old))[0] == 401
    assert (await api("GET", "/gateway/bot"))[0] == 200
    late = await dial()
    await late.identify(token=old)
    assert await late.closed() == 4004


async def test_the_budget_comes_back_after_a_day(stand_in, dial, api):
    stand_in.world.starts.window = 0.01
    await (await dial()).ready()
    await asyncio.sleep(0.02)
    _, body = await api("GET", "/gateway/bot")
    limit = body["session_start_limit"]
    assert (limit["remaining"], limit["reset_after"]) == (1000, 0)


# RESUME


async def test_resume_replays_exactly_the_missed_events(stand_in, dial, noah):
    wire = await dial()
    await wire.identify(intents=1 | 1 << 9)
    session = (await wire.next("READY"))["d"]["session_id"]
    last = [await wire.next("GUILD_CREATE") for _ in range(2)][-1]["s"]
    await wire.ws.close(code=4000)
    await stand_in.offline()
    await noah.say("missed")

    wire = await dial()
    await wire.resume(session, last)
    await wire.next(10)
    missed, resumed = await wire.next(), await wire.next()

    assert (missed["t"], missed["s"]) == ("MESSAGE_CREATE", last + 1)
    assert resumed["t"] == "RESUMED"


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_session_that_its_client_closed_cannot_be_resumed(stand_in, dial, code):
    wire = await dial()
    session = (await wire.ready())["session_id"]
    await wire.ws.close(code=code)
    await stand_in.offline()

    wire = await dial()
    await wire.resume(session, 1)
    assert (await wire.next(9))["d"] is False
    await wire.ready()  # on the same connection


async def test_a_sequence_number_of_the_future_is_invalid(dial):
    wire = await dial()
    session = (await wire.ready())["session_id"]
    wire = await dial()
    await wire.resume(session, 99)
    assert await wire.closed() == 4007
