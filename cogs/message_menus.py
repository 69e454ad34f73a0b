"""*Imagine this* in a message's menu: the message's text becomes a prompt to edit and order."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.command_registration import OUTSIDE
from bot.domain.order import OrderOptions
from bot.service.intake import OrderIntake
from bot.service.member_preferences import MemberPreferences
from bot.ui import mentions, message_reader, responses, texts
from cogs._ordering import Interaction, open_order_form


class MessageMenus(commands.Cog):
    """Opens the order's form; ``cogs.order_buttons`` handles what is submitted with it."""

    def __init__(self, intake: OrderIntake, preferences: MemberPreferences) -> None:
        self._intake = intake
        self._preferences = preferences

    def menu(self) -> app_commands.ContextMenu:
        """Return the entry for the menu of messages."""
        return app_commands.ContextMenu(
            name=texts.commands.IMAGINE_THIS, callback=self.imagine_this, extras=OUTSIDE
        )

    async def imagine_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Open the form with the message's text, or with the order of one of the bot's cards."""
        job_id = message_reader.job_id(message, interaction.client.user)
        if job_id is not None:
            job = await self._intake.job_to_repeat(job_id, interaction.user.id)
            options = OrderOptions.of(job.order, private=job.reply.private)
        elif message_reader.is_own(message, interaction.client.user):
            await responses.send_private(interaction, texts.order_buttons.own_message())
            return
        else:
            text = message_reader.text(message)
            text = await mentions.named(interaction, text, known=message.mentions)
            options = OrderOptions(prompt=text)
        if not options.prompt:
            await responses.send_private(interaction, texts.order_buttons.no_text())
            return
        await open_order_form(interaction, self._preferences, options)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls, and its menu entry."""
    cog = MessageMenus(bot.services.orders, bot.services.preferences)
    await bot.add_cog(cog)
    bot.tree.add_command(cog.menu())
