"""Libraries that would do without their C parts, and take a multiple of the time."""

import asyncio
import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import discord
import pytest
import uvloop

from bot import __main__ as command_line

ROOT = Path(__file__).parents[1]
# Loads what an idle bot on SQLite has, and prints which of these modules are among it.
LOADED = """
import sys
from importlib import import_module
from bot import app, client
for name in client.COGS:
    import_module(name)
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""
# Each takes megabytes.
LATE = ("PIL", "alembic", "asyncpg", "babel", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("aiohttp.http_parser", "HttpRequestParser"),
        ("aiohttp.http_parser", "HttpResponseParser"),
        ("aiohttp.http_writer", "_serialize_headers"),
        ("aiohttp._websocket.reader", "WebSocketReader"),
        ("multidict", "CIMultiDict"),
        ("frozenlist", "FrozenList"),
        ("propcache.api", "under_cached_property"),
        ("yarl._quoting", "_Quoter"),
    ],
)
def test_this_is_done_by_c(module, name):
    part = getattr(importlib.import_module(module), name)

    source = inspect.getfile(sys.modules[part.__module__])
    assert not source.endswith(".py")


def test_discords_json_is_read_by_orjson():
    assert discord.utils.HAS_ORJSON


def test_every_command_runs_on_uvloop():
    async def loop():
        return isinstance(asyncio.get_running_loop(), uvloop.Loop)

    assert command_line._run_loop(loop())


def test_an_idle_bot_has_not_loaded_what_it_seldom_needs():
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, *LATE],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.split() == []
