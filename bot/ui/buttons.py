"""Buttons that never die: their state stands in their ``custom_id``, and any process answers them.

discord.py rebuilds a DynamicItem from the ``custom_id`` at each press, after a restart too. It then
dispatches an event, which a cog listens to: the button itself knows no service.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Self

import discord
from discord import ui

from bot.ui import texts

_JOB_ID: Final = "[0-9a-f]{16}"


class Again(ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"again:(?P<job_id>{_JOB_ID})"):
    """Orders once more what a job ordered."""

    def __init__(self, job_id: str, label: str | None = None) -> None:
        super().__init__(
            ui.Button(
                label=label or texts.cards.again(),
                style=discord.ButtonStyle.secondary,
                custom_id=f"again:{job_id}",
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button that was pressed."""
        return cls(match["job_id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Let the cogs know: ``on_again(interaction, job_id)``."""
        interaction.client.dispatch("again", interaction, self.job_id)


ALL: Final = (Again,)


def belongs_to(components: Sequence[Any], job_id: str) -> bool:
    """Tell whether a message with *components* has a button of that job."""
    return any(
        job_id in (getattr(component, "custom_id", None) or "")
        or belongs_to(getattr(component, "children", ()), job_id)
        for component in components
    )
