"""The commands of ``/limits`` itself: settings, blocks, the pause, and explanations."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain import money, rules
from bot.domain.rules import RANGES, Rules
from bot.service.moderation import Moderator
from bot.ui import (
    block_form,
    blocks_view,
    guild_cache,
    interaction_context,
    layout,
    limits_view,
    responses,
    texts,
)
from bot.ui.interaction_payload import snowflake
from cogs.limits._base import ChannelId, Interaction, RoleId, begin, overview_here
from cogs.limits.safety import SafetyCommand
from cogs.limits.styles import StyleCommands
from cogs.limits.usage import UsageCommand
from cogs.limits.words import WordCommands

Cooldown = app_commands.Range[int, 0, RANGES["cooldown"].high]
MemberPerDay = app_commands.Range[int, 0, RANGES["member_per_day"].high]
ServerPerDay = app_commands.Range[int, 0, RANGES["server_per_day"].high]
ServerUsd = app_commands.Range[float, 0, RANGES["server_usd_per_month"].high // money.DOLLAR]
MemberAtOnce = app_commands.Range[int, 0, RANGES["member_at_once"].high]
ServerAtOnce = app_commands.Range[int, 0, RANGES["server_at_once"].high]
Images = app_commands.Range[int, 0, RANGES["images"].high]
Steps = app_commands.Range[int, 0, RANGES["steps"].high]
LANGUAGES = [
    app_commands.Choice(name=name, value=value) for value, name in texts.commands.LANGUAGES.items()
]
Reason = app_commands.Range[str, 1, rules.LONGEST_REASON]
UserId = app_commands.Range[str, 1, 20]
Hours = app_commands.Range[int, 0, rules.BLOCK_HOURS.high]  # 0: permanently


@app_commands.default_permissions(manage_guild=True)
class Limits(
    SafetyCommand,
    StyleCommands,
    UsageCommand,
    WordCommands,
    commands.GroupCog,
    group_name="limits",
    group_description=texts.commands.LIMITS,
):
    """The moderators' commands; each checks first that a moderator asks."""

    @app_commands.command(description=texts.commands.SHOW)
    async def show(self, interaction: Interaction) -> None:
        """Show the panel."""
        moderator = await begin(interaction)
        overview = await overview_here(interaction, self._moderation, moderator)
        await responses.show(interaction, limits_view.panel(overview))

    @app_commands.command(name="set", description=texts.commands.SET)
    @app_commands.describe(**texts.commands.OPTIONS)
    @app_commands.choices(language=LANGUAGES)
    async def set_limits(
        self,
        interaction: Interaction,
        cooldown: Cooldown | None = None,
        member_per_day: MemberPerDay | None = None,
        server_per_day: ServerPerDay | None = None,
        member_at_once: MemberAtOnce | None = None,
        server_at_once: ServerAtOnce | None = None,
        images: Images | None = None,
        steps: Steps | None = None,
        spoiler: bool | None = None,  # noqa: FBT001 - how Discord's options are declared
        age_restricted_only: bool | None = None,  # noqa: FBT001 - the same
        look_alikes: bool | None = None,  # noqa: FBT001 - the same
        language: str | None = None,
        server_usd_per_month: ServerUsd | None = None,
        private: bool | None = None,  # noqa: FBT001 - the same
    ) -> None:
        """Change the limits that are given."""
        named = _named(
            cooldown=cooldown,
            member_per_day=member_per_day,
            server_per_day=server_per_day,
            member_at_once=member_at_once,
            server_at_once=server_at_once,
            images=images,
            steps=steps,
            spoiler=spoiler,
            age_restricted_only=age_restricted_only,
            look_alikes=look_alikes,
            private=private,
        )
        if server_usd_per_month is not None:
            named["server_usd_per_month"] = money.of_number(server_usd_per_month)
        if language is not None:
            named["language"] = None if language == texts.commands.DISCORDS else language
        if named:
            await self._change(interaction, lambda before: rules.changed(before, **named))
        else:
            await self._show_rules(interaction, texts.limits.figures)

    @app_commands.command(description=texts.commands.TIER)
    @app_commands.describe(**texts.commands.TIER_OPTIONS)
    async def tier(
        self,
        interaction: Interaction,
        role: app_commands.Transform[int, RoleId],
        cooldown: Cooldown | None = None,
        member_per_day: MemberPerDay | None = None,
        member_at_once: MemberAtOnce | None = None,
        images: Images | None = None,
        steps: Steps | None = None,
        exempt: bool | None = None,  # noqa: FBT001 - how Discord's options are declared
        remove: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> None:
        """Change the given limits of a role's tier, or remove the tier."""
        named = _named(
            cooldown=cooldown,
            member_per_day=member_per_day,
            member_at_once=member_at_once,
            images=images,
            steps=steps,
            exempt=exempt,
        )
        if not named and not remove:
            await self._show_rules(interaction, lambda current: texts.limits.tier(current, role))
            return
        await self._change(
            interaction,
            lambda before: (
                rules.without_tier(before, role)
                if remove
                else rules.with_tier(before, role, **named)
            ),
        )

    @app_commands.command(description=texts.commands.CHANNELS)
    @app_commands.describe(**texts.commands.CHANNELS_OPTIONS)
    async def channels(
        self,
        interaction: Interaction,
        add: app_commands.Transform[int, ChannelId] | None = None,
        remove: app_commands.Transform[int, ChannelId] | None = None,
        everywhere: bool = False,  # noqa: FBT001, FBT002 - how Discord's options are declared
    ) -> None:
        """Change where orders are taken."""
        if add is None and remove is None and not everywhere:
            await self._show_rules(interaction, texts.limits.channels)
            return

        def how(before: Rules) -> Rules:
            channels = () if everywhere else before.channels
            channels = tuple(channel for channel in channels if channel != remove)
            if add is not None and add not in channels:
                channels = (*channels, add)
            nowhere = before.nowhere and add is None and not everywhere
            return rules.changed(before, channels=channels, nowhere=nowhere)

        await self._change(interaction, how)

    @app_commands.command(description=texts.commands.BLOCK)
    @app_commands.describe(**texts.commands.BLOCK_OPTIONS)
    async def block(
        self,
        interaction: Interaction,
        member: discord.User,
        hours: Hours | None = None,
        reason: Reason = "",
    ) -> None:
        """Block a member."""
        moderator = await begin(interaction)
        target = interaction_context.block_target(interaction, member)
        block = await self._blocks.block(moderator, target, hours=hours or None, reason=reason)
        await self._answer(interaction, moderator, texts.changes.blocked(block))

    @block.autocomplete("hours")
    async def durations(
        self, _interaction: Interaction, typed: str
    ) -> list[app_commands.Choice[int]]:
        """Offer durations; any number of hours can be typed."""
        return block_form.choices(typed)

    @app_commands.command(description=texts.commands.UNBLOCK)
    @app_commands.describe(**texts.commands.UNBLOCK_OPTIONS)
    async def unblock(
        self,
        interaction: Interaction,
        member: discord.User | None = None,
        id: UserId = "",  # noqa: A002 - the option's name
    ) -> None:
        """End a member's block; without options, list the blocked members."""
        moderator = await begin(interaction)
        if member is None and not id:
            await self._list_blocks(interaction, moderator)
        elif (member_id := snowflake(id) if member is None else member.id) is None:
            await responses.send_private(interaction, texts.blocks.not_an_id())
        else:
            was = await self._blocks.unblock(moderator, member_id)
            await self._answer(interaction, moderator, texts.changes.unblocked(member_id, was=was))

    @app_commands.command(description=texts.commands.BLOCKS)
    async def blocks(self, interaction: Interaction) -> None:
        """List the blocked members."""
        await self._list_blocks(interaction, await begin(interaction))

    async def _list_blocks(self, interaction: Interaction, moderator: Moderator) -> None:
        page = await self._blocks.blocks(moderator, 0)
        await responses.show(interaction, blocks_view.block_list(page))

    @app_commands.command(name="log", description=texts.commands.LOG)
    @app_commands.describe(**texts.commands.LOG_OPTIONS)
    async def set_log_channel(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | None = None,
        ping: app_commands.Transform[int, RoleId] | None = None,
        off: bool = False,  # noqa: FBT001, FBT002 - how Discord's options are declared
        no_ping: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> None:
        """Choose the log channel and a role to ping, or none; without options, show how it is."""
        moderator = await begin(interaction)
        if channel is not None and off:
            await responses.send_private(interaction, texts.changes.channel_and_off())
            return
        named: dict[str, Any] = {} if ping is None else {"log_ping": ping}
        if no_ping:
            named["log_ping"] = None
        if channel is not None or off:
            await self._moderation.log_to(moderator, channel.id if channel else None, **named)
        elif named:
            await self._moderation.change(moderator, lambda now: rules.changed(now, **named))
        current = await self._moderation.rules(moderator)
        await guild_cache.ask(interaction.client.http, [current.log_channel])
        refused = self._moderation.log_refused(current)
        parts = (
            texts.changes.logged(current),
            texts.changes.pinged(current.log_ping),
            texts.shared.log_warning(current.log_channel, refused=refused),
            texts.warnings.log_channel(current.log_channel),
            texts.warnings.log_ping(current),
            *texts.warnings.safety(self._moderation.ineffective(moderator, Rules(), current)),
        )
        await responses.send_private(interaction, "\n".join(filter(None, parts)))

    @app_commands.command(description=texts.commands.PAUSE)
    @app_commands.describe(reason=texts.commands.PAUSE_REASON)
    async def pause(self, interaction: Interaction, reason: Reason = "") -> None:
        """Take no orders."""
        moderator = await begin(interaction)
        after = await self._moderation.pause(moderator, reason=reason)
        await self._answer(interaction, moderator, texts.changes.paused(after))

    @app_commands.command(description=texts.commands.RESUME)
    async def resume(self, interaction: Interaction) -> None:
        """Take orders again."""
        moderator = await begin(interaction)
        was_paused, tries = await self._moderation.resume(moderator)
        text = texts.changes.resumed(was_paused=was_paused, tries=tries)
        await self._answer(interaction, moderator, text)

    @app_commands.command(description=texts.commands.EXPLAIN)
    @app_commands.describe(member=texts.commands.MEMBER)
    async def explain(self, interaction: Interaction, member: discord.Member) -> None:
        """Show every rule's result for a member, in this channel."""
        moderator = await begin(interaction)
        request = interaction_context.admission_request(interaction, member)
        results = await self._moderation.explain(moderator, member.id, request)
        for result in results:
            await guild_cache.ask(interaction.client.http, result.channels)
        view = layout.text_view(texts.explanations.explained(member.id, results))
        await responses.show(interaction, view)


def _named(**options: Any) -> dict[str, Any]:
    """Return the options that the moderator gave."""
    return {name: value for name, value in options.items() if value is not None}
