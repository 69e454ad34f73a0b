"""The way to today's tables."""

import asyncio
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text

from bot.domain.alerts import AlertKind
from bot.domain.job import State
from bot.domain.rules import Rules
from bot.store import migrations
from bot.store.alerts import Alerts
from bot.store.database import Database
from bot.store.guilds import Guilds
from bot.store.job_rows import row_of
from bot.store.jobs import Jobs
from bot.store.postgres import PostgresEngine
from bot.store.sqlite import SqliteEngine
from bot.store.tables import closure_notices, lane_queues, metadata
from bot.store.tables import jobs as jobs_table
from tests.samples import LANE, NOW, a_job
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


@pytest.fixture
async def migrated_database(url):
    """A database that went all the way, also where a new one needs not."""
    engine = SqliteEngine(url) if url.startswith("sqlite") else PostgresEngine(url)
    await engine.write(migrations.migrate, within=60)
    await engine.close()
    async with Database.open(url) as opened:
        yield opened


async def test_the_migrations_lead_to_exactly_the_tables_of_today(migrated_database):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert await migrated_database.read(differences) == []


async def test_a_new_database_is_exactly_what_the_migrations_make(migrated_database):
    """A planner takes a partial index only for the very condition that it was made with."""
    migrated = await migrated_database.write(tables_in)
    await migrated_database.write(drop_all)
    await migrated_database.write(metadata.create_all)
    made = await migrated_database.write(tables_in)
    if not migrated_database.shared:
        await migrated_database.write(drop_all)
        await migrated_database.write(migrations.upgrade)
        assert await migrated_database.read(tables_in) == migrated

    assert made == {table: known for table, known in migrated.items() if table in metadata.tables}


def tables_in(connection):
    """Return all that is known of the tables and their partial indexes."""
    inspected = inspect(connection)
    where = f"{connection.dialect.name}_where"
    return {
        table: (
            sorted(
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspected.get_columns(table)
            ),
            inspected.get_pk_constraint(table),
            sorted(
                (
                    index["name"],
                    index["column_names"],
                    index["unique"],
                    _words(index.get("dialect_options", {}).get(where, "")),
                )
                for index in inspected.get_indexes(table)
            ),
            inspected.get_unique_constraints(table),
            inspected.get_foreign_keys(table),
            inspected.get_check_constraints(table),
        )
        for table in inspected.get_table_names()
    }


def drop_all(connection):
    for view in inspect(connection).get_view_names():
        connection.execute(text(f"DROP VIEW {view}"))
    metadata.drop_all(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def _words(condition):
    return str(condition).replace("jobs.", "").replace("(", " ").replace(")", " ").split()


BEFORE = "0004"  # the step before tables were renamed
AS_BEFORE = (  # statements of the version that knew that step
    "INSERT INTO lines (lane, line, served_at) VALUES ('lane', 'g7', 1.0)",
    "UPDATE lines SET served_at = 2.0 WHERE lane = 'lane' AND line = 'g7'",
    "INSERT INTO told (lane, guild_id, shut_at) VALUES ('lane', 7, 1.0)",
    "UPDATE told SET shut_at = 2.0 WHERE lane = 'lane' AND guild_id = 7",
)


@pytest.fixture
async def of_the_version_before(url):
    """A database at that step, with an order that waits and one that is followed."""
    engine = SqliteEngine(url) if url.startswith("sqlite") else PostgresEngine(url)
    waiting = a_job(answered_at=NOW)
    followed = a_job(state=State.QUEUED, request_id="r-1", owner="one:dead")
    expired = a_job(state=State.EXPIRED, request_id="r-2", created_at=NOW + 1)

    def make(connection):
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        inspected = inspect(connection).get_columns("jobs")
        columns = {column["name"] for column in inspected}
        rows = [row_of(waiting), row_of(followed), row_of(expired)]
        of_then = [{name: row[name] for name in columns & row.keys()} for row in rows]
        connection.execute(insert(jobs_table), of_then)
        for statement in AS_BEFORE:
            connection.execute(text(statement))

    await engine.write(make, within=60)
    await engine.close()
    return waiting, followed, expired


async def test_a_database_of_the_version_before_is_carried_on(url, of_the_version_before):
    waiting, followed, expired = of_the_version_before

    async with Database.open(url) as database:
        jobs = Jobs(database)
        inherited = await jobs.inherit("one:here", lease=30)
        due = await jobs.take_over("one:here", lease=30, submitted_before=NOW)
        claimed = await jobs.claim("here", lane=LANE, width=9, lease=30, now=NOW)

        def renamed(connection):
            return [
                connection.execute(select(table).where(table.c.lane == LANE)).all()
                for table in (lane_queues, closure_notices)
            ]

        queues, notices = await database.read(renamed)
        recorded = await Guilds(database).recorded(after=0, most=9)
        rules = await Guilds(database).rules(waiting.guild_id)
    async with Database.open(url) as database:
        told = await Alerts(database).claim(now=time.time(), lease=60)
        assert await Alerts(database).pending() == 1

    assert told
    assert (told.kind, told.subject) == (AlertKind.MIGRATION, migrations.HEAD)
    assert f"from {BEFORE} to {migrations.HEAD}" in told.text
    assert [job.id for job in [*inherited, *due]] == [followed.id, expired.id]
    assert claimed == waiting.claimed("here", now=NOW)
    assert set(queues) == {(LANE, "g7", 2.0), (LANE, waiting.queue_key, NOW)}
    assert notices == [(LANE, 7, 2.0, None)]
    assert recorded == [(waiting.guild_id, False)]
    assert rules == Rules()


@pytest.mark.parametrize("url", ["empty_postgresql"], indirect=True)
async def test_a_process_of_the_version_before_still_runs_on_the_renamed_tables(database):
    """PostgreSQL serves both versions during a rollout."""
    for statement in AS_BEFORE:
        await database.write(partial(_execute, statement=statement))

    stored = await database.read(
        lambda connection: connection.execute(select(lane_queues.c.served_at)).all()
    )
    assert stored == [(2.0,)]


def _execute(connection, *, statement):
    connection.execute(text(statement))


async def test_opening_again_changes_nothing(url):
    job = a_job()
    for number in range(3):
        async with Database.open(url) as database:
            assert await record(Jobs(database), job) == (number == 0)
            assert await Alerts(database).pending() == 0


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
