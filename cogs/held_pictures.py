"""Held pictures: moderators release or delete them in their log channel."""

from typing import assert_never

import discord
from discord.ext import commands

from bot.client import ImagineBot
from bot.service.held_pictures import HeldPictures
from bot.ui import interaction_context, responses, texts
from bot.ui.button_actions import HeldAction
from bot.ui.error_handler import answered_errors

Interaction = discord.Interaction[ImagineBot]


class HeldPictureButtons(commands.Cog):
    """Handles the buttons under held pictures."""

    def __init__(self, held: HeldPictures) -> None:
        self._held = held

    @commands.Cog.listener()
    async def on_held_click(
        self, interaction: Interaction, action: HeldAction, job_id: str
    ) -> None:
        """Do what a moderator decided; the entry is drawn anew from what is on record then."""
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            await responses.defer_edit(interaction)
            match action:
                case HeldAction.RELEASE:
                    done, text = await self._held.release(job_id, moderator), texts.held.released()
                case HeldAction.DELETE:
                    done, text = await self._held.delete(job_id, moderator), texts.held.deleted()
                case _:
                    assert_never(action)
            await responses.send_private(interaction, text if done else texts.held.decided())


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service that it calls."""
    await bot.add_cog(HeldPictureButtons(bot.services.held))
