"""``/history``: hands over the pictures that could not be delivered."""

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import OUTSIDE, ImagineBot
from bot.domain.job import Job
from bot.service.history import History as Service
from bot.service.ports import Picture
from bot.ui import answers, texts


class History(commands.Cog):
    """Looks back."""

    def __init__(self, history: Service) -> None:
        self._history = history

    @app_commands.command(description=texts.commands.HISTORY, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def history(self, interaction: discord.Interaction[ImagineBot]) -> None:
        """Send what is kept, privately, each order in a message of its own."""

        async def hand(job: Job, pictures: Sequence[Picture]) -> None:
            await answers.pictures(interaction, job, pictures)

        await answers.deferral(interaction, private=True)()
        count = await self._history.hand_over(
            interaction.user.id, hand, file_limit=interaction.filesize_limit
        )
        await answers.privately(interaction, texts.history.handed_over(count))


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service it calls."""
    await bot.add_cog(History(bot.services.history))
