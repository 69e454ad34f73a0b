"""The bot as an operator runs it: a process of its own, started, signalled and killed."""

import asyncio
import contextlib
import signal
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

BOT = (sys.executable, "-m", "bot")
LINES_KEPT = 400

# Asks the kernel for SIGKILL at the parent's death (PR_SET_PDEATHSIG), and becomes the command.
_LAUNCHER = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"
)
_DYING_WITH_US = (sys.executable, "-c", _LAUNCHER) if sys.platform == "linux" else ()


class Process(Protocol):
    """What has to be known of a process, and done to it; asyncio's own has all of it."""

    stdout: asyncio.StreamReader | None  # what it writes, on standard error too

    @property
    def pid(self) -> int:
        """Its id."""

    @property
    def returncode(self) -> int | None:
        """How it ended: its exit status, or a signal as a negative number."""

    async def wait(self) -> int:
        """Wait for its end and return its status."""

    def send_signal(self, signal: int) -> None:
        """Send it a signal."""


class Launch(Protocol):
    """A way to start a process, which shall die when the one that starts it dies."""

    async def __call__(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]
    ) -> Process:
        """Start *command* in a session of its own; *env* is its whole environment."""


async def launch(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Process:
    """Start *command* as any shell would."""
    return await asyncio.create_subprocess_exec(
        *_DYING_WITH_US,
        *command,
        cwd=cwd,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C is for the sandbox, which then asks the bot to end
    )


class BotProcess:
    """One `python -m bot` at a time; it dies when the process that started it dies."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        cwd: Path,
        command: Sequence[str] = BOT,
        launch: Launch = launch,
    ) -> None:
        self.env = dict(env)  # the whole environment: nothing is inherited
        self.log: deque[str] = deque(maxlen=LINES_KEPT)  # of every run, the newest line last
        self.started_at: float | None = None  # unix time of the last start
        self._cwd = cwd
        self._command = command
        self._launch = launch
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process and self.running else None

    @property
    def running(self) -> bool:
        """Whether there is a process that has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """How the last run ended: its exit status, or a signal as a negative number."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start it, unless it runs."""
        if self.running:
            return
        await self._drain()
        self._process = await self._launch(self._command, cwd=self._cwd, env=self.env)
        self.started_at = time.time()
        self._reader = asyncio.create_task(self._read(), name=f"log of bot {self._process.pid}")

    async def stop(self, *, within: float = 20.0) -> int | None:
        """Ask it to end (SIGTERM), wait, and return its status; kill it if it takes too long."""
        self._signal(signal.SIGTERM)
        try:
            return await self.wait_exit(within=within)
        except TimeoutError:
            self._note(f"still there {within:g} s after SIGTERM: killed")
            return await self.kill()

    async def kill(self) -> int | None:
        """End it on the spot (SIGKILL)."""
        self._signal(signal.SIGKILL)
        return await self.wait_exit()

    async def wait_exit(self, *, within: float = 20.0) -> int | None:
        """Wait for its end, with every line that it wrote, and return its status."""
        if self._process is not None:
            async with asyncio.timeout(within):
                await self._process.wait()
                await self._drain()
        return self.returncode

    async def wait_line(self, part: str, *, within: float = 20.0) -> str:
        """Wait for a log line that holds *part*, an old one too, and return it."""
        try:
            async with asyncio.timeout(within):
                while True:
                    for line in self.log:
                        if part in line:
                            return line
                    await self._news.wait()
        except TimeoutError:
            tail = "\n".join(list(self.log)[-15:])
            raise TimeoutError(f"no {part!r} within {within:g} s; the log ends:\n{tail}") from None

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                self._process.send_signal(number)

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while chunk := await _line(self._process.stdout):
            self._note(chunk.decode(errors="replace").rstrip())
        status = await self._process.wait()
        self._note(f"bot ended with status {status}")

    def _note(self, line: str) -> None:
        self.log.append(line)
        self._news.set()
        self._news = asyncio.Event()

    async def _drain(self) -> None:
        """Wait until the last run's output has been read to its end."""
        if self._reader is not None:
            await self._reader


async def _line(stream: asyncio.StreamReader) -> bytes:
    """Read a line, or as much of an endless one as fits."""
    try:
        return await stream.readuntil()
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.readexactly(overrun.consumed)
