"""No statement of the store reads through what grows: it would be slow only once it matters.

``python -m benchmarks.plans`` does the same with a million orders, and measures.
"""

import json
import time

import pytest

from benchmarks.explain import recorded, scans
from benchmarks.plans import fill, of_store
from bot.store.database import Database

ROWS = 20_000  # enough for both planners to prefer an index


@pytest.fixture
async def filled(url):
    """A database where much lies."""
    now = time.time()
    async with Database.open(url) as database:
        await fill(database, rows=ROWS, now=now)
        yield database


@pytest.fixture
def written(tmp_path):
    """Write statements down as a bot does."""

    def written(*entries):
        path = tmp_path / "statements.jsonl"
        names = ("dialect", "statement", "parameters")
        lines = [json.dumps(dict(zip(names, entry, strict=True))) for entry in entries]
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return written


async def test_every_statement_finds_its_rows_by_an_index(filled):
    assert await scans(filled, await of_store(filled, now=time.time())) == []


GOOD = {
    "sqlite": "SELECT jobs.id FROM jobs \nWHERE jobs.id = ? AND jobs.created_at > ?",
    "postgresql": "SELECT jobs.id FROM jobs \n"
    "WHERE jobs.id = $1::VARCHAR AND jobs.created_at > $2::FLOAT",
}
# JSON knows no difference between 7 and 7.0, and to a driver a document is a text.
TYPED = {
    "sqlite": ("UPDATE guilds SET rules=? WHERE guilds.guild_id = ?", ["{}", 7.0]),
    "postgresql": (
        "UPDATE guilds SET rules=$1::JSON WHERE guilds.guild_id = $2::BIGINT",
        [{"cooldown": 5}, 7.0],
    ),
}
SCANS = {
    "jobs": "SELECT count(*) FROM jobs WHERE prompt LIKE '%x'",
    "guilds": "SELECT count(*) FROM guilds WHERE guild_id % 7 = 1",
    "lane_queues": "UPDATE lane_queues SET served_at = 0 WHERE served_at > 0",
    "closure_notices": "DELETE FROM closure_notices WHERE shut_at > 0",
    "blocks": "SELECT since FROM blocks ORDER BY reason LIMIT 1",
    "drafts": "SELECT id FROM drafts WHERE guild_id = 7",
    "deeds": "SELECT id FROM deeds WHERE kind = 'hide'",
    "members": "SELECT member_id FROM members WHERE ping = 'x'",
}


@pytest.fixture(params=GOOD)
def dialect(request):
    return request.param


@pytest.fixture
def url(request, dialect):
    return request.getfixturevalue(dialect)


async def test_of_what_bots_wrote_down_that_is_found_which_scans(filled, dialect, written):
    """The tests of the whole bot ask in other ways than the calls that are listed here."""
    path = written(
        (dialect, GOOD[dialect], ["filled7", 0]),
        (dialect, *TYPED[dialect]),
        *((dialect, statement, []) for statement in [*SCANS.values(), *SCANS.values()]),
    )

    steps = await scans(filled, recorded(path, dialect))

    assert [line.partition(": ")[2] for line in steps] == list(SCANS.values())
    assert all(table in line for table, line in zip(SCANS, steps, strict=True))


async def test_what_no_database_explains_is_passed_over(database, dialect, written):
    path = written(
        *(
            (dialect, statement, [])
            for statement in (
                "BEGIN IMMEDIATE",
                "SAVEPOINT sa_savepoint_1",
                "RELEASE SAVEPOINT sa_savepoint_1",
                "PRAGMA busy_timeout = 5000",
                "SET LOCAL statement_timeout = 0",
                'LISTEN "imagine"',
                "\nCREATE TABLE drafts (\n\tid VARCHAR(32) NOT NULL)",
                "CREATE INDEX ix_drafts_by_age ON drafts (created_at)",
                "ALTER TABLE jobs ADD COLUMN spoiler BOOLEAN",
                "SELECT version_num FROM alembic_version",
            )
        )
    )

    assert await scans(database, recorded(path, dialect)) == []


async def test_what_could_not_be_explained_is_no_good_news(database, dialect, written):
    """A statement without a plan may be the one that scans."""
    statements = ["REPACK jobs", "SELECT nothing FROM jobs", "SELECT 1; SELECT 2"]
    path = written(*((dialect, statement, []) for statement in statements))

    steps = await scans(database, recorded(path, dialect))

    assert all(line.startswith("not explained, ") for line in steps)
    pairs = zip(steps, statements, strict=True)
    assert all(line.endswith(f": {statement}") for line, statement in pairs)


def test_a_file_without_a_statement_for_the_database_is_no_good_news(written):
    with pytest.raises(LookupError, match="postgresql"):
        recorded(written(("sqlite", GOOD["sqlite"], [])), "postgresql")
