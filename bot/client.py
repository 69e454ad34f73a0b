"""The gateway: a supervised discord.py client that loads cogs, and words for what fails in them."""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.backoff import ExponentialBackoff
from discord.ext import commands
from yarl import URL

from bot.domain.shards import Shards
from bot.errors import InvalidSettings
from bot.log import fault
from bot.service.intake import OrderIntake
from bot.service.member_account import MemberAccount
from bot.service.moderation import ModerationService
from bot.service.order_actions import OrderActions
from bot.service.undelivered import UndeliveredPictures
from bot.ui.error_handler import answer_error
from bot.ui.history_view import HistoryPageButton
from bot.ui.interaction_context import Interaction, bind_task
from bot.ui.language import Translator
from bot.ui.limits_view import LimitsButton
from bot.ui.order_buttons import OrderButton
from bot.ui.privacy_view import PrivacyButton
from bot.ui.report_view import ReportButton

log = logging.getLogger(__name__)

COGS: Final = (
    "cogs.imagine",
    "cogs.order_buttons",
    "cogs.message_menus",
    "cogs.reports",
    "cogs.limits",
    "cogs.history",
    "cogs.help",
)
FIRST_PAUSE: Final = 1.0  # seconds before the next connection, then twice as long
LONGEST_PAUSE: Final = 60.0  # seconds
BETWEEN_SHARDS: Final = 5.5  # seconds; Discord takes one IDENTIFY in five
DOUBLINGS: Final = 5  # of discord.py's own pause of up to a second between two connections
CLOSE_WITHIN: Final = 2.0  # seconds
STEADY: Final = 120.0  # seconds that a connection must have held to count as a good one

_RETRIED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})

# Interactions come without any intent; guilds let us name servers and channels. None is privileged.
INTENTS: Final = discord.Intents(guilds=True)

# The extras of a command that works outside of the bot's servers, too.
OUTSIDE: Final = {"outside": True}


@dataclass(frozen=True, kw_only=True)
class CogServices:
    """The services that cogs may call."""

    orders: OrderIntake
    actions: OrderActions
    history: UndeliveredPictures
    account: MemberAccount
    limits: ModerationService


@dataclass(kw_only=True)
class Gateway:
    """Discord's gateway as this process has it, whichever client listens there now."""

    shards: Shards
    direct: bool = False  # whether the operator lets members use it outside of servers
    trace: aiohttp.TraceConfig = field(default_factory=aiohttp.TraceConfig)  # of what is sent
    up: set[int] = field(default_factory=set)  # the shards that Discord sends interactions on

    @property
    def connected(self) -> bool:
        """Whether every shard of this process is."""
        return self.up >= self.shards.ids


class ImagineBot(commands.Bot):
    """Listens at the gateway, to one shard. A cog's ``setup(bot)`` alone reads ``services``."""

    def __init__(self, services: CogServices, gateway: Gateway, shard_id: int = 0) -> None:
        super().__init__(
            shard_id=shard_id,
            shard_count=gateway.shards.count,
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=INTENTS,
            tree_cls=Tree,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            http_trace=gateway.trace,
        )
        self.services = services
        self._gateway = gateway
        self._shard_id = shard_id

    async def setup_hook(self) -> None:
        """Load the cogs and let Discord know of their commands."""
        await self.load()
        try:
            await self._sync()
        except discord.HTTPException as error:
            if error.status in _RETRIED or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            log.error("commands not registered, Discord refuses them: error=%s", error)  # noqa: TRY400 - the words say all

    async def load(self) -> None:
        """Load the cogs, and what speaks for their commands in other languages."""
        self.add_dynamic_items(
            OrderButton, HistoryPageButton, PrivacyButton, ReportButton, LimitsButton
        )
        await self.tree.set_translator(Translator())
        for name in COGS:
            await self.load_extension(name)
        if self._gateway.direct:
            open_outside(self.tree)

    async def on_ready(self) -> None:
        """Note that Discord sends interactions from now on."""
        log.info("connected to Discord as %s, in %d servers", self.user, len(self.guilds))

    async def on_connect(self) -> None:
        """Note that Discord sends the shard's interactions."""
        self._gateway.up.add(self._shard_id)

    async def on_resumed(self) -> None:
        """Note that Discord sends them again, and what came in between."""
        self._gateway.up.add(self._shard_id)

    async def on_disconnect(self) -> None:
        """Note that Discord sends nothing; discord.py connects again."""
        self._gateway.up.discard(self._shard_id)

    async def close(self) -> None:
        """Close the connection for good."""
        self._gateway.up.discard(self._shard_id)
        await super().close()

    async def _sync(self) -> None:
        """Register the commands, but only when they differ from what Discord has."""
        wanted = await registered(self.tree)
        # discord.py would ask without the translations.
        route = discord.http.Route(
            "GET", "/applications/{application_id}/commands", application_id=self.application_id
        )
        found = await self.http.request(route, params={"with_localizations": "true"})
        if same_commands(wanted, found):
            return
        log.info("registering %d commands", len(wanted))
        await self.tree.sync()


class Tree(app_commands.CommandTree[ImagineBot]):
    """The commands, and the one place where their errors become words."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Let everybody in, speak their language, and let the log know what goes on."""
        bind_task(interaction)
        return True

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer privately, as :func:`~bot.ui.error_handler.answer_error` says."""
        await answer_error(interaction, getattr(error, "original", error))


def prepare_discord(*, api_url: str, gateway_url: str) -> None:
    """Have discord.py talk to these addresses, and keep quiet about voice.

    What is set here are internals of discord.py 2.7; a test pins them.
    """
    discord.http.Route.BASE = api_url
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
    # Left alone, it waits up to 17 minutes before it tries to connect again.
    vars(discord.client)["ExponentialBackoff"] = _BackOff
    # We have no voice and need not be told so at each start.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class _BackOff(ExponentialBackoff[bool]):
    """How long discord.py waits between two connections: half a minute at most."""

    def __init__(self) -> None:
        super().__init__()
        self._max = DOUBLINGS


async def check_cogs(services: CogServices, gateway: Gateway) -> None:
    """Load the cogs once, before anything connects, so that a broken one ends the start.

    Raises:
        discord.ext.commands.ExtensionError: a cog can't be imported or set up.
    """
    async with _closing(ImagineBot(services, gateway)) as bot:
        await bot.load()


async def listen(services: CogServices, gateway: Gateway, token: str) -> None:
    """Keep a client at the gateway for each of its shards, for ever; raises as one does.

    discord.py's own client for many shards retries a first connection without an end or a word.
    """
    async with asyncio.TaskGroup() as group:
        for number, shard_id in enumerate(sorted(gateway.shards.ids)):
            if number:
                await asyncio.sleep(BETWEEN_SHARDS)
            make = functools.partial(ImagineBot, services, gateway, shard_id)
            group.create_task(stay_connected(make, token), name=f"shard {shard_id}")


async def stay_connected(make: Callable[[], ImagineBot], token: str) -> None:
    """Keep a client at the gateway for ever: a fresh one, after a pause, when one gives up.

    Raises InvalidSettings for a token that Discord does not take.
    """
    pause = FIRST_PAUSE
    while True:
        started = time.monotonic()
        try:
            async with _closing(make()) as client:
                await _connect(client, token)
        except discord.LoginFailure as error:
            raise InvalidSettings(
                setting="DISCORD_TOKEN", reason="Discord does not take it"
            ) from error
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("gateway connection ended: error=%s: %s", type(error).__name__, error)
        except Exception as error:  # noqa: BLE001 - a fresh client may do better
            fault(log, "gateway connection ended by an unexpected error", error)
        if time.monotonic() - started > STEADY:
            pause = FIRST_PAUSE
        log.info("reconnecting to Discord: seconds=%.0f", pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _connect(client: ImagineBot, token: str) -> None:
    """Log in, then listen at the gateway until the connection ends for good."""
    await client.login(token)
    try:
        await client.connect()
    except AttributeError as error:  # what discord.py 2.7 raises where the first one is refused
        raise ConnectionError("Discord refused the first connection") from error


@contextlib.asynccontextmanager
async def _closing(client: ImagineBot) -> AsyncIterator[ImagineBot]:
    """Close *client* at the end, but don't wait for a gateway that does not answer."""
    try:
        yield client
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await client.close()


def open_outside(tree: app_commands.CommandTree[Any]) -> None:
    """Have the commands that work there offered in direct messages and by members' own installs."""
    for command in tree.get_commands():
        if command.extras.get("outside"):
            command.allowed_contexts = app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            )
            command.allowed_installs = app_commands.AppInstallationType(guild=True, user=True)


async def registered(tree: app_commands.CommandTree[Any]) -> list[Any]:
    """Return the commands as Discord is told of them, in every language."""
    translator = tree.translator or app_commands.Translator()
    return [await one.get_translated_payload(tree, translator) for one in tree.get_commands()]


def same_commands(wanted: list[Any], found: list[Any]) -> bool:
    """Tell whether Discord's commands *found* are the ones *wanted*, defaults aside."""

    def by_name(commands_: list[Any]) -> dict[tuple[int, str], Any]:
        return {(command.get("type", 1), command["name"]): command for command in commands_}

    theirs = by_name(found)
    return by_name(wanted).keys() == theirs.keys() and all(
        _agrees(command, theirs[key]) for key, command in by_name(wanted).items()
    )


def _agrees(ours: Any, theirs: Any) -> bool:
    """Tell whether *theirs* says what *ours* does; what Discord adds or leaves out is ignored."""
    if isinstance(ours, dict):
        other = theirs if isinstance(theirs, dict) else {}
        if any((ours.get(name) or {}) != (other.get(name) or {}) for name in _TRANSLATIONS):
            return False
        names = (ours.keys() - _DERIVED - _TRANSLATIONS) | (other.keys() & _MEANINGFUL)
        return all(_agrees(ours.get(name), other.get(name)) for name in names)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_agrees, ours, theirs))
    return bool(ours == theirs) or str(ours) == str(theirs) or (_absent(ours) and _absent(theirs))


def _absent(value: Any) -> bool:
    """Tell whether *value* says no more than leaving it out would; 0 does."""
    return value is None or value is False or value in ("", [], {})


# Deprecated: Discord derives it from the contexts.
_DERIVED: Final = frozenset({"dm_permission"})
# Where ours lacks one of these and Discord's has it, they differ.
_MEANINGFUL: Final = frozenset(
    {"options", "choices", "min_value", "max_value", "min_length", "max_length", "autocomplete"}
    | {"required"}
)
# By their locales; these are the same, or not.
_TRANSLATIONS: Final = frozenset({"name_localizations", "description_localizations"})
