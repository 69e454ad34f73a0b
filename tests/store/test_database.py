"""The engines: durability, and what a driver's error becomes."""

import asyncio
import sqlite3
import threading
from dataclasses import replace

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.util import await_only

from bot.domain.job import State
from bot.domain.lane import Lane
from bot.service.port_errors import StoreUnavailable
from bot.store import sqlite
from bot.store.database import Database
from bot.store.engine import CONNECTIONS, TIMEOUTS, StoreTimeouts
from bot.store.jobs import Jobs
from bot.store.lanes import _DEFAULTS, Lanes
from bot.store.statements import execute
from bot.store.tables import lanes as lanes_table
from tests.samples import LANE, NOW, a_job, an_order, anybody, changed_job
from tests.store.record import record

IMPATIENT = StoreTimeouts(connect=0.2, answer=0.2, busy=0.05)
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
ON_A_WIRE = pytest.mark.parametrize("url", ["postgresql_by_wire"], indirect=True)

WRITES = {
    "add": lambda store: record(Jobs(store), a_job()),
    "swap": lambda store: Jobs(store).swap(a_job(), a_job()),
    "claim": lambda store: Jobs(store).claim("here", lane=LANE, width=1, lease=1, now=NOW),
    "record_request_id": lambda store: Jobs(store).record_request_id("1", "r-1", now=NOW),
    "renew_leases": lambda store: Jobs(store).renew_leases("here", lease=1),
    "take_over": lambda store: Jobs(store).take_over("here", lease=1, submitted_before=NOW),
    "inherit": lambda store: Jobs(store).inherit("here", lease=1),
    "update": lambda store: Lanes(store).update(LANE, lambda lane: replace(lane, refusals=1)),
}
EACH_WRITE = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


async def busy(database):
    """Have the one that writes wait; return that task, and what lets it go on."""
    at_it, gate = threading.Event(), threading.Event()

    def work(_connection):
        at_it.set()
        return gate.wait()

    task = asyncio.create_task(database.write(work))
    await asyncio.to_thread(at_it.wait)
    return task, gate.set


def asking(statement):
    """Return work that asks for one value."""
    return lambda connection: connection.execute(text(statement)).scalar()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "imagine.db"


@pytest.fixture
async def impatient(url):
    """The database with short time limits."""
    async with Database.open(url, timeouts=IMPATIENT) as opened:
        yield opened


@pytest.fixture
def locked(impatient, file):
    """Another program holds the write lock for the whole test."""
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield
    holder.execute("ROLLBACK")
    holder.close()


@ON_SQLITE
async def test_a_power_cut_undoes_nothing_in_a_file(database):
    """A SUBMITTING that is undone would be submitted, and paid for, again."""
    synchronous = await database.write(asking("PRAGMA synchronous"))
    journal = await database.write(asking("PRAGMA journal_mode"))

    assert (synchronous, journal) == (2, "wal")  # 2 is FULL


@ON_POSTGRESQL
async def test_a_power_cut_undoes_nothing_on_a_server(database):
    """Whatever its operator has set for the others: this server has it off."""
    synchronous = await database.write(asking("SHOW synchronous_commit"))
    isolation = await database.write(asking("SHOW transaction_isolation"))

    assert (synchronous, isolation) == ("on", "read committed")


@ON_SQLITE
@EACH_WRITE
async def test_a_locked_file_is_a_store_away(impatient, locked, write):
    """The callers wait and try again; a driver's error would end their tasks."""
    with pytest.raises(StoreUnavailable):
        await write(impatient)


@ON_SQLITE
async def test_a_locked_file_can_still_be_read(impatient, locked):
    assert await Jobs(impatient).get("1") is None
    assert await Lanes(impatient).get(LANE) == Lane()
    await impatient.ping()


@ON_SQLITE
async def test_a_lock_does_not_hold_up_the_event_loop(database, monkeypatch):
    """A row is read at once, by a connection that waits for no lock; a thread waits instead."""
    job = a_job()
    await record(Jobs(database), job)
    engine = database._engine
    threads: list[threading.Thread] = []
    read = engine._read

    def as_locked(_work):
        connection = engine._connection(engine._reading, patient=False)
        assert execute(connection, "PRAGMA busy_timeout")[0] == [(0,)]
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise OperationalError(None, None, error)

    def noted(work):
        threads.append(threading.current_thread())
        return read(work)

    monkeypatch.setattr(engine, "_read_at_once", as_locked)
    monkeypatch.setattr(engine, "_read", noted)
    assert await Jobs(database).get(job.id) == job
    assert [one is threading.main_thread() for one in threads] == [False]


@ON_SQLITE
async def test_the_store_is_there_again_once_the_lock_is_gone(impatient, file):
    job = a_job()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        await record(Jobs(impatient), job)
    holder.execute("ROLLBACK")
    holder.close()

    assert await record(Jobs(impatient), job)


@ON_A_WIRE
@EACH_WRITE
async def test_a_server_that_is_gone_is_a_store_away_until_it_is_back(database, wire, write):
    wire.cut()
    with pytest.raises(StoreUnavailable):
        await write(database)
    with pytest.raises(StoreUnavailable):
        await database.ping()

    wire.mend()
    await write(database)


@ON_POSTGRESQL
async def test_a_server_that_was_restarted_in_between_is_not_noticed(database, postgres, url):
    """Each connection in the pool is dead then, and fails once."""
    await asyncio.gather(*(database.ping() for _ in range(5)))

    await postgres.cut(url)

    await asyncio.gather(*(database.ping() for _ in range(5)))


@ON_POSTGRESQL
async def test_a_transaction_that_is_cut_is_a_store_away_and_changes_nothing(
    database, postgres, url, jobs, add
):
    job = await add()

    def cut_short(connection):
        connection.execute(text("DELETE FROM jobs"))
        await_only(postgres.cut(url))
        connection.execute(text("DELETE FROM lanes"))

    with pytest.raises(StoreUnavailable):
        await database.write(cut_short)

    assert await jobs.get(job.id) == job


@ON_A_WIRE
@pytest.mark.parametrize("opened", [True, False], ids=["at work", "when it is opened"])
async def test_a_server_that_stands_still_is_a_store_away_in_time(wire, url, impatient, opened):
    """A member waits for the answer, and a lease runs out meanwhile."""
    wire.hold()

    async with asyncio.timeout(3):
        with pytest.raises(StoreUnavailable):
            await impatient.ping() if opened else await opens(url, IMPATIENT)

    wire.mend()
    await impatient.ping()


@ON_A_WIRE
async def test_many_that_give_up_leave_no_connection_behind(wire, url):
    """Else the pool would be empty after the first bad minute, for ever."""
    async with Database.open(url, timeouts=StoreTimeouts(connect=1.0, answer=1.0)) as database:
        wire.hold()
        ends = await asyncio.gather(
            *(database.ping() for _ in range(3 * CONNECTIONS)), return_exceptions=True
        )
        assert {type(end) for end in ends} == {StoreUnavailable}

        wire.mend()

        await asyncio.gather(*(database.ping() for _ in range(3 * CONNECTIONS)))


@ON_POSTGRESQL
async def test_who_is_cancelled_leaves_no_connection_behind(database):
    """Answers to members are cancelled after two seconds, in the midst of their transactions."""
    asleep = asyncio.Semaphore(0)

    def sleep(connection):
        connection.execute(text("SELECT 1"))
        asleep.release()
        connection.execute(text("SELECT pg_sleep(60)"))

    sleepers = [asyncio.create_task(database.write(sleep)) for _ in range(CONNECTIONS)]
    for _ in sleepers:
        await asleep.acquire()
    for sleeper in sleepers:
        sleeper.cancel()
    await asyncio.gather(*sleepers, return_exceptions=True)

    async with asyncio.timeout(5):
        await asyncio.gather(*(database.ping() for _ in range(2 * CONNECTIONS)))


@ON_POSTGRESQL
async def test_one_key_is_held_by_one_transaction_at_a_time(database, other_database):
    inside = []

    async def enter(store, *keys, then):
        def work(connection):
            store.lock(connection, *keys)
            inside.append(keys)
            await_only(then())
            inside.remove(keys)

        await store.write(work)

    async def look():
        for _ in range(5):  # time for another to come in
            assert len(inside) == 1
            await asyncio.sleep(0)

    await asyncio.gather(
        *(
            enter(store, "guild:1", "everywhere", then=look)
            for store in [database, other_database] * 5
        )
    )

    both = asyncio.Barrier(2)
    async with asyncio.timeout(5):
        await asyncio.gather(
            enter(database, "guild:1", then=both.wait),
            enter(other_database, "guild:2", then=both.wait),
        )


async def test_an_error_undoes_its_transaction(database, jobs, add):
    job = await add()

    def fail(connection):
        connection.execute(text("DELETE FROM jobs"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fail)

    assert await jobs.get(job.id) == job


async def test_a_reader_does_not_wait_for_a_writer(database, jobs, add):
    job = await add()
    loop = asyncio.get_running_loop()

    def work(connection):
        connection.execute(text("DELETE FROM jobs"))
        meanwhile = jobs.get(job.id)
        if database.shared:
            return await_only(meanwhile)
        return asyncio.run_coroutine_threadsafe(meanwhile, loop).result()

    assert await database.write(work) == job


@ON_SQLITE
async def test_what_nobody_waits_for_joins_the_next_commit(database, add, monkeypatch):
    """Even if its caller was cancelled: the member has what it records."""
    monkeypatch.setattr(sqlite, "JOINING", 3600.0)
    jobs, job = Jobs(database), await add(state=State.COMPLETED)
    delivered = job.transition(State.DELIVERED, now=NOW)
    joining = asyncio.create_task(jobs.swap(job, delivered))
    await asyncio.sleep(0)
    assert await jobs.get(job.id) == job
    joining.cancel()

    await database.write(lambda _: None)

    stored = await jobs.get(job.id)
    assert stored is not None
    assert stored.state is State.DELIVERED


@ON_SQLITE
async def test_what_nobody_waits_for_is_committed_alone_after_a_while(database, add):
    job = await add(state=State.QUEUED)

    async with asyncio.timeout(10):
        assert await Jobs(database).swap(job, job.transition(State.PROCESSING, now=NOW))


@ON_SQLITE
async def test_what_waits_for_the_disk_is_written_together_and_fails_alone(database, add):
    """A burst of orders costs a few flushes; a rejected order does not fail the others."""
    commits: list[object] = []
    event.listen(database._engine._engine, "commit", commits.append)

    def fail(connection):
        connection.execute(text("DELETE FROM jobs"))
        raise ZeroDivisionError

    def clash(connection):
        for _ in range(2):
            connection.execute(insert(lanes_table).values(_DEFAULTS | {"lane": "twice"}))

    first, go_on = await busy(database)
    jobs = Jobs(database)
    orders = [a_job(id=f"{number:016x}", interaction_id=number) for number in range(1, 21)]
    adding = [asyncio.create_task(record(jobs, order)) for order in orders]
    failing = [asyncio.create_task(database.write(work, urgent=True)) for work in (fail, clash)]
    given_up = asyncio.create_task(database.write(fail))
    await asyncio.sleep(0)
    given_up.cancel()
    go_on()

    assert await first
    assert all(await asyncio.gather(*adding))
    ends = await asyncio.gather(*failing, return_exceptions=True)
    assert [type(end) for end in ends] == [ZeroDivisionError, IntegrityError]
    assert [await jobs.get(order.id) is not None for order in orders] == [True] * 20
    assert len(commits) == 2  # the one that held the others up, and theirs


@ON_SQLITE
@pytest.mark.parametrize("patience", [3600.0, 0.0])
async def test_who_is_in_a_hurry_waits_for_no_one_elses_write(database, monkeypatch, patience):
    """Those that wait for long go with them, so that none waits for ever."""
    monkeypatch.setattr(sqlite, "PATIENCE", patience)
    groups: list[list[str]] = []
    event.listen(database._engine._engine, "begin", lambda _: groups.append([]))
    holding, let_go = await busy(database)

    def write(name, *, urgent):
        work = lambda _: groups[-1].append(name)  # noqa: E731
        return asyncio.create_task(database.write(work, urgent=urgent))

    count = sqlite.URGENT_SIZE + 1
    writes = [write("other", urgent=False), *(write("urgent", urgent=True) for _ in range(count))]
    await asyncio.sleep(0)
    let_go()
    await asyncio.gather(holding, *writes)

    urgent = ["urgent"] * sqlite.URGENT_SIZE
    with_other = [[*urgent, "other"], ["urgent"]], [urgent, ["urgent"], ["other"]]
    assert groups[1:] == with_other[patience > 0]


@ON_SQLITE
async def test_a_bad_statement_fails_alone(database, add):
    """One value that SQLite cannot take must not fail the orders of the same moment."""
    ends, job = await committed_together(database, asking("no such statement"))

    assert [type(end) for end in ends] == [bool, StoreUnavailable, bool]
    assert await Jobs(database).get(job.id) == job


@ON_SQLITE
async def test_an_error_that_ends_the_transaction_is_everybodys(database, add):
    """It undid what the others did too: none of them may hear that it was done."""

    def disk_is_full(connection):
        connection.exec_driver_sql("ROLLBACK")  # as SQLite itself does then
        connection.exec_driver_sql("no such statement")

    ends, job = await committed_together(database, disk_is_full)

    assert {type(end) for end in ends} == {StoreUnavailable}
    assert await Jobs(database).get(job.id) is None


async def committed_together(database, bad):
    """Return the results of two orders around *bad*, all in one transaction, and the first."""
    first, go_on = await busy(database)
    jobs, orders = Jobs(database), [a_job(), a_job()]
    group = [
        asyncio.create_task(work)
        for work in (
            record(jobs, orders[0]),
            database.write(bad, urgent=True),
            record(jobs, orders[1]),
        )
    ]
    await asyncio.sleep(0)
    go_on()
    await first
    return await asyncio.gather(*group, return_exceptions=True), orders[0]


@ON_SQLITE
async def test_a_closed_file_is_a_store_away(url):
    """Code that still reads or writes at the end must not wait for ever."""
    async with Database.open(url) as store:
        pass

    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailable):
            await Jobs(store).renew_leases("here", lease=1)
        with pytest.raises(StoreUnavailable):
            await Jobs(store).get("1")


async def test_only_a_value_that_must_be_unique_is_a_conflict(database, jobs):
    """Another broken constraint is a bug: it must not look like an order that came twice."""
    job = a_job()
    assert await jobs.add(job, anybody) == job
    again = changed_job(a_job(), interaction_id=job.reply.interaction_id + 1)

    assert await jobs.add(replace(again, id=job.id), anybody) is None
    with pytest.raises(IntegrityError):
        await jobs.add(a_job(lane=None), anybody)


async def test_the_folder_is_made(tmp_path):
    await opens(f"sqlite+aiosqlite:///{tmp_path}/deep/er/imagine.db")

    assert (tmp_path / "deep/er/imagine.db").is_file()


@pytest.mark.parametrize("kind", ["folder", "garbage", "below a file"])
async def test_a_file_that_cannot_be_opened_is_a_store_away(file, kind):
    if kind == "folder":
        file.mkdir()
    else:
        file.write_bytes(b"this was never a database " * 200)
    if kind == "below a file":
        file = file / "imagine.db"

    with pytest.raises(StoreUnavailable):
        await opens(f"sqlite+aiosqlite:///{file}")


async def test_a_server_that_cannot_be_opened_says_why(postgres, tmp_path):
    """The operator reads this line, and has to know what to repair."""
    with pytest.raises(StoreUnavailable, match='database "nowhere" does not exist'):
        await opens(postgres.url("nowhere"))
    with pytest.raises(StoreUnavailable, match="No such file or directory"):
        await opens(postgres.url("nowhere", host=tmp_path))
    with pytest.raises(StoreUnavailable, match="Connect call failed"):
        await opens("postgresql+asyncpg://user:very-secret@127.0.0.1:1/imagine")
    with pytest.raises(StoreUnavailable, match="ssl"):
        await opens(f"{postgres.url('nowhere')}&ssl=perhaps")


@ON_SQLITE
async def test_no_value_of_a_row_shows_in_an_error_of_a_file(impatient, locked):
    """Rows hold tokens, and errors reach the log."""
    job = a_job(interaction_token="very-secret")

    with pytest.raises(StoreUnavailable) as away:
        await record(Jobs(impatient), job)

    assert "very-secret" not in f"{away.value} {away.value.__cause__}"


@ON_POSTGRESQL
async def test_no_value_of_a_row_shows_in_an_error_of_a_server(database):
    job = a_job(order=an_order(images="very-secret"))

    with pytest.raises(StoreUnavailable) as away:
        await record(Jobs(database), job)

    assert "very-secret" not in f"{away.value} {away.value.__cause__}"


async def opens(url, timeouts=TIMEOUTS):
    async with Database.open(url, timeouts=timeouts) as opened:
        await opened.ping()
