"""A report in a server's log channel: its line, what moderators did about it, and buttons.

What was done is in the store: any process can write the message anew, after any restart.
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Final, Self

import discord
from discord import ButtonStyle, ui

from bot.domain.job import Job
from bot.domain.log_entries import Reported
from bot.ui import texts
from bot.ui.button_actions import OrderAction, ReportAction
from bot.ui.layout import container, view
from bot.ui.order_buttons import OrderButton
from bot.ui.persistent_button import PersistentButton

_TEMPLATE: Final = (
    rf"report:(?P<action>{'|'.join(ReportAction)}):(?P<job_id>[0-9a-f]{{16}})"
    r":(?P<reporter_id>\d{1,20})"
)


class ReportButton(PersistentButton, template=_TEMPLATE):
    """A button under a report: an action, the job, and who reported it."""

    def __init__(self, action: ReportAction, job_id: str, reporter_id: int) -> None:
        custom_id = f"report:{action}:{job_id}:{reporter_id}"
        style = ButtonStyle.danger if action is ReportAction.DELETE_NOW else ButtonStyle.secondary
        super().__init__(custom_id, texts.reports.label(action), ("report_click", self), style)
        self.action = action
        self.job_id = job_id
        self.reporter_id = reporter_id

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(ReportAction(match["action"]), match["job_id"], int(match["reporter_id"]))


def report_view(report: Reported) -> ui.LayoutView:
    """Return a fresh view of a report, with what was done and what can be done."""
    parts = texts.log_channel.line, texts.reports.reasons, texts.reports.done
    said = [part(report) for part in parts]
    if report.ping is not None:
        said[0] += f" · <@&{report.ping}>"
    layout = view(*(ui.TextDisplay(text) for text in said if text))
    if (job := report.job) is not None:
        if names := _names(report):
            layout.add_item(_gallery(job, names))
        for row in _possible(report, job):
            buttons = (ReportButton(action, job.id, report.by) for action in row)
            layout.add_item(ui.ActionRow(*buttons))
    return layout


def question(report: Reported, job: Job, undo_until: float | None) -> ui.LayoutView:
    """Return a fresh view that asks for confirmation before reported pictures are deleted."""
    frame = container(texts.reports.confirm_delete(job.member_id, undo_until))
    confirm = ReportButton(ReportAction.DELETE_NOW, job.id, report.by)
    frame.add_item(ui.ActionRow(confirm, OrderButton(OrderAction.KEEP, job.id)))
    return view(frame)


def files(report: Reported) -> list[discord.File]:
    """Return the pictures that are to be attached."""
    return [
        discord.File(io.BytesIO(picture), filename=name)
        for name, picture in zip(_names(report), report.pictures, strict=False)
    ]


def _names(report: Reported) -> list[str]:
    """Return the names of the files of an entry, which are the same each time."""
    count = len(report.pictures) or report.pictured
    return [f"SPOILER_reported-{number}.jpg" for number in range(1, count + 1)]


def _gallery(job: Job, names: Sequence[str]) -> ui.MediaGallery[ui.LayoutView]:
    gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
    for number, name in enumerate(names, start=1):
        alt = texts.cards.alt(job.order, number, len(names))
        gallery.add_item(media=f"attachment://{name}", description=alt, spoiler=True)
    return gallery


def _possible(report: Reported, job: Job) -> list[list[ReportAction]]:
    """Return what still has an effect, by row: about the pictures, and about their member."""
    if report.dismissed:
        return [[ReportAction.REOPEN]]
    pictures = list(_with_pictures(report, job))
    if not report.settled:
        pictures.append(ReportAction.DISMISS)
    if report.blocked:
        return [[*pictures, ReportAction.UNBLOCK]]
    member = [ReportAction.BLOCK_DAY, ReportAction.BLOCK_WEEK, ReportAction.BLOCK]
    return [row for row in (pictures, member) if row]


def _with_pictures(report: Reported, job: Job) -> Iterator[ReportAction]:
    if job.reply.deleted_at is not None:
        if report.restorable:
            yield ReportAction.RESTORE
        return
    if report.covered:
        yield ReportAction.UNSPOILER
    elif not (job.reply.private or job.reply.spoiler or job.reply.message_id is None):
        yield ReportAction.SPOILER
    yield ReportAction.DELETE
