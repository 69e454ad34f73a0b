"""*Imagine this* in the menu of a message: its words become a prompt to look over and order."""

import discord
from discord import app_commands
from discord.app_commands import AppCommandContext, AppInstallationType
from discord.ext import commands

from bot.client import OUTSIDE, ImagineBot
from bot.domain.styles import all_of
from bot.service.members import Own
from bot.service.orders import Orders
from bot.ui import answers, forms, language, messages, texts

Interaction = discord.Interaction[ImagineBot]


class Menus(commands.Cog):
    """Opens the order's form. What is sent with it is taken as the form of a button is."""

    def __init__(self, orders: Orders, own: Own) -> None:
        self._orders = orders
        self._own = own

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
        job_id = messages.job_id(message, interaction.client.user)
        if job_id is not None:
            options = await self._orders.options_of(job_id, interaction.user.id)
        else:
            options = forms.empty(messages.text(message))
        if not options["prompt"]:
            await answers.privately(interaction, texts.presses.no_text())
            return
        own = await self._own.styles(answers.guild_id(interaction))
        form = forms.form(options, all_of(own), language.of(interaction.locale))
        await answers.ask(interaction, form)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services it calls, and its menu."""
    cog = Menus(bot.services.orders, bot.services.own)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu())
