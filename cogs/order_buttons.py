"""The buttons on cards: each press is weighed anew, whoever presses, whenever."""

from typing import Any

import discord
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.admission import AdmissionRequest
from bot.domain.order import Order
from bot.domain.styles import all_of
from bot.service.intake import OrderIntake
from bot.service.member_account import MemberAccount
from bot.service.order_actions import OrderActions
from bot.ui import answers, language, order_form, texts

Interaction = discord.Interaction[ImagineBot]


class OrderButtons(commands.Cog):
    """Takes presses, and the form that one of them opens."""

    def __init__(self, orders: OrderIntake, actions: OrderActions, account: MemberAccount) -> None:
        self._orders = orders
        self._actions = actions
        self._account = account

    @commands.Cog.listener()
    async def on_order_again(self, interaction: Interaction, job_id: str) -> None:
        """Order once more what a job ordered, for whoever pressed."""
        async with answers.explaining(interaction):
            options = await self._orders.options_of(job_id, interaction.user.id)
            await answers.take(interaction, self._orders, options)

    @commands.Cog.listener()
    async def on_order_edit(self, interaction: Interaction, job_id: str) -> None:
        """Open the form with what a job ordered."""
        async with answers.explaining(interaction):
            options = await self._orders.options_of(job_id, interaction.user.id)
            own = await self._account.styles(answers.guild_id(interaction))
            form = order_form.form(options, all_of(own), language.of(interaction.locale))
            await answers.ask(interaction, form)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Order what a sent form says."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Any = interaction.data or {}
        options = order_form.read(str(data.get("custom_id")), data.get("components") or [])
        if options is not None:
            async with answers.explaining(interaction):
                await answers.take(interaction, self._orders, options)

    @commands.Cog.listener()
    async def on_order_cancel(self, interaction: Interaction, job_id: str) -> None:
        """Cancel or hide an order."""
        async with answers.explaining(interaction):
            await answers.hold(interaction)
            job = await self._actions.cancel(job_id, answers.person(interaction))
            await answers.privately(interaction, texts.presses.cancelled(job, interaction.user.id))

    @commands.Cog.listener()
    async def on_order_delete(self, interaction: Interaction, job_id: str) -> None:
        """Delete pictures, with the message that was pressed on."""
        async with answers.explaining(interaction):
            await answers.hold(interaction)
            pressed = interaction.message.id if interaction.message else None
            person = answers.person(interaction)
            await self._actions.delete(job_id, person, pressed=pressed)
            await answers.remove(interaction)
            await answers.privately(interaction, texts.presses.deleted())

    @commands.Cog.listener()
    async def on_order_post(self, interaction: Interaction, job_id: str) -> None:
        """Post a private order's pictures where the button was pressed."""
        async with answers.explaining(interaction):
            await answers.hold(interaction)
            ask = AdmissionRequest(
                order=Order(prompt=""),  # it is the job's that is weighed
                guild_id=answers.guild_id(interaction),
                channel_id=answers.channel_id(interaction),
                role_ids=answers.role_ids(interaction.user),
                age_restricted=answers.age_restricted(interaction),
            )
            await self._actions.post(
                job_id,
                answers.person(interaction),
                ask,
                answers.publishing(interaction),
                place=interaction.channel_id or 0,
            )
            await answers.remove(interaction)
            await answers.privately(interaction, texts.presses.posted())


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services it calls."""
    services = bot.services
    await bot.add_cog(OrderButtons(services.orders, services.actions, services.account))
