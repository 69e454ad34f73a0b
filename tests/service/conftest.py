"""A process of the bot over the real store: on SQLite, or on the engine that a test asks for."""

from collections.abc import AsyncIterator, Callable

import pytest

from bot.store.database import Database
from bot.store.guilds import Guilds
from tests.service.harness import UNLIMITED, UNLIMITED_GUILDS, App, open_app

on_each_engine = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def engine(request) -> str:
    """SQLite, unless the test is marked with ``on_each_engine``."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def url(request, engine) -> str:
    return request.getfixturevalue({"sqlite": "sqlite_migrated"}.get(engine, engine))


@pytest.fixture
async def database(url) -> AsyncIterator[Database]:
    """A database in which nothing is limited in the servers of most tests."""
    async with Database.open(url) as opened:
        for guild_id in UNLIMITED_GUILDS:
            await Guilds(opened).change(guild_id, lambda _: UNLIMITED)
        yield opened


@pytest.fixture
async def open_process(database, tmp_path) -> AsyncIterator[Callable[..., App]]:
    """Start a process with settings of its own; all of a test share the database."""
    opened = []

    def open_process(**settings) -> App:
        opened.append(open_app(database, tmp_path / "files", **settings))
        return opened[-1]

    yield open_process
    for app in opened:
        await app.close()


@pytest.fixture
def app(open_process) -> App:
    return open_process()
