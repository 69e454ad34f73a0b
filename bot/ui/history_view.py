"""The pages of ``/history``: a member's own orders."""

import re
from collections.abc import Iterator
from typing import Final, Self

from discord import ui

from bot.domain.job import Job, State
from bot.service.member_account import HistoryPage
from bot.ui import texts
from bot.ui.button_actions import OrderAction
from bot.ui.layout import container, view
from bot.ui.order_buttons import OrderButton
from bot.ui.persistent_button import PersistentButton

LONGEST_WORD: Final = 40  # characters, of two UTF-16 units at most: it is in the buttons' ids

# Discord rejects the whole page for a picture address with another scheme, or a longer one.
_SCHEMES: Final = ("https://", "http://")
_LONGEST_ADDRESS: Final = 2048  # characters


class HistoryPageButton(
    PersistentButton, template=r"history:(?P<number>\d{1,6}):(?P<word>[\s\S]*)"
):
    """Opens another page, counted from 0, of the orders that contain *word*."""

    def __init__(self, number: int, word: str, label: str = "") -> None:
        event = ("history_page", number, word)
        super().__init__(f"history:{number}:{word}", label or str(number + 1), event)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(int(match["number"]), match["word"])


def page_view(page: HistoryPage, note: str | None = None, *, orders: bool = True) -> ui.LayoutView:
    """Return a fresh view of a page of orders, below *note*; *orders*: they are taken here."""
    note_items = [ui.TextDisplay[ui.LayoutView](note)] if note else []
    if not page.jobs:
        return view(*note_items, ui.TextDisplay(texts.history.nothing(page.word, orders=orders)))
    frame = container(texts.history.heading(page))
    for job, text in zip(page.jobs, texts.history.orders(page), strict=True):
        frame.add_item(ui.Separator())
        frame.add_item(_order(job, text))
        if orders:
            again = OrderButton(OrderAction.AGAIN, job.id, texts.history.again(job))
            frame.add_item(ui.ActionRow(again))
    layout = view(*note_items, frame)
    if buttons := list(_page_buttons(page)):
        layout.add_item(ui.ActionRow(*buttons))
    return layout


def _order(job: Job, text: str) -> ui.Item[ui.LayoutView]:
    """Return an order's text, beside its first picture if it is delivered.

    The picture comes from the vendor's address: Discord's own addresses expire.
    """
    address = job.media[0] if job.state is State.DELIVERED and job.media else ""
    if not address.startswith(_SCHEMES) or len(address) > _LONGEST_ADDRESS:
        return ui.TextDisplay(text)
    alt = texts.cards.alt(job.order, 1, len(job.media))
    picture: ui.Thumbnail[ui.LayoutView] = ui.Thumbnail(
        address, description=alt, spoiler=job.reply.spoiler
    )
    return ui.Section(ui.TextDisplay(text), accessory=picture)


def _page_buttons(page: HistoryPage) -> Iterator[HistoryPageButton]:
    if page.number > 0:
        yield HistoryPageButton(page.number - 1, page.word, texts.history.previous())
    if page.number + 1 < page.of:
        yield HistoryPageButton(page.number + 1, page.word, texts.history.following())
