"""A report in a log channel: what it says survives restarts, and what it offers makes sense."""

import asyncio
import json

import pytest

from bot.domain.log_entries import Reported
from bot.domain.rules import Block
from bot.ui import report_view, texts
from bot.ui.button_actions import ReportAction
from bot.ui.language import LANGUAGES, speaking
from bot.ui.log_channel import DiscordLogChannel
from bot.ui.order_buttons import shows_pictures
from bot.ui.report_view import ReportButton, ReportState
from tests.rules import ID, PROMPT, REASON
from tests.samples import NOW, a_job, an_order
from tests.views import assert_within_limits, buttons, returned

JOB = a_job(id="0123456789abcdef", order=an_order(prompt="@everyone **a** lighthouse"))
NOTICE = Reported(job=JOB, by=77)
PRESS = ReportButton(ReportAction.DELETE, JOB.id, 77)

in_any_language = pytest.mark.parametrize("language", LANGUAGES)


async def test_a_report_offers_to_delete_to_block_and_to_dismiss():
    view = report_view.fresh_view(NOTICE)

    assert [*buttons(view)] == [
        f"report:delete:{JOB.id}:77",
        f"report:block:{JOB.id}:77",
        f"report:dismiss:{JOB.id}:77",
    ]
    assert report_view.read(returned(view)) == ReportState(
        line=texts.log_channel.line(NOTICE), done={}
    )


async def test_what_was_done_is_read_from_the_message_word_for_word():
    """Nothing else remembers it, and whoever did it is named there alone."""
    said = ReportState(
        line="a line",
        done={ReportAction.DELETE: "**Gelöscht** von <@1>", ReportAction.BLOCK: "blocked"},
    )

    assert report_view.read(returned(report_view.report_view(said, [PRESS]))) == said


async def test_what_was_done_first_stays_as_it_was_said():
    """Of two moderators who press the same, the first did it."""
    said = ReportState(line="a line", done={}).with_done(ReportAction.DELETE, "by <@1>")

    assert said.with_done(ReportAction.DELETE, "by <@2>") == said


def test_another_message_says_nothing():
    assert report_view.read([]) == ReportState(line="", done={})


@pytest.mark.parametrize(
    ("done", "deleted", "blocked", "left"),
    [
        ([], False, False, [ReportAction.DELETE, ReportAction.BLOCK, ReportAction.DISMISS]),
        ([], True, False, [ReportAction.BLOCK, ReportAction.DISMISS]),  # by its member, elsewhere
        ([], False, True, [ReportAction.DELETE, ReportAction.DISMISS]),
        ([ReportAction.DELETE], True, False, [ReportAction.BLOCK]),
        ([ReportAction.BLOCK], False, True, [ReportAction.DELETE]),
        (
            [ReportAction.BLOCK],
            False,
            False,
            [ReportAction.DELETE, ReportAction.BLOCK],
        ),  # and unblocked since
        ([ReportAction.DELETE, ReportAction.BLOCK], True, True, []),
        ([ReportAction.DISMISS], False, False, []),
        ([ReportAction.DISMISS, ReportAction.DELETE], True, False, []),
    ],
)
async def test_what_is_left_to_do_follows_from_what_is_on_record(done, deleted, blocked, left):
    said = ReportState(line="a line", done=dict.fromkeys(done, "done"))

    remaining = report_view.remaining_buttons(said, PRESS, deleted=deleted, blocked=blocked)

    assert [button.action for button in remaining] == left


async def test_nothing_is_left_to_do_about_an_order_that_is_not_on_record():
    said = ReportState(line="a line", done={}, forgotten="it is gone")

    assert report_view.read(returned(report_view.report_view(said, []))) == said
    assert report_view.remaining_buttons(said, PRESS, deleted=False, blocked=False) == []


async def test_a_report_is_not_taken_for_the_picture_that_it_is_about():
    """A message with pictures is known by its buttons; to report a report makes no sense."""
    view = report_view.fresh_view(NOTICE)

    assert not shows_pictures(returned(view), JOB.id)


async def test_a_report_lives_for_ever():
    view = report_view.fresh_view(NOTICE)

    assert view.timeout is None
    assert view.is_persistent()


@in_any_language
async def test_the_fullest_report_fits_into_a_message_of_discords(language):
    job = a_job(id=JOB.id, guild_id=ID, channel_id=ID, message_id=ID, member_id=ID)
    job = type(job)(**{**vars(job), "order": an_order(prompt=PROMPT)})
    block = Block(member_id=ID, by=ID, since=NOW, reason=REASON)
    with speaking(language):
        said = ReportState(
            line=texts.log_channel.line(Reported(job=job, by=ID)),
            done={
                ReportAction.DELETE: texts.log_channel.deleted_before(),
                ReportAction.BLOCK: texts.log_channel.member_blocked(block),
                ReportAction.DISMISS: texts.log_channel.dismissed(ID),
            },
            forgotten=texts.log_channel.forgotten(),
        )
        presses = [ReportButton(deed, job.id, ID) for deed in ReportAction]

    view = report_view.report_view(said, presses)

    assert_within_limits(view)
    assert "\n" not in said.line
    assert len({*buttons(view).values()}) == len(presses)
    with speaking(language):
        assert 0 < len(texts.log_channel.block_reason()) <= 200
        assert str(deleted := texts.log_channel.deleted(7)).startswith("**")
        assert "<@7>" in deleted


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
    line, row = shown["components"]
    assert line["content"] == texts.log_channel.line(NOTICE)
    assert [button["label"] for button in row["components"]] == [
        "Delete",
        "Block member",
        "Dismiss",
    ]
    await notices.close()


async def test_two_reports_of_a_picture_at_once_are_one_message(rest, meters, stand_in):
    """Discord drops the second by its nonce."""
    mira = stand_in.member("Mira", channel="general", guild="Lighthouse Club")
    notices = DiscordLogChannel(rest, meters=meters)

    await asyncio.gather(
        *(notices.write(int(mira.channel.id), Reported(job=JOB, by=by)) for by in (1, 2))
    )

    assert len(mira.visible()) == 1
    await notices.close()
