"""Paid pictures outlive a bot that was down, a host that is away, and settings that were wrong."""

import pytest

from sandbox.faults import ALWAYS, Answer, Fault
from tests.acceptance.driver import buttons, delivered, pictures, restart, says, words

HOURS = 2 * 3600.0
DAYS = 8 * 86400.0
QUICK = {"LEASE_SECONDS": "2"}


@pytest.fixture
def order(sandbox, noah):
    """Order, and let the vendor complete it once *before* is done."""
    sandbox.pixazo.hold_states()

    async def order(*, before=None):
        sent = await noah.command("imagine", prompt="a lighthouse")
        [accepted] = await sandbox.pixazo.wait_accepted()
        if before is not None:
            await before()
        sandbox.pixazo.move(accepted.request_id, "COMPLETED")
        return sent

    return order


@pytest.fixture
def age(store):
    """Let everything that is on record be as old as that, in seconds."""

    def age(seconds):
        columns = ("created_at", "since", "answered_at", "queued_at", "completed_at")
        for column in (*columns, "outstanding_since", "kept_at"):
            store.execute(f"UPDATE jobs SET {column} = {column} - ?", seconds)

    return age


def waits(row):
    return row["owner"] is None and row["next_try_at"]


def at_rest(row):
    return row["owner"] is None and row["next_try_at"] is None


async def test_an_origin_that_is_listed_at_the_next_start_brings_the_pictures(
    sandbox, start, operate, order
):
    """The operator is told once what to change, and the check says so too."""
    wrong = {"MEDIA_ORIGINS": "https://*.inside.localhost"}
    bot = await start(**QUICK, **wrong)
    sent = await order()
    card = await sent.until(says("**Drawn** · the pictures can't be fetched yet"))
    assert "the bot's owner has to allow the site" in words(card)
    await sent.until(lambda card: card != sent.versions[0] and len(sent.versions) > 4, within=30)
    told = [line for line in bot.log if "MEDIA_ORIGINS does not list" in line]
    assert len(told) == 1
    assert sandbox.pixazo.media_origin in told[0]

    status, lines = await operate("check", **wrong)
    assert status == 1
    failed = next(line for line in lines if line.startswith("FAILED  media"))
    assert f"MEDIA_ORIGINS does not list {sandbox.pixazo.media_origin}" in failed
    assert "127.0.0.1" in failed  # of imagine-check.inside.localhost

    await bot.kill()
    await start(**QUICK)
    await sent.until(delivered(1), within=30)
    assert len(pictures(sandbox, "a lighthouse")) == 1


async def test_a_bot_that_was_down_for_hours_and_meets_a_hiccup_at_its_start_delivers(
    sandbox, start, store, order, age
):
    bot = await start(**QUICK, JOB_DEADLINE_SECONDS="60")
    sent = await order(before=sandbox.pixazo.media.close)
    await sent.until(says("the site that stores them doesn't respond"), within=40)
    await store.until("a lighthouse", waits)
    await bot.kill()
    age(HOURS)

    await restart(sandbox, bot)
    row = await store.until("a lighthouse", lambda row: waits(row) and row["tries"] == 1, within=40)
    assert row["state"] == "COMPLETED"
    await sandbox.pixazo.media.open()

    await sent.until(delivered(1), within=30)
    assert len(pictures(sandbox, "a lighthouse")) == 1


@pytest.mark.parametrize("comes", [True, False])
async def test_history_never_waits_and_says_once_what_is_gone(
    sandbox, start, store, noah, order, age, comes
):
    """An outstanding order was hidden: what comes of it is for its member alone."""
    bot = await start(**QUICK)
    away = sandbox.pixazo.media_faults.add(Fault(do=Answer(status=404), times=ALWAYS))
    sent = await order()
    card = await sent.until(says("**Drawn** · the pictures can't be fetched yet"), within=40)
    assert [*buttons(card)] == ["hide"]
    await store.until("a lighthouse", waits)

    await noah.press(card["id"], buttons(card)["hide"])
    await sent.until(says("**Hidden**"))
    await store.kept("a lighthouse")
    asked = await noah.command("history")
    await asked.until(says("being fetched"), within=3)

    if comes:
        away.end()
        await store.until("a lighthouse", at_rest, within=40)
        asked = await noah.command("history")
        await asked.until(delivered(1))
        await store.delivered("a lighthouse")
        assert "**Hidden**" in words(sent.message)
        return
    await bot.kill()
    age(DAYS)
    await restart(sandbox, bot)
    await store.ended("a lighthouse", "FAILED")
    asked = await noah.command("history")
    await asked.until(says("are gone"))
    await store.until("a lighthouse", lambda row: row["kept_at"] is None)
    asked = await noah.command("history")
    await asked.until(says("Your orders"))
    assert "The pictures of one order are gone" not in words(asked.message)
