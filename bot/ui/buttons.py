"""Buttons that never die: their state stands in their ``custom_id``, and any process answers them.

discord.py rebuilds a DynamicItem from the ``custom_id`` at each press, after a restart too. It then
dispatches an event, which cogs listen to: a button itself knows no service.
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, Self

import discord
from discord import ui

from bot.ui import texts

_JOB_ID: Final = "[0-9a-f]{16}"


class OrderAction(StrEnum):
    """What a button does with an order."""

    CANCEL = "cancel"
    AGAIN = "again"
    EDIT = "edit"  # the prompt, and order that
    DELETE = "delete"
    POST = "post"
    REPORT = "report"


_TEMPLATE: Final = rf"(?P<do>{'|'.join(OrderAction)}):(?P<job_id>{_JOB_ID})"


class OrderButton(ui.DynamicItem[ui.Button[ui.LayoutView]], template=_TEMPLATE):
    """A button that does something with one order."""

    def __init__(self, do: OrderAction, job_id: str, label: str | None = None) -> None:
        super().__init__(
            ui.Button(
                label=label or texts.presses.label(do),
                style=discord.ButtonStyle.secondary,
                custom_id=f"{do}:{job_id}",
            )
        )
        self.do = do
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button that was pressed."""
        return cls(OrderAction(match["do"]), match["job_id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Let the cogs know: ``on_order_again(interaction, job_id)``, or what else it does."""
        interaction.client.dispatch(f"order_{self.do}", interaction, self.job_id)


ALL: Final = (OrderButton,)


def belongs_to(components: Sequence[Any], job_id: str) -> bool:
    """Tell whether a message with *components* is the one with that job's pictures.

    They alone can be deleted: a card without them has buttons of the job too.
    """
    return (OrderAction.DELETE, job_id) in _named(components)


def job_ids(components: Sequence[Any]) -> Iterator[str]:
    """Yield the jobs that the buttons of a message with *components* are about."""
    return (job_id for _, job_id in _named(components))


def _named(components: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield what each button of a message does, and with which job."""
    for component in components:
        if match := re.fullmatch(_TEMPLATE, getattr(component, "custom_id", None) or ""):
            yield match["do"], match["job_id"]
        yield from _named(getattr(component, "children", ()))
