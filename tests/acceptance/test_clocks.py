"""A system clock that is set, or that is wrong, under a bot with orders in every state."""

import pytest

from sandbox.faults import Delay, Fault
from tests.acceptance.driver import (
    FAST_LANE,
    STATUS,
    accepted,
    delivered,
    eventually,
    start_one_of_several,
    without_limits,
)
from tests.acceptance.test_faults_inside import planted

# Sets the clock of an unmodified bot ahead by the seconds in a file: Python's and SQLite's.
WRONG_CLOCK = """
import sqlite3.dbapi2
import time

read, connect = time.time, sqlite3.dbapi2.connect

def now():
    with open({file!r}) as file:
        return read() + float(file.read() or 0)

def connected(*arguments, **options):
    connection = connect(*arguments, **options)
    if {of_database}:
        connection.create_function("julianday", 1, lambda _: now() / 86400 + 2440587.5)
    return connection

time.time, sqlite3.dbapi2.connect = now, connected
"""


@pytest.fixture
def wrong_clock(tmp_path):
    """Return the settings of a bot with a clock of its own, and the function that sets it."""

    def wrong_clock(name, ahead=0.0, *, of_database=False):
        folder = tmp_path / name
        folder.mkdir()
        file = folder / "ahead"
        file.write_text(str(ahead))
        code = WRONG_CLOCK.format(file=str(file), of_database=of_database)
        return planted(folder, code), lambda seconds: file.write_text(str(seconds))

    return wrong_clock


@pytest.mark.parametrize("of_database", [False, True], ids=["process", "machine"])
@pytest.mark.parametrize("step", [-300.0, 86400.0], ids=["back", "ahead"])
async def test_a_clock_that_is_set_stalls_nothing_and_shuts_nothing(
    sandbox, start, noah, store, readiness, wrong_clock, step, of_database
):
    settings, set_ahead = wrong_clock("bot", of_database=of_database)
    await start(**settings, LANE_WIDTH="1", PUBLIC_URL="", LEASE_SECONDS="1.5")
    await without_limits(sandbox)
    sandbox.pixazo.hold_states()
    orders = [await noah.command("imagine", prompt=f"cat {number}") for number in range(5)]
    await sandbox.pixazo.wait_accepted()

    set_ahead(step)
    await eventually(lambda: len(sandbox.pixazo.journal.find("GET", STATUS)) > 3)
    sandbox.pixazo.answer_next("429", retry_after=2)  # pauses the lane
    sandbox.pixazo.release_states()

    for sent in orders:
        await sent.until(delivered(1), within=30)
    after = await noah.command("imagine", prompt="after")
    await after.until(delivered(1), within=10)
    await readiness(ready=True, lane="open")
    assert len(accepted(sandbox)) == 6


@pytest.mark.parametrize("ahead", [(25.0, 0.0), (0.0, -25.0)], ids=["ahead", "behind"])
async def test_processes_whose_clocks_differ_cancel_none_of_each_others_orders(
    sandbox, noah, postgres, wrong_clock, ahead
):
    """The second is slow to answer its member; by the first's clock it would never have."""
    common = {
        "DATABASE_URL": await postgres.new(),
        "SHARD_COUNT": "2",
        "LEASE_SECONDS": "1.5",
        "PUBLIC_URL": "",
    }
    for shard, seconds in enumerate(ahead):
        settings, _ = wrong_clock(f"bot-{shard}", seconds)
        await start_one_of_several(
            sandbox,
            **FAST_LANE | common | settings,
            SHARD_IDS=str(shard),
            INSTANCE=f"bot-{shard}",
            WEB_PORT="0",
        )
    sandbox.discord.faults.add(Fault(path="*/callback", do=Delay(seconds=2.0), times=3))

    orders = [await noah.command("imagine", prompt=f"cat {number}") for number in range(3)]

    for sent in orders:
        await sent.until(delivered(1), within=30)
    assert len(accepted(sandbox)) == 3
