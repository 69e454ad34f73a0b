"""Jobs are claimed one by one, and only as many as the lane has room for."""

import asyncio

import pytest
from sqlalchemy import update

from bot.domain.job import State, Update
from bot.store.tables import jobs as table
from tests.samples import NOW, a_job, an_order
from tests.service.conftest import on_each_engine
from tests.service.harness import until


async def test_a_claim_waits_for_a_store_that_is_away(app):
    job = a_job(answered_at=NOW)
    await app.put(job)
    app.faults.jobs.away = True
    claiming = asyncio.create_task(app.claim())
    await app.faults.jobs.refused("look", times=3)

    app.faults.jobs.away = False

    assert (await claiming).id == job.id


@on_each_engine
async def test_a_cancelled_claim_leaves_no_job_half_claimed(app):
    """Nothing was sent, so the job waits again, as if it had never been claimed."""
    await app.put(a_job(answered_at=NOW))
    gate = app.faults.jobs.gate("claim")
    claiming = asyncio.create_task(app.claim())
    await gate.reached.wait()

    claiming.cancel()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await claiming

    job = await app.only_job()
    assert (job.state, job.lease.owner) == (State.WAITING, None)


@on_each_engine
async def test_the_lanes_width_limits_the_jobs_at_the_vendor(open_process):
    app = open_process(width=2)
    await app.put(*(a_job(answered_at=NOW) for _ in range(5)))
    app.queue.after = Update(state=State.PROCESSING)
    app.queue.gate.close()

    async with app.claiming():
        await until(lambda: len(app.queue.submitted) == 2)
        app.pipeline.dispatcher.wake()
        await app.faults.jobs.returned("look")
        assert len(app.queue.submitted) == 2

        app.queue.after = None
        app.queue.gate.open()
        await until(app.at_rest)

    assert len(app.queue.submitted) == 5


@on_each_engine
async def test_two_processes_submit_each_order_exactly_once(open_process):
    apps = [open_process(width=3, owner=f"here:{number}") for number in range(2)]
    prompts = [f"picture {number}" for number in range(20)]
    await apps[0].put(
        *(
            a_job(answered_at=NOW, order=an_order(prompt=prompt), guild_id=number % 4)
            for number, prompt in enumerate(prompts)
        )
    )
    for number, app in enumerate(apps):
        app.queue.name = f"{number}-"

    async with apps[0].claiming(), apps[1].claiming():
        while not await apps[0].at_rest():
            for app in apps:  # a process does not hear of room that another one made
                app.pipeline.dispatcher.wake()
            await asyncio.sleep(0.01)

    submitted = [order.prompt for app in apps for order, _ in app.queue.submitted]
    assert sorted(submitted) == sorted(prompts)
    assert set(await apps[0].states()) == {State.DELIVERED}


async def test_a_row_that_cannot_be_read_keeps_no_process_busy(app, database):
    """A newer version may have written it, and runs beside this one."""
    unknown, claims = a_job(answered_at=NOW), []
    await app.put(unknown)
    change = update(table).where(table.c.id == unknown.id).values(cause="moderated")
    await database.write(lambda connection: connection.execute(change))

    async def note():
        claims.append(app.clock())

    app.faults.jobs.before["claim"] = note
    async with app.claiming():
        await app.faults.jobs.returned("claim")
        for _ in range(20):  # while other work goes on
            await app.lane()
        assert len(claims) == 1


async def test_who_leaves_the_vendor_makes_nobody_look_where_none_waits(app, monkeypatch):
    monkeypatch.setattr("bot.service.dispatcher.FREED_SOON", 3600.0)
    dispatcher = app.pipeline.dispatcher
    async with app.claiming():
        await app.faults.jobs.returned("look")  # none waits
        await app.put(a_job(answered_at=NOW))
        dispatcher.wake()
        await until(lambda: len(app.queue.submitted) == 1)
        await until(app.at_rest)
        assert dispatcher._looks_at is None
