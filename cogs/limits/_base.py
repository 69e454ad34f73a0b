"""What the parts of ``/limits`` share."""

from collections.abc import Callable, Mapping
from typing import Any

import discord
from discord import AppCommandOptionType, app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.errors import ChangeRejected
from bot.domain.rules import Rules
from bot.service.blocking import BlockService
from bot.service.member_preferences import MemberPreferences
from bot.service.moderation import ModerationService, Moderator, Overview
from bot.service.server_figures import ServerFiguresService
from bot.ui import (
    first_steps_view,
    guild_cache,
    interaction_context,
    limits_view,
    responses,
    texts,
)

Interaction = discord.Interaction[ImagineBot]


async def begin(interaction: Interaction) -> Moderator:
    """Check that a moderator asks, and defer the answer."""
    moderator = interaction_context.moderator(interaction)
    await responses.defer(interaction, private=True)
    return moderator


async def show_panel(
    interaction: Interaction, moderation: ModerationService, moderator: Moderator, note: str | None
) -> None:
    """Replace the message with the clicked button by the panel."""
    overview = await overview_here(interaction, moderation, moderator)
    await responses.edit(interaction, limits_view.panel(overview, note))


async def show_steps(
    interaction: Interaction, moderation: ModerationService, moderator: Moderator, note: str
) -> None:
    """Show the first steps, with the result of the last one."""
    overview = await overview_here(interaction, moderation, moderator)
    await responses.edit(interaction, first_steps_view.steps(overview, note))


def saved(moderation: ModerationService, moderator: Moderator, before: Rules, after: Rules) -> str:
    """Return what a change did, and what of it has no effect."""
    ineffective = moderation.ineffective(moderator, before, after)
    return texts.changes.changed(before, after, ineffective)


async def overview_here(
    interaction: Interaction, moderation: ModerationService, moderator: Moderator
) -> Overview:
    """Return the server's limits, once it is known which of their channels are deleted."""
    overview = await moderation.overview(moderator)
    await guild_cache.ask(interaction.client.http, overview.rules.chosen_channels)
    return overview


async def give_back(
    interaction: Interaction,
    moderation: ModerationService,
    moderator: Moderator,
    error: ChangeRejected,
    typed: Mapping[str, Any],
) -> None:
    """Name the faults of a submitted form, with a button that opens it again as it was."""
    data: Any = interaction.data
    form_id = await moderation.keep_form(moderator, data["custom_id"], typed)
    await responses.show(interaction, limits_view.faults(error, form_id))


class RoleId(app_commands.Transformer):
    """Takes the id of a role: Discord does not resolve one that was deleted."""

    @property
    def type(self) -> AppCommandOptionType:
        """The type of the option."""
        return AppCommandOptionType.role

    async def transform(self, _interaction: discord.Interaction[Any], value: Any, /) -> int:
        """Return the id of what was chosen."""
        return int(value.id)


class ChannelId(RoleId):
    """Takes the id of a channel, thread or category of any type."""

    @property
    def type(self) -> AppCommandOptionType:
        """The type of the option."""
        return AppCommandOptionType.channel


class LimitsCommands(commands.Cog):
    """Base of the parts of ``/limits``: the services, and the change of a rule."""

    def __init__(
        self,
        moderation: ModerationService,
        preferences: MemberPreferences,
        blocks: BlockService,
        figures: ServerFiguresService,
    ) -> None:
        self._moderation = moderation
        self._preferences = preferences
        self._blocks = blocks
        self._figures = figures

    async def _change(self, interaction: Interaction, how: Callable[[Rules], Rules]) -> None:
        """Apply *how* to the server's rules and answer what changed."""
        moderator = await begin(interaction)
        before, after = await self._moderation.change(moderator, how)
        if after.styles != before.styles:
            self._preferences.styles_changed(moderator.guild_id)  # before anybody can read of it
        text = saved(self._moderation, moderator, before, after)
        await self._answer(interaction, moderator, text)

    async def _show_rules(self, interaction: Interaction, text: Callable[[Rules], str]) -> None:
        """Answer a command that names no change: with how it is."""
        moderator = await begin(interaction)
        current = await self._moderation.rules(moderator)
        await guild_cache.ask(interaction.client.http, current.chosen_channels)
        await responses.send_private(interaction, text(current))

    async def _answer(self, interaction: Interaction, moderator: Moderator, text: str) -> None:
        """Answer a change with *text*, and with why the log channel does not tell of it, if so."""
        current = await self._moderation.rules(moderator)
        await guild_cache.ask(interaction.client.http, [current.log_channel])
        refused = self._moderation.log_refused(current)
        warning = texts.shared.log_warning(current.log_channel, refused=refused)
        await responses.send_private(interaction, f"{text}\n{warning}".strip())
