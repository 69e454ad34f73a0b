"""Fault injection: each fault has its own effect only, as often as it says."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from sandbox.faults import (
    ALWAYS,
    Answer,
    Cut,
    Delay,
    Drip,
    Fault,
    Faults,
    Hold,
    Redirect,
    Rewrite,
)
from tests.sandbox.conftest import connected


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def handled() -> list[bytes]:
    """The bodies that reached the handler."""
    return []


@pytest.fixture
async def client(journal, faults, handled) -> AsyncIterator[aiohttp.ClientSession]:
    async def handle(request: web.Request) -> web.Response:
        handled.append(await request.read())
        return web.Response(text="handled", headers={"X-Handled": "yes"})

    app = web.Application(middlewares=[journal.middleware, faults.middleware])
    app.router.add_route("*", "/{path:.*}", handle)
    async with connected(app) as session:
        yield session
        faults.clear()


async def held(client: aiohttp.ClientSession, fault: Fault) -> asyncio.Task[tuple[int, str]]:
    """Start a request and return it once the fault holds it."""
    pending = asyncio.create_task(fetch(client))
    await fault.reached.wait()
    return pending


async def fetch(client: aiohttp.ClientSession, path: str = "/x") -> tuple[int, str]:
    async with client.post(path, data=b"body") as response:
        return response.status, await response.text()


async def test_hold_before_keeps_the_handler_from_running(client, faults, handled):
    fault = faults.add(Fault(method="POST", path="/x", do=Hold()))
    pending = await held(client, fault)
    assert handled == []

    fault.release()

    assert await pending == (200, "handled")


async def test_hold_after_holds_the_answer(client, faults, handled):
    fault = faults.add(Fault(method="*", path="/*", do=Hold(when="after")))
    pending = await held(client, fault)
    assert handled == [b"body"]
    assert not pending.done()

    fault.release()

    assert await pending == (200, "handled")


async def test_a_client_that_leaves_while_it_is_held_breaks_nothing(
    client, faults, handled, journal
):
    fault = faults.add(Fault(method="POST", path="/x", do=Hold(when="after")))
    pending = await held(client, fault)

    pending.cancel()
    await asyncio.gather(pending, return_exceptions=True)
    fault.release()

    assert await fetch(client) == (200, "handled")
    first, second = await journal.wait("POST", "/x", count=2)
    assert (first.status, second.status) == (None, 200)


@pytest.mark.parametrize(("when", "ran"), [("before", []), ("after", [b"body"])])
async def test_cut_closes_the_connection_without_an_answer(
    client, faults, handled, journal, when, ran
):
    faults.add(Fault(method="POST", path="/x", do=Cut(when=when)))

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await fetch(client)

    assert handled == ran
    (exchange,) = journal.exchanges
    assert exchange.status is None


@pytest.mark.parametrize(
    ("body", "text", "kind"),
    [
        ({"a": 1}, '{"a": 1}', "application/json"),
        ("plain", "plain", "text/plain"),
        (b"raw", "raw", "application/octet-stream"),
    ],
)
async def test_answer_replaces_the_handler(client, faults, handled, body, text, kind):
    faults.add(Fault(method="POST", path="/x", do=Answer(status=418, body=body)))

    async with client.post("/x") as response:
        assert (response.status, await response.text()) == (418, text)
        assert response.content_type == kind
    assert handled == []


async def test_answer_may_set_its_content_type(client, faults):
    page = Answer(status=502, body="<html>", headers={"Content-Type": "text/html"})
    faults.add(Fault(method="POST", path="/x", do=page))

    async with client.post("/x") as response:
        assert response.content_type == "text/html"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_delay_only_delays(client, faults, handled, when):
    faults.add(Fault(do=Delay(seconds=0.01, when=when)))

    assert await fetch(client) == (200, "handled")


async def test_rewrites_add_up_and_a_whole_answer_may_come_out(client, faults):
    faults.add(Fault(do=Rewrite(change=lambda body: Answer(status=202, body=[str(body)]))))
    faults.add(Fault(do=Rewrite(change=bytes.upper), times=ALWAYS))
    faults.add(Fault(do=Rewrite(change=lambda body: body[::2])))

    assert await fetch(client) == (202, """["b'HNLD'"]""")
    async with client.post("/x") as response:
        assert (response.status, await response.text()) == (200, "HANDLED")
        assert response.headers["X-Handled"] == "yes"


async def test_a_cut_cannot_be_rewritten(client, faults):
    faults.add(Fault(do=Rewrite(change=bytes.upper)))
    faults.add(Fault(do=Cut()))

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await fetch(client)


async def test_redirect_leads_to_the_same_path_on_another_origin(client, faults):
    there = str(client._base_url).replace("127.0.0.1", "localhost").rstrip("/")
    faults.add(Fault(do=Redirect(origin=there), times=ALWAYS))

    async with client.get("/x?y=1", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, f"{there}/x?y=1")
    async with client.get("/x") as response:
        assert await response.text() == "handled"


async def test_drip_is_slow_and_may_end_early(client, faults, journal):
    faults.add(Fault(do=Drip(per_second=35)))
    faults.add(Fault(do=Drip(cut_at=3)))
    began = time.monotonic()

    assert await fetch(client) == (200, "handled")

    assert time.monotonic() - began > 0.15
    async with client.post("/x") as response:
        assert response.content_length == len("handled")
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    [_, cut_short] = await journal.wait("POST", "/x", count=2)
    assert (cut_short.status, cut_short.answer_headers["Content-Length"]) == (None, "7")


async def test_a_fault_may_last_for_seconds(client, faults):
    faults.add(Fault(do=Answer(status=502), times=ALWAYS, seconds=0.2))

    codes = [(await fetch(client))[0] for _ in range(3)]
    await asyncio.sleep(0.2)

    assert [*codes, (await fetch(client))[0]] == [502, 502, 502, 200]


async def test_a_fault_acts_as_often_as_it_says_and_only_where_it_matches(client, faults):
    faults.add(Fault(method="POST", path="/x", times=2, do=Answer(status=500)))

    assert (await fetch(client, "/y"))[0] == 200
    assert [(await fetch(client))[0] for _ in range(3)] == [500, 500, 200]


async def test_faults_act_in_the_order_in_which_they_were_added(client, faults):
    faults.add(Fault(method="POST", path="/x", do=Answer(status=500)))
    faults.add(Fault(method="POST", path="/*", do=Answer(status=503)))

    assert [(await fetch(client))[0] for _ in range(3)] == [500, 503, 200]


async def test_clear_releases_held_requests_and_removes_all_faults(client, faults):
    fault = faults.add(Fault(method="POST", path="/x", times=5, do=Hold()))
    pending = await held(client, fault)

    faults.clear()

    assert await pending == (200, "handled")
    assert await fetch(client) == (200, "handled")
