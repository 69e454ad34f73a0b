"""The web port faces the internet: what strangers do to it keeps out no order and no callback."""

import asyncio
import resource
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import pytest

from tests.acceptance.driver import delivered, eventually, without_limits

IDLE, DRIPPING = 2_000, 200  # connections
SPARE = 500  # descriptors of the test itself
HEAD = b"POST /callbacks/0123456789abcdef/token HTTP/1.1\r\nX: "


class Flood:
    """Connections that send nothing, or a byte of a head now and then."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._sockets: dict[socket.socket, bool] = {}  # whether it drips
        self.ended = 0  # by the bot

    @classmethod
    @asynccontextmanager
    async def on(cls, port: int, *, idle: int, dripping: int) -> AsyncIterator[Self]:
        """Open the connections, and keep up their number until the end."""
        flood = cls(port)
        drips = [number < dripping for number in range(idle + dripping)]
        try:
            await asyncio.gather(*map(flood._connect, drips))
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(flood._keep())
                yield flood
                keeping.cancel()
        finally:
            for connection in flood._sockets:
                connection.close()

    async def _connect(self, drips: bool) -> None:
        connection = socket.socket()
        connection.setblocking(False)
        self._sockets[connection] = drips
        await asyncio.get_running_loop().sock_connect(connection, self._address)
        if drips:
            connection.send(HEAD)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            for connection, drips in list(self._sockets.items()):
                if self._has_ended(connection, drips=drips):
                    self.ended += 1
                    del self._sockets[connection]
                    connection.close()
                    await self._connect(drips)

    @staticmethod
    def _has_ended(connection: socket.socket, *, drips: bool) -> bool:
        try:
            return (drips and not connection.send(b"x")) or connection.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


@pytest.fixture
def many_descriptors():
    """Let this process open as many descriptors as the flood needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, IDLE + DRIPPING + SPARE), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_descriptors")
async def test_a_flood_of_connections_keeps_out_no_order_and_no_callback(
    sandbox, start, noah, readiness, operate
):
    bot = await start(POLL_SECONDS="600")  # what the vendor does can only be known by callbacks
    await without_limits(sandbox)

    async with Flood.on(sandbox.web_port, idle=IDLE, dripping=DRIPPING) as flood:
        await eventually(lambda: flood.ended > IDLE)
        for number in range(3):
            sent = await noah.command("imagine", prompt=f"picture {number}")
            await sent.acknowledged(within=3)
            await sent.until(delivered(1))
            await readiness(ready=True, descriptors="ok")
        assert (await operate("health"))[0] == 0

    assert not [line for line in bot.log if "ERROR" in line or "Traceback" in line]
    assert await bot.stop(within=10) == 0


def highest_descriptor(pid: int) -> int:
    """Return the highest descriptor that a process has open."""
    return max(int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's files by prlimit")
async def test_without_descriptors_the_bot_says_so_and_sheds_connections(
    sandbox, start, noah, readiness
):
    bot = await start()
    _, hard = before = resource.prlimit(bot.pid, resource.RLIMIT_NOFILE)
    assert before == (hard, hard)
    await readiness(ready=True, descriptors="ok")

    resource.prlimit(bot.pid, resource.RLIMIT_NOFILE, (highest_descriptor(bot.pid) + 3, hard))
    await readiness(ready=True, descriptors="low")
    async with Flood.on(sandbox.web_port, idle=20, dripping=0) as flood:
        await eventually(lambda: flood.ended > 20)
    resource.prlimit(bot.pid, resource.RLIMIT_NOFILE, before)

    await readiness(ready=True, descriptors="ok")
    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(delivered(1))
    assert not [line for line in bot.log if "ERROR" in line or "Traceback" in line]
