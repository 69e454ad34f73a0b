"""The operator is told of each trouble by its real cause: once, and again when it is over."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from bot.store import migrations
from bot.store.sqlite import SqliteEngine
from sandbox.alerts import TOKEN
from sandbox.discord.gateway_troubles import Stage
from sandbox.faults import ALWAYS, Answer, Cut, Fault, Hold
from tests.acceptance.driver import CHECK, delivered, eventually, restart, without_limits
from tests.acceptance.test_faults_inside import planted

# Waits are shorter, and there is a disk that a test fills and a loop that fails once.
PLANTED = """
import shutil
from collections import namedtuple
from pathlib import Path

from bot.domain import alerts, lane
from bot.service import alert_outbox, alert_watch, health, queue_positions

alerts.CALM = lane.LASTS = 1.0
alert_watch.EVERY, alert_watch.UNCONNECTED_LASTS, alert_watch.AWAY_LASTS = 0.3, 3.0, 1.0
health.FRESH = 0.1
alert_outbox.EVERY = 0.3
make = alert_outbox.AlertOutbox.__init__
alert_outbox.AlertOutbox.__init__ = lambda self, **ports: make(self, **ports | {{"pause": 0.0}})

Usage = namedtuple("Usage", "total used free")
look = queue_positions.QueuePositionUpdater.look
failed = []

async def failing(self):
    if not failed:
        failed.append(1)
        raise KeyError("a secret")
    return await look(self)

queue_positions.QueuePositionUpdater.look = failing
shutil.disk_usage = lambda _: Usage(10**12, 0, 10**7 if Path({full!r}).exists() else 10**12)
"""

STATES = ("open", "over")
BEFORE = "0014"  # a step of the store's


@pytest.fixture
def quickly(tmp_path):
    """Return the settings of a bot with short waits, and the file that fills its disk."""
    full = tmp_path / "full"
    more = {"BALANCE_PROBE_SECONDS": "600", "LEASE_SECONDS": "3", "PUBLIC_URL": ""}
    return planted(tmp_path, PLANTED.format(full=str(full))) | more, full


@pytest.fixture
def told(sandbox):
    """Return what was taken of some kinds, as kind, subject and state, in its order."""

    def told(*kinds):
        return [
            (body["kind"], body["subject"], body["state"])
            for body in sandbox.alerts.taken
            if body["kind"] in kinds
        ]

    return told


@pytest.fixture
def waits_for(told):
    """Wait for one more alert of a kind, which says that; none is told twice."""
    seen: Counter[str] = Counter()

    async def waits_for(kind, state):
        await eventually(
            lambda: (kind, state) in [one[::2] for one in told(kind)[seen[kind] :]], within=60
        )
        states = [state for _, _, state in told(kind)]
        assert all(before != after for before, after in pairwise(states))
        seen[kind] = len(states)

    return waits_for


async def test_a_lane_is_told_of_with_each_reason_and_its_end(
    sandbox, start, noah, operate, told, waits_for, quickly
):
    await start(**quickly[0])
    await without_limits(sandbox)
    pixazo = sandbox.pixazo
    causes = {
        "credit": (lambda: pixazo.answer_next("402"), 1),
        "key": (lambda: pixazo.trouble("key_refused"), 1),
        "unknown": (lambda: pixazo.answer_next("500", count=2), 2),
        "denied": (lambda: pixazo.trouble("wall"), 1),
        "media": (lambda: pixazo.trouble("media_away"), 3),
        "busy": (lambda: pixazo.answer_next("429", retry_after=700), 1),  # status calls rest, too
    }
    for reason, (begin, orders) in causes.items():
        begin()
        for order in range(orders):
            await noah.command("imagine", prompt=f"{reason} {order}")
        await waits_for("lane", "open")
        for trouble in pixazo.troubles:
            pixazo.trouble(trouble, seconds=0)
        if reason != "media":  # that opens by itself, soon
            await operate("lanes", "open", reason)
        await waits_for("lane", "over")

    assert told("lane") == [("lane", reason, state) for reason in causes for state in STATES]


@pytest.mark.gateway("its connection and its starts are among what is told")
async def test_what_happens_in_the_bot_and_around_it_is_told_with_its_end(
    sandbox, start, noah, operate, store, told, waits_for, quickly
):
    """Of an older version's store, which is migrated; in the end the wallet's cap is used up."""
    settings, full = quickly
    await _of_an_older_version(store.url)
    sandbox.world.starts.remaining = 150
    full.touch()
    bot = await start(**settings, MAX_USD_PER_DAY="0.004")
    for kind, state in (
        ("migration", "event"),
        ("starts", "open"),
        ("disk", "open"),
        ("error", "event"),
    ):
        await waits_for(kind, state)
    (error,) = (body for body in sandbox.alerts.taken if body["kind"] == "error")
    (line,) = (line for line in bot.log if "loop failed, restarting: loop=positions" in line)
    assert line.partition("error_id=")[2].split()[0] in error["text"]
    assert "KeyError at " in error["text"]
    assert "a secret" not in str(sandbox.alerts.taken)

    sandbox.pixazo.answer_next("500")
    await noah.command("imagine", prompt="lost")
    await waits_for("uncertain", "open")
    sandbox.pixazo.trouble("media_away")
    sent = await noah.command("imagine", prompt="kept away", images=2)
    await store.until("kept away", lambda row: row["outstanding_since"])
    store.execute("UPDATE jobs SET outstanding_since = outstanding_since - 60")
    await waits_for("outstanding", "open")
    sandbox.discord.gateway.close_each(4000, Stage.HELLO)
    sandbox.discord.gateway.close(4000)
    await waits_for("gateway", "open")
    sandbox.discord.gateway.end_troubles()

    full.unlink()
    sandbox.pixazo.trouble("media_away", seconds=0)
    assert (await operate("jobs", "settle", "--all", "--refused", "--since", "1h"))[0] == 0
    assert (await operate("jobs", "retry", "--all"))[0] == 0
    await sent.until(delivered(2), within=30)
    for kind in ("disk", "uncertain", "outstanding", "gateway"):
        await waits_for(kind, "over")

    with store.locked():
        await waits_for("store", "open")
    await waits_for("store", "over")

    await noah.command("imagine", prompt="the rest", images=2)
    await waits_for("budget", "open")
    sandbox.world.starts.remaining = 900
    await nothing_is_to_be_told(store)
    store.execute("UPDATE alerts SET ends_at = 0 WHERE ends_at IS NOT NULL")
    await restart(sandbox, bot)
    await waits_for("budget", "over")
    await waits_for("starts", "over")
    for kind in ("migration", "error", "disk", "uncertain", "outstanding", "starts"):
        assert len(told(kind)) == (1 if kind in {"migration", "error"} else 2)


async def nothing_is_to_be_told(store):
    """Wait until the bot recorded what was taken: after a kill before, it is told again later."""
    await eventually(
        lambda: not store.execute("SELECT id FROM alerts WHERE due_at IS NOT NULL"), within=60
    )


async def _of_an_older_version(url):
    def upgrade(connection):
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)

    engine = SqliteEngine(url)
    await engine.write(upgrade, within=60)
    await engine.close()


async def test_a_kill_at_any_moment_loses_no_alert_and_repeats_none_that_was_taken(
    sandbox, start, noah, store, operate, told, quickly
):
    """Between cause and record, and between record and an answer of the receiver."""
    held = sandbox.alerts.faults.add(Fault(do=Hold(), times=ALWAYS))
    bot = await start(**quickly[0])
    sandbox.pixazo.answer_next("402")
    await noah.command("imagine", prompt="a cat")
    await held.reached.wait()
    await bot.wait_line("lane closed, the wallet is empty")
    await bot.kill()
    held.end()
    await sandbox.alerts.journal.wait("POST", "*")
    sandbox.alerts.taken.clear()
    store.execute("DELETE FROM alerts")  # as if the bot had been killed before it was recorded
    cut = sandbox.alerts.faults.add(Fault(do=Cut()))
    await bot.start()
    await sandbox.ready()
    await cut.reached.wait()
    await bot.kill()
    assert told("lane") == []

    store.execute("UPDATE alerts SET due_at = due_at - 400")  # as much later
    await bot.start()
    await eventually(lambda: told("lane"), within=60)
    await nothing_is_to_be_told(store)
    await restart(sandbox, bot)
    assert (await operate("lanes", "open"))[0] == 0
    await eventually(lambda: ("lane", "credit", "over") in told("lane"), within=60)
    assert told("lane") == [("lane", "credit", state) for state in STATES]


@CHECK
@pytest.mark.parametrize("kind", ["json", "discord"])
async def test_check_sends_a_test_and_says_whether_it_was_taken(sandbox, operate, kind):
    settings = {"ALERT_WEBHOOK_URL": sandbox.alerts.url(kind)}
    status, lines = await operate("check", **settings)
    assert (status, sandbox.alerts.taken) == (0, [])
    assert "ok      alerts: go to ALERT_WEBHOOK_URL; --alert sends a test" in lines

    status, lines = await operate("check", "--alert", **settings)
    assert status == 0
    assert lines[-1].startswith("ok      alerts: ")
    assert "This is a test" in sandbox.alerts.texts[0]

    sandbox.alerts.faults.add(Fault(do=Answer(status=404)))
    status, lines = await operate("check", "--alert", **settings)
    assert status == 1
    assert lines[-1] == "FAILED  alerts: the receiver did not take the test: answered 404"

    status, lines = await operate("check", "--alert", ALERT_WEBHOOK_URL="")
    assert status == 1
    assert lines[-1] == "FAILED  alerts: ALERT_WEBHOOK_URL: is not set"


async def test_the_address_of_the_receiver_is_in_no_line_of_the_log(sandbox, start, noah):
    await sandbox.alerts.close()
    bot = await start(LOG_LEVEL="DEBUG")
    sandbox.pixazo.answer_next("402")
    await noah.command("imagine", prompt="a cat")
    await bot.wait_line("alert not taken, trying again: kind=lane error=not reached")
    await bot.stop()

    assert TOKEN not in "\n".join(bot.log)
