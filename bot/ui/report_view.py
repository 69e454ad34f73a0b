"""A report in a server's log channel: its line, what moderators did about it, and buttons.

The message itself is the record: each action that was taken is a text whose component id tells
which action it was. So any process can read the state back, after any restart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from discord import ui

from bot.domain.log_entries import Reported
from bot.ui import texts
from bot.ui.button_actions import ReportAction
from bot.ui.layout import view
from bot.ui.persistent_button import PersistentButton

# The ids of the components with a text.
_LINE_ID: Final = 1
_ACTION_IDS: Final = {ReportAction.DELETE: 2, ReportAction.BLOCK: 3, ReportAction.DISMISS: 4}
_FORGOTTEN_ID: Final = 5
_TEMPLATE: Final = (
    rf"report:(?P<action>{'|'.join(ReportAction)}):(?P<job_id>[0-9a-f]{{16}})"
    r":(?P<reporter_id>\d{1,20})"
)


class ReportButton(PersistentButton, template=_TEMPLATE):
    """A button under a report: an action, the job, and who reported it."""

    def __init__(self, action: ReportAction, job_id: str, reporter_id: int) -> None:
        custom_id = f"report:{action}:{job_id}:{reporter_id}"
        super().__init__(custom_id, texts.log_channel.label(action), ("report_click", self))
        self.action = action
        self.job_id = job_id
        self.reporter_id = reporter_id

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(ReportAction(match["action"]), match["job_id"], int(match["reporter_id"]))


@dataclass(frozen=True, kw_only=True)
class ReportState:
    """What a report's message says."""

    line: str
    done: Mapping[ReportAction, str]  # the text of each action that was taken
    forgotten: str = ""  # the text that says that the order is no longer on record

    def with_done(self, action: ReportAction, text: str) -> Self:
        """Return the state with one more action taken; a text that is there already stays."""
        return replace(self, done={action: text, **self.done})


def read(components: Sequence[Any]) -> ReportState:
    """Return the state that a report's message shows; empty if it is no report."""
    shown = {part.id: part.content for part in components if hasattr(part, "content")}
    return ReportState(
        line=shown.get(_LINE_ID, ""),
        done={action: shown[number] for action, number in _ACTION_IDS.items() if number in shown},
        forgotten=shown.get(_FORGOTTEN_ID, ""),
    )


def fresh_view(report: Reported) -> ui.LayoutView:
    """Return the view of a new report."""
    buttons = [ReportButton(action, report.job.id, report.by) for action in ReportAction]
    return report_view(ReportState(line=texts.log_channel.line(report), done={}), buttons)


def report_view(state: ReportState, buttons: Sequence[ReportButton]) -> ui.LayoutView:
    """Return a fresh view of a report with *buttons*."""
    layout = view(ui.TextDisplay(state.line, id=_LINE_ID))
    for action, number in _ACTION_IDS.items():
        if action in state.done:
            layout.add_item(ui.TextDisplay(state.done[action], id=number))
    if state.forgotten:
        layout.add_item(ui.TextDisplay(state.forgotten, id=_FORGOTTEN_ID))
    if buttons:
        layout.add_item(ui.ActionRow(*buttons))
    return layout


def remaining_buttons(
    state: ReportState, clicked: ReportButton, *, deleted: bool, blocked: bool
) -> list[ReportButton]:
    """Return the buttons that still have an effect, under the report with *clicked*."""
    if state.forgotten or ReportAction.DISMISS in state.done:
        return []
    without_effect = {
        ReportAction.DELETE: deleted,
        ReportAction.BLOCK: blocked,
        ReportAction.DISMISS: bool(state.done),
    }
    return [
        ReportButton(action, clicked.job_id, clicked.reporter_id)
        for action in ReportAction
        if not without_effect[action]
    ]
