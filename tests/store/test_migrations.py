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
from tests.samples import a_job, anybody

OPENER = """
import asyncio, sys
from bot.store.database import Database
async def main():
    async with Database.open(sys.argv[1]) as database:
        await database.ping()
asyncio.run(main())
"""


async def test_the_migrations_lead_to_exactly_the_tables_of_today(database):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrations_make_exactly_the_partial_indexes_of_today(database):
    """A planner takes a partial index only for the very condition that it was made with."""

    def conditions(connection):
        return {
            index["name"]: str(index["dialect_options"]["sqlite_where"])
            for index in inspect(connection).get_indexes("jobs")
            if "sqlite_where" in index.get("dialect_options", {})
        }

    async with database.reading() as connection:
        found = await connection.run_sync(conditions)
    wanted = {
        index.name: str(index.dialect_options["sqlite"]["where"].compile())
        for index in metadata.tables["jobs"].indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert {name: _words(where) for name, where in found.items()} == {
        name: _words(where) for name, where in wanted.items()
    }


def _words(condition):
    return condition.replace("jobs.", "").replace("(", " ").replace(")", " ").split()


async def test_opening_again_changes_nothing(url):
    job = a_job()
    for number in range(3):
        async with Database.open(url) as database:
            assert await Jobs(database).add(job, anybody) == (number == 0)


async def test_two_views_may_open_a_new_file_together(url):
    async def open_and_close():
        async with Database.open(url) as database:
            await database.ping()

    await asyncio.gather(*(open_and_close() for _ in range(4)))


@pytest.mark.parametrize("attempt", range(2))
def test_two_processes_may_open_a_new_file_together(url, attempt):
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
