"""*Imagine this* in the menu of a message: its words become a prompt to look over and order."""

import discord
from discord import app_commands
from discord.app_commands import AppCommandContext, AppInstallationType
from discord.ext import commands

from bot.client import OUTSIDE, ImagineBot
from bot.domain.styles import all_of
from bot.service.intake import OrderIntake
from bot.service.member_account import MemberAccount
from bot.ui import answers, language, message_reader, order_form, texts

Interaction = discord.Interaction[ImagineBot]


class MessageMenus(commands.Cog):
    """Opens the order's form. What is sent with it is taken as the form of a button is."""

    def __init__(self, orders: OrderIntake, account: MemberAccount) -> None:
        self._orders = orders
        self._account = account

    def menu(self) -> app_commands.ContextMenu:
        """Return the entry in the menu of messages."""
        return app_commands.ContextMenu(
            name=texts.commands.IMAGINE_THIS,
            callback=self.imagine_this,
            allowed_contexts=AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=AppInstallationType(guild=True, user=False),
            extras=OUTSIDE,
        )

    async def imagine_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Open the form with the message's words; with the whole order, where it is one of ours."""
        job_id = message_reader.job_id(message, interaction.client.user)
        if job_id is not None:
            options = await self._orders.options_of(job_id, interaction.user.id)
        else:
            options = order_form.empty(message_reader.text(message))
        if not options["prompt"]:
            await answers.privately(interaction, texts.presses.no_text())
            return
        own = await self._account.styles(answers.guild_id(interaction))
        form = order_form.form(options, all_of(own), language.of(interaction.locale))
        await answers.ask(interaction, form)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services it calls, and its menu."""
    cog = MessageMenus(bot.services.orders, bot.services.account)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu())
