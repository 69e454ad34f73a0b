"""What strangers do to a port on the internet."""

import asyncio
import logging
from contextlib import AsyncExitStack, suppress

import pytest
from aiohttp import web

from bot.web.connections import ConnectionLimiter
from tests.web.conftest import connected

GET = b"GET / HTTP/1.1\r\nHost: bot\r\n"
POST = b"POST / HTTP/1.1\r\nHost: bot\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


SLOW, IDLE = 0.5, 2.0  # seconds


@pytest.fixture
async def open_port(serve):
    """Open a server of four connections and return its port; GET is slow, POST reads its body."""

    async def get(_request):
        await asyncio.sleep(SLOW)
        return web.Response(body=bytes(1 << 25))

    async def post(request):
        return web.Response(body=await request.read())

    async def open_port(*, patience):
        limiter = ConnectionLimiter(most=4, patience=patience, idle=IDLE)
        return (await serve([web.get("/", get), web.post("/", post)], limiter)).port

    return open_port


@pytest.fixture
async def port(open_port):
    """The port of a server of little patience."""
    return await open_port(patience=SLOW / 2)


@pytest.fixture
async def patient(open_port):
    """The port of a server that waits for longer than a test takes."""
    return await open_port(patience=60)


async def drip(writer):
    """Send a byte now and then."""
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        GET,
        POST + b"Content-Length: 1000\r\n\r\n",
        CHUNKED + b"3e8\r\n",
        POST + b"Content-Length: 0\r\n\r\n",  # answered, and idle afterwards
        b"POST /nothing HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n\r\n",
    ],
    ids=["no head", "head", "body", "chunk", "next head", "refused body"],
)
@pytest.mark.parametrize("drips", [False, True])
async def test_a_request_that_does_not_arrive_ends_the_connection(port, start, drips):
    async with connected(port, start) as (reader, writer):
        dripping = asyncio.create_task(drip(writer)) if drips else None
        answer = b""
        with suppress(ConnectionError):  # what came last was not read
            while data := await reader.read(1 << 16):
                answer += data
        if dripping:
            dripping.cancel()

    assert answer.count(b"HTTP/1.1 ") <= 1


async def test_a_load_balancer_may_keep_its_connection(port):
    """It would lose the request that it sends while the connection is closed."""
    async with connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(POST + b"Content-Length: 2\r\n\r\nok")
            while await reader.readline() != b"\r\n":
                pass
            assert await reader.readexactly(2) == b"ok"
            await asyncio.sleep(SLOW)  # twice the server's patience


async def test_what_takes_long_is_answered_and_its_answer_must_be_taken(port):
    """The time is the client's: the bot's own does not count."""
    async with connected(port, GET, b"\r\n") as (reader, _):
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        await asyncio.sleep(2 * SLOW)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1 << 25)


async def test_connections_without_a_request_give_way(patient):
    async with AsyncExitStack() as stack:
        busy, _ = await stack.enter_async_context(connected(patient, GET, b"\r\n"))
        idle = [await stack.enter_async_context(connected(patient, GET)) for _ in range(10)]
        for reader, _ in idle[:-3]:
            assert await reader.read() == b""

        async with connected(patient, POST, b"Content-Length: 2\r\n\r\nok") as (reader, _):
            assert b"200 OK" in await reader.readline()
        assert b"200 OK" in await busy.readline()


async def test_with_requests_alone_a_new_connection_is_refused(patient):
    async with AsyncExitStack() as stack:
        busy = [await stack.enter_async_context(connected(patient, GET, b"\r\n")) for _ in range(4)]
        async with connected(patient) as (reader, _):
            assert await reader.read() == b""
        for reader, _ in busy:
            assert b"200 OK" in await reader.readline()


@pytest.mark.parametrize(
    "data",
    [
        [b"\0\xff\xfe garbage\r\n\r\n"],
        [b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", bytes(range(200))],  # TLS
        [b"GET / HTTP/9.9\r\n\r\n"],
        [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
        [GET, b"A: ", b"a" * 10_000, b"\r\n\r\n"],
        [GET, *(b"A: b\r\n" for _ in range(1000)), b"\r\n"],
        [GET, b"Expect: \xff\r\n\r\n"],
        [b"GET http://[::1/ HTTP/1.1\r\n\r\n"],
        [b"GET /\xff HTTP/1.1\r\nHost: bot\r\n\r\n"],
        [POST, b"Content-Length: -1\r\n\r\n"],
        [POST, b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
        [POST, b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"],
        [CHUNKED, b"zz\r\n"],
        [CHUNKED, None, b"zz\r\n"],
        [CHUNKED, b"1\r\na\r\n", None, b"zz\r\n"],
        [b"POST /nothing", CHUNKED[6:], None, b"zz\r\n"],
        [CHUNKED, b"5\r\nhal", None],
    ],
    ids=lambda data: repr(data)[:40],
)
async def test_no_request_of_a_stranger_leaves_a_traceback(port, caplog, data):
    """None: the next comes later; after it nothing comes, and the connection ends."""
    caplog.set_level(logging.DEBUG, "bot")
    caplog.set_level(logging.DEBUG, "aiohttp")

    async with connected(port) as (reader, writer):
        for part in data:
            if part is None:
                await asyncio.sleep(0.02)
            else:
                writer.write(part)
        if data[-1] is None:
            writer.transport.abort()
            await asyncio.sleep(0.02)
        else:
            answer = await reader.read()
            assert not answer or answer.split()[1] in {b"400", b"404"}

    records = [record for record in caplog.records if record.name != "asyncio"]
    assert len(records) <= 1
    assert all(record.levelno == logging.DEBUG and not record.exc_info for record in records)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
