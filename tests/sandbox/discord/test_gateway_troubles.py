"""Troubles of the gateway: connections that are closed, and events that Discord would not send."""

import asyncio

import pytest

from sandbox.discord.gateway_troubles import Stage
from tests.sandbox.discord.conftest import Client


@pytest.mark.parametrize(
    ("stage", "seen"),
    [
        (Stage.HELLO, [10]),
        (Stage.IDENTIFY, [10]),
        (Stage.READY, [10, "READY", *["GUILD_CREATE"] * 2]),
    ],
)
async def test_each_connection_is_closed_at_its_stage(stand_in, dial, stage, seen):
    stand_in.gateway.close_each(4000, stage, times=2)
    for _ in range(2):
        wire = await dial()
        if stage is not Stage.HELLO:
            await wire.identify()
        frames = [await wire.next() for _ in seen]
        assert [frame["t"] or frame["op"] for frame in frames] == seen
        assert await wire.closed() == 4000
    await (await dial()).ready()


async def test_a_closed_session_is_resumed_unless_the_trouble_ends_it(stand_in, dial):
    """Neither RESUME nor what is closed before it costs an IDENTIFY."""
    stand_in.gateway.close_each(4000, Stage.READY, times=1)
    wire = await dial()
    session = (await wire.ready())["session_id"]
    await wire.closed()
    stand_in.gateway.close_each(4000, Stage.RESUME, times=1)
    wire = await dial()
    await wire.resume(session, 1)
    assert await wire.closed() == 4000

    wire = await dial()
    await wire.resume(session, 1)
    await wire.next("RESUMED")
    stand_in.gateway.close(4009, resumable=False)
    assert await wire.closed() == 4009
    wire = await dial()
    await wire.resume(session, 1)
    assert (await wire.next(9))["d"] is False
    assert len(stand_in.world.starts.taken) == 1


async def test_a_trouble_that_ends_its_sessions_costs_an_identify_each_time(stand_in, connect):
    """discord.py begins anew: its session is gone."""
    stand_in.gateway.close_each(4000, Stage.READY, resumable=False, times=3)
    await connect(Client())
    starts = stand_in.world.starts.taken
    await stand_in.world.wait(lambda: starts[3:] or None, within=5, what="fourth IDENTIFY")
    await stand_in.online()


async def test_a_trouble_ends_with_its_time_or_by_hand(stand_in, dial):
    stand_in.gateway.close_each(4014, Stage.IDENTIFY, seconds=0.05)
    await asyncio.sleep(0.1)
    await (await dial()).ready()
    stand_in.gateway.close_each(4014, Stage.IDENTIFY)
    stand_in.gateway.end_troubles()
    await (await dial()).ready()


async def test_anything_can_be_dispatched_and_sent(stand_in, dial):
    wire = await dial(compress="zlib-stream")
    plain = await dial()
    for connection in (wire, plain):
        await connection.identify()
    await plain.next("GUILD_CREATE")
    await plain.next("GUILD_CREATE")
    stand_in.gateway.dispatch("NO_SUCH_EVENT", {"id": None})
    stand_in.gateway.send_raw('{"op": 0, "d"')
    stand_in.gateway.send_raw(b"\x00")

    assert (await plain.next("NO_SUCH_EVENT"))["d"] == {"id": None}
    assert await plain.ws.receive_str() == '{"op": 0, "d"'
    assert await plain.ws.receive_bytes() == b"\x00"
