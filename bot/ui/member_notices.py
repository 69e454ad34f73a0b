"""Private notices to members, of what moderators did to their orders; the welcome of a server."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import discord

from bot.domain.deeds import Deed
from bot.domain.job import Job
from bot.service.port_errors import DiscordRefused
from bot.service.telemetry import DiscordCall, Telemetry, timed
from bot.ui import command_mentions, first_steps_view, language, texts
from bot.ui.card_calls import CLOCK_SKEW, HISTORY_LIMIT
from bot.ui.discord_errors import translated_errors
from bot.ui.discord_session import DiscordSession
from bot.ui.language import speaking
from bot.ui.sending import NONCE_REMEMBERED


class DiscordMemberNotices:
    """Sends notices as direct messages, else beside the card; no phone rings.

    A server is welcomed in one of its channels, else by a direct message to its owner.
    """

    def __init__(self, session: DiscordSession, *, meters: Telemetry) -> None:
        self._session = session
        self._meters = meters

    async def tell(self, deed: Deed, job: Job | None, server_language: str | None) -> None:
        """Tell the member of a deed; raises DiscordRefused or TransientDiscordError."""
        with speaking(server_language or language.default()):
            text = command_mentions.linked(texts.deeds.notice(deed, job), texts.refusals.CONTENT)
        with timed(partial(self._meters.called_discord, DiscordCall.NOTICE)):
            try:
                async with translated_errors(repeatable_for=NONCE_REMEMBERED):
                    await self._send_directly(deed, text)
            except DiscordRefused:
                if job is None or job.reply.interaction_token is None:
                    raise
                async with translated_errors(repeatable_for=0.0):  # it knows no nonce
                    await self._send_beside_card(job, text)

    async def welcome(self, deed: Deed, server_language: str | None) -> None:
        """Introduce the bot; raises DiscordRefused or TransientDiscordError."""
        timing = timed(partial(self._meters.called_discord, DiscordCall.NOTICE))
        with speaking(server_language or language.default()), timing:
            for channel_id in deed.detail.get("channels") or ():
                with suppress(DiscordRefused):
                    await self._welcome_in(channel_id, deed)
                    return
            async with translated_errors(repeatable_for=NONCE_REMEMBERED):
                await self._welcome_owner(deed)

    async def _welcome_in(self, channel_id: int, deed: Deed) -> None:
        async with translated_errors(repeatable_for=NONCE_REMEMBERED):
            client = await self._session.client()
            channel = client.get_partial_messageable(channel_id)
            if await _is_posted(client, channel, deed, first_steps_view.is_welcome):
                return
            nobody = discord.AllowedMentions.none()
            await channel.send(
                view=first_steps_view.welcome(), nonce=deed.id, allowed_mentions=nobody
            )

    async def _welcome_owner(self, deed: Deed) -> None:
        client = await self._session.client()
        guild = await client.fetch_guild(deed.guild_id, with_counts=False)  # or it was left again
        text = texts.first_steps.welcome_owner(guild.name)
        first_line = text.partition("\n")[0]
        channel = await client.create_dm(discord.Object(guild.owner_id or 0))
        if not await _is_posted(client, channel, deed, lambda sent: first_line in sent.content):
            await _send(channel, deed, command_mentions.linked(text, texts.refusals.CONTENT))

    async def _send_directly(self, deed: Deed, text: str) -> None:
        client = await self._session.client()
        await _send(await client.create_dm(discord.Object(deed.member_id or 0)), deed, text)

    async def _send_beside_card(self, job: Job, text: str) -> None:
        webhook = await self._session.webhook(job)
        await webhook.send(
            text,
            ephemeral=True,
            silent=True,
            suppress_embeds=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )


async def _send(channel: discord.DMChannel, deed: Deed, text: str) -> None:
    await channel.send(
        text,
        nonce=deed.id,
        silent=True,
        suppress_embeds=True,
        allowed_mentions=discord.AllowedMentions.none(),
    )


async def _is_posted(
    client: discord.Client,
    channel: discord.abc.Messageable,
    deed: Deed,
    is_it: Callable[[discord.Message], bool],
) -> bool:
    """Tell whether an earlier try posted it: Discord may know its nonce no more."""
    if deed.tries <= 1:
        return False
    after = datetime.fromtimestamp(deed.at - CLOCK_SKEW, UTC)
    async for message in channel.history(limit=HISTORY_LIMIT, after=after, oldest_first=True):
        if client.user is not None and message.author.id == client.user.id and is_it(message):
            return True
    return False
