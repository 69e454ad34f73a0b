"""A report in a log channel: what it says survives restarts, and what it offers makes sense."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.deeds import LONGEST_REPORT, Deed, DeedKind, ReportReason
from bot.domain.log_entries import Reported
from bot.ui import report_view, texts
from bot.ui.language import LANGUAGES, speaking
from bot.ui.log_channel import DiscordLogChannel
from bot.ui.markup import literal
from bot.ui.order_buttons import shows_pictures
from tests.rules import ID, PROMPT
from tests.samples import NOW, a_job, an_order, changed_job
from tests.views import GALLERY, assert_within_limits, buttons, returned, said

JOB = a_job(
    id="0123456789abcdef", message_id=5, order=an_order(prompt="@everyone **a** lighthouse")
)
HOSTILE = "@everyone <@&7> **bold** https://evil.example"
NOTICE = Reported(job=JOB, by=77, member_id=300)

in_any_language = pytest.mark.parametrize("language", LANGUAGES)


def deed(kind, **detail):
    """Return a deed of Mira's about the reported order."""
    more: dict[str, Any] = {"job_id": JOB.id, "member_id": JOB.member_id, "detail": detail}
    return Deed(id="0" * 16, guild_id=100, at=NOW, kind=kind, moderator_id=1, **more)


def reported(*deeds, job=JOB):
    return Reported(job=job, by=77, member_id=300, deeds=deeds, at=NOW)


BLOCKS = ["block_day", "block_week", "block"]
DELETED = changed_job(JOB, deleted_at=NOW, deleted_by=1)
DELETE, BLOCK, UNBLOCK = map(deed, (DeedKind.DELETE, DeedKind.BLOCK, DeedKind.UNBLOCK))
DISMISS, REOPEN, RESTORE = map(deed, (DeedKind.DISMISS, DeedKind.REOPEN, DeedKind.RESTORE))
SPOILER, UNSPOILER = deed(DeedKind.SPOILER), deed(DeedKind.UNSPOILER)
COVERED = changed_job(JOB, spoiler=True)


@pytest.mark.parametrize(
    ("report", "possible"),
    [
        (reported(), ["spoiler", "delete", "dismiss", *BLOCKS]),
        (reported(job=changed_job(JOB, private=True)), ["delete", "dismiss", *BLOCKS]),
        (reported(job=COVERED), ["delete", "dismiss", *BLOCKS]),  # as the server wants it
        (reported(SPOILER, job=COVERED), ["unspoiler", "delete", *BLOCKS]),
        (reported(SPOILER, UNSPOILER), ["spoiler", "delete", "dismiss", *BLOCKS]),
        (reported(job=DELETED), ["dismiss", *BLOCKS]),  # by its member, elsewhere
        (reported(DELETE, job=DELETED), BLOCKS),
        (reported(deed(DeedKind.DELETE, undo_until=NOW + 1), job=DELETED), ["restore", *BLOCKS]),
        (reported(deed(DeedKind.DELETE, undo_until=NOW), job=DELETED), BLOCKS),  # it is over
        (reported(DELETE, RESTORE), ["spoiler", "delete", "dismiss", *BLOCKS]),
        (reported(BLOCK), ["spoiler", "delete", "unblock"]),
        (reported(deed(DeedKind.BLOCK, until=NOW + 1)), ["spoiler", "delete", "unblock"]),
        (reported(deed(DeedKind.BLOCK, until=NOW)), ["spoiler", "delete", "dismiss", *BLOCKS]),
        (reported(BLOCK, UNBLOCK), ["spoiler", "delete", "dismiss", *BLOCKS]),
        (reported(DELETE, BLOCK, job=DELETED), ["unblock"]),
        (reported(DISMISS), ["reopen"]),
        (reported(DISMISS, REOPEN), ["spoiler", "delete", "dismiss", *BLOCKS]),
    ],
)
async def test_what_is_left_to_do_follows_from_what_is_on_record(report, possible):
    view = report_view.report_view(report)

    assert [*buttons(view)] == [f"report:{action}:{JOB.id}:77" for action in possible]
    assert_within_limits(view)
    assert said(view)[0] == texts.log_channel.line(report)


@in_any_language
def test_each_deed_is_shown_with_who_and_when(language):
    deeds = [DELETE, deed(DeedKind.BLOCK, until=NOW + 1), UNBLOCK, BLOCK, DISMISS, REOPEN]
    deeds += [RESTORE, SPOILER, UNSPOILER]
    with speaking(language):
        shown = texts.reports.done(reported(*deeds)).splitlines()

    assert len(shown) == len({*shown}) == len(deeds)
    for line in shown:
        assert "<@1>" in line
        assert f"<t:{int(NOW)}:f>" in line


@in_any_language
def test_each_reporter_is_counted_and_says_why(language):
    reasons = [*ReportReason]
    again = [
        replace(deed(DeedKind.REPORT, reason=reason, text=HOSTILE), member_id=77 + number)
        for number, reason in enumerate(reasons)
    ]
    with speaking(language):
        line = texts.log_channel.line(reported(*again))
        shown = texts.reports.reasons(reported(*again)).splitlines()
        silent = texts.reports.reasons(reported(replace(again[0], detail={})))

    assert f" {len(reasons) - 1} " in line
    assert len({line.split("**")[1] for line in shown}) == len(shown) == len(reasons)
    for number, line in enumerate(shown):
        assert line.startswith(f"<@{77 + number}>")
        assert literal(HOSTILE) in line
    assert silent == ""


@in_any_language
def test_the_question_says_whether_a_deletion_can_be_undone(language):
    with speaking(language):
        asked = [report_view.question(NOTICE, JOB, until) for until in (None, NOW)]
        for view in asked:
            assert_within_limits(view)
            assert [*buttons(view)] == [f"report:delete_now:{JOB.id}:77", f"keep:{JOB.id}"]
        never, until = (said(view)[0] for view in asked)

    assert f"<t:{int(NOW)}:f>" in until
    assert "<t:" not in never


def test_an_entry_changes_when_the_next_of_its_times_has_come():
    times = [deed(DeedKind.BLOCK, until=NOW + 9), deed(DeedKind.DELETE, undo_until=NOW + 5)]

    assert reported(*times).changes_at == NOW + 5
    assert replace(reported(*times), at=NOW + 5).changes_at == NOW + 9
    assert replace(reported(*times), at=NOW + 9).changes_at is None


def test_a_report_whose_order_is_not_on_record_offers_nothing():
    view = report_view.report_view(reported(DELETE, job=None))

    assert "**Closed**" in said(view)[-1]
    assert "<@300>" in said(view)[0]
    assert buttons(view) == {}


async def test_a_report_is_not_taken_for_the_picture_that_it_is_about():
    """A message with pictures is known by its buttons; to report a report makes no sense."""
    view = report_view.report_view(NOTICE)

    assert not shows_pictures(returned(view), JOB.id)


async def test_a_report_lives_for_ever():
    view = report_view.report_view(NOTICE)

    assert view.timeout is None
    assert view.is_persistent()


@in_any_language
async def test_the_fullest_report_fits_into_a_message_of_discords(language):
    job = a_job(id=JOB.id, guild_id=ID, channel_id=ID, message_id=ID, member_id=ID)
    job = type(job)(**{**vars(job), "order": an_order(prompt=PROMPT)})
    report = deed(DeedKind.REPORT, reason=ReportReason.HATE, text="*" * LONGEST_REPORT)
    deeds = [report, deed(DeedKind.BLOCK, until=NOW), UNBLOCK] * 100
    with speaking(language):
        view = report_view.report_view(reported(*deeds, job=job))

        assert_within_limits(view)
        assert "\n" not in said(view)[0]
        assert 0 < len(texts.reports.block_reason()) <= 200


async def test_a_report_is_written_with_its_buttons_and_pings_nobody(rest, meters, stand_in):
    mira = stand_in.member("Mira", channel="general", guild="Lighthouse Club")
    notices = DiscordLogChannel(rest, meters=meters)

    await notices.write(int(mira.channel.id), NOTICE)

    [exchange] = await stand_in.journal.wait("POST", "/api/v10/channels/*/messages")
    body = json.loads(exchange.body)
    [shown] = mira.visible()
    assert body["allowed_mentions"] == {"parse": []}
    assert body["flags"] & 4  # no embeds
    assert not shown["mentions"]
    assert not shown["mention_everyone"]
    line, *rows = shown["components"]
    assert line["content"] == texts.log_channel.line(NOTICE)
    assert [[button["label"] for button in row["components"]] for row in rows] == [
        ["Hide behind a spoiler", "Delete", "Dismiss"],
        ["Block for 1 day", "Block for 1 week", "Block permanently"],
    ]
    await notices.close()


async def test_the_pictures_of_an_entry_come_behind_spoilers_stay_and_go(rest, meters, stand_in):
    mira = stand_in.member("Mira", channel="general", guild="Lighthouse Club")
    notices = DiscordLogChannel(rest, meters=meters)
    channel = int(mira.channel.id)
    message = await notices.write(channel, NOTICE)

    shown = []
    for more in ({"pictures": [b"one", b"two"]}, {"pictured": 2}, {}):
        await notices.rewrite(channel, message, replace(NOTICE, **more))
        shown += mira.visible()

    first, kept, without = shown
    assert first["attachments"] == kept["attachments"]
    assert [file["filename"] for file in first["attachments"]] == [
        "SPOILER_reported-1.jpg",
        "SPOILER_reported-2.jpg",
    ]
    for message in (first, kept):
        [gallery] = [part for part in message["components"] if part["type"] == GALLERY]
        assert [item["spoiler"] for item in gallery["items"]] == [True, True]
        assert len({item["media"]["attachment_id"] for item in gallery["items"]}) == 2
    assert without["attachments"] == []
    assert not any(part["type"] == GALLERY for part in without["components"])
    await notices.close()


async def test_two_reports_of_a_picture_at_once_are_one_message(rest, meters, stand_in):
    """Discord drops the second by its nonce."""
    mira = stand_in.member("Mira", channel="general", guild="Lighthouse Club")
    notices = DiscordLogChannel(rest, meters=meters)

    await asyncio.gather(
        *(notices.write(int(mira.channel.id), replace(NOTICE, by=by)) for by in (1, 2))
    )

    assert len(mira.visible()) == 1
    await notices.close()
