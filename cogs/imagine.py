"""``/imagine``: places an order. ``bot.service.delivery`` brings its pictures."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.command_registration import OUTSIDE
from bot.domain.order import (
    GUIDANCE,
    IMAGES,
    PROMPT_LENGTH,
    STEPS,
    STYLE_LENGTH,
    OrderOptions,
)
from bot.domain.styles import all_of
from bot.service.intake import OrderIntake
from bot.service.member_preferences import MemberPreferences
from bot.ui import interaction_context, responses, texts
from cogs._ordering import place_order


class Imagine(commands.Cog):
    """The command ``/imagine``."""

    def __init__(self, intake: OrderIntake, preferences: MemberPreferences) -> None:
        self._intake = intake
        self._preferences = preferences

    @app_commands.command(description=texts.commands.IMAGINE, extras=OUTSIDE)
    @app_commands.describe(**texts.commands.IMAGINE_OPTIONS)
    async def imagine(
        self,
        interaction: discord.Interaction[ImagineBot],
        prompt: app_commands.Range[str, PROMPT_LENGTH.low, PROMPT_LENGTH.high],
        images: app_commands.Range[int, IMAGES.low, IMAGES.high] | None = None,
        guidance: app_commands.Range[float, GUIDANCE.low, GUIDANCE.high] | None = None,
        steps: app_commands.Range[int, STEPS.low, STEPS.high] | None = None,
        enhance: bool | None = None,  # noqa: FBT001 - how Discord's options are declared
        style: app_commands.Range[str, STYLE_LENGTH.low, STYLE_LENGTH.high] | None = None,
        private: bool | None = None,  # noqa: FBT001 - the same
        spoiler: bool | None = None,  # noqa: FBT001 - the same
    ) -> None:
        """Place the order; one answer shows its progress and its pictures."""
        options = OrderOptions(
            prompt=prompt,
            images=images,
            guidance=guidance,
            steps=steps,
            enhance=enhance,
            style=style,
            private=private,
            spoiler=spoiler,
        )
        await place_order(interaction, self._intake, options)

    @imagine.autocomplete("style")
    async def style_choices(
        self, interaction: discord.Interaction[ImagineBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """Offer the styles of this place."""
        guild_id, member_id = interaction_context.guild_id(interaction), interaction.user.id
        offered = await self._preferences.offered(guild_id, member_id)
        has_default = offered.defaults.style is not None
        return responses.style_choices(interaction, all_of(offered.styles), typed, none=has_default)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls."""
    await bot.add_cog(Imagine(bot.services.orders, bot.services.preferences))
