"""Receives interactions by HTTP in place of the gateway: no shard, and no session to start.

What the gateway would tell of servers is asked for by REST, and handed to discord.py as the
gateway's own events: READY, GUILD_CREATE and GUILD_DELETE. A test pins these internals of
discord.py 2.7.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.log import fault
from bot.service.port_errors import DiscordError
from bot.ui import guild_cache, interaction_payload
from bot.ui.discord_errors import translated_errors

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger(__name__)

LIST_EVERY: Final = 600.0  # seconds between two looks at which servers there are
FRESH: Final = 600.0  # seconds for which roles and channels of a server are not asked for again
ASK_WITHIN: Final = 30.0  # seconds
PAGE: Final = 200  # servers of one answer
AT_ONCE: Final = 4  # servers that are asked for

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
        """Hand an interaction to discord.py; ``False``: not now. Never raises."""
        if self._client is None:
            return False
        if self._servers is not None:
            self._servers.note(data)
        self._client._connection.parse_interaction_create(data)  # noqa: SLF001 - as the gateway does
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

    All are listed *every* so many seconds; roles and channels of one are asked for when a moderator
    is there.
    """

    def __init__(self, client: discord.Client, *, every: float = LIST_EVERY) -> None:
        self._client = client
        self._every = every
        self._asked_at: dict[int, float] = {}  # monotonic, by server
        self._asking: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """List the servers at once, and again and again, until cancelled."""
        listed = False
        while True:
            try:
                ids = {guild_id async for guild_id in self._ids()}
            except DiscordError as error:
                log.warning("servers not listed, retrying: error=%s", error)
            else:
                if listed:
                    await self._compare(ids)
                else:
                    self._introduce(ids)
                listed = True
            await asyncio.sleep(self._every if listed else ASK_WITHIN)

    def close(self) -> None:
        """Stop asking."""
        for task in self._asking:
            task.cancel()

    def note(self, data: Any) -> None:
        """Ask for the server of an interaction, if a moderator is there or it is a new one."""
        guild_id = interaction_payload.snowflake(data.get("guild_id"))
        owners, member = data.get("authorizing_integration_owners"), data.get("member")
        if guild_id is None or not isinstance(owners, dict) or "0" not in owners:
            return  # the bot is not a member there
        granted = member.get("permissions") if isinstance(member, dict) else None
        moderates = (interaction_payload.snowflake(granted) or 0) & _MANAGE_GUILD
        is_new = self._client.get_guild(guild_id) is None
        if not moderates and not is_new:
            return
        if time.monotonic() - self._asked_at.get(guild_id, -FRESH) < FRESH:
            return
        self._asked_at[guild_id] = time.monotonic()
        task = asyncio.get_running_loop().create_task(self._ask(guild_id, is_new=is_new))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        guild_cache.note_coming(guild_id, task)

    async def _ids(self) -> AsyncIterator[int]:
        """Yield the ids of all servers."""
        after = 0
        while True:
            async with translated_errors(ASK_WITHIN):
                page = await self._client.http.get_guilds(PAGE, after=after, with_counts=False)
            for guild in page:
                after = int(guild["id"])
                yield after
            if len(page) < PAGE:
                return

    def _introduce(self, ids: set[int]) -> None:
        """Tell discord.py the servers as READY does."""
        client = self._client
        user: Any = client.user
        application = {"id": client.application_id, "flags": client.application_flags.value}
        ready: Any = {
            "user": {"id": user.id, "username": user.name, "discriminator": "0", "avatar": None},
            "application": application,
            "guilds": [{"id": guild_id, "unavailable": True} for guild_id in sorted(ids)],
        }
        client._connection.parse_ready(ready)  # noqa: SLF001

    async def _compare(self, ids: set[int]) -> None:
        """Tell discord.py which servers came and went."""
        state = self._client._connection  # noqa: SLF001
        known = {guild.id for guild in self._client.guilds}
        for guild_id in known - ids:
            gone: Any = {"id": guild_id}
            state.parse_guild_delete(gone)
        for guild_id in ids - known:
            await self._ask(guild_id, is_new=True)

    async def _ask(self, guild_id: int, *, is_new: bool) -> None:
        """Ask for a server, and tell discord.py of it as GUILD_CREATE does."""
        http, user = self._client.http, self._client.user
        try:
            async with self._turn, translated_errors(ASK_WITHIN):
                guild: Any = await http.get_guild(guild_id, with_counts=False)
                channels = await http.get_all_guild_channels(guild_id)
                me = await http.get_member(guild_id, user.id if user else 0)
        except DiscordError as error:
            log.info("server not read: guild=%d error=%s", guild_id, error)
            return
        created = guild | {"channels": channels, "members": [me], "threads": []}
        if not is_new:
            created["unavailable"] = False
        try:
            self._client._connection.parse_guild_create(created)  # noqa: SLF001
        except Exception as error:  # noqa: BLE001 - of any kind, by what Discord sent
            fault(log, "server not understood", error, guild=guild_id)


def read_key(text: str) -> "Ed25519PublicKey":
    """Return an application's public key. Raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line of discord.py's is more than that interactions come by HTTP."""
    return "interaction endpoint URL" not in str(record.msg)
