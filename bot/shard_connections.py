"""The connections to Discord's gateway: one for each shard of this process."""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, TypeVar

import aiohttp
import discord

from bot import close_codes
from bot.client import CLOSE_WITHIN, OF_A_SHARD, Gateway, ImagineBot, Receiver, closing
from bot.domain.gateway_starts import SPACING, STEADY
from bot.errors import InvalidSettings
from bot.log import fault
from bot.retry import Backoff
from bot.service.cog_services import CogServices
from bot.service.errors import StartPostponed

log = logging.getLogger(__name__)

RECONNECT: Final = Backoff(first=1.0, most=60.0)
# How a connection ends; another exception of discord.py's is a bug.
_ENDS: Final = (
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    discord.PrivilegedIntentsRequired,
    aiohttp.ClientError,
    OSError,
)

_OF_THE_CONNECTION: Final = {"resumed", "disconnect", "malformed_event"}

Result = TypeVar("Result")


class Shard(Receiver):
    """A shard's own part of the bot: its connection, and the cache of its servers.

    Commands, cogs and the REST session are the bot's. This uses internals of discord.py 2.7, whose
    client for several shards can neither add nor remove one; a test pins them.
    """

    def __init__(self, bot: ImagineBot, gateway: Gateway, shard_id: int) -> None:
        super().__init__(gateway, shard_id)
        self._bot = bot
        self._ended = False
        self.http = self._connection.http = bot.http
        self._connection._command_tree = bot.tree  # noqa: SLF001
        state: Any = self._connection
        state._get_client = lambda: bot  # noqa: SLF001 - an interaction's client

    def dispatch(self, event: str, /, *args: Any, **options: Any) -> None:
        """Handle what is about the connection; tell the cogs of all else."""
        if self._ended:
            return
        super().dispatch(event, *args, **options)
        if event in OF_A_SHARD:
            self._bot.dispatch(f"shard_{event}", self, *args)
        elif event not in _OF_THE_CONNECTION:
            self._bot.dispatch(event, *args, **options)

    async def stay(self) -> None:
        """Stay connected until the connection ends for good, which raises an exception."""
        self._bot.parts[self._shard_id] = self
        async with self:
            try:
                await self.connect()
            except AttributeError as error:
                # discord.py 2.7 reads `sequence` of no socket where a first connection is refused.
                if error.obj is not None or error.name != "sequence":
                    raise
                raise ConnectionError("Discord refused the first connection") from error
        raise ConnectionError("closed")

    def is_closed(self) -> bool:
        """Tell whether the connection has ended for good."""
        return self._ended

    async def close(self) -> None:
        """Close the connection for good, without waiting for a gateway that does not answer."""
        self._ended = True
        self._gateway.up.discard(self._shard_id)
        if self._bot.parts.get(self._shard_id) is self:
            del self._bot.parts[self._shard_id]
        socket: discord.gateway.DiscordWebSocket | None = self.ws
        if socket is not None and socket.open:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN):
                    await socket.close(code=1000)


class ShardConnections:
    """Supervisor of the connections of this process's shards, which may change at any time."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._opened = asyncio.Event()
        self._turn = asyncio.Lock()
        self._next_at = 0.0  # when the next one may begin; monotonic
        self.begun: set[int] = set()

    @property
    def up(self) -> Collection[int]:
        """The connected shards."""
        return self._gateway.up & self._gateway.shards.ids

    async def opened(self) -> None:
        """Wait until shards can be connected: the bot is logged in."""
        await self._opened.wait()

    async def assign(self, shard_ids: Collection[int] | None) -> None:
        """Set this process's shards, and close the others; ``None``: none, nobody knows which."""
        self._gateway.assigned = shard_ids is not None
        self._gateway.shards.ids = frozenset(shard_ids or ())
        gone = self._tasks.keys() - self._gateway.shards.ids
        tasks = [self._tasks.pop(shard_id) for shard_id in gone]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if gone and self._gateway.starts:
            await self._gateway.starts.released(gone)
        self._changed.set()

    async def run(self, bot: ImagineBot) -> None:
        """Keep this process's shards connected, until cancelled."""
        self._opened.set()
        self._tasks.clear()  # of a run before
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                for shard_id in sorted(self._gateway.shards.ids - self._tasks.keys()):
                    connect = functools.partial(self._connect, bot, shard_id)
                    task = group.create_task(keep_trying(connect), name=f"shard {shard_id}")
                    self._tasks[shard_id] = task
                await self._changed.wait()

    async def _connect(self, bot: ImagineBot, shard_id: int) -> None:
        """Connect once a session may be started, and receive until the connection ends."""
        starts = self._gateway.starts
        async with self._turn:
            await asyncio.sleep(max(self._next_at - time.monotonic(), 0.0))
            self._next_at = time.monotonic() + SPACING / (starts.concurrency if starts else 1)
        if starts:
            await starts.until_free(shard_id)
        self.begun.add(shard_id)
        try:
            await Shard(bot, self._gateway, shard_id).stay()
        finally:
            self.begun.discard(shard_id)


async def listen(
    services: CogServices, gateway: Gateway, connections: ShardConnections, token: str
) -> None:
    """Log in, then receive interactions by HTTP, or by a connection for each shard.

    Not discord.py's client for several shards: it retries a first connection without end and
    without a word. Raises InvalidSettings if Discord rejects the token.
    """
    async with contextlib.AsyncExitStack() as stack:
        bot = await keep_trying(functools.partial(_log_in, services, gateway, token))
        await stack.enter_async_context(closing(bot))
        if gateway.inbox is not None:
            await keep_trying(functools.partial(gateway.inbox.run, bot))
        else:
            await connections.run(bot)


async def _log_in(services: CogServices, gateway: Gateway, token: str) -> ImagineBot:
    bot = ImagineBot(services, gateway)
    try:
        await bot.login(token)
    except BaseException:
        async with closing(bot):
            raise
    return bot


async def keep_trying(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Repeat what talks to Discord, after a back-off, until it returns.

    Raises InvalidSettings if no repetition can help.
    """
    delays = RECONNECT.delays()
    while True:
        started = time.monotonic()
        try:
            return await attempt()
        except StartPostponed as error:
            log.info("gateway connection given up for now: reason=%s", error)
            delays = RECONNECT.delays()  # the next attempt waits by itself
        except discord.LoginFailure as error:
            raise InvalidSettings(
                setting="DISCORD_TOKEN", reason="Discord does not take it"
            ) from error
        except _ENDS as error:
            if (fatal := close_codes.fatal(error)) is not None:
                raise fatal from error
            log.warning("gateway connection ended: error=%s: %s", type(error).__name__, error)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            fault(log, "gateway connection cancelled by what it called", error)
        except Exception as error:  # noqa: BLE001 - a fresh client may do better
            fault(log, "gateway connection ended by an unexpected error", error)
        if time.monotonic() - started > STEADY:
            delays = RECONNECT.delays()
        delay = next(delays)
        log.info("reconnecting to Discord: seconds=%.0f", delay)
        await asyncio.sleep(delay)
