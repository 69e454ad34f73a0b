"""Reports: members report pictures, and moderators act on them in their log channel."""

import asyncio
from dataclasses import replace
from typing import assert_never
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.job import Job
from bot.service.errors import OrderNotFound
from bot.service.moderation import ModerationService, Moderator
from bot.service.reports import ReportService
from bot.ui import interaction_context, language, message_reader, report_view, responses, texts
from bot.ui.button_actions import ReportAction
from bot.ui.error_handler import answered_errors
from bot.ui.interaction_payload import UnknownComponent
from bot.ui.report_view import ReportButton, ReportState

Interaction = discord.Interaction[ImagineBot]


class Reports(commands.Cog):
    """Takes reports, and handles the buttons under them."""

    def __init__(self, reports: ReportService, moderation: ModerationService) -> None:
        self._reports = reports
        self._moderation = moderation
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
                state = report_view.read(await responses.current_components(interaction))
                if not state.line:
                    raise UnknownComponent(clicked.custom_id)
                if clicked.action is ReportAction.DISMISS and state.done:
                    await responses.send_private(interaction, texts.order_buttons.settled())
                    return
                with language.speaking(await self._moderation.language(moderator)):
                    view = await self._act(interaction, state, clicked, moderator)
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
        self,
        interaction: Interaction,
        state: ReportState,
        clicked: ReportButton,
        moderator: Moderator,
    ) -> discord.ui.LayoutView:
        """Carry out the clicked action, and return the report as it is then."""
        try:
            job = await self._reports.reported_job(clicked.job_id, moderator)
            text = await self._carry_out(interaction, clicked.action, job, moderator)
        except OrderNotFound:
            return report_view.report_view(
                replace(state, forgotten=texts.log_channel.forgotten()), []
            )
        state = state.with_done(clicked.action, text)
        job = await self._reports.reported_job(clicked.job_id, moderator)
        blocked = await self._moderation.blocked(moderator, job.member_id) is not None
        buttons = report_view.remaining_buttons(
            state, clicked, deleted=job.reply.deleted_at is not None, blocked=blocked
        )
        return report_view.report_view(state, buttons)

    async def _carry_out(
        self, interaction: Interaction, action: ReportAction, job: Job, moderator: Moderator
    ) -> str:
        """Carry out *action* unless that was done already; return the text that tells it."""
        match action:
            case ReportAction.DELETE if job.reply.deleted_at is not None:
                return texts.log_channel.deleted_before()
            case ReportAction.DELETE:
                await self._reports.remove_pictures(job.id, moderator)
                return texts.log_channel.deleted(moderator.id)
            case ReportAction.BLOCK:
                block = await self._moderation.blocked(moderator, job.member_id)
                if block is None:
                    block = await self._moderation.block(
                        moderator,
                        await interaction_context.fetch_block_target(interaction, job.member_id),
                        hours=None,
                        reason=texts.log_channel.block_reason(),
                    )
                return texts.log_channel.member_blocked(block)
            case ReportAction.DISMISS:
                return texts.log_channel.dismissed(moderator.id)
            case _:
                assert_never(action)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls, and its menu entry."""
    cog = Reports(bot.services.reports, bot.services.limits)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu())
