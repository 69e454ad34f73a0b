"""What the panel's forms for the log channel, the pause, a tier and a style change."""

from typing import Any

import discord
from discord.ext import commands

from bot.domain.errors import ChangeRejected
from bot.service.member_preferences import MemberPreferences
from bot.service.moderation import ModerationService, Moderator
from bot.ui import form_fields, interaction_context, panel_forms, responses, texts
from bot.ui.error_handler import answered_errors
from cogs.limits._base import Interaction, give_back, saved, show_panel


class PanelForms(commands.Cog):
    """Handles these forms; each one is checked anew."""

    def __init__(self, moderation: ModerationService, preferences: MemberPreferences) -> None:
        self._moderation = moderation
        self._preferences = preferences

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Make the change, and show it in the panel."""
        data: Any = interaction.data or {}
        name = panel_forms.name_of(str(data.get("custom_id")))
        if interaction.type is not discord.InteractionType.modal_submit or name is None:
            return
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            await responses.defer_private(interaction)
            components = data.get("components") or []
            try:
                note = await self._change(moderator, name, components)
            except ChangeRejected as error:
                typed = form_fields.typed(components)
                await give_back(interaction, self._moderation, moderator, error, typed)
                return
            await show_panel(interaction, self._moderation, moderator, note)

    async def _change(self, moderator: Moderator, name: str, components: list[Any]) -> str:
        """Make the change that a form asks for; return what changed."""
        if name == "pause":
            reason = panel_forms.reason(components)
            return texts.changes.paused(await self._moderation.pause(moderator, reason=reason))
        if name == "log":
            channel_id, ping = panel_forms.log_channel(components), panel_forms.ping(components)
            more = {"log_ping": ping} | panel_forms.log_kinds(components)
            changes = await self._moderation.log_to(moderator, channel_id, **more)
            return texts.changes.changed(*changes)
        how = panel_forms.change(name, components)
        before, after = await self._moderation.change(moderator, how)
        if before.styles != after.styles:
            self._preferences.styles_changed(moderator.guild_id)
        return saved(self._moderation, moderator, before, after)
