"""The buttons on cards: each click is checked anew, however old the card is."""

from dataclasses import replace
from typing import Any

import discord
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.order import OrderOptions
from bot.service.errors import NotOwnForm
from bot.service.intake import OrderIntake
from bot.service.member_account import MemberAccount
from bot.service.order_actions import OrderActions
from bot.ui import interaction_context, order_form, responses, texts
from bot.ui.error_handler import answered_errors
from cogs._ordering import Interaction, open_order_form, place_order


class OrderButtons(commands.Cog):
    """Handles the buttons, and the form that one of them opens."""

    def __init__(self, intake: OrderIntake, actions: OrderActions, account: MemberAccount) -> None:
        self._intake = intake
        self._actions = actions
        self._account = account

    @commands.Cog.listener()
    async def on_order_again(self, interaction: Interaction, job_id: str) -> None:
        """Place the same order again, for the member who clicked."""
        async with answered_errors(interaction):
            job = await self._intake.job_to_repeat(job_id, interaction.user.id)
            options = OrderOptions.of(job.order, private=job.reply.private)
            await place_order(interaction, self._intake, options)

    @commands.Cog.listener()
    async def on_order_edit(self, interaction: Interaction, job_id: str) -> None:
        """Open the form with a job's order."""
        async with answered_errors(interaction):
            job = await self._intake.job_to_repeat(job_id, interaction.user.id)
            options = OrderOptions.of(job.order, private=job.reply.private)
            await open_order_form(interaction, self._account, options)

    @commands.Cog.listener()
    async def on_order_form(
        self, interaction: Interaction, member_id: int, options: OrderOptions
    ) -> None:
        """Open the form with *options* and the prompt that the message shows."""
        async with answered_errors(interaction):
            if interaction.user.id != member_id:
                raise NotOwnForm
            message = interaction.message
            prompt = texts.refusals.prompt_of(message.content) if message else ""
            await open_order_form(interaction, self._account, replace(options, prompt=prompt))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Place the order of a submitted form."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Any = interaction.data or {}
        options = order_form.read(str(data.get("custom_id")), data.get("components") or [])
        if options is not None:
            async with answered_errors(interaction):
                await place_order(interaction, self._intake, options)

    @commands.Cog.listener()
    async def on_order_cancel(self, interaction: Interaction, job_id: str) -> None:
        """Cancel or hide an order."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            job = await self._actions.cancel(job_id, interaction_context.person(interaction))
            text = texts.order_buttons.cancelled(job, interaction.user.id)
            await responses.send_private(interaction, text)

    @commands.Cog.listener()
    async def on_order_delete(self, interaction: Interaction, job_id: str) -> None:
        """Delete pictures, with the message whose button was clicked."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            message_id = interaction.message.id if interaction.message else None
            person = interaction_context.person(interaction)
            await self._actions.delete(job_id, person, pressed=message_id)
            await responses.delete_original(interaction)
            await responses.send_private(interaction, texts.order_buttons.deleted())

    @commands.Cog.listener()
    async def on_order_post(self, interaction: Interaction, job_id: str) -> None:
        """Post a private order's pictures in the channel where the button was clicked."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            person = interaction_context.person(interaction)
            request = interaction_context.admission_request(interaction)
            channel_id = interaction.channel_id or 0
            async with self._actions.posting(
                job_id, person, request, channel_id=channel_id
            ) as posting:
                posting.message_id = await responses.post_pictures(
                    interaction, posting.job, posting.pictures, language=posting.language
                )
            await responses.delete_original(interaction)
            await responses.send_private(interaction, texts.order_buttons.posted())


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls."""
    services = bot.services
    await bot.add_cog(OrderButtons(services.orders, services.actions, services.account))
