"""The media host is not trusted: bad pictures, endless files and foreign addresses do no harm.

All tests of this file share one bot, whose memory and files are checked after each test.
"""

import json
import re
import sys
from pathlib import Path

import pytest

from sandbox.faults import Answer, Cut, Fault
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
INSIDE = "https://pictures.inside.localhost"  # which resolves to this machine
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


def media(sandbox, do, *, name="*", times=1):
    fault = Fault(method="GET", path=f"/v1/*/{name}", do=do, times=times)
    return sandbox.pixazo.media_faults.add(fault)


def picture(body):
    return Answer(status=200, body=body, headers={"Content-Type": "image/png"})


def give_address(sandbox, *addresses):
    """Let the vendor name other addresses for the pictures of the next order."""
    sandbox.pixazo.hold_states()
    count = len(sandbox.pixazo.accepted)

    async def when_taken():
        accepted = await sandbox.pixazo.wait_accepted(count + 1)
        request_id = accepted[-1].request_id
        body = {
            "request_id": request_id,
            "status": "COMPLETED",
            "model_id": "auraflow-v0-3-512",
            "error": None,
            "output": {"media_url": list(addresses), "media_type": "image/png"},
            "created_at": "2026-01-01T00:00:00.000Z",
            "updated_at": "2026-01-01T00:00:01.000Z",
            "completed_at": "2026-01-01T00:00:01.000Z",
        }
        answer = Answer(status=200, body=body)
        sandbox.pixazo.faults.add(Fault(method="GET", path=STATUS, do=answer, times=1_000))
        sandbox.pixazo.move(request_id, "COMPLETED")
        sandbox.pixazo.release_states()

    return when_taken


async def assert_no_picture(sent):
    """The card says that nothing could be shown, and that it was charged."""
    card = await sent.until(says("Could not be shown"))
    assert "It was charged" in words(card)
    assert card["attachments"] == []


async def test_a_redirect_is_not_followed(sandbox, noah):
    """It could lead into the operator's network, and the picture would show what is there."""
    target = f"{sandbox.pixazo.origin}/stolen"
    media(sandbox, Answer(status=302, headers={"Location": target}))

    sent = await noah.command("imagine", prompt="a redirect")

    await assert_no_picture(sent)
    assert sandbox.pixazo.journal.find("*", "/stolen") == []


@pytest.mark.parametrize(
    "address",
    [
        "http://elsewhere.example/output.png",
        "https://elsewhere.example/output.png",
        "http://pictures.inside.localhost/output.png",
        f"{INSIDE}/output.png",
        "https://127.0.0.1/output.png",
        "file:///etc/passwd",
    ],
)
async def test_what_is_not_listed_or_not_public_is_never_called(sandbox, noah, address):
    """Anyone may own a name below a wildcard, and point it anywhere."""
    when_taken = give_address(sandbox, address)

    sent = await noah.command("imagine", prompt="a foreign address")
    await when_taken()

    await assert_no_picture(sent)


async def test_the_vendors_own_api_is_no_place_for_pictures(sandbox, noah):
    when_taken = give_address(sandbox, f"{sandbox.pixazo.origin}/stolen")

    sent = await noah.command("imagine", prompt="the api itself")
    await when_taken()

    await assert_no_picture(sent)
    assert sandbox.pixazo.journal.find("*", "/stolen") == []


WHOLE = noise(64)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>This link has expired</html>", id="html"),
        pytest.param(b"", id="nothing"),
        pytest.param(WHOLE[: len(WHOLE) // 2], id="half of it"),
        pytest.param(a_bomb(20_000, 20_000), id="bomb"),
    ],
)
async def test_what_is_no_picture_is_not_shown(sandbox, noah, body):
    media(sandbox, picture(body))

    sent = await noah.command("imagine", prompt="no picture")

    await assert_no_picture(sent)


async def test_an_endless_file_is_given_up(sandbox, noah):
    media(sandbox, picture(bytes(60 * MIB)))

    sent = await noah.command("imagine", prompt="an endless file")

    await assert_no_picture(sent)


async def test_a_picture_larger_than_discord_takes_is_made_smaller(sandbox, noah):
    huge = noise(1970)
    assert len(huge) > 11 * MIB
    media(sandbox, picture(huge))

    sent = await noah.command("imagine", prompt="a huge picture")
    card = await sent.until(delivered(1), within=20)

    assert card["attachments"][0]["size"] <= 10 * MIB
    assert "Made smaller" in words(card)


async def test_a_connection_that_is_cut_is_tried_again(sandbox, noah):
    cut = media(sandbox, Cut())

    sent = await noah.command("imagine", prompt="a cut connection")
    await sent.until(delivered(1))

    assert cut.times == 0


@pytest.mark.parametrize("body", [b"<html></html>", a_bomb(20_000, 20_000)], ids=["html", "bomb"])
async def test_one_broken_picture_does_not_cost_the_sound_ones(sandbox, noah, body):
    media(sandbox, picture(body), name="output_2.png")

    sent = await noah.command("imagine", prompt="three of four", images=4)
    card = await sent.until(delivered(3))

    assert "Some pictures could not be used" in words(card)
    assert "Completed" in words(card)
