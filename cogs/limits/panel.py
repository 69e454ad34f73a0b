"""The buttons and forms of the moderators' panel."""

from collections.abc import Mapping
from functools import partial
from typing import Any, assert_never

import discord
from discord.ext import commands

from bot.domain.errors import ChangeRejected
from bot.domain.rules import Rules, changed, without_deleted
from bot.service.moderation import ModerationService, Moderator
from bot.ui import (
    form_fields,
    guild_cache,
    interaction_context,
    limits_form,
    limits_view,
    mentions,
    panel_forms,
    responses,
    texts,
)
from bot.ui.button_actions import LimitsAction
from bot.ui.error_handler import answered_errors
from bot.ui.interaction_payload import UnknownComponent
from cogs.limits._base import Interaction, give_back, saved, show_panel, show_steps


class LimitsPanel(commands.Cog):
    """Handles the panel's buttons and forms; each click is checked anew."""

    def __init__(self, moderation: ModerationService) -> None:
        self._moderation = moderation

    @commands.Cog.listener()
    async def on_limits_click(
        self, interaction: Interaction, action: LimitsAction, subject: str
    ) -> None:
        """Open the form of a group, or save or drop a draft."""
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            match action:
                case LimitsAction.EDIT:
                    await self._open_form(interaction, moderator, subject)
                case LimitsAction.SAVE:
                    await responses.defer_edit(interaction)
                    changes = await self._moderation.save(moderator, subject)
                    note = saved(self._moderation, moderator, *changes)
                    await self._show_panel(interaction, moderator, note)
                case LimitsAction.FORGET:
                    await responses.defer_edit(interaction)
                    changes = await self._forget_deleted(interaction, moderator)
                    await self._show_panel(interaction, moderator, texts.changes.changed(*changes))
                case LimitsAction.DROP:
                    await responses.defer_edit(interaction)
                    await self._show_panel(interaction, moderator, texts.changes.discarded())
                case LimitsAction.FORM:
                    await self._open_other(interaction, moderator, subject)
                case LimitsAction.AGAIN:
                    await self._open_again(interaction, moderator, subject)
                case LimitsAction.RESUME:
                    await responses.defer_edit(interaction)
                    was_paused, tries = await self._moderation.resume(moderator)
                    note = texts.changes.resumed(was_paused=was_paused, tries=tries)
                    await self._show_panel(interaction, moderator, note)
                case LimitsAction.SHOW:
                    await responses.defer_edit(interaction)
                    await self._show_panel(interaction, moderator)
                case _:
                    assert_never(action)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Show what a submitted form would change; one of the first steps changes it."""
        data: Any = interaction.data or {}
        custom_id = str(data.get("custom_id"))
        group = limits_form.group_of(custom_id)
        if interaction.type is not discord.InteractionType.modal_submit or group is None:
            return
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            at_once = limits_form.saves_at_once(custom_id)
            await responses.defer_private(interaction)
            components = data.get("components") or []
            typed = form_fields.typed(components)
            for field in form_fields.fields(components):
                text = field.get("value")
                if field.get("custom_id") in limits_form.LISTS and isinstance(text, str):
                    # compared with prompts, in which mentions have names too
                    field["value"] = await mentions.named(interaction, text)
            try:
                changes = limits_form.read(group, components)
                if at_once:
                    how = partial(changed, **changes)
                    both = await self._moderation.change(moderator, how)
                    note = saved(self._moderation, moderator, *both)
                    await show_steps(interaction, self._moderation, moderator, note)
                    return
                draft = await self._moderation.draft(moderator, changes)
            except ChangeRejected as error:
                await give_back(interaction, self._moderation, moderator, error, typed)
                return
            if draft.before == draft.after:
                await self._show_panel(interaction, moderator, texts.changes.no_difference())
            else:
                ineffective = self._moderation.ineffective(moderator, draft.before, draft.after)
                view = limits_view.preview(draft.id, draft.before, draft.after, ineffective)
                await responses.edit(interaction, view)

    async def _open_form(
        self,
        interaction: Interaction,
        moderator: Moderator,
        group: str,
        typed: Mapping[str, Any] | None = None,
        *,
        at_once: bool = False,
    ) -> None:
        if group not in limits_form.GROUPS:
            raise UnknownComponent(group)
        current = await self._moderation.rules(moderator)
        if group == "channels":
            await guild_cache.ask(interaction.client.http, current.channels)
        form = limits_form.form(group, current, typed, at_once=at_once)
        await responses.open_form(interaction, form)

    async def _open_other(
        self,
        interaction: Interaction,
        moderator: Moderator,
        name: str,
        typed: Mapping[str, Any] | None = None,
    ) -> None:
        if name not in panel_forms.NAMES:
            raise UnknownComponent(name)
        current = await self._moderation.rules(moderator)
        if name == "log":
            await guild_cache.ask(interaction.client.http, [current.log_channel])
        await responses.open_form(interaction, panel_forms.form(name, current, typed))

    async def _open_again(
        self, interaction: Interaction, moderator: Moderator, form_id: str
    ) -> None:
        """Open a form that had faults, with what was typed in it."""
        custom_id, typed = await self._moderation.kept_form(moderator, form_id)
        if (group := limits_form.group_of(custom_id)) is not None:
            at_once = limits_form.saves_at_once(custom_id)
            await self._open_form(interaction, moderator, group, typed, at_once=at_once)
        else:
            name = panel_forms.name_of(custom_id) or ""
            await self._open_other(interaction, moderator, name, typed)

    async def _forget_deleted(
        self, interaction: Interaction, moderator: Moderator
    ) -> tuple[Rules, Rules]:
        """Remove what was deleted in Discord; return the rules before and after."""
        current = await self._moderation.rules(moderator)
        await guild_cache.ask(interaction.client.http, current.channels)
        gone = guild_cache.deleted_of(current)
        return await self._moderation.change(
            moderator, partial(without_deleted, roles=gone.roles, channels=gone.channels)
        )

    async def _show_panel(
        self, interaction: Interaction, moderator: Moderator, note: str | None = None
    ) -> None:
        await show_panel(interaction, self._moderation, moderator, note)
