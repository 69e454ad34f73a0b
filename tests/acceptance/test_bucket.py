"""Pictures that wait are in a bucket: any process has them, and only they need one that is away."""

import asyncio
import itertools
import time

import pytest

from sandbox.discord.member import Member
from sandbox.faults import ALWAYS, Answer, Fault, Hold
from tests.acceptance.driver import CLUB, button, buttons, delivered, says
from tests.bucket_server import KEY, SECRET, BucketServer

TWO = {"LEASE_SECONDS": "2", "SUBMIT_TIMEOUT_SECONDS": "2", "SHARD_COUNT": "2"}
WITHIN = 60.0  # seconds


@pytest.fixture(scope="module")
async def server():
    async with BucketServer.start() as server:
        yield server


@pytest.fixture
async def bucket(server):
    """A bucket, which is not away any more at the end."""
    yield await server.new()
    await server.back()


@pytest.fixture
def holds(server, bucket):
    """Wait until the bucket holds so many pictures."""

    async def holds(count: int) -> None:
        until = time.monotonic() + WITHIN
        while len(await server.objects(bucket)) != count:
            assert time.monotonic() < until
            await asyncio.sleep(0.05)

    return holds


def secret_lines(bot) -> list[str]:
    return [line for line in bot.log if SECRET in line or KEY in line]


def forget(sandbox):
    """Let the vendor have no picture any more."""
    sandbox.pixazo.media_faults.add(Fault(do=Answer(status=404), times=ALWAYS))


async def order(noah: Member, prompt: str, **options):
    sent = await noah.command("imagine", prompt=prompt, **options)
    return sent, await sent.until(delivered(1), within=WITHIN)


@pytest.mark.gateway("two processes, with a shard each")
async def test_pictures_of_a_killed_process_are_delivered_and_posted_by_others(
    sandbox, postgres, tmp_path, bucket, holds, noah
):
    """Each has its own folder, and the vendor has the pictures no more."""
    numbers = itertools.count()

    async def start(shard: str):
        bot = sandbox.bot(
            **TWO | bucket,
            DATABASE_URL=url,
            SHARD_IDS=shard,
            INSTANCE=shard,
            WEB_PORT="0",
        )
        bot._cwd = tmp_path / str(next(numbers))
        bot._cwd.mkdir()
        await bot.start()
        await bot.wait_line("has connected to Gateway", within=WITHIN)
        return bot

    url = await postgres.new()
    shard = str((int(sandbox.world.guild(CLUB).id) >> 22) % 2)
    other = await start(str(1 - int(shard)))
    first = await start(shard)
    sandbox.pixazo.hold_states()
    sent = await noah.command("imagine", prompt="a secret", private=True)
    [accepted] = await sandbox.pixazo.wait_accepted()
    await sent.until(says("**Queued**"))
    hold = Fault(method="PATCH", path="/api/v10/webhooks/*", do=Hold(), times=ALWAYS)
    sandbox.discord.faults.add(hold)
    sandbox.pixazo.move(accepted.request_id, "COMPLETED")
    await holds(1)
    await first.kill()
    assert not delivered(1)(sent.message)
    forget(sandbox)
    hold.end()

    card = await sent.until(delivered(1), within=WITHIN)

    await holds(1)  # it may be posted
    third = await start(shard)
    await noah.press(card["id"], buttons(card)["post"])
    await noah.sees(says("Posted by"), within=WITHIN)
    await holds(0)
    assert not [line for bot in (first, other, third) for line in secret_lines(bot)]


async def test_a_bucket_that_is_away_delays_only_what_needs_it(
    sandbox, start, store, server, bucket, holds, noah, operate
):
    status, lines = await operate("check", **bucket)
    assert any("pictures wait in the bucket pictures-" in line for line in lines)
    bot = await start(**bucket, LEASE_SECONDS="2")
    _, kept = await order(noah, "an old secret", private=True)
    await store.delivered("an old secret")
    await holds(1)
    await server.away()

    # A private order's pictures are shown, and it stays open. A public one ends as ever.
    sent, card = await order(noah, "a new secret", private=True)
    await store.until("a new secret", lambda row: row["obstacle"] == "storage", within=WITHIN)
    assert "post" not in buttons(card)
    await order(noah, "a lighthouse")
    await store.delivered("a lighthouse")
    forget(sandbox)
    await noah.press(kept["id"], button(kept, "Post"))
    await noah.sees(says("can't reach these pictures right now"), within=WITHIN)
    status, lines = await operate("check", **bucket)
    assert status == 1
    failed = next(line for line in lines if "FILES_URL" in line)
    assert "the connection was refused" in failed

    await server.back()
    await store.until("a new secret", lambda row: row["state"] == "DELIVERED", within=WITHIN)
    await holds(2)
    await sent.until(lambda card: "post" in buttons(card), within=WITHIN)
    await noah.press(kept["id"], button(kept, "Post"))
    await noah.sees(says("Posted by"), within=WITHIN)
    await holds(1)
    assert not secret_lines(bot)
    assert await bot.stop() == 0
