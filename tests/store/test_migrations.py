"""The way to today's tables."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from bot.store import migrations
from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.tables import metadata
from tests.samples import a_job
from tests.store.record import record

OPENER = """
import asyncio, sys
from bot.store.database import Database
async def main():
    async with Database.open(sys.argv[1]) as database:
        await database.ping()
asyncio.run(main())
"""


@pytest.fixture
async def empty_postgresql(postgres):
    url = await postgres.new(empty=True)
    yield url
    await postgres.drop(url)


@pytest.fixture(params=["sqlite", "empty_postgresql"])
def url(request):
    """A database without tables."""
    return request.getfixturevalue(request.param)


async def test_the_migrations_lead_to_exactly_the_tables_of_today(database):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert await database.read(differences) == []


async def test_the_migrations_make_exactly_the_partial_indexes_of_today(database):
    """A planner takes a partial index only for the very condition that it was made with."""

    def conditions(connection):
        return {
            index["name"]: _words(
                index.get("dialect_options", {}).get(f"{connection.dialect.name}_where", "")
            )
            for index in inspect(connection).get_indexes("jobs")
        }

    migrated = await database.write(conditions)
    await database.write(metadata.drop_all)
    await database.write(metadata.create_all)
    wanted = await database.write(conditions)

    assert any(wanted.values())
    assert migrated == wanted


def _words(condition):
    return str(condition).replace("jobs.", "").replace("(", " ").replace(")", " ").split()


async def test_opening_again_changes_nothing(url):
    job = a_job()
    for number in range(3):
        async with Database.open(url) as database:
            assert await record(Jobs(database), job) == (number == 0)


async def test_several_views_may_open_a_new_database_together(url):
    async def open_and_close():
        async with Database.open(url) as database:
            await database.ping()

    await asyncio.gather(*(open_and_close() for _ in range(4)))


@pytest.mark.parametrize("attempt", range(2))
def test_several_processes_may_open_a_new_database_together(url, attempt):
    """``docker compose up`` with two services starts them in the same second."""
    processes = [
        subprocess.Popen([sys.executable, "-c", OPENER, url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    ends = [(process.communicate()[1], process.returncode) for process in processes]

    assert [status for _, status in ends] == [0, 0, 0], ends


def test_the_head_that_a_start_looks_for_is_the_last_step():
    """Else a step would be left out without a word, or Alembic be loaded at every start."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))

    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]
