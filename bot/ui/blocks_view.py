"""The list of blocked members, and a member as moderators see them."""

from collections.abc import Iterator

import discord
from discord import ui

from bot.domain.rules import Block
from bot.service.blocking import BlockPage
from bot.service.moderation import MemberOverview
from bot.ui import texts
from bot.ui.block_button import BlockButton
from bot.ui.button_actions import BlockAction, LimitsAction
from bot.ui.layout import container, view
from bot.ui.limits_view import LimitsButton
from bot.ui.persistent_button import PersistentButton


def block_list(page: BlockPage, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of a page of blocks; *note* tells the result of the last click."""
    frame = container(texts.blocks.heading(page, note))
    for block in page.blocks:
        text: ui.TextDisplay[ui.LayoutView] = ui.TextDisplay(texts.blocks.entry(block))
        frame.add_item(ui.Section(text, accessory=_lift(block, page.number)))
    frame.add_item(ui.ActionRow(*_below(page)))
    return view(frame)


def _lift(block: Block, page: int) -> BlockButton:
    return BlockButton(BlockAction.LIFT, block.member_id, page, texts.blocks.unblock())


def _below(page: BlockPage) -> Iterator[PersistentButton]:
    if page.number > 0:
        yield BlockButton(BlockAction.LIST, page.number - 1, label=texts.blocks.newer())
    if page.number + 1 < page.of:
        yield BlockButton(BlockAction.LIST, page.number + 1, label=texts.blocks.older())
    yield LimitsButton(LimitsAction.SHOW, "panel", texts.blocks.all_limits())


def member_view(member: MemberOverview, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of a member; *note* tells the result of the last click."""
    frame = container(texts.blocks.member(member, note))
    ask = texts.blocks.block() if member.block is None else texts.blocks.change()
    danger = discord.ButtonStyle.danger if member.block is None else discord.ButtonStyle.secondary
    buttons = [BlockButton(BlockAction.ASK, member.member_id, 0, ask, danger)]
    if member.block is not None:
        lift = texts.blocks.unblock()
        buttons.append(BlockButton(BlockAction.UNBLOCK, member.member_id, label=lift))
    buttons.append(BlockButton(BlockAction.LIST, 0, label=texts.blocks.all_blocks()))
    frame.add_item(ui.ActionRow(*buttons))
    return view(frame)
