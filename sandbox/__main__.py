"""`python -m sandbox`: runs both stand-ins, the chat page and a real bot until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from sandbox.environment import SandboxEnvironment

START_SECONDS = 60.0
EXCHANGES_KEPT = 40  # limits memory: bodies include pictures


async def run(port: int) -> int:
    """Run until a signal arrives; return the exit status."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with SandboxEnvironment(port=port, keep=EXCHANGES_KEPT, stepped=True) as sandbox:
        sandbox.world.be_strict()
        bot = sandbox.bot()
        await bot.start()
        await _first(
            sandbox.ready(within=START_SECONDS), bot.wait_exit(within=START_SECONDS), ended.wait()
        )
        if sandbox.online:
            _say(f"Imagine is ready: {sandbox.address}")
            await ended.wait()
        elif not ended.is_set():
            _say("\n".join([*bot.log, "The bot did not come online."]))
            return 1
    return 0


async def _first(*awaited: Coroutine[Any, Any, object]) -> None:
    """Wait until the first of them ends or fails, and cancel the others."""
    tasks = [asyncio.create_task(coroutine) for coroutine in awaited]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8700, help="of the chat page (default: 8700)")
    arguments = parser.parse_args()
    try:
        sys.exit(asyncio.run(run(arguments.port)))
    except OSError as error:
        sys.exit(f"The sandbox can't start: {error}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  a command's output


if __name__ == "__main__":
    main()
