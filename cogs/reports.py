"""Reports: members tell moderators of a picture, and moderators decide under it in their log."""

import asyncio
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.app_commands import AppCommandContext, AppInstallationType
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.job import Job
from bot.service.errors import OrderNotFound
from bot.service.moderation import ModerationService, Moderator
from bot.service.order_actions import OrderActions
from bot.ui import answers, language, message_reader, report_view, texts
from bot.ui.report_view import ReportAction, ReportButton, ReportState

Interaction = discord.Interaction[ImagineBot]


class Reports(commands.Cog):
    """Takes reports, and what moderators press under them."""

    def __init__(self, actions: OrderActions, limits: ModerationService) -> None:
        self._actions = actions
        self._limits = limits
        self._turns = WeakValueDictionary[int, asyncio.Lock]()  # by the report's message

    def menu(self) -> app_commands.ContextMenu:
        """Return the entry in the menu of messages."""
        return app_commands.ContextMenu(
            name=texts.commands.REPORT_IMAGE,
            callback=self.report_image,
            allowed_contexts=AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=AppInstallationType(guild=True, user=False),
        )

    async def report_image(self, interaction: Interaction, message: discord.Message) -> None:
        """Report the pictures in a message of ours."""
        job_id = message_reader.job_id(message, interaction.client.user)
        if job_id is None or not message.attachments:
            await answers.privately(interaction, texts.presses.no_picture())
        else:
            await self._report(interaction, job_id, message)

    @commands.Cog.listener()
    async def on_order_report(self, interaction: Interaction, job_id: str) -> None:
        """Report the pictures that the pressed button is under."""
        async with answers.explaining(interaction):
            await self._report(interaction, job_id, interaction.message)

    @commands.Cog.listener()
    async def on_report_press(self, interaction: Interaction, press: ReportButton) -> None:
        """Do what a moderator pressed, one after the other, and have the report say so."""
        async with answers.explaining(interaction):
            by = answers.moderator(interaction)
            await answers.hold(interaction)
            place = interaction.message.id if interaction.message else 0
            async with self._turns.setdefault(place, asyncio.Lock()):
                said = report_view.read(await answers.stands(interaction))
                if press.deed is ReportAction.DISMISS and said.done:
                    await answers.privately(interaction, texts.presses.settled())
                    return
                with language.speaking(by.language):
                    view = await self._decided(said, press, by)
                await answers.change(interaction, view)

    async def _report(
        self, interaction: Interaction, job_id: str, message: discord.Message | None
    ) -> None:
        await answers.deferral(interaction, private=True)()
        spoken = language.of(interaction.guild_locale)
        seen = answers.seen(message)
        await self._actions.report(job_id, answers.person(interaction), language=spoken, seen=seen)
        await answers.privately(interaction, texts.presses.reported())

    async def _decided(
        self, said: ReportState, press: ReportButton, by: Moderator
    ) -> discord.ui.LayoutView:
        """Do it, and return the report as it stands then, in the language that is spoken."""
        try:
            job = await self._actions.reported(press.job_id, by)
            words = await self._done(press.deed, job, by)
        except OrderNotFound:
            return report_view.view(
                said.with_done(ReportAction.FORGOTTEN, texts.notices.forgotten()), []
            )
        said = said.with_done(press.deed, words)
        job = await self._actions.reported(press.job_id, by)
        blocked = await self._limits.blocked(by, job.member_id) is not None
        presses = report_view.left(said, press, deleted=job.deleted_at is not None, blocked=blocked)
        return report_view.view(said, presses)

    async def _done(self, deed: ReportAction, job: Job, by: Moderator) -> str:
        """Do it unless it is done already, and return the words for it."""
        match deed:
            case ReportAction.DELETE if job.deleted_at is not None:
                return texts.notices.deleted_before()
            case ReportAction.DELETE:
                await self._actions.take_away(job.id, by)
                return texts.notices.deleted(by.id)
            case ReportAction.BLOCK:
                block = await self._limits.blocked(by, job.member_id)
                if block is None:
                    reason = texts.notices.block_reason()
                    block = await self._limits.block(by, job.member_id, hours=None, reason=reason)
                return texts.notices.member_blocked(block)
            case _dismiss:
                return texts.notices.dismissed(by.id)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services it calls, and its menu."""
    cog = Reports(bot.services.actions, bot.services.limits)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu())
