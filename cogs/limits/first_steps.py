"""The buttons of the welcome, and the selects of the moderators' first steps."""

from functools import partial
from typing import Any, Final

from discord.ext import commands

from bot.domain.errors import ChangeRejected
from bot.domain.rules import Rules, changed
from bot.service.moderation import ModerationService, Moderator
from bot.ui import (
    first_steps_view,
    interaction_context,
    limits_form,
    panel_forms,
    responses,
    texts,
)
from bot.ui.button_actions import StartAction
from bot.ui.error_handler import answered_errors
from cogs.limits._base import Interaction, overview_here, saved, show_steps

_GROUPS: Final = {StartAction.LIMITS: "members", StartAction.WORDS: "words"}  # of the forms


class FirstSteps(commands.Cog):
    """Handles these buttons and selects; each click is checked anew, and answered in private."""

    def __init__(self, moderation: ModerationService) -> None:
        self._moderation = moderation

    @commands.Cog.listener()
    async def on_start_click(self, interaction: Interaction, action: StartAction) -> None:
        """Show the first steps, or open a form; it is saved without a preview."""
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            if (group := _GROUPS.get(action)) is not None:
                current = await self._moderation.rules(moderator)
                form = limits_form.form(group, current, at_once=True)
                await responses.open_form(interaction, form)
                return
            await responses.defer_private(interaction)
            overview = await overview_here(interaction, self._moderation, moderator)
            check = action is StartAction.CHECK
            note = texts.first_steps.checked(overview) if check else None
            await responses.edit(interaction, first_steps_view.steps(overview, note))

    @commands.Cog.listener()
    async def on_start_pick(self, interaction: Interaction, name: str) -> None:
        """Set the log channel, or the channels for orders."""
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            await responses.defer_private(interaction)
            try:
                before, after = await self._change(interaction, moderator, name)
                note = saved(self._moderation, moderator, before, after)
            except ChangeRejected as error:  # the selects show what holds
                note = texts.changes.rejection(error)
            await show_steps(interaction, self._moderation, moderator, note)

    async def _change(
        self, interaction: Interaction, moderator: Moderator, name: str
    ) -> tuple[Rules, Rules]:
        """Make the change that was chosen in a select; return the rules before and after."""
        select: Any = interaction.data or {}
        if name == "log":
            channel_id = panel_forms.chosen_log_channel(select)
            return await self._moderation.log_to(moderator, channel_id)
        how = partial(changed, **limits_form.order_channels(select))
        return await self._moderation.change(moderator, how)
