"""Answers in other shapes than the contract's: what a person could read in them counts."""

import asyncio
import gzip
import json
import os
import signal

import brotli
import pytest

from sandbox.faults import ALWAYS, Answer, Drip, Fault, Hold, Rewrite
from tests.acceptance.driver import (
    STATUS,
    SUBMIT,
    accepted,
    delivered,
    refusal,
    says,
    submitted,
    without_limits,
)


def written(write, **headers):
    """Return a change of a 202: *write* makes its body of the contract's JSON."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Rewrite(
        change=lambda body: Answer(status=202, body=write(json.dumps(body)), headers=headers)
    )


def named(name, value=lambda request_id: request_id):
    return Rewrite(change=lambda body: {name: value(body["request_id"]), "status": "QUEUED"})


ODD_SUBMITS = {
    "bom": written(lambda text: text.encode("utf-8-sig")),
    "utf-16": written(lambda text: text.encode("utf-16")),
    "invalid bytes": written(lambda text: text.encode() + b"\xff\xfe\x80"),
    "packed": written(lambda text: gzip.compress(text.encode())),
    "brotli": written(lambda text: brotli.compress(text.encode())),
    "not packed": written(lambda text: text, Content_Encoding="gzip"),
    "string": written(json.dumps),
    "list": Rewrite(change=lambda body: [{"data": body}]),
    "html": written(lambda text: f"<html><pre>{text}</pre></html>"),
    "no json": written(lambda text: f"/* ok */ {text[:-1]}, }} // ok"),
    "cut off": written(lambda text: text[:-30]),
    "large": written(lambda text: text + " " * 2**21),
    "broken off": Drip(cut_at=80),
    "other name": named("requestId"),
    "other word": named("id"),
    "address": named("polling_url", "https://gateway.pixazo.ai/v2/requests/status/{}".format),
    "empty": Rewrite(
        change=lambda body: Answer(status=202, headers={"Location": body["polling_url"]})
    ),
}


async def test_orders_with_odd_answers_to_their_submits_are_followed_and_delivered(
    sandbox, start, noah, store
):
    await start(PUBLIC_URL="", POLL_SECONDS="0.3")
    await without_limits(sandbox)
    sents = []
    for name, do in ODD_SUBMITS.items():
        fault = sandbox.pixazo.faults.add(Fault(method="POST", path=SUBMIT, do=do))
        sents.append(await noah.command("imagine", prompt=name))
        await fault.reached.wait()

    for sent, name in zip(sents, ODD_SUBMITS, strict=True):
        await sent.until(delivered(1), within=20)
        await store.delivered(name)
    assert accepted(sandbox) == list(ODD_SUBMITS)


ODD_OUTPUTS = (
    lambda url: {"output": [url]},
    lambda url: {"output": f" {url}\n"},
    lambda url: {"output": [{"url": url, "content_type": "image/png"}]},
    lambda url: {"output": {"media_url": {"0": {"image": url}}}},
    lambda url: {"output": {"media_url": json.dumps([url])}},
    lambda url: {"output": None, "images": [{"media_url": url}]},
    lambda url: {"output": None, "result": {"outputs": [url]}},
    lambda url: {"output": [url], "status": "succeeded"},
    lambda url: {"output": [url], "status": " Completed "},
    lambda url: {"output": ["data:image/png;base64,AAAA", url]},
)


async def test_pictures_in_odd_outputs_are_delivered(sandbox, start, noah, store):
    shapes: dict[str, int] = {}

    def change(body):
        if body["status"] != "COMPLETED":
            return body | {"status": "in_progress"}
        number = shapes.setdefault(body["request_id"], len(shapes))
        return {"data": body | ODD_OUTPUTS[number](body["output"]["media_url"][0])}

    sandbox.pixazo.faults.add(Fault(path=STATUS, do=Rewrite(change=change), times=ALWAYS))
    await start(PUBLIC_URL="", POLL_SECONDS="0.3")
    await without_limits(sandbox)

    sents = [
        await noah.command("imagine", prompt=f"picture {number}")
        for number in range(len(ODD_OUTPUTS))
    ]

    for number, sent in enumerate(sents):
        await sent.until(delivered(1), within=20)
        await store.delivered(f"picture {number}")
    assert len(shapes) == len(ODD_OUTPUTS)


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_an_order_whose_content_is_refused_says_so_and_the_lane_goes_on(
    sandbox, start, noah, ada, store, status
):
    body = {"detail": [{"loc": ["body", "prompt"], "msg": "Your prompt was flagged: a wallet"}]}
    do = Answer(status=status, body=body)
    sandbox.pixazo.faults.add(Fault(method="POST", path=SUBMIT, do=do))
    await start()

    sent = await noah.command("imagine", prompt="a wallet")
    card = await sent.until(says("the image service doesn't allow this content"))
    other = await ada.command("imagine", prompt="a dog")
    await other.until(delivered(1))

    assert says("Your prompt was flagged")(card)
    assert says("Nothing was charged")(card)
    row = store.row("a wallet")
    assert (row["state"], row["cause"], row["billed"]) == ("REFUSED", "content", "no")


async def test_an_end_for_its_content_says_so(sandbox, start, noah, store):
    sandbox.pixazo.hold_states()
    await start()
    sent = await noah.command("imagine", prompt="a cat")
    [request] = await sandbox.pixazo.wait_accepted()

    sandbox.pixazo.move(request.request_id, "FAILED", error="Output blocked: NSFW content")

    await sent.until(says("the image service doesn't allow this content"))
    assert store.row("a cat")["cause"] == "content"


async def test_an_empty_wallet_is_told_by_its_words(sandbox, start, noah):
    body = {"detail": "Please top up your wallet to continue."}
    do = Answer(status=403, body=body)
    sandbox.pixazo.faults.add(Fault(method="POST", path=SUBMIT, do=do))
    await start()

    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(says("the bot's image credit is used up"))

    assert "image credit is used up" in await refusal(noah)
    assert submitted(sandbox) == ["a cat"]


async def test_an_answer_that_came_while_the_process_was_suspended_is_read(
    sandbox, start, noah, store
):
    """A laptop that slept, a machine out of memory: the time-out is over when it goes on."""
    fault = sandbox.pixazo.faults.add(Fault(method="POST", path=SUBMIT, do=Hold(when="after")))
    bot = await start(PUBLIC_URL="", SUBMIT_TIMEOUT_SECONDS="2")
    sent = await noah.command("imagine", prompt="a cat")
    await fault.reached.wait()

    os.kill(bot.pid, signal.SIGSTOP)
    fault.release()
    await asyncio.sleep(3)  # longer than the time-out
    os.kill(bot.pid, signal.SIGCONT)

    await sent.until(delivered(1))
    assert accepted(sandbox) == ["a cat"]
    await store.delivered("a cat")
