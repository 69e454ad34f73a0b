"""``/imagine``: takes the order. The pictures come by way of ``bot.service.delivery``."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import OUTSIDE, ImagineBot
from bot.domain.order import GUIDANCE, IMAGES, PROMPT_LENGTH, STEPS, STYLE_LENGTH, Order
from bot.domain.styles import all_of
from bot.service.intake import OrderIntake
from bot.service.member_account import MemberAccount
from bot.ui import answers, texts


class Imagine(commands.Cog):
    """Takes orders."""

    def __init__(self, orders: OrderIntake, account: MemberAccount) -> None:
        self._orders = orders
        self._account = account

    @app_commands.command(description=texts.commands.IMAGINE, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(**texts.commands.IMAGINE_OPTIONS)
    async def imagine(
        self,
        interaction: discord.Interaction[ImagineBot],
        prompt: app_commands.Range[str, PROMPT_LENGTH.low, PROMPT_LENGTH.high],
        images: app_commands.Range[int, IMAGES.low, IMAGES.high] = Order.images,
        guidance: app_commands.Range[float, GUIDANCE.low, GUIDANCE.high] = Order.guidance,
        steps: app_commands.Range[int, STEPS.low, STEPS.high] = Order.steps,
        enhance: bool = Order.enhance,  # noqa: FBT001 - how Discord's options are declared
        style: app_commands.Range[str, STYLE_LENGTH.low, STYLE_LENGTH.high] | None = None,
        private: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> None:
        """Record the order and follow it in one reply."""
        options = {
            "prompt": prompt,
            "images": images,
            "guidance": guidance,
            "steps": steps,
            "enhance": enhance,
            "style": style,
            "private": private,
        }
        await answers.take(interaction, self._orders, options)

    @imagine.autocomplete("style")
    async def styles(
        self, interaction: discord.Interaction[ImagineBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """Offer the styles that there are here."""
        own = await self._account.styles(answers.guild_id(interaction))
        return answers.style_choices(interaction, all_of(own), typed)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service it calls."""
    await bot.add_cog(Imagine(bot.services.orders, bot.services.account))
