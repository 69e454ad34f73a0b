"""Callbacks: which are sent, in which shape, how often and to which URL."""

import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.faults import Answer, Fault, Faults
from sandbox.journal import Journal
from sandbox.pixazo.queue import MAX_CYCLE, Order, Plan, Queue, Request, Webhook

HOOK = "https://bot.example/callbacks/7/secret"


class Receiver:
    """Imitates the bot's web server."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.faults = Faults()

    async def states(self, count: int) -> list[str]:
        exchanges = await self.journal.wait("POST", "*", count=count)
        return sorted(json.loads(exchange.body)["status"] for exchange in exchanges)


@pytest.fixture
async def receiver(settings) -> AsyncIterator[Receiver]:
    async def take(request: web.Request) -> web.Response:
        return web.json_response({})

    receiver = Receiver()
    app = web.Application(middlewares=[receiver.journal.middleware, receiver.faults.middleware])
    app.router.add_post("/callbacks/7/secret", take)
    async with TestServer(app) as server:
        settings.forward["https://bot.example"] = str(server.make_url("/")).rstrip("/")
        yield receiver


async def order(submit: Any, mode: str | None = None) -> str:
    headers = {"X-Webhook-URL": HOOK} | ({"X-Webhook-Mode": mode} if mode else {})
    code, ticket = await submit(headers)
    assert code == 202
    request_id: str = ticket["request_id"]
    return request_id


async def test_terminal_is_the_default_and_calls_once(receiver, pixazo, submit):
    request_id = await order(submit)

    pixazo.move(request_id, "PROCESSING")
    pixazo.move(request_id, "COMPLETED")

    await pixazo.callbacks.settle()
    assert await receiver.states(1) == ["COMPLETED"]


async def test_a_callback_has_the_shape_of_a_status_with_naive_times(
    receiver, pixazo, submit, status
):
    request_id = await order(submit)
    pixazo.move(request_id, "COMPLETED")

    (exchange,) = await receiver.journal.wait("POST", "/callbacks/7/secret")

    polled = await status(request_id)
    body = json.loads(exchange.body)
    assert list(body) == list(polled)
    naive = polled["updated_at"].replace("T", " ")[:19]
    assert body == polled | {"updated_at": naive, "completed_at": naive}
    assert body["created_at"].endswith("Z")
    assert exchange.headers["Content-Type"].startswith("application/json")


async def test_forwarding_keeps_the_public_host(receiver, pixazo, submit):
    pixazo.move(await order(submit), "FAILED")

    (exchange,) = await receiver.journal.wait("POST", "*")

    assert exchange.headers["Host"] == "bot.example"
    assert exchange.headers["X-Forwarded-Proto"] == "https"
    assert "Ocp-Apim-Subscription-Key" not in exchange.headers


async def test_sync_sends_every_state(receiver, pixazo, submit):
    request_id = await order(submit, "sync")

    pixazo.move(request_id, "PROCESSING")
    pixazo.move(request_id, "ERROR")

    assert await receiver.states(2) == ["ERROR", "PROCESSING"]


def test_sync_repeats_itself_at_least_every_15_seconds():
    request = Request(
        request_id="r",
        order=Order(prompt="x"),
        webhook=Webhook(url=HOOK, mode="sync"),
        plan=Plan(queued_seconds=20, processing_seconds=100),
        cost_usd=0,
        created_at=0,
        updated_at=0,
    )
    queue = Queue(wallet_usd=None)
    queue.accept(request)

    sent = []
    while (due := queue.next_due()) is not None:
        sent += [(due, changed.status) for changed in queue.advance(due)]

    assert sent[:3] == [(15, "QUEUED"), (20, "PROCESSING"), (35, "PROCESSING")]
    assert sent[-1] == (120, "COMPLETED")
    assert max(b - a for (a, _), (b, _) in pairwise(sent)) <= MAX_CYCLE


async def test_a_failed_callback_is_retried(receiver, pixazo, submit):
    receiver.faults.add(Fault(method="POST", path="*", times=2, do=Answer(status=503)))

    pixazo.move(await order(submit), "COMPLETED")

    assert await receiver.states(3) == ["COMPLETED"] * 3
    assert [entry.status for entry in receiver.journal.exchanges] == [503, 503, 200]


async def test_a_callback_may_come_more_than_once(settings, receiver, pixazo, submit):
    settings.callback_delays = (0.0,) * 3

    pixazo.move(await order(submit), "COMPLETED")

    assert await receiver.states(3) == ["COMPLETED"] * 3


async def test_callbacks_may_come_late_and_out_of_order(settings, receiver, pixazo, submit):
    request_id = await order(submit)
    settings.callback_delays = (0.2,)
    pixazo.move(request_id, "FAILED")
    settings.callback_delays = (0.0,)

    pixazo.move(request_id, "COMPLETED")
    await pixazo.callbacks.settle()

    sent = [json.loads(exchange.body)["status"] for exchange in receiver.journal.exchanges]
    assert sent == ["COMPLETED", "FAILED"]


async def test_callbacks_can_be_switched_off(settings, receiver, pixazo, submit, status):
    settings.callback_delays = ()
    lost = await order(submit)
    pixazo.move(lost, "COMPLETED")
    settings.callback_delays = (0.0,)

    pixazo.move(await order(submit), "FAILED")
    await pixazo.callbacks.settle()

    assert await receiver.states(1) == ["FAILED"]
    assert (await status(lost))["status"] == "COMPLETED"


async def test_nothing_leaves_this_machine(settings, pixazo, submit):
    """An origin without a local target is not even looked up."""
    settings.forward.clear()

    pixazo.move(await order(submit), "COMPLETED")
    await pixazo.callbacks.settle()

    assert {delivery.answer for delivery in pixazo.callbacks.deliveries} == {None}
