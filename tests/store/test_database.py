"""The engine: durability, and what a driver's error becomes."""

import sqlite3

import pytest
from sqlalchemy import text

from bot.errors import StoreAway
from bot.store import database as database_module
from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from tests.samples import LANE, NOW, a_job, anybody

IMPATIENT = 0.05  # seconds


@pytest.fixture
def file(tmp_path):
    return tmp_path / "imagine.db"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT", IMPATIENT)


@pytest.fixture
def locked(database, file):
    """Another program holds the write lock for the whole test."""
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield
    holder.execute("ROLLBACK")
    holder.close()


async def test_a_power_cut_undoes_nothing(database):
    """A SUBMITTING that is undone would be submitted, and paid for, again."""
    async with database.writing() as connection:
        synchronous = await connection.scalar(text("PRAGMA synchronous"))
        journal = await connection.scalar(text("PRAGMA journal_mode"))

    assert (synchronous, journal) == (2, "wal")  # 2 is FULL


@pytest.mark.parametrize(
    "write",
    [
        lambda store: Jobs(store).add(a_job(), anybody),
        lambda store: Jobs(store).swap(a_job(), a_job()),
        lambda store: Jobs(store).claim("here", lane=LANE, width=1, lease=1, now=NOW),
        lambda store: Jobs(store).learn("1", "r-1", now=NOW),
        lambda store: Jobs(store).renew("here", lease=1),
        lambda store: Jobs(store).take_over("here", lease=1, submitted_before=NOW),
        lambda store: Jobs(store).inherit("here", lease=1),
        lambda store: Lanes(store).press(LANE, retry_after=1, now=NOW, jitter=0),
    ],
    ids=["add", "swap", "claim", "learn", "renew", "take_over", "inherit", "press"],
)
async def test_a_locked_file_is_a_store_away(impatient, database, locked, write):
    """The callers wait and try again; a driver's error would end their tasks."""
    with pytest.raises(StoreAway):
        await write(database)


async def test_a_locked_file_can_still_be_read(impatient, database, locked):
    assert await Jobs(database).get("1") is None
    assert await Lanes(database).get(LANE)
    await database.ping()


async def test_the_store_is_there_again_once_the_lock_is_gone(impatient, database, file):
    job = a_job()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreAway):
        await Jobs(database).add(job, anybody)
    holder.execute("ROLLBACK")
    holder.close()

    assert await Jobs(database).add(job, anybody)


async def test_an_error_undoes_its_transaction(database, jobs, add):
    job = await add()

    async def fail():
        async with database.writing() as connection:
            await connection.execute(text("DELETE FROM jobs"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await jobs.get(job.id) == job


async def test_a_reader_does_not_wait_for_a_writer(database, jobs, add):
    job = await add()
    async with database.writing() as connection:
        await connection.execute(text("DELETE FROM jobs"))

        assert await jobs.get(job.id) == job


async def test_the_folder_is_made(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path}/deep/er/imagine.db"
    async with Database.open(url) as opened:
        await opened.ping()

    assert (tmp_path / "deep/er/imagine.db").is_file()


@pytest.mark.parametrize("kind", ["folder", "garbage", "below a file"])
async def test_what_cannot_be_opened_is_a_store_away(tmp_path, kind):
    path = tmp_path / "imagine.db"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"this was never a database " * 200)
    if kind == "below a file":
        path = path / "imagine.db"

    with pytest.raises(StoreAway):
        async with Database.open(f"sqlite+aiosqlite:///{path}"):
            pass


async def test_no_value_of_a_row_shows_in_an_error(impatient, database, locked):
    """Rows hold tokens, and errors reach the log."""
    job = a_job(interaction_token="very-secret")

    with pytest.raises(StoreAway) as away:
        await Jobs(database).add(job, anybody)

    assert "very-secret" not in f"{away.value} {away.value.__cause__}"
