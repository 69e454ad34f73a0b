"""``/history``: a member's own orders, and pictures that could not be delivered."""

import logging
from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.command_registration import OUTSIDE
from bot.domain.job import Job
from bot.service.member_account import MemberAccount
from bot.service.port_errors import DiscordRefused, FileTooLarge
from bot.service.ports.vendor import Picture
from bot.service.undelivered import UndeliveredPictures
from bot.ui import history_view, interaction_context, responses, texts
from bot.ui.error_handler import answered_errors

log = logging.getLogger(__name__)

Interaction = discord.Interaction[ImagineBot]


class History(commands.Cog):
    """The command ``/history`` and the buttons under its pages."""

    def __init__(self, undelivered: UndeliveredPictures, account: MemberAccount) -> None:
        self._undelivered = undelivered
        self._account = account

    @app_commands.command(description=texts.commands.HISTORY, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.describe(word=texts.commands.HISTORY_WORD)
    async def history(
        self,
        interaction: Interaction,
        word: app_commands.Range[str, 1, history_view.LONGEST_WORD] = "",
    ) -> None:
        """Send kept pictures privately, one message for each order; then show a page."""
        await responses.defer(interaction, private=True)
        kept = await self._undelivered.orders(
            interaction.user.id, file_limit=interaction.filesize_limit
        )
        orders = await self._takes_orders(interaction)
        count = 0
        for job, pictures in kept.ready:
            if await self._send(interaction, job, pictures, orders=orders):
                await self._undelivered.confirm(job, count=len(pictures))
                count += 1
        page = await self._account.page(interaction.user.id, word=word.strip(), number=0)
        note = texts.history.note(
            handed_over=count, fetching=len(kept.fetching), gone=len(kept.gone)
        )
        await responses.show(interaction, history_view.page_view(page, note, orders=orders))
        await self._undelivered.confirm_gone(kept.gone)

    async def _send(
        self, interaction: Interaction, job: Job, pictures: Sequence[Picture], *, orders: bool
    ) -> bool:
        """Send one order's pictures; ``False``: Discord refused them, and they stay kept."""
        try:
            try:
                await responses.send_pictures(interaction, job, pictures, orders=orders)
            except FileTooLarge:
                smaller = await self._undelivered.smaller_pictures(job)
                await responses.send_pictures(interaction, job, smaller, orders=orders)
        except DiscordRefused as error:
            log.warning("kept pictures refused: job=%s error=%s", job.id, error)
            return False
        return True

    @commands.Cog.listener()
    async def on_history_page(self, interaction: Interaction, number: int, word: str) -> None:
        """Show another page of the orders of the member who clicked."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            page = await self._account.page(interaction.user.id, word=word, number=number)
            orders = await self._takes_orders(interaction)
            await responses.edit(interaction, history_view.page_view(page, orders=orders))

    async def _takes_orders(self, interaction: Interaction) -> bool:
        request = interaction_context.admission_request(interaction)
        return (await self._account.place(request)).violation is None


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls."""
    await bot.add_cog(History(bot.services.history, bot.services.account))
