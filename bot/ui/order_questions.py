"""Questions to the person who clicked a card's button, before what can't be undone is done."""

from discord import ui

from bot.domain.job import Job
from bot.ui import texts
from bot.ui.button_actions import OrderAction
from bot.ui.layout import container, view
from bot.ui.order_buttons import OrderButton


def too_late(job: Job, by: int) -> ui.LayoutView:
    """Return a fresh view that says that an order was sent already, and offers to hide it."""
    return _question(texts.order_buttons.too_late(job, by), job, OrderAction.HIDE_NOW)


def delete(job: Job, by: int) -> ui.LayoutView:
    """Return a fresh view that asks for confirmation before pictures are deleted."""
    text = texts.order_buttons.confirm_delete(job, by)
    return _question(text, job, OrderAction.DELETE_NOW, OrderAction.KEEP)


def _question(text: str, job: Job, *actions: OrderAction) -> ui.LayoutView:
    frame = container(text)
    frame.add_item(ui.ActionRow(*(OrderButton(action, job.id) for action in actions)))
    return view(frame)
