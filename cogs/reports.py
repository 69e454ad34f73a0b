"""Reports: members report pictures, and moderators act on them in their log channel."""

import asyncio
from typing import Final, assert_never
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.deeds import DeedKind
from bot.domain.log_entries import Reported
from bot.service.blocking import BlockService
from bot.service.errors import OrderNotFound
from bot.service.moderation import ModerationService, Moderator
from bot.service.reports import ReportService
from bot.ui import interaction_context, language, message_reader, report_view, responses, texts
from bot.ui.button_actions import ReportAction
from bot.ui.error_handler import answered_errors
from bot.ui.interaction_payload import UnknownComponent
from bot.ui.report_view import ReportButton

Interaction = discord.Interaction[ImagineBot]

_HOURS: Final = {ReportAction.BLOCK_DAY: 24, ReportAction.BLOCK_WEEK: 7 * 24}
# What reporters are told of.
_OUTCOMES: Final = {
    ReportAction.DELETE: DeedKind.DELETE,
    ReportAction.BLOCK_DAY: DeedKind.BLOCK,
    ReportAction.BLOCK_WEEK: DeedKind.BLOCK,
    ReportAction.BLOCK: DeedKind.BLOCK,
    ReportAction.DISMISS: DeedKind.DISMISS,
}


class Reports(commands.Cog):
    """Takes reports, and handles the buttons under them."""

    def __init__(
        self, reports: ReportService, moderation: ModerationService, blocks: BlockService
    ) -> None:
        self._reports = reports
        self._moderation = moderation
        self._blocks = blocks
        self._locks = WeakValueDictionary[int, asyncio.Lock]()  # by the report's message

    def menu(self) -> app_commands.ContextMenu:
        """Return the entry for the menu of messages."""
        return app_commands.ContextMenu(
            name=texts.commands.REPORT_IMAGE, callback=self.report_image
        )

    async def report_image(self, interaction: Interaction, message: discord.Message) -> None:
        """Report the pictures in one of the bot's messages."""
        job_id = message_reader.job_id(message, interaction.client.user)
        if job_id is None or not message.attachments:
            await responses.send_private(interaction, texts.order_buttons.no_picture())
        else:
            await self._report(interaction, job_id, message)

    @commands.Cog.listener()
    async def on_order_report(self, interaction: Interaction, job_id: str) -> None:
        """Report the pictures above the clicked button."""
        async with answered_errors(interaction):
            await self._report(interaction, job_id, interaction.message)

    @commands.Cog.listener()
    async def on_report_click(self, interaction: Interaction, clicked: ReportButton) -> None:
        """Do what a moderator clicked, one click at a time, and show it in the report."""
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            await responses.defer_edit(interaction)
            message_id = interaction.message.id if interaction.message else 0
            async with self._locks.setdefault(message_id, asyncio.Lock()):
                line = report_view.line_of(await responses.current_components(interaction))
                if not line:
                    raise UnknownComponent(clicked.custom_id)
                with language.speaking(await self._moderation.language(moderator)):
                    try:
                        view = await self._act(interaction, clicked, moderator)
                    except OrderNotFound:
                        view = report_view.forgotten_view(line)
                if view is None:
                    await responses.send_private(interaction, texts.order_buttons.settled())
                else:
                    await responses.edit(interaction, view)

    async def _report(
        self, interaction: Interaction, job_id: str, message: discord.Message | None
    ) -> None:
        await responses.defer(interaction, private=True)
        await self._reports.report(
            job_id,
            interaction_context.person(interaction),
            language=interaction_context.server_language(interaction),
            seen=interaction_context.seen(message),
        )
        await responses.send_private(interaction, texts.order_buttons.reported())

    async def _act(
        self, interaction: Interaction, clicked: ReportButton, moderator: Moderator
    ) -> discord.ui.LayoutView | None:
        """Carry out the clicked action; return the report as it is then, ``None``: as before."""
        action, reporter_id = clicked.action, clicked.reporter_id
        job = await self._reports.reported_job(clicked.job_id, moderator)
        before = await self._reports.entry(job, reporter_id=reporter_id)
        if action is ReportAction.DISMISS and before.settled:
            return None
        await self._carry_out(interaction, action, before, moderator)
        if action in _OUTCOMES:
            await self._reports.tell_reporters(job, moderator, _OUTCOMES[action], reporter_id)
        job = await self._reports.reported_job(clicked.job_id, moderator)
        entry = await self._reports.entry(job, reporter_id=reporter_id)
        return report_view.report_view(entry)

    async def _carry_out(
        self,
        interaction: Interaction,
        action: ReportAction,
        report: Reported,
        moderator: Moderator,
    ) -> None:
        """Carry out *action*, unless that was done already."""
        job = report.job
        match action:
            case ReportAction.DELETE:
                if job.reply.deleted_at is None:
                    await self._reports.remove_pictures(job.id, moderator)
            case ReportAction.BLOCK_DAY | ReportAction.BLOCK_WEEK | ReportAction.BLOCK:
                if not report.blocked:
                    await self._blocks.block(
                        moderator,
                        await interaction_context.fetch_block_target(interaction, job.member_id),
                        hours=_HOURS.get(action),
                        reason=texts.log_channel.block_reason(),
                        job_id=job.id,
                    )
            case ReportAction.UNBLOCK:
                await self._blocks.unblock(moderator, job.member_id, job_id=job.id)
            case ReportAction.DISMISS | ReportAction.REOPEN:
                await self._reports.decide(report, moderator, DeedKind(action))
            case _:
                assert_never(action)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls, and its menu entry."""
    cog = Reports(bot.services.reports, bot.services.limits, bot.services.blocks)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu())
