"""Receives interactions by HTTP in place of the gateway: no shard, and no session to start.

What the gateway would tell of servers is asked for by REST, and handed to discord.py as the
gateway's own events: READY, GUILD_CREATE and GUILD_DELETE. A test pins these internals of
discord.py 2.7.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.log import fault
from bot.service.port_errors import DiscordError, PermanentDiscordError
from bot.ui import guild_cache, interaction_payload
from bot.ui.discord_errors import translated_errors

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger(__name__)

LIST_EVERY: Final = 600.0  # seconds between two looks at which servers there are
# Seconds for which a server is not asked for again. It is for each command, press or form of a
# moderator, who sees roles, channels and permissions that were just changed.
FRESH: Final = 600.0
RETRY: Final = 5.0  # seconds after which a server is asked for again that is not known
ASK_WITHIN: Final = 30.0  # seconds
LEARN_WITHIN: Final = 0.5  # seconds; a member waits for an answer, and Discord gives it 3
PAGE: Final = 200  # servers of one answer
AT_ONCE: Final = 4  # servers that are asked for
MOST_MISSED: Final = 20  # channels of a server of which it is asked whether they are deleted

_AUTOCOMPLETE: Final = discord.InteractionType.autocomplete.value
_MANAGE_GUILD: Final = discord.Permissions(manage_guild=True).value


class InteractionInbox:
    """Takes interactions of Discord's POSTs for the client that is logged in.

    The application's public key is configured, or asked for with the login.
    """

    def __init__(self, key: str | None = None) -> None:
        """*key*: in hexadecimal digits."""
        logging.getLogger("discord.client").addFilter(_is_news)
        self._configured = key
        self._key = read_key(key) if key else None
        self._client: discord.Client | None = None
        self._servers: Servers | None = None
        self._waiting: set[asyncio.Task[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether interactions are taken now."""
        return self._client is not None and self._key is not None

    def is_signed(self, signature: bytes, signed: bytes) -> bool:
        """Tell whether Discord signed these bytes for this application."""
        from cryptography.exceptions import InvalidSignature

        if self._key is None:
            return False
        try:
            self._key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    def receive(self, data: Any) -> bool:
        """Hand an interaction to discord.py; ``False``: not now. Never raises.

        The first ones of a server wait for a moment until it is known, as with the gateway.
        """
        if self._client is None:
            return False
        # As the gateway does.
        hand_over = partial(self._client._connection.parse_interaction_create, data)  # noqa: SLF001
        asking = None if self._servers is None else self._servers.note(data)
        if asking is None:
            hand_over()
            return True
        task = asyncio.get_running_loop().create_task(_after(asking, hand_over))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return True

    async def run(self, client: discord.Client) -> None:
        """Take interactions for a client that is logged in, until cancelled."""
        asked = client.application.verify_key if client.application else None
        if asked and self._configured and asked != self._configured.lower():
            log.warning("DISCORD_PUBLIC_KEY is not the application's key: no command will arrive")
        if self._key is None and asked:
            self._key = read_key(asked)
        servers = Servers(client)
        self._client, self._servers = client, servers
        try:
            await servers.run()
        finally:
            self._client = self._servers = None
            servers.close()


class Servers:
    """Keeps discord.py's cache of the servers, by REST.

    All are listed *every* so many seconds; roles and channels of one are asked for when the bot is
    used there.
    """

    def __init__(self, client: discord.Client, *, every: float = LIST_EVERY) -> None:
        self._client = client
        self._every = every
        self._asked_at: dict[int, float] = {}  # monotonic, by server
        self._asking: dict[int, asyncio.Task[None]] = {}  # by server
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """List the servers at once, and again and again, until cancelled.

        Raises LoginFailure if Discord takes the token no more.
        """
        listed = False
        while True:
            try:
                known = {guild.id for guild in self._client.guilds}
                servers = {int(guild["id"]): guild async for guild in self._list()}
                if listed:
                    await self._compare(servers, known)
                else:
                    self._introduce(servers)
                listed = True
            except DiscordError as error:
                if error.status == HTTPStatus.UNAUTHORIZED:
                    raise discord.LoginFailure("does not take DISCORD_TOKEN any more") from error
                log.warning("servers not listed, retrying: error=%s", error)
            except Exception as error:  # noqa: BLE001 - of any kind, by what Discord sent
                fault(log, "servers not understood, retrying", error)
            await asyncio.sleep(self._every if listed else ASK_WITHIN)

    def close(self) -> None:
        """Stop asking."""
        for task in self._asking.values():
            task.cancel()

    def note(self, data: Any) -> asyncio.Task[None] | None:
        """Ask for the server of an interaction, unless it is known; return that, if it is not."""
        guild_id = interaction_payload.snowflake(data.get("guild_id"))
        owners = data.get("authorizing_integration_owners")
        if guild_id is None or not isinstance(owners, dict) or "0" not in owners:
            return None  # the bot is not a member there
        if (guild := self._client.get_guild(guild_id)) is not None:
            _learn(guild, data.get("guild"))
        is_known = guild is not None and not guild.unavailable and _knows_channel(guild, data)
        fresh = RETRY if not is_known else 0.0 if _is_moderators(data) else FRESH
        is_old = time.monotonic() - self._asked_at.get(guild_id, -fresh) >= fresh
        if is_old and guild_id not in self._asking:
            self._asked_at[guild_id] = time.monotonic()
            task = asyncio.get_running_loop().create_task(self._ask(guild_id))
            self._asking[guild_id] = task
            task.add_done_callback(lambda _: self._asking.pop(guild_id, None))
            guild_cache.note_coming(guild_id, task)
        return None if is_known else self._asking.get(guild_id)

    async def _list(self) -> AsyncIterator[Any]:
        """Yield all servers, with little more than their names."""
        after = 0
        while True:
            async with translated_errors(ASK_WITHIN):
                page = await self._client.http.get_guilds(PAGE, after=after, with_counts=False)
            for guild in page:
                after = int(guild["id"])
                yield guild
            if len(page) < PAGE:
                return

    def _introduce(self, listed: Mapping[int, Any]) -> None:
        """Tell discord.py the servers as READY does."""
        client = self._client
        user: Any = client.user
        application = {"id": client.application_id, "flags": client.application_flags.value}
        ready: Any = {
            "user": {"id": user.id, "username": user.name, "discriminator": "0", "avatar": None},
            "application": application,
            "guilds": [{"id": guild_id, "unavailable": True} for guild_id in sorted(listed)],
        }
        client._connection.parse_ready(ready)  # noqa: SLF001
        for guild in client.guilds:
            _learn(guild, listed.get(guild.id))

    async def _compare(self, listed: Mapping[int, Any], before: Collection[int]) -> None:
        """Tell discord.py which servers came and went, and how they are called.

        *before* are those known before the listing: one joined meanwhile may be on no page.
        """
        state = self._client._connection  # noqa: SLF001
        known = {guild.id: guild for guild in self._client.guilds}
        for guild_id in set(before) - listed.keys():
            gone: Any = {"id": guild_id}
            state.parse_guild_delete(gone)
        for guild_id, guild in listed.items():
            if guild_id in known:
                _learn(known[guild_id], guild)
            else:
                await self._ask(guild_id)

    async def _ask(self, guild_id: int) -> None:
        """Ask for a server, and tell discord.py of it as the gateway does."""
        http, user = self._client.http, self._client.user
        try:
            async with self._turn, translated_errors(ASK_WITHIN):
                guild = await http.get_guild(guild_id, with_counts=False)
                channels, me = await asyncio.gather(
                    http.get_all_guild_channels(guild_id),
                    http.get_member(guild_id, user.id if user else 0),
                )
        except DiscordError as error:
            log.info("server not read: guild=%d error=%s", guild_id, error)
            if isinstance(error, PermanentDiscordError):  # it has the commands, without the bot
                self._asked_at[guild_id] = time.monotonic() + FRESH - RETRY
            return
        created: Any = {**guild, "channels": channels, "members": [me], "threads": []}
        try:
            if (known := self._client.get_guild(guild_id)) is not None:
                created["unavailable"] = False
                await self._forget_gone(known, created)
            self._client._connection.parse_guild_create(created)  # noqa: SLF001
        except Exception as error:  # noqa: BLE001 - of any kind, by what Discord sent
            fault(log, "server not understood", error, guild=guild_id)

    async def _forget_gone(self, guild: discord.Guild, created: Any) -> None:
        """Tell discord.py of deleted roles and channels; some may only be hidden from the bot."""
        state = self._client._connection  # noqa: SLF001
        roles = {int(role["id"]) for role in created["roles"]}
        for role in guild.roles:
            if role.id not in roles:
                gone: Any = {"guild_id": guild.id, "role_id": role.id}
                state.parse_guild_role_delete(gone)
        channels = {int(channel["id"]) for channel in created["channels"]}
        missing = [channel for channel in guild.channels if channel.id not in channels]
        for number, channel in enumerate(missing):
            if number < MOST_MISSED and await guild_cache.is_gone(self._client.http, channel.id):
                gone = {"guild_id": guild.id, "id": channel.id}
                state.parse_channel_delete(gone)
            else:
                guild._remove_channel(channel)  # noqa: SLF001


def _is_moderators(data: Any) -> bool:
    """Tell whether a moderator used something, and does not just type."""
    member = data.get("member")
    granted = member.get("permissions") if isinstance(member, dict) else None
    moderates = (interaction_payload.snowflake(granted) or 0) & _MANAGE_GUILD
    return bool(moderates) and data.get("type") != _AUTOCOMPLETE


def _knows_channel(guild: discord.Guild, data: Any) -> bool:
    """Tell whether the channel of an interaction is known, of a thread its parent."""
    channel = data.get("channel")
    shown = channel if isinstance(channel, dict) else {}
    is_thread = shown.get("thread_metadata") is not None
    channel_id = shown.get("parent_id") if is_thread else data.get("channel_id")
    known = interaction_payload.snowflake(channel_id)
    return known is None or guild.get_channel(known) is not None


def _learn(guild: discord.Guild, told: Any) -> None:
    """Note what comes with an interaction and with the list of servers."""
    told = told if isinstance(told, dict) else {}
    name, features = told.get("name"), told.get("features")
    if isinstance(name, str):
        guild.name = name
    if isinstance(features, list):
        guild.features = features


async def _after(asking: asyncio.Task[None], hand_over: Callable[[], None]) -> None:
    await asyncio.wait([asking], timeout=LEARN_WITHIN)
    hand_over()


def read_key(text: str) -> "Ed25519PublicKey":
    """Return an application's public key. Raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line of discord.py's is more than that interactions come by HTTP."""
    return "interaction endpoint URL" not in str(record.msg)
