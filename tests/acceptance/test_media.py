"""The media host is not trusted: bad pictures, endless files and foreign addresses do no harm.

All tests of this file share one bot, whose memory and files are checked after each test.
"""

import json
import re
import sys
import time
from pathlib import Path

import pytest

from sandbox.faults import Answer, Cut, Fault
from sandbox.pixazo import Status, wire
from tests.acceptance.driver import (
    FAST_LANE,
    STATUS,
    Store,
    delivered,
    noise,
    quick,
    says,
    without_limits,
    words,
)
from tests.pixazo.test_pictures import a_bomb

MIB = 1024 * 1024
MOST_MEMORY = 300  # MiB


@pytest.fixture(scope="module")
async def sandbox(make_sandbox):
    async with make_sandbox(
        vendor=quick(queued_seconds=(0, 0), processing_seconds=(0, 0))
    ) as opened:
        process = opened.bot(
            **FAST_LANE,
            MEDIA_ORIGINS=f"{opened.pixazo.media_origin},https://*.inside.localhost",
        )
        await process.start()
        await opened.ready()
        await without_limits(opened)
        yield opened


@pytest.fixture(autouse=True)
async def unharmed(sandbox, noah):
    """Afterwards no file is left, little memory was used, and the next order works."""
    yield
    sandbox.pixazo.faults.clear()
    sandbox.pixazo.media_faults.clear()
    sent = await noah.command("imagine", prompt="the next order")
    await sent.until(delivered(1))
    (job_id,) = set(re.findall("again:([0-9a-f]{16})", json.dumps(sent.message["components"])))
    await Store(sandbox).delivered(job_id)
    # The folder of this order may still be there.
    assert {path.name for path in folder(sandbox).iterdir()} <= {job_id}
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


def media(sandbox, do, *, name="*"):
    return sandbox.pixazo.media_faults.add(Fault(method="GET", path=f"/v1/*/{name}", do=do))


def picture(body):
    return Answer(status=200, body=body, headers={"Content-Type": "image/png"})


async def assert_no_picture(sent):
    """The card says that nothing could be shown, and that it was charged."""
    card = await sent.until(says("Could not be shown"))
    assert "It was charged" in words(card)
    assert card["attachments"] == []


@pytest.mark.parametrize(
    "address",
    [
        "http://elsewhere.example/output.png",
        "https://elsewhere.example/output.png",
        "http://pictures.inside.localhost/output.png",
        "https://pictures.inside.localhost/output.png",  # which resolves to this machine
        "https://127.0.0.1/output.png",
        "file:///etc/passwd",
        "the vendor's own api",
    ],
)
async def test_what_is_not_listed_or_not_public_is_never_called(sandbox, noah, address):
    """Anyone may own a name below a wildcard, and point it anywhere."""
    if address == "the vendor's own api":
        address = f"{sandbox.pixazo.origin}/stolen"
    sandbox.pixazo.hold_states()
    count = len(sandbox.pixazo.accepted)

    sent = await noah.command("imagine", prompt="a foreign address")
    request_id = (await sandbox.pixazo.wait_accepted(count + 1))[-1].request_id
    [request] = sandbox.pixazo.latest(1)
    completed = request.moved(Status.COMPLETED, time.time())
    answer = Answer(status=200, body=wire.status(completed, [address]))
    sandbox.pixazo.faults.add(Fault(method="GET", path=STATUS, do=answer, times=1_000))
    sandbox.pixazo.move(request_id, "COMPLETED")
    sandbox.pixazo.release_states()

    await assert_no_picture(sent)
    assert sandbox.pixazo.journal.find("*", "/stolen") == []


WHOLE = noise(64)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(None, id="redirect"),
        pytest.param(b"<html>This link has expired</html>", id="html"),
        pytest.param(b"", id="nothing"),
        pytest.param(WHOLE[: len(WHOLE) // 2], id="half of it"),
        pytest.param(a_bomb(20_000, 20_000), id="bomb"),
        pytest.param(bytes(60 * MIB), id="endless"),
    ],
)
async def test_what_is_no_picture_is_not_shown(sandbox, noah, body):
    """A redirect could lead into the operator's network: it is not followed."""
    location = {"Location": f"{sandbox.pixazo.origin}/stolen"}
    media(sandbox, Answer(status=302, headers=location) if body is None else picture(body))

    sent = await noah.command("imagine", prompt="no picture")

    await assert_no_picture(sent)
    assert sandbox.pixazo.journal.find("*", "/stolen") == []


async def test_a_cut_download_is_tried_again_and_too_large_a_picture_made_smaller(sandbox, noah):
    huge = noise(1970)
    assert len(huge) > 11 * MIB
    cut = media(sandbox, Cut())
    media(sandbox, picture(huge))

    sent = await noah.command("imagine", prompt="a huge picture")
    card = await sent.until(delivered(1), within=20)

    assert cut.times == 0
    assert card["attachments"][0]["size"] <= 10 * MIB
    assert "Made smaller" in words(card)


@pytest.mark.parametrize("body", [b"<html></html>", a_bomb(20_000, 20_000)], ids=["html", "bomb"])
async def test_one_broken_picture_does_not_cost_the_sound_ones(sandbox, noah, body):
    media(sandbox, picture(body), name="output_2.png")

    sent = await noah.command("imagine", prompt="three of four", images=4)
    card = await sent.until(delivered(3))

    assert "Some pictures could not be used" in words(card)
    assert "Completed" in words(card)
