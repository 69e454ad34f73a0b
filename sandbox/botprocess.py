"""Runs the bot as a child process: start, stop, kill, read its log."""

import asyncio
import contextlib
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

BOT = (sys.executable, "-m", "bot")
LINES_KEPT = 400

# Sets PR_SET_PDEATHSIG to SIGKILL (the child ends with its parent), then runs the command.
_LAUNCHER = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"
)
_LAUNCH_PREFIX = (sys.executable, "-c", _LAUNCHER) if sys.platform == "linux" else ()


class Process(Protocol):
    """A child process; the part of asyncio's `Process` that is used here."""

    stdout: asyncio.StreamReader | None  # standard output and standard error

    @property
    def pid(self) -> int:
        """Return the process id."""

    @property
    def returncode(self) -> int | None:
        """Return the exit status, a negative signal number, or None while it runs."""

    async def wait(self) -> int:
        """Wait until it ends and return its status."""

    def send_signal(self, signal: int) -> None:
        """Send a signal."""


async def launch(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Process:
    """Start *command* in a new session; *env* is its whole environment. It ends with its parent."""
    return await asyncio.create_subprocess_exec(
        *_LAUNCH_PREFIX,
        *command,
        cwd=cwd,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C reaches only the sandbox, which then stops the bot
    )


Launch = Callable[..., Awaitable[Process]]  # called as `launch`


class BotProcess:
    """Runs at most one `python -m bot` at a time; it ends when this process ends."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        cwd: Path,
        command: Sequence[str] = BOT,
        launch: Launch = launch,
    ) -> None:
        self.env = dict(env)  # the whole environment; nothing is inherited
        self.log: deque[str] = deque(maxlen=LINES_KEPT)  # of all runs, newest line last
        self.started_at: float | None = None  # unix time of the last start
        self._cwd = cwd
        self._command = command
        self._launch = launch
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._line_added = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Return the process id, or None when it does not run."""
        return self._process.pid if self._process and self.running else None

    @property
    def running(self) -> bool:
        """Return whether the process runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """Return the last run's exit status, or a negative signal number."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start the process unless it runs."""
        if self.running:
            return
        await self._drain()
        self._process = await self._launch(self._command, cwd=self._cwd, env=self.env)
        self.started_at = time.time()
        self._reader = asyncio.create_task(self._read(), name=f"log of bot {self._process.pid}")

    async def stop(self, *, within: float = 20.0) -> int | None:
        """Send SIGTERM, wait and return the status; kill it after *within* seconds."""
        self._signal(signal.SIGTERM)
        try:
            return await self.wait_exit(within=within)
        except TimeoutError:
            self._add_line(f"bot did not end, killed: seconds={within:g}")
            return await self.kill()

    async def kill(self) -> int | None:
        """Send SIGKILL, wait and return the status."""
        self._signal(signal.SIGKILL)
        return await self.wait_exit()

    async def wait_exit(self, *, within: float = 20.0) -> int | None:
        """Wait until it has ended and its output is read, and return its status."""
        if self._process is not None:
            async with asyncio.timeout(within):
                await self._process.wait()
                await self._drain()
        return self.returncode

    async def wait_line(self, part: str, *, within: float = 20.0) -> str:
        """Wait for a log line that contains *part*, past lines included, and return it."""
        try:
            async with asyncio.timeout(within):
                while True:
                    for line in self.log:
                        if part in line:
                            return line
                    await self._line_added.wait()
        except TimeoutError:
            tail = "\n".join(list(self.log)[-15:])
            raise TimeoutError(f"no {part!r} within {within:g} s; the log ends:\n{tail}") from None

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                self._process.send_signal(number)

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while chunk := await _line(self._process.stdout):
            self._add_line(chunk.decode(errors="replace").rstrip())
        status = await self._process.wait()
        self._add_line(f"bot ended with status {status}")

    def _add_line(self, line: str) -> None:
        self.log.append(line)
        self._line_added.set()
        self._line_added = asyncio.Event()

    async def _drain(self) -> None:
        """Wait until the last run's output is read completely."""
        if self._reader is not None:
            await self._reader


async def _line(stream: asyncio.StreamReader) -> bytes:
    """Read a line, or the buffer's content if the line is longer than the buffer."""
    try:
        return await stream.readuntil()
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.readexactly(overrun.consumed)
