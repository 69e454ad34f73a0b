"""A discord.py client without a gateway connection, for cards, pictures and log entries."""

import asyncio
import logging
from typing import Final

import aiohttp
import discord

from bot.domain.gateway_starts import StartLimit
from bot.domain.job import Job
from bot.errors import InvalidSettings
from bot.log import fault
from bot.retry import Backoff
from bot.service.port_errors import DiscordError, PermanentDiscordError
from bot.ui.discord_errors import translated_errors
from bot.ui.rest_gate import RestGate

log = logging.getLogger(__name__)

ASK_WITHIN: Final = 5.0  # seconds
# Of a moment's hundred cards most find an open connection then; a call of a second leaves enough
# for the 50 a second that Discord takes of a bot.
CONNECTIONS: Final = 64
BACKOFF: Final = Backoff(first=1.0, most=60.0)  # seconds between attempts to log in


class DiscordSession:
    """The logged-in client for REST calls, which pass the process's *gate*."""

    def __init__(
        self, token: str, gate: RestGate | None = None, *, proxy: str | None = None
    ) -> None:
        self.gate = gate or RestGate()
        self._token = token
        self._proxy = proxy
        self._client: asyncio.Future[discord.Client] = asyncio.get_running_loop().create_future()

    async def client(self) -> discord.Client:
        """Return the client, once it is logged in."""
        if self._client.done():
            return self._client.result()
        return await asyncio.shield(self._client)

    async def webhook(self, job: Job) -> discord.Webhook:
        """Return the interaction as a webhook; raises PermanentDiscordError once it is over."""
        token = job.reply.interaction_token
        if token is None:
            raise PermanentDiscordError("the interaction is over")
        client = await self.client()
        webhook = discord.Webhook.partial(job.reply.application_id, token, client=client)
        webhook.proxy = client.http.proxy  # which discord.py 2.7 leaves out
        webhook.type = discord.WebhookType.application  # only these send privately
        return webhook

    async def log_in(self) -> None:
        """Log in, with retries while Discord is away; raises InvalidSettings for a bad token."""
        delays = BACKOFF.delays()
        trace = self.gate.guard(aiohttp.TraceConfig())
        while not self._client.done():
            client = discord.Client(
                intents=discord.Intents(guilds=True),  # it warns of less, though it never listens
                allowed_mentions=discord.AllowedMentions.none(),
                max_messages=None,
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                http_trace=trace,
                proxy=self._proxy,
            )
            try:
                async with translated_errors(None):
                    await client.login(self._token)
            except discord.LoginFailure as error:
                await client.close()
                raise InvalidSettings(
                    setting="DISCORD_TOKEN", reason="Discord does not take it"
                ) from error
            except DiscordError as error:
                await client.close()
                log.warning("Discord login failed, retrying: error=%s", error)
                await asyncio.sleep(next(delays))
            else:
                self._client.set_result(client)

    async def start_limit(self, now: float) -> StartLimit | None:
        """Return how often the bot may connect; ``None``: Discord did not say. *now* is Unix."""
        try:
            async with translated_errors(ASK_WITHIN):
                client = await self.client()
                _, _, limit = await client.http.get_bot_gateway()
            reset_after = float(limit["reset_after"]) / 1000.0
            return StartLimit(
                total=int(limit["total"]),
                remaining=int(limit["remaining"]),
                resets_at=now + reset_after if reset_after > 0 else 0.0,
                concurrency=max(int(limit["max_concurrency"]), 1),
                asked_at=now,
            )
        except DiscordError as error:
            log.debug("start limit not read: error=%s", error)
        except (KeyError, TypeError, ValueError) as error:
            fault(log, "start limit not understood", error)
        return None

    async def close(self) -> None:
        """Close the client, or cancel those who wait for it."""
        if self._client.done() and not self._client.cancelled():
            await self._client.result().close()
        else:
            self._client.cancel()
