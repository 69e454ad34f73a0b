"""Answers that are lost, repeated, late or false: one submit, one delivery, no harm."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from io import BytesIO

import pytest
from aiohttp import ClientSession
from yarl import URL

from bot.domain.job import Job, State
from bot.store.database import Database
from bot.store.jobs import Jobs
from sandbox.environment import PUBLIC_URL
from sandbox.faults import Answer, Cut, Fault, Hold
from tests.acceptance.driver import (
    STATUS,
    SUBMIT,
    accepted,
    button,
    pictures,
    says,
    without_limits,
    words,
)

BOTH = pytest.mark.parametrize("url", [PUBLIC_URL, ""], ids=["callbacks", "polling"])


@pytest.fixture
def held_submit(sandbox):
    """Hold the vendor's answer to the submit: the vendor has the order and billed it."""
    return sandbox.pixazo.faults.add(Fault(method="POST", path=SUBMIT, do=Hold(when="after")))


async def assert_delivered_once(sandbox, store, prompt):
    """Wait for the order's end: one submit, and one message with its picture."""
    await store.ended(prompt, "DELIVERED")
    assert accepted(sandbox).count(prompt) == 1
    [message] = pictures(sandbox, prompt)
    assert len(message["attachments"]) == 1


def uploads(sandbox):
    return [
        exchange
        for exchange in sandbox.discord.journal.find("PATCH", "/api/v10/webhooks/*")
        if exchange.headers["Content-Type"].startswith("multipart/")
    ]


def callback_address(sandbox, taken):
    """Return the local address of an order's callback."""
    return URL(f"http://127.0.0.1:{sandbox.web_port}").join(
        URL(taken.headers["X-Webhook-URL"]).relative()
    )


async def post(address, body):
    data = BytesIO(body)
    async with ClientSession() as session, session.post(address, data=data) as response:
        return response.status


def callback_body(request_id, status):
    output = {"media_url": ["https://evil.example/picture.png"]}
    body = {"request_id": request_id, "status": status, "output": output}
    return json.dumps(body).encode()


@pytest.mark.parametrize("answer", ["silence", "cut"])
async def test_without_callbacks_silence_after_billing_is_told_and_sent_again_only_on_a_press(
    sandbox, start, noah, store, answer
):
    """It may be running and billed: only the member may decide to pay again."""
    sandbox.pixazo.answer_next(answer)
    bot = await start(PUBLIC_URL="", SUBMIT_TIMEOUT_SECONDS="0.5")

    sent = await noah.command("imagine", prompt="a cat")
    card = await sent.until(says("**No reply**"))
    await store.ended("a cat", "UNCERTAIN")
    await bot.stop()
    await bot.start()
    await sandbox.ready()

    assert says("This may still have been charged")(card)
    assert says("Trying again counts as a new order")(card)
    other = await noah.command("imagine", prompt="a dog")
    await other.until(says("**Completed**"))
    assert accepted(sandbox) == ["a cat", "a dog"]
    assert not pictures(sandbox, "a cat")

    again = await noah.press(card["id"], button(card, "Try again"))
    await again.until(says("**Completed**"))
    sandbox.discord.replay(again.id)
    other = await noah.command("imagine", prompt="a bird")
    await other.until(says("**Completed**"))
    assert accepted(sandbox) == ["a cat", "a dog", "a cat", "a bird"]
    assert "**No reply**" in words(sent.message)


@pytest.mark.parametrize("answer", ["silence", "cut"])
async def test_with_callbacks_the_picture_arrives_though_the_answer_was_lost(
    sandbox, start, noah, store, answer
):
    sandbox.pixazo.answer_next(answer)
    await start(SUBMIT_TIMEOUT_SECONDS="0.5")

    await noah.command("imagine", prompt="a cat")

    await assert_delivered_once(sandbox, store, "a cat")


@BOTH
async def test_a_process_that_slept_past_its_lease_records_what_it_learned_and_sends_nothing_again(
    sandbox, start, noah, store, held_submit, url
):
    """Another process took the order over meanwhile, and died before it could end it."""
    bot = await start(PUBLIC_URL=url, LEASE_SECONDS="1", SUBMIT_TIMEOUT_SECONDS="20")
    sandbox.pixazo.hold_states()
    await noah.command("imagine", prompt="a cat")
    await held_submit.reached.wait()

    os.kill(bot.pid, signal.SIGSTOP)
    taken = await _taken_over(store)
    assert (taken.state, taken.request_id) == (State.UNCERTAIN, None)
    os.kill(bot.pid, signal.SIGCONT)
    held_submit.release()
    row = await store.until("a cat", lambda row: row["request_id"] is not None)
    assert row["request_id"] == sandbox.pixazo.accepted[0].request_id
    sandbox.pixazo.release_states()

    await assert_delivered_once(sandbox, store, "a cat")
    assert len(uploads(sandbox)) == 1
    assert len(sandbox.pixazo.journal.find("POST", SUBMIT)) == 1


async def _taken_over(store):
    """Take the order over as a second process does when the lease has run out: UNCERTAIN."""
    async with Database.open(store.url) as database:
        jobs = Jobs(database)
        taken: Sequence[Job] = ()
        while not taken:
            taken = await jobs.take_over("second", lease=1.0, submitted_before=time.time())
            await asyncio.sleep(0.02)
        uncertain = taken[0].transition(State.UNCERTAIN, now=time.time())
        assert await jobs.swap(taken[0], uncertain)
        return uncertain


async def test_a_living_process_keeps_what_it_has(sandbox, start, noah, store, held_submit):
    """Leases are renewed, so other processes take nothing over."""
    await start(LEASE_SECONDS="1.5")
    await noah.command("imagine", prompt="a cat")
    await held_submit.reached.wait()

    first = store.row("a cat")["lease_until"]
    async with Database.open(store.url) as database:
        await store.until("a cat", lambda row: row["lease_until"] > first + 1.5)
        taking = Jobs(database).take_over("second", lease=1.0, submitted_before=time.time())
        assert await taking == []

    held_submit.release()
    await assert_delivered_once(sandbox, store, "a cat")


async def test_five_copies_of_each_callback_deliver_once_and_cost_at_most_two_status_calls(
    sandbox, start, noah, store
):
    sandbox.pixazo.settings.callback_delays = (0.0,) * 5
    await start()
    await without_limits(sandbox)
    prompts = [f"a cat with {number} tails" for number in range(10)]

    for prompt in prompts:
        await noah.command("imagine", prompt=prompt)
    for prompt in prompts:
        await assert_delivered_once(sandbox, store, prompt)
    await sandbox.pixazo.callbacks.settle()

    answers = [delivery.answer for delivery in sandbox.pixazo.callbacks.deliveries]
    assert len(answers) >= 10 * len(prompts)
    assert set(answers) == {200}
    assert len(uploads(sandbox)) == len(prompts)
    assert len(sandbox.pixazo.media_journal.exchanges) == len(prompts)
    asked = [exchange.path for exchange in sandbox.pixazo.journal.find("GET", STATUS)]
    assert all(asked.count(path) <= 2 for path in asked)


async def test_false_callbacks_do_no_harm(sandbox, start, noah, store):
    """A callback is only a hint: the vendor's answer to a status call decides."""
    sandbox.pixazo.hold_states()
    await start()
    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(says("**Queued**"))
    [taken] = sandbox.pixazo.accepted
    address = callback_address(sandbox, taken)
    sandbox.pixazo.move(taken.request_id, "PROCESSING")
    await sent.until(says("**Processing**"))
    calls = sandbox.pixazo.status_calls

    forged = callback_body(taken.request_id, "COMPLETED")
    assert await post(address, forged) == 200
    await sandbox.pixazo.journal.wait("GET", STATUS, count=calls + 1)
    assert await post(address, callback_body("another-request", "COMPLETED")) == 200
    assert await post(address.parent / "wrong-token", forged) == 404
    assert await post(address.parent.parent / ("0" * 16) / "token", forged) == 404
    assert await post(address, b"x" * 10_000_000) == 413
    assert await post(address, b"no json") == 400
    row = store.row("a cat")
    assert (row["state"], row["request_id"]) == ("PROCESSING", taken.request_id)
    assert not pictures(sandbox, "a cat")

    sandbox.pixazo.move(taken.request_id, "COMPLETED")
    await assert_delivered_once(sandbox, store, "a cat")
    assert len(uploads(sandbox)) == 1
    assert sandbox.pixazo.status_calls <= calls + 2


@BOTH
async def test_sigterm_in_the_middle_of_a_submit_waits_for_its_answer(
    sandbox, start, noah, store, held_submit, url
):
    """What the vendor bills is recorded before the process ends."""
    bot = await start(PUBLIC_URL=url)
    sandbox.pixazo.hold_states()
    await noah.command("imagine", prompt="a cat")
    await held_submit.reached.wait()

    stopping = asyncio.create_task(bot.stop())
    await bot.wait_line("stopping")
    assert store.state("a cat") == "SUBMITTING"
    held_submit.release()
    assert await stopping == 0
    row = store.row("a cat")
    assert (row["state"], row["owner"]) == ("QUEUED", None)
    assert row["request_id"] == sandbox.pixazo.accepted[0].request_id

    sandbox.pixazo.release_states()
    await bot.start()
    await assert_delivered_once(sandbox, store, "a cat")


async def test_status_calls_that_fail_in_every_way_lose_no_order(sandbox, start, noah, store):
    page = {"Content-Type": "text/html"}
    faults = [
        sandbox.pixazo.faults.add(Fault(method="GET", path=STATUS, do=do))
        for do in (
            Answer(status=500, body={"statusCode": 500, "message": "Internal server error"}),
            Answer(status=502, body="<html>Bad Gateway</html>", headers=page),
            Answer(status=200, body="<html>Welcome</html>", headers=page),
            Answer(status=200, body=callback_body("another-request", "COMPLETED")),
            Answer(status=404, body={"error": "Not Found", "message": "Request not found"}),
            Answer(status=429, body={"statusCode": 429}, headers={"Retry-After": "1"}),
            Cut(when="before"),
            Cut(when="after"),
        )
    ]
    await start(PUBLIC_URL="", POLL_SECONDS="0.1")
    await without_limits(sandbox)

    await noah.command("imagine", prompt="a cat")

    await assert_delivered_once(sandbox, store, "a cat")
    assert all(fault.reached.is_set() for fault in faults)
