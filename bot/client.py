"""The discord.py client: it loads the cogs, and hands them what its shards receive."""

import asyncio
import contextlib
import itertools
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import discord
import orjson
from discord.app_commands import AppCommandContext, AppInstallationType
from discord.backoff import ExponentialBackoff
from discord.ext import commands
from yarl import URL

from bot.command_registration import CommandRegistration, open_outside, payloads
from bot.domain.gateway_starts import STEADY
from bot.domain.shards import Shards
from bot.gateway_socket import GatewayResponse, GatewaySocket
from bot.http_interactions import InteractionInbox
from bot.interactions import ReceivingState, Tree
from bot.log import fault
from bot.proxies import NO_PROXIES, Proxies
from bot.retry import Backoff
from bot.service.answers_first import AnswersFirst
from bot.service.cog_services import CogServices
from bot.service.gateway_starts import GatewayStartBudget
from bot.ui.language import Translator

log = logging.getLogger(__name__)

COGS: Final = (
    "cogs.imagine",
    "cogs.order_buttons",
    "cogs.message_menus",
    "cogs.reports",
    "cogs.held_pictures",
    "cogs.limits",
    "cogs.history",
    "cogs.help",
    "cogs.settings",
    "cogs.membership",
    "cogs.operator",
)
BETWEEN_CONNECTIONS: Final = Backoff(first=1.0, most=20.0)  # of one client, most of them RESUMEs
DOUBLINGS: Final = 5  # of discord.py's own pause of up to a second between two connections
CLOSE_WITHIN: Final = 2.0  # seconds
# Interactions need no intent; the guilds intent names servers and channels. None is privileged.
INTENTS: Final = discord.Intents(guilds=True)
# What the cogs hear of each shard, with the client that is connected as first argument.
OF_A_SHARD: Final = {"connect", "ready", "guild_join", "guild_available", "guild_remove"}


@dataclass(kw_only=True)
class Gateway:
    """The state of this process's connections to Discord's gateway, across reconnects."""

    shards: Shards
    starts: GatewayStartBudget | None = None  # None: this client will not connect
    registration: CommandRegistration | None = None
    inbox: InteractionInbox | None = None  # None: interactions come from the gateway
    answers: AnswersFirst = field(default_factory=AnswersFirst)
    direct: bool = False  # commands also work outside of servers
    proxies: Proxies = NO_PROXIES
    trace: aiohttp.TraceConfig = field(default_factory=aiohttp.TraceConfig)  # of requests
    count_malformed: Callable[[str], None] = lambda _kind: None
    up: set[int] = field(default_factory=set)  # the connected shards
    assigned: bool = field(init=False)  # it is known which shards are this process's

    def __post_init__(self) -> None:
        self.assigned = not self.shards.leased

    malformed: set[str] = field(default_factory=set)  # kinds of events that were logged

    @property
    def connected(self) -> bool:
        """Whether every shard of this process is connected."""
        return self.assigned and self.up >= self.shards.ids

    @property
    def states(self) -> Mapping[int, bool]:
        """Whether each shard of this process is connected; there are none by HTTP."""
        ids = self.shards.ids if self.inbox is None else ()
        return {shard_id: shard_id in self.up for shard_id in sorted(ids)}


class Receiver(discord.Client):
    """A client of one shard. What the cogs must tell apart by shards they hear as ``shard_...``."""

    def __init__(self, gateway: Gateway, shard_id: int, **options: Any) -> None:
        self._gateway = gateway  # the state that discord.py makes needs it
        super().__init__(
            shard_id=shard_id,
            shard_count=gateway.shards.count,
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            **options,
        )
        self._shard_id = shard_id
        self._delays: Iterator[float] = iter(())
        self._reconnected_at = -STEADY  # monotonic

    def _get_state(self, **options: Any) -> ReceivingState:
        return ReceivingState(
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.http,
            answers=self._gateway.answers,
            **options,
        )

    async def on_ready(self) -> None:
        """Log that Discord sends interactions from now on."""
        log.info("connected to Discord: user=%s servers=%d", self.user, len(self.guilds))

    async def on_connect(self) -> None:
        """Mark the shard as connected."""
        self._gateway.up.add(self._shard_id)
        if self._gateway.starts:
            self._gateway.starts.connected(self._shard_id)

    on_resumed = on_connect  # Discord replays what came in between

    async def on_disconnect(self) -> None:
        """Mark the shard as not connected; discord.py reconnects."""
        self._gateway.up.discard(self._shard_id)
        if self._gateway.starts:
            self._gateway.starts.disconnected(self._shard_id)

    def gateway_proxy(self, address: URL) -> str | None:
        """Return the proxy for the gateway at *address*."""
        return self._gateway.proxies.of(address)

    async def before_reconnect(self) -> None:
        """Wait before a connection that is not the first: not at once if the last was short."""
        if time.monotonic() - self._reconnected_at > STEADY:
            self._delays = itertools.chain((0.0,), BETWEEN_CONNECTIONS.delays())
        await asyncio.sleep(next(self._delays))
        self._reconnected_at = time.monotonic()

    async def before_identify_hook(
        self,
        shard_id: int | None,
        *,
        initial: bool = False,  # noqa: ARG002 - discord.py's own hook waits by it
    ) -> None:
        """Wait until the shard may start a session. Raises StartPostponed; see the budget."""
        if self._gateway.starts:
            await self._gateway.starts.acquire(shard_id or 0)

    async def on_malformed_event(self, kind: str, error: Exception) -> None:
        """Count an event that could not be read, and log the first one of its kind."""
        self._gateway.count_malformed(kind)
        if kind not in self._gateway.malformed:
            self._gateway.malformed.add(kind)
            fault(log, "malformed gateway event dropped", error, kind=kind)


class ImagineBot(Receiver, commands.Bot):
    """The bot: commands, cogs and the REST session, which all its shards share.

    It receives itself what comes by HTTP. Only a cog's ``setup(bot)`` reads ``services``.
    """

    def __init__(self, services: CogServices, gateway: Gateway) -> None:
        super().__init__(
            gateway,
            shard_id=0,
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            allowed_contexts=AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=AppInstallationType(guild=True, user=False),
            http_trace=gateway.trace,
            proxy=gateway.proxies.of(discord.http.Route.BASE),
        )
        self.services = services
        self.parts: dict[int, Receiver] = {}  # by shard id, while they are open

    @property
    def guilds(self) -> Sequence[discord.Guild]:
        """The servers of all shards of this process."""
        return [*super().guilds, *(guild for part in self.parts.values() for guild in part.guilds)]

    def get_guild(self, id: int, /) -> discord.Guild | None:  # noqa: A002 - discord.py's name
        """Return a server of the shards of this process."""
        found = (client.get_guild(id) for client in self.parts.values())
        return super().get_guild(id) or next(filter(None, found), None)

    def dispatch(self, event: str, /, *args: Any, **options: Any) -> None:
        """Tell the cogs of what came by HTTP as a shard would."""
        if event in OF_A_SHARD:
            super().dispatch(f"shard_{event}", self, *args)
        super().dispatch(event, *args, **options)

    async def setup_hook(self) -> None:
        """Load the cogs; try to register their commands, which a member may use at once."""
        await self.load()
        if self._gateway.registration:
            await self._gateway.registration.first_try(self)

    async def load(self) -> None:
        """Load the cogs and the translations of the commands."""
        await self.tree.set_translator(Translator())
        for name in COGS:
            await self.load_extension(name)
        if self._gateway.direct:
            open_outside(self.tree)

    async def close(self) -> None:
        """Close the sessions for good."""
        self._gateway.up.discard(self._shard_id)
        await super().close()


def prepare_discord(*, api_url: str, gateway_url: str) -> None:
    """Point discord.py at these addresses and silence its warnings about voice.

    This sets internals of discord.py 2.7; a test pins them.
    """
    discord.http.Route.BASE = api_url
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
    # By default it waits up to 17 minutes before it reconnects.
    vars(discord.client)["ExponentialBackoff"] = _BackOff
    vars(discord.client)["DiscordWebSocket"] = GatewaySocket
    vars(discord.http)["DiscordClientWebSocketResponse"] = GatewayResponse
    # orjson refuses what Discord's own encoder lets through, such as an unpaired surrogate.
    vars(discord.utils)["_from_json"] = _lenient_json
    # The bot uses no voice; the warning at each start is noise.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


def _lenient_json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(text)


class _BackOff(ExponentialBackoff[bool]):
    """Back-off of discord.py between two connections, capped at half a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._max = DOUBLINGS


async def check_cogs(services: CogServices, gateway: Gateway) -> list[Any]:
    """Load the cogs once, before anything connects, so that a broken one ends the start.

    Return their commands, as Discord gets them.
    """
    async with closing(ImagineBot(services, gateway)) as bot:
        await bot.load()
        return await payloads(bot.tree)


@contextlib.asynccontextmanager
async def closing(client: ImagineBot) -> AsyncIterator[ImagineBot]:
    """Close *client* at the end, without waiting for a peer that does not answer."""
    try:
        yield client
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await client.close()
