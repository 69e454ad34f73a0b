"""A report in a server's log channel: its line, what moderators did about it, and buttons.

What was done is in the store: any process can write the message anew, after any restart.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Self

from discord import ui

from bot.domain.log_entries import Reported
from bot.ui import texts
from bot.ui.button_actions import ReportAction
from bot.ui.layout import view
from bot.ui.persistent_button import PersistentButton

# The ids of the components with a text.
_LINE_ID: Final = 1
_DONE_ID: Final = 2
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


def line_of(components: Sequence[Any]) -> str:
    """Return the first line of a report's message; empty if it is no report."""
    shown = {part.id: part.content for part in components if hasattr(part, "content")}
    return str(shown.get(_LINE_ID, ""))


def report_view(report: Reported) -> ui.LayoutView:
    """Return a fresh view of a report, with what was done and what can be done."""
    layout = view(ui.TextDisplay(texts.log_channel.line(report), id=_LINE_ID))
    if done := texts.log_channel.done(report):
        layout.add_item(ui.TextDisplay(done, id=_DONE_ID))
    buttons = [ReportButton(action, report.job.id, report.by) for action in _possible(report)]
    if buttons:
        layout.add_item(ui.ActionRow(*buttons))
    return layout


def forgotten_view(line: str) -> ui.LayoutView:
    """Return the view of a report whose order is not on record any more."""
    return view(
        ui.TextDisplay(line, id=_LINE_ID),
        ui.TextDisplay(texts.log_channel.forgotten(), id=_DONE_ID),
    )


def _possible(report: Reported) -> list[ReportAction]:
    """Return what still has an effect."""
    if report.dismissed:
        return [ReportAction.REOPEN]
    actions = [] if report.job.reply.deleted_at is not None else [ReportAction.DELETE]
    if report.blocked:
        actions.append(ReportAction.UNBLOCK)
    else:
        actions += [ReportAction.BLOCK_DAY, ReportAction.BLOCK_WEEK, ReportAction.BLOCK]
    return actions if report.settled else [*actions, ReportAction.DISMISS]
