"""A server's figures for its moderators: sums, a picture, lists, and buttons."""

import asyncio
import io
import re
from typing import Final, Self

import discord
from discord import ui

from bot.domain.figures import ServerFigures
from bot.service.server_figures import MOST_DAYS, FiguresReport
from bot.ui.button_actions import FiguresAction, Theme
from bot.ui.layout import container, view
from bot.ui.persistent_button import PersistentButton
from bot.ui.texts import figures as words

_TEMPLATE: Final = (
    rf"figures:(?P<action>{'|'.join(FiguresAction)})"
    rf":(?P<days>\d{{1,{len(str(MOST_DAYS))}}}):(?P<theme>{'|'.join(Theme)})"
)


class FiguresButton(PersistentButton, template=_TEMPLATE):
    """A button below the figures of some days; *theme* is that of the picture."""

    def __init__(self, action: FiguresAction, days: int, theme: Theme, label: str = "") -> None:
        event = ("figures_click", action, days, theme)
        super().__init__(f"figures:{action}:{days}:{theme}", label or action, event)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(FiguresAction(match["action"]), int(match["days"]), Theme(match["theme"]))


async def shown(report: FiguresReport, theme: Theme) -> tuple[ui.LayoutView, list[discord.File]]:
    """Return a fresh view of figures, and its picture in that *theme* if there is one."""
    layout = figures_view(report, theme)
    if not words.is_drawn(report.figures):
        return layout, []
    picture = await asyncio.to_thread(_draw, report.figures, theme)
    return layout, [discord.File(io.BytesIO(picture), filename=_name(theme))]


def figures_view(report: FiguresReport, theme: Theme) -> ui.LayoutView:
    """Return a fresh view of figures."""
    figures, days = report.figures, len(report.figures.days)
    frame = container(words.heading(report))
    if words.is_drawn(figures):
        gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
        gallery.add_item(media=f"attachment://{_name(theme)}", description=words.alt(figures))
        frame.add_item(gallery)
    frame.add_item(ui.TextDisplay(words.lists(report)))
    other = Theme.LIGHT if theme is Theme.DARK else Theme.DARK
    frame.add_item(
        ui.ActionRow(
            FiguresButton(FiguresAction.SHOW, days, other, words.THEMES[other]()),
            FiguresButton(FiguresAction.CSV, days, theme, words.csv()),
        )
    )
    return view(frame)


def _draw(figures: ServerFigures, theme: Theme) -> bytes:
    from bot.ui import figures_picture

    return figures_picture.draw(figures, theme)


def _name(theme: Theme) -> str:
    return f"usage-{theme}.png"
