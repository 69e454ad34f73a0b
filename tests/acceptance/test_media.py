"""The media host is not trusted, and late: bad pictures do no harm, and what is paid for comes.

All tests of this file share one bot, whose memory and files are checked after each test. The vendor
completes an order only when a test says so.
"""

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.discord.member import Invocation
from sandbox.faults import ALWAYS, Action, Answer, Cut, Drip, Fault, Redirect, Rewrite
from sandbox.pixazo import Status, wire
from sandbox.pixazo.troubles import damaged, output_after, with_text
from tests.acceptance.driver import (
    FAST_LANE,
    Store,
    delivered,
    downloaded,
    eventually,
    noise,
    quick,
    says,
    without_limits,
    words,
)
from tests.content_credentials import GENERATED, signed, validity
from tests.pixazo.test_marking import packets, pixels
from tests.pixazo.test_pictures import WHOLE, a_bomb

MIB = 1024 * 1024
MOST_MEMORY = 300  # MiB
PNG = {"Content-Type": "image/png"}


@dataclass(frozen=True)
class Order:
    """An order that the vendor has accepted and that stays QUEUED."""

    sent: Invocation
    request_id: str


@pytest.fixture(scope="module")
async def sandbox(make_sandbox):
    async with make_sandbox(vendor=quick()) as opened:
        opened.pixazo.hold_states()
        origins = (opened.pixazo.media_origin, opened.pixazo.other_media.origin)
        process = opened.bot(
            **FAST_LANE,
            LEASE_SECONDS="2",
            MEDIA_ORIGINS=",".join((*origins, "https://*.inside.localhost")),
        )
        await process.start()
        await opened.ready()
        await without_limits(opened)
        yield opened


@pytest.fixture(autouse=True)
async def unharmed(sandbox):
    """Afterwards no file is left, little memory was used, and nothing failed."""
    yield
    sandbox.pixazo.faults.clear()
    sandbox.pixazo.media_faults.clear()
    store = Store(sandbox)
    store.execute("UPDATE jobs SET next_try_at = 0 WHERE state = 'COMPLETED'")
    await eventually(lambda: not store.count("state != 'DELIVERED'"), within=30)
    await eventually(lambda: not [*folder(sandbox).iterdir()])
    if sys.platform == "linux":  # /proc tells it
        assert most_memory(sandbox) < MOST_MEMORY
    assert not [line for line in sandbox.process.log if "Traceback" in line]


def folder(sandbox):
    return Store(sandbox).path.with_name("files")


def most_memory(sandbox):
    """Return the bot's peak memory in MiB."""
    status = Path(f"/proc/{sandbox.process.pid}/status").read_text()
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kib) / 1024


@pytest.fixture
def order(sandbox, noah):
    async def order(prompt, **options) -> Order:
        count = len(sandbox.pixazo.accepted)
        sent = await noah.command("imagine", prompt=prompt, **options)
        accepted = await sandbox.pixazo.wait_accepted(count + 1)
        return Order(sent, accepted[-1].request_id)

    return order


def trouble(sandbox, request_id, do, *, times=ALWAYS, name="*") -> Fault:
    """Let the downloads of an order's pictures run into a trouble."""
    path = f"/v1/{request_id}/{name}"
    return sandbox.pixazo.media_faults.add(Fault(path=path, do=do, times=times))


def status_trouble(sandbox, request_id, do) -> Fault:
    path = f"/v2/requests/status/{request_id}"
    return sandbox.pixazo.faults.add(Fault(path=path, do=do, times=ALWAYS))


def output(shape: Callable[[Any], Any]) -> Rewrite:
    """Change the output of status answers, as soon as there is one."""
    return Rewrite(
        change=lambda body: body | {"output": shape(body["output"])} if body["output"] else body
    )


SHORT: dict[str, tuple[Action, float]] = {
    "output 3 s late": (output_after(3.0), ALWAYS),
    "output in another shape": (
        output(lambda known: {"images": [{"url": url} for url in known["media_url"]]}),
        ALWAYS,
    ),
    "empty at first": (Answer(status=200, headers=PNG), 2),
    "half at first": (Rewrite(change=lambda picture: picture[: len(picture) // 2]), 2),
    "a page of maintenance": (Answer(status=200, body="<html>soon</html>"), 2),
    "cut": (Cut(), 2),
    "cut in the middle": (Drip(cut_at=100), 2),
    "not there": (Answer(status=404), 2),
    "gone": (Answer(status=410), 2),
    "refused": (Answer(status=401), 2),
    "too many": (Answer(status=429, headers={"Retry-After": "1"}), 2),
    "packed text": (Rewrite(change=lambda picture: with_text(picture, b"x" * 2 * MIB)), ALWAYS),
}


async def test_what_is_not_there_for_seconds_is_delivered_as_soon_as_it_is(sandbox, order):
    orders = []
    for name, (do, times) in SHORT.items():
        placed = await order(name)
        add = status_trouble if name.startswith("output") else trouble
        add(sandbox, placed.request_id, do).times = times
        orders.append(placed)
    redirected = await order("redirected")
    target = sandbox.pixazo.other_media.origin
    trouble(sandbox, redirected.request_id, Redirect(origin=target))

    for placed in (*orders, redirected):
        sandbox.pixazo.move(placed.request_id, "COMPLETED")

    for placed in (*orders, redirected):
        card = await placed.sent.until(delivered(1), within=40)
        assert "**Completed**" in words(card)
    store = Store(sandbox)
    quickly = {*SHORT, "redirected"} - {"refused"}
    rows = store.execute("SELECT prompt FROM jobs WHERE tries = 0")
    assert quickly <= {row["prompt"] for row in rows}


STOLEN = "/stolen"
NOT_ALLOWED = "the bot's owner has to allow the site"
NO_SERVER = "can't find the site that stores them"
NOT_WHOLE = "hasn't finished saving them"
NOT_NOW = "doesn't respond right now"
NOT_YET = "hasn't released them"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://elsewhere.example/output.png", NOT_ALLOWED),
        ("https://elsewhere.example/output.png", NOT_ALLOWED),
        ("http://pictures.inside.localhost/output.png", NOT_ALLOWED),
        # It resolves to this machine.
        ("https://pictures.inside.localhost/output.png", NO_SERVER),
        ("https://127.0.0.1/output.png", NOT_ALLOWED),
        ("the vendor's own api", NOT_ALLOWED),
    ],
)
async def test_what_is_not_listed_or_not_public_is_never_called(sandbox, order, address, why):
    """Anyone may own a name below a wildcard, and point it anywhere.

    The order is paid for: it is delivered from another address as soon as the vendor names one.
    """
    if address == "the vendor's own api":
        address = f"{sandbox.pixazo.origin}{STOLEN}"
    placed = await order("a foreign address")
    [request] = sandbox.pixazo.latest(1)
    completed = request.moved(Status.COMPLETED, time.time())
    answer = Answer(status=200, body=wire.status(completed, [address]))
    named = status_trouble(sandbox, placed.request_id, answer)
    sandbox.pixazo.move(placed.request_id, "COMPLETED")

    card = await placed.sent.until(says("**Drawn** · the pictures can't be fetched yet"))

    assert why in words(card)
    assert card["attachments"] == []
    assert sandbox.pixazo.journal.find("*", STOLEN) == []
    named.end()
    await placed.sent.until(delivered(1), within=30)


async def test_what_is_no_picture_is_never_shown_and_tried_again(sandbox, order):
    """Each try that fails costs one edit, and the card says why."""
    away = Redirect(origin=sandbox.pixazo.origin)
    half = Rewrite(change=lambda picture: picture[: len(picture) // 2])
    troubles: dict[str, tuple[Action, str]] = {
        "redirect": (away, NOT_ALLOWED),
        "html": (Answer(status=200, body="<html>This link has expired</html>"), NOT_WHOLE),
        "nothing": (Answer(status=200, headers=PNG), NOT_WHOLE),
        "half of it": (half, NOT_WHOLE),
        "damaged": (Rewrite(change=lambda whole: damaged(whole, len(whole) // 2)), NOT_WHOLE),
        "bomb": (Answer(status=200, body=a_bomb(20_000, 20_000)), NOT_WHOLE),
        "endless": (Answer(status=200, body=bytes(60 * MIB)), NOT_WHOLE),
        "missing": (Answer(status=404), NOT_WHOLE),
        "refused": (Answer(status=403), NOT_NOW),
        "broken": (Answer(status=503), NOT_NOW),
        "busy": (Answer(status=429, headers={"Retry-After": "600"}), NOT_NOW),
        "dripping": (Drip(per_second=20), NOT_NOW),
    }
    orders = {name: await order(name) for name in troubles}
    silent = await order("no output")
    status_trouble(sandbox, silent.request_id, output(lambda _known: None))
    for name, (do, _why) in troubles.items():
        trouble(sandbox, orders[name].request_id, do)

    for placed in (*orders.values(), silent):
        sandbox.pixazo.move(placed.request_id, "COMPLETED")
    beside = await order("beside them")
    sandbox.pixazo.move(beside.request_id, "COMPLETED")

    await beside.sent.until(delivered(1), within=5)
    await silent.sent.until(says(NOT_YET), within=60)
    for name, (_do, why) in troubles.items():
        card = await orders[name].sent.until(
            says("**Drawn** · the pictures can't be fetched yet"), within=90
        )
        assert why in words(card), name
        assert "the bot tries again at <t:" in words(card)
        assert card["attachments"] == []
    sandbox.pixazo.faults.clear()
    sandbox.pixazo.media_faults.clear()
    Store(sandbox).execute("UPDATE jobs SET next_try_at = 0 WHERE state = 'COMPLETED'")
    for placed in (*orders.values(), silent):
        await placed.sent.until(delivered(1), within=30)


async def test_delivered_pictures_say_that_they_are_generated(sandbox, order):
    """They are the same pictures; a signed one, which says it already, is the same file."""
    sent = {name: WHOLE[name] for name in ("png", "jpg", "webp")}
    sent["signed png"] = signed(WHOLE["png"], "image/png")
    orders = {name: await order(name) for name in sent}
    for name, placed in orders.items():
        trouble(sandbox, placed.request_id, Answer(status=200, body=sent[name], headers=PNG))
        sandbox.pixazo.move(placed.request_id, "COMPLETED")

    for name, placed in orders.items():
        card = await placed.sent.until(delivered(1))
        content = await downloaded(card)
        assert pixels(content) == pixels(sent[name])
        if name.startswith("signed"):
            assert content == sent[name]
            assert not validity(content, "image/png")
        else:
            assert len(content) - len(sent[name]) < 2000
            said = packets(content)
            assert GENERATED in said.values()
            [row] = Store(sandbox).execute("SELECT id FROM jobs WHERE prompt = ?", name)
            assert row["id"] in said.values()


async def test_too_large_a_picture_is_made_smaller(sandbox, order):
    huge = noise(1970)
    assert len(huge) > 11 * MIB
    placed = await order("a huge picture")
    trouble(sandbox, placed.request_id, Answer(status=200, body=huge, headers=PNG))
    sandbox.pixazo.move(placed.request_id, "COMPLETED")

    card = await placed.sent.until(delivered(1), within=20)

    assert card["attachments"][0]["size"] <= 10 * MIB
    assert "Made smaller" in words(card)
    assert GENERATED in packets(await downloaded(card)).values()


async def test_one_missing_picture_comes_later_into_the_same_message(sandbox, order, noah):
    """It does not cost the sound ones; after hours only the bot itself can edit the card."""
    placed = await order("three of four", images=4)
    missing = trouble(sandbox, placed.request_id, Answer(status=404), name="output_2.png")
    sandbox.pixazo.move(placed.request_id, "COMPLETED")
    card = await placed.sent.until(delivered(3), within=40)
    assert "One more picture is still being fetched" in words(card)
    assert "**Completed**" in words(card)

    await Store(sandbox).until("three of four", lambda row: row["pictures_shown"] == 3)
    life, sandbox.world.token_life = sandbox.world.token_life, 0.0
    missing.end()
    card = await placed.sent.until(delivered(4), within=30)
    sandbox.world.token_life = life

    assert card["id"] == placed.sent.message["id"]
    assert "still being fetched" not in words(card)
    assert sum("three of four" in str(message) for message in noah.visible()) == 1
