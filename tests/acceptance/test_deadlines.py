"""An order that the vendor ended late, oddly, or unreadably still comes to its member."""

import json

import pytest

from sandbox.faults import ALWAYS, Answer, Cut, Fault, Rewrite
from sandbox.pixazo import refusals
from sandbox.pixazo.troubles import output_after
from tests.acceptance.driver import STATUS, accepted, delivered, eventually, says

# Quick polls, a deadline of seconds, and a recovery round each half second.
SHORT = {"POLL_SECONDS": "0.2", "JOB_DEADLINE_SECONDS": "2", "LEASE_SECONDS": "1.5"}
EXPIRED = says("the image service took too long")


@pytest.fixture
def order(sandbox, noah):
    """Place an order, and return it with its request id; the vendor does nothing about it."""

    async def order():
        sandbox.pixazo.hold_states()
        sent = await noah.command("imagine", prompt="a cat")
        (request,) = await sandbox.pixazo.wait_accepted()
        return sent, request.request_id

    return order


@pytest.mark.parametrize("public_url", ["", "https://bot.example"])
async def test_an_expired_order_is_asked_about_again_and_delivered(
    sandbox, start, store, order, public_url
):
    await start(**SHORT, PUBLIC_URL=public_url)
    sandbox.pixazo.settings.callback_delays = ()  # dropped
    sent, request_id = await order()
    await sent.until(EXPIRED)
    edits = len(sandbox.discord.journal.find("PATCH", "/webhooks/*/messages/*"))
    await store.until("a cat", lambda row: row["tries"] >= 3)
    assert len(sandbox.discord.journal.find("PATCH", "/webhooks/*/messages/*")) == edits

    sandbox.pixazo.move(request_id, "COMPLETED")

    await sent.until(delivered(1))
    await store.ended("a cat", "DELIVERED")
    assert accepted(sandbox) == ["a cat"]


async def test_an_expired_order_that_failed_says_so(sandbox, start, order):
    await start(**SHORT, PUBLIC_URL="")
    sent, request_id = await order()
    await sent.until(EXPIRED)

    sandbox.pixazo.move(request_id, "FAILED", error="the model fell over")

    await sent.until(says("the model fell over"))


UNREADABLE = {
    "500": Answer(status=500),
    "404": Answer(status=404),
    "too large": Answer(status=200, body=b" " * 2**21),
    "another id": Rewrite(change=lambda body: body | {"request_id": "other"}),
    "no text": Rewrite(change=lambda body: Answer(status=200, body=json.dumps(body)[:9].encode())),
    "cut": Cut(when="before"),
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
async def test_an_order_with_unreadable_status_answers_frees_its_place(
    sandbox, start, store, order, noah, answer
):
    await start(**SHORT, PUBLIC_URL="", LANE_WIDTH="1")
    sent, request_id = await order()
    fault = Fault(path=f"/v2/requests/status/{request_id}", do=answer, times=ALWAYS)
    sandbox.pixazo.faults.add(fault)
    await sent.until(EXPIRED)

    sandbox.pixazo.release_states()
    after = await noah.command("imagine", prompt="a dog")
    await after.until(delivered(1))
    fault.end()

    await sent.until(delivered(1))
    await store.ended("a cat", "DELIVERED")


async def test_a_failure_that_is_completed_after_all_is_delivered(sandbox, start, store, order):
    await start()
    sent, request_id = await order()
    sandbox.pixazo.move(request_id, "FAILED")
    await sent.until(says("the image service failed"))

    sandbox.pixazo.move(request_id, "COMPLETED")

    await sent.until(delivered(1))
    assert (await store.ended("a cat", "DELIVERED"))["billed"] == "yes"
    assert accepted(sandbox) == ["a cat"]


async def test_rejected_status_calls_expire_nothing_and_rest_for_seconds(
    sandbox, start, store, order
):
    await start(**SHORT, PUBLIC_URL="")
    sent, request_id = await order()
    sandbox.pixazo.faults.add(Fault(path=STATUS, do=refusals.BAD_KEY, times=2))
    await eventually(lambda: len(sandbox.pixazo.journal.find("GET", STATUS)) >= 2)
    sandbox.pixazo.move(request_id, "COMPLETED")

    await sent.until(delivered(1))

    assert not [line for line in sandbox.process.log if "expired" in line]


async def test_an_operator_settles_an_order_that_never_ends(start, store, order, operate):
    await start(**SHORT | {"POLL_SECONDS": "20"}, PUBLIC_URL="")
    sent, _ = await order()
    row = await store.until("a cat", lambda row: row["state"] == "QUEUED")

    assert (await operate("jobs", "settle", row["id"], "--refused"))[0] == 0

    await sent.until(says("never received it"))
    await store.ended("a cat", "REFUSED")


async def test_an_operator_has_an_expired_order_tried_at_once(
    sandbox, start, store, order, operate
):
    await start(**SHORT, PUBLIC_URL="")
    sent, request_id = await order()
    await sent.until(EXPIRED)
    await store.until("a cat", lambda row: row["tries"] >= 2 and row["owner"] is None)
    store.execute("UPDATE jobs SET next_try_at = 1e11")
    sandbox.pixazo.settings.callback_delays = ()
    sandbox.pixazo.move(request_id, "COMPLETED")

    assert (await operate("jobs", "retry", "--all"))[0] == 0

    await sent.until(delivered(1))


async def test_an_operator_has_the_pictures_of_a_failed_order_brought(
    sandbox, start, store, noah, operate
):
    await start(**SHORT, PUBLIC_URL="")
    sandbox.pixazo.answer_next("FAILED")
    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(says("the image service failed"))
    row = await store.ended("a cat", "FAILED")
    sandbox.pixazo.move(row["request_id"], "COMPLETED")
    sandbox.pixazo.faults.add(Fault(path=STATUS, do=output_after(3), times=ALWAYS))

    status, _ = await operate("jobs", "settle", row["id"], "--delivered-by", row["request_id"])

    assert status == 0
    await sent.until(delivered(1))
    assert (await store.ended("a cat", "DELIVERED"))["billed"] == "yes"
