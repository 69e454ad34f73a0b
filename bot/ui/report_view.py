"""A reported picture in a server's log channel: the line, what was done about it, and what may be.

What was done stands in the message, each deed in a text whose id says which: so whoever reads it,
and any process after any restart, knows the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

import discord
from discord import ui

from bot.domain.log_entries import Reported
from bot.ui import texts


class ReportAction(StrEnum):
    """What a moderator does about a reported picture, and what else may settle it."""

    DELETE = "delete"
    BLOCK = "block"
    DISMISS = "dismiss"
    FORGOTTEN = "forgotten"  # the order is not on record any more; nobody presses that


_PRESSED: Final = (ReportAction.DELETE, ReportAction.BLOCK, ReportAction.DISMISS)
_LINE: Final = 1  # the ids of the message's texts
_IDS: Final = {deed: number for number, deed in enumerate(ReportAction, start=_LINE + 1)}
_DEEDS: Final = {number: deed for deed, number in _IDS.items()}
_TEMPLATE: Final = (
    rf"report:(?P<deed>{'|'.join(_PRESSED)}):(?P<job_id>[0-9a-f]{{16}}):(?P<reporter_id>\d{{1,20}})"
)


class ReportButton(ui.DynamicItem[ui.Button[ui.LayoutView]], template=_TEMPLATE):
    """A button under a report: what to do, about which job, and who reported it."""

    def __init__(self, deed: ReportAction, job_id: str, reporter_id: int) -> None:
        super().__init__(
            ui.Button(
                label=texts.notices.label(deed),
                style=discord.ButtonStyle.secondary,
                custom_id=f"report:{deed}:{job_id}:{reporter_id}",
            )
        )
        self.deed = deed
        self.job_id = job_id
        self.reporter_id = reporter_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button that was pressed."""
        return cls(ReportAction(match["deed"]), match["job_id"], int(match["reporter_id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Let the cogs know: ``on_report_press(interaction, press)``."""
        interaction.client.dispatch("report_press", interaction, self)


@dataclass(frozen=True, kw_only=True)
class ReportState:
    """What a report's message says."""

    line: str
    done: Mapping[ReportAction, str]  # in the words that told it

    def with_done(self, deed: ReportAction, words: str) -> Self:
        """Return it with one more thing done; what stands there already stays as it is."""
        return type(self)(line=self.line, done={deed: words, **self.done})


def read(components: Sequence[Any]) -> ReportState:
    """Return what a message with *components* says; empty words where it is no report."""
    texts_ = {part.id: part.content for part in components if hasattr(part, "content")}
    return ReportState(
        line=texts_.get(_LINE, ""),
        done={deed: texts_[number] for number, deed in _DEEDS.items() if number in texts_},
    )


def line(found: Reported) -> str:
    """Return the line of a report."""
    return texts.notices.notice(found)


def fresh(found: Reported) -> ui.LayoutView:
    """Return the view of a report about which nothing was done."""
    presses = [ReportButton(deed, found.job.id, found.by) for deed in _PRESSED]
    return view(ReportState(line=line(found), done={}), presses)


def view(said: ReportState, presses: Sequence[ReportButton]) -> ui.LayoutView:
    """Return a fresh view of a report that offers *presses*."""
    shown = ui.LayoutView(timeout=None)
    shown.add_item(ui.TextDisplay(said.line, id=_LINE))
    for deed in ReportAction:
        if deed in said.done:
            shown.add_item(ui.TextDisplay(said.done[deed], id=_IDS[deed]))
    if presses:
        shown.add_item(ui.ActionRow(*presses))
    return shown


def left(
    said: ReportState, pressed: ReportButton, *, deleted: bool, blocked: bool
) -> list[ReportButton]:
    """Return what still makes sense, as things stand, under the report with *pressed*."""
    if said.done.keys() & {ReportAction.DISMISS, ReportAction.FORGOTTEN}:
        return []
    pointless = {
        ReportAction.DELETE: deleted,
        ReportAction.BLOCK: blocked,
        ReportAction.DISMISS: bool(said.done),
    }
    return [
        ReportButton(deed, pressed.job_id, pressed.reporter_id)
        for deed in _PRESSED
        if not pointless[deed]
    ]
