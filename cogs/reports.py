"""Reports: members report pictures, and moderators act on them in their log channel."""

import asyncio
from typing import Any, Final
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.deeds import DeedKind
from bot.domain.log_entries import Reported
from bot.service.blocking import BlockService
from bot.service.errors import OrderNotFound
from bot.service.moderation import Moderator
from bot.service.port_errors import DiscordError
from bot.service.reported_pictures import ReportedPictures
from bot.service.reports import ReportService, Seen
from bot.ui import (
    interaction_context,
    language,
    message_reader,
    order_buttons,
    report_form,
    report_view,
    responses,
    texts,
)
from bot.ui.button_actions import ReportAction
from bot.ui.error_handler import answered_errors
from bot.ui.report_view import ReportButton

Interaction = discord.Interaction[ImagineBot]

_HOURS: Final = {ReportAction.BLOCK_DAY: 24, ReportAction.BLOCK_WEEK: 7 * 24}


class Reports(commands.Cog):
    """Takes reports, and handles the buttons under them."""

    def __init__(
        self, reports: ReportService, pictures: ReportedPictures, blocks: BlockService
    ) -> None:
        self._reports = reports
        self._pictures = pictures
        self._blocks = blocks
        self._locks = WeakValueDictionary[str, asyncio.Lock]()  # by the order

    def menu(self) -> app_commands.ContextMenu:
        """Return the entry for the menu of messages."""
        return app_commands.ContextMenu(
            name=texts.commands.REPORT_IMAGE, callback=self.report_image
        )

    async def report_image(self, interaction: Interaction, message: discord.Message) -> None:
        """Open the form to report the pictures in one of the bot's messages."""
        job_id = message_reader.job_id(message, interaction.client.user)
        if job_id is None or not message.attachments:
            await responses.send_private(interaction, texts.order_buttons.no_picture())
        else:
            await self._open_form(interaction, job_id, message)

    @commands.Cog.listener()
    async def on_order_report(self, interaction: Interaction, job_id: str) -> None:
        """Open the form to report the pictures above the clicked button."""
        async with answered_errors(interaction):
            await self._open_form(interaction, job_id, interaction.message)

    async def _open_form(
        self, interaction: Interaction, job_id: str, message: discord.Message | None
    ) -> None:
        await self._reports.check(job_id, interaction_context.person(interaction))
        form = report_form.form(job_id, interaction_context.seen(message))
        await responses.open_form(interaction, form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Make the report of a submitted form."""
        data: Any = interaction.data or {}
        subject = report_form.subject(str(data.get("custom_id")))
        if interaction.type is not discord.InteractionType.modal_submit or subject is None:
            return
        async with answered_errors(interaction):
            statement = report_form.read(data.get("components") or [])
            await responses.defer(interaction, private=True)
            await self._reports.report(
                subject.job_id,
                interaction_context.person(interaction),
                statement,
                language=interaction_context.server_language(interaction),
                seen=await _checked(interaction, subject),
            )
            await responses.send_private(interaction, texts.order_buttons.reported())

    @commands.Cog.listener()
    async def on_report_click(self, interaction: Interaction, clicked: ReportButton) -> None:
        """Do what a moderator clicked; the entry is drawn anew from what is on record then."""
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            await responses.defer_edit(interaction)
            async with self._locks.setdefault(clicked.job_id, asyncio.Lock()):
                await self._act(interaction, clicked, moderator)

    async def _act(
        self, interaction: Interaction, clicked: ReportButton, moderator: Moderator
    ) -> None:
        try:
            job = await self._reports.reported_job(clicked.job_id, moderator)
        except OrderNotFound:
            await self._reports.redraw(clicked.job_id)
            raise
        entry = await self._reports.entry(job, reporter_id=clicked.reporter_id)
        if not await self._carry_out(interaction, clicked.action, entry, moderator):
            await self._reports.redraw(job.id)
            await responses.send_private(interaction, texts.order_buttons.settled())
        message = interaction.message
        if message and not message.flags.ephemeral and message.id != entry.message_id:
            # An entry of which no record is left, or a second one, after a crash.
            job = await self._reports.reported_job(job.id, moderator)
            entry = await self._reports.entry(job, reporter_id=clicked.reporter_id)
            with language.speaking(entry.language or moderator.language):
                await responses.edit(interaction, report_view.report_view(entry))

    async def _carry_out(
        self, interaction: Interaction, action: ReportAction, report: Reported, by: Moderator
    ) -> bool:
        """Carry out *action*; ``False``: that was done already."""
        assert report.job is not None
        match action:
            case ReportAction.BLOCK_DAY | ReportAction.BLOCK_WEEK | ReportAction.BLOCK:
                if report.blocked:
                    return False
                await self._block(interaction, report, by, _HOURS.get(action))
            case ReportAction.UNBLOCK:
                job = report.job
                return await self._blocks.unblock(by, job.member_id, job_id=job.id)
            case ReportAction.DISMISS | ReportAction.REOPEN:
                done = report.dismissed if action is ReportAction.DISMISS else not report.dismissed
                if done or (action is ReportAction.DISMISS and report.settled):
                    return False
                await self._reports.decide(report, by, DeedKind(action))
            case _:
                return await self._change_pictures(interaction, action, report, by)
        return True

    async def _change_pictures(
        self, interaction: Interaction, action: ReportAction, report: Reported, by: Moderator
    ) -> bool:
        job = report.job
        assert job is not None
        match action:
            case ReportAction.DELETE if job.reply.deleted_at is None:
                undo_until = await self._pictures.undo_until(job)
                await responses.show(interaction, report_view.question(report, job, undo_until))
            case ReportAction.DELETE_NOW:
                await self._pictures.remove(job.id, by)
                await responses.conclude(interaction, texts.reports.deleted())
            case ReportAction.RESTORE if report.restorable:
                await self._pictures.restore(job.id, by)
            case ReportAction.SPOILER if not job.reply.spoiler:
                await self._pictures.cover(job.id, by, spoiler=True)
            case ReportAction.UNSPOILER if job.reply.spoiler:
                await self._pictures.cover(job.id, by, spoiler=False)
            case _:
                return False
        return True

    async def _block(
        self, interaction: Interaction, report: Reported, by: Moderator, hours: int | None
    ) -> None:
        assert report.job is not None
        with language.speaking(report.language or by.language):
            reason = texts.reports.block_reason()
        target = await interaction_context.fetch_block_target(interaction, report.member_id)
        await self._blocks.block(by, target, hours=hours, reason=reason, job_id=report.job.id)


async def _checked(interaction: Interaction, subject: report_form.Subject) -> Seen | None:
    """Return where the pictures were seen, if Discord says so: a form's id is the client's."""
    if (message := interaction.message) is not None:
        is_about = order_buttons.shows_pictures(message.components, subject.job_id)
        return interaction_context.seen(message) if is_about else None
    if subject.seen is None:
        return None
    try:
        client = interaction.client
        is_there = await message_reader.shows_pictures(client, subject.seen, subject.job_id)
    except DiscordError:
        return None
    return subject.seen if is_there else None


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls, and its menu entry."""
    services = bot.services
    cog = Reports(services.reports, services.reported, services.blocks)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu())
