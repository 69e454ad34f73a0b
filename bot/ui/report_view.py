"""A report in a server's log channel: its line, what moderators did about it, and buttons.

What was done is in the store: any process can write the message anew, after any restart.
"""

import re
from typing import Final, Self

from discord import ui

from bot.domain.job import Job
from bot.domain.log_entries import Reported
from bot.ui import texts
from bot.ui.button_actions import ReportAction
from bot.ui.layout import view
from bot.ui.persistent_button import PersistentButton

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


def report_view(report: Reported) -> ui.LayoutView:
    """Return a fresh view of a report, with what was done and what can be done."""
    parts = texts.log_channel.line, texts.log_channel.reasons, texts.log_channel.done
    layout = view(*(ui.TextDisplay(text) for part in parts if (text := part(report))))
    if (job := report.job) is not None:
        buttons = [ReportButton(one, job.id, report.by) for one in _possible(report, job)]
        layout.add_item(ui.ActionRow(*buttons))
    return layout


def _possible(report: Reported, job: Job) -> list[ReportAction]:
    """Return what still has an effect."""
    if report.dismissed:
        return [ReportAction.REOPEN]
    actions = [] if job.reply.deleted_at is not None else [ReportAction.DELETE]
    if report.blocked:
        actions.append(ReportAction.UNBLOCK)
    else:
        actions += [ReportAction.BLOCK_DAY, ReportAction.BLOCK_WEEK, ReportAction.BLOCK]
    return actions if report.settled else [*actions, ReportAction.DISMISS]
