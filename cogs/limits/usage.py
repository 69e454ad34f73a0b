"""``/limits usage``: what the server's orders came to, as text, picture and CSV."""

import asyncio
import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.service.moderation import Moderator
from bot.service.server_figures import LISTED, MOST_DAYS, TOP, ServerFiguresService
from bot.ui import figures_csv, figures_view, interaction_context, mentions, responses, texts
from bot.ui.button_actions import FiguresAction, Theme
from bot.ui.error_handler import answered_errors
from cogs.limits._base import Interaction, LimitsCommands, begin

NAMED_WITHIN = 3.0  # seconds
Days = app_commands.Range[int, 1, MOST_DAYS]


class UsageCommand(LimitsCommands):
    """Shows the server's figures."""

    @app_commands.command(description=texts.commands.USAGE_OF_SERVER)
    @app_commands.describe(days=texts.commands.USAGE_DAYS)
    async def usage(self, interaction: Interaction, days: Days | None = None) -> None:
        """Show the figures of the last days."""
        moderator = await begin(interaction)
        report = await self._figures.report(moderator, days)
        await responses.show(interaction, *await figures_view.shown(report, Theme.DARK))


class UsageButtons(commands.Cog):
    """The buttons below the figures; each click is checked anew."""

    def __init__(self, figures: ServerFiguresService) -> None:
        self._figures = figures

    @commands.Cog.listener()
    async def on_figures_click(
        self, interaction: Interaction, action: FiguresAction, days: int, theme: Theme
    ) -> None:
        """Show the figures in another theme, or give them as files."""
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            if action is FiguresAction.CSV:
                await responses.defer(interaction, private=True)
                files = await self._files(interaction, moderator, days)
                await responses.send_files(interaction, files)
            else:
                await responses.defer_private(interaction)
                report = await self._figures.report(moderator, days)
                await responses.edit(interaction, *await figures_view.shown(report, theme))

    async def _files(
        self, interaction: Interaction, moderator: Moderator, days: int
    ) -> list[discord.File]:
        report = await self._figures.report(moderator, days, top=LISTED)
        busiest = [member.member_id for member in report.figures.top[:TOP]]
        names = await mentions.member_names(interaction, busiest, within=NAMED_WITHIN)
        tables = {
            "usage-days.csv": figures_csv.by_day(report),
            "usage-members.csv": await asyncio.to_thread(
                figures_csv.by_member, report.figures, names, costs=report.costs
            ),
        }
        return [discord.File(io.BytesIO(table), name) for name, table in tables.items()]
