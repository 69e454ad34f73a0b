"""Pictures that a check flags are covered or held; moderators release held ones once, or never."""

import asyncio
from functools import partial

import pytest

from bot.domain.deeds import DeedKind
from bot.domain.job import Billed, Delivery, EndReason, Screening, State, Update
from bot.domain.log_entries import Held
from bot.domain.rules import Rules, Safety
from bot.service.errors import OrderNotFound
from bot.service.moderation import Moderator
from bot.service.order_actions import Person
from bot.service.port_errors import (
    CheckUnavailable,
    MediaUnavailable,
    PermanentDiscordError,
    TransientDiscordError,
)
from bot.service.settings import ScreeningPolicy
from tests.samples import LANE, NOW, OWNER, a_job, an_order
from tests.service.conftest import on_each_engine
from tests.service.fakes import PICTURE
from tests.service.harness import until

GUILD, LOG = 100, 55
MIRA, THEO = Moderator(id=1, guild_id=GUILD), Moderator(id=2, guild_id=GUILD)
NOAH = Person(id=300, guild_id=GUILD)
HOLD = Rules(safety=Safety.HOLD, log_channel=LOG)
SPOILER = Rules(safety=Safety.SPOILER)
AWAY_HOLDS = ScreeningPolicy(hold_when_away=True)
DAY = 86400.0
LIMIT = 10 * 1024 * 1024


@pytest.fixture
def deliver(open_process):
    """Have the pictures of a completed order delivered, by a process that a test sets up."""

    async def deliver(rules=HOLD, *, app=None, **changes):
        app = app or open_process()
        await app.set_rules(GUILD, rules)
        paid = {"state": State.COMPLETED, "billed": Billed.YES}
        owned = {"owner": OWNER, "epoch": 1, "answered_at": NOW, "completed_at": NOW}
        job = a_job(**paid | owned | {"media": (PICTURE,), "member_id": NOAH.id} | changes)
        await app.put(job)
        app.pipeline.runner.adopt([job])
        return app, job.id

    return deliver


@pytest.fixture
def held(open_process, deliver):
    """Bring a held order to where its moderators see it; return the process and the order's id."""

    async def held(**changes):
        app = open_process()
        app.check.flags = True
        _, job_id = await deliver(app=app, **changes)
        await until(lambda: is_released(app, job_id, Delivery.HELD))
        await app.tell()
        return app, job_id

    return held


async def is_released(app, job_id, delivery):
    job = await app.job(job_id)
    return job.delivery is delivery and job.lease.owner is None


def entry(app):
    [(channel_id, shown)] = app.log_channel.entries
    assert (channel_id, type(shown)) == (LOG, Held)
    return shown


async def finish(app, job_id, *states):
    """Make recovery rounds until the order is at rest in one of these states."""

    async def is_over():
        job = await app.job(job_id)
        return job.state in states and job.lease.owner is None

    await sweep_until(app, is_over)


async def sweep_until(app, condition):
    async def swept():
        await app.sweep()
        return await condition()

    await until(swept)


@pytest.mark.parametrize(
    ("rules", "flags", "spoiler", "checks"),
    [
        (Rules(), True, False, 0),
        (SPOILER, False, False, 1),
        (SPOILER, True, True, 1),
        (HOLD, False, False, 1),
        # Nobody could be shown what is held.
        (Rules(safety=Safety.HOLD), True, True, 1),
    ],
)
async def test_pictures_are_checked_as_the_server_wants(
    open_process, deliver, rules, flags, spoiler, checks
):
    app = open_process()
    app.check.flags = flags

    _, job_id = await deliver(rules, app=app)
    await until(lambda: is_released(app, job_id, Delivery.SHOWN))

    [(job, pictures)] = app.cards.delivered
    assert (job.reply.spoiler, len(pictures)) == (spoiler, 1)
    assert app.check.checked == [("1", PICTURE)] * checks
    assert (await app.job(job_id)).reply.spoiler is spoiler


async def test_outside_of_servers_nothing_is_checked(open_process, deliver):
    app = open_process()
    _, job_id = await deliver(app=app, guild_id=None)
    await until(lambda: is_released(app, job_id, Delivery.SHOWN))
    assert app.check.checked == []


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize(
    ("rules", "policy", "delivery", "spoiler"),
    [
        (HOLD, ScreeningPolicy(hold_when_away=False), Delivery.SHOWN, False),
        (HOLD, AWAY_HOLDS, Delivery.HELD, False),
        (SPOILER, AWAY_HOLDS, Delivery.SHOWN, True),
    ],
)
async def test_while_the_check_is_away_the_operators_setting_holds(
    open_process, deliver, caplog, repeatable, rules, policy, delivery, spoiler
):
    app = open_process(screening=policy)
    app.check.error, app.check.repeatable = CheckUnavailable("no answer"), repeatable

    for _ in range(2):
        _, job_id = await deliver(rules, app=app)
        await until(partial(is_released, app, job_id, delivery))
        assert (await app.job(job_id)).reply.spoiler is spoiler

    warnings = [one for one in caplog.records if one.levelname == "WARNING"]
    assert [one.getMessage().split(":")[0] for one in warnings] == ["picture check away"]
    app.check.error = None
    _, job_id = await deliver(rules, app=app)
    await until(lambda: is_released(app, job_id, Delivery.SHOWN))
    assert "picture check works again" in caplog.text


@pytest.mark.parametrize(
    ("repeatable", "delivery", "checks"), [(True, Delivery.SHOWN, 2), (False, Delivery.HELD, 1)]
)
async def test_a_check_that_may_cost_money_is_not_repeated_after_a_crash(
    open_process, deliver, repeatable, delivery, checks
):
    """Its answer is lost: it counts as away. Another check is made again."""
    app = open_process(screening=AWAY_HOLDS)
    app.check.repeatable = repeatable
    app.check.gate.close()
    _, job_id = await deliver(app=app)
    await app.check.gate.reached.wait()
    await app.pipeline.runner.close()
    app.check.gate.open()

    after = open_process(screening=AWAY_HOLDS)
    after.check = app.check
    after.pipeline.screening._check = app.check  # the same operator's
    await after.services.recovery.inherit()
    await until(lambda: is_released(after, job_id, delivery))
    assert len(app.check.checked) == checks


async def test_held_pictures_are_shown_to_moderators_alone(held):
    app, job_id = await held()
    job = await app.job(job_id)

    assert app.cards.delivered == app.cards.in_card == []
    assert (job.billed, app.cards.settled[-1].delivery) == (Billed.YES, Delivery.HELD)
    shown = entry(app)
    assert (shown.waits, shown.pictures) == (True, [b"400 pixels of a picture"])
    assert shown.entry.detail["reason"] == "nudity"
    kept = await app.cogs.history.orders(NOAH.id, file_limit=LIMIT)
    assert [*kept.ready, *kept.fetching, *kept.gone] == []
    assert PICTURE.encode() not in await app.cogs.account.export(NOAH.id)
    # Neither a start, nor the operator's retry, nor another round brings them.
    assert await app.jobs.retry_now() == await app.jobs.retry_now(job_id) == 0
    await app.services.recovery.inherit()
    await app.services.retention.sweep()
    await app.pipeline.runner.close()
    assert (await app.job(job_id)).held
    assert app.cards.delivered == []
    assert (await app.queries.count(LANE)).outstanding == 0  # nobody is alarmed


@on_each_engine
async def test_a_release_delivers_once_whoever_presses_how_often(held):
    app, job_id = await held()
    press = app.cogs.held.release

    pressed = await asyncio.gather(
        press(job_id, MIRA), press(job_id, THEO), press(job_id, MIRA), press(job_id, THEO)
    )
    await finish(app, job_id, State.DELIVERED)
    await app.tell()

    assert sorted(pressed) == [False, False, False, True]
    assert len(app.cards.delivered) == 1
    assert len(app.check.checked) == 1  # moderators have the last word
    [told] = app.notices.told
    shown = entry(app)
    assert shown.decision is not None
    assert (told.kind, told.moderator_id) == (DeedKind.RELEASE, shown.decision.moderator_id)
    assert (shown.waits, shown.pictured, list(shown.pictures)) == (False, 0, [])
    assert not await press(job_id, MIRA)
    assert not await app.cogs.held.delete(job_id, MIRA)


async def test_released_pictures_go_every_way_to_their_member_or_are_kept(held):
    app, job_id = await held()
    app.cards.closed = True
    await app.cogs.held.release(job_id, MIRA)
    await sweep_until(app, lambda: is_released(app, job_id, Delivery.UNDELIVERABLE))

    kept = await app.cogs.history.orders(NOAH.id, file_limit=LIMIT)
    assert [one.id for one, _ in kept.ready] == [job_id]


@on_each_engine
@pytest.mark.parametrize("withdrawn", [False, True])
async def test_deleted_pictures_are_never_shown(held, withdrawn):
    app, job_id = await held()
    if withdrawn:
        await app.cogs.actions.hide(job_id, NOAH)
    deleted = await asyncio.gather(
        app.cogs.held.delete(job_id, MIRA), app.cogs.held.delete(job_id, THEO)
    )
    assert not await app.cogs.held.release(job_id, THEO)
    await finish(app, job_id, State.FAILED)
    await app.tell()

    job = await app.job(job_id)
    assert sorted(deleted) == [False, True]
    assert (job.end_reason, job.billed, job.media) == (EndReason.NOT_RELEASED, Billed.YES, ())
    assert app.cards.delivered == []
    assert app.cards.settled[-1].state is State.FAILED
    assert not (app.settings.files / job_id).exists()
    assert [one.kind for one in app.notices.told] == [DeedKind.DISCARD]
    assert (entry(app).waits, list(entry(app).pictures)) == (False, [])


@pytest.mark.parametrize("decide", ["release", "delete"])
async def test_another_servers_moderator_decides_nothing(held, decide):
    app, job_id = await held()
    with pytest.raises(OrderNotFound):
        await getattr(app.cogs.held, decide)(job_id, Moderator(id=1, guild_id=101))
    assert (await app.job(job_id)).held


async def test_a_release_while_the_owner_still_shows_the_card_is_not_overtaken(
    open_process, deliver
):
    """The owner delivers itself: its card of the held order is not the last one."""
    app = open_process()
    app.check.flags = True
    app.cards.gate.close()
    _, job_id = await deliver(app=app)
    await app.cards.gate.reached.wait()

    assert await app.cogs.held.release(job_id, MIRA)
    assert (await app.job(job_id)).lease.owner == OWNER
    app.cards.gate.open()
    await until(app.is_in(job_id, State.DELIVERED))
    assert len(app.cards.delivered) == 1


async def test_without_a_decision_the_pictures_are_deleted_in_time(held):
    app, job_id = await held()
    until_then = (await app.job(job_id)).outstanding.next_try_at
    assert until_then == NOW + 7 * DAY

    app.clock.now = until_then
    await finish(app, job_id, State.FAILED)
    await app.tell()

    job = await app.job(job_id)
    assert (job.end_reason, job.billed, job.media) == (EndReason.HELD_TOO_LONG, Billed.YES, ())
    assert app.cards.delivered == []
    assert not (app.settings.files / job_id).exists()
    assert not entry(app).waits


async def test_a_held_order_that_is_hidden_stays_held_and_then_goes_to_history(held):
    app, job_id = await held()
    hidden = await app.cogs.actions.hide(job_id, NOAH)
    assert hidden.held
    await finish(app, job_id, State.COMPLETED)
    assert (await app.job(job_id)).held
    assert app.cards.settled[-1].withdrawn

    await app.cogs.held.release(job_id, MIRA)
    await sweep_until(app, app.is_kept(job_id))
    assert app.cards.delivered == []
    kept = await app.cogs.history.orders(NOAH.id, file_limit=LIMIT)
    assert [one.id for one, _ in kept.ready] == [job_id]


async def test_a_hidden_order_is_held_as_well(open_process, deliver):
    app = open_process()
    app.check.flags = True
    _, job_id = await deliver(app=app, withdrawn=True)
    await until(lambda: is_released(app, job_id, Delivery.HELD))


@pytest.mark.parametrize("error", [PermanentDiscordError("no such channel"), None])
async def test_what_no_moderator_can_be_shown_is_delivered_behind_a_spoiler(held, error):
    """The log channel was deleted, or turned off meanwhile."""
    app, job_id = await held()
    assert entry(app)
    app.log_channel.entries.clear()
    app.log_channel.error = error
    _, second = app, (await _another(app)).id
    await until(lambda: is_released(app, second, Delivery.HELD))
    if error is None:
        await app.set_rules(GUILD, Rules(safety=Safety.HOLD))
    await app.tell()

    await finish(app, second, State.DELIVERED)
    [(job, _)] = app.cards.delivered
    assert (job.id, job.reply.spoiler) == (second, True)
    assert (await app.job(job_id)).held  # its entry is there


async def _another(app):
    job = a_job(
        state=State.COMPLETED, billed=Billed.YES, owner=OWNER, media=(PICTURE,), answered_at=NOW
    )
    await app.put(job)
    app.pipeline.runner.adopt([job])
    return job


async def test_an_entry_that_discord_does_not_take_now_comes_later(held):
    app, _ = await held()
    app.log_channel.entries.clear()
    app.log_channel.error = TransientDiscordError("away")
    second = (await _another(app)).id
    await until(lambda: is_released(app, second, Delivery.HELD))
    await app.tell()
    app.log_channel.error = None
    app.clock.now += 60.0
    await app.tell()
    assert entry(app).waits
    assert (await app.job(second)).held


async def test_an_erased_members_held_pictures_are_gone_and_cannot_be_released(held):
    app, job_id = await held()
    await app.cogs.account.erase(NOAH.id)
    await app.tell()

    assert not (app.settings.files / job_id).exists()
    with pytest.raises(OrderNotFound):
        await app.cogs.held.release(job_id, MIRA)
    assert (entry(app).job, list(entry(app).pictures)) == (None, [])


async def test_pictures_are_not_shown_one_by_one_before_they_are_checked(open_process, deliver):
    app = open_process()
    app.check.flags = True
    other = f"{PICTURE}?2"
    app.media.errors[other].extend([MediaUnavailable("away")] * 4)
    media = (PICTURE, other)
    app.queue.after = Update(state=State.COMPLETED, request_id="r-1", media=media)
    _, job_id = await deliver(app=app, order=an_order(images=2), media=media, request_id="r-1")
    await sweep_until(app, lambda: is_released(app, job_id, Delivery.HELD))
    assert app.cards.in_card == []
    assert [name for name, _ in app.check.checked] == ["1", "2"]


async def test_kept_pictures_are_not_offered_unchecked(open_process):
    """A crash came before the check; their member asks with /history."""
    app = open_process()
    app.check.flags = True
    await app.set_rules(GUILD, HOLD)
    job = a_job(
        state=State.COMPLETED, billed=Billed.YES, media=(PICTURE,), kept_at=NOW, member_id=NOAH.id
    )
    await app.put(job)
    folder = app.settings.files / job.id
    folder.mkdir(parents=True)
    (folder / "1").write_bytes(b"a picture")

    kept = await app.cogs.history.orders(NOAH.id, file_limit=LIMIT)
    assert [one.id for one in kept.fetching] == [job.id]
    assert kept.ready == []
    await sweep_until(app, lambda: is_released(app, job.id, Delivery.HELD))
    assert (await app.job(job.id)).screening is None


async def test_a_released_order_is_not_checked_again_after_a_crash(held):
    app, job_id = await held()
    await app.cogs.held.release(job_id, MIRA)
    job = await app.job(job_id)
    assert (job.screening, job.outstanding.next_try_at) == (Screening.RELEASED, None)
    await app.services.recovery.inherit()
    await until(app.is_in(job_id, State.DELIVERED))
    assert len(app.check.checked) == 1
