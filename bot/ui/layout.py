"""Parts that several views share: the frame, and a view of nothing but text."""

from typing import Any, Final

import discord
from discord import ui

from bot.ui import command_mentions
from bot.ui.texts import shared

_ACCENT: Final = 0x5B6EE1


def container(text: str) -> ui.Container[ui.LayoutView]:
    """Return a frame that begins with *text*."""
    frame: ui.Container[ui.LayoutView] = ui.Container(accent_colour=discord.Colour(_ACCENT))
    frame.add_item(ui.TextDisplay(text))
    return frame


def view(*items: ui.Item[Any]) -> ui.LayoutView:
    """Return a fresh view of *items*, in whose texts commands are mentions. It never expires."""
    layout = ui.LayoutView(timeout=None)
    for item in items:
        layout.add_item(item)
    command_mentions.link(layout, shared.MESSAGE)
    return layout


def button_view(button: ui.Item[Any]) -> ui.View:
    """Return a view of one persistent button, to go below a message's content."""
    below = ui.View(timeout=None)
    below.add_item(button)
    below.stop()  # so that discord.py does not keep it
    return below


def text_view(text: str) -> ui.LayoutView:
    """Return a fresh view of framed text, which may be longer than a message's content."""
    return view(container(text))
