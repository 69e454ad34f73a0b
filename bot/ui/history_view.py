"""A member's own desk: pages of their orders, and what is kept of them. Only they see it."""

import re
from collections.abc import Sequence
from typing import Any, Final, Self

import discord
from discord import ui

from bot.domain.job import Job, State
from bot.service.member_account import ErasureResult, HistoryPage, RetentionPolicy
from bot.ui import texts
from bot.ui.buttons import OrderAction, OrderButton

LONGEST_WORD: Final = 40  # characters, of two units at most: it stands in the buttons' ids

_ACCENT: Final = 0x5B6EE1
# What Discord takes as the address of a picture; for another it would refuse the whole page.
_SCHEMES: Final = ("https://", "http://")
_LONGEST_ADDRESS: Final = 2048  # characters


class HistoryPageButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"history:(?P<number>\d{1,6}):(?P<word>[\s\S]*)",
):
    """Turns to another page of ``/history``: which, counted from 0, and by which word."""

    def __init__(self, number: int, word: str, label: str = "") -> None:
        super().__init__(
            ui.Button(label=label or str(number + 1), custom_id=f"history:{number}:{word}")
        )
        self.number = number
        self.word = word

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button that was pressed."""
        return cls(int(match["number"]), match["word"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Let the cogs know: ``on_history_turn(interaction, number, word)``."""
        interaction.client.dispatch("history_turn", interaction, self.number, self.word)


class PrivacyButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"privacy:(?P<do>export|delete|confirm|keep):(?P<member_id>\d{1,20})",
):
    """Does something with a member's data: what, and whose."""

    def __init__(
        self,
        do: str,
        member_id: int,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        custom_id = f"privacy:{do}:{member_id}"
        super().__init__(ui.Button(label=label or do, style=style, custom_id=custom_id))
        self.do = do
        self.member_id = member_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button that was pressed."""
        return cls(match["do"], int(match["member_id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Let the cogs know: ``on_data_press(interaction, do, member_id)``."""
        interaction.client.dispatch("data_press", interaction, self.do, self.member_id)


ALL: Final = (HistoryPageButton, PrivacyButton)


def page(leaf: HistoryPage, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of a page of orders; *note* stands above it."""
    view = ui.LayoutView(timeout=None)
    if note:
        view.add_item(ui.TextDisplay(note))
    if not leaf.jobs:
        view.add_item(ui.TextDisplay(texts.history.nothing(leaf.word)))
        return view
    container = _container(texts.history.heading(leaf))
    for job, words in zip(leaf.jobs, texts.history.orders(leaf), strict=True):
        container.add_item(ui.Separator())
        container.add_item(_order(job, words))
        container.add_item(
            ui.ActionRow(OrderButton(OrderAction.AGAIN, job.id, texts.history.again(job)))
        )
    view.add_item(container)
    if turns := _turns(leaf):
        view.add_item(ui.ActionRow(*turns))
    return view


def _order(job: Job, words: str) -> ui.Item[ui.LayoutView]:
    """Return an order's words, beside its first picture where it has been delivered.

    From where the vendor keeps it: what Discord keeps of a message has an address that ends.
    """
    address = job.media[0] if job.state is State.DELIVERED and job.media else ""
    if not address.startswith(_SCHEMES) or len(address) > _LONGEST_ADDRESS:
        return ui.TextDisplay(words)
    alt = texts.cards.alt(job.order, 1, len(job.media))
    picture: ui.Thumbnail[ui.LayoutView] = ui.Thumbnail(
        address, description=alt, spoiler=job.spoiler
    )
    return ui.Section(ui.TextDisplay(words), accessory=picture)


def _turns(leaf: HistoryPage) -> Sequence[HistoryPageButton]:
    turns = []
    if leaf.number > 0:
        turns.append(HistoryPageButton(leaf.number - 1, leaf.word, texts.history.previous()))
    if leaf.number + 1 < leaf.of:
        turns.append(HistoryPageButton(leaf.number + 1, leaf.word, texts.history.following()))
    return turns


def privacy(member_id: int, keeping: RetentionPolicy) -> ui.LayoutView:
    """Return a fresh view of what is kept of a member, and what they can do about it."""
    return _with_buttons(
        texts.desk.privacy(keeping),
        PrivacyButton("export", member_id, texts.desk.export()),
        PrivacyButton("delete", member_id, texts.desk.delete(), discord.ButtonStyle.danger),
    )


def asks(member_id: int) -> ui.LayoutView:
    """Return a fresh view that asks once more before a member's data is deleted."""
    return _with_buttons(
        texts.desk.asks(),
        PrivacyButton("confirm", member_id, texts.desk.confirm(), discord.ButtonStyle.danger),
        PrivacyButton("keep", member_id, texts.desk.keep()),
    )


def forgotten(outcome: ErasureResult) -> ui.LayoutView:
    """Return a fresh view of what became of a member's data."""
    return _with_buttons(texts.desk.forgotten(outcome))


def words(text: str) -> ui.LayoutView:
    """Return a fresh view of nothing but text."""
    return _with_buttons(text)


def _with_buttons(text: str, *buttons: PrivacyButton) -> ui.LayoutView:
    container = _container(text)
    if buttons:
        container.add_item(ui.ActionRow(*buttons))
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    return view


def _container(text: str) -> ui.Container[ui.LayoutView]:
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour(_ACCENT))
    container.add_item(ui.TextDisplay(text))
    return container
