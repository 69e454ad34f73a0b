"""``/history``: a member's own orders, and the pictures that could not be delivered."""

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import OUTSIDE, ImagineBot
from bot.domain.job import Job
from bot.service.member_account import MemberAccount
from bot.service.ports import Picture
from bot.service.undelivered import UndeliveredPictures
from bot.ui import answers, history_view, texts


class History(commands.Cog):
    """Looks back."""

    def __init__(self, history: UndeliveredPictures, account: MemberAccount) -> None:
        self._history = history
        self._account = account

    @app_commands.command(description=texts.commands.HISTORY, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(word=texts.commands.HISTORY_WORD)
    async def history(
        self,
        interaction: discord.Interaction[ImagineBot],
        word: app_commands.Range[str, 1, history_view.LONGEST_WORD] = "",
    ) -> None:
        """Send what is kept, privately, each order in a message of its own; then show a page."""

        async def hand(job: Job, pictures: Sequence[Picture]) -> None:
            await answers.pictures(interaction, job, pictures)

        await answers.deferral(interaction, private=True)()
        count = await self._history.hand_over(
            interaction.user.id, hand, file_limit=interaction.filesize_limit
        )
        leaf = await self._account.page(interaction.user.id, word=word.strip(), number=0)
        note = texts.history.handed_over(count) if count else None
        await answers.shown(interaction, history_view.page(leaf, note))

    @commands.Cog.listener()
    async def on_history_turn(
        self, interaction: discord.Interaction[ImagineBot], number: int, word: str
    ) -> None:
        """Turn to another page, of the orders of whoever pressed."""
        async with answers.explaining(interaction):
            await answers.hold(interaction)
            leaf = await self._account.page(interaction.user.id, word=word, number=number)
            await answers.change(interaction, history_view.page(leaf))


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services it calls."""
    await bot.add_cog(History(bot.services.history, bot.services.account))
