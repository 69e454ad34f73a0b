"""Blocks: the list, the member menu *Image limits*, and the form to block a member."""

from typing import Any, Final, assert_never

import discord
from discord import app_commands
from discord.ext import commands

from bot.service.blocking import BlockService
from bot.service.moderation import MemberOverview, ModerationService, Moderator
from bot.ui import (
    block_form,
    blocks_view,
    guild_cache,
    interaction_context,
    mentions,
    responses,
    texts,
)
from bot.ui.button_actions import BlockAction
from bot.ui.error_handler import answered_errors
from bot.ui.interaction_payload import UnknownComponent, snowflake
from cogs.limits._base import Interaction, begin

_LAST_PAGE: Final = 10**6


class Blocks(commands.Cog):
    """Handles the list of blocks and a member's view; each click is checked anew."""

    def __init__(self, moderation: ModerationService, blocks: BlockService) -> None:
        self._moderation = moderation
        self._blocks = blocks

    def menu(self) -> app_commands.ContextMenu:
        """Return the entry for the menu of members."""
        menu = app_commands.ContextMenu(
            name=texts.commands.IMAGE_LIMITS, callback=self.image_limits
        )
        menu.default_permissions = discord.Permissions(manage_guild=True)
        return menu

    async def image_limits(
        self, interaction: Interaction, member: discord.Member | discord.User
    ) -> None:
        """Show whether a member can order, and what moderators can do about it."""
        moderator = await begin(interaction)
        overview = await self._overview(interaction, moderator, member)
        await responses.show(interaction, blocks_view.member_view(overview))

    @commands.Cog.listener()
    async def on_block_click(
        self, interaction: Interaction, action: BlockAction, subject: int, page: int
    ) -> None:
        """Show a page or a member, end a block, or open the form."""
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            if action is not BlockAction.LIST and snowflake(subject) is None:
                raise UnknownComponent(str(subject))
            if action is BlockAction.ASK:
                await self._open_form(interaction, moderator, subject)
                return
            await responses.defer_edit(interaction)
            match action:
                case BlockAction.LIST:
                    await self._show_list(interaction, moderator, min(subject, _LAST_PAGE))
                case BlockAction.LIFT:
                    note = await self._unblock(moderator, subject)
                    await self._show_list(interaction, moderator, page, note)
                case BlockAction.UNBLOCK:
                    note = await self._unblock(moderator, subject)
                    await self._show_member(interaction, moderator, subject, note)
                case _:
                    assert_never(action)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Block the member that a submitted form is about."""
        data: Any = interaction.data or {}
        member_id = block_form.member_of(str(data.get("custom_id")))
        if interaction.type is not discord.InteractionType.modal_submit or member_id is None:
            return
        async with answered_errors(interaction):
            moderator = interaction_context.moderator(interaction)
            await responses.defer_private(interaction)
            hours, reason = block_form.read(data.get("components") or [])
            target = await interaction_context.fetch_block_target(interaction, member_id)
            block = await self._blocks.block(moderator, target, hours=hours, reason=reason)
            note = texts.changes.blocked(block)
            await self._show_member(interaction, moderator, member_id, note)

    async def _open_form(
        self, interaction: Interaction, moderator: Moderator, member_id: int
    ) -> None:
        block = await self._blocks.blocked(moderator, member_id)
        name = await mentions.named(interaction, f"<@{member_id}>") or str(member_id)
        await responses.open_form(interaction, block_form.form(member_id, name, block))

    async def _unblock(self, moderator: Moderator, member_id: int) -> str:
        was = await self._blocks.unblock(moderator, member_id)
        return texts.changes.unblocked(member_id, was=was)

    async def _show_list(
        self, interaction: Interaction, moderator: Moderator, number: int, note: str | None = None
    ) -> None:
        page = await self._blocks.blocks(moderator, number)
        await responses.edit(interaction, blocks_view.block_list(page, note))

    async def _show_member(
        self,
        interaction: Interaction,
        moderator: Moderator,
        member_id: int,
        note: str | None = None,
    ) -> None:
        member = await interaction_context.fetch_member(interaction, member_id)
        overview = await self._overview(interaction, moderator, member)
        await responses.edit(interaction, blocks_view.member_view(overview, note))

    async def _overview(
        self, interaction: Interaction, moderator: Moderator, member: discord.abc.Snowflake
    ) -> MemberOverview:
        request = interaction_context.admission_request(interaction, member)
        overview = await self._moderation.member(moderator, member.id, request)
        for result in overview.results:
            await guild_cache.ask(interaction.client.http, result.channels)
        return overview
