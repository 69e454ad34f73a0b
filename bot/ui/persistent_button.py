"""The bases of buttons and selects that work after a restart: their state is their ``custom_id``.

`bot.interactions` rebuilds one from the ``custom_id`` at each click, in any process, and
dispatches its event, which cogs listen to: it knows no service itself.
"""

import re
from typing import Any, Self

import discord
from discord import ui


class PersistentItem(ui.DynamicItem[Any], template="(?!)"):
    """A button or select whose state is its ``custom_id``; a subclass says how to read it back.

    Subclasses give the ``template`` of their ids and :meth:`from_match`. discord.py keeps nothing
    of a DynamicItem, so that views cost no memory once they are sent.
    """

    def __init__(self, item: ui.Item[Any], event: tuple[Any, ...]) -> None:
        """*event*, a name and its arguments, is dispatched at each click."""
        super().__init__(item)
        self.event = event

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the item whose ``custom_id`` matched the template."""
        raise NotImplementedError

    @classmethod
    def with_id(cls, custom_id: str) -> Self | None:
        """Return the item with *custom_id*; ``None``: it is another kind of item."""
        match = cls.__discord_ui_compiled_template__.fullmatch(custom_id)
        return None if match is None else cls.from_match(match)


class PersistentButton(PersistentItem, template="(?!)"):
    """A button whose state is its ``custom_id``."""

    def __init__(
        self,
        custom_id: str,
        label: str,
        event: tuple[Any, ...],
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        super().__init__(ui.Button(label=label, style=style, custom_id=custom_id), event)
