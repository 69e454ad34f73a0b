"""The database, the gateway, the vendor and the disk fail under a real bot process, and come back.

The process goes on, loses nothing that is paid for, submits nothing twice, and reports the fault.
Each outage lasts until the bot has tried in vain.
"""

import asyncio
import contextlib
import resource
import sys

import pytest
from aiohttp import ClientSession
from yarl import URL

from tests.acceptance.driver import (
    STATUS,
    Store,
    accepted,
    delivered,
    eventually,
    pictures,
    refusal,
    says,
)
from tests.wire import Wire


class Relay:
    """A port that forwards to another one, and refuses connections while it is down."""

    def __init__(self, target: str) -> None:
        self._target = URL(target)
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._carry_both, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        assert self._server is not None
        self._server.close()
        for end in self._ends:
            end.transport.abort()

    async def _carry_both(self, reader, writer) -> None:
        there, back = await asyncio.open_connection(self._target.host, self._target.port)
        self._ends |= {writer, back}
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        self._ends -= {writer, back}

    async def _carry(self, reader, writer) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
def ready(sandbox):
    """Wait until ``/readyz`` has all of these values, and return all of its values."""

    async def ready(**wanted):
        async with asyncio.timeout(32), ClientSession() as session:  # over the longest back-off
            while True:
                answer = await session.get(f"http://127.0.0.1:{sandbox.web_port}/readyz")
                values = await answer.json()
                assert values["ready"] == (answer.status == 200)
                if wanted.items() <= values.items():
                    return values
                await asyncio.sleep(0.1)

    return ready


@pytest.fixture
def unharmed(sandbox):
    """Check that the process is the same, and that each order was submitted and delivered once."""

    def unharmed(bot, pid, *prompts):
        assert (bot.pid, bot.running) == (pid, True)
        assert not [line for line in bot.log if "ERROR" in line and " bot." in line]
        assert sorted(accepted(sandbox)) == sorted(prompts)
        assert all(len(pictures(sandbox, prompt)) == 1 for prompt in prompts)

    return unharmed


async def test_without_its_database_the_bot_orders_nothing_and_loses_nothing(
    sandbox, start, noah, ready, unharmed, postgres
):
    sandbox.pixazo.hold_states()
    async with Wire.to(postgres.socket) as wire:
        url = wire.url(await postgres.new())
        bot = await start(DATABASE_URL=url, LEASE_SECONDS="2")
        sent = await noah.command("imagine", prompt="before")
        [running] = await sandbox.pixazo.wait_accepted()
        pid = bot.pid

        wire.cut()
        await ready(store=False, lane=None)
        assert "too busy to take your order now" in await refusal(noah)
        sandbox.pixazo.move(running.request_id, "COMPLETED")
        refused = wire.refused
        await eventually(lambda: wire.refused >= refused + 3)
        wire.mend()

        await ready(ready=True)
        await sent.until(delivered(1), within=30)
        sandbox.pixazo.release_states()
        after = await noah.command("imagine", prompt="after")
        await after.until(delivered(1), within=30)
        unharmed(bot, pid, "before", "after")
        await bot.stop()


async def test_without_the_gateway_what_was_ordered_is_delivered(
    sandbox, start, noah, ready, unharmed
):
    sandbox.pixazo.hold_states()
    bot = await start()
    sent = await noah.command("imagine", prompt="before")
    [running] = await sandbox.pixazo.wait_accepted()
    pid = bot.pid

    sandbox.world.refuse_gateway = True
    sandbox.discord.drop(resumable=False)
    await ready(gateway=False)
    sandbox.pixazo.move(running.request_id, "COMPLETED")
    await sent.until(delivered(1))
    await eventually(lambda: sum("reconnect" in line for line in bot.log) >= 2)
    sandbox.world.refuse_gateway = False

    await ready(ready=True)
    sandbox.pixazo.release_states()
    after = await noah.command("imagine", prompt="after")
    await after.until(delivered(1))
    unharmed(bot, pid, "before", "after")


async def test_without_the_vendor_orders_wait_in_line(sandbox, start, noah, ready, unharmed):
    sandbox.pixazo.hold_states()
    relay = Relay(sandbox.pixazo.origin)
    await relay.up()
    bot = await start(PIXAZO_URL=relay.origin, PUBLIC_URL="")
    sent = await noah.command("imagine", prompt="before")
    [running] = await sandbox.pixazo.wait_accepted()
    await sent.until(says("Queued"))
    pid = bot.pid

    await relay.down()
    sandbox.pixazo.move(running.request_id, "COMPLETED")
    during = await noah.command("imagine", prompt="during")
    await during.until(says("the image service is busy, goes on <t:"))
    assert (await ready(lane="paused"))["ready"]
    store = Store(sandbox)
    await eventually(lambda: store.execute("SELECT 1 FROM lanes WHERE refusals >= 2"))
    await relay.up()

    await sent.until(delivered(1), within=30)
    sandbox.pixazo.release_states()
    await during.until(delivered(1), within=30)
    await ready(ready=True, lane="open")
    unharmed(bot, pid, "before", "during")
    await relay.down()


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's files by prlimit")
async def test_on_a_full_disk_the_bot_orders_nothing_and_loses_nothing(
    sandbox, start, noah, ready, unharmed
):
    """A limit on file sizes has the same effect on a process as a full disk."""
    sandbox.pixazo.hold_states()
    bot = await start(LEASE_SECONDS="2")
    sent = await noah.command("imagine", prompt="before")
    [running] = await sandbox.pixazo.wait_accepted()
    await sent.until(says("Queued"))
    pid = bot.pid
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
    assert "too busy to take your order now" in await refusal(noah)
    sandbox.pixazo.move(running.request_id, "COMPLETED")
    await ready(store=False)
    await sandbox.pixazo.journal.wait("GET", STATUS)
    await eventually(lambda: sum("WARNING" in line for line in bot.log) >= 3)  # failed writes
    resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)

    await ready(ready=True)
    await sent.until(delivered(1), within=30)
    sandbox.pixazo.release_states()
    after = await noah.command("imagine", prompt="after")
    await after.until(delivered(1))
    unharmed(bot, pid, "before", "after")
