"""Runs bots of other libraries on the stand-in, and the bot on another model of Discord.

The stand-in and the bot were written by the same people, so a shared mistake shows in no other
test. ``python -m tests.clients [NAME…]`` installs each library in a folder of its own
(``.clients/``), runs it, and prints each step; the exit status is 1 if one failed.
"""

import asyncio
import base64
import contextlib
import io
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from PIL import Image

from sandbox.discord.limits import Limits
from sandbox.discord.sample import sample_world
from sandbox.discord.server import Discord
from sandbox.environment import inherited
from sandbox.faults import Faults
from sandbox.journal import Journal
from tests.clients.steps import Step, Visit

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
INSTALLED = PROJECT / ".clients"
STEP_WITHIN = 90.0  # seconds


def python_bot(name: str) -> list[str]:
    """Install a Python library; return the command line of its bot."""
    source, folder = HERE / "bots" / name, INSTALLED / name
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    wanted = source / "requirements.txt"
    subprocess.run([python, "-m", "pip", "install", "-qqq", "-r", wanted], check=True)
    return [str(python), str(source / "bot.py")]


def node_bot(name: str) -> list[str]:
    """Install a library for Node; return the command line of its bot."""
    folder = INSTALLED / name
    shutil.copytree(HERE / "bots" / name, folder, dirs_exist_ok=True)
    subprocess.run(["npm", "install", "--silent", "--no-package-lock"], cwd=folder, check=True)
    return ["node", str(folder / "bot.mjs")]


LIBRARIES: dict[str, Callable[[str], list[str]]] = {
    "discordjs": node_bot,
    "hikari": python_bot,
    "pycord": python_bot,
}


async def take(name: str, steps: dict[str, Step]) -> int:
    """Take the steps in their order, and print each; return how many failed."""
    failed = 0
    for number, (text, step) in enumerate(steps.items(), start=1):
        started = time.monotonic()
        try:
            async with asyncio.timeout(STEP_WITHIN):
                await step()
            outcome = "ok"
        except Exception as error:  # noqa: BLE001 - any failure is a failed step
            failed += 1
            outcome = f"FAILED: {type(error).__name__}: {error}"
        print(
            f"{name} {number:2} {text}: {outcome} ({time.monotonic() - started:.1f} s)", flush=True
        )
    print(f"{name}: {len(steps) - failed} of {len(steps)} steps")
    return failed


async def visit_stand_in(name: str) -> int:
    """Run one library's bot on the stand-in; return how many steps failed."""
    command = LIBRARIES[name](name)
    world = sample_world()
    world.limits = Limits()  # Discord's own
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(Discord(world, Journal(), Faults()))
        log = stack.enter_context((INSTALLED / f"{name}.log").open("wb"))
        environment = inherited() | {
            "TOKEN": world.bot_token,
            "API_URL": discord.api_url,
            "PICTURE": picture(),
        }
        bot = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        stack.push_async_callback(stopped, bot)
        return await take(name, Visit(discord).steps)


async def visit_simcord() -> int:
    """Run the bot on simcord; return how many steps failed."""
    folder = INSTALLED / "simcord"
    wanted = HERE / "bots" / "simcord" / "requirements.txt"
    pip = [sys.executable, "-m", "pip", "install", "-qqq", "--no-deps", "--upgrade"]
    subprocess.run([*pip, "--target", folder, "-r", wanted], check=True)
    sys.path.append(str(folder))
    from tests.clients.simcord_steps import visiting  # it needs what was just installed

    async with visiting() as visit:
        return await take("simcord", visit.steps)


async def stopped(bot: asyncio.subprocess.Process) -> None:
    """Kill *bot* unless it has ended, and wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        bot.kill()
    await bot.wait()


def picture() -> str:
    """Return a small PNG in base64."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "#d9822b").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


async def main(names: list[str]) -> int:
    """Run the named clients, by default all; return the exit status."""
    INSTALLED.mkdir(exist_ok=True)
    failed = 0
    for name in names or [*LIBRARIES, "simcord"]:
        failed += await (visit_simcord() if name == "simcord" else visit_stand_in(name))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
