"""Pictures that wait are where every process reaches them, and one that is away delays only those.

Two processes share the database and that place; each has a folder of downloads of its own.
"""

import asyncio
import os

import pytest

from bot.domain.admission import AdmissionRequest
from bot.domain.alerts import AlertKind
from bot.domain.job import Billed, Delivery, Obstacle, State
from bot.domain.rules import Rules, Safety
from bot.retry import Backoff
from bot.service.alert_watch import AWAY_LASTS
from bot.service.errors import PicturesDelayed, PicturesUnavailable
from bot.service.moderation import Moderator
from bot.service.order_actions import Person
from bot.service.port_errors import FilesUnavailable, MediaUnavailable
from bot.service.retention import DAY, KEEP_SERVERS
from bot.service.storage_upkeep import SETTLED
from tests.samples import NOW, OWNER, a_job
from tests.service.fakes import PICTURE, FakeFiles
from tests.service.harness import background, open_app, until

GUILD, LOG, LIMIT = 100, 55, 10 * 1024 * 1024
NOAH = Person(id=300, guild_id=GUILD)
MIRA = Moderator(id=1, guild_id=GUILD)
LONG = Backoff(first=600.0, most=600.0)


@pytest.fixture
def place(tmp_path) -> FakeFiles:
    return FakeFiles(tmp_path / "shared")


@pytest.fixture
async def processes(database, tmp_path, place):
    """Make two processes; the second finds the vendor without any picture."""
    apps = [
        open_app(database, tmp_path / name, stored=place, owner=name) for name in (OWNER, "there")
    ]
    apps[1].media.errors[PICTURE].extend([MediaUnavailable("it is gone")] * 100)
    yield apps
    for app in apps:
        await app.close()


@pytest.fixture
def first(processes):
    return processes[0]


@pytest.fixture
def second(processes):
    return processes[1]


@pytest.fixture
def completed(first):
    """Put a COMPLETED job of the first process into the store."""

    async def completed(**changes):
        owned = {"owner": OWNER, "epoch": 1, "answered_at": NOW, "completed_at": NOW}
        paid = {"state": State.COMPLETED, "billed": Billed.YES, "media": (PICTURE,)}
        job = a_job(**paid | owned | {"message_id": 77, "member_id": NOAH.id} | changes)
        await first.put(job)
        return job

    return completed


@pytest.fixture
def delivered(first, completed):
    async def delivered(**changes):
        return await first.pipeline.delivery.deliver(await completed(**changes))

    return delivered


def local(app):
    return sorted(path.name for path in app.settings.files.glob("*/*"))


async def post(app, job):
    request = AdmissionRequest(order=job.order, guild_id=GUILD, channel_id=200)
    async with app.cogs.actions.posting(job.id, NOAH, request, channel_id=200) as posting:
        posting.message_id = 88
    return posting


async def test_a_public_order_never_meets_the_place(first, place, delivered):
    place.away = True

    job = await delivered()

    assert (job.state, place.calls, local(first)) == (State.DELIVERED, [], [])
    await first.cogs.actions.delete(job.id, NOAH)
    assert place.calls == []


async def test_private_pictures_wait_in_the_place_alone_and_any_process_posts_them(
    first, second, place, delivered
):
    job = await delivered(private=True)
    assert (job.state, place.names, local(first)) == (State.DELIVERED, [f"{job.id}/1"], [])

    posting = await post(second, job)

    assert len(posting.pictures) == 1
    assert (await second.only_job()).reply.message_id == 88
    assert (place.names, local(second)) == ([], [])


async def test_a_private_order_of_a_killed_process_is_delivered_by_another(
    first, second, place, completed
):
    """It was killed between the copy and the delivery, and the vendor has nothing any more."""
    job = await completed(private=True)
    first.cards.gate.close()
    task = asyncio.create_task(first.pipeline.delivery.deliver(job))
    await first.cards.gate.reached.wait()
    task.cancel()

    await second.put(taken := job.owned_by("there"))
    after = await second.pipeline.delivery.deliver(taken)

    assert (after.state, len(second.cards.delivered)) == (State.DELIVERED, 1)
    assert place.names == [f"{job.id}/1"]


@pytest.mark.parametrize("safety", [Safety.OFF, Safety.HOLD])
async def test_a_private_order_stays_outstanding_while_the_place_is_away(
    first, second, place, completed, safety
):
    for app in (first, second):
        await app.set_rules(GUILD, Rules(safety=safety, log_channel=LOG))
    place.away = True
    job = await completed(private=True)
    while not job.outstanding.tries:
        job = await first.pipeline.delivery.deliver(job)  # it is checked first
    assert (job.state, job.outstanding.obstacle) == (State.COMPLETED, Obstacle.STORAGE)
    assert [names for _, names in first.cards.in_card] == [["1"]]  # they are shown nevertheless
    job = await first.job(job.id)

    place.away = False
    async with background(first.services.upkeep.run(), first.services.recovery.run()):
        await until(first.is_in(job.id, State.DELIVERED))

    assert place.names == [f"{job.id}/1"]
    assert (first.cards.delivered, len(first.cards.in_card)) == ([], 2)  # not posted again


async def test_what_came_of_an_outstanding_order_is_stored_for_the_next_try(
    first, second, place, completed
):
    late = PICTURE + "?late"
    first.media.errors[late].extend([MediaUnavailable("not yet")] * 10)
    job = await first.pipeline.delivery.deliver(await completed(media=(PICTURE, late)))
    assert (job.delivery, place.names) == (Delivery.OUTSTANDING, [f"{job.id}/1"])

    await second.put(taken := job.owned_by("there"))
    after = await second.pipeline.delivery.deliver(taken)

    [(_, pictures)] = second.cards.delivered
    assert (after.state, len(pictures)) == (State.DELIVERED, 2)
    assert place.names == []


async def test_undeliverable_pictures_are_handed_over_by_any_process(
    first, second, place, delivered
):
    first.cards.closed = True
    job = await delivered()
    assert (job.delivery, local(first)) == (Delivery.UNDELIVERABLE, [])
    place.away = True
    kept = await second.cogs.history.orders(NOAH.id, file_limit=LIMIT)
    assert (kept.ready, [one.id for one in kept.fetching]) == ([], [job.id])
    place.away = False

    kept = await second.cogs.history.orders(NOAH.id, file_limit=LIMIT)
    [(order, pictures)] = kept.ready
    await second.cogs.history.confirm(order, count=len(pictures))

    assert (await first.job(job.id)).state is State.DELIVERED
    assert (place.names, local(second)) == ([], [])


async def test_undeliverable_pictures_that_cannot_be_stored_are_tried_again(
    first, place, delivered
):
    first.cards.closed = place.away = True

    job = await delivered()

    assert (job.delivery, job.outstanding.obstacle) == (Delivery.UNDELIVERABLE, Obstacle.STORAGE)
    assert job.outstanding.next_try_at is not None
    place.away = False
    await first.put(taken := job.owned_by(OWNER))
    job = await first.pipeline.delivery.deliver(taken)
    assert (job.outstanding.next_try_at, place.names) == (None, [f"{job.id}/1"])


@pytest.mark.parametrize("away", [False, True], ids=["works", "away at first"])
async def test_held_pictures_are_shown_and_released_by_any_process(
    first, second, place, completed, away
):
    first.check.flags = True
    place.away = away
    for app in (first, second):
        await app.set_rules(GUILD, Rules(safety=Safety.HOLD, log_channel=LOG))
    job = await first.pipeline.delivery.deliver(await completed())
    assert job.held
    await first.pipeline.delivery.deliver(job)  # it shows that, and releases the job
    if away:
        place.away = False
        await first.services.upkeep.catch_up()
    assert place.names == [f"{job.id}/1"]

    await second.tell()
    [(_, shown)] = second.log_channel.entries
    assert len(shown.pictures) == 1
    await second.cogs.held.release(job.id, MIRA)
    async with background(second.services.recovery.run()):
        await until(lambda: place.names == [])
    assert (await second.job(job.id)).state is State.DELIVERED


async def test_deleted_held_pictures_are_deleted_there(first, second, place, completed):
    first.check.flags = True
    await first.set_rules(GUILD, Rules(safety=Safety.HOLD, log_channel=LOG))
    job = await first.pipeline.delivery.deliver(await completed())

    assert await second.cogs.held.delete(job.id, MIRA)

    assert place.names == []


async def test_reported_pictures_are_restored_by_any_process(first, second, place, delivered):
    job = await delivered()
    await first.set_rules(GUILD, Rules(log_channel=LOG))
    await first.cogs.reported.remove(job.id, MIRA)
    assert place.names == [f"{job.id}/1"]
    place.away = True
    with pytest.raises(PicturesDelayed):
        await second.cogs.reported.restore(job.id, MIRA)
    place.away = False

    await second.cogs.reported.restore(job.id, MIRA)

    assert len(second.cards.reposted) == 1


async def test_a_post_that_cannot_be_made_now_is_told_apart_from_one_that_never_can(
    second, place, delivered
):
    job = await delivered(private=True)
    place.away = True
    with pytest.raises(PicturesDelayed):
        await post(second, job)
    place.away = False
    await post(second, job)

    job = await delivered(private=True)
    await place.remove([job.id])
    with pytest.raises(PicturesUnavailable):
        await post(second, job)


# While it is away.


async def test_a_place_that_is_away_is_left_alone_until_a_back_off_is_over(
    database, tmp_path, place
):
    app = open_app(database, tmp_path / "files", stored=place, storage_backoff=LONG)
    place.away = True
    for _ in range(5):
        with pytest.raises(FilesUnavailable, match="it is away"):
            await app.pipeline.storage.probe()

    assert place.calls == ["probe"]
    assert 480.0 <= app.pipeline.storage.seconds_left <= 720.0
    await app.close()


async def test_one_call_finds_out_whether_it_is_back(first, place):
    storage = first.pipeline.storage
    place.away = True
    with pytest.raises(FilesUnavailable):
        await storage.probe()
    place.away = False

    results = await asyncio.gather(*(storage.probe() for _ in range(9)), return_exceptions=True)

    assert results.count(None) == 1
    assert not storage.away


async def test_the_operator_is_told_that_it_is_away_and_that_it_is_back(first, place):
    place.away = True
    with pytest.raises(FilesUnavailable):
        await first.pipeline.storage.probe()
    await first.alert()
    assert first.receiver.told == []
    first.clock.now += AWAY_LASTS
    await first.alert()
    place.away = False
    await first.pipeline.storage.probe()
    for _ in range(2):
        await first.alert()
        first.clock.now += 60

    assert first.receiver.told == [(AlertKind.FILES, "", "open"), (AlertKind.FILES, "", "over")]
    assert "it is away" in first.receiver.taken[0].text


# What is removed.


def age(place, job, seconds):
    os.utime(place.root / job.id, (NOW - seconds, NOW - seconds))


@pytest.mark.parametrize("private", [True, False])
async def test_a_sweep_removes_what_a_killed_process_left_and_nothing_that_lives(
    first, second, place, delivered, completed, tmp_path, private
):
    wanted = await delivered(private=True)
    live = await completed(private=private)
    over = a_job(state=State.DELIVERED, media=(PICTURE,))
    unknown, young = a_job(), a_job(state=State.DELIVERED)
    await first.put(over, young)
    (tmp_path / "picture").touch()
    for job in (live, over, unknown, young):
        await place.put(job.id, "1", tmp_path / "picture")
        age(place, job, 0 if job is young else SETTLED + 1)
    age(place, wanted, SETTLED + 1)

    await second.services.retention.sweep()
    assert len(place.names) == 5
    await second.services.retention.sweep()

    left = {name.split("/")[0] for name in place.names}
    assert left == {wanted.id, live.id, unknown.id, young.id}  # no order's: perhaps another bot's


async def test_what_is_wanted_again_between_two_sweeps_stays(first, second, place, delivered):
    """A post takes a private order for public, and gives that back if Discord refuses."""
    job = await delivered(private=True)
    age(place, job, SETTLED + 1)
    await first.put(job.with_reply(private=False))
    await second.services.retention.sweep()
    await first.put(job)

    await second.services.retention.sweep()

    assert place.names == [f"{job.id}/1"]


async def test_pictures_are_removed_after_their_days(second, place, delivered):
    old, young = await delivered(private=True), await delivered(private=True)
    age(place, old, 7.1 * DAY)
    age(place, young, 6.9 * DAY)

    await second.services.retention.sweep()

    assert place.names == [f"{young.id}/1"]


async def test_what_is_left_on_a_machine_is_moved_or_removed(first, place, completed):
    """It was killed before it could do that, or the place was away."""
    wanted = await completed(private=True, state=State.DELIVERED, owner=None)
    over, live = await completed(state=State.DELIVERED, owner=None), await completed()
    for job in (wanted, over, live):
        folder = first.settings.files / job.id
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(b"a picture")
        os.utime(folder, (NOW - SETTLED - 1, NOW - SETTLED - 1))

    await first.services.retention.sweep()

    assert place.names == [f"{wanted.id}/1"]
    assert [path.name for path in first.settings.files.iterdir()] == [live.id]


async def test_an_erasure_removes_there_too_and_waits_for_it(first, second, place, delivered):
    await delivered(private=True)
    await delivered()
    place.away = True
    assert not (await second.cogs.account.erase(NOAH.id)).done
    assert len(place.names) == 1
    place.away = False

    first.clock.now += DAY
    await first.services.retention.sweep()

    assert (place.names, await first.all_jobs()) == ([], [])


async def test_an_erasure_of_what_never_waited_needs_no_place(second, place, delivered):
    await delivered()
    place.away = True
    second.clock.now += DAY

    assert (await second.cogs.account.erase(NOAH.id)).done


async def test_a_server_that_was_left_is_erased_there_too(first, second, place, delivered):
    job = await delivered(private=True, created_at=NOW - KEEP_SERVERS - DAY)
    first.clock.now = NOW - KEEP_SERVERS - 1
    await first.cogs.membership.changed(GUILD, lambda: {GUILD + 1})
    place.away = True
    with pytest.raises(FilesUnavailable):
        await second.services.retention.sweep()
    assert await first.job(job.id)
    place.away = False

    await second.services.retention.sweep()

    assert (place.names, await first.all_jobs()) == ([], [])
