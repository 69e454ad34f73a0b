"""The servers' log channels: one line each, once, and nobody is pinged."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from bot.domain.lane import ClosedReason
from bot.domain.log_entries import (
    Blocked,
    Changed,
    LaneClosed,
    OrdersPlaced,
    Unblocked,
    WordRefused,
)
from bot.domain.rules import Block, Rules
from bot.retry import Backoff
from bot.service.port_errors import PermanentDiscordError, TransientDiscordError
from bot.ui.gathered_orders import MOST_WAITING
from bot.ui.log_channel import DEFAULT_LIMITS, DiscordLogChannel, LogChannelLimits
from sandbox.faults import Answer, Cut, Fault, Hold
from tests.rules import FULLEST, ID, PHRASES, PROMPT, REASON
from tests.samples import NOW, a_job, an_order, changed_job

API = "/api/v10"
NOTICE = Unblocked(by=1, member_id=2)
HOSTILE = "@everyone @here <@300> <@&7> **bold** https://evil.example"
EACH = {
    "refused": WordRefused(member_id=ID, channel_id=ID, phrase=PHRASES[0], prompt=PROMPT),
    "hostile": WordRefused(member_id=2, channel_id=3, phrase="@everyone", prompt=HOSTILE),
    "changed": Changed(by=ID, before=Rules(), after=FULLEST),
    "deleted in Discord": Changed(by=None, before=FULLEST, after=Rules()),
    "blocked": Blocked(block=Block(member_id=ID, by=ID, since=NOW, until=NOW, reason=REASON)),
    "unblocked": NOTICE,
    "credit": LaneClosed(
        reason=ClosedReason.CREDIT,
        guild_id=ID,
        orders=9,
        channel_id=ID,
        message_id=ID,
        until=None,
    ),
    "busy": LaneClosed(
        reason=ClosedReason.BUSY,
        guild_id=ID,
        orders=1,
        channel_id=ID,
        message_id=None,
        until=NOW,
    ),
}


@pytest.fixture
async def open_notices(rest, meters):
    """Open a log channel that loses no time, with other limits if they are named."""
    async with AsyncExitStack() as opened:

        def open_notices(**limits):
            chosen = LogChannelLimits(backoff=Backoff(first=0.0, most=0.0), **limits)
            notices = DiscordLogChannel(rest, meters=meters, limits=chosen)
            opened.push_async_callback(notices.close)
            return notices

        yield open_notices


@pytest.fixture
def notices(open_notices):
    return open_notices()


@pytest.fixture
def mira(stand_in):
    """A moderator who looks into the log channel."""
    return stand_in.member("Mira", channel="general", guild="Lighthouse Club")


@pytest.fixture
def channel(mira):
    return int(mira.channel.id)


@pytest.fixture
def lines(mira):
    """Return what stands in the log channel."""

    def lines():
        return [message["content"] for message in mira.visible()]

    return lines


@pytest.fixture
def fault(stand_in, channel):
    """Have something done to the next lines that are written."""

    def fault(do, times=1):
        path = f"{API}/channels/{channel}/messages"
        return stand_in.faults.add(Fault(method="POST", path=path, do=do, times=times))

    return fault


@pytest.fixture
def sent(stand_in, channel):
    """Wait until so many lines were sent, and return their bodies."""

    async def sent(count):
        path = f"{API}/channels/{channel}/messages"
        found = await stand_in.journal.wait("POST", path, count=count)
        return [json.loads(exchange.body) for exchange in found]

    return sent


async def written(notices):
    """Wait until every line is written, or lost."""
    if notices._pending:
        await asyncio.wait(notices._pending, timeout=10)


@pytest.mark.parametrize("notice", EACH.values(), ids=EACH)
async def test_a_line_is_written_that_pings_nobody(notices, channel, lines, sent, notice):
    """It names members and repeats what they wrote, and yet no phone rings."""
    await notices.write(channel, notice)

    (body,) = await sent(1)
    assert body["allowed_mentions"] == {"parse": []}
    assert body["flags"] & 4  # no embeds: a link in a log is no advertisement
    (line,) = lines()
    assert "\n" not in line
    assert len(line) <= 2000


async def test_what_is_told_is_written_some_time_soon(notices, channel, lines, sent):
    notices.enqueue(channel, NOTICE)
    assert lines() == []

    await sent(1)

    assert len(lines()) == 1


@pytest.mark.parametrize(
    "trouble", [Answer(status=503), Cut(when="before"), Cut(when="after")], ids=str
)
async def test_a_line_that_may_have_been_written_is_written_once(
    notices, channel, lines, sent, fault, trouble
):
    """Discord drops a nonce that it has seen a moment ago."""
    fault(trouble)

    notices.enqueue(channel, NOTICE)
    first, second = await sent(2)
    await written(notices)

    assert first["nonce"] == second["nonce"]
    assert second["enforce_nonce"]
    assert len(lines()) == 1


async def test_two_lines_are_two_although_they_say_the_same(notices, channel, lines):
    for _ in range(2):
        notices.enqueue(channel, NOTICE)
    await written(notices)

    assert len(lines()) == 2


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (404, 10003)])
async def test_a_channel_that_is_closed_loses_the_line_without_a_second_try(
    notices, channel, sent, fault, status, code
):
    refusing = fault(Answer(status=status, body={"message": "no", "code": code}), times=9)

    notices.enqueue(channel, NOTICE)
    await written(notices)

    assert len(await sent(1)) == 1
    assert notices.refused(channel)
    refusing.end()
    await notices.write(channel, NOTICE)
    assert not notices.refused(channel)


async def test_a_discord_that_stays_away_is_given_up(notices, channel, sent, fault):
    """A log is not worth asking for ever."""
    fault(Answer(status=503), times=99)

    notices.enqueue(channel, NOTICE)
    await written(notices)

    assert len(await sent(DEFAULT_LIMITS.attempts)) == DEFAULT_LIMITS.attempts


async def test_nothing_is_repeated_once_discord_may_have_forgotten_its_nonce(
    open_notices, channel, fault, sent
):
    """A call may hang for a minute, five of them for longer than Discord remembers."""
    notices = open_notices(give_up_after=0.05)
    held = fault(Hold(when="after"), times=99)

    notices.enqueue(channel, NOTICE)
    await written(notices)
    held.release()

    assert len(await sent(1)) == 1


async def test_a_line_that_must_be_written_says_when_it_is_not(notices, channel, fault, lines):
    """Whoever chooses a log channel hears at once that the bot may not write there."""
    fault(Answer(status=403, body={"message": "Missing Access", "code": 50001}))
    with pytest.raises(PermanentDiscordError):
        await notices.write(channel, NOTICE)

    fault(Answer(status=503))
    with pytest.raises(TransientDiscordError):
        await notices.write(channel, NOTICE)

    assert lines() == []


async def test_one_closed_channel_keeps_no_other_waiting(notices, channel, stand_in, fault, lines):
    held = fault(Hold(when="before"))
    library = stand_in.member("Mira", channel="gallery", guild="Quiet Library")
    notices.enqueue(channel, NOTICE)
    await held.reached.wait()

    await notices.write(int(library.channel.id), NOTICE)

    assert len(library.visible()) == 1
    assert lines() == []
    held.release()


async def test_what_is_too_much_is_dropped_and_that_is_logged(
    open_notices, channel, fault, sent, caplog
):
    """Lines wait in memory while Discord is away."""
    notices = open_notices(most_pending=2)
    held = fault(Hold(when="before"), times=9)
    for _ in range(3):
        notices.enqueue(channel, NOTICE)
    await held.reached.wait()

    assert ["dropped" in record.getMessage() for record in caplog.records] == [True]

    held.release()
    await written(notices)
    notices.enqueue(channel, NOTICE)
    assert len(await sent(3)) == 3


async def test_closing_leaves_nothing_behind(notices, channel, fault):
    held = fault(Hold(when="before"))
    notices.enqueue(channel, NOTICE)
    await held.reached.wait()

    [writing] = notices._pending

    await notices.close()

    assert writing.done()
    held.release()


async def test_many_orders_are_few_messages_and_private_ones_have_no_prompt(
    open_notices, channel, lines, sent
):
    """A report that goes there too must not wait behind them."""
    notices = open_notices(gathered=0.05)
    jobs = [
        a_job(order=an_order(prompt=f"number {number} {HOSTILE}"), message_id=7, guild_id=100)
        for number in range(30)
    ]
    jobs.append(changed_job(jobs[0], private=True))
    for job in jobs:
        notices.enqueue(channel, OrdersPlaced(jobs=(job,)))

    async with asyncio.timeout(10):
        await asyncio.gather(*notices._orders._writing.values())

    written = lines()
    assert len(written) <= len(jobs) / 3
    assert all(len(line) <= 2000 for line in written)
    *public, private = "\n".join(written).splitlines()
    assert all(f"number {number} " in line for number, line in enumerate(public))
    assert "number" not in private
    for body in await sent(len(written)):
        assert body["allowed_mentions"] == {"parse": []}


async def test_more_orders_than_can_be_written_are_dropped(open_notices, channel, caplog):
    notices = open_notices(gathered=60.0)
    for _ in range(MOST_WAITING + 1):
        notices.enqueue(channel, OrdersPlaced(jobs=(a_job(),)))

    assert "too many orders" in caplog.text
