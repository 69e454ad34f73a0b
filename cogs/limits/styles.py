"""``/limits styles``: the styles of one server."""

from discord import app_commands

from bot.domain import rules
from bot.domain.styles import LONGEST_NAME, LONGEST_WORDS
from bot.service.errors import NotAModerator
from bot.ui import interaction_context, layout, responses, texts
from cogs.limits._base import Interaction, LimitsCommands, begin

StyleName = app_commands.Range[str, 1, LONGEST_NAME]
StyleWords = app_commands.Range[str, 1, LONGEST_WORDS]


class StyleCommands(LimitsCommands):
    """Adds, removes and lists the server's own styles."""

    styles_group = app_commands.Group(name="styles", description=texts.commands.STYLES)

    @styles_group.command(name="add", description=texts.commands.STYLES_ADD)
    @app_commands.describe(name=texts.commands.STYLE_NAME, words=texts.commands.STYLE_WORDS)
    async def styles_add(
        self, interaction: Interaction, name: StyleName, words: StyleWords
    ) -> None:
        """Add a style, or change its words."""
        await self._change(interaction, lambda before: rules.with_style(before, name, words))

    @styles_group.command(name="remove", description=texts.commands.STYLES_REMOVE)
    @app_commands.describe(name=texts.commands.STYLE)
    async def styles_remove(self, interaction: Interaction, name: StyleName) -> None:
        """Remove a style."""
        await self._change(interaction, lambda before: rules.without_style(before, name))

    @styles_remove.autocomplete("name")
    async def own_styles(
        self, interaction: Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Offer the server's own styles."""
        try:
            moderator = interaction_context.moderator(interaction)
        except NotAModerator:
            return []
        own = await self._preferences.server_styles(moderator.guild_id)
        return responses.style_choices(interaction, own, typed)

    @styles_group.command(name="list", description=texts.commands.STYLES_LIST)
    async def styles_list(self, interaction: Interaction) -> None:
        """List the server's styles and those of every server."""
        moderator = await begin(interaction)
        current = await self._moderation.rules(moderator)
        view = layout.text_view(texts.explanations.styles_listed(current))
        await responses.show(interaction, view)
