"""``/limits``: moderators set what their server may order, and see why orders are refused."""

from bot.client import ImagineBot
from cogs.limits._cog import Limits
from cogs.limits.blocks import Blocks
from cogs.limits.deletions import Deletions
from cogs.limits.first_steps import FirstSteps
from cogs.limits.panel import LimitsPanel
from cogs.limits.panel_forms import PanelForms
from cogs.limits.usage import UsageButtons


async def setup(bot: ImagineBot) -> None:
    """Add the commands and their panel, with the services that they call."""
    moderation, preferences = bot.services.limits, bot.services.preferences
    blocking, figures = bot.services.blocks, bot.services.figures
    await bot.add_cog(Limits(moderation, preferences, blocking, figures))
    await bot.add_cog(UsageButtons(figures))
    await bot.add_cog(LimitsPanel(moderation))
    await bot.add_cog(FirstSteps(moderation))
    await bot.add_cog(PanelForms(moderation, preferences))
    blocks = Blocks(moderation, blocking)
    await bot.add_cog(blocks)
    bot.tree.add_command(blocks.menu())
    await bot.add_cog(Deletions(bot, moderation))
