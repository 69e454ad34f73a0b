"""Paid pictures are brought to the member."""

import asyncio

import pytest

from bot.domain.job import Billed, Delivery, EndReason, Obstacle, State, Update
from bot.domain.lane import ClosedReason
from bot.service.order_actions import Person
from bot.service.picture_files import TRIES
from bot.service.port_errors import FileTooLarge, MediaUnavailable, OutcomeUnknown
from bot.service.ports.store import Ping, PingIn
from bot.service.settings import RetentionPolicy, ServiceSettings
from tests.samples import NOW, OWNER, a_job, an_order, changed_job
from tests.service.harness import DEADLINE

USABLE = tuple(f"https://pub-1.r2.dev/v1/r-1/output_{number}.png" for number in range(1, 5))


@pytest.fixture
def completed(app):
    """Put a job into the store whose pictures are paid for, and that this process owns."""

    async def completed(*media, **changes):
        values = {
            "order": an_order(images=max(1, min(len(media), 4))),
            "state": State.COMPLETED,
            "billed": Billed.YES,
            "request_id": "r-1",
            "owner": OWNER,
            "epoch": 1,
            "media": media or USABLE[:1],
            "answered_at": NOW,
            "queued_at": NOW,
            "completed_at": NOW,
        }
        job = a_job(**values | changes)
        await app.put(job)
        return job

    return completed


def names_delivered(app):
    """Return the names of the files that were delivered."""
    ((_, pictures),) = app.cards.delivered
    return [picture.path.name for picture in pictures]


def is_kept(job, at=NOW):
    kept = (State.COMPLETED, None, at)
    return (job.state, job.lease.owner, job.outstanding.kept_at) == kept


async def test_pictures_are_fetched_and_delivered(app, completed):
    job = await completed(*USABLE, file_limit=1234)

    after = await app.pipeline.delivery.deliver(job)

    assert after == await app.only_job()
    assert (after.state, after.billed, after.lease.owner) == (State.DELIVERED, Billed.YES, None)
    assert names_delivered(app) == ["1", "2", "3", "4"]
    assert app.cards.delivered[0][0] == job
    assert sorted(app.media.fetched) == sorted(USABLE)
    assert app.media.limits == [1234] * 4


@pytest.mark.parametrize("private", [False, True])
async def test_only_the_files_of_a_private_order_stay_since_it_may_be_posted(
    app, completed, private
):
    job = await completed(private=private)

    await app.pipeline.delivery.deliver(job)

    folders = [folder.name for folder in app.settings.files.iterdir()]
    assert folders == ([job.id] if private else [])


async def test_no_more_pictures_are_fetched_than_a_message_takes(app, completed):
    """The vendor's list comes from outside: Discord takes ten files in a message."""
    job = await completed(*(f"https://pub-1.r2.dev/{number}.png" for number in range(60)))

    after = await app.pipeline.delivery.deliver(job)

    assert len(names_delivered(app)) <= 10
    assert len(app.media.fetched) <= 10
    assert after.state is State.DELIVERED


@pytest.mark.parametrize("changes", [{}, {"guild_id": None, "answers_only": True}])
async def test_pictures_without_a_way_to_the_member_are_kept(app, completed, changes):
    """They are paid for: /history offers them."""
    app.cards.closed = True
    app.clock.now = NOW + 7

    after = await app.pipeline.delivery.deliver(await completed(**changes))

    assert is_kept(after, at=NOW + 7)
    assert await app.only_job() == after


async def test_pictures_that_discord_refuses_as_too_large_are_made_smaller(app, completed):
    job = await completed(file_limit=10_000)
    app.cards.errors.append(FileTooLarge("40005"))

    assert (await app.pipeline.delivery.deliver(job)).state is State.DELIVERED
    assert app.media.limits == [10_000, 5_000]


async def test_a_delivery_is_recorded_as_soon_as_the_store_is_back(app, completed):
    job = await completed()
    app.faults.jobs.away = True
    delivering = asyncio.create_task(app.pipeline.delivery.deliver(job))
    await app.faults.jobs.refused("swap", times=3)

    app.faults.jobs.away = False

    assert (await delivering).state is State.DELIVERED
    assert len(app.cards.delivered) == 1


async def test_a_change_by_another_process_is_not_overwritten(app, completed):
    job = await completed()
    theirs = changed_job(job, owner="there", epoch=9)
    await app.put(theirs)

    assert await app.pipeline.delivery.deliver(job) == theirs


@pytest.mark.parametrize("known", [True, False], ids=["known", "only in the store"])
async def test_a_withdrawn_order_shows_nothing_and_its_pictures_are_kept(app, completed, known):
    """They are paid for. The task that delivers may have read the job before the withdrawal."""
    app.clock.now = NOW + 7
    job = await completed()
    withdrawn = changed_job(job, withdrawn=True)
    await app.put(withdrawn)

    after = await app.pipeline.delivery.deliver(withdrawn if known else job)

    assert app.cards.delivered == []
    assert [settled.withdrawn for settled in app.cards.settled] == [True]
    assert is_kept(after, at=NOW + 7)


# Pictures that can't be fetched yet.


def away(app, *addresses, times=1000, **changes):
    """Let the next downloads of *addresses* fail; the vendor names no others."""
    app.queue.after = app.queue.after or OutcomeUnknown("no answer")
    for address in addresses:
        app.media.errors[address].extend(
            MediaUnavailable("not now", **changes) for _ in range(times)
        )


def back(app):
    app.media.errors.clear()


async def again(app, job):
    """Let this process take the job over and try again, as soon as the next try is due."""
    app.clock.now = max(app.clock.now, job.outstanding.next_try_at)
    (taken,) = await app.jobs.take_over(OWNER, lease=30, submitted_before=NOW)
    return await app.pipeline.delivery.deliver(taken)


async def test_what_is_there_within_seconds_is_delivered_at_once(app, completed):
    away(app, USABLE[0], times=TRIES - 1)

    after = await app.pipeline.delivery.deliver(await completed())

    assert (after.state, len(app.media.fetched)) == (State.DELIVERED, TRIES)
    assert app.cards.settled == []


@pytest.mark.parametrize("late", [0, 30 * DEADLINE])
@pytest.mark.parametrize("obstacle", ["file", "origin", "address", "host"])
async def test_what_cannot_be_fetched_is_outstanding_until_it_can(app, completed, obstacle, late):
    """It is paid for: no deadline ends it, however long the bot was down."""
    app.clock.now = NOW + late
    away(app, USABLE[0], obstacle=Obstacle(obstacle))

    job = await app.pipeline.delivery.deliver(await completed())

    assert job == await app.only_job() == app.cards.settled[-1]
    assert (job.state, job.delivery) == (State.COMPLETED, Delivery.OUTSTANDING)
    assert (job.lease.owner, job.outstanding.obstacle) == (None, obstacle)
    assert (job.outstanding.tries, job.outstanding.outstanding_since) == (1, NOW + late)
    back(app)
    assert (await again(app, job)).state is State.DELIVERED
    assert names_delivered(app) == ["1"]


async def test_addresses_that_the_vendor_names_later_or_changes_are_used(app, completed):
    """A COMPLETED without output, and an address that expired."""
    app.queue.statuses.extend(
        [
            Update(state=State.COMPLETED, request_id="r-1"),
            OutcomeUnknown("no answer"),
            Update(state=State.COMPLETED, request_id="r-1", media=(USABLE[1],)),
        ]
    )
    app.queue.after = Update(state=State.COMPLETED, request_id="r-1", media=(USABLE[2],))
    away(app, USABLE[1], status=403)
    job = changed_job(await completed(), media=())

    after = await app.pipeline.delivery.deliver(job)

    assert (after.state, after.media) == (State.DELIVERED, (USABLE[2],))
    assert await app.only_job() == after


@pytest.mark.parametrize("count", [1, 2])
async def test_pictures_that_the_vendor_names_a_little_later_are_delivered_too(
    app, completed, count
):
    """If it names no more within seconds, those that it named are all."""
    app.queue.after = Update(state=State.COMPLETED, request_id="r-1", media=USABLE[:count])
    job = await completed(order=an_order(images=2))

    assert (await app.pipeline.delivery.deliver(job)).state is State.DELIVERED
    assert names_delivered(app) == ["1", "2"][:count]


async def test_without_any_output_the_vendor_may_still_say_that_it_failed(app, completed):
    app.queue.after = Update(state=State.FAILED, request_id="r-1", error="worker lost")
    job = changed_job(await completed(), media=())

    after = await app.pipeline.delivery.deliver(job)

    assert (after.state, after.end_reason) == (State.FAILED, EndReason.VENDOR)
    assert (after.error, after.billed) == ("worker lost", Billed.YES)


async def test_a_host_that_is_away_for_two_hours_is_asked_ever_more_rarely(open_process, completed):
    app = open_process(outstanding_backoff=ServiceSettings.outstanding_backoff)
    away(app, USABLE[0])
    job, delays = await app.pipeline.delivery.deliver(await completed()), []

    while app.clock.now < NOW + 2 * 3600:
        delays.append(job.outstanding.next_try_at - app.clock.now)
        job = await again(app, job)
    back(app)

    assert 4 <= delays[0] <= 6
    assert max(delays) <= 3600
    assert len(delays) <= 12
    assert (await again(app, job)).state is State.DELIVERED


@pytest.mark.parametrize(("asked", "waited"), [(600.0, 600.0), (86400.0, 3600.0)])
async def test_a_host_that_asks_for_a_pause_gets_it_up_to_an_hour(app, completed, asked, waited):
    away(app, USABLE[0], status=429, retry_after=asked)

    job = await app.pipeline.delivery.deliver(await completed())

    assert len(app.media.fetched) == 1
    assert job.outstanding.next_try_at == NOW + waited


@pytest.mark.parametrize("days", [0, 7])
async def test_patience_lasts_as_long_as_files_are_kept(open_process, completed, days):
    """It was charged, and the member reads so."""
    app = open_process(retention=RetentionPolicy(files_days=days, orders_days=0))
    away(app, USABLE[0])
    job = await app.pipeline.delivery.deliver(await completed())
    app.clock.now = NOW + 7 * 86400 - 1
    job = await again(app, job)
    assert job.state is State.COMPLETED

    app.clock.now = NOW + 7 * 86400
    job = await again(app, job)

    ended = (State.FAILED, EndReason.NO_PICTURE) if days else (State.COMPLETED, None)
    assert (job.state, job.end_reason, job.billed) == (*ended, Billed.YES)


async def test_the_operator_is_told_once_what_to_change(app, completed, caplog):
    origin = "https://pub-1.r2.dev"
    away(app, *USABLE, obstacle=Obstacle.ORIGIN, origin=origin)
    job = await app.pipeline.delivery.deliver(await completed(*USABLE))
    job = await again(app, job)

    def told():
        return [record.message for record in caplog.records if "MEDIA_ORIGINS" in record.message]

    (line,) = told()
    assert f"origin={origin}" in line
    back(app)
    await again(app, job)
    away(app, USABLE[0], obstacle=Obstacle.ORIGIN, origin=origin)
    await app.pipeline.delivery.deliver(await completed(request_id="r-2"))
    assert len(told()) == 2


@pytest.mark.parametrize("kept", [False, True])
async def test_three_orders_in_a_row_without_pictures_close_the_lane(app, completed, kept):
    """No more money for what can't be fetched; what was kept long ago says nothing of today."""
    away(app, USABLE[0])
    kept_at = NOW if kept else None
    job = await app.pipeline.delivery.deliver(await completed(kept_at=kept_at))
    for _ in range(2):  # tries of one order count once
        job = await again(app, job)
    assert (await app.lane()).closed is None

    for number in (2, 3):
        another = await completed(kept_at=kept_at, request_id=f"r-{number}")
        await app.pipeline.delivery.deliver(another)

    closed = (await app.lane()).closed
    assert closed is (None if kept else ClosedReason.MEDIA)


# One picture of several is missing.


@pytest.mark.parametrize("ping", [Ping.ALWAYS, Ping.NEVER])
async def test_one_missing_picture_holds_the_others_back_no_longer(app, completed, ping):
    """It comes later into the same message, without a second ping."""
    await app.cogs.preferences.set_ping(300, ping)
    away(app, USABLE[2])

    job = await app.pipeline.delivery.deliver(await completed(*USABLE))

    assert app.cards.in_card == [(job, ["1", "2", "4"])]
    assert (job.delivery, job.outstanding.pictures_shown) == (Delivery.OUTSTANDING, 3)
    assert app.cards.pinged == [job] * (ping is Ping.ALWAYS)
    job = await again(app, job)
    assert len(app.cards.in_card) == 1
    assert app.cards.settled == []
    back(app)
    assert (await again(app, job)).state is State.DELIVERED
    assert names_delivered(app) == ["1", "2", "3", "4"]
    assert len(app.cards.pinged) == (ping is Ping.ALWAYS)


@pytest.mark.parametrize("closed", [False, True])
async def test_what_never_came_is_said_to_be_missing_in_the_end(app, completed, closed):
    """Who saw the others in the card gets them by no other way."""
    away(app, USABLE[2])
    job = await app.pipeline.delivery.deliver(await completed(*USABLE))
    app.clock.now += 8 * 86400
    app.cards.closed = closed

    after = await again(app, job)

    assert (after.state, after.end_reason, app.cards.delivered) == (State.DELIVERED, None, [])
    states = [(shown.state, names) for shown, names in app.cards.in_card]
    end = [(State.DELIVERED, ["1", "2", "4"])]
    assert states == [(State.COMPLETED, ["1", "2", "4"]), *(end if not closed else [])]


async def test_where_the_card_is_closed_some_pictures_wait_for_the_others(app, completed):
    """A new message could not be completed later."""
    away(app, USABLE[2])
    app.cards.by_message = True
    job = await app.pipeline.delivery.deliver(await completed(*USABLE))
    assert (job.outstanding.pictures_shown, app.cards.delivered) == (0, [])

    back(app)

    assert (await again(app, job)).state is State.DELIVERED
    assert names_delivered(app) == ["1", "2", "3", "4"]


async def test_what_is_withdrawn_while_it_is_outstanding_is_kept_for_history(app, completed):
    away(app, USABLE[0])
    job = await app.pipeline.delivery.deliver(await completed())

    await app.cogs.actions.hide(job.id, Person(id=300, guild_id=100))
    job = await again(app, await app.only_job())

    assert app.cards.settled[-1].withdrawn
    assert (job.state, job.lease.owner, job.outstanding.kept_at) == (State.COMPLETED, None, NOW)
    back(app)
    job = await again(app, job)
    assert (is_kept(job), job.outstanding.next_try_at) == (True, None)
    assert app.cards.delivered == []


# Pings.


@pytest.mark.parametrize(
    ("ping", "seconds", "pinged"),
    [
        (Ping.AUTO, 59, False),
        (Ping.AUTO, 61, True),
        (Ping.ALWAYS, 1, True),
        (Ping.NEVER, 3600, False),
    ],
)
async def test_a_member_is_pinged_as_their_settings_say(app, completed, ping, seconds, pinged):
    """After more than a minute a member may no longer watch the card."""
    await app.cogs.preferences.set_ping(300, ping)
    app.clock.now = NOW + seconds

    after = await app.pipeline.delivery.deliver(await completed())

    assert app.cards.pinged == ([after] if pinged else [])


async def test_a_member_is_pinged_where_their_settings_say(app, completed):
    await app.cogs.preferences.set_ping(300, Ping.ALWAYS, PingIn.DIRECT)

    after = await app.pipeline.delivery.deliver(await completed())

    assert (app.cards.pinged, app.cards.pinged_directly) == ([], [after])


@pytest.mark.parametrize("why", ["by_message", "closed"])
async def test_no_ping_follows_pictures_in_a_new_message_or_undelivered_ones(app, completed, why):
    """A new message has pinged the member already."""
    setattr(app.cards, why, True)
    app.clock.now = NOW + 3600

    await app.pipeline.delivery.deliver(await completed())

    assert app.cards.pinged == []
