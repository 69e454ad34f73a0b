"""The pages of ``/history``: a member's own orders."""

import re
from collections.abc import Collection, Iterator
from typing import Final, Self

from discord import ui

from bot.domain.job import Job, State
from bot.service.member_account import HistoryPage
from bot.ui import texts
from bot.ui.button_actions import OrderAction
from bot.ui.help_view import SurpriseButton
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


def page_view(
    page: HistoryPage,
    note: str | None = None,
    *,
    orders: bool = True,
    withheld: Collection[Job] = (),
    pictures: bool = True,
) -> ui.LayoutView:
    """Return a fresh view of a page of orders, below *note*; *orders*: they are taken here.

    Of those *withheld* nothing is shown that a member typed, and no picture; without *pictures* of
    no order.
    """
    note_items = [ui.TextDisplay[ui.LayoutView](note)] if note else []
    if not page.jobs:
        nothing = view(*note_items, ui.TextDisplay(texts.history.nothing(page.word, orders=orders)))
        if orders and not page.word:
            nothing.add_item(ui.ActionRow(SurpriseButton()))
        return nothing
    frame = container(texts.history.heading(page))
    for job, text in zip(page.jobs, texts.history.orders(page, withheld=withheld), strict=True):
        hidden = job in withheld
        label = None if hidden else texts.history.again(job)
        picture = _picture(job) if pictures and not hidden else None
        frame.add_item(ui.Separator())
        shown = ui.TextDisplay[ui.LayoutView](text)
        frame.add_item(shown if picture is None else ui.Section(shown, accessory=picture))
        if orders:
            frame.add_item(ui.ActionRow(OrderButton(OrderAction.AGAIN, job.id, label)))
    layout = view(*note_items, frame)
    if buttons := list(_page_buttons(page)):
        layout.add_item(ui.ActionRow(*buttons))
    return layout


def reduced(page: HistoryPage) -> Iterator[tuple[Collection[Job], bool]]:
    """Yield what to leave out of a page until it can be shown: orders withheld, and pictures."""
    yield (), True
    for job in page.jobs:  # mostly it is one of them
        yield (job,), True
    yield (), False
    yield page.jobs, False


def addresses(job: Job) -> list[str]:
    """Return the vendor's addresses of an order's pictures, those that Discord accepts."""
    return [address for address in job.media if _is_accepted(address)]


def _is_accepted(address: str) -> bool:
    return address.startswith(_SCHEMES) and len(address) <= _LONGEST_ADDRESS


def _picture(job: Job) -> ui.Thumbnail[ui.LayoutView] | None:
    """Return an order's first picture if it is delivered.

    It comes from the vendor's address: Discord's own addresses expire.
    """
    is_deleted = job.reply.deleted_at is not None
    if job.state is not State.DELIVERED or is_deleted or not any(map(_is_accepted, job.media[:1])):
        return None
    alt = texts.cards.alt(job.order, 1, len(job.media))
    return ui.Thumbnail(job.media[0], description=alt, spoiler=job.reply.spoiler)


def _page_buttons(page: HistoryPage) -> Iterator[HistoryPageButton]:
    if page.number > 0:
        yield HistoryPageButton(page.number - 1, page.word, texts.history.previous())
    if page.number + 1 < page.of:
        yield HistoryPageButton(page.number + 1, page.word, texts.history.following())
