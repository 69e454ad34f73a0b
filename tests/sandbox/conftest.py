"""Serves an aiohttp application and connects a client to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.journal import Journal


@asynccontextmanager
async def connected(app: web.Application) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession(base_url=server.make_url("/")) as session,
    ):
        yield session


@pytest.fixture
def journal() -> Journal:
    return Journal()
