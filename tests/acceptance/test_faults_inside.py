"""Faults in the bot's own code: what one of them may end, and what must go on."""

import os

from sandbox.environment import PROJECT
from tests.acceptance.fork_server import WITHOUT_CALLBACKS

# Python imports `sitecustomize` before anything else: the fault is planted in an unmodified bot.
BROKEN_COG = """
import sys
sys.modules["cogs.help"] = None
"""

FAILING_LOOPS = """
import itertools
from bot.service import queue_positions, retention
from bot.store import guilds

def failing(method, first):
    calls = itertools.count()
    async def call(*arguments, **options):
        if first <= next(calls) < first + 2:
            raise KeyError("planted")
        return await method(*arguments, **options)
    return call

queue_positions.QueuePositionUpdater.look = failing(queue_positions.QueuePositionUpdater.look, 0)
retention.RetentionLoop.run = failing(retention.RetentionLoop.run, 0)
guilds.Guilds.erase_drafts = failing(guilds.Guilds.erase_drafts, 1)  # part of a recovery round
"""


FOR_HTTP = f"""
import os
if "{WITHOUT_CALLBACKS}" in os.environ:
    from tests.acceptance import without_callbacks
"""


def planted(tmp_path, code):
    """Return what a bot's environment needs so that *code* runs in it first."""
    (tmp_path / "sitecustomize.py").write_text(f"{code}\n{FOR_HTTP}")
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(PROJECT)])}


async def test_a_cog_that_does_not_import_ends_the_start_with_its_traceback(sandbox, tmp_path):
    bot = sandbox.bot(**planted(tmp_path, BROKEN_COG))
    await bot.start()

    assert await bot.wait_exit() == 1
    log = "\n".join(bot.log)
    assert "Traceback" in log
    assert "cogs.help" in log


async def test_an_unexpected_error_in_a_loop_ends_neither_it_nor_the_process(
    sandbox, noah, tmp_path
):
    """Cosmetics and cleaning must never end the process that delivers paid pictures."""
    bot = sandbox.bot(LEASE_SECONDS="3", **planted(tmp_path, FAILING_LOOPS))
    await bot.start()
    await sandbox.ready()
    for loop in ("positions", "retention", "recovery"):
        line = await bot.wait_line(f"loop failed, restarting: loop={loop}")
        assert "error_id=" in line

    sent = await noah.command("imagine", prompt="a cat")

    await sent.until(lambda message: len(message["attachments"]) == 1)
    assert bot.running
