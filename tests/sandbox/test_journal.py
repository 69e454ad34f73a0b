"""The journal records every exchange completely."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from sandbox.journal import Journal
from tests.sandbox.conftest import connected


async def echo(request: web.Request) -> web.Response:
    if request.path == "/refused":
        raise web.HTTPForbidden(text="no")
    return web.Response(body=await request.read(), headers={"X-Echo": "yes"}, status=201)


@pytest.fixture
async def client(journal: Journal) -> AsyncIterator[aiohttp.ClientSession]:
    app = web.Application(middlewares=[journal.middleware])
    app.router.add_route("*", "/{path:.*}", echo)
    async with connected(app) as session:
        yield session


async def test_an_exchange_holds_both_sides(client, journal):
    async with client.post("/a%20b?x=1", data=b"hello", headers={"X-Key": "k"}) as response:
        assert await response.read() == b"hello"

    (exchange,) = journal.find("POST", "/a b")
    assert exchange.query == "x=1"
    assert exchange.headers["x-key"] == "k"
    assert (exchange.body, exchange.answer, exchange.status) == (b"hello", b"hello", 201)
    assert exchange.answer_headers["X-Echo"] == "yes"
    assert exchange.at <= exchange.ended


async def test_a_raised_http_error_is_recorded(client, journal):
    async with client.get("/refused"):
        pass

    (exchange,) = journal.exchanges
    assert (exchange.status, exchange.answer) == (403, b"no")


async def test_find_takes_patterns(client, journal):
    for path in ("/jobs/1", "/jobs/2", "/cards/1"):
        async with client.get(path):
            pass

    assert len(journal.find("GET", "/jobs/*")) == 2
    assert len(journal.find("*", "*")) == 3
    assert journal.find("POST", "*") == []


async def test_wait_returns_once_enough_came(client, journal):
    waiting = asyncio.create_task(journal.wait("GET", "/x", count=2))
    for _ in range(2):
        async with client.get("/x"):
            pass

    assert len(await waiting) == 2


async def test_a_wait_that_times_out_lists_what_came(client, journal):
    async with client.get("/other"):
        pass

    with pytest.raises(TimeoutError, match="GET /other"):
        await journal.wait("GET", "/x", within=0.01)


async def test_with_keep_only_the_newest_are_kept(client, journal):
    journal.keep = 2
    for number in range(4):
        async with client.get(f"/{number}"):
            pass

    assert [exchange.path for exchange in journal.exchanges] == ["/2", "/3"]
    assert journal.total == 4
