"""What the parts of ``/limits`` share."""

from collections.abc import Callable

import discord
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.rules import Rules
from bot.service.member_account import MemberAccount
from bot.service.moderation import ModerationService, Moderator
from bot.ui import interaction_context, responses, texts

Interaction = discord.Interaction[ImagineBot]


async def begin(interaction: Interaction) -> Moderator:
    """Check that a moderator asks, and defer the answer."""
    moderator = interaction_context.moderator(interaction)
    await responses.defer(interaction, private=True)
    return moderator


class LimitsCommands(commands.Cog):
    """Base of the parts of ``/limits``: the services, and the change of a rule."""

    def __init__(self, moderation: ModerationService, account: MemberAccount) -> None:
        self._moderation = moderation
        self._account = account

    async def _change(self, interaction: Interaction, how: Callable[[Rules], Rules]) -> None:
        """Apply *how* to the server's rules and answer what changed."""
        moderator = await begin(interaction)
        before, after = await self._moderation.change(moderator, how)
        if after.styles != before.styles:
            self._account.styles_changed(moderator.guild_id)  # before anybody can read of it
        await responses.send_private(interaction, texts.changes.changed(before, after))
