"""The base of buttons that work after a restart: their state is their ``custom_id``.

discord.py rebuilds a DynamicItem from the ``custom_id`` at each click, in any process. The button
then dispatches an event, which cogs listen to: a button itself knows no service.
"""

import re
from typing import Any, Self

import discord
from discord import ui


class PersistentButton(ui.DynamicItem[ui.Button[ui.LayoutView]], template="(?!)"):
    """A button whose state is its ``custom_id``; a subclass says how to read it back.

    Subclasses give the ``template`` of their ids and :meth:`from_match`.
    """

    def __init__(
        self,
        custom_id: str,
        label: str,
        event: tuple[Any, ...],
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        """Dispatch *event*, a name and its arguments, at each click."""
        super().__init__(ui.Button(label=label, style=style, custom_id=custom_id))
        self._event = event

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button that was clicked."""
        return cls.from_match(match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Dispatch ``on_EVENT(interaction, *arguments)`` to the cogs."""
        event, *arguments = self._event
        interaction.client.dispatch(event, interaction, *arguments)
