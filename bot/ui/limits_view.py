"""The moderators' panel: a server's limits with what is used of them, and a change's preview."""

import re
from typing import Any, Final, Self

import discord
from discord import ui

from bot.domain.rules import Rules
from bot.service.moderation import Overview
from bot.ui import texts
from bot.ui.limits_form import GROUPS

_ACCENT: Final = 0x5B6EE1


class LimitsButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"limits:(?P<do>edit|save|drop):(?P<what>\w+)",
):
    """A button of the panel or of a preview: what to do, and with which group or draft."""

    def __init__(
        self,
        do: str,
        what: str,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        super().__init__(ui.Button(label=label or do, style=style, custom_id=f"limits:{do}:{what}"))
        self.do = do
        self.what = what

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button that was pressed."""
        return cls(match["do"], match["what"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Let the cogs know: ``on_limits_press(interaction, do, what)``."""
        interaction.client.dispatch("limits_press", interaction, self.do, self.what)


def panel(overview: Overview, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of the limits; *note* says what became of the last press."""
    parts = texts.limits.panel(overview, note)
    container = _container(parts.pop(""))
    for group, words in parts.items():
        container.add_item(ui.Separator())
        if group in GROUPS:
            button = LimitsButton("edit", group, texts.limits.edit(group))
            container.add_item(ui.Section(ui.TextDisplay(words), accessory=button))
        else:
            container.add_item(ui.TextDisplay(words))
    return _view(container)


def preview(draft_id: str, before: Rules, after: Rules) -> ui.LayoutView:
    """Return a fresh view of what a draft would change."""
    container = _container(texts.changes.preview(before, after))
    container.add_item(
        ui.ActionRow(
            LimitsButton("save", draft_id, texts.changes.save(), discord.ButtonStyle.primary),
            LimitsButton("drop", draft_id, texts.changes.discard()),
        )
    )
    return _view(container)


def words(text: str) -> ui.LayoutView:
    """Return a fresh view of nothing but text, which may be longer than a message's content."""
    return _view(_container(text))


def _container(text: str) -> ui.Container[ui.LayoutView]:
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour(_ACCENT))
    container.add_item(ui.TextDisplay(text))
    return container


def _view(container: ui.Container[ui.LayoutView]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    return view
