"""``/imagine``: takes the order. The pictures come by way of ``bot.service.deliver``."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import OUTSIDE, ImagineBot
from bot.domain.order import GUIDANCE, IMAGES, PROMPT_LENGTH, STEPS, STYLE_LENGTH, Order
from bot.domain.styles import all_of
from bot.service.members import Own
from bot.service.orders import Orders, Request
from bot.ui import answers, language, texts


class Imagine(commands.Cog):
    """Takes orders."""

    def __init__(self, orders: Orders, own: Own) -> None:
        self._orders = orders
        self._own = own

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
        await self._take(interaction, options)

    @imagine.autocomplete("style")
    async def styles(
        self, interaction: discord.Interaction[ImagineBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """Offer the styles that there are here."""
        own = await self._own.styles(answers.guild_id(interaction))
        return answers.style_choices(interaction, all_of(own), typed)

    @commands.Cog.listener()
    async def on_again(self, interaction: discord.Interaction[ImagineBot], job_id: str) -> None:
        """Order once more what a job ordered, for whoever pressed."""
        async with answers.explaining(interaction):
            await self._take(interaction, await self._orders.options_of(job_id))

    async def _take(
        self, interaction: discord.Interaction[ImagineBot], options: dict[str, Any]
    ) -> None:
        private = options["private"] is True
        defer = answers.deferral(interaction, private=private)
        await self._orders.take(_request(interaction, options, private=private), defer)


def _request(
    interaction: discord.Interaction[ImagineBot], options: dict[str, Any], *, private: bool
) -> Request:
    return Request(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        guild_id=answers.guild_id(interaction),
        channel_id=interaction.channel_id or 0,
        parent_id=answers.channel_id(interaction),
        age_restricted=answers.age_restricted(interaction),
        member_id=interaction.user.id,
        role_ids=answers.role_ids(interaction.user),
        file_limit=interaction.filesize_limit,
        answers_only=answers.answers_only(interaction),
        language=answers.card_language(interaction, private=private),
        guild_language=language.of(interaction.guild_locale),
        **options,
    )


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service it calls."""
    await bot.add_cog(Imagine(bot.services.orders, bot.services.own))
