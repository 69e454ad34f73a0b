"""The database, the gateway, the vendor and the disk fail under a real bot process, and come back.

The process goes on, loses nothing that is paid for, submits nothing twice, and reports the fault.
Each outage lasts until the bot has tried in vain.
"""

import asyncio
import contextlib
import resource
import sys

import pytest
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
def begin(sandbox, start, noah):
    """Start the bot, order, and return bot and order once the vendor has accepted it."""

    async def begin(**settings):
        sandbox.pixazo.hold_states()
        bot = await start(**settings)
        sent = await noah.command("imagine", prompt="before")
        await sandbox.pixazo.wait_accepted()
        await sent.until(says("Queued"))
        return bot, sent

    return begin


@pytest.fixture
def complete(sandbox):
    """Let the vendor complete the first order."""

    def complete():
        sandbox.pixazo.move(sandbox.pixazo.accepted[0].request_id, "COMPLETED")

    return complete


@pytest.fixture
def unharmed(sandbox, noah, readiness):
    """Check that the same process delivers each order, and that each was submitted once."""

    async def unharmed(bot, pid, *orders):
        await readiness(ready=True)
        await orders[0].until(delivered(1), within=30)
        sandbox.pixazo.release_states()
        after = await noah.command("imagine", prompt="after")
        for sent in (*orders, after):
            await sent.until(delivered(1), within=30)
        await readiness(ready=True, gateway=True, store=True, lane="open")
        assert (bot.pid, bot.running) == (pid, True)
        assert not [line for line in bot.log if "ERROR" in line and " bot." in line]
        prompts = accepted(sandbox)
        assert len(prompts) == len(set(prompts)) == len(orders) + 1
        assert all(len(pictures(sandbox, prompt)) == 1 for prompt in prompts)

    return unharmed


async def test_without_its_database_the_bot_orders_nothing_and_loses_nothing(
    begin, complete, noah, readiness, unharmed, operate, postgres
):
    """A restart would not help: it is alive, and not ready."""
    async with Wire.to(postgres.socket) as wire:
        url = wire.url(await postgres.new())
        bot, sent = await begin(DATABASE_URL=url, LEASE_SECONDS="2")
        pid = bot.pid

        wire.cut()
        await readiness(store=False, lane=None)
        assert await operate("health") == (0, ['{"alive": true}'])
        assert "too busy to take your order now" in await refusal(noah)
        complete()
        refused = wire.refused
        await eventually(lambda: wire.refused >= refused + 3)
        wire.mend()

        await unharmed(bot, pid, sent)
        await bot.stop()


@pytest.mark.gateway("it is away")
async def test_without_the_gateway_what_was_ordered_is_delivered(
    sandbox, begin, complete, readiness, unharmed
):
    bot, sent = await begin()
    pid = bot.pid
    await readiness(ready=True, gateway=True, store=True, lane="open")

    sandbox.world.refuse_gateway = True
    sandbox.discord.gateway.drop(resumable=False)
    await readiness(ready=False, gateway=False, store=True)
    complete()
    await sent.until(delivered(1))
    await eventually(lambda: sum("reconnect" in line for line in bot.log) >= 2)
    sandbox.world.refuse_gateway = False

    await unharmed(bot, pid, sent)


async def test_without_the_vendor_orders_wait_in_line(
    sandbox, begin, complete, noah, readiness, unharmed
):
    relay = Relay(sandbox.pixazo.origin)
    await relay.up()
    bot, sent = await begin(PIXAZO_URL=relay.origin, PUBLIC_URL="")
    pid = bot.pid

    await relay.down()
    complete()
    during = await noah.command("imagine", prompt="during")
    await during.until(says("the image service is busy, continues <t:"))
    await readiness(ready=True, lane="paused")
    store = Store(sandbox)
    await eventually(lambda: store.execute("SELECT 1 FROM lanes WHERE refusals >= 2"))
    await relay.up()

    await unharmed(bot, pid, sent, during)
    await relay.down()


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's files by prlimit")
async def test_on_a_full_disk_the_bot_orders_nothing_and_loses_nothing(
    sandbox, begin, complete, noah, readiness, unharmed
):
    """A limit on file sizes has the same effect on a process as a full disk."""
    bot, sent = await begin(LEASE_SECONDS="2")
    pid = bot.pid
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
    assert "too busy to take your order now" in await refusal(noah)
    complete()
    await readiness(store=False)
    await sandbox.pixazo.journal.wait("GET", STATUS)
    await eventually(lambda: sum("WARNING" in line for line in bot.log) >= 3)  # failed writes
    resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)

    await unharmed(bot, pid, sent)
