"""The bot process: these tests start, signal and kill real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.botprocess import BotProcess

PATIENT = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("bye") or 3))
print("up", os.environ.get("COLOR"), os.environ.get("DISCORD_TOKEN"), os.getcwd(), flush=True)
while True: time.sleep(60)
"""
DEAF = PATIENT.replace('lambda *_: sys.exit(print("bye") or 3)', "signal.SIG_IGN")


@pytest.fixture
async def bot(tmp_path) -> AsyncIterator[BotProcess]:
    process = BotProcess({"COLOR": "red"}, cwd=tmp_path, command=(sys.executable, "-c", PATIENT))
    yield process
    await process.kill()


@pytest.fixture
async def started(bot) -> BotProcess:
    await bot.start()
    await bot.wait_line("up")
    return bot


async def test_it_starts_in_its_folder_with_only_its_own_environment(bot, tmp_path, monkeypatch):
    """A token in the user's shell does not reach the bot."""
    monkeypatch.setenv("DISCORD_TOKEN", "a real one")

    await bot.start()

    assert await bot.wait_line("up") == f"up red None {tmp_path}"
    assert bot.running
    assert bot.pid


async def test_starting_it_twice_starts_it_once(started):
    pid = started.pid

    await started.start()

    assert started.pid == pid


async def test_stop_sends_sigterm_and_waits_for_the_last_line(started):
    assert await started.stop() == 3

    assert list(started.log)[-2:] == ["bye", "bot ended with status 3"]
    assert (started.running, started.pid, started.returncode) == (False, None, 3)


async def test_kill_gives_it_no_time_for_a_last_line(started):
    assert await started.kill() == -signal.SIGKILL

    assert "bye" not in started.log


async def test_a_process_that_ignores_sigterm_is_killed(tmp_path):
    deaf = BotProcess({}, cwd=tmp_path, command=(sys.executable, "-c", DEAF))
    await deaf.start()
    await deaf.wait_line("up")

    assert await deaf.stop(within=0.05) == -signal.SIGKILL


async def test_it_can_be_started_again_and_keeps_its_log(started):
    await started.kill()

    await started.start()
    await started.wait_line("ended")

    assert started.running


async def test_stopping_a_process_that_never_ran_does_nothing(bot):
    assert await bot.stop() is None
    assert await bot.kill() is None


async def test_a_missing_line_is_reported_with_the_end_of_the_log(started):
    with pytest.raises(TimeoutError, match="up red"):
        await started.wait_line("down", within=0.01)


async def test_a_very_long_line_does_not_block_it(tmp_path):
    endless = "import sys; sys.stdout.write('x' * 300_000); print('done')"
    bot = BotProcess({}, cwd=tmp_path, command=(sys.executable, "-c", endless))

    await bot.start()

    assert await bot.wait_exit() == 0
    assert any(line.endswith("done") for line in bot.log)


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG exists only on Linux")
async def test_it_ends_with_its_parent(tmp_path):
    """A killed sandbox leaves no bot running."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, sys, pathlib\n"
        "from sandbox.botprocess import BotProcess\n"
        "async def main():\n"
        f"    bot = BotProcess({{}}, cwd=pathlib.Path({str(tmp_path)!r}),"
        f" command=(sys.executable, '-c', {PATIENT!r}))\n"
        "    await bot.start()\n"
        "    await bot.wait_line('up')\n"
        "    print(bot.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).parents[2]
    parent = await asyncio.create_subprocess_exec(
        sys.executable, script, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": str(root)}
    )
    assert parent.stdout
    child = os.pidfd_open(int(await parent.stdout.readline()))
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(child, gone.set)

    parent.kill()

    async with asyncio.timeout(5):
        await parent.wait()
        await gone.wait()
    asyncio.get_running_loop().remove_reader(child)
    os.close(child)
